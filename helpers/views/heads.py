"""Lesson 8's view into a Transformer: who looks at whom, head by head, on a typed sentence."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from helpers.figures import HEAT, INK, ORANGE, RED, figure
from helpers.labs.heads import ATTENTION_KINDS, translate_with_weights
from helpers.typed_text import read_source
from helpers.words import Vocabulary, join_chinese

TITLES = {
    "encoder": "Encoder, head {}: every word looks at all words",
    "back": "Decoder, head {}: every token looks back at the text so far",
    "across": "Decoder, head {}: every token written looked across at the source",
}
LABELS = 61  # tokens that a side of the map can have
NOTHING = np.zeros((1, 1))


class HeadView:
    """Heat maps of a model's heads on what is typed; for `widgets.explore`.

    model: a `transformer.Transformer`, or one with its parts.

    `view.figure` is the picture and `view.update` its function of the controls `text`, `look` (a
    value of `ATTENTION_KINDS`), `head` and `step` (both from 1), and `layer` (from 1) if there are
    several.
    """

    def __init__(
        self, model: Any, english: Vocabulary, chinese: Vocabulary, limit: int = 50
    ) -> None:
        self.english, self.chinese, self.limit = english, chinese, limit
        self.looks = lru_cache(8)(lambda ids: translate_with_weights(model, ids))
        self.figure = figure(9.4, 5.6)
        self.figure.set_layout_engine("none")  # everything has its place
        ax = self.figure.add_axes((0.085, 0.03, 0.5, 0.7))
        self.map, self.frame = _empty_map(ax), _frame(ax, RED)
        self.title = ax.text(-0.16, 1.34, "", transform=ax.transAxes, fontsize=12.5)
        self.rows = [_label(ax, ha="right", va="center") for _ in range(LABELS)]
        self.columns = [_label(ax, ha="center", va="bottom") for _ in range(LABELS)]
        self.heads = model.decoder.blocks[0].cross_attention.heads
        grid = self.figure.add_axes((0.625, 0.03, 0.36, 0.9))
        self.small, self.chosen = _empty_map(grid), _frame(grid, ORANGE)
        for row, said in enumerate(ATTENTION_KINDS):
            grid.text(0, row / 3 + 0.05, said, va="bottom", fontsize=10)
        for head in range(self.heads):
            middle = (head + 0.45) / self.heads
            grid.text(middle, 1, f"head {head + 1}", ha="center", va="top", fontsize=9)

    def update(self, text: str, look: str, head: int, step: int, layer: int = 1) -> str:
        """Show one head large and all heads of the layer small; say where the framed row looks."""
        source = read_source(text, self.english, self.limit)
        if not source.ids:
            return self._clear(source.note)
        looks = self.looks(tuple(source.ids))
        read = self.chinese.decode(looks.decoder_inputs, keep_special=True)
        written = self.chinese.decode(looks.decoder_outputs, keep_special=True)
        rows, columns = {
            "encoder": (source.tokens, source.tokens),
            "back": (read, read),
            "across": (written, source.tokens),
        }[look]
        at = min(max(step, 1), len(rows)) - 1
        shown = len(rows) if look == "encoder" else at + 1
        kinds = list(ATTENTION_KINDS.values())
        self.small.set_data(_mosaic([looks.weights[kind][layer - 1] for kind in kinds]))
        corner = ((head - 1) / self.heads, kinds.index(look) / 3 + 0.06)
        self.chosen.set(visible=True, xy=corner, width=0.9 / self.heads, height=0.8 / 3)
        weights = looks.weights[look][layer - 1, head - 1]
        self.map.set_data(np.where(np.arange(len(rows))[:, None] < shown, weights, np.nan))
        _write(self.rows, rows[:shown], len(rows), at, upright=True)
        best = int(weights[at].argmax())
        _write(self.columns, columns, len(columns), best, upright=look == "back")
        self.frame.set(visible=True, y=at / len(rows), height=1 / len(rows))
        self.title.set_text(TITLES[look].format(head))
        if look == "encoder":
            doing = f"“{_short(rows[at])}” looks"
        elif look == "back":
            doing = f"Having read “{read[at]}”, about to write “{written[at]}”, it looks back"
        else:
            doing = f"To write “{written[at]}” it looks across"
        told = f"{doing} most at “{_short(columns[best])}” ({weights[at, best]:.2f})."
        translation = join_chinese(self.chinese.decode(looks.decoder_outputs))
        return "\n".join(filter(None, [f"{translation or '(nothing)'}  {told}", source.note]))

    def _clear(self, note: str) -> str:
        self.map.set_data(NOTHING * np.nan)
        self.frame.set_visible(False)
        self.title.set_text("Nothing to look at")
        for label in (*self.rows, *self.columns):
            label.set_visible(False)
        self.small.set_data(NOTHING * np.nan)
        self.chosen.set_visible(False)
        return note


def _mosaic(kinds: Sequence[np.ndarray], side: int = 80) -> np.ndarray:
    """All maps (heads, rows, columns) of each kind as one picture, a row for each kind."""
    width = side + 10
    picture = np.full((100 * len(kinds), 100 * len(kinds[0])), np.nan)
    for row, maps in enumerate(kinds):
        down, right = (
            np.arange(n) * size // n for n, size in zip((side, width), maps.shape[1:], strict=True)
        )
        for head, weights in enumerate(maps):
            top, left = 100 * row + 18, 100 * head
            picture[top : top + side, left : left + width] = weights[np.ix_(down, right)]
    return picture


def _short(token: str) -> str:
    return token if len(token) <= 11 else token[:10] + "…"


def _empty_map(ax: Axes) -> AxesImage:
    """An image that fills its axes whatever shape its data has."""
    ax.set(xlim=(0, 1), ylim=(1, 0), xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    look: dict[str, Any] = {"vmin": 0, "vmax": 1, "aspect": "auto", "interpolation": "nearest"}
    return ax.imshow(NOTHING, HEAT, extent=(0, 1, 1, 0), **look)


def _frame(ax: Axes, color: str) -> Rectangle:
    frame = Rectangle((0, 0), 1, 1, fc="none", ec=color, lw=2.4, clip_on=False, zorder=4)
    ax.add_patch(frame)
    return frame


def _label(ax: Axes, **where: Any) -> Text:
    return ax.text(0, 0, "", parse_math=False, visible=False, **where)


def _write(
    labels: Sequence[Text], tokens: Sequence[str], count: int, at: int, upright: bool
) -> None:
    """Put tokens beside the rows or above the columns of a map with `count` of them."""
    rows = labels[0].get_horizontalalignment() == "right"
    size = min(11.0, (270.0 if rows else 330.0) / count * 0.95)
    for number, label in enumerate(labels):
        label.set_visible(number < len(tokens))
        if number < len(tokens):
            middle = (number + 0.5) / count
            token = tokens[number]
            label.set_text(_short(token))
            label.set_position((-0.015, middle) if rows else (middle, -0.02))
            label.set(color=RED if number == at else INK, fontsize=size)
            label.set_rotation(0 if (upright and len(token) < 3) or rows else 90)
