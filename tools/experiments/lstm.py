"""Lesson 5's claims, each measured from one random start.

The functions and classes are the lesson's own, taken from its source. Each number stands beside its
rival: the reader without a price, the product of forget gates, the plain RNN. (How far back an RNN
and an LSTM learn, by their start: `gradients.py`.)
"""

from __future__ import annotations

import contextlib
import io
import random
from typing import Any

import torch
from torch import nn

import helpers  # noqa: F401  one thread
from helpers import training
from helpers.labs.gates import bias_reach
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
        reader = readers[name]
        for weights, kind in ((None, ""), (L["carried"](reader, test), ", carried")):
            i, f, o = L["gate_means"](reader, test, weights).tolist()
            found |= {
                f"{short} f storing{kind}": f[2],
                f"{short} i flag{kind}": i[1],
                f"{short} i storing{kind}": i[2],
                f"{short} o asked{kind}": o[3],
                f"{short} o storing{kind}": o[2],
            }
        for steps in (20, 100):
            found[f"{short} right at {steps}"] = L["accuracy"](reader, steps)
        for since in (None, 0, 1):
            when = {None: "throughout", 0: "from the flag", 1: "one step later"}[since]
            found[f"{short} right, f = 1 {when}"] = L["right_when_held"](reader, "f", 1.0, since)
    sequences = recall_batch(20, 31, flag_at=0).inputs
    for short, reader in (
        ("new", L["GateReader"]()),
        ("price", readers["with a price"]),
        ("free", readers["no price"]),
    ):
        measured, direct = L["two_norms"](reader, sequences)
        for lag in (10, 20, 30):
            found[f"{short} lag {lag}"] = measured[lag].item()
            found[f"{short} lag {lag} / Πf"] = (measured[lag] / direct[lag]).item()
    return found


def paths(seed: int) -> dict[str, float]:
    """Section 4: a new reader's gradient along all paths, over the product of forget gates."""
    start(seed)
    sequences = recall_batch(20, 31, flag_at=0).inputs
    measured, direct = L["two_norms"](L["GateReader"](), sequences)
    return {f"lag {lag}": (measured[lag] / direct[lag]).item() for lag in (10, 20)}


def reach(seed: int) -> dict[str, float]:
    """Section 5: what is left of the gradient, by forget bias (this start alone)."""
    return {
        f"bias {bias}, lag {lag}": bias_reach(float(bias), seed)[lag]
        for bias in (-1, 0, 1, 2, 3, 5)
        for lag in (20, 100)
    }


def _writers(seed: int) -> nn.ModuleDict:
    start(seed)
    pairs = L["read_pairs"](split="train")
    vocabulary = L["Vocabulary"].from_sentences([pair.target for pair in pairs])
    L["vocabulary"] = vocabulary
    L["sentences"] = [vocabulary.encode(pair.target, bos=True, eos=True) for pair in pairs]
    with contextlib.redirect_stdout(io.StringIO()):
        return L["equal_writers"](len(vocabulary))


def _agreement(writer: nn.Module, seed: int, lr: float, clip: float | None) -> float:
    """Train one writer alone, and count in 2,000 sampled sentences."""
    alone = nn.ModuleDict({"writer": writer})
    L["fit"](alone, L["batches_of"], L["writers_loss"], epochs=16, lr=lr, clip=clip)
    torch.manual_seed(100 + seed)
    return tense_agreement(L["write"](writer))[0]


def tense(seed: int) -> dict[str, float]:
    """Further: agreement of grammatical time, trained as in the lesson."""
    writers = _writers(seed)
    return {name: _agreement(writer, seed, 1.2e-2, None) for name, writer in writers.items()}


def tense_steps(seed: int) -> dict[str, float]:
    """The same with smaller steps, and clipped to norm 1."""
    tried = [(name, 0.004) for name in ("RNN", "RNN, isometric", "LSTM")]
    tried += [("RNN, isometric", 0.007), ("RNN, isometric", 0.012)]
    return {
        f"{name}, steps {lr}": _agreement(_writers(seed)[name], seed, lr, 1.0) for name, lr in tried
    }


def explosion(seed: int) -> dict[str, float]:
    """Further: a large LSTM's gradient at lag 100."""
    return {"lag 100": L["reach_of_large_lstm"](seed)[100].item()}
