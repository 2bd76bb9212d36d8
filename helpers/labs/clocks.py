"""Sinusoidal positions as the hands of clocks: each pair of numbers is a hand, and time turns it.

A. Vaswani et al. (2017): sin(t ω_k) and cos(t ω_k), ω_k = 10000^(−2k/d). An offset of Δ turns each
hand by the same angle, wherever it stands: that is why a model can learn to look Δ places back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from helpers.live.marks import Arrows, Axis, Curve, Dots, Heat, Panel, Scene, Text

if TYPE_CHECKING:
    from helpers.live import Explorer

SIZE, LONGEST, SHOWN = 32, 60, 8  # numbers of a position; places; clocks drawn


def speeds(size: int = SIZE) -> np.ndarray:
    """Radians a step of each hand (size / 2,)."""
    return 10000.0 ** (-2 * np.arange(size // 2) / size)


def encode(places: np.ndarray, size: int = SIZE) -> np.ndarray:
    """Sines, then cosines: (N,) -> (N, size)."""
    angles = places[:, None] * speeds(size)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)


def clocks_scene(t: int, offset: int) -> Scene:
    """The hands at t and at t + offset, all positions as a map, and how alike they are."""
    chosen = np.linspace(0, SIZE // 2 - 1, SHOWN).round().astype(int)
    middles = np.arange(SHOWN) * 2.4
    ring = np.linspace(0, 2 * np.pi, 49)
    marks: list = []
    for x, k in zip(middles, chosen, strict=True):
        marks.append(Curve(x + np.cos(ring), np.sin(ring), "silver", width=1.2))
        marks.append(Text(x, -1.35, f"{speeds()[k]:.2g}", "grey", size=11))
    for place, color in ((t, "blue"), (t + offset, "orange")):
        angle = place * speeds()[chosen]
        tips = middles + 0.95 * np.sin(angle), 0.95 * np.cos(angle)
        marks.append(Arrows(middles, middles * 0, *tips, color))
    dials = Panel(
        *marks,
        x=Axis(low=-1.2, high=float(middles[-1] + 1.2), hidden=True),
        y=Axis(low=-1.6, high=1.2, hidden=True),
        title=f"Blue: the hands at place {t}. Orange: at {t + offset}. Below: radians a step",
        height=118,
    )
    places = np.arange(LONGEST)
    table = Panel(
        Heat(encode(places).T, -1, 1, signed=True, extent=(-0.5, LONGEST - 0.5, 0, SIZE)),
        x=Axis(label="place", low=-0.5, high=LONGEST - 0.5),
        y=Axis(low=0, high=SIZE, hidden=True),
        title="All positions: a column is what is added to the word at that place",
        height=110,
    )
    alike = encode(places) @ encode(np.array([t]))[0] / (SIZE / 2)
    other = encode(places) @ encode(np.array([t + offset]))[0] / (SIZE / 2)
    likeness = Panel(
        Curve(places, alike, "blue", f"with {t}"),
        Curve(places, other, "orange", f"with {t + offset}"),
        Dots([t, t + offset], [1, 1], ["blue", "orange"]),
        x=Axis(label="place", low=0, high=LONGEST - 1),
        y=Axis(label="dot product, 1 for itself", low=-0.3, high=1.05),
        height=120,
    )
    turned = np.degrees(offset * speeds()[0]) % 360
    title = f"{offset} places on turn the fastest hand by {turned:.0f}°, wherever it stood"
    note = "Move t: the angle between blue and orange stays the same on every dial."
    return Scene(dials, table, likeness, title=title, note=note)


def clocks_lab() -> Explorer:
    """The clocks with their two sliders."""
    from helpers.live import explore, slider

    return explore(clocks_scene, t=slider("place t", 0, 40, 10), offset=slider("offset", 0, 19, 3))
