"""One look for every figure: style, fonts with Chinese, and the drawings that lessons share."""

import re
import unicodedata
import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import FancyBboxPatch

from helpers import DATA

FONT = DATA / "fonts" / "NotoSansCJKtc-Regular-subset.otf"

# Okabe & Ito's palette, with Tol's red: told apart by colour-blind readers and on a poor projector.
BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"
PINK, SKY, RED = "#CC79A7", "#56B4E9", "#CC3311"
INK, GREY, SILVER, PALE = "#222222", "#8A8A8A", "#BDBDBD", "#E8E8E8"
HEAT = "cividis"  # one hue order for colour-blind readers, for weights and probabilities in [0, 1]
SIGNED = "RdBu_r"  # for values around zero


@cache
def font_family(chinese: Path) -> list[str]:
    """DejaVu first (it has the minus sign), then a font with Chinese, if its file is sound."""
    try:
        font_manager.fontManager.addfont(chinese)
    except (OSError, RuntimeError):  # missing, or not a font
        warnings.warn(f"{chinese} is missing or damaged: Chinese shows as boxes.", stacklevel=2)
        return ["DejaVu Sans"]
    return ["DejaVu Sans", font_manager.FontProperties(fname=chinese).get_name()]


def use_course_style() -> None:
    """Set fonts, colours and sizes for every figure drawn from here on."""
    mpl.rcParams.update(
        {
            "font.family": font_family(FONT),
            "font.size": 11,
            "axes.titlesize": 12.5,
            "axes.titlelocation": "left",
            "axes.titlepad": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": GREY,
            "axes.prop_cycle": cycler(color=[BLUE, ORANGE, GREEN, PINK, SKY, RED]),
            "axes.grid": False,
            "grid.color": PALE,
            "lines.linewidth": 2,
            "legend.frameon": False,
            "figure.figsize": (9, 3.6),
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
        }
    )
    try:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("retina")
    except (ImportError, AttributeError):  # no notebook around: nothing to sharpen
        pass


def figure(width: float = 9.0, height: float = 3.6) -> Figure:
    """An empty figure (inches, at 100 dots each) for `widgets.explore`: not shown by itself."""
    use_course_style()
    empty = Figure(figsize=(width, height))
    empty.set_layout_engine("constrained", w_pad=0.14, h_pad=0.1)  # inches around the axes
    return empty


def is_wide(token: str) -> bool:
    """Whether a target token needs more room than a character: <eos>, <unk>, a Latin word."""
    return len(token) > 2


def readable_on(color_value: float) -> str:
    """Ink that can be read on `HEAT` at a value in [0, 1]."""
    return "white" if color_value < 0.5 else INK


def heatmap(
    ax: Axes,
    weights: Any,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    xlabel: str = "",
    ylabel: str = "",
    numbers: bool = False,
) -> AxesImage:
    """Draw weights (rows, columns) in [0, 1] with a label at every row and column.

    Returns the image, so that a widget can `set_data` it. numbers: print each value in its cell.
    """
    grid = np.asarray(weights, dtype=float)
    if grid.shape != (len(rows), len(columns)):
        raise ValueError(
            f"weights have shape {grid.shape}, but there are {len(rows)} row labels and "
            f"{len(columns)} column labels; they must agree"
        )
    image = ax.imshow(grid, cmap=HEAT, vmin=0, vmax=1, aspect="auto")
    ax.set_yticks(range(len(rows)), labels=rows)
    slant: dict[str, Any] = {"rotation": 45, "ha": "left", "rotation_mode": "anchor"}
    wide = max(map(len, columns), default=0) > 3
    ax.set_xticks(range(len(columns)), labels=columns, **(slant if wide else {}))
    ax.tick_params(length=0, top=False, bottom=False, labeltop=True, labelbottom=False)
    ax.spines[:].set_visible(False)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if numbers:
        for (row, column), value in np.ndenumerate(grid):
            ink = readable_on(value)
            ax.text(column, row, f"{value:.2f}", ha="center", va="center", color=ink, fontsize=9)
    return image


def draw_bands(ax: Axes, shares: Mapping[str, Any], colors: Mapping[str, str]) -> None:
    """Exact match by clauses: for each name a band from the lowest to the highest of several seeds.

    shares: name -> (seeds, 4), for one to four clauses.
    """
    for name, rows in shares.items():
        grid = np.asarray(rows)
        lowest, highest = grid.min(axis=0), grid.max(axis=0)
        ax.fill_between([1, 2, 3, 4], lowest, highest, color=colors[name], alpha=0.3, lw=2)
    ax.set(xticks=[1, 2, 3, 4], xlabel="clauses in the source", ylabel="exact match")


def draw_by_clauses(ax: Axes, curves: Mapping[str, tuple[Sequence[float], str]]) -> None:
    """Curves over one to four clauses, each named in its colour at its right end.

    curves: name -> (four numbers, colour); what is grey was computed, not measured, and is dashed.
    """
    for name, (numbers, color) in curves.items():
        style = "--" if color == GREY else "o-"
        ax.plot([1, 2, 3, 4], numbers, style, color=color)
        ax.text(4.1, numbers[-1], name, color=color, va="center")
    ax.set(xticks=[1, 2, 3, 4], xlim=(0.9, 5.5), xlabel="clauses in the source")
    ax.spines["bottom"].set_bounds(0.9, 4.1)


def draw_starts(
    axes: Sequence[Axes], runs: Mapping[str, Any], names: Sequence[str], usual: str
) -> None:
    """Exact match in percent, a dot for each random start; one panel each for 1, 2, ... clauses.

    runs: name -> (starts, 4), shares; names: a row each, from the top; usual: the one whose range
    is shaded in every panel.
    """
    for n, ax in enumerate(axes, start=1):
        percent = {name: 100 * np.asarray(runs[name])[:, n - 1] for name in names}
        ax.axvspan(percent[usual].min() - 1, percent[usual].max() + 1, color=PALE)
        for row, name in enumerate(names):
            ax.plot(percent[name], [row] * len(percent[name]), "o", color=ORANGE, alpha=0.6)
        ax.set(xlim=(-5, 105), xlabel="exact match, %", title=f"{n} clause{'s' * (n > 1)}")
        ax.set_yticks(range(len(names)), labels=names)
        ax.set_ylim(len(names) - 0.5, -0.5)


class Bars(PolyCollection):
    """Bars whose lengths and colours change at each move: one artist, painted at once.

    places: (n,) middles; across: they lie, as `barh` draws them.
    """

    def __init__(self, ax: Axes, places: Sequence[float], across: bool = False) -> None:
        super().__init__([], facecolors=BLUE, edgecolors="none", antialiaseds=True)
        self._low, self._across = np.asarray(places, dtype=float) - 0.35, across
        ax.add_collection(self, autolim=False)

    def set_lengths(self, lengths: Sequence[float]) -> None:
        """lengths: at most n numbers in data units; bars without one are not seen."""
        start, end = np.zeros((2, len(self._low)))
        end[: len(lengths)] = lengths
        low, high = self._low, self._low + 0.7
        corners = np.array([[low, start], [high, start], [high, end], [low, end]])
        self.set_verts([*corners.transpose(2, 0, 1)[..., :: -1 if self._across else 1]])


def strip(ax: Axes, values: Any, *, label: str = "", limit: float = 1.0) -> AxesImage:
    """Draw a vector (n,) or a matrix (n, T) as coloured cells between -limit and limit."""
    grid = np.atleast_2d(np.asarray(values, dtype=float))
    image = ax.imshow(grid, cmap=SIGNED, vmin=-limit, vmax=limit, aspect="auto")
    ax.set(xticks=[], yticks=[])
    ax.set_ylabel(label, rotation=0, ha="right", va="center")
    ax.spines[:].set_visible(False)
    return image


def gate_strip(ax: Axes, values: np.ndarray, label: str, signed: bool = False) -> AxesImage:
    """Draw (T, H) as H rows over time: gates between 0 and 1, or signed memory; the image."""
    image = ax.imshow(np.asarray(values).T, aspect="auto", interpolation="nearest")
    image.set(cmap=SIGNED if signed else HEAT, clim=(-2, 2) if signed else (0, 1))
    ax.set(xticks=[], yticks=[])
    ax.set_ylabel(label, rotation=0, ha="right", va="center")
    ax.spines[:].set_visible(False)
    return image


def draw_generation(ax: Axes, tokens: Sequence[str]) -> None:
    """The lecture's picture: each output becomes the next input, from left to right in time.

    tokens: the first input, then every output.
    """
    rows = {"embedding": (1.0, GREEN), "RNN": (2.0, BLUE), "softmax": (3.0, PINK)}
    steps = len(tokens) - 1
    arrow = {"arrowstyle": "-|>", "color": GREY, "lw": 1.5, "shrinkA": 0, "shrinkB": 0}
    for t, (token, output) in enumerate(pairwise(tokens), start=1):
        x = 2.0 * t
        for name, (y, color) in rows.items():
            box = FancyBboxPatch(
                (x - 0.52, y - 0.2), 1.04, 0.4, "round,pad=0.04", fc=color, ec="none"
            )
            ax.add_patch(box)
            ax.text(x, y, name, ha="center", va="center", color="white")
        for low in (0.24, 1.24, 2.24, 3.24):
            ax.annotate("", (x, low + 0.5), (x, low), arrowprops=arrow)
        ax.text(x, 0, token, ha="center", va="center", fontsize=15)
        ax.text(x, 4, output, ha="center", va="center", fontsize=15, color=INK)
        ax.annotate("", (x - 0.58, 2), (x - 1.42, 2), arrowprops={**arrow, "color": BLUE, "lw": 2})
        ax.text(x - 1.22, 2.1, f"$h_{t - 1}$", ha="center", va="bottom", color=BLUE)
        if t < steps:
            bend = {**arrow, "color": ORANGE, "ls": "--", "lw": 2}
            bend["connectionstyle"] = "arc,angleA=0,angleB=180,armA=34,armB=34,rad=12"
            ax.annotate("", (x + 1.72, 0), (x + 0.28, 4), arrowprops=bend)
    for y, name in ((0, "input"), (4, "output")):
        ax.text(0.2, y, name, ha="left", va="center", color=GREY)
    ax.text(0.2, 2, "start", ha="left", va="center", color=GREY)
    ax.set(xlim=(0.1, 2 * steps + 0.9), ylim=(-0.3, 4.3))
    ax.axis("off")


def draw_encoder_decoder(ax: Axes, source: Sequence[str], target: Sequence[str]) -> None:
    """The lecture's picture: the encoder's states, the context vector, the decoder's states.

    target: <bos>, then every token of the translation, <eos> included.
    """
    arrow = {"arrowstyle": "-|>", "color": GREY, "lw": 1.5, "shrinkA": 0, "shrinkB": 0}

    def box(x: float, label: str, color: str) -> None:
        shape = FancyBboxPatch((x - 0.3, 0.8), 0.6, 0.4, "round,pad=0.04", fc=color, ec="none")
        ax.add_patch(shape)
        ax.text(x, 1, label, ha="center", va="center", color="white")

    def join(x: float, to: float) -> None:
        ax.annotate("", (to - 0.36, 1), (x + 0.36, 1), arrowprops={**arrow, "color": BLUE, "lw": 2})

    places = [float(at) for at in range(1, len(source) + 1)]
    middle = len(source) + 1.0
    for number, (x, word) in enumerate(zip(places, source, strict=True), start=1):
        box(x, f"$h_{number}$", GREEN)
        ax.text(x, 0.05, word, ha="center", va="center", fontsize=13)
        ax.annotate("", (x, 0.74), (x, 0.26), arrowprops=arrow)
        join(x, x + 1)
    box(middle, "$c$", ORANGE)
    for number, (token, output) in enumerate(pairwise(target), start=1):
        x = middle + number
        box(x, f"$s_{number}$", BLUE)
        join(x - 1, x)
        ax.text(x, 0.05, token, ha="center", va="center", fontsize=13, color=GREY)
        ax.annotate("", (x, 0.74), (x, 0.26), arrowprops=arrow)
        ax.annotate("", (x, 1.74), (x, 1.26), arrowprops=arrow)
        ax.text(x, 1.95, output, ha="center", va="center", fontsize=13)
    halfway = (1 + len(source)) / 2, middle + (1 + len(target) - 1) / 2
    for x, name, color in (
        (halfway[0], "encoder", GREEN),
        (middle, "context\nvector", ORANGE),
        (halfway[1], "decoder", BLUE),
    ):
        y = 2.35 if name == "decoder" else 1.6
        ax.text(x, y, name, ha="center", va="center", color=color, fontsize=13)
    ax.set(xlim=(0.4, middle + len(target) - 0.4), ylim=(-0.2, 2.55))
    ax.axis("off")


def draw_query_key_value(ax: Axes, asking: str, answering: Sequence[str]) -> None:
    """The lecture's picture of attention without an RNN: query, keys and values, weights, sum."""
    arrow = {"arrowstyle": "-|>", "color": GREY, "lw": 1.5, "shrinkA": 0, "shrinkB": 0}

    def box(x: float, y: float, label: str, color: str, width: float = 0.6) -> None:
        shape = FancyBboxPatch(
            (x - width / 2, y - 0.19), width, 0.38, "round,pad=0.04", fc=color, ec="none"
        )
        ax.add_patch(shape)
        ax.text(x, y, label, ha="center", va="center", color="white")

    def join(start: tuple[float, float], end: tuple[float, float]) -> None:
        ax.annotate("", end, start, arrowprops=arrow, zorder=0)

    last = 2.2 * len(answering)
    box(0, 1, "$q$", BLUE)
    ax.text(0, 0, asking, ha="center", va="center", fontsize=13)
    join((0, 0.24), (0, 0.74))
    ax.plot([0, 0, last - 0.95], [1.24, 2, 2], color=GREY, lw=1.5, zorder=0)
    for number, word in enumerate(answering, start=1):
        x = 2.2 * number
        key, value = x - 0.5, x + 0.5
        ax.text(x, 0, word, ha="center", va="center", fontsize=13)
        for at, name in ((key, "k"), (value, "v")):
            box(at, 1, f"${name}_{number}$", GREEN)
            join((x, 0.24), (at, 0.74))
        box(key, 2, f"$q \\cdot k_{number}$", SKY, 0.9)
        join((key, 1.24), (key, 1.74))
        join((key, 2.24), (key, 2.74))
        box(value, 4, rf"$\alpha_{number} v_{number}$", PINK, 0.9)
        join((value, 1.24), (value, 3.74))
        join((key, 3.26), (value - 0.3, 3.74))
        join((value, 4.24), (value, 4.74))
    middle = (1.7 + last + 0.5) / 2
    box(middle - 0.5, 3, r"divide by $\sqrt{d}$, then softmax", SKY, last - 0.9)
    box(middle, 5, "sum", ORANGE, last - 0.7)
    join((middle, 5.24), (middle, 5.7))
    ax.text(middle, 5.9, "output", ha="center", va="center", fontsize=13)
    for y, name in ((1, "one matrix each"), (2, "scores"), (3, "weights"), (4, "values, weighted")):
        ax.text(last + 1.25, y, name, ha="left", va="center", color=GREY)
    ax.set(xlim=(-0.8, last + 3.4), ylim=(-0.3, 6.1))
    ax.axis("off")


def draw_transformer(ax: Axes) -> None:
    """A block of an encoder and one of a decoder, from bottom to top, each part with its bypass."""
    arrow = {"arrowstyle": "-|>", "color": GREY, "lw": 1.5, "shrinkA": 0, "shrinkB": 0}

    def box(x: float, y: float, label: str, color: str) -> None:
        shape = FancyBboxPatch((x - 1.3, y - 0.2), 2.6, 0.4, "round,pad=0.04", fc=color, ec="none")
        ax.add_patch(shape)
        ax.text(x, y, label, ha="center", va="center", color="white")

    def column(x: float, parts: Sequence[tuple[str, str]], end: str) -> dict[str, float]:
        """Draws embedding, parts and end; returns where each part stands."""
        box(x, 0.8, "embedding + positions", GREEN)
        at, y = {}, 1.04
        for name, color in parts:
            ax.annotate("", (x, y + 0.72), (x, y), arrowprops=arrow)
            ax.text(x + 0.12, y + 0.36, "norm", ha="left", va="center", color=GREY, fontsize=9)
            box(x, y + 0.96, name, color)
            at[name] = y + 0.96
            ax.annotate("", (x, y + 1.52), (x, y + 1.2), arrowprops=arrow)
            ax.plot([x, x - 1.6, x - 1.6, x - 0.14], [y + 0.14, y + 0.14, y + 1.66, y + 1.66],
                    color=ORANGE, lw=1.5, zorder=0)  # fmt: skip
            ax.text(x, y + 1.66, "+", ha="center", va="center", color=ORANGE, fontsize=15)
            y += 1.8
        ax.annotate("", (x, y + 0.5), (x, y), arrowprops=arrow)
        ax.text(x + 0.12, y + 0.2, "norm", ha="left", va="center", color=GREY, fontsize=9)
        ax.text(x, y + 0.68, end, ha="center", va="center", fontsize=12)
        ax.annotate("", (x, 0.56), (x, 0.26), arrowprops=arrow)
        at["end"] = y + 0.68
        return at

    attention, thinking = BLUE, PINK
    left = column(2, [("self-attention", attention), ("feed-forward", thinking)], "memory")
    right = column(
        6.6,
        [("look back", attention), ("look across", attention), ("feed-forward", thinking)],
        "next token",
    )
    top = left["end"]
    ax.plot([2.6, 4.3, 4.3, 5.0], [top, top, *[right["look across"]] * 2], color=GREY, lw=1.5)
    ax.annotate("", (5.26, right["look across"]), (4.9, right["look across"]), arrowprops=arrow)
    ax.text(2, 0.05, "source", ha="center", va="center", fontsize=12)
    ax.text(6.6, 0.05, "translation so far", ha="center", va="center", fontsize=12)
    ax.text(2, -0.5, "encoder", ha="center", va="center", color=GREY)
    ax.text(6.6, -0.5, "decoder", ha="center", va="center", color=GREY)
    ax.set(xlim=(0, 8.4), ylim=(-0.7, right["end"] + 0.3))
    ax.axis("off")


def draw_attention(
    ax: Axes, source: Sequence[str], weights: Sequence[float], read: str, written: str
) -> None:
    """The lecture's picture of attention with an RNN, for one output: all states are mixed.

    weights: one for each word of the source. read, written: the decoder's token before and after.
    """
    arrow = {"arrowstyle": "-|>", "color": GREY, "lw": 1.5, "shrinkA": 0, "shrinkB": 0}

    def box(x: float, y: float, label: str, color: str, width: float = 0.6) -> None:
        corner = (x - width / 2, y - 0.2)
        ax.add_patch(FancyBboxPatch(corner, width, 0.4, "round,pad=0.04", fc=color, ec="none"))
        ax.text(x, y, label, ha="center", va="center", color="white")

    n = len(source)
    middle, before, after = (n + 1) / 2, n + 1.4, n + 3.0
    for x, (word, weight) in enumerate(zip(source, weights, strict=True), start=1):
        box(x, 1, f"$h_{x}$", GREEN)
        ax.text(x, 0.1, word, ha="center", va="center", fontsize=13)
        ax.annotate("", (x, 0.74), (x, 0.3), arrowprops=arrow)
        if x < n:
            ax.annotate("", (x + 0.64, 1), (x + 0.36, 1),
                        arrowprops={**arrow, "arrowstyle": "<|-|>", "color": GREEN})  # fmt: skip
        end = middle + 0.2 * (x - middle)
        ax.plot([x, end], [1.26, 2.7], color=ORANGE, lw=1 + 9 * weight, solid_capstyle="round")
        ax.text(x + 0.16 + 0.2 * (end - x), 1.5, f"{weight:.2f}", fontsize=9, color=INK)
    box(middle, 2.95, "$c_i$", ORANGE, 1.0)
    box(before, 2.1, "$s_{i-1}$", BLUE)
    box(after, 2.95, "$s_i$", BLUE)
    turned = {**arrow, "color": BLUE, "lw": 2}
    ax.annotate("", (after - 0.36, 2.85), (before + 0.36, 2.2), arrowprops=turned)
    asks = {**arrow, "color": BLUE, "ls": "--"}
    ax.annotate("", (n + 0.45, 1.75), (before - 0.36, 2.05), arrowprops=asks)
    ax.text(before, 1.6, "compared with\nevery $h_j$", ha="center", va="top", color=BLUE)
    ax.annotate("", (after - 0.36, 2.98), (middle + 0.56, 2.98),
                arrowprops={**arrow, "color": ORANGE, "lw": 2})  # fmt: skip
    ax.text(after, 1.95, read, ha="center", va="center", color=GREY, fontsize=13)
    ax.annotate("", (after, 2.69), (after, 2.15), arrowprops=arrow)
    ax.annotate("", (after, 3.65), (after, 3.21), arrowprops=arrow)
    ax.text(after, 3.88, written, ha="center", va="center", fontsize=15)
    ax.text(0.5, 1, "encoder", ha="right", va="center", color=GREEN, fontsize=12)
    ax.text(middle - 0.65, 2.95, "context vector", ha="right", va="center", color=ORANGE)
    ax.text(after + 0.5, 2.95, "decoder", va="center", color=BLUE, fontsize=12)
    ax.set(xlim=(-0.6, after + 1.5), ylim=(-0.1, 4.1))
    ax.axis("off")


def show_lines(columns: dict[str, Sequence[str]], width: float = 9.0) -> None:
    """Lines of text as a picture, in columns under their names; long lines are wrapped.

    What a trained model writes may differ from computer to computer. Strict tests of notebooks
    compare printed text, but not pictures.
    """
    import matplotlib.pyplot as plt

    room = 69 * width / len(columns)  # points for one line
    wrapped = {name: [wrap_line(line, room) for line in lines] for name, lines in columns.items()}
    tallest = max(sum(text.count("\n") + 1 for text in texts) for texts in wrapped.values())
    _, axes = plt.subplots(
        1, len(columns), squeeze=False, figsize=(width, 0.45 + 0.24 * max(2, tallest))
    )
    for ax, (name, texts) in zip(axes[0], wrapped.items(), strict=True):
        ax.set_title(name)
        ax.text(0, 1, "\n".join(texts), va="top", linespacing=1.5, parse_math=False)
        ax.axis("off")
    plt.show()


def wrap_line(text: str, room: float) -> str:
    """Break a line where it would grow wider than `room` points, at a size of 11."""
    lines, used = [""], 0.0
    for character in re.findall(
        r"<[a-z]+>|.", text, re.DOTALL
    ):  # <eos> and its like stay in one piece
        wide = 11.0 if unicodedata.east_asian_width(character[0]) in "WF" else 7.0 * len(character)
        if used + wide > room:
            lines, used = [*lines, "   "], 21.0
        lines[-1], used = lines[-1] + character, used + wide
    return "\n".join(lines)
