"""Pictures as notebooks store them: small, and the same bytes until what they show has changed.

A figure has few colours, so a palette of 256 takes a third of the bytes.  Two pictures count as the
same when nobody sees a difference:

* in the mean of each 2 x 2 pixels, which is one point of an ordinary screen, no colour channel
  differs by more than 20 of its 255 levels (smoothed edges of letters and lines stay below);
* in the mean of each 16 x 16 pixels by no more than 2 (areas keep their colour).
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

import numpy as np
from nbformat import NotebookNode
from PIL import Image, ImageChops

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
LIMITS = {2: 20, 16: 2}  # side of a block in pixels -> largest difference of its mean, in levels


def look_alike(one: Image.Image, other: Image.Image) -> bool:
    """Whether two pictures without transparent parts look the same."""
    if one.size != other.size:
        return False
    one, other = one.convert("RGB"), other.convert("RGB")
    for side, limit in LIMITS.items():
        difference = ImageChops.difference(one.reduce(side), other.reduce(side))
        if np.asarray(difference).max() > limit:
            return False
    return True


def shrink(png: bytes) -> bytes:
    """The same picture in fewer bytes: with a palette where that looks alike, else lossless."""
    picture = Image.open(io.BytesIO(png))
    if picture.mode == "P" or _is_transparent(picture):
        return png
    colours = picture.convert("RGB")
    palette = colours.quantize(256, Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE)
    file = io.BytesIO()
    (palette if look_alike(palette, colours) else colours).save(file, "PNG", optimize=True)
    return min(png, file.getvalue(), key=len)


def shrink_or_keep(new: bytes, stored: bytes | None) -> bytes:
    """The stored PNG if the new one looks like it, so that git has nothing to note."""
    if stored is not None:
        pictures = [Image.open(io.BytesIO(png)) for png in (new, stored)]
        if not any(map(_is_transparent, pictures)) and look_alike(*pictures):
            return shrink(stored)
    return shrink(new)


def store_pictures(notebook: NotebookNode, stored: NotebookNode | None = None) -> None:
    """Shrink each output's PNG; keep the bytes that `stored` has for the same cell and output."""
    before = {cell.id: cell.get("outputs", []) for cell in stored.cells} if stored else {}
    for cell in notebook.cells:
        for output, old in zip_longest(cell.get("outputs", []), before.get(cell.id, [])):
            if output is not None and (png := _png_of(output)):
                small = shrink_or_keep(png, _png_of(old or {}))
                output.data["image/png"] = base64.b64encode(small).decode()


def find_picture(model_id: str, state: dict[str, Any]) -> tuple[str, str] | None:
    """The MIME type and base64 data of the first picture in a widget and its children."""
    model = state.get(model_id, {})
    values = model.get("state", {})
    if model.get("model_name") == "ImageModel":
        for buffer in model.get("buffers", []):
            if buffer["path"] == ["value"] and buffer["data"]:
                value = base64.b64decode(buffer["data"])
                if value.startswith(b"data:"):  # `data:image/png;base64,…`, as a Canvas has it
                    kind, _, data = value.decode().removeprefix("data:").partition(";base64,")
                    return kind, data
                kind = f"image/{values.get('format', 'png')}"
                return kind, base64.b64encode(value).decode()
    for child in values.get("children", []):
        if found := find_picture(child.removeprefix("IPY_MODEL_"), state):
            return found
    return None


def freeze_widgets(notebook: NotebookNode) -> None:
    """Replace each live widget by the picture it shows, and drop the widgets' state.

    Without a kernel a widget cannot be drawn, and JupyterLab prefers it to any picture beside it.
    """
    state = notebook.metadata.pop("widgets", {}).get(WIDGET_STATE, {}).get("state", {})
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            view = output.get("data", {}).pop(WIDGET_VIEW, None)
            if view and (picture := find_picture(view["model_id"], state)):
                output.data[picture[0]] = picture[1]


def _is_transparent(picture: Image.Image) -> bool:
    """Whether any part of it is."""
    return bool(np.asarray(picture.convert("RGBA"))[..., 3].min() < 255)


def _png_of(output: Mapping[str, Any]) -> bytes | None:
    data = output.get("data", {}).get("image/png")
    return base64.b64decode(data) if data else None
