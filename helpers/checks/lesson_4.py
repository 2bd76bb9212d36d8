"""Checks of lesson 4: vanishing and exploding gradients."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from helpers.checks.engine import (
    Case,
    Mistake,
    NotStarted,
    Problem,
    Verdict,
    checked,
    examine,
    number_of,
    settle,
)
from helpers.checks.values import as_list, describe
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
        Mistake(
            "The Jacobian is missing: grad_T @ jacobian carries the gradient from h_T back to h_t.",
            lambda g, J, h, p: torch.outer(g * (1 - h**2), p),
        ),
        Mistake(
            "h * (1 - h) is the slope of the sigmoid; that of tanh is 1 - h**2.",
            lambda g, J, h, p: torch.outer((g @ J) * h * (1 - h), p),
        ),
        Mistake(
            "The slope of tanh is 1 - h**2; you have 1 + h**2.",
            lambda g, J, h, p: torch.outer((g @ J) * (1 + h**2), p),
        ),
        Mistake(
            "The slope of tanh is 1 - h**2; you have 1 - 2 * h.",
            lambda g, J, h, p: torch.outer((g @ J) * (1 - 2 * h), p),
        ),
        Mistake(
            "The slope of tanh is 1 - h**2, without a square root.",
            lambda g, J, h, p: torch.outer((g @ J) * (1 - h**2).sqrt(), p),
        ),
        Mistake(
            "The slope of tanh is in there twice: once is enough.",
            lambda g, J, h, p: torch.outer((g @ J) * (1 - h**2) ** 2, p),
        ),
        Mistake(
            "The slope belongs to the rows: it multiplies the gradient of h_t, not h_before.",
            lambda g, J, h, p: torch.outer(g @ J, p * (1 - h**2)),
        ),
        Mistake(
            "Factors of a chain rule multiply: the slope is not added.",
            lambda g, J, h, p: torch.outer((g @ J) + (1 - h**2), p),
        ),
        Mistake(
            "The Jacobian is in there twice. It goes all the way from h_t to h_T already.",
            lambda g, J, h, p: torch.outer((g @ J @ J) * (1 - h**2), p),
        ),
    ]
    praise = (
        "A term is large only if all its factors are. The middle one, the Jacobian, is the one "
        "that shrinks with the distance T − t."
    )
    return examine(student, _term, cases, mistakes, praise)


def _two_by_two(answer: Any) -> Tensor:
    """An answer that is a real 2 × 2 matrix in whatever form, in float64; else Problem."""
    wanted = "Expected two rows of two numbers, such as [[1, 2], [3, 4]]"
    if isinstance(answer, np.ndarray | Tensor):
        rows = answer.tolist()
    else:
        rows = [as_list(row) for row in answer] if isinstance(answer, tuple | list) else answer
    if not isinstance(rows, tuple | list) or not all(isinstance(r, tuple | list) for r in rows):
        flat = isinstance(rows, tuple | list) and len(rows) == 4
        hint = " Put each row into brackets of its own." if flat else ""
        raise Problem(f"{wanted}; found {describe(answer)}.{hint}")
    if any(number is Ellipsis for row in rows for number in row):
        raise NotStarted
    if [len(row) for row in rows] != [2, 2]:
        raise Problem(f"{wanted}; found {describe(answer)}.")
    numbers = [[number_of(number, wanted) for number in row] for row in rows]
    return torch.tensor(numbers, dtype=torch.float64)


def _why_not_transient(A: Tensor, fine: dict[int, bool], radius: float) -> str:
    """A hint for a matrix that does not grow first and vanish later; fine: by power."""
    if torch.allclose(A @ A.T, A.T @ A):
        return (
            f"Norm and spectral radius are the same here, {radius:.3g}, as in every matrix that is "
            "symmetric, diagonal, or a rotation times a number. Try a 0 on one side of the "
            "diagonal only."
        )
    if not fine[100] and radius >= 1 - 1e-9:
        return (
            f"In the long run the spectral radius rules, here {radius:.3g}, and it has to be below "
            "1. Look at the eigenvalues."
        )
    if not fine[100]:
        return (
            f"With a spectral radius of {radius:.3g} it does vanish, but not within 100 steps. "
            "Make the radius a little smaller."
        )
    if not fine[1]:
        return (
            "One step does not stretch enough. A larger number beside the diagonal does; it leaves "
            "the eigenvalues alone if the number on the other side is 0."
        )
    return (
        f"With a spectral radius of {radius:.3g} too much has gone after five steps. Bring it "
        "closer to 1, or stretch more in one step."
    )


@checked
def check_transient_growth(answer: Any) -> Verdict:
    """Exercise 4.2: a matrix with ‖A‖ ≥ 3, ‖A⁵‖ ≥ 3 and ‖A¹⁰⁰‖ ≤ 0.001."""

    def check() -> None:
        A = _two_by_two(answer)
        powers = {n: torch.linalg.matrix_power(A, n) for n in (1, 5, 100)}
        if not all(power.isfinite().all() for power in powers.values()):
            raise Problem("The powers of this matrix leave the range of numbers: it explodes.")
        norms = {n: float(torch.linalg.matrix_norm(power, ord=2)) for n, power in powers.items()}
        radius = float(torch.linalg.eigvals(A).abs().max())
        room = 1 + 1e-9
        fine = {1: norms[1] * room >= 3, 5: norms[5] * room >= 3, 100: norms[100] <= 0.001 * room}
        if all(fine.values()):
            return
        names = {1: "‖A‖", 5: "‖A⁵‖", 100: "‖A¹⁰⁰‖"}
        found = ", ".join(
            f"{names[n]} = {norms[n]:.3g} ({'enough' if n < 100 else 'small enough'})"
            if fine[n]
            else f"{names[n]} = {norms[n]:.3g} (too {'small' if n < 100 else 'large'})"
            for n in norms
        )
        raise Problem(f"{found}. {_why_not_transient(A, fine, radius)}")

    praise = (
        "The norm says what one step can do, the spectral radius how it ends. A gradient may grow "
        "for many steps before it vanishes, and a norm above 1 promises no explosion."
    )
    return settle(check, answer, praise)


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
        Case("a joint norm of 3.5 and max_norm = 3", ([torch.tensor([2.8, -2.1])], 3.0)),
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

    def by(norm: Callable[[Tensor], Tensor]) -> Callable[[list[Tensor], float], list[Tensor]]:
        """Clipping by another measure of all entries in one long vector."""

        def clip(gs: list[Tensor], m: float) -> list[Tensor]:
            size = norm(torch.cat([g.reshape(-1) for g in gs])).item()
            return [g * min(1.0, m / size) if size > 0 else g for g in gs]

        return clip

    mistakes += [
        Mistake(
            "You measure the gradients by their largest entry. The norm is √(sum of squares).",
            by(lambda v: v.abs().max()),
        ),
        Mistake(
            "You add up absolute values. The norm is √(sum of squares).",
            by(lambda v: v.abs().sum()),
        ),
        Mistake(
            "You take the root of the *mean* square. The norm is √(sum of squares).",
            by(lambda v: v.square().mean().sqrt()),
        ),
        Mistake(
            "You take the norm of the first tensor only. The joint norm counts all of them.",
            lambda gs, m: [g * min(1.0, m / max(gs[0].norm().item(), 1e-12)) for g in gs],
        ),
        Mistake(
            "The factor is upside down: max_norm / norm makes the norm equal to max_norm.",
            lambda gs, m: [g * _total_norm(gs) / m if _total_norm(gs) > m else g for g in gs],
        ),
        Mistake(
            "You throw long gradients away. Scale them down instead: their direction is right.",
            lambda gs, m: [g if _total_norm(gs) <= m else 0 * g for g in gs],
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
