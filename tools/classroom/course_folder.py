"""Make the course folder that nbgrader takes as it is: an assignment a lesson.

    python -m tools.classroom.course_folder OUT [NN ...]

Each exercise is a solution cell, each check below one a graded cell.  What a released check shows
is the lesson's coloured box; in nbgrader's hidden part the same check decides about the points.
"""

from __future__ import annotations

import argparse
import ast
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import nbformat

from helpers import checks
from notebooks.build import METADATA, write
from notebooks.lessons import END, LESSONS, Cell, Lesson, LessonError, lesson

CONFIG = "nbgrader_config.py"
EXERCISE = re.compile(r"^\*\*Exercise ", re.MULTILINE)
MINUTES = re.compile(r"^\*\*Exercise .*?· (\d+) minutes", re.MULTILINE)


class Part(NamedTuple):
    """A cell of a lesson for nbgrader: `metadata` is empty unless it is an exercise or a check."""

    id: str
    cell_type: str
    source: str
    tags: tuple[str, ...]
    metadata: dict[str, Any]


def parts(source: Lesson) -> Iterator[Part]:
    """The lesson's cells, each exercise marked as a solution, each check below one as graded.

    Raises:
        LessonError: an exercise has no check before the next exercise, or at all.
    """
    waiting = ""  # a cell of the exercise that no check has followed yet
    points = 1
    graded: Counter[str] = Counter()
    for cell in _apart(source.cells):
        metadata: dict[str, Any] = {}
        text, call = cell.source, None
        if cell.cell_type == "markdown":
            if waiting and EXERCISE.search(text):
                break
            points = next(iter(int(minutes) for minutes in MINUTES.findall(text)[-1:]), points)
        elif cell.is_exercise:
            waiting, metadata = cell.id, _metadata(cell.id, solution=True)
        elif waiting and (call := _check_call(text)):
            name, arguments = call
            graded[name] += 1
            grade_id = name if graded[name] == 1 else f"{name}-{graded[name]}"
            text, waiting = _with_hidden_check(text, name, arguments), ""
            metadata = _metadata(grade_id, solution=False) | {"points": points}
        yield Part(cell.id, cell.cell_type, text, cell.tags, metadata)
    if waiting:
        raise LessonError(f"{source.name}: no check follows the exercise in cell {waiting}")


def _apart(cells: Sequence[Cell]) -> Iterator[Cell]:
    """The cells; of one that holds an exercise and its check, two."""
    for cell in cells:
        answer, marker, rest = cell.source.rpartition(END)
        if cell.is_exercise and _check_call(rest):
            yield Cell(cell.id, "code", answer + marker, cell.tags, cell.heading)
            yield Cell(f"{cell.id[:48]}-check", "code", rest.strip("\n"), (), cell.heading)
        else:
            yield cell


def _check_call(source: str) -> tuple[str, str] | None:
    """The name and the arguments of the last check that a cell calls at its top level."""
    found = None
    for statement in ast.parse(source).body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func).removeprefix("checks.")
                if name in checks.__all__ and name.startswith("check_"):
                    given = [*node.args, *node.keywords]
                    found = name, ", ".join(ast.unparse(argument) for argument in given)
    return found


def _with_hidden_check(source: str, name: str, arguments: str) -> str:
    return f"""{source}
### BEGIN HIDDEN TESTS
from helpers.checks import {name}, require

require({name}({arguments}))
### END HIDDEN TESTS"""


def _metadata(grade_id: str, solution: bool) -> dict[str, Any]:
    return {
        "grade_id": grade_id,
        "grade": not solution,
        "solution": solution,
        "locked": not solution,
        "task": False,
        "schema_version": 3,
    }


def make_notebook(source: Lesson) -> nbformat.NotebookNode:
    """The notebook that belongs into nbgrader's `source`: solved, marked, without outputs."""
    notebook = nbformat.v4.new_notebook(metadata=METADATA)
    for part in parts(source):
        new = getattr(nbformat.v4, f"new_{part.cell_type}_cell")
        metadata: dict[str, Any] = {"tags": [*part.tags]} if part.tags else {}
        if part.metadata:
            metadata["nbgrader"] = part.metadata
        notebook.cells.append(new(part.source, id=part.id, metadata=metadata))
    return notebook


def make(out: Path, numbers: Sequence[str] = ()) -> list[str]:
    """Write nbgrader's `source` and configuration into `out`; what else is there stays.

    Returns the names of the assignments.

    Raises:
        LessonError: there is no such lesson, or one of them cannot be graded.
    """
    wanted = [lesson(number.zfill(2)) for number in numbers] or [*LESSONS.values()]
    notebooks = {one.name: make_notebook(one) for one in wanted}
    paths = {name: out / "source" / name / f"{name}.ipynb" for name in notebooks}
    for name, path in paths.items():
        if path.exists() and nbformat.read(path, as_version=4) != notebooks[name]:
            raise LessonError(
                f"{path} is there already and says something else. Name another folder, or delete "
                "it to have it made anew."
            )
    for name, notebook in notebooks.items():
        paths[name].parent.mkdir(parents=True, exist_ok=True)
        write(notebook, paths[name])
        marks = [cell.metadata.get("nbgrader", {}).get("points", 0) for cell in notebook.cells]
        print(f"{name}: {sum(map(bool, marks))} exercises, {sum(marks)} points")
    if not (out / CONFIG).exists():
        shutil.copyfile(Path(__file__).with_name(f"{CONFIG}.txt"), out / CONFIG)
    return [*notebooks]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Make a course folder for nbgrader.")
    parser.add_argument("out", type=Path)
    parser.add_argument("lessons", nargs="*", metavar="NN", help="lesson numbers; all by default")
    options = parser.parse_args(arguments)
    try:
        names = make(options.out, options.lessons)
    except LessonError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"nbgrader's course folder is {options.out}. Next, in there:")
    print(f"  nbgrader generate_assignment {names[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
