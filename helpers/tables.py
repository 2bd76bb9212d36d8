"""Tables in data/ that benchmarks wrote, for lessons to draw beside what a student just trained."""

import csv
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from helpers import DATA

LENGTH_CURVE = DATA / "length_curve.tsv"
SCALING = DATA / "scaling.tsv"
FOUR_MODELS = DATA / "four_models.tsv"
RECALL_LAGS = DATA / "recall_lags.tsv"


def read_table(
    path: Path, benchmark: str, kinds: dict[str, Callable[[str], Any]]
) -> list[dict[str, Any]]:
    """The rows of a tab-separated table: each column in `kinds` converted by its function.

    kinds: column -> a function such as `float`. benchmark: the module that writes the table, to
    name in errors. Raises FileNotFoundError where the table is missing, ValueError where it is no
    text, lacks a column, or holds a field that `kinds` cannot read: file, line and remedy are said.
    """
    remedy = f"`python -m benchmarks.{benchmark} --write` writes it"
    if not path.is_file():
        raise FileNotFoundError(f"no table at {path}: {remedy}")
    rows, line = [], 1
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            table = csv.DictReader(stream, delimiter="\t")
            if not set(kinds) <= set(table.fieldnames or ()):
                raise ValueError(f"its columns are {table.fieldnames}, expected {[*kinds]}")
            for row in table:
                line = table.line_num
                rows.append({name: kind(row[name]) for name, kind in kinds.items()})
    except (TypeError, ValueError, csv.Error) as error:
        raise ValueError(f"{path}, line {line}, is damaged ({error}): {remedy} anew") from None
    return rows


def number_or_nan(text: str) -> float:
    """A field as a number; an empty one, which was not measured, is nan."""
    return math.nan if text == "" else float(text)


def length_curves(path: Path = LENGTH_CURVE) -> dict[str, np.ndarray]:
    """Exact match by model: (seeds, 4), for one to four clauses of held-out test sentences.

    From the table of `benchmarks/attention_claims.py`; raises as `read_table`.
    """
    return _by_model(path, "one", "two", "three", "four")


def alignment_errors(path: Path = LENGTH_CURVE) -> dict[str, np.ndarray]:
    """Alignment error rate by model with attention: (seeds,), over the test sentences.

    From the table of `benchmarks/attention_claims.py`; raises as `read_table`.
    """
    return {model: rates[:, 0] for model, rates in _by_model(path, "aer").items()}


def _by_model(path: Path, *columns: str) -> dict[str, np.ndarray]:
    """Some columns by the column `model`, without rows that have none of them: (rows, columns)."""
    kinds: dict[str, Callable[[str], Any]] = {"model": str}
    kinds |= dict.fromkeys(columns, number_or_nan)
    found: dict[str, list[list[float]]] = {}
    for row in read_table(path, "attention_claims", kinds):
        numbers = [row[name] for name in columns]
        if not all(map(math.isnan, numbers)):
            found.setdefault(row["model"], []).append(numbers)
    return {model: np.array(rows) for model, rows in found.items()}


class Run(NamedTuple):
    """One training run of lesson 8's retriever, a row of data/scaling.tsv."""

    optimizer: str
    d: int
    scale: str  # '1', '1/√d' or '1/d'
    lr: float
    seed: int
    accuracy: float  # on 1,000 new questions, after the last step
    steps: int  # until the smoothed loss was below 0.5; one more than there were, if never


def training_runs(path: Path = SCALING) -> list[Run]:
    """The table of `benchmarks/scaling.py`; raises as `read_table`."""
    return [Run(**row) for row in read_table(path, "scaling", Run.__annotations__)]


def race_table(path: Path = FOUR_MODELS) -> list[dict[str, Any]]:
    """One row for each model and seed: model, seed, parameters, seconds, exact (4 shares).

    From the table of `benchmarks/four_models.py`; raises as `read_table`.
    """
    clauses = ("one", "two", "three", "four")
    kinds = {"model": str, "seed": int, "parameters": int, "seconds": float}
    rows = read_table(path, "four_models", {**kinds, **dict.fromkeys(clauses, float)})
    return [
        {**{name: row[name] for name in kinds}, "exact": [row[name] for name in clauses]}
        for row in rows
    ]


def recall_lags(path: Path = RECALL_LAGS) -> dict[tuple[str, int, int], list[float]]:
    """Accuracy on the recall task by (model and its start, units, lag), one number a seed.

    From the table of `benchmarks/gradient_claims.py`; raises as `read_table`.
    """
    kinds: dict[str, Callable[[str], Any]]
    kinds = {"model": str, "units": int, "lag": int, "accuracy": float}
    found: dict[tuple[str, int, int], list[float]] = {}
    for row in read_table(path, "gradient_claims", kinds):
        found.setdefault((row["model"], row["units"], row["lag"]), []).append(row["accuracy"])
    return found
