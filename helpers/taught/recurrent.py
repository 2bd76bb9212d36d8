"""Recurrent models: RNN and LSTM, as language models and as readers (lessons 2 to 5)."""

from typing import Any

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


def start_isometric(rnn: Any) -> None:
    """Start a tanh RNN so that every step nearly keeps the length of a gradient (lesson 4).

    Orthogonal W, and small inputs so that tanh works where its slope is 1: dynamical isometry
    (Saxe, McClelland & Ganguli 2014; for RNNs Chen, Pennington & Schoenholz 2018).
    """
    with torch.no_grad():
        nn.init.orthogonal_(rnn.weight_hh_l0)
        rnn.weight_ih_l0.mul_(0.1)
        rnn.bias_ih_l0.zero_()
        rnn.bias_hh_l0.zero_()


def lstm_step(
    a: Tensor, c: Tensor, **held: Tensor | float
) -> tuple[Tensor, Tensor, dict[str, Any]]:
    """One step of an LSTM, as `nn.LSTM` takes it: h_t, c_t (B, H), and gates by letter (lesson 5).

    a: (B, 4H), W x_t + U h_{t-1} + b for input gate i, forget gate f, candidate g, output gate o.
    c: (B, H), the memory of the step before. held: gates to hold at a value, such as f=1.0.
    Hochreiter & Schmidhuber (1997); the forget gate is by Gers, Schmidhuber & Cummins (2000).
    """
    i, f, g, o = a.chunk(4, dim=-1)
    gates = {"i": i.sigmoid(), "f": f.sigmoid(), "o": o.sigmoid()} | held
    c = gates["f"] * c + gates["i"] * g.tanh()
    return gates["o"] * c.tanh(), c, gates


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
            h, c, gates = lstm_step(a + h @ U.T, c)
            trace.append(torch.stack([*gates.values(), c]))
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
