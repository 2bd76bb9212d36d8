"""Lesson 9: what a dot product's size does to softmax, with and without 1/√d."""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

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
