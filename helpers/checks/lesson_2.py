"""Checks of lesson 2: a switch, the stop condition, sampling, perplexity, one RNN step."""

import functools
import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from helpers.checks.engine import (
    Case,
    Mistake,
    Problem,
    Verdict,
    call,
    checked,
    describe,
    examine,
    not_yet,
    number_of,
    settle,
)
from helpers.checks.values import as_whole, plain
from helpers.words import EOS_ID


def _states(u: float, w: float, xs: list[int]) -> list[float]:
    """All states of h_t = tanh(u x_t + w h_{t-1}), from h_0 = 0."""
    h, states = 0.0, []
    for x in xs:
        h = math.tanh(u * x + w * h)
        states.append(h)
    return states


_RNG = random.Random(0)
_SIGNALS = {
    "a +1, then 80 zeros": [1, *[0] * 80],
    "a -1, then 80 zeros": [-1, *[0] * 80],
    "a +1, five zeros, a -1, 80 zeros": [1, *[0] * 5, -1, *[0] * 80],
    "a -1, five zeros, a +1, 80 zeros": [-1, *[0] * 5, 1, *[0] * 80],
    "three times +1, then a -1 at once": [1, 1, 1, -1, 0, 0],
    "300 random inputs": _RNG.choices([0, 1, -1], [8, 1, 1], k=300),
}


def _first_slip(u: float, w: float) -> tuple[str, int, list[float]] | None:
    """Where a switch with these weights forgets: the inputs' name, the step, and all states."""
    for label, xs in _SIGNALS.items():
        states, last = _states(u, w, xs), 0
        for t, (x, h) in enumerate(zip(xs, states, strict=True)):
            last = x or last
            if last and not last * h > 0.5:
                return label, t, states
    return None


def _why_it_slips(u: float, w: float, x: int, before: float, h: float) -> str:
    """What is wrong with a switch whose state went from `before` to `h` at the input x."""
    if u < 0:
        return "u is negative, so a +1 pushes the state down. Which sign lets it go up?"
    if u == 0:
        return "With u = 0 no signal ever arrives."
    if w < 0:
        return (
            "w is negative, so at every zero the state changes its sign. A switch stays where it "
            "is: which sign of w does that?"
        )
    if x and not before:
        return (
            f"The signal alone is too weak: tanh(u) = {math.tanh(u):.2f} does not reach 0.5. "
            "Make u larger."
        )
    if x:
        return (
            f"The signal does not get through: u pushes one way with {u:g}, the old state pulls "
            f"the other way with w·h = {abs(w * before):.2f}. u has to win, by more than 0.55, "
            "since tanh(0.55) = 0.5."
        )
    if w <= 1:
        return (
            f"The state fades: at each zero it becomes tanh(w·h) with w = {w:g}, which is nearer "
            "to 0 than h. Only a w above 1 can make up for what tanh takes away."
        )
    return (
        f"With w = {w:g} the state comes to rest, but too low: what tanh takes away and what w "
        "gives are in balance below 0.5. Make w larger."
    )


@checked
def check_switch(u: Any, w: Any) -> Verdict:
    """Exercise 2.1: weights u, w such that tanh(u x_t + w h_{t-1}) keeps the last signal's sign."""

    def check() -> None:
        if w is Ellipsis or w is None:
            raise Problem("`u` is there. Now choose `w`, too.")
        a, b = (
            number_of(value, f"`{name}` has to be one number")
            for name, value in (("u", u), ("w", w))
        )
        if not math.isfinite(a + b):
            raise Problem(f"Both weights have to be finite, found u = {a:g} and w = {b:g}.")
        slip = _first_slip(a, b)
        if slip is None:
            return
        label, t, states = slip
        xs = _SIGNALS[label]
        sign = next(x for x in reversed(xs[: t + 1]) if x)
        wanted = "above 0.5" if sign > 0 else "below -0.5"
        text = _why_it_slips(a, b, xs[t], states[t - 1] if t else 0.0, states[t])
        if a != b and _first_slip(b, a) is None:
            text += " With u and w exchanged it would work: u belongs to the input, w to the state."
        raise Problem(
            f"Tried with {label}: at step {t + 1} the state is {round(states[t], 3) + 0:.3f} and "
            f"should be {wanted}. {text}"
        )

    return settle(
        check,
        u,
        "Two weights make a memory that never fades: with w above 1 the state has two places of "
        "rest, and a signal stronger than w moves it from one to the other. The gates of lesson 5 "
        "are built to do this on purpose.",
    )


def rnn_step(x: Tensor, h: Tensor, U: Tensor, W: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(x @ U.T + h @ W.T + b)


_ROWS = (
    "This loop carries h from row to row, as if rows were time steps. Rows are sentences: each "
    "of them takes this one step by itself."
)


def _over_rows(x: Tensor, h: Tensor, U: Tensor, W: Tensor, b: Tensor) -> list[Tensor]:
    """The states of a student who takes rows for time steps."""
    states = []
    for row in x:
        h = torch.tanh(row @ U.T + h @ W.T + b)
        states.append(h)
    return states


def _step_case(
    label: str, B: int, E: int, H: int, dtype: torch.dtype = torch.float32, start: bool = False
) -> Case:
    rng = torch.Generator().manual_seed(100 * B + 10 * E + H)
    shapes = (B, E), (B, H), (H, E), (H, H), (H,)
    x, h, U, W, b = (0.7 * torch.randn(shape, generator=rng).to(dtype) for shape in shapes)
    return Case(label, (x, 0 * h if start else h, U, W, b))


@checked
def check_rnn_step(student: Callable[..., Any]) -> Verdict:
    """Exercise 2.5: x (B, E), h (B, H), U (H, E), W (H, H), b (H,) to new states (B, H)."""
    wide = _step_case("", 3, 5, 4).args
    cases = [
        # All sizes equal: a wrong transpose gives a result here, and so the hint meant for it.
        _step_case("B = E = H = 3", 3, 3, 3),
        _step_case("B = 2, E = 3, H = 4", 2, 3, 4),
        _step_case("a batch of one", 1, 3, 4),
        _step_case("E = H = 1", 2, 1, 1),
        _step_case("the start, h all zeros", 2, 3, 4, start=True),
        _step_case("float64", 2, 3, 4, torch.float64),
        Case("x and h not contiguous", (wide[0].T.clone().T, wide[1].T.clone().T, *wide[2:])),
    ]
    sides = "in `x @ U.T` a row of x meets every row of U, as in `U @ x_t` for one sentence."
    mistakes = [
        Mistake(
            f"Both weights seem transposed: {sides}",
            lambda x, h, U, W, b: torch.tanh(x @ U + h @ W + b),
        ),
        Mistake(
            f"U seems transposed: {sides}", lambda x, h, U, W, b: torch.tanh(x @ U + h @ W.T + b)
        ),
        Mistake(
            f"W seems transposed: {sides}", lambda x, h, U, W, b: torch.tanh(x @ U.T + h @ W + b)
        ),
        Mistake(
            "`U @ x` takes the columns of x for sentences, but they are its rows. Put x first.",
            lambda x, h, U, W, b: torch.tanh(U @ x + W @ h + b),
        ),
        Mistake(
            "`U @ x` takes the columns of x for sentences, but they are its rows. Put x first.",
            lambda x, h, U, W, b: torch.tanh(U @ x + W @ h + b[:, None]),
        ),
        Mistake("The bias b is missing.", lambda x, h, U, W, b: torch.tanh(x @ U.T + h @ W.T)),
        Mistake(
            "The bias is there twice. Here it is one b, not the two of nn.RNN.",
            lambda x, h, U, W, b: torch.tanh(x @ U.T + h @ W.T + 2 * b),
        ),
        Mistake(
            "The bias comes after tanh. It belongs inside, before squashing.",
            lambda x, h, U, W, b: torch.tanh(x @ U.T + h @ W.T) + b,
        ),
        Mistake(
            "The bias is added along the wrong axis: one number per unit, not per sentence.",
            lambda x, h, U, W, b: torch.tanh(x @ U.T + h @ W.T + b[:, None]),
        ),
        Mistake(
            "The f of the formula, tanh, is missing.",
            lambda x, h, U, W, b: x @ U.T + h @ W.T + b,
        ),
        Mistake(
            "This squashes with sigmoid, between 0 and 1. The cell of this lesson uses tanh.",
            lambda x, h, U, W, b: torch.sigmoid(x @ U.T + h @ W.T + b),
        ),
        Mistake(
            "This uses relu. The cell of this lesson uses tanh.",
            lambda x, h, U, W, b: torch.relu(x @ U.T + h @ W.T + b),
        ),
        Mistake(
            "tanh is applied to one part only. It squashes the whole sum.",
            lambda x, h, U, W, b: torch.tanh(x @ U.T) + h @ W.T + b,
        ),
        Mistake(
            "tanh is applied to each part by itself. It squashes the whole sum, once.",
            lambda x, h, U, W, b: torch.tanh(x @ U.T) + torch.tanh(h @ W.T + b),
        ),
        Mistake(
            "The sign of the old state is wrong: the formula adds W h.",
            lambda x, h, U, W, b: torch.tanh(x @ U.T - h @ W.T + b),
        ),
        Mistake(
            "The old state is added once more, after tanh. It comes in through W, and only there.",
            lambda x, h, U, W, b: h + torch.tanh(x @ U.T + h @ W.T + b),
        ),
        Mistake(
            "The old state comes in without its weights W.",
            lambda x, h, U, W, b: torch.tanh(x @ U.T + h + b),
        ),
        Mistake(
            "tanh is applied twice.",
            lambda x, h, U, W, b: torch.tanh(rnn_step(x, h, U, W, b)),
        ),
        Mistake(
            "This is a softmax, the g of the output. The state is squashed by f, tanh.",
            lambda x, h, U, W, b: (x @ U.T + h @ W.T + b).softmax(-1),
        ),
        Mistake(
            "tanh is applied to each part by itself. It squashes the whole sum, once.",
            lambda x, h, U, W, b: torch.tanh(x @ U.T) + torch.tanh(h @ W.T) + b,
        ),
        Mistake(
            "The old state h is missing: this step remembers nothing.",
            lambda x, h, U, W, b: torch.tanh(x @ U.T + b),
        ),
        Mistake(
            "The input x is missing: this step reads nothing.",
            lambda x, h, U, W, b: torch.tanh(h @ W.T + b),
        ),
        Mistake(
            "U and W have changed places: U meets the input, W the old state.",
            lambda x, h, U, W, b: torch.tanh(x @ W.T + h @ U.T + b),
        ),
        Mistake(
            "Return the new states only: here they are the output and the memory at once, so one "
            "tensor says it all.",
            lambda *args: (rnn_step(*args), rnn_step(*args)),
        ),
        Mistake(_ROWS, lambda x, h, U, W, b: _over_rows(x, h, U, W, b)[-1]),
        Mistake(_ROWS, lambda x, h, U, W, b: _over_rows(x, h[0], U, W, b)[-1]),
        Mistake(_ROWS, lambda x, h, U, W, b: _over_rows(x, 0 * h[0], U, W, b)[-1]),
        Mistake(_ROWS, lambda x, h, U, W, b: torch.stack(_over_rows(x, h, U, W, b))),
        Mistake(_ROWS, lambda x, h, U, W, b: torch.stack(_over_rows(x, h[0], U, W, b))),
        Mistake(_ROWS, lambda x, h, U, W, b: torch.stack(_over_rows(x, 0 * h[0], U, W, b))),
        Mistake(
            "`*` multiplies number by number. A matrix product is `@`.",
            lambda x, h, U, W, b: torch.tanh(x * U + h * W + b),
        ),
    ]  # fmt: skip
    return examine(
        student,
        rnn_step,
        cases,
        mistakes,
        "Two matrix products move a whole batch on by one token. An RNN is nothing but this line, "
        "once per token: that is why a long sentence needs many steps in a row.",
    )


def _log_p(logits: Tensor, targets: Tensor) -> Tensor:
    return logits.log_softmax(-1).gather(-1, targets.unsqueeze(-1)).squeeze(-1)  # (B, T)


def perplexity(logits: Tensor, targets: Tensor, mask: Tensor) -> float:
    return (-_log_p(logits, targets)[mask].mean()).exp().item()


def _perplexity_case(
    label: str, lengths: list[int], T: int, V: int, dtype: torch.dtype = torch.float32
) -> Case:
    rng = torch.Generator().manual_seed(T * V + len(lengths))
    B = len(lengths)
    logits = 2 * torch.randn(B, T, V, generator=rng).to(dtype)
    targets = torch.randint(4, V, (B, T), generator=rng)
    mask = torch.arange(T) < torch.tensor(lengths)[:, None]  # (B, T)
    return Case(label, (logits, targets.masked_fill(~mask, 0), mask))


_LARGE = (
    "With ordinary logits your number is right. With large ones a probability is rounded to 0 or a "
    "power overflows; a limit such as `clamp` or `+ 1e-9` hides that and changes the number. "
    "`log_softmax` gives the logarithm without ever making the probability."
)


class _Calls(TorchFunctionMode):
    """Counts calls of some of PyTorch's functions, by whatever name and in whatever module."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.names, self.counted = names, 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.counted += getattr(func, "__name__", "") in self.names
        return func(*args, **(kwargs or {}))

    def count(self, student: Any) -> Any:
        """The same function, its calls counted; what is no function stays as it is."""
        if not callable(student):
            return student

        @functools.wraps(student)
        def counting(*args: Any) -> Any:
            with self:
                return student(*args)

        return counting


@checked
def check_perplexity(student: Callable[..., Any]) -> Verdict:
    """Exercise 2.4: logits (B, T, V), targets and mask (B, T) to one number."""
    even = torch.zeros(1, 3, 10), torch.tensor([[4, 5, 6]]), torch.ones(1, 3, dtype=torch.bool)
    wide = _perplexity_case("", [3, 2], 3, 7).args
    cases = [
        _perplexity_case("two sentences of 5 and 2 tokens", [5, 2], 5, 8),
        Case("equal logits for V = 10 tokens, where the answer is 10", even),
        _perplexity_case("a batch of one", [4], 4, 8),
        _perplexity_case("a sentence of length one", [1], 1, 8),
        _perplexity_case("all padding but one token", [1, 0], 4, 8),
        _perplexity_case("float64", [3, 3], 3, 8, torch.float64),
        Case("logits that are not contiguous", (wide[0].mT.clone().mT, *wide[1:])),
        Case("large logits", (wide[0] * 60, *wide[1:])),
    ]  # fmt: skip
    mistakes = [
        Mistake(
            "The softmax of a very unlikely token is rounded to 0 and its log is -inf. Use "
            "`log_softmax`.",
            lambda z, y, m: (
                -z.softmax(-1).log().gather(-1, y.unsqueeze(-1)).squeeze(-1)[m].mean()
            ).exp().item(),
        ),
        Mistake(
            "`exp` of large logits is infinite, and infinity divided by infinity is no number. "
            "`log_softmax` takes exponential and logarithm in one step, without either trouble.",
            lambda z, y, m: (
                -(z.exp() / z.exp().sum(-1, keepdim=True)).log()
                .gather(-1, y.unsqueeze(-1)).squeeze(-1)[m].mean()
            ).exp().item(),
        ),
        Mistake(
            "This takes the likeliest token at each position. Take the right one, whose id stands "
            "in `targets`: `gather` picks it.",
            lambda z, y, m: (-z.log_softmax(-1).amax(-1)[m].mean()).exp().item(),
        ),
        Mistake(
            "This is the mean over all V tokens of the vocabulary. Only the right one counts, "
            "whose id stands in `targets`: `gather` picks it.",
            lambda z, y, m: (-z.log_softmax(-1)[m].mean()).exp().item(),
        ),
        Mistake(
            "This is the sum over tokens where the formula has the mean.",
            lambda z, y, m: (-_log_p(z, y)[m].sum()).exp().item(),
        ),
        Mistake(
            "This divides the sum by the number of sentences. Divide by the number of real tokens.",
            lambda z, y, m: (-_log_p(z, y)[m].sum() / len(m)).exp().item(),
        ),
        Mistake(
            "This divides the sum by T, padding or not. Divide by the number of real tokens.",
            lambda z, y, m: (-_log_p(z, y)[m].sum() / m.shape[1]).exp().item(),
        ),
        Mistake(
            "These are the positions where mask is False, the padding. Keep those where it is "
            "True.",
            lambda z, y, m: (-_log_p(z, y)[~m].mean()).exp().item(),
        ),
        Mistake(
            "This is the median where the formula has the mean.",
            lambda z, y, m: (-_log_p(z, y)[m].median()).exp().item(),
        ),
        Mistake(
            "This is how unsure the model is of its own prediction (its entropy). Perplexity asks "
            "for the right token, whose id stands in `targets`: `gather` picks it.",
            lambda z, y, m: (
                -(z.softmax(-1) * z.log_softmax(-1)).sum(-1)[m].mean()
            ).exp().item(),
        ),
        Mistake(
            "This is rounded. Return the number itself.",
            lambda z, y, m: round(perplexity(z, y, m)),
        ),
        Mistake(
            "The base of the logarithm and the base of the power differ: log with exp, or log2 "
            "with 2 ** ….",
            lambda z, y, m: 10 ** -_log_p(z, y)[m].mean().item(),
        ),
        Mistake(
            "`exp` is missing: this is the mean loss. Perplexity undoes the logarithm.",
            lambda z, y, m: -_log_p(z, y)[m].mean().item(),
        ),
        Mistake(
            "The minus sign is missing: this is below 1, and a perplexity never is.",
            lambda z, y, m: _log_p(z, y)[m].mean().exp().item(),
        ),
        Mistake(
            "The base of the logarithm and the base of the power differ: log with exp, or log2 "
            "with 2 ** ….",
            lambda z, y, m: (-_log_p(z, y)[m].mean() / np.log(2)).exp().item(),
        ),
        Mistake(
            "The base of the logarithm and the base of the power differ: log with exp, or log2 "
            "with 2 ** ….",
            lambda z, y, m: (2 ** -_log_p(z, y)[m].mean()).item(),
        ),
        Mistake(
            "Padding counts here, too. Keep the positions where mask is True.",
            lambda z, y, m: (-_log_p(z, y).mean()).exp().item(),
        ),
        Mistake(
            "Padding is set to zero but still counted in the mean. Divide by the number of real "
            "tokens.",
            lambda z, y, m: (-(_log_p(z, y) * m).mean()).exp().item(),
        ),
        Mistake(
            "This is the mean over sentences: a short sentence weighs as much as a long one. "
            "Average over all real tokens at once.",
            lambda z, y, m: torch.stack(
                [(-row[keep].mean()).exp() for row, keep in zip(_log_p(z, y), m, strict=True)]
            ).mean().item(),
        ),
        Mistake(
            "This is the mean over sentences: a short sentence weighs as much as a long one. "
            "Average over all real tokens at once.",
            lambda z, y, m: (-((_log_p(z, y) * m).sum(1) / m.sum(1)).mean()).exp().item(),
        ),
        Mistake(
            "`exp` comes before the mean. Average the logarithms first, then `exp` once.",
            lambda z, y, m: (-_log_p(z, y)[m]).exp().mean().item(),
        ),
        Mistake(
            "This averages the probabilities. Average their logarithms: otherwise a token at "
            "probability 0 costs next to nothing.",
            lambda z, y, m: 1 / _log_p(z, y)[m].exp().mean().item(),
        ),
        Mistake(
            "The logits went in as if they were log-probabilities. Apply `log_softmax` first.",
            lambda z, y, m: (-z.gather(-1, y.unsqueeze(-1)).squeeze(-1)[m].mean()).exp().item(),
        ),
        Mistake(
            "The softmax runs over the wrong axis: the probabilities of all V tokens at one "
            "position sum to 1, so it is the last axis.",
            lambda z, y, m: (
                -z.log_softmax(1).gather(-1, y.unsqueeze(-1)).squeeze(-1)[m].mean()
            ).exp().item(),
        ),
        Mistake(
            "The softmax runs over the wrong axis: the probabilities of all V tokens at one "
            "position sum to 1, so it is the last axis.",
            lambda z, y, m: (
                -z.log_softmax(0).gather(-1, y.unsqueeze(-1)).squeeze(-1)[m].mean()
            ).exp().item(),
        ),
        Mistake(
            "The softmax was applied twice: `cross_entropy` and `log_softmax` want the logits "
            "themselves.",
            lambda z, y, m: (-_log_p(z.softmax(-1), y)[m].mean()).exp().item(),
        ),
        Mistake(
            "Off by one: targets are already the tokens to be predicted. Do not shift again.",
            lambda z, y, m: (-_log_p(z[:, :-1], y[:, 1:])[m[:, 1:]].mean()).exp().item(),
        ),
    ]  # fmt: skip
    calls = _Calls("cross_entropy", "nll_loss")
    verdict = examine(
        calls.count(student),
        perplexity,
        cases,
        mistakes,
        "This number compares language models of any kind, as long as they predict the same "
        "tokens. The next cell tries yours on the held-out text.",
    )
    if verdict.status == "not yet" and verdict.message.startswith("Tried with large logits"):
        remedy = "`log_softmax`" in verdict.message or "without PyTorch's loss" in verdict.message
        return verdict if remedy else not_yet(f"{verdict.message} {_LARGE}")
    if verdict.status == "right" and calls.counted:
        return not_yet(
            "The number is right. Now get it without PyTorch's loss, to see what is in it: "
            "`log_softmax`, then the right token's entry, then the mean over real tokens."
        )
    return verdict


def generate(next_id: Callable[[list[int]], int], ids: list[int], limit: int) -> list[int]:
    ids = list(ids)
    while ids[-1] != EOS_ID and len(ids) < limit:
        ids.append(next_id(ids))
    return ids


class _Speaker:
    """A next_id that ends a sentence when `count` ids are there, and hears how often it is asked.

    A sampler answers otherwise when it is asked twice, and so does this one.
    """

    def __init__(self, count: int) -> None:
        self.count, self.asked = count, 0

    def __call__(self, ids: list[int]) -> int:
        self.asked += 1
        return EOS_ID if len(ids) >= self.count else 10 + len(ids) + 20 * self.asked


def _loop(
    stop: Callable[[list[int], int, int], bool], first: bool = False, at_most: int = 60
) -> Callable[..., Any]:
    """A wrong generate with its own stop rule of (ids, limit, number given)."""

    def wrong(next_id: Callable[[list[int]], int], ids: list[int], limit: int) -> list[int]:
        given, ids = len(ids), list(ids)
        if first:
            ids.append(next_id(ids))
        while not stop(ids, limit, given) and len(ids) < at_most:
            ids.append(next_id(ids))
        return ids

    return wrong


def _without_eos(next_id: Callable[[list[int]], int], ids: list[int], limit: int) -> list[int]:
    ids = list(ids)
    while len(ids) < limit and (new := next_id(ids)) != EOS_ID:
        ids.append(new)
    return ids


def _two_draws(next_id: Callable[[list[int]], int], ids: list[int], limit: int) -> list[int]:
    ids = list(ids)
    while ids[-1] != EOS_ID and len(ids) < limit:
        next_id(ids)
        ids.append(next_id(ids))
    return ids


def _two_draws_then_eos(
    next_id: Callable[[list[int]], int], ids: list[int], limit: int
) -> list[int]:
    ids = list(ids)
    while ids[-1] != EOS_ID and len(ids) < limit and next_id(ids) != EOS_ID:
        ids.append(next_id(ids))
    return [*ids, EOS_ID] if ids[-1] != EOS_ID and len(ids) < limit else ids


def _in_front(next_id: Callable[[list[int]], int], ids: list[int], limit: int) -> list[int]:
    ids = list(ids)
    while ids[-1] != EOS_ID and len(ids) < limit:
        ids.insert(0, next_id(ids))
    return ids


@checked
def check_stop(student: Callable[..., Any]) -> Verdict:
    """Exercise 2.2: next_id, ids and limit to the whole list of ids."""
    never = _Speaker(1000)
    cases = [
        Case("<eos> due after 4 ids, two ids given, limit 10", (_Speaker(4), [1, 9], 10)),
        Case("<eos> due after 4 ids, limit 10", (_Speaker(4), [1], 10)),
        Case("no <eos> in sight, three ids given, limit 6", (never, [1, 7, 8], 6)),
        Case("no <eos> in sight, one id given, limit 6", (never, [1], 6)),
        Case("<eos> and the limit at the same time", (_Speaker(5), [1], 6)),
        Case("<eos> as the very first choice", (_Speaker(1), [1], 6)),
        Case("a beginning that already ends in <eos>", (never, [1, 7, EOS_ID], 6)),
        Case("a beginning with an <eos> inside, limit 6", (never, [1, 7, EOS_ID, 8], 6)),
        Case("a beginning that is already full", (never, [1, 7, 8], 3)),
        Case("a beginning longer than the limit", (never, [1, 7, 8, 9], 2)),
        Case("a limit of one", (never, [1], 1)),
    ]
    mistakes = [
        Mistake(
            "The test comes too late: an id is added before the given ones are looked at. "
            "A beginning that is finished or full must stay as it is.",
            _loop(lambda ids, limit, given: ids[-1] == EOS_ID or len(ids) >= limit, first=True),
        ),
        Mistake(
            "The loop does not stop at <eos>. Ids are numbers: compare the last one with "
            "`EOS_ID`, not with a text. (Two conditions to go on are joined by `and`.)",
            _loop(lambda ids, limit, given: len(ids) >= limit),
        ),
        Mistake(
            "An <eos> further ahead does not end the list: a beginning may contain a finished "
            "sentence. Look at the last id, `ids[-1]`.",
            _loop(lambda ids, limit, given: EOS_ID in ids or len(ids) >= limit),
        ),
        Mistake(
            "<eos> is not in the list. Keep it: whoever reads the list then knows that the "
            "sentence is finished, not cut off.",
            lambda next_id, ids, limit: [i for i in generate(next_id, ids, limit) if i != EOS_ID],
        ),
        Mistake(
            "`next_id` is called twice a step, and a second draw may give another id than the "
            "first. Keep the id in a variable.",
            _two_draws,
        ),
        Mistake(
            "`next_id` is called twice a step, and a second draw may give another id than the "
            "first. Keep the id in a variable.",
            _two_draws_then_eos,
        ),
        Mistake(
            "<eos> is not in the list. Keep it: whoever reads the list then knows that the "
            "sentence is finished, not cut off.",
            _without_eos,
        ),
        Mistake(
            "The loop goes on while one of the two conditions holds. It may go on only while both "
            "do: conditions to go on are joined by `and`.",
            _loop(lambda ids, limit, given: ids[-1] == EOS_ID and len(ids) >= limit, at_most=501),
        ),
        Mistake(
            "These are the new ids only. Return the given ones, too.",
            lambda next_id, ids, limit: generate(next_id, ids, limit)[len(ids) :],
        ),
        Mistake(
            "This is one step. Repeat it until a stop condition holds.",
            lambda next_id, ids, limit: [*ids, next_id(ids)],
        ),
        Mistake("This is one id. Return the whole list.", lambda next_id, ids, limit: next_id(ids)),
        Mistake(
            "`next_id` got the last id only. Give it all ids so far.",
            lambda next_id, ids, limit: generate(lambda all_ids: next_id(all_ids[-1:]), ids, limit),
        ),
        Mistake(
            "`next_id` got the given ids each time. Give it all ids so far, the new ones included.",
            lambda next_id, ids, limit: generate(lambda _: next_id(ids), ids, limit),
        ),
        Mistake(
            "An <eos> was added that `next_id` never gave. A list that ends without one tells the "
            "reader that the limit cut it off.",
            lambda next_id, ids, limit: (
                found
                if (found := generate(next_id, ids, limit))[-1] == EOS_ID
                else [*found, EOS_ID]
            ),
        ),
        Mistake(
            "The last id was replaced by an <eos> that `next_id` never gave. A list that ends "
            "without one tells the reader that the limit cut it off.",
            lambda next_id, ids, limit: [*generate(next_id, ids, limit)[:-1], EOS_ID],
        ),
        Mistake(
            "The first given id is gone. Return the whole list, <bos> included.",
            lambda next_id, ids, limit: generate(next_id, ids, limit)[1:],
        ),
        Mistake(
            "The ids are right, but they are in a tensor. Return a list: `.tolist()` makes one.",
            lambda next_id, ids, limit: torch.tensor(generate(next_id, ids, limit)),
        ),
        Mistake("A new id belongs at the end of the list, not in front.", _in_front),
        Mistake(
            "The loop does not stop at the limit.",
            _loop(lambda ids, limit, given: ids[-1] == EOS_ID),
        ),
        Mistake(
            "Off by one: the list has one id more than the limit.",
            _loop(lambda ids, limit, given: ids[-1] == EOS_ID or len(ids) > limit),
        ),
        Mistake(
            "Off by one: the list has one id less than the limit.",
            _loop(lambda ids, limit, given: ids[-1] == EOS_ID or len(ids) >= limit - 1),
        ),
        Mistake(
            "Here `limit` ids are added. The limit counts all ids, including the given ones.",
            _loop(lambda ids, limit, given: ids[-1] == EOS_ID or len(ids) - given >= limit),
        ),
        Mistake(
            "The given ids were cut. A beginning that is too long stays as it is.",
            lambda next_id, ids, limit: generate(next_id, ids, limit)[:limit],
        ),
    ]
    return examine(
        student,
        generate,
        cases,
        mistakes,
        "Two conditions end every generation, from this lesson's RNN to the largest chatbot. "
        "Without the second one, a model that never says <eos> would write for ever.",
    )


_DRAWS = 2000
_LOGITS = torch.tensor([0.0, 2.0, -1.0, 1.0])
_OTHERS = torch.tensor([1.0, 0.0, 2.0, 2.0, -2.0, 1.0])


@checked
def check_sample(student: Callable[..., Any]) -> Verdict:
    """Exercise 2.3: logits (V,) and a temperature to one token id, many draws counted."""

    def check() -> None:
        if not callable(student):
            raise Problem(f"Expected a function, found {describe(student)}.")
        # One seed for all students: an answer is not right on one day and wrong on the next.
        with torch.random.fork_rng():
            torch.manual_seed(0)
            _draw_once(student)
            _draw_often(student)
            _draw_once(student, extreme=True)

    return settle(
        check,
        student,
        "The same network now tells many stories. Low temperatures are safe and dull, high ones "
        "lively and wrong: every chatbot has this slider.",
    )


def _draw_once(student: Callable[..., Any], extreme: bool = False) -> None:
    """What a single draw must return, on awkward inputs; extreme ones after the draws are right."""
    greedy = "At temperature 0 return the `argmax`, before dividing."
    column = torch.stack([_LOGITS, _LOGITS.flip(0)], dim=1)
    certain = torch.tensor([-1e4, 0.0, -1e4])
    ordinary = [
        ("logits [0, 2, -1, 1] at temperature 1", _LOGITS, 1.0, None, ""),
        ("logits [0, 2, -1, 1] at temperature 0", _LOGITS, 0, 1, greedy),
        ("logits [0, 2, -1, 1] at temperature 0.0", _LOGITS, 0.0, 1, greedy),
        ("logits [0, 2, -1, 1] at temperature 0.5", _LOGITS, 0.5, None, ""),
        ("one token in the vocabulary", torch.tensor([3.0]), 1.0, 0, ""),
        ("a column of a larger tensor (not contiguous)", column[:, 1], 0, 2, greedy),
        ("float64 at temperature 0", _LOGITS.double(), 0, 1, greedy),
        ("all logits negative", _LOGITS - 50, 1.0, None, ""),
    ]
    far = [
        ("one token far above the others", certain, 1.0, 1, "Its probability is 1."),
        ("large logits at temperature 0.01", torch.tensor([90.0, 5.0]), 0.01, 0,
         "`exp` of such numbers is infinite: let `softmax` do it, which subtracts the largest."),
    ]  # fmt: skip
    for label, logits, temperature, expected, hint in far if extreme else ordinary:
        try:
            found = call(student, Case(label, (logits, temperature)))
        except Problem as problem:
            raise Problem(f"{problem}\nHint: {hint}" if hint else str(problem)) from None
        if isinstance(found, Tensor | np.ndarray) and found.ndim:
            raise Problem(
                f"Tried with {label}: expected an int, found {describe(found)}. `.item()` takes "
                "the number out of a tensor that holds one."
            )
        number = as_whole(found)
        if number is None or (
            isinstance(plain(found), float) and expected is not None and number != expected
        ):
            hint = "Return the token's id, its place in the logits, not a probability or score."
            raise Problem(f"Tried with {label}: expected an int, found {describe(found)}. {hint}")
        found = number
        if not 0 <= found < len(logits):
            raise Problem(
                f"Tried with {label}: expected an id from 0 to {len(logits) - 1}, found {found}."
            )
        if expected is not None and found != expected:
            raise Problem(f"Tried with {label}: expected {expected}, found {found}. Hint: {hint}")


_TEMPERED = [  # what a wrong sampler draws from, and what to say of it
    (
        "Always the likeliest token: this is greedy. Draw with `torch.multinomial`.",
        lambda z, tau: torch.nn.functional.one_hot(z.argmax(), len(z)).float(),
    ),
    (
        "The temperature has no effect. Divide the logits, before the softmax: a probability "
        "divided by τ is made to sum to 1 again.",
        lambda z, tau: z.softmax(-1),
    ),
    (
        "A temperature below 1 has no effect. Divide the logits by any τ above 0.",
        lambda z, tau: (z / max(tau, 1)).softmax(-1),
    ),
    (
        "A temperature above 1 has no effect. Divide the logits by any τ above 0.",
        lambda z, tau: (z / min(tau, 1)).softmax(-1),
    ),
    ("This multiplies by τ where it should divide.", lambda z, tau: (z * tau).softmax(-1)),
    ("The logits are divided by τ twice.", lambda z, tau: (z / tau**2).softmax(-1)),
    ("This divides by τ + 1. Divide by τ.", lambda z, tau: (z / (tau + 1)).softmax(-1)),
    (
        "Every token comes equally often: the logits play no part.",
        lambda z, tau: torch.full_like(z, 1 / len(z)),
    ),
    (
        "This is the softmax of a softmax. `multinomial` wants probabilities: one softmax.",
        lambda z, tau: (z / tau).softmax(-1).softmax(-1),
    ),
    (
        "This divides the probabilities by τ and takes a softmax again. Divide the logits, then "
        "one softmax.",
        lambda z, tau: (z.softmax(-1) / tau).softmax(-1),
    ),
    (
        "The sign is wrong: the least likely token comes most often.",
        lambda z, tau: (-z / tau).softmax(-1),
    ),
    (
        "This uses a sigmoid, which looks at each logit by itself. Softmax compares them.",
        lambda z, tau: (z / tau).sigmoid() / (z / tau).sigmoid().sum(),
    ),
    (
        "The logits went into `multinomial` without a softmax.",
        lambda z, tau: z.clamp(min=0) / z.clamp(min=0).sum(),
    ),
    (
        "The logits went into `multinomial` as absolute values. Use softmax to make them positive.",
        lambda z, tau: z.abs() / z.abs().sum(),
    ),
]


def _draw_often(student: Callable[..., Any]) -> None:
    """Compare how often each id comes with softmax(logits / temperature).

    A hint is given only if it explains what came at every temperature.
    """
    drawn = []
    for logits, temperature in (_LOGITS, 0.5), (_LOGITS, 2.0), (_LOGITS, 1.0), (_OTHERS, 0.8):

        def draw(logits: Tensor, temperature: float) -> Tensor:
            draws = torch.tensor([int(student(logits, temperature)) for _ in range(_DRAWS)])
            return torch.bincount(draws, minlength=len(logits)) / _DRAWS

        where = f"logits {logits.int().tolist()} at temperature {temperature:g}"
        share = call(draw, Case(f"{_DRAWS} draws from {where}", (logits, temperature)))
        drawn.append((where, logits, temperature, share))

    def near(share: Tensor, other: Tensor) -> bool:  # within five standard deviations of drawing
        if share.shape != other.shape:
            return False
        spread = (other * (1 - other) / _DRAWS).sqrt()
        return bool(((share - other).abs() <= 5 * spread + 1e-3).all())

    right = [(z / tau).softmax(-1) for _, z, tau, _ in drawn]
    if all(near(share, p) for (*_, share), p in zip(drawn, right, strict=True)):
        return
    fitting = {
        text: sum((share - other(z, tau)).abs().sum().item() for _, z, tau, share in drawn)
        for text, other in _TEMPERED
        if all(near(share, other(z, tau)) for _, z, tau, share in drawn)
    }
    hint = "Divide the logits by τ, then softmax, then draw."
    if fitting:
        hint = min(fitting, key=fitting.__getitem__)
    pairs = zip(drawn, right, strict=True)
    (where, *_, share), p = next(pair for pair in pairs if not near(pair[0][3], pair[1]))
    rows, wanted = (
        ", ".join(f"{i}: {part:.0%}" for i, part in enumerate(parts.tolist()))
        for parts in (share, p)
    )
    raise Problem(f"Drew {_DRAWS} times from {where}: expected {wanted}, found {rows}. {hint}")


__all__ = ["check_perplexity", "check_rnn_step", "check_sample", "check_stop", "check_switch"]
