"""The recall task: keep the symbol shown with the flag, ignore distractors, answer at the end."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class RecallBatch(NamedTuple):
    """The recall task: what was shown at the flag is asked for at the end."""

    inputs: Tensor  # (B, T) int64
    flag: Tensor  # (B,) int64, the step at which the flag stood
    answers: Tensor  # (B,) int64 in 0 … symbols - 1


def recall_vocab_size(symbols: int = 4) -> int:
    """Number of input ids of the recall task: K distractors, K flagged symbols, one question."""
    return 2 * symbols + 1


def recall_batch(
    batch_size: int,
    length: int,
    symbols: int = 4,
    flag_at: int | None = None,
    generator: torch.Generator | None = None,
) -> RecallBatch:
    """Remember the symbol shown with the flag, ignore distractors, answer at the last step.

    Input ids with K = `symbols`: 0 … K-1 are distractors, K … 2K-1 the same symbols with the flag,
    2K the question mark, always at step `length` - 1. `flag_at` fixes the flag's step; None draws
    it from 0 … `length` - 2. After Hochreiter & Schmidhuber (1997), section 5.

    Raises ValueError for sizes that leave no room (at least 1 row, 2 steps, 2 symbols).
    """
    if batch_size < 1 or length < 2 or symbols < 2:
        raise ValueError(
            f"recall_batch(batch_size={batch_size}, length={length}, symbols={symbols}): "
            "expected at least 1 row, 2 steps and 2 symbols"
        )
    if flag_at is not None and not 0 <= flag_at <= length - 2:
        raise ValueError(
            f"flag_at is {flag_at}, expected 0 to {length - 2}: the last step of {length} is taken"
        )
    inputs = torch.randint(symbols, (batch_size, length), generator=generator)  # (B, T)
    answers = torch.randint(symbols, (batch_size,), generator=generator)  # (B,)
    flag = torch.randint(length - 1, (batch_size,), generator=generator)  # (B,)
    if flag_at is not None:
        flag = torch.full((batch_size,), flag_at)
    inputs[torch.arange(batch_size), flag] = answers + symbols
    inputs[:, -1] = 2 * symbols
    return RecallBatch(inputs, flag, answers)
