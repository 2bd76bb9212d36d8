"""Tables in data/ that benchmarks wrote, for lessons to draw beside what a student just trained."""

import csv
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from helpers import DATA

LENGTH_CURVE = DATA / "length_curve.tsv"
BOTTLENECK = DATA / "bottleneck.tsv"
INTERVENTIONS = DATA / "interventions.tsv"
MEASURE_WORDS = DATA / "measure_words.tsv"
SCALING = DATA / "scaling.tsv"
FOUR_MODELS = DATA / "four_models.tsv"
LANGUAGE_MODELS = DATA / "language_models.tsv"
TRANSFORMER = DATA / "transformer.tsv"
TRANSFORMER_LENGTHS = DATA / "transformer_lengths.tsv"
TRANSFORMER_HEADS = DATA / "transformer_heads.tsv"
TRANSFORMER_LOOKS = DATA / "transformer_looks.tsv"
DECODER_ONLY = DATA / "decoder_only.tsv"
ATTENTION_COST = DATA / "attention_cost.tsv"
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
    return _by_model(path, "attention_claims", "one", "two", "three", "four")


def translator_runs(path: Path = BOTTLENECK) -> dict[str, np.ndarray]:
    """Exact match of lesson 3's translator and its rivals: (5 starts, 4), by clauses.

    From the table of `benchmarks/bottleneck.py`; raises as `read_table`.
    """
    return _by_model(path, "bottleneck", "one", "two", "three", "four")


def alignment_errors(path: Path = LENGTH_CURVE) -> dict[str, np.ndarray]:
    """Alignment error rate by model with attention: (seeds,), over the test sentences.

    From the table of `benchmarks/attention_claims.py`; raises as `read_table`.
    """
    return {
        model: rates[:, 0] for model, rates in _by_model(path, "attention_claims", "aer").items()
    }


def interventions(path: Path = INTERVENTIONS) -> dict[tuple[str, str, float], np.ndarray]:
    """Exact match of one, two and three clauses, (seeds, 3), by (look, start, share moved).

    From the table of `benchmarks/attention_claims.py`; raises as `read_table`.
    """
    clauses = ("one", "two", "three")
    kinds: dict[str, Callable[[str], Any]] = {"look": str, "start": str, "share": float}
    kinds |= dict.fromkeys(clauses, float)
    found: dict[tuple[str, str, float], list[list[float]]] = {}
    for row in read_table(path, "attention_claims", kinds):
        key = row["look"], row["start"], row["share"]
        found.setdefault(key, []).append([row[name] for name in clauses])
    return {key: np.array(rows) for key, rows in found.items()}


def measure_words_changed(path: Path = MEASURE_WORDS) -> dict[tuple[str, str], np.ndarray]:
    """How many measure words change, (seeds,), by (model, what is hidden).

    From the table of `benchmarks/attention_claims.py`; raises as `read_table`.
    """
    found: dict[tuple[str, str], list[int]] = {}
    kinds: dict[str, Callable[[str], Any]] = {"model": str, "hidden": str, "changed": int}
    for row in read_table(path, "attention_claims", kinds):
        found.setdefault((row["model"], row["hidden"]), []).append(row["changed"])
    return {key: np.array(counts) for key, counts in found.items()}


def _by_model(path: Path, benchmark: str, *columns: str) -> dict[str, np.ndarray]:
    """Some columns by the column `model`, without rows that have none of them: (rows, columns)."""
    kinds: dict[str, Callable[[str], Any]] = {"model": str}
    kinds |= dict.fromkeys(columns, number_or_nan)
    found: dict[str, list[list[float]]] = {}
    for row in read_table(path, benchmark, kinds):
        numbers = [row[name] for name in columns]
        if not all(map(math.isnan, numbers)):
            found.setdefault(row["model"], []).append(numbers)
    return {model: np.array(rows) for model, rows in found.items()}


class Run(NamedTuple):
    """One training run of lesson 9's retriever, a row of data/scaling.tsv."""

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


def language_models(path: Path = LANGUAGE_MODELS) -> list[dict[str, Any]]:
    """Lesson 2's models: perplexity, 了 after two beginnings, slips; nan where not measured.

    From the table of `benchmarks/language_models.py`; raises as `read_table`.
    """
    columns = [
        *("perplexity", "le_past", "le_future", "told_apart"),
        *("time_kept", "clauses", "other_person", "thens"),
    ]
    kinds: dict[str, Callable[[str], Any]] = {"model": str, **dict.fromkeys(columns, number_or_nan)}
    return read_table(path, "language_models", kinds)


def transformer_curves(path: Path = TRANSFORMER) -> dict[str, np.ndarray]:
    """Exact match by variant of lesson 8's Transformer: (seeds, 4), for one to four clauses.

    From the table of `benchmarks/self_attention.py`, as all below; raises as `read_table`.
    """
    clauses = ("one", "two", "three", "four")
    kinds: dict[str, Callable[[str], Any]] = {"variant": str, **dict.fromkeys(clauses, float)}
    found: dict[str, list[list[float]]] = {}
    for row in read_table(path, "self_attention", kinds):
        found.setdefault(row["variant"], []).append([row[name] for name in clauses])
    return {variant: np.array(rows) for variant, rows in found.items()}


def exact_by_length(
    variant: str, clauses: int, path: Path = TRANSFORMER_LENGTHS
) -> dict[str, list[float]]:
    """Exact match of new sentences of so many clauses, by length in Chinese tokens: all seeds."""
    kinds: dict[str, Callable[[str], Any]] = {"variant": str, "exact": float}
    kinds |= dict.fromkeys(("clauses", "low", "high"), int)
    found: dict[str, list[float]] = {}
    for row in read_table(path, "self_attention", kinds):
        if row["variant"] == variant and row["clauses"] == clauses:
            found.setdefault(f"{row['low']}–{row['high']}", []).append(row["exact"])
    return found


def heads_off(path: Path = TRANSFORMER_HEADS) -> dict[tuple[str, str], list[float]]:
    """Exact match by attention and the head that is off, or `none` or `all`: all seeds."""
    kinds: dict[str, Callable[[str], Any]] = {"attention": str, "off": str, "exact": float}
    found: dict[tuple[str, str], list[float]] = {}
    for row in read_table(path, "self_attention", kinds):
        found.setdefault((row["attention"], row["off"]), []).append(row["exact"])
    return found


def head_looks(path: Path = TRANSFORMER_LOOKS) -> dict[str, np.ndarray]:
    """By kind of token: two heads agree, one head looks at its word, all do: (seeds, 3)."""
    columns = ("agree", "one", "all")
    kinds: dict[str, Callable[[str], Any]] = {"tokens": str, **dict.fromkeys(columns, float)}
    found: dict[str, list[list[float]]] = {}
    for row in read_table(path, "self_attention", kinds):
        found.setdefault(row["tokens"], []).append([row[name] for name in columns])
    return {tokens: np.array(rows) for tokens, rows in found.items()}


def decoder_only(path: Path = DECODER_ONLY) -> dict[str, dict[str, list[float]]]:
    """Lesson 8's language models beside lesson 2's: model -> column -> all seeds."""
    columns = ("parameters", "perplexity", "after_past", "after_future", "time_kept")
    kinds: dict[str, Callable[[str], Any]] = {"model": str, **dict.fromkeys(columns, float)}
    found: dict[str, dict[str, list[float]]] = {}
    for row in read_table(path, "self_attention", kinds):
        for name in columns:
            found.setdefault(row["model"], {}).setdefault(name, []).append(row[name])
    return found


def attention_costs(path: Path = ATTENTION_COST) -> dict[tuple[str, int], dict[int, Any]]:
    """(layer, size) -> T -> (milliseconds, page faults) of one sequence."""
    kinds: dict[str, Callable[[str], Any]] = {"layer": str, "milliseconds": float}
    kinds |= dict.fromkeys(("size", "T", "faults"), int)
    found: dict[tuple[str, int], dict[int, Any]] = {}
    for row in read_table(path, "self_attention", kinds):
        cost = row["milliseconds"], row["faults"]
        found.setdefault((row["layer"], row["size"]), {})[row["T"]] = cost
    return found


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
