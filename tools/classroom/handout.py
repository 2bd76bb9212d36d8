"""Make what students get: lessons, helpers, data and the two commands, as a folder and a zip file.

No solutions, no lesson sources, no tests with their catalogues of answers. Only the standard
library, so that a handout is made in a second, before anything is installed.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.setup import ROOT, SetupError

from .update import MANIFEST, cell_digests, digest

WHOLE = ("helpers", "data", "tools/setup", "tools/jupyter")
FILES = (
    *("course.py", "pyproject.toml", "requirements.txt", "environment.yml", ".gitignore"),
    *("LICENSE", "LICENSE-lessons", "notebooks/nbval.cfg", "tools/__init__.py"),
    *(f"tools/classroom/{name}.py" for name in ("__init__", "check_handout", "update")),
)
OTHERS = re.compile(r"__pycache__|\.ipynb_checkpoints|\.pyc$|(^|/)(my_|cmn\.txt)|\.new\d*\.")
TARGETS = ("help", "lab", "test", "doctor", "clean")  # of the Makefile, where it knows more
NOTE = Path(__file__).with_name("HANDOUT.md")


def make(out: Path, lessons: Sequence[str] = (), address: str = "", root: Path = ROOT) -> list[str]:
    """Write the handout to `out` and `out`.zip; return what was done, in sentences.

    lessons: numbers, for a class that gets them one after the other; all by default.
    address: where the zip file will be, for `course.py update` without a path.

    Raises:
        SetupError: there is no such lesson, or something else lies at `out`.
    """
    if out.exists() and not (out / MANIFEST).is_file() and (out.is_file() or any(out.iterdir())):
        raise SetupError(f"{out} is there already and is no handout. Name another folder.")
    if out.resolve() == root.resolve() or out.resolve() in root.resolve().parents:
        raise SetupError(f"{out} holds the course itself. Name another folder.")
    notebooks = [*_notebooks(root, lessons)]
    shutil.rmtree(out, ignore_errors=True)
    for source in [*_files(root), *notebooks]:
        target = out / source.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    version = _version(root)
    (out / "Makefile").write_text(_makefile(root), "utf-8", newline="\n")
    note = NOTE.read_text("utf-8").replace("VERSION", version)
    (out / "README.md").write_text(note, "utf-8", newline="\n")
    manifest = {
        "version": version,
        "address": address,
        "files": {
            path.relative_to(out).as_posix(): digest(path.read_bytes())
            for path in sorted(out.rglob("*"))
            if path.is_file()
        },
        "cells": {
            path.relative_to(root).as_posix(): cell_digests(json.loads(path.read_text("utf-8")))
            for path in notebooks
        },
    }
    text = json.dumps(manifest, indent=1) + "\n"
    (out / MANIFEST).write_text(text, "utf-8", newline="\n")
    zipped = Path(shutil.make_archive(str(out.resolve()), "zip", out.resolve().parent, out.name))
    size = zipped.stat().st_size / 1e6
    return [
        f"The handout is {out}, with {len(notebooks)} lessons, version {version}.",
        f"The same as one file: {out.with_name(zipped.name)} ({size:.0f} MB).",
    ]


def _notebooks(root: Path, lessons: Sequence[str]) -> Iterator[Path]:
    found = {path.name[:2]: path for path in sorted(root.glob("notebooks/[0-9][0-9]_*.ipynb"))}
    wanted = [number.zfill(2) for number in lessons] or [*found]
    if absent := [number for number in wanted if number not in found]:
        raise SetupError(f"There is no lesson {', '.join(absent)}; there are {', '.join(found)}.")
    for number in wanted:
        yield found[number]


def _files(root: Path) -> Iterator[Path]:
    for name in FILES:
        yield root / name
    for folder in WHOLE:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and not OTHERS.search(path.relative_to(root).as_posix()):
                yield path


def _makefile(root: Path) -> str:
    """The Makefile with the targets that the handout's course.py knows."""
    blocks = (root / "Makefile").read_text("utf-8").split("\n\n")
    target = re.compile(r"([a-z-]+):.*##")
    kept = [block for block in blocks if not (m := target.match(block)) or m[1] in TARGETS]
    return "\n\n".join(kept).rstrip("\n") + "\n"


def _version(root: Path) -> str:
    """The date and the commit; without git, the date and the time."""
    command = ["git", "-C", str(root), "log", "-1", "--format=%cd (%h)", "--date=short"]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode == 0 and done.stdout.strip():
            return done.stdout.strip()
    except OSError:  # no git here
        pass
    return time.strftime("%Y-%m-%d %H:%M")
