"""The handout holds what students need and nothing else; an update loses nothing of theirs."""

from __future__ import annotations

import copy
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from notebooks.lessons import BEGIN, LESSONS
from tools import ROOT
from tools.classroom import check_handout, handout, update
from tools.setup import SetupError

STUB = re.compile(r"NotImplementedError|= \.\.\.")
FIRST, SECOND = (f"notebooks/{name}.ipynb" for name in [*LESSONS][:2])


def course(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run course.py with a Python that has no packages, and a home folder without Jupyter."""
    return subprocess.run(
        [sys.executable, "-S", str(root / "course.py"), *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=root.parent,
        env={**os.environ, "HOME": str(root.parent), "PYTHONIOENCODING": "utf-8"},
    )


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A handout in a folder with blanks and Chinese characters."""
    out = tmp_path_factory.mktemp("class") / "課 程 x"
    done = course(ROOT, "handout", str(out))
    assert done.returncode == 0, done.stderr
    assert f"The handout is {out}, with {len(LESSONS)} lessons" in done.stdout
    return out


@pytest.fixture(scope="session")
def newer(made: Path) -> Path:
    """The next version: a cell edited, one new, one gone, an exercise and a helper changed."""
    out = made.with_name("newer")
    shutil.copytree(made, out)
    manifest = update.read_manifest(out)
    manifest["version"] = "the next one"
    for name in manifest["cells"]:
        notebook = json.loads((out / name).read_text("utf-8"))
        cells = notebook["cells"]
        texts = [cell for cell in cells if cell["cell_type"] == "markdown"]
        texts[1]["source"] = ["Said better."]
        cells.remove(texts[-1])
        stub = next(cell for cell in cells if STUB.search("".join(cell["source"])))
        stub["source"] = ["# now with a hint\n", *stub["source"]]
        place = cells.index(texts[2])
        cells.insert(place + 1, {**markdown("A new paragraph."), "id": "a-new-paragraph"})
        (out / name).write_text(json.dumps(notebook), "utf-8")
        manifest["cells"][name] = update.cell_digests(notebook)
    helper = out / "helpers/metrics.py"
    helper.write_text(helper.read_text("utf-8") + "\n# repaired\n", "utf-8")
    (out / "helpers/more.py").write_text("MORE = 1\n", "utf-8")
    (out / "helpers/typed_text.py").unlink()
    del manifest["files"]["helpers/typed_text.py"]
    for path in ("helpers/more.py", "helpers/metrics.py", *manifest["cells"]):
        manifest["files"][path] = update.digest((out / path).read_bytes())
    (out / update.MANIFEST).write_text(json.dumps(manifest), "utf-8")
    return out


@pytest.fixture
def mine(made: Path, tmp_path: Path) -> Path:
    """A student's copy."""
    return Path(shutil.copytree(made, tmp_path / "my course 我"))


def markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": [text]}


def edit(root: Path, name: str, change: Callable[[list[dict[str, Any]]], object]) -> None:
    notebook = json.loads((root / name).read_text("utf-8"))
    change(notebook["cells"])
    (root / name).write_text(json.dumps(notebook, ensure_ascii=False, indent=1), "utf-8")


def sources(root: Path, name: str = FIRST) -> list[str]:
    notebook = json.loads((root / name).read_text("utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"]]


# --- the handout ---------------------------------------------------------------------------------


def test_it_holds_no_solutions_sources_or_catalogues(made: Path) -> None:
    names = {path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()}
    assert {f"notebooks/{name}.ipynb" for name in LESSONS} <= names
    for part in ("solutions", "source/", "tests/", "exercises", "benchmarks", ".ipynb_checkpoints"):
        assert not [name for name in names if part in name]
    assert not [name for name in names if BEGIN in (made / name).read_text("utf-8", "replace")
                and not name.startswith("helpers/")]  # fmt: skip
    assert set(update.read_manifest(made)["files"]) == names - {update.MANIFEST}


def test_it_says_its_version(made: Path) -> None:
    assert f"version {update.read_manifest(made)['version']}." in (made / "README.md").read_text(
        "utf-8"
    )


def test_the_zip_file_holds_the_same(made: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(made.with_name(f"{made.name}.zip")) as archive:
        archive.extractall(tmp_path)
    assert update.read_manifest(tmp_path / made.name) == update.read_manifest(made)


def test_only_some_lessons_can_be_handed_out(tmp_path: Path) -> None:
    done = course(ROOT, "handout", str(tmp_path / "two"), "1", "02")
    assert "with 2 lessons" in done.stdout
    found = sorted(path.name for path in (tmp_path / "two/notebooks").glob("*.ipynb"))
    assert [f"notebooks/{name}" for name in found] == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["handout", "."], "is there already and is no handout"),
        (["handout", "no-such-folder", "99"], "There is no lesson 99"),
        (["update"], "invalid choice: 'update'"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: list[str], said: str) -> None:
    done = course(ROOT, *arguments)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_its_commands_are_those_that_work_in_it(made: Path) -> None:
    shown = course(made, "--help").stdout
    assert "update course.zip" in shown
    assert "new-lesson" not in shown
    targets = [line for line in (made / "Makefile").read_text("utf-8").splitlines() if "##" in line]
    assert [line.split(":")[0] for line in targets if line[0].islower()] == [*handout.TARGETS]


def test_it_imports_without_what_is_not_in_it(made: Path) -> None:
    """Fails if a helper that is handed out needs something that is not."""
    code = "from helpers import checks, training, words; import tools.classroom.check_handout"
    subprocess.run([sys.executable, "-c", code], cwd=made, check=True, env={**os.environ,
                   "PYTHONPATH": str(made)})  # fmt: skip


def test_its_tests_are_the_lessons_that_are_unchanged(mine: Path) -> None:
    edit(mine, SECOND, lambda cells: cells.append(markdown("mine")))
    same, changed = check_handout.sort_lessons(mine)
    assert changed == [SECOND]
    assert len(same) == len(LESSONS) - 1


# --- the update ----------------------------------------------------------------------------------


def test_what_nobody_changed_becomes_the_newer_handout(mine: Path, newer: Path) -> None:
    done = course(mine, "update", str(newer))
    assert done.returncode == 0, done.stderr
    assert "to version the next one." in done.stdout
    assert "helpers/metrics.py: renewed." in done.stdout
    assert "helpers/typed_text.py: is no longer part of the course, and gone." in done.stdout
    for name in [*update.read_manifest(newer)["files"], update.MANIFEST]:
        assert (mine / name).read_bytes() == (newer / name).read_bytes()
    assert not (mine / update.KEPT).exists()
    assert course(mine, "update", str(newer)).stdout.endswith("nothing was changed.\n")


def test_an_answer_stays_and_the_rest_of_the_lesson_is_renewed(mine: Path, newer: Path) -> None:
    def solve(cells: list[dict[str, Any]]) -> None:
        cell = next(cell for cell in cells if "NotImplementedError" in "".join(cell["source"]))
        cell["source"] = "def encode(sentence, id_of):\n    return 我"

    edit(mine, FIRST, solve)
    before = (mine / FIRST).read_bytes()
    said = update.update(str(newer), mine)
    [sentence] = [one for one in said if one.startswith(FIRST)]
    assert "what you wrote stays, the rest is renewed" in sentence
    found = sources(mine)
    assert {"Said better.", "A new paragraph."} <= {*found}
    place = found.index("def encode(sentence, id_of):\n    return 我")
    assert found[place - 1].startswith("# now with a hint"), "the newer stub comes first"
    [kept] = mine.glob(f"{update.KEPT}/*/{FIRST}")
    assert kept.read_bytes() == before
    again = update.update(str(newer), mine)
    assert again[-1].endswith("nothing was changed.")
    assert sources(mine) == found


@pytest.mark.parametrize(
    "change",
    [
        {"cell_type": "raw"},
        {"metadata": {"tags": ["for-the-exam"]}},
        {"attachments": {"photo.png": {"image/png": "iVBORw0KGgo="}}},
    ],
)
def test_a_tag_a_picture_and_another_kind_of_cell_are_the_students_too(
    mine: Path, newer: Path, change: dict[str, Any]
) -> None:
    edit(mine, FIRST, lambda cells: cells[0].update(change))
    update.update(str(newer), mine)
    cell = json.loads((mine / FIRST).read_text("utf-8"))["cells"][0]
    assert {key: cell[key] for key in change} == change


def test_a_lesson_that_was_only_run_is_renewed(mine: Path, newer: Path) -> None:
    edit(mine, FIRST, lambda cells: [cell.update(outputs=[], execution_count=7) for cell in cells
                                     if cell["cell_type"] == "code"])  # fmt: skip
    update.update(str(newer), mine)
    assert (mine / FIRST).read_bytes() == (newer / FIRST).read_bytes()


def test_other_changed_files_stay_and_the_newer_one_is_beside_them(mine: Path, newer: Path) -> None:
    helper = mine / "helpers/metrics.py"
    helper.write_text("MINE = 1\n", "utf-8")
    (mine / "helpers/more.py").write_text("MINE = 2\n", "utf-8")
    (mine / "helpers/typed_text.py").write_text("MINE = 3\n", "utf-8")
    (mine / SECOND).write_text("{ no notebook 我", "utf-8")
    said = "\n".join(update.update(str(newer), mine))
    assert helper.read_text("utf-8") == "MINE = 1\n"
    assert "# repaired" in (mine / "helpers/metrics.new.py").read_text("utf-8")
    assert (mine / "helpers/more.py").read_text("utf-8") == "MINE = 2\n"
    assert (mine / "helpers/typed_text.py").read_text("utf-8") == "MINE = 3\n"
    assert "no longer part of the course; you changed it, so it stays" in said
    assert (mine / SECOND).read_text("utf-8") == "{ no notebook 我"
    assert "it cannot be read as a notebook, so it stays" in said


def checkpoint(root: Path, name: str, seconds: float) -> Path:
    """A checkpoint with other text, that many seconds newer than its notebook."""
    path = root / name
    target = path.parent / ".ipynb_checkpoints" / f"{path.stem}-checkpoint.ipynb"
    target.parent.mkdir(exist_ok=True)
    target.write_text(
        path.read_text("utf-8").replace('"cells"', '"typed": "我",\n "cells"', 1), "utf-8"
    )
    os.utime(target, (time.time() + 1, path.stat().st_mtime + seconds))
    return target


@pytest.mark.parametrize(("seconds", "stays"), [(5, True), (-5, False)])
def test_a_notebook_with_a_newer_checkpoint_is_left_alone(
    mine: Path, newer: Path, seconds: float, stays: bool
) -> None:
    before, saved = (mine / FIRST).read_bytes(), checkpoint(mine, FIRST, seconds).read_bytes()
    said = "\n".join(update.update(str(newer), mine))
    assert ((mine / FIRST).read_bytes() == before) == stays
    assert (mine / FIRST).with_suffix(".new.ipynb").exists() == stays
    assert ("may be open" in said) == stays
    assert checkpoint(mine, FIRST, seconds).read_bytes()
    assert b"typed" in saved


def test_while_jupyter_shows_the_folder_nothing_that_may_be_open_changes(
    mine: Path, newer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    (tmp_path / "runtime").mkdir()
    checkpoint(mine, FIRST, -5)
    before = (mine / FIRST).read_bytes()
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        about = {"port": server.getsockname()[1], "root_dir": str(mine.parent)}
        (tmp_path / "runtime/jpserver-1.json").write_text(json.dumps(about), "utf-8")
        said = update.update(str(newer), mine)
        assert "--saved" in said[-1]
        assert (mine / FIRST).read_bytes() == before
        assert (mine / SECOND).read_bytes() == (newer / SECOND).read_bytes()


def test_in_a_git_repository_it_does_the_same(mine: Path, newer: Path) -> None:
    git = ["git", "-C", str(mine), "-c", "user.name=s", "-c", "user.email=s@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "as handed out"], check=True)
    edit(mine, FIRST, lambda cells: cells.append(markdown("我寫的")))
    subprocess.run([*git, "commit", "-qam", "mine"], check=True)
    edit(mine, FIRST, lambda cells: cells.append(markdown("not committed")))
    assert course(mine, "update", str(newer)).returncode == 0
    assert {"我寫的", "not committed", "Said better."} <= {*sources(mine)}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "Say where the newer handout is"),
        ("nothing.zip", "There is no file nothing.zip"),
        (str(ROOT / "course.py"), "is no zip file that can be read"),
        (str(ROOT), "is no handout of this course"),
        ("http://127.0.0.1:9/course.zip", "cannot be fetched"),
    ],
)
def test_a_handout_that_cannot_be_had_changes_nothing(mine: Path, source: str, said: str) -> None:
    before = (mine / update.MANIFEST).read_bytes()
    with pytest.raises(SetupError, match=said):
        update.update(source, mine)
    assert (mine / update.MANIFEST).read_bytes() == before


def test_a_manifest_cannot_name_a_file_elsewhere(mine: Path, newer: Path, tmp_path: Path) -> None:
    bad = Path(shutil.copytree(newer, tmp_path / "bad"))
    manifest = update.read_manifest(bad)
    manifest["files"]["../outside.txt"] = "0"
    (bad / update.MANIFEST).write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(SetupError, match="outside of its folder"):
        update.update(str(bad), mine)


# --- twenty students -----------------------------------------------------------------------------


class Student:
    """Changes notebooks as students do, and remembers every text that was typed."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root, self.random, self.number = root, random.Random(seed), 0
        self.typed: list[str] = []

    def text(self) -> str:
        self.number += 1
        words = self.random.choices(
            ["x = 1", "我的", "# note", "def f(x):", "\t'\"\\n{}", "é"], k=4
        )
        self.typed.append(f"{' '.join(words)} <{self.number}>")
        return self.typed[-1]

    def change(self, cells: list[dict[str, Any]]) -> None:
        for _ in range(self.random.randint(1, 12)):
            kind = self.random.choice(["edit", "add", "delete", "move", "rename", "copy", "kind"])
            place = self.random.randrange(len(cells))
            cell = cells[place]
            lines = "".join(cell["source"])
            is_typed = any(text in lines for text in self.typed)
            if kind == "edit":
                cell["source"] = f"{lines}\n{self.text()}".splitlines(keepends=True)
            elif kind == "add":
                cells.insert(place, {**markdown(self.text()), "id": f"mine-{self.number}"})
            elif kind == "delete" and not is_typed and len(cells) > 3:
                del cells[place]
            elif kind == "move":
                cells.insert(self.random.randrange(len(cells)), cells.pop(place))
            elif kind == "rename":
                cell["id"] = f"renamed-{self.random.random()}"[:20]
            elif kind == "copy":
                cells.insert(place, copy.deepcopy(cell))  # with the same id, as by hand
            elif kind == "kind" and cell["cell_type"] == "markdown":
                cell["cell_type"] = "raw"

    def work(self) -> None:
        """Work on lessons, a helper, a table, notes; with git or not, saved or not, by chance."""
        for name in update.read_manifest(self.root)["cells"]:
            if self.random.random() < 0.8:
                edit(self.root, name, self.change)
            if self.random.random() < 0.2:
                saved = checkpoint(self.root, name, self.random.choice([-9, 9]))
                saved.write_text(saved.read_text("utf-8").replace("我", self.word(), 1), "utf-8")
        for path in ("helpers/metrics.py", "data/translation.tsv", "my_notes.txt", "README.md"):
            if self.random.random() < 0.5:
                file = self.root / path
                text = file.read_text("utf-8") if file.exists() else ""
                file.write_text(f"{text}{self.text()}\n", "utf-8")
        if self.random.random() < 0.3:
            (self.root / SECOND).unlink(missing_ok=True)
            self.typed = [text for text in self.typed if text in self.everything()]
        if self.random.random() < 0.5:
            subprocess.run(["git", "init", "-q", str(self.root)], check=True)

    def word(self) -> str:
        self.number += 1
        self.typed.append(f"unsaved <{self.number}>")
        return self.typed[-1]

    def everything(self) -> str:
        """All text outside of what the update sets aside: a notebook's by cell."""
        found = []
        for path in sorted(self.root.rglob("*")):
            kept = {update.KEPT, ".git"} & {*path.parts}
            if not path.is_file() or kept or path.suffix in (".otf", ".pt", ".png"):
                continue
            text = path.read_text("utf-8", "replace")
            found.append(text)
            if path.suffix == ".ipynb":
                found += ["".join(cell["source"]) for cell in json.loads(text)["cells"]]
        return "\n".join(found)


@pytest.mark.parametrize("seed", range(20))
def test_an_update_loses_not_one_character_that_a_student_typed(
    mine: Path, newer: Path, seed: int
) -> None:
    student = Student(mine, seed)
    student.work()
    cells = {name: [text for text in sources(mine, name) if "<" in text and ">" in text]
             for name in update.read_manifest(mine)["cells"] if (mine / name).exists()}  # fmt: skip
    assert student.typed
    for _ in range(2):  # a second time nothing more happens
        said = update.update(str(newer), mine)
        assert said
        everything = student.everything()
        assert not [text for text in student.typed if text not in everything]
        for name, typed in cells.items():  # in the same notebook, whole, in the same order
            mine_now = iter(sources(mine, name))
            wanted = [text for text in typed if any(part in text for part in student.typed)]
            assert all(text in mine_now for text in wanted)
        for name in cells:
            ids = [c.get("id") for c in json.loads((mine / name).read_text("utf-8"))["cells"]]
            if (mine / name).read_bytes() != b"" and not (mine / name).with_suffix(
                ".new.ipynb"
            ).exists():
                assert len({*ids}) == len(ids)
