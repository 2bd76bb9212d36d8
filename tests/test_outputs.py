"""Every stored text output comes out again: strict nbval, on machines that are set up otherwise.

*Elsewhere* is the hardest: one thread, a locale without UTF-8, a folder with a blank and Chinese
characters in its path, data that nobody may write, and pytest started from the root of the file
system. Solved notebooks run there each time, each cell twice in a row (cells that train only at
night); students' notebooks run in the browser (it compares their text, too), and here at night, or
where there is no browser. At night also: *as made*, and *plain*, a processor without vector
instructions.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tools import ROOT
from tools.browser.lab import find_chromium
from tools.measured import SANITIZER, mask

NBVAL = [
    *("pytest", "-q", "--nbval", "--nbval-cell-timeout=300", "-p", "no:cacheprovider"),
    f"--nbval-sanitize-with={SANITIZER}",
]
TRAINS = re.compile(r"\b(fit|train\w*)\(")
ELSEWHERE = {"OMP_NUM_THREADS": "1"}
WITHOUT_UTF8 = {
    "LC_ALL": "C",
    "LANG": "C",
    "PYTHONUTF8": "0",  # Python would change LC_ALL=C to UTF-8 by itself; this and the next keep
    "PYTHONCOERCECLOCALE": "0",  # it from doing so
}
# torch cannot be imported from a path that the locale has no letters for. So where .venv lies in a
# folder with a Chinese name, that part of the setting is left to other checkouts.
if sys.prefix.isascii():
    ELSEWHERE |= WITHOUT_UTF8
AS_MADE = {"OMP_NUM_THREADS": "2"}
PLAIN = {"OMP_NUM_THREADS": "2", "ATEN_CPU_CAPABILITY": "default"}

NAMES = sorted(path.name for path in ROOT.glob("notebooks/[0-9]*.ipynb"))
LESSONS = [f"notebooks/{name}" for name in NAMES]
SOLVED = [f"notebooks/solutions/{name}" for name in NAMES]
elsewhere_too = [pytest.mark.nightly] if find_chromium() else []
by_name = {"ids": lambda name: name.removeprefix("notebooks/").removesuffix(".ipynb")}


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Notebooks, helpers and data, without write permission on the data."""
    root = tmp_path_factory.mktemp("elsewhere") / "課程 copy"
    for name in ("helpers", "data", "notebooks"):
        ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
        shutil.copytree(ROOT / name, root / name, ignore=ignored)
    for path in [root / "data", *root.glob("data/**/*")]:
        path.chmod(path.stat().st_mode & ~0o222)
    return root


def python(root: Path, variables: dict[str, str], *arguments: str | Path) -> tuple[int, str]:
    """Run Python from the root of the file system; return its exit code and what it printed."""
    environment = {**os.environ, **variables, "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd="/",
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return done.returncode, done.stdout.decode(errors="replace")


def check(root: Path, variables: dict[str, str], notebook: str) -> None:
    """Fail if a notebook's text does not come out as it is stored."""
    code, shown = python(root, variables, "-m", *NBVAL, root / notebook)
    assert code == 0, shown[-20_000:]


def state_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Bytes and time of change of every file: root is not stopped by permissions."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.glob("**/*")
        if path.is_file()
    }


def run_twice(notebook: Path, training: bool) -> str:
    """Write each cell twice in a row into a copy beside the notebook; return the copy's path.

    training: cells that train, too.
    """
    document = nbformat.read(notebook, as_version=4)
    twice = []
    for cell in document.cells:
        twice.append(cell)
        if cell.cell_type == "code" and (training or not TRAINS.search(cell.source)):
            twice.append(nbformat.from_dict({**cell, "id": cell.id[:56] + "-again"}))
    document.cells = twice
    copy = notebook.with_stem(f"{notebook.stem}_twice")
    nbformat.write(document, copy)
    return copy.as_posix()


@pytest.mark.parametrize(
    ("notebook", "training"),
    [
        *((name, False) for name in SOLVED),
        *(pytest.param(name, True, marks=pytest.mark.nightly) for name in SOLVED),
    ],
    ids=lambda value: by_name["ids"](value) if isinstance(value, str) else f"training={value}",
)
def test_it_shows_the_same_text_elsewhere_and_each_cell_a_second_time(
    elsewhere: Path, notebook: str, training: bool
) -> None:
    """Fails if a lesson opens a file in the locale's encoding, relies on the folder it was made
    in, writes into data/, or prints what another number of threads computes otherwise; and if a
    cell cannot run again, or shows other text then.
    """
    before = state_of(elsewhere / "data")
    check(elsewhere, ELSEWHERE, run_twice(elsewhere / notebook, training))
    assert state_of(elsewhere / "data") == before


@pytest.mark.parametrize(
    "notebook", [pytest.param(lesson, marks=elsewhere_too) for lesson in LESSONS], **by_name
)
def test_a_students_notebook_shows_the_same_text_elsewhere(elsewhere: Path, notebook: str) -> None:
    check(elsewhere, ELSEWHERE, notebook)


STORED = "~ 96 % of 200, gradient ~3.1e-05, bias ~ \u22120.2, ~ 4 \u00d7 10\u207b\u00b3: yes"
OTHER_NUMBERS = "   ~ 4.5 % of 200, gradient ~inf, bias ~+12,000, ~ 17: yes"
OTHER_TEXT = [
    STORED.replace(before, after)
    for before, after in [("yes", "no"), ("200", "201"), ("t ~", "t -~"), ("~3", "3"), ("%", "‰")]
]


@pytest.mark.parametrize(
    ("shown", "verdict"), [([OTHER_NUMBERS], "1 passed"), (OTHER_TEXT, "5 failed")]
)
def test_a_measured_number_may_differ_and_nothing_else_may(
    tmp_path: Path, shown: list[str], verdict: str
) -> None:
    """Fails if the sanitizer masks too little or too much, or the browser's test another thing."""
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )
    for text in shown:
        stored = nbformat.v4.new_output("stream", name="stdout", text=f"{STORED}\n")
        cell = nbformat.v4.new_code_cell(f"print({text!r})", outputs=[stored], execution_count=1)
        notebook.cells.append(cell)
    nbformat.write(notebook, tmp_path / "lesson.ipynb")
    _, said = python(ROOT, AS_MADE, "-m", *NBVAL, tmp_path / "lesson.ipynb")
    assert verdict in said, said
    assert {mask(text) == mask(STORED) for text in shown} == {verdict == "1 passed"}


@pytest.mark.nightly
@pytest.mark.parametrize("notebook", [*SOLVED, *LESSONS], **by_name)
def test_it_shows_the_same_text_as_made(notebook: str) -> None:
    check(ROOT, AS_MADE, notebook)


@pytest.mark.nightly
@pytest.mark.parametrize("notebook", SOLVED, **by_name)
def test_it_shows_the_same_text_on_a_plain_processor(notebook: str) -> None:
    check(ROOT, PLAIN, notebook)
