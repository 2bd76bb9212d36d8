"""The parts that nbgrader uses in place of its own; `settle` names them in its configuration.

* `LessonStubs`: released notebooks have the stubs that the lessons have.  nbgrader would put a bare
  `raise` beside `radius = ...`, which stops "Run all".
* `OneOfEach`: a marked cell that a student copied or marked otherwise stops nothing.
* `RestoreCells`: a check that a student deleted comes back, at the end.
* `GradeSealed`: a notebook runs in a fresh kernel with the instructor's checks, which its cells can
  neither read nor replace (`helpers.checks.grading`). Cells that try are named in warnings.
"""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.preprocessors import ClearSolutions, DeduplicateIds, Execute, OverwriteCells

from helpers.checks.grading import COURSE, SIGNED, signature
from notebooks.lessons import BEGIN, LESSONS, split_exercise

REQUIRED = re.compile(r"^require\((\w+)\(", re.MULTILINE)
# In a cell that a student wrote: the course's own functions, or Python's insides.
WORTH_A_LOOK = re.compile(
    r"helpers[./](?:checks[./]|checks import (?!check_|\*)|taught|labs)[\w./]*"
    r"|__(?:closure|globals|code)__|\bgc\.\w+|_getframe|get_ipython|sys\.modules"
)
Processed = tuple[NotebookNode, dict[str, Any]]

# Run in the kernel before any cell.  What a student handed in beside the notebook, a folder
# `helpers` or a file `torch.py`, must not be imported in place of what is installed.
FIRST_LINES = """
import sys; sys.path[:] = [{course!r}, *filter(None, sys.path)]
from helpers.checks.grading import seal; seal({secret_file!r}); del seal
sys.path.append(""); del sys
"""


class LessonStubs(ClearSolutions):
    """Puts the lesson's own stubs into the notebooks that students get."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], cell_index: int
    ) -> Processed:
        if not (utils.is_solution(cell) and BEGIN in cell.source):
            return super().preprocess_cell(cell, resources, cell_index)
        cell.source = split_exercise(cell.source, solved=False)
        return cell, resources


class OneOfEach(DeduplicateIds):
    """Marks cells as they were released, whatever a student made of the marks, and each once.

    nbgrader leaves empty marks on a copied cell, which its own next step refuses to read.
    """

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> Processed:
        stored = _stored(resources)
        for cell in nb.cells:
            marks = cell.metadata.get("nbgrader", {})
            if points := stored.points.get(marks.get("grade_id")):
                marks.update(grade=True, solution=False, locked=True, points=points)
            elif marks.get("grade_id") in stored.answers:
                marks.update(grade=False, solution=True, locked=False)
        nb, resources = super().preprocess(nb, resources)
        for cell in nb.cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") not in stored.cells:
                cell.metadata.pop("nbgrader", None)
        return nb, resources


class RestoreCells(OverwriteCells):
    """Also brings back graded cells that are not there any more, after all others.

    nbgrader can do that, too, but stops if the cell above is missing as well.
    """

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> Processed:
        nb, resources = super().preprocess(nb, resources)
        stored = _stored(resources)
        there = {cell.metadata.nbgrader["grade_id"] for cell in nb.cells if utils.is_grade(cell)}
        for name in [name for name in stored.points if name not in there]:
            self.log.warning("The check %s was missing and is added.", name)
            cell = self.missing_cell_transform(stored.cells[name], stored.points[name])
            nb.cells.append(NotebookNode({**cell, "id": f"{name[:55]}-restored"}))
        return nb, resources


class Stored(NamedTuple):
    """What nbgrader's gradebook knows of a released notebook, by the cells' names."""

    cells: dict[str, Any]
    points: dict[str, float]  # of the graded ones, in the lesson's order
    answers: set[str]


def _stored(resources: dict[str, Any]) -> Stored:
    names = resources["nbgrader"]
    with Gradebook(names["db_url"]) as gradebook:
        notebook = gradebook.find_notebook(names["notebook"], names["assignment"])
        cells = {cell.name: cell for cell in notebook.source_cells}
        points = {cell.name: float(cell.max_score) for cell in notebook.grade_cells}
        answers = {cell.name for cell in notebook.solution_cells} - points.keys()
        return Stored(cells, {name: points[name] for name in cells if name in points}, answers)


class GradeSealed(Execute):
    """Runs the notebook sealed; a graded cell without a signed verdict counts as failed."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any], *arguments: Any, **named: Any
    ) -> Processed:
        for text in worth_a_look(nb):
            self.log.warning("Worth a look, %s: %s", resources["nbgrader"]["student"], text)
        secret = secrets.token_bytes(32)
        handle, secret_file = tempfile.mkstemp()
        os.write(handle, secret)
        os.close(handle)
        first = FIRST_LINES.format(course=str(COURSE), secret_file=secret_file)
        lines = [line for line in first.splitlines() if line]
        self.extra_arguments = [
            "--HistoryManager.hist_file=:memory:",
            *(f"--IPKernelApp.exec_lines={line}" for line in lines),
        ]
        try:
            nb, resources = super().preprocess(nb, resources, *arguments, **named)
        finally:
            Path(secret_file).unlink(missing_ok=True)  # the kernel did not start
        for cell in nb.cells:
            if cell.cell_type == "code":
                _judge(cell, secret)
        return nb, resources


def worth_a_look(nb: NotebookNode) -> list[str]:
    """What cells that are not the lessons' own reach for, for a person to look at."""
    ours = {cell.stub for lesson in LESSONS.values() for cell in lesson.code_cells}
    return [
        f"{found[0]} in the cell that begins with {cell.source.strip().splitlines()[0]!r}"
        for cell in nb.cells
        if cell.cell_type == "code" and not utils.is_grade(cell) and cell.source not in ours
        if (found := WORTH_A_LOOK.search(cell.source))
    ]


def _judge(cell: NotebookNode, secret: bytes) -> None:
    """Leave a graded cell what nbgrader is to count: a signed verdict, or an error."""
    signed = {output.get("data", {}).pop(SIGNED, None) for output in cell.outputs}
    if not utils.is_grade(cell) or not (required := REQUIRED.findall(cell.source)):
        return  # also a cell that the instructor added and grades as nbgrader does
    if signed >= {signature(secret, check) for check in required}:
        cell.outputs = [out for out in cell.outputs if out.output_type == "display_data"]
    elif not any(output.output_type == "error" for output in cell.outputs):
        text = "NotRight: the course's own check gave no verdict here."
        cell.outputs.append(new_output("error", ename="NotRight", evalue=text, traceback=[text]))


def settle(config: Any) -> None:
    """Put these parts into nbgrader's configuration."""
    ours = {
        ClearSolutions: LessonStubs,
        DeduplicateIds: OneOfEach,
        OverwriteCells: RestoreCells,
        Execute: GradeSealed,
    }
    for converter, step in (
        (GenerateAssignment, "preprocessors"),
        (Autograde, "sanitize_preprocessors"),
        (Autograde, "autograde_preprocessors"),
    ):
        usual = converter.class_traits()[step].default()
        setattr(config[converter.__name__], step, [ours.get(part, part) for part in usual])
