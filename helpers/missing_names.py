"""When a cell misses a name that an earlier cell makes: say which cell, and what to do.

Python only says that the name is not defined. A student who opened a lesson in the middle needs to
hear that it is made further up; one whose cell further up failed needs to hear that. A kernel does
not know its notebook, so the lesson is found by comparing what was run with the cells of all
lessons.
"""

import ast
import dis
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


class Cell(NamedTuple):
    """A code cell of a lesson."""

    section: str  # the nearest title above it
    source: str

    def line_of(self, name: str) -> str:
        """The first line of the innermost statement that makes `name`, to know the cell by."""
        return _line_of(self.source, name)


class End(NamedTuple):
    """How a cell ended, in words: the exception itself would keep tensors alive."""

    error: str = ""  # kind and text of the exception in a line, if there was one
    missed: str = ""  # the name, if it was a NameError
    interrupted: bool = False


class Run(NamedTuple):
    """A cell that was run; `end` is None where nobody saw how it ended."""

    source: str
    end: End | None = None


# By number of the cell, in this kernel: IPython keeps the texts, not what became of them.
_ended: dict[int, End] = {}


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
        return _stored(compile(source, "<cell>", "exec"))
    except SyntaxError:  # a line of IPython's own, such as %pip, or a slip of the student's
        return set()


def _stored(code: CodeType) -> set[str]:
    return {str(step.argval) for step in dis.get_instructions(code) if step.opname == "STORE_NAME"}


def _seems_to_make(source: str, name: str) -> bool:
    """Whether a cell makes `name`, or would, had it no error of syntax."""
    begins = rf"^[ \t]*((def|class)[ \t]+{re.escape(name)}\b|{re.escape(name)}[ \t]*=[^=])"
    return name in made_by(source) or bool(
        not made_by(source) and re.search(begins, source, re.MULTILINE)
    )


def _line_of(source: str, name: str) -> str:
    lines = source.splitlines() or [""]
    try:
        body: list[ast.stmt] = ast.parse(source).body
    except SyntaxError:
        return next((line.strip() for line in lines if re.search(rf"\b{name}\b", line)), lines[0])
    found = None
    while body:
        found_here = next((statement for statement in body if _makes(statement, name)), None)
        found, body = found_here or found, _inside(found_here)
    if found is None:
        return lines[0]
    own = lines[found.lineno - 1 : found.end_lineno]
    return next((line for line in own if re.search(rf"\b{name}\b", line)), own[0]).strip()


def _makes(statement: ast.stmt, name: str) -> bool:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return statement.name == name  # what is inside stays inside
    try:
        return name in _stored(compile(ast.Module([statement], []), "<cell>", "exec"))
    except SyntaxError:  # a `break` without its loop
        return any(_makes(inner, name) for inner in _inside(statement))


def _inside(statement: ast.stmt | None) -> list[ast.stmt]:
    """The statements of a block, such as `with` or `for`; none of a function's or a class's."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return []
    blocks = [statement, *getattr(statement, "handlers", [])]
    kinds = ("body", "orelse", "finalbody")
    return [inner for block in blocks for kind in kinds for inner in getattr(block, kind, [])]


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


def last_try(name: str, run: Sequence[Run]) -> Run | None:
    """The last cell that was run to make `name`, before the one that misses it (the last of all).

    A cell that itself failed for want of this name does not count: it only asked for it, too.
    """
    *before, failing = run
    for cell in reversed(before):
        asked = cell.end and cell.end.missed == name
        same = cell.source.strip() == failing.source.strip()
        if not asked and not same and _seems_to_make(cell.source, name):
            return cell
    return None


def message(name: str, cell: Cell) -> str:
    """What the student reads below the traceback, if the cell that makes `name` has not run."""
    menu = "Run → Run All Above Selected Cell"
    if "google.colab" in sys.modules:
        menu = "Runtime → Run before"
    return (
        f"`{name}` is made in an earlier cell that has not run yet, in the section "
        f"“{cell.section}”, by this line:\n\n    {cell.line_of(name)}\n\n"
        f"Run that cell first, or all cells above this one: {menu}."
    )


def message_after(name: str, run: Run, cell: Cell | None) -> str:
    """The same, if the cell has run: it failed, or what it made is gone.

    cell: the lesson's cell that makes `name`, if there is one.
    """
    made = _line_of(run.source, name)
    where = "This line makes"
    if cell and cell.line_of(name) == made:  # the lesson's cell, perhaps edited
        where = f"It is in the section “{cell.section}”; this line makes"
    line = f"{where} `{name}`:\n\n    {made}\n\n"
    if run.end is None:
        said, then = "has run", "Run it again, and see whether it ends in an error."
    elif run.end.interrupted:
        said, then = "was interrupted", "Run it again."
    elif run.end.error:
        said, then = f"stopped with an error: {run.end.error}", "Mend that, and run it again."
    else:
        said = "has run without an error"
        then = "Was the name deleted, or is it made under a condition only? Run it again."
    return f"The cell that makes `{name}` {said}\n{line}{then}"


def _end_of(result: Any) -> End:
    error = result.error_before_exec or result.error_in_exec
    if error is None:
        return End()
    text = " ".join(str(error).split())
    said = f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__
    missed = (error.name or "") if type(error) is NameError else ""
    return End(said, missed, isinstance(error, KeyboardInterrupt))


def explain(result: Any) -> None:
    """After a cell: if it failed for want of a name from an earlier cell, print which.

    result: IPython's `ExecutionResult`. Whatever goes wrong in here stays silent, because the
    student already has one error to read.
    """
    try:
        text = _explanation(result)
    except Exception:
        return
    if text:
        print(text, file=sys.stderr)


def _explanation(result: Any) -> str:
    from IPython.core.getipython import get_ipython

    end = _end_of(result)
    if result.execution_count:
        _ended[result.execution_count] = end
    name = end.missed
    if not name:
        return ""
    shell: Any = get_ipython()
    texts = shell.history_manager.input_hist_raw[:-1]  # the first is empty: cells count from 1
    run = [Run(text, _ended.get(number)) for number, text in enumerate(texts)]
    run.append(Run(result.info.raw_cell, end))
    lessons = [lesson_cells(path) for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))]
    cell = maker(name, [each.source for each in run], lessons)
    if tried := last_try(name, run):
        return message_after(name, tried, cell)
    return message(name, cell) if cell else ""


def install() -> None:
    """Explain missing names from here on, if this is a notebook; a second call changes nothing."""
    if "IPython" not in sys.modules:
        return
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell and not any(f.__name__ == "explain" for f in shell.events.callbacks["post_run_cell"]):
        shell.events.register("post_run_cell", explain)
