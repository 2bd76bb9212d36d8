"""Do lesson 5's claims hold for other random starts?  Prints a table for seeds 0 to 4.

    python -m benchmarks.lstm_claims             # all, a few minutes
    python -m benchmarks.lstm_claims gates       # one part: gates, reach, recall, tense, explosion

What is measured: tools/experiments/lstm.py.
"""

from __future__ import annotations

import statistics
import sys

from tools.experiments.lstm import explosion, gates, reach, recall, tense

PARTS = {part.__name__: part for part in (gates, reach, recall, tense, explosion)}


def main(parts: list[str]) -> None:
    for part in parts or PARTS:
        rows = [PARTS[part](seed) for seed in range(5)]
        print(f"\n{part:32}" + "".join(f"{f'seed {n}':>10}" for n in range(5)) + f"{'median':>10}")
        for name in rows[0]:
            values = [float(row[name]) for row in rows]
            numbers = "".join(f"{value:10.2g}" for value in [*values, statistics.median(values)])
            print(f"{name:32}{numbers}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
