"""Lesson 1's alignment browser: what it finds, and which control it blames when nothing fits."""

import pytest

from helpers.labs.alignment import KINDS, crossings, moved_words, whole_words
from helpers.views.alignment import AlignmentView
from helpers.views.canvas import Canvas
from helpers.views.widgets import choice, explore, slider, typed
from helpers.words import Pair, read_pairs
from notebooks.lessons import lesson

DARE = Pair("HOW DARE YOU!", "你怎麼敢！", frozenset({(0, 1), (0, 2), (1, 3), (2, 0), (3, 4)}))


def test_crossings_are_counted_as_in_the_lesson():
    taught = lesson("01").define("crossings")["crossings"]
    for pair in read_pairs()[::50]:
        assert crossings(pair.sure) == taught(pair.sure)
    assert crossings(DARE.sure) == 3


def test_a_moved_word_is_one_that_left_the_order():
    assert moved_words(DARE.sure) == {2}
    assert moved_words({(0, 0), (0, 1), (1, 0), (1, 1)}) == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [("dare", True), ("DARE you", True), ("are", False), ("怎麼", True), ("dare you!", True),
     ("!", True), ("", True), ("  ", True), ("(", False), ("我", False)],
)  # fmt: skip
def test_whole_words_are_looked_for(text, found):
    assert bool(whole_words(text).search(f"{DARE.english}\t{DARE.chinese}")) is found


@pytest.fixture(scope="module")
def view():
    return AlignmentView(read_pairs())


def test_every_kind_occurs_and_is_drawn(view):
    for kind in KINDS:
        for number in (1, 60):
            assert "→" in view.update(kind, "any", "", number)


def test_the_end_of_the_slider_and_the_last_sentence_are_told_apart(view):
    assert "The slider shows the first 60." in view.update("anything", "any", "", 1)
    assert "Sentence 1 of 1. The slider is past" in view.update(
        "anything", "any", "how dare you", 9
    )


@pytest.mark.parametrize(
    ("kind", "clauses", "word", "phrase"),
    [
        ("anything", "any", "zebra", "'zebra' occurs in no sentence"),
        ("a place", "any", "how dare you", "in 1 sentence, but none of the kind 'a place'"),
        ("anything", 3, "how dare you", "in 1 sentence, but none with 3 clauses"),
        ("at most three words", 4, "", "of the kind 'at most three words', but none with 4"),
    ],
)
def test_the_control_to_blame_is_named(view, kind, clauses, word, phrase):
    assert phrase in view.update(kind, clauses, word, 1)


def test_a_question_for_a_place_is_not_a_place(view):
    found, _ = view.find("a place", "any", "")
    assert not any("在哪" in pair.chinese and pair.chinese.count("在") == 1 for pair in found)


def test_an_earlier_sentence_leaves_nothing_behind(view):
    """Fails if a drawing keeps words or lines of the one before it on the same axes."""
    alone, after = AlignmentView(view.pairs), AlignmentView(view.pairs)
    after.update("anything", 3, "", 5)
    for each in (alone, after):
        each.update("anything", 1, "", 2)
    assert Canvas(alone.figure).value == Canvas(after.figure).value


def test_it_works_as_a_widget_and_shows_markup_as_text(view):
    shown = explore(
        view.update,
        view.figure,
        kind=choice("Kind", list(KINDS)),
        clauses=choice("Clauses", ["any", 1, 2]),
        word=typed("With the word", ""),
        number=slider("Sentence", 1, 60, 1),
    )
    shown.controls["word"].value = "<b>("
    assert "&lt;b&gt;(" in shown.note.value
