"""Begin a lesson of one's own: a small one that works, to be rewritten piece by piece.

`lesson_template/` holds the files, in whose texts SLUG, TITLE, NUMBER and NN stand for the new
lesson's own; docs/new-lesson.md walks through them. Only the standard library.
"""

from __future__ import annotations

import re
from pathlib import Path

from tools.setup import ROOT, SetupError

TEMPLATE = Path(__file__).with_name("lesson_template")
TARGETS = {  # a template's name -> where its copy goes
    "lesson.md": "notebooks/source/{number:02d}_{slug}.md",
    "check.py.txt": "helpers/checks/lesson_{number}.py",
    "lab.py.txt": "helpers/labs/{slug}.py",
    "view.py.txt": "helpers/views/{slug}.py",
    "test.py.txt": "tests/test_{slug}.py",
}


def make(slug: str, root: Path = ROOT) -> list[str]:
    """Write the files of a new lesson, the last one of the course; return what was done.

    Raises:
        SetupError: the name will not do, or a file of that name is there already.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{2,40}", slug):
        raise SetupError(
            f"{slug!r} cannot be a lesson's name: take small letters, digits and _, as in "
            "beam_search."
        )
    numbers = [int(path.name[:2]) for path in root.glob("notebooks/source/[0-9][0-9]_*.md")]
    number = max(numbers, default=0) + 1
    targets = {
        template: root / target.format(number=number, slug=slug)
        for template, target in TARGETS.items()
    }
    if there := [path.relative_to(root).as_posix() for path in targets.values() if path.exists()]:
        raise SetupError(f"{', '.join(there)}: there already. Choose another name.")
    title = slug.replace("_", " ").capitalize()
    substitutes = {"SLUG": slug, "TITLE": title, "NUMBER": str(number), "NN": f"{number:02d}"}
    for template, path in targets.items():
        text = (TEMPLATE / template).read_text("utf-8")
        for name, value in substitutes.items():
            text = text.replace(name, value)
        path.write_text(text, "utf-8", newline="\n")
    _offer_check(root / "helpers/checks/__init__.py", number, f"check_{slug}")
    made = [path.relative_to(root).as_posix() for path in targets.values()]
    return [
        f"Lesson {number}, {title}, is begun. It works as it is; rewrite it piece by piece:",
        *(f"  {path}" for path in made),
        f"helpers/checks/__init__.py offers its check, check_{slug}. Next:",
        f"  python course.py notebooks {number:02d}",
        f"  python course.py lab {number}",
        "docs/new-lesson.md says what is in each file.",
    ]


def _offer_check(path: Path, number: int, check: str) -> None:
    """Import the check where all others are, and name it in `__all__`."""
    text = path.read_text("utf-8")
    head, bracket, tail = text.partition("\n__all__ = [\n")
    names, end, rest = tail.partition("]\n")
    if not end:
        raise SetupError(f"{path} has no `__all__ = [...]` in which to name {check}.")
    lines = sorted([*names.splitlines(), f'    "{check}",'])
    head = f"{head.rstrip()}\nfrom helpers.checks.lesson_{number} import {check}\n"
    path.write_text(head + bracket + "\n".join(lines) + "\n" + end + rest, "utf-8", newline="\n")
