"""The house: who may import whom, that nothing goes in circles, and that tests use public names."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter

import pytest

from tools import ROOT

ROOMS = ("helpers", "notebooks", "tools", "tests", "benchmarks")
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for room in ROOMS
    for path in sorted((ROOT / room).rglob("*.py"))
}
# Which rooms each may import from, besides itself.
ALLOWED = {
    "helpers": set(),
    "notebooks": {"helpers"},
    "tools": {"helpers", "notebooks"},
    "tests": {"helpers", "notebooks", "tools"},
    "benchmarks": {"helpers", "notebooks", "tools"},
}


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a module that run when it is imported: all but functions' bodies."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from at_import(child)


def known(name: str, importer: str) -> str | None:
    """The module of ours that a name in an import stands for, as a script's neighbour, too."""
    for candidate in (name, f"{importer.rpartition('.')[0]}.{name}"):
        if candidate in FILES:
            return candidate
    return None


def origin(node: ast.ImportFrom, module: str) -> str:
    """The full name of what `from … import` takes from; dots stand for the module's package."""
    if not node.level:
        return node.module or ""
    package = module.split(".")
    if FILES[module].name != "__init__.py":
        package.pop()
    package = package[: len(package) - node.level + 1]
    return ".".join([*package, *([node.module] if node.module else [])])


def imports(module: str, whole: bool = False) -> set[str]:
    """The course's modules that a module imports; whole: also those inside its functions."""
    tree = ast.parse(FILES[module].read_text("utf-8"))
    named: set[str] = set()
    for node in ast.walk(tree) if whole else at_import(tree):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            source = origin(node, module)
            inside = {f"{source}.{alias.name}" for alias in node.names}
            modules = {name for name in inside if known(name, module)}
            named |= modules
            if len(modules) < len(inside):
                named.add(source)
    return {found for name in named if (found := known(name, module))} - {module}


def test_the_graph_is_read_right() -> None:
    """Fails if an import of ours is overlooked: then the tests below would prove nothing."""
    assert imports("benchmarks.lstm_claims") == {"helpers", "tools.experiments.lstm"}
    assert "tools" in imports("tests.test_house")
    assert "tools.setup" in imports("tools.setup.doctor")  # from . import …
    assert "tools.pixels" in imports("tests.test_attention")
    assert {"helpers.training", "helpers.words"} <= imports("tools.experiments.lstm")


def test_no_import_goes_in_a_circle() -> None:
    """`prepare` raises CycleError, which names the modules."""
    TopologicalSorter({module: imports(module) for module in FILES}).prepare()


@pytest.mark.parametrize("module", FILES)
def test_a_room_imports_only_from_the_rooms_below(module: str) -> None:
    room = module.partition(".")[0]
    used = {name.partition(".")[0] for name in imports(module, whole=True)}
    assert used <= ALLOWED[room] | {room}


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("helpers", "torch numpy matplotlib ipywidgets"),
        ("helpers.checks", "ipywidgets matplotlib IPython"),
    ],
)
def test_importing_is_light(module: str, unwanted: str) -> None:
    """In a fresh Python: what others have imported here does not count."""
    code = f"import sys, {module}; print(*{{*{unwanted.split()}}} & {{*sys.modules}})"
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, encoding="utf-8"
    )
    assert shown.stdout.split() == []


OURS = [module for module in FILES if module.startswith(("tests.", "tools.", "benchmarks."))]


@pytest.mark.parametrize("module", OURS)
def test_no_module_changes_where_modules_are_found(module: str) -> None:
    for node in ast.walk(ast.parse(FILES[module].read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) != ("sys", "path")


@pytest.mark.parametrize("module", OURS)
def test_tests_use_public_names(module: str) -> None:
    """Of other modules; a name tuple's `_replace` and what IPython calls are public as well."""
    public = {"_replace", "_fields", "_asdict", "_repr_html_"}
    tree = ast.parse(FILES[module].read_text("utf-8"))
    own = {node.attr for node in ast.walk(tree) if is_own(node)} | public
    found = [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            found += [alias.name for alias in node.names]
    private = {name for name in found if name.startswith("_") and not name.startswith("__")}
    assert private <= own


def is_own(node: ast.AST) -> bool:
    """Whether this reads or sets an attribute of `self`."""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    )
