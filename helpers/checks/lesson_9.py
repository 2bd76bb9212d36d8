"""Checks of lesson 9: why divide by √d?"""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from helpers.checks.engine import (
    Case,
    Mistake,
    Problem,
    Verdict,
    call,
    checked,
    examine,
    not_yet,
    number_of,
    right,
    settle,
)
from helpers.checks.values import describe
from helpers.labs.scale import entropy, softmax_jacobian


def _numbers(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype)


def _number(answer: Any, name: str) -> float:
    """A student's plain number, or Problem."""
    if isinstance(answer, Tensor) and answer.numel() == 1:
        answer = answer.item()
    return float(number_of(answer, f"`{name}` should be a number"))


def _by_hand(answer: Any) -> None:
    """Var(q·k) = 16 · 4 · 9 = 576, or Problem."""
    found = _number(answer, "by_hand")
    hints = {
        24: "That is its square root, the standard deviation: the number to *divide by*.",
        36: "That is the variance of one product, q_i k_i. The sum has 16 of them.",
        96: "You multiplied standard deviations: 2 · 3 · 16. Variances multiply: 4 · 9.",
        208: "You added the variances of q_i and k_i. For a product of independent numbers with "
        "mean 0 they multiply.",
        13: "You added the variances of q_i and k_i; for a product they multiply, and there are "
        "16 products.",
        16: "That is d, right if q_i and k_i have variance 1. Here they have 4 and 9.",
        144: "Is it 16 times 9, or √d times 36? Both variances count, and d products add up: "
        "d times 36.",
        64: "That is 16 times 4. Where is Var(k_i) = 9?",
        52: "The variances of two factors multiply, and the d products add up: 16 of them, not 4.",
        9216: "That is d² times 36. Independent terms add up their variances, d times 36; d² would "
        "be right if all 16 products were one and the same number.",
        20736: "You squared the variances. Var(q_i k_i) = Var(q_i) · Var(k_i).",
        36 / 16: "You divide by d; the sum has d terms, so its variance is d times as large.",
        0: "0 is the mean of q·k. The question is about its variance.",
    }
    if abs(found - 576) < 0.01:
        return
    hint = next((text for value, text in hints.items() if abs(found - value) < 0.01), "")
    if found < 0:
        hint = "A variance is a mean of squares: it is never negative."
    hint = hint or "Go through the derivation: one product first, then the sum of d products."
    raise Problem(f"`by_hand` is {found:g}, and that is not Var(q·k). {hint}")


def _sampled(queries: Tensor, keys: Tensor) -> Tensor:
    return (queries * keys).sum(dim=-1).var()


@checked
def check_dot_variance(by_hand: Any, sampled_variance: Any) -> Verdict:
    """Exercise 9.1: 16 · 4 · 9 = 576, and the variance of row-by-row dot products."""
    cases = [
        Case("N = 50, d = 4", (_numbers(50, 4), 2 * _numbers(50, 4, seed=1))),
        Case("entries with a mean of 1", (_numbers(40, 3) + 1, _numbers(40, 3, seed=1) + 1)),
        Case("d = 1", (_numbers(30, 1), _numbers(30, 1, seed=1))),
        Case("float32", (_numbers(20, 8).float(), _numbers(20, 8, seed=1).float())),
        Case("non-contiguous", (_numbers(6, 25).T, _numbers(6, 25, seed=1).T)),
    ]
    every = "You multiply every query by every key, N × N. Only N products are wanted, row by row: "
    mistakes = [
        Mistake(
            "You sum over dim 0, the samples. A dot product sums over the d entries, dim=-1.",
            lambda q, k: (q * k).sum(dim=0).var(),
        ),
        Mistake(
            "You average over the d entries. A dot product is their sum, so this is too small by "
            "d²: sum, not mean.",
            lambda q, k: (q * k).mean(dim=-1).var(),
        ),
        Mistake(
            "That is the standard deviation: .var(), not .std().",
            lambda q, k: (q * k).sum(dim=-1).std(),
        ),
        Mistake(
            "That is the mean of the dot products, not their variance.",
            lambda q, k: (q * k).sum(dim=-1).mean(),
        ),
        Mistake(
            "You forget to centre: a mean of squares is the variance only if the mean is 0.",
            lambda q, k: (q * k).sum(dim=-1).square().mean(),
        ),
        Mistake(
            "You add up d variances, one for each product. That is right only if the products "
            "are uncorrelated, and that is what you are testing: sum first, then .var().",
            lambda q, k: (q * k).var(dim=0).sum(),
        ),
        Mistake(
            "That is the variance of one entry's product. Sum over the d entries first.",
            lambda q, k: (q * k).var(),
        ),
        Mistake(
            "That is one variance per entry. Sum over the d entries first.",
            lambda q, k: (q * k).var(dim=0),
        ),
        Mistake(
            "Those are the dot products. Return their variance, one number.",
            lambda q, k: (q * k).sum(dim=-1),
        ),
        Mistake(f"{every}(queries * keys).sum(dim=-1).", lambda q, k: (q @ k.T).var()),
        Mistake(
            "q @ k.T has the right numbers on its diagonal only; you take the others as well.",
            lambda q, k: (q @ k.T).var(dim=-1).mean(),
        ),
        Mistake(
            "You have divided by √d already. The exercise wants the variance of q·k itself.",
            lambda q, k: (q * k).sum(dim=-1).var() / q.shape[-1],
        ),
        Mistake(
            "You divide by N. Take `.var()`, which divides by N - 1.",
            lambda q, k: (q * k).sum(dim=-1).var(correction=0),
        ),
        Mistake(
            "That is the formula by hand, with measured variances. This exercise tests the "
            "formula instead of using it: form the N dot products and take their variance.",
            lambda q, k: q.shape[-1] * q.var() * k.var(),
        ),
        Mistake(
            "Return a tensor, not a Python number: leave out .item().",
            lambda q, k: (q * k).sum(dim=-1).var().item(),
        ),
        Mistake(
            "You sum up each vector first and multiply the sums. A dot product multiplies entry by "
            "entry, then sums.",
            lambda q, k: (q.sum(dim=-1) * k.sum(dim=-1)).var(),
        ),
        Mistake(
            "You add queries and keys. A dot product multiplies them, entry by entry.",
            lambda q, k: (q + k).sum(dim=-1).var(),
        ),
        Mistake(
            "You divide the variance by √d. The exercise wants the variance of q·k itself.",
            lambda q, k: (q * k).sum(dim=-1).var() / q.shape[-1] ** 0.5,
        ),
        Mistake(
            "That is the variance within the first pair. Make N dot products, then .var().",
            lambda q, k: (q[0] * k[0]).var(),
        ),
        Mistake(
            "You sum over everything, and one number has no variance: sum over dim=-1 only.",
            lambda q, k: (q * k).sum().var(),
        ),
        Mistake(
            "That is d, which the derivation gives. Measure it: form the dot products of these "
            "queries and keys.",
            lambda q, k: torch.tensor(float(q.shape[-1])),
        ),
        Mistake(
            "That is the cosine: it divides by the lengths. Take the dot product itself.",
            lambda q, k: torch.cosine_similarity(q, k).var(),
        ),
    ]
    praise = (
        "Both ways agree wherever the assumptions hold. Sampling needs none of them: it still "
        "works where the derivation does not."
    )
    if by_hand is not Ellipsis and by_hand is not None:
        first = settle(lambda: _by_hand(by_hand), by_hand, "")
        if first.status != "right":
            return first
    second = examine(sampled_variance, _sampled, cases, mistakes, praise)
    if by_hand is Ellipsis or by_hand is None:
        if second.status == "right":
            return not_yet("`sampled_variance` is right. Now fill in `by_hand`.")
        return second
    if second.status == "not started":
        return not_yet("`by_hand` is right. Now write `sampled_variance`.")
    return second


FAR = 5.0  # Var(q·k / √d) that exercise 9.2 asks for


def _pair_of_vectors(found: Any, N: int, d: int) -> tuple[Tensor, Tensor]:
    """What exercise 9.2's answer returned, as two tensors (N, d) of float64; or Problem."""
    if isinstance(found, Tensor | np.ndarray) and found.ndim > 1 and len(found) == 2:
        found = tuple(found)
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise Problem(f"Return two things, queries and keys; found {describe(found)}.")
    vectors = []
    for name, part in zip(("queries", "keys"), found, strict=True):
        if not isinstance(part, Tensor | np.ndarray):
            raise Problem(f"Your {name} should be a tensor ({N}, {d}), found {describe(part)}.")
        part = torch.as_tensor(part).detach().cpu()
        if part.shape != (N, d):
            turned = " That is (d, N): turn it round." if part.shape == (d, N) else ""
            short = part.shape == (N, 1) or part.shape == (N,)
            turned = " One number per vector is not enough: give d entries." if short else turned
            raise Problem(f"Your {name} should be ({N}, {d}), found {tuple(part.shape)}.{turned}")
        if part.is_complex() or not part.double().isfinite().all():
            raise Problem(f"Your {name} hold NaN, an infinite or a complex number.")
        vectors.append(part.double())
    return vectors[0], vectors[1]


def _entries_behave(name: str, vectors: Tensor) -> None:
    """Each entry has mean 0 and variance 1 over the N vectors, up to sampling; or Problem."""
    mean, variance = vectors.mean(dim=0), vectors.var(dim=0)  # (d,) each
    if (variance < 1e-6).all():
        raise Problem(
            f"All {len(vectors)} of your {name} are the same: their entries have variance 0. Draw "
            "anew for each vector."
        )
    at = int(mean.abs().argmax())
    if mean[at].abs() > 0.15 * variance[at].clamp_min(1).sqrt():
        raise Problem(
            f"Entry {at} of your {name} has mean {mean[at]:.2f}. The lecture assumes 0, and the "
            "exercise keeps that: break another assumption."
        )
    at = int((variance.clamp_min(1e-9).log()).abs().argmax())
    if not 0.75 < variance.mean() < 1.33 or not 0.4 < variance[at] < 2.5:
        shown = float(variance[at])
        raise Problem(
            f"Entry {at} of your {name} has variance {shown:.2f}. The lecture assumes 1, and the "
            "exercise keeps that: break another assumption."
        )


def _agreement(vectors: Tensor) -> float:
    """The mean correlation of any two entries of one vector, if each has mean 0 and variance 1."""
    d = vectors.shape[1]
    return float((vectors.sum(dim=1).var() / d - 1) / (d - 1))


def _verdict_on_spread(ratio: float, queries: Tensor, keys: Tensor) -> str:
    """Why Var(q·k) / d is not above `FAR`."""
    if torch.allclose(queries, keys) or torch.allclose(queries, -keys):
        return "One vector is the other's copy, which gives 2. What if entries *within* one agree?"
    agree = {name: _agreement(v) for name, v in (("queries", queries), ("keys", keys))}
    for name, other in (("queries", "keys"), ("keys", "queries")):
        if agree[name] > 0.3 > 0.1 > agree[other]:
            return (
                f"Only the entries of your {name} agree, so the products still do not. Both must."
            )
    if ratio < 0.5:
        return "Your scores spread less than the lecture says, not more."
    if ratio < 1.5:
        return (
            "Your products are uncorrelated, and then it is 1, whatever each entry's distribution. "
            "Make the entries of one vector depend on each other."
        )
    return "You are on the way: make the entries of one vector agree more."


@checked
def check_break(student: Any) -> Verdict:
    """Exercise 9.2: vectors whose entries have mean 0, variance 1, but Var(q·k) is far above d."""
    spreads: dict[int, float] = {}

    def check() -> None:
        if not callable(student):
            raise Problem(f"Expected a function, found {describe(student)}.")
        for N, d in ((4000, 64), (5000, 16), (3000, 200)):
            found = call(student, Case(f"N = {N}, d = {d}", (N, d)))
            where = f"Tried with N = {N}, d = {d}: "
            try:
                queries, keys = _pair_of_vectors(found, N, d)
                _entries_behave("queries", queries)
                _entries_behave("keys", keys)
                spreads[d] = float((queries * keys).sum(dim=-1).var() / d)
                if spreads[d] <= FAR:
                    why = _verdict_on_spread(spreads[d], queries, keys)
                    raise Problem(
                        f"your entries are as the lecture wants them, but Var(q·k / √d) is only "
                        f"{spreads[d]:.2f}. {why}"
                    )
            except Problem as problem:
                text = str(problem)
                raise Problem(where + text[0].lower() + text[1:]) from None

    verdict = settle(check, student, "")
    if verdict.status != "right":
        return verdict
    shown = ", ".join(f"~ {spreads[d]:.3g} at d = {d}" for d in sorted(spreads))
    grows = spreads[200] > 4 * spreads[16]
    cure = "It grows with d: here only 1/d would keep the spread." if grows else ""
    return right(
        f"Every entry behaves, and yet Var(q·k / √d) is {shown}. The derivation needs entries that "
        f"are independent of each other, not only mean 0 and variance 1. {cure}".strip()
    )


@checked
def check_uniform_scale(student: Any) -> Verdict:
    """Exercise 9.5: the number to divide by for entries uniform in [0, 1], √(7d/144)."""
    cases = [
        Case("d = 144", (144,)),
        Case("d = 1", (1,)),
        Case("d = 7", (7,)),
        Case("d = 64", (64,)),
    ]
    one = "Var(q_i k_i) = E(q_i²)E(k_i²) - (E(q_i)E(k_i))². "
    mistakes = [
        Mistake(
            "That is √d. It is right for entries of variance 1 and mean 0; these have 1/12 and ½.",
            lambda d: math.sqrt(d),
        ),
        Mistake("That is the variance. Divide by its square root.", lambda d: 7 * d / 144),
        Mistake("That is the inverse: you would multiply by it. Return what to divide by.",
                lambda d: math.sqrt(144 / (7 * d))),
        Mistake(
            f"You forget to centre. {one}The second part is not 0 here: it is 1/16.",
            lambda d: math.sqrt(d / 9),
        ),
        Mistake(
            "You multiply the two variances, 1/12 · 1/12. That is right only if the means are 0: "
            f"{one}",
            lambda d: math.sqrt(d / 144),
        ),
        Mistake(
            "That is √(d · Var(q_i)), for one factor. The product of two has another variance: "
            f"{one}",
            lambda d: math.sqrt(d / 12),
        ),
        Mistake(
            "You took E(q_i²) = ¼. That is the square of the mean; the mean of the square is ⅓.",
            lambda d: math.sqrt(d / 16),
        ),
        Mistake(
            f"{one}The square of the mean product is (½ · ½)² = 1/16, not ¼.",
            lambda d: math.sqrt(abs(1 / 9 - 1 / 4) * d),
        ),
        Mistake(
            "That is the mean of q·k, d/4. Dividing by it makes the *mean* 1, not the variance.",
            lambda d: d / 4,
        ),
        Mistake("That is d. The variance grows with d, so the spread grows with √d.",
                lambda d: float(d)),
        Mistake(
            "Take the root of d, too: the standard deviation grows like √d, not like d.",
            lambda d: d * math.sqrt(7 / 144),
        ),
        Mistake(
            "That makes the variance of one product 1. The sum has d products.",
            lambda d: math.sqrt(7 / 144),
        ),
        Mistake(
            "The signs: E(q_i²)E(k_i²) *minus* the squared mean, 1/9 - 1/16.",
            lambda d: math.sqrt((1 / 9 + 1 / 16) * d),
        ),
        Mistake("You have rounded √(7/144) to 0.22. Leave the fraction to the computer.",
                lambda d: 0.22 * math.sqrt(d)),
        Mistake("Take the root of 7/144, too, not only that of d.",
                lambda d: math.sqrt(d) * 7 / 144),
        Mistake("A number to divide by is not negative here: take the positive root.",
                lambda d: -math.sqrt(7 * d / 144)),
    ]  # fmt: skip
    praise = (
        "√(7d/144), about 0.22 √d: up to a constant, √d is right here, too. (The mean of q·k is "
        "d/4, but softmax does not see what all keys have in common.)"
    )
    return examine(student, lambda d: math.sqrt(7 * d / 144), cases, mistakes, praise)


@checked
def check_entropy(student: Any) -> Verdict:
    """Exercise 9.3: -Σ p log p in nats over the last dimension, 0 log 0 = 0."""
    p = (2 * _numbers(3, 5)).softmax(dim=-1)
    one_hot = torch.tensor([[0.0, 1.0, 0.0], [0.5, 0.5, 0.0]], dtype=torch.float64)
    cases = [
        Case("three rows of five weights", (p,)),
        Case("weights of exactly 0 and 1", (one_hot,)),
        Case("a single row, (n,)", (p[0],)),
        Case("a batch of one", (p[:1],)),
        Case("uniform weights", (torch.full((2, 4), 0.25, dtype=torch.float64),)),
        Case("one key only", (torch.ones(2, 1, dtype=torch.float64),)),
        Case("three dimensions", (_numbers(2, 3, 4).softmax(dim=-1),)),
        Case("three dimensions, a batch of 5", (_numbers(5, 2, 3).softmax(dim=-1),)),
        Case("float32", (p.float(),)),
        Case("non-contiguous weights", (_numbers(4, 6).softmax(dim=0).T,)),
    ]

    def term(p: Tensor) -> Tensor:
        return -torch.special.entr(p)

    mistakes = [
        Mistake("A `squeeze()` without a number also takes out the batch of one. Leave it out.",
                lambda p: entropy(p).squeeze()),
        Mistake("The minus sign is missing: log p is negative, entropy is not.",
                lambda p: term(p).sum(-1)),
        Mistake("That is in bits: you took log2. Nats need the natural logarithm, log.",
                lambda p: entropy(p) / math.log(2)),
        Mistake("You took log10. Nats need the natural logarithm, log.",
                lambda p: entropy(p) / math.log(10)),
        Mistake(
            "0 · log 0 is NaN for the computer. It should count as 0: take "
            "`torch.special.entr`, or `torch.where`, or clamp inside the logarithm.",
            lambda p: -(p * p.log()).sum(-1),
        ),
        Mistake("The wrong axis: the weights of one query lie along the last dimension, dim=-1.",
                lambda p: -term(p).sum(0)),
        Mistake("A mean over the keys is n times too small: sum, not mean.",
                lambda p: -term(p).mean(-1)),
        Mistake("You sum over all rows. Return one entropy per row: dim=-1.",
                lambda p: -term(p).sum()),
        Mistake("You average over the rows. Return one entropy per row.",
                lambda p: entropy(p).mean()),
        Mistake("The factor p is missing: each -log p counts with its probability.",
                lambda p: -p.log().sum(-1)),
        Mistake("That is -mean log p. Each -log p counts with its probability p, not with 1/n.",
                lambda p: -p.log().mean(-1)),
        Mistake("You divide by log n. Return the entropy itself, in nats.",
                lambda p: entropy(p) / math.log(p.shape[-1])),
        Mistake("That is the perplexity, e to the entropy. Leave out the exp.",
                lambda p: entropy(p).exp()),
        Mistake("You pass the weights through softmax again. They are probabilities already.",
                lambda p: entropy(p.softmax(-1))),
        Mistake("You took log(1 + p). It avoids log 0 but is another function.",
                lambda p: -(p * p.log1p()).sum(-1)),
        Mistake("That is 1 - Σ p², the Gini impurity. Entropy is -Σ p log p.",
                lambda p: 1 - p.square().sum(-1)),
        Mistake("The last dimension should be gone: leave out keepdim=True.",
                lambda p: entropy(p)[..., None]),
        Mistake("Those are the terms. Sum them over the last dimension.", lambda p: -term(p)),
        Mistake("That is log n minus the entropy: how far it is from its maximum.",
                lambda p: math.log(p.shape[-1]) - entropy(p)),
        Mistake("That is -log of the largest weight. Every weight counts, with its probability.",
                lambda p: -p.amax(-1).log()),
        Mistake("You add 0.001 inside the logarithm, which changes the result. Use something much "
                "smaller, or `torch.where`.", lambda p: -(p * (p + 1e-3).log()).sum(-1)),
    ]  # fmt: skip
    praise = "0 when one key has it all, log n when all share equally: how widely attention looks."
    return examine(student, entropy, cases, mistakes, praise)


def _norm(p: Tensor) -> Tensor:
    return torch.linalg.matrix_norm(softmax_jacobian(p))


@checked
def check_jacobian_norm(student: Any) -> Verdict:
    """Exercise 9.4: the Frobenius norm of diag(p) - p pᵀ for each row of weights."""
    p = _numbers(3, 4).softmax(dim=-1)
    one_hot = torch.tensor([[0.0, 1.0, 0.0], [0.5, 0.5, 0.0]], dtype=torch.float64)
    cases = [
        Case("three rows of four weights", (p,)),
        Case("a batch of one", (p[:1],)),
        Case("weights of exactly 0 and 1", (one_hot,)),
        Case("one key only", (torch.ones(2, 1, dtype=torch.float64),)),
        Case("as many rows as keys", (_numbers(3, 3, seed=5).softmax(dim=-1),)),
        Case("float32", (p.float(),)),
        Case("non-contiguous weights", (_numbers(5, 2).softmax(dim=0).T,)),
    ]

    def outer(p: Tensor) -> Tensor:
        return p[:, :, None] * p[:, None, :]

    def frobenius(matrix: Tensor) -> Tensor:
        return matrix.square().sum(dim=(-2, -1)).sqrt()

    mistakes = [
        Mistake("A `squeeze()` without a number also takes out the batch of one. Leave it out.",
                lambda p: _norm(p).squeeze()),
        Mistake("Only diag(p) is there: p pᵀ is missing. A weight can only grow if others shrink.",
                lambda p: p.norm(dim=-1)),
        Mistake("Only p pᵀ is there: diag(p) is missing.", lambda p: frobenius(outer(p))),
        Mistake("The sign: diag(p) *minus* p pᵀ.",
                lambda p: frobenius(torch.diag_embed(p) + outer(p))),
        Mistake("Only the diagonal, p(1 - p), is there. The entries off it, -p_i p_j, count too.",
                lambda p: (p * (1 - p)).norm(dim=-1)),
        Mistake("Only the entries off the diagonal are there. On it stands p(1 - p).",
                lambda p: frobenius(outer(p) - torch.diag_embed(p.square()))),
        Mistake("The identity in place of diag(p): row i has p_i on its diagonal, not 1.",
                lambda p: frobenius(torch.eye(p.shape[-1], dtype=p.dtype) - outer(p))),
        Mistake("The square root is missing: √(sum of squares).", lambda p: _norm(p).square()),
        Mistake("That is the spectral norm, ord=2. Frobenius' is √(sum of squared entries).",
                lambda p: torch.linalg.matrix_norm(softmax_jacobian(p), ord=2)),
        Mistake("That is the trace (the nuclear norm, too). Take √(sum of squared entries).",
                lambda p: torch.linalg.matrix_norm(softmax_jacobian(p), ord="nuc")),
        Mistake("You add the entries' sizes. Square, add, and take the root.",
                lambda p: softmax_jacobian(p).abs().sum(dim=(-2, -1))),
        Mistake("You add up the entries. Every row of this Jacobian sums to 0: square them first.",
                lambda p: softmax_jacobian(p).sum(dim=(-2, -1))),
        Mistake("You took the mean of the squares. The norm is √(sum of squares).",
                lambda p: softmax_jacobian(p).square().mean(dim=(-2, -1)).sqrt()),
        Mistake("That is the largest entry.",
                lambda p: softmax_jacobian(p).abs().amax(dim=(-2, -1))),
        Mistake("That is one norm over the whole batch. Return one per row: norm over the last "
                "two dimensions.", lambda p: softmax_jacobian(p).norm()),
        Mistake("That is one norm per row of each Jacobian. Take it over the last two dimensions.",
                lambda p: softmax_jacobian(p).norm(dim=-1)),
        Mistake("You return the Jacobians. Take their norm over the last two dimensions.",
                softmax_jacobian),
        Mistake("You pass the weights through softmax again. They are probabilities already.",
                lambda p: _norm(p.softmax(dim=-1))),
        Mistake("p stands in every column. The table of products is p[:, :, None] * p[:, None, :].",
                lambda p: frobenius(torch.diag_embed(p) - p[:, :, None])),
        Mistake("You average over the batch. Return one norm per row.",
                lambda p: _norm(p).mean()),
        Mistake("That is p pᵀ over the batch, one matrix for all rows. Each row needs its own.",
                lambda p: (torch.diag(p.sum(0)) - p.T @ p).norm()),
    ]  # fmt: skip
    praise = (
        "It is 0 at a one-hot row: such weights stay, whatever the scores do. That is saturation."
    )
    return examine(student, _norm, cases, mistakes, praise)
