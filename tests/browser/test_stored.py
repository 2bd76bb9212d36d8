"""Notebooks as they are stored, without a kernel: every picture is there, and Chinese is."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tools import ROOT
from tools.browser.lab import open_lab, stored_problems

NOTEBOOKS = sorted(
    path.relative_to(ROOT / "notebooks").as_posix()
    for path in ROOT.glob("notebooks/**/*.ipynb")
    if ".ipynb_checkpoints" not in path.parts
)

# Whether two Chinese characters look alike in the font of an element: then both are boxes.
BOXES = """async markup => {
    document.body.insertAdjacentHTML('beforeend', markup);
    const added = document.body.lastElementChild;
    const font = '32px ' + getComputedStyle(added.querySelector('.sample')).fontFamily;
    added.remove();
    await document.fonts.load(font, '天媽');
    const drawn = character => {
        const pen = document.createElement('canvas').getContext('2d');
        pen.font = font;
        pen.fillText(character, 0, 40);
        return pen.canvas.toDataURL(); };
    return drawn('天') === drawn('媽'); }"""


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_notebook_without_a_kernel_shows_its_pictures(
    page: Page, address: str, notebook: str
) -> None:
    assert not stored_problems(page, address, notebook)


@pytest.mark.parametrize(
    "markup",
    [
        '<div class="jp-RenderedHTMLCommon"><p class="sample"></p></div>',
        '<div class="jp-RenderedHTMLCommon"><code class="sample"></code></div>',
        '<div class="jupyter-widgets widget-html"><div class="sample"></div></div>',
        '<div class="jupyter-widgets widget-text"><input class="sample" type="text"></div>',
    ],
    ids=["prose", "code", "note", "text field"],
)
def test_chinese_in_the_page_is_no_row_of_boxes(page: Page, address: str, markup: str) -> None:
    open_lab(page, address)
    assert not page.evaluate(BOXES, markup)
