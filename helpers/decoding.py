"""Writing with a model: one token after the other, greedily or sampled, one sentence or many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from helpers.words import BOS_ID, EOS_ID, Pair, Vocabulary, join_chinese, pad_batch


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

    model: a `recurrent.LanguageModel`, or one with its `embedding` and `forward(ids, h0)`.
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


# A model's own: (ids (B,), state) -> (logits (B, V), weights (B, S) or None, state).
Step = Callable[[Tensor, Any], tuple[Tensor, Tensor | None, Any]]
SENTENCES_AT_ONCE = 50  # sentences that `translate_pairs` gives a model at once


class Translation(NamedTuple):
    """A translation of N tokens and what the model thought of each."""

    ids: list[int]  # the last is <eos> if the model ended by itself
    probabilities: Tensor  # (N, V): for each token, given those before it
    weights: Tensor | None = None  # (N, S): where the model looked for each, if it looks

    @property
    def ended(self) -> bool:
        """Whether the model chose <eos>, as opposed to reaching the limit."""
        return bool(self.ids) and self.ids[-1] == EOS_ID


class DecodedBatch(NamedTuple):
    """What a model wrote for B sentences, at most T tokens each."""

    rows: list[list[int]]  # without <eos>
    weights: Tensor | None  # (B, T, S): where it looked for each token, if the model looks


def _greedy_steps(step: Step, state: Any, ids: Tensor, limit: int) -> Iterator[tuple]:
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
def decode_batch(step: Step, state: Any, count: int, limit: int = 60) -> DecodedBatch:
    """What a decoder writes greedily for `count` sentences, at most `limit` tokens each.

    step, state: a model's `step(ids (B,), state) -> (logits (B, V), weights (B, S) or None, state)`
        and what its `start(source, mask)` returned.
    """
    bos = torch.full((count,), BOS_ID)
    ids, _, weights = zip(*_greedy_steps(step, state, bos, limit), strict=True)
    rows = torch.stack(ids, dim=1).tolist()
    rows = [row[: row.index(EOS_ID)] if EOS_ID in row else row for row in rows]
    return DecodedBatch(rows, None if weights[0] is None else torch.stack(weights, dim=1))


@torch.no_grad()
def decode_one(step: Step, state: Any, limit: int = 60) -> Translation:
    """As `decode_batch`, for one sentence, with every token's probabilities."""
    bos = torch.full((1,), BOS_ID)
    ids, logits, weights = zip(*_greedy_steps(step, state, bos, limit), strict=True)
    looked = None if weights[0] is None else torch.cat(weights)
    return Translation(torch.cat(ids).tolist(), torch.cat(logits).softmax(-1), looked)


def _step_without_attention(decoder: nn.Module) -> Step:
    """Lesson 3's decoder, which has only its state, as a step."""

    def step(ids: Tensor, s: Tensor) -> tuple[Tensor, None, Tensor]:
        logits, states = decoder(ids.unsqueeze(1), s)  # (B, 1, V), (B, 1, H)
        return logits[:, 0], None, states[:, 0]

    return step


def step_and_start(model: Any) -> tuple[Step, Callable[[Tensor, Tensor], Any]]:
    """A model's `step` and `start`; lesson 3's `Seq2Seq` has neither, but their parts."""
    if hasattr(model, "step"):
        return model.step, model.start
    return _step_without_attention(model.decoder), model.encode


def translate_context(decoder: nn.Module, c: Tensor, limit: int = 60) -> Translation:
    """What `encoder_decoder`'s decoder writes greedily from c (1, H), at most `limit` tokens."""
    return decode_one(_step_without_attention(decoder), c, limit)


def greedy_decode(decoder: nn.Module, c: Tensor, limit: int = 60) -> list[list[int]]:
    """As `translate_context`, from context vectors c (B, H): rows of ids without <eos>."""
    return decode_batch(_step_without_attention(decoder), c, len(c), limit).rows


@torch.no_grad()
def translate(model: Any, ids: Sequence[int], limit: int = 60) -> Translation:
    """Translate one sentence of source ids greedily; nothing comes of an empty one.

    model: an `attention.AttentionSeq2Seq`, `transformer.Transformer`, or any with their `start` and
        `step`, see `decode_batch`; or lesson 3's `Seq2Seq`, with its `encode` and `decoder`.
    """
    if not ids:
        return Translation([], torch.empty(0, 0), None)
    step, start = step_and_start(model)
    return decode_one(step, start(*pad_batch([ids])), limit)


@torch.no_grad()
def translate_pairs(
    model: Any, pairs: Sequence[Pair], english: Vocabulary, chinese: Vocabulary, limit: int = 60
) -> list[str]:
    """The model's translations of pairs' English sides, in their order, as lines to read.

    Sentences of like lengths go together, `SENTENCES_AT_ONCE` of them: less padding, little memory.
    """
    step, start = step_and_start(model)
    lines = [""] * len(pairs)
    order = sorted(range(len(pairs)), key=lambda i: len(pairs[i].source))
    for first in range(0, len(order), SENTENCES_AT_ONCE):
        part = order[first : first + SENTENCES_AT_ONCE]
        state = start(*pad_batch([english.encode(pairs[i].source) for i in part]))
        for i, row in zip(part, decode_batch(step, state, len(part), limit).rows, strict=True):
            lines[i] = join_chinese(chinese.decode(row))
    return lines


@torch.no_grad()
def beam_search(
    model: Any,
    source: Tensor,
    mask: Tensor,
    *,
    width: int = 5,
    limit: int = 60,
    banned: Sequence[int] = (),
) -> list[list[int]]:
    """Rows of ids without <eos> for B sentences: the best of `width` drafts kept for each.

    Greedy decoding cannot take a token back. A beam keeps several drafts, and ranks them by their
    mean log-probability per token (summed up, short drafts would always win).
    source, mask: (B, S). model: with `start` and `step`, see `translate`; each tensor of its state
        has one row a sentence. banned: ids that it may never write, such as <unk>.
    """
    B = len(source)
    first = torch.arange(B)[:, None] * width  # (B, 1): row of each sentence's first draft
    state = _rows_of(model.start(source, mask), torch.arange(B).repeat_interleave(width))
    ids = torch.full((B * width, 1), BOS_ID)  # all drafts so far
    sums = torch.full(
        (B, width), float("-inf")
    )  # of log-probabilities; at first all are alike, ...
    sums[:, 0] = 0.0  # at first all drafts are alike: one counts
    ended, length = torch.zeros(B, width, dtype=torch.bool), torch.zeros(B, width)
    for _ in range(limit):
        logits, _, state = model.step(ids[:, -1], state)
        logits[:, list(banned)] = float("-inf")
        of_next = logits.log_softmax(-1).unflatten(0, (B, width))  # (B, width, V)
        of_next[ended] = float("-inf")  # a draft that has ended ...
        of_next[..., EOS_ID].masked_fill_(ended, 0.0)  # ... stays as it is
        length = length + ~ended
        sums = (sums[..., None] + of_next).flatten(1)  # (B, width * V)
        mean = sums / length.repeat_interleave(of_next.shape[-1], dim=1)
        best = mean.topk(width).indices  # (B, width)
        rows = (first + best // of_next.shape[-1]).flatten()
        token = (best % of_next.shape[-1]).flatten()
        ids, state = torch.cat([ids[rows], token[:, None]], dim=1), _rows_of(state, rows)
        sums, length = sums.gather(1, best), length.flatten()[rows].view(B, width)
        ended = (ended.flatten()[rows] | (token == EOS_ID)).view(B, width)
        if ended.all():
            break
    found = ids.view(B, width, -1)[:, 0, 1:].tolist()
    return [row[: row.index(EOS_ID)] if EOS_ID in row else row for row in found]


def _rows_of(state: Any, rows: Tensor) -> Any:
    """The given rows of every tensor in a model's state, which may lie in tuples and lists."""
    if isinstance(state, Tensor):
        return state[rows]
    if not isinstance(state, (tuple, list)):
        return state
    parts = [_rows_of(part, rows) for part in state]
    return type(state)(*parts) if hasattr(state, "_fields") else type(state)(parts)
