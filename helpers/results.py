"""Tables in data/ that benchmarks wrote, for lessons to draw beside what a student just trained."""

import csv
from pathlib import Path

import numpy as np

LENGTH_CURVE = Path(__file__).resolve().parent.parent / "data" / "length_curve.tsv"


def length_curves(path: Path = LENGTH_CURVE) -> dict[str, np.ndarray]:
    """Exact match by model: (seeds, 4), for one to four clauses of held-out test sentences.

    Made by `benchmarks/attention_claims.py --write`; where the table is missing or damaged,
    FileNotFoundError or ValueError says so.
    """
    remedy = "`python benchmarks/attention_claims.py --write` writes it"
    if not path.is_file():
        raise FileNotFoundError(f"no table at {path}: {remedy}")
    found: dict[str, list[list[float]]] = {}
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream, delimiter="\t"):
                exact = [float(row[clauses]) for clauses in ("one", "two", "three", "four")]
                found.setdefault(row["model"], []).append(exact)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged ({error}): {remedy} anew") from None
    return {model: np.array(exact) for model, exact in found.items()}
