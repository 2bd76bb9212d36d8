"""Lesson 6: where a translator should look, by the gold alignment."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from helpers.words import Pair


def gold_weights(pairs: Sequence[Pair]) -> Tensor:
    """The gold alignment as attention weights (B, T, S), T and S the longest of the pairs.

    Each target token looks at its sure links in equal parts, or where it has none at its possible
    ones. A token without any link has a row of zeros, and so has what follows the sentence.
    """
    T = max(len(pair.target) for pair in pairs)
    weights = torch.zeros(len(pairs), T, max(len(pair.source) for pair in pairs))
    for row, pair in enumerate(pairs):
        sure = {j for _, j in pair.sure}
        for i, j in pair.sure | {(i, j) for i, j in pair.possible if j not in sure}:
            weights[row, j, i] = 1
    return weights / weights.sum(dim=-1, keepdim=True).clamp(min=1)
