"""What a canvas shows, as numbers, beside what matplotlib alone would paint."""

import base64
import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from helpers.views.canvas import Canvas


def pixels(canvas: Canvas) -> np.ndarray:
    """The picture that the page gets: (height, width, 3)."""
    png = base64.b64decode(bytes(canvas.value).removeprefix(b"data:image/png;base64,"))
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def fresh(fig: Figure) -> np.ndarray:
    """The same figure painted from scratch by matplotlib alone."""
    for artist in fig.findobj():
        artist.set_animated(False)
    ours, theirs = fig.canvas, FigureCanvasAgg(fig)
    theirs.draw()
    fig.set_canvas(ours)
    return np.asarray(theirs.buffer_rgba())[..., :3].astype(int)


def differ(a: np.ndarray, b: np.ndarray) -> float:
    """Share of pixels that differ visibly; artists that moved may lie over an axis line."""
    return (np.abs(a - b).max(axis=-1) > 30).mean()
