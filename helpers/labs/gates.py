"""Lesson 5: an LSTM's gates, as trained or held at a value, and the forget gate's bias."""

from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from helpers.labs.gradients import SIZE, passage, untrained_lstm, word_inputs
from helpers.metrics import gradient_reach, jacobian_norms
from helpers.taught.recurrent import GateReader, lstm_step
from helpers.words import recall_batch

LAGS = 100  # steps back that the forget-bias lab shows
NAMES = [*"abcdABCD?"]  # the recall task's ids: distractors, flagged symbols, question
GATES = {"i": "input gate i (K)", "f": "forget gate f (R)", "o": "output gate o (V)"}


class GateRun(NamedTuple):
    """What an LSTM does with one sequence of T steps, H units."""

    gates: dict[str, np.ndarray]  # i, f, o: (T, H) each
    memory: np.ndarray  # c_t (T, H)
    probabilities: np.ndarray  # of the four answers (4,)
    reach: np.ndarray  # ‖∂c_T/∂c_t‖ (T,), all paths counted


def run_reader(
    reader: GateReader, inputs: Tensor, held: str = "", value: float = 1.0, start: int = 1
) -> GateRun:
    """Run a `GateReader` over ids (T,), one gate held at a value from step `start` (1 ... T) on.

    held: 'i', 'f', 'o', or '' to leave every gate as trained.
    The sequence runs in H equal rows, for `metrics.jacobian_norms`.
    """
    W, U, b_ih, b_hh = (weight.detach() for weight in reader.lstm.parameters())
    H = reader.lstm.hidden_size
    h = c = torch.zeros(H, H, requires_grad=True)
    gates: dict[str, list[Tensor]] = {"i": [], "f": [], "o": []}
    memories = []
    for t, a in enumerate(reader.embedding(inputs).detach() @ W.T + b_ih + b_hh, start=1):
        holding = {held: torch.full((H, H), value)} if held and t >= start else {}
        h, c, now = lstm_step(a + h @ U.T, c, **holding)  # (H, H): H equal rows
        memories.append(c)
        for name, gate in now.items():
            gates[name].append(gate[0].detach())
    with torch.no_grad():
        probabilities = reader.output(h[0]).softmax(-1)
    return GateRun(
        {name: torch.stack(rows).numpy() for name, rows in gates.items()},
        torch.stack([memory[0].detach() for memory in memories]).numpy(),
        probabilities.numpy(),
        jacobian_norms(memories).numpy(),
    )


@lru_cache(256)
def recall_example(length: int, seed: int) -> tuple[Tensor, int, int]:
    """A sequence of the recall task: ids (length,), the flag's step (1 ... length - 1), answer."""
    batch = recall_batch(1, length, generator=torch.Generator().manual_seed(seed))
    return batch.inputs[0], int(batch.flag[0]) + 1, int(batch.answers[0])


@lru_cache(64)
def bias_reach(bias: float, seed: int = 0, length: int = LAGS + 1) -> np.ndarray:
    """‖∂s_T/∂s_t‖ by lag T - t = 0 ... length - 1, s = (h, c), of a fresh LSTM with this bias."""
    return gradient_reach(untrained_lstm(bias, seed), _words()[:length], SIZE).numpy()[::-1].copy()


@cache
def _words() -> Tensor:
    return word_inputs(passage(LAGS + 1))
