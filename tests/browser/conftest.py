"""One JupyterLab and one Chromium for all browser tests; each lesson opened and run once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tools.browser.lab import Lesson, chromium, copy_lessons, find_chromium, serve, tab


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the lessons, which JupyterLab serves."""
    if not find_chromium():
        pytest.skip("no Chromium here (Debian, Ubuntu: apt install chromium)")
    return copy_lessons(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="session")
def address(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """See `lab.serve`."""
    with serve(folder, tmp_path_factory.mktemp("private")) as served:
        yield served


@pytest.fixture(scope="session")
def browser(folder: Path) -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with tab(browser) as opened:
        yield opened


@pytest.fixture(scope="module")
def lesson(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Lesson]:
    """The notebook that a test names (by indirect parameter), after "Run All Cells"."""
    with tab(browser) as opened:
        lesson = Lesson(opened, address, request.param)
        lesson.run_all()
        yield lesson
        lesson.close()
