"""Encoder, context vector, decoder: with GRUs (lesson 3) and with LSTMs."""

import torch
from torch import Tensor, nn

from helpers.taught.recurrent import LanguageModel, LSTMLanguageModel, patient_gru


class Encoder(nn.Module):
    """Reads a sentence and keeps one state per word, h_1 ... h_n (lesson 3)."""

    def __init__(self, vocab_size: int, embedding_size: int = 64, hidden_size: int = 128) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.rnn = patient_gru(embedding_size, hidden_size)

    def forward(self, ids: Tensor) -> Tensor:
        """States (B, S, H) of ids (B, S). Those at padding mean nothing."""
        h, _ = self.rnn(self.embedding(ids))
        return h


class Decoder(LanguageModel):
    """Lesson 2's language model with a GRU as its cell (lesson 3)."""

    def __init__(self, vocab_size: int, embedding_size: int = 64, hidden_size: int = 128) -> None:
        super().__init__(vocab_size, embedding_size, hidden_size)
        self.rnn = patient_gru(embedding_size, hidden_size)


def last_valid_state(h: Tensor, mask: Tensor) -> Tensor:
    """The state (B, H) at each row's last real token: h (B, S, H), mask (B, S) (lesson 3)."""
    last = mask.sum(dim=1) - 1
    return h[torch.arange(len(h)), last]


class Seq2Seq(nn.Module):
    """Encoder, context vector, decoder (lesson 3)."""

    def __init__(
        self,
        source_vocab_size: int,
        target_vocab_size: int,
        embedding_size: int = 64,
        hidden_size: int = 128,
    ) -> None:
        super().__init__()
        self.encoder = Encoder(source_vocab_size, embedding_size, hidden_size)
        self.decoder = Decoder(target_vocab_size, embedding_size, hidden_size)

    def encode(self, source: Tensor, mask: Tensor) -> Tensor:
        """The context vector c (B, H) of source ids and mask (B, S)."""
        h = self.encoder(source)  # (B, S, H)
        return last_valid_state(h, mask)

    def forward(self, source: Tensor, mask: Tensor, target: Tensor) -> Tensor:
        """Logits (B, T, V) for the token after each target id (B, T), given the source."""
        c = self.encode(source, mask)
        logits, _ = self.decoder(target, c)
        return logits


class LSTMSeq2Seq(nn.Module):
    """Lesson 3's translator with lesson 5's LSTMs: c becomes a pair, h and c (lesson 10).

    forget_bias: added to both forget gates' bias; with 2.5 they start by keeping 92 %.
    """

    def __init__(
        self,
        source_vocab_size: int,
        target_vocab_size: int,
        embedding_size: int = 64,
        hidden_size: int = 128,
        forget_bias: float = 2.5,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(source_vocab_size, embedding_size)
        self.lstm = nn.LSTM(embedding_size, hidden_size, batch_first=True)
        self.decoder = LSTMLanguageModel(target_vocab_size, embedding_size, hidden_size)
        for lstm in (self.lstm, self.decoder.lstm):
            with torch.no_grad():  # (4H,): input gate, forget gate, candidate, output gate
                lstm.get_parameter("bias_hh_l0").chunk(4)[1].add_(forget_bias)

    def start(self, source: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """The pair (h, c), (1, B, H) each, after each sentence's last real token."""
        packed = nn.utils.rnn.pack_padded_sequence(
            self.embedding(source), mask.sum(dim=1), batch_first=True, enforce_sorted=False
        )
        return self.lstm(packed)[1]

    def step(
        self, ids: Tensor, state: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, None, tuple[Tensor, Tensor]]:
        """Logits (B, V) for the token after ids (B,), no attention weights, and the next state."""
        logits, state = self.decoder(ids.unsqueeze(1), state)
        return logits[:, 0], None, state

    def forward(self, source: Tensor, mask: Tensor, target: Tensor) -> Tensor:
        """Logits (B, T, V) for the token after each target id (B, T), given the source."""
        return self.decoder(target, self.start(source, mask))[0]
