"""Checks of lesson 4: vanishing and exploding gradients."""

from typing import Any

import torch
from torch import Tensor

from helpers.checks.engine import (
    Case,
    Mistake,
    Problem,
    Verdict,
    checked,
    examine,
    number_of,
    settle,
)
from helpers.labs.gradients import format_factor, measure, passage


def _numbers(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype)


def _states(H: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> tuple[Tensor, ...]:
    return (
        _numbers(H, seed=seed, dtype=dtype),
        _numbers(H, H, seed=seed + 1, dtype=dtype),
        _numbers(H, seed=seed + 2, dtype=dtype).tanh(),
        _numbers(H, seed=seed + 3, dtype=dtype).tanh(),
    )


def _term(grad_T: Tensor, jacobian: Tensor, h_t: Tensor, h_before: Tensor) -> Tensor:
    return torch.outer((grad_T @ jacobian) * (1 - h_t**2), h_before)


@checked
def check_one_term(student: Any) -> Verdict:
    """Exercise 4.1: ∂L/∂h_T · ∂h_T/∂h_t · ∂h_t/∂W as an (H, H) matrix."""
    strided = _numbers(3, 6, seed=9)[:, ::2]  # a non-contiguous (3, 3) Jacobian
    cases = [
        Case("H = 4", _states(4)),
        Case("H = 1", _states(1, seed=5)),
        Case("float32 numbers", _states(3, seed=7, dtype=torch.float32)),
        Case("a non-contiguous Jacobian", (_states(3)[0], strided, *_states(3)[2:])),
    ]
    mistakes = [
        Mistake(
            "The Jacobian is transposed: the gradient is a row, so it stands on the left, "
            "grad_T @ jacobian.",
            lambda g, J, h, p: torch.outer((J @ g) * (1 - h**2), p),
        ),
        Mistake(
            "The slope of tanh is missing: multiply by 1 - h_t**2 before the outer product.",
            lambda g, J, h, p: torch.outer(g @ J, p),
        ),
        Mistake(
            "The slope is taken at the wrong state: tanh was applied to make h_t, not h_before.",
            lambda g, J, h, p: torch.outer((g @ J) * (1 - p**2), p),
        ),
        Mistake(
            "The slope of tanh is 1 - h**2; you have 1 - h.",
            lambda g, J, h, p: torch.outer((g @ J) * (1 - h), p),
        ),
        Mistake(
            "Off by one: W multiplies the state *before* step t, so the outer product needs "
            "h_before.",
            lambda g, J, h, p: torch.outer((g @ J) * (1 - h**2), h),
        ),
        Mistake(
            "The outer product is the wrong way round: row i of W makes h_t[i], so the gradient "
            "belongs to the rows.",
            lambda g, J, h, p: torch.outer(p, (g @ J) * (1 - h**2)),
        ),
        Mistake(
            "This is an element-by-element product. ∂L/∂W has one entry per weight: "
            "torch.outer(a, b) makes the (H, H) matrix a_i b_j.",
            lambda g, J, h, p: (g @ J) * (1 - h**2) * p,
        ),
        Mistake(
            "The gradient grad_T is missing: start the chain with it.",
            lambda g, J, h, p: torch.outer(J.sum(0) * (1 - h**2), p),
        ),
        Mistake(
            "h_t is tanh(a) already: its slope is 1 - h_t**2, without another tanh.",
            lambda g, J, h, p: torch.outer((g @ J) * (1 - h.tanh() ** 2), p),
        ),
        Mistake(
            "The slope acts between h_t and a: multiply by it after the Jacobian, not before.",
            lambda g, J, h, p: torch.outer((g * (1 - h**2)) @ J, p),
        ),
        Mistake(
            "That is a single number, a dot product. ∂L/∂W has one entry per weight: torch.outer.",
            lambda g, J, h, p: ((g @ J) * (1 - h**2)) @ p,
        ),
    ]
    praise = (
        "A term is large only if all its factors are. The middle one, the Jacobian, is the one "
        "that shrinks with the distance T − t."
    )
    return examine(student, _term, cases, mistakes, praise)


def _bound(W: Tensor, slope: float, lag: int) -> float:
    return (slope * torch.linalg.matrix_norm(W, ord=2).item()) ** lag


@checked
def check_gradient_bound(student: Any) -> Verdict:
    """Exercise 4.2: (γ σ_max)^lag, the bound on the Jacobian's norm."""
    W = torch.tensor([[1.0, 0.5], [-0.5, 2.0]], dtype=torch.float64)
    cases = [
        Case("W = [[1, 0.5], [-0.5, 2]], slope 0.5, lag 3", (W, 0.5, 3)),
        Case("lag 1", (_numbers(4, 4), 0.25, 1)),
        Case("lag 0", (_numbers(4, 4), 1.0, 0)),
        Case("a float32 matrix", (_numbers(3, 3).float(), 1.0, 5)),
    ]
    mistakes = [
        Mistake(
            "That is the Frobenius norm. The bound needs the largest stretch of any vector: the "
            "largest singular value, ord=2.",
            lambda W, s, n: (s * W.norm().item()) ** n,
        ),
        Mistake(
            "That is the spectral radius, the largest |eigenvalue|. It tells the rate in the long "
            "run but bounds nothing: use the largest singular value.",
            lambda W, s, n: (s * torch.linalg.eigvals(W).abs().max().item()) ** n,
        ),
        Mistake(
            "The slope γ of the activation is missing: every step contributes γ · σ_max.",
            lambda W, s, n: torch.linalg.matrix_norm(W, ord=2).item() ** n,
        ),
        Mistake(
            "The slope counts once per step: it belongs inside the power.",
            lambda W, s, n: s * torch.linalg.matrix_norm(W, ord=2).item() ** n,
        ),
        Mistake(
            "Factors multiply: `lag` of them make a power, not a multiple.",
            lambda W, s, n: s * torch.linalg.matrix_norm(W, ord=2).item() * n,
        ),
        Mistake(
            "Off by one: from h_t to h_T there are exactly T − t = lag factors.",
            lambda W, s, n: (s * torch.linalg.matrix_norm(W, ord=2).item()) ** (n - 1),
        ),
        Mistake(
            "Off by one: from h_t to h_T there are exactly T − t = lag factors.",
            lambda W, s, n: (s * torch.linalg.matrix_norm(W, ord=2).item()) ** (n + 1),
        ),
        Mistake(
            "That is the largest entry. A matrix can stretch a vector by more than its largest "
            "entry: use the largest singular value.",
            lambda W, s, n: (s * W.abs().max().item()) ** n,
        ),
        Mistake(
            "That is the largest entry. A matrix can stretch a vector by more than its largest "
            "entry: use the largest singular value.",
            lambda W, s, n: (s * W.max().item()) ** n,
        ),
        Mistake(
            "That is the norm of the power of W. The bound is the power of the norm: with an "
            "activation in between, only the norms may be multiplied.",
            lambda W, s, n: (
                s**n * torch.linalg.matrix_norm(torch.linalg.matrix_power(W, n), ord=2).item()
            ),
        ),
    ]
    praise = (
        "If γσ_max < 1 the gradient must vanish. If it is larger, the gradient may explode, but "
        "need not: the bound is a ceiling, not a forecast."
    )
    return examine(student, _bound, cases, mistakes, praise)


def _total_norm(gradients: list[Tensor]) -> Tensor:
    return torch.cat([g.reshape(-1) for g in gradients]).norm()


def _clip(gradients: list[Tensor], max_norm: float) -> list[Tensor]:
    norm = _total_norm(gradients).item()
    return [g * min(1.0, max_norm / norm) if norm > 0 else g.clone() for g in gradients]


@checked
def check_clip_by_norm(student: Any) -> Verdict:
    """Exercise 4.4: scale all gradients by one factor, to a joint norm of at most max_norm."""
    big = [_numbers(3, 3) * 5, _numbers(4, seed=1) * 3]
    cases = [
        Case("two tensors of joint norm above 1, max_norm = 1", (big, 1.0)),
        Case("gradients that are small already", ([_numbers(2, 2) * 0.01], 1.0)),
        Case("gradients that are all zero", ([torch.zeros(3, dtype=torch.float64)], 1.0)),
        Case("float32 gradients", ([g.float() for g in big], 2.5)),
        Case("a single number", ([torch.tensor(-8.0)], 0.5)),
        Case("a joint norm of 2 and max_norm = 4", ([torch.tensor([1.2, -1.6])], 4.0)),
        Case(
            "a joint norm of 0.5 and max_norm = 0.2",
            ([torch.tensor([0.3]), torch.tensor([[0.0], [-0.4]])], 0.2),
        ),
    ]
    mistakes = [
        Mistake(
            "You clip every tensor by itself. That turns the step: use one norm over all "
            "gradients, and one factor.",
            lambda gs, m: [g * min(1.0, m / max(g.norm().item(), 1e-12)) for g in gs],
        ),
        Mistake(
            "You clamp every entry. That changes the direction of the step: scale all gradients "
            "by the same factor.",
            lambda gs, m: [g.clamp(-m, m) for g in gs],
        ),
        Mistake(
            "You always scale to max_norm, so small gradients grow. Scale only when the norm is "
            "above max_norm: min(1, max_norm / norm).",
            lambda gs, m: [g * m / _total_norm(gs) for g in gs],
        ),
        Mistake(
            "The joint norm is √(sum of squares over all tensors), not the sum of their norms.",
            lambda gs, m: [g * min(1.0, m / sum(x.norm().item() for x in gs)) for g in gs],
        ),
        Mistake(
            "The square root is missing: the norm is √(sum of squares).",
            lambda gs, m: [g * min(1.0, m / _total_norm(gs).item() ** 2) for g in gs],
        ),
        Mistake(
            "Nothing was clipped: return the scaled gradients.",
            lambda gs, m: [g.clone() for g in gs],
        ),
        Mistake(
            "You divide by the norm but forget max_norm: the new norm should be max_norm, not 1.",
            lambda gs, m: [g / max(1.0, _total_norm(gs).item()) for g in gs],
        ),
        Mistake(
            "You compare the norm with 1. Compare it with max_norm.",
            lambda gs, m: [g * m / _total_norm(gs) if _total_norm(gs) > 1 else g for g in gs],
        ),
        Mistake(
            "You always scale, and to a norm of 1. Scale only when the norm is above max_norm, by "
            "max_norm / norm.",
            lambda gs, m: [g / _total_norm(gs) for g in gs],
        ),
    ]
    mistakes.append(
        Mistake(
            "Return a list with one tensor for each tensor given, in the same shapes.",
            lambda gs, m: torch.cat([g.reshape(-1) for g in _clip(gs, m)]),
        )
    )
    praise = (
        "One factor for all: the direction stays, only the length of the step is limited. That is "
        "also why clipping cannot cure vanishing."
    )
    return examine(student, _clip, cases, mistakes, praise)


@checked
def check_surviving_radius(answer: Any) -> Verdict:
    """Exercise 4.3: the spectral radius at which h₅₁ still feels h₁, orthogonal tanh RNN."""

    def check() -> None:
        radius = number_of(answer, "Expected a number such as 0.85")
        if not 0 < radius <= 3:
            raise Problem(f"A spectral radius is a size: expected 0 < ρ ≤ 3, found {radius:g}.")
        left = measure(passage(51), float(radius), "tanh", "orthogonal").norms[0]
        found = f"With ρ = {radius:g}, ‖∂h₅₁/∂h₁‖ is "
        found += f"1/{format_factor(1 / left)}" if left < 1 else format_factor(left)
        if left > 10:
            raise Problem(f"{found}: the gradient explodes. Go lower.")
        if left >= 0.1:
            return
        if radius < 1:
            hint = "Below 1 even a network without an activation forgets. Go higher."
        elif radius == 1:
            hint = (
                "ρ = 1 would do for `activation = none`. Here every step also multiplies by the "
                "slope of tanh, which is below 1: W has to make up for it."
            )
        else:
            hint = "The right direction: W has to make up for the slope of tanh. Go higher."
        raise Problem(f"{found}: it still vanishes. {hint}")

    praise = (
        "W has to stretch by as much as tanh shrinks, and the window is narrow: a little less and "
        "the gradient vanishes, a little more and it explodes. An LSTM takes another way."
    )
    return settle(check, answer, praise)
