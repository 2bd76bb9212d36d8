"""What holds for every exercise that asks for a function."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from helpers.checks import engine
from helpers.checks.engine import Verdict
from tools.exercises import EXERCISES, assert_rejected, exercise

every_exercise = pytest.mark.parametrize(
    ("number", "name", "check"), EXERCISES, ids=[name for _, name, _ in EXERCISES]
)
Check = Callable[[Any], Verdict]


@every_exercise
def test_the_solution_is_right_and_the_stub_not_started(
    number: str, name: str, check: Check
) -> None:
    assert check(exercise(number, name, solved=True)).status == "right"
    unsolved = check(exercise(number, name, solved=False))
    if name == "sampled_variance":  # the second part of an exercise
        assert_rejected(unsolved, "Now write `sampled_variance`")
        return
    assert unsolved.status == "not started"
    assert check(...).status == "not started"


@every_exercise
def test_an_endless_loop_is_stopped(
    number: str, name: str, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "SECONDS", 0.3)

    def endless(*_: Any) -> None:
        while True:
            pass

    assert_rejected(check(endless), "still running")


@every_exercise
def test_what_is_no_function_is_answered(number: str, name: str, check: Check) -> None:
    assert_rejected(check(np.ones(3)), "Expected a function")
