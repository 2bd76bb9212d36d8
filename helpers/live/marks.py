"""What a live view may show: a scene of panels, a panel of marks, all of them plain data.

    Scene(
        Panel(Curve(t, norms, color="blue", label="measured"), x=Axis("time step t", 1, 50),
              y=Axis("gradient norm", 1e-12, 1e8, log=True)),
        Panel(Tokens(words, values=felt)),
        title="To h₅₀, h₁ counts 10⁸ times less than h₄₉",
    )

Python says what is there, in the units of the data; the page (`live.js`) decides how it is drawn.
Colours are names of `helpers.palette`. Titles and labels of axes, curves and boxes may hold `h_t`,
`h_{T-1}` and `2^{10}`, which are set as indices and exponents; whatever a student may have typed
stands in tokens and notes, which are shown as they are.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np

from helpers.palette import LIGHT

DIGITS = 5  # of a number on its way to the page: a picture has fewer


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One side of a panel, from `low` to `high`; `log` needs both above 0.

    ticks: (value, text) pairs; without them the page chooses. hidden: a plane for boxes and arrows.
    """

    label: str = ""
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    ticks: Sequence[tuple[float, str]] | None = None
    hidden: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"axis from {self.low} to {self.high}: low must be below high")
        if self.log and self.low <= 0:
            raise ValueError(f"a log axis cannot start at {self.low}; give a low above 0")


@dataclass(frozen=True, kw_only=True)
class Names:
    """One side of a panel with a name at each place 0, 1, 2, …: words of a heat map, bars.

    marked: the places whose names stand out.
    """

    names: Sequence[str]
    label: str = ""
    marked: Sequence[int] = ()


@dataclass(frozen=True)
class Mark:
    """One thing in a panel. `tip`s are what a reader sees who points at it."""

    kind: ClassVar[str] = ""

    def check_color(self, *colors: str) -> None:
        for color in colors:
            if color not in LIGHT:
                raise ValueError(f"colour {color!r} is unknown; there are: {', '.join(LIGHT)}")


@dataclass(frozen=True)
class Curve(Mark):
    """A line through points, gaps where y is NaN. at: where its label stands, 'start' or 'end'."""

    kind = "curve"
    x: Any
    y: Any
    color: str = "blue"
    label: str = ""
    width: float = 2.5
    dashed: bool = False
    at: str = "end"

    def __post_init__(self) -> None:
        self.check_color(self.color)
        _same_length(x=self.x, y=self.y)


@dataclass(frozen=True)
class Dots(Mark):
    """Points; each may have its tip, and its own colour. pick: the control that a click sets."""

    kind = "dots"
    x: Any
    y: Any
    color: str | Sequence[str] = "blue"
    size: float = 5.0  # radius in pixels
    label: str = ""
    tips: Sequence[str] | None = None
    pick: str | None = None  # to the control's value number n, for point n

    def __post_init__(self) -> None:
        self.check_color(*([self.color] if isinstance(self.color, str) else self.color))
        _same_length(x=self.x, y=self.y)


@dataclass(frozen=True)
class Bars(Mark):
    """Bars from 0 (or `base`) to each length, standing on x, or lying along y (`across`)."""

    kind = "bars"
    at: Any
    lengths: Any
    color: str | Sequence[str] = "blue"
    width: float = 0.7  # in the units of the axis that they stand on
    across: bool = False
    base: float = 0.0
    label: str = ""
    tips: Sequence[str] | None = None

    def __post_init__(self) -> None:
        self.check_color(*([self.color] if isinstance(self.color, str) else self.color))
        _same_length(at=self.at, lengths=self.lengths)


@dataclass(frozen=True)
class Band(Mark):
    """The area between two curves."""

    kind = "band"
    x: Any
    low: Any
    high: Any
    color: str = "blue"
    label: str = ""

    def __post_init__(self) -> None:
        self.check_color(self.color)
        _same_length(x=self.x, low=self.low, high=self.high)


@dataclass(frozen=True)
class Heat(Mark):
    """A matrix (rows, columns) as coloured cells; row 0 on top. signed: values around zero.

    What is written are rows, what is read are columns, in every lesson. extent: (x from, x to,
    y from, y to) on numbered axes; without it cells stand at 0, 1, 2, …, as `Names` do. pick: the
    controls that a click on a cell sets to its row and its column.
    """

    kind = "heat"
    values: Any
    low: float = 0.0
    high: float = 1.0
    signed: bool = False
    numbers: bool = False
    extent: tuple[float, float, float, float] | None = None
    pick: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        if np.ndim(self.values) != 2:
            raise ValueError(f"a heat map needs (rows, columns), not {np.shape(self.values)}")


@dataclass(frozen=True)
class Tokens(Mark):
    """Words in a row, wrapped where the page is narrow; coloured by values in [0, 1] if there are.

    below: a second line under each word. inks: the colour of each word, where there are no values.
    frame: the place of the one word with a frame. name: what `Arcs` call this row.
    """

    kind = "tokens"
    words: Sequence[str]
    values: Any = None
    below: Sequence[str] | None = None
    tips: Sequence[str] | None = None
    inks: Sequence[str] | None = None
    frame: int | None = None
    size: float = 13.0  # of the letters, in pixels
    name: str = ""
    label: str = ""
    signed: bool = False

    def __post_init__(self) -> None:
        self.check_color(*(self.inks or ()))
        for what in ("values", "below", "tips", "inks"):
            given = getattr(self, what)
            if given is not None and len(given) != len(self.words):
                raise ValueError(f"{len(self.words)} words, but {len(given)} {what}")


@dataclass(frozen=True)
class Arcs(Mark):
    """Links between tokens of two rows: (from, to, weight in [0, 1]). maybe: drawn dashed."""

    kind = "arcs"
    source: str
    target: str
    links: Sequence[tuple[int, int, float]]
    color: str = "blue"
    maybe: bool = False
    gap: float = 90.0  # pixels between the two rows

    def __post_init__(self) -> None:
        self.check_color(self.color)


@dataclass(frozen=True)
class Boxes(Mark):
    """Named boxes of an architecture: centres, widths and heights in the panel's units."""

    kind = "boxes"
    x: Any
    y: Any
    texts: Sequence[str]
    width: float = 1.0
    height: float = 0.6
    color: str | Sequence[str] = "blue"
    tips: Sequence[str] | None = None

    def __post_init__(self) -> None:
        self.check_color(*([self.color] if isinstance(self.color, str) else self.color))
        _same_length(x=self.x, y=self.y, texts=self.texts)


@dataclass(frozen=True)
class Arrows(Mark):
    """Arrows from (x, y) to (to_x, to_y); weights in [0, 1] fade them, above 1 they burn."""

    kind = "arrows"
    x: Any
    y: Any
    to_x: Any
    to_y: Any
    color: str = "grey"
    weights: Any = None
    dashed: bool = False

    def __post_init__(self) -> None:
        self.check_color(self.color)
        _same_length(x=self.x, y=self.y, to_x=self.to_x, to_y=self.to_y)


@dataclass(frozen=True)
class Text(Mark):
    """A few words at a point. anchor: 'start', 'middle' or 'end'."""

    kind = "text"
    x: float
    y: float
    text: str
    color: str = "ink"
    anchor: str = "middle"
    size: float = 13.0

    def __post_init__(self) -> None:
        self.check_color(self.color)


@dataclass(frozen=True)
class Picture(Mark):
    """A matplotlib figure, or PNG bytes, for who has one already; `text` says what it shows."""

    kind = "picture"
    figure: Any
    text: str = ""

    def png(self) -> bytes:
        if isinstance(self.figure, bytes):
            return self.figure
        file = io.BytesIO()
        self.figure.savefig(file, format="png", dpi=144)
        return file.getvalue()


@dataclass(frozen=True)
class Sketch(Mark):
    """Where a student draws a prediction: `control` names the `drawn(...)` that holds its y at x.

    reveals: labels of the marks of this panel that are hidden until it is drawn; how far the sketch
    is from the first of them, the note says. question and hint stand until then in the place of
    title and note.
    """

    kind = "sketch"
    control: str
    x: Any
    reveals: Sequence[str] = ()
    question: str = "Draw what you expect"
    hint: str = "Draw with the mouse, a finger, or the arrow keys."
    color: str = "orange"
    label: str = "your prediction"

    def __post_init__(self) -> None:
        self.check_color(self.color)


@dataclass(frozen=True)
class Handle(Mark):
    """A point that can be dragged: it moves the sliders that `control` and `control_y` name."""

    kind = "handle"
    x: float
    y: float
    control: str = ""  # along x
    control_y: str = ""
    color: str = "red"
    label: str = ""

    def __post_init__(self) -> None:
        self.check_color(self.color)


class Panel:
    """Marks over one pair of axes, or, without axes, rows of tokens.

    height: pixels of the plane itself. width: its share, where several panels stand side by side,
    as long as that is at least `narrowest` pixels.
    """

    def __init__(
        self,
        *marks: Mark,
        x: Axis | Names | None = None,
        y: Axis | Names | None = None,
        title: str = "",
        height: float = 220,
        width: float = 1.0,
        narrowest: float = 200,
    ) -> None:
        self.marks, self.x, self.y = marks, x, y
        self.title, self.height, self.width, self.narrowest = title, height, width, narrowest


class Scene:
    """All that a view shows at one setting of its controls.

    panels: one below the other; a tuple of panels stands side by side where there is room.
    title: the one message. note: a sentence or two under the picture, which a screen reader says.
    """

    def __init__(self, *panels: Panel | tuple[Panel, ...], title: str = "", note: str = "") -> None:
        self.rows = [panel if isinstance(panel, tuple) else (panel,) for panel in panels]
        self.title, self.note = title, note


def to_data(thing: Any) -> Any:
    """A scene or a part of it as what JSON holds: numbers in few digits, None for no number.

    Raises:
        TypeError: it holds something that a page cannot show.
    """
    if isinstance(thing, Scene):
        parts = {"title": thing.title, "note": thing.note, "rows": thing.rows}
        return {name: to_data(part) for name, part in parts.items()}
    if isinstance(thing, Panel):
        return {name: to_data(part) for name, part in vars(thing).items() if part is not None}
    if isinstance(thing, Picture):
        code = base64.b64encode(thing.png()).decode()
        return {"kind": thing.kind, "png": code, "text": thing.text}
    if isinstance(thing, Mark | Axis | Names):
        named = {field.name: getattr(thing, field.name) for field in fields(thing)}
        kind = {"kind": thing.kind} if isinstance(thing, Mark) else {}
        return kind | {name: to_data(value) for name, value in named.items() if value is not None}
    if isinstance(thing, str | bool) or thing is None:
        return thing
    if hasattr(thing, "tolist"):  # a NumPy array or scalar, a tensor
        return to_data(thing.tolist())
    if isinstance(thing, int):
        return thing
    if isinstance(thing, float):
        return float(f"{thing:.{DIGITS}g}") if math.isfinite(thing) else None
    if isinstance(thing, Sequence):
        return [to_data(part) for part in thing]
    raise TypeError(f"a scene cannot hold a {type(thing).__name__}: {thing!r}")


def _same_length(**sequences: Any) -> None:
    lengths = {name: len(values) for name, values in sequences.items()}
    if len({*lengths.values()}) > 1:
        told = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise ValueError(f"these must be equally long: {told}")
