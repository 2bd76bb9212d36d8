"""notebooks/build.py: split rules, stable ids, pictures of widgets, and `--check`."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import build
import nbformat
import pytest

LESSON = """# A lesson

Prose. 你怎麼敢！

```{code-cell} ipython3
:tags: [keep-me]

print("hello")
```

```{code-cell} ipython3
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
```

```{code-cell} ipython3
answer = ...  # your answer
### BEGIN SOLUTION
answer = 3
### END SOLUTION
```
"""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "01_sample.md").write_text(LESSON, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("built")
    (root / "source").mkdir()
    (root / "source" / "01_sample.md").write_text(LESSON, encoding="utf-8")
    assert build.main(["--root", str(root)]) == 0
    return root


@pytest.fixture
def built(built_once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built_once, tmp_path, dirs_exist_ok=True))


def edit(path: Path, change) -> None:
    notebook = nbformat.read(path, as_version=4)
    change(notebook)
    nbformat.write(notebook, path)


# --- splitting -----------------------------------------------------------------------------------


def test_function_body_becomes_nbgraders_stub() -> None:
    lines = ["def f(x):", "    y = 1", f"    {build.BEGIN}", "    return x + y", f"    {build.END}"]
    cell = "\n".join(lines)
    assert build.split_exercise(cell, solved=False) == (
        "def f(x):\n    y = 1\n    # YOUR CODE HERE\n    raise NotImplementedError"
    )
    assert build.split_exercise(cell, solved=True) == "def f(x):\n    y = 1\n    return x + y"


@pytest.mark.parametrize("stub", ["a = ...", "a = ...  # your answer", "a: float = ...  # in nats"])
@pytest.mark.parametrize("indent", ["", "    "])
def test_own_stub_stays_for_students_and_goes_when_solved(stub: str, indent: str) -> None:
    lines = ["before()", stub, build.BEGIN, "a = 3", build.END, "after(a)"]
    cell = "\n".join(indent + line for line in lines)
    student = build.split_exercise(cell, solved=False)
    assert student.split("\n") == [indent + line for line in ("before()", stub, "after(a)")]
    solved = build.split_exercise(cell, solved=True)
    assert solved.split("\n") == [indent + line for line in ("before()", "a = 3", "after(a)")]


def test_ellipsis_at_another_indentation_is_no_stub() -> None:
    cell = "a = ...\ndef f():\n    ### BEGIN SOLUTION\n    return a\n    ### END SOLUTION"
    assert build.split_exercise(cell, solved=False).endswith("raise NotImplementedError")
    assert build.split_exercise(cell, solved=True).startswith("a = ...")


def test_module_level_region_without_stub_never_stops_the_notebook() -> None:
    cell = "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"
    assert build.split_exercise(cell, solved=False) == "# YOUR CODE HERE"


def test_cell_without_markers_is_left_alone() -> None:
    assert build.split_exercise("x = ...\ny = 2", solved=True) == "x = ...\ny = 2"


@pytest.mark.parametrize(
    "markers",
    ["BEGIN", "END", "END BEGIN", "BEGIN BEGIN END END", "BEGIN END END"],
)
def test_unbalanced_or_nested_markers_name_file_and_cell(markers: str) -> None:
    code = "\n".join(f"### {marker} SOLUTION" for marker in markers.split())
    text = f"# Title\n\n```{{code-cell}} ipython3\nx = 1\n{code}\n```\n"
    with pytest.raises(build.LessonError, match=r"source/07_x\.md, cell 2 \(x-1\): .*SOLUTION"):
        build.make_notebook(text, "07_x", solved=False)


# --- ids -----------------------------------------------------------------------------------------


def test_ids_are_valid_unique_and_shared_by_both_notebooks() -> None:
    text = LESSON + "\n+++\n\n你好\n\n+++\n\n再見\n\n+++\n\n" + "long " * 40 + "\n"
    student, solved = (build.make_notebook(text, "01", s) for s in (False, True))
    ids = [cell.id for cell in student.cells]
    assert ids == [cell.id for cell in solved.cells]
    assert len(set(ids)) == len(ids)
    nbformat.validate(student)
    assert ids[:2] == ["a-lesson", "print-hello"]


def test_inserting_a_cell_keeps_the_other_ids() -> None:
    before = build.make_notebook(LESSON, "01", False)
    fence = "```{code-cell} ipython3\n"
    inserted = f"{fence}new = 1\n```\n\n{fence}print(new)\n```\n\n{fence}def double"
    text = LESSON.replace(f"{fence}def double", inserted)
    ids = [cell.id for cell in build.make_notebook(text, "01", False).cells]
    assert len(ids) == len(before.cells) + 2
    assert [cell.id for cell in before.cells] == [i for i in ids if i not in ("new-1", "print-new")]


def test_counted_ids_do_not_collide_with_written_ones() -> None:
    text = "\n\n+++\n\n".join(["step", "step", "step 2", "step"])
    assert len({cell.id for cell in build.make_notebook(text, "01", False).cells}) == 4


# --- pictures of widgets -------------------------------------------------------------------------


def widget_notebook(children: list[str], picture: bytes = b"\x89PNG") -> nbformat.NotebookNode:
    state = {
        "box": {"model_name": "VBoxModel", "state": {"children": children}},
        "inner": {"model_name": "HBoxModel", "state": {"children": ["IPY_MODEL_image"]}},
        "slider": {"model_name": "IntSliderModel", "state": {"value": 3}},
        "image": {
            "model_name": "ImageModel",
            "state": {"format": "png"},
            "buffers": [{"path": ["value"], "data": base64.b64encode(picture).decode()}],
        },
    }
    data = {"text/plain": "Lab()", "image/png": "old", build.WIDGET_VIEW: {"model_id": "box"}}
    output = nbformat.v4.new_output("display_data", data)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=[output])])
    notebook.metadata["widgets"] = {build.WIDGET_STATE: {"state": state}}
    return notebook


def test_widget_becomes_the_picture_found_depth_first() -> None:
    notebook = widget_notebook(["IPY_MODEL_slider", "IPY_MODEL_inner"], b"picture")
    build.freeze_widgets(notebook)
    data = notebook.cells[0].outputs[0].data
    assert data == {"text/plain": "Lab()", "image/png": base64.b64encode(b"picture").decode()}
    assert "widgets" not in notebook.metadata


def test_a_picture_that_is_an_address_is_stored_too() -> None:
    address = b"data:image/png;base64," + base64.b64encode(b"picture")
    notebook = widget_notebook(["IPY_MODEL_inner"], address)
    build.freeze_widgets(notebook)
    data = notebook.cells[0].outputs[0].data
    assert data["image/png"] == base64.b64encode(b"picture").decode()


def test_widget_without_picture_keeps_its_text() -> None:
    notebook = widget_notebook(["IPY_MODEL_slider"])
    build.freeze_widgets(notebook)
    assert build.WIDGET_VIEW not in notebook.cells[0].outputs[0].data
    assert notebook.cells[0].outputs[0].data["text/plain"] == "Lab()"


def test_a_real_widget_is_stored_as_it_looks_at_the_end(course: Path) -> None:
    code = """import ipywidgets
image = ipywidgets.Image(value=b"first", format="png")
display(ipywidgets.VBox([ipywidgets.IntSlider(), image]))
image.value = b"last"
"""
    text = f"# W\n\n```{{code-cell}} ipython3\n{code}```\n"
    (course / "source" / "01_sample.md").write_text(text, encoding="utf-8")
    assert build.main(["--root", str(course)]) == 0
    notebook = nbformat.read(course / "01_sample.ipynb", as_version=4)
    data = notebook.cells[1].outputs[0].data
    assert base64.b64decode(data["image/png"]) == b"last"
    assert set(data) == {"text/plain", "image/png"}


# --- building and checking -----------------------------------------------------------------------


def test_build_is_stable_and_passes_its_check(built: Path) -> None:
    files = [built / "01_sample.ipynb", built / "solutions" / "01_sample.ipynb"]
    first = [file.read_bytes() for file in files]
    assert build.main(["--root", str(built)]) == 0
    assert [file.read_bytes() for file in files] == first
    assert build.main(["--root", str(built), "--check"]) == 0
    student = json.loads(first[0])
    assert student["cells"][1]["metadata"] == {"tags": ["keep-me"]}
    assert "你怎麼敢".encode() in first[0]
    assert first[0].endswith(b"}\n")
    assert b"\r" not in first[0]
    assert str(built).encode() not in first[0]


EDITS = {
    "source": lambda nb: nb.cells[1].update(source="print('other')"),
    "prose": lambda nb: nb.cells[0].update(source="# Other"),
    "id": lambda nb: nb.cells[1].update(id="other"),
    "tags": lambda nb: nb.cells[1].metadata.update(tags=[]),
    "removed": lambda nb: nb.cells.pop(),
    "added": lambda nb: nb.cells.append(nbformat.v4.new_markdown_cell("more")),
    "never run": lambda nb: nb.cells[1].update(execution_count=None),
    "error": lambda nb: nb.cells[1].outputs.append(nbformat.v4.new_output("error", ename="E")),
}


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("folder", ["", "solutions"])
def test_check_detects_an_edit(built: Path, capsys, name: str, folder: str) -> None:
    edit(built / folder / "01_sample.ipynb", EDITS[name])
    assert build.main(["--root", str(built), "--check"]) == 1
    message = capsys.readouterr().err
    assert "01_sample.ipynb, cell" in message
    assert "make notebooks" in message


def test_check_detects_missing_and_orphaned_notebooks(built: Path, capsys) -> None:
    (built / "01_sample.ipynb").rename(built / "02_other.ipynb")
    assert build.main(["--root", str(built), "--check"]) == 1
    message = capsys.readouterr().err
    assert "01_sample.ipynb, cell 1" in message
    assert "02_other.ipynb has no source/02_other.md" in message


def test_failing_lesson_keeps_its_old_notebook(built: Path, capsys) -> None:
    old = (built / "01_sample.ipynb").read_bytes()
    source = built / "source" / "01_sample.md"
    source.write_text(LESSON.replace('print("hello")', "1 / 0  # here"), encoding="utf-8")
    assert build.main(["--root", str(built)]) == 1
    message = capsys.readouterr().err
    assert "01_sample.ipynb failed in cell 1-0-here" in message
    assert "ZeroDivisionError" in message
    assert (built / "01_sample.ipynb").read_bytes() == old


def test_unknown_lesson_number_names_those_there_are(course: Path, capsys) -> None:
    with pytest.raises(SystemExit):
        build.main(["--root", str(course), "09"])
    assert "01_sample" in capsys.readouterr().err


def test_the_courses_own_notebooks_are_what_their_sources_yield(capsys) -> None:
    assert build.main(["--check"]) == 0, capsys.readouterr().err
