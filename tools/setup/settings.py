"""Jupyter's settings for the course, written into the environment whose Python runs this."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path

from . import ROOT, SetupError

OURS = ROOT / "tools" / "jupyter"
FONT = ROOT / "data" / "fonts" / "NotoSansCJKtc-Regular-subset.otf"


def wanted() -> tuple[dict[Path, bytes], list[str]]:
    """Each file of this environment with what it must hold, and a sentence about each that stays
    as it is, because somebody else wrote it.
    """
    server = importlib.util.find_spec("jupyter_server")
    if server is None or server.origin is None:
        raise SetupError(
            f"There is no JupyterLab in {sys.prefix}. Install the course there first "
            f"(`{sys.executable} -m pip install -e .`), or run this with JupyterLab's own Python."
        )
    prefix, page = Path(sys.prefix), Path(server.origin).parent / "static" / "custom"
    lab = Path(os.environ.get("JUPYTERLAB_DIR") or prefix / "share/jupyter/lab")
    files, kept = {page / FONT.name: FONT.read_bytes()}, []
    for path in (
        lab / "settings/overrides.json",
        prefix / "etc/jupyter/jupyter_server_config.json",
    ):
        files[path] = _merged(path, OURS / path.name)
    # The second of each pair is in every version of our file, and hardly in one of another origin.
    for path, mark in (
        (prefix / "etc/ipython/ipython_config.py", b"post_run_cell"),
        (page / "custom.css", b"Course Chinese"),
    ):
        if path.is_file() and mark not in path.read_bytes():
            kept.append(f"{path} is somebody else's: add to it what {OURS / path.name} holds.")
        else:
            files[path] = (OURS / path.name).read_bytes()
    return files, kept


def unwritten(files: dict[Path, bytes]) -> list[Path]:
    """Those files that are missing or hold something else."""
    return [path for path, data in files.items() if not path.is_file() or path.read_bytes() != data]


def write() -> None:
    """Write the settings, and say which files were left alone."""
    files, kept = wanted()
    for path in unwritten(files):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[path])
        except OSError as error:
            raise SetupError(
                f"{path} cannot be written ({error.strerror}). Whoever looks after {sys.prefix} "
                "can run `course.py settings` with its Python once, for everybody."
            ) from None
    print(f"Jupyter's settings for the course are in {sys.prefix}.", *kept, sep="\n")


def _merged(path: Path, ours: Path) -> bytes:
    """Our keys put into what `path` holds already, as a hub has settings of its own."""
    try:
        theirs = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        content = _merge(theirs, json.loads(ours.read_text("utf-8")))
    except (ValueError, AttributeError, TypeError):
        raise SetupError(f"{path} holds no JSON object: mend it, or delete it.") from None
    return (json.dumps(content, indent=2) + "\n").encode()


def _merge(theirs: dict, ours: dict) -> dict:
    deeper = {
        key: _merge(theirs.get(key, {}), value) if isinstance(value, dict) else value
        for key, value in ours.items()
    }
    return {**theirs, **deeper}
