"""Lesson 2's network beside n-grams of one to seven tokens; writes data/language_models.tsv.

    python -m benchmarks.language_models           # prints the table, three minutes
    python -m benchmarks.language_models --write   # writes it, too

What is measured: tools/experiments/language_models.py.
"""

import sys

from helpers.tables import LANGUAGE_MODELS
from tools.experiments.language_models import LENGTHS, corpus, ngram, rnn, shuffled


def main(write: bool) -> None:
    rows: list[dict[str, object]] = [{"model": f"{n}-gram", **ngram(n)} for n in LENGTHS]
    rows += [{"model": "corpus", **corpus()}, {"model": "corpus, clauses shuffled", **shuffled()}]
    rows += [{"model": "RNN", "seed": seed, **rnn(seed)} for seed in range(5)]
    rows += [{"model": "RNN, 15 epochs", "seed": seed, **rnn(seed, 15)} for seed in range(5)]
    columns = ["model", "seed", *[name for name in rows[-1] if name not in ("model", "seed")]]
    lines = ["\t".join(columns)]
    for row in rows:
        fields = [row.get(name, "") for name in columns]
        lines.append(
            "\t".join(
                f"{field:.4g}" if isinstance(field, float) else str(field) for field in fields
            )
        )
    print("\n".join(lines))
    if write:
        LANGUAGE_MODELS.write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"wrote data/{LANGUAGE_MODELS.name}")


if __name__ == "__main__":
    main("--write" in sys.argv)
