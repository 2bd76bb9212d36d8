"""Lesson 2's generator as a student uses it: buttons, typed text, odd input."""

from __future__ import annotations

import time

import pytest
from lab import Lesson
from playwright.sync_api import Page, expect


@pytest.fixture
def lesson(page: Page, address: str) -> Lesson:
    lesson = Lesson(page, address, "02_generating_with_an_rnn.ipynb")
    lesson.run_all()
    return lesson


def test_buttons_and_typed_text(lesson: Lesson, page: Page) -> None:
    step = page.get_by_role("button", name="Step", exact=True)
    step.scroll_into_view_if_needed()
    shown = page.locator(".widget-readout").filter(has_text="").last
    page.get_by_role("button", name="Reset", exact=True).click()
    expect(shown).to_have_text("0")
    step.click()
    expect(shown).to_have_text("1")
    page.get_by_role("button", name="Run", exact=True).click()
    pause = page.get_by_role("button", name="Pause", exact=True)
    expect(pause).to_be_visible()
    time.sleep(1.5)
    pause.click()
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()
    reached = int(shown.inner_text())
    assert reached > 2
    time.sleep(1.2)
    assert int(shown.inner_text()) == reached  # paused

    field = page.locator(".widget-text input").last
    for text, answer in (
        ("恐龍", "恐"),  # an unknown character is named
        ("<b>hello</b>", "Not in the vocabulary: < b > hello"),  # not taken for markup
        ("🙂", "🙂"),
        ("我" * 500, "You typed 500 tokens"),
    ):
        field.fill(text)
        field.press("Enter")
        note = page.locator(".widget-html-content", has_text=answer).last
        expect(note).to_be_visible()
    assert page.locator(".widget-html-content b").count() == 0
    field.fill("")
    field.press("Enter")
    lesson.wait_until_idle()
    assert not lesson.problems()
