"""A matplotlib figure in the notebook that repaints only what changed.

Drawing a new figure for every move of a slider takes half a second. Here the figure is drawn once;
then the artists that changed are painted over a kept copy of all the others.
"""

import math
import struct
import warnings
import zlib
from collections import OrderedDict
from typing import Any, NamedTuple

import ipywidgets as widgets
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.spines import Spine
from matplotlib.text import Text

KEPT_TEXTS = 600  # a painted word takes some 10 kB


class Patch(NamedTuple):
    """A painted text without its background: new pixels = pixels * keep + ink."""

    right: int  # pixels from the text's own place to the patch's left edge
    down: int  # and to its upper edge
    ink: np.ndarray  # (rows, columns, 3)
    keep: np.ndarray  # (rows, columns, 1)


class Texts:
    """Paints texts and keeps what was painted: most texts come again, here or elsewhere.

    Laying out and painting a line takes matplotlib about a millisecond and was more than half of
    a move; pasting a kept one takes a twentieth of that. What comes only once is not kept.
    """

    def __init__(self, renderer: RendererAgg) -> None:
        self._renderer = renderer
        self._layer = RendererAgg(renderer.width, renderer.height, renderer.dpi)
        self._kept: OrderedDict[tuple[Any, ...], Patch | None] = OrderedDict()

    def draw(self, text: Text) -> None:
        """Paint a text as `text.draw` would."""
        if not text.get_visible() or not text.get_text():
            return
        x, y = text.get_transform().transform(text.get_unitless_position())
        if not self._plain(text) or not math.isfinite(x + y):
            return text.draw(self._renderer)
        column, row = math.floor(x), math.floor(self._renderer.height - y)
        key = (*self._look(text), round(64 * (x - column)), round(64 * (y % 1)))  # subpixels
        seen, patch = key in self._kept, self._kept.pop(key, None)
        if patch is None and seen:  # the second time
            patch = self._painted(text, column, row)
        self._kept[key] = patch
        if len(self._kept) > KEPT_TEXTS:
            self._kept.popitem(last=False)
        if patch is None or not self._paste(patch, column, row):
            text.draw(self._renderer)
        text.stale = False

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
    def _look(text: Text) -> tuple[Any, ...]:
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

    def _painted(self, text: Text, column: int, row: int) -> Patch | None:
        """A text painted on nothing, or None where it reaches over the picture's edge."""
        box, height = text.get_window_extent(self._renderer), int(self._renderer.height)
        left, right = math.floor(box.x0) - 2, math.ceil(box.x1) + 2
        top, bottom = height - math.ceil(box.y1) - 2, height - math.floor(box.y0) + 2
        if left < 0 or top < 0 or right > self._renderer.width or bottom > height:
            return None
        self._layer.clear()
        text.draw(self._layer)
        pixels = np.asarray(self._layer.buffer_rgba())[top:bottom, left:right].astype(np.float32)
        cover = pixels[..., 3:] / 255
        return Patch(left - column, top - row, pixels[..., :3] * cover + 0.5, 1 - cover)

    def _paste(self, patch: Patch, column: int, row: int) -> bool:
        """Paint a kept text; False if it would reach over the picture's edge."""
        left, top = column + patch.right, row + patch.down
        rows, columns = patch.keep.shape[:2]
        picture = np.asarray(self._renderer.buffer_rgba())
        if left < 0 or top < 0 or top + rows > len(picture) or left + columns > picture.shape[1]:
            return False
        under = picture[top : top + rows, left : left + columns, :3]
        under[:] = under * patch.keep + patch.ink
        return True


class Canvas(widgets.Image):
    """A matplotlib figure as a PNG in the notebook; `repaint` draws again only what changed.

    figure: a `matplotlib.figure.Figure` (not from pyplot). Its layout engine runs once, here; axis
    limits and ticks are best chosen for the whole range of the controls. When they do change, or
    artists are added or removed, the whole figure is painted again (ten times slower, still right).
    """

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self._agg = FigureCanvasAgg(figure)
        figure.draw_without_rendering()  # runs the layout engine once ...
        figure.set_layout_engine("none")  # ... and never again: half the cost of a full draw
        self._background: Any = None  # the painted figure without the moving artists
        self._known: list[Artist] = []
        self._moving: list[Artist] = []
        self._texts = Texts(self._agg.get_renderer())
        width = self._agg.get_width_height()[0]
        super().__init__(format="png", layout={"width": f"{width}px", "max_width": "100%"})
        self.repaint()

    def __repr__(self) -> str:
        return f"Canvas({' x '.join(map(str, self._agg.get_width_height()))} pixels)"

    def repaint(self) -> None:
        """Show the figure as it is now."""
        artists = self._artists()
        changed = [artist for artist in artists if artist.stale]
        whole = artists != self._known or self._frame_changed()
        if self._known:  # at the first paint everything is stale, and nothing has moved yet
            moving = {id(artist) for artist in (*self._moving, *changed)}
            whole = whole or len(moving) > len(self._moving)
            self._moving = [artist for artist in artists if id(artist) in moving]
        with warnings.catch_warnings():  # an emoji that somebody types shows as a box, quietly
            warnings.filterwarnings("ignore", message="Glyph .* missing")
            self._paint(whole)
        self._known = artists
        self.value = self._png()

    def _paint(self, whole: bool) -> None:
        """Paint everything anew, or the moving artists over the kept background."""
        if whole:
            for artist in self._moving:
                artist.set_animated(True)  # left out of the full draw
            self._agg.draw()
            self._background = self._agg.copy_from_bbox(self.figure.bbox)
        else:
            self._agg.restore_region(self._background)
        for artist in self._moving:
            if isinstance(artist, Text):
                self._texts.draw(artist)
            else:
                self.figure.draw_artist(artist)

    def _artists(self) -> list[Artist]:
        """Every artist that may be painted by itself, in the order of painting."""
        found: list[Artist] = []
        for axes in self.figure.axes:
            if axes.get_visible():
                inside = (a for a in axes.get_children() if not isinstance(a, Axis | Spine))
                inside = (a for a in inside if a is not axes.patch)
                found += sorted(inside, key=lambda artist: artist.get_zorder())
        figure = self.figure
        return [*found, *figure.lines, *figure.patches, *figure.texts, *figure.legends]

    def _frame_changed(self) -> bool:
        """Whether limits, ticks, spines or backgrounds changed: then all is painted again."""
        shown = [axes for axes in self.figure.axes if axes.get_visible() and axes.axison]
        frames = ([ax.xaxis, ax.yaxis, ax.patch, *ax.spines.values()] for ax in shown)
        return any(artist.stale for frame in frames for artist in frame if artist.get_visible())

    def _png(self) -> bytes:
        """The picture as a PNG without filters; Pillow tries five on each row, for half of a move.

        Compression level 6 takes 2.5 times as long. Format: W3C, Portable Network Graphics.
        """
        pixels = np.asarray(self._agg.buffer_rgba())[..., :3]
        height, width = pixels.shape[:2]
        rows = np.zeros((height, 1 + 3 * width), np.uint8)  # each begins with its filter, 0: none
        rows[:, 1:].reshape(height, width, 3)[:] = pixels  # a view of the rows: one copy
        size = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)  # 8 bits each of red, green, blue
        chunks = ((b"IHDR", size), (b"IDAT", zlib.compress(rows.data, 1)), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
            for kind, data in chunks
        )
