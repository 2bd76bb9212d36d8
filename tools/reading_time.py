"""How many minutes a lesson takes: what its header and README promise, estimated.

    python -m tools.reading_time    # a line for each lesson

Prose at 180 words a minute without what is folded away, ten lines of code a minute, two minutes a
view, and each exercise as many as it says. Whatever stands under "Further" counts apart.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from notebooks.lessons import LESSONS, Cell, Lesson

WORDS, LINES, VIEW = 180, 10, 2  # a minute, a minute, minutes
FOLDED = re.compile(r"<details>.*?</details>", re.DOTALL)
EXERCISE = re.compile(r"\*\*Exercise .*?(\d+) minutes?")
PROMISED = re.compile(
    r"About (\d+) minutes(?:[,;] (?:and )?(?:about )?(\d+) more under \W*Further)?"
)


class Minutes(NamedTuple):
    core: float
    further: float


def minutes(cell: Cell) -> float:
    """Minutes for one cell."""
    if cell.cell_type == "markdown":
        text = FOLDED.sub("", cell.source)
        asked = sum(int(found) for found in EXERCISE.findall(text))
        return len(re.findall(r"[^\W\d_]{2,}", text)) / WORDS + asked
    if cell.is_exercise:
        return 0.0
    lines = [line for line in cell.source.split("\n") if line.strip()]
    return len(lines) / LINES + VIEW * cell.source.count("explore(")


def estimate(lesson: Lesson) -> Minutes:
    """Minutes of the core path, and of what stands under "Further"."""
    core = further = 0.0
    at_the_end = False
    for cell in lesson.cells:
        at_the_end = at_the_end or bool(re.search(r"^## Further", cell.source, re.MULTILINE))
        if at_the_end:
            further += minutes(cell)
        else:
            core += minutes(cell)
    return Minutes(core, further)


def promised(lesson: Lesson) -> Minutes | None:
    """What the header says, such as `About 60 minutes, 15 more under Further.`"""
    if found := PROMISED.search(lesson.cells[0].source):
        return Minutes(int(found[1]), int(found[2] or 0))
    return None


if __name__ == "__main__":
    for name, lesson in LESSONS.items():
        core, further = estimate(lesson)
        print(f"{name:36} core {core:4.0f}  further {further:4.0f}  promised {promised(lesson)}")
