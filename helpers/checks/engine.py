"""How every exercise is checked: run the student's answer on awkward cases, say what is wrong.

A check is three things: a reference, cases to run both on, and the typical mistakes. A mistake is a
wrong solution written out; when the student's result equals *its* result, we know what happened and
can say so. What a check returns is a `Verdict`, shown as a coloured box: nothing here ever raises
because of what a student wrote.
"""

import copy
import dis
import functools
import html
import inspect
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from types import CodeType
from typing import Any, NamedTuple, ParamSpec

import numpy as np
from torch import Tensor

from helpers.checks.limit import TimeLimit
from helpers.checks.settings import put_back, usual_settings
from helpers.checks.values import (
    as_letter,
    as_number,
    as_whole,
    describe,
    difference,
    likeness,
    remark,
    same,
)

SECONDS = 5.0  # a call that runs longer is taken to loop forever
CALLS = 2  # all calls of a check together may take so many times as long as one
P = ParamSpec("P")


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


class NotStarted(Exception):
    """The stub was called, or something in the answer is still `...`."""


@dataclass
class _Check:
    """A check that is running: how long each call took, and what to say below its verdict."""

    times: list[float] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @contextmanager
    def timed(self) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.times.append(time.perf_counter() - start)

    def note(self, text: str) -> None:
        if text and text not in self.notes:
            self.notes.append(text)


_RUNNING: ContextVar[_Check | None] = ContextVar("running check", default=None)


def _within_check(make: Callable[[], Verdict]) -> Verdict:
    """Make a verdict under the usual settings; whatever goes wrong in there becomes one, too.

    A check inside another one is a part of it: one budget of time, and notes at the end.
    """
    if _RUNNING.get() is not None:
        return make()
    check = _Check()
    token = _RUNNING.set(check)
    try:
        with usual_settings(check.notes):
            verdict = _settled(make)
    finally:
        _RUNNING.reset(token)
    if check.changed:
        what = ", ".join(dict.fromkeys(check.changed))
        check.note(
            f"Your code changed {what} for the whole notebook. The check has put it back: other "
            "cells would have felt it."
        )
    if verdict.status == "not started":
        return verdict
    notes = [f"Note: {note}" for note in check.notes]
    return replace(verdict, message="\n".join([verdict.message, *notes]))


def _settled(make: Callable[[], Verdict]) -> Verdict:
    try:
        return make()
    except NotStarted:
        return NOT_STARTED
    except Problem as problem:
        return not_yet(str(problem))
    except KeyboardInterrupt:  # the student pressed Stop
        raise
    except BaseException as error:  # an answer so unexpected that the check itself stumbles
        return not_yet(f"This check cannot read your answer ({_error_text(error)}).")


def checked(check: Callable[P, Verdict]) -> Callable[P, Verdict]:
    """Make a function a check: it runs under the usual settings and never raises."""

    @functools.wraps(check)
    def run(*args: P.args, **kwargs: P.kwargs) -> Verdict:
        return _within_check(lambda: check(*args, **kwargs))

    return run


def letter_of(answer: Any, name: str) -> str:
    """An answer to a question with four choices: 'a', 'b', 'c' or 'd', in whatever case.

    Raises Problem where it is something else, or `...`; `name` is the variable that holds it.
    """
    if answer is Ellipsis or answer is None:
        raise Problem(f"Now choose the `{name}`: 'a', 'b', 'c' or 'd'.")
    letter = as_letter(answer)
    if letter not in ("a", "b", "c", "d"):
        raise Problem(f"The {name} is one letter from 'a' to 'd', found {describe(answer)}.")
    return letter


def number_of(answer: Any, message: str) -> float:
    """An answer that is one number, in whatever form; else Problem with `message`, and it."""
    number = as_number(answer)
    if number is None:
        raise Problem(f"{message}, found {describe(answer)}.")
    return number


def whole_of(answer: Any, message: str) -> int:
    """An answer that is one whole number, in whatever form; else Problem with `message`."""
    number = as_whole(answer)
    if number is None:
        raise Problem(f"{message}, found {describe(answer)}.")
    return number


def call(student: Callable[..., Any], case: Case, share: float = 1.0) -> Any:
    """Run the student's function on copies of a case's arguments; explain whatever goes wrong.

    share: the part of the usual time that this call may take.
    """
    args = copy.deepcopy(case.args)
    where = f"Tried with {case.label}: "
    check = _RUNNING.get() or _Check()
    seconds = max(0.01, min(share * SECONDS, CALLS * SECONDS - sum(check.times)))
    try:
        with put_back(check.changed), _no_exit(), check.timed(), TimeLimit(seconds):
            found = student(*args)
    except TimeoutError:
        raise Problem(where + _late(check, seconds)) from None
    except KeyboardInterrupt:  # the student pressed Stop
        raise
    except BaseException as error:
        if _is_stub(error, student):
            raise NotStarted from None
        raise Problem(f"{where}{_explain(error, student)}") from None
    if found is None:
        raise Problem(f"{where}your function returned None. Does it end with `return ...`?")
    if found is Ellipsis:
        raise NotStarted
    if unfinished := _unfinished(found):
        raise Problem(where + unfinished)
    if any(isinstance(old, Tensor | list | dict) and not same(new, old)
           for new, old in zip(args, case.args, strict=True)):  # fmt: skip
        raise Problem(
            f"{where}your function changed one of its arguments. Work on a new object: "
            "`x = x + 1` makes one, `x += 1`, `x[...] = 1` and `x.append(1)` change the caller's."
        )
    return found


def _late(check: _Check, limit: float) -> str:
    """What to say of a call that was stopped: endless, or the last of many slow ones."""
    *before, last = check.times
    if before and max(before) > last / 4:  # it would not be only the last call that is endless
        return (
            f"your code is too slow. {len(before)} earlier calls took {sum(before):.1f} seconds, "
            f"and this one was stopped after {last:.1f}. What it returned so far was right. Is "
            "there a `sleep`, or a loop that one operation on a whole tensor can replace?"
        )
    return (
        f"your code was still running after {limit:.0f} seconds and was stopped. "
        "Is there a loop whose end is never reached?"
    )


def _unfinished(found: Any) -> str:
    """What to say of a result that would have to be called, awaited or counted off first."""
    if inspect.iscoroutine(found):
        found.close()
        return "your function returned a coroutine. Write `def` instead of `async def`."
    if inspect.isgenerator(found):
        return (
            "your function returned a generator, which has not computed anything yet. Use `return` "
            "where it says `yield`; around `(... for ...)` put `[...]` instead of the brackets."
        )
    if isinstance(found, Iterator):
        return (
            f"your function returned an iterator ({type(found).__name__}), which has not computed "
            "anything yet. `list(...)` around it does."
        )
    if inspect.isroutine(found) or inspect.isclass(found):
        name = getattr(found, "__name__", "it")
        return (
            f"your function returned a function or class, `{name}`, not a result. Is a pair of "
            "brackets missing, as in `x.sum()`?"
        )
    return ""


@contextmanager
def _no_exit() -> Iterator[None]:
    """Inside, IPython's `exit()` and `quit()` raise SystemExit instead of ending the kernel."""
    interactive = sys.modules.get("IPython.core.getipython")
    shell = interactive.get_ipython() if interactive else None
    if shell is None:
        yield
        return

    def stay() -> None:
        raise SystemExit

    shell.ask_exit = stay
    try:
        yield
    finally:
        del shell.ask_exit


def _code_of(student: Any) -> CodeType | None:
    """The compiled body of a function or of a module's `forward`, below all decorators."""
    while isinstance(student, functools.partial):
        student = student.func
    student = inspect.unwrap(getattr(student, "forward", student))
    return getattr(student, "__code__", None)


def _is_stub(error: BaseException, student: Any) -> bool:
    """Is this the `raise NotImplementedError` that a lesson puts where the answer belongs?

    It has no text, and the student's function raises it itself, not one that it calls.
    """
    if type(error) is not NotImplementedError or error.args:
        return False
    *_, (last, _) = traceback.walk_tb(error.__traceback__)
    return _code_of(student) in (None, last.f_code)


def _error_text(error: BaseException) -> str:
    """The kind of an exception and its text, which the student's own code may have written."""
    name = type(error).__name__
    try:
        with TimeLimit(1.0):
            text = str(error)
    except KeyboardInterrupt:
        raise
    except BaseException:
        text = ""
    text = text if len(text) <= 600 else f"{text[:300]} … {text[-300:]}"
    return f"{name}: {text}" if text else name


def _explain(error: BaseException, student: Callable[..., Any]) -> str:
    """An exception in one sentence, with the student's own line."""
    filename = getattr(_code_of(student), "co_filename", None)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == filename]
    text = f"your code raised {_error_text(error)}"
    if isinstance(error, NotImplementedError) and not error.args:
        text += "\nDoes it call a function whose exercise is not solved yet?"
    if frames:
        text += f"\nin your line {frames[-1].lineno}: {(frames[-1].line or '').strip()}"
    return text


def _from_the_notebook(student: Any) -> str:
    """A hint where the function reads values of the notebook that are not its arguments."""
    code, names = _code_of(student), getattr(inspect.unwrap(student), "__globals__", {})
    if code is None:
        return ""
    read = {str(step.argval) for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"}
    values = [
        name
        for name in sorted(read & {*names})
        if isinstance(names[name], Tensor | np.ndarray | list | dict)
        and not (name.isupper() and len(name) > 1)
    ]
    if not values:
        return ""
    own = ", ".join(code.co_varnames[: code.co_argcount])
    return (
        f" Your function reads `{values[0]}`, a variable of the notebook. Its arguments are {own}: "
        "is one of them meant?"
    )


def examine(
    student: Callable[..., Any],
    reference: Callable[..., Any],
    cases: Sequence[Case],
    mistakes: Sequence[Mistake],
    praise: str,
) -> Verdict:
    """Compare a student's function with a reference on every case.

    cases: put the most telling first; the first that differs is shown.
    mistakes: one is named only if it explains every case that differs.
    praise: one sentence on why the right answer matters.
    """
    return settle(lambda: _compare(student, reference, cases, mistakes), student, praise)


def settle(check: Callable[[], None], student: Any, praise: str) -> Verdict:
    """Run a check that raises `Problem`, and turn what happens into a verdict."""

    def make() -> Verdict:
        if student is Ellipsis or student is None:
            return NOT_STARTED
        check()
        return right(praise)

    return _within_check(lambda: _settled(make))


class _Result(NamedTuple):
    """What the student's function gave for a case; `problem` where that is no result at all."""

    case: Case
    expected: Any
    found: Any
    problem: Problem | None = None


def _compare(
    student: Callable[..., Any],
    reference: Callable[..., Any],
    cases: Sequence[Case],
    mistakes: Sequence[Mistake],
) -> None:
    if not callable(student):
        raise Problem(f"Expected a function, found {describe(student)}. Pass it without brackets.")
    # All before the student's code runs: what that may break does not break the reference.
    wanted = [reference(*copy.deepcopy(case.args)) for case in cases]
    differing: list[_Result] = []
    remarks: list[str] = []
    for case, expected in zip(cases, wanted, strict=True):
        try:
            found = call(student, case, 0.2 if differing else 1.0)
        except (Problem, NotStarted) as problem:
            if not differing:
                if isinstance(problem, Problem) and "raised" in str(problem):
                    raise Problem(f"{problem}{_from_the_notebook(student)}") from None
                raise
            differing.append(_Result(case, expected, None, Problem(problem)))
            continue
        if not same(found, expected):
            differing.append(_Result(case, expected, found))
        else:
            remarks.append(remark(found, expected))
    if differing:
        first = differing[0]
        hint = _hint(differing, mistakes) or (
            _likeness(differing)
            + _other_form(first.found, first.expected)
            + _from_the_notebook(student)
        )
        text = _difference(first.found, first.expected)
        raise Problem(f"Tried with {first.case.label}: {text} {hint.strip()}".strip())
    if check := _RUNNING.get():
        check.note(next(filter(None, remarks), ""))


def _hint(results: Sequence[_Result], mistakes: Sequence[Mistake]) -> str:
    """The hint of the mistake that gives the student's results in all cases that differ."""
    for mistake in mistakes:
        explained = [_explains(mistake, result) for result in results]
        if any(explained) and False not in explained:
            return mistake.hint
    return ""


def _explains(mistake: Mistake, result: _Result) -> bool | None:
    """Does a mistake give the student's result? None where it cannot be made."""
    try:
        wrong = mistake.wrong(*copy.deepcopy(result.case.args))
    except Exception:  # it cannot be made with these arguments
        return None
    return None if result.problem else same(result.found, wrong)


def _likeness(results: Sequence[_Result]) -> str:
    """What all results that differ have in common with the right ones."""
    pairs = [(result.found, result.expected) for result in results if result.problem is None]
    if not _has_parts(pairs[0][1]):
        return likeness(pairs)
    for place in range(len(pairs[0][1])):
        parts = [
            (found[place], expected[place])
            for found, expected in pairs
            if isinstance(found, tuple | list)
            and place < len(found) == len(expected)
            and not same(found[place], expected[place])
        ]
        if parts:
            return likeness(parts)
    return ""


def _has_parts(expected: Any) -> bool:
    """Is it several things, of which each is worth a sentence of its own?"""
    rows = isinstance(expected, list) and any(isinstance(part, Tensor) for part in expected)
    return isinstance(expected, tuple) or rows


def _difference(found: Any, expected: Any) -> str:
    """What was expected, what was found, and where they differ most."""
    if _has_parts(expected) and isinstance(found, tuple | list) and len(found) == len(expected):
        parts = enumerate(zip(expected, found, strict=True), start=1)
        place, (wanted, given) = next((k, pair) for k, pair in parts if not same(*pair[::-1]))
        return f"part {place} of what you return is not right: {_difference(given, wanted)}"
    text = f"expected {describe(expected)}, found {describe(found)}."
    if isinstance(expected, Tensor) and describe(expected) == describe(found):
        text = f"the shape {tuple(expected.shape)} is right, the numbers are not."
    return f"{text} {difference(found, expected)}".strip()


def _other_form(found: Any, expected: Any) -> str:
    """What to say of a result of another kind, shape or length than the right one."""
    if _has_parts(expected):
        if not isinstance(found, tuple | list):
            kind = "things, separated by commas" if isinstance(expected, tuple) else "in a list"
            return f" Return {len(expected)} {kind}."
        if len(found) == len(expected):
            pair = next(p for p in zip(found, expected, strict=True) if not same(*p))
            return _other_form(*pair)
    if isinstance(expected, Tensor):
        if isinstance(found, np.ndarray):
            return " Stay in PyTorch: NumPy arrays carry no gradient."
        if isinstance(found, Tensor):
            if found.is_sparse:
                return " Your tensor is sparse: `.to_dense()` makes it an ordinary one."
            if found.shape != expected.shape:
                return " Look at the shapes, line by line."
            if same(found.to(expected.dtype), expected):
                if expected.dtype.is_floating_point:
                    return " The numbers are right, the type is not: keep the input's."
                return " The numbers are right, the type is not: `a < b` gives bool."
    if isinstance(expected, int) and isinstance(found, Tensor) and found.numel() == 1:
        return " Return a Python number: `.item()` takes it out of a tensor."
    return "" if difference(found, expected) else " Compare your steps with the exercise."
