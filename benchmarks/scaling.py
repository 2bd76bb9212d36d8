"""Does training need the 1/√d?  Writes data/scaling.tsv, which lesson 8 plots.

    python -m benchmarks.scaling          # summarise the table, train a few of its rows again
    python -m benchmarks.scaling --write  # train all rows and write the table: some minutes
    python -m benchmarks.scaling --long   # the largest unscaled model again, five times as long

The task and the model are lesson 8's own, taken from its source. Every combination of two
optimizers, four key dimensions d, three scales (1 and its rivals 1/√d and 1/d), five learning
rates and five seeds is trained alike, so that each scale can be judged at the learning rate that
suits it best.
"""

from __future__ import annotations

import csv
import statistics
import sys
import time
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import Any

import torch

import helpers  # noqa: F401  one thread
from helpers.tables import SCALING, Run, training_runs
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
    return lesson("08").define("loss_of", "train_retriever", "accuracy")


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


def summary(rows: list[Run]) -> str:
    """Per optimizer, d and scale: the best learning rate, and the means over seeds there."""
    lines = [f"{'':5}{'d':>5} {'scale':6}{'best lr':>8}{'accuracy':>10}{'steps':>7}  all lrs"]
    for optimizer, d, scale in product(OPTIMIZERS, SIZES, SCALES):
        by_lr: dict[float, list[Run]] = {}
        for row in rows:
            if (row.optimizer, row.d, row.scale) == (optimizer, d, scale):
                by_lr.setdefault(row.lr, []).append(row)
        right = {lr: statistics.mean(r.accuracy for r in some) for lr, some in by_lr.items()}
        best = max(right, key=lambda lr: right[lr])
        steps = statistics.mean(row.steps for row in by_lr[best])
        every = " ".join(f"{value:.2f}" for value in right.values())
        line = f"{optimizer:5}{d:5} {scale:6}{best:8g}{right[best]:10.3f}{steps:7.0f}  {every}"
        lines.append(line)
    return "\n".join(lines)


def retrain_some(names: dict[str, Any], table: list[Run]) -> None:
    """The quickest size once more, beside the shipped rows."""
    for scale in SCALES:
        rows = [r for r in table if r[:4] == ("Adam", SIZES[0], scale, 0.01)]
        again = [train(names, *row[:5]) for row in rows]
        gap = max(abs(a.accuracy - b.accuracy) for a, b in zip(rows, again, strict=True))
        print(f"Adam, d = {SIZES[0]}, scale {scale}, trained again: accuracies agree to {gap:.3f}")


def train_all(names: dict[str, Any]) -> list[Run]:
    """Every row of the table, in its order."""
    start, rows = time.process_time(), []
    for (optimizer, (_, rates)), d in product(OPTIMIZERS.items(), SIZES):
        for scale, lr, seed in product(SCALES, rates, SEEDS):
            rows.append(train(names, optimizer, d, scale, lr, seed))
        print(f"{optimizer}, d = {d}: {time.process_time() - start:.0f} s so far", flush=True)
    return rows


def train_long(names: dict[str, Any]) -> None:
    """Is an unscaled model of the largest d slow, or unable?"""
    for lr in (0.001, 0.003):
        right = []
        for seed in SEEDS:
            model, _ = names["train_retriever"](SIZES[-1], 1.0, lr, seed, steps=5 * STEPS)
            right.append(f"{names['accuracy'](model):.2f}")
        print(f"d = {SIZES[-1]}, unscaled, Adam {lr}, {5 * STEPS} steps: {' '.join(right)}")


def main(arguments: list[str]) -> None:
    if arguments == ["--write"]:
        write(train_all(taught()))
    if arguments == ["--long"]:
        return train_long(taught())
    print(summary(training_runs()))
    retrain_some(taught(), training_runs())


if __name__ == "__main__":
    main(sys.argv[1:])
