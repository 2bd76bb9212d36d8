"""Run a lesson in JupyterLab and Chromium and save pictures of all of it, to be looked at.

python -m tools.browser.shoot 04 OUTDIR               # the student's notebook of lesson 4
python -m tools.browser.shoot 04 OUTDIR --solutions   # the solved one
python -m tools.browser.shoot path/to/any.ipynb OUTDIR
python -m tools.browser.shoot path/to/lesson.md OUTDIR  # a source, converted on the fly

Prints the seconds, every error or warning, what each slider did, and the pictures' paths.  Exits
with 1 when the lesson had an error or a slider without effect.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat

from notebooks import lessons
from notebooks.build import make_notebook
from tools import ROOT
from tools.browser.lab import Lesson, browser_page, copy_lessons, find_chromium, serve
from tools.browser.moving import widgets


def place(lesson: str, folder: Path, solutions: bool) -> str:
    """Put the asked-for notebook into the served folder; return its path in there."""
    given = Path(lesson)
    if given.suffix == ".ipynb":
        shutil.copy(given, folder / given.name)
        return given.name
    if given.suffix == ".md":
        notebook = make_notebook(lessons.Lesson(given.stem, given.read_text("utf-8")), solutions)
        nbformat.write(notebook, folder / f"{given.stem}.ipynb")
        return f"{given.stem}.ipynb"
    base = folder / "solutions" if solutions else folder
    found = sorted(base.glob(f"{lesson}*.ipynb"))
    if not found:
        sys.exit(f"No notebook {lesson}* in notebooks/: run `make notebooks`, or give a file.")
    return found[0].relative_to(folder).as_posix()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("lesson", help="a number such as 04, an .ipynb file or a source .md file")
    parser.add_argument("outdir", type=Path, help="where the pictures go")
    parser.add_argument("--solutions", action="store_true", help="take the solved notebook")
    parser.add_argument("--no-run", action="store_true", help="show the stored outputs only")
    parser.add_argument("--moves", type=int, default=3, help="arrow presses on each slider")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--seconds", type=float, default=600, help="limit for running all cells")
    options = parser.parse_args()
    if not find_chromium():
        sys.exit("No Chromium found: install it (Debian, Ubuntu: apt install chromium).")

    with tempfile.TemporaryDirectory(prefix="lesson-") as scratch:
        folder = copy_lessons(Path(scratch) / "course", ROOT)
        folder.mkdir(parents=True, exist_ok=True)
        notebook = place(options.lesson, folder, options.solutions)
        stem = Path(notebook).stem + ("_solved" if options.solutions else "")
        with (
            serve(folder, Path(scratch) / "private") as address,
            browser_page(options.width) as page,
        ):
            lesson = Lesson(page, address, notebook)
            failed = False
            if not options.no_run:
                print(f"{notebook}: ran in {lesson.run_all(options.seconds):.1f} s in the browser")
            for problem in lesson.problems():
                failed = True
                print(f"  problem: {problem}")
            files = lesson.shoot(options.outdir, stem)
            if not options.no_run:
                page.set_viewport_size({"width": options.width, "height": 800})
                sliders = [
                    (widget, widget.control(name).get_by_role("slider"))
                    for widget in widgets(lesson)
                    for name in widget.controls
                    if widget.control(name).get_by_role("slider").count()
                ]
                for number, (widget, slider) in enumerate(sliders, start=1):
                    before = widget.look()
                    top = slider.get_attribute("aria-valuemax")
                    at_end = slider.get_attribute("aria-valuenow") == top
                    for _ in range(options.moves):
                        slider.press("ArrowLeft" if at_end else "ArrowRight")
                    now = widget.look()
                    moved = now.picture != before.picture
                    failed |= bool(now.problems) or not moved
                    verdict = "picture changed" if moved else "the same picture"
                    value = slider.get_attribute("aria-valuetext")
                    print(f"  slider {number}: moved to {value}: {verdict}", *now.problems)
                    file = options.outdir / f"{stem}_slider{number:02d}.png"
                    widget.root.evaluate("e => e.scrollIntoView({block: 'start'})")
                    page.screenshot(path=file)
                    files.append(file)
                for problem in lesson.problems():
                    print(f"  after moving the sliders: {problem}")
    for file in files:
        print(f"  {file}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
