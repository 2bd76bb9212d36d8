"""Each lesson as students get it, in JupyterLab: it runs, shows what is stored, and can be moved.

An exercise that nobody has solved stops no lesson, and every text comes out as it is stored. One
move of each widget; at night every control of every widget, by keyboard and by mouse.
"""

from __future__ import annotations

import itertools
import re

import nbformat
import pytest

from tools import ROOT
from tools.browser.lab import Lesson, told
from tools.browser.moving import (
    WAYS,
    check_controls,
    check_one_move,
    check_sentences,
    check_stored,
    widgets,
)

LESSONS = sorted(path.name for path in ROOT.glob("notebooks/*.ipynb"))
pytestmark = pytest.mark.parametrize("lesson", LESSONS, indirect=True, ids=lambda name: name[:2])


def stored(lesson: Lesson) -> list[nbformat.NotebookNode]:
    """The code cells of the notebook as it was built."""
    cells = nbformat.read(ROOT / "notebooks" / lesson.notebook, as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code"]


def check_text(lesson: Lesson) -> None:
    """Every text output is the stored one."""
    shown = lesson.outputs()
    for cell in stored(lesson):
        if not re.search(r"nbval.(ignore.output|skip)", cell.source, re.IGNORECASE):
            assert told(shown[cell.id]) == told(cell.outputs), f"cell {cell.id}"


def test_it_runs_shows_what_is_stored_and_can_be_moved(lesson: Lesson) -> None:
    """One test, so that two workers never run the same lesson."""
    assert not lesson.problems()
    check_text(lesson)
    found = widgets(lesson)
    pictures = {
        cell.id: any("image/png" in output.get("data", {}) for output in cell.outputs)
        for cell in stored(lesson)
    }
    assert found
    assert not check_stored(lesson, pictures)
    moves = zip(found, itertools.cycle(WAYS), strict=False)
    problems = [(w.number, problem) for w, way in moves for problem in check_one_move(w, way)]
    assert not problems
    assert not lesson.problems()


@pytest.mark.nightly
def test_every_control_changes_the_picture_and_whatever_is_typed_is_answered(
    lesson: Lesson,
) -> None:
    found = widgets(lesson)
    assert not [(w.number, problem) for w in found for problem in check_controls(w)]
    assert not [(w.number, problem) for w in found for problem in check_sentences(w)]
    assert not lesson.problems()
