"""Lesson 8: all attention weights of a Transformer while it translates a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from helpers.decoding import translate
from helpers.words import BOS_ID

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
