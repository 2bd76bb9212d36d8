"""Pascanu's picture: the loss of one recurrent unit over its weight and bias, and its cliff.

R. Pascanu, T. Mikolov, Y. Bengio (2013): On the difficulty of training recurrent neural networks,
figure 6. The state h_t = σ(w h_{t−1} + b) starts at 0.5; after 50 steps it should be 0.7.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from helpers.live.marks import Axis, Curve, Dots, Handle, Heat, Panel, Scene

if TYPE_CHECKING:
    from helpers.live import Explorer

STEPS, START, TARGET = 50, 0.5, 0.7
W, B = (0.0, 9.0), (-6.0, 0.0)  # the corner of the plane that holds the cliff
CELLS = 45


def loss_and_gradient(w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(h_T − 0.7)² and its derivatives by w and b, all of the shape of w and b."""
    h, by_w, by_b = np.full_like(w, START), np.zeros_like(w), np.zeros_like(w)
    for _ in range(STEPS):
        new = 1 / (1 + np.exp(-(w * h + b)))
        slope = new * (1 - new)
        by_w, by_b = slope * (h + w * by_w), slope * (1 + w * by_b)
        h = new
    off = h - TARGET
    return off**2, 2 * off * by_w, 2 * off * by_b


@lru_cache(1)
def landscape() -> np.ndarray:
    """The loss on a grid (CELLS, CELLS): rows are b from high to low, columns are w."""
    middles = (np.arange(CELLS) + 0.5) / CELLS
    w, b = W[0] + middles * (W[1] - W[0]), B[0] + middles * (B[1] - B[0])
    return loss_and_gradient(*np.meshgrid(w, b[::-1]))[0]


def descend(w: float, b: float, rate: float, clip: float, steps: int) -> np.ndarray:
    """The places (steps + 1, 2) of gradient descent; clip: longest gradient, 0 for no clipping."""
    places = [(w, b)]
    for _ in range(steps):
        _, by_w, by_b = (float(part) for part in loss_and_gradient(np.array(w), np.array(b)))
        norm = float(np.hypot(by_w, by_b))
        scale = rate * (min(1.0, clip / norm) if clip and norm else 1.0)
        w, b = w - scale * by_w, b - scale * by_b
        places.append((w, b))
        if not (abs(w) < 1e6 and abs(b) < 1e6):
            break
    return np.array(places)


def cliff_scene(w: float, b: float, rate: float, clip: float, steps: int) -> Scene:
    """The loss as a map with a path of gradient descent on it, and the loss along the path."""
    path = descend(w, b, rate, clip, steps)
    loss, by_w, by_b = loss_and_gradient(*path.T.clip(-50, 50))
    norms = np.hypot(by_w, by_b)
    plane = Panel(
        Heat(landscape(), high=0.5, extent=(*W, *B)),
        Curve(path[:, 0], path[:, 1], "orange", width=2),
        Dots(path[1:, 0], path[1:, 1], "orange", size=3.5),
        Handle(w, b, "w", "b", label="drag me"),
        x=Axis(label="weight w", low=W[0], high=W[1]),
        y=Axis(label="bias b", low=B[0], high=B[1]),
        title="The loss: dark is low. Drag the red dot",
        height=300,
        width=1.4,
    )
    k = np.arange(len(path))
    along = Panel(
        Curve(k, norms.clip(1e-12), "blue"),
        Dots(k, norms.clip(1e-12), "blue", 3.5),
        x=Axis(label="step", low=0, high=max(steps, 1)),
        y=Axis(label="norm of the gradient", low=1e-4, high=1e8, log=True),
        title="How long its gradients are",
        height=300,
    )
    outside = (path[:, 0] < W[0]) | (path[:, 0] > W[1]) | (path[:, 1] < B[0]) | (path[:, 1] > B[1])
    if outside.any():
        title = f"Step {int(outside.argmax())} throws it off the map"
    elif norms.max() > 1 and clip:
        title = "At the cliff the gradient is long, and clipping keeps the step short"
    elif norms.max() > 1:
        title = "At the cliff one step goes far"
    else:
        title = "On a slope: the cliff has not been met"
    largest = f"{norms.max():.2g}"
    note = f"Loss after {len(path) - 1} steps: {loss[-1]:.3f}. Longest gradient: {largest}."
    return Scene((plane, along), title=title, note=note)


def cliff_lab() -> Explorer:
    """Gradient descent near a cliff, with and without clipping."""
    from helpers.live import choice, explore, slider

    return explore(
        cliff_scene,
        w=slider("w", *W, 6.0, step=0.1),
        b=slider("b", *B, -2.6, step=0.1),
        rate=slider("learning rate", 0.5, 10.0, 5.0, step=0.5),
        clip=choice("clip the norm at", {"never": 0.0, "1": 1.0, "0.1": 0.1}),
        steps=slider("steps", 0, 40, 20),
    )
