"""Does training need the 1/√d?  Writes data/scaling.tsv, which lesson 9 plots.

    python -m benchmarks.scaling          # summarise the table, train a few of its rows again
    python -m benchmarks.scaling --write  # train all rows and write the table: some minutes
    python -m benchmarks.scaling --long   # the largest unscaled model again, five times as long
    python -m benchmarks.scaling --transformer  # write data/unscaled.tsv: lesson 8's Transformer
                                                # without the division, at half its learning rate

What is trained: tools/experiments/scaling.py.
"""

from __future__ import annotations

import statistics
import sys
import time
from itertools import product
from typing import Any

from helpers import DATA
from helpers.tables import Run, training_runs
from tools.experiments.scaling import (
    HALF_RATE,
    OPTIMIZERS,
    SCALES,
    SEEDS,
    SIZES,
    STEPS,
    taught,
    train,
    unscaled_transformer,
    write,
)


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


def train_transformers() -> None:
    """Write data/unscaled.tsv."""
    lines = ["lr\tseed\tone\ttwo\tthree\tfour\tseconds"]
    for seed in SEEDS:
        exact, seconds = unscaled_transformer(HALF_RATE, seed)
        shares = "\t".join(f"{share:.3f}" for share in exact)
        lines.append(f"{HALF_RATE:g}\t{seed}\t{shares}\t{seconds:.1f}")
        print(lines[-1], flush=True)
    (DATA / "unscaled.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> None:
    if arguments == ["--transformer"]:
        return train_transformers()
    if arguments == ["--write"]:
        write(train_all(taught()))
    if arguments == ["--long"]:
        return train_long(taught())
    print(summary(training_runs()))
    retrain_some(taught(), training_runs())


if __name__ == "__main__":
    main(sys.argv[1:])
