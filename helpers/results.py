"""Tables in data/ that benchmarks wrote, for lessons to draw beside what a student just trained."""

import csv
from pathlib import Path

import numpy as np

LENGTH_CURVE = Path(__file__).resolve().parent.parent / "data" / "length_curve.tsv"


def length_curves(path: Path = LENGTH_CURVE) -> dict[str, np.ndarray]:
    """Exact match by model: (seeds, 4), for one to four clauses of held-out test sentences.

    Made by `benchmarks/attention_claims.py --write`; FileNotFoundError says so where it is missing.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"no table at {path}: `python benchmarks/attention_claims.py --write` writes it"
        )
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    found: dict[str, list[list[float]]] = {}
    for row in rows:
        exact = [float(row[clauses]) for clauses in ("one", "two", "three", "four")]
        found.setdefault(row["model"], []).append(exact)
    return {model: np.array(exact) for model, exact in found.items()}
