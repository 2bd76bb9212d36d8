"""Generating a sequence, one token at a time, with all that happens on the way; reading a text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from helpers.datasets import BOS_ID, EOS_ID, Vocabulary, tokenize_chinese


def sample(
    logits: Tensor, temperature: float = 1.0, generator: torch.Generator | None = None
) -> int:
    """One token id drawn from softmax(logits / temperature), logits (V,); 0 means the likeliest."""
    if temperature == 0:
        return int(logits.argmax())
    probabilities = torch.softmax(logits / temperature, dim=-1)
    return int(torch.multinomial(probabilities, 1, generator=generator))


class Trace(NamedTuple):
    """All that happens while a model writes a sequence of N + 1 tokens, reading N of them."""

    ids: list[int]  # the prefix, then what was chosen
    given: int  # how many ids are the prefix
    embeddings: Tensor  # (N, E): of ids[:-1]
    states: Tensor  # (N, H): after reading each
    probabilities: Tensor  # (N, V): for the token after it, at the temperature asked for

    @property
    def ended(self) -> bool:
        """Whether the model chose <eos>, as opposed to reaching the limit."""
        return self.ids[-1] == EOS_ID


@torch.no_grad()
def trace(
    model: nn.Module,
    prefix: Sequence[int] = (),
    *,
    temperature: float = 1.0,
    limit: int = 40,
    seed: int = 0,
) -> Trace:
    """Read <bos> and the prefix, then write on until <eos> or `limit` tokens, <bos> among them.

    model: a `models.LanguageModel`, or one with its `embedding` and `forward(ids, h0)`.
    prefix: token ids without <bos>; of a longer one only the first `limit` - 1 are read, the last
        of them being the last token.
    temperature: 0 takes the likeliest token each time (greedy); otherwise tokens are sampled.
    """
    if limit < 2:
        raise ValueError(f"limit is {limit}, expected at least 2: <bos> and one token")
    if not 0 <= temperature < float("inf"):
        raise ValueError(f"temperature is {temperature}, expected 0 (greedy) or a positive number")
    given = [BOS_ID, *prefix][:limit]
    ids, state, states, probabilities = given[:1], None, [], []
    generator = torch.Generator().manual_seed(seed)
    while len(ids) < limit and (ids[-1] != EOS_ID or len(ids) < len(given)):
        logits, h = model(torch.tensor([ids[-1:]]), state)  # (1, 1, V), (1, 1, H)
        logits, state = logits[0, -1], h[:, -1]  # (V,), (1, H)
        token = sample(logits, temperature, generator)
        ids = [*ids, given[len(ids)] if len(ids) < len(given) else token]
        states.append(state[0])
        probabilities.append(torch.softmax(logits / (temperature or 1.0), dim=-1))
    embeddings = model.get_submodule("embedding")(torch.tensor(ids[:-1]))
    return Trace(ids, len(given), embeddings, torch.stack(states), torch.stack(probabilities))


def read_prefix(text: str, vocab: Vocabulary, limit: int) -> tuple[list[int], str]:
    """Ids of what a student typed (Chinese), and in words whatever is special about it."""
    tokens = tokenize_chinese(text)
    notes = []
    if not tokens:
        notes.append("Nothing typed: the models start from <bos> alone.")
    if unknown := vocab.unknown(tokens):
        names = " ".join(unknown[:12]) + (" …" if len(unknown) > 12 else "")
        notes.append(
            f"Not in the vocabulary: {names}. The models read <unk> instead. Training never "
            "showed it to them, so its embedding is still random: expect odd sentences."
        )
    if len(tokens) >= limit - 1:
        notes.append(
            f"You typed {len(tokens)} tokens and the limit is {limit}, with <bos>: the models read "
            f"the first {limit - 2}, which leaves one to choose. Shorten your text."
        )
    return vocab.encode(tokens[: limit - 2]), "\n".join(notes)


def read_text(path: str | Path) -> str:
    """The text of a UTF-8 file; errors explain a missing file, another encoding, an empty text."""
    path = Path(path).expanduser()
    if not path.is_file():
        here = ", ".join(sorted(file.name for file in Path().glob("*.txt"))) or "none"
        raise FileNotFoundError(
            f"no file {path}. Put it beside this notebook or give its full path. "
            f"Text files beside this notebook: {here}"
        )
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ValueError(
            f"{path}, line {line}: byte {raw[error.start]:#04x} is not UTF-8. The file was "
            "probably saved as Big5, UTF-16 or another encoding: open it in an editor and choose "
            "'Save with encoding: UTF-8'"
        ) from None
    if not text.strip():
        raise ValueError(f"{path} holds no text")
    return text


def text_lines(text: str, longest: int = 100, at_least: int = 20) -> list[list[str]]:
    """A text as rows of single characters: one per line, long lines cut, empty ones left out."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    rows = [
        list(line[start : start + longest])
        for line in lines
        for start in range(0, len(line), longest)
    ]
    if len(rows) < at_least:
        raise ValueError(
            f"this text makes {len(rows)} line{'s' * (len(rows) != 1)} of up to {longest} "
            f"characters, and a model learns nothing from fewer than {at_least}: paste more text "
            f"(without line breaks, about {longest * at_least:,} characters)"
        )
    return rows
