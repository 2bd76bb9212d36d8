"""How every exercise is checked: run the student's answer on awkward cases, say what is wrong.

A check is three things: a reference, cases to run both on, and the typical mistakes. A mistake is a
wrong solution written out; when the student's result equals *its* result, we know what happened and
can say so. What a check returns is a `Verdict`, shown as a coloured box: nothing here ever raises
because of what a student wrote.
"""

import copy
import html
import re
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from helpers.checks.limit import TimeLimit
from helpers.checks.values import describe, same

SECONDS = 5.0  # an exercise that runs longer is taken to loop forever


@dataclass(frozen=True)
class Verdict:
    """What a check says. status: 'not started', 'not yet' or 'right'."""

    status: str
    message: str

    def __repr__(self) -> str:
        return f"{self.status}: {self.message}"

    def _repr_html_(self) -> str:
        kind = {"right": "success", "not yet": "warning", "not started": "info"}[self.status]
        mark = {"right": "✓ Right.", "not yet": "✗ Not yet.", "not started": "○ Not started."}
        text = html.escape(self.message).replace("\n", "<br>")
        text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
        return f'<div class="alert alert-{kind}"><b>{mark[self.status]}</b> {text}</div>'


def right(message: str) -> Verdict:
    """The answer is right; message says in one sentence why it matters."""
    return Verdict("right", message)


def not_yet(message: str) -> Verdict:
    """The answer is wrong; message says what was expected, what was found, and a hint."""
    return Verdict("not yet", message)


NOT_STARTED = Verdict(
    "not started", "Replace the stub in the cell above, run that cell, then run this one."
)


class Case(NamedTuple):
    """Arguments to try, and what is special about them, to name in the message."""

    label: str
    args: tuple


class Mistake(NamedTuple):
    """A wrong solution, written out, and the hint for whoever wrote the same."""

    hint: str
    wrong: Callable[..., Any]


class Problem(Exception):
    """Ends a check early; its text is the message for the student."""


def letter_of(answer: Any, name: str) -> str:
    """An answer to a question with four choices: 'a', 'b', 'c' or 'd', in whatever case.

    Raises Problem where it is something else, or `...`; `name` is the variable that holds it.
    """
    if answer is Ellipsis or answer is None:
        raise Problem(f"Now choose the `{name}`: 'a', 'b', 'c' or 'd'.")
    letter = str(answer).strip().lower()
    if letter not in ("a", "b", "c", "d"):
        raise Problem(f"The {name} is one letter from 'a' to 'd', found {describe(answer)}.")
    return letter


def call(student: Callable[..., Any], case: Case) -> Any:
    """Run the student's function on copies of a case's arguments; explain whatever goes wrong."""
    args = copy.deepcopy(case.args)
    where = f"Tried with {case.label}: "
    try:
        with TimeLimit(SECONDS):
            found = student(*args)
    except TimeoutError:
        raise Problem(
            f"{where}your code was still running after {SECONDS:.0f} seconds and was stopped. "
            "Is there a loop whose end is never reached?"
        ) from None
    except (Exception, SystemExit) as error:
        if isinstance(error, NotImplementedError) and not error.args:
            raise  # the stub; torch raises one too, but with a text
        raise Problem(f"{where}{_explain(error, student)}") from None
    if found is None:
        raise Problem(f"{where}your function returned None. Does it end with `return ...`?")
    if found is Ellipsis:
        raise NotImplementedError
    if any(isinstance(old, Tensor | list | dict) and not same(new, old)
           for new, old in zip(args, case.args, strict=True)):  # fmt: skip
        raise Problem(
            f"{where}your function changed one of its arguments. Work on a new object: "
            "`x = x + 1` makes one, `x += 1`, `x[...] = 1` and `x.append(1)` change the caller's."
        )
    return found


def _explain(error: BaseException, student: Callable[..., Any]) -> str:
    """An exception in one sentence, with the student's own line."""
    code = getattr(
        student, "__code__", getattr(getattr(student, "forward", None), "__code__", None)
    )
    filename = getattr(code, "co_filename", None)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == filename]
    text = f"your code raised {type(error).__name__}: {error}"
    if frames:
        text += f"\nin your line {frames[-1].lineno}: {(frames[-1].line or '').strip()}"
    return text


def examine(
    student: Callable[..., Any],
    reference: Callable[..., Any],
    cases: Sequence[Case],
    mistakes: Sequence[Mistake],
    praise: str,
) -> Verdict:
    """Compare a student's function with a reference on every case.

    cases: put the most telling first; mistakes are looked up on the first case that differs.
    praise: one sentence on why the right answer matters.
    """
    return settle(lambda: _compare(student, reference, cases, mistakes), student, praise)


def settle(check: Callable[[], None], student: Any, praise: str) -> Verdict:
    """Run a check that raises `Problem`, and turn what happens into a verdict."""
    if student is Ellipsis or student is None:
        return NOT_STARTED
    try:
        check()
    except NotImplementedError:
        return NOT_STARTED
    except Problem as problem:
        return not_yet(str(problem))
    except Exception as error:  # an answer so unexpected that the check itself stumbles
        return not_yet(f"This check cannot read your answer ({type(error).__name__}: {error}).")
    return right(praise)


def _compare(
    student: Callable[..., Any],
    reference: Callable[..., Any],
    cases: Sequence[Case],
    mistakes: Sequence[Mistake],
) -> None:
    if not callable(student):
        raise Problem(f"Expected a function, found {describe(student)}. Pass it without brackets.")
    for case in cases:
        found, expected = call(student, case), reference(*copy.deepcopy(case.args))
        if not same(found, expected):
            raise Problem(
                f"Tried with {case.label}: " + _difference(found, expected, case, mistakes)
            )
        if isinstance(expected, Tensor) and found.dtype != expected.dtype:
            hint = "Keep the input's type: `torch.zeros_like(x)` and `x.new_zeros(...)` do."
            if expected.dtype == torch.bool:
                hint = "The numbers are right, the type is not: `a < b` gives bool."
            raise Problem(
                f"Tried with {case.label}: "
                f"expected {describe(expected)}, found {describe(found)}. {hint}"
            )


def _difference(found: Any, expected: Any, case: Case, mistakes: Sequence[Mistake]) -> str:
    """What differs, with the hint of the mistake that gives the same result."""
    text = f"expected {describe(expected)}, found {describe(found)}."
    if isinstance(expected, Tensor) and describe(expected) == describe(found):
        text = f"the shape {tuple(expected.shape)} is right, the numbers are not."
    if isinstance(expected, tuple) and isinstance(found, tuple) and len(found) == len(expected):
        parts = enumerate(zip(expected, found, strict=True), start=1)
        place, (wanted, given) = next((k, pair) for k, pair in parts if not same(*pair[::-1]))
        text = f"part {place} of what you return is not right:"
        text += f" expected {describe(wanted)}, found {describe(given)}."
    for mistake in mistakes:
        try:
            if same(found, mistake.wrong(*copy.deepcopy(case.args))):
                return f"{text} {mistake.hint}"
        except Exception:  # this mistake cannot be made with these arguments
            continue
    if isinstance(expected, Tensor):
        if isinstance(found, np.ndarray):
            return f"{text} Stay in PyTorch: NumPy arrays carry no gradient."
        if isinstance(found, Tensor) and found.shape != expected.shape:
            return f"{text} Look at the shapes, line by line."
        if isinstance(found, Tensor) and found.is_floating_point() == expected.is_floating_point():
            if found.isnan().any():
                return f"{text} Your result holds NaN: is there a 0 / 0, or a log of 0?"
            gap = (found.detach().cpu().double() - expected.detach().double()).abs().max().item()
            return f"{text} The largest difference is {gap:.3g}."
    if isinstance(expected, tuple) and not isinstance(found, tuple | list):
        return f"{text} Return {len(expected)} things, separated by commas."
    if isinstance(expected, int) and isinstance(found, Tensor) and found.numel() == 1:
        return f"{text} Return a Python number: `.item()` takes it out of a tensor."
    return f"{text} Compare your steps with the exercise, one by one."
