"""Runs inside a lesson's kernel, put there by `lab.Lesson`: finds the widgets and marks them.

Marks are CSS classes, so that the page and the kernel mean the same widget and the same control.
"""

from __future__ import annotations

import asyncio
import gc
from typing import Any

from helpers.views.widgets import Explorer, Player

known: list[Explorer] = []
start_values: list[dict[str, Any]] = []


def mark() -> list[list[str]]:
    """Give each `explore` widget and its parts a class; return the controls' names of each."""
    for found in gc.get_objects():
        if type(found) is Explorer and found not in known:
            found.add_class("explorer")
            found.add_class(f"explorer-{len(known)}")
            known.append(found)
            start_values.append(found.values)
            found.canvas.add_class("explorer-picture")
            found.note.add_class("explorer-note")
            for name, control in found.controls.items():
                control.add_class(f"control-{name}")
    return [[*found.controls] for found in known]


async def settle() -> None:
    """Return when no widget has anything left to draw."""
    for found in known:
        while not found.at_rest:
            await asyncio.sleep(0.002)


def put(number: int, /, **values: Any) -> None:
    """Set controls, and all others of this widget to what they were at first."""
    for name, value in {**start_values[number], **values}.items():
        control = known[number].controls[name]
        if isinstance(control, Player) and control.run.description == "Pause":
            control.run.click()
        inner(control).value = value


def others(number: int, name: str) -> list[dict[str, Any]]:
    """Settings of the other controls at which this one may do what it does not do at first."""
    return [
        {other: value}
        for other, control in known[number].controls.items()
        for value in extremes(inner(control))
        if other != name and value != start_values[number][other]
    ]


def inner(control: Any) -> Any:
    """The widget whose value counts: a player's slider, else the control itself."""
    return control.slider if isinstance(control, Player) else control


def extremes(control: Any) -> list[Any]:
    """Every option of a list, both states of a check box, both ends of a slider."""
    if hasattr(control, "options"):
        options = control.options
        return [*(options.values() if isinstance(options, dict) else options)]
    if isinstance(control.value, bool):
        return [False, True]
    if hasattr(control, "base"):
        return [control.base**control.min, control.base**control.max]
    return [control.min, control.max] if hasattr(control, "max") else []
