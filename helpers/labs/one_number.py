"""A recurrent network whose state is one number: its gradient is a product of T numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from helpers.labs.gradients import LOWERED, format_factor
from helpers.live.marks import Arrows, Axis, Boxes, Curve, Panel, Scene, Text

if TYPE_CHECKING:
    from helpers.live import Explorer

LONGEST, SHOWN = 100, 9  # steps; steps in the drawing


def run(w: float, T: int, activation: str, size: float) -> tuple[np.ndarray, np.ndarray]:
    """States h_1 … h_T and the factors ∂h_t/∂h_{t−1}, both (T,), of h_t = f(w h_{t−1} + x_t).

    activation: 'tanh' or 'none'. size: inputs x_t are +size and −size in an order that is fixed.
    """
    signs = np.random.default_rng(0).choice([-1.0, 1.0], size=LONGEST)
    h, states = 0.0, []
    for x in size * signs[:T]:
        z = w * h + x
        h = math.tanh(z) if activation == "tanh" else z
        states.append(h)
    found = np.array(states)
    slopes = 1 - found**2 if activation == "tanh" else np.ones(T)
    return found, w * slopes


def felt(factors: np.ndarray) -> np.ndarray:
    """∂h_T/∂h_t for t = 1 … T (T,): the product of the factors after t; 1 for the last."""
    return np.append(np.cumprod(factors[:0:-1])[::-1], 1.0)


def one_number_scene(w: float, T: int, activation: str, size: float) -> Scene:
    """The chain of states, arrows that fade or burn backwards, and the product on a log axis."""
    states, factors = run(w, T, activation, size)
    gradient = felt(factors)
    t = np.arange(1, T + 1)
    count = min(T, SHOWN)
    last = slice(T - count, T)
    x = np.arange(count, dtype=float)
    names = [f"h{n}".translate(LOWERED) for n in t[last]]
    tips = [f"{name} = {h:.2f}" for name, h in zip(names, states[last], strict=True)]
    backward = Arrows(
        x[1:] - 0.32, x[1:] * 0, x[:-1] + 0.32, x[:-1] * 0, "blue", np.abs(gradient[last][:-1])
    )
    numbers = [
        Text(place - 0.5, 0.62, f"×{factor:.2f}", size=12)
        for place, factor in zip(x[1:], factors[last][1:], strict=True)
    ]
    chain = Panel(
        backward,
        Boxes(x, x * 0, names, 0.6, 0.7, "blue", tips),
        *numbers,
        x=Axis(low=-0.6, high=count - 0.4, hidden=True),
        y=Axis(low=-0.6, high=0.9, hidden=True),
        height=90,
        title=f"The last {count} states; an arrow is as strong as the gradient left there",
    )
    left = gradient.clip(1e-300)
    curve = Panel(
        Curve(t, w ** (T - t).astype(float), "grey", "w^{T−t}", 1.8, dashed=True, at="start"),
        Curve(t, np.abs(left), "blue", "∂h_T/∂h_t", 3, at="start"),
        x=Axis(label="time step t", low=1, high=max(T, 2)),
        y=Axis(label="|∂h_T/∂h_t|", low=1e-8, high=1e8, log=True),
    )
    first = abs(gradient[0])
    if T == 1:
        title = "One step: nothing has been multiplied yet"
    elif 0.5 < first < 2:
        title = f"After {T - 1} factors about as much is left as there was"
    elif first < 1:
        title = f"After {T - 1} factors the gradient is {format_factor(1 / first)} times smaller"
    else:
        title = f"After {T - 1} factors the gradient is {format_factor(first)} times larger"
    lowest, highest = factors.min(), factors.max()
    note = f"w = {w:g}. The factors w · f′(zₜ) lie between {lowest:.2f} and {highest:.2f}."
    return Scene(chain, curve, title=title, note=note)


def one_number_lab() -> Explorer:
    """One weight, one state, T steps."""
    from helpers.live import choice, explore, slider

    return explore(
        one_number_scene,
        w=slider("weight w", 0.5, 1.5, 0.9, step=0.05),
        T=slider("steps T", 1, LONGEST, 50),
        activation=choice("activation f", ["none", "tanh"]),
        size=slider("size of the inputs", 0.0, 2.0, 0.5, step=0.1),
    )
