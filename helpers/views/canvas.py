"""A matplotlib figure in the notebook that repaints only what changed.

Drawing a new figure for every move of a slider takes half a second. Here the figure is drawn once;
then the artists that changed are painted over a kept copy of all the others.
"""

import base64
import struct
import warnings
import zlib
from typing import Any

import ipywidgets as widgets
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.spines import Spine
from matplotlib.text import Text

from helpers.views.texts import Texts


class Canvas(widgets.Image):
    """A matplotlib figure as a PNG in the notebook; `repaint` draws again only what changed.

    figure: a `matplotlib.figure.Figure` (not from pyplot). Its layout engine runs once, here; axis
    limits and ticks are best chosen for the whole range of the controls. When they do change, or an
    artist changes or goes for the first time, all is painted again (ten times slower, still right).
    """

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self._agg = FigureCanvasAgg(figure)
        figure.draw_without_rendering()  # runs the layout engine once ...
        figure.set_layout_engine("none")  # ... and never again: half the cost of a full draw
        self._background: Any = None  # the painted figure without the moving artists
        self._still: set[Artist] = set()  # the artists in it
        self._moving: list[Artist] = []  # those painted over it
        self._texts = Texts(self._agg.get_renderer())
        width = self._agg.get_width_height()[0]
        super().__init__(format="url", layout={"width": f"{width}px", "max_width": "100%"})
        self.repaint()

    def __repr__(self) -> str:
        return f"Canvas({' x '.join(map(str, self._agg.get_width_height()))} pixels)"

    def repaint(self) -> None:
        """Show the figure as it is now."""
        artists = self._artists()
        if self._background is None:
            whole, self._still = True, {*artists}  # nothing has moved yet
        else:
            stay = self._still.intersection(a for a in artists if not a.stale)
            whole = stay != self._still or self._frame_changed()
            self._still = stay
        self._moving = [artist for artist in artists if artist not in self._still]
        with warnings.catch_warnings():  # an emoji that somebody types shows as a box, quietly
            warnings.filterwarnings("ignore", message="Glyph .* missing")
            self._paint(whole)
        self.value = self._picture()

    def _paint(self, whole: bool) -> None:
        """Paint everything anew, or the moving artists over the kept background."""
        if whole:
            for artist in self._moving:
                artist.set_animated(True)  # left out of the full draw
            self._agg.draw()
            self._background = self._agg.copy_from_bbox(self.figure.bbox)
        else:
            self._agg.restore_region(self._background)
        renderer = self._agg.get_renderer()
        for artist in self._moving:
            if isinstance(artist, Text):
                self._texts.draw(artist)
            elif not (isinstance(artist, AxesImage) and draw_cells(artist, renderer)):
                artist.draw(renderer)

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

    def _picture(self) -> bytes:
        """The picture as the address of an `img`: ten milliseconds sooner on the screen than bytes,
        which the page would put behind an address first."""
        return b"data:image/png;base64," + base64.b64encode(self._png())

    def _png(self) -> bytes:
        """The picture as a PNG without filters; Pillow tries five on each row, for half of a move.

        Compression level 6 takes 2.5 times as long. Format: W3C, Portable Network Graphics.
        """
        pixels = np.asarray(self._agg.buffer_rgba())
        height, width = pixels.shape[:2]
        rows = np.zeros((height, 1 + 3 * width), np.uint8)  # each begins with its filter, 0: none
        for channel in range(3):  # each by itself: five times as fast as all at once
            rows[:, 1 + channel :: 3] = pixels[..., channel]
        size = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)  # 8 bits each of red, green, blue
        chunks = ((b"IHDR", size), (b"IDAT", zlib.compress(rows.data, 1)), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
            for kind, data in chunks
        )


def draw_cells(image: AxesImage, renderer: RendererAgg) -> bool:
    """Paint what `imshow` shows of a matrix as cells with sharp edges; False if it is not that.

    matplotlib finds a number for each pixel, then a colour for each number: 2 to 10 ms. Here each
    cell gets its colour first. Edges lie on whole pixels.
    """
    values = image.get_array()
    if type(image) is not AxesImage or values is None or values.ndim != 2:
        return False
    left, right, bottom, top = image.get_extent()
    first, last = image.get_transform().transform([(left, top), (right, bottom)])
    sides = (last - first) / values.shape[::-1]  # of a cell, in pixels
    sharp = ("nearest",) if np.abs(sides).min() < 3 else ("nearest", "auto", "antialiased")
    if (
        image.get_interpolation() not in sharp
        or image.origin != "upper"
        or not np.isfinite(sides).all()
    ):
        return False
    image.stale = False
    clip = np.reshape(image.axes.bbox.extents, (2, 2))
    low, high = (
        np.clip(ends, *clip).round().astype(int)
        for ends in (np.minimum(first, last), np.maximum(first, last))
    )
    if image.get_visible() and (high > low).all():
        columns, rows = (
            ((np.arange(low[k], high[k]) + 0.5 - first[k]) / sides[k])
            .astype(int)
            .clip(0, count - 1)
            for k, count in enumerate(values.shape[::-1])
        )
        colors = image.to_rgba(values, alpha=image.get_alpha(), bytes=True)
        pixels = colors.take(columns, axis=1).take(rows, axis=0)  # 4 ms less than with `np.ix_`
        renderer.draw_image(renderer.new_gc(), low[0], low[1], pixels)
    return True
