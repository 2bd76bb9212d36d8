"""Lesson 3: a context vector cut down to a few numbers, and what is translated from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from helpers.decoding import translate_context
from helpers.live.marks import Axis, Dots, Heat, Panel, Scene, Tokens
from helpers.metrics import differing_tokens
from helpers.words import Pair, Vocabulary, pad_batch

if TYPE_CHECKING:
    from helpers.live import Explorer

COLORS = ("blue", "orange", "green", "pink", "red", "sky", "grey")


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


class ContextMap:
    """Context vectors of sentences as a map: two directions in which they differ most.

    model: an `encoder_decoder.Seq2Seq`, or one with its `encode` and `decoder`. Principal
    components are those of these sentences' own context vectors.
    """

    def __init__(
        self, model: Any, pairs: Sequence[Pair], english: Vocabulary, chinese: Vocabulary
    ) -> None:
        self.model, self.pairs, self.chinese = model, pairs, chinese
        ids = [english.encode(pair.source) for pair in pairs]
        with torch.no_grad():
            self.c = model.encode(*pad_batch(ids))  # (N, H)
        self.mean = self.c.mean(dim=0)
        self.directions = torch.linalg.svd(self.c - self.mean, full_matrices=False).Vh
        self.places = (self.c - self.mean) @ self.directions[:2].T  # (N, 2)
        self.translate = lru_cache(256)(self._translate)

    def _translate(self, number: int, k: int) -> list[str]:
        return self.chinese.decode(translate_context(self.model.decoder, self.cut(number, k)).ids)

    def cut(self, number: int, k: int) -> Tensor:
        """A context vector (1, H) with its first k components kept."""
        c, kept = self.c[number : number + 1], self.directions[:k]
        return self.mean + (c - self.mean) @ kept.T @ kept

    def groups(self, by: str) -> list[str]:
        """What each sentence is coloured by: its first word, its number of clauses, its ending."""
        if by == "clauses":
            return [f"{pair.clauses} clause{'s' * (pair.clauses > 1)}" for pair in self.pairs]
        if by == "first word":
            return [pair.source[0] for pair in self.pairs]
        return ["question" if pair.source[-1] == "?" else "statement" for pair in self.pairs]

    def scene(self, by: str, number: int, k: int) -> Scene:
        """The map, one sentence of it, and what is translated from k of its components."""
        names = self.groups(by)
        common = sorted({*names}, key=lambda name: (-names.count(name), name))[: len(COLORS) - 1]
        color = dict(zip(common, COLORS, strict=False))
        colors = [color.get(name, "silver") for name in names]
        x, y = self.places[:, 0], self.places[:, 1]
        pair, size = self.pairs[number], self.c.shape[1]
        tips = [found.english for found in self.pairs]
        edge = [1.05 * float(side.abs().max()) for side in (x, y)]
        whole = Panel(
            Dots(x, y, colors, 4.5, tips=tips, pick="number"),
            Dots([float(x[number])], [float(y[number])], "ink", 8),
            x=Axis(label="first principal component", low=-edge[0], high=edge[0]),
            y=Axis(label="second", low=-edge[1], high=edge[1]),
            title="Each dot is a sentence's context vector: click one",
            height=270,
        )
        legend = Tokens(common, inks=[color[name] for name in common], label="colours")
        hidden = Axis(hidden=True)
        strip = Heat(
            torch.cat([self.c[number][None], self.cut(number, k)]), -1, 1, signed=True,
            extent=(0, 1, 0, 1),
        )  # fmt: skip
        numbers = Panel(
            strip,
            x=hidden,
            y=hidden,
            height=36,
            title=f"Above all {size} numbers of c, below {k} components",
        )
        right, found = self.translate(number, size), self.translate(number, k)
        differs = differing_tokens(found, right)
        inks = ["red" if wrong else "ink" for wrong in differs]
        texts = Panel(
            Tokens(pair.source, size=15),
            Tokens(right, label=f"all {size}", size=16),
            Tokens(found, inks=inks, label=f"only {k}", size=16),
        )
        same = found == right
        title = f"{k} components: {'the same translation' if same else 'another translation'}"
        return Scene(whole, Panel(legend), texts, numbers, title=title, note=pair.english)


def context_map_lab(
    model: Any, pairs: Sequence[Pair], english: Vocabulary, chinese: Vocabulary
) -> Explorer:
    """The map with its controls."""
    from helpers.live import choice, explore, slider

    view = ContextMap(model, pairs, english, chinese)
    return explore(
        view.scene,
        by=choice("colour by", ["first word", "clauses", "kind"]),
        number=slider("sentence", 0, len(pairs) - 1, 0),
        k=slider("components k", 0, view.c.shape[1], min(16, view.c.shape[1])),
    )
