"""What lesson 6 claims about attention, for seeds 0 to 4.

Exact match on the test sentences by clauses, alignment error rate beside its baselines, and seconds
of training (process time, one thread): data/length_curve.tsv. Exact match when the model is made to
look elsewhere or starts from another sentence's s_0: data/interventions.tsv. How many measure words
change when words are hidden: data/measure_words.tsv. The models and what is done to them:
tools/experiments/attention.py.
`python -m benchmarks.attention_claims 1 2` prints these seeds (0 without any) and writes nothing;
`--write` runs all five and writes, in about a quarter of an hour.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from helpers import words
from helpers.labs.attention import find_measure_words
from helpers.metrics import alignment_error_rate
from helpers.tables import INTERVENTIONS, LENGTH_CURVE, MEASURE_WORDS
from tools.experiments.attention import (
    LOOKS,
    MODELS,
    attention_links,
    baselines,
    changed_measure_words,
    made_to_look,
    trained,
)
from tools.experiments.corpus import GROUPS, TEST, exact_by_clauses

CURVE = ("model", "seed", "one", "two", "three", "four", "aer", "aer_late", "before", "at", "after")
LOOK = ("look", "start", "share", "seed", "one", "two", "three")
MEASURE = ("model", "seed", "hidden", "changed", "of")
ONE_CLAUSE = find_measure_words(GROUPS[1])


def where_it_looks(
    found: list[list[tuple[int, int]]], pairs: list[words.Pair]
) -> tuple[float, float, float]:
    """Shares of the surely linked tokens that look before their word, at it, and after it."""
    counts = [0, 0, 0]
    for links, pair in zip(found, pairs, strict=True):
        linked: dict[int, list[int]] = {}
        for i, j in pair.sure:
            linked.setdefault(j, []).append(i)
        for i, j in links:
            if j in linked:
                off = min((i - word for word in linked[j]), key=abs)
                counts[1 + (off > 0) - (off < 0)] += 1
    before, at, after = (count / sum(counts) for count in counts)
    return before, at, after


def curve_row(name: str, seed: int, model: Any) -> list[Any]:
    """A row of data/length_curve.tsv; without weights nothing stands behind the exact matches."""
    row: list[Any] = [name, seed, *exact_by_clauses(model)]
    if name in ("lesson 3", "no attention"):
        return [*row, *[""] * 5]
    looks = [attention_links(model, TEST, late) for late in (0, 1)]
    rates = [alignment_error_rate(links, TEST) for links in looks]
    return [*row, *rates, *where_it_looks(looks[0], TEST)]


def look_rows(seed: int, model: Any) -> list[list[Any]]:
    """Rows of data/interventions.tsv: all weights moved from either start, or a share from one."""
    settings = [(look, start, 1.0) for look in LOOKS for start in ("own", "another")]
    settings += [(look, "own", share) for look in LOOKS[1:] for share in (0.25, 0.5, 0.75)]
    return [
        [look, start, share, seed]
        + [made_to_look(model, GROUPS[n], look, start == "another", share) for n in (1, 2, 3)]
        for look, start, share in settings
    ]


def write_table(path: Path, columns: Sequence[str], rows: list[list[Any]]) -> None:
    lines = [[f"{part:.3f}" if isinstance(part, float) else str(part) for part in row]
             for row in rows]  # fmt: skip
    text = "".join("\t".join(line) + "\n" for line in [columns, *lines])
    path.write_text(text, encoding="utf-8")
    print(f"wrote data/{path.name}")


def main(seeds: list[int], write: bool) -> None:
    for name, links in baselines(TEST).items():
        print(f"AER of {name} links: {alignment_error_rate(links, TEST):.3f}")
    curves, looks, measures = [], [], []
    for seed in seeds:
        for name in MODELS:
            model, seconds = trained(name, seed)
            curves.append(curve_row(name, seed, model))
            numbers = [part for part in curves[-1][2:] if part != ""]
            print(f"{name:20}", seed, *[f"{part:.3f}" for part in numbers], f"{seconds:5.1f} s",
                  flush=True)  # fmt: skip
            if name == "attention":
                looks += look_rows(seed, model)
                for row in looks[-len(LOOKS) * 2 - 12 :]:
                    print("  ", *row[:3], *[f"{share:.3f}" for share in row[4:]], flush=True)
            if name.startswith("attention"):
                for hidden, changed in changed_measure_words(model, ONE_CLAUSE).items():
                    measures.append([name, seed, hidden, changed, len(ONE_CLAUSE)])
                    print("  ", *measures[-1][2:], flush=True)
    if write:
        write_table(LENGTH_CURVE, CURVE, curves)
        write_table(INTERVENTIONS, LOOK, looks)
        write_table(MEASURE_WORDS, MEASURE, measures)


if __name__ == "__main__":
    write = "--write" in sys.argv
    chosen = [int(word) for word in sys.argv[1:] if word != "--write"]
    main(list(range(5)) if write else chosen or [0], write)
