"""Lesson 4's checks: right answers pass, each typical wrong one gets the hint meant for it."""

import numpy as np
import pytest
import torch

from helpers import checks
from tools.exercises import assert_rejected


def one_term(g, J, h, p):
    return torch.outer((g @ J) * (1 - h**2), p)


def bound(W, slope, lag):
    return (slope * torch.linalg.matrix_norm(W, ord=2).item()) ** lag


def clip(gs, m):
    norm = torch.stack([g.norm() for g in gs]).norm()
    return [g * torch.clamp(m / (norm + 1e-12), max=1.0) for g in gs]


def test_right_answers_pass():
    assert checks.check_one_term(one_term).status == "right"
    assert checks.check_gradient_bound(bound).status == "right"
    assert checks.check_clip_by_norm(clip).status == "right"
    assert checks.check_surviving_radius(1.5).status == "right"


def test_stubs_are_not_started():
    def stub(*_):
        raise NotImplementedError

    for check in (checks.check_one_term, checks.check_gradient_bound, checks.check_clip_by_norm):
        assert check(stub).status == "not started"
    assert checks.check_surviving_radius(...).status == "not started"


def mutating(gs, m):
    norm = torch.cat([g.reshape(-1) for g in gs]).norm()
    for g in gs:
        g *= min(1.0, m / norm.item())
    return gs


def in_numpy(g, J, h, p):
    return np.outer((g @ J) * (1 - h**2), p)


TERM = [
    (lambda g, J, h, p: torch.outer((J @ g) * (1 - h**2), p), "Jacobian is transposed"),
    (lambda g, J, h, p: torch.outer(J.T @ g, p), "slope of tanh is missing"),
    (lambda g, J, h, p: (g @ J * (1 - p**2))[:, None] * p, "slope is taken at the wrong state"),
    (lambda g, J, h, p: torch.outer((g @ J) * (1 - h), p), "you have 1 - h"),
    (lambda g, J, h, p: torch.outer((g @ J) * (1 - h**2), h), "Off by one"),
    (lambda g, J, h, p: torch.outer((g @ J) * (1 - h**2), p).T, "wrong way round"),
    (lambda g, J, h, p: (g @ J) * (1 - h**2) * p, "element-by-element"),
    (lambda g, J, h, p: torch.outer(J.sum(0) * (1 - h**2), p), "grad_T is missing"),
    (lambda g, J, h, p: torch.outer((g @ J) * (1 - h.tanh() ** 2), p), "without another tanh"),
    (lambda g, J, h, p: torch.outer((g * (1 - h**2)) @ J, p), "after the Jacobian, not before"),
    (lambda g, J, h, p: torch.dot((g @ J) * (1 - h**2), p), "a single number, a dot product"),
    (lambda g, J, h, p: None, "returned None"),
    (in_numpy, "NumPy"),
    (lambda g, J, h, p: torch.outer(g @ J, 1 - h**2) @ J[:, :2], "shape"),
]
BOUND = [
    (lambda W, s, n: (s * torch.linalg.matrix_norm(W).item()) ** n, "Frobenius"),
    (lambda W, s, n: (s * torch.linalg.eigvals(W).abs().max().item()) ** n, "spectral radius"),
    (lambda W, s, n: torch.linalg.svdvals(W)[0].item() ** n, "slope γ of the activation"),
    (lambda W, s, n: s * torch.linalg.svdvals(W)[0].item() ** n, "once per step"),
    (lambda W, s, n: s * torch.linalg.svdvals(W)[0].item() * n, "power, not a multiple"),
    (lambda W, s, n: bound(W, s, n - 1), "Off by one"),
    (lambda W, s, n: bound(W, s, n + 1), "Off by one"),
    (lambda W, s, n: (s * W.max().item()) ** n, "largest entry"),
    (
        lambda W, s, n: torch.linalg.matrix_norm(torch.linalg.matrix_power(s * W, n), 2).item(),
        "norm of the power",
    ),
    (lambda W, s, n: W @ n, "TypeError"),
]


def joint(gs):
    return torch.cat([g.flatten() for g in gs]).norm()


CLIP = [
    (lambda gs, m: [g * min(1, m / (g.norm() + 1e-9)) for g in gs], "every tensor by itself"),
    (lambda gs, m: [torch.clamp(g, -m, m) for g in gs], "clamp every entry"),
    (lambda gs, m: [g * m / joint(gs) for g in gs], "always scale"),
    (lambda gs, m: [g * min(1, m / sum(x.norm() for x in gs)) for g in gs], "not the sum of their"),
    (lambda gs, m: [g * min(1, m / joint(gs) ** 2) for g in gs], "square root is missing"),
    (lambda gs, m: [g.clone() for g in gs], "Nothing was clipped"),
    (lambda gs, m: [g / joint(gs) for g in gs], "always scale"),
    (lambda gs, m: torch.cat([g.flatten() for g in clip(gs, m)]), "Return a list"),
    (mutating, "changed one of its arguments"),
]
RADIUS = [
    (1.0, "ρ = 1 would do"),
    (0.9, "Below 1"),
    (1.2, "right direction"),
    (1.8, "explodes"),
    (2.0, "explodes"),
    (-1.6, "is a size"),
    ("1.6", "Expected a number"),
    (True, "Expected a number"),
]


@pytest.mark.parametrize(
    ("check", "answer", "hint"),
    [("check_one_term", *row) for row in TERM]
    + [("check_gradient_bound", *row) for row in BOUND]
    + [("check_clip_by_norm", *row) for row in CLIP]
    + [("check_surviving_radius", *row) for row in RADIUS],
)
def test_each_typical_mistake_gets_its_own_hint(check, answer, hint):
    assert_rejected(getattr(checks, check)(answer), hint)
