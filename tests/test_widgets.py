"""`explore`, its canvas and its controls, without a browser."""

import asyncio
import threading

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from helpers.figures import figure
from helpers.views.canvas import Canvas
from helpers.views.texts import KEPT_TEXTS, Texts
from helpers.views.widgets import choice, explore, player, slider, switch, typed
from tools.pixels import differ, fresh, pixels


def scene():
    fig = figure(5, 3)
    drawing = fig.subplots()
    (line,) = drawing.plot([0, 1], [0, 1])
    drawing.set(xlim=(0, 1), ylim=(0, 2))
    return fig, drawing, line, drawing.set_title("中文 −1")


def test_a_move_paints_what_a_full_draw_would_paint():
    fig, _, line, title = scene()

    def update(k):
        line.set_ydata([0, k])
        title.set_text(f"k = {k} 你怎麼敢")

    explorer = explore(update, fig, k=slider("k", 0.0, 2.0, 1.0))
    for k in (0.5, 2.0, 0.1):
        before = pixels(explorer.canvas)
        explorer.controls["k"].value = k
        assert (pixels(explorer.canvas) != before).any()
    assert differ(pixels(explorer.canvas), fresh(fig)) < 5e-4


def test_only_moved_artists_are_painted_again(monkeypatch):
    fig, _, line, _ = scene()
    explorer = explore(lambda k: line.set_ydata([0, k]) and None, fig, k=slider("k", 0, 9, 1))
    explorer.controls["k"].value = 2  # learns which artists move: the last full draw
    monkeypatch.setattr(fig, "draw", lambda *_: pytest.fail("the whole figure was drawn again"))
    before = pixels(explorer.canvas)
    explorer.controls["k"].value = 3
    assert (pixels(explorer.canvas) != before).any()


@pytest.mark.parametrize("change", ["limits", "ticks", "new artist", "removed artist", "spine"])
def test_a_changed_frame_is_painted_in_full(change):
    fig, drawing, line, _ = scene()
    extra = drawing.axhline(1.5)
    canvas = Canvas(fig)
    if change == "limits":
        drawing.set_ylim(0, 9)
    if change == "ticks":
        drawing.set_yticks([1.0], labels=["蘋果"])
    if change == "new artist":
        drawing.plot([0, 1], [1, 0])
    if change == "removed artist":
        extra.remove()
    if change == "spine":
        drawing.spines["left"].set_color("red")
    line.set_ydata([1, 1])
    canvas.repaint()
    assert differ(pixels(canvas), fresh(fig)) < 5e-4


def test_errors_are_shown_in_place_with_the_values_and_escaped():
    fig, _, line, _ = scene()

    def update(k, text):
        if k == 3:
            raise ValueError(f"no such <b>{text}</b>")
        line.set_ydata([0, k])
        return f"<i>{text}</i>"

    explorer = explore(update, fig, k=slider("k", 0, 9, 1), text=typed("text", "蘋果"))
    assert "&lt;i&gt;蘋果" in explorer.note.value
    explorer.controls["k"].value = 3
    assert "k = 3" in explorer.note.value
    assert "ValueError" in explorer.note.value
    assert "<b>" not in explorer.note.value
    explorer.controls["k"].value = 4
    assert "ValueError" not in explorer.note.value


def test_the_first_picture_does_not_hide_an_error():
    with pytest.raises(ZeroDivisionError):
        explore(lambda k: 1 / k and None, scene()[0], k=slider("k", 0, 9, 0))


def test_a_control_without_value_is_named():
    with pytest.raises(TypeError, match="'k' is a int"):
        explore(lambda k: None, scene()[0], k=5)


def test_a_fast_drag_draws_only_the_newest_values():
    drawn = []
    explorer = explore(lambda k: drawn.append(k), scene()[0], k=slider("k", 0, 100, 0))
    drawn.clear()

    async def drag():
        for k in range(1, 21):
            explorer.controls["k"].value = k
        while not explorer.at_rest:
            await asyncio.sleep(0)

    asyncio.run(drag())
    assert drawn == [20]


def test_controls_read_and_repeat_their_values():
    fig, *_ = scene()
    explorer = explore(
        lambda **_: None,
        fig,
        n=slider("n", 1, 5, 2),
        p=slider("p", 0.01, 10, 1.0, log=True),
        model=choice("model", {"plain RNN": "plain"}),
        on=switch("on", True),
        step=player("step", 7),
    )
    assert repr(explorer) == "Explorer(n=2, p=1.0, model='plain', on=True, step=0)"
    assert repr(explorer.canvas) == "Canvas(500 x 300 pixels)"


def test_a_logarithmic_slider_of_whole_numbers_shows_whole_numbers():
    assert slider("d", 1, 1024, 64, log=True).readout_format == "d"  # 64 and not 64.0
    assert slider("p", 0.01, 10, 1.0, log=True).readout_format == ".3g"


@pytest.mark.parametrize("first", [0, 1])
def test_player_steps_runs_pauses_and_resets(first):
    play = player("step", 3, seconds=0.01, first=first)
    assert play.value == first
    play.step.click()
    assert play.value == first + 1
    play.reset.click()
    assert play.value == first

    async def run():
        play.run.click()
        while play.run.description == "Pause":
            await asyncio.sleep(0.001)

    asyncio.run(asyncio.wait_for(run(), timeout=60))
    assert play.value == 3
    play.step.click()
    assert play.value == 3


def test_two_threads_never_paint_at_once():
    """Each is kept inside until the other has had a tenth of a second to come in, too."""
    inside, company = [], threading.Event()

    def update(k):
        inside.append(k)
        if len(inside) > 1:
            company.set()
        company.wait(0.1)
        inside.pop()

    explorer = explore(update, scene()[0], k=slider("k", 0, 9, 1))
    threads = [threading.Thread(target=explorer.redraw) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not company.is_set()


def test_a_character_without_glyph_is_a_quiet_box(recwarn):
    fig, _, _, title = scene()
    canvas = Canvas(fig)
    title.set_text("👩 \N{CJK UNIFIED IDEOGRAPH-9F98}")
    canvas.repaint()
    assert not recwarn.list


TEXTS = [
    {},
    {"color": "red", "size": 8, "alpha": 0.4},
    {"text": "two\nlines 你好", "ha": "right", "va": "top", "linespacing": 2.0},
    {"text": "$x_1$ and $", "parse_math": False},
    {"text": "$x_1^2$", "weight": "bold"},
    {"rotation": 40, "rotation_mode": "anchor"},
    {"x": 0.99},  # over the edge
    {"bbox": {"facecolor": "yellow"}},
    {"visible": False},
    {"text": ""},
    {"x": float("nan")},
]


def test_kept_texts_look_as_matplotlib_paints_them():
    fig, drawing, _, _ = scene()
    canvas = Canvas(fig)
    for look in TEXTS:
        for y in (0.3, 0.3, 0.7, 1.1):  # painted, painted and kept, pasted
            text = drawing.text(0.2, y, "text")
            text.set(**look)
            canvas.repaint()
            text.set(y=y + 0.2)
            canvas.repaint()
            text.set(y=y)
            canvas.repaint()
            text.set(color="green")
            text.set(**look)
            canvas.repaint()
            shown, right = pixels(canvas), fresh(fig)
            assert np.abs(shown - right).max() < 40, look
            assert differ(shown, right) == 0 or look.get("x") == 0.99
            text.remove()


@pytest.mark.parametrize(
    "change",
    [
        {"text": "b"},
        {"color": "red"},
        {"alpha": 0.3},
        {"size": 20},
        {"weight": "bold"},
        {"family": "monospace"},
        {"rotation": 90},
        {"ha": "right"},
        {"va": "top"},
        {"x": 0.4},
        {"y": 0.51},
        {"visible": False},
        {"bbox": {"facecolor": "yellow"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_kept_text_is_not_shown_after_a_change(change):
    fig, drawing, _, _ = scene()
    text = drawing.text(0.5, 0.5, "a")
    canvas = Canvas(fig)
    for place in (0.6, 0.5, 0.6, 0.5):
        text.set_x(place)
        canvas.repaint()
    before = pixels(canvas)
    text.set(**change)
    canvas.repaint()
    assert (pixels(canvas) != before).any()
    assert differ(pixels(canvas), fresh(fig)) == 0


CELLS = [
    {},
    {"extent": (0, 1, 1, 0), "interpolation": "nearest"},
    {"alpha": 0.4},
    {"origin": "lower"},
    {"interpolation": "bilinear"},
]


@pytest.mark.parametrize("look", CELLS, ids=str)
def test_cells_look_as_matplotlib_paints_them(look):
    fig = figure(5, 3)
    drawing = fig.subplots()
    image = drawing.imshow(np.eye(4, 7), vmin=0, vmax=1, aspect="auto", **look)
    canvas = Canvas(fig)
    for row in range(3):
        values = np.random.default_rng(row).random((4, 7))
        values[row, 2:4] = np.nan  # shows what is behind
        image.set_data(values)
        canvas.repaint()
    shown, right = pixels(canvas), fresh(fig)
    # A cell's edge may lie on the next pixel; a wrong cell would be 0.03 of the picture.
    assert differ(shown, right) < 0.02


def test_cells_are_painted_without_matplotlibs_own_way(monkeypatch):
    fig = figure(5, 3)
    image = fig.subplots().imshow(np.eye(4, 7), vmin=0, vmax=1, aspect="auto")
    canvas = Canvas(fig)
    monkeypatch.setattr(type(image), "draw", lambda *_: pytest.fail("the slow way"))
    for value in (0.2, 0.8):
        image.set_data(np.full((4, 7), value))
        before = pixels(canvas)
        canvas.repaint()
        assert (pixels(canvas) != before).any()


def test_an_artist_made_anew_at_each_move_needs_no_whole_picture(monkeypatch):
    fig, drawing, _, _ = scene()
    canvas = Canvas(fig)
    text = drawing.text(0.2, 0.5, "first")
    canvas.repaint()
    monkeypatch.setattr(fig, "draw", lambda *_: pytest.fail("the whole figure was drawn again"))
    for word in ("second", "third"):
        text.remove()
        text = drawing.text(0.5, 0.5, word)
        canvas.repaint()
    monkeypatch.undo()
    assert differ(pixels(canvas), fresh(fig)) == 0


def test_cells_outside_the_axes_are_not_shown():
    fig = figure(5, 3)
    drawing = fig.subplots()
    image = drawing.imshow(np.zeros((4, 7)), vmin=0, vmax=1, aspect="auto")
    canvas = Canvas(fig)
    drawing.set(xlim=(1.2, 20), ylim=(2.3, -9))
    for value in (0.5, 1.0):
        image.set_data(np.full((4, 7), value))
        canvas.repaint()
    assert differ(pixels(canvas), fresh(fig)) < 0.01
    image.set_visible(False)
    canvas.repaint()
    assert differ(pixels(canvas), fresh(fig)) == 0


def test_a_text_is_laid_out_anew_only_when_it_is_new(monkeypatch):
    fig, _, _, title = scene()
    canvas = Canvas(fig)
    for word in [*"abab", *map(str, range(9)), "a", "b"]:
        title.set_text(word)
        canvas.repaint()
    monkeypatch.setattr(type(title), "draw", lambda *_: pytest.fail("laid out again"))
    for word in "ba":
        title.set_text(word)
        canvas.repaint()


def test_few_texts_are_kept():
    fig, _, _, title = scene()
    texts = Texts(FigureCanvasAgg(fig).get_renderer())
    for number in range(KEPT_TEXTS + 30):
        title.set_text(str(number))
        texts.draw(title)
    assert 0 < len(texts) <= KEPT_TEXTS
