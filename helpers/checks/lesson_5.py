"""Checks of lesson 5: LSTM gates."""

import math
from collections.abc import Callable
from itertools import pairwise, permutations, product
from typing import Any

import torch
from torch import Tensor

from helpers.checks.engine import (
    Case,
    Mistake,
    NotStarted,
    Problem,
    Verdict,
    call,
    checked,
    examine,
    not_yet,
    number_of,
    settle,
)
from helpers.checks.values import as_list, describe, plain, same
from helpers.taught.recurrent import lstm_step


def lstm_cell(
    x: Tensor, h: Tensor, c: Tensor, W: Tensor, U: Tensor, b: Tensor
) -> tuple[Tensor, Tensor]:
    h, c, _ = lstm_step(x @ W.T + h @ U.T + b, c)
    return h, c


def _numbers(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype)


def _cell_arguments(B: int, E: int, H: int, dtype: torch.dtype = torch.float64) -> tuple:
    shapes = [(B, E), (B, H), (B, H), (4 * H, E), (4 * H, H), (4 * H,)]
    return tuple(_numbers(*shape, seed=n, dtype=dtype) for n, shape in enumerate(shapes))


Gates = tuple[Tensor, Tensor, Tensor, Tensor]


def _wrong_cell(
    finish: Callable[[Gates, Tensor], Any], order: str = "ifgo", bias: float = 1.0
) -> Callable[..., Any]:
    """An LSTM cell that ends in its own way; order: what it takes the four parts for."""

    def cell(x: Tensor, h: Tensor, c: Tensor, W: Tensor, U: Tensor, b: Tensor) -> Any:
        parts = dict(zip(order, (x @ W.T + h @ U.T + bias * b).chunk(4, dim=-1), strict=True))
        i, f, o = (torch.sigmoid(parts[name]) for name in "ifo")
        return finish((i, f, parts["g"], o), c)

    return cell


def _finish(gates: Gates, c: Tensor) -> tuple[Tensor, Tensor]:
    i, f, g, o = gates
    c = f * c + i * torch.tanh(g)
    return o * torch.tanh(c), c


def _with(memory: Callable[..., Tensor], out: Callable[..., Tensor] | None = None) -> Any:
    """Another rule for c (from i, f, g, o, c), and perhaps for h (from o and the new c)."""

    def finish(gates: Gates, c: Tensor) -> tuple[Tensor, Tensor]:
        new = memory(*gates, c)
        return (out or (lambda o, c: o * torch.tanh(c)))(gates[3], new), new

    return _wrong_cell(finish)


def _tanh_gates(x: Tensor, h: Tensor, c: Tensor, W: Tensor, U: Tensor, b: Tensor) -> Any:
    i, f, g, o = torch.tanh(x @ W.T + h @ U.T + b).chunk(4, dim=-1)
    c = f * c + i * g
    return o * torch.tanh(c), c


def _raw_gates(x: Tensor, h: Tensor, c: Tensor, W: Tensor, U: Tensor, b: Tensor) -> Any:
    i, f, g, o = (x @ W.T + h @ U.T + b).chunk(4, dim=-1)
    return _finish((i, f, g, o), c)


def _untransposed(x: Tensor, h: Tensor, c: Tensor, W: Tensor, U: Tensor, b: Tensor) -> Any:
    H = h.shape[-1]
    blocks = torch.cat([block.T for block in U.split(H)])
    return lstm_cell(x, h, c, W, blocks, b)


@checked
def check_lstm_cell(student: Any) -> Verdict:
    """Exercise 5.1: one step of an LSTM with PyTorch's stacked weights, returning (h, c)."""
    x, h, c, W, U, b = _cell_arguments(2, 3, 4)
    strided = _numbers(2, 8, seed=9)[:, ::2]  # a non-contiguous memory (2, 4)
    cases = [
        Case("B = 2, E = 3, H = 4", (x, h, c, W, U, b)),
        Case("a batch of one, H = 1", _cell_arguments(1, 2, 1)),
        Case("h and c zero, as at the start", (x, 0 * h, 0 * c, W, U, b)),
        Case("float32 numbers", _cell_arguments(3, 2, 5, torch.float32)),
        Case("a non-contiguous memory", (x, h, strided, W, U, b)),
    ]
    order = "The four parts are taken in the wrong order. PyTorch stacks them as i, f, g, o"
    tanh = torch.tanh
    mistakes = [
        Mistake(
            f"{order}: you have i and f swapped, so the cell forgets what it should store.",
            _wrong_cell(_finish, "figo"),
        ),
        Mistake(
            f"{order}: you have g and o swapped (i, f, o, g is another library's order).",
            _wrong_cell(_finish, "ifog"),
        ),
        Mistake(f"{order}: not the lecture's f, i, o, then g.", _wrong_cell(_finish, "fiog")),
        Mistake(
            "You return c and h the wrong way round: h, the hidden state, comes first.",
            lambda *args: lstm_cell(*args)[::-1],
        ),
        Mistake(
            "The gates need the sigmoid, which lies between 0 (closed) and 1 (open). Only the "
            "candidate g takes tanh.",
            _tanh_gates,
        ),
        Mistake(
            "The candidate g takes tanh, not the sigmoid: the memory must be able to go down, too.",
            _with(lambda i, f, g, o, c: f * c + i * torch.sigmoid(g)),
        ),
        Mistake(
            "The candidate g has no activation: pass it through tanh.",
            _with(lambda i, f, g, o, c: f * c + i * g),
        ),
        Mistake(
            "The forget gate is not used: multiply the old memory by f, element by element.",
            _with(lambda i, f, g, o, c: c + i * tanh(g)),
        ),
        Mistake(
            "The input gate is not used: multiply the candidate by i, element by element.",
            _with(lambda i, f, g, o, c: f * c + tanh(g)),
        ),
        Mistake(
            "1 - f stands where the input gate belongs. That is a GRU's rule; an LSTM has a "
            "separate gate i.",
            _with(lambda i, f, g, o, c: f * c + (1 - f) * tanh(g)),
        ),
        Mistake(
            "The old memory is missing from the new one: c_t = f · c_{t-1} + i · tanh(g).",
            _with(lambda i, f, g, o, c: i * tanh(g)),
        ),
        Mistake(
            "The tanh around the memory is missing in h = o · tanh(c).",
            _with(lambda i, f, g, o, c: f * c + i * tanh(g), lambda o, c: o * c),
        ),
        Mistake(
            "The output gate is not used: h = o · tanh(c), element by element.",
            _with(lambda i, f, g, o, c: f * c + i * tanh(g), lambda o, c: tanh(c)),
        ),
        Mistake(
            "h must be made from the *new* memory c_t; you took the old one.",
            _wrong_cell(lambda gates, c: (gates[3] * tanh(c), _finish(gates, c)[1])),
        ),
        Mistake("The bias b is missing.", _wrong_cell(_finish, bias=0.0)),
        Mistake(
            "The bias is counted twice: b is the sum of both bias vectors already.",
            _wrong_cell(_finish, bias=2.0),
        ),
        Mistake(
            "h is not used: what the gates do also depends on the hidden state, U @ h.",
            lambda x, h, c, W, U, b: lstm_cell(x, 0 * h, c, W, U, b),
        ),
        Mistake(
            "x is not used: what the gates do also depends on the input, W @ x.",
            lambda x, h, c, W, U, b: lstm_cell(0 * x, h, c, W, U, b),
        ),
        Mistake(
            "1 - i stands where the forget gate belongs: an LSTM has a separate gate f.",
            _with(lambda i, f, g, o, c: (1 - i) * c + i * tanh(g)),
        ),
        Mistake(
            "The new content is added to the memory, not subtracted.",
            _with(lambda i, f, g, o, c: f * c - i * tanh(g)),
        ),
        Mistake(
            "The forget gate multiplies the old memory; you add it.",
            _with(lambda i, f, g, o, c: f + c + i * tanh(g)),
        ),
        Mistake(
            "The old memory enters the new one as it is, without a tanh.",
            _with(lambda i, f, g, o, c: f * tanh(c) + i * tanh(g)),
        ),
        Mistake(
            "h = o · tanh(c): the memory goes through tanh there, not through the sigmoid.",
            _with(lambda i, f, g, o, c: f * c + i * tanh(g), lambda o, c: o * torch.sigmoid(c)),
        ),
        Mistake(
            "The output gate multiplies tanh(c); you add it.",
            _with(lambda i, f, g, o, c: f * c + i * tanh(g), lambda o, c: o + tanh(c)),
        ),
        Mistake(
            "The candidate g takes tanh, not ReLU: the memory must be able to go down, too.",
            _with(lambda i, f, g, o, c: f * c + i * g.relu()),
        ),
        Mistake(
            "You multiply the forget gate by h. What it keeps is the memory c.",
            lambda x, h, c, W, U, b: lstm_cell(x, h, h, W, U, b),
        ),
        Mistake(
            "Return the memory c_t itself; tanh(c_t) is only what h_t is made from.",
            lambda *args: (lstm_cell(*args)[0], tanh(lstm_cell(*args)[1])),
        ),
        Mistake(
            "The gates have no activation: i, f and o go through the sigmoid.",
            _raw_gates,
        ),
        Mistake("A transpose is missing: multiply h by U.T, as x by W.T.", _untransposed),
    ]
    praise = (
        "The memory is only multiplied by f and added to. No matrix and no tanh stand between "
        "c_{t-1} and c_t: that is the whole trick."
    )
    verdict = examine(student, lstm_cell, cases, mistakes, praise)
    if "expected 4, got 2" in verdict.message:  # two parts, as many as there are rows
        hint = "You cut the batch; cut the last dimension: `.chunk(4, dim=-1)`."
        return not_yet(f"{verdict.message}\n{hint}")
    return verdict


@checked
def check_gate_strip(answer: Any) -> Verdict:
    """Exercise 5.2: (step written, share left at step 10, step shown) = (4, 0.4, 10)."""

    def check() -> None:
        numbers = as_list(answer)
        if not isinstance(numbers, tuple | list) or len(numbers) != 3:
            raise Problem(f"Expected three numbers, such as (1, 0.5, 9); found {describe(answer)}.")
        if any(number is Ellipsis for number in numbers):
            raise NotStarted
        written, left, shown = (number_of(n, "Expected three plain numbers") for n in numbers)
        if (written, shown) == (3, 9):
            raise Problem("You count steps from 0; the picture counts from 1.")
        if written == 2:
            raise Problem(
                "Step 2: the input gate is open, but the candidate g is 0 there. What is written "
                "is the product i · g, and 0.9 · 0 is nothing."
            )
        if written == 5:
            raise Problem("Step 5: the candidate is large, but the input gate is closed.")
        if written != 4:
            raise Problem(
                f"Something large is written at one step only, and that is not step {written:g}: "
                "look for the largest product i · g."
            )
        if shown == 3:
            raise Problem(
                "Step 3: the output gate is open, but the memory is still as good as empty. What "
                "is shown is o · tanh(c)."
            )
        if shown != 10:
            raise Problem(
                f"Step {shown:g}: the output gate is closed there, so nothing of the memory shows."
            )
        hints = {
            0.08: "You count the forget gate of step 4 as well. At step 4 the new content is "
            "added *after* the old memory was multiplied, so the first factor is f of step 5.",
            0.5: "That is one factor, the smallest. Every later forget gate multiplies the memory.",
            0.8: "One factor is missing: look at step 6.",
            1.0: "The forget gates of steps 5 to 10 are not all 1.",
            0.36: "That is the memory's value, i · g times the forget gates. Asked is the share "
            "that is left of what was written.",
            0.9: "That is what was written, i · g. How much of it is left at step 10?",
            0.0: "A factor above 0 never makes 0: multiply the forget gates of steps 5 to 10.",
        }
        if abs(left - 0.4) > 0.011:
            mean = min(abs(left - 5.3 / 6), abs(left - 5.3)) < 0.01
            outside = "A share lies between 0 and 1: write 0.25 for 25 %."
            text = "Forget gates multiply; a mean or a sum does not tell what is left."
            fitting = [hint for value, hint in hints.items() if abs(left - value) < 0.006]
            default = "Multiply the forget gates of all steps after the writing."
            hint = (fitting or [default])[0] if 0 <= left <= 1 else outside
            hint = text if mean else hint
            raise Problem(f"The two steps are right; the share {left:g} is not. {hint}")

    praise = (
        "What is written is i · g, what is left is a product of forget gates, what is shown is "
        "o · tanh(c). One half-open forget gate costs half of the memory, for good."
    )
    return settle(check, answer, praise)


Setting = tuple[float, ...]  # i, f, g, o of the only unit
TOKENS = "abcdABCD?"
STARTS, WAITS = ["", "ab", "dD", "AcB", "CB"], ["", "abcd", "dcba" * 80]


def _settings_of(student: Any) -> dict[str, Setting]:
    """Four numbers for each token, as the student's function gives them; else Problem."""
    settings = {}
    for token in TOKENS:
        found = as_list(call(student, Case(f"the token {token!r}", (token,))))
        if not isinstance(found, tuple | list) or len(found) != 4:
            raise Problem(
                f"At {token!r}: expected four numbers, i, f, g, o; found {describe(found)}."
            )
        if any(number is Ellipsis for number in found):
            raise NotStarted
        numbers = (float(n) if isinstance(plain(n), bool) else n for n in found)
        text = f"At {token!r}: expected four plain numbers, i, f, g, o"
        settings[token] = tuple(number_of(n, text) for n in numbers)
    return settings


def _shown(settings: dict[str, Setting], tokens: str) -> list[float]:
    """h of the only unit after each token."""
    c, shown = 0.0, []
    for i, f, g, o in (settings[token] for token in tokens):
        c = f * c + i * g
        shown.append(o * math.tanh(c))
    return shown


def _in_short(tokens: str) -> str:
    spaced = " ".join(tokens)
    return f"`{spaced}`" if len(tokens) < 14 else f"`{spaced[:17]} … {spaced[-5:]}`"


def _why_two_ways(settings: dict[str, Setting], capital: str) -> str:
    """Why one last capital is shown in two ways."""
    small = [settings[token] for token in "abcd"]
    if any(i * g for i, _, g, _ in small):
        return "A small letter writes into the memory: close its input gate."
    if any(f < 1 for _, f, _, _ in small):
        return "The memory fades while it waits: a small letter's forget gate is below 1."
    if settings[capital][1] > 0:
        return "An earlier capital is still in the memory: a new one has to push it out."
    return "Follow the memory step by step: c = f · c + i · g."


def _why_silent(settings: dict[str, Setting]) -> str:
    """Why the unit shows nothing at the question, whatever came before."""
    _, f, _, o = settings["?"]
    if o == 0:
        return "The output gate is closed at the question mark, too."
    if all(i * g == 0 for i, _, g, _ in (settings[capital] for capital in "ABCD")):
        return "Nothing is written at a capital: written is i · g."
    if f == 0:
        return (
            "At the question mark the forget gate comes first: c = f · c + i · g, and only then "
            "h = o · tanh(c). With f = 0 there is nothing left to show."
        )
    return "Follow the memory step by step: c = f · c + i · g."


def _fault(settings: dict[str, Setting]) -> str:
    """What is wrong with a program of the gates; '' if it shows the last capital, and only then."""
    for token, numbers in settings.items():
        for name, number in zip("ifgo", numbers, strict=True):
            lowest, what = (-1, "candidate") if name == "g" else (0, "gate")
            if not lowest <= number <= 1:
                return (
                    f"At {token!r} the {what} {name} is {number:g}; it lies between {lowest} and "
                    "1. The order is i, f, g, o."
                )
    found: dict[str, list[tuple[float, str]]] = {capital: [] for capital in "ABCD"}
    for capital, start, wait in product("ABCD", STARTS, WAITS):
        text = start + capital + wait + "?"
        *early, last = _shown(settings, text)
        found[capital].append((last, text))
        for n, h in enumerate(early, start=1):
            if abs(h) > 0.01:
                return (
                    f"At step {n} of {_in_short(text)} the unit shows h = {h:.2g}, before it is "
                    "asked. Close the output gate there."
                )
    if all(abs(h) <= 0.01 for rows in found.values() for h, _ in rows):
        return f"At the question mark h is always 0. {_why_silent(settings)}"
    for capital, rows in found.items():
        low, high = min(rows), max(rows)
        if high[0] - low[0] > 0.02:
            return (
                f"In {_in_short(low[1])} the last capital is {capital} and h is {low[0]:.2f}; in "
                f"{_in_short(high[1])} it is {capital}, too, but h is {high[0]:.2f}. "
                f"{_why_two_ways(settings, capital)}"
            )
    levels = sorted((rows[0][0], capital) for capital, rows in found.items())
    (low_h, a), (high_h, b) = min(pairwise(levels), key=lambda pair: pair[1][0] - pair[0][0])
    if high_h - low_h < 0.199:
        return (
            f"{a} and {b} are shown as h = {low_h:.2f} and h = {high_h:.2f}: not far enough apart. "
            "Spread the four candidates over -1 to 1, and open the gates far enough."
        )
    return ""


@checked
def check_gates_for(student: Any) -> Verdict:
    """Exercise 5.3: gates of one unit that shows, at the question, which capital came last."""

    def check() -> None:
        if not callable(student):
            raise Problem(f"Expected a function, found {describe(student)}.")
        settings = _settings_of(student)
        if not (fault := _fault(settings)):
            return
        for order in permutations(range(4)):
            if not _fault({token: tuple(n[k] for k in order) for token, n in settings.items()}):
                given = ", ".join("ifgo"[order.index(k)] for k in range(4))
                fault = f"Your four numbers come in the order {given}. Asked are i, f, g, o."
        raise Problem(fault)

    praise = (
        "Three kinds of token, three settings: at a capital forget and write, at a small letter "
        "keep, at the question keep and show. Training has to find such a program by gradients."
    )
    return settle(check, student, praise)


def _product(f: Tensor) -> Tensor:
    later = torch.cat([f[1:], torch.ones_like(f[:1])])
    return later.flip(0).cumprod(0).flip(0)


@checked
def check_gradient_product(student: Any) -> Verdict:
    """Exercise 5.4: from forget gates (T, H) to ∂c_T/∂c_t (T, H), the products of later gates."""
    f = torch.sigmoid(_numbers(5, 3))
    cases = [
        Case("T = 5, H = 3", (f,)),
        Case("one step", (f[:1],)),
        Case("one unit", (f[:, :1],)),
        Case("a forget gate of exactly 0", (torch.tensor([[0.9], [0.0], [0.5], [0.8]]),)),
        Case("float32 numbers", (torch.sigmoid(_numbers(4, 2, dtype=torch.float32)),)),
        Case("a non-contiguous tensor", (torch.sigmoid(_numbers(3, 6)).T,)),
    ]
    adding = "You add; asked is a product."
    steps = "Off by one: from c_t to c_T the factors are f of steps t+1 to T. "
    mistakes = [
        Mistake(
            f"{steps}You multiply f of step t in as well; it stands *before* c_t.",
            lambda f: f.flip(0).cumprod(0).flip(0),
        ),
        Mistake(
            f"{steps}Yours stop one step too early, at T-1.",
            lambda f: torch.cat([_product(f[:-1]), torch.ones_like(f[:1])]),
        ),
        Mistake(
            "You multiply from the start: that is ∂c_t/∂c_0. Begin at the end.",
            lambda f: f.cumprod(0),
        ),
        Mistake(
            "Right numbers in reverse order. Time still runs backwards: flip the result back.",
            lambda f: _product(f).flip(0),
        ),
        Mistake(
            "Time still runs backwards: flip the result back. Then leave out f of step t itself.",
            lambda f: f.flip(0).cumprod(0),
        ),
        Mistake(
            f"{adding} Factors of a chain rule multiply: cumprod, not cumsum.",
            lambda f: torch.cat([f[1:], torch.ones_like(f[:1])]).flip(0).cumsum(0).flip(0),
        ),
        Mistake(
            f"{adding} Factors of a chain rule multiply: prod, not sum.",
            lambda f: torch.cat([f[1:], torch.zeros_like(f[:1])]).flip(0).cumsum(0).flip(0),
        ),
        Mistake(
            f"{adding} And leave out f of step t itself.",
            lambda f: f.flip(0).cumsum(0).flip(0),
        ),
        Mistake(
            "You took the product of all steps for every t. Row t holds later steps only.",
            lambda f: f.prod(0).expand_as(f),
        ),
        Mistake(
            "The product of all steps is one row; asked is one row per step, (T, H).",
            lambda f: f.prod(0),
        ),
        Mistake(
            "You multiply across units. Each unit has its own chain: multiply along time, dim 0.",
            lambda f: torch.cat([f[1:], torch.ones_like(f[:1])]).flip(1).cumprod(1).flip(1),
        ),
        Mistake(
            "That is each step's own factor, ∂c_{t+1}/∂c_t. Multiply them up to the end.",
            lambda f: torch.cat([f[1:], torch.ones_like(f[:1])]),
        ),
        Mistake(
            "A power of the mean gate is not the product of the gates.",
            lambda f: f.mean(0) ** torch.arange(len(f) - 1, -1, -1)[:, None],
        ),
        Mistake(
            f"{steps}You start with f of step t+2.",
            lambda f: torch.cat([_product(f)[1:], torch.ones_like(f[:1])]),
        ),
        Mistake(
            "You multiply the gates of all *earlier* steps. Row t holds later ones only.",
            lambda f: torch.cat([torch.ones_like(f[:1]), f[:-1].cumprod(0)]),
        ),
        Mistake(
            "`roll` brings the first row round to the end. No step comes after T: a row of ones "
            "belongs there.",
            lambda f: f.roll(-1, 0).flip(0).cumprod(0).flip(0),
        ),
        Mistake(
            "What is kept is f, not 1 - f.",
            lambda f: _product(1 - f),
        ),
        Mistake(
            "You take the smallest gate. Every later gate multiplies the memory once more.",
            lambda f: torch.cat([f[1:], torch.ones_like(f[:1])]).flip(0).cummin(0)[0].flip(0),
        ),
        Mistake(
            "You multiply over the units as well: one number a step. Each unit has its own chain.",
            lambda f: _product(f).prod(1),
        ),
        Mistake(
            "That is the logarithm of the product. A sum of logs needs `exp` at the end.",
            lambda f: _product(f).log(),
        ),
        Mistake(
            "These are gates already, between 0 and 1: without another sigmoid.",
            lambda f: _product(torch.sigmoid(f)),
        ),
        Mistake(
            "That is the whole diagonal matrix. Asked is its diagonal alone, (T, H).",
            lambda f: torch.diag_embed(_product(f)),
        ),
        Mistake(
            "The last row is missing: for t = T there is no factor, and an empty product is 1.",
            lambda f: _product(f)[:-1],
        ),
        Mistake(
            "For t = T there is no factor at all, and an empty product is 1, not 0.",
            lambda f: torch.cat([_product(f)[:-1], torch.zeros_like(f[:1])]),
        ),
    ]
    praise = (
        "No matrix, no slope of tanh: one number per unit and step, chosen by the network itself. "
        "Where it chooses 1, the gradient passes unchanged."
    )
    return examine(student, _product, cases, mistakes, praise)


def _biases(H: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    return _numbers(4 * H, seed=seed, dtype=dtype), _numbers(4 * H, seed=seed + 1, dtype=dtype)


def _wanted(ih: Tensor, hh: Tensor, value: float) -> Tensor:
    H, total = len(ih) // 4, ih + hh
    total[H : 2 * H] = value
    return total


@checked
def check_forget_bias(student: Any) -> Verdict:
    """Exercise 5.5: (bias_ih, bias_hh, value) -> both, the forget gate's total bias now `value`."""
    cases = [
        Case("H = 3, value 1.5", (*_biases(3), 1.5)),
        Case("H = 1, value 2.5", (*_biases(1), 2.5)),
        Case("a negative value", (*_biases(2, seed=4), -1.0)),
        Case("value 0", (*_biases(2, seed=6), 0.0)),
        Case("float32 biases", (*_biases(4, dtype=torch.float32), 3.0)),
    ]

    def hint(total: Tensor, ih: Tensor, hh: Tensor, value: float) -> str:
        H, right = len(ih) // 4, _wanted(ih, hh, value)

        def changed(start: int, stop: int, new: Any) -> Tensor:
            other = ih + hh
            other[start * H : stop * H] = new
            return other

        old = (ih + hh)[H : 2 * H]
        forget = total[H : 2 * H]
        if same(total, ih + hh):
            return "Nothing was changed. Did you change a copy and return the original?"
        if same(total, changed(0, 4, value)) or same(total, changed(0, 4, 2 * value)):
            return "You set the bias of all four gates. Only the forget gate's quarter, f, changes."
        if same(total, changed(0, 1, value)) or same(total, changed(0, 1, 2 * value)):
            return "That is the input gate's quarter. PyTorch's order is i, f, g, o: f is second."
        if same(total, changed(2, 3, value)) or same(total, changed(2, 3, 2 * value)):
            return "That is the third quarter, the candidate g. In i, f, g, o the f is second."
        if same(total, changed(3, 4, value)) or same(total, changed(3, 4, 2 * value)):
            return "That is the last quarter, the output gate o. In i, f, g, o the f is second."
        if same(forget, torch.full_like(forget, 2 * value)) and value:
            return "The two vectors are added up: with `value` in both, the gate gets it twice."
        if same(forget, value + hh[H : 2 * H]) or same(forget, value + ih[H : 2 * H]):
            return "The other vector still adds its own random start: its forget part must be 0."
        if same(forget, old + value) or same(forget, old + 2 * value):
            return "You add `value` to what was there; asked is a total of exactly `value`."
        if same(forget, right[H : 2 * H]):
            return "The forget gate is right, but the other three gates must keep their biases."
        if same(forget, torch.full_like(forget, -value)):
            return "The sign is wrong: a positive bias opens the gate."
        if same(forget, old * value):
            return "You multiply what was there; asked is a total of exactly `value`."
        if same(forget, torch.full_like(forget, value).sigmoid()):
            return "`value` is the bias itself, before the sigmoid."
        wrong = [
            f"{name} (from {k * H}): expected {right[k * H]:.3g}, found {total[k * H]:.3g}"
            for k, name in enumerate("ifgo")
            if not same(total[k * H : (k + 1) * H], right[k * H : (k + 1) * H])
        ]
        return f"bias_ih + bias_hh, quarter by quarter: {'; '.join(wrong)}."

    def check() -> None:
        if not callable(student):
            raise Problem(f"Expected a function, found {describe(student)}.")
        for case in cases:
            found = call(student, case)
            where = f"Tried with {case.label}: "
            ih, hh, value = case.args
            if isinstance(found, Tensor) and found.ndim == 2:
                found = tuple(found)  # two rows in one tensor
            if not isinstance(found, tuple | list) or len(found) != 2:
                raise Problem(
                    f"{where}expected two tensors, bias_ih and bias_hh; found {describe(found)}."
                )
            for name, vector in zip(("bias_ih", "bias_hh"), found, strict=True):
                if not isinstance(vector, Tensor) or vector.shape != ih.shape:
                    raise Problem(
                        f"{where}{name} should be a tensor of shape {tuple(ih.shape)}; found "
                        f"{describe(vector)}."
                    )
            total, right = (found[0] + found[1]).detach(), _wanted(ih, hh, value)
            if not same(total, right) and total.dtype != ih.dtype:
                raise Problem(f"{where}the biases changed their type to {total.dtype}: keep it.")
            if not same(total, right):
                raise Problem(f"{where}the total bias is wrong. {hint(total, ih, hh, value)}")

    praise = (
        "A start with open forget gates lets the first gradients reach far back, before the "
        "network has learned anything. Gers et al. (2000) began with it; PyTorch does not."
    )
    return settle(check, student, praise)
