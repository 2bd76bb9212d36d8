"""From a key press to changed pixels in the browser, for every `explore` widget of every lesson.

    python -m benchmarks.latency                 # all lessons, about four minutes each
    python -m benchmarks.latency --lessons 04    # some
    python -m benchmarks.latency --markdown      # the table as the README shows it

The rival is the usual way: `interact` and inline matplotlib, one new figure for each move. It calls
the lesson's own function on a copy of the lesson's own figure, drawn whole and shown by `display`.
It stands in the same page, on the same kernel, and moves in turn with ours to the same values. Ours
goes first, so whatever a lesson computes once and keeps is computed in our time. Making a copy is
cheaper than making the figure with axes and labels, so the usual way is somewhat slower than shown.

The clock runs in the page: it starts when the browser receives the key, and stops when the new
picture is decoded and a frame has been painted. A drag is 20 keys in half a second; its time is
from the last key to the picture that stays.
"""

from __future__ import annotations

import argparse
import itertools
import math
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Locator

from tools.browser.lab import NOTEBOOK, Lesson, chromium, copy_lessons, find_chromium, serve, tab
from tools.browser.moving import Widget, widgets

MOVES, LEAST, WARM_UP = 60, 20, 3  # of a widget, of each of its controls, before it counts
DRAG, DRAG_SECONDS, DRAGS = 20, 0.5, 3
RIVAL_SECONDS = 20.0  # its picture may come into the page some time after the kernel is done

# In the kernel: the usual way of making the same figure interactive.
USUAL = '''
import base64
import io
import pickle
import ipywidgets
import PIL.Image
from IPython.display import display
from helpers.views.widgets import Player

def copy_of(control):
    control = control.slider if isinstance(control, Player) else control
    names = "value min max step base options description continuous_update layout style".split()
    kept = {name: getattr(control, name) for name in names if hasattr(control, name)}
    return type(control)(**kept)

def usual(number):
    """The widget with this number, drawn anew at each move."""
    explorer = known[number]
    def draw(**values):
        note = explorer.update(**values)
        moving = [artist for artist in explorer.canvas.figure.findobj() if artist.get_animated()]
        for artist in moving:
            artist.set_animated(False)
        figure = pickle.loads(pickle.dumps(explorer.canvas.figure))
        for artist in moving:
            artist.set_animated(True)
        figure.set_layout_engine("constrained")  # as every other figure of the course has
        display(figure)
        if note:
            print(note)
    controls = {name: copy_of(control) for name, control in explorer.controls.items()}
    rival = ipywidgets.interactive(draw, **controls)
    rival.add_class(f"usual-{number}")
    for name, control in controls.items():
        control.add_class(f"control-{name}")
    rivals[number] = controls
    display(rival)

def align(number, **values):
    """Bring ours and the rival to the same values."""
    put(number, **values)
    for name, control in rivals[number].items():
        control.value = known[number].controls[name].value

def alone():
    """A slider and a picture of one pixel, black or white."""
    values = []
    for color in ("black", "white"):
        PIL.Image.new("RGB", (1, 1), color).save(file := io.BytesIO(), "png")
        values.append(b"data:image/png;base64," + base64.b64encode(file.getvalue()))
    slider = ipywidgets.IntSlider(max=1000)
    picture = ipywidgets.Image(format="url", value=values[0])
    slider.observe(lambda change: picture.set_trait("value", values[change.new % 2]), "value")
    box = ipywidgets.VBox([slider, picture])
    box.add_class("alone")
    slider.add_class("control-n")
    display(box)

rivals = {}
'''
# In the page: when keys came in, and when a new picture had been decoded and painted.
CLOCK = """() => {
    const painted = () => new Promise(done => requestAnimationFrame(() => {
        const channel = new MessageChannel();  // its message comes after the frame is painted
        channel.port1.onmessage = done;
        channel.port2.postMessage(null); }));
    const clock = window.clock = {painted};
    clock.watch = root => {
        clock.stop?.();
        const run = clock.run = {keys: [], shown: [], open: 0};  // late pictures count in their own
        let tell; clock.first = new Promise(done => { tell = done; });
        const value = event => event.target.getAttribute('aria-valuetext');  // not rounded
        const key = event => {  // a slider at its end does not move: no input
            const before = value(event);
            setTimeout(() => { if (!event.target.matches('[role=slider]')
                || value(event) !== before) run.keys.push(event.timeStamp); }); };
        const seen = async image => {
            run.open += 1;
            try { await image.decode(); await painted(); run.shown.push(performance.now());
                tell(true); }
            catch { }  // already replaced by a newer one
            run.open -= 1; };
        const observer = new MutationObserver(records => {
            const images = new Set();
            for (const record of records) {
                if (record.type === 'attributes') images.add(record.target);
                for (const node of record.addedNodes) if (node.querySelectorAll)
                    for (const image of [node, ...node.querySelectorAll('img')])
                        if (image.tagName === 'IMG') images.add(image); }
            images.forEach(seen); });
        observer.observe(root,
            {subtree: true, childList: true, attributes: true, attributeFilter: ['src']});
        root.addEventListener('keydown', key, true);
        clock.stop = () => { observer.disconnect();
            root.removeEventListener('keydown', key, true); }; }; }"""


class Move(NamedTuple):
    """A control that is moved again and again: how, and its name."""

    kind: str  # "slider", "Step" or "typed"
    name: str


class Row(NamedTuple):
    """What was measured of some controls of one widget, in milliseconds; ours, and the rival's."""

    widget: str
    controls: str
    moves: list[tuple[float, float]]
    drags: list[tuple[float, float]]


def sentences(first: str) -> Iterator[str]:
    """Texts that nobody has typed before, of the tokens of the text that a field shows at first."""
    if not first:  # a field for a word
        yield from itertools.cycle(["apples", "books", "mother", "yesterday", "two"])
    tokens, between = (first.split(), " ") if " " in first else ([*first], "")
    chance, told = random.Random(0), {first}
    while len(told) < 3 * MOVES:
        text = between.join(chance.sample(tokens, chance.randint(2, len(tokens))))
        if text not in told:
            told.add(text)
            yield text


def show_in_new_cell(lesson: Lesson, call: str) -> None:
    """Run a call of what `USUAL` defines in a new cell at the notebook's end."""
    lesson.page.evaluate(
        f"""async source => {{
            const notebook = {NOTEBOOK}.content, cells = notebook.model.sharedModel;
            cells.insertCell(cells.cells.length, {{cell_type: 'code', source}});
            notebook.activeCellIndex = notebook.widgets.length - 1;
            await window.jupyterapp.commands.execute('notebook:run-cell'); }}""",
        f"__import__('probe').{call}",
    )


def prepare(lesson: Lesson) -> list[Widget]:
    """Mark the lesson's widgets and show each one's rival in a cell at the notebook's end."""
    lesson.mark_widgets()
    lesson.python(f"exec({USUAL!r}, __import__('probe').__dict__)")
    lesson.page.evaluate(CLOCK)
    found = widgets(lesson)
    for widget in found:
        show_in_new_cell(lesson, f"usual({widget.number})")
        lesson.page.locator(f".usual-{widget.number} img").wait_for()
    return found


def rival_of(widget: Widget) -> Locator:
    return widget.lesson.page.locator(f".usual-{widget.number}")


def moves_of(widget: Widget) -> list[Move]:
    """Every slider of a widget, a player's Step, and its text fields."""
    found = []
    for name in widget.controls:
        control = widget.control(name)
        if control.get_by_role("button", name="Step").count():
            found.append(Move("Step", name))
        elif control.get_by_role("slider").count():
            found.append(Move("slider", name))
        elif control.locator("input[type=text]").count():
            found.append(Move("typed", name))
    return found


def restart(widget: Widget, name: str) -> None:
    """Bring ours and the rival to a player's first step."""
    first = widget.control(name).get_by_role("slider").get_attribute("aria-valuemin")
    align(widget, f"{name}={float(first or 0):g}")


def align(widget: Widget, values: str = "") -> None:
    """Bring ours and the rival to the first values but for some (Python text)."""
    widget.lesson.python(f"__import__('probe').align({widget.number}, {values})")
    widget.lesson.settle()


def place(slider: Locator) -> float:
    """Where a slider stands, from 0 to 1."""
    low, now, high = (
        float(slider.get_attribute(f"aria-value{name}") or 0) for name in ("min", "now", "max")
    )
    return (now - low) / (high - low)


def start_clock(root: Locator, focused: Locator) -> None:
    """Put the keyboard on a control; once that is painted, watch for keys and pictures."""
    focused.focus()
    root.evaluate("async root => { await window.clock.painted(); window.clock.watch(root); }")


def read_clock(lesson: Lesson, seconds: float) -> float | None:
    """All work being done: milliseconds from the last key to the last picture, if one came.

    seconds: how long to wait for the first picture. Only then is the kernel asked whether it is
    done: the question would cost it some of the time that is being measured.
    """
    page = lesson.page
    wait = "s => Promise.race([window.clock.first, new Promise(end => setTimeout(end, 1000 * s))])"
    some = page.evaluate(wait, seconds)  # one call: to poll would make the page paint more frames
    lesson.settle()
    if not some and not page.evaluate(wait, seconds):  # none, although all work is done
        return None
    page.wait_for_function("!window.clock.run.open")
    keys, shown = page.evaluate("[window.clock.run.keys, window.clock.run.shown]")
    return shown[-1] - keys[-1] if keys and shown else None


def move(widget: Widget, root: Locator, what: Move, argument: str) -> None:
    """One move of ours or the rival, with the clock running."""
    control, keyboard = root.locator(f".control-{what.name}"), widget.lesson.page.keyboard
    if what.kind == "typed":
        field = control.locator("input")
        field.fill(argument)
        start_clock(root, field)
        keyboard.press("Enter")
    elif control.get_by_role("button").count():
        start_clock(root, control.get_by_role("button", name="Step", exact=True))
        keyboard.press("Enter")
    else:
        start_clock(root, control.get_by_role("slider"))
        keyboard.press(argument)


def measure_moves(widget: Widget, what: Move, count: int) -> list[tuple[float, float]]:
    """So many moves of one control, ours and the rival's in turn, after a warm-up."""
    rival, found = rival_of(widget), []
    restart(widget, what.name) if what.kind == "Step" else align(widget)
    key = "ArrowRight"
    if what.kind == "typed":
        texts = sentences(widget.control(what.name).locator("input").input_value())
    at_its_end = False  # a player goes on where its sentence has ended, and nothing changes
    for number in range(WARM_UP + 2 * count):
        if number - len(found) > WARM_UP + count // 2:
            break  # too many moves that change nothing
        if what.kind == "typed":
            key = next(texts)
        else:
            where = place(widget.control(what.name).get_by_role("slider"))
            if what.kind == "Step" and (where == 1 or at_its_end):
                restart(widget, what.name)
            elif what.kind == "slider" and where in (0, 1):
                key = "ArrowLeft" if where == 1 else "ArrowRight"
        move(widget, widget.root, what, key)
        ours = read_clock(widget.lesson, 0.5)
        at_its_end = ours is None
        move(widget, rival, what, key)
        usual = read_clock(widget.lesson, RIVAL_SECONDS if ours is not None else 0.5)
        if number >= WARM_UP and ours is not None and usual is not None:
            found.append((ours, usual))
        if len(found) == count:
            break
    return found


def measure_drag(widget: Widget, name: str) -> list[tuple[float, float]]:
    """Fast drags of a slider, ours and the rival's in turn: from the last key to the last value."""
    found = []
    for _ in range(DRAGS):
        align(widget)
        pair = []
        for root in (widget.root, rival_of(widget)):
            slider = root.locator(f".control-{name}").get_by_role("slider")
            key = "ArrowRight" if place(slider) < 0.5 else "ArrowLeft"
            start_clock(root, slider)
            start = time.monotonic()
            for number in range(DRAG):
                time.sleep(max(0.0, start + number * DRAG_SECONDS / DRAG - time.monotonic()))
                widget.lesson.page.keyboard.press(key)
            pair.append(read_clock(widget.lesson, RIVAL_SECONDS))
        if pair[0] is not None and pair[1] is not None:
            found.append((max(0.0, pair[0]), max(0.0, pair[1])))
    return found


def measure(lesson: Lesson, number: str, detail: bool) -> Iterator[Row]:
    """Measure every widget of a lesson: its sliders and Step in one row, typed text in another."""
    for index, widget in enumerate(prepare(lesson), start=1):
        found = moves_of(widget)
        for kinds in (("slider", "Step"), ("typed",)):
            chosen = [what for what in found if what.kind in kinds]
            if not chosen:
                continue
            enough = MOVES if "typed" not in kinds or chosen == found else LEAST
            count = max(LEAST, -(-enough // len(chosen)))
            pairs = {what: measure_moves(widget, what, count) for what in chosen}
            if detail:
                for what, moves in pairs.items():
                    print("  ", what.kind, what.name, *line(Row("", "", moves, []))[2:], flush=True)
            sliders = [what for what in chosen if what.kind == "slider"]
            dearest = max(sliders, key=lambda w: quantile(pairs[w], 0, 0.5), default=None)
            drags = measure_drag(widget, dearest.name) if dearest else []
            names = ", ".join(
                w.name if w.kind == "slider" else f"{w.name} ({w.kind})" for w in chosen
            )
            yield Row(f"{number}.{index}", names, [*itertools.chain(*pairs.values())], drags)


def measure_alone(lesson: Lesson) -> list[tuple[float, float]]:
    """The same clock on a slider and a picture of one pixel: below this nothing can come."""
    show_in_new_cell(lesson, "alone()")
    root, found = lesson.page.locator(".alone"), []
    root.locator("img").wait_for(state="attached")
    for number in range(WARM_UP + MOVES):
        start_clock(root, root.get_by_role("slider"))
        lesson.page.keyboard.press("ArrowRight")
        took = read_clock(lesson, 0.5)
        if number >= WARM_UP and took is not None:
            found.append((took, took))
    return found


def quantile(pairs: list[tuple[float, float]], side: int, share: float) -> float:
    """The smallest value that so large a share of ours (0) or the rival's (1) does not exceed."""
    ordered = sorted(pair[side] for pair in pairs)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def gain(row: Row) -> float:
    """How many times longer the usual way takes, median of the pairs."""
    return statistics.median(b / a for a, b in row.moves) if row.moves else math.inf


def line(row: Row) -> list[str]:
    """A row of the table."""
    (ours, ours_95), (usual, usual_95) = (
        [quantile(row.moves, side, share) for share in (0.5, 0.95)] for side in (0, 1)
    )
    drag = ""
    if row.drags:
        drag = " / ".join(f"{quantile(row.drags, side, 0.5):.0f}" for side in (0, 1))
    return [
        row.widget,
        row.controls,
        str(len(row.moves)),
        f"{ours:.0f} / {ours_95:.0f}",
        f"{usual:.0f} / {usual_95:.0f}",
        f"{gain(row):.1f}",
        drag,
    ]


TITLES = ["widget", "moved", "moves", "here", "usual way", "times faster", "drag: here / usual"]


def show(rows: list[Row], markdown: bool) -> None:
    """Print the table: median / 95th percentile in milliseconds."""
    table = [TITLES, *map(line, rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(TITLES))]
    for number, row in enumerate(table):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print(f"| {' | '.join(cells)} |" if markdown else "  ".join(cells))
        if markdown and number == 0:
            print(f"|{'|'.join('-' * (width + 2) for width in widths)}|")


def settings() -> str:
    versions = ", ".join(
        f"{name} {version(name)}" for name in ("jupyterlab", "ipywidgets", "matplotlib")
    )
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{os.cpu_count()} cores ({platform.machine()}){load}, Python {platform.python_version()}, "
        f"{versions}, window 1280 x 800. Milliseconds, median / 95th percentile; a drag is {DRAG} "
        f"keys in {DRAG_SECONDS} s, median of {DRAGS}. Ours first, then the usual way, in turn."
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lessons", nargs="+", metavar="NN", help="lesson numbers; else all")
    parser.add_argument("--markdown", action="store_true", help="the table in Markdown")
    parser.add_argument("--detail", action="store_true", help="each control by itself, too")
    options = parser.parse_args()
    if not find_chromium():
        print("Skipped: no Chromium here (Debian, Ubuntu: apt install chromium).")
        return 0
    rows: list[Row] = []
    alone: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory(prefix="latency-") as scratch:
        folder = copy_lessons(Path(scratch) / "course")
        names = sorted(path.name for path in folder.glob("*.ipynb"))
        if options.lessons:
            names = [name for name in names if name.startswith(tuple(options.lessons))]
        with serve(folder, Path(scratch) / "private") as address, chromium() as browser:
            for name in names:
                with tab(browser) as page:
                    lesson = Lesson(page, address, name)
                    lesson.run_all(900)
                    for row in measure(lesson, name[:2].lstrip("0"), options.detail):
                        rows.append(row)
                        print("measured:", *line(row), sep="  ", file=sys.stderr, flush=True)
                    alone = alone or measure_alone(lesson)
                    lesson.close()
    print(settings())
    show(rows, options.markdown)
    least = " / ".join(f"{quantile(alone, 0, share):.0f}" for share in (0.5, 0.95))
    print(f"a slider and a picture of one pixel, in the page of {names[0]}: {least}")
    counted = [row for row in rows if "typed" not in row.controls]
    print(f"least gain of a widget: {min(gain(row) for row in rows):.1f} times")
    for limit in (50, 100):
        met = sum(quantile(row.moves, 0, 0.95) <= limit for row in counted)
        print(f"95 % of moves within {limit} ms: {met} of {len(counted)} widgets (without typing)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
