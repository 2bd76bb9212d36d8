"""Lesson 2's widget: language models at work, one reading step at a time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor, nn

from helpers.decoding import Trace, trace
from helpers.figures import BLUE, GREY, INK, PALE, RED, Bars, figure, is_wide, strip
from helpers.typed_text import read_prefix
from helpers.words import Vocabulary

TOP, PER_LINE = 10, 20  # bars shown; tokens on one line of the picture


class GeneratorView:
    """Language models at work side by side, one reading step at a time; for `widgets.explore`.

    models: name -> model, one column each. `view.figure` is the picture and `view.update` its
    function of the controls; the sentence it returns stands under the picture.
    """

    def __init__(self, models: dict[str, nn.Module], vocab: Vocabulary, limit: int = 40) -> None:
        self.vocab, self.limit = vocab, limit
        self.figure = figure(9.5, 4.5)
        grid = {"height_ratios": [1.35, 0.45, 0.7, 2.2]}
        axes = self.figure.subplots(4, len(models), squeeze=False, gridspec_kw=grid)
        self._columns = [
            _Column([*axes[:, place]], name, model, vocab, limit)
            for place, (name, model) in enumerate(models.items())
        ]

    def update(self, prefix: str, method: str, temperature: float, seed: int, step: int) -> str:
        """Show what each model has read, holds and chooses at a step; step 0 is before it reads.

        method: "greedy" or "sampled".
        """
        ids, note = read_prefix(prefix, self.vocab, self.limit)
        if method == "sampled" and temperature == 0:
            note += (
                "\nTemperature 0 divides by zero. Its limit is greedy: always the likeliest token."
            )
        heat = temperature if method == "sampled" else 0.0
        lines = [column.show(tuple(ids), heat, seed, step) for column in self._columns]
        return "\n".join(filter(None, [*lines, note.strip()]))


class _Column:
    """One model's column of the picture, from top to bottom: tokens, x_t, h_t, softmax."""

    def __init__(
        self, axes: Sequence[Axes], name: str, model: nn.Module, vocab: Vocabulary, limit: int
    ) -> None:
        self.name, self.vocab = name, vocab
        self.trace = lru_cache(8)(
            lambda ids, heat, seed: trace(model, ids, temperature=heat, limit=limit, seed=seed)
        )
        words, x, h, bars = axes
        words.set(xlim=(-0.5, PER_LINE - 0.5), ylim=(-(-limit // PER_LINE) - 0.4, -0.6))
        words.set_title(name)
        words.axis("off")
        self.words = [
            words.text(
                at % PER_LINE, at // PER_LINE, "", ha="center", va="center", parse_math=False
            )
            for at in range(limit)
        ]
        self.reading = Rectangle((0, 0), 1, 0.9, fc="none", ec=BLUE, lw=1.5, clip_on=False)
        words.add_patch(self.reading)
        first = trace(model, limit=2)
        self.x = strip(x, np.zeros((1, first.embeddings.shape[1])), label="$x_t$", limit=3)
        self.h = strip(h, _fold(torch.zeros(first.states.shape[1])), label="$h_t$")
        for ax in (x, h):
            ax.spines[:].set(visible=True, color=PALE)
        bars.set(xlim=(-0.6, TOP + 0.9), ylim=(0, 1), xticks=[], yticks=[0, 0.5, 1])
        bars.set_ylabel("probability")
        bars.grid(axis="y")
        bars.set_axisbelow(True)
        places = [*range(TOP), TOP + 0.4]  # the last is for a choice that is not in the top ten
        self.bars = Bars(bars, places)
        self.labels = [
            bars.text(place, -0.06, "", ha="center", va="top", parse_math=False) for place in places
        ]
        self.choice = bars.text(TOP + 0.8, 0.93, "", ha="right", va="top", parse_math=False)
        self.tiny = bars.text(-0.4, 0.35, "", color=GREY, va="top")

    def show(self, ids: tuple[int, ...], heat: float, seed: int, step: int) -> str:
        """Draw one step; return it in a sentence."""
        run = self.trace(ids, heat, seed)
        t = min(step, len(run.states))  # tokens read so far
        tokens = self.vocab.decode(run.ids, keep_special=True)
        for at, text in enumerate(self.words):
            shown = at <= t and at < len(tokens) and (t or not at)
            text.set(visible=shown, text=tokens[at] if shown else "")
            if shown:
                wide = is_wide(tokens[at])  # upright, to fit its place
                color = RED if at == t and t else (GREY if at < run.given else INK)
                text.set(fontsize=7 if wide else 12, rotation=90 if wide else 0, color=color)
        self.reading.set(visible=t > 0, xy=((t - 1) % PER_LINE - 0.5, (t - 1) // PER_LINE - 0.45))
        self._distribution(run, t)
        if not t:
            self.x.set_data(np.zeros_like(self.x.get_array()))
            self.h.set_data(np.zeros_like(self.h.get_array()))
            return f"{self.name}: nothing read yet, so h_0 is zero."
        self.x.set_data(run.embeddings[t - 1][None].numpy())
        self.h.set_data(_fold(run.states[t - 1]))
        read, new = tokens[t - 1 : t + 1]
        how = "you gave" if t < run.given else "it chooses"
        say = f"{self.name}, t = {t}: it reads {read}, and {how} {new}."
        if t == len(run.states):
            limit = f"The limit of {len(tokens)} tokens is reached: the end."
            say += " That ends the sentence." if run.ended else f" {limit}"
        return say

    def _distribution(self, run: Trace, t: int) -> None:
        """The softmax's ten largest as bars, the token that came next in red."""
        probabilities = run.probabilities[t - 1] if t else torch.zeros(len(self.vocab))
        top = probabilities.topk(min(TOP, len(probabilities))).indices
        order, new = (top.tolist(), run.ids[t]) if t else ([], -1)
        order += [-1] * (TOP - len(order))  # -1: no token stands there
        order.append(new if new not in order else -1)
        self.bars.set_lengths([probabilities[token].item() if token >= 0 else 0 for token in order])
        self.bars.set_facecolor([RED if token == new else BLUE for token in order])
        for token, label in zip(order, self.labels, strict=True):
            token = self.vocab.tokens[token] if token >= 0 else ""
            label.set(text=token, fontsize=7.5 if is_wide(token) else 12)
        largest, least = (probabilities[top[place]].item() for place in (0, -1))
        tiny = f"all small: from {largest:.1%} down to {least:.1%}"
        self.tiny.set_text(tiny if t and largest < 0.03 else "")
        chance = probabilities[new].item() if t else 0.0
        percent = f"{chance:.0%}" if chance >= 0.01 else f"{chance:.1%}"
        percent = percent if chance >= 0.001 else "under 0.1%"
        given = "given" if t < run.given else "chosen"
        self.choice.set_text(f"{given}: {self.vocab.tokens[new]}  {percent}" if t else "")


def _fold(state: Tensor) -> np.ndarray:
    """A state (H,) as two rows, so that its cells are as wide as the embedding's."""
    return (state.reshape(2, -1) if len(state) % 2 == 0 else state[None]).numpy()
