"""The browser tests' own test: a notebook of broken widgets, and each fault is found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from playwright.sync_api import Browser, Page

from tools.browser.lab import Lesson, stored_problems, tab
from tools.browser.moving import (
    WAYS,
    Widget,
    check_controls,
    check_one_move,
    check_sentences,
    check_stored,
    widgets,
)

CELLS = {
    "header": """
        from helpers.figures import figure
        from helpers.views.widgets import choice, explore, player, slider, switch, typed
        def show(update, **controls):
            fig = figure(3, 1.5)
            ax = fig.subplots()
            ax.set(xlim=(0, 9), ylim=(0, 9))
            (line,), text = ax.plot([0, 9], [0, 0]), ax.text(0, 8, "", parse_math=False)
            return explore(lambda **values: update(line, text, **values), fig, **controls)
        """,
    "sound": """
        def update(line, text, plain, log, kind, on, word, step):
            line.set_ydata([plain + log + len(kind), step + 3 * on])
            text.set_text(word)
            return f"{word} {step}"
        show(update, plain=slider("plain", 0, 5, 5), word=typed("word", "cat"),
             log=slider("log", 0.01, 1, 1.0, log=True), kind=choice("kind", ["a", "bbb"]),
             on=switch("on"), step=player("step", 5, value=5))
        """,
    "needs-another-setting": """
        show(lambda line, text, k, on: line.set_ydata([on, k * on]),
             k=slider("k", 0, 5, 0), on=switch("on"))
        """,
    "no-redraw": """
        show(lambda line, text, k, kind, on: f"{k} {kind} {on}",
             k=slider("k", 0, 5, 0), kind=choice("kind", ["a", "b"]), on=switch("on"))
        """,
    "one-dead-control": """
        show(lambda line, text, k, log, step: line.set_ydata([k, step]),
             k=slider("k", 0, 5, 0), log=slider("log", 0.1, 10, 1, log=True),
             step=player("step", 5))
        """,
    "dead-player": """
        show(lambda line, text, step: None, step=player("step", 5, seconds=0.1))
        """,
    "error-in-place": """
        show(lambda line, text, k: line.set_ydata([k, 1 / (k - 1)]), k=slider("k", 0, 5, 0))
        """,
    "deaf": """
        show(lambda line, text, word: None, word=typed("word", "cat"))
        """,
    "markup": """
        import html
        lab = show(lambda line, text, word: text.set_text(word) or word, word=typed("word", "cat"))
        def undo_the_escaping(change):
            lab.note.value = html.unescape(change.new)
        lab.note.observe(undo_the_escaping, "value")
        lab
        """,
    "raises": "1 / 0",
}
DISPLAYED = [*CELLS][1:-1]


@pytest.fixture(scope="module")
def lesson(browser: Browser, address: str, folder: Path) -> Iterator[Lesson]:
    cells = [new_code_cell(source, id=name) for name, source in CELLS.items()]
    for cell in cells:
        cell.source = "\n".join(line.removeprefix(8 * " ") for line in cell.source.splitlines())
    nbformat.write(new_notebook(cells=cells), folder / "faults.ipynb")
    with tab(browser) as opened:
        lesson = Lesson(opened, address, "faults.ipynb")
        lesson.run_all()
        yield lesson
        lesson.close()


def named(lesson: Lesson, cell: str) -> Widget:
    return widgets(lesson)[DISPLAYED.index(cell)]


def test_a_cell_that_raises_is_found(lesson: Lesson) -> None:
    assert lesson.problems() == ["cell raises: ZeroDivisionError: division by zero"]


def test_sound_widgets_have_no_problem(lesson: Lesson) -> None:
    assert not check_controls(named(lesson, "sound"))
    assert not check_sentences(named(lesson, "sound"))
    assert not check_controls(named(lesson, "needs-another-setting"))


def test_a_widget_that_does_not_redraw_is_found(lesson: Lesson) -> None:
    problems = check_one_move(named(lesson, "no-redraw"), "keyboard")
    assert problems == ["k, moved by keyboard: the picture never changed"]


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("cell", "controls"),
    [("no-redraw", ["k", "kind", "on"]), ("one-dead-control", ["log"]), ("dead-player", ["step"])],
)
def test_a_control_that_does_not_redraw_is_found(
    lesson: Lesson, cell: str, controls: list[str]
) -> None:
    problems = check_controls(named(lesson, cell))
    for name in controls:
        for way in WAYS:
            assert f"{name}, moved by {way}: the picture never changed" in problems
    assert all(problem.startswith(tuple(controls)) for problem in problems)
    if cell == "dead-player":
        assert "step: 5 times Step by mouse, and the picture never changed" in problems


def test_an_error_in_place_is_found(lesson: Lesson) -> None:
    problems = check_controls(named(lesson, "error-in-place"))
    assert any("ZeroDivisionError" in problem for problem in problems)


@pytest.mark.nightly
def test_a_text_field_that_does_not_answer_is_found(lesson: Lesson) -> None:
    problems = check_sentences(named(lesson, "deaf"))
    assert "word: no answer to emoji, typed and sent by mouse" in problems


def test_typed_text_that_becomes_markup_is_found(lesson: Lesson) -> None:
    problems = check_sentences(named(lesson, "markup"))
    assert any("a script: typed text became markup: ['SCRIPT']" in found for found in problems)
    assert any("typed text became markup: ['B', 'IMG" in found for found in problems)


def test_a_widget_without_a_stored_picture_is_found(lesson: Lesson) -> None:
    widgets(lesson)
    assert len(check_stored(lesson, dict.fromkeys(CELLS, False))) == len(DISPLAYED)
    assert not check_stored(lesson, dict.fromkeys(CELLS, True))


def test_missing_and_broken_pictures_are_found(page: Page, address: str, folder: Path) -> None:
    outputs = {
        "no-picture": {"text/plain": "Explorer(k=1)"},
        "broken": {"text/plain": "<Figure>", "image/png": "bm90IGEgcGljdHVyZQ=="},
    }
    cells = [
        new_code_cell("1", id=name, outputs=[new_output("display_data", data)])
        for name, data in outputs.items()
    ]
    nbformat.write(new_notebook(cells=cells), folder / "stored.ipynb")
    assert stored_problems(page, address, "stored.ipynb") == [
        "no-picture: 1 pictures or widgets, but 0 shown",
        "broken: a picture is broken",
    ]
