"""Lesson 6's widgets: where a model looks as it translates, and what if it looks elsewhere."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from helpers.decoding import Step, Translation, translate
from helpers.figures import GREEN, GREY, HEAT, INK, ORANGE, PINK, RED, Bars, figure, is_wide
from helpers.labs.attention import Intervention
from helpers.typed_text import read_source
from helpers.words import EOS, Pair, Vocabulary, join_chinese

MAX_SOURCE, MAX_TARGET = 24, 36  # source tokens and target tokens that a map has room for


class Map:
    """A heat map whose labels and weights change: target tokens down, source words across."""

    def __init__(self, ax: Axes) -> None:
        self.ax = ax
        self.image = ax.imshow(np.full((MAX_TARGET, MAX_SOURCE), np.nan), cmap=HEAT, vmin=0, vmax=1)
        ax.set_aspect("auto")
        ax.spines[:].set_visible(False)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_visible(False)  # no ticks, so other limits need no whole new picture
        left, above = ax.get_yaxis_transform(), ax.get_xaxis_transform()
        marked = {"fc": ORANGE, "ec": "none", "alpha": 0.0, "pad": 1.5}
        slant: dict[str, Any] = {"rotation": 40, "rotation_mode": "anchor"}
        self.words = [
            ax.text(x - 0.1, 1.03, "", transform=above, ha="left", bbox=dict(marked), **slant)
            for x in range(MAX_SOURCE)
        ]
        self.targets = [
            ax.text(-0.012, y, "", transform=left, ha="right", va="center")
            for y in range(MAX_TARGET)
        ]
        for label in (*self.words, *self.targets):
            label.set_parse_math(False)

    def show(
        self,
        words: Sequence[str],
        targets: Sequence[str],
        weights: np.ndarray,
        t: int,
        mark: bool = True,
    ) -> None:
        """Draw the first t rows of weights (T, S).

        mark: the newest target in red, and the words that it looks at on a colour.
        """
        size = (max(len(words), 1) - 0.5, max(len(targets), 1) - 0.5)
        if (size[1], -0.5) != self.ax.get_ylim() or (-0.5, size[0]) != self.ax.get_xlim():
            self.ax.set(ylim=(size[1], -0.5), xlim=(-0.5, size[0]))
        grid = np.full((MAX_TARGET, MAX_SOURCE), np.nan)
        grid[:t, : len(words)] = weights[:t]
        self.image.set_data(grid)
        now = weights[t - 1] if t and mark else np.zeros(len(words))
        box, dpi = self.ax.get_window_extent(), self.ax.get_figure(root=True).dpi  # type: ignore
        across = 0.7 * 72 * box.width / dpi / max(1, len(words))  # points for a word
        down = 0.8 * 72 * box.height / dpi / max(1, len(targets))
        for x, label in enumerate(self.words):
            label.set_visible(x < len(words))
            patch = label.get_bbox_patch()
            if patch and x < len(words):
                label.set(text=words[x][:14], fontsize=min(12, max(6, across)))
                patch.set_alpha(float(min(1, now[x])))
        for y, label in enumerate(self.targets):
            label.set_visible(y < t)
            if y < t:
                small = is_wide(targets[y])
                label.set(text=targets[y], color=RED if mark and y == t - 1 else INK)
                label.set_fontsize(min(9 if small else 14, max(5, down)))


class AttentionView:
    """A model translates what is typed and shows where it looks for each token; for `explore`.

    model: an `attention.AttentionSeq2Seq`, or any whose `step` gives weights.
    `view.figure` is the picture and `view.update` its function of the controls `text` and `step`;
    the sentences it returns stand under the picture.
    """

    def __init__(self, model: Any, english: Vocabulary, chinese: Vocabulary) -> None:
        self.english, self.chinese = english, chinese
        self.translate: Callable[[tuple[int, ...]], Translation] = lru_cache(8)(
            lambda ids: translate(model, ids, limit=MAX_TARGET)
        )
        self.figure = figure(9.5, 5.4)
        self.figure.set_layout_engine("none")  # words come and go: their room is kept for them
        heat = self.figure.add_axes((0.1, 0.22, 0.8, 0.51))
        bars = self.figure.add_axes((0.1, 0.03, 0.8, 0.15))
        self.map = Map(heat)
        self.frame = heat.axhspan(0, 0, fc="none", ec=RED, lw=2)
        self._below, self.bars = bars, Bars(bars, range(MAX_SOURCE))
        bars.set(ylim=(0, 1), yticks=[0, 0.5, 1], xticks=[], xlim=(-0.5, MAX_SOURCE - 0.5))
        bars.grid(axis="y")
        bars.set_axisbelow(True)
        bars.set_ylabel("newest row")
        self.figure.suptitle("Each row: where it looked to write that token", x=0.02, ha="left")

    def update(self, text: str, step: int) -> str:
        """Show what was read, the first `step` tokens written, and where each of them looked."""
        source = read_source(text, self.english, MAX_SOURCE)
        whole = self.translate(tuple(source.ids))
        targets = self.chinese.decode(whole.ids, keep_special=True)
        t = min(step, len(targets))
        weights = np.zeros((0, len(source.tokens)))
        if whole.weights is not None:
            weights = whole.weights.numpy()
        self.map.show(source.tokens, targets, weights, t)
        self.frame.set_visible(t > 0)
        self.frame.set(y=t - 1.5, height=1)
        right = max(len(source.tokens), 1) - 0.5
        if self._below.get_xlim()[1] != right:
            self._below.set_xlim(-0.5, right)
        now = weights[t - 1] if t else []
        self.bars.set_lengths(now)
        said = self._say(source.tokens, targets[:t], now, len(targets)) if source.tokens else ""
        return "\n".join(filter(None, [said, source.note]))

    def _say(self, words: Sequence[str], targets: Sequence[str], now: Any, count: int) -> str:
        """What has been written so far, and where the newest of the targets looked."""
        if not targets:
            return "Nothing written yet. Press Step."
        order = np.argsort(now)[::-1][:2]
        looked = " and ".join(f"{words[j]} ({now[j]:.0%})" for j in order if now[j] >= 0.05)
        told = join_chinese(target for target in targets if target != EOS)
        return (
            f"Token {len(targets)} of {count}, {targets[-1]}: it looked at {looked}. So far: {told}"
        )


def compared(found: Sequence[str], expected: Sequence[str]) -> list[tuple[str, int | None, bool]]:
    """What was written beside what was expected: (token, its place in found, whether it is wrong).

    What was left out stands in between, without a place.
    """
    rows: list[tuple[str, int | None, bool]] = []
    matcher = difflib.SequenceMatcher(None, list(found), list(expected), autojunk=False)
    for kind, start, end, first, last in matcher.get_opcodes():
        rows += [(found[place], place, kind != "equal") for place in range(start, end)]
        rows += [(token, None, True) for token in expected[first + end - start : last]]
    return rows


class InterventionView:
    """A sentence translated while the model is made to look elsewhere; for `explore`.

    step_of: `step_of(kind, share, pairs) -> step`, the model's step with its weights moved by a
        share (0 to 1) to those of this kind.
    curves: kind -> {share: exact match over the test set}, drawn on the right.
    `view.figure` is the picture and `view.update` its function of the controls `kind`, `share` and
    `number` (of the pair).
    """

    def __init__(
        self,
        model: Any,
        step_of: Callable[[str, float, Sequence[Pair]], Step],
        curves: Mapping[str, Mapping[float, float]],
        pairs: Sequence[Pair],
        english: Vocabulary,
        chinese: Vocabulary,
    ) -> None:
        self.pairs, self.chinese = pairs, chinese
        self.lab = Intervention(model, step_of, curves, pairs, english, MAX_TARGET)
        self.figure = figure(9.5, 4.6)
        self.figure.set_layout_engine("none")
        self.map = Map(self.figure.add_axes((0.07, 0.03, 0.52, 0.65)))
        self.title = self.figure.suptitle("", x=0.02, ha="left")
        right = self.figure.add_axes((0.71, 0.15, 0.27, 0.68))
        colors = (GREEN, ORANGE, PINK, GREY)  # blue is the model's own way
        for (kind, curve), color in zip(curves.items(), colors, strict=False):
            right.plot(list(curve), list(curve.values()), color=color, marker="o", ms=4, label=kind)
        (self.marker,) = right.plot([], [], "o", color=RED, ms=11, zorder=5)
        right.set(xlim=(-0.05, 1.05), ylim=(-0.03, 1.03), xlabel="share moved")
        right.set_title("Exact test sentences")
        right.grid(axis="y")
        right.legend(loc="center left", fontsize=10)

    def update(self, kind: str, share: float, number: int) -> str:
        """Translate pair `number` with a share of the weights moved; the note compares."""
        pair, found = self.pairs[number], self.lab.translate(kind, round(share, 3), number)
        assert found.weights is not None
        tokens = self.chinese.decode(found.ids)
        weights = np.vstack([found.weights.numpy(), np.full(len(pair.source), np.nan)])
        rows = compared(tokens, pair.target)[:MAX_TARGET]
        said = [token if place is not None else f"({token})" for token, place, _ in rows]
        places = [-1 if place is None else place for _, place, _ in rows]  # -1: the empty row
        self.map.show(pair.source, said, weights[places], len(rows), mark=False)
        for label, (_, _, wrong) in zip(self.map.targets, rows, strict=False):
            label.set_color(RED if wrong else INK)
        self.marker.set_data([share], [self.lab.exact_match(kind, share)])
        told, wanted = join_chinese(tokens), pair.chinese
        verdict = "right" if told == wanted else f"wrong, expected {wanted}"
        self.title.set_text("Made to look here, it writes this. Red: wrong; (red): left out")
        return f"{pair.english}\n{told} ({verdict})"
