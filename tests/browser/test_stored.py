"""Each notebook as it is stored, without a kernel: every picture is there."""

from __future__ import annotations

import pytest
from lab import ROOT, stored_problems
from playwright.sync_api import Page

NOTEBOOKS = sorted(
    path.relative_to(ROOT / "notebooks").as_posix()
    for path in ROOT.glob("notebooks/**/*.ipynb")
    if ".ipynb_checkpoints" not in path.parts
)


@pytest.mark.xdist_group("stored")
@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_notebook_without_a_kernel_shows_its_pictures(
    page: Page, address: str, notebook: str
) -> None:
    assert not stored_problems(page, address, notebook)
