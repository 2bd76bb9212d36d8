"""Lesson 7: change the input of one layer and see which outputs move."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from helpers.taught.attention import causal_mask
from helpers.taught.transformer import MultiHeadAttention, positions

WORDS = ["the", "dog", "saw", "the", "cat", "today", "."]
SIZE, PADS, STILL = 32, 3, 1e-5  # STILL: rounding moves outputs by less than this
OTHER = "tree"  # the word that takes another one's place
EXPERIMENTS = {
    "change word j": "change",
    "swap words j and j + 1": "swap",
    f"add {PADS} × <pad>": "pad",
}


class Moved(NamedTuple):
    """An experiment's result; T words before it, N after it."""

    after: list[str]  # N words that were read after the change
    positions_after: list[int]  # where each of the T words stands afterwards
    distance: np.ndarray  # (T,): how far each word's output moved, as a share of its length
    allowed: np.ndarray  # (N, N): which word may look at which


@lru_cache(1)
def layers() -> tuple[dict[str, Tensor], MultiHeadAttention, nn.RNN]:
    """A random vector for each word, and two untrained layers, always the same ones."""
    with torch.random.fork_rng():
        torch.manual_seed(7)
        vectors = {word: torch.randn(SIZE) for word in [*WORDS, OTHER, "<pad>"]}
        return vectors, MultiHeadAttention(SIZE, 4), nn.RNN(SIZE, SIZE, batch_first=True)


@torch.no_grad()
def outputs(words: list[str], layer: str, with_positions: bool, mask: Tensor) -> Tensor:
    """What a layer gives for each word: (N, SIZE). mask (N, N) is for attention alone."""
    vectors, attention, rnn = layers()
    x = torch.stack([vectors[word] for word in words])[None]  # (1, N, SIZE)
    if with_positions:
        x = x + positions(len(words), SIZE)
    return (rnn(x)[0] if layer == "RNN" else attention(x, x, mask)[0])[0]


def allowed(words: list[str], causal: bool, masked: bool) -> Tensor:
    """Who may look at whom: (N, N)."""
    real = torch.tensor([word != "<pad>" or not masked for word in words])
    return (causal_mask(len(words)) if causal else torch.ones(len(words), len(words)).bool()) & real


def moved(
    what: str, j: int, layer: str = "attention", causal: bool = False, with_positions: bool = False,
    masked: bool = True,
) -> Moved:  # fmt: skip
    """Do one experiment: 'change' word j (from 0), 'swap' it with the next one, or 'pad'.

    layer: 'attention' or 'RNN'. causal, masked: the two masks. with_positions: positions are added.
    """
    after, positions_after = [*WORDS], [*range(len(WORDS))]
    if what == "change":
        after[j] = OTHER
    elif what == "swap":
        j = min(j, len(WORDS) - 2)
        for row in (after, positions_after):
            row[j], row[j + 1] = row[j + 1], row[j]
    else:
        after += ["<pad>"] * PADS
    rules = allowed(after, causal, masked)
    old = outputs(WORDS, layer, with_positions, allowed(WORDS, causal, masked))
    new = outputs(after, layer, with_positions, rules)[positions_after]
    distance = (new - old).norm(dim=1) / old.norm(dim=1)
    distance[distance < STILL] = 0.0
    return Moved(after, positions_after, distance.numpy(), rules.numpy())
