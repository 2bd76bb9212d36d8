"""Every stored text output comes out again: strict nbval, on machines that are set up otherwise.

*Elsewhere* is the hardest: one thread, a locale without UTF-8, a folder with a blank and Chinese
characters in its path, data that nobody may write, and pytest started from the root of the file
system. Solved notebooks run there each time; students' notebooks run in the browser (it compares
their text, too), and here at night, or where there is no browser. At night also: *as made*, and
*plain*, a processor without vector instructions.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import ROOT
from tools.browser.lab import find_chromium

NBVAL = ["pytest", "-q", "--nbval", "--nbval-cell-timeout=300", "-p", "no:cacheprovider"]
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


@pytest.mark.parametrize(
    "notebook",
    [*SOLVED, *(pytest.param(lesson, marks=elsewhere_too) for lesson in LESSONS)],
    **by_name,
)
def test_it_shows_the_same_text_elsewhere(elsewhere: Path, notebook: str) -> None:
    """Fails if a lesson opens a file in the locale's encoding, relies on the folder it was made
    in, writes into data/, or prints what another number of threads computes otherwise.
    """
    before = state_of(elsewhere / "data")
    check(elsewhere, ELSEWHERE, notebook)
    assert state_of(elsewhere / "data") == before


def test_elsewhere_is_what_it_claims_to_be(elsewhere: Path) -> None:
    """Fails if the settings do not bite: then the test above would prove nothing."""
    code = (
        "import locale, sys, helpers; "
        "print(locale.getpreferredencoding(False), sys.flags.utf8_mode, ascii(helpers.__file__))"
    )
    _, shown = python(elsewhere, ELSEWHERE, "-c", code)
    encoding, utf8_mode, path = shown.split(" ", 2)
    if sys.prefix.isascii():
        assert "UTF" not in encoding.upper()
        assert utf8_mode == "0"
    assert "copy" in path
    assert str(ROOT) not in path


@pytest.mark.nightly
@pytest.mark.parametrize("notebook", [*SOLVED, *LESSONS], **by_name)
def test_it_shows_the_same_text_as_made(notebook: str) -> None:
    check(ROOT, AS_MADE, notebook)


@pytest.mark.nightly
@pytest.mark.parametrize("notebook", SOLVED, **by_name)
def test_it_shows_the_same_text_on_a_plain_processor(notebook: str) -> None:
    check(ROOT, PLAIN, notebook)
