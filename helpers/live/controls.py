"""Controls of a live view: what a student can set, each as a list of values that the page knows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Control:
    """One setting of a view; its name is the argument of your function.

    kind: 'slider', 'player', 'choice', 'switch', 'typed' or 'drawn'. values: all that it can take;
    None where a student types or draws. texts: how each value reads.
    """

    kind: str
    label: str
    value: Any
    values: Sequence[Any] | None = None
    texts: Sequence[str] | None = None
    hidden: bool = False  # moved by a handle in the picture alone

    def accept(self, value: Any) -> Any:
        """The value as the view knows it: the nearest of a slider's, one of a choice's.

        Raises:
            ValueError: it is none of a choice's values, or of another type.
        """
        if self.kind in ("slider", "player"):
            if isinstance(value, str) or not np.isreal(value):
                raise ValueError(f"{self.label} is a number; {value!r} is not")
            return min(self.values or [], key=lambda known: abs(known - value))
        if self.values is not None:
            for known in self.values:
                if known == value and type(known) is type(value):
                    return known
            raise ValueError(
                f"{self.label} can be {', '.join(map(repr, self.values))}, not {value!r}"
            )
        if self.kind == "typed" and not isinstance(value, str):
            raise ValueError(f"{self.label} is a text; {value!r} is not")
        return value


def slider(
    label: str,
    low: float,
    high: float,
    value: float,
    step: float | None = None,
    log: bool = False,
    hidden: bool = False,
) -> Control:
    """A slider from low to high: whole numbers when low, high and value are, else decimals.

    step: between neighbours; with `log`, in powers of ten (0.05 by default). hidden: it is moved by
    a `Handle` in the picture.
    """
    whole = all(isinstance(number, int) for number in (low, high, value))
    if not low <= value <= high or low == high:
        raise ValueError(f"{label}: {value} does not lie between {low} and {high}")
    if log:
        steps = round((math.log10(high) - math.log10(low)) / (step or 0.05))
        values = [low * (high / low) ** (k / steps) for k in range(steps + 1)]
        values = [float(f"{number:.6g}") for number in values]
    else:
        step = step or (1 if whole else (high - low) / 100)
        values = [round(low + k * step, 10) for k in range(round((high - low) / step) + 1)]
    if whole:
        values = list(dict.fromkeys(round(number) for number in values))
    control = Control("slider", label, value, values, [_read(v) for v in values], hidden)
    return Control("slider", label, control.accept(value), values, control.texts, hidden)


def player(label: str, steps: int, value: int = 0, first: int = 0) -> Control:
    """A slider from `first` to `steps` with Step, Run and Reset."""
    values = [*range(first, steps + 1)]
    return Control("player", label, max(value, first), values, [*map(str, values)])


def choice(label: str, options: Sequence[Any] | Mapping[str, Any], value: Any = None) -> Control:
    """A list to choose from; a mapping gives each value the text under which it is shown."""
    pairs = options.items() if isinstance(options, Mapping) else [(str(o), o) for o in options]
    texts, values = [text for text, _ in pairs], [found for _, found in pairs]
    control = Control("choice", label, values[0], values, texts)
    return Control(
        "choice", label, values[0] if value is None else control.accept(value), values, texts
    )


def switch(label: str, value: bool = False) -> Control:
    """A check box."""
    return Control("switch", label, value, [False, True], ["off", "on"])


def typed(label: str, value: str) -> Control:
    """A line of text; it counts when the student presses Enter or leaves the field."""
    return Control("typed", label, value)


def drawn(label: str) -> Control:
    """What a student draws on a `Sketch`: None before, then a number for each of its x."""
    return Control("drawn", label, None)


def _read(number: float) -> str:
    """A slider's value as it stands beside it: 50, 0.94, 12,000."""
    if number == round(number) and abs(number) >= 1000:
        return f"{round(number):,}"
    return f"{number:.3g}" if abs(number) < 1000 else f"{number:,.0f}"
