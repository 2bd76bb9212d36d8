"""What helpers.taught keeps is what the lessons taught, statement for statement."""

from __future__ import annotations

import ast
import copy
import importlib
import pkgutil
from pathlib import Path

import pytest
import torch

import helpers.taught
from helpers.taught.attention import attention
from helpers.taught.recurrent import patient_gru
from notebooks.lessons import LESSONS, lesson

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(helpers.taught.__path__, "helpers.taught.")
)
# What no lesson defines, and why it is here.
NEVER_DEFINED = {
    "AttentionState": "a tuple of what one step hands to the next; lesson 6 imports it",
    "start_patient": "lesson 3 writes it for one GRU; lesson 6 imports it, for cells, too",
    "LSTMSeq2Seq": "lesson 3's Seq2Seq with lesson 5's LSTMs, one of lesson 10's four models",
}
# What is more than its lesson's.
ADDED_METHODS = {
    "AttentionSeq2Seq": {"step"},  # the lesson says so where it moves the weights over
}
# What is written otherwise than in its lesson; the tests at the end compare numbers instead.
REWRITTEN = {
    "patient_gru": "uses start_patient instead of saying the same again",
    "attention": "uses lesson 6's masked_softmax instead of saying the same again",
}

FunctionOrClass = ast.FunctionDef | ast.ClassDef


def definitions_in(module: str) -> dict[str, FunctionOrClass]:
    """A module's public functions and classes, by name, without what only style or care adds."""
    tree = ast.parse(Path(importlib.import_module(module).__file__ or "").read_text("utf-8"))
    return {
        node.name: bare(node, imported_names(tree))
        for node in tree.body
        if isinstance(node, FunctionOrClass) and not node.name.startswith("_")
    }


def definitions_of_lessons(name: str) -> dict[str, FunctionOrClass]:
    """The functions or classes that lessons call `name`, by lesson, solved."""
    found = {}
    for number, source in LESSONS.items():
        definition = source.definitions().get(name)
        if definition and isinstance(definition.node, FunctionOrClass):
            code = "\n".join(cell.solved for cell in source.code_cells)
            found[number] = bare(definition.node, imported_names(ast.parse(code)))
    return found


def imported_names(tree: ast.Module) -> set[str]:
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    return {alias.asname or alias.name for node in imports for alias in node.names}


class Bare(ast.NodeTransformer):
    """Takes out what does not change a result: see `bare`."""

    def __init__(self, imported: set[str]) -> None:
        self.imported = imported

    def without_words(self, node: FunctionOrClass) -> FunctionOrClass:
        body = node.body[1:] if ast.get_docstring(node) else node.body
        node.body = [statement for statement in body if not only_raises(statement)]
        self.generic_visit(node)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.without_words(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self.without_words(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        if node.value is None:
            return ast.Expr(node.target)
        return ast.Assign([node.target], node.value)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        root: ast.expr = node
        while isinstance(root, ast.Attribute):
            root = root.value
        if isinstance(root, ast.Name) and root.id in self.imported:
            return ast.Name(node.attr, node.ctx)
        self.generic_visit(node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        node.keywords = [keyword for keyword in node.keywords if keyword.arg != "device"]
        moves = isinstance(node.func, ast.Attribute) and node.func.attr in ("to", "cpu")
        return node.func.value if moves else node


def only_raises(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.If)
        and not statement.orelse
        and all(isinstance(inner, ast.Raise) for inner in statement.body)
    )


def bare(node: FunctionOrClass, imported: set[str]) -> FunctionOrClass:
    """A copy without docstrings, annotations, checks that only raise, and moves to a device.

    A name reached through an import loses its prefix: `nn.Linear`, `course.Encoder`.
    """
    return Bare(imported).visit(copy.deepcopy(node))


def code_of(node: FunctionOrClass, leave_out: frozenset[str] | set[str] = frozenset()) -> str:
    kept = copy.copy(node)
    kept.body = [part for part in node.body if getattr(part, "name", None) not in leave_out]
    return ast.unparse(ast.fix_missing_locations(kept))


TAUGHT = {(module, name) for module in MODULES for name in definitions_in(module)}


@pytest.mark.parametrize(("module", "name"), sorted(TAUGHT))
def test_what_is_kept_is_what_was_taught(module: str, name: str) -> None:
    kept, lessons = definitions_in(module)[name], definitions_of_lessons(name)
    assert bool(lessons) == (name not in NEVER_DEFINED), f"lessons that define it: {[*lessons]}"
    if name in NEVER_DEFINED or name in REWRITTEN:
        return
    # Some names return: lessons 6 and 7 both have an AttentionDecoder, and helpers keeps both.
    ours = code_of(kept, ADDED_METHODS.get(name, set()))
    theirs = [code_of(definition) for definition in lessons.values()]
    assert ours in theirs, f"{module}.{name} is not the one of {' or '.join(lessons)}"


def test_every_exception_is_still_needed() -> None:
    names = {name for _, name in TAUGHT}
    assert {*NEVER_DEFINED, *ADDED_METHODS, *REWRITTEN} <= names
    for module, name in TAUGHT:
        if name in ADDED_METHODS:
            methods = {getattr(part, "name", None) for part in definitions_in(module)[name].body}
            assert methods >= ADDED_METHODS[name]
        if name in REWRITTEN:
            theirs = [code_of(definition) for definition in definitions_of_lessons(name).values()]
            assert code_of(definitions_in(module)[name]) not in theirs, f"{name} is the same now"


# --- the comparison itself -----------------------------------------------------------------------

KEPT = '''
class Cell(nn.Module):
    """With words, and a check."""

    def __init__(self, size: int = 4) -> None:
        super().__init__()
        if size < 1:
            raise ValueError("size")
        self.rnn: nn.RNNBase = nn.RNN(size, size)  # (B, T, H)

    def forward(self, x: Tensor) -> Tensor:
        """More words."""
        start = torch.zeros(3, device=x.device)
        return F.relu(x + positions(4).to(x) + start)
'''
LESSON = """
class Cell(course.nn.Module):
    def __init__(self, size=4):
        super().__init__()
        self.rnn = nn.RNN(size, size)
    def forward(self, x):
        start = torch.zeros(3)
        return nn.functional.relu(x + positions(4) + start)
"""


def stripped(code: str) -> str:
    (node,) = ast.parse(code).body
    assert isinstance(node, FunctionOrClass)
    return code_of(bare(node, {"torch", "nn", "F", "course", "Tensor"}))


def test_words_types_checks_and_devices_do_not_count() -> None:
    assert stripped(KEPT) == stripped(LESSON)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("size=4", "size=5"),
        ("RNN(size, size)", "GRU(size, size)"),
        ("RNN(size, size)", "RNN(size, size, bias=False)"),
        ("+ start", "- start"),
        ("zeros(3)", "zeros(1)"),
        (".relu(", ".gelu("),
        ("self.rnn =", "self.cell ="),
        ("        super().__init__()\n", ""),
        ("course.nn.Module", "Base"),
        ("        start =", "        x = x.clone()\n        start ="),
    ],
)
def test_whatever_changes_a_result_counts(old: str, new: str) -> None:
    assert old in LESSON
    assert stripped(LESSON.replace(old, new)) != stripped(KEPT)


# --- rewritten: the same numbers -----------------------------------------------------------------


def test_patient_gru_starts_like_the_one_of_lesson_3() -> None:
    models = []
    for make in (patient_gru, lesson("03").define("patient_gru")["patient_gru"]):
        torch.manual_seed(0)
        models.append(make(5, 7).state_dict())
    assert models[0].keys() == models[1].keys()
    assert all(torch.equal(models[0][name], models[1][name]) for name in models[0])


@pytest.mark.parametrize("masked", [False, True])
def test_attention_finds_what_the_solution_of_lesson_7_finds(masked: bool) -> None:
    taught = lesson("07").define("attention")["attention"]
    queries, keys, values = torch.randn(2, 3, 4), torch.randn(2, 5, 4), torch.randn(2, 5, 6)
    mask = torch.rand(2, 3, 5) > 0.4 if masked else None
    if mask is not None:
        mask[0, 0] = False  # a query that may look nowhere
    pairs = zip(
        attention(queries, keys, values, mask), taught(queries, keys, values, mask), strict=True
    )
    for ours, theirs in pairs:
        torch.testing.assert_close(ours, theirs)
