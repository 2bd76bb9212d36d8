"""Rows of ids as padded rectangles with masks."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from helpers.words.pairs import Pair
from helpers.words.vocabulary import PAD_ID, Vocabulary


def pad_batch(sequences: Sequence[Sequence[int]], pad: int = PAD_ID) -> tuple[Tensor, Tensor]:
    """Sequences of ids as one rectangle: ids (B, T) int64 and mask (B, T), True at real tokens.

    T is the longest length. Raises ValueError for an empty batch or one without a single token.
    """
    lengths = [len(sequence) for sequence in sequences]
    if not lengths or not max(lengths):
        raise ValueError("pad_batch needs at least one sequence with a token, found none")
    longest = max(lengths)
    ids = torch.tensor(
        [[*row, *[pad] * (longest - len(row))] for row in sequences], dtype=torch.int64
    )
    mask = torch.arange(longest) < torch.tensor(lengths).unsqueeze(1)  # (T,) < (B, 1) -> (B, T)
    return ids, mask


def _buckets(lengths: Sequence[tuple[int, ...]], batch_size: int, seed: int) -> list[list[int]]:
    """Row numbers in shuffled batches whose members have like lengths, so that little is padded."""
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}, expected at least 1")
    rng = random.Random(seed)
    rows = sorted(range(len(lengths)), key=lambda row: (*lengths[row], rng.random()))
    batches = [rows[start : start + batch_size] for start in range(0, len(rows), batch_size)]
    rng.shuffle(batches)
    return batches


def sequence_batches(
    sequences: Sequence[Sequence[int]], batch_size: int, seed: int
) -> list[tuple[Tensor, Tensor]]:
    """Each sequence once, in shuffled batches (ids, mask) of like lengths; see `pad_batch`."""
    batches = _buckets([(len(sequence),) for sequence in sequences], batch_size, seed)
    return [pad_batch([sequences[row] for row in rows]) for rows in batches]


class TranslationBatch(NamedTuple):
    """Sentences and their translations; masks are True where a real token stands."""

    source: Tensor  # (B, S) int64
    source_mask: Tensor  # (B, S) bool
    target: Tensor  # (B, T) int64, each row <bos> … <eos>
    target_mask: Tensor  # (B, T) bool


def translation_batches(
    pairs: Sequence[Pair],
    source_vocab: Vocabulary,
    target_vocab: Vocabulary,
    batch_size: int,
    seed: int,
) -> list[TranslationBatch]:
    """Each pair once, in shuffled batches of like lengths; the target carries <bos> and <eos>."""
    sources = [source_vocab.encode(pair.source) for pair in pairs]
    targets = [target_vocab.encode(pair.target, bos=True, eos=True) for pair in pairs]
    lengths = [(len(source), len(target)) for source, target in zip(sources, targets, strict=True)]
    return [
        TranslationBatch(
            *pad_batch([sources[row] for row in rows]), *pad_batch([targets[row] for row in rows])
        )
        for rows in _buckets(lengths, batch_size, seed)
    ]
