"""The one reader of the lessons' sources: their cells, exercises, definitions and links.

    from notebooks.lessons import lesson

    five = lesson("05")
    [cell.id for cell in five.cells if cell.is_exercise]
    lstm_cell = five.define("lstm_cell")["lstm_cell"]  # with solved=False: as students get it

A source is MyST Markdown, `source/NN_slug.md`, and jupytext cuts it into cells. An exercise stands
in one code cell, its solution between nbgrader's markers:

    def double(x):                                answer = ...  # your answer
        ### BEGIN SOLUTION                        ### BEGIN SOLUTION
        return 2 * x                              answer = 3
        ### END SOLUTION                          ### END SOLUTION

Left, the student gets nbgrader's `# YOUR CODE HERE` and `raise NotImplementedError`.  Right, lines
`name = ...` just above the markers are the stub: the student keeps them, the solution drops them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import count, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import jupytext
from markdown_it import MarkdownIt

SOURCE = Path(__file__).resolve().parent / "source"
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
OWN_STUB = re.compile(r"(\s*)\w+(?:: [^=]+)? = \.\.\.\s*(?:#.*)?$")

FunctionOrClass = ast.FunctionDef | ast.ClassDef
Import = ast.Import | ast.ImportFrom


class LessonError(Exception):
    """A lesson cannot be read or built; the message names the lesson and the cell."""


def split_exercise(source: str, solved: bool) -> str:
    """One code cell as the student gets it, or solved.

    Raises:
        ValueError: the solution markers are unbalanced or nested.
    """
    kept: list[str] = []
    inside = False
    for line in source.split("\n"):
        marker = line.strip()
        if marker in (BEGIN, END):
            if (marker == BEGIN) == inside:
                raise ValueError(f"unexpected `{marker}`: markers come in pairs and do not nest")
            inside = marker == BEGIN
            if not inside:
                continue
            indent = line[: len(line) - len(line.lstrip())]
            stub = len(kept)  # where the lines `name = ...` right above the marker begin
            while stub and (match := OWN_STUB.match(kept[stub - 1])) and match[1] == indent:
                stub -= 1
            if solved:
                del kept[stub:]
            elif stub == len(kept):
                kept.append(f"{indent}# YOUR CODE HERE")
                if indent:
                    kept.append(f"{indent}raise NotImplementedError")
        elif solved or not inside:
            kept.append(line)
    if inside:
        raise ValueError(f"`{BEGIN}` without `{END}`")
    return "\n".join(kept)


@dataclass(frozen=True)
class Cell:
    """One cell of a lesson, as its source has it."""

    id: str  # the same in both notebooks, and when cells are inserted above it
    cell_type: str  # "markdown" or "code"
    source: str  # of an exercise: stub and solution, with their markers
    tags: tuple[str, ...]
    heading: str  # the nearest one above a code cell; a Markdown cell's own last one

    @property
    def is_exercise(self) -> bool:
        return self.cell_type == "code" and BEGIN in self.source

    @property
    def solved(self) -> str:
        """The cell in `solutions/`."""
        return split_exercise(self.source, solved=True)

    @property
    def stub(self) -> str:
        """The cell that students get; the same as `solved` where it is no exercise."""
        return split_exercise(self.source, solved=False)


class Definition(NamedTuple):
    """A top-level statement of a code cell that binds a name."""

    node: ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign
    cell: Cell


@dataclass(frozen=True)
class Lesson:
    """A lesson's source: its file's name without `.md`, and its text."""

    name: str
    text: str

    @cached_property
    def cells(self) -> list[Cell]:
        """All cells in order.

        Raises:
            LessonError: solution markers in a cell are unbalanced or nested.
        """
        cells: list[Cell] = []
        ids: set[str] = set()
        heading = ""
        for number, raw in enumerate(jupytext.reads(self.text, fmt="md:myst").cells, start=1):
            name = _cell_name(raw.source)
            names = (f"{name}-{i}" if i > 1 else name for i in count(1))
            cell_id = next(name for name in names if name not in ids)
            ids.add(cell_id)
            if raw.cell_type == "markdown":
                heading = next(iter(_headings(raw.source)[::-1]), heading)
            tags = tuple(raw.metadata.get("tags", ()))
            cell = Cell(cell_id, raw.cell_type, raw.source, tags, heading)
            try:
                split_exercise(cell.source, solved=True)
            except ValueError as error:
                where = f"source/{self.name}.md, cell {number} ({cell_id})"
                raise LessonError(f"{where}: {error}") from None
            cells.append(cell)
        return cells

    @property
    def code_cells(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.cell_type == "code"]

    @property
    def markdown_cells(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.cell_type == "markdown"]

    def headings(self) -> list[str]:
        """The text of each heading."""
        return [text for cell in self.markdown_cells for text in _headings(cell.source)]

    def links(self) -> list[str]:
        """The address of each link in the Markdown cells, percent-encoded."""
        return [
            str(token.attrs["href"])
            for cell in self.markdown_cells
            for block in MarkdownIt().parse(cell.source)
            for token in block.children or ()
            if token.type == "link_open"
        ]

    def definitions(self, solved: bool = True) -> dict[str, Definition]:
        """Each function, class and variable that a cell defines at its top level, by name.

        Of a name that is assigned several times, the first definition.
        """
        found: dict[str, Definition] = {}
        for node, cell in self._statements[solved]:
            if isinstance(node, FunctionOrClass | ast.Assign | ast.AnnAssign):
                for name in _bound(node):
                    found.setdefault(name, Definition(node, cell))
        return found

    def define(
        self, *names: str, given: Mapping[str, Any] | None = None, solved: bool = True
    ) -> dict[str, Any]:
        """Run the definitions of `names`, and what they need of the lesson; return all by name.

        names: functions, classes or variables; without any, all functions and classes.
        given: values that stand in for what the lesson would import, define or compute. A variable
            is computed only if it is one of `names`, since that may train a model.
        solved: exercises solved; otherwise the stubs that students get.

        Raises:
            LessonError: the lesson does not define one of the names.
        """
        namespace = dict(given or {})
        statements = [node for node, _ in self._statements[solved]]
        definitions = {name: found.node for name, found in self.definitions(solved).items()}
        if missing := [name for name in names if name not in definitions]:
            raise LessonError(f"{self.name} does not define {', '.join(missing)}")
        makers: dict[str, ast.stmt] = {}
        for node in statements:
            if isinstance(node, FunctionOrClass | Import):
                for name in _bound(node):
                    makers.setdefault(name, node)
        wanted: list[ast.stmt] = [definitions[name] for name in names] or [
            node for node in definitions.values() if isinstance(node, FunctionOrClass)
        ]
        needed: set[ast.stmt] = set()
        while wanted:
            node = wanted.pop()
            if node not in needed:
                needed.add(node)
                names_read = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
                wanted += [makers[name] for name in names_read & {*makers} - {*namespace}]
        body = [node for node in statements if node in needed]  # in the lesson's order
        exec(compile(ast.Module(body, []), f"{self.name}.md", "exec"), namespace)
        return namespace

    @cached_property
    def _statements(self) -> dict[bool, list[tuple[ast.stmt, Cell]]]:
        """All top-level statements of the code cells, of the solved lesson and of the stubs."""
        return {
            solved: [
                (node, cell)
                for cell in self.code_cells
                for node in ast.parse(cell.solved if solved else cell.stub).body
            ]
            for solved in (True, False)
        }


def _cell_name(source: str) -> str:
    """A cell's id from its first words, so that it stays when cells are inserted above it."""
    for line in source.split("\n"):
        words = re.findall(r"[a-z0-9]+", re.sub(r"<[^>]*>", " ", line).lower())
        if words and line.strip() not in (BEGIN, END):
            return "-".join(words[:6])[:48].strip("-")
    return "cell"


def _headings(markdown: str) -> list[str]:
    tokens = MarkdownIt().parse(markdown)
    return [
        "".join(child.content for child in content.children or ())
        for opening, content in pairwise(tokens)
        if opening.type == "heading_open"
    ]


def _bound(node: ast.stmt) -> set[str]:
    """The names that a function, a class, an import or an assignment binds."""
    if isinstance(node, FunctionOrClass):
        return {node.name}
    if isinstance(node, Import):
        return {alias.asname or alias.name.split(".")[0] for alias in node.names}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", node)]
    parts = [part for target in targets for part in ast.walk(target)]
    return {p.id for p in parts if isinstance(p, ast.Name) and isinstance(p.ctx, ast.Store)}


def read_lessons(folder: Path = SOURCE) -> dict[str, Lesson]:
    """All lessons in a folder of sources, by name and in order."""
    paths = sorted(folder.glob("*.md"))
    return {path.stem: Lesson(path.stem, path.read_text("utf-8")) for path in paths}


LESSONS = read_lessons()


def lesson(number: str) -> Lesson:
    """The course's own lesson by its number, such as "05", or by its whole name."""
    for name, found in LESSONS.items():
        if name in (number, number.removesuffix(".md")) or name.split("_")[0] == number:
            return found
    raise LessonError(f"no lesson {number}; there are: {', '.join(LESSONS)}")
