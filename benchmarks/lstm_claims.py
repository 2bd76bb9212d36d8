"""Do lesson 5's claims hold for other random starts?  Writes data/lstm_claims.tsv.

    python -m benchmarks.lstm_claims             # prints every part, some eight minutes
    python -m benchmarks.lstm_claims gates       # one part: gates, paths, reach, explosion, tense
    python -m benchmarks.lstm_claims --write     # every part, and writes the table

What is measured: tools/experiments/lstm.py. Seeds 0 to 4; parts that take no training, 0 to 9.
How far back an RNN and an LSTM learn, by their start: gradient_claims.py.
"""

from __future__ import annotations

import statistics
import sys

from helpers import DATA
from tools.experiments.lstm import explosion, gates, paths, reach, tense

SEEDS = {gates: 5, paths: 10, reach: 10, explosion: 10, tense: 5}
PARTS = {part.__name__: part for part in SEEDS}


def main(arguments: list[str]) -> None:
    chosen = [name for name in arguments if name in PARTS]
    lines = ["part\twhat\tseed\tvalue"]
    for name in chosen or PARTS:
        part = PARTS[name]
        seeds = range(SEEDS[part])
        rows = [part(seed) for seed in seeds]
        print(f"\n{name:32}" + "".join(f"{f'seed {n}':>10}" for n in seeds) + f"{'median':>10}")
        for what in rows[0]:
            values = [float(row[what]) for row in rows]
            numbers = "".join(f"{value:10.2g}" for value in [*values, statistics.median(values)])
            print(f"{what:32}{numbers}", flush=True)
            lines += [f"{name}\t{what}\t{n}\t{value:.4g}" for n, value in enumerate(values)]
    if "--write" in arguments and not chosen:
        (DATA / "lstm_claims.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
