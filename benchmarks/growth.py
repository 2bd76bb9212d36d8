"""How cost grows with length: the gradient lab, a training step, self-attention; fitted exponents.

Process time on one thread, medians of interleaved rounds. The exponent p of "cost ~ length^p" is
the slope of a straight line through the medians on two log axes: over all lengths, and between the
two longest, where the constant part weighs least. Expected: 1 for whatever reads token by token, as
the lab's single backward pass does; 2 in the long run where each place looks at each, as in
self-attention. Lesson 6's model has both, so its step lies between. What a move of the lab's slider
costs, drawing included, is in gradient_lab_cost.py.
"""

import math
import statistics
from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import nn

from helpers.labs.gradients import measure, passage
from helpers.taught.attention import AttentionSeq2Seq
from helpers.taught.transformer import MultiHeadAttention
from helpers.training import translation_loss
from helpers.words import TranslationBatch
from tools.experiments.cost import milliseconds

ROUNDS = 9
BATCH, SOURCE_VOCAB, TARGET_VOCAB = 64, 198, 182  # lesson 6's
Work = Callable[[], object]


def lab(kind: str) -> dict[int, Work]:
    """Measuring the gradient at every time step, without the drawing."""
    words = passage()
    return {T: lambda T=T: measure(words[:T], 0.9, "tanh", kind) for T in (25, 50, 100, 200)}


def training_step() -> dict[int, Work]:
    """One step of lesson 6's model: forward, backward, Adam; source and target both of n tokens."""
    model = AttentionSeq2Seq(SOURCE_VOCAB, TARGET_VOCAB)
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3, fused=True)

    def step(n: int) -> None:
        mask = torch.ones(BATCH, n, dtype=torch.bool)
        source = torch.randint(4, SOURCE_VOCAB, (BATCH, n))
        target = torch.randint(4, TARGET_VOCAB, (BATCH, n))
        optimizer.zero_grad()
        translation_loss(model, TranslationBatch(source, mask, target, mask)).backward()
        optimizer.step()

    return {n: lambda n=n: step(n) for n in (10, 20, 40, 80)}


def layer(of: nn.Module, lengths: tuple[int, ...]) -> dict[int, Work]:
    """Forward and backward through one layer of size 64, for one sequence."""

    def both_ways(T: int) -> None:
        x = torch.randn(1, T, 64)
        found = of(x, x) if isinstance(of, MultiHeadAttention) else of(x)
        found[0].sum().backward()

    return {T: lambda T=T: both_ways(T) for T in lengths}


def medians(work: Mapping[str, Mapping[int, Work]]) -> dict[str, dict[int, float]]:
    """Milliseconds of each piece of work, after one round to warm up."""
    times: dict[str, dict[int, list[float]]] = {
        name: {length: [] for length in runs} for name, runs in work.items()
    }
    for round_ in range(ROUNDS + 1):
        for name, runs in work.items():
            for length, run in runs.items():
                taken = milliseconds(run)
                if round_:
                    times[name][length].append(taken)
    return {
        name: {length: statistics.median(taken) for length, taken in rows.items()}
        for name, rows in times.items()
    }


def exponents(row: Mapping[int, float]) -> tuple[float, float]:
    """Slope of log cost over log length: fitted to all lengths, and between the two longest."""
    lengths, costs = [*row], [*row.values()]
    fitted = np.polyfit(np.log(lengths), np.log(costs), 1)[0]
    return float(fitted), math.log(costs[-1] / costs[-2]) / math.log(lengths[-1] / lengths[-2])


def main() -> None:
    torch.manual_seed(0)
    work = {
        "gradient lab, RNN": lab("plain"),
        "gradient lab, LSTM": lab("LSTM"),
        "training step, lesson 6": training_step(),
        "self-attention": layer(MultiHeadAttention(64, 4), (64, 128, 256, 512, 1024)),
        "GRU, beside it": layer(nn.GRU(64, 64, batch_first=True), (64, 128, 256, 512, 1024)),
    }
    for name, row in medians(work).items():
        cells = "  ".join(f"{length}: {cost:.1f}" for length, cost in row.items())
        fitted, last = exponents(row)
        print(f"{name:24} grows as length^{fitted:.2f} (at the end ^{last:.2f}); ms at {cells}")


if __name__ == "__main__":
    main()
