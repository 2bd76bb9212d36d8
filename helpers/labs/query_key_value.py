"""Queries, keys and values with numbers in them: how one cell of an attention map comes about."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from helpers.live.marks import Axis, Bars, Heat, Names, Panel, Scene
from helpers.taught.attention import causal_mask

if TYPE_CHECKING:
    from helpers.live import Explorer

WORDS = ["the", "dog", "saw", "the", "small", "cat"]
WRITTEN = ["狗", "看見", "小", "貓"]
E, D = 8, 4  # numbers of a word's vector, of a query and a key
KINDS = {"self-attention: words ask words": "self", "cross-attention: 中文 asks English": "cross"}


def vectors(words: list[str], seed: int) -> torch.Tensor:
    """One random vector for each word (N, E), the same for the same word."""
    generator = torch.Generator().manual_seed(seed)
    found = {word: torch.randn(E, generator=generator) for word in dict.fromkeys(WORDS + WRITTEN)}
    return torch.stack([found[word] for word in words])


def query_key_value_scene(kind: str, masked: bool, query: int, key: int) -> Scene:
    """The whole map, and for one cell: q and k, their products, the row's softmax, the output."""
    asking = WORDS if kind == "self" else WRITTEN
    generator = torch.Generator().manual_seed(4)
    W_Q, W_K, W_V = torch.randn(3, D, E, generator=generator) / math.sqrt(E) * 1.6
    y, x = vectors(asking, 1), vectors(WORDS, 1)
    queries, keys, values = y @ W_Q.T, x @ W_K.T, x @ W_V.T
    scores = queries @ keys.T / math.sqrt(D)
    causal = masked and kind == "self"
    allowed = causal_mask(len(WORDS)) if causal else torch.ones_like(scores).bool()
    weights = scores.masked_fill(~allowed, float("-inf")).softmax(dim=-1)
    i, j = min(query, len(asking)) - 1, key - 1
    q, k = queries[i], keys[j]
    score = scores[i, j].item()
    numbers = [f"{n + 1}" for n in range(D)]
    whole = Panel(
        Heat(weights, numbers=True, pick=("query", "key")),
        x=Names(names=WORDS, label="key", marked=[j]),
        y=Names(names=asking, label="query", marked=[i]),
        title="All weights: click a cell",
        height=28 * len(asking),
        width=1.3,
    )
    pair = Panel(
        Heat(torch.stack([q, k, q * k]), -3, 3, signed=True, numbers=True),
        x=Names(names=numbers),
        y=Names(names=[f"q: {asking[i]}", f"k: {WORDS[j]}", "product"]),
        title=f"q · k = {q @ k:.2f}, divided by √{D}: {score:.2f}",
        height=90,
    )
    colors = ["red" if n == j else "blue" for n in range(len(WORDS))]
    row = Panel(
        Bars(range(len(WORDS)), weights[i], colors),
        x=Names(names=WORDS),
        y=Axis(label=f"weights of {asking[i]}", low=0, high=1),
        title="softmax of the row",
        height=110,
    )
    shares = [f"{weights[i, n]:.2f} × {word}" for n, word in enumerate(WORDS)]
    output = Panel(
        Heat(torch.cat([values, (weights[i] @ values)[None]]), -3, 3, signed=True, numbers=True),
        x=Names(names=numbers),
        y=Names(names=[*shares, "sum: y"]),
        title="values, and their weighted sum",
        height=22 * (len(WORDS) + 1),
    )
    title = f"{asking[i]} asks, {WORDS[j]} answers with a weight of {weights[i, j]:.2f}"
    hidden = "The mask: −∞ before the softmax, so the weight is 0." if not allowed[i, j] else ""
    return Scene((whole, pair), (row, output), title=title, note=hidden)


def query_key_value_lab() -> Explorer:
    """The view with its controls."""
    from helpers.live import choice, explore, slider, switch

    return explore(
        query_key_value_scene,
        kind=choice("kind", KINDS),
        masked=switch("causal mask"),
        query=slider("query", 1, len(WORDS), 2),
        key=slider("key", 1, len(WORDS), 6),
    )
