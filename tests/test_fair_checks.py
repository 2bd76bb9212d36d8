"""The checks judge fairly: one way to read an answer, and nothing a student does breaks them."""

import os
import random
import subprocess
import sys
import time

import nbclient
import nbformat
import numpy as np
import pytest
import torch

from helpers import checks
from helpers.checks import engine
from helpers.checks.engine import Case, Mistake, checked, examine, right, settle
from helpers.checks.values import as_letter, as_number, as_whole, describe, likeness, same
from tools import ROOT
from tools.exercises import exercise


def double(x):
    return 2 * x


X = torch.tensor([[1.0, -2.0, 3.0], [0.5, 0.0, 4.0]])
CASES = [
    Case("a small matrix", (X,)),
    Case("float64", (X.double(),)),
    Case("a square", (X[:, :2] + 1,)),
]


def check(student, reference=double, cases=CASES, mistakes=()):
    return examine(student, reference, cases, mistakes, "It matters.")


# One way to read an answer


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (np.float64(0.5), 0.5),
        (torch.tensor(0.5), 0.5),
        (0.5, torch.tensor(0.5)),
        (np.float32(0.5), torch.tensor(0.5, dtype=torch.float64)),
        (np.int64(3), 3),
        (3.0, 3),
        (torch.tensor(3), 3),
        (np.array(3), 3),
        (np.bool_(True), True),
        (torch.tensor(True), True),
        (np.str_("a"), "a"),
        ([np.int64(1), torch.tensor(2)], [1, 2]),
        (torch.tensor([0.5, 1.0], dtype=torch.float64), torch.tensor([0.5, 1.0])),
    ],
)
def test_what_holds_a_value_does_not_count(found, expected):
    assert same(found, expected)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (True, 1),
        (1, True),
        (2.5, 2),
        (float("inf"), 2),
        ("1", 1),
        (torch.tensor([3, 3]), 3),
        (torch.tensor([1.0]), torch.tensor([True])),
        (torch.tensor([1]), torch.tensor([True])),
        (np.array([0.5]), torch.tensor([0.5])),
    ],
)
def test_what_kind_it_is_does_count(found, expected):
    assert not same(found, expected)


@pytest.mark.parametrize("answer", ["b", "B", " b ", "b)", "(b)", "b.", '"B"', np.str_("b")])
def test_a_letter_in_any_form(answer):
    assert as_letter(answer) == "b"
    quiz = [*"bcad", answer.replace("b", "d").replace("B", "D"), *"cca"]
    assert checks.check_quiz(*quiz).status == "right"
    assert checks.check_length_curve(2, 256, answer.replace("b", "c").replace("B", "C")).status == (
        "right"
    )
    assert checks.check_fixed_size({"C", "d)", " e "}, answer).status == "right"


@pytest.mark.parametrize("number", [12, 12.0, np.int64(12), np.float32(12), torch.tensor(12.0)])
def test_a_number_in_any_form(number):
    assert as_number(number) == 12
    assert as_whole(number) == 12
    assert checks.check_dot_variance(number * 48, exercise("09", "sampled_variance", True)).status
    scaled = [number * 0 + n for n in (20, 1, 6, 1, 30, 400)]
    assert checks.check_steps(*scaled).status == "right"
    assert checks.check_length_curve(number / 6, number + 244, "c").status == "right"
    assert checks.check_surviving_radius(number / 8).status == "right"
    strip = (np.argmax([0, 0, 0, 1]) + 1, number / 30, number - 2)
    assert checks.check_gate_strip(strip).status == "right"
    assert checks.check_gate_strip(np.array([4, 0.4, 10])).status == "right"


@pytest.mark.parametrize("answer", ["12", True, float("nan"), None, [12], torch.ones(2)])
def test_no_number(answer):
    assert as_number(answer) is None
    assert as_whole(answer) is None


def test_a_truth_value_in_any_form():
    def in_numpy(layer, x, order):
        a, b = layer(x[:, order]).numpy(), layer(x)[:, order].numpy()
        return np.abs(a - b).max() < 1e-4

    def in_torch(layer, x, order):
        return ((layer(x[:, order]) - layer(x)[:, order]).abs() < 1e-4).all()

    assert checks.check_equivariance(in_numpy).status == "right"
    assert checks.check_equivariance(in_torch).status == "right"


@pytest.mark.parametrize(
    ("name", "number", "change"),
    [
        ("rnn_step", "02", lambda found: found.float()),
        ("last_valid_state", "03", lambda found: found.float()),
        ("context_of", "06", lambda found: found.float()),
        ("masked_softmax", "06", lambda found: found.float()),
        ("one_term", "04", lambda found: found.float()),
        ("gradient_product", "05", lambda found: found.float()),
        ("attention", "07", lambda found: tuple(part.float() for part in found)),
    ],
)
def test_right_numbers_in_another_type_are_right_with_a_note(name, number, change):
    solution = exercise(number, name, solved=True)
    by_name = {"context_of": "context"}
    verdict = getattr(checks, f"check_{by_name.get(name, name)}")(lambda *a: change(solution(*a)))
    assert verdict.status == "right", verdict
    assert "Keep the input's type" in verdict.message


def test_a_loop_that_fills_zeros_is_right():
    def loop(h, mask):
        c = torch.zeros(len(h), h.shape[2])
        for b in range(len(h)):
            c[b] = h[b, mask[b].sum() - 1]
        return c

    assert checks.check_last_valid_state(loop).status == "right"


def test_ids_in_tensors_are_right_with_a_note():
    greedy = exercise("03", "greedy", solved=True)
    verdict = checks.check_greedy(lambda *a: [torch.tensor(i) for i in greedy(*a)])
    assert verdict.status == "right"
    assert "`.item()` takes it out" in verdict.message
    verdict = checks.check_dot_variance(576, lambda q, k: (q * k).sum(-1).var().item())
    assert verdict.status == "right"
    assert "leave out `.item()`" in verdict.message


# What a check survives and undoes


CHANGES = [
    (lambda: torch.set_default_dtype(torch.float64), "default type"),
    (lambda: torch.set_default_device("meta"), "default device"),
    (lambda: torch.set_grad_enabled(False), "gradients"),
    (lambda: torch.use_deterministic_algorithms(True), "deterministic"),
    (lambda: os.chdir("/"), "working directory"),
    (lambda: torch.set_printoptions(precision=1), "tensors are printed"),
    (lambda: np.set_printoptions(precision=1), "arrays are printed"),
    (lambda: setattr(torch, "tanh", torch.sigmoid), "`torch.tanh`"),
    (lambda: setattr(torch.Tensor, "tanh", torch.sigmoid), "`torch.Tensor.tanh`"),
    (lambda: setattr(torch.nn.functional, "softmax", torch.sigmoid), "functional.softmax`"),
]


def state():
    return (
        torch.get_default_dtype(),
        torch.get_default_device(),
        torch.is_grad_enabled(),
        torch.are_deterministic_algorithms_enabled(),
        os.getcwd(),
        repr(torch.tensor([1 / 3])),
        repr(np.array([1 / 3])),
        torch.tanh(torch.ones(1)),
        torch.ones(1).tanh(),
    )


@pytest.mark.parametrize(("change", "phrase"), CHANGES)
def test_what_the_code_changes_is_put_back_and_said(change, phrase):
    torch.use_deterministic_algorithms(False)  # its first call loads modules for some seconds

    def student(x):
        found = 2 * x
        change()
        return found

    before = state()
    verdict = check(student)
    assert state() == before
    assert verdict.status == "right"
    assert phrase in verdict.message
    assert "has put it back" in verdict.message


def test_random_numbers_go_on_as_if_nothing_had_run():
    def student(x):
        torch.manual_seed(1)
        np.random.seed(1)
        random.seed(1)
        return 2 * x

    def draw():
        return torch.rand(1).item(), np.random.rand(), random.random()

    def seed():
        torch.manual_seed(7)
        np.random.seed(7)
        random.seed(7)

    seed()
    expected = draw()
    seed()
    assert check(student) == right("It matters.")
    assert draw() == expected


def test_the_reference_does_not_see_what_the_code_breaks():
    def student(x, h, U, W, b):
        torch.tanh = torch.sigmoid
        return torch.tanh(x @ U.T + h @ W.T + b)

    assert "This squashes with sigmoid" in checks.check_rnn_step(student).message


def test_a_function_overwritten_in_another_cell_is_put_back(monkeypatch):
    monkeypatch.setattr(torch, "tanh", torch.sigmoid)
    verdict = checks.check_rnn_step(exercise("02", "rnn_step", solved=True))
    assert verdict.status == "right"
    assert "`torch.tanh` was overwritten" in verdict.message


def test_gradients_that_are_switched_off_are_named_and_no_wrong_verdict():
    with torch.no_grad():
        verdict = checks.check_surviving_radius(1.5)
        assert verdict.status == "right"
        assert not torch.is_grad_enabled()
    assert "`torch.set_grad_enabled(True)` switches them on again" in verdict.message


def test_other_settings_of_the_notebook_are_named():
    torch.set_default_dtype(torch.float64)
    try:
        verdict = checks.check_gradient_product(exercise("05", "gradient_product", solved=True))
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    assert verdict.status == "right"
    assert "torch.set_default_dtype(torch.float32)" in verdict.message


class Odd(BaseException):
    pass


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError


def raises(error):
    def student(x):
        raise error

    return student


def recursion(x):
    return recursion(x)


async def coroutine(x):
    return 2 * x


def generator(x):
    yield 2 * x


class Loud:
    def __repr__(self):
        raise SystemExit


class Endless:
    def __repr__(self):
        while True:
            pass


@pytest.mark.parametrize(
    ("student", "phrase"),
    [
        (raises(Odd()), "Odd"),
        (raises(Unprintable()), "Unprintable"),
        (raises(GeneratorExit()), "GeneratorExit"),
        (raises(MemoryError()), "MemoryError"),
        (raises(SystemExit(3)), "SystemExit"),
        (raises(ValueError("x" * 10**6)), "ValueError"),
        (recursion, "RecursionError"),
        (coroutine, "instead of `async def`"),
        (generator, "`return` where it says `yield`"),
        (lambda x: (row for row in x), "a generator"),
        (lambda x: map(double, x), "an iterator (map)"),
        (lambda x: x.sum, "Is a pair of brackets missing"),
        (lambda x: torch.Tensor, "Is a pair of brackets missing"),
        (lambda x: Loud(), "an object of type Loud"),
        (lambda x: {"a": Endless()}, "an object of type dict"),
        (lambda x: (2 * x).to_sparse(), "sparse"),
    ],
)
def test_whatever_happens_becomes_a_verdict(student, phrase):
    verdict = check(student)
    assert verdict.status == "not yet"
    assert phrase in verdict.message
    assert len(verdict.message) < 1500


def test_describing_is_quick_and_never_raises():
    start = time.perf_counter()
    assert describe(list(range(10**6))).endswith("...")
    assert describe(Endless()) == "an object of type Endless"
    assert time.perf_counter() - start < 4


def test_all_calls_share_one_budget_and_a_slow_answer_is_called_slow(monkeypatch):
    monkeypatch.setattr(engine, "SECONDS", 0.4)

    def slow(x):
        time.sleep(0.1)
        return 2 * x

    cases = [Case(f"case {n}", (X + n,)) for n in range(100)]
    start = time.perf_counter()
    message = check(slow, cases=cases).message
    assert time.perf_counter() - start < 3
    assert "too slow" in message
    assert "never reached" not in message


def test_a_loop_that_is_endless_in_a_later_case_is_called_endless(monkeypatch):
    monkeypatch.setattr(engine, "SECONDS", 0.4)

    def student(x):
        while x.dtype == torch.float64:
            pass
        return 2 * x

    assert "loop whose end is never reached" in check(student).message


def test_exit_and_quit_do_not_end_the_kernel():
    """In a notebook they ask the kernel to stop after the cell, whatever catches SystemExit."""
    cell = (
        "from helpers import checks\n"
        "for leave in (exit, quit):\n"
        "    def student(T):\n"
        "        leave()\n"
        "    print(checks.check_causal_mask(student))"
    )
    cells = [nbformat.v4.new_code_cell(source) for source in (cell, "print(1 + 1)")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(notebook, timeout=60).execute()
    text, after = ("".join(o.text for o in cell.outputs) for cell in notebook.cells)
    assert text.count("your code raised SystemExit") == 2
    assert after == "2\n"


# The stub


def unsolved(x):
    raise NotImplementedError


def test_only_the_stub_itself_is_not_started():
    assert check(unsolved).status == "not started"
    assert check(torch.no_grad()(unsolved)).status == "not started"
    verdict = check(lambda x: unsolved(x))
    assert verdict.status == "not yet"
    assert "not solved yet" in verdict.message
    assert check(raises(NotImplementedError("later"))).status == "not yet"
    assert check(lambda x: x.to_sparse() @ x.to_sparse().mT.to_sparse_csc()).status == "not yet"

    def stumbles():
        raise NotImplementedError

    assert settle(stumbles, 1, "").status == "not yet"


def test_a_check_never_raises():
    @checked
    def broken():
        raise Odd

    assert broken().status == "not yet"


# Hints


def test_a_mistake_is_named_only_if_it_explains_every_case():
    square = Mistake("You squared.", lambda x: x * x)
    cases = [Case("twos", (torch.full((2, 2), -2.0),)), *CASES]
    assert "You squared." in check(lambda x: x * x, cases=cases, mistakes=[square]).message
    by_chance = check(lambda x: -2 * x, cases=cases, mistakes=[square]).message
    assert "You squared." not in by_chance
    assert "wrong sign" in by_chance


def test_a_mistake_that_cannot_be_made_in_one_case_still_explains_the_others():
    def wrong(x):
        return x @ x

    cases = [CASES[2], CASES[0]]
    verdict = check(wrong, cases=cases, mistakes=[Mistake("A matrix product.", wrong)])
    assert "A matrix product." in verdict.message


@pytest.mark.parametrize(
    ("student", "phrase"),
    [
        (lambda x: -2 * x, "wrong sign"),
        (lambda x: 3 * x, "1.5 times what it should be"),
        (lambda x: 2 * x * x.shape[1], "2 to 3 times"),
        (lambda x: (2 * x).mT, "transposed"),
        (lambda x: (2 * x)[:, None], "a dimension too many"),
        (lambda x: (2 * x).flatten(), "a dimension is lost"),
        (lambda x: (2 * x).flip(0), "in another order"),
        (lambda x: (2 * x)[0], "first row only"),
        (lambda x: torch.cat([2 * x[:1], x[1:]]), "Only the first row is right"),
        (lambda x: 2 * x + (x == 0.5), "at [1, 0]: expected 1, found 2"),
        (lambda x: 2 * X, "reads `X`, a variable of the notebook. Its arguments are x"),
    ],
)  # fmt: skip
def test_a_wrong_result_is_recognised_in_general(student, phrase):
    assert phrase in check(student).message


def test_the_place_is_named_in_parts_and_lists_too():
    message = check(lambda x: (x, x + 1), reference=lambda x: (x, x)).message
    assert "part 2" in message
    assert "at [0, 0]" in message
    message = check(lambda x: [1, 2, 4], reference=lambda x: [1, 2, 3]).message
    assert "The first difference is at [2]: expected 3, found 4" in message
    message = check(lambda x: x > 0, reference=lambda x: x >= 0).message
    assert "1 of 6 differ, the first at [1, 1]: expected True, found False" in message


def test_likeness_of_nothing():
    assert likeness([]) == ""
    assert likeness([(1, 2)]) == ""


def test_what_pytorch_wraps_by_itself_is_not_taken_for_the_students():
    """In a fresh Python: making an optimizer replaces `torch.manual_seed` by a wrapper of it."""
    code = (
        "import torch; from helpers.checks import settings; first = torch.manual_seed; "
        "torch.optim.Adam([torch.zeros(1, requires_grad=True)]).step(); import torch._dynamo; "
        "print(torch.manual_seed is first, settings.restore_names())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8", cwd=ROOT
    )
    assert done.stdout.split(maxsplit=1) == ["False", "[]\n"]
