"""Does training need the 1/√d?  Lesson 9's retriever, trained with each scale.

The task and the model are the lesson's own, taken from its source. Every combination of two
optimizers, four key dimensions d, three scales (1 and its rivals 1/√d and 1/d), five learning
rates and five seeds is trained alike, so that each scale can be judged at the learning rate that
suits it best.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

import helpers  # noqa: F401  one thread
from helpers.tables import SCALING, Run
from helpers.training import smooth
from notebooks.lessons import lesson

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
