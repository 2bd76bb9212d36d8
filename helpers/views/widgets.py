"""The one way in which a lesson makes a figure interactive: `explore`, and its controls.

A picture is drawn once. When a control moves, your function changes the artists that depend on it,
and `canvas.Canvas` paints only those again.
"""

import asyncio
import html
import math
import threading
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
import traitlets
from matplotlib.figure import Figure

from helpers.views.canvas import Canvas

PAUSE, LONGEST_WAIT = (
    0.001,
    0.030,
)  # seconds: wait for a pause between events, but not longer than this


class Explorer(widgets.VBox):
    """Controls above one picture. Made by `explore`."""

    def __init__(
        self, update: Callable[..., str | None], figure: Figure, controls: dict[str, Any]
    ) -> None:
        self.controls = controls
        self.update = update
        self._timer: asyncio.TimerHandle | None = None
        self._waiting_since = 0.0
        # JupyterLab delivers widget messages in a second thread (a subshell) as well as in the
        # kernel's own: two of them must not paint over each other.
        self._one_at_a_time = threading.RLock()
        self.note = widgets.HTML()
        self._say(update(**self.values))  # the first picture: a mistake here stops the cell
        self.canvas = Canvas(figure)
        for control in controls.values():
            control.observe(self._on_move, names="value")
        row = widgets.Layout(display="flex", flex_flow="row wrap", grid_gap="4px 16px")
        super().__init__([widgets.Box([*controls.values()], layout=row), self.canvas, self.note])

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"Explorer({values})"

    @property
    def values(self) -> dict[str, Any]:
        """The controls' present values, by parameter name."""
        return {name: control.value for name, control in self.controls.items()}

    @property
    def at_rest(self) -> bool:
        """Whether every move so far has been drawn."""
        if not self._one_at_a_time.acquire(blocking=False):
            return False  # another thread is drawing
        try:
            return self._timer is None
        finally:
            self._one_at_a_time.release()

    def redraw(self) -> None:
        """Call the lesson's function with the newest values and repaint; show errors in place."""
        with self._one_at_a_time:
            self._timer = None
            values = self.values
            try:
                text = self.update(**values)
                self.canvas.repaint()  # the picture first: the page shows messages one by one
                self._say(text)
            except Exception as error:
                given = ", ".join(f"{name} = {value!r}" for name, value in values.items())
                what = f"{type(error).__name__}: {error}"
                self._say(f"Not drawn for {given}. {what}", "#b3261e")

    def _say(self, text: str | None, color: str = "inherit") -> None:
        text = html.escape(text or "").replace("\n", "<br>")
        self.note.value = f'<div style="color: {color}; line-height: 1.5">{text}</div>'

    def _on_move(self, _change: Any) -> None:
        # Events queue up while a picture is drawn. Wait until they pause, then draw only the newest
        # value: a fast drag ends where the hand ended, not seconds later.
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # no event loop (a test, a script): at once
            return self.redraw()
        now = loop.time()
        with self._one_at_a_time:
            if self._timer is None:
                self._waiting_since = now
            else:
                self._timer.cancel()
            delay = min(PAUSE, max(0.0, self._waiting_since + LONGEST_WAIT - now))
            self._timer = loop.call_later(delay, self.redraw)


def explore(update: Callable[..., str | None], figure: Figure, **controls: Any) -> Explorer:
    """Tie controls to a figure: `update(**values)` runs at every move and changes the artists.

    update: called with one keyword argument per control; it sets data, texts or colours of artists
        that are already in `figure`, and may return a sentence to stand under the picture.
    figure: made by `figures.figure`, with every artist on it.
    controls: widgets with a `value`, such as `slider(...)`, `choice(...)`, `typed(...)`.
    """
    for name, control in controls.items():
        if not hasattr(control, "value"):
            raise TypeError(
                f"control {name!r} is a {type(control).__name__}, which has no value; "
                "use slider(...), choice(...), typed(...), switch(...) or player(...)"
            )
    return Explorer(update, figure, controls)


def _style() -> dict[str, str]:
    return {"description_width": "initial"}


def slider(
    label: str, low: float, high: float, value: float, step: float | None = None, log: bool = False
) -> widgets.Widget:
    """A slider from low to high: whole numbers when low, high and value are, else decimals.

    log: equal steps multiply; low, high and value are the numbers themselves, not exponents. Of
        whole numbers only what is shown is rounded, not the value.
    """
    look = {"description": label, "style": _style(), "layout": {"width": "360px"}}
    whole = all(isinstance(number, int) for number in (low, high, value))
    if log:
        low, high, step = math.log10(low), math.log10(high), step or 0.05
        look["readout_format"] = "d" if whole else ".3g"
        return widgets.FloatLogSlider(value=value, min=low, max=high, step=step, **look)
    if whole:
        return widgets.IntSlider(value=value, min=low, max=high, step=step or 1, **look)
    step = step or (high - low) / 100
    return widgets.FloatSlider(value=value, min=low, max=high, step=step, **look)


def choice(label: str, options: list[str] | dict[str, Any], value: Any = None) -> widgets.Dropdown:
    """A drop-down list; `options` maps what is shown to the value, or lists both at once."""
    first = next(iter(options.values() if isinstance(options, dict) else options))
    return widgets.Dropdown(
        options=options,
        value=first if value is None else value,
        description=label,
        style=_style(),
        layout={"width": "max-content"},
    )


def switch(label: str, value: bool = False) -> widgets.Checkbox:
    """A check box."""
    return widgets.Checkbox(value=value, description=label, indent=False)


def typed(label: str, value: str, width: str = "420px") -> widgets.Text:
    """A line of text; it counts when the student presses Enter or leaves the field."""
    return widgets.Text(
        value=value,
        description=label,
        continuous_update=False,
        style=_style(),
        layout={"width": width},
    )


class Player(widgets.HBox):
    """Step, Run and Reset buttons beside a slider; its `value` is the step shown."""

    value = traitlets.Int(0)

    def __init__(self, label: str, steps: int, value: int, seconds: float, first: int) -> None:
        self.seconds = seconds
        self._task: asyncio.Task | None = None
        self.slider = slider(label, first, steps, value)
        super().__init__()
        self.step, self.run, self.reset = (
            widgets.Button(description=name, tooltip=tip, layout={"width": "72px"})
            for name, tip in (
                ("Step", "one step on"),
                ("Run", "go on to the end; press again to pause"),
                ("Reset", "back to the start"),
            )
        )
        self.step.on_click(lambda _: self._go(self.value + 1))
        self.reset.on_click(lambda _: self._go(self.slider.min))
        self.run.on_click(lambda _: self._toggle())
        traitlets.link((self.slider, "value"), (self, "value"))
        self.children = [self.step, self.run, self.reset, self.slider]

    def _go(self, step: int) -> None:
        self._stop()
        self.slider.value = min(step, self.slider.max)

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = None
        self.run.description = "Run"

    def _toggle(self) -> None:
        if self._task is not None:
            return self._stop()
        if self.value == self.slider.max:
            self.slider.value = self.slider.min
        self.run.description = "Pause"
        self._task = asyncio.get_running_loop().create_task(self._play())

    async def _play(self) -> None:
        while self.value < self.slider.max:
            await asyncio.sleep(self.seconds)
            self.slider.value += 1
        self._stop()


def player(label: str, steps: int, value: int = 0, seconds: float = 0.5, first: int = 0) -> Player:
    """A slider from `first` to `steps` with Step, Run, Reset; Run moves every `seconds`."""
    return Player(label, steps, max(value, first), seconds, first)
