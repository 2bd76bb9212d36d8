"""Lesson 7's first widget: which outputs of a layer move when its input changes."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import ListedColormap

from helpers.figures import BLUE, GREY, INK, ORANGE, PALE, RED, Bars, figure
from helpers.labs.invariance import EXPERIMENTS, PADS, WORDS, moved
from helpers.views.widgets import Explorer, choice, explore, slider, switch


def _tiles(rules: np.ndarray, count: int, shown: bool) -> np.ndarray:
    """A mask (N, N) as a picture of count by count tiles with white gaps between them."""
    tiles, tile = np.full((count, count), np.nan), np.full((12, 12), np.nan)
    if shown:
        tiles[: len(rules), : len(rules)] = rules
    tile[1:-1, 1:-1] = 1
    return np.kron(tiles, tile)


def invariance_lab() -> Explorer:
    """Which outputs move when the input changes, and what the masks have to do with it."""
    count = len(WORDS) + PADS
    fig = figure(9.4, 4.2)
    left, right = fig.subplots(1, 2, width_ratios=[1.9, 1])
    left.set(xlim=(-1.6, count - 0.4), ylim=(0, 1.75), xticks=[], yticks=[0, 0.5, 1])
    left.set_ylabel("how far its output moved", loc="bottom")
    left.spines["left"].set_bounds(0, 1.15)
    title = left.set_title("Which outputs move?")
    bars = Bars(left, range(count))
    rows = [
        [left.text(n, y, "", ha="center", va="center", fontsize=11) for n in range(count)]
        for y in (1.66, 1.4)
    ]
    for y, said in ((1.66, "before"), (1.4, "after")):
        left.text(-0.7, y, said, ha="right", va="center", color=GREY, fontsize=10)
    numbers = [left.text(n, 0, "", ha="center", va="bottom", fontsize=9) for n in range(count)]
    right.set(xlim=(-0.5, count - 0.5), ylim=(count - 0.5, -0.5), xticks=[], yticks=[])
    below = right.text(0, count - 0.3, "… may look at these words", ha="center", va="top")
    beside = right.text(-0.8, 0, "these words …", rotation=90, ha="right", va="center")
    right.spines[:].set_visible(False)
    mask_title = right.set_title("The mask")
    picture = right.imshow(np.full((count, count), np.nan), ListedColormap([PALE, BLUE]))
    picture.set(clim=(0, 1), interpolation="nearest", extent=(-0.5, count - 0.5, count - 0.5, -0.5))

    def update(
        what: str, j: int, layer: str, causal: bool, with_positions: bool, masked: bool
    ) -> str:
        result = moved(what, j - 1, layer, causal, with_positions, masked)
        lengths, colors = [], []
        for n in range(count):
            old = WORDS[n] if n < len(WORDS) else ""
            new = result.after[n] if n < len(result.after) else ""
            rows[0][n].set_text(old)
            rows[1][n].set(text=new, color=INK if old == new else RED)
            rows[1][n].set_fontsize(9 if new == "<pad>" else 11)
            here = result.positions_after.index(n) if n in result.positions_after else None
            height = 0.0 if here is None else float(result.distance[here])
            lengths.append(min(height, 1.15))
            colors.append(ORANGE if old != new else BLUE)
            numbers[n].set(text="" if here is None else f"{height:.2f}", y=lengths[n] + 0.03)
            if height == 0:
                numbers[n].set_text("" if here is None else "0")
        bars.set_lengths(lengths)
        bars.set_facecolor(colors)
        side = len(result.allowed)
        below.set(visible=layer == "attention", position=((side - 1) / 2, side - 0.3))
        beside.set(visible=layer == "attention", position=(-0.8, (side - 1) / 2))
        picture.set_data(_tiles(result.allowed, count, shown=layer == "attention"))
        mask_title.set_text("An RNN has no mask" if layer == "RNN" else "The mask (blue: may look)")
        count_moved = int((result.distance > 0).sum())
        ignored = (
            " An RNN ignores both masks: it reads from left to right." if layer == "RNN" else ""
        )
        title.set_text(f"{count_moved} of {len(WORDS)} outputs moved")
        follows = " Each bar follows its word." if what == "swap" else ""
        told = "Bars: distance between old and new output, as a share of its length."
        return told + follows + ignored

    return explore(
        update,
        fig,
        what=choice("experiment", EXPERIMENTS),
        j=slider("word j", 1, len(WORDS), 5),
        layer=choice("layer", ["attention", "RNN"]),
        causal=switch("causal mask"),
        with_positions=switch("positions added"),
        masked=switch("padding mask", True),
    )
