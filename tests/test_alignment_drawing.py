"""draw_alignment: which words moved, and that sentences of every length stay on the picture."""

from itertools import pairwise

import matplotlib as mpl
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from helpers.figures import figure, use_course_style
from helpers.labs.alignment import in_order
from helpers.views.alignment import draw_alignment
from helpers.words import read_pairs


@pytest.fixture(autouse=True)
def style():
    with mpl.rc_context():
        use_course_style()
        yield


@pytest.mark.parametrize(
    ("links", "kept"),
    [
        ([], set()),
        ([(0, 0), (1, 1)], {0, 1}),
        ([(0, 1), (0, 2), (1, 3), (2, 0), (3, 4)], {0, 1, 3}),  # HOW DARE YOU!
        ([(0, 0), (0, 1), (1, 0), (1, 1)], {0, 1}),  # a phrase translated as one piece
        ([(0, 3), (1, 0), (2, 1), (3, 2)], {1, 2, 3}),
    ],
)
def test_the_most_words_keep_their_order(links, kept):
    assert in_order(links) == kept


@pytest.mark.parametrize("clauses", [1, 2, 3, 4])
def test_words_stay_on_the_picture_and_apart(clauses):
    fig = figure(9.4, 3.5)
    canvas, ax = FigureCanvasAgg(fig), fig.subplots()
    fig.draw_without_rendering()
    for pair in [pair for pair in read_pairs() if pair.clauses == clauses][:20]:
        draw_alignment(ax, pair.source, pair.target, pair.sure, pair.possible)
        boxes = [text.get_window_extent(canvas.get_renderer()) for text in ax.texts]
        assert all(box.x0 >= 0 and box.y0 >= 0 and box.y1 <= fig.bbox.height for box in boxes)
        assert all(box.x1 <= fig.bbox.width for box in boxes)
        target = boxes[len(pair.source) :]
        assert all(a.x1 <= b.x0 + 1 for a, b in pairwise(target))
        source = boxes[: len(pair.source)] if not ax.texts[0].get_rotation() else []
        assert all(a.x1 <= b.x0 + 1 for a, b in pairwise(source))


def test_a_sentence_without_links_or_words_is_drawn():
    ax = figure(4, 2).subplots()
    draw_alignment(ax, ["a"], [], set())
    draw_alignment(ax, [], [], set())
