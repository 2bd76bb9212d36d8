"""Lesson 9's claims: the derivation within its intervals, saturation, and the shipped table."""

import math
import statistics

import pytest
import torch

from helpers import DATA, tables
from helpers.labs import scale as scale_lab_numbers
from notebooks.lessons import lesson
from tools.experiments import scaling

RUNS = tables.training_runs()


L = lesson("09").define("squared_deviations", "interval")


def sampled(seed, d=64, N=20_000):
    """The lesson's six lines on fresh samples: name -> (samples, derived value)."""
    generator = torch.Generator().manual_seed(seed)
    queries, keys = torch.randn(2, N, d, dtype=torch.float64, generator=generator)
    products = queries * keys
    first, second, dots = products[:, 0], products[:, 1], products.sum(-1)
    squares = L["squared_deviations"]
    return {
        "E(qk)": (first, 0),
        "E(q²k²)": (first**2, 1),
        "Var(qk)": (squares(first), 1),
        "E(qk · qk)": (first * second, 0),
        "Var(QᵀK)": (squares(dots), d),
        "Var(QᵀK / √d)": (squares(dots / d**0.5), 1),
    }


def inside(samples, expected):
    mean, half = L["interval"](samples)
    return abs(mean - expected) < half


@pytest.mark.parametrize("seed", range(10))
def test_every_line_of_the_derivation_is_in_its_confidence_interval(seed):
    for name, (samples, expected) in sampled(seed).items():
        assert inside(samples, expected), name


@pytest.mark.parametrize("d", [1, 2, 16, 256, 1024])
def test_the_variance_is_d_at_every_size(d):
    lines = sampled(100 + d, d=max(d, 2), N=10_000)
    assert inside(*lines["Var(QᵀK)"])
    assert inside(*lines["Var(QᵀK / √d)"])


@pytest.mark.parametrize("seed", range(10))
def test_the_interval_would_find_a_wrong_derivation(seed):
    lines = sampled(seed, d=4)
    samples, d = lines["Var(QᵀK)"]
    for wrong in (d + 1, d - 1, d**0.5, d**2, 1):
        assert not inside(samples, wrong)
    assert not inside(lines["Var(QᵀK / √d)"][0], 1 / d)


def test_the_interval_holds_the_truth_as_often_as_it_promises():
    """With 1.96 in place of 3.3 it is the 95 % interval: 400 experiments, about 380 hits."""
    generator = torch.Generator().manual_seed(0)
    q, k = torch.randn(2, 400, 2000, 8, dtype=torch.float64, generator=generator)
    dots = (q * k).sum(-1)  # (400 experiments, 2000 samples)
    hits = 0
    for samples in dots:
        mean, half = L["interval"](L["squared_deviations"](samples))
        hits += abs(mean - 8) < half * 1.96 / 3.3
    assert 0.91 < hits / 400 < 0.98


@pytest.mark.parametrize("seed", range(5))
def test_unscaled_the_median_starves_and_the_mean_does_not(seed):
    def gradients(d, scale):
        queries, keys = scale_lab_numbers.sample_queries_keys(
            "independent", 500, d, seed=seed, n=16
        )
        weights = (scale * (keys @ queries[:, :, None])[:, :, 0]).softmax(-1)
        return scale_lab_numbers.gradient_norm(weights, keys, scale)

    g = gradients(1024, 1.0)
    assert g.median() < 0.01
    assert g.mean() > 0.8
    assert g.max() > 3
    scaled = torch.stack([gradients(d, d**-0.5) for d in (16, 64, 1024)])
    for value in (*scaled.mean(1), *scaled.median(1).values):
        assert value == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("d", [64, 256, 1024])
def test_two_keys_tie_rarely_and_loudly_and_the_mean_does_not_move(d, seed):
    torch.manual_seed(seed)
    gap, gradient = lesson("09").define("two_keys")["two_keys"](d)
    assert inside(gradient, math.pi**-0.5 * (1 - math.pi**2 / (12 * d)))
    ties = gap.abs() < 1
    assert ties.double().mean() == pytest.approx((math.pi * d) ** -0.5, rel=0.25)
    assert gradient[gap.abs() < 0.3].mean() == pytest.approx(d**0.5 / 2, rel=0.1)
    derived = 2 * d**0.5 * math.exp(-0.954 * d**0.5)
    assert 0.3 < gradient.median() / derived < 3


def test_two_keys_gradient_is_autograds():
    query = torch.randn(8, dtype=torch.float64)
    keys = torch.randn(2, 8, dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(lambda q: (keys @ q).softmax(-1), query)
    gap = (keys[0] - keys[1]) @ query
    by_hand = 2**0.5 * gap.sigmoid() * (-gap).sigmoid() * (keys[0] - keys[1]).norm()
    assert jacobian.norm().item() == pytest.approx(by_hand.item())


def test_the_table_is_complete():
    sizes = len(scaling.SIZES) * len(scaling.SCALES) * len(scaling.SEEDS)
    assert len(RUNS) == sizes * sum(len(rates) for _, rates in scaling.OPTIMIZERS.values())
    assert len({run[:5] for run in RUNS}) == len(RUNS)


@pytest.mark.nightly
@pytest.mark.parametrize("scale", scaling.SCALES)
def test_cheap_rows_come_out_again(scale):
    rows = [run for run in RUNS if run[:4] == ("Adam", 16, scale, 0.01) and run.seed < 2]
    names = scaling.taught()
    for row in rows:
        again = scaling.train(names, *row[:5])
        assert again.accuracy == pytest.approx(row.accuracy, abs=0.04)
        assert again.steps == pytest.approx(row.steps, abs=25)


def test_writing_and_reading_the_table_gives_the_same(tmp_path):
    scaling.write(RUNS, tmp_path / "scaling.tsv")
    assert (tmp_path / "scaling.tsv").read_bytes() == tables.SCALING.read_bytes()


def mean_accuracy(optimizer, d, scale):
    found = {}
    for run in RUNS:
        if (run.optimizer, run.d, run.scale) == (optimizer, d, scale):
            found.setdefault(run.lr, []).append(run.accuracy)
    return {lr: statistics.mean(five) for lr, five in found.items()}


def test_what_the_lesson_says_about_the_table():
    for d in scaling.SIZES:
        assert mean_accuracy("Adam", d, "1/√d")[0.003] > 0.95
        best = {s: max(mean_accuracy("Adam", d, s).values()) for s in scaling.SCALES}
        assert best["1"] < best["1/√d"]
        assert best["1/d"] == pytest.approx(best["1/√d"], abs=0.01)
    for d in (16, 64):
        assert max(mean_accuracy("Adam", d, "1").values()) > 0.93
    assert max(mean_accuracy("SGD", 1024, "1/d").values()) < 0.5
    assert max(mean_accuracy("SGD", 1024, "1/√d").values()) > 0.99


def test_what_the_lesson_says_of_the_transformer_without_the_division():
    kinds = {"variant": str, "three": float}
    ours = tables.read_table(DATA / "transformer.tsv", "self_attention", kinds)
    kinds = {"lr": float, "seed": int, "three": float}
    slower = tables.read_table(DATA / "unscaled.tsv", "scaling", kinds)
    scaled, same_rate = (
        [row["three"] for row in ours if row["variant"] == variant]
        for variant in ("lesson", "unscaled")
    )
    half = [row["three"] for row in slower if row["lr"] == scaling.HALF_RATE]
    assert [len(five) for five in (scaled, same_rate, half)] == [5] * 3
    assert max(same_rate) < min(scaled)
    assert statistics.mean(scaled) - statistics.mean(same_rate) > 0.1
    assert statistics.mean(half) > statistics.mean(same_rate)


@pytest.mark.nightly
def test_an_unscaled_transformer_comes_out_again():
    rows = tables.read_table(DATA / "unscaled.tsv", "scaling", {"lr": float, "three": float})
    exact, _ = scaling.unscaled_transformer(rows[0]["lr"], 0)
    assert exact[2] == pytest.approx(rows[0]["three"], abs=0.1)


def test_a_run_that_diverges_counts_as_never_learned():
    row = scaling.train(scaling.taught(), "SGD", 16, "1", 1e6, 0)
    assert (row.accuracy, row.steps) == (0.0, scaling.STEPS + 1)
