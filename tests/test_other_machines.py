"""Every lesson on a machine that is set up otherwise: strict nbval in a hostile copy of the course.

All at once: one thread, a locale without UTF-8, a folder with a space and Chinese characters in its
path, data that nobody may write, and pytest started from elsewhere. `tests/run.py` gives this file
a step of its own, as it takes minutes.
"""

from __future__ import annotations

import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import PIPE, STDOUT, Popen

import pytest
from run import ALONE

from tools import ROOT

# Python would change LC_ALL=C to UTF-8 by itself; the last two keep it from doing so.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "LC_ALL": "C",
    "LANG": "C",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Notebooks, helpers and data, without write permission on the data."""
    root = tmp_path_factory.mktemp("elsewhere") / "課程 copy"
    for name in ("helpers", "data"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "notebooks").mkdir()
    for path in sorted(ROOT.glob("notebooks/[0-9]*.ipynb")):
        shutil.copy(path, root / "notebooks")
    for path in [root / "data", *root.glob("data/**/*")]:
        path.chmod(path.stat().st_mode & ~0o222)
    return root


def start(copy: Path, *arguments: str | Path) -> Popen[bytes]:
    """Run Python in the copy's surroundings, started from the root of the file system."""
    environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": str(copy)}
    command = [sys.executable, *arguments]
    return Popen(command, cwd="/", env=environment, stdout=PIPE, stderr=STDOUT)


def state_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Bytes and time of change of every file: root is not stopped by permissions."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.glob("**/*")
        if path.is_file()
    }


def test_the_surroundings_are_what_they_claim(copy: Path) -> None:
    """Fails if the settings do not bite: then the next test would prove nothing."""
    code = (
        "import locale, sys, torch, helpers, helpers.words as d; "
        "print(locale.getpreferredencoding(False), sys.flags.utf8_mode, ascii(d.TRANSLATION_TSV))"
    )
    shown, _ = start(copy, "-c", code).communicate()
    encoding, utf8_mode, path = shown.decode("ascii").split(" ", 2)
    assert encoding in ("ANSI_X3.4-1968", "US-ASCII", "ascii")
    assert utf8_mode == "0"
    assert path.strip().endswith("copy/data/translation.tsv')")
    assert str(ROOT) not in path


def test_every_lesson_shows_the_same_text_elsewhere(copy: Path) -> None:
    """Fails if a lesson opens a file in the locale's encoding, relies on the folder it was made
    in, writes into data/, or prints what another number of threads computes otherwise.
    """
    before = state_of(copy / "data")
    notebooks = sorted(copy.glob("notebooks/*.ipynb"))
    halves = (
        notebooks[::2],
        notebooks[1::2],
    )  # not xdist: it cannot send such a path in such a locale
    runs = [start(copy, "-m", *ALONE, "-p", "no:cacheprovider", *half) for half in halves]
    with ThreadPoolExecutor() as pool:
        outputs = [shown.decode(errors="replace") for shown, _ in pool.map(Popen.communicate, runs)]
    assert [run.returncode for run in runs] == [0, 0], "\n\n".join(outputs)[-20_000:]
    assert state_of(copy / "data") == before
