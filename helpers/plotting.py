"""One look for every figure: style, fonts with Chinese, and the drawings that lessons share."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

FONT = Path(__file__).parent.parent / "data" / "fonts" / "NotoSansCJKtc-Regular-subset.otf"

# Okabe & Ito's palette, with Tol's red: told apart by colour-blind readers and on a poor projector.
BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"
PINK, SKY, RED = "#CC79A7", "#56B4E9", "#CC3311"
INK, GREY, SILVER, PALE = "#222222", "#8A8A8A", "#BDBDBD", "#E8E8E8"
HEAT = "cividis"  # one hue order for colour-blind readers, for weights and probabilities in [0, 1]
SIGNED = "RdBu_r"  # for values around zero


@cache
def _family() -> list[str]:
    """DejaVu first (it has the minus sign), then our subset of Noto Sans CJK TC, if it is there."""
    try:
        font_manager.fontManager.addfont(FONT)
    except (OSError, RuntimeError):  # missing, or not a font
        warnings.warn(f"{FONT} is missing or damaged: Chinese shows as boxes.", stacklevel=2)
        return ["DejaVu Sans"]
    return ["DejaVu Sans", font_manager.FontProperties(fname=FONT).get_name()]


def use_course_style() -> None:
    """Set fonts, colours and sizes for every figure drawn from here on."""
    mpl.rcParams.update(
        {
            "font.family": _family(),
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


class Bars(PolyCollection):
    """Bars of other lengths and colours at each move: one artist, painted at once.

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
    """About how wide a token is, in points: Chinese signs are square, letters 0.6 as wide."""
    return size * sum(1.0 if sign > "\u2e7f" else 0.6 for sign in token)


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


def in_order(links: Iterable[tuple[int, int]]) -> set[int]:
    """The most source words that keep their order, each standing where its links end on average."""
    ends: dict[int, list[int]] = {}
    for i, j in sorted(links):
        ends.setdefault(i, []).append(j)
    place = {i: sum(found) / len(found) for i, found in ends.items()}
    chains: list[list[int]] = [[]]
    for i in place:
        fitting = [chain for chain in chains if not chain or place[chain[-1]] <= place[i]]
        longest = max(fitting, key=len)
        chains.append([*longest, i])
    longest = max(chains, key=len)
    return set(longest)
