"""Lesson 5's claims, each measured from one random start.

The functions and classes are the lesson's own, taken from its source. Each number stands beside its
rival: the reader without a price, the product of forget gates, the plain RNN.
"""

from __future__ import annotations

import contextlib
import io
import random
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

import helpers  # noqa: F401  one thread
from helpers import training
from helpers.metrics import tense_agreement
from helpers.words import recall_batch
from notebooks.lessons import lesson


def fit_quietly(*args: Any, **options: Any) -> training.History:
    return training.fit(*args, **{**options, "quiet": True})


L = lesson("05").define(given={"fit": fit_quietly})


def start(seed: int) -> None:
    torch.manual_seed(seed)
    random.seed(seed)


def gates(seed: int) -> dict[str, float]:
    """Sections 2 to 4: gates by phase, accuracy, a held gate, and the product of forget gates."""
    start(seed)
    readers = L["train_readers"]()
    test = recall_batch(1000, 20)
    found: dict[str, float] = {}
    for name, short in (("with a price", "price"), ("no price", "free")):
        i, f, o = L["gate_means"](readers[name], test).tolist()
        found |= {f"{short} f storing": f[2], f"{short} i flag": i[1], f"{short} i storing": i[2]}
        found |= {f"{short} o asked": o[3], f"{short} o storing": o[2]}
        for steps in (20, 100):
            found[f"{short} right at {steps}"] = L["accuracy"](readers[name], steps)
        found[f"{short} right, f = 1"] = L["right_when_held"](readers[name], "f", 1.0)
    sequences = recall_batch(20, 31, flag_at=0).inputs
    for short, reader in (
        ("new", L["GateReader"]()),
        ("price", readers["with a price"]),
        ("free", readers["no price"]),
    ):
        measured, direct, detour = L["three_norms"](reader, sequences)
        found[f"{short} lag 20"] = measured[20].item()
        found[f"{short} lag 20 / Πf"] = (measured[20] / direct[20]).item()
        found[f"{short} detour 10 / Πf"] = (detour[10] / direct[10]).item()
    return found


def reach(seed: int) -> dict[str, float]:
    """Section 5: what is left of the gradient at lag 20, by forget bias (this start alone)."""
    return {f"bias {b}": L["bias_reach"](float(b), seed)[20] for b in (-1, 0, 1, 2, 3, 5)}


def recall(seed: int) -> dict[str, float]:
    """Section 5: accuracy by lag, one reader of each kind."""
    start(seed)
    found = {}
    for kind in ("RNN", "LSTM, as PyTorch starts it", "LSTM, forget bias 1", "LSTM, forget bias 3"):
        for lag in (5, 10, 20, 40):
            reader = L["Reader"](kind)
            batches = [recall_batch(64, lag + 1, flag_at=0) for _ in range(300)]
            L["fit"](reader, batches, recall_loss, epochs=1, clip=None, lr=3e-3)
            test = recall_batch(1000, lag + 1, flag_at=0)
            with torch.no_grad():
                right = reader(test.inputs).argmax(-1) == test.answers
            found[f"{kind.removesuffix(', as PyTorch starts it')}, lag {lag}"] = (
                right.float().mean()
            )
    return {name: float(value) for name, value in found.items()}


def recall_loss(reader: nn.Module, batch: Any) -> torch.Tensor:
    return F.cross_entropy(reader(batch.inputs), batch.answers)


def tense(seed: int) -> dict[str, float]:
    """Section 6: agreement of grammatical time in 2,000 sampled sentences."""
    start(seed)
    pairs = L["read_pairs"](split="train")
    vocabulary = L["Vocabulary"].from_sentences([pair.target for pair in pairs])
    L["vocabulary"] = vocabulary
    L["sentences"] = [vocabulary.encode(pair.target, bos=True, eos=True) for pair in pairs]
    with contextlib.redirect_stdout(io.StringIO()):
        writers = L["two_writers"](len(vocabulary))
    L["fit"](writers, L["batches_of"], L["writers_loss"], epochs=16, lr=1.2e-2, clip=None)
    return {name: tense_agreement(L["write"](writer))[0] for name, writer in writers.items()}


def explosion(seed: int) -> dict[str, float]:
    """Section 7: a large LSTM's gradient at lag 100."""
    return {"lag 100": L["reach_of_large_lstm"](seed)[100].item()}
