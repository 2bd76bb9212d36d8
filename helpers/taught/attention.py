"""Attention: additive, on the states of an RNN (lesson 6), and scaled dot-product (lesson 7)."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from helpers.taught.recurrent import start_patient


def masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Weights that are 0 where mask is False and sum to 1 over the last axis (lesson 6).

    scores and mask (True at real places) have one shape, or shapes that broadcast. A row without
    any real place gets zeros, never NaN.
    """
    lowest = torch.finfo(scores.dtype).min  # -inf would make a row of nothing but padding NaN
    return scores.masked_fill(~mask, lowest).softmax(dim=-1) * mask


class AdditiveAttention(nn.Module):
    """Scores how well each source state fits the decoder's: e_j = v · tanh(W s + U h_j) (lesson 6).

    The alignment model a(s, h_j) of Bahdanau, Cho & Bengio (2015), appendix A.1.2.
    """

    def __init__(self, hidden_size: int = 96, attention_size: int = 64) -> None:
        super().__init__()
        self.W = nn.Linear(hidden_size, attention_size, bias=False)
        self.U = nn.Linear(hidden_size, attention_size, bias=False)
        self.v = nn.Linear(attention_size, 1, bias=False)

    def forward(self, s: Tensor, Uh: Tensor, mask: Tensor) -> Tensor:
        """Weights (B, S) of a decoder state s (B, H), given U h (B, S, A) and mask (B, S)."""
        scores = self.v(torch.tanh(self.W(s).unsqueeze(1) + Uh)).squeeze(-1)  # e: (B, S)
        return masked_softmax(scores, mask)


class BidirectionalEncoder(nn.Module):
    """Reads a sentence both ways: h_j knows what stands before word j and what after (lesson 6).

    Schuster & Paliwal (1997). Padding is never read, in either direction.
    """

    def __init__(self, vocab_size: int, embedding_size: int = 64, hidden_size: int = 96) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.rnn = nn.GRU(embedding_size, hidden_size // 2, batch_first=True, bidirectional=True)
        start_patient(self.rnn)

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """States h (B, S, H), zero at padding, and the two last states side by side (B, H)."""
        packed = pack_padded_sequence(
            self.embedding(ids), mask.sum(dim=1).cpu(), batch_first=True, enforce_sorted=False
        )
        h, last = self.rnn(packed)  # last: (2, B, H/2)
        h, _ = pad_packed_sequence(h, batch_first=True, total_length=ids.shape[1])
        return h, torch.cat([*last], dim=-1)


class AttentionState(NamedTuple):
    """What the decoder needs for its next step, one row per sentence."""

    s: Tensor  # (B, H): its own state
    h: Tensor  # (B, S, H): the encoder's states
    Uh: Tensor  # (B, S, A): U h, computed once for all steps
    mask: Tensor  # (B, S)


class AttentionDecoder(nn.Module):
    """Writes one token a step, and before each one looks at the whole source (lesson 6)."""

    def __init__(self, vocab_size: int, embedding_size: int = 64, hidden_size: int = 96) -> None:
        super().__init__()
        self.attention = AdditiveAttention(hidden_size)
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.cell = nn.GRUCell(embedding_size + hidden_size, hidden_size)
        self.output = nn.Linear(2 * hidden_size, vocab_size)
        start_patient(self.cell)

    def step(
        self, ids: Tensor, state: AttentionState, weights: Tensor | None = None
    ) -> tuple[Tensor, Tensor, AttentionState]:
        """After reading ids (B,): [s; c] (B, 2H), which `output` makes logits of, weights, state.

        weights: (B, S), where to look instead of where the model would; to intervene.
        """
        s, h, Uh, mask = state
        weights = self.attention(s, Uh, mask) if weights is None else weights  # alpha_ij: (B, S)
        c = (weights.unsqueeze(1) @ h).squeeze(1)  # c_i: (B, 1, S) @ (B, S, H) -> (B, H)
        s = self.cell(torch.cat([self.embedding(ids), c], dim=-1), s)  # s_i (B, H)
        seen = torch.cat([s, c], dim=-1)  # [s_i; c_i] (B, 2H)
        return seen, weights, AttentionState(s, h, Uh, mask)


class AttentionSeq2Seq(nn.Module):
    """Lesson 3's translator with a context vector of its own for each output token (lesson 6).

    Bahdanau, Cho & Bengio (2015), with GRUs that start patient and without their maxout layer.
    """

    def __init__(
        self,
        source_vocab_size: int,
        target_vocab_size: int,
        embedding_size: int = 64,
        hidden_size: int = 96,
    ) -> None:
        super().__init__()
        self.encoder = BidirectionalEncoder(source_vocab_size, embedding_size, hidden_size)
        self.decoder = AttentionDecoder(target_vocab_size, embedding_size, hidden_size)

    def start(self, source: Tensor, mask: Tensor) -> AttentionState:
        """Read source ids and mask (B, S): the decoder's first state, and what it may look at."""
        h, s = self.encoder(source, mask)
        return AttentionState(s, h, self.decoder.attention.U(h), mask)

    def step(
        self, ids: Tensor, state: AttentionState, weights: Tensor | None = None
    ) -> tuple[Tensor, Tensor, AttentionState]:
        """Logits (B, V) for the token after ids (B,), weights (B, S) and the next state.

        weights: where to look instead of where the model would; to intervene.
        """
        seen, weights, state = self.decoder.step(ids, state, weights)
        return self.decoder.output(seen), weights, state

    def forward(self, source: Tensor, mask: Tensor, target: Tensor) -> Tensor:
        """Logits (B, T, V) for the token after each target id (B, T), given the source."""
        state, outputs = self.start(source, mask), []
        for ids in target.unbind(dim=1):  # teacher forcing: the true token of each step
            seen, _, state = self.decoder.step(ids, state)
            outputs.append(seen)
        return self.decoder.output(torch.stack(outputs, dim=1))  # all places at once


def attention(
    queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Scaled dot-product attention: context (..., T, d_v) and weights (..., T, S).

    queries: (..., T, d). keys: (..., S, d). values: (..., S, d_v). mask: boolean, (..., T, S) or
    broadcast to it, True where a query may look. A query that may look nowhere gets zeros.
    Vaswani et al. (2017), equation 1.
    """
    scores = queries @ keys.mT / queries.shape[-1] ** 0.5  # (..., T, S)
    weights = scores.softmax(dim=-1) if mask is None else masked_softmax(scores, mask)
    return weights @ values, weights


def causal_mask(T: int) -> Tensor:
    """Who may look at whom while a text is being written: (T, T), True where j <= i."""
    places = torch.arange(T)
    return places[None, :] <= places[:, None]
