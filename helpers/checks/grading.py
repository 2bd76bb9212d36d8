"""Checks that count: `require` for tests and CI, `seal` for a kernel in which a grade is found.

    from helpers import checks
    checks.require(checks.check_padding_mask(padding_mask))  # raises with the hint unless right

A student's notebook may import anything and overwrite anything.  So whoever grades it starts a
kernel, calls `seal` there, and runs the notebook after that: the cells then find `helpers.checks`
as a row of closed functions.  The checks' answers cannot be imported, a function of the course's
own is no answer, and what is overwritten is not what judges.  Each verdict that `require` lets
through is signed with a secret that was in the kernel only for as long as it took to read it; a
cell without a signed verdict has not been judged right.

This stops what a student tries in an evening.  It does not stop a function that calls one of
`helpers.taught`, or somebody who takes Python's insides apart; both have to be written into a cell,
where they can be read, and `autograde` names such cells.
"""

from __future__ import annotations

import hashlib
import hmac
import inspect
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from helpers.checks.engine import Verdict, not_yet

SIGNED = "application/vnd.course.verdict+json"  # the kind of output that carries a signature
COURSE = Path(__file__).resolve().parents[2]


class NotRight(AssertionError):
    """An exercise that is not solved, or not quite; the text is the check's hint."""

    def _render_traceback_(self) -> list[str]:
        """What IPython prints: the hint alone, since the traceback would show this file."""
        return [f"{type(self).__name__}: {self}"]


def require(*verdicts: Verdict) -> None:
    """Raise NotRight with the hint of the first check that does not say right."""
    for verdict in verdicts:
        if verdict.status != "right":
            raise NotRight(f"{verdict.status}: {verdict.message}")


def signature(secret: bytes, check: str) -> str:
    """What proves that a check of this name said right in the kernel that was given the secret."""
    return hmac.new(secret, check.encode(), hashlib.sha256).hexdigest()


def seal(secret_file: str) -> None:
    """Close `helpers.checks` for what runs in this kernel from now on, and forget the file."""
    from helpers import checks

    secret = Path(secret_file).read_bytes()
    Path(secret_file).unlink()
    sealed = ModuleType("helpers.checks", "The checks of all lessons' exercises, while grading.")
    sealed.__path__ = []  # a package, of which no module can be imported
    said: list[tuple[_Said, str, str]] = []  # each verdict with its check's name and its status
    names = [name for name in checks.__all__ if name.startswith("check_")]
    for name in names:
        setattr(sealed, name, _closed(name, getattr(checks, name), said))
    setattr(sealed, "require", partial(_require_signed, secret, said))  # noqa: B010
    setattr(sealed, "NotRight", NotRight)  # noqa: B010
    sealed.__all__ = ["NotRight", *names, "require"]  # type: ignore[attr-defined]
    for name in [name for name in sys.modules if name.startswith("helpers.checks")]:
        del sys.modules[name]
    sys.modules["helpers.checks"] = sealed
    setattr(sys.modules["helpers"], "checks", sealed)  # noqa: B010


class _Said:
    """A verdict for showing; the one that counts stays where the student's cells do not reach."""

    def __init__(self, verdict: Verdict) -> None:
        self.status, self.message = verdict.status, verdict.message
        self._text, self._box = repr(verdict), verdict._repr_html_()

    def __repr__(self) -> str:
        return self._text

    def _repr_html_(self) -> str:
        return self._box


def _closed(
    name: str, check: Callable[..., Verdict], said: list[tuple[_Said, str, str]]
) -> Callable[..., _Said]:
    def run(*answers: Any, **named: Any) -> _Said:
        if any(_is_the_courses(answer) for answer in (*answers, *named.values())):
            verdict = not_yet("This function comes out of the course's files. Write your own.")
        else:
            verdict = check(*answers, **named)
        shown = _Said(verdict)
        said.append((shown, name, verdict.status))
        return shown

    run.__name__ = run.__qualname__ = name
    return run


def _is_the_courses(answer: Any) -> bool:
    """Is it a function that the course itself wrote?"""
    code = getattr(inspect.unwrap(answer), "__code__", None) if callable(answer) else None
    return code is not None and COURSE / "helpers" in Path(code.co_filename).parents


def _require_signed(secret: bytes, said: list[tuple[_Said, str, str]], *shown: Any) -> None:
    """`require` in a sealed kernel: it shows each verdict, signed if it says right."""
    from IPython.display import display

    for one in shown:
        found = [(name, status) for known, name, status in said if known is one]
        name, status = found[0] if found else ("", "not a verdict of the course's own checks")
        signed = {SIGNED: signature(secret, name)} if status == "right" else {}
        if found:
            data = {"text/html": one._repr_html_(), "text/plain": repr(one), **signed}
            display(data, raw=True)
        if status != "right":
            raise NotRight(status)  # the hint stands in the box above
