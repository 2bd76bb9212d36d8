"""Do lessons 4 and 5 hold for other starts?  Writes data/recall_lags.tsv and data/clipping.tsv.

    python -m benchmarks.gradient_claims           # prints the tables, some eight minutes
    python -m benchmarks.gradient_claims --write   # and writes them

Seeds 0 to 4. What is measured, and on whom: tools/experiments/gradients.py.
"""

from __future__ import annotations

import sys
from pathlib import Path

from helpers import DATA
from tools.experiments.gradients import LAGS, READERS, clipping, recall, recall_anywhere

SEEDS = range(5)


def lag_rows() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for model, units in READERS:
        for lag in LAGS:
            for seed in SEEDS:
                found = recall(model, units, lag, seed)
                rows.append(
                    {"model": model, "units": units, "lag": lag, "seed": seed}
                    | {name: f"{value:.3g}" for name, value in found.items()}
                )
                print(*rows[-1].values(), sep="\t", flush=True)
    return rows


def anywhere_rows() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for model, units in READERS:
        for seed in SEEDS:
            found = recall_anywhere(model, units, seed)
            rows.append(
                {"model": model, "units": units, "seed": seed}
                | {name: f"{value:.3g}" for name, value in found.items()}
            )
            print(*rows[-1].values(), sep="\t", flush=True)
    return rows


def clipping_rows() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for clip in (None, 1.0):
        for seed in SEEDS:
            found = clipping(clip, seed)
            rows.append(
                {"clip": "no" if clip is None else clip, "seed": seed}
                | {name: f"{value:.3g}" for name, value in found.items()}
            )
            print(*rows[-1].values(), sep="\t", flush=True)
    return rows


def write(path: Path, rows: list[dict[str, object]]) -> None:
    lines = ["\t".join(rows[0]), *("\t".join(map(str, row.values())) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> None:
    tables = {
        "clipping.tsv": clipping_rows,
        "recall_anywhere.tsv": anywhere_rows,
        "recall_lags.tsv": lag_rows,
    }
    for name, rows_of in tables.items():
        rows = rows_of()
        if "--write" in arguments:
            write(DATA / name, rows)


if __name__ == "__main__":
    main(sys.argv[1:])
