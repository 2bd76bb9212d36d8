"""The models that lessons have taught, unchanged, for later lessons to build on."""

import torch
from torch import Tensor, nn


class LanguageModel(nn.Module):
    """Reads tokens one by one and says, after each, what may come next (lesson 2)."""

    def __init__(self, vocab_size: int, embedding_size: int = 64, hidden_size: int = 128) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.rnn: nn.RNNBase = nn.RNN(embedding_size, hidden_size, batch_first=True)
        self.output = nn.Linear(hidden_size, vocab_size)

    def forward(self, ids: Tensor, h0: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Logits (B, T, V) for the token after each id (B, T), and hidden states (B, T, H).

        h0: the state (B, H) to start from, zero if None. `h[:, -1]` is the one to go on from.
        """
        x = self.embedding(ids)  # (B, T) -> (B, T, E)
        h, _ = self.rnn(x, None if h0 is None else h0.unsqueeze(0))  # (B, T, H)
        return self.output(h), h


def start_patient(gru: nn.Module) -> None:
    """Let a GRU begin by keeping σ(2.5) = 92 % of its state at each step (lesson 3).

    PyTorch's own keeps about half. The bias is the update gate's, z in h = (1 - z) n + z h_before;
    the idea is that of the LSTM's forget bias (Gers, Schmidhuber & Cummins 2000).
    """
    for name, bias in gru.named_parameters():
        if name.startswith("bias_hh"):  # (3H,): reset gate, update gate, candidate
            with torch.no_grad():
                bias.chunk(3)[1].add_(2.5)


def patient_gru(input_size: int, hidden_size: int) -> nn.GRU:
    """A GRU that begins by keeping about 92 % of its state at each step (lesson 3)."""
    gru = nn.GRU(input_size, hidden_size, batch_first=True)
    start_patient(gru)
    return gru


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
    return h[torch.arange(len(h)), mask.sum(dim=1) - 1]


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
        return last_valid_state(self.encoder(source), mask)

    def forward(self, source: Tensor, mask: Tensor, target: Tensor) -> Tensor:
        """Logits (B, T, V) for the token after each target id (B, T), given the source."""
        logits, _ = self.decoder(target, self.encode(source, mask))
        return logits


def lstm_cell(
    x: Tensor, h: Tensor, c: Tensor, W: Tensor, U: Tensor, b: Tensor
) -> tuple[Tensor, Tensor]:
    """One step of an LSTM, as `nn.LSTM` takes it: h_t, c_t (B, H) (lesson 5).

    x: (B, E). h, c: (B, H), those of the step before. W: (4H, E), U: (4H, H), b: (4H,), each the
    stacked parts of input gate i, forget gate f, candidate g and output gate o.
    Hochreiter & Schmidhuber (1997); the forget gate is by Gers, Schmidhuber & Cummins (2000).
    """
    i, f, g, o = (x @ W.T + h @ U.T + b).chunk(4, dim=-1)  # (B, H) each
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


class GateReader(nn.Module):
    """Names one of four symbols at the end of a sequence, and shows its gates (lesson 5)."""

    def __init__(self, hidden_size: int = 8) -> None:
        super().__init__()
        self.embedding = nn.Embedding(9, 16)
        self.lstm = nn.LSTM(16, hidden_size)  # holds the weights; the steps are taken here
        self.output = nn.Linear(hidden_size, 4)

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Ids (B, T) -> logits (B, 4), and gates i, f, o and memory c of each step (4, B, T, H)."""
        W, U, b_ih, b_hh = self.lstm.parameters()
        h = c = torch.zeros(len(inputs), self.lstm.hidden_size, device=inputs.device)
        trace = []
        for a in (self.embedding(inputs) @ W.T + b_ih + b_hh).unbind(1):  # (B, 4H) each
            i, f, g, o = (a + h @ U.T).chunk(4, dim=-1)
            i, f, o = i.sigmoid(), f.sigmoid(), o.sigmoid()  # (B, H) each
            c = f * c + i * g.tanh()
            h = o * c.tanh()
            trace.append(torch.stack([i, f, o, c]))
        return self.output(h), torch.stack(trace, dim=2)


class LSTMLanguageModel(nn.Module):
    """Lesson 2's language model with an LSTM: its state is a pair, h and c (lesson 5)."""

    def __init__(self, vocab_size: int, embedding_size: int = 64, hidden_size: int = 128) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.lstm = nn.LSTM(embedding_size, hidden_size, batch_first=True)
        self.output = nn.Linear(hidden_size, vocab_size)

    def forward(
        self, ids: Tensor, state: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Logits (B, T, V) after each id (B, T), and the last (h, c), (1, B, H) each, to go on."""
        h, state = self.lstm(self.embedding(ids), state)  # (B, T, H)
        return self.output(h), state


class LSTMSeq2Seq(nn.Module):
    """Lesson 3's translator with lesson 5's LSTMs: c becomes a pair, h and c (lesson 9).

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
