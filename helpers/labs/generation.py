"""Language models at work: the token read, its embedding, the state, the softmax, the token chosen.

The lecture's picture of generation, one step at a time: the output comes back as the next input.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from helpers.decoding import Trace, trace
from helpers.live.marks import Arrows, Axis, Bars, Boxes, Heat, Names, Panel, Scene, Tokens
from helpers.typed_text import read_prefix
from helpers.words import Vocabulary

if TYPE_CHECKING:
    from helpers.live import Explorer

TOP = 10  # tokens whose probabilities are shown
HIDDEN = Axis(hidden=True)


class Machine:
    """Language models side by side, which read the same beginning.

    models: name -> model. limit: tokens written at most, `<bos>` among them.
    """

    def __init__(self, models: Mapping[str, nn.Module], vocab: Vocabulary, limit: int = 40) -> None:
        self.models, self.vocab, self.limit = models, vocab, limit
        self.trace = lru_cache(64)(self._trace)

    def _trace(self, name: str, ids: tuple[int, ...], heat: float, seed: int) -> Trace:
        return trace(self.models[name], ids, temperature=heat, limit=self.limit, seed=seed)

    def scene(self, prefix: str, method: str, temperature: float, seed: int, step: int) -> Scene:
        """What each model has read, holds and chooses at a step; step 0 is before it reads.

        method: "greedy" or "sampled".
        """
        ids, note = read_prefix(prefix, self.vocab, self.limit)
        if method == "sampled" and temperature == 0:
            note += " Temperature 0 divides by zero. Its limit is greedy: the likeliest token."
        heat = temperature if method == "sampled" else 0.0
        runs = {name: self.trace(name, tuple(ids), heat, seed) for name in self.models}
        columns = [self._column(name, run, step) for name, run in runs.items()]
        said = [self._say(name, run, step) for name, run in runs.items()]
        rows = [tuple(panels) for panels in zip(*columns, strict=True)]
        return Scene(*rows, note=" ".join(filter(None, [*said, note.strip()])))

    def _column(self, name: str, run: Trace, step: int) -> list[Panel]:
        """One model from top to bottom: the text, the loop, x_t and h_t, the softmax."""
        t = min(step, len(run.states))  # tokens read so far
        tokens = self.vocab.decode(run.ids, keep_special=True)
        shown = tokens[: t + 1]
        inks = ["grey" if n < run.given else "ink" for n in range(len(shown))]
        if t:
            inks[t] = "red"
        text = Tokens(shown, inks=inks, frame=t - 1 if t else None, size=15)
        x = run.embeddings[t - 1] if t else torch.zeros(run.embeddings.shape[1])
        h = run.states[t - 1] if t else torch.zeros(run.states.shape[1])
        return [
            Panel(text, title=name),
            self._loop(tokens, t),
            Panel(_strip(x, 3), x=HIDDEN, y=HIDDEN, title="embedding x_t", height=20),
            Panel(_strip(h, 1), x=HIDDEN, y=HIDDEN, title="hidden state h_t", height=30),
            self._softmax(run, t),
        ]

    def _loop(self, tokens: list[str], t: int) -> Panel:
        """Input → embedding → RNN → softmax → output, and the way back."""
        read, new = (tokens[t - 1], tokens[t]) if t else ("…", tokens[0])
        places = [0.0, 1.0, 2.0, 3.0, 4.0]
        return Panel(
            Arrows([0.4, 1.4, 2.4, 3.4], [0] * 4, [0.6, 1.6, 2.6, 3.6], [0] * 4, "grey"),
            Arrows([4.0, 4.0, 0.0], [0.4, 0.9, 0.9], [4.0, 0.0, 0.0], [0.9, 0.9, 0.42], "orange"),
            Boxes(
                places,
                [0] * 5,
                [read, "embedding", "RNN", "softmax", new],
                0.78,
                0.74,
                ["grey", "green", "blue", "pink", "red"],
                ["input", "x_t", "h_t = f(U x_t + W h_{t−1})", "probabilities", "output"],
            ),
            x=Axis(low=-0.5, high=4.5, hidden=True),
            y=Axis(low=-0.5, high=1.0, hidden=True),
            height=72,
        )

    def _softmax(self, run: Trace, t: int) -> Panel:
        """The ten largest probabilities, and the token that came next, in red."""
        names, lengths, colors, title = [" "] * TOP, [0.0] * TOP, ["blue"] * TOP, "softmax"
        if t:
            row, new = run.probabilities[t - 1], run.ids[t]
            order = row.topk(min(TOP, len(row))).indices.tolist()
            if new not in order:
                order.append(new)
            names = [self.vocab.tokens[token] for token in order]
            lengths = [row[token].item() for token in order]
            colors = ["red" if token == new else "blue" for token in order]
            how = "given" if t < run.given else "chosen"
            title = f"softmax; {how}: {self.vocab.tokens[new]}, {_percent(row[new].item())}"
        return Panel(
            Bars(range(len(names)), lengths, colors),
            x=Names(names=names),
            y=Axis(label="probability", low=0, high=1),
            title=title,
            height=130,
        )

    def _say(self, name: str, run: Trace, step: int) -> str:
        t = min(step, len(run.states))
        if not t:
            return f"{name}: nothing read yet, so h₀ is zero."
        tokens = self.vocab.decode(run.ids, keep_special=True)
        read, new = tokens[t - 1 : t + 1]
        how = "you gave" if t < run.given else "it chooses"
        said = f"{name}, t = {t}: it reads {read}, and {how} {new}."
        if t == len(run.states):
            ending = (
                "That ends the sentence." if run.ended else f"The limit of {len(tokens)} tokens."
            )
            said += f" {ending}"
        return said


def _strip(vector: Tensor, limit: float) -> Heat:
    """A vector as a row of coloured cells, a long one as two rows."""
    rows = 2 if len(vector) % 2 == 0 and len(vector) > 80 else 1
    return Heat(vector.reshape(rows, -1), -limit, limit, signed=True, extent=(0, 1, 0, 1))


def _percent(share: float) -> str:
    if share < 0.001:
        return "under 0.1 %"
    return f"{share:.0%}" if share >= 0.01 else f"{share:.1%}"


def machine_lab(models: Mapping[str, nn.Module], vocab: Vocabulary, limit: int = 40) -> Explorer:
    """The machine with its controls."""
    from helpers.live import choice, explore, player, slider, typed

    return explore(
        Machine(models, vocab, limit).scene,
        prefix=typed("Beginning", "我媽媽昨天"),
        method=choice("Pick", ["sampled", "greedy"]),
        temperature=slider("Temperature", 0.0, 3.0, 1.0, step=0.1),
        seed=slider("Seed", 0, 30, 0),
        step=player("t", limit - 1, value=6),
    )
