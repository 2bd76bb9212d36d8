"""Does training need the 1/√d?  Lesson 9's retriever, and lesson 8's Transformer without it.

The task and the model are the lesson's own, taken from its source. Every combination of two
optimizers, four key dimensions d, three scales (1 and its rivals 1/√d and 1/d), five learning
rates and five seeds is trained alike, so that each scale can be judged at the learning rate that
suits it best. For the same reason lesson 8's Transformer is trained without the division at half
its own learning rate.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from helpers import words
from helpers.tables import SCALING, Run
from helpers.taught import transformer
from helpers.taught.attention import attention
from helpers.training import adam_with_warmup, fit, smooth, translation_loss
from notebooks.lessons import lesson
from tools.experiments.corpus import CHINESE, ENGLISH, TRAIN, exact_by_clauses

SIZES = (16, 64, 256, 1024)
SCALES = {"1": lambda d: 1.0, "1/√d": lambda d: d**-0.5, "1/d": lambda d: 1 / d}
OPTIMIZERS = {
    "Adam": (torch.optim.Adam, (0.001, 0.003, 0.01, 0.03, 0.1)),
    "SGD": (torch.optim.SGD, (0.1, 0.3, 1.0, 3.0, 10.0)),
}
SEEDS = range(5)
STEPS = 200


def taught() -> dict[str, Any]:
    """The lesson's task and model, by name."""
    return lesson("09").define("loss_of", "train_retriever", "accuracy")


def train(names: dict[str, Any], optimizer: str, d: int, scale: str, lr: float, seed: int) -> Run:
    """One row of the table. A run whose loss is no number counts as never learned."""
    kind, _ = OPTIMIZERS[optimizer]
    try:
        model, history = names["train_retriever"](d, SCALES[scale](d), lr, seed, kind, STEPS)
    except FloatingPointError:
        return Run(optimizer, d, scale, lr, seed, 0.0, STEPS + 1)
    below = (n for n, loss in enumerate(smooth(history.losses), start=1) if loss < 0.5)
    right = round(names["accuracy"](model), 3)
    return Run(optimizer, d, scale, lr, seed, right, next(below, STEPS + 1))


def write(rows: Iterable[Run], path: Path = SCALING) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerow(Run._fields)
        table.writerows(rows)


# --- lesson 8's Transformer without the division -------------------------------------------------

HALF_RATE = 0.004  # of lesson 8's learning rate


def unscaled_attention(
    queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Attention without the division by √d."""
    return attention(queries * queries.shape[-1] ** 0.5, keys, values, mask)


def unscaled_transformer(lr: float, seed: int) -> tuple[list[float], float]:
    """Exact match of one to four clauses after lesson 8's training, and its process seconds."""
    torch.manual_seed(seed)
    model = transformer.Transformer(len(ENGLISH), len(CHINESE))

    def batches(epoch: int) -> list[words.TranslationBatch]:
        return words.translation_batches(TRAIN, ENGLISH, CHINESE, 32, seed=epoch)

    optimizer = adam_with_warmup(model, lr, steps=8 * len(batches(0)))
    scaled, transformer.attention = transformer.attention, unscaled_attention
    start = time.process_time()
    try:
        fit(model, batches, translation_loss, epochs=8, optimizer=optimizer, quiet=True)
        seconds = time.process_time() - start
        return exact_by_clauses(model), seconds
    finally:
        transformer.attention = scaled
