"""Each lesson in JupyterLab: it runs without an error, and every slider moves its picture."""

from __future__ import annotations

import pytest
from lab import ROOT, Lesson
from playwright.sync_api import Page

LESSONS = sorted(path.name for path in ROOT.glob("notebooks/*.ipynb"))


@pytest.mark.parametrize("notebook", LESSONS)
def test_lesson_runs_and_its_sliders_work(page: Page, address: str, notebook: str) -> None:
    lesson = Lesson(page, address, notebook)
    lesson.run_all()
    assert not lesson.problems()
    for number, slider in enumerate(lesson.sliders(), start=1):
        problem = lesson.nudge(slider)
        assert problem is None, f"slider {number}: {problem}"
    assert not lesson.problems()
