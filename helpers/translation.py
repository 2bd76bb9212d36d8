"""Translating with a model: what a student typed, one sentence step by step, many at once."""

from __future__ import annotations

from collections.abc import Sequence
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
from helpers.generation import trace

NAMED = 6  # unknown words that a message names


class Translation(NamedTuple):
    """A translation of N tokens and what the model thought of each."""

    ids: list[int]  # the last is <eos> if the model ended by itself
    probabilities: Tensor  # (N, V): for each token, given those before it

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


def translate_context(decoder: nn.Module, c: Tensor, limit: int = 60) -> Translation:
    """What a decoder writes greedily from a context vector c (1, H), at most `limit` tokens."""
    run = trace(decoder, temperature=0, limit=limit + 1, h0=c)
    return Translation(run.ids[1:], run.probabilities)


@torch.no_grad()
def translate(model: Any, ids: Sequence[int], limit: int = 60) -> Translation:
    """Translate one sentence of source ids greedily; nothing comes of an empty one.

    model: a `models.Seq2Seq`, or one with its `encode` and `decoder`.
    """
    if not ids:
        return Translation([], torch.empty(0, 0))
    source, mask = pad_batch([ids])
    return translate_context(model.decoder, model.encode(source, mask), limit)


@torch.no_grad()
def write_from(decoder: nn.Module, c: Tensor, limit: int = 60) -> list[list[int]]:
    """What a decoder writes greedily from context vectors c (B, H), without <eos> (lesson 3)."""
    new, s, columns = torch.full((len(c), 1), BOS_ID), c, []
    for _ in range(limit):
        logits, states = decoder(new, s)  # (B, 1, V), (B, 1, H)
        new, s = logits.argmax(-1), states[:, -1]  # (B, 1), (B, H)
        columns.append(new)
        if (torch.cat(columns, dim=1) == EOS_ID).any(dim=1).all():
            break
    rows = torch.cat(columns, dim=1).tolist()
    return [row[: row.index(EOS_ID)] if EOS_ID in row else row for row in rows]


@torch.no_grad()
def translate_pairs(
    model: Any, pairs: Sequence[Pair], english: Vocabulary, chinese: Vocabulary, limit: int = 60
) -> list[str]:
    """The model's translations of pairs' English sides, in their order, as lines to read."""
    source, mask = pad_batch([english.encode(pair.source) for pair in pairs])
    rows = write_from(model.decoder, model.encode(source, mask), limit)
    return [join_chinese(chinese.decode(row)) for row in rows]
