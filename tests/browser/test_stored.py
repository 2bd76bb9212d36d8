"""Notebooks as they are stored, without a kernel: every picture is there, and Chinese is."""

from __future__ import annotations

import pytest
from lab import ROOT, open_lab, stored_problems
from playwright.sync_api import Page

NOTEBOOKS = sorted(
    path.relative_to(ROOT / "notebooks").as_posix()
    for path in ROOT.glob("notebooks/**/*.ipynb")
    if ".ipynb_checkpoints" not in path.parts
)

# Whether two Chinese characters look alike in a font of the page: then both are boxes.
BOXES = """async name => {
    const font = '32px ' + getComputedStyle(document.body).getPropertyValue(name);
    await document.fonts.load(font, '天媽');
    const drawn = sign => {
        const pen = document.createElement('canvas').getContext('2d');
        pen.font = font;
        pen.fillText(sign, 0, 40);
        return pen.canvas.toDataURL(); };
    return drawn('天') === drawn('媽'); }"""


@pytest.mark.xdist_group("stored")
@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_notebook_without_a_kernel_shows_its_pictures(
    page: Page, address: str, notebook: str
) -> None:
    assert not stored_problems(page, address, notebook)


@pytest.mark.xdist_group("stored")
@pytest.mark.parametrize("use", ["content", "ui", "code"])
def test_chinese_in_the_page_is_no_row_of_boxes(page: Page, address: str, use: str) -> None:
    open_lab(page, address)
    assert not page.evaluate(BOXES, f"--jp-{use}-font-family")
