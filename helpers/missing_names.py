"""When a cell misses a name that an earlier cell makes: say which cell, and what to do.

Python only says that the name is not defined. A student who opened a lesson in the middle needs to
hear that it is made further up. A kernel does not know its notebook, so the lesson is found by
comparing what was run with the cells of all lessons.
"""

import ast
import dis
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


class Cell(NamedTuple):
    """A code cell of a lesson."""

    section: str  # the nearest title above it
    source: str

    def line_of(self, name: str) -> str:
        """The first line of the statement that makes `name`, to recognise the cell by."""
        for statement in ast.parse(self.source).body:
            code = ast.get_source_segment(self.source, statement) or ""
            if name in made_by(code):
                return code.splitlines()[0]
        return self.source.splitlines()[0]


def lesson_cells(path: Path) -> list[Cell]:
    """The code cells of a notebook, in order."""
    section, cells = "", []
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        source = "".join(cell["source"]).strip()
        if cell["cell_type"] == "code":
            cells.append(Cell(section, source))
        elif titles := re.findall(r"^#{1,3} (.+)$", source, re.MULTILINE):
            section = titles[-1]
    return cells


def made_by(source: str) -> set[str]:
    """The names that a cell leaves behind: assigned, imported or defined at its top level."""
    try:
        code = compile(source, "<cell>", "exec")
    except SyntaxError:  # a line of IPython's own, such as %pip
        return set()
    return {str(step.argval) for step in dis.get_instructions(code) if step.opname == "STORE_NAME"}


def maker(name: str, run: Sequence[str], lessons: Sequence[Sequence[Cell]]) -> Cell | None:
    """The cell to run first: the nearest that makes `name`, above the last of the cells in `run`.

    run: the texts of all cells that were run, the failing one last. The lesson is the one that it
    comes from, or most of the others; a cell that the student wrote may stand anywhere in it.
    """
    texts = [text.strip() for text in run]

    def likeness(cells: Sequence[Cell]) -> tuple[bool, int]:
        known = {cell.source for cell in cells} & {*texts}
        return texts[-1] in known, len(known)

    of = max(lessons, key=likeness, default=())
    if not of or not likeness(of)[1]:
        return None
    sources = [cell.source for cell in of]
    place = sources.index(texts[-1]) if texts[-1] in sources else len(of)
    makers = [cell for cell in of[:place] if name in made_by(cell.source)]
    return makers[-1] if makers else None


def message(name: str, cell: Cell) -> str:
    """What the student reads below the traceback."""
    menu = "Run → Run All Above Selected Cell"
    if "google.colab" in sys.modules:
        menu = "Runtime → Run before"
    return (
        f"`{name}` is made in an earlier cell that has not run yet, in the section "
        f"“{cell.section}”, by this line:\n\n    {cell.line_of(name)}\n\n"
        f"Run that cell first, or all cells above this one: {menu}."
    )


def explain(result: Any) -> None:
    """After a cell: if it failed for want of a name from an earlier cell, print which.

    result: IPython's `ExecutionResult`. Whatever goes wrong in here stays silent, because the
    student already has one error to read.
    """
    error = result.error_in_exec
    name = getattr(error, "name", None)
    if type(error) is not NameError or name is None:
        return
    try:
        from IPython.core.getipython import get_ipython

        shell: Any = get_ipython()
        run = [*shell.history_manager.input_hist_raw[:-1], result.info.raw_cell]
        lessons = [lesson_cells(path) for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))]
        cell = maker(name, run, lessons)
        text = message(name, cell) if cell else ""
    except Exception:
        return
    if text:
        print(text, file=sys.stderr)


def install() -> None:
    """Explain missing names from here on, if this is a notebook; a second call changes nothing."""
    if "IPython" not in sys.modules:
        return
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell and not any(f.__name__ == "explain" for f in shell.events.callbacks["post_run_cell"]):
        shell.events.register("post_run_cell", explain)
