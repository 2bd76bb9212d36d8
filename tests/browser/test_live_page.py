"""Live views in the page: each mark, each control, and the memory that answers moves.

On a bare page, without JupyterLab: `Bare` stands in for the kernel, with answers of the real
`Explorer`, and counts its questions.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route

from helpers.live import (
    Arcs,
    Arrows,
    Axis,
    Band,
    Bars,
    Boxes,
    Curve,
    Dots,
    Explorer,
    Handle,
    Heat,
    Names,
    Panel,
    Picture,
    Scene,
    Sketch,
    Text,
    Tokens,
    choice,
    drawn,
    explore,
    player,
    slider,
    switch,
    typed,
)
from helpers.live.explorer import HERE, LOOK, to_data_of_control
from tools.browser.lab import tab

SITE = "http://live.test/"
PAGE = """<!doctype html><html lang="en"><title>bare</title><meta charset="utf-8">
<link rel="stylesheet" href="live.css"><body style="margin: 0; background: #fff">
<div id="view"></div>"""
START = """async ({recording, kernel}) => {
    const {RecordedModel} = await import('/recorded.js');
    const {default: view} = await import('/live.js');
    const model = window.model = new RecordedModel(recording, 'one');
    window.asked = [];
    window.alive = true;
    if (kernel) model.send = ({ask}) => { for (const settings of ask) {
        window.asked.push(settings);
        window.answer(settings).then(
            answer => window.alive && model.tell('msg:custom', answer)); } };
    view.initialize({model});
    view.render({model, el: document.getElementById('view')}); }"""


class Bare:
    """A page with one view and, if there is a kernel, its answers."""

    def __init__(
        self, page: Page, lab: Explorer, kernel: bool, scenes: list[dict[str, Any]]
    ) -> None:
        self.page, self.lab = page, lab
        controls = {name: to_data_of_control(control) for name, control in lab.controls.items()}
        recording = {"controls": controls, "look": LOOK, "scenes": scenes}
        page.evaluate(START, {"recording": recording, "kernel": kernel})
        page.wait_for_selector(".live-picture svg", state="attached")

    @property
    def note(self) -> str:
        return self.page.locator(".live-note").inner_text()

    @property
    def asked(self) -> int:
        return int(self.page.evaluate("window.asked.length"))

    def value(self, name: str) -> Any:
        return self.page.evaluate("name => window.model.get(name)", name)

    def wait(self, note: str) -> None:
        """Until the note reads so."""
        self.page.wait_for_function(
            "note => document.querySelector('.live-note').textContent === note", arg=note
        )

    def rest(self) -> None:
        """Until looking ahead has come to its end."""
        self.page.wait_for_function(
            """() => { const now = window.asked.length;
                if (window.before === now) return performance.now() - window.since > 400;
                window.before = now; window.since = performance.now(); return false; }"""
        )


def serve_file(route: Route) -> None:
    """The page itself, or one of `helpers/live`'s files."""
    name = route.request.url.removeprefix(SITE)
    if not name:
        return route.fulfill(body=PAGE, content_type="text/html; charset=utf-8")
    kind = "text/css" if name.endswith(".css") else "text/javascript"
    route.fulfill(body=(HERE / name).read_bytes(), content_type=f"{kind}; charset=utf-8")


@pytest.fixture(scope="module")
def tabs(browser: Browser) -> Iterator[Page]:
    with tab(browser, 820, 900) as page:
        page.set_default_timeout(15_000)
        labs: dict[str, Explorer] = {}
        page.expose_function("answer", lambda settings: labs["now"].compute(settings))
        page.route(f"{SITE}**", serve_file)
        page.labs = labs  # type: ignore[attr-defined]
        yield page


@pytest.fixture
def bare(tabs: Page):
    """Open a view on a new page: bare(lab, kernel=False, scenes=[...])."""
    problems: list[str] = []
    note = lambda error: problems.append(str(error))  # noqa: E731
    tabs.on("pageerror", note)

    def start(
        lab: Explorer, kernel: bool = True, scenes: list[dict[str, Any]] | None = None
    ) -> Bare:
        tabs.set_viewport_size({"width": 820, "height": 900})
        tabs.goto(SITE)
        tabs.labs["now"] = lab  # type: ignore[attr-defined]
        return Bare(tabs, lab, kernel, scenes or [lab.first])

    yield start
    tabs.remove_listener("pageerror", note)
    assert not problems


def only(*panels: Any, **named: Any) -> Explorer:
    """A view with one scene."""
    return explore(lambda k: Scene(*panels, **named), k=slider("k", 1, 2, 1))


# --- marks ---------------------------------------------------------------------------------------

LINEAR = {"x": Axis(low=0, high=2), "y": Axis(low=0, high=4)}


def boxes(page: Page, selector: str) -> list[dict[str, float]]:
    """Where elements stand, in pixels from the panel's plane."""
    return page.evaluate(
        """selector => [...document.querySelectorAll('.live-picture ' + selector)].map(node => {
            const {x, y, width, height} = node.getBoundingClientRect();
            return {x, y, width, height}; })""",
        selector,
    )


def pixel(page: Page, x: float, y: float) -> tuple[int, ...]:
    """The colour on the screen, red, green, blue."""
    clip = {"x": x, "y": y, "width": 1, "height": 1}
    picture = Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB")
    return tuple(np.asarray(picture)[0, 0].tolist())


def test_a_curve_goes_through_its_points_and_leaves_gaps(bare) -> None:
    marks = Curve([0, 1, 2], [0, 4, 0], label="c"), Curve([0, 1, 2], [1, float("nan"), 1])
    view = bare(only(Panel(*marks, **LINEAR, height=200)))
    first, second = view.page.evaluate(
        "[...document.querySelectorAll('.live-picture path')].map(p => p.getAttribute('d'))"
    )
    points = [tuple(map(float, point.split(","))) for point in first[1:].split("L")]
    assert points[1][0] * 2 == pytest.approx(points[0][0] + points[2][0], abs=0.2)
    assert points[0][1] - points[1][1] == pytest.approx(200, abs=0.2)
    assert second.count("M") == 2
    assert "L" not in second


def test_a_log_axis_has_equal_steps_for_equal_factors(bare) -> None:
    axes = {"x": Axis(low=0, high=2), "y": Axis(low=1e-4, high=1, log=True)}
    view = bare(only(Panel(Dots([0, 1, 2], [1e-4, 1e-2, 1], size=4), **axes)))
    low, middle, high = (box["y"] for box in boxes(view.page, "circle"))
    assert low - middle == pytest.approx(middle - high, abs=0.2)


def test_bars_stand_on_zero_with_lengths_in_proportion(bare) -> None:
    panel = Panel(
        Bars([0, 1, 2], [1, 2, 4], color=["blue", "red", "blue"]),
        x=Names(names=[*"abc"]),
        y=Axis(low=0, high=4),
    )
    view = bare(only(panel))
    one, two, four = boxes(view.page, "rect[data-tip]")
    assert two["height"] == pytest.approx(2 * one["height"], abs=0.3)
    assert four["height"] == pytest.approx(4 * one["height"], abs=0.3)
    assert one["y"] + one["height"] == pytest.approx(four["y"] + four["height"], abs=0.3)
    view.page.hover("rect[data-tip='b: 2']")
    assert view.page.locator(".live-tip").inner_text() == "b: 2"


def test_lying_bars_grow_to_the_right(bare) -> None:
    panel = Panel(
        Bars([0, 1], [1, 3], across=True), y=Names(names=["a", "b"]), x=Axis(low=0, high=4)
    )
    one, three = boxes(bare(only(panel)).page, "rect[data-tip]")
    assert three["width"] == pytest.approx(3 * one["width"], abs=0.3)
    assert one["x"] == pytest.approx(three["x"], abs=0.1)
    assert one["y"] < three["y"]


def test_a_heat_map_has_its_first_row_on_top_and_names_its_cells(bare) -> None:
    panel = Panel(
        Heat([[0, 1], [0.5, 0.25]], numbers=True),
        x=Names(names=["two", "apples"]),
        y=Names(names=["兩", "蘋"]),
    )
    view = bare(only(panel))
    (cells,) = boxes(view.page, ".live-cells")
    tips, colours = [], []
    for row in (0.25, 0.75):
        for column in (0.25, 0.75):
            x, y = cells["x"] + column * cells["width"], cells["y"] + row * cells["height"]
            view.page.mouse.move(x, y)
            tips.append(view.page.locator(".live-tip").inner_text())
            colours.append(pixel(view.page, x - 20, y))
    assert tips == ["兩 ← two: 0", "兩 ← apples: 1", "蘋 ← two: 0.5", "蘋 ← apples: 0.25"]
    assert view.page.locator(".live-name.live-lit").all_text_contents() == ["蘋", "apples"]
    assert colours[:2] == [(0, 34, 78), (254, 232, 56)]
    numbers = view.page.locator(".live-picture text[font-size='11']").all_text_contents()
    assert numbers == ["0.00", "1.00", "0.50", "0.25"]


def test_a_heat_map_on_numbered_axes_stands_where_its_extent_says(bare) -> None:
    panel = Panel(Heat([[1, 1]], extent=(0, 1, 0, 4)), Dots([1], [2], size=1), **LINEAR)
    view = bare(only(panel))
    (cells,), (dot,) = boxes(view.page, ".live-cells"), boxes(view.page, "circle")
    assert dot["x"] + dot["width"] / 2 == pytest.approx(cells["x"] + cells["width"], abs=0.3)
    assert dot["y"] + dot["height"] / 2 == pytest.approx(cells["y"] + cells["height"] / 2, abs=0.3)


def test_words_wrap_and_pointing_at_one_lights_up_its_links(bare) -> None:
    words = [f"word{n}" for n in range(40)]
    marks = (
        Tokens(words, name="s"),
        Arcs("s", "t", [(0, 1, 1.0), (39, 0, 0.5)]),
        Tokens(["甲", "乙"], name="t"),
    )
    view = bare(only(Panel(*marks)))
    tops = {box["y"] for box in boxes(view.page, "[data-token^='s:'] rect")}
    assert len(tops) > 1
    assert max(box["x"] + box["width"] for box in boxes(view.page, "[data-token] rect")) <= 820
    view.page.hover("[data-token='s:0'] rect")
    lit = [
        node.get_attribute("data-token")
        for node in view.page.locator("[data-token].live-lit").all()
    ]
    assert lit == ["s:0", "t:1"]
    assert view.page.locator(".live-arc.live-lit").get_attribute("data-to") == "t:1"


def test_boxes_arrows_text_bands_and_pictures_are_drawn(bare) -> None:
    from matplotlib.figure import Figure

    plane = {"x": Axis(low=0, high=4, hidden=True), "y": Axis(low=0, high=2, hidden=True)}
    panel = Panel(
        Band([0, 4], [0, 0], [1, 2]),
        Arrows([1, 1], [1, 1], [3, 3], [1, 2], weights=[0.1, 30]),
        Boxes([1, 3], [1, 1], ["h_t", "softmax"], tips=["state", "64 numbers"]),
        Text(2, 1.8, "h_{T-1} → 2^{10}"),
        **plane,
    )
    view = bare(only(panel, Panel(Picture(Figure(figsize=(2, 1)), "an empty figure"), height=80)))
    texts = view.page.locator(".live-picture text").all_text_contents()
    assert texts == ["ht", "softmax", "hT-1 → 210"]
    left, right = boxes(view.page, "rect[rx]")
    assert right["x"] > left["x"]
    weak, strong = view.page.locator("g[opacity]").all()
    assert float(weak.get_attribute("opacity") or 0) < 0.2
    assert "red" in (strong.get_attribute("stroke") or "")
    assert boxes(view.page, "image")[0]["height"] == 80


def test_panels_stand_side_by_side_where_there_is_room(bare) -> None:
    pair = tuple(Panel(Dots([1], [1]), **LINEAR, title=name) for name in "ab")
    view = bare(only(pair))
    left, right = boxes(view.page, "[data-panel]")
    assert right["x"] > left["x"] + 300
    view.page.set_viewport_size({"width": 360, "height": 800})
    view.page.wait_for_function(
        "document.querySelector('svg').getBoundingClientRect().width <= 360"
    )
    left, right = boxes(view.page, "[data-panel]")
    assert right["y"] > left["y"] + 100
    assert view.page.evaluate("document.documentElement.scrollWidth") <= 360


def test_typed_markup_is_text_everywhere(bare) -> None:
    bad = "<img src=x onerror='window.hacked=1'>&\"'"
    lab = explore(
        lambda text: Scene(
            Panel(Tokens([text], below=[text], tips=[text], name=text)),
            Panel(Bars([0], [1]), x=Names(names=[text]), title=text),
            title=text,
            note=text,
        ),
        text=typed(bad, bad),
    )  # fmt: skip
    view = bare(lab)
    assert view.page.locator(".live img, .live-picture image").count() == 0
    assert view.page.evaluate("window.hacked") is None
    assert view.note == bad
    view.page.hover("[data-token] rect")
    assert view.page.locator(".live-tip").inner_text() == bad


# --- controls ------------------------------------------------------------------------------------


def said(n: int, model: str, text: str, loud: bool, t: int) -> Scene:
    return Scene(
        Panel(Dots([n], [n]), x=Axis(low=0, high=9), y=Axis(low=0, high=9)),
        note=f"{n} {model} {text} {loud} {t}",
    )


def all_controls() -> Explorer:
    return explore(
        said,
        n=slider("number", 1, 8, 3), model=choice("model", {"an RNN": "rnn", "an LSTM": "lstm"}),
        text=typed("words", "hi"), loud=switch("loud"), t=player("step", 6, 2),
    )  # fmt: skip


def test_each_control_moves_by_keyboard(bare) -> None:
    view = bare(all_controls())
    view.page.keyboard.press("Tab")
    for keys, note in [
        (["ArrowRight"], "4 rnn hi False 2"),
        (["End"], "8 rnn hi False 2"),
        (["Tab", "ArrowDown"], "8 lstm hi False 2"),
        (["Tab", "Control+a", "H", "o", "Enter"], "8 lstm Ho False 2"),
        (["Tab", "Space"], "8 lstm Ho True 2"),
        (["Tab", "Enter"], "8 lstm Ho True 3"),  # Step
        (["Tab", "Tab", "Enter"], "8 lstm Ho True 0"),  # Reset
        (["Tab", "ArrowUp"], "8 lstm Ho True 1"),
    ]:
        for key in keys:
            view.page.keyboard.press(key)
        view.wait(note)
    assert view.value("n") == 8


def test_each_control_moves_by_mouse_and_touch(bare) -> None:
    view = bare(all_controls())
    box = view.page.locator("input[type=range]").first.bounding_box()
    assert box
    view.page.mouse.click(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    view.wait("8 rnn hi False 2")
    view.page.locator("select").select_option("an LSTM")
    view.page.get_by_label("loud").click()
    view.wait("8 lstm hi True 2")
    view.page.get_by_role("button", name="Run").click()
    view.wait("8 lstm hi True 6")
    view.page.wait_for_function(
        "!document.querySelector('.live-buttons').textContent.includes('Pause')"
    )
    view.page.get_by_role("button", name="Run").click()  # from the end: anew
    view.wait("8 lstm hi True 0")
    view.page.get_by_role("button", name="Pause").click()


def test_a_value_that_the_kernel_sets_moves_control_and_picture(bare) -> None:
    view = bare(all_controls())
    view.page.evaluate("model.set('n', 7); model.set('model', 'lstm')")
    view.wait("7 lstm hi False 2")
    assert view.page.locator("input[type=range]").first.input_value() == "6"
    assert view.page.locator("output").first.inner_text() == "7"


def test_a_handle_is_dragged_and_moves_by_keyboard(bare) -> None:
    lab = explore(
        lambda x: Scene(Panel(Handle(x, 2, "x", label="x"), **LINEAR), note=f"{x}"),
        x=slider("x", 0.0, 2.0, 1.0, step=0.5, hidden=True),
    )
    view = bare(lab)
    assert view.page.locator("input").count() == 0
    at = boxes(view.page, ".live-handle")[0]
    view.page.mouse.move(at["x"] + 9, at["y"] + 9)
    view.page.mouse.down()
    view.page.mouse.move(at["x"] + 2000, at["y"], steps=4)
    view.page.mouse.up()
    view.wait("2.0")
    view.page.focus(".live-handle")
    for note in ("1.5", "1.0"):  # the focus stays through the redrawing
        view.page.keyboard.press("ArrowLeft")
        view.wait(note)


def test_a_prediction_is_drawn_before_the_truth_is_shown(bare) -> None:
    x = [0, 0.5, 1, 1.5, 2]
    lab = explore(
        lambda k: Scene(
            Panel(
                Curve(x, [0, 1, 2, 3, 4], label="measured"),
                Sketch("guess", x, reveals=["measured"], question="How?"),
                **LINEAR,
            ),
            title="It grows", note="As said.",
        ),
        k=slider("k", 1, 2, 1), guess=drawn("guess"),
    )  # fmt: skip
    view = bare(lab)
    told = view.page.locator(".live-message").text_content
    assert told() == "How?"
    assert "measured" not in view.page.locator("svg").inner_html()
    assert "It grows" not in (view.page.locator("svg").get_attribute("aria-label") or "")
    plane = view.page.locator(".live-plane").bounding_box()
    assert plane
    middle = plane["y"] + plane["height"] / 2
    view.page.mouse.move(plane["x"] + 2, middle)
    view.page.mouse.down()
    view.page.mouse.move(plane["x"] + plane["width"] - 2, middle, steps=12)
    view.page.mouse.up()
    view.page.wait_for_function(
        "document.querySelector('.live-note').textContent.includes('As said')"
    )
    assert told() == "It grows"
    assert view.value("guess") == pytest.approx([2, 2, 2, 2, 2], abs=0.05)
    assert "You drew 2 at x 0, where it is 0" in view.note
    assert "measured" in view.page.locator("svg").inner_html()


def test_a_prediction_can_be_drawn_by_keyboard(bare) -> None:
    lab = explore(
        lambda k: Scene(Panel(Sketch("guess", [0, 1, 2]), **LINEAR)),
        k=slider("k", 1, 2, 1),
        guess=drawn("guess"),
    )
    view = bare(lab)
    view.page.focus(".live-sketch")
    for key in ["ArrowUp", "ArrowRight", "ArrowDown", "ArrowDown"]:
        view.page.keyboard.press(key)
    first, second, third = view.value("guess")
    assert first > third > second


# --- memory --------------------------------------------------------------------------------------


def counted() -> Explorer:
    return explore(
        lambda n, m: Scene(note=f"{n} {m}"), n=slider("n", 0, 200, 100), m=choice("m", ["a", "b"])
    )


def test_what_was_seen_is_not_asked_again(bare) -> None:
    view = bare(counted())
    view.rest()
    before = view.asked
    view.page.evaluate("model.set('n', 101)")
    assert view.note == "101 a"  # at once: it was looked up ahead
    view.page.evaluate("model.set('n', 100)")
    assert view.note == "100 a"
    assert view.page.evaluate("new Set(window.asked.map(JSON.stringify)).size") == view.asked
    assert view.asked == before


def test_it_looks_ahead_along_the_last_move_and_at_the_other_controls(bare) -> None:
    view = bare(counted())
    view.page.evaluate("model.set('n', 150)")
    view.rest()
    known = view.page.evaluate("window.asked.map(s => s.n + s.m)")
    assert {"151a", "174a", "149a", "138a", "150b"} <= {*known}
    assert "175a" not in known


def test_the_newest_move_wins_and_the_hand_is_not_starved(bare) -> None:
    """Fails if each move asks by itself, or if an old answer covers a newer one."""
    view = bare(counted())
    view.rest()
    before = view.asked
    view.page.evaluate(
        """async () => { window.notes = [];
            const note = document.querySelector('.live-note');
            const what = {childList: true, characterData: true, subtree: true};
            new MutationObserver(() => notes.push(note.textContent)).observe(note, what);
            for (let n = 0; n <= 40; n++) {
                model.set('n', n);
                await new Promise(done => setTimeout(done, 5)); } }"""
    )
    view.wait("40 a")
    shown = [int(note.split()[0]) for note in view.page.evaluate("notes")]
    assert shown == sorted(shown)
    assert 3 <= view.asked - before <= 42


def test_an_error_is_a_sentence_and_the_next_move_goes_on(bare) -> None:
    def scene(n: int) -> Scene:
        if n == 2:
            raise ValueError("two is too few")
        return Scene(note=f"{n}")

    view = bare(explore(scene, n=slider("n", 1, 4, 3)))
    view.page.evaluate("model.set('n', 2)")
    view.wait("Not drawn for n = 2. ValueError: two is too few")
    view.page.evaluate("model.set('n', 4)")
    view.wait("4")
    assert not view.page.locator(".live-wrong").count()


def test_without_a_kernel_it_shows_the_nearest_and_says_so(bare) -> None:
    lab = counted()
    scenes = [lab.compute({"n": n, "m": "a"}) for n in (100, 90, 120)]
    view = bare(lab, kernel=False, scenes=scenes)
    view.page.evaluate("model.set('n', 90)")
    assert view.note == "90 a"
    view.page.evaluate("model.set('n', 113)")
    assert (
        view.note == "This setting was not recorded. Shown is the nearest that is: n = 120. 120 a"
    )


def test_a_kernel_that_does_not_answer_leaves_what_is_remembered_alive(bare) -> None:
    view = bare(counted())
    view.rest()
    view.page.evaluate("window.alive = false; model.set('n', 5)")
    view.page.wait_for_function(
        "document.querySelector('.live-note').textContent.startsWith('No answer from the kernel')"
    )
    view.page.evaluate("model.set('n', 101)")
    assert view.note == "101 a"


def test_memory_is_bounded(bare) -> None:
    lab = explore(lambda n: Scene(note=f"{n}"), n=slider("n", 0, 2000, 0))
    view = bare(lab)
    view.page.evaluate(
        """async () => { for (let n = 1; n <= 700; n++) {
            const scene = {title: '', note: String(n), rows: []};
            model.tell('msg:custom', {settings: {n}, scene}); } }"""
    )
    before = view.asked
    view.page.evaluate("model.set('n', 700)")
    assert view.note == "700"
    view.page.evaluate("model.set('n', 30)")
    view.wait("30")
    assert view.page.evaluate("window.asked.some(s => s.n === 30)")
    assert view.asked > before


# --- light and dark ------------------------------------------------------------------------------


def contrast(page: Page, selector: str) -> float:
    """Between a text and the page behind it (WCAG)."""
    return page.evaluate(
        """selector => { const node = document.querySelector(selector);
            const style = getComputedStyle(node);
            const rgb = text => text.match(/[\\d.]+/g).slice(0, 3).map(v => { v /= 255;
                return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
            const light = text => { const [r, g, b] = rgb(text);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
            const [a, b] = [light(node instanceof SVGElement ? style.fill : style.color),
                light(getComputedStyle(document.body).backgroundColor)];
            return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); }""",
        selector,
    )


@pytest.mark.parametrize("background", ["#fff", "#111"])
def test_text_can_be_read_on_light_and_dark_pages(bare, background: str) -> None:
    view = bare(
        only(
            Panel(Curve([0, 2], [0, 4], label="c", color="ink"), **LINEAR),
            title="Title",
            note="Note",
        )
    )
    view.page.evaluate("background => { document.body.style.background = background; }", background)
    view.page.wait_for_function(
        "dark => document.querySelector('.live').classList.contains('live-dark') === dark",
        arg=background == "#111",
    )
    for selector in (".live-message", ".live-note", ".live-tick", ".live-control span"):
        assert contrast(view.page, selector) > 7, selector


def test_a_click_on_a_cell_sets_the_controls_that_it_picks(bare) -> None:
    lab = explore(
        lambda row, column: Scene(
            Panel(
                Heat([[0, 1], [1, 0]], pick=("row", "column")),
                x=Names(names=["a", "b"]),
                y=Names(names=["c", "d"], marked=[row - 1]),
            ),
            note=f"{row} {column}",
        ),
        row=slider("row", 1, 2, 1),
        column=slider("column", 1, 2, 1),
    )
    view = bare(lab)
    (cells,) = boxes(view.page, ".live-cells")
    view.page.mouse.click(cells["x"] + cells["width"] * 0.75, cells["y"] + cells["height"] * 0.75)
    view.wait("2 2")
    assert view.page.locator(".live-marked").text_content() == "d"
