"""Bring a newer handout into a student's folder without touching what the student wrote.

`handout.json` says what each file was when it was handed out, and each cell of each notebook:

* what nobody changed becomes what the newer handout has;
* in a notebook that the student changed, only the cells that are still as they were handed out are
  renewed; what the student typed stays, where it stands, and the file as it was is kept, too;
* another changed file, a notebook that may be open, and one that cannot be read stay as they are,
  and the newer one is put beside them, as `NAME.new`.

Only the standard library, as nothing may be installed yet.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import tempfile
import time
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from tools.setup import ROOT, SetupError

MANIFEST = "handout.json"
KEPT = "before_update"  # the folder of notebooks as they were
Notebook = dict[str, Any]


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def cell_digest(cell: Mapping[str, Any]) -> str:
    """What a student can type into a cell: its kind, text, tags and attached pictures."""
    source = "".join(cell.get("source", ""))
    tags = sorted(cell.get("metadata", {}).get("tags", []))
    content = [cell.get("cell_type"), source, tags, cell.get("attachments") or {}]
    return digest(json.dumps(content, sort_keys=True).encode())


def cell_digests(notebook: Notebook) -> dict[str, str]:
    return {cell["id"]: cell_digest(cell) for cell in notebook["cells"]}


def read_manifest(folder: Path) -> dict[str, Any]:
    """What a handout says of itself.

    Raises:
        SetupError: the folder is no handout.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        files = [PurePosixPath(name) for name in manifest["files"]]
    except (OSError, ValueError, KeyError) as error:
        raise SetupError(f"{folder} is no handout of this course: no {MANIFEST} in it.") from error
    if any(path.is_absolute() or ".." in path.parts or "\\" in str(path) for path in files):
        raise SetupError(f"{folder / MANIFEST} names files outside of its folder.")
    return manifest


# --- notebooks -----------------------------------------------------------------------------------


def merge(mine: Notebook, base: Mapping[str, str], new: Notebook) -> Notebook:
    """The student's notebook with the cells renewed that nobody changed.

    base: the digest of each cell, by its id, as the notebook was handed out.

    The student's cells stay in their order. A cell that both changed is there twice, the newer one
    first, so that the student's own definition is the one that counts.
    """
    newer = {cell["id"]: cell for cell in new["cells"]}
    names = {content: id for id, content in base.items()}  # for cells whose ids were changed
    cells: list[dict[str, Any]] = []
    seen: set[str] = set()  # ids of the course's cells that are here, or were taken out of it
    for cell in mine["cells"]:
        content, id = cell_digest(cell), cell.get("id", "")
        if id in newer and content == cell_digest(newer[id]) and id not in seen:
            seen.add(id)
            cells.append(cell)  # as the newer one already, with the student's outputs
            continue
        origin = id if base.get(id) == content else names.get(content, "")
        if origin and origin not in seen:
            seen.add(origin)
            if origin in newer and content == cell_digest(newer[origin]):
                cells.append({**cell, "id": origin})
            elif origin in newer:
                cells.append(newer[origin])
            continue  # and what the course has no more goes
        if id in newer and id not in seen:
            if id in base and cell_digest(newer[id]) != base[id]:
                cells.append({**newer[id], "id": f"{id[:58]}-newer"})
            seen.add(id)
        cells.append(cell)
    place = 0  # behind the cell that stands before it in the newer notebook
    for cell in new["cells"]:
        ids = [one.get("id") for one in cells]
        if cell["id"] in ids:
            place = ids.index(cell["id"]) + 1
        elif cell["id"] not in base and cell["id"] not in seen:
            cells.insert(place, cell)
            place += 1
    return {**mine, "cells": _with_own_ids(cells)}


def _with_own_ids(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cells; one whose id another already has gets a new one, as Jupyter would do."""
    ids: set[str] = set()
    for number, cell in enumerate(cells):
        if "id" in cell and cell["id"] in ids:
            cells[number] = cell = {**cell, "id": digest(f"{number} {cell['id']}".encode())[:16]}
        ids.add(cell.get("id", ""))
    return cells


def untouched(notebook: Notebook, base: Mapping[str, str]) -> bool:
    """Whether a notebook has just the cells that were handed out, in that order, run or not."""
    return [(c.get("id"), cell_digest(c)) for c in notebook["cells"]] == [*base.items()]


def _read_notebook(data: bytes) -> Notebook | None:
    try:
        notebook = json.loads(data)
        cell_digests({"cells": [{"id": "", **cell} for cell in notebook["cells"]]})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return notebook


def _may_be_open(path: Path, at_work: bool) -> bool:
    """Whether JupyterLab may hold text of this notebook that is not in its file.

    It writes a checkpoint when it opens a notebook. One that is newer than the notebook and differs
    was made by a save that the notebook's file has lost since, as after a crash.
    """
    checkpoint = path.parent / ".ipynb_checkpoints" / f"{path.stem}-checkpoint.ipynb"
    if not checkpoint.is_file():
        return False
    newer = checkpoint.stat().st_mtime > path.stat().st_mtime
    return at_work or (newer and checkpoint.read_bytes() != path.read_bytes())


def jupyter_at_work(root: Path) -> bool:
    """Whether a Jupyter server of this user shows this folder: each writes a file about itself."""
    home, ours = Path.home(), root / ".venv" / "home" / "jupyter_data_dir"
    data = os.environ.get("JUPYTER_DATA_DIR")
    folders = [
        Path(os.environ.get("JUPYTER_RUNTIME_DIR") or "-"),
        *([Path(data) / "runtime"] if data else []),
        ours / "runtime",
        home / ".local/share/jupyter/runtime",
        home / "Library/Jupyter/runtime",
        Path(os.environ.get("APPDATA") or "-") / "jupyter/runtime",
    ]
    for file in [file for folder in folders for file in folder.glob("jpserver-*.json")]:
        try:
            server = json.loads(file.read_text("utf-8"))
            shown, port = Path(server["root_dir"]).resolve(), int(server["port"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if root == shown or root in shown.parents or shown in root.parents:
            with socket.socket() as probe:  # the file of one that was killed is still there
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return True
    return False


# --- the update ----------------------------------------------------------------------------------


def update(source: str, root: Path = ROOT, saved: bool = False) -> list[str]:
    """Bring the handout at `source`, a zip file, a folder or an address, into `root`.

    saved: notebooks that JupyterLab may have open are saved and closed, so they can be renewed.

    Returns what was done, in sentences.
    """
    old = read_manifest(root)
    source = source or old.get("address", "")
    if not source:
        raise SetupError("Say where the newer handout is: python course.py update course.zip")
    with _unpacked(source) as folder:
        if folder.resolve() == root.resolve():
            raise SetupError("That is this handout itself. Name the newer one.")
        manifest = read_manifest(folder)
        said = [f"From version {old['version']} to version {manifest['version']}."]
        kept = root / KEPT / time.strftime("%Y-%m-%d_%H-%M-%S")
        at_work = not saved and jupyter_at_work(root)
        for name in manifest["files"]:
            sentence = _renew(name, folder, root, old, kept, at_work)
            said += [sentence] if sentence else []
        said += _without_leftovers(root, old, manifest)
        _write(root / MANIFEST, (folder / MANIFEST).read_bytes())
    if len(said) == 1:
        said.append("You had all of it already; nothing was changed.")
    if any("may be open" in sentence for sentence in said):
        said.append(
            "To renew what may be open: save and close it in JupyterLab, then give the same "
            "command with --saved."
        )
    return said


def _renew(
    name: str, folder: Path, root: Path, old: Mapping[str, Any], kept: Path, at_work: bool
) -> str:
    """Renew one file; return a sentence about it, or nothing where there is nothing to say."""
    data, path = (folder / name).read_bytes(), root / name
    if not path.is_file():
        _write(path, data)
        return f"{name}: " + ("was missing, is back." if name in old["files"] else "is new.")
    mine = path.read_bytes()
    if mine == data:
        return ""
    base = old.get("cells", {}).get(name)
    if base is None or not name.endswith(".ipynb"):
        if digest(mine) == old["files"].get(name):
            _write(path, data)
            return f"{name}: renewed."
        return _beside(path, name, data, "you changed it, so it stays")
    if _may_be_open(path, at_work):
        return _beside(path, name, data, "it may be open with text that is not saved, so it stays")
    if digest(mine) == old["files"].get(name):
        _write(path, data)
        return f"{name}: renewed."
    new, notebook = _read_notebook(data), _read_notebook(mine)
    if new is None or notebook is None:
        return _beside(path, name, data, "it cannot be read as a notebook, so it stays")
    if base == cell_digests(new) and not untouched(notebook, base):
        return ""  # only stored outputs are new, and the student has other ones
    (kept / name).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, kept / name)
    where = f"As it was, it is in {(kept / name).relative_to(root).as_posix()}."
    if untouched(notebook, base):
        _write(path, data)
        return f"{name}: renewed; you had run it and changed nothing. {where}"
    merged = merge(notebook, base, new)
    _write(path, (json.dumps(merged, indent=1, ensure_ascii=False) + "\n").encode())
    return f"{name}: what you wrote stays, the rest is renewed. {where}"


def _beside(path: Path, name: str, data: bytes, why: str) -> str:
    newer = path.with_name(f"{path.stem}.new{path.suffix}")
    number = 2
    while newer.exists() and newer.read_bytes() != data:  # of an earlier update, perhaps edited
        newer = path.with_name(f"{path.stem}.new{number}{path.suffix}")
        number += 1
    _write(newer, data)
    return f"{name}: {why}. The newer one is beside it: {newer.name}."


def _without_leftovers(root: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Delete what the newer handout has no more, if the student did not change it."""
    for name in [name for name in old["files"] if name not in new["files"]]:
        path = root / name
        if path.is_file() and digest(path.read_bytes()) == old["files"][name]:
            path.unlink()
            yield f"{name}: is no longer part of the course, and gone."
        elif path.is_file():
            yield f"{name}: is no longer part of the course; you changed it, so it stays."


@contextmanager
def _unpacked(source: str) -> Iterator[Path]:
    """The folder of a handout that is a folder, a zip file, or an address of one."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(source)
        if source.startswith(("https://", "http://")):
            path = Path(scratch, "handout.zip")
            print(f"Fetching {source}.", flush=True)
            try:
                with urllib.request.urlopen(source, timeout=60) as page, path.open("wb") as file:
                    shutil.copyfileobj(page, file)
            except OSError as error:
                raise SetupError(f"{source} cannot be fetched: {error}") from None
        if path.is_dir():
            yield path
            return
        try:
            with zipfile.ZipFile(path) as archive:
                archive.extractall(Path(scratch, "unpacked"))  # it drops `..` and drive letters
        except FileNotFoundError:
            raise SetupError(f"There is no file {source}.") from None
        except (zipfile.BadZipFile, OSError) as error:
            raise SetupError(f"{source} is no zip file that can be read ({error}).") from None
        [found, *_] = [*Path(scratch, "unpacked").glob(f"**/{MANIFEST}"), Path(scratch)]
        yield found.parent if found.name == MANIFEST else found


def _write(path: Path, data: bytes) -> None:
    """Write a file as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        if path.exists():
            shutil.copymode(path, scratch)
        else:
            os.chmod(scratch, 0o644)
        os.replace(scratch, path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise
