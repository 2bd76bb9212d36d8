"""notebooks/lessons.py: solutions and stubs, stable ids, definitions, links."""

from __future__ import annotations

import ast
import re
from urllib.parse import unquote

import pytest

from notebooks.lessons import BEGIN, END, LESSONS, Lesson, LessonError, lesson, split_exercise
from tools import ROOT
from tools.reading_time import estimate, promised

LESSON = """# A lesson

Prose. 你怎麼敢！ [Another](02_other.ipynb#A-place), `[not](a.link)`.

```{code-cell} ipython3
:tags: [keep-me]

import math
from math import sqrt
trained = 1 / 0  # what takes minutes
```

## A place with `code`

```{code-cell} ipython3
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
```

```python
def not_a_cell(): ...
```

```{code-cell} ipython3
other = 0
answer = ...  # your answer
### BEGIN SOLUTION
answer = [3 for n in "x"]
### END SOLUTION


class Root:
    fence = "It holds a ``` fence"
    def of(self, x, start=double(1)):
        return sqrt(double(x)) + start + math.pi + trained
```
"""
SAMPLE = Lesson("01_sample", LESSON)
README = (ROOT / "README.md").read_text("utf-8").splitlines()


# --- splitting -----------------------------------------------------------------------------------


def test_function_body_becomes_nbgraders_stub() -> None:
    lines = ["def f(x):", "    y = 1", f"    {BEGIN}", "    return x + y", f"    {END}"]
    cell = "\n".join(lines)
    assert split_exercise(cell, solved=False) == (
        "def f(x):\n    y = 1\n    # YOUR CODE HERE\n    raise NotImplementedError"
    )
    assert split_exercise(cell, solved=True) == "def f(x):\n    y = 1\n    return x + y"


@pytest.mark.parametrize("stub", ["a = ...", "a = ...  # your answer", "a: float = ...  # in nats"])
@pytest.mark.parametrize("indent", ["", "    "])
def test_own_stub_stays_for_students_and_goes_when_solved(stub: str, indent: str) -> None:
    lines = ["before()", stub, BEGIN, "a = 3", END, "after(a)"]
    cell = "\n".join(indent + line for line in lines)
    student = split_exercise(cell, solved=False)
    assert student.split("\n") == [indent + line for line in ("before()", stub, "after(a)")]
    solved = split_exercise(cell, solved=True)
    assert solved.split("\n") == [indent + line for line in ("before()", "a = 3", "after(a)")]


def test_ellipsis_at_another_indentation_is_no_stub() -> None:
    cell = "a = ...\ndef f():\n    ### BEGIN SOLUTION\n    return a\n    ### END SOLUTION"
    assert split_exercise(cell, solved=False).endswith("raise NotImplementedError")
    assert split_exercise(cell, solved=True).startswith("a = ...")


def test_module_level_region_without_stub_never_stops_the_notebook() -> None:
    cell = "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"
    assert split_exercise(cell, solved=False) == "# YOUR CODE HERE"


def test_cell_without_markers_is_left_alone() -> None:
    assert split_exercise("x = ...\ny = 2", solved=True) == "x = ...\ny = 2"


@pytest.mark.parametrize(
    "markers",
    ["BEGIN", "END", "END BEGIN", "BEGIN BEGIN END END", "BEGIN END END"],
)
def test_unbalanced_or_nested_markers_name_file_and_cell(markers: str) -> None:
    code = "\n".join(f"### {marker} SOLUTION" for marker in markers.split())
    text = f"# Title\n\n```{{code-cell}} ipython3\nx = 1\n{code}\n```\n"
    with pytest.raises(LessonError, match=r"source/07_x\.md, cell 2 \(x-1\): .*SOLUTION"):
        _ = Lesson("07_x", text).cells


# --- ids -----------------------------------------------------------------------------------------


def test_ids_are_unique_and_say_what_the_cell_is() -> None:
    text = LESSON + "\n+++\n\n你好\n\n+++\n\n再見\n\n+++\n\n" + "long " * 40 + "\n"
    ids = [cell.id for cell in Lesson("01", text).cells]
    assert len(set(ids)) == len(ids)
    assert ids[:4] == ["a-lesson", "import-math", "a-place-with-code", "def-double-x"]
    assert max(map(len, ids)) <= 48


def test_inserting_a_cell_keeps_the_other_ids() -> None:
    before = [cell.id for cell in SAMPLE.cells]
    fence = "```{code-cell} ipython3\n"
    inserted = f"{fence}new = 1\n```\n\n{fence}print(new)\n```\n\n{fence}def double"
    text = LESSON.replace(f"{fence}def double", inserted)
    ids = [cell.id for cell in Lesson("01", text).cells]
    assert len(ids) == len(before) + 2
    assert before == [i for i in ids if i not in ("new-1", "print-new")]


def test_counted_ids_do_not_collide_with_written_ones() -> None:
    text = "\n\n+++\n\n".join(["step", "step", "step 2", "step"])
    assert len({cell.id for cell in Lesson("01", text).cells}) == 4


# --- cells, headings, links ----------------------------------------------------------------------


def test_cells_have_their_kind_tags_and_heading() -> None:
    kinds = [cell.cell_type for cell in SAMPLE.cells]
    assert kinds == ["markdown", "code", "markdown", "code", "markdown", "code"]
    assert SAMPLE.cells[1].tags == ("keep-me",)
    headings = [cell.heading for cell in SAMPLE.cells]
    assert headings == ["A lesson"] * 2 + ["A place with code"] * 4
    assert [cell.is_exercise for cell in SAMPLE.code_cells] == [False, True, True]


def test_links_and_headings_are_those_that_a_reader_sees() -> None:
    assert SAMPLE.links() == ["02_other.ipynb#A-place"]
    assert SAMPLE.headings() == ["A lesson", "A place with code"]


@pytest.mark.parametrize("name", LESSONS)
def test_links_between_lessons_lead_to_a_heading_that_exists(name: str) -> None:
    for link in LESSONS[name].links():
        if (file := re.fullmatch(r"([^/:#]+)\.ipynb(?:#(.+))?", link)) is None:
            assert link.startswith("https://"), link
            continue
        target, anchor = file.groups()
        assert target in LESSONS, link
        if anchor:
            headings = {text.replace(" ", "-") for text in LESSONS[target].headings()}
            assert unquote(anchor) in headings, link


def test_a_lesson_is_found_by_its_number_or_name() -> None:
    assert lesson("05") is lesson("05_lstm_gates") is LESSONS["05_lstm_gates"]
    with pytest.raises(LessonError, match="no lesson 5; there are: 01_"):
        lesson("5")


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_takes_the_minutes_that_it_promises_and_its_core_75_at_most(name: str) -> None:
    told, found = promised(LESSONS[name]), estimate(LESSONS[name])
    assert told, "the header says: About 60 minutes; 15 more under Further."
    assert told.core <= 75
    assert found.core <= told.core + 3
    assert found.core >= told.core - 15
    assert abs(found.further - told.further) <= 5
    row = next(row for row in README if f"(notebooks/{name}.ipynb)" in row)
    assert row.endswith(f"| {told.core} + {told.further} |")


# --- definitions ---------------------------------------------------------------------------------


def test_definitions_are_the_functions_classes_and_variables_of_the_cells() -> None:
    found = SAMPLE.definitions()
    assert set(found) == {"trained", "double", "answer", "other", "Root"}
    assert found["double"].cell is SAMPLE.cells[3]
    assert ast.unparse(found["double"].node) == "def double(x):\n    return 2 * x"
    assert "NotImplementedError" in ast.unparse(SAMPLE.definitions(solved=False)["double"].node)


def test_a_definition_runs_with_what_it_needs_and_nothing_else() -> None:
    names = SAMPLE.define("Root", given={"trained": 1.0, "math": type("", (), {"pi": 10})})
    assert names["Root"]().of(2) == 2 + 2 + 10 + 1
    assert "answer" not in names
    assert set(SAMPLE.define("double")) == {"double", "__builtins__"}


def test_a_variable_runs_when_it_is_named() -> None:
    assert SAMPLE.define("answer")["answer"] == [3]
    assert SAMPLE.define("answer", solved=False)["answer"] is ...
    with pytest.raises(ZeroDivisionError):
        SAMPLE.define("trained")


def test_a_stub_raises_as_it_does_for_the_student() -> None:
    with pytest.raises(NotImplementedError):
        SAMPLE.define("double", solved=False)["double"](1)


def test_without_names_all_functions_and_classes_are_defined() -> None:
    names = SAMPLE.define()
    assert {"double", "Root", "sqrt", "math"} <= set(names)
    assert not {"answer", "trained"} & set(names)


def test_a_name_that_the_lesson_does_not_define_is_an_error() -> None:
    with pytest.raises(LessonError, match="01_sample does not define treble"):
        SAMPLE.define("double", "treble")
