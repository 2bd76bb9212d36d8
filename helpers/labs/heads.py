"""Lesson 8: all attention weights of a Transformer while it translates a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from helpers.decoding import translate
from helpers.labs.look_back import LIMIT, weights_panel
from helpers.labs.translation import source_tokens
from helpers.live.marks import Arcs, Panel, Scene, Tokens
from helpers.typed_text import read_source
from helpers.words import BOS_ID, Vocabulary, join_chinese

if TYPE_CHECKING:
    from helpers.live import Explorer

ATTENTION_KINDS = {  # what a student chooses -> what stands in `HeadWeights.weights`
    "encoder: words at words": "encoder",
    "decoder: back at its own text": "back",
    "decoder: across at the source": "across",
}


class HeadWeights(NamedTuple):
    """A translation of T tokens from S source tokens, and who looked at whom on the way."""

    decoder_inputs: list[int]  # T ids that the decoder read: <bos> first
    decoder_outputs: list[
        int
    ]  # T ids that it wrote: the last is <eos>, unless the limit came first
    weights: dict[str, np.ndarray]  # by kind: (layers, heads, rows, columns)


@torch.no_grad()
def translate_with_weights(model: Any, ids: Sequence[int], limit: int = 60) -> HeadWeights:
    """Translate source ids (at least one) greedily and keep every weight.

    model: a `transformer.Transformer`, or one with its `encoder`, `decoder`, `start` and `step`.
    """
    source = torch.tensor([ids])
    mask = torch.ones_like(source, dtype=torch.bool)
    outputs = translate(model, ids, limit).ids
    inputs = [BOS_ID, *outputs[:-1]]
    maps = all_attention_weights(model, source, mask, torch.tensor([inputs]))
    stacks = {"encoder": maps.encoder, "back": maps.decoder, "across": maps.cross}
    weights = {kind: torch.cat(layers).numpy() for kind, layers in stacks.items()}
    return HeadWeights(inputs, outputs, weights)


class AttentionWeights(NamedTuple):
    """All attention weights of one pass: a list with one tensor for each layer."""

    encoder: list[Tensor]  # (B, heads, S, S)
    decoder: list[Tensor]  # (B, heads, T, T)
    cross: list[Tensor]  # (B, heads, T, S)


def all_attention_weights(
    model: Any, source: Tensor, mask: Tensor, target: Tensor
) -> AttentionWeights:
    """All weights while a model reads source ids and mask (B, S) and target ids (B, T)."""
    memory, encoder = model.encoder(source, mask)
    _, maps = model.decoder(target, memory, mask)
    return AttentionWeights(encoder, [own for own, _ in maps], [cross for _, cross in maps])


class HeadsView:
    """All heads of a Transformer at once while it translates what is typed."""

    def __init__(self, model: Any, english: Vocabulary, chinese: Vocabulary) -> None:
        self.english, self.chinese = english, chinese
        self.run = lru_cache(32)(lambda ids: translate_with_weights(model, ids, LIMIT))

    def scene(self, text: str, look: str, head: int, step: int) -> Scene:
        """One head large, row by row, and all heads small; `look` is one of `ATTENTION_KINDS`."""
        source = read_source(text, self.english, LIMIT)
        if not source.ids:
            return Scene(Panel(source_tokens(source, self.english)), note=source.note)
        found: HeadWeights = self.run(tuple(source.ids))
        read = self.chinese.decode(found.decoder_inputs, keep_special=True)
        wrote = self.chinese.decode(found.decoder_outputs, keep_special=True)
        weights = found.weights[look][-1]  # (heads, rows, columns) of the last layer
        rows = source.tokens if look == "encoder" else wrote
        columns = read if look == "back" else source.tokens
        t = min(step, len(rows))
        shown = len(rows) if look == "encoder" else t
        now = weights[head - 1, t - 1]
        links = [(k, 0, float(weight)) for k, weight in enumerate(now) if weight > 0.02]
        looks = Panel(
            Tokens(columns, values=now, name="columns", size=15),
            Arcs("columns", "row", links, color="blue", gap=50),
            Tokens([rows[t - 1]], inks=["red"], name="row", size=17),
            title=f"Head {head}, row {t}: {rows[t - 1]}",
        )
        large = weights_panel(
            weights[head - 1, :shown], rows[:shown], columns, t - 1, title=f"Head {head}, whole"
        )
        small = tuple(
            weights_panel(
                weights[n, :shown],
                [""] * shown,
                [""] * len(columns),
                height=90,
                title=f"{n + 1}",
                narrowest=120,
            )
            for n in range(len(weights))
        )
        best = int(now.argmax())
        title = f"Head {head} looks from {rows[t - 1]} at {columns[best]}, {now[best]:.0%}"
        told = join_chinese(self.chinese.decode(found.decoder_outputs))
        note = "\n".join(filter(None, [told, source.note]))
        return Scene(small, looks, large, title=title, note=note)


def heads_lab(model: Any, english: Vocabulary, chinese: Vocabulary, text: str = "") -> Explorer:
    """The view with its controls."""
    from helpers.live import choice, explore, player, slider, typed

    first = text or "My mother bought two red apples yesterday."
    return explore(
        HeadsView(model, english, chinese).scene,
        text=typed("English", first),
        look=choice("look", ATTENTION_KINDS, "across"),
        head=slider("head", 1, 4, 1),
        step=player("row", LIMIT, value=8, first=1),
    )
