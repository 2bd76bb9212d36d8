"""Lesson 9: what a dot product's size does to softmax, with and without 1/√d."""

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from helpers.live.marks import Axis, Bars, Curve, Dots, Names, Panel, Scene

if TYPE_CHECKING:
    from helpers.live import Explorer

LARGEST = 1024  # key dimension d
KEYS = 16  # that one query chooses from
BINS = 48  # of a histogram
ROWS = 2000  # dot products in a histogram
RHO = 0.9  # correlation of any two components of one vector, in the regime "correlated"
# What is assumed of queries and keys → the ranges of q·k and of q·k/√d that the lab shows.
RANGES: dict[str, tuple[tuple[int, int], tuple[int, int]]] = {
    "independent": ((-100, 100), (-4, 4)),
    "q = k": ((0, 1200), (0, 40)),
    "correlated": ((-3000, 3000), (-100, 100)),
    "not centred": ((0, 300), (0, 10)),
}


def sample_queries_keys(
    regime: str, rows: int, d: int, seed: int = 0, n: int = 1
) -> tuple[Tensor, Tensor]:
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


def dot_product_moments(regime: str, d: int) -> tuple[float, float]:
    """Mean and variance of q·k for each regime, as lesson 9 derives them."""
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


class KeyWeights(NamedTuple):
    """One query on its 16 keys at one scale."""

    weights: np.ndarray  # (KEYS,)
    entropy: float  # as a share of its maximum, log KEYS
    gradient: float  # ‖∂p/∂q‖


def weigh_keys(regime: str, d: int, seed: int, scale: float) -> KeyWeights:
    """What softmax makes of one query's scores, q·k times `scale`; keys that grow keep entries."""
    query, keys = _one(regime, seed)
    query, keys = query[:d], keys[:, :d]
    weights = (scale * (keys @ query)).softmax(dim=-1)
    share = (entropy(weights) / math.log(KEYS)).item()
    return KeyWeights(weights.numpy(), share, gradient_norm(weights, keys, scale).item())


@lru_cache(256)
def _one(regime: str, seed: int) -> tuple[Tensor, Tensor]:
    query, keys = sample_queries_keys(regime, 1, LARGEST, seed=100 + seed, n=KEYS)
    return query[0], keys[0]


@lru_cache(len(RANGES))
def running_products(regime: str) -> np.ndarray:
    """q·k of `ROWS` pairs for every d at once (ROWS, d): column d - 1 sums the first d products."""
    queries, keys = sample_queries_keys(regime, ROWS, LARGEST)
    return queries.mul_(keys[:, 0]).cumsum_(dim=-1).numpy()  # in place: 8 MB each


def density(values: np.ndarray, mean: float, variance: float) -> tuple[np.ndarray, np.ndarray]:
    """A histogram of values between 4 standard deviations: edges (BINS + 1,), heights (BINS,).

    The edges are in standard deviations from the mean; a normal density's peak has the height 1.
    """
    z = np.linspace(-4, 4, BINS + 1)
    counts, _ = np.histogram((values - mean) / math.sqrt(variance), z)
    return z, counts / len(values) / (z[1] - z[0]) * math.sqrt(2 * math.pi)


def short_number(number: float) -> str:
    """Three digits at most before a unit: 0.05, 8.1, 64, 53,000."""
    if abs(number) < 9.95:
        return f"{round(float(number), 2) + 0.0:g}"  # -0 becomes 0
    digits = max(0, math.floor(math.log10(abs(number))) - 2)
    return f"{round(number, -digits):,.0f}"


def _bell(name: str, values: np.ndarray, mean: float, variance: float, ends: tuple) -> Panel:
    """A histogram over its normal density, on the same axis at every d."""
    z, height = density(values, mean, variance)
    edges = mean + math.sqrt(variance) * z
    found = f"mean {short_number(values.mean())} (theory {short_number(mean)}), "
    found += f"variance {short_number(values.var())} (theory {short_number(variance)})"
    return Panel(
        Bars((edges[:-1] + edges[1:]) / 2, height, "sky", float(edges[1] - edges[0])),
        Curve(edges, np.exp(-(z**2) / 2), "ink", width=1.6),
        x=Axis(label=found, low=ends[0], high=ends[1]),
        y=Axis(label="density (the normal one's peak is 1)", low=0, high=1.6),
        title=name,
        height=130,
    )


def _choice(name: str, looks: KeyWeights, color: str, own: bool) -> Panel:
    """The weights of 16 keys; dots stand where all would be alike."""
    colors = ["orange" if own and n == 0 else color for n in range(KEYS)]
    return Panel(
        Bars(range(KEYS), looks.weights, colors),
        Curve([-0.5, KEYS - 0.5], [1 / KEYS, 1 / KEYS], "grey", width=1, dashed=True),
        x=Names(names=[str(n + 1) for n in range(KEYS)], label="key"),
        y=Axis(label="weight", low=0, high=1),
        title=f"{name}: entropy {looks.entropy:.2f} of its maximum, ‖∂p/∂q‖ = {looks.gradient:.2g}",
        height=110,
    )


def scale_scene(d: int, regime: str, seed: int) -> Scene:
    """Histograms of q·k and q·k/√d, and what softmax makes of 16 keys with and without scale."""
    mean, variance = dot_product_moments(regime, d)
    products, root = running_products(regime)[:, d - 1], math.sqrt(d)
    (low, high), scaled_ends = RANGES[regime]
    looks = [weigh_keys(regime, d, seed, scale) for scale in (1.0, 1 / root)]
    own = regime == "q = k"
    bells = (
        _bell("q·k", products, mean, variance, (low, high)),
        _bell("q·k / √d", products / root, mean / root, variance / d, scaled_ends),
    )
    keys = (_choice("softmax of q·k", looks[0], "red", own),
            _choice("softmax of q·k / √d", looks[1], "blue", own))  # fmt: skip
    largest = " and ".join(f"{one.weights.max():.2f}" for one in looks)
    note = "Key 1 (orange) is the query itself." if own else ""
    title = f"d = {d}: the largest weight is {largest}, without and with √d"
    return Scene(bells, keys, title=title, note=note)


def scale_lab(d: int = 64, regime: str = "independent") -> "Explorer":
    """The scale lab with its controls."""
    from helpers.live import choice, explore, slider

    return explore(
        scale_scene,
        d=slider("key dimension d", 1, LARGEST, d, step=math.log10(2) / 4, log=True),
        regime=choice("queries and keys", list(RANGES), regime),
        seed=slider("other keys", 0, 20, 0),
    )


def two_keys_scene(d: int, scaled: bool, seed: int) -> Scene:
    """p_1 of two keys while q moves along a line: a sigmoid that becomes a step as d grows."""
    generator = torch.Generator().manual_seed(seed)
    q, direction, one, other = torch.randn(4, LARGEST, generator=generator)[:, :d].unbind(0)
    direction = direction / direction.norm() * math.sqrt(d)
    way = torch.linspace(-3, 3, 241)
    scale = 1 / math.sqrt(d) if scaled else 1.0
    gaps = scale * ((q + way[:, None] * direction) @ (one - other))  # (241,): s_1 - s_2
    p = gaps.sigmoid()
    slope = p * (1 - p)
    here = 120  # where q itself is
    color = "blue" if scaled else "red"
    line = Panel(
        Curve(way, p, color, "p_1", 3),
        Dots([0.0], [p[here]], "ink", tips=[f"here p₁ = {p[here]:.2f}"]),
        x=Axis(label="how far q is moved along a random line", low=-3, high=3),
        y=Axis(label="weight of key 1", low=0, high=1),
        height=150,
    )
    felt = Panel(
        Curve(way, slope, color, "p_1(1 − p_1)", 3),
        Dots([0.0], [slope[here]], "ink"),
        x=Axis(label="how far q is moved along a random line", low=-3, high=3),
        y=Axis(label="how much p_1 answers to its score", low=0, high=0.26),
        height=150,
    )
    flat = (slope < 0.01).float().mean().item()
    title = f"On {flat:.0%} of the line the weights do not answer any more"
    note = (
        f"d = {d}. Scores {'divided by √d' if scaled else 'as they are'}; dead is p(1 − p) < 0.01."
    )
    return Scene((line, felt), title=title, note=note)


def two_keys_lab() -> "Explorer":
    """Two keys and a query that moves."""
    from helpers.live import explore, slider, switch

    return explore(
        two_keys_scene,
        d=slider("key dimension d", 1, LARGEST, 64, step=math.log10(2) / 2, log=True),
        scaled=switch("divide by √d"),
        seed=slider("other vectors", 0, 20, 0),
    )
