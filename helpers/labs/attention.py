"""Lesson 6: where a translator should look, and what it writes when it is made to look there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from helpers.decoding import Step, Translation, decode_one
from helpers.words import Pair, Vocabulary, pad_batch


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


class Intervention:
    """Translates pairs while a share of the attention weights is moved to where we want it.

    step_of: `step_of(kind, share, pairs) -> step`, the model's step with its weights moved by a
        share (0 to 1) to those of this kind.
    curves: kind -> {share: exact match over the test set}.
    """

    def __init__(
        self,
        model: Any,
        step_of: Callable[[str, float, Sequence[Pair]], Step],
        curves: Mapping[str, Mapping[float, float]],
        pairs: Sequence[Pair],
        english: Vocabulary,
        limit: int,
    ) -> None:
        self.model, self.step_of, self.curves = model, step_of, curves
        self.pairs, self.english, self.limit = pairs, english, limit
        self.translate = lru_cache(64)(self._translate)

    def _translate(self, kind: str, share: float, number: int) -> Translation:
        pair = self.pairs[number]
        state = self.model.start(*pad_batch([self.english.encode(pair.source)]))
        return decode_one(self.step_of(kind, share, [pair]), state, self.limit)

    def exact_match(self, kind: str, share: float) -> float:
        """Exact match over the test set at a share, between the measured ones on straight lines."""
        curve = self.curves[kind]
        return float(np.interp(share, [*curve], [*curve.values()]))
