"""The picture of a live view's first scene, for pages where nothing moves: GitHub, print.

Headless Chromium draws it with the same `live.js` as everywhere.
"""

from __future__ import annotations

import base64
from types import TracebackType
from typing import Any

from helpers import DATA
from helpers.live.explorer import HERE, LOOK
from tools.setup.browsers import FLAGS, find_chromium

WIDTH = 900  # pixels of the page; two of the picture for each
FONT = DATA / "fonts" / "NotoSansCJKtc-Regular-subset.otf"
DRAW = """async ({code, scene, look, width}) => {
    const {draw} = await import('data:text/javascript;base64,' + code);
    const view = document.getElementById('view');
    for (const [name, value] of Object.entries(look.light))
        view.style.setProperty('--live-' + name, value);
    view.style.setProperty('--live-behind', '#fff');
    await document.fonts.load('20px "Course Chinese"', '你');
    view.firstChild.innerHTML = draw(scene, width, look).svg; }"""


class NoBrowser(Exception):
    """There is no Chromium to draw with; the message says what to do."""


class Artist:
    """Draws scenes as PNG; starts Chromium at the first one. A context manager."""

    def __init__(self) -> None:
        self._stop: Any = None
        self._page: Any = None

    def __enter__(self) -> Artist:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._stop is not None:
            self._page.context.browser.close()
            self._stop()

    def _start(self) -> Any:
        if (browser := find_chromium()) is None:
            raise NoBrowser(
                "live views' pictures are drawn by Chromium, and there is none. Install it "
                "(Debian, Ubuntu: apt install chromium), or name one: CHROMIUM=/path/to/it"
            )
        from playwright.sync_api import sync_playwright

        playwright = sync_playwright().start()
        self._stop = playwright.stop
        opened = playwright.chromium.launch(executable_path=browser, args=FLAGS, headless=True)
        page = opened.new_page(viewport={"width": WIDTH + 20, "height": 600}, device_scale_factor=2)
        font = base64.b64encode(FONT.read_bytes()).decode()
        page.set_content(
            '<!doctype html><meta charset="utf-8"><style>'
            f'@font-face {{ font-family: "Course Chinese"; src: url(data:font/otf;base64,{font}) }}'
            "body { margin: 0; background: #fff; --jp-ui-font-family: 'DejaVu Sans' }"
            f"{(HERE / 'live.css').read_text('utf-8')}"
            f"#view {{ width: {WIDTH}px }}</style>"
            '<div id="view" class="live"><div class="live-picture"></div></div>'
        )
        return page

    def png(self, scene: dict[str, Any]) -> bytes:
        """A scene (as `to_data` gives it) as the page draws it, light.

        Raises:
            NoBrowser: there is no Chromium.
        """
        if self._page is None:
            self._page = self._start()
        code = base64.b64encode((HERE / "live.js").read_bytes()).decode()
        values = {"code": code, "scene": scene, "look": LOOK, "width": WIDTH}
        self._page.evaluate(DRAW, values)
        return bytes(self._page.locator("svg").screenshot())


def in_words(scene: dict[str, Any]) -> str:
    """What a screen reader says of a scene, and what stands where its picture cannot be seen."""
    return ". ".join(filter(None, [scene["title"], scene["note"]]))
