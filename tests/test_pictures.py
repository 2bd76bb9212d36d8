"""notebooks/pictures.py: few bytes, no visible loss, and the same bytes until something changes."""

from __future__ import annotations

import base64
import colorsys
import io

import nbformat
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from notebooks import pictures
from notebooks.pictures import look_alike, shrink, shrink_or_keep, store_pictures
from tools import ROOT


def decoded(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))


def encoded(picture: Image.Image, **options: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", **options)
    return file.getvalue()


def figure(label: str = "accuracy 0.93", end: float = 4.0, weight: float = 0.8) -> bytes:
    """A curve and a heat map as a lesson would draw them, in retina resolution."""
    drawing = Figure((6, 2.5), dpi=200)
    left, right = drawing.subplots(1, 2)
    left.plot([0, 1, 2, 3], [1, 2, 3, end], label=label)
    left.legend()
    right.imshow([[0.1, 0.5, weight], [0.3, 0.2, 0.9]], cmap="cividis", vmin=0, vmax=1)
    file = io.BytesIO()
    FigureCanvasAgg(drawing).print_png(file)
    return file.getvalue()


@pytest.fixture(scope="module")
def drawn() -> bytes:
    return figure()


def rainbow() -> Image.Image:
    """More colours than a palette holds, each in its own area."""
    picture = Image.new("RGB", (600, 400))
    for x in range(0, 600, 20):
        for y in range(0, 400, 20):
            colour = colorsys.hsv_to_rgb(x / 600, 0.3 + y / 600, 0.4 + y / 700)
            picture.paste(tuple(round(255 * c) for c in colour), (x, y, x + 20, y + 20))
    return picture


def test_a_figure_takes_half_the_bytes_and_looks_the_same(drawn: bytes) -> None:
    small = shrink(drawn)
    assert len(small) < len(drawn) / 2
    assert decoded(small).mode == "P"
    assert look_alike(decoded(small), decoded(drawn))


def test_shrinking_is_deterministic_and_done_once(drawn: bytes) -> None:
    assert shrink(drawn) == shrink(drawn)
    assert shrink(shrink(drawn)) == shrink(drawn)
    assert shrink(shrink(encoded(rainbow()))) == shrink(encoded(rainbow()))


def test_more_colours_than_a_palette_holds_are_kept_without_loss() -> None:
    small = shrink(encoded(rainbow(), compress_level=1))
    assert decoded(small).mode == "RGB"
    assert decoded(small).tobytes() == rainbow().tobytes()


def test_transparent_parts_stay_transparent() -> None:
    png = encoded(Image.new("RGBA", (50, 50), (200, 0, 0, 90)))
    assert shrink(png) == png
    assert shrink_or_keep(png, encoded(Image.new("RGB", (50, 50), (200, 0, 0)))) == png


def test_the_stored_bytes_stay_when_nothing_has_changed(drawn: bytes) -> None:
    stored = encoded(decoded(shrink(drawn)), compress_level=1)  # as another library writes it
    assert stored != shrink(drawn)
    assert shrink_or_keep(drawn, stored) == stored


def test_hardly_visible_noise_is_no_change(drawn: bytes) -> None:
    noisy = decoded(drawn).convert("RGB").point(lambda level: min(level + 1, 255))
    assert shrink_or_keep(encoded(noisy), shrink(drawn)) == shrink(drawn)


@pytest.mark.parametrize(
    "change",
    [{"label": "accuracy 0.98"}, {"end": 4.02}, {"weight": 0.77}],
    ids=["one digit", "a curve's end by half a percent", "one cell of a heat map by 0.03"],
)
def test_whatever_a_reader_could_see_is_stored_anew(drawn: bytes, change: dict) -> None:
    changed = figure(**change)
    assert shrink_or_keep(changed, shrink(drawn)) == shrink(changed) != shrink(drawn)


def test_another_size_is_another_picture(drawn: bytes) -> None:
    larger = decoded(drawn).resize((1300, 520))
    assert not look_alike(larger, decoded(drawn))
    assert decoded(shrink_or_keep(encoded(larger), shrink(drawn))).size == (1300, 520)


# --- outputs of a notebook -----------------------------------------------------------------------


def notebook_of(**outputs: list[bytes]) -> nbformat.NotebookNode:
    """A notebook with one code cell for each name, which shows these pictures."""
    cells = []
    for name, pngs in outputs.items():
        cell = nbformat.v4.new_code_cell(name, id=name)
        for png in pngs:
            data = {"text/plain": "Figure", "image/png": base64.b64encode(png).decode()}
            cell.outputs.append(nbformat.v4.new_output("display_data", data))
        cells.append(cell)
    return nbformat.v4.new_notebook(cells=cells)


def test_pictures_are_compared_with_those_of_the_same_cell_and_output(drawn: bytes) -> None:
    other = figure("loss 0.12")
    small = [encoded(decoded(shrink(png)), compress_level=1) for png in (drawn, other)]
    stored = notebook_of(a=small, b=[small[1]], gone=[small[0]])
    new = notebook_of(start=[other], a=[drawn, other, drawn], b=[drawn])
    store_pictures(new, stored)
    expected = notebook_of(start=[shrink(other)], a=[*small, shrink(drawn)], b=[shrink(drawn)])
    assert [cell.outputs for cell in new.cells] == [cell.outputs for cell in expected.cells]


def test_other_outputs_are_left_alone(drawn: bytes) -> None:
    notebook = notebook_of(a=[drawn])
    text = nbformat.v4.new_output("stream", name="stdout", text="hello")
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell("prose"))
    notebook.cells[1].outputs.insert(0, text)
    store_pictures(notebook)
    assert notebook.cells[1].outputs[0] == text
    assert notebook.cells[1].outputs[1].data["text/plain"] == "Figure"


@pytest.mark.parametrize("path", sorted(ROOT.glob("notebooks/**/*.ipynb")), ids=lambda p: p.name)
def test_the_courses_pictures_are_stored_small(path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            if data := output.get("data", {}).get("image/png"):
                png = base64.b64decode(data)
                assert decoded(shrink(png)).mode == decoded(png).mode, (
                    f"cell {cell.id}: run `make notebooks`"
                )


# --- pictures of widgets -------------------------------------------------------------------------


def widget_notebook(children: list[str], picture: bytes = b"\x89PNG") -> nbformat.NotebookNode:
    state = {
        "box": {"model_name": "VBoxModel", "state": {"children": children}},
        "inner": {"model_name": "HBoxModel", "state": {"children": ["IPY_MODEL_image"]}},
        "slider": {"model_name": "IntSliderModel", "state": {"value": 3}},
        "image": {
            "model_name": "ImageModel",
            "state": {"format": "png"},
            "buffers": [{"path": ["value"], "data": base64.b64encode(picture).decode()}],
        },
    }
    data = {"text/plain": "Lab()", "image/png": "old", pictures.WIDGET_VIEW: {"model_id": "box"}}
    output = nbformat.v4.new_output("display_data", data)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=[output])])
    notebook.metadata["widgets"] = {pictures.WIDGET_STATE: {"state": state}}
    return notebook


def test_widget_becomes_the_picture_found_depth_first() -> None:
    notebook = widget_notebook(["IPY_MODEL_slider", "IPY_MODEL_inner"], b"picture")
    pictures.freeze_widgets(notebook)
    data = notebook.cells[0].outputs[0].data
    assert data == {"text/plain": "Lab()", "image/png": base64.b64encode(b"picture").decode()}
    assert "widgets" not in notebook.metadata


def test_a_picture_that_is_an_address_is_stored_too() -> None:
    address = b"data:image/png;base64," + base64.b64encode(b"picture")
    notebook = widget_notebook(["IPY_MODEL_inner"], address)
    pictures.freeze_widgets(notebook)
    data = notebook.cells[0].outputs[0].data
    assert data["image/png"] == base64.b64encode(b"picture").decode()


def test_widget_without_picture_keeps_its_text() -> None:
    notebook = widget_notebook(["IPY_MODEL_slider"])
    pictures.freeze_widgets(notebook)
    assert pictures.WIDGET_VIEW not in notebook.cells[0].outputs[0].data
    assert notebook.cells[0].outputs[0].data["text/plain"] == "Lab()"
