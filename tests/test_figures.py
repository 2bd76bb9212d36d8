"""The look of all figures: fonts that have every character, and drawings that refuse bad input."""

import re
import warnings

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from helpers import figures
from helpers.figures import Bars, figure, heatmap, readable_on, strip
from helpers.words import read_pairs


def paint(fig):
    FigureCanvasAgg(fig).draw()


def test_every_character_of_the_corpus_and_of_the_lessons_has_a_glyph():
    text = {character for pair in read_pairs() for character in pair.chinese + pair.english}
    for source in (figures.FONT.parents[2] / "notebooks" / "source").glob("*.md"):
        text |= set(re.findall("[\u4e00-\u9fff]", source.read_text("utf-8")))
    fig = figure(9, 9)
    fig.text(0, 0, "".join(sorted(text | set("，。！？「」…−"))))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of a missing glyph
        paint(fig)


@pytest.mark.parametrize("across", [False, True])
def test_bars_look_as_matplotlib_draws_them(across):
    left, right = figure(6, 3), figure(6, 3)
    pictures = []
    for fig in (left, right):
        ax = fig.subplots()
        ax.set(xlim=(-1, 3), ylim=(-1, 3))
        if fig is left:
            bars = Bars(ax, [0, 1, 2.4], across)
            bars.set_lengths([0.5, 0.0, 2])
            bars.set_facecolor(["red", "blue", "green"])
        else:
            draw, side = (ax.barh, "height") if across else (ax.bar, "width")
            draw([0, 1, 2.4], [0.5, 0.0, 2], color=["red", "blue", "green"], **{side: 0.7})
            ax.set(xlim=(-1, 3), ylim=(-1, 3))
        canvas = FigureCanvasAgg(fig)
        canvas.draw()
        pictures.append(np.asarray(canvas.buffer_rgba()).astype(int))
    assert (np.abs(pictures[0] - pictures[1]).max(axis=-1) > 130).mean() < 1e-3


def test_the_style_is_ours():
    figures.use_course_style()
    assert mpl.rcParams["font.family"][0] == "DejaVu Sans"
    assert "Noto Sans CJK" in mpl.rcParams["font.family"][1]


def test_heatmap_shows_labels_and_numbers():
    ax = figure().subplots()
    image = heatmap(ax, [[0.25, 0.75]], ["你"], ["how", "dare"], numbers=True)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["how", "dare"]
    assert [text.get_text() for text in ax.texts] == ["0.25", "0.75"]
    assert image.get_array().shape == (1, 2)
    assert readable_on(0.2) != readable_on(0.9)


def test_heatmap_says_which_labels_do_not_fit():
    with pytest.raises(ValueError, match=r"shape \(1, 2\).*3 row labels and 2 column labels"):
        heatmap(figure().subplots(), np.ones((1, 2)), ["a", "b", "c"], ["d", "e"])


def test_strip_takes_a_vector_or_a_matrix():
    left, right = figure().subplots(1, 2)
    assert strip(left, [0.5, -0.5]).get_array().shape == (1, 2)
    assert strip(right, np.zeros((3, 4)), label="h").get_array().shape == (3, 4)


def test_curves_by_clauses_are_named_at_their_ends():
    ax = figure().subplots()
    figures.draw_by_clauses(ax, {"a": ([4, 3, 2, 1], "red"), "b": ([1, 1, 1, 0], figures.GREY)})
    assert [(text.get_text(), text.get_position()[1]) for text in ax.texts] == [("a", 1), ("b", 0)]
    assert [line.get_linestyle() for line in ax.lines] == ["-", "--"]


def test_starts_are_dots_one_row_a_model():
    axes = figure().subplots(1, 3)
    runs = {"a": np.full((5, 4), 0.5), "b": np.zeros((5, 4))}
    figures.draw_starts(axes, runs, ["b", "a"], usual="a")
    assert [label.get_text() for label in axes[0].get_yticklabels()] == ["b", "a"]
    assert [ax.get_title("left") for ax in axes] == ["1 clause", "2 clauses", "3 clauses"]
    b, a = axes[2].lines
    assert (set(a.get_xdata()), set(a.get_ydata())) == ({50.0}, {1})
    assert (set(b.get_xdata()), set(b.get_ydata())) == ({0.0}, {0})
