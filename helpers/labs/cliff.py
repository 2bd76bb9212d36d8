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
