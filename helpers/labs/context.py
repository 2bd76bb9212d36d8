"""Lesson 3: a context vector cut down to a few numbers, and what is translated from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from helpers.decoding import translate_context
from helpers.metrics import differing_tokens
from helpers.words import Vocabulary, pad_batch


class CutContext(NamedTuple):
    """A sentence translated from its whole context vector and from a cut one."""

    c: Tensor  # (1, H)
    cut: Tensor  # (1, H)
    whole: list[str]  # the translation from c, as tokens
    tokens: list[str]  # the translation from the cut one
    differs: list[bool]  # for each of `tokens`, whether it is not in `whole` at its turn
    agree: float  # share of `tokens` that do not differ


class ContextCutter:
    """Translates source ids with only k components of the context vector kept.

    model: an `encoder_decoder.Seq2Seq`, or one with its `encode` and `decoder`.
    squeeze: `squeeze(c, k)`, context vectors (B, H) with only k of their components kept.
    """

    def __init__(
        self, model: Any, squeeze: Callable[[Tensor, int], Tensor], chinese: Vocabulary
    ) -> None:
        self.model, self.squeeze, self.chinese = model, squeeze, chinese
        self._encoded = lru_cache(8)(self._encode)  # while k moves, the sentence stays

    def _encode(self, ids: tuple[int, ...]) -> tuple[Tensor, list[str]]:
        with torch.no_grad():
            c = self.model.encode(*pad_batch([ids]))
        return c, self._translate(c)

    def _translate(self, c: Tensor) -> list[str]:
        return self.chinese.decode(translate_context(self.model.decoder, c).ids)

    def cut(self, ids: Sequence[int], k: int) -> CutContext:
        """Translate source ids (at least one) twice."""
        c, whole = self._encoded(tuple(ids))
        cut = self.squeeze(c, k)
        tokens = self._translate(cut)
        differs = differing_tokens(tokens, whole)
        return CutContext(c, cut, whole, tokens, differs, 1 - sum(differs) / max(1, len(tokens)))
