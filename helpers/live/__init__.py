"""Live views: a scene in Python, drawn and remembered by the page.

Importing this loads no ipywidgets before a view is made.
"""

from typing import TYPE_CHECKING, Any

from helpers.live.controls import choice, drawn, player, slider, switch, typed
from helpers.live.marks import (
    Arcs,
    Arrows,
    Axis,
    Band,
    Bars,
    Boxes,
    Curve,
    Dots,
    Handle,
    Heat,
    Names,
    Panel,
    Picture,
    Scene,
    Sketch,
    Text,
    Tokens,
)

if TYPE_CHECKING:
    from helpers.live.explorer import Explorer, explore

__all__ = [
    "Arcs",
    "Arrows",
    "Axis",
    "Band",
    "Bars",
    "Boxes",
    "Curve",
    "Dots",
    "Explorer",
    "Handle",
    "Heat",
    "Names",
    "Panel",
    "Picture",
    "Scene",
    "Sketch",
    "Text",
    "Tokens",
    "choice",
    "drawn",
    "explore",
    "player",
    "slider",
    "switch",
    "typed",
]


def __getattr__(name: str) -> Any:
    if name in ("Explorer", "explore"):
        from helpers.live import explorer

        return getattr(explorer, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
