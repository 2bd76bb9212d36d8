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
    return _by_model(path, ("one", "two", "three", "four"))


def alignment_errors(path: Path = LENGTH_CURVE) -> dict[str, np.ndarray]:
    """Alignment error rate by model with attention: (seeds,), over the test sentences.

    From the same table as `length_curves`, with the same errors.
    """
    return {model: rates[:, 0] for model, rates in _by_model(path, ("aer",)).items()}


def _by_model(path: Path, columns: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Some columns of a table by its column `model`: (rows with any, columns)."""
    remedy = "`python benchmarks/attention_claims.py --write` writes it"
    if not path.is_file():
        raise FileNotFoundError(f"no table at {path}: {remedy}")
    found: dict[str, list[list[float]]] = {}
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream, delimiter="\t"):
                cells = [row[name] for name in columns]
                if any(cell != "" for cell in cells):
                    found.setdefault(row["model"], []).append([float(cell) for cell in cells])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged ({error}): {remedy} anew") from None
    return {model: np.array(rows) for model, rows in found.items()}
