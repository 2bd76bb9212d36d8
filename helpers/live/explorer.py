"""The one way in which a lesson makes a picture interactive: `explore`.

    def scene(T, radius):
        norms = measure(T, radius)
        return Scene(Panel(Curve(range(1, T + 1), norms)), note=f"At t = 1: {norms[0]:.2g}")

    explore(scene, T=slider("length T", 1, 200, 50), radius=slider("radius", 0.2, 2.0, 0.9))

The page remembers each scene that it has seen, and asks the kernel only for what it lacks.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from helpers import palette
from helpers.live.controls import Control
from helpers.live.marks import Scene, to_data

HERE = Path(__file__).parent
LOOK = {name: getattr(palette, name.upper()) for name in ("light", "dark", "heat", "signed")}


class Explorer(anywidget.AnyWidget):
    """Controls and the picture that they move. Made by `explore`.

    Each control is a trait under its own name: `lab.T = 120` moves the view, `lab.observe` and
    `ipywidgets.link` work, `lab.values` has them all.
    """

    _esm = HERE / "live.js"
    _css = HERE / "live.css"
    _controls = traitlets.Dict().tag(sync=True)
    _look = traitlets.Dict(LOOK).tag(sync=True)
    _first = traitlets.Dict().tag(sync=True)  # the scene that the page draws before it asks
    _remembered: traitlets.List[Any] = traitlets.List().tag(
        sync=True
    )  # scenes that a saved notebook brings along
    _id = traitlets.Unicode().tag(sync=True)

    def __init__(self, scene: Callable[..., Scene], controls: dict[str, Control]) -> None:
        self.scene = scene
        self.controls = controls
        # JupyterLab delivers widget messages in a second thread (a subshell) as well as in the
        # kernel's own: two of them must not compute over each other.
        self._one_at_a_time = threading.RLock()
        first = self.compute({name: control.value for name, control in controls.items()})
        super().__init__(
            _controls={name: to_data_of_control(control) for name, control in controls.items()},
            _first=first,
            model_id=(own := uuid.uuid4().hex),
            _id=own,
        )
        for name in controls:
            if hasattr(self, name):
                raise ValueError(f"a control cannot be called {name!r}: widgets use that name")
        self.add_traits(
            **{name: _trait(control).tag(sync=True) for name, control in controls.items()}
        )
        self.on_msg(lambda _widget, content, _buffers: self.answer(content))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"Explorer({values})"

    @property
    def values(self) -> dict[str, Any]:
        """The controls' present values, by parameter name."""
        return {name: getattr(self, name) for name in self.controls}

    @property
    def first(self) -> dict[str, Any]:
        """The settings and the scene with which it starts."""
        return dict(self._first)

    def compute(self, settings: dict[str, Any]) -> dict[str, Any]:
        """The scene at some settings as the page gets it; an error becomes a sentence."""
        try:
            with self._one_at_a_time:
                values = {
                    name: control.accept(settings[name])
                    for name, control in self.controls.items()
                    if control.kind != "drawn"  # stays with the page
                }
                return {"settings": settings, "scene": to_data(self.scene(**values))}
        except Exception as error:
            given = ", ".join(f"{name} = {value!r}" for name, value in settings.items())
            said = f"Not drawn for {given}. {type(error).__name__}: {error}"
            return {"settings": settings, "error": said}

    def answer(self, content: dict[str, Any]) -> None:
        """Send the scenes that the page asks for, `{"ask": [settings, ...]}`, one by one."""
        for settings in content.get("ask", []):
            self.send(self.compute(settings))


def to_data_of_control(control: Control) -> dict[str, Any]:
    """A control as the page gets it."""
    return {name: value for name, value in vars(control).items() if value is not None}


def _trait(control: Control) -> traitlets.TraitType[Any, Any]:
    class Setting(traitlets.TraitType[Any, Any]):
        def validate(self, _owner: Any, value: Any) -> Any:
            try:
                return control.accept(value)
            except ValueError as error:
                raise traitlets.TraitError(str(error)) from None

    return Setting(control.value)


def explore(scene: Callable[..., Scene], **controls: Control) -> Explorer:
    """Tie controls to a picture: `scene(**values)` says what is to be seen at each setting.

    scene: a function of the controls' values (but of no `drawn` one) and of nothing else, since the
        page remembers what it returned.
    controls: made by `slider`, `choice`, `switch`, `typed`, `player` or `drawn`.

    Raises:
        TypeError: one of the controls is something else.
        Exception: whatever `scene` raises at the first setting.
    """
    for name, control in controls.items():
        if not isinstance(control, Control):
            raise TypeError(
                f"control {name!r} is a {type(control).__name__}; use slider(...), choice(...), "
                "switch(...), typed(...), player(...) or drawn(...)"
            )
    explorer = Explorer(scene, controls)
    if "error" in explorer.first:  # the student's cell, not the page, is the place to say it
        scene(**{name: c.value for name, c in controls.items() if c.kind != "drawn"})
    return explorer
