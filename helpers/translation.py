"""Translating with a model: what a student typed, one sentence step by step, many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from helpers.datasets import (
    BOS_ID,
    EOS_ID,
    Pair,
    Vocabulary,
    join_chinese,
    pad_batch,
    tokenize_english,
)

# A model's own: (ids (B,), state) -> (logits (B, V), weights (B, S) or None, state).
Step = Callable[[Tensor, Any], tuple[Tensor, Tensor | None, Any]]
NAMED = 6  # unknown words that a message names
TOGETHER = 50  # sentences that `translate_pairs` gives a model at once


class Translation(NamedTuple):
    """A translation of N tokens and what the model thought of each."""

    ids: list[int]  # the last is <eos> if the model ended by itself
    probabilities: Tensor  # (N, V): for each token, given those before it
    weights: Tensor | None = None  # (N, S): where the model looked for each, if it looks

    @property
    def ended(self) -> bool:
        """Whether the model chose <eos>, as opposed to reaching the limit."""
        return bool(self.ids) and self.ids[-1] == EOS_ID


class Source(NamedTuple):
    """An English sentence as a model reads it, and whatever is special about it, in words."""

    tokens: list[str]
    ids: list[int]
    note: str


def read_source(text: str, vocab: Vocabulary, limit: int = 50) -> Source:
    """Cut, look up and check what a student typed; at most `limit` tokens are kept."""
    tokens = tokenize_english(text)
    if not tokens:
        return Source([], [], "Nothing typed. Type an English sentence, such as: I like cats.")
    notes = []
    unknown = vocab.unknown(tokens[:limit])
    if unknown:
        names = [_name(word, vocab) for word in unknown[:NAMED]]
        more = f" and {len(unknown) - NAMED} more" if len(unknown) > NAMED else ""
        notes.append(
            f"Not in the vocabulary: {', '.join(names)}{more}. The model reads <unk> instead, "
            "which it never met in training: expect a guess."
        )
    if unknown == list(dict.fromkeys(tokens[:limit])):
        notes.append("It knows none of this. Type plain English, such as: I like cats.")
    elif tokens[-1] not in (".", "!", "?"):
        notes.append("Every sentence in training ended with . or ! or ? and yours does not.")
    if len(tokens) > limit:
        notes.append(f"You typed {len(tokens)} tokens. The model reads the first {limit} of them.")
    return Source(tokens[:limit], vocab.encode(tokens[:limit]), "\n".join(notes))


def _name(word: str, vocab: Vocabulary) -> str:
    """An unknown word as a message names it, with known ones that are spelt like it."""
    short = word if len(word) <= 24 else word[:23] + "…"
    near = vocab.suggest(word) if word.isascii() and 3 <= len(word) <= 24 else []
    return f"{short} (did you mean {' or '.join(near)}?)" if near else short


class Written(NamedTuple):
    """What a model wrote for B sentences, at most T tokens each."""

    rows: list[list[int]]  # without <eos>
    weights: Tensor | None  # (B, T, S): where it looked for each token, if the model looks


def _steps(step: Step, state: Any, ids: Tensor, limit: int) -> Iterator[tuple]:
    """Greedy steps, each (chosen ids (B,), logits (B, V), weights): until all rows met <eos>."""
    ended = torch.zeros(len(ids), dtype=torch.bool)
    for _ in range(limit):
        logits, weights, state = step(ids, state)
        ids = logits.argmax(-1)
        yield ids, logits, weights
        ended |= ids == EOS_ID
        if ended.all():
            return


@torch.no_grad()
def write(step: Step, state: Any, count: int, limit: int = 60) -> Written:
    """What a decoder writes greedily for `count` sentences, at most `limit` tokens each.

    step, state: a model's `step(ids (B,), state) -> (logits (B, V), weights (B, S) or None, state)`
        and what its `start(source, mask)` returned.
    """
    bos = torch.full((count,), BOS_ID)
    ids, _, weights = zip(*_steps(step, state, bos, limit), strict=True)
    rows = torch.stack(ids, dim=1).tolist()
    rows = [row[: row.index(EOS_ID)] if EOS_ID in row else row for row in rows]
    return Written(rows, None if weights[0] is None else torch.stack(weights, dim=1))


@torch.no_grad()
def translate_steps(step: Step, state: Any, limit: int = 60) -> Translation:
    """As `write`, for one sentence, with every token's probabilities."""
    bos = torch.full((1,), BOS_ID)
    ids, logits, weights = zip(*_steps(step, state, bos, limit), strict=True)
    looked = None if weights[0] is None else torch.cat(weights)
    return Translation(torch.cat(ids).tolist(), torch.cat(logits).softmax(-1), looked)


def _lesson_3(decoder: nn.Module) -> Step:
    """Lesson 3's decoder, which has only its state, as a step."""

    def step(ids: Tensor, s: Tensor) -> tuple[Tensor, None, Tensor]:
        logits, states = decoder(ids.unsqueeze(1), s)  # (B, 1, V), (B, 1, H)
        return logits[:, 0], None, states[:, 0]

    return step


def parts_of(model: Any) -> tuple[Step, Callable[[Tensor, Tensor], Any]]:
    """A model's `step` and `start`; lesson 3's `Seq2Seq` has neither, but their parts."""
    if hasattr(model, "step"):
        return model.step, model.start
    return _lesson_3(model.decoder), model.encode


def translate_context(decoder: nn.Module, c: Tensor, limit: int = 60) -> Translation:
    """What lesson 3's decoder writes greedily from c (1, H), at most `limit` tokens."""
    return translate_steps(_lesson_3(decoder), c, limit)


def write_from(decoder: nn.Module, c: Tensor, limit: int = 60) -> list[list[int]]:
    """What lesson 3's decoder writes greedily from context vectors c (B, H), without <eos>."""
    return write(_lesson_3(decoder), c, len(c), limit).rows


@torch.no_grad()
def translate(model: Any, ids: Sequence[int], limit: int = 60) -> Translation:
    """Translate one sentence of source ids greedily; nothing comes of an empty one.

    model: an `attention.AttentionSeq2Seq`, `transformer.Transformer`, or any with their `start` and
        `step`, see `write`; or lesson 3's `Seq2Seq`, with its `encode` and `decoder`.
    """
    if not ids:
        return Translation([], torch.empty(0, 0), None)
    step, start = parts_of(model)
    return translate_steps(step, start(*pad_batch([ids])), limit)


@torch.no_grad()
def translate_pairs(
    model: Any, pairs: Sequence[Pair], english: Vocabulary, chinese: Vocabulary, limit: int = 60
) -> list[str]:
    """The model's translations of pairs' English sides, in their order, as lines to read.

    Like lengths go together, `TOGETHER` at a time: less padding, and memory that stays small.
    """
    step, start = parts_of(model)
    lines = [""] * len(pairs)
    order = sorted(range(len(pairs)), key=lambda i: len(pairs[i].source))
    for first in range(0, len(order), TOGETHER):
        part = order[first : first + TOGETHER]
        state = start(*pad_batch([english.encode(pairs[i].source) for i in part]))
        for i, row in zip(part, write(step, state, len(part), limit).rows, strict=True):
            lines[i] = join_chinese(chinese.decode(row))
    return lines
