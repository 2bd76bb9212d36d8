"""The scale lab's numbers: theory and samples, twins in torch, extremes; the shipped table."""

import math

import numpy as np
import pytest
import torch

from helpers import tables
from helpers.labs import scale as scale_lab_numbers
from helpers.views.scale import scale_lab, short_number

every_regime = pytest.mark.parametrize("regime", scale_lab_numbers.RANGES)


@every_regime
@pytest.mark.parametrize("d", [1, 16, 200])
def test_samples_lie_in_the_theorys_confidence_interval(regime, d):
    queries, keys = scale_lab_numbers.sample_queries_keys(regime, 20_000, d)
    dots = (queries * keys[:, 0]).double().sum(-1)
    squares = (dots - dots.mean()) ** 2
    for samples, expected in zip(
        (dots, squares), scale_lab_numbers.dot_product_moments(regime, d), strict=True
    ):
        half = 3.3 * samples.std() / len(samples) ** 0.5
        assert abs(samples.mean() - expected) < half


def test_shapes_and_who_is_the_query():
    queries, keys = scale_lab_numbers.sample_queries_keys("q = k", 5, 7, n=3)
    assert queries.shape == (5, 7)
    assert keys.shape == (5, 3, 7)
    assert torch.equal(keys[:, 0], queries)
    assert not torch.equal(keys[:, 1], queries)


def test_an_unknown_regime_is_named():
    with pytest.raises(ValueError, match=r"'dependent'.*independent"):
        scale_lab_numbers.sample_queries_keys("dependent", 1, 1)


def test_entropy_of_certain_and_even_weights():
    weights = torch.tensor([[0.0, 1.0, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]])
    torch.testing.assert_close(scale_lab_numbers.entropy(weights), torch.tensor([0.0, math.log(4)]))


def test_the_jacobian_is_autograds():
    scores = torch.randn(6, dtype=torch.float64)
    expected = torch.autograd.functional.jacobian(lambda s: s.softmax(-1), scores)
    torch.testing.assert_close(scale_lab_numbers.softmax_jacobian(scores.softmax(-1)), expected)


@pytest.mark.parametrize("scale", [1.0, 0.25])
def test_the_gradient_norm_is_autograds(scale):
    query, keys = torch.randn(16, dtype=torch.float64), torch.randn(5, 16, dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(lambda q: (scale * keys @ q).softmax(-1), query)
    weights = (scale * keys @ query).softmax(-1)
    found = scale_lab_numbers.gradient_norm(weights, keys, scale)
    assert found.item() == pytest.approx(jacobian.norm().item())


@every_regime
def test_running_products_are_the_dot_products_of_every_d(regime):
    queries, keys = scale_lab_numbers.sample_queries_keys(
        regime, scale_lab_numbers.ROWS, scale_lab_numbers.LARGEST
    )
    for d in (1, 100, scale_lab_numbers.LARGEST):
        expected = (queries * keys[:, 0])[:, :d].double().sum(-1)
        np.testing.assert_allclose(
            scale_lab_numbers.running_products(regime)[:, d - 1], expected, rtol=2e-3, atol=2e-2
        )


def test_a_growing_d_keeps_the_entries_it_had():
    one = scale_lab_numbers.weigh_keys("independent", 8, 3, 1.0)
    query, keys = scale_lab_numbers.sample_queries_keys(
        "independent", 1, scale_lab_numbers.LARGEST, seed=103, n=scale_lab_numbers.KEYS
    )
    expected = (keys[0, :, :8] @ query[0, :8]).softmax(-1)
    np.testing.assert_allclose(one.weights, expected, rtol=1e-5)
    assert 0 <= one.entropy <= 1


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.0, "0"), (-0.001, "0"), (0.05, "0.05"), (8.06, "8.06"), (64.2, "64"), (53312.0, "53,300")],
)
def test_numbers_are_written_short(number, text):
    assert short_number(np.float32(number)) == text


@every_regime
def test_the_lab_draws_its_extremes(regime):
    lab = scale_lab()
    lab.controls["regime"].value = regime
    for d in (1, scale_lab_numbers.LARGEST):
        lab.controls["d"].value = float(d)
        assert f"d = {d}, " in lab.note.value
    before = lab.canvas.value
    lab.controls["seed"].value = 20
    assert lab.canvas.value != before
    assert "Not drawn" not in lab.note.value


def test_the_slider_reaches_both_ends_of_d_in_equal_steps():
    control = scale_lab().controls["d"]
    steps = (control.max - control.min) / control.step
    assert 10**control.min == pytest.approx(1)
    assert 10**control.max == pytest.approx(scale_lab_numbers.LARGEST)
    assert steps == pytest.approx(round(steps))


def test_a_damaged_table_is_named(tmp_path):
    lines = tables.SCALING.read_text("utf-8").splitlines()
    path = tmp_path / "scaling.tsv"
    path.write_text("\n".join([*lines[:4], lines[4][:9]]), encoding="utf-8")
    with pytest.raises(ValueError, match="line 5"):
        tables.training_runs(path)
    path.write_text("\n".join(lines[1:]), encoding="utf-8")
    with pytest.raises(ValueError, match=r"`python -m benchmarks\.scaling --write`"):
        tables.training_runs(path)
