"""Attention at work: output by output, where the model looks among the words of the source."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.decoding import Translation, translate
from helpers.labs.translation import source_tokens, written_tokens
from helpers.live.marks import Arcs, Axis, Curve, Dots, Heat, Names, Panel, Scene, Tokens
from helpers.typed_text import read_source
from helpers.words import Vocabulary, join_chinese
from helpers.words.vocabulary import EOS

if TYPE_CHECKING:
    from helpers.live import Explorer

LIMIT = 40  # source tokens that are read, target tokens that are written


def weights_panel(
    weights: np.ndarray, rows: list[str], columns: list[str], at: int | None = None, **look: Any
) -> Panel:
    """A heat map: rows are written, columns are read; the row `at` stands out."""
    heat = Heat(np.asarray(weights))
    names = Names(names=rows, marked=[] if at is None else [at])
    look = {"height": max(60, 22 * len(rows))} | look
    return Panel(heat, x=Names(names=columns), y=names, **look)


class LookBack:
    """A model with attention that translates what is typed and shows where it looks."""

    def __init__(self, model: Any, english: Vocabulary, chinese: Vocabulary) -> None:
        self.english, self.chinese = english, chinese
        self.run = lru_cache(32)(lambda ids: translate(model, ids, limit=LIMIT))

    def scene(self, text: str, step: int) -> Scene:
        """What was read, the first `step` tokens written, and where each of them looked."""
        source = read_source(text, self.english, LIMIT)
        if not source.ids:
            return Scene(Panel(source_tokens(source, self.english)), note=source.note)
        whole: Translation = self.run(tuple(source.ids))
        assert whole.weights is not None
        weights, targets = whole.weights.numpy(), self.chinese.decode(whole.ids, keep_special=True)
        t = min(step, len(targets))
        now = weights[t - 1] if t else np.zeros(len(source.tokens))
        words = Tokens(source.tokens, values=now if t else None, name="source", size=15)
        links = [(j, t - 1, float(weight)) for j, weight in enumerate(now) if t and weight > 0.02]
        written = written_tokens(targets, t)
        target = Tokens(written.words, inks=written.inks, name="target", size=17)
        looks = Panel(
            words,
            Arcs("source", "target", links, color="blue", gap=70),
            target,
            title="The wider the line, the more it looks there",
        )
        panels: list[Panel] = [looks]
        if t:
            panels.append(
                weights_panel(
                    weights[:t], targets[:t], source.tokens, t - 1,
                    title="Each row: where it looked to write that token",
                )
            )  # fmt: skip
        title = f"{t} of {len(targets)} tokens written"
        if t:
            best = int(now.argmax())
            title = f"To write {targets[t - 1]} it looks at {source.tokens[best]}, {now[best]:.0%}"
        told = join_chinese(token for token in targets[:t] if token != EOS)
        note = "\n".join(filter(None, [f"So far: {told}" if told else "", source.note]))
        return Scene(*panels, title=title, note=note)


def look_back_lab(model: Any, english: Vocabulary, chinese: Vocabulary, text: str = "") -> Explorer:
    """The view with its controls."""
    from helpers.live import explore, player, typed

    first = text or "My mother bought two red apples yesterday."
    view = LookBack(model, english, chinese)
    return explore(view.scene, text=typed("English", first), step=player("written", LIMIT, 8))


class InterventionScene:
    """A sentence translated while the model is made to look elsewhere.

    lab: an `attention.Intervention`.
    """

    COLORS = ("green", "orange", "pink", "grey")  # blue is the model's own way

    def __init__(self, lab: Any, chinese: Vocabulary) -> None:
        self.lab, self.chinese = lab, chinese

    def scene(self, kind: str, share: float, number: int) -> Scene:
        """Translate pair `number` with a share of the weights moved to another kind."""
        pair, found = self.lab.pairs[number], self.lab.translate(kind, round(share, 3), number)
        tokens = self.chinese.decode(found.ids)
        weights = found.weights.numpy()[: len(tokens)]
        left = weights_panel(weights, tokens, list(pair.source), title="Made to look here …",
                             width=1.6)  # fmt: skip
        curves = [
            Curve(list(curve), list(curve.values()), color, name)
            for (name, curve), color in zip(self.lab.curves.items(), self.COLORS, strict=False)
        ]
        here = Dots([share], [self.lab.exact_match(kind, share)], "red", size=7)
        right = Panel(
            *curves,
            here,
            x=Axis(label="share of the weights moved", low=0, high=1),
            y=Axis(label="exact test sentences", low=0, high=1),
            title="All test sentences",
        )
        told = join_chinese(tokens)
        verdict = "right" if told == pair.chinese else f"wrong; expected {pair.chinese}"
        return Scene((left, right), title=f"… it writes {told}", note=f"{pair.english} {verdict}.")
