"""The shape of every stored notebook.  That its outputs come out again, nbval shows (run.py)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest

from notebooks.lessons import LESSONS
from tools import ROOT

NOTEBOOKS = sorted([*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("notebooks/solutions/*.ipynb")])
IGNORED = re.compile(r"nbval.(ignore.output|skip)", re.IGNORECASE)
every_notebook = pytest.mark.parametrize(
    "path", NOTEBOOKS, ids=[path.relative_to(ROOT / "notebooks").as_posix() for path in NOTEBOOKS]
)


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]


def shown_text(cell: nbformat.NotebookNode) -> str:
    return "\n".join(
        out.get("text", "") + out.get("data", {}).get("text/plain", "") for out in cell.outputs
    )


def ignored(cell: nbformat.NotebookNode) -> bool:
    return any(IGNORED.search(text) for text in [cell.source, *cell.metadata.get("tags", [])])


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS, "run `make notebooks`"


@every_notebook
def test_few_cells_are_kept_from_comparison_and_each_says_why(path: Path) -> None:
    cells = code_cells(path)
    exempt = [cell for cell in cells if ignored(cell)]
    assert len(exempt) <= 0.05 * len(cells)
    for cell in exempt:
        # A comment beyond the marker itself, such as `# wall time differs from run to run`.
        reasons = [
            line
            for line in re.findall(r"#\s*(.+)", cell.source)
            if re.sub(IGNORED, "", line).strip()
        ]
        assert reasons, f"cell {cell.id}: say in a comment why its output is not compared"


@every_notebook
def test_widgets_are_made_in_the_one_way(path: Path) -> None:
    for cell in code_cells(path):
        assert not re.search(r"\b(interact\w*|Output)\(", cell.source), f"{cell.id}: use explore"


@every_notebook
def test_header_cell_is_short(path: Path) -> None:
    imports = [
        node
        for node in ast.walk(ast.parse(code_cells(path)[0].source))
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert 1 <= len(imports) <= 8


@every_notebook
def test_pictures_show_without_a_kernel(path: Path) -> None:
    outputs = [out.get("data", {}) for cell in code_cells(path) for out in cell.outputs]
    assert any("image/png" in data for data in outputs)
    assert not any("application/vnd.jupyter.widget-view+json" in data for data in outputs)
    assert "widgets" not in nbformat.read(path, as_version=4).metadata


@every_notebook
def test_a_printed_line_is_no_bare_verdict(path: Path) -> None:
    """A student who trained for a number sees the number, and what it means in words."""
    for cell in code_cells(path):
        lines = "".join(out.get("text", "") for out in cell.outputs).splitlines()
        assert not [line for line in lines if re.search(r"\b(True|False)$", line)], cell.id


@every_notebook
def test_cells_are_short(path: Path) -> None:
    for cell in code_cells(path):
        lines = [line for line in cell.source.splitlines() if not re.match(r"\s*(#|$)", line)]
        assert len(lines) <= 20, f"cell {cell.id}"


@every_notebook
def test_no_number_is_shown_that_another_machine_would_round_differently(path: Path) -> None:
    for cell in code_cells(path):
        if not ignored(cell):
            found = re.search(r"(?<!\w)-?\d+\.\d{5,}", shown_text(cell))
            assert not found, f"cell {cell.id} shows {found and found[0]}: round it"


@every_notebook
def test_nothing_of_the_makers_machine_is_stored(path: Path) -> None:
    text = re.sub(r'"image/png": "[^"]*"', "", path.read_text("utf-8"))  # any letters occur there
    assert not re.search(r'/(?:home|Users|tmp|root|work)/[^" ]', text)
    assert str(ROOT) not in text


def stored_names(tree: ast.AST) -> set[str]:
    """Names that a cell's code binds, by whatever statement, outside functions or inside."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


@pytest.mark.parametrize("name", LESSONS)
def test_no_later_cell_takes_the_name_of_an_exercise(name: str) -> None:
    """Else its check, run once more, would praise the course's own answer for the student's."""
    asked: set[str] = set()
    for cell in LESSONS[name].code_cells:
        tree = ast.parse(cell.source)
        taken = asked & stored_names(tree)
        assert not taken, f"{taken} of an exercise stands for something else in cell {cell.id}"
        if cell.is_exercise:
            for node in tree.body:
                if isinstance(node, ast.FunctionDef):
                    asked.add(node.name)
                elif isinstance(node, ast.Assign):
                    asked |= stored_names(node)
    assert asked
