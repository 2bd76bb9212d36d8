"""Lessons 4 and 5: how far back an RNN or an LSTM learns, by its start; and what clipping does.

Readers, starts and training are the lessons' own, taken from their sources.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

import helpers  # noqa: F401  one thread
from helpers.words import recall_batch
from notebooks.lessons import lesson
from tools.experiments.lstm import fit_quietly

FOUR = lesson("04").define(given={"fit": fit_quietly})
STEPS, LEARNING_RATE, BATCH = 300, 3e-3, 64
LAGS = (5, 10, 20, 40, 80)


def rnn_reader(units: int, start: Callable[[Any], None] | None = None, **options: Any) -> Any:
    """Lesson 4's reader; `start` changes its RNN, `options` go to `nn.RNN`."""
    reader = FOUR["Reader"](units)
    if options:
        reader.rnn = nn.RNN(16, units, batch_first=True, **options)
    if start:
        start(reader.rnn)
    return reader


def orthogonal(rnn: Any, gain: float = 1.0, inputs: float = 1.0) -> None:
    """An orthogonal W times `gain`, input weights times `inputs`, biases 0."""
    FOUR["start_isometric"](rnn)
    with torch.no_grad():
        rnn.weight_hh_l0 *= gain
        rnn.weight_ih_l0 *= inputs / 0.1


def identity(rnn: Any, inputs: float = 1.0) -> None:
    """W is the identity, biases are 0 (Le, Jaitly & Hinton 2015, for ReLU)."""
    orthogonal(rnn, inputs=inputs)
    with torch.no_grad():
        rnn.weight_hh_l0.copy_(torch.eye(rnn.hidden_size))


def lstm_reader(units: int, forget_bias: float | None = None) -> Any:
    """Lesson 5's LSTM in lesson 4's reader: same sizes of embedding and output."""
    reader = FOUR["Reader"](units)
    reader.rnn = nn.LSTM(16, units, batch_first=True)
    if forget_bias is not None:
        with torch.no_grad():
            reader.rnn.bias_ih_l0[units : 2 * units] = forget_bias
            reader.rnn.bias_hh_l0[units : 2 * units] = 0.0
    return reader


Make = Callable[[], Any]
# model and start, units → a new reader. 32 units is lesson 4's reader; 38 units have about as many
# weights as the LSTM's 16 (lesson 5).
READERS: dict[tuple[str, int], Make] = {
    ("RNN, as PyTorch starts it", 32): lambda: rnn_reader(32),
    ("RNN, isometric", 32): lambda: rnn_reader(32, FOUR["start_isometric"]),
    ("RNN, orthogonal W", 32): lambda: rnn_reader(32, orthogonal),
    ("RNN, orthogonal W × 1.2", 32): lambda: rnn_reader(32, lambda r: orthogonal(r, 1.2)),
    ("RNN, orthogonal W, inputs × 0.3", 32): lambda: rnn_reader(
        32, lambda r: orthogonal(r, inputs=0.3)
    ),
    ("ReLU RNN, identity W", 32): lambda: rnn_reader(32, identity, nonlinearity="relu"),
    ("RNN, as PyTorch starts it", 38): lambda: rnn_reader(38),
    ("RNN, isometric", 38): lambda: rnn_reader(38, FOUR["start_isometric"]),
    ("LSTM, as PyTorch starts it", 16): lambda: lstm_reader(16),
    ("LSTM, forget bias 1", 16): lambda: lstm_reader(16, 1.0),
    ("LSTM, forget bias 3", 16): lambda: lstm_reader(16, 3.0),
    ("LSTM, forget bias 5", 16): lambda: lstm_reader(16, 5.0),
}


def recall(model: str, units: int, lag: int, seed: int) -> dict[str, float]:
    """Train one reader at one lag: accuracy, and the first word's gradient against the last's.

    The gradient is measured before training, and every 25 steps until its end: the largest counts.
    """
    torch.manual_seed(seed)
    reader = READERS[model, units]()
    felt = [FOUR["first_against_last"](reader, lag)]
    optimizer = torch.optim.Adam(reader.parameters(), lr=LEARNING_RATE, fused=True)
    for step in range(1, STEPS + 1):
        batch = recall_batch(BATCH, lag + 1, flag_at=0)
        optimizer.zero_grad()
        F.cross_entropy(reader(batch.inputs), batch.answers).backward()
        optimizer.step()
        if step % 25 == 0:
            felt.append(FOUR["first_against_last"](reader, lag))
    return {
        "accuracy": FOUR["accuracy"](reader, lag),
        "felt at first": felt[0],
        "felt at most": max(felt[1:]),
    }


def recall_anywhere(model: str, units: int, seed: int) -> dict[str, float]:
    """Trained as lesson 5's gate readers: 5 to 20 steps, the symbol anywhere; accuracy by steps."""
    torch.manual_seed(seed)
    reader = READERS[model, units]()
    optimizer = torch.optim.Adam(reader.parameters(), lr=0.01, fused=True)
    for length in torch.randint(5, 21, (600,)).tolist():
        batch = recall_batch(BATCH, length)
        optimizer.zero_grad()
        F.cross_entropy(reader(batch.inputs), batch.answers).backward()
        optimizer.step()
    found = {}
    for length in (20, 100):
        test = recall_batch(1000, length)
        with torch.no_grad():
            right = reader(test.inputs).argmax(-1) == test.answers
        found[f"{length} steps"] = right.float().mean().item()
    return found


def clipping(clip: float | None, seed: int) -> dict[str, float]:
    """Lesson 4's training from W of radius 2: its losses, and the longest gradient."""
    history = FOUR["train_with_sgd"](clip, "", seed)
    return {
        "highest loss": max(history.losses),
        "last loss": sum(history.losses[-20:]) / 20,
        "longest gradient": max(history.grad_norms),
    }
