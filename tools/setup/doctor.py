"""Says line by line what the course needs, what of it is there, and the remedy for the rest."""

from __future__ import annotations

import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from . import ROOT, SetupError, browsers, environment, settings

INSTALL = "`python course.py install`"


class Line(NamedTuple):
    """`verdict` is ok, note (the course runs all the same) or MISSING (it does not)."""

    subject: str
    verdict: str
    text: str


def report(root: Path = ROOT) -> int:
    """Print the lines, about .venv if it has a Python, else about this one; 1 if one is MISSING."""
    python = environment.venv_python(root)
    if not _in_venv(root) and _starts(python):
        return subprocess.call([str(python), str(root / "course.py"), "doctor"])
    lines = list(examine(root))
    for line in lines:
        print(f"{line.verdict:8} {line.subject:12} {line.text}")
    return int(any(line.verdict == "MISSING" for line in lines))


def examine(root: Path = ROOT) -> Iterator[Line]:
    """One line for each thing that the course or its tests need."""
    problem = environment.python_problem()
    machine = f"{platform.python_version()}, {platform.system()} {platform.machine()}"
    yield Line("Python", "MISSING" if problem else "ok", problem or machine)
    yield _environment(root)
    yield _packages(root)
    yield _torch()
    yield _widgets()
    yield _settings()
    font = settings.FONT
    if font.is_file() and font.read_bytes()[:4] == b"OTTO":
        yield Line("Font", "ok", font.name)
    else:
        yield Line("Font", "note", "Chinese shows as boxes: `git checkout data/fonts`")
    browser = browsers.find_chromium()
    remedy = "none, so `test` skips the browser: install Chromium (Debian: `apt install chromium`)"
    yield Line("Chromium", "ok" if browser else "note", browser or remedy)
    free, needed = shutil.disk_usage(root).free / 1e9, 0.2 if _version("torch") else 4.0
    verdict = "ok" if free > needed else "MISSING"
    yield Line("Disk", verdict, f"{free:.1f} GB free, {needed} GB needed")
    yield _memory()
    with socket.socket() as probe:
        taken = probe.connect_ex(("127.0.0.1", 8888)) == 0
    yield Line("Port 8888", "ok", "taken; JupyterLab takes the next one" if taken else "free")
    text = "writable" if environment.home() else "not writable; Jupyter keeps its files elsewhere"
    yield Line("Home folder", "ok", text)


def _in_venv(root: Path) -> bool:
    return Path(sys.prefix).resolve() == (root / ".venv").resolve()


def _starts(python: Path) -> bool:
    try:
        return subprocess.run([str(python), "-c", ""], capture_output=True).returncode == 0
    except OSError:
        return False


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _environment(root: Path) -> Line:
    if not _in_venv(root):
        if (root / ".venv").exists():
            return Line("Environment", "MISSING", f".venv is broken; {INSTALL} makes it anew")
        if _version("jupyterlab"):
            return Line("Environment", "ok", f"{sys.prefix}, not made by course.py")
        return Line("Environment", "MISSING", f"there is no .venv: {INSTALL}")
    if environment.up_to_date(root):
        return Line("Environment", "ok", ".venv, up to date")
    return Line("Environment", "note", f".venv is unfinished or out of date: {INSTALL}")


def _packages(root: Path) -> Line:
    try:
        import tomllib

        from packaging.requirements import Requirement
    except ImportError:
        return Line("Packages", "MISSING", f"not installed: {INSTALL}")
    lines = (root / "requirements.txt").read_text("utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    pins = [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    core = {Requirement(line).name for line in project["dependencies"]} | {project["name"]}
    absent = sorted(name for name in core if not _version(name))
    if absent:
        return Line("Packages", "MISSING", f"not installed: {', '.join(absent)}. {INSTALL}")
    found = [(pin, _version(pin.name)) for pin in pins]
    other = [
        f"{pin.name} {version or 'is missing'}"
        for pin, version in found
        if not version or not pin.specifier.contains(version, prereleases=True)
    ]
    if not other:
        return Line("Packages", "ok", f"all {len(pins)} as in requirements.txt")
    some = ", ".join(other[:4]) + (", …" if len(other) > 4 else "")
    remedy = INSTALL if _in_venv(root) else "The tests were made with those; most others will do"
    return Line("Packages", "note", f"{len(other)} not as in requirements.txt: {some}. {remedy}")


def _torch() -> Line:
    if not _version("torch"):
        return Line("torch", "MISSING", f"not installed: {INSTALL}")
    try:
        import torch
    except Exception as error:
        remedy = "`python course.py clean`, then `install`"
        if sys.platform == "win32":
            remedy = f"install Microsoft's Visual C++ Redistributable; if that is there, {remedy}"
        return Line("torch", "MISSING", f"does not load ({error}): {remedy}")
    if torch.version.cuda is None:
        return Line("torch", "ok", f"{torch.__version__}, CPU build")
    card = "with a card for it" if torch.cuda.is_available() else "no card here, and none needed"
    return Line("torch", "ok", f"{torch.__version__}, CUDA {torch.version.cuda}, {card}")


def _widgets() -> Line:
    try:
        from jupyter_core.paths import jupyter_path
    except ImportError:
        return Line("Widgets", "MISSING", f"no Jupyter: {INSTALL}")
    known = {"@jupyter-widgets/jupyterlab-manager": "jupyterlab_widgets"}
    if _version("anywidget"):
        known["anywidget"] = "anywidget"
    folders = [Path(path) for path in jupyter_path("labextensions")]
    absent = [
        package
        for name, package in known.items()
        if not any((folder / name / "package.json").is_file() for folder in folders)
    ]
    if absent:
        remedy = f"`{sys.executable} -m pip install --force-reinstall --no-deps {' '.join(absent)}`"
        return Line("Widgets", "MISSING", f"JupyterLab cannot show them: {remedy}")
    return Line("Widgets", "ok", f"{', '.join(known)}: in JupyterLab")


def _settings() -> Line:
    try:
        files, kept = settings.wanted()
    except SetupError as error:
        text = str(error) if _version("jupyterlab") else f"no Jupyter: {INSTALL}"
        return Line("Settings", "note", text)
    absent = [path.name for path in settings.unwritten(files)]
    if absent:
        remedy = f"`{sys.executable} course.py settings`"
        return Line("Settings", "note", f"without {', '.join(absent)}: {remedy}")
    return Line("Settings", "note" if kept else "ok", " ".join(kept) or "written")


def _memory() -> Line:
    """psutil comes with Jupyter; before that, Linux says it in a file."""
    try:
        import psutil

        free = psutil.virtual_memory().available / 1e9
    except ImportError:
        file = Path("/proc/meminfo")
        words = file.read_text("ascii").split() if file.is_file() else []
        if "MemAvailable:" not in words:
            return Line("Memory", "ok", "not measured before the installation")
        free = int(words[words.index("MemAvailable:") + 1]) / 1e6  # given in kB
    remedy = "" if free > 2 else "; have 2 GB: shut down other kernels, close the browser's tabs"
    return Line("Memory", "note" if remedy else "ok", f"{free:.1f} GB free{remedy}")
