"""The gradient lab: measured norms against the explicit product, the bound, and words."""

import itertools

import numpy as np
import pytest
import torch

from helpers.labs.gradients import (
    ACTIVATIONS,
    MODELS,
    format_factor,
    format_relative,
    measure,
    passage,
    recurrent_matrix,
    untrained_lstm,
    verdict,
    word_inputs,
)
from helpers.metrics import gradient_reach, tense_agreement
from helpers.views.gradients import gradient_lab, shown_words

WORDS = passage()


def slope(name, h):
    """f'(a) of each activation, from h = f(a)."""
    return {"tanh": 1 - h**2, "sigmoid": h * (1 - h), "ReLU": (h > 0).double(), "none": h**0}[name]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("kind", ["plain", "orthogonal"])
def test_norms_equal_the_explicit_product_of_jacobians(kind, activation):
    T, inputs = 40, word_inputs(WORDS[:40])
    W, f = recurrent_matrix(kind, 1.1), ACTIVATIONS[activation][0]
    h, states = torch.zeros(len(W), dtype=torch.float64), []
    for x_t in inputs:
        h = f(x_t + W @ h)
        states.append(h)
    product, expected = torch.eye(len(W), dtype=torch.float64), []
    for t in range(T - 1, -1, -1):
        expected.insert(0, torch.linalg.matrix_norm(product, ord=2).item())
        product = product @ (torch.diag(slope(activation, states[t])) @ W)
    found = measure(WORDS[:T], 1.1, activation, kind).norms
    np.testing.assert_allclose(found, expected, rtol=1e-8)


@pytest.mark.parametrize("radius", [0.3, 0.9, 1.0, 1.5, 2.0])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("kind", ["plain", "orthogonal", "RNN"])
def test_measured_norms_never_exceed_the_bound(kind, activation, radius):
    for T in (1, 2, 7, 200):
        reach = measure(WORDS[:T], radius, activation, kind)
        assert reach.norms.shape == (T,)
        assert reach.norms[-1] == pytest.approx(1.0)
        assert (reach.norms <= reach.bound * (1 + 1e-9)).all()


def test_spectral_radius_is_what_was_asked_for():
    for kind in ("plain", "orthogonal"):
        eigenvalues = torch.linalg.eigvals(recurrent_matrix(kind, 0.7)).abs()
        assert eigenvalues.max().item() == pytest.approx(0.7)
    with pytest.raises(ValueError, match="'plain', 'orthogonal' or 'RNN'"):
        recurrent_matrix("round", 1.0)


def test_the_lstm_step_is_torch_s_lstm():
    inputs, H = word_inputs(WORDS[:9]), 16
    lstm = torch.nn.LSTM(H, H, dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    drawn = [
        (2 * torch.rand(*shape, generator=generator, dtype=torch.float64) - 1) / H**0.5
        for shape in ((4 * H, H), (4 * H, H), (4 * H,), (4 * H,))
    ]
    with torch.no_grad():
        drawn[2][H : 2 * H] += 3.0
        for own, value in zip(lstm.parameters(), drawn, strict=True):
            own.copy_(value)
    state = torch.zeros(1, 2 * H, dtype=torch.float64)
    for x_t in inputs:
        state = untrained_lstm(3.0)(x_t, state)
    _, (h, c) = lstm(inputs[:, None, :H])
    torch.testing.assert_close(state, torch.cat([h[0], c[0]], dim=-1))


def test_one_backward_pass_serves_every_step(monkeypatch):
    calls, original = [], torch.autograd.grad
    monkeypatch.setattr(
        torch.autograd, "grad", lambda *a, **k: calls.append(1) or original(*a, **k)
    )
    gradient_reach(lambda x, h: torch.tanh(x + h), torch.randn(50, 3), 3)
    assert len(calls) == 1


def test_every_setting_draws():
    lab = gradient_lab()
    controls = lab.controls
    for T, radius, activation, model in itertools.product(
        (1, 2, 200), (0.2, 2.0), ACTIVATIONS, MODELS.values()
    ):
        controls["T"].value, controls["radius"].value = T, radius
        controls["activation"].value, controls["model"].value = activation, model
        assert "Not drawn" not in lab.note.value


@pytest.mark.parametrize(
    ("factor", "text"),
    [(1.0, "1"), (3.24, "3.2"), (9.96, "10"), (14.2, "14"), (4321, "4,300"), (3e7, "10⁷")],
)
def test_factors_read_well(factor, text):
    assert format_factor(factor) == text


@pytest.mark.parametrize(
    ("norm", "text"), [(1.01, "1"), (0.25, "÷4"), (1e-9, "÷10⁹"), (2e3, "×2,000")]
)
def test_shares_read_well(norm, text):
    assert format_relative(norm) == text


def test_the_strip_shows_first_and_last_words():
    assert shown_words(3)[:4] == [0, 1, 2, None]
    assert shown_words(200) == [0, 1, 2, 3, 4, None, 195, 196, 197, 198, 199]
    assert len(shown_words(11)) == len(shown_words(1)) == 11


def test_the_verdict_names_the_states():
    assert verdict(np.array([1e-4, 1e-2, 1.0])) == "To h₃, h₁ counts 100 times less than h₂"
    assert verdict(np.array([50.0, 2.0, 1.0])) == "To h₃, h₁ counts 25 times more than h₂"
    assert verdict(np.array([1.0, 1.0, 1.0])) == "h₃ feels h₁ about as much as h₂"
    assert "exactly 0" in verdict(np.array([0.0, 0.5, 1.0]))
    assert "Too short" in verdict(np.ones(1))


def test_tense_agreement_counts_later_clauses():
    same, different, silent = "我昨天吃了，他喝了。", "我會吃，他喝了。", "這隻貓很小，我會吃。"
    assert tense_agreement([same]) == (1.0, 1)
    assert tense_agreement([same, different, silent]) == (0.5, 2)
    assert tense_agreement(["我昨天沒有吃，他喝了。", "我會吃，他沒有買書。"]) == (0.5, 2)
    assert tense_agreement(["我會吃，但是他沒有手機。"])[1] == 0  # not having is no time
