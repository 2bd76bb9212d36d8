"""Each lesson in JupyterLab: it runs without an error, and every control of every widget works."""

from __future__ import annotations

import nbformat
import pytest
from lab import ROOT, Lesson
from moving import check_controls, check_sentences, check_stored, widgets

LESSONS = sorted(path.name for path in ROOT.glob("notebooks/*.ipynb"))
# One lesson stays on one worker, should the tests run on several: pytest -n2 --dist=loadgroup.
pytestmark = pytest.mark.parametrize(
    "lesson",
    [pytest.param(name, marks=pytest.mark.xdist_group(name), id=name[:-6]) for name in LESSONS],
    indirect=True,
)


def test_runs_without_an_error(lesson: Lesson) -> None:
    assert not lesson.problems()


def test_every_control_changes_the_picture(lesson: Lesson) -> None:
    found = widgets(lesson)
    problems = [(w.number, problem) for w in found for problem in check_controls(w)]
    assert found
    assert not problems
    assert not lesson.problems()


def test_whatever_is_typed_is_answered(lesson: Lesson) -> None:
    problems = [(w.number, problem) for w in widgets(lesson) for problem in check_sentences(w)]
    assert not problems
    assert not lesson.problems()


def test_every_widget_has_a_stored_picture(lesson: Lesson) -> None:
    widgets(lesson)
    notebook = nbformat.read(ROOT / "notebooks" / lesson.notebook, as_version=4)
    pictures = {
        cell.id: any("image/png" in output.get("data", {}) for output in cell.get("outputs", []))
        for cell in notebook.cells
    }
    assert not check_stored(lesson, pictures)
