"""Lesson 10's widget: four models translate what is typed, with heat maps where there are any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import torch
from matplotlib.text import Text

from helpers.decoding import Translation, translate
from helpers.figures import GREY, INK, RED, figure, is_wide
from helpers.metrics import differing_tokens
from helpers.typed_text import read_source
from helpers.views.attention import MAX_SOURCE, MAX_TARGET, Map
from helpers.words import Pair, Vocabulary, join_chinese


class FourView:
    """Four models translate what is typed; heat maps of those that look; for `explore`.

    models: name -> model. known: pairs whose right translation is shown, and differences in red.
    `view.figure` is the picture and `view.update` its function of the control `text`.
    """

    def __init__(
        self,
        models: Mapping[str, Any],
        english: Vocabulary,
        chinese: Vocabulary,
        known: Sequence[Pair] = (),
    ) -> None:
        self.models, self.english, self.chinese = models, english, chinese
        self.right = {tuple(pair.source): pair.target for pair in known}
        self.translations = lru_cache(16)(self._translations)
        self.figure = figure(9.5, 6.0)
        self.figure.set_layout_engine("none")  # words come and go: their room is kept for them
        lines = self.figure.add_axes((0.02, 0.66, 0.96, 0.33))
        lines.axis("off")
        lines.set(xlim=(0, 47), ylim=(len(models) + 0.6, -0.6))
        self.rows: dict[str, list[Text]] = {}
        for y, name in enumerate([*models, "right"]):
            label = "right" if name == "right" else name
            lines.text(0, y, label, va="center", color=GREY, fontsize=11)
            self.rows[name] = [
                lines.text(10.5 + x, y, "", ha="center", va="center", parse_math=False)
                for x in range(MAX_TARGET)
            ]
        looking = [name for name in models if name in ("RNN with attention", "self-attention")]
        self.maps = {}
        for place, name in zip((0.1, 0.6), looking, strict=False):
            ax = self.figure.add_axes((place, 0.02, 0.36, 0.4))
            ax.set_title(name, pad=66)  # above the slanted words
            self.maps[name] = Map(ax)

    def _translations(self, ids: tuple[int, ...]) -> dict[str, Translation]:
        return {name: translate(model, ids, MAX_TARGET) for name, model in self.models.items()}

    def update(self, text: str) -> str:
        """Translate what was typed with every model."""
        source = read_source(text, self.english, MAX_SOURCE)
        right = self.right.get(tuple(source.tokens))
        found = self.translations(tuple(source.ids))
        for name, translation in found.items():
            tokens = self.chinese.decode(translation.ids)
            self._write(name, tokens, differing_tokens(tokens, right) if right else [])
            if name in self.maps and translation.weights is not None:
                weights = translation.weights.numpy()[: len(tokens)]
                self.maps[name].show(source.tokens, tokens, weights, len(tokens), mark=False)
            elif name in self.maps:
                self.maps[name].show([], [], torch.zeros(0, 0).numpy(), 0, mark=False)
        self._write("right", right or ["—"] * bool(source.ids), [])
        said = [f"{name}: {join_chinese(self.chinese.decode(t.ids))}" for name, t in found.items()]
        note = "" if right or not source.ids else "Not a sentence of the corpus: nothing to compare"
        return "\n".join(filter(None, [*(said if source.ids else []), note, source.note]))

    def _write(self, name: str, tokens: Sequence[str], wrong: Sequence[bool]) -> None:
        for x, label in enumerate(self.rows[name]):
            label.set_visible(x < len(tokens))
            if x < len(tokens):
                small = is_wide(tokens[x])
                label.set(text=tokens[x], fontsize=6 if small else 12)
                label.set_color(RED if x < len(wrong) and wrong[x] else INK)
