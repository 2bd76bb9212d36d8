"""The engine of the checks: whatever a student writes, a helpful verdict comes out."""

import signal
import sys
import threading
import time
from contextlib import suppress

import numpy as np
import pytest
import torch
from torch import nn

from helpers.checks import engine
from helpers.checks.engine import (
    Case,
    Mistake,
    Problem,
    Verdict,
    examine,
    not_yet,
    right,
    settle,
)
from helpers.checks.limit import TimeLimit
from helpers.checks.values import describe, same


def double(x):
    return 2 * x


X = torch.tensor([[1.0, -2.0, 3.0], [0.5, 0.0, 4.0]])
CASES = [Case("a small matrix", (X,)), Case("float64", (X.double(),))]
MISTAKES = [Mistake("You squared. Doubling is adding x to itself.", lambda x: x * x)]


def check(student, reference=double, cases=CASES, mistakes=MISTAKES):
    return examine(student, reference, cases, mistakes, "It matters.")


def test_a_right_answer_is_praised():
    assert check(lambda x: x + x) == right("It matters.")


def stub(x):
    raise NotImplementedError


@pytest.mark.parametrize("student", [stub, lambda x: ..., ..., None])
def test_an_untouched_stub_is_not_started(student):
    assert check(student).status == "not started"


def test_a_typical_mistake_gets_its_hint_and_the_values():
    verdict = check(lambda x: x**2)
    assert verdict.status == "not yet"
    assert "Tried with a small matrix" in verdict.message
    assert "expected a tensor of shape (2, 3) (float32)" in verdict.message
    assert "found a tensor" in verdict.message
    assert "You squared." in verdict.message


def test_a_mistake_that_cannot_run_on_a_case_is_passed_over():
    broken = Mistake("never shown", lambda x: x @ x)
    verdict = check(lambda x: x**2, mistakes=[broken, *MISTAKES])
    assert "You squared." in verdict.message
    assert "never shown" not in verdict.message


def changes(x):
    x *= 2
    return x


def raises(x):
    return x.reshape(7, 7)


@pytest.mark.parametrize(
    ("student", "phrase"),
    [
        (lambda x: None, "returned None"),
        (lambda x: print(end=""), "returned None"),
        (lambda x: (2 * x).numpy(), "Stay in PyTorch"),
        (lambda x: (2 * x).tolist(), "expected a tensor of shape (2, 3)"),
        (lambda x: 2 * x.T, "Look at the shapes"),
        (lambda x: 2 * x + 0.5, "The largest difference is 0.5"),
        (lambda x: 2 * x / 0 * 0, "NaN"),
        (lambda x: (2 * x).long(), "int64"),
        (lambda x: torch.zeros(3, 3), "found a tensor of shape (3, 3)"),
        (changes, "changed one of its arguments"),
        (raises, "RuntimeError"),
        (raises, "return x.reshape(7, 7)"),
        (lambda: 1, "TypeError"),
        (lambda x: undefined, "name 'undefined' is not defined"),  # noqa: F821
        (lambda x: exit(), "SystemExit"),
        (7, "Expected a function, found 7"),
        ("double", "Expected a function, found 'double'"),
        (X, "Expected a function, found a tensor"),
    ],
)
def test_a_wrong_answer_is_explained(student, phrase):
    verdict = check(student)
    assert verdict.status == "not yet"
    assert phrase in verdict.message


def test_the_students_own_line_is_quoted_although_the_error_is_deeper():
    verdict = check(lambda x: torch.nn.functional.cross_entropy(x, x[0]))
    assert "in your line" in verdict.message
    assert "cross_entropy(x, x[0])" in verdict.message


def test_a_line_of_a_module_is_quoted_too():
    class Wrong(nn.Module):
        def forward(self, x):
            return x.view(99)

    assert "return x.view(99)" in check(Wrong()).message


def test_an_error_of_torch_that_is_called_not_implemented_is_no_stub():
    def student(x):
        raise NotImplementedError('"softmax" not implemented for "Long"')

    verdict = check(student)
    assert verdict.status == "not yet"
    assert "softmax" in verdict.message


def test_a_later_case_counts_too():
    verdict = check(lambda x: (2 * x) if x.dtype == torch.float32 else x)
    assert "Tried with float64" in verdict.message


def test_the_reference_and_the_next_case_see_unchanged_arguments():
    before = X.clone()
    check(changes)
    assert torch.equal(X, before)


@pytest.mark.parametrize(
    "student", [lambda v: v.append(1) or 3, lambda v: v.clear() or 3, lambda v: v.reverse() or 3]
)
def test_a_changed_list_is_noticed(student):
    case = [Case("a list", ([1, 2, 3],))]
    verdict = examine(student, len, case, [], "")
    assert "changed one of its arguments" in verdict.message


def test_a_changed_dictionary_is_noticed():
    case = [Case("a dictionary", ({"a": 1},))]
    verdict = examine(lambda d: d.setdefault("b", 1), len, case, [], "")
    assert "changed one of its arguments" in verdict.message


def test_bool_masks_want_bool():
    verdict = check(lambda x: (x > 0).long(), reference=lambda x: x > 0)
    assert "gives bool" in verdict.message


def test_several_results():
    verdict = check(lambda x: x, reference=lambda x: (x, x))
    assert "Return 2 things" in verdict.message
    assert check(lambda x: [x, 2 * x], reference=lambda x: (x, 2 * x)).status == "right"
    assert check(lambda x: (x,), reference=lambda x: (x, x)).status == "not yet"


def test_a_number_in_a_tensor_where_a_number_is_wanted():
    assert ".item()" in check(lambda x: torch.tensor(3), reference=lambda x: 3).message
    assert check(lambda x: np.int64(3), reference=lambda x: 3).status == "right"
    assert check(lambda x: x.mean(), reference=lambda x: x.mean().item()).status == "right"
    assert check(lambda x: x, reference=lambda x: x.mean().item()).status == "not yet"


def test_gradients_do_not_disturb():
    assert check(lambda x: 2 * x.clone().requires_grad_()).status == "right"


# Time


# They end at last, so that without a limit a test fails instead of running forever.


def endless(x):
    for _ in range(10**9):
        pass


def asleep(x):
    time.sleep(60)


def swallows(x):
    try:
        endless(x)
    except BaseException:
        return 2 * x


def stubborn(x):
    for _ in range(1000):
        try:
            time.sleep(0.06)
        except:  # noqa: E722
            x = x + 1


@pytest.mark.parametrize("student", [endless, asleep, swallows, stubborn])
def test_an_endless_loop_is_stopped(student, monkeypatch):
    monkeypatch.setattr(engine, "SECONDS", 0.3)
    verdict = check(student)
    assert "still running" in verdict.message
    assert "loop whose end is never reached" in verdict.message


def test_nothing_is_left_that_could_interrupt_after_the_end():
    before = threading.enumerate()
    with TimeLimit(60):
        assert threading.enumerate() != before
    assert threading.enumerate() == before


@pytest.mark.nightly  # it tries many times around the limit's end, which is never the same twice
def test_a_limit_that_ends_with_its_block_leaves_nothing_behind():
    """The interrupt may come while the limit is set up or taken away, or not at all."""
    handler, tracer = signal.getsignal(signal.SIGINT), sys.gettrace()
    for n in range(200):
        end = time.perf_counter() + 0.003 + (n % 9 - 4) * 4e-4
        with suppress(TimeoutError), TimeLimit(0.003):
            while time.perf_counter() < end:
                time.sleep(1e-4)
        assert signal.getsignal(signal.SIGINT) is handler
        assert sys.gettrace() is tracer


def test_the_limit_holds_where_interrupts_are_ignored():
    """As in whatever a shell script starts with `&`."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with pytest.raises(TimeoutError), TimeLimit(0.05):
            endless(None)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_students_own_interrupt_passes_through():
    def pressed_stop(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(pressed_stop)


def test_no_limit_outside_the_main_thread():
    found = []

    def work():
        before = threading.enumerate()
        with TimeLimit(0.05):
            found.append(threading.enumerate() == before)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [True]  # nothing was started that could interrupt


# Verdicts


def test_a_verdict_escapes_what_the_student_wrote():
    page = not_yet("found <script>alert(1)</script> & more\nnext line")._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "&amp; more<br>next line" in page


def test_a_verdict_from_an_error_with_markup_is_escaped():
    def student(x):
        raise ValueError("<img src=x onerror=alert(1)>")

    page = check(student)._repr_html_()
    assert "<img" not in page
    assert "&lt;img" in page


@pytest.mark.parametrize(
    ("status", "kind", "mark"),
    [
        ("right", "alert-success", "✓"),
        ("not yet", "alert-warning", "✗"),
        ("not started", "alert-info", "○"),
    ],
)
def test_a_verdict_has_its_colour_and_a_mark_for_those_who_do_not_see_it(status, kind, mark):
    verdict = Verdict(status, "Use `x[:, None]`.")
    assert kind in verdict._repr_html_()
    assert mark in verdict._repr_html_()
    assert "<code>x[:, None]</code>" in verdict._repr_html_()
    assert repr(verdict) == f"{status}: Use `x[:, None]`."


def test_settle():
    def problem():
        raise Problem("look again")

    def not_started():
        raise engine.NotStarted

    def stumbles():
        raise ValueError("odd")

    assert settle(lambda: None, 1, "good") == right("good")
    assert settle(problem, 1, "good") == not_yet("look again")
    assert settle(not_started, 1, "good").status == "not started"
    assert settle(problem, ..., "good").status == "not started"
    assert "ValueError: odd" in settle(stumbles, 1, "good").message


# Values


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (torch.tensor([1.0, 0.123456]), "a tensor of shape (2,) (float32): [1.0, 0.1235]"),
        (torch.tensor([True]), "a tensor of shape (1,) (bool): [True]"),
        (torch.tensor(3), "a tensor of shape () (int64): 3"),
        (torch.zeros(7), "a tensor of shape (7,) (float32)"),
        (torch.zeros(1, dtype=torch.bfloat16), "a tensor of shape (1,) (bfloat16): [0.0]"),
        (np.zeros((2, 3)), "a NumPy array of shape (2, 3)"),
        (1.0, "1 (a float)"),
        (1, "1"),
        ("x" * 200, "'" + "x" * 76 + "..."),
    ],
)
def test_describe(value, text):
    assert describe(value) == text


@pytest.mark.parametrize(
    ("found", "expected", "verdict"),
    [
        (1.0 + 1e-7, 1.0, True),
        (float("inf"), float("inf"), True),
        (float("nan"), float("nan"), True),
        (float("nan"), 1.0, False),
        (np.float32(0.5), 0.5, True),
        (torch.tensor([0.5]), 0.5, True),
        (torch.tensor([0.5, 0.5]), 0.5, False),
        ("a", "a", True),
        ("a", 1.0, False),
        (1.0, 1, True),
        (1.5, 1, False),
        (2, 1, False),
        ({"a"}, {"a"}, True),
        ({"a": 1}, {"a": 2}, False),
        ([1, 2.0], (1, 2.0), True),
        (torch.tensor([float("nan")]), torch.tensor([float("nan")]), True),
        (torch.tensor([1]), torch.tensor([1.0]), False),
        (torch.zeros(2, 1), torch.zeros(2), False),
    ],
)
def test_same(found, expected, verdict):
    assert same(found, expected) is verdict
