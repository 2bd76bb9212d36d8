"""Lesson 9's checks: right answers pass, each typical wrong one gets the hint meant for it."""

import math

import numpy as np
import pytest
import torch

from helpers import checks
from tools.exercises import assert_rejected, exercise


def solution(name):
    return exercise("09", name, solved=True)


right_variance = solution("sampled_variance")


def dot_variance(function):
    return checks.check_dot_variance(576, function)


CHECKS = {
    "sampled_variance": dot_variance,
    "break_the_scale": checks.check_break,
    "uniform_divisor": checks.check_uniform_scale,
    "row_entropy": checks.check_entropy,
    "jacobian_norm": checks.check_jacobian_norm,
}


@pytest.mark.parametrize("name", CHECKS)
def test_the_lessons_solutions_pass(name):
    assert CHECKS[name](solution(name)).status == "right"


def stub(*_):
    raise NotImplementedError


@pytest.mark.parametrize(
    "name", ["break_the_scale", "uniform_divisor", "row_entropy", "jacobian_norm"]
)
def test_stubs_are_not_started(name):
    assert CHECKS[name](stub).status == "not started"
    assert CHECKS[name](...).status == "not started"


def test_an_exercise_of_two_parts_says_which_is_missing():
    assert checks.check_dot_variance(..., stub).status == "not started"
    assert "by_hand` is right" in checks.check_dot_variance(576, stub).message
    assert "fill in `by_hand`" in checks.check_dot_variance(..., right_variance).message
    assert "standard deviations" in checks.check_dot_variance(96, stub).message


def test_other_right_answers_pass():
    def with_where(p):
        safe = torch.where(p > 0, p, torch.ones_like(p))
        return -(p * safe.log()).sum(-1)

    def row_by_row(p):
        rows = [torch.diag(r) - torch.outer(r, r) for r in p]
        return torch.stack([row.square().sum().sqrt() for row in rows])

    def centred(q, k):
        dots = torch.einsum("nd,nd->n", q, k)
        return (dots - dots.mean()).square().sum() / (len(dots) - 1)

    assert checks.check_entropy(with_where).status == "right"
    assert checks.check_entropy(lambda p: -torch.xlogy(p, p).sum(-1)).status == "right"
    assert checks.check_jacobian_norm(row_by_row).status == "right"
    assert checks.check_dot_variance(576.0, centred).status == "right"
    assert checks.check_dot_variance(torch.tensor(576), centred).status == "right"
    assert checks.check_uniform_scale(lambda d: (7 * d) ** 0.5 / 12).status == "right"
    assert checks.check_entropy(lambda p: -(p * p.log()).nansum(-1)).status == "right"
    assert checks.check_entropy(lambda p: -(p * (p + 1e-12).log()).sum(-1)).status == "right"
    with_categories = torch.distributions.Categorical
    assert checks.check_entropy(lambda p: with_categories(probs=p).entropy()).status == "right"
    by_numbers = [
        lambda p: torch.vmap(lambda r: (torch.diag(r) - torch.outer(r, r)).norm())(p),
        lambda p: ((p**2).sum(-1) ** 2 + (p**2 - 2 * p**3).sum(-1)).clamp_min(0).sqrt(),
        lambda p: torch.linalg.svdvals(jacobian(p)).square().sum(-1).sqrt(),
    ]
    assert all(checks.check_jacobian_norm(f).status == "right" for f in by_numbers)
    of_dots = [
        lambda q, k: (q @ k.T).diagonal().var(),
        lambda q, k: torch.bmm(q[:, None], k[:, :, None]).flatten().var(),
        lambda q, k: torch.stack([a @ b for a, b in zip(q, k, strict=True)]).var(),
        lambda q, k: torch.cov((q * k).sum(-1)),
    ]
    assert all(dot_variance(f).status == "right" for f in of_dots)
    assert checks.check_uniform_scale(lambda d: torch.tensor(7 * d / 144).sqrt()).status == "right"


BY_HAND = [
    (24, "standard deviation"),
    (36, "variance of one product"),
    (96, "Variances multiply"),
    (208, "they multiply"),
    (13, "16 products"),
    (16, "That is d"),
    (144, "Both variances count"),
    (64, "Where is Var(k_i)"),
    (52, "not 4"),
    (576.4, "one product first"),
    (9216, "one and the same number"),
    (20736, "squared the variances"),
    (2.25, "divide by d"),
    (0, "0 is the mean"),
    (-576, "never negative"),
    (577, "one product first"),
    ("576", "should be a number"),
    (True, "should be a number"),
    (math.nan, "should be a number"),
]
VARIANCE = [
    (lambda q, k: (q * k).sum(0).var(), "sum over dim 0"),
    (lambda q, k: (q * k).mean(-1).var(), "sum, not mean"),
    (lambda q, k: (q * k).sum(-1).std(), "not .std()"),
    (lambda q, k: (q * k).sum(-1).mean(), "not their variance"),
    (lambda q, k: ((q * k).sum(-1) ** 2).mean(), "forget to centre"),
    (lambda q, k: (q * k).var(0).sum(), "uncorrelated"),
    (lambda q, k: (q * k).var(), "one entry's product"),
    (lambda q, k: (q * k).var(0), "one variance per entry"),
    (lambda q, k: (q * k).sum(-1), "Those are the dot products"),
    (lambda q, k: (q @ k.T).var(), "row by row"),
    (lambda q, k: (q @ k.T).var(-1).mean(), "on its diagonal only"),
    (lambda q, k: ((q * k).sum(-1) / q.shape[1] ** 0.5).var(), "divided by √d already"),
    (lambda q, k: (q * k).sum(-1).var(unbiased=False), "divides by N - 1"),
    (lambda q, k: q.shape[1] * q.var() * k.var(), "formula by hand"),
    (lambda q, k: (q.sum(1) * k.sum(1)).var(), "sum up each vector first"),
    (lambda q, k: (q + k).sum(1).var(), "add queries and keys"),
    (lambda q, k: (q * k).sum(1).var() / math.sqrt(q.shape[1]), "divide the variance by √d"),
    (lambda q, k: (q[0] * k[0]).var(), "within the first pair"),
    (lambda q, k: (q * k).sum().var(), "one number has no variance"),
    (lambda q, k: torch.tensor(q.shape[1] * 1.0), "which the derivation gives"),
    (lambda q, k: torch.cosine_similarity(q, k).var(), "cosine"),
    (lambda q, k: (q * k).sum(1).abs().var(), "largest difference"),
    (lambda q, k: (q * k.flip(0)).sum(1).var(), "largest difference"),
    (lambda q, k: q.mul_(k).sum(-1).var(), "changed one of its arguments"),
    (lambda q, k: None, "returned None"),
    (lambda q, k: (q @ k).var(), "RuntimeError"),
]
UNIFORM = [
    (lambda d: math.sqrt(d), "mean 0; these have"),
    (lambda d: 7 * d / 144, "by its square root"),
    (lambda d: 12 / math.sqrt(7 * d), "multiply by it"),
    (lambda d: math.sqrt(d) / 3, "forget to centre"),
    (lambda d: math.sqrt(d) / 12, "only if the means are 0"),
    (lambda d: math.sqrt(d / 12), "for one factor"),
    (lambda d: math.sqrt(d / 16), "mean of the square is ⅓"),
    (lambda d: math.sqrt(d * 5 / 36), "is (½ · ½)² = 1/16"),
    (lambda d: d / 4, "makes the *mean* 1"),
    (lambda d: d, "That is d."),
    (lambda d: d * math.sqrt(7) / 12, "Take the root of d"),
    (lambda d: math.sqrt(7) / 12, "The sum has d products"),
    (lambda d: math.sqrt(d * 25 / 144), "*minus* the squared mean"),
    (lambda d: 0.22 * d**0.5, "rounded"),
    (lambda d: d**0.5 * 7 / 144, "root of 7/144, too"),
    (lambda d: -((7 * d / 144) ** 0.5), "positive root"),
    (lambda d: math.sqrt(7 * d / 12), "times what it should be"),
    (lambda d: "√d", "Compare your steps"),
    (lambda d: math.sqrt(-d), "ValueError"),
    (lambda d: None, "returned None"),
]
ENTROPY = [
    (lambda p: (p * p.clamp_min(1e-30).log()).sum(-1), "minus sign"),
    (lambda p: -(p * p.clamp_min(1e-30).log2()).sum(-1), "bits"),
    (lambda p: -(p * p.clamp_min(1e-30).log10()).sum(-1), "log10"),
    (lambda p: -(p * p.log()).sum(-1), "should count as 0"),
    (lambda p: torch.special.entr(p).sum(0), "wrong axis"),
    (lambda p: torch.special.entr(p).mean(-1), "sum, not mean"),
    (lambda p: torch.special.entr(p).sum(), "over all rows"),
    (lambda p: torch.special.entr(p).sum(-1).mean(), "average over the rows"),
    (lambda p: -p.log().sum(-1), "factor p is missing"),
    (lambda p: -p.log().mean(-1), "not with 1/n"),
    (lambda p: torch.special.entr(p).sum(-1) / math.log(p.shape[-1]), "divide by log n"),
    (lambda p: torch.special.entr(p).sum(-1).exp(), "perplexity"),
    (lambda p: torch.special.entr(p.softmax(-1)).sum(-1), "softmax again"),
    (lambda p: -(p * (p + 1).log()).sum(-1), "log(1 + p)"),
    (lambda p: 1 - (p**2).sum(-1), "Gini"),
    (lambda p: torch.special.entr(p).sum(-1, keepdim=True), "keepdim"),
    (lambda p: torch.special.entr(p), "Those are the terms"),
    (lambda p: math.log(p.shape[-1]) - torch.special.entr(p).sum(-1), "from its maximum"),
    (lambda p: -p.max(-1).values.log(), "largest weight"),
    (lambda p: -(p * torch.log(p + 1e-3)).sum(-1), "0.001 inside"),
    (lambda p: torch.special.entr(p).sum(-1).squeeze(), "batch of one"),
    (lambda p: torch.special.entr(p).sum(-1) * 2, "largest difference"),
    (lambda p: -(p * p.log()).sum(-1).nan_to_num(0), "weights of exactly 0"),
    (lambda p: torch.special.entr(p).sum(-1).numpy(), "NumPy"),
    (lambda p: p.mul_(-p.log()).sum(-1), "changed one of its arguments"),
    (lambda p: None, "returned None"),
]


def jacobian(p):
    return torch.diag_embed(p) - p[:, :, None] * p[:, None, :]


NORM = [
    (lambda p: torch.diag_embed(p).norm(dim=(1, 2)), "p pᵀ is missing"),
    (lambda p: (p[:, :, None] * p[:, None, :]).norm(dim=(1, 2)), "diag(p) is missing"),
    (
        lambda p: (torch.diag_embed(p) + p[:, :, None] * p[:, None, :]).norm(dim=(1, 2)),
        "*minus* p pᵀ",
    ),
    (lambda p: (p - p**2).norm(dim=-1), "off it, -p_i p_j"),
    (
        lambda p: (jacobian(p) - torch.diag_embed(p - p**2)).norm(dim=(1, 2)),
        "Only the entries off the diagonal",
    ),
    (
        lambda p: (torch.eye(p.shape[1]) - p[:, :, None] * p[:, None, :]).norm(dim=(1, 2)),
        "identity in place",
    ),
    (lambda p: (jacobian(p) ** 2).sum((1, 2)), "square root is missing"),
    (lambda p: torch.linalg.matrix_norm(jacobian(p), 2), "spectral"),
    (lambda p: torch.linalg.matrix_norm(jacobian(p), "nuc"), "nuclear"),
    (lambda p: jacobian(p).abs().sum((1, 2)), "add the entries' sizes"),
    (lambda p: jacobian(p).sum((1, 2)), "sums to 0"),
    (lambda p: (jacobian(p) ** 2).mean((1, 2)).sqrt(), "mean of the squares"),
    (lambda p: jacobian(p).abs().flatten(1).max(1).values, "largest entry"),
    (lambda p: jacobian(p).norm(), "whole batch"),
    (lambda p: jacobian(p).norm(dim=-1), "each Jacobian"),
    (jacobian, "return the Jacobians"),
    (lambda p: (torch.diag_embed(p) - p[:, :, None]).norm(dim=(1, 2)), "p stands in every column"),
    (lambda p: jacobian(p).diagonal(dim1=1, dim2=2).sum(-1), "trace"),
    (lambda p: jacobian(p).norm(dim=(1, 2)).mean(), "average over the batch"),
    (lambda p: jacobian(p)[:1].norm(dim=(1, 2)), "Look at the shapes"),
    (lambda p: jacobian(p).det(), "largest difference"),
    (lambda p: jacobian(p).norm(dim=(1, 2)).squeeze(), "batch of one"),
    (lambda p: jacobian(p.softmax(-1)).norm(dim=(1, 2)), "softmax again"),
    (lambda p: (torch.diag(p.sum(0)) - p.T @ p).norm(), "over the batch"),
    (lambda p: jacobian(p).norm(dim=(1, 2)).tolist(), "Compare your steps"),
    (lambda p: torch.diag(p) - torch.outer(p, p), "RuntimeError"),
    (lambda p: p.sub_(p**2).norm(dim=-1), "changed one of its arguments"),
    (lambda p: None, "returned None"),
]


def one(N):
    return torch.randn(N, 1)


@pytest.mark.parametrize(
    "answer",
    [
        lambda N, d: (one(N).repeat(1, d), one(N).repeat(1, d)),
        lambda N, d: (torch.stack([torch.randn(N)] * d, dim=1),) * 2,
        lambda N, d: one(N).expand(2, N, d).double(),
        lambda N, d: [0.95**0.5 * one(N) + 0.05**0.5 * torch.randn(N, d) for _ in range(2)],
        lambda N, d: [one(N) * (-1.0) ** torch.arange(d) for _ in range(2)],
        lambda N, d: [(torch.rand(N, 1) - 0.5).mul(12**0.5).expand(N, d) for _ in range(2)],
        lambda N, d: [(torch.randint(2, (N, 1)) * 2 - 1).expand(N, d), one(N).expand(N, d)],
        lambda N, d: tuple(np.repeat(np.random.randn(N, 1), d, axis=1) for _ in range(2)),
        lambda N, d: (torch.where(torch.rand(N, 1) < 0.02, 50**0.5, 0.0) * torch.randn(N, d),) * 2,
        lambda N, d: [one(N).half().expand(N, d) for _ in range(2)],
        lambda N, d: [torch.outer(torch.randn(N), torch.ones(d)) for _ in range(2)],
    ],
)
def test_vectors_that_break_the_scale_in_many_ways(answer):
    verdict = checks.check_break(answer)
    assert verdict.status == "right", verdict
    assert "only 1/d would keep" in verdict.message


BREAK = [
    (lambda N, d: torch.randn(2, N, d), "products are uncorrelated"),
    (lambda N, d: [torch.randint(2, (N, d)) * 2 - 1 for _ in range(2)], "are uncorrelated"),
    (lambda N, d: (torch.randn(N, d),) * 2, "the other's copy"),
    (lambda N, d: (lambda q: (q, -q))(torch.randn(N, d)), "the other's copy"),
    (lambda N, d: (one(N).expand(N, d), torch.randn(N, d)), "Only the entries of your queries"),
    (lambda N, d: (torch.randn(N, d), one(N).expand(N, d)), "Only the entries of your keys"),
    (lambda N, d: [one(N) / 2 + 0.75**0.5 * torch.randn(N, d) for _ in range(2)], "on the way"),
    (lambda N, d: [10 * torch.randn(N, d) for _ in range(2)], "The lecture assumes 1"),
    (lambda N, d: torch.randn(2, N, d).cumsum(dim=-1), "The lecture assumes 1"),
    (lambda N, d: [one(N) + torch.randn(N, d) for _ in range(2)], "The lecture assumes 1"),
    (lambda N, d: torch.nn.functional.normalize(torch.randn(2, N, d), dim=-1), "assumes 1"),
    (lambda N, d: torch.rand(2, N, d) + 5, "The lecture assumes 0"),
    (lambda N, d: torch.randn(2, N, d).sort(dim=-1).values, "The lecture assumes 0"),
    (lambda N, d: torch.ones(2, N, d), "are the same"),
    (lambda N, d: torch.randn(2, 1, d).expand(2, N, d), "are the same"),
    (lambda N, d: torch.randn(2, d, N), "turn it round"),
    (lambda N, d: (one(N), one(N)), "One number per vector"),
    (lambda N, d: torch.randn(2, N), "One number per vector"),
    (lambda N, d: torch.randn(N, d), "Return two things".lower()),
    (lambda N, d: ([0.0] * d, [0.0] * d), "should be a tensor"),
    (lambda N, d: torch.randn(2, N, d) / 0, "infinite"),
    (lambda N, d: one(4000).expand(2, 4000, 64), "N = 5000, d = 16: your queries should be"),
    (lambda N, d: None, "returned None"),
    (lambda d: torch.randn(2, 9, d), "TypeError"),
    (torch.randn(2, 9, 4), "Expected a function"),
]


ROWS = (
    [(lambda f: checks.check_dot_variance(f, right_variance), *row) for row in BY_HAND]
    + [(dot_variance, *row) for row in VARIANCE]
    + [(checks.check_break, *row) for row in BREAK]
    + [(checks.check_uniform_scale, *row) for row in UNIFORM]
    + [(checks.check_entropy, *row) for row in ENTROPY]
    + [(checks.check_jacobian_norm, *row) for row in NORM]
)


@pytest.mark.parametrize(("check", "answer", "hint"), ROWS)
def test_each_typical_mistake_gets_its_own_hint(check, answer, hint):
    assert_rejected(check(answer), hint)
