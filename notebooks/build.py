"""Turn each lesson's source into the two notebooks that people open.

    python -m notebooks.build           # all lessons: split, run, store outputs
    python -m notebooks.build 02 04     # only these
    python -m notebooks.build --check   # change nothing; fail if a notebook and its source differ
    python -m notebooks.build --shrink  # run nothing; store the pictures in fewer bytes

`source/NN_slug.md` (MyST Markdown) → `NN_slug.ipynb` with stubs, `solutions/NN_slug.ipynb` solved;
`lessons.py` says what a source looks like.  A picture that still looks the same keeps its bytes.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from itertools import zip_longest
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError
from nbformat import NotebookNode

from notebooks.lessons import Lesson, LessonError, read_lessons
from notebooks.pictures import freeze_widgets, store_pictures

METADATA = {  # no version, so that two maintainers' notebooks are equal
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}


def make_notebook(lesson: Lesson, solved: bool) -> NotebookNode:
    """A lesson as a notebook without outputs: the student's, or the solved one."""
    notebook = nbformat.v4.new_notebook(metadata=METADATA)
    for cell in lesson.cells:
        new = getattr(nbformat.v4, f"new_{cell.cell_type}_cell")
        metadata = {"tags": [*cell.tags]} if cell.tags else {}
        source = cell.solved if solved else cell.stub
        notebook.cells.append(new(source, id=cell.id, metadata=metadata))
    return notebook


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
    store_pictures(notebook, read(target))
    write(notebook, target)
    seconds, size = time.perf_counter() - start, target.stat().st_size / 1024
    print(f"{target.parent.name}/{target.name}: {seconds:.1f} s, {size:.0f} kB", flush=True)


def shrink(_: NotebookNode, target: Path) -> None:
    """Store a notebook's pictures in fewer bytes, and nothing else."""
    if notebook := read(target):
        store_pictures(notebook)
        write(notebook, target)


def read(target: Path) -> NotebookNode | None:
    return nbformat.read(target, as_version=4) if target.exists() else None


def write(notebook: NotebookNode, target: Path) -> None:
    nbformat.validate(notebook)
    target.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")


def check(expected: NotebookNode, target: Path) -> None:
    """Raise LessonError if a stored notebook is not what its source yields."""
    stored = read(target)
    pairs = zip_longest(stored.cells if stored else [], expected.cells)
    for number, (cell, wanted) in enumerate(pairs, start=1):
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
    parser.add_argument("--shrink", action="store_true", help="only store pictures in fewer bytes")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent)
    options = parser.parse_args(arguments)
    lessons = read_lessons(options.root / "source")
    for number in options.lessons:
        if not any(name.startswith(number) for name in lessons):
            parser.error(f"no lesson {number}; there are: {', '.join(lessons)}")
    step = check if options.check else shrink if options.shrink else build
    failures = []
    for name, lesson in lessons.items():
        if options.lessons and not name.startswith(tuple(options.lessons)):
            continue
        for folder, solved in ((options.root, False), (options.root / "solutions", True)):
            try:
                step(make_notebook(lesson, solved), folder / f"{name}.ipynb")
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
