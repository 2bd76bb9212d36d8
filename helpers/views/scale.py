"""Lesson 9's scale lab: histograms of dot products, and what softmax makes of 16 keys."""

import math

import numpy as np
from matplotlib.axes import Axes

from helpers.figures import BLUE, GREY, INK, ORANGE, SKY, figure
from helpers.labs.scale import (
    BINS,
    KEYS,
    LARGEST,
    RANGES,
    density,
    dot_product_moments,
    running_products,
    weigh_keys,
)
from helpers.views.widgets import Explorer, choice, explore, slider


class _Bell:
    """A histogram over its normal density, on axes from 0 to 1 with movable numbers below."""

    def __init__(self, ax: Axes, title: str) -> None:
        ax.set(xlim=(0, 1), ylim=(0, 2.1), yticks=[], xticks=np.linspace(0, 1, 3))
        ax.tick_params(labelbottom=False)
        ax.set_title(title)
        self.bars = ax.stairs(np.zeros(BINS), np.linspace(0, 1, BINS + 1), fill=True, color=SKY)
        (self.curve,) = ax.plot([], [], color=INK, lw=1.6)
        self.text = ax.text(0.01, 0.98, "", transform=ax.transAxes, va="top", fontsize=10)
        under = ax.get_xaxis_transform()
        self.ticks = [
            ax.text(x, -0.05, "", transform=under, ha="center", va="top", fontsize=10)
            for x in np.linspace(0, 1, 3)
        ]

    def show(self, values: np.ndarray, mean: float, variance: float, ends: tuple) -> None:
        low, high = ends
        z, height = density(values, mean, variance)
        place = (mean + math.sqrt(variance) * z - low) / (high - low)
        self.bars.set_data(height.clip(max=1.5), place)
        self.curve.set_data(place, np.exp(-(z**2) / 2))
        self.text.set_text(
            f"mean {short_number(values.mean())} (theory {short_number(mean)})\n"
            f"variance {short_number(values.var())} (theory {short_number(variance)})"
        )
        for tick, number in zip(self.ticks, np.linspace(low, high, 3), strict=True):
            tick.set_text(f"{number:g}")


def short_number(number: float) -> str:
    """Three digits at most before a unit: 0.05, 8.1, 64, 53,000."""
    if abs(number) < 9.95:
        return f"{round(float(number), 2) + 0.0:g}"  # -0 becomes 0
    digits = max(0, math.floor(math.log10(abs(number))) - 2)
    return f"{round(number, -digits):,.0f}"


def scale_lab(d: int = 64, regime: str = "independent") -> Explorer:
    """Histograms of q·k and q·k/√d, and what softmax makes of 16 keys with and without scale."""
    fig = figure(9.4, 4.8)
    axes = fig.subplots(2, 2, height_ratios=[1.15, 1])
    bells = [_Bell(ax, title) for ax, title in zip(axes[0], ("q·k", "q·k / √d"), strict=True)]
    axes[0, 0].set_ylabel("density\n(normal peak = 1)")
    edges = np.repeat(np.arange(1, KEYS + 1), 2) + np.tile([-0.4, 0.4], KEYS)  # of bars and gaps
    bars, same, heads = [], [], []
    for ax in axes[1]:
        bars.append(ax.stairs(np.zeros(2 * KEYS - 1), edges, fill=True, color=BLUE))
        same.append(ax.bar([1], [0], color=ORANGE)[0])
        heads.append(ax.set_title("weights", fontsize=11))
        ax.set(ylim=(0, 1), xlim=(0.3, KEYS + 0.7), xticks=[1, 4, 8, 12, 16], yticks=[0, 0.5, 1])
        ax.axhline(1 / KEYS, color=GREY, lw=1, ls=":")
        ax.set_xlabel("key")
    axes[1, 0].set_ylabel("weight")
    for each in RANGES:  # so that no move has to wait for them
        running_products(each)

    def update(d: float, regime: str, seed: int) -> str:
        d = round(d)
        mean, variance = dot_product_moments(regime, d)
        products, root = running_products(regime)[:, d - 1], math.sqrt(d)
        for bell, by, ends in zip(bells, (1.0, root), RANGES[regime], strict=True):
            bell.show(products / by, mean / by, variance / by**2, ends)
        looks = [weigh_keys(regime, d, seed, scale) for scale in (1.0, 1 / root)]
        for group, first, head, one in zip(bars, same, heads, looks, strict=True):
            group.set_data(np.insert(one.weights, range(1, KEYS), 0.0))
            first.set_height(one.weights[0] if regime == "q = k" else 0.0)
            head.set_text(f"entropy {one.entropy:.2f} of its maximum, ‖∂p/∂q‖ = {one.gradient:.2g}")
        extra = " Key 1 (orange) is the query itself." if regime == "q = k" else ""
        largest = " and ".join(f"{one.weights.max():.2f}" for one in looks)
        return f"d = {d}, √d = {root:.3g}. Largest weight without and with √d: {largest}.{extra}"

    return explore(
        update,
        fig,
        d=slider("key dimension d", 1, LARGEST, d, step=math.log10(2) / 4, log=True),
        regime=choice("queries and keys", list(RANGES), regime),
        seed=slider("other keys", 0, 20, 0),
    )
