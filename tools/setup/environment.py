"""Makes .venv and keeps it up to date: one set-up at a time, whole again after an interruption."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from . import ROOT, SetupError, torch_build

STAMP = ".venv/.installed.json"
HOME_FOLDERS = (".jupyter", ".local/share/jupyter", ".ipython", ".config/matplotlib", ".matplotlib")
HOME_VARIABLES = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR", "MPLCONFIGDIR")


def python_problem(version: Sequence[int] = sys.version_info[:2]) -> str | None:
    """Why this Python does not suit the course, or None; pyproject.toml says which ones do."""
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    bounds = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', project)
    assert bounds, "pyproject.toml must bound requires-python as >=3.x,<3.y"
    first, last = int(bounds[1]), int(bounds[2]) - 1
    if (3, first) <= tuple(version) <= (3, last):
        return None
    return (
        f"The course needs Python 3.{first} to 3.{last}; this is {version[0]}.{version[1]} "
        f"({sys.executable}). Name another: `python3.{last} course.py lab`, "
        f"`make lab PYTHON=python3.{last}`, or on Windows `py -3.{last} course.py lab`."
    )


def venv_python(root: Path = ROOT) -> Path:
    """Where .venv's Python is, or will be."""
    return root / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def install(
    root: Path = ROOT,
    torch: str = "auto",
    index: str = "",
    run: Callable[[Sequence[str], Path], None] | None = None,
) -> Path:
    """Make .venv and install what requirements.txt names; return .venv's Python.

    Nothing is started, pip neither, where an earlier set-up did the same. `torch` and `index` say
    which build of torch to take: see `torch_build.choose`. `run` runs a command in a folder.
    """
    problem = python_problem()
    if problem:
        raise SetupError(problem)
    python, run = venv_python(root), run or run_step
    wanted = _wanted(root, index or torch)
    if not _differing(root, wanted):
        return python
    with lock(root / ".venv.lock"):
        differing = _differing(root, wanted)  # another set-up may have done it meanwhile
        if differing - {"settings"}:
            print("Installing into .venv; this takes a few minutes the first time.", flush=True)
            if not _works(python):
                _check_venv_module()
                run([sys.executable, "-m", "venv", "--clear", str(root / ".venv")], root)
            for command in _pip_commands(root, torch, index):
                run([str(python), "-m", "pip", "install", *command], root)
        if differing:
            run([str(python), "course.py", "settings"], root)
            (root / STAMP).write_text(json.dumps(wanted), "utf-8")
    return python


def up_to_date(root: Path = ROOT) -> bool:
    """Whether .venv holds what the course needs now, with whatever build of torch."""
    return not _differing(root, _wanted(root, "auto"))


def _wanted(root: Path, build: str) -> dict[str, str]:
    """What a set-up depends on; the stamp of a finished one holds the same."""
    packages = [root / "requirements.txt", root / "pyproject.toml"]
    settings = [*root.glob("tools/jupyter/*"), *root.glob("data/fonts/*.otf")]
    return {
        "python": "{}.{}".format(*sys.version_info),
        "packages": _digest(str(root), packages),
        "settings": _digest("", settings),
        "torch": build if build in ("auto", "cpu", "cuda") else _digest(build, []),
    }


def _digest(text: str, files: Iterable[Path]) -> str:
    digest = hashlib.sha256(text.encode())
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _differing(root: Path, wanted: dict[str, str]) -> set[str]:
    """Which of these the last finished set-up did not do."""
    try:
        found = json.loads((root / STAMP).read_text("utf-8"))
    except (OSError, ValueError):
        found = {}
    if not venv_python(root).is_file():
        found = {}
    if found and wanted["torch"] == "auto":  # then any build will do
        found["torch"] = "auto"
    return {key for key, value in wanted.items() if found.get(key) != value}


def _works(python: Path) -> bool:
    """Whether .venv has a pip, and the Python that runs this."""
    code = "import pip, sys; print(*sys.version_info[:2])"
    try:
        found = subprocess.run([str(python), "-c", code], capture_output=True, text=True)
    except OSError:
        return False
    return found.stdout.split() == [str(number) for number in sys.version_info[:2]]


def _check_venv_module() -> None:
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise SetupError(
            f"{sys.executable} cannot make an environment, because its modules venv and ensurepip "
            "are missing. Debian, Ubuntu: `apt install python3-venv`."
        )


def _pip_commands(root: Path, torch: str, index: str) -> Iterator[list[str]]:
    """What to ask pip for, after removing what an interrupted pip left and takes for installed."""
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(root / ".venv")}))
    for info in packages.glob("*.dist-info"):
        if not (info / "RECORD").is_file():  # written last
            shutil.rmtree(info)
    installed = any(packages.glob("torch-*.dist-info"))
    source = torch_build.choose(torch, index, installed)
    lines = (root / "requirements.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if line.startswith("torch==")]
    other_build = installed and (bool(index) or torch != "auto")
    if pins and (source or other_build):
        # The index is asked for torch alone: 130 other names are none of its business.
        where = ["--index-url", source] if source else []
        again = ["--force-reinstall"] if other_build else []
        yield ["--no-deps", *again, *where, *pins]
    yield ["-r", "requirements.txt"]
    yield ["--quiet", "--no-deps", "--no-build-isolation", "--editable", "."]


def run_step(command: Sequence[str], root: Path = ROOT) -> None:
    """Run a step of the set-up in the course's folder, its output shown; raise if it fails."""
    # Children inherit the lock (close_fds), so that no other set-up begins beside a pip whose
    # parent was killed. PIP_USER would send packages past .venv.
    variables = {**child_environment(root), "PIP_USER": "0"}
    code = subprocess.run(command, cwd=root, env=variables, close_fds=False).returncode
    if code:
        raise SetupError(
            f"This step failed (exit status {code}); its own message is above:\n"
            f"  {' '.join(command)}\n"
            "No connection? pip reads HTTPS_PROXY, and PIP_INDEX_URL for a mirror. The same "
            "command goes on from here; `python course.py doctor` says what is missing."
        )


@contextlib.contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold the file `path`, which names our process; wait while another process holds it.

    The system itself lets go of the file when its holder ends, however that happens.
    """
    try:
        file = open(path, "a+", encoding="ascii")  # noqa: SIM115
    except OSError as error:
        raise SetupError(
            f"The folder {path.parent} cannot be written to ({error.strerror}). Copy the course "
            "into a folder of your own, and run the command there."
        ) from None
    with file:
        told = False
        while not _take(file.fileno()):
            if not told:
                holder = path.read_text("ascii").strip() or "unknown"
                print(f"Another set-up is at work here (process {holder}): waiting.", flush=True)
            told = True
            time.sleep(0.2)
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> bool:
        """Lock a byte far behind the process number, which others must be able to read."""
        os.lseek(descriptor, 1_000_000, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _take(descriptor: int) -> bool:
        """Lock the file for this process and those that it starts."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        os.set_inheritable(descriptor, True)
        return True


def home() -> Path | None:
    """The user's home folder, or None where there is none or its folders cannot be written to."""
    try:
        folder = Path.home()
    except RuntimeError:  # no HOME, and the system does not know this user
        return None
    writable = folder.is_dir() and all(_writable(folder / name) for name in HOME_FOLDERS)
    return folder if writable else None


def child_environment(root: Path = ROOT) -> dict[str, str]:
    """The variables for what we start: without a home folder Jupyter and matplotlib get folders of
    ours, as both would print warnings in the first cell.
    """
    variables = dict(os.environ)
    if home():
        return variables
    ours = root / ".venv" / "home"
    if not _writable(ours):
        ours = Path(tempfile.gettempdir(), f"course-home-{os.getpid()}")
    for name in HOME_VARIABLES:
        folder = Path(variables.setdefault(name, str(ours / name.lower())))
        with contextlib.suppress(OSError):  # a folder that the user named stays named
            folder.mkdir(parents=True, exist_ok=True)
    if not os.path.isdir(variables.get("HOME", "")):
        variables["HOME"] = str(ours)
    return variables


def _writable(path: Path) -> bool:
    """Whether a file can be made in `path`, or in the nearest folder above it that exists."""
    while not os.path.exists(path):  # unlike Path.exists, False for what may not be looked into
        path = path.parent
    try:
        with tempfile.TemporaryFile(dir=path):  # os.access knows less, above all on Windows
            return True
    except OSError:
        return False
