"""Moves the controls of an `explore` widget as a student's hands would, and watches its picture.

Every function returns what is wrong, one line for each problem; an empty list means all is well.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from playwright.sync_api import Locator, expect

from tools.browser.lab import Lesson

expect.set_options(timeout=60_000)  # as for all else in a page, on a busy machine
WAYS = ("keyboard", "mouse")
STEPS = 5  # of a player, until one must have changed the picture
SETTINGS = 24  # of other controls, until a control must have changed the picture at one of them
SENTENCES = {
    "Chinese": "你怎麼敢！我媽媽昨天買了兩顆蘋果。",
    "a script": "<script>window.typedCode = 1</script> apples",
    "markup": "<b>$x_1$</b> <img src=x onerror='window.typedCode = 1'> &lt;i&gt; $\\frac{",
    "emoji": "🙂 👩‍👩‍👧 🇹🇼",
    "nothing": "",
    "500 words": "She likes two cats and apples. " * 83 + "She likes",
    "500 characters": "我" * 500,
}
LOOK = """async root => {
    const picture = root.querySelector('.explorer-picture');
    const note = root.querySelector('.explorer-note');
    await picture.decode();
    const bytes = await (await fetch(picture.src)).arrayBuffer();
    const digest = await crypto.subtle.digest('SHA-256', bytes);
    const tags = [...note.querySelectorAll('.widget-html-content *')].map(e => e.tagName);
    return [[...new Uint8Array(digest)].join('.'), picture.naturalWidth, note.innerText,
            tags.filter(tag => !['DIV', 'BR'].includes(tag)), window.typedCode !== undefined]; }"""


class Look(NamedTuple):
    """What a widget shows: a fingerprint of its picture, the note under it, and what is wrong."""

    picture: str
    note: str
    problems: list[str]


class Widget:
    """One `explore` widget in a lesson that has run, by its number and its controls' names."""

    def __init__(self, lesson: Lesson, number: int, controls: list[str]) -> None:
        self.lesson, self.number, self.controls = lesson, number, controls
        self.root = lesson.page.locator(f".explorer-{number}").first

    def control(self, name: str) -> Locator:
        return self.root.locator(f".control-{name}")

    def look(self) -> Look:
        """What the widget shows once all that was asked for is drawn."""
        self.lesson.settle()
        picture, width, note, tags, ran = self.root.evaluate(LOOK)
        problems = [] if width else ["its picture is empty"]
        if "Not drawn for" in note:
            problems.append(f"it shows an error: {note}")
        if tags or ran:
            problems.append(f"typed text became markup: {tags or 'a script ran'}")
        return Look(picture, note, problems)

    def put(self, setting: str = "{}") -> None:
        """Set all controls to what they were at first, but for a setting (Python text)."""
        self.lesson.python(f"__import__('probe').put({self.number}, **{setting})")
        self.lesson.settle()

    def other_settings(self, name: str) -> Iterator[str]:
        """The first setting, then those in which another control is somewhere else."""
        yield "{}"
        others = f"__import__('probe').others({self.number}, {name!r})"
        for index in range(min(SETTINGS, self.lesson.python("", f"len({others})"))):
            yield f"{others}[{index}]"


def widgets(lesson: Lesson) -> list[Widget]:
    """Every `explore` widget that the lesson shows, from top to bottom."""
    controls = lesson.mark_widgets()
    lesson.settle()
    shown: list[int] = lesson.page.evaluate(
        """() => [...document.querySelectorAll('.explorer')]
            .map(e => Number(/\\bexplorer-(\\d+)/.exec(e.className)[1]))"""
    )
    return [Widget(lesson, number, controls[number]) for number in dict.fromkeys(shown)]


def check_one_move(widget: Widget, way: str) -> list[str]:
    """Move the first control, or type into the first field; the picture must change."""
    name = widget.controls[0]
    control = widget.control(name)
    control.scroll_into_view_if_needed()
    if not is_field(control):
        return check_moves(widget, name, way)
    before = widget.look()
    enter(control.locator("input"), "<b>cats</b> two apples 我", way)
    now = widget.look()
    problems = now.problems if now[:2] != before[:2] else ["typed text changed nothing"]
    return [f"{name}: {problem}" for problem in problems]


def is_field(control: Locator) -> bool:
    """Whether a control is a line of text (a slider's number is one as well)."""
    return bool(
        control.locator("input[type=text]").count() and not control.get_by_role("slider").count()
    )


def check_controls(widget: Widget) -> list[str]:
    """Move every control but text fields; each must change the picture in both ways."""
    problems = []
    for name, way in itertools.product(widget.controls, WAYS):
        control = widget.control(name)
        control.scroll_into_view_if_needed()
        if control.locator("button").count():
            problems += check_buttons(widget, name, way)
        if not is_field(control):  # else it is for `check_sentences`
            problems += check_moves(widget, name, way)
    return problems


def check_moves(widget: Widget, name: str, way: str) -> list[str]:
    """Move one control to several values, under other settings too, until the picture changes."""
    problems: list[str] = []
    for setting in widget.other_settings(name):
        widget.put(setting)
        before = widget.look()
        for move in moves(widget.control(name), way):
            move()
            now = widget.look()
            problems += [f"{name}: {problem}" for problem in now.problems]
            if problems or now.picture != before.picture:
                return problems
    return [f"{name}, moved by {way}: the picture never changed"]


def moves(control: Locator, way: str) -> list[Callable[[], object]]:
    """What to do with a control, one after the other; each brings it to another value."""
    slider, chooser = control.get_by_role("slider"), control.locator("select")
    if slider.count():
        if way == "mouse":
            return [partial(drag, slider, to) for to in (0.85, 0.15, 0.5, 1.0, 0.0)]
        at_end = slider.get_attribute("aria-valuenow") == slider.get_attribute("aria-valuemax")
        keys = ["ArrowLeft" if at_end else "ArrowRight", "PageDown", "PageUp", "End", "Home"]
        return [partial(slider.press, key) for key in keys]
    if chooser.count():
        options = min(8, chooser.locator("option").count())
        return [lambda: choose_next(chooser, way)] * (options - 1)
    box = control.locator("input[type=checkbox]")
    if box.count():
        return [box.click if way == "mouse" else lambda: box.press("Space")]
    raise AssertionError(f"no way is known to move {control.get_attribute('class')}")


def drag(slider: Locator, to: float) -> None:
    """Drag a slider's handle to a place on its track, from 0 to 1."""
    track = slider.locator("xpath=ancestor::*[contains(@class, 'noUi-base')]").bounding_box()
    assert track is not None
    mouse = slider.page.mouse
    slider.hover()
    mouse.down()
    mouse.move(track["x"] + to * track["width"], track["y"] + track["height"] / 2, steps=4)
    mouse.up()


def choose_next(chooser: Locator, way: str) -> None:
    """Choose the next option of a list, or the first after the last."""
    index: int = chooser.evaluate("e => e.selectedIndex")
    last = index == chooser.locator("option").count() - 1
    # The open list is not part of the page, so the mouse cannot be led into it. Closed, the list
    # must not be asked with arrow keys: JupyterLab takes them for itself.
    chooser.click() if way == "mouse" else chooser.press("Space")
    chooser.press("Home" if last else "ArrowDown")
    chooser.press("Enter")
    chooser.page.wait_for_function(
        "([e, index]) => e.selectedIndex !== index", arg=[chooser.element_handle(), index]
    )


def check_buttons(widget: Widget, name: str, way: str) -> list[str]:
    """Step, Run, Pause and Reset of a player; each must change the picture."""
    control = widget.control(name)
    shown = control.locator(".widget-readout")
    start = f"{float(control.get_by_role('slider').get_attribute('aria-valuemin') or 0):g}"

    def push(label: str) -> None:
        button = control.get_by_role("button", name=label, exact=True)
        button.click() if way == "mouse" else button.press("Enter")

    problems = []
    widget.put()
    push("Reset")
    expect(shown).to_have_text(start)
    first = widget.look()
    for _ in range(STEPS):
        push("Step")
        stepped = widget.look()
        if stepped.picture != first.picture:
            break
    else:
        problems.append(f"{name}: {STEPS} times Step by {way}, and the picture never changed")
    expect(shown).not_to_have_text(start)
    push("Reset")
    expect(shown).to_have_text(start)
    push("Run")
    expect(control.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    expect(shown).not_to_have_text(start)
    push("Pause")
    expect(control.get_by_role("button", name="Run", exact=True)).to_be_visible()
    ran, reached = widget.look(), shown.inner_text()
    widget.lesson.python(f"await __import__('asyncio').sleep(1.5 * {seconds(widget, name)})")
    if widget.look() != ran or shown.inner_text() != reached:
        problems.append(f"{name}: it ran on after Pause by {way}")
    return problems + [f"{name}: {problem}" for problem in [*stepped.problems, *ran.problems]]


def seconds(widget: Widget, name: str) -> str:
    """Python text for the time that a player takes for a step."""
    return f"__import__('probe').known[{widget.number}].controls[{name!r}].seconds"


def check_sentences(widget: Widget) -> list[str]:
    """Type each of `SENTENCES` into every text field; each must change the picture or the note."""
    problems = []
    for name in widget.controls:
        field = widget.control(name).locator("input[type=text]")
        if not field.count():
            continue
        pictures = []
        for (what, sentence), way in zip(SENTENCES.items(), itertools.cycle(WAYS), strict=False):
            if sentence or field.input_value():  # else nothing is typed over the sentence before
                widget.put()
            if sentence == field.input_value():
                enter(field, "apples", "keyboard")
            before = widget.look()
            enter(field, sentence, way)
            now = widget.look()
            if now[:2] == before[:2]:
                problems.append(f"{name}: no answer to {what}, typed and sent by {way}")
            pictures += [(way, now.picture != before.picture)]
            problems += [f"{name}, {what}: {problem}" for problem in now.problems]
        for way in WAYS:
            if (way, True) not in pictures:
                problems.append(f"{name}: no sentence sent by {way} changed the picture")
    return problems


def enter(field: Locator, sentence: str, way: str) -> None:
    """Type over what a field holds, then press Enter, or leave the field with a click elsewhere."""
    keyboard = field.page.keyboard
    if way == "mouse":
        field.click(click_count=3)
    else:
        field.focus()
        keyboard.press("Control+a")
    keyboard.press("Delete")
    keyboard.insert_text(sentence)
    if way == "mouse":
        picture = field.locator(
            "xpath=ancestor::*[contains(@class, 'jp-OutputArea-output')]"
        ).locator(".explorer-picture")
        picture.click()
    else:
        keyboard.press("Enter")


def check_stored(lesson: Lesson, stored: dict[str, bool]) -> list[str]:
    """Every cell that shows a widget must have a picture stored: cell id → whether it has one."""
    cells: list[str] = lesson.page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.content.widgets
            .filter(cell => cell.node.querySelector('.explorer-picture'))
            .map(cell => cell.model.id)"""
    )
    return [f"cell {cell}: a widget without a stored picture" for cell in cells if not stored[cell]]
