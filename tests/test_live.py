"""Live views in Python: scenes as data, controls, and what the kernel answers."""

from __future__ import annotations

import json

import matplotlib as mpl
import numpy as np
import pytest
import torch
import traitlets
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from helpers import palette
from helpers.live import (
    Arcs,
    Axis,
    Bars,
    Curve,
    Dots,
    Heat,
    Panel,
    Picture,
    Scene,
    Tokens,
    choice,
    drawn,
    explore,
    player,
    slider,
    switch,
    typed,
)
from helpers.live.marks import to_data
from helpers.live.record import record, settings_to_record

# --- scenes --------------------------------------------------------------------------------------


def test_a_scene_is_plain_data() -> None:
    curve = Curve(range(3), torch.tensor([1.0, float("nan"), float("inf")]), label="h_t")
    scene = Scene(
        Panel(curve, x=Axis(label="t", low=0, high=2), title="one"),
        (Panel(Heat(np.eye(2))), Panel(Tokens(["a", "<b>"], values=[0.123456789, None]))),
        title="All",
    )
    data = to_data(scene)
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    (first,), (second, third) = data["rows"]
    assert first["marks"][0]["y"] == [1.0, None, None]
    assert first["x"]["high"] == 2
    assert second["marks"][0] == {
        "kind": "heat", "values": [[1.0, 0.0], [0.0, 1.0]], "low": 0.0, "high": 1.0,
        "signed": False, "numbers": False,
    }  # fmt: skip
    assert third["marks"][0]["values"] == [0.12346, None]


def test_a_matplotlib_figure_is_a_mark_too() -> None:
    data = to_data(Picture(Figure(figsize=(1, 1)), "an empty figure"))
    assert data["png"].startswith("iVBOR")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Curve([1, 2], [1]), "x has 2, y has 1"),
        (lambda: Curve([1], [1], color="purple"), "colour 'purple' is unknown; there are: blue"),
        (lambda: Bars([0], [1, 2]), "at has 1, lengths has 2"),
        (lambda: Dots([0], [1], color=["blue", "mauve"]), "colour 'mauve'"),
        (lambda: Heat([1, 2]), r"\(rows, columns\), not \(2,\)"),
        (lambda: Tokens(["a"], values=[1, 2]), "1 words, but 2 values"),
        (lambda: Arcs("a", "b", [], color="x"), "colour 'x'"),
        (lambda: Axis(low=1, high=1), "low must be below high"),
        (lambda: Axis(low=0, high=1, log=True), "cannot start at 0"),
    ],
)
def test_a_mark_that_cannot_be_drawn_says_why(make, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        make()


def test_a_scene_holds_nothing_that_a_page_cannot_show() -> None:
    with pytest.raises(TypeError, match="cannot hold a Figure"):
        to_data(Scene(Panel(Curve([Figure()], [1]))))


@pytest.mark.parametrize(("stops", "name"), [("HEAT", "cividis"), ("SIGNED", "RdBu_r")])
def test_the_pages_colour_maps_are_matplotlibs(stops: str, name: str) -> None:
    """Between its stops the page mixes; no channel is off by more than 3 of a hundred."""
    colours = [to_rgb(colour) for colour in getattr(palette, stops)]
    shares = np.linspace(0, 1, 101)
    own = [
        np.interp(shares, np.linspace(0, 1, 11), channel) for channel in zip(*colours, strict=True)
    ]
    theirs = mpl.colormaps[name](shares)[:, :3]
    assert np.abs(np.stack(own, axis=1) - theirs).max() < 0.03


# --- controls ------------------------------------------------------------------------------------


def test_a_slider_knows_all_its_values() -> None:
    assert slider("T", 1, 5, 3).values == [1, 2, 3, 4, 5]
    radius = slider("radius", 0.2, 2.0, 0.9, step=0.02)
    assert len(radius.values) == 91
    assert radius.values[-1] == 2.0
    assert radius.value == 0.9
    assert slider("d", 1, 1024, 64, log=True, step=np.log10(2)).values == [2**k for k in range(11)]


def test_a_value_is_taken_as_the_nearest_of_a_slider_and_as_it_is_of_a_choice() -> None:
    assert slider("T", 1, 200, 50).accept(3.2) == 3
    assert slider("T", 1, 200, 50).accept(1000) == 200
    assert choice("model", {"plain RNN": "plain"}).accept("plain") == "plain"
    for control, value, told in [
        (choice("model", ["a", "b"]), "c", "model can be 'a', 'b', not 'c'"),
        (switch("causal"), 1, "causal can be False, True, not 1"),
        (slider("T", 1, 200, 50), "7", "T is a number; '7' is not"),
        (typed("text", ""), 7, "text is a text; 7 is not"),
    ]:
        with pytest.raises(ValueError, match=told):
            control.accept(value)


def test_a_slider_that_starts_outside_of_its_range_is_an_error() -> None:
    with pytest.raises(ValueError, match="T: 300 does not lie between 1 and 200"):
        slider("T", 1, 200, 300)


# --- the explorer --------------------------------------------------------------------------------


def line(T: int, text: str = "", loud: bool = False) -> Scene:
    """A view for tests: T points, or an error at 13."""
    if T == 13:
        raise RuntimeError("thirteen")
    return Scene(Panel(Curve(range(T), range(T))), note=f"{text}{T}{'!' * loud}")


def view():
    controls = {
        "T": slider("length", 1, 20, 5),
        "text": typed("text", "<b>"),
        "loud": switch("loud"),
    }
    return explore(line, **controls)


def test_an_explorer_shows_its_values_and_takes_new_ones() -> None:
    lab = view()
    assert repr(lab) == "Explorer(T=5, text='<b>', loud=False)"
    seen = []
    lab.observe(lambda change: seen.append(change.new), "T")
    lab.T = 7
    assert (lab.values["T"], seen) == (7, [7])
    with pytest.raises(traitlets.TraitError, match="loud can be False, True, not 'very'"):
        lab.loud = "very"
    assert lab.values["loud"] is False


def test_the_kernel_answers_each_question_with_its_settings() -> None:
    lab, sent = view(), []
    lab.send = lambda content: sent.append(content)
    asked = [{"T": 2, "text": "<i>", "loud": True}, {"T": 13, "text": "", "loud": False}]
    lab.answer({"ask": asked})
    answer, error = sent
    assert answer["settings"] == asked[0]
    assert answer["scene"] == to_data(line(2, "<i>", True))
    assert error["error"] == "Not drawn for T = 13, text = '', loud = False. RuntimeError: thirteen"
    assert "scene" not in error


def test_a_view_that_cannot_be_drawn_at_first_stops_the_cell() -> None:
    with pytest.raises(RuntimeError, match="thirteen"):
        explore(line, T=slider("length", 1, 20, 13))


def test_what_is_no_control_is_named() -> None:
    with pytest.raises(TypeError, match=r"control 'T' is a int; use slider\(\.\.\.\)"):
        explore(line, T=5)
    with pytest.raises(ValueError, match="cannot be called 'layout'"):
        explore(lambda layout: Scene(), layout=slider("x", 1, 2, 1))


def test_what_a_student_draws_stays_with_the_page() -> None:
    lab = explore(line, T=slider("length", 1, 20, 5), guess=drawn("prediction"))
    lab.guess = [1.0, 2.0]
    assert lab.values == {"T": 5, "guess": [1.0, 2.0]}
    assert "scene" in lab.compute({"T": 4})


# --- recording -----------------------------------------------------------------------------------


def step(k: int, n: int, text: str, t: int) -> Scene:
    return Scene(note=f"{k} {n} {text} {t}")


def test_a_recording_holds_each_control_each_grid_and_each_text_with_all_steps() -> None:
    lab = explore(
        step,
        k=slider("k", 1, 3, 1), n=slider("n", 1, 4, 1), text=typed("text", "a"), t=player("t", 2),
    )  # fmt: skip
    found = [tuple(s.values()) for s in settings_to_record(lab, [("k", "n")], {"text": ["b"]})]
    assert found[0] == (1, 1, "a", 0)
    assert {(k, n, "a", 0) for k in (1, 2, 3) for n in (1, 2, 3, 4)} <= {*found}
    assert {(1, 1, text, t) for text in "ab" for t in (0, 1, 2)} <= {*found}
    assert len(found) == len({*found}) == 12 + 2 + 3
    whole = record(lab, grids=[("k", "n")])
    assert all(answer == lab.compute(answer["settings"]) for answer in whole["scenes"])
    assert json.dumps(whole)


def test_a_recording_with_an_error_in_it_is_not_made() -> None:
    with pytest.raises(ValueError, match="thirteen"):
        record(view())
