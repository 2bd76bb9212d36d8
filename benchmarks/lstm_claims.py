"""Do lesson 5's claims hold for other random starts?  Writes data/lstm_claims.tsv.

    python -m benchmarks.lstm_claims             # prints every part, some ten minutes
    python -m benchmarks.lstm_claims gates       # a part (see PARTS)
    python -m benchmarks.lstm_claims --write     # and writes the table (of one part: its rows)

What is measured: tools/experiments/lstm.py. How many seeds: SEEDS.
How far back an RNN and an LSTM learn, by their start: gradient_claims.py.
"""

from __future__ import annotations

import statistics
import sys

from helpers import DATA
from tools.experiments.lstm import explosion, gates, paths, reach, tense, tense_steps

SEEDS = {gates: 5, paths: 10, reach: 10, explosion: 10, tense: 5, tense_steps: 1}
PARTS = {part.__name__: part for part in SEEDS}
TABLE, HEAD = DATA / "lstm_claims.tsv", "part\twhat\tseed\tvalue"


def replace_rows(part: str, rows: list[str]) -> None:
    """Put a part's rows into the table in the place of its old ones."""
    old = TABLE.read_text("utf-8").splitlines()[1:] if TABLE.exists() else []
    by_part = {
        name: rows if name == part else [row for row in old if row.split("\t")[0] == name]
        for name in PARTS
    }
    lines = [HEAD, *(row for found in by_part.values() for row in found)]
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> None:
    for name in [name for name in arguments if name in PARTS] or PARTS:
        part = PARTS[name]
        seeds = range(SEEDS[part])
        found = [part(seed) for seed in seeds]
        print(f"\n{name:32}" + "".join(f"{f'seed {n}':>10}" for n in seeds) + f"{'median':>10}")
        rows = []
        for what in found[0]:
            values = [float(row[what]) for row in found]
            numbers = "".join(f"{value:10.2g}" for value in [*values, statistics.median(values)])
            print(f"{what:32}{numbers}", flush=True)
            rows += [f"{name}\t{what}\t{n}\t{value:.4g}" for n, value in enumerate(values)]
        if "--write" in arguments:
            replace_rows(name, rows)


if __name__ == "__main__":
    main(sys.argv[1:])
