"""The scale lab of lesson 8: what a dot product's size does to softmax, with and without 1/√d.

`draw`, `theory` and `look` are the pure parts, from settings to numbers; `scale_lab` draws them.
`training_runs` reads what benchmarks/scaling.py has measured.
"""

import math
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from helpers.plotting import BLUE, GREY, INK, ORANGE, SKY, figure
from helpers.widgets import Explorer, choice, explore, slider

TABLE = Path(__file__).parent.parent / "data" / "scaling.tsv"
LARGEST = 1024  # key dimension d
KEYS = 16  # that one query chooses from
ROWS = 2000  # dot products in a histogram
RHO = 0.9  # correlation of any two components of one vector, in the regime "correlated"
BINS = 48
# What is assumed of queries and keys → the ranges of q·k and of q·k/√d that the lab shows.
RANGES: dict[str, tuple[tuple[int, int], tuple[int, int]]] = {
    "independent": ((-100, 100), (-4, 4)),
    "q = k": ((0, 1200), (0, 40)),
    "correlated": ((-3000, 3000), (-100, 100)),
    "not centred": ((0, 300), (0, 10)),
}


def draw(regime: str, rows: int, d: int, seed: int = 0, n: int = 1) -> tuple[Tensor, Tensor]:
    """Random queries (rows, d) and keys (rows, n, d), float32, under one of four assumptions.

    'independent': all entries normal, mean 0, variance 1. 'q = k': the same, but the first key is
    the query itself. 'correlated': queries and keys are independent of each other, but within a
    vector any two entries have the correlation `RHO`. 'not centred': all independent, uniform in
    [0, 1]. Raises ValueError for any other regime.
    """
    generator = torch.Generator().manual_seed(seed)

    def vectors(*shape: int) -> Tensor:
        if regime == "not centred":
            return torch.rand(*shape, generator=generator)
        own = torch.randn(*shape, generator=generator)
        if regime != "correlated":
            return own
        common = torch.randn(*shape[:-1], 1, generator=generator)
        return math.sqrt(RHO) * common + math.sqrt(1 - RHO) * own

    if regime not in RANGES:
        raise ValueError(f"regime is {regime!r}; expected one of {', '.join(RANGES)}")
    queries, keys = vectors(rows, d), vectors(rows, n, d)
    if regime == "q = k":
        keys[:, 0] = queries
    return queries, keys


def theory(regime: str, d: int) -> tuple[float, float]:
    """Mean and variance of q·k under an assumption of `draw`, from the derivations in lesson 8."""
    return {
        "independent": (0.0, float(d)),
        "q = k": (float(d), 2.0 * d),
        "correlated": (0.0, d * (1 + (d - 1) * RHO**2)),
        "not centred": (d / 4, 7 * d / 144),
    }[regime]


def entropy(weights: Tensor) -> Tensor:
    """-Σ p log p over the last dimension, in nats, with 0 log 0 = 0: (..., n) -> (...)."""
    return torch.special.entr(weights).sum(dim=-1)


def softmax_jacobian(weights: Tensor) -> Tensor:
    """∂p/∂s = diag(p) - p pᵀ of p = softmax(s): (..., n) -> (..., n, n)."""
    return torch.diag_embed(weights) - weights[..., :, None] * weights[..., None, :]


def gradient_norm(weights: Tensor, keys: Tensor, scale: float) -> Tensor:
    """‖∂p/∂q‖ (Frobenius) of p = softmax(scale · K q): (..., n), (..., n, d) -> (...).

    How far the weights move, all together, when the query moves a little.
    """
    return torch.linalg.matrix_norm(scale * softmax_jacobian(weights) @ keys)


class Run(NamedTuple):
    """One training run of lesson 8's retriever, a row of data/scaling.tsv."""

    optimizer: str
    d: int
    scale: str  # '1', '1/√d' or '1/d'
    lr: float
    seed: int
    accuracy: float  # on 1,000 new questions, after the last step
    steps: int  # until the smoothed loss was below 0.5; one more than there were, if never


def training_runs(path: Path = TABLE) -> list[Run]:
    """The table that benchmarks/scaling.py wrote; errors name what is missing or damaged."""
    remedy = "run `python benchmarks/scaling.py --write`"
    if not path.is_file():
        raise FileNotFoundError(f"no table at {path}: {remedy}")
    lines = path.read_text("utf-8", errors="replace").splitlines()
    if lines[:1] != ["\t".join(Run._fields)]:
        raise ValueError(
            f"{path.name} lacks its first line; run `python benchmarks/scaling.py --write`"
        )
    runs = []
    for number, line in enumerate(lines[1:], start=2):
        try:
            o, d, scale, lr, seed, accuracy, steps = line.split("\t")
            runs.append(Run(o, int(d), scale, float(lr), int(seed), float(accuracy), int(steps)))
        except ValueError:
            raise ValueError(f"{path.name}, line {number}, is damaged: {line!r}") from None
    return runs


class Look(NamedTuple):
    """One query on its 16 keys at one scale."""

    weights: np.ndarray  # (KEYS,)
    entropy: float  # as a share of its maximum, log KEYS
    gradient: float  # ‖∂p/∂q‖


def look(regime: str, d: int, seed: int, scale: float) -> Look:
    """What softmax makes of one query's scores, q·k times `scale`; keys that grow keep entries."""
    query, keys = _one(regime, seed)
    query, keys = query[:d], keys[:, :d]
    weights = (scale * (keys @ query)).softmax(dim=-1)
    share = (entropy(weights) / math.log(KEYS)).item()
    return Look(weights.numpy(), share, gradient_norm(weights, keys, scale).item())


@lru_cache(256)
def _one(regime: str, seed: int) -> tuple[Tensor, Tensor]:
    query, keys = draw(regime, 1, LARGEST, seed=100 + seed, n=KEYS)
    return query[0], keys[0]


@lru_cache(len(RANGES))
def running_products(regime: str) -> np.ndarray:
    """q·k of `ROWS` pairs for every d at once (ROWS, d): column d - 1 sums the first d products."""
    queries, keys = draw(regime, ROWS, LARGEST)
    return queries.mul_(keys[:, 0]).cumsum_(dim=-1).numpy()  # in place: 8 MB each


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
        sigma = math.sqrt(variance)
        z = np.linspace(-4, 4, BINS + 1)
        counts, _ = np.histogram((values - mean) / sigma, z)
        height = counts / len(values) / (z[1] - z[0]) * math.sqrt(2 * math.pi)
        place = (mean + sigma * z - low) / (high - low)
        self.bars.set_data(height.clip(max=1.5), place)
        self.curve.set_data(place, np.exp(-(z**2) / 2))
        self.text.set_text(
            f"mean {_short(values.mean())} (theory {_short(mean)})\n"
            f"variance {_short(values.var())} (theory {_short(variance)})"
        )
        for tick, number in zip(self.ticks, np.linspace(low, high, 3), strict=True):
            tick.set_text(f"{number:g}")


def _short(number: float) -> str:
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
        mean, variance = theory(regime, d)
        products, root = running_products(regime)[:, d - 1], math.sqrt(d)
        for bell, by, ends in zip(bells, (1.0, root), RANGES[regime], strict=True):
            bell.show(products / by, mean / by, variance / by**2, ends)
        looks = [look(regime, d, seed, scale) for scale in (1.0, 1 / root)]
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
