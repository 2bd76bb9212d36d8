"""Lesson 5's checks: right answers pass, each typical wrong one gets the hint meant for it."""

import numpy as np
import pytest
import torch

from helpers import checks
from tools.exercises import assert_rejected, exercise


@pytest.mark.parametrize("answer", [(4, 0.4, 10), [4, 0.4, 10.0], (4, 2 / 5, 10)])
def test_the_strip_read_right_passes(answer):
    assert checks.check_gate_strip(answer).status == "right"


def test_the_strip_not_read_is_not_started():
    assert checks.check_gate_strip(...).status == "not started"
    assert checks.check_gate_strip((4, ..., 10)).status == "not started"


def test_other_right_answers_pass():
    def with_nn(x, h, c, W, U, b):
        cell = torch.nn.LSTMCell(x.shape[1], h.shape[1]).to(x.dtype)
        for weights, value in zip(cell.parameters(), (W, U, b, 0 * b), strict=True):
            weights.data.copy_(value)
        return list(cell(x, (h, c)))

    def backwards(f):
        rows = [torch.ones_like(f[0])]
        for row in f.flip(0)[:-1]:
            rows.insert(0, rows[0] * row)
        return torch.stack(rows)

    def in_the_other_vector(ih, hh, value):
        H = len(ih) // 4
        ih, hh = ih.clone(), hh.clone()
        hh[H : 2 * H] = value - ih[H : 2 * H]
        return [ih, hh]

    def in_one_tensor(ih, hh, value):
        return torch.stack(in_the_other_vector(ih, hh, value))

    assert checks.check_forget_bias(in_one_tensor).status == "right"
    assert checks.check_lstm_cell(with_nn).status == "right"
    assert checks.check_gradient_product(backwards).status == "right"
    assert checks.check_forget_bias(in_the_other_vector).status == "right"


s, tanh = torch.sigmoid, torch.tanh


def parts(x, h, W, U, b):
    return (x @ W.T + h @ U.T + b).chunk(4, dim=-1)


def cell(order="ifgo", keep=None, show=None, gate=s, new=tanh, swap=False):
    """A student's cell, wrong in one way."""
    keep = keep or (lambda i, f, g, c: f * c + i * g)
    show = show or (lambda o, new_c, c: o * tanh(new_c))

    def lstm_cell(x, h, c, W, U, b):
        named = dict(zip(order, parts(x, h, W, U, b), strict=True))
        i, f, o, g = gate(named["i"]), gate(named["f"]), gate(named["o"]), new(named["g"])
        c_new = keep(i, f, g, c)
        h_new = show(o, c_new, c)
        return (c_new, h_new) if swap else (h_new, c_new)

    return lstm_cell


def matrix_product(x, h, c, W, U, b):
    i, f, g, o = parts(x, h, W, U, b)
    c = s(f) @ c.T + s(i) * tanh(g)
    return s(o) * tanh(c), c


def in_place(x, h, c, W, U, b):
    i, f, g, o = parts(x, h, W, U, b)
    c *= s(f)
    c += s(i) * tanh(g)
    return s(o) * tanh(c), c


def untransposed(x, h, c, W, U, b):
    i, f, g, o = (
        x @ w.T + h @ u + part
        for w, u, part in zip(W.chunk(4), U.chunk(4), b.chunk(4), strict=True)
    )
    c = s(f) * c + s(i) * tanh(g)
    return s(o) * tanh(c), c


def cut_the_batch(x, h, c, W, U, b):
    i, f, g, o = (x @ W.T + h @ U.T + b).chunk(4, dim=0)
    c = s(f) * c + s(i) * tanh(g)
    return s(o) * tanh(c), c


right_cell = cell()
CELL = [
    (cell("figo"), "i and f swapped"),
    (cell("ifog"), "g and o swapped"),
    (cell("fiog"), "the lecture's f, i, o"),
    (cell(swap=True), "wrong way round"),
    (cell(gate=tanh), "gates need the sigmoid"),
    (cell(new=s), "must be able to go down"),
    (cell(new=lambda g: g), "candidate g has no activation"),
    (cell(keep=lambda i, f, g, c: c + i * g), "forget gate is not used"),
    (cell(keep=lambda i, f, g, c: f * c + g), "input gate is not used"),
    (cell(keep=lambda i, f, g, c: f * c + (1 - f) * g), "GRU's rule"),
    (cell(keep=lambda i, f, g, c: i * g), "old memory is missing"),
    (cell(show=lambda o, new, c: o * new), "tanh around the memory is missing"),
    (cell(show=lambda o, new, c: tanh(new)), "output gate is not used"),
    (cell(show=lambda o, new, c: o * tanh(c)), "you took the old one"),
    (lambda x, h, c, W, U, b: right_cell(x, h, c, W, U, 0 * b), "bias b is missing"),
    (untransposed, "transpose is missing"),
    (lambda x, h, c, W, U, b: right_cell(x, h, c, W, U, 2 * b), "bias is counted twice"),
    (lambda x, h, c, W, U, b: right_cell(x, 0 * h, c, W, U, b), "h is not used"),
    (lambda x, h, c, W, U, b: right_cell(0 * x, h, c, W, U, b), "x is not used"),
    (lambda x, h, c, W, U, b: right_cell(x, h, h, W, U, b), "multiply the forget gate by h"),
    (cell(keep=lambda i, f, g, c: (1 - i) * c + i * g), "1 - i stands where"),
    (cell(keep=lambda i, f, g, c: f * c - i * g), "not subtracted"),
    (cell(keep=lambda i, f, g, c: f + c + i * g), "you add it"),
    (cell(keep=lambda i, f, g, c: f * tanh(c) + i * g), "as it is, without a tanh"),
    (cell(show=lambda o, new, c: o * s(new)), "not through the sigmoid"),
    (cell(show=lambda o, new, c: o + tanh(new)), "multiplies tanh(c); you add it"),
    (cell(new=torch.relu), "not ReLU"),
    (cell(gate=lambda a: a), "gates have no activation"),
    (lambda *args: (right_cell(*args)[0], tanh(right_cell(*args)[1])), "the memory c_t itself"),
    (lambda *args: torch.cat(right_cell(*args), dim=-1), "Return 2 things"),
    (cut_the_batch, "cut the last dimension"),
    (matrix_product, "RuntimeError"),
    (in_place, "changed one of its arguments"),
    (lambda x, h, c, W, U, b: right_cell(x, h, c, W, U, b)[0], "Return 2 things"),
    (lambda *args: None, "returned None"),
    (lambda x, h, c, W, U, b: right_cell(x, h, c, W.T, U, b), "RuntimeError"),
]
STRIP = [
    ((2, 0.1, 10), "candidate g is 0"),
    ((3, 0.4, 9), "count steps from 0"),
    ((5, 0.4, 10), "input gate is closed"),
    ((8, 0.4, 10), "largest product"),
    ((4, 0.4, 3), "as good as empty"),
    ((4, 0.4, 9), "output gate is closed"),
    ((4, 0.4, 4), "output gate is closed"),
    ((4, 0.08, 10), "forget gate of step 4 as well"),
    ((4, 0.5, 10), "one factor, the smallest"),
    ((4, 0.8, 10), "look at step 6"),
    ((4, 0.36, 10), "memory's value"),
    ((4, 0.9, 10), "what was written"),
    ((4, 0.883, 10), "a mean or a sum"),
    ((4, 5.3, 10), "a mean or a sum"),
    ((4, 40, 10), "between 0 and 1"),
    ((4, -0.4, 10), "between 0 and 1"),
    ((4, 1.0, 10), "not all 1"),
    ((4, 0.0, 10), "never makes 0"),
    ((4, 10), "three numbers"),
    (4, "three numbers"),
    (("four", 0.4, 10), "three plain numbers"),
    ((4, True, 10), "three plain numbers"),
]


def shifted(f):
    return torch.cat([f[1:], torch.ones_like(f[:1])])


right_product = exercise("05", "gradient_product", solved=True)


def product_in_place(f):
    for t in range(len(f) - 2, -1, -1):
        f[t] = f[t + 1] * f[t]
    return f


PRODUCT = [
    (lambda f: f.flip(0).cumprod(0).flip(0), "f of step t in as well"),
    (lambda f: torch.stack([f[t + 1 : -1].prod(0) for t in range(len(f))]), "too early"),
    (lambda f: f.cumprod(0), "from the start"),
    (lambda f: shifted(f).flip(0).cumprod(0), "Time still runs backwards"),
    (lambda f: f.flip(0).cumprod(0), "leave out f of step t itself"),
    (lambda f: torch.stack([f[t + 1 :].sum(0) for t in range(len(f))]), "prod, not sum"),
    (lambda f: f.flip(0).cumsum(0).flip(0), "You add; asked is a product"),
    (lambda f: shifted(f).flip(0).cumsum(0).flip(0), "cumprod, not cumsum"),
    (lambda f: f.prod(0).expand_as(f), "product of all steps for every t"),
    (lambda f: f.prod(0), "one row per step"),
    (lambda f: shifted(f).flip(1).cumprod(1).flip(1), "across units"),
    (shifted, "own factor"),
    (lambda f: f.mean(0) ** torch.arange(len(f) - 1, -1, -1)[:, None], "power of the mean"),
    (lambda f: torch.cat([right_product(f)[:-1], 0 * f[:1]]), "empty product is 1"),
    (lambda f: torch.stack([f[t + 2 :].prod(0) for t in range(len(f))]), "f of step t+2"),
    (lambda f: torch.stack([f[:t].prod(0) for t in range(len(f))]), "all *earlier* steps"),
    (lambda f: f.roll(-1, 0).flip(0).cumprod(0).flip(0), "`roll` brings the first row round"),
    (lambda f: right_product(1 - f), "What is kept is f"),
    (lambda f: shifted(f).flip(0).cummin(0).values.flip(0), "smallest gate"),
    (lambda f: torch.stack([f[t + 1 :].prod() for t in range(len(f))]), "over the units as well"),
    (lambda f: torch.stack([f[t + 1 :].log().sum(0) for t in range(len(f))]), "needs `exp`"),
    (lambda f: right_product(f.sigmoid()), "without another sigmoid"),
    (lambda f: torch.diag_embed(right_product(f)), "Asked is its diagonal alone"),
    (lambda f: f[1:].flip(0).cumprod(0).flip(0), "The last row is missing"),
    (lambda f: f.prod(0) / f.cumprod(0), "a forget gate of exactly 0"),
    (lambda f: right_product(f).T, "transposed"),
    (lambda f: right_product(f).numpy(), "NumPy"),
    (lambda f: right_product(f).tolist(), "Compare your steps"),
    (product_in_place, "changed one of its arguments"),
    (lambda f: None, "returned None"),
]


LEVEL = {"A": -1.0, "B": -0.4, "C": 0.4, "D": 1.0}


def program(capital=lambda t: (1, 0, LEVEL[t], 0), small=(0, 1, 0, 0), asked=(0, 1, 0, 1)):
    """A student's gates: (i, f, g, o) at a capital, at a small letter, at the question."""
    return lambda token: asked if token == "?" else small if token.islower() else capital(token)


def in_order(order):
    return lambda token: tuple(program()(token)["ifgo".index(name)] for name in order)


def with_bools(token):
    return token in "ABCD", token not in "ABCD", LEVEL.get(token, 0), token == "?"


def forgets_case(token):
    return program()(token.lower())


GATES_FOR = [
    (program(small=(0, 0.99, 0, 0)), "fades while it waits"),
    (program(small=(0, 0, 0, 0)), "fades while it waits"),
    (program(small=(0.1, 1, 0.5, 0)), "small letter writes"),
    (program(small=(1, 1, -1, 0)), "small letter writes"),
    (program(lambda t: (1, 1, LEVEL[t], 0)), "earlier capital is still in the memory"),
    (program(lambda t: (0.5, 0.5, LEVEL[t], 0)), "earlier capital is still in the memory"),
    (program(asked=(0, 1, 0, 0)), "closed at the question mark"),
    (program(asked=(0, 0, 0, 1)), "the forget gate comes first"),
    (program(lambda t: (0, 0, LEVEL[t], 0)), "Nothing is written at a capital"),
    (program(lambda t: (1, 0, 0, 0)), "Nothing is written at a capital"),
    (program(lambda t: (1, 0, LEVEL[t], 1)), "before it is asked"),
    (program(small=(0, 1, 0, 1)), "before it is asked"),
    (in_order("figo"), "in the order f, i, g, o"),
    (in_order("fiog"), "in the order f, i, o, g"),
    (in_order("ifog"), "in the order i, f, o, g"),
    (program(lambda t: (1, 0, 0.1 * "ABCD".index(t), 0)), "not far enough apart"),
    (program(lambda t: (1, 0, 1.0, 0)), "not far enough apart"),
    (program(asked=(0, 1, 0, 0.3)), "not far enough apart"),
    (program(lambda t: (1, 0, "ABCD".index(t), 0)), "lies between -1 and 1"),
    (program(small=(0, 2, 0, 0)), "gate f is 2"),
    (forgets_case, "always 0"),
    (lambda t: (1, 0, 0), "expected four numbers"),
    (lambda t: {"i": 1, "f": 0, "g": 0, "o": 0}, "expected four numbers"),
    (lambda t: ("1", 0, 0, 0), "four plain numbers"),
    (lambda t: LEVEL[t], "KeyError"),
    (lambda t: None, "returned None"),
    (5, "Expected a function"),
]


@pytest.mark.parametrize(
    "answer",
    [
        exercise("05", "gates_for", solved=True),
        program(),
        lambda t: list(program()(t)),
        lambda t: np.array(program()(t)),
        lambda t: torch.tensor(program()(t), dtype=torch.float32),
        with_bools,
        program(small=(0, 1, 0.7, 0)),  # a candidate that is not written
        program(small=(1, 1, 0, 0)),  # a write of nothing
        program(lambda t: (1, 0, {**LEVEL, "B": 0.0}[t], 0)),  # B is shown as 0
        program(lambda t: (abs(LEVEL[t]), 0, 1 if LEVEL[t] > 0 else -1, 0)),
        program(asked=(0.05, 1, 1, 1)),  # the question shifts all alike
        program(lambda t: (1, 0, -LEVEL[t], 0), asked=(0, 0.9, 0, 0.9)),
    ],
)
def test_programs_of_the_gates_that_work_pass(answer):
    assert checks.check_gates_for(answer).status == "right"


def biased(edit):
    """A student's answer: `edit` changes copies of both vectors."""

    def set_forget_bias(bias_ih, bias_hh, value):
        ih, hh = bias_ih.clone(), bias_hh.clone()
        edit(ih, hh, len(ih) // 4, value)
        return ih, hh

    return set_forget_bias


def quarter(n):
    def edit(ih, hh, H, value):
        ih[n * H : (n + 1) * H], hh[n * H : (n + 1) * H] = value, 0.0

    return biased(edit)


def everywhere(ih, hh, H, value):
    ih[:], hh[:] = value, 0.0


def in_both(ih, hh, H, value):
    ih[H : 2 * H] = hh[H : 2 * H] = value


def one_only(ih, hh, H, value):
    ih[H : 2 * H] = value


def the_other_only(ih, hh, H, value):
    hh[H : 2 * H] = value


def on_top(ih, hh, H, value):
    ih[H : 2 * H] += value


def rest_zero(ih, hh, H, value):
    ih[:], hh[:] = 0.0, 0.0
    ih[H : 2 * H] = value


def to_the_end(ih, hh, H, value):
    ih[H:], hh[H:] = value, 0.0


def bias_in_place(bias_ih, bias_hh, value):
    H = len(bias_ih) // 4
    bias_ih[H : 2 * H], bias_hh[H : 2 * H] = value, 0.0
    return bias_ih, bias_hh


def other_sign(ih, hh, H, value):
    ih[H : 2 * H], hh[H : 2 * H] = -value, 0.0


def times(ih, hh, H, value):
    ih[H : 2 * H], hh[H : 2 * H] = value * (ih + hh)[H : 2 * H], 0.0


def a_gate(ih, hh, H, value):
    ih[H : 2 * H], hh[H : 2 * H] = torch.tensor(value).sigmoid(), 0.0


def off_by_one(ih, hh, H, value):
    ih[H + 1 : 2 * H + 1], hh[H + 1 : 2 * H + 1] = value, 0.0


def every_fourth(ih, hh, H, value):
    ih[1::4], hh[1::4] = value, 0.0


BIAS = [
    (biased(other_sign), "The sign is wrong"),
    (biased(times), "multiply what was there"),
    (biased(a_gate), "before the sigmoid"),
    (biased(off_by_one), "quarter by quarter: f (from 3): expected 1.5"),
    (biased(every_fourth), "quarter by quarter: i (from 0)"),
    (biased(everywhere), "all four gates"),
    (quarter(0), "input gate's quarter"),
    (quarter(2), "candidate g"),
    (quarter(3), "output gate o"),
    (biased(in_both), "gets it twice"),
    (biased(one_only), "still adds its own random start"),
    (biased(the_other_only), "still adds its own random start"),
    (biased(on_top), "add `value` to what was there"),
    (biased(rest_zero), "other three gates must keep"),
    (biased(to_the_end), "other three gates must keep"),
    (biased(lambda *_: None), "Nothing was changed"),
    (bias_in_place, "changed one of its arguments"),
    (lambda ih, hh, value: ih, "expected two tensors"),
    (lambda ih, hh, value: (ih.numpy(), hh.numpy()), "NumPy"),
    (lambda ih, hh, value: (ih[: len(ih) // 4], hh), "of shape"),
    (lambda ih, hh, value: (ih.half(), hh.half()), "changed their type"),
    (lambda ih, hh, value: None, "returned None"),
]


@pytest.mark.parametrize(
    ("check", "answer", "hint"),
    [("check_lstm_cell", *row) for row in CELL]
    + [("check_gate_strip", *row) for row in STRIP]
    + [("check_gates_for", *row) for row in GATES_FOR]
    + [("check_gradient_product", *row) for row in PRODUCT]
    + [("check_forget_bias", *row) for row in BIAS],
)
def test_each_typical_mistake_gets_its_own_hint(check, answer, hint):
    assert_rejected(getattr(checks, check)(answer), hint)
