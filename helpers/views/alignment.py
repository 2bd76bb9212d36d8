"""Lesson 1's alignment widget: a sentence pair and the links between its words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from helpers.figures import BLUE, GREY, ORANGE, figure
from helpers.labs.alignment import AlignmentSearch, crossings, in_order
from helpers.words import Pair


class AlignmentView:
    """Sentence pairs by kind, number of clauses and word; for `widgets.explore`.

    `view.figure` is the picture and `view.update` its function of the controls; the sentence it
    returns stands under the picture.
    """

    def __init__(self, pairs: Sequence[Pair], last: int = 60) -> None:
        self.pairs, self.last = pairs, last
        self.find = AlignmentSearch(pairs).find
        self.figure = figure(9.4, 3.5)
        self._ax = self.figure.subplots()

    def update(self, kind: str, clauses: int | str, word: str, number: int) -> str:
        """Draw the sentence with that number, counted from 1, among those that fit."""
        found, trouble = self.find(kind, clauses, word)
        if not found:
            remove_alignment(self._ax)
            self._ax.set_title("")
            return trouble
        at = min(number, len(found))
        pair = found[at - 1]
        draw_alignment(self._ax, pair.source, pair.target, pair.sure, pair.possible)
        sizes = f"{len(pair.source)} English tokens, {len(pair.target)} Chinese tokens"
        self._ax.set_title(f"{sizes}, crossings: {crossings(pair.sure)}")
        note = f"{pair.english} → {pair.chinese}\nSentence {at} of {len(found)}."
        if number > len(found):
            note += " The slider is past the last one."
        elif len(found) > self.last:
            note += f" The slider shows the first {self.last}."
        return note


def draw_alignment(
    ax: Axes,
    source: Sequence[str],
    target: Sequence[str],
    sure: set[tuple[int, int]] | frozenset[tuple[int, int]],
    possible: set[tuple[int, int]] | frozenset[tuple[int, int]] = frozenset(),
) -> None:
    """Draw two token rows, source above target, and a curve per alignment link (i, j).

    Sure links are solid: blue for the most words that keep their order, orange for those that had
    to move. Possible links are dashed (Och & Ney 2003). Source words lean when they are too many
    to stand side by side: 40 tokens a row fit on axes 9 inches wide. Removes an earlier one.
    """
    remove_alignment(ax)
    box = ax.get_window_extent()
    points = 72 / ax.get_figure(root=True).dpi  # type: ignore[union-attr]
    width, height = box.width * points, box.height * points  # all lengths below are in points
    source_size, target_size, lean = 17.0, 22.0, 0
    while _row_width(source, source_size, 0.7) > width and not lean:
        source_size, lean = (source_size - 1, 0) if source_size > 11 else (11, 50)
    while _row_width(target, target_size, 0.3) > width and target_size > 9:
        target_size -= 1
    words = 0 if lean else _row_width(source, source_size, 0.7)
    natural = max(_row_width(target, target_size, 0.5), words)
    span = width if lean else min(width, 1.35 * natural)
    source_x = _places(source, 0 if lean else source_size, span, (width - span) / 2)
    target_x = _places(target, target_size, span, (width - span) / 2)
    longest = max((_text_width(token, source_size) for token in source), default=0)
    top = height - (0.77 * longest + 0.7 * source_size if lean else 1.3 * source_size) - 4
    bottom = 1.35 * target_size + 4
    ordered = in_order(sure)
    kept = {(i, j) for i, j in sure if i in ordered}
    for links, dashes, color, ink in (
        (possible, (0, (2, 2)), GREY, 1.2),
        (kept, "-", BLUE, 2.0),
        (sure - kept, "-", ORANGE, 2.4),
    ):
        ends = [((source_x[i], top), (target_x[j], bottom)) for i, j in sorted(links)]
        curves = [_curve(start, end) for start, end in ends]
        ax.add_collection(LineCollection(curves, color=color, lw=ink, ls=dashes))
    slant: dict[str, Any] = {"rotation": lean, "rotation_mode": "anchor"} if lean else {}
    for x, token in zip(source_x, source, strict=True):
        side = "left" if lean else "center"
        ax.text(x, top + 4, token, ha=side, va="bottom", fontsize=source_size, **slant)
    for x, token in zip(target_x, target, strict=True):
        ax.text(x, bottom - 4, token, ha="center", va="top", fontsize=target_size)
    ax.set(xlim=(0, width), ylim=(0, height))


def remove_alignment(ax: Axes) -> None:
    """Leave the axes empty; `ax.clear()` would take as long as to draw an alignment."""
    for artist in [*ax.collections, *ax.texts]:
        artist.remove()
    ax.axis("off")


def _text_width(token: str, size: float) -> float:
    """About how wide a token is, in points: Chinese characters are square, letters 0.6 as wide."""
    return size * sum(1.0 if character > "\u2e7f" else 0.6 for character in token)


def _row_width(tokens: Sequence[str], size: float, gap: float) -> float:
    return sum(_text_width(token, size) + gap * size for token in tokens)


def _places(tokens: Sequence[str], size: float, span: float, start: float) -> list[float]:
    """The middles of tokens laid out from `start` over a span, with equal gaps between them."""
    widths = [_text_width(token, size) for token in tokens]
    gap = (span - sum(widths)) / max(1, len(tokens))
    ends = np.cumsum([width + gap for width in widths])
    return [start + end - (width + gap) / 2 for end, width in zip(ends, widths, strict=True)]


def _curve(start: tuple[float, float], end: tuple[float, float]) -> np.ndarray:
    """Points (24, 2) of a line that leaves its two ends vertically."""
    t = np.linspace(0, 1, 24)
    x = start[0] + (end[0] - start[0]) * t * t * (3 - 2 * t)
    return np.stack([x, start[1] + (end[1] - start[1]) * t], axis=1)
