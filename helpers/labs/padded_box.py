"""A box with room for n tokens on each side: what does not fit, and what is padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from helpers.live.marks import Axis, Bars, Curve, Dots, Names, Panel, Scene
from helpers.words import Pair

if TYPE_CHECKING:
    from helpers.live import Explorer

SHOWN = 12  # sentences in the drawing


class PaddedBox:
    """A feed-forward network's box for sentence pairs.

    pairs: whose lengths count. embedding: numbers a token; vocab: tokens to choose from, for the
        size of the layer n·E × n·V.
    """

    def __init__(self, pairs: Sequence[Pair], embedding: int = 32, vocab: int = 200) -> None:
        source = np.array([len(pair.source) for pair in pairs])
        target = np.array([len(pair.target) for pair in pairs]) + 1  # <eos>
        self.need, self.used = np.maximum(source, target), source + target
        some = np.linspace(0, len(pairs) - 1, SHOWN).astype(int)
        order = np.argsort(self.need, kind="stable")[some]
        self.some = self.need[order]
        self.names = [f"{pairs[k].english} {self.need[k]} tokens" for k in order]
        self.rooms = np.arange(4, self.need.max() + 1)
        self.weights = (self.rooms * embedding * self.rooms * vocab + self.rooms * vocab) / 1e6

    def scene(self, n: int) -> Scene:
        """The box at room n, over all pairs and for some of them."""
        refused = np.array([100 * (self.need > room).mean() for room in self.rooms])
        wasted = np.array(
            [100 * (1 - self.used[self.need <= room].mean() / (2 * room)) for room in self.rooms]
        )
        k = int(n - self.rooms[0])
        rows = range(SHOWN)
        fits = self.some <= n
        full = np.minimum(self.some, n)
        box = Panel(
            Bars(rows, np.full(SHOWN, n), "pale", across=True, tips=self.names),
            Bars(rows, full, ["blue" if fit else "silver" for fit in fits], across=True,
                 tips=self.names),
            Bars(rows, np.where(fits, np.nan, self.some), "red", across=True, base=float(n)),
            x=Axis(label="tokens", low=0, high=float(self.need.max())),
            y=Names(names=[str(row + 1) for row in rows], label="sentence"),
            title="Twelve sentences in the box: blue fits, pale is padding, red does not fit",
            height=190,
        )  # fmt: skip
        counts = Panel(
            Curve(self.rooms, refused, "red", "pairs refused"),
            Curve(self.rooms, wasted, "blue", "padding in the rest"),
            Dots([n, n], [refused[k], wasted[k]], ["red", "blue"]),
            x=Axis(label="room n, tokens", low=float(self.rooms[0]), high=float(self.rooms[-1])),
            y=Axis(label="per cent", low=0, high=103),
            height=150,
        )
        layer = Panel(
            Curve(self.rooms, self.weights, "ink"),
            Dots([n], [self.weights[k]], "ink"),
            x=Axis(label="room n, tokens", low=float(self.rooms[0]), high=float(self.rooms[-1])),
            y=Axis(label="millions of weights", low=0, high=float(self.weights.max())),
            height=150,
        )
        title = f"Room for {n} tokens refuses {refused[k]:.0f} % of the pairs"
        note = f"In the rest {wasted[k]:.0f} % of the places are padding. "
        note += f"The layer has {self.weights[k]:.1f} million weights."
        return Scene(box, (counts, layer), title=title, note=note)


def padded_box_lab(pairs: Sequence[Pair], embedding: int = 32, vocab: int = 200) -> Explorer:
    """The box with its slider."""
    from helpers.live import explore, slider

    view = PaddedBox(pairs, embedding, vocab)
    return explore(view.scene, n=slider("room n", 4, int(view.rooms[-1]), 20))
