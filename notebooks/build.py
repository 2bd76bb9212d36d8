"""Turn each lesson's source into the two notebooks that people open.

    python notebooks/build.py          # all lessons: split, run, store outputs
    python notebooks/build.py 02 04    # only these
    python notebooks/build.py --check  # change nothing; fail if a notebook and its source differ

`source/NN_slug.md` (MyST Markdown) → `NN_slug.ipynb` with stubs, `solutions/NN_slug.ipynb` solved.
An exercise stands in one code cell, its solution between nbgrader's markers:

    def double(x):                                answer = ...  # your answer
        ### BEGIN SOLUTION                        ### BEGIN SOLUTION
        return 2 * x                              answer = 3
        ### END SOLUTION                          ### END SOLUTION

Left, the student gets nbgrader's `# YOUR CODE HERE` and `raise NotImplementedError`.  Right, lines
`name = ...` just above the markers are the stub: the student keeps them, the solution drops them.
"""

from __future__ import annotations

import argparse
import base64
import os
import re
import sys
import time
from itertools import count, zip_longest
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError
from nbformat import NotebookNode

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
OWN_STUB = re.compile(r"(\s*)\w+(?:: [^=]+)? = \.\.\.\s*(?:#.*)?$")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
METADATA = {  # no version, so that two maintainers' notebooks are equal
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}


class LessonError(Exception):
    """A lesson cannot be built; the message names the lesson and the cell."""


def split_exercise(source: str, solved: bool) -> str:
    """One code cell as the student gets it, or solved.

    Raises:
        ValueError: the solution markers are unbalanced or nested.
    """
    kept: list[str] = []
    inside = False
    for line in source.split("\n"):
        marker = line.strip()
        if marker in (BEGIN, END):
            if (marker == BEGIN) == inside:
                raise ValueError(f"unexpected `{marker}`: markers come in pairs and do not nest")
            inside = marker == BEGIN
            if not inside:
                continue
            indent = line[: len(line) - len(line.lstrip())]
            stub = len(kept)  # where the lines `name = ...` right above the marker begin
            while stub and (match := OWN_STUB.match(kept[stub - 1])) and match[1] == indent:
                stub -= 1
            if solved:
                del kept[stub:]
            elif stub == len(kept):
                kept.append(f"{indent}# YOUR CODE HERE")
                if indent:
                    kept.append(f"{indent}raise NotImplementedError")
        elif solved or not inside:
            kept.append(line)
    if inside:
        raise ValueError(f"`{BEGIN}` without `{END}`")
    return "\n".join(kept)


def cell_name(source: str) -> str:
    """A cell's id from its first words, so that it stays when cells are inserted above it."""
    for line in source.split("\n"):
        words = re.findall(r"[a-z0-9]+", re.sub(r"<[^>]*>", " ", line).lower())
        if words and line.strip() not in (BEGIN, END):
            return "-".join(words[:6])[:48].strip("-")
    return "cell"


def make_notebook(text: str, lesson: str, solved: bool) -> NotebookNode:
    """A lesson's source as a notebook without outputs: the student's, or the solved one."""
    notebook = nbformat.v4.new_notebook(metadata=METADATA)
    ids: set[str] = set()
    for number, cell in enumerate(jupytext.reads(text, fmt="md:myst").cells, start=1):
        new = getattr(nbformat.v4, f"new_{cell.cell_type}_cell")(cell.source)
        name = cell_name(cell.source)
        names = (f"{name}-{i}" if i > 1 else name for i in count(1))
        new.id = next(name for name in names if name not in ids)
        ids.add(new.id)
        if tags := cell.metadata.get("tags"):
            new.metadata["tags"] = list(tags)
        try:
            new.source = split_exercise(new.source, solved)
        except ValueError as error:
            raise LessonError(f"source/{lesson}.md, cell {number} ({new.id}): {error}") from None
        notebook.cells.append(new)
    return notebook


def find_picture(model_id: str, state: dict[str, Any]) -> tuple[str, str] | None:
    """The MIME type and base64 data of the first picture in a widget and its children."""
    model = state.get(model_id, {})
    values = model.get("state", {})
    if model.get("model_name") == "ImageModel":
        for buffer in model.get("buffers", []):
            if buffer["path"] == ["value"] and buffer["data"]:
                value = base64.b64decode(buffer["data"])
                if value.startswith(b"data:"):  # `data:image/png;base64,…`, as a Canvas has it
                    kind, _, data = value.decode().removeprefix("data:").partition(";base64,")
                    return kind, data
                kind = f"image/{values.get('format', 'png')}"
                return kind, base64.b64encode(value).decode()
    for child in values.get("children", []):
        if found := find_picture(child.removeprefix("IPY_MODEL_"), state):
            return found
    return None


def freeze_widgets(notebook: NotebookNode) -> None:
    """Replace each live widget by the picture it shows, and drop the widgets' state.

    Without a kernel a widget cannot be drawn, and JupyterLab prefers it to any picture beside it.
    """
    state = notebook.metadata.pop("widgets", {}).get(WIDGET_STATE, {}).get("state", {})
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            view = output.get("data", {}).pop(WIDGET_VIEW, None)
            if view and (picture := find_picture(view["model_id"], state)):
                output.data[picture[0]] = picture[1]


def execute(notebook: NotebookNode, folder: Path) -> None:
    """Run all cells in `folder` and store their outputs."""
    client = NotebookClient(notebook, kernel_name="python3", timeout=600, record_timing=False)
    client.resources = {"metadata": {"path": str(folder)}}
    client.coalesce_streams = True
    client.extra_arguments = ["--IPKernelApp.log_level=40"]  # errors only
    client.execute(env={**os.environ, "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "2"})
    freeze_widgets(notebook)
    notebook.metadata = nbformat.from_dict(METADATA)


def build(notebook: NotebookNode, target: Path) -> None:
    """Run a notebook and write it; when it fails to run, leave its old file alone."""
    start = time.perf_counter()
    target.parent.mkdir(exist_ok=True)
    try:
        execute(notebook, target.parent)
    except (CellControlSignal, DeadKernelError) as error:
        cells = [cell for cell in notebook.cells if cell.get("execution_count")]
        where = cells[-1].id if cells else "the first code cell"
        raise LessonError(f"{target.name} failed in cell {where}:\n{error}") from None
    nbformat.validate(notebook)
    target.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")
    seconds, size = time.perf_counter() - start, target.stat().st_size / 1024
    print(f"{target.parent.name}/{target.name}: {seconds:.1f} s, {size:.0f} kB", flush=True)


def check(expected: NotebookNode, target: Path) -> None:
    """Raise LessonError if a stored notebook is not what its source yields."""
    stored = nbformat.read(target, as_version=4).cells if target.exists() else []
    for number, (cell, wanted) in enumerate(zip_longest(stored, expected.cells), start=1):
        if problem := cell_problem(cell, wanted):
            where = f"{target.parent.name}/{target.name}, cell {number} ({(wanted or cell).id})"
            raise LessonError(f"{where} {problem}: run `make notebooks`")


def cell_problem(cell: NotebookNode | None, wanted: NotebookNode | None) -> str | None:
    """What is wrong with a stored cell, or None."""
    if cell is None or wanted is None:
        return "is not stored" if cell is None else "is not in the source file"
    tags = cell.metadata.get("tags", [])
    for what in ("id", "cell_type", "source"):
        if cell.get(what) != wanted[what]:
            return f"differs from the source file in its {what}"
    if tags != wanted.metadata.get("tags", []):
        return "differs from the source file in its tags"
    if cell.cell_type == "code" and cell.source and "skip-execution" not in tags:
        if cell.execution_count is None:
            return "was never run"
        if "raises-exception" not in tags and any(o.output_type == "error" for o in cell.outputs):
            return "stores an error"
    return None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Build the lessons' notebooks from their sources.")
    parser.add_argument("lessons", nargs="*", metavar="NN", help="lesson numbers; all by default")
    parser.add_argument("--check", action="store_true", help="compare only, change nothing")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent)
    options = parser.parse_args(arguments)
    lessons = {path.stem: path for path in sorted(options.root.glob("source/*.md"))}
    for number in options.lessons:
        if not any(lesson.startswith(number) for lesson in lessons):
            parser.error(f"no lesson {number}; there are: {', '.join(lessons)}")
    failures = []
    for lesson, source in lessons.items():
        if options.lessons and not lesson.startswith(tuple(options.lessons)):
            continue
        for folder, solved in ((options.root, False), (options.root / "solutions", True)):
            try:
                notebook = make_notebook(source.read_text("utf-8"), lesson, solved)
                (check if options.check else build)(notebook, folder / f"{lesson}.ipynb")
            except LessonError as error:
                failures.append(str(error))
    for path in [*options.root.glob("*.ipynb"), *options.root.glob("solutions/*.ipynb")]:
        if options.check and path.stem not in lessons:
            failures.append(f"{path.name} has no source/{path.stem}.md: delete it, or write one")
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
