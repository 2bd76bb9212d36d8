"""Lesson 7's checks: right answers pass, each typical wrong one gets the hint meant for it."""

import math

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from helpers import checks
from helpers.taught.transformer import positions
from tools.exercises import assert_rejected

LESSON = "07"


def test_other_right_answers_pass():
    def lowest(queries, keys, values, mask=None):
        scores = torch.einsum("...td,...sd->...ts", queries, keys) * keys.shape[-1] ** -0.5
        if mask is None:
            weights = torch.softmax(scores, -1)
        else:
            weights = torch.softmax(torch.where(mask, scores, -1e30), -1) * mask
        return [torch.matmul(weights, values), weights]

    def with_nan_to_num(queries, keys, values, mask=None):
        scores = queries @ keys.transpose(-2, -1) / np.sqrt(queries.size(-1))
        if mask is not None:
            scores = scores.masked_fill(mask.logical_not(), -torch.inf)
        weights = scores.softmax(-1).nan_to_num(0.0)
        return weights @ values, weights

    def loops(T):
        mask = torch.zeros(T, T, dtype=torch.bool)
        for i in range(T):
            mask[i, : i + 1] = True
        return mask

    def undone(layer, x, order):
        back = layer(x[:, order])[:, order.argsort()]
        return bool((back - layer(x)).abs().max() < 1e-4)

    assert checks.check_attention(lowest).status == "right"
    assert checks.check_attention(with_nan_to_num).status == "right"
    assert checks.check_causal_mask(loops).status == "right"
    assert checks.check_causal_mask(lambda T: torch.ones(T, T).tril().bool()).status == "right"
    assert checks.check_equivariance(undone).status == "right"


def student(
    scale=lambda d: d**0.5,
    axis=-1,
    weigh=None,
    early=lambda s, m: s.masked_fill(~m, float("-inf")),
    late=lambda w, m: w.masked_fill(~m, 0.0),
    scores=lambda q, k: q @ k.mT,
    end=lambda w, q, k, v: (w @ v, w),
):
    """A student's attention, wrong in one way."""

    def attention(queries, keys, values, mask=None):
        s = scores(queries, keys) / scale(queries.shape[-1])
        if mask is not None:
            s = early(s, mask)
        weights = weigh(s) if weigh else s.softmax(dim=axis)
        if mask is not None:
            weights = late(weights, mask)
        return end(weights, queries, keys, values)

    return attention


def same(x, _):
    return x


right = student()


def in_place(queries, keys, values, mask=None):
    queries /= queries.shape[-1] ** 0.5
    return student(scale=lambda d: 1)(queries, keys, values, mask)


def in_numpy(queries, keys, values, mask=None):
    context, weights = right(queries, keys, values, mask)
    return context.numpy(), weights.numpy()


def always_masked(queries, keys, values, mask=None):
    return right(queries, keys, values, ~mask)


def sum_to_one(w, m):
    w = w * m
    return w / w.sum(-1, keepdim=True)


ATTENTION = [
    (student(scale=lambda d: 1), "not divided by √d"),
    (student(scale=lambda d: d), "asked is √d"),
    (student(scale=lambda d: d**-0.5), "multiply by √d; divide"),
    (student(axis=-2), "Wrong axis of the softmax"),
    (student(axis=1), "Wrong axis of the softmax"),
    (student(axis=0), "over the batch"),
    (student(end=lambda w, q, k, v: (w @ k, w)), "add up the keys"),
    (student(end=lambda w, q, k, v: (w @ q, w)), "collect the values"),
    (student(scores=lambda q, k: k @ q.mT), "swapped"),
    (lambda q, k, v, mask=None: right(k, q, v, mask), "swapped"),
    (student(scores=lambda q, k: q @ k), "transpose is missing"),
    (lambda q, k, v, mask=None: right(q, k, v, mask)[::-1], "Context first"),
    (
        lambda q, k, v, mask=None: student(scale=lambda d: v.shape[-2] ** 0.5)(q, k, v, mask),
        "places",
    ),
    (
        lambda q, k, v, mask=None: student(scale=lambda d: q.shape[-2] ** 0.5)(q, k, v, mask),
        "places",
    ),
    (student(end=lambda w, q, k, v: (w, w @ v)), "Context first"),
    (student(end=lambda w, q, k, v: w @ v), "weights are missing"),
    (student(early=same, late=same), "mask is not used"),
    (student(early=same), "*before* the softmax"),
    (student(early=lambda s, m: s.masked_fill(~m, 0.0), late=same), "e⁰ = 1. Use −∞"),
    (student(early=lambda s, m: s * m), "e⁰ = 1"),
    (
        student(
            early=lambda s, m: s.masked_fill(m, -torch.inf),
            late=lambda w, m: w.masked_fill(m, 0),
        ),
        "turned round",
    ),
    (student(early=lambda s, m: s.masked_fill(m, -torch.inf), late=same), "turned round"),
    (
        student(
            early=lambda s, m: s.masked_fill(~m.mT, -torch.inf),
            late=lambda w, m: w.masked_fill(~m.mT, 0),
        ),
        "transposed",
    ),
    (student(early=lambda s, m: s.masked_fill(~m.T, -torch.inf), late=same), "transposed"),
    (student(late=same), "comes out as NaN"),
    (student(early=lambda s, m: s.masked_fill(~m, -1e9), late=same), "should give zeros"),
    (student(early=same, late=sum_to_one), "comes out as NaN"),
    (student(scale=lambda d: -(d**0.5)), "wrong sign"),
    (student(scores=lambda q, k: q @ k.mT, weigh=torch.sigmoid), "sigmoid by itself"),
    (student(weigh=torch.exp), "only half of a softmax"),
    (student(weigh=lambda s: s.log_softmax(-1)), "logarithms of weights"),
    (student(weigh=lambda s: s.softmax(-1).softmax(-1)), "applied twice"),
    (student(weigh=lambda s: s.flatten(-2).softmax(-1).view(s.shape)), "all queries and keys"),
    (student(weigh=lambda s: (s == s.amax(-1, True)).to(s)), "Only the best key"),
    (student(weigh=lambda s: torch.full_like(s, 1 / s.shape[-1])), "scores are not used"),
    (
        student(scale=lambda d: 1, end=lambda w, q, k, v: (w @ v / v.shape[-1] ** 0.5, w)),
        "*before* the softmax",
    ),
    (
        lambda q, k, v, mask=None: student(scale=lambda d: v.shape[-1] ** 0.5)(q, k, v, mask),
        "values may have another",
    ),
    (
        student(
            scale=lambda d: 1, scores=lambda q, k: normalize(q, dim=-1) @ normalize(k, dim=-1).mT
        ),
        "brought to length 1",
    ),
    (student(end=lambda w, q, k, v: (w @ v, q @ k.mT)), "You return the scores"),
    (student(early=lambda s, m: s + m, late=same), "one more"),
    (student(early=lambda s, m: s - 1e9 * ~m, late=same), "should give zeros"),
    (always_masked, "TypeError"),
    (in_place, "changed one of its arguments"),
    (in_numpy, "expected a tensor"),
    (lambda q, k, v, mask=None: None, "returned None"),
]


def ones(T):
    return torch.ones(T, T, dtype=torch.bool)


CAUSAL = [
    (lambda T: ones(T).tril(-1), "diagonal is masked"),
    (lambda T: torch.arange(T)[None] < torch.arange(T)[:, None], "diagonal is masked"),
    (lambda T: ones(T).tril(1), "one too far"),
    (lambda T: ones(T).triu(), "Transposed"),
    (lambda T: torch.arange(T)[:, None] <= torch.arange(T)[None], "Transposed"),
    (lambda T: ones(T).triu(1), "Turned round"),
    (ones, "All True"),
    (lambda T: ~ones(T), "All False"),
    (lambda T: torch.eye(T) == 1, "Only the diagonal"),
    (lambda T: torch.ones(T, T).tril(), "Numbers instead of truth values"),
    (lambda T: ones(T).tril().long(), "gives bool"),
    (lambda T: torch.full((T, T), -torch.inf).triu(1), "*added* to scores"),
    (lambda T: ones(T)[0], "One row is not enough"),
    (lambda T: ones(T + 1).tril(), "too large"),
    (lambda T: ones(T - 1).tril(), "too small"),
    (lambda T: ones(T).tril().tolist(), "not a list"),
    (lambda T: np.tril(np.ones((T, T), dtype=bool)), "NumPy"),
    (lambda T: ones(T).tril().triu(-1), "the one before it"),
    (lambda T: ones(T) & (torch.arange(T) < 1), "the first token and nobody else"),
    (lambda T: torch.arange(T)[None] != torch.arange(T)[:, None], "Everything but the diagonal"),
    (lambda T: ones(T).tril().flip(1), "Left and right"),
    (lambda T: ones(T).tril()[None], "expected a tensor of shape (4, 4)"),
    (lambda T: None, "returned None"),
    (lambda T: ones(4).tril(), "expected"),
]


def close(a, b):
    return torch.allclose(a, b, atol=1e-4)


EQUIVARIANCE = [
    (lambda f, x, o: close(f(x[:, o]), f(x)), "shuffle those, too"),
    (lambda f, x, o: close(f(x[o]), f(x)[o]), "not the batch"),
    (lambda f, x, o: torch.equal(f(x[:, o]), f(x)[:, o]), "last bit"),
    (lambda f, x, o: close(f(x[:, o])[:, o], f(x)), "shuffled alike: you"),
    (lambda f, x, o: close(f(x[:, o]), f(x)[:, o.argsort()]), "shuffled alike: you"),
    (lambda f, x, o: close(f(x[:, o]).sum(1), f(x).sum(1)), "hides where"),
    (lambda f, x, o: close(f(x[:, o]).mean(1), f(x).mean(1)), "hides where"),
    (lambda f, x, o: close(f(x)[:, o], f(x)[:, o]), "True for every layer"),
    (lambda f, x, o: close(f(x[:, o]), f(x[:, o])), "True for every layer"),
    (lambda f, x, o: not close(f(x[:, o]), f(x)[:, o]), "turn the answer round"),
    (lambda f, x, o: bool(((f(x[:, o]) - f(x)[:, o]).abs() < 1e-4).any()), "*all* of them"),
    (lambda f, x, o: close(f(x[:, o])[:, 0], f(x)[:, o[0]]), "only at one place"),
    (lambda f, x, o: (f(x[:, o]) - f(x)[:, o]).abs() < 1e-4, "one plain True or False"),
    (lambda f, x, o: (f(x[:, o]) - f(x)[:, o]).abs().max().item(), "expected True or False"),
    (lambda f, x, o: close(f(x.roll(1, 1)), f(x).roll(1, 1)), "order of your own"),
    (lambda f, x, o: (f(x[:, o]) - f(x)[:, o]).abs().max() < 1, "larger than 1e-4"),
    (lambda f, x, o: (f(x[:, o]) - f(x)[:, o]).abs().max() < 1e-12, "expected True"),
    (lambda f, x, o: (f(x[:, o]) - f(x)[:, o]).max() < 1e-4, "in one direction"),
    (lambda f, x, o: close(f(x[:, o])[..., 0], f(x)[:, o][..., 0]), "first component"),
    (lambda f, x, o: (f(x[:, o]).norm() - f(x).norm()).abs() < 1e-4, "summary of all places"),
    (lambda f, x, o: (f(x[:, o]) - f(x)[:, o]).sum().abs() < 1e-4, "hides where"),
    (lambda f, x, o: False, "False for every layer"),
    (lambda f, x, o: None, "returned None"),
    (lambda f, x, o: close(f(x[:, :, o]), f(x)[:, :, o]), "IndexError"),
]


def leak(cut=lambda t: slice(None, t), start=0, close=torch.allclose, turned=False):
    """The leak test with one thing wrong: where it compares, from where it changes, and how."""

    def leaks(layer, x, t):
        other = x.clone()
        other[:, t + start :] = 7.0
        places = cut(t)
        options = {"atol": 1e-4} if close is torch.allclose else {}
        return turned != (not close(layer(x)[:, places], layer(other)[:, places], **options))

    return leaks


def in_place(layer, x, t):
    before = layer(x)
    x[:, t:] = 0
    return not torch.allclose(before[:, :t], layer(x)[:, :t], atol=1e-4)


def past_changed(layer, x, t):
    other = x.clone()
    other[:, :t] = -other[:, :t]
    return not torch.allclose(layer(x)[:, t:], layer(other)[:, t:], atol=1e-4)


def behind(change, of=lambda z: z, close=close):
    """The leak test with another change from place t on, or another comparison before it."""

    def leaks(layer, x, t):
        other = torch.cat([x[:, :t], change(x[:, t:])], dim=1)
        return not close(of(layer(x)[:, :t]), of(layer(other)[:, :t]))

    return leaks


LEAK = [
    (leak(turned=True), "turn the answer round"),
    (leak(cut=lambda t: slice(None)), "You compare all outputs"),
    (leak(cut=lambda t: slice(None, t + 1)), "Off by one: the output at place t"),
    (leak(start=1), "Place t is to change"),
    (leak(cut=lambda t: slice(t, None)), "those *before* t"),
    (leak(cut=lambda t: slice(0, 1)), "only at the first place"),
    (past_changed, "change the past"),
    (lambda layer, x, t: True, "True for every layer"),
    (lambda layer, x, t: False, "False for every layer"),
    (behind(lambda z: z.flip(1)), "another order"),
    (behind(lambda z: z.roll(1, 1)), "another order"),
    (behind(lambda z: torch.cat([z[:, :-1], z[:, -1:] + 5], dim=1)), "the last place alone"),
    (behind(lambda z: z + 5, of=lambda z: z[..., 0]), "first component"),
    (behind(lambda z: z + 5, of=lambda z: z.norm()[None]), "only turns the vectors"),
    (behind(lambda z: z + 5, close=lambda a, b: (a - b).max() < 1e-4), "expected True"),
    (behind(lambda z: z + 5, close=lambda a, b: (a - b).abs().max() < 0.05), "larger than 1e-4"),
    (in_place, "changed one of its arguments"),
    (lambda layer, x, t: layer(x)[:, :t] == 0, "plain True or False"),
    (lambda layer, x, t: None, "returned None"),
    (lambda layer, x, t: "no", "expected True or False"),
]


def test_any_change_of_the_tail_will_do():
    assert checks.check_leak(leak()).status == "right"


@pytest.mark.parametrize(
    ("check", "answer", "hint"),
    [("check_leak", *row) for row in LEAK]
    + [("check_attention", *row) for row in ATTENTION]
    + [("check_causal_mask", *row) for row in CAUSAL]
    + [("check_equivariance", *row) for row in EQUIVARIANCE],
)
def test_each_typical_mistake_gets_its_own_hint(check, answer, hint):
    assert_rejected(getattr(checks, check)(answer), hint)


# --- exercise 7.5 --------------------------------------------------------------------------------


def turned(size, k):
    """What a student may write: one hand after the other."""
    W = torch.zeros(size, size)
    for n in range(size // 2):
        b = k / 10_000 ** (2 * n / size)
        W[2 * n, 2 * n], W[2 * n, 2 * n + 1] = math.cos(b), -math.sin(b)
        W[2 * n + 1, 2 * n], W[2 * n + 1, 2 * n + 1] = math.sin(b), math.cos(b)
    return W


def solved_for(size, k, T=50):
    p = positions(T, size)
    return torch.linalg.lstsq(p[k:], p[: T - k]).solution.T


def by_powers(size, k):
    return torch.linalg.matrix_power(turned(size, 1).double(), k)


def in_halves(size, k):
    W = torch.zeros(size, size)
    half = size // 2
    b = k / 10_000 ** (2 * torch.arange(half) / size)
    W[:half, :half], W[:half, half:] = b.cos().diag(), -b.sin().diag()
    W[half:, :half], W[half:, half:] = b.sin().diag(), b.cos().diag()
    return W


def alike(size, k):
    b = torch.tensor(float(k))
    pair = torch.tensor([[b.cos(), -b.sin()], [b.sin(), b.cos()]])
    return torch.block_diag(*[pair] * (size // 2))


@pytest.mark.parametrize(
    "answer",
    [
        turned,
        solved_for,
        by_powers,
        lambda size, k: 3 * turned(size, k),
        lambda size, k: turned(size, k).numpy(),
        lambda size, k: turned(size, k).tolist(),
        lambda size, k: torch.nn.Parameter(turned(size, k)),
        lambda size, k: turned(size, -k).T,
        lambda size, k: positions(60, size)[:-k].T @ torch.linalg.pinv(positions(60, size)[k:]).T,
        lambda size, k: turned(size, k) + 1e-3,
    ],
)
def test_any_head_that_looks_back_passes(answer):
    assert checks.check_look_back(answer).status == "right"


LOOK_BACK = [
    (lambda size, k: torch.eye(size), "looks at itself"),
    (lambda size, k: turned(size, -k), "looks ahead"),
    (lambda size, k: turned(size, k).T, "looks ahead"),
    (lambda size, k: turned(size, 1), "one place back, whatever k"),
    (lambda size, k: turned(size, -1), "one place ahead, whatever k"),
    (lambda size, k: -turned(size, k), "A minus too many"),
    (in_halves, "not in two halves"),
    (alike, "a speed of its own"),
    (lambda size, k: torch.eye(size).roll(k, 0), "expected 0"),
    (lambda size, k: positions(40, size) @ turned(size, k).T, "not the queries"),
    (lambda size, k: turned(size, k)[0], "expected a matrix of shape"),
    (lambda size, k: turned(8, k), "expected a matrix of shape"),
    (lambda size, k: turned(size, k) / 0 * 0, "not finite"),
    (lambda size, k: "left", "expected a matrix"),
    (lambda size, k: None, "returned None"),
    (7, "Expected a function"),
]


@pytest.mark.parametrize(("answer", "hint"), LOOK_BACK)
def test_a_head_that_looks_elsewhere_is_told_where(answer, hint):
    assert_rejected(checks.check_look_back(answer), hint)
