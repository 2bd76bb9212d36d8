"""Lesson 7: change the input of one layer and see which outputs move."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from helpers.live.marks import Axis, Bars, Heat, Names, Panel, Scene, Tokens
from helpers.taught.attention import causal_mask
from helpers.taught.transformer import MultiHeadAttention, positions

if TYPE_CHECKING:
    from helpers.live import Explorer

WORDS = ["the", "dog", "saw", "the", "cat", "today", "."]
SIZE, PADS, STILL = 32, 3, 1e-5  # STILL: rounding moves outputs by less than this
OTHER = "tree"  # the word that takes another one's place
EXPERIMENTS = {
    "change word j": "change",
    "swap words j and j + 1": "swap",
    f"add {PADS} × <pad>": "pad",
}


class Moved(NamedTuple):
    """An experiment's result; T words before it, N after it."""

    after: list[str]  # N words that were read after the change
    positions_after: list[int]  # where each of the T words stands afterwards
    distance: np.ndarray  # (T,): how far each word's output moved, as a share of its length
    allowed: np.ndarray  # (N, N): which word may look at which


@lru_cache(1)
def layers() -> tuple[dict[str, Tensor], MultiHeadAttention, nn.RNN]:
    """A random vector for each word, and two untrained layers, always the same ones."""
    with torch.random.fork_rng():
        torch.manual_seed(7)
        vectors = {word: torch.randn(SIZE) for word in [*WORDS, OTHER, "<pad>"]}
        return vectors, MultiHeadAttention(SIZE, 4), nn.RNN(SIZE, SIZE, batch_first=True)


@torch.no_grad()
def outputs(words: list[str], layer: str, with_positions: bool, mask: Tensor) -> Tensor:
    """What a layer gives for each word: (N, SIZE). mask (N, N) is for attention alone."""
    vectors, attention, rnn = layers()
    x = torch.stack([vectors[word] for word in words])[None]  # (1, N, SIZE)
    if with_positions:
        x = x + positions(len(words), SIZE)
    return (rnn(x)[0] if layer == "RNN" else attention(x, x, mask)[0])[0]


def allowed(words: list[str], causal: bool, masked: bool) -> Tensor:
    """Who may look at whom: (N, N)."""
    real = torch.tensor([word != "<pad>" or not masked for word in words])
    return (causal_mask(len(words)) if causal else torch.ones(len(words), len(words)).bool()) & real


def moved(
    what: str, j: int, layer: str = "attention", causal: bool = False, with_positions: bool = False,
    masked: bool = True,
) -> Moved:  # fmt: skip
    """Do one experiment: 'change' word j (from 0), 'swap' it with the next one, or 'pad'.

    layer: 'attention' or 'RNN'. causal, masked: the two masks. with_positions: positions are added.
    """
    after, positions_after = [*WORDS], [*range(len(WORDS))]
    if what == "change":
        after[j] = OTHER
    elif what == "swap":
        j = min(j, len(WORDS) - 2)
        for row in (after, positions_after):
            row[j], row[j + 1] = row[j + 1], row[j]
    else:
        after += ["<pad>"] * PADS
    rules = allowed(after, causal, masked)
    old = outputs(WORDS, layer, with_positions, allowed(WORDS, causal, masked))
    new = outputs(after, layer, with_positions, rules)[positions_after]
    distance = (new - old).norm(dim=1) / old.norm(dim=1)
    distance[distance < STILL] = 0.0
    return Moved(after, positions_after, distance.numpy(), rules.numpy())


def invariance_scene(
    what: str, j: int, layer: str, causal: bool, with_positions: bool, masked: bool
) -> Scene:
    """Which outputs move when the input changes at word j (from 1), and what the masks do."""
    result = moved(what, j - 1, layer, causal, with_positions, masked)
    new = [n >= len(WORDS) or result.after[n] != WORDS[n] for n in range(len(result.after))]
    before = Tokens(WORDS, label="before", size=15)
    after = Tokens(result.after, inks=["red" if n else "ink" for n in new], label="after", size=15)
    bars = Panel(
        Bars(
            result.positions_after,
            result.distance,
            ["orange" if new[place] else "blue" for place in result.positions_after],
            tips=[f"{word}: {far:.2f}" for word, far in zip(WORDS, result.distance, strict=True)],
        ),
        x=Names(names=result.after),
        y=Axis(label="distance, as a share of the old length", low=0, high=1.2),
        title="How far the output at each word moved",
        height=150,
        width=1.7,
    )
    panels = [bars]
    if layer == "attention":
        names = Names(names=result.after)
        rules = Heat(result.allowed.astype(float))
        panels.append(
            Panel(rules, x=names, y=names, title="The mask: yellow may be seen", height=150)
        )
    count = int((result.distance > 0).sum())
    said = ["Each bar follows its word."] if what == "swap" else []
    if layer == "RNN":
        said.append("An RNN ignores both masks: it reads from left to right.")
    title = f"{count} of {len(WORDS)} outputs moved"
    return Scene(Panel(before, after), tuple(panels), title=title, note=" ".join(said))


def invariance_lab() -> Explorer:
    """The view with its controls."""
    from helpers.live import choice, explore, slider, switch

    return explore(
        invariance_scene,
        what=choice("experiment", EXPERIMENTS),
        j=slider("word j", 1, len(WORDS), 5),
        layer=choice("layer", ["attention", "RNN"]),
        causal=switch("causal mask"),
        with_positions=switch("positions added"),
        masked=switch("padding mask", True),
    )
