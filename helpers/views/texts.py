"""Text for `canvas.Canvas`, painted word by word; what was painted once is kept.

To matplotlib every character is new: a line of text takes it some ten milliseconds, half of a move.
"""

import math
import re
from collections.abc import Hashable
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_rgba
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text

KEPT_WORDS, KEPT_TEXTS = 2000, 2000  # a painted word takes 5 to 13 kB, a text far less
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufeff]")  # Hebrew, Arabic and their kin

Math = bool | Literal["TeX"]


class Patch(NamedTuple):
    """A painted word without its background: new pixels = pixels * keep + ink."""

    right: int  # pixels from the word's start to the patch's left edge
    down: int  # and from its baseline to the patch's upper edge
    ink: np.ndarray  # (rows, columns, 3)
    keep: np.ndarray  # (rows, columns, 1)


class Line(NamedTuple):
    """A line of a text: where it starts, from the text's own place, and how it looks."""

    x: float
    y: float  # downwards
    s: str
    prop: FontProperties
    angle: float
    ismath: Math
    color: tuple[float, float, float, float]
    antialiased: bool


class Texts:
    """Paints texts and keeps their words: most come again, here or elsewhere in the picture.

    From now on the renderer paints every line through `self`. Words stand where matplotlib would
    put them, to a sixteenth of a pixel.
    """

    def __init__(self, renderer: RendererAgg) -> None:
        self._renderer = renderer
        self._draw_text = renderer.draw_text  # matplotlib's own
        renderer.draw_text = self._line  # type: ignore[method-assign]
        self._size = lru_cache(KEPT_WORDS)(renderer.get_text_width_height_descent)
        self._word = lru_cache(KEPT_WORDS)(self._paint_word)
        self._texts: dict[Hashable, list[Line]] = {}  # what matplotlib laid out
        self._lines: list[Line] | None = None  # those of the text that it lays out now

    def __len__(self) -> int:
        """How many texts are kept."""
        return len(self._texts)

    def draw(self, text: Text) -> None:
        """Paint a text as `text.draw` would."""
        if not text.get_visible() or not text.get_text():
            return
        x, y = text.get_transform().transform(text.get_unitless_position())
        if not self._plain(text) or not math.isfinite(x + y):
            return text.draw(self._renderer)
        look = self._look(text)
        if look in self._texts:
            for line in self._texts[look]:
                self._paint(line._replace(x=x + line.x, y=line.y - y))
            text.stale = False
            return
        lines: list[Line] = []
        self._lines = lines
        try:
            text.draw(self._renderer)
        finally:
            self._lines = None
        if len(self._texts) >= KEPT_TEXTS:
            self._texts.clear()  # their words are still there
        self._texts[look] = [line._replace(x=line.x - x, y=line.y + y) for line in lines]

    @staticmethod
    def _plain(text: Text) -> bool:
        """Whether `_look` says all that there is to know about a text."""
        clipped = text.get_clip_box() is not None or text.get_clip_path() is not None
        special = (text.get_bbox_patch(), text.get_path_effects(), text.get_agg_filter())
        return (
            type(text) is Text
            and not any(special)
            and not (clipped and text.get_clip_on())
            and not (text.get_usetex() or text.get_wrap())
        )

    @staticmethod
    def _look(text: Text) -> tuple[Hashable, ...]:
        """Everything that a plain text's pixels depend on, but its place."""
        return (
            text.get_text(),
            to_rgba(text.get_color(), text.get_alpha()),
            hash(text.get_fontproperties()),
            text.get_horizontalalignment(),
            text.get_verticalalignment(),
            text.get_rotation(),
            text.get_rotation_mode(),
            text.get_parse_math(),
            text.get_antialiased(),
            *(getattr(text, name, None) for name in ("_linespacing", "_multialignment")),
        )

    def _line(
        self,
        gc: GraphicsContextBase,
        x: float,
        y: float,
        s: str,
        prop: FontProperties,
        angle: float,
        ismath: Math = False,
        mtext: Text | None = None,
    ) -> None:
        """Stands in for the renderer's `draw_text`, and notes the line; y grows downwards."""
        if gc.get_clip_rectangle() is not None or gc.get_clip_path()[0] is not None:
            return self._draw_text(gc, x, y, s, prop, angle, ismath, mtext)
        rgb = gc.get_rgb()
        alpha = gc.get_alpha() if gc.get_forced_alpha() or len(rgb) < 4 else rgb[3]
        color = (rgb[0], rgb[1], rgb[2], alpha)
        prop = prop.copy()  # a text changes its own in place
        line = Line(x, y, s, prop, angle, ismath, color, bool(gc.get_antialiased()))
        if self._lines is not None:
            self._lines.append(line)
        self._paint(line)

    def _paint(self, line: Line) -> None:
        """Paint a line word by word; here x and y are places in the picture."""
        x, y, s, prop, angle, ismath, *_ = line
        whole = ismath or angle or RIGHT_TO_LEFT.search(s)
        for word in [s] if whole else s.split(" "):
            if word:
                column, row = math.floor(x), math.floor(y)
                place = (_eighths(x - column), _eighths(y - row))
                self._paste(self._word(word, place, *line[3:]), column, row)
            if not whole:
                x += self._size(f"{word} ", prop, False)[0]

    def _paint_word(
        self,
        s: str,
        place: tuple[float, float],
        prop: FontProperties,
        angle: float,
        ismath: Math,
        color: tuple[float, float, float, float],
        antialiased: bool,
    ) -> Patch:
        """A word painted on nothing, starting at a place within a pixel."""
        width, height, _ = self._size(f"{s} ", prop, ismath)
        edge = 4 + math.ceil(height)  # characters may reach over what is called their size
        before = edge + (math.ceil(width + height) if angle else 0)
        above = before + (0 if angle else math.ceil(height))
        layer = RendererAgg(
            before + edge + math.ceil(width + height), above + before, self._renderer.dpi
        )
        gc = layer.new_gc()
        gc.set_foreground(color, isRGBA=True)
        gc.set_antialiased(antialiased)
        layer.draw_text(gc, before + place[0], above + place[1], s, prop, angle, ismath)
        pixels = np.asarray(layer.buffer_rgba()).astype(np.float32)
        inked = [np.flatnonzero(pixels[..., 3].any(axis=axis)) for axis in (1, 0)]
        rows, columns = (slice(*((at[0], at[-1] + 1) if len(at) else (0, 0))) for at in inked)
        pixels = pixels[rows, columns]
        cover = pixels[..., 3:] / 255
        down, right = rows.start - above, columns.start - before
        return Patch(right, down, pixels[..., :3] * cover + 0.5, 1 - cover)

    def _paste(self, patch: Patch, column: int, row: int) -> None:
        """Paint a kept word, as much of it as lies in the picture."""
        picture = np.asarray(self._renderer.buffer_rgba())[..., :3]
        left, top = column + patch.right, row + patch.down
        before, above = max(0, -left), max(0, -top)  # so much lies outside
        under = picture[top + above :, left + before :]
        inside = np.s_[above : above + len(under), before : before + under.shape[1]]
        keep, ink = patch.keep[inside], patch.ink[inside]
        under = under[: len(keep), : keep.shape[1]]
        under[:] = under * keep + ink


def _eighths(share: float) -> float:
    """Rounded to eighths of a pixel."""
    return round(8 * share) / 8
