"""Lesson 4's sentences say what its tables say; at night some rows are trained again."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import pytest
import torch

from helpers import DATA
from helpers.tables import read_table, recall_lags
from notebooks.lessons import lesson
from tools.experiments import gradients

TEXT = " ".join(lesson("04").text.split())


def says(sentence: str) -> bool:
    return sentence in TEXT


def rows(name: str, **kinds: Any) -> list[dict[str, Any]]:
    return read_table(DATA / name, "gradient_claims", kinds)


def learned(model: str, lag: int, units: int = 32) -> int:
    return sum(share > 0.9 for share in recall_lags()[model, units, lag])


def test_clipping_decides_in_all_five_starts() -> None:
    ends = defaultdict(list)
    for row in rows("clipping.tsv", **{"clip": str, "last loss": float, "longest gradient": float}):
        ends[row["clip"]].append(row["last loss"])
        assert row["longest gradient"] > 5
    assert len(ends["no"]) == len(ends["1.0"]) == 5
    assert min(ends["no"]) > 0.5 > 0.05 > max(ends["1.0"])
    assert says("none had learned without clipping, and all five had with it")


def test_how_far_each_start_learns() -> None:
    plain, orthogonal, isometric = (
        f"RNN, {start}" for start in ("as PyTorch starts it", "orthogonal W", "isometric")
    )
    assert max(max(recall_lags()[plain, 32, lag]) for lag in (20, 40, 80)) < 0.5
    assert learned(plain, 5) == 4
    assert 0 < learned(plain, 10) < 5
    assert says("At a distance of 5 nearly all readers find the rule; at 10 some stop half-way.")
    assert 0 < learned(orthogonal, 20) < 5
    assert learned(orthogonal, 40) == 0
    assert says("an orthogonal $W$ alone helps some readers at 20")
    assert (learned(isometric, 20), learned(isometric, 40), learned(isometric, 80)) == (5, 4, 1)
    assert says("all five learned 20 steps and four of five learned 40")
    assert says("At 80 steps only one of five learned.")


def test_the_first_word_had_no_say_while_training_lasted() -> None:
    found = defaultdict(list)
    kinds = {"model": str, "units": int, "lag": int, "felt at most": float}
    for row in rows("recall_lags.tsv", **kinds):
        if (row["model"], row["units"]) == ("RNN, as PyTorch starts it", 32):
            found[row["lag"]].append(row["felt at most"])
    assert max(found[20]) < 2e-5
    assert max(found[40]) < max(found[20]) / 100
    assert says("at lag 20 was never above 0.00002, and at lag 40 it was far smaller")


def test_at_80_steps_training_itself_lost_the_gradient() -> None:
    kinds = {"model": str, "units": int, "lag": int, "accuracy": float}
    kinds |= {"felt at first": float, "felt at most": float}
    failed = [
        row
        for row in rows("recall_lags.tsv", **kinds)
        if (row["model"], row["units"], row["lag"]) == ("RNN, isometric", 32, 80)
        and row["accuracy"] < 0.9
    ]
    assert len(failed) == 4
    assert all(row["felt at first"] > 0.05 > 1e-4 > row["felt at most"] for row in failed)
    assert says("at least a twentieth of the last word's")
    assert says("from step 25 on, it was below 0.0001 of it")


def test_with_short_distances_as_pytorch_starts_it_the_rnn_keeps_a_symbol() -> None:
    kinds = {"model": str, "units": int, "100 steps": float}
    shares = [
        row["100 steps"]
        for row in rows("recall_anywhere.tsv", **kinds)
        if (row["model"], row["units"]) == ("RNN, as PyTorch starts it", 32)
    ]
    assert len(shares) == 5
    assert min(shares) > 0.95
    assert says("five of five such readers did")


def test_the_state_stays_on_the_fence_at_the_cliff() -> None:
    loss_of = gradients.FOUR["loss_of"]
    edge = (math.atanh(0.5) + 0.3) / 0.5
    w = torch.tensor([edge - 0.1, edge, edge + 0.1], dtype=torch.float64)
    low, at, high = loss_of(w).tolist()
    assert low > 2.5 > 0.05 > high
    assert at == pytest.approx(0.04, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_one_number_with_tanh_vanishes_for_every_w(seed: int) -> None:
    torch.manual_seed(seed)
    inputs = torch.randn(50) / 2
    for w in (0.9, 1.1, 1.5):
        assert gradients.FOUR["change_by_lag"](w, inputs)[50] < 1e-4


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("model", "units", "lag", "learns"),
    [
        ("RNN, as PyTorch starts it", 32, 20, False),
        ("RNN, orthogonal W", 32, 40, False),
        ("RNN, isometric", 32, 20, True),
        ("RNN, isometric", 38, 20, True),
        ("ReLU RNN, identity W", 32, 20, True),
        ("LSTM, as PyTorch starts it", 16, 40, False),
        ("LSTM, forget bias 3", 16, 20, True),
    ],
)
def test_a_row_trained_again_ends_as_in_the_table(
    model: str, units: int, lag: int, learns: bool
) -> None:
    for seed in range(2):
        found = gradients.recall(model, units, lag, seed)["accuracy"]
        assert (found > 0.9) == learns
        assert (recall_lags()[model, units, lag][seed] > 0.9) == learns


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(2))
def test_clipping_again(seed: int) -> None:
    assert gradients.clipping(None, seed)["last loss"] > 0.5
    assert gradients.clipping(1.0, seed)["last loss"] < 0.05
