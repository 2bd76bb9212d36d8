"""A small Transformer: positions (lesson 7); heads, blocks, both models and a cache (lesson 8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from helpers.taught.attention import attention, causal_mask

State = tuple[Tensor, Tensor, Tensor]  # memory (B, S, E), source mask (B, S), ids so far (B, T)
Cache = tuple[Tensor, Tensor]  # the keys and values of all places read so far, (B, heads, t, d)


def positions(T: int, size: int) -> Tensor:
    """A vector for each place 0 ... T - 1: sines and cosines at size / 2 speeds, (T, size).

    Vaswani et al. (2017), section 3.5. size must be even.
    """
    speed = 10_000.0 ** (-torch.arange(0, size, 2) / size)  # (size / 2,): 1 ... about 1/10,000
    angle = torch.arange(T)[:, None] * speed  # (T, size / 2)
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)


class MultiHeadAttention(nn.Module):
    """Several attentions side by side, each with a slice of the queries, keys and values."""

    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.W_Q, self.W_K = nn.Linear(size, size), nn.Linear(size, size)
        self.W_V, self.W_O = nn.Linear(size, size), nn.Linear(size, size)

    def split(self, z: Tensor) -> Tensor:
        """(B, T, size) -> (B, heads, T, d), d = size / heads."""
        return z.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, y: Tensor, x: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """y (B, T, size) asks, x (B, S, size) answers: output (B, T, size), weights (B, h, T, S).

        mask: True where y may look; it must broadcast to (B, heads, T, S).
        """
        queries, keys, values = self.split(self.W_Q(y)), self.split(self.W_K(x)), self.W_V(x)
        context, weights = attention(queries, keys, self.split(values), mask)
        return self.W_O(context.transpose(1, 2).flatten(2)), weights


def feed_forward(size: int) -> nn.Sequential:
    """A small network that every place goes through by itself: (..., size) -> (..., size)."""
    return nn.Sequential(nn.Linear(size, 2 * size), nn.ReLU(), nn.Linear(2 * size, size))


class EncoderBlock(nn.Module):
    """Every word looks at all words of its sentence, then each thinks for itself."""

    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.self_attention = MultiHeadAttention(size, heads)
        self.feed_forward = feed_forward(size)
        self.norm_1, self.norm_2 = nn.LayerNorm(size), nn.LayerNorm(size)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, S, size), mask (B, 1, 1, S) -> x (B, S, size), weights (B, heads, S, S)."""
        z = self.norm_1(x)
        found, weights = self.self_attention(z, z, mask)
        x = x + found
        return x + self.feed_forward(self.norm_2(x)), weights


class DecoderBlock(nn.Module):
    """Every token looks back at its own text, then across at the source, then thinks."""

    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.self_attention, self.cross_attention = (
            MultiHeadAttention(size, heads) for _ in range(2)
        )
        self.feed_forward = feed_forward(size)
        self.norm_1, self.norm_2, self.norm_3 = (nn.LayerNorm(size) for _ in range(3))

    def forward(self, y: Tensor, memory: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """y (B, T, size), memory (B, S, size), mask (B, 1, 1, S) -> y, both kinds of weights.

        The weights are those of the look back (B, heads, T, T) and across (B, heads, T, S).
        """
        z = self.norm_1(y)
        found, back = self.self_attention(z, z, causal_mask(y.shape[1]).to(y.device))
        y = y + found
        found, across = self.cross_attention(self.norm_2(y), memory, mask)
        y = y + found
        return y + self.feed_forward(self.norm_3(y)), back, across


class TransformerEncoder(nn.Module):
    """Reads a sentence all at once: one vector for each word, the decoder's memory."""

    def __init__(self, vocab_size: int, size: int, heads: int, layers: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, size)
        self.blocks = nn.ModuleList(EncoderBlock(size, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(size)

    def forward(self, source: Tensor, mask: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Ids and mask (B, S) -> memory (B, S, size), and each layer's weights (B, heads, S, S)."""
        x = self.embedding(source)
        x = x + positions(*x.shape[1:]).to(x)
        maps = []
        for block in self.blocks:
            x, weights = block(x, mask[:, None, None])
            maps.append(weights)
        return self.norm(x), maps


class TransformerDecoder(nn.Module):
    """Says after each token of a translation what may come next."""

    def __init__(self, vocab_size: int, size: int, heads: int, layers: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, size)
        self.blocks = nn.ModuleList(DecoderBlock(size, heads) for _ in range(layers))
        self.norm, self.output = nn.LayerNorm(size), nn.Linear(size, vocab_size)

    def forward(
        self, target: Tensor, memory: Tensor, mask: Tensor
    ) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
        """Ids (B, T), memory (B, S, size), source mask (B, S) -> logits (B, T, V), weights.

        The weights are a pair for each layer: back (B, heads, T, T) and across (B, heads, T, S).
        """
        y = self.embedding(target)
        y = y + positions(*y.shape[1:]).to(y)
        maps = []
        for block in self.blocks:
            y, back, across = block(y, memory, mask[:, None, None])
            maps.append((back, across))
        return self.output(self.norm(y)), maps


class Transformer(nn.Module):
    """Translates with attention alone: nothing is handed on from word to word.

    Encoder-decoder of Vaswani et al. (2017), with a LayerNorm before each part instead of after it
    (pre-norm: Xiong et al. 2020). heads must divide size, and size must be even.
    """

    def __init__(
        self,
        source_vocab_size: int,
        target_vocab_size: int,
        size: int = 64,
        heads: int = 4,
        layers: int = 1,
    ) -> None:
        super().__init__()
        self.encoder = TransformerEncoder(source_vocab_size, size, heads, layers)
        self.decoder = TransformerDecoder(target_vocab_size, size, heads, layers)

    def forward(self, source: Tensor, mask: Tensor, target: Tensor) -> Tensor:
        """Logits (B, T, V) for the token after each target id (B, T), given the source."""
        memory, _ = self.encoder(source, mask)
        return self.decoder(target, memory, mask)[0]

    def start(self, source: Tensor, mask: Tensor) -> State:
        """The state before the first token is written."""
        return self.encoder(source, mask)[0], mask, source[:, :0]

    def step(self, ids: Tensor, state: State) -> tuple[Tensor, Tensor, State]:
        """Read the newest ids (B,): logits (B, V) for the next, weights (B, S), the next state.

        weights: the last layer's look across from the newest place, mean over the heads.
        Everything written so far is read again; real systems keep the keys and values instead.
        """
        memory, mask, written = state
        written = torch.cat([written, ids[:, None]], dim=1)  # (B, T)
        logits, maps = self.decoder(written, memory, mask)
        return logits[:, -1], maps[-1][1][:, :, -1].mean(dim=1), (memory, mask, written)


class CausalLanguageModel(nn.Module):
    """Lesson 2's language model without recurrence: blocks under a causal mask, a decoder alone."""

    def __init__(self, vocab_size: int, size: int = 64, heads: int = 4, layers: int = 1) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, size)
        self.blocks = nn.ModuleList(EncoderBlock(size, heads) for _ in range(layers))
        self.norm, self.output = nn.LayerNorm(size), nn.Linear(size, vocab_size)

    def forward(self, ids: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Ids (B, T) -> logits (B, T, V) for the token after each, weights (B, heads, T, T)."""
        x = self.embedding(ids)
        x = x + positions(*x.shape[1:]).to(x)
        maps = []
        for block in self.blocks:
            x, weights = block(x, causal_mask(ids.shape[1]).to(x.device))
            maps.append(weights)
        return self.output(self.norm(x)), maps


def cached_attention(
    query: Tensor, key: Tensor, value: Tensor, cache: Cache | None = None
) -> tuple[Tensor, Cache]:
    """The newest place asks all places so far, itself included: context (B, heads, 1, d), cache.

    query, key, value: of the newest place, (B, heads, 1, d). cache: of the t places before it.
    """
    keys, values = key, value
    if cache is not None:
        keys, values = torch.cat([cache[0], key], dim=-2), torch.cat([cache[1], value], dim=-2)
    context, _ = attention(query, keys, values)
    return context, (keys, values)


@torch.no_grad()
def read_one(model: Any, ids: Tensor, caches: Sequence[Cache | None]) -> tuple[Tensor, list[Cache]]:
    """Read the newest ids (B, 1): logits (B, V) for the next, and the caches with one place more.

    model: a `CausalLanguageModel`. caches: one for each block, None before the first token.
    """
    t = 0 if caches[0] is None else caches[0][0].shape[-2]
    x, longer = model.embedding(ids), []
    x = x + positions(t + 1, x.shape[-1])[t].to(x)
    for block, cache in zip(model.blocks, caches, strict=True):
        z, look = block.norm_1(x), block.self_attention
        query, key, value = (look.split(W(z)) for W in (look.W_Q, look.W_K, look.W_V))
        context, cache = cached_attention(query, key, value, cache)
        x = x + look.W_O(context.transpose(1, 2).flatten(2))
        x = x + block.feed_forward(block.norm_2(x))
        longer.append(cache)
    return model.output(model.norm(x))[:, -1], longer
