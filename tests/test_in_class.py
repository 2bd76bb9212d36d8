"""What README's section "In class" and docs/ tell an instructor to do works."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from helpers import checks
from notebooks.lessons import LESSONS
from tools import ROOT
from tools.setup import environment

README = (ROOT / "README.md").read_text("utf-8")
IN_CLASS = README.partition("\n## In class\n")[2].partition("\n## ")[0]
COMMANDS = [line for block in re.findall(r"^```\n(.*?)^```", IN_CLASS, re.M | re.S)
            for line in block.splitlines()]  # fmt: skip
FIRST = next(iter(LESSONS))
bash = shutil.which("bash")
needs_bash = pytest.mark.skipif(bash is None or os.name != "posix", reason="no bash here")


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """The repository in a folder with blanks and Chinese, installed: .venv's Python is this one."""
    root = tmp_path / "課 程 x"
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache", ".venv*", ".git", "*.egg-info")
    shutil.copytree(ROOT, root, ignore=ignored)

    install(root)
    return root


def install(root: Path) -> None:
    """Make a .venv whose Python is this one, with the note that nothing has to be installed."""

    def pretend(command: Sequence[str], folder: Path) -> None:
        python = environment.venv_python(folder)
        if "venv" in command:
            python.parent.mkdir(parents=True)
            python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', "utf-8")
            python.chmod(0o755)

    environment.install(root, torch="cuda", run=pretend)


def run(command: str, folder: Path, **variables: str) -> str:
    """Run a line of README; return what it printed. `python` is this Python."""
    places = folder.parent / "bin"
    places.mkdir(exist_ok=True)
    if not (places / "python").exists():
        (places / "python").symlink_to(environment.venv_python(folder))
    path = os.pathsep.join([str(places), str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [str(bash), "-ec", command],
        cwd=folder,
        capture_output=True,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(folder), **variables},
    )
    said = (done.stdout + done.stderr).decode(errors="replace")
    assert done.returncode == 0, f"{command}\n{said[-4000:]}"
    return said


@needs_bash
def test_the_evening_as_readme_tells_it(scratch: Path) -> None:
    """Every command of the section, in its order; nbgrader's own where it is installed."""
    assert COMMANDS[0] == "python course.py handout ../course"
    folder = scratch
    for command in COMMANDS:
        if command.startswith("nbgrader ") and not importlib.util.find_spec("nbgrader"):
            continue
        if command.startswith("nbgrader autograde"):
            hand_in(folder)
        if command.startswith("cd "):
            folder = (folder / command[3:]).resolve()
        else:
            run(command, folder, PYTHONPATH=str(scratch))
    assert (scratch.parent / "course.zip").is_file()
    assert (folder / "source" / FIRST / f"{FIRST}.ipynb").is_file()
    if importlib.util.find_spec("nbgrader"):
        assert (folder / "feedback/anna" / FIRST / f"{FIRST}.html").is_file()
        assert f"{FIRST},,,anna," in (folder / "grades.csv").read_text("utf-8")


def hand_in(folder: Path) -> None:
    """What a student called anna handed in, where README says that it belongs."""
    place = "submitted/STUDENT/01_why_sequence_to_sequence/01_why_sequence_to_sequence.ipynb"
    assert place in IN_CLASS
    target = folder / place.replace("STUDENT", "anna")
    target.parent.mkdir(parents=True)
    shutil.copy(folder / "release" / FIRST / f"{FIRST}.ipynb", target)


@needs_bash
@pytest.mark.nightly
def test_a_handouts_own_test_passes_and_says_what_it_left_out(scratch: Path) -> None:
    run("python course.py handout ../course 1 2", scratch)
    out = scratch.parent / "course"
    install(out)
    second = f"notebooks/{[*LESSONS][1]}.ipynb"
    text = (out / second).read_text("utf-8")
    (out / second).write_text(text.replace("NotImplementedError", "ValueError", 1), "utf-8")
    said = run("python course.py test", out)
    assert f"Not compared, because you changed it: {second}" in said
    assert "Not in a handout" in said
    assert re.search(r"^\d+ passed", said, re.M)


def test_what_readme_names_is_there() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert "nbgrader>=0.9.6,<0.10" in extras["optional-dependencies"]["class"]
    for link in re.findall(r"\]\(((?:docs|data)/[^)#]+)", IN_CLASS):
        assert (ROOT / link).is_file(), link
    called = re.search(r"`(checks\.require\(checks\.check_\w+)\(", IN_CLASS)
    assert called
    assert called[1].split(".")[-1] in checks.__all__


def test_require_raises_with_the_hint_unless_right() -> None:
    wrong = checks.check_fixed_size("A", "b")
    with pytest.raises(checks.NotRight, match="not yet: You say that these break: A"):
        checks.require(wrong)
    with pytest.raises(AssertionError, match="not started"):
        checks.require(checks.check_padding_mask(...))
    checks.require(checks.check_fixed_size("CDE", "b"))
    with pytest.raises(checks.NotRight):
        checks.require(checks.check_fixed_size("CDE", "b"), wrong)


# --- the workflow --------------------------------------------------------------------------------

WORKFLOW = yaml.safe_load((ROOT / "docs/class/ci.yml").read_text("utf-8"))
STEPS = WORKFLOW["jobs"]["lessons"]["steps"]


def test_the_workflow_runs_on_three_pythons_and_calls_what_there_is() -> None:
    assert WORKFLOW["jobs"]["lessons"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    said = [step["run"] for step in STEPS if "run" in step]
    assert said[:2] == ["python course.py install", ".venv/bin/python -m notebooks.build --check"]


@needs_bash
@pytest.mark.parametrize(
    ("changed", "base", "tested"),
    [
        (["notebooks/01_a.ipynb"], "HEAD~1", ["notebooks/01_a.ipynb"]),
        (["README.md"], "HEAD~1", []),
        (["helpers/b.py"], "HEAD~1", ["notebooks/01_a.ipynb", "notebooks/02 b 我.ipynb"]),
        (["notebooks/02 b 我.ipynb"], "HEAD~1", ["notebooks/02 b 我.ipynb"]),
        (["README.md"], "0" * 40, ["notebooks/01_a.ipynb", "notebooks/02 b 我.ipynb"]),
    ],
)
def test_the_workflow_tests_the_lessons_that_changed(
    tmp_path: Path, changed: list[str], base: str, tested: list[str]
) -> None:
    """In a repository of two lessons, whose .venv has a Python that only says how it is called."""
    git = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    names = ["notebooks/01_a.ipynb", "notebooks/02 b 我.ipynb", "helpers/b.py", "README.md"]
    python = tmp_path / ".venv/bin/python"
    for path in [*(tmp_path / name for name in names), python]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1", "utf-8")
    python.write_text('#!/bin/sh\nfor one in "$@"; do echo "[$one]"; done\n', "utf-8")
    python.chmod(0o755)
    (tmp_path / ".gitignore").write_text(".venv\n", "utf-8")
    for files in (names, changed):
        for name in files:
            (tmp_path / name).write_text(f"{(tmp_path / name).read_text('utf-8')}1", "utf-8")
        subprocess.run([*git, "init", "-q"], check=True)
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run([*git, "commit", "-qm", "x"], check=True)
    if base == "HEAD~1":
        base = subprocess.check_output([*git, "rev-parse", base], encoding="ascii").strip()
    shown = subprocess.run(
        [str(bash), "-eo", "pipefail", "-c", STEPS[-1]["run"]],
        cwd=tmp_path,
        env={**os.environ, "BASE": base},
        capture_output=True,
        check=True,
        encoding="utf-8",
    ).stdout
    assert re.findall(r"\[(notebooks/.*)\]", shown) == tested
    assert ("[--nbval]" in shown) == bool(tested)


# --- a lesson of one's own -----------------------------------------------------------------------


@needs_bash
def test_a_new_lesson_passes_its_tests(scratch: Path) -> None:
    said = run("python course.py new-lesson beam_search", scratch)
    number = len(LESSONS) + 1
    for path in re.findall(r"^\| `(.*?)` ", (ROOT / "docs/new-lesson.md").read_text("utf-8"), re.M):
        name = path.replace("lesson_NN", f"lesson_{number}").replace("NN", f"{number:02d}")
        assert name in said
        assert (scratch / name).is_file()
    tests = "tests/test_beam_search.py tests/test_nbgrader.py"
    chosen = "beam_search or every_exercise"
    run(f"python -m pytest -q -p no:cacheprovider {tests} -k '{chosen}'", scratch)
    run("python -m ruff check . && python -m ruff format --check .", scratch)
    with pytest.raises(AssertionError, match="there already"):
        run("python course.py new-lesson beam_search", scratch)
    with pytest.raises(AssertionError, match="cannot be a lesson's name"):
        run("python course.py new-lesson ../beam", scratch)


@needs_bash
@pytest.mark.nightly
def test_a_new_lesson_is_built_and_its_outputs_come_out_again(scratch: Path) -> None:
    run("python course.py new-lesson beam_search", scratch)
    number = f"{len(LESSONS) + 1:02d}"
    run(f"python course.py notebooks {number}", scratch)
    books = f"notebooks/{number}_beam_search.ipynb notebooks/solutions/{number}_beam_search.ipynb"
    run(f"python -m pytest -q -p no:cacheprovider --nbval {books}", scratch)
    tests = "tests/test_notebooks.py tests/test_house.py tests/test_lessons.py"
    run(f"python -m pytest -q -p no:cacheprovider {tests}", scratch)
    run("python -m mypy", scratch)
