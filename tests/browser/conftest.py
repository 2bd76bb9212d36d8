"""One JupyterLab and one Chromium for all browser tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

sys.path.insert(0, str(Path(__file__).parent))
from lab import browser_page, copy_lessons, find_chromium, serve


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A JupyterLab on a copy of the lessons; see `lab.serve`."""
    if not find_chromium():
        pytest.skip("no Chromium here (Debian, Ubuntu: apt install chromium)")
    folder = copy_lessons(tmp_path_factory.mktemp("course"))
    with serve(folder, tmp_path_factory.mktemp("private")) as served:
        yield served


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    with browser_page() as opened:
        yield opened
