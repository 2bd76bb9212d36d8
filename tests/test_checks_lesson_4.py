"""Lesson 4's checks: right answers pass, each typical wrong one gets the hint meant for it."""

import numpy as np
import pytest
import torch

from helpers import checks
from tools.exercises import assert_rejected


def one_term(g, J, h, p):
    return torch.outer((g @ J) * (1 - h**2), p)


def clip(gs, m):
    norm = torch.stack([g.norm() for g in gs]).norm()
    return [g * torch.clamp(m / (norm + 1e-12), max=1.0) for g in gs]


def test_right_answers_pass():
    assert checks.check_one_term(one_term).status == "right"
    assert checks.check_clip_by_norm(clip).status == "right"
    assert checks.check_surviving_radius(1.5).status == "right"


def test_stubs_are_not_started():
    def stub(*_):
        raise NotImplementedError

    for check in (checks.check_one_term, checks.check_clip_by_norm):
        assert check(stub).status == "not started"
    assert checks.check_surviving_radius(...).status == "not started"
    assert checks.check_transient_growth(...).status == "not started"
    assert checks.check_transient_growth([[..., 1], [0, ...]]).status == "not started"


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
    (lambda g, J, h, p: torch.outer(g * (1 - h**2), p), "Jacobian is missing"),
    (lambda g, J, h, p: torch.outer((g @ J) * h * (1 - h), p), "slope of the sigmoid"),
    (lambda g, J, h, p: torch.outer((g @ J) * (1 + h * h), p), "you have 1 + h**2"),
    (lambda g, J, h, p: torch.outer((g @ J) * (1 - 2 * h), p), "you have 1 - 2 * h"),
    (lambda g, J, h, p: torch.outer((g @ J) * (1 - h**2) ** 0.5, p), "without a square root"),
    (lambda g, J, h, p: torch.outer((g @ J) * (1 - h**2) ** 2, p), "in there twice"),
    (lambda g, J, h, p: torch.outer(g @ J, p * (1 - h**2)), "belongs to the rows"),
    (lambda g, J, h, p: torch.outer((g @ J) + 1 - h**2, p), "the slope is not added"),
    (lambda g, J, h, p: torch.outer((g @ J @ J) * (1 - h**2), p), "The Jacobian is in there twice"),
    (lambda g, J, h, p: -torch.outer((g @ J) * (1 - h**2), p), "wrong sign"),
    (lambda g, J, h, p: torch.outer((g @ J) * (1 - h**2), p) / len(h), "constant times"),
    (lambda g, J, h, p: torch.outer((g @ J) * (1 - h**2), p)[None], "a dimension too many"),
    (lambda g, J, h, p: None, "returned None"),
    (in_numpy, "NumPy"),
    (lambda g, J, h, p: torch.outer(g @ J, 1 - h**2) @ J[:, :2], "shape"),
]
GROWTH = [
    ([[3, 0], [0, 3]], "symmetric, diagonal, or a rotation"),
    ([[0.0, 0.9], [-0.9, 0.0]], "a rotation times a number"),
    ([[0.9, 0.2], [0.2, 0.3]], "symmetric"),
    ([[0.5, 3.0], [0.0, 0.5]], "‖A⁵‖ = 0.939 (too small)"),
    ([[0.5, 3.0], [0.0, 0.5]], "Bring it closer to 1"),
    ([[0, 9], [0, 0]], "after five steps"),
    ([[1.0, 5.0], [0.0, 0.5]], "has to be below 1"),
    ([[3.0, 1.0], [0.0, 3.0]], "Look at the eigenvalues"),
    ([[3, 4], [1, 2]], "Look at the eigenvalues"),
    ([[0.99, 5.0], [0.0, 0.99]], "not within 100 steps"),
    ([[0.9, 1.0], [0.0, 0.8]], "One step does not stretch enough"),
    ([[1e200, 1], [0, 1]], "leave the range"),
    ([0.8, 5, 0, 0.8], "brackets of its own"),
    ([[0.8, 5, 0], [0, 0.8, 0], [0, 0, 0]], "two rows of two numbers"),
    ([["0.8", 5], [0, 0.8]], "two rows of two numbers"),
    ([[0.8, float("nan")], [0, 0.8]], "two rows of two numbers"),
    ("A", "two rows of two numbers"),
    (0.8, "two rows of two numbers"),
    (torch.ones(2), "two rows of two numbers"),
    (lambda: [[0.8, 5], [0, 0.8]], "two rows of two numbers"),
]


@pytest.mark.parametrize(
    "matrix",
    [
        [[0.8, 5.0], [0.0, 0.8]],
        ((0.8, 0), (5, 0.8)),
        [[0.5, 10], [0, 0.5]],
        [[0.9, 100], [0, -0.9]],
        [[0.9, 4], [0, 0.7]],
        [[0, 30], [-0.02, 0.1]],
        np.array([[0.8, 5], [0, 0.8]]),
        torch.tensor([[0.8, 5], [0, 0.8]]),
        torch.tensor([[0.8, 5], [0, 0.8]], requires_grad=True),
        [torch.tensor([0.8, 5]), np.array([0, 0.8])],
        [[np.float64(0.8), torch.tensor(5)], [0, 0.8]],
        [[0.5, 1000], [0, 0.5]],
    ],
)
def test_matrices_that_grow_first_pass(matrix):
    assert checks.check_transient_growth(matrix).status == "right"


def joint(gs):
    return torch.cat([g.flatten() for g in gs]).norm()


def clip_by(gs, m, norm):
    size = norm(torch.cat([g.flatten() for g in gs]))
    return [g * torch.clamp(m / (size + 1e-12), max=1.0) for g in gs]


CLIP = [
    (lambda gs, m: [g * min(1, m / (g.norm() + 1e-9)) for g in gs], "every tensor by itself"),
    (lambda gs, m: [torch.clamp(g, -m, m) for g in gs], "clamp every entry"),
    (lambda gs, m: [g * m / joint(gs) for g in gs], "always scale"),
    (lambda gs, m: [g * min(1, m / sum(x.norm() for x in gs)) for g in gs], "not the sum of their"),
    (lambda gs, m: [g * min(1, m / joint(gs) ** 2) for g in gs], "square root is missing"),
    (lambda gs, m: [g.clone() for g in gs], "Nothing was clipped"),
    (lambda gs, m: [g / joint(gs) for g in gs], "always scale"),
    (lambda gs, m: torch.cat([g.flatten() for g in clip(gs, m)]), "Return a list"),
    (lambda gs, m: clip_by(gs, m, lambda v: v.abs().max()), "largest entry"),
    (lambda gs, m: clip_by(gs, m, lambda v: v.abs().sum()), "add up absolute values"),
    (lambda gs, m: clip_by(gs, m, lambda v: (v**2).mean() ** 0.5), "root of the *mean* square"),
    (lambda gs, m: [g * min(1, m / (gs[0].norm() + 1e-9)) for g in gs], "first tensor only"),
    (lambda gs, m: [g * joint(gs) / m if joint(gs) > m else g for g in gs], "upside down"),
    (lambda gs, m: [g * (joint(gs) <= m) for g in gs], "throw long gradients away"),
    (lambda gs, m: [g * m / joint(gs) if joint(gs) > 2 * m else g for g in gs], "3.5 and max_norm"),
    (lambda gs, m: (g for g in clip(gs, m)), "a generator"),
    (lambda gs, m: (clip(gs, m), joint(gs)), "part 1"),
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
    + [("check_transient_growth", *row) for row in GROWTH]
    + [("check_clip_by_norm", *row) for row in CLIP]
    + [("check_surviving_radius", *row) for row in RADIUS],
)
def test_each_typical_mistake_gets_its_own_hint(check, answer, hint):
    assert_rejected(getattr(checks, check)(answer), hint)
