"""A matplotlib figure in the notebook that repaints only what changed.

Drawing a new figure for every move of a slider takes half a second. Here the figure is drawn once;
then the artists that changed are painted over a kept copy of all the others.
"""

import io
import warnings
from typing import Any

import ipywidgets as widgets
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.spines import Spine
from PIL import Image


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
        picture = Image.fromarray(np.asarray(self._agg.buffer_rgba())).convert("RGB")
        stream = io.BytesIO()
        picture.save(stream, format="png", compress_level=1)  # level 6 takes three times as long
        return stream.getvalue()
