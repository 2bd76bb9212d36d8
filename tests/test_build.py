"""notebooks/build.py: what it stores, that it is stable, and `--check`."""

from __future__ import annotations

import base64
import io
import json
import shutil
from pathlib import Path

import nbformat
import pytest
from PIL import Image, ImageDraw

from notebooks import build

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


PICTURE = """import io
import ipywidgets
from PIL import Image

def png(colour):
    file = io.BytesIO()
    Image.new("RGB", (400, 300), colour).save(file, "PNG")
    return file.getvalue()
"""


def store(course: Path, code: str) -> nbformat.NotebookNode:
    """The built student's notebook of a lesson with one code cell."""
    text = f"# W\n\n```{{code-cell}} ipython3\n{code}```\n"
    (course / "source" / "01_sample.md").write_text(text, encoding="utf-8")
    assert build.main(["--root", str(course)]) == 0
    return nbformat.read(course / "01_sample.ipynb", as_version=4)


def test_a_real_widget_is_stored_as_it_looks_at_the_end(course: Path) -> None:
    code = f"""{PICTURE}
image = ipywidgets.Image(value=png("red"), format="png")
display(ipywidgets.VBox([ipywidgets.IntSlider(), image]))
image.value = png("blue")
"""
    data = store(course, code).cells[1].outputs[0].data
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert picture.convert("RGB").getpixel((200, 150)) == (0, 0, 255)
    assert picture.mode == "P"  # stored with a palette
    assert set(data) == {"text/plain", "image/png"}


def test_a_rebuild_keeps_the_bytes_of_a_picture_that_looks_the_same(course: Path) -> None:
    def code(shown: str) -> str:
        return f"{PICTURE}\nipywidgets.Image(value=png({shown!r}), format='png')\n"

    def png() -> str:
        return nbformat.read(target, as_version=4).cells[1].outputs[0].data["image/png"]

    target = course / "01_sample.ipynb"
    store(course, code("#884422"))
    planted = Image.new("RGB", (400, 300), "#894422").quantize(2)
    file = io.BytesIO()
    planted.save(file, "PNG", compress_level=0)
    stored = base64.b64encode(file.getvalue()).decode()
    edit(target, lambda nb: nb.cells[1].outputs[0].data.update({"image/png": stored}))
    store(course, code("#884422"))
    assert png() == stored
    store(course, code("#8c4422"))
    assert png() != stored


def test_shrinking_changes_nothing_but_pictures(built: Path) -> None:
    file = io.BytesIO()
    picture = Image.new("RGB", (300, 200), "white")
    ImageDraw.Draw(picture).text((20, 20), "attention", "black", font_size=40)
    picture.save(file, "PNG")
    png = base64.b64encode(file.getvalue()).decode()
    output = nbformat.v4.new_output("display_data", {"text/plain": "Lab()", "image/png": png})
    edit(built / "01_sample.ipynb", lambda nb: nb.cells[1].outputs.append(output))
    before = nbformat.read(built / "01_sample.ipynb", as_version=4)
    assert build.main(["--root", str(built), "--shrink"]) == 0
    after = nbformat.read(built / "01_sample.ipynb", as_version=4)
    assert len(after.cells[1].outputs[-1].data.pop("image/png")) < len(png)
    before.cells[1].outputs[-1].data.pop("image/png")
    assert after == before


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
        build.main(["--root", str(course), "10"])
    assert "01_sample" in capsys.readouterr().err


def test_the_courses_own_notebooks_are_what_their_sources_yield(capsys) -> None:
    assert build.main(["--check"]) == 0, capsys.readouterr().err
