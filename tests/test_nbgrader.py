"""nbgrader takes the course folder as it is, and gives the points that are due, whoever cheats.

The parts that need nbgrader are skipped where it is not installed: `pip install -e ".[class]"`.
Quickly with the first lesson, at night with all.
"""

from __future__ import annotations

import csv
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from notebooks.lessons import BEGIN, LESSONS, Lesson, LessonError
from tools import ROOT
from tools.classroom import course_folder

needs_nbgrader = pytest.mark.skipif(
    importlib.util.find_spec("nbgrader") is None,
    reason='nbgrader is not installed: pip install -e ".[class]"',
)
FIRST = next(iter(LESSONS))
SAMPLE = """# Sample

**Exercise 1.1 Twice** · ●○○ · 7 minutes

```{code-cell} ipython3
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
```

```{code-cell} ipython3
radius = ...  # your radius
### BEGIN SOLUTION
radius = 1.5
### END SOLUTION
checks.check_stop(double, radius)
```
"""


# --- the course folder ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", LESSONS)
def test_every_exercise_is_graded_and_every_id_is_its_own(name: str) -> None:
    cells = course_folder.make_notebook(LESSONS[name]).cells
    marked = [cell for cell in cells if "nbgrader" in cell.metadata]
    answers = [cell for cell in marked if cell.metadata.nbgrader["solution"]]
    graded = [cell for cell in marked if cell.metadata.nbgrader["grade"]]
    assert [cell.id for cell in answers] == [c.id for c in LESSONS[name].cells if c.is_exercise]
    assert len({cell.id for cell in cells}) == len(cells)
    assert len({cell.metadata.nbgrader["grade_id"] for cell in marked}) == len(marked)
    checks = [
        line
        for c in LESSONS[name].code_cells
        for line in re.findall(r"^(?:checks\.)?check_\w+\(", c.source, re.M)
    ]
    assert len(graded) == len(checks) > 0
    assert all(cell.metadata.nbgrader["points"] > 1 for cell in graded), "minutes are stated"


def test_a_check_that_stands_in_the_exercises_cell_becomes_a_cell_of_its_own() -> None:
    cells = course_folder.make_notebook(Lesson("01_sample", SAMPLE)).cells
    answer, check = cells[-2:]
    assert answer.source.endswith("radius = 1.5\n### END SOLUTION")
    assert check.source.startswith("checks.check_stop(double, radius)\n### BEGIN HIDDEN TESTS")
    assert "\nrequire(check_stop(double, radius))\n" in check.source
    assert check.metadata.nbgrader["points"] == 7


def test_an_exercise_without_a_check_is_named() -> None:
    text = SAMPLE.replace("checks.check_stop(double, radius)\n", "")
    with pytest.raises(LessonError, match="no check follows the exercise in cell radius"):
        course_folder.make_notebook(Lesson("01_sample", text))
    with pytest.raises(LessonError, match="no check follows"):
        course_folder.make_notebook(Lesson("01_sample", text + "\n**Exercise 1.2 More**\n"))


def test_it_is_made_in_a_second_place_and_what_was_edited_there_stays(tmp_path: Path) -> None:
    out = tmp_path / "課 程"
    assert course_folder.main([str(out), "1"]) == 0
    assert course_folder.main([str(out), "01"]) == 0
    [path] = (out / "source").glob("*/*.ipynb")
    text = path.read_text("utf-8").replace('"points": 6', '"points": 60')
    path.write_text(text, "utf-8")
    assert course_folder.main([str(out), "01"]) == 1
    assert course_folder.main([str(out), "02"]) == 0
    assert path.read_text("utf-8") == text
    assert course_folder.main([str(out), "02", "99"]) == 1


# --- the round trip ------------------------------------------------------------------------------


class Course:
    """An nbgrader course folder in use."""

    def __init__(self, folder: Path, lesson: str) -> None:
        self.folder, self.lesson = folder, lesson

    def nbgrader(self, *arguments: str) -> str:
        """Run a command of nbgrader's in the course folder; return what it said."""
        variables = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-m", "nbgrader", *arguments]
        done = subprocess.run(command, cwd=self.folder, env=variables, capture_output=True)
        said = (done.stdout + done.stderr).decode(errors="replace")
        assert done.returncode == 0, said[-5000:]
        return said

    @property
    def released(self) -> NotebookNode:
        path = self.folder / "release" / self.lesson / f"{self.lesson}.ipynb"
        return nbformat.read(path, as_version=4)

    def hand_in(self, student: str, change: Callable[[NotebookNode], object]) -> Path:
        """Write the released notebook, changed, where students' work lies; return its folder."""
        notebook = self.released
        change(notebook)
        folder = self.folder / "submitted" / student / self.lesson
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{self.lesson}.ipynb")
        return folder

    def points(self) -> dict[str, float]:
        """The points of each student."""
        self.nbgrader("export")
        rows = csv.DictReader((self.folder / "grades.csv").read_text("utf-8").splitlines())
        return {row["student_id"]: float(row["score"]) for row in rows}

    def feedback(self, student: str) -> str:
        path = self.folder / "feedback" / student / self.lesson / f"{self.lesson}.html"
        return path.read_text("utf-8")


def released(folder: Path, lesson: str) -> Course:
    """A course folder with one lesson, which is released."""
    course_folder.make(folder, [lesson.split("_")[0]])
    course = Course(folder, lesson)
    course.nbgrader("generate_assignment", lesson)
    return course


def groups(lesson: str) -> Iterator[tuple[list[str], int]]:
    """For each check of a lesson: the ids of the cells to answer in, and the points."""
    answers: list[str] = []
    for part in course_folder.parts(LESSONS[lesson]):
        if part.metadata.get("solution"):
            answers.append(part.id)
        elif part.metadata:
            yield answers, part.metadata["points"]
            answers = []


def answered(lesson: str, every: int) -> Callable[[NotebookNode], None]:
    """Put the solutions in: all, or those of every second exercise."""
    ids = {id for answers, _ in [*groups(lesson)][::every] for id in answers}
    solutions = {
        part.id: part.source for part in course_folder.parts(LESSONS[lesson]) if part.id in ids
    }

    def change(notebook: NotebookNode) -> None:
        for cell in notebook.cells:
            cell.source = solutions.get(cell.id, cell.source)

    return change


def only_marked(notebook: NotebookNode) -> NotebookNode:
    """Without the cells between exercises, which take time; the imports stay."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    notebook.cells = [code[0], *(cell for cell in code[1:] if "nbgrader" in cell.metadata)]
    return notebook


def in_first_cell(code: str) -> Callable[[NotebookNode], None]:
    """Put code into a new first cell."""

    def change(notebook: NotebookNode) -> None:
        notebook.cells.insert(0, nbformat.v4.new_code_cell(code))

    return change


def in_each_exercise(code: str) -> Callable[[NotebookNode], None]:
    def change(notebook: NotebookNode) -> None:
        for cell in notebook.cells:
            if cell.metadata.get("nbgrader", {}).get("solution"):
                cell.source = code

    return change


def without_checks(notebook: NotebookNode) -> None:
    notebook.cells = [c for c in notebook.cells if not c.metadata.get("nbgrader", {}).get("grade")]


def copied(notebook: NotebookNode) -> None:
    """The check of the solved exercise in the place of all others, and each a second time."""
    answered(FIRST, 99)(notebook)
    graded = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade")]
    for cell in graded[1:]:
        cell.source = graded[0].source
        cell.metadata.nbgrader["points"] = 1000
    notebook.cells += [nbformat.from_dict({**cell, "id": f"{cell.id}-2"}) for cell in graded]


def relabelled(notebook: NotebookNode) -> None:
    """Marks exchanged and turned round, so that each exercise's answer is graded as another's."""
    marks = [cell.metadata["nbgrader"] for cell in notebook.cells if "nbgrader" in cell.metadata]
    ids = [mark["grade_id"] for mark in marks]
    for mark, other in zip(marks, [*ids[1:], ids[0]], strict=True):
        mark.update(grade_id=other, grade=not mark["grade"], solution=not mark["solution"])
    marks[0]["grade_id"] = "no-such-cell"
    marks[-1].clear()


def unmarked(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        cell.metadata.pop("nbgrader", None)


ALWAYS_RIGHT = """
from types import SimpleNamespace
from helpers import checks
from helpers.checks import *
right = lambda *_, **__: SimpleNamespace(status="right", message="")
for name in dir(checks):
    if name.startswith("check_"):
        setattr(checks, name, right)
        globals()[name] = right
checks.require = lambda *_: None
"""
NOTHING_SHOWN = """
get_ipython().showtraceback = lambda *_, **__: None
import builtins, sys
builtins.print = lambda *_, **__: None
class Anything(type(sys)):
    __path__ = []
    def __getattr__(self, name):
        return lambda *_, **__: None
sys.modules["helpers.checks"] = Anything("helpers.checks")
"""
PATCHED = """
from helpers.checks import check_fixed_size
said = check_fixed_size(..., ...)
type(said).status = "right"
type(said).__init__ = lambda self, *_: setattr(self, "__dict__", {"status": "right"})
import torch
torch.allclose = torch.equal = lambda *_, **__: True
try:
    from helpers.checks import engine
    engine.same = lambda *_: True
except ImportError:
    pass
"""
CHEATS = {
    "always-right": in_first_cell(ALWAYS_RIGHT),
    "nothing-shown": in_first_cell(NOTHING_SHOWN),
    "patched": in_first_cell(PATCHED),
    "their-answer": in_each_exercise("from helpers.checks.lesson_1 import encode, decode"),
    "when-it-is-called": in_each_exercise(
        "def encode(*answer):\n    from helpers.checks import lesson_1\n"
        "    return lesson_1.encode(*answer)\n"
        "def decode(*answer):\n    from helpers.checks import lesson_1\n"
        "    return lesson_1.decode(*answer)\n"
    ),
    "deleted": without_checks,
    "relabelled": relabelled,
}


@needs_nbgrader
def test_points_are_what_was_right_and_cheating_does_not_pay(tmp_path: Path) -> None:
    course = released(tmp_path / "課 程 x", FIRST)
    for student, every in (("solved", 1), ("mixed", 2)):
        course.hand_in(student, answered(FIRST, every))
    course.hand_in("untouched", lambda _: None)
    course.hand_in("copied", copied)
    for student, change in CHEATS.items():
        course.hand_in(student, lambda notebook, change=change: change(only_marked(notebook)))
    folder = course.hand_in("own-helpers", lambda _: None)
    (folder / "helpers").mkdir()
    (folder / "helpers/__init__.py").write_text("print('mine')\n", "utf-8")
    (folder / "torch.py").write_text("print('mine')\n", "utf-8")
    course.hand_in("handout", lambda notebook: (answered(FIRST, 1)(notebook), unmarked(notebook)))
    forgetful = course.hand_in("forgetful", answered(FIRST, 1)) / f"{FIRST}.ipynb"
    notebook = nbformat.read(forgetful, as_version=4)
    without_checks(notebook)
    nbformat.write(notebook, forgetful)

    said = course.nbgrader("autograde", FIRST)
    named = {*re.findall("Worth a look, (.*?):", said)}
    assert named == {"nothing-shown", "patched", "their-answer", "when-it-is-called"}
    points = [points for _, points in groups(FIRST)]
    expected = dict.fromkeys([*CHEATS, "untouched", "own-helpers"], 0.0)
    expected |= {"solved": sum(points), "mixed": sum(points[::2]), "copied": points[0]}
    # Whoever deletes a check, or works in the handout's notebook, has still solved the exercises.
    expected |= {"forgetful": sum(points), "handout": sum(points)}
    assert course.points() == expected

    course.nbgrader("generate_feedback", FIRST)
    assert "Replace the stub in the cell above" in course.feedback("untouched")
    assert "What goes in comes back" in course.feedback("solved")
    assert "most recent call last" not in course.feedback("untouched"), "the hint alone"


@needs_nbgrader
@pytest.mark.nightly
@pytest.mark.parametrize("lesson", LESSONS)
def test_every_lesson_goes_round(tmp_path: Path, lesson: str) -> None:
    course = released(tmp_path, lesson)
    course.hand_in("solved", answered(lesson, 1))
    course.hand_in("untouched", lambda _: None)
    course.hand_in("mixed", answered(lesson, 2))
    course.nbgrader("autograde", lesson)
    points = [points for _, points in groups(lesson)]
    assert course.points() == {
        "solved": sum(points),
        "untouched": 0,
        "mixed": sum(points[::2]),
    }
    course.nbgrader("generate_feedback", lesson)
    assert course.feedback("mixed").count("NotRight: ") >= len(points[1::2])


@needs_nbgrader
@pytest.mark.parametrize(
    "lesson", [FIRST, *(pytest.param(n, marks=pytest.mark.nightly) for n in [*LESSONS][1:])]
)
def test_the_released_notebook_asks_what_the_lesson_asks(tmp_path: Path, lesson: str) -> None:
    """Cell by cell the same code as in the student's notebook, which "Run all" never stops in."""
    code = "\n".join(
        cell.source
        for cell in released(tmp_path, lesson).released.cells
        if cell.cell_type == "code"
    )
    assert BEGIN not in code
    assert "HIDDEN" not in code
    stubs = "\n".join(cell.stub for cell in LESSONS[lesson].code_cells)
    assert [line for line in code.splitlines() if line] == [
        line for line in stubs.splitlines() if line
    ]
