"""Lesson 6: where a translator should look, and what it writes when it is made to look there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

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


MEASURE_WORDS = frozenset("顆碗杯隻朵本封部張件支輛")  # the mini-language's (量詞)


class MeasureWord(NamedTuple):
    """A pair with one measure word, and where it stands: 兩顆蘋果 for "two apples"."""

    pair: Pair
    at: int  # the measure word, among the target tokens
    number: int  # the English word before the noun that demands it: a, two, this
    noun: int  # the English noun that it goes with


def find_measure_words(pairs: Sequence[Pair]) -> list[MeasureWord]:
    """The pairs whose Chinese has exactly one measure word, linked to a number and a noun."""
    found = []
    for pair in pairs:
        links = {j: sorted(i for i, k in pair.possible if k == j) for _, j in pair.possible}
        places = [j for j in links if pair.target[j] in MEASURE_WORDS]
        if len(places) == 1 and len(links[places[0]]) == 2:
            found.append(MeasureWord(pair, places[0], *links[places[0]]))
    return found


def measure_word(tokens: Sequence[str]) -> str:
    """The first measure word in a translation, or "" if it has none."""
    return next((token for token in tokens if token in MEASURE_WORDS), "")


def with_other_nouns(found: Sequence[MeasureWord]) -> list[list[str]]:
    """The English of each pair with another's noun: one that takes another measure word.

    It comes from the next pair with the same number, so that singular and plural stay right.
    """
    sources = []
    for place, here in enumerate(found):
        others = (found[(place + far) % len(found)] for far in range(1, len(found)))
        other = next(
            there
            for there in others
            if there.pair.source[there.number] == here.pair.source[here.number]
            and there.pair.target[there.at] != here.pair.target[here.at]
        )
        source = list(here.pair.source)
        source[here.noun] = other.pair.source[other.noun]
        sources.append(source)
    return sources


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
