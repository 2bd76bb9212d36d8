"""Lesson 3's bottleneck at work: a context vector cut down to a few numbers, translated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.text import Text
from torch import Tensor

from helpers.figures import BLUE, INK, ORANGE, RED, figure, is_wide, strip
from helpers.labs.context import ContextCutter
from helpers.typed_text import read_source
from helpers.words import Vocabulary

PER_LINE = 26  # tokens on one line of a translation


class ContextView:
    """A sentence translated from its context vector, whole and cut down; for `explore`.

    model: a `encoder_decoder.Seq2Seq`, or one with its `encode` and `decoder`.
    squeeze: `squeeze(c, k)`, context vectors (B, H) with only k of their components kept.
    curve: k -> share of test sentences that are exact, drawn on the right.
    `view.figure` is the picture and `view.update` its function of the controls `text` and `k`.
    """

    def __init__(
        self,
        model: Any,
        squeeze: Callable[[Tensor, int], Tensor],
        curve: Mapping[int, float],
        english: Vocabulary,
        chinese: Vocabulary,
        limit: int = 50,
    ) -> None:
        self.english, self.chinese, self.limit = english, chinese, limit
        self.cutter = ContextCutter(model, squeeze, chinese)
        self.figure = figure(9.5, 3.9)
        grid = self.figure.add_gridspec(4, 2, width_ratios=[1.75, 1], height_ratios=[1, 2, 1, 2])
        self.strips, self.texts, self.titles = [], [], []
        for row in (0, 2):
            numbers = self.figure.add_subplot(grid[row, 0])
            self.strips.append(strip(numbers, np.zeros((2, 64)), label="c" if not row else "cut c"))
            line = self.figure.add_subplot(grid[row + 1, 0])
            self.texts.append(_token_grid(line))
            self.titles.append(numbers.set_title(""))
        right = self.figure.add_subplot(grid[:, 1])
        self.size = max(curve)
        right.plot([_place(k) for k in curve], list(curve.values()), color=BLUE, marker="o", ms=4)
        self.marker = right.axvline(0, color=ORANGE, lw=2)
        ticks = [0, 1, 2, 4, 8, 16, 32, 64, 128]
        right.set_xticks([_place(k) for k in ticks], labels=map(str, ticks))
        right.set(
            ylim=(-0.03, 1.03), xlabel="components kept, k", ylabel="share of exact sentences"
        )
        right.set_title("One-clause test sentences")
        right.grid(axis="y")

    def update(self, text: str, k: int) -> str:
        """Translate from the whole context vector and from k components of it."""
        source = read_source(text, self.english, self.limit)
        self.marker.set_xdata([_place(k)] * 2)
        if not source.ids:
            for number in (0, 1):
                self._show(number, "", torch.zeros(1, self.size), [], [])
            return source.note
        c, cut, whole, tokens, differs, agree = self.cutter.cut(source.ids, k)
        self._show(0, f"All {c.shape[1]} numbers", c, whole, [False] * len(whole))
        self._show(1, f"{k} components kept; red characters differ", cut, tokens, differs)
        same = "the same translation" if tokens == whole else f"{agree:.0%} of it agree"
        return f"k = {k}: {same}.\n{source.note}".strip()

    def _show(
        self, number: int, title: str, c: Tensor, tokens: Sequence[str], new: Sequence[bool]
    ) -> None:
        self.titles[number].set_text(title)
        self.strips[number].set_data(c.reshape(2, -1).numpy())
        for at, label in enumerate(self.texts[number]):
            label.set_visible(at < len(tokens))
            if at < len(tokens):
                small = is_wide(tokens[at])
                color = RED if new[at] else INK
                label.set(text=tokens[at], color=color, fontsize=6 if small else 12)


def _token_grid(ax: Axes) -> list[Text]:
    ax.axis("off")
    ax.set(xlim=(-0.5, PER_LINE - 0.5), ylim=(2.5, -0.7))
    return [
        ax.text(at % PER_LINE, at // PER_LINE, "", ha="center", va="center", parse_math=False)
        for at in range(3 * PER_LINE)
    ]


def _place(k: int) -> float:
    """Where k stands on the axis: every doubling takes the same room, and 0 has a place too."""
    return float(np.log2(k + 1))
