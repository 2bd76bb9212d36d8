"""Typed sentences, translating one and many, and the two widgets of lesson 3."""

import pytest
import torch

from helpers.decoding import greedy_decode, translate, translate_pairs
from helpers.metrics import chrf, differing_tokens, exact_match
from helpers.taught.encoder_decoder import Seq2Seq
from helpers.typed_text import read_source
from helpers.views.context import ContextView
from helpers.views.translation import LINES, TranslateView, flow
from helpers.views.widgets import explore, slider, typed
from helpers.words import EOS_ID, UNK_ID, Pair, Vocabulary

ENGLISH = Vocabulary(["i", "like", "cats", "apples", "."])
CHINESE = Vocabulary([*"我喜歡貓蘋果。"])
ODD = [
    "",
    "   ",
    "I like cats",
    "I like appels.",
    "你好嗎？",
    "😀 👩‍👩‍👧",
    "word " * 500,
    "a" * 3000,
    "<script>alert('x')</script>",
    "<b>$x_1$</b> \\frac{",
    "\x00\ufffd",
]


@pytest.fixture
def model():
    torch.manual_seed(0)
    return Seq2Seq(len(ENGLISH), len(CHINESE))


def test_a_plain_sentence_needs_no_note():
    source = read_source("I like CATS.", ENGLISH)
    assert source == (["i", "like", "cats", "."], [4, 5, 6, 8], "")


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("", "Nothing typed"),
        (" \n", "Nothing typed"),
        ("I like appels.", "appels (did you mean apples"),
        ("I like dinosaurs.", "Not in the vocabulary: dinosaurs"),
        ("I like cats", "Every sentence in training ended"),
        ("你好嗎", "Type plain English"),
        ("😀", "Type plain English"),
        ("cats " * 500, "You typed 500 tokens"),
        (" ".join(f"w{n}" for n in range(20)), "and 14 more"),
        ("b" * 3000, "bbb…"),
    ],
)
def test_what_is_special_about_a_sentence_is_said(text, phrase):
    source = read_source(text, ENGLISH, limit=50)
    assert phrase in source.note
    assert len(source.tokens) == len(source.ids) <= 50


def test_unknown_words_become_unk():
    assert read_source("I like dogs.", ENGLISH).ids == [4, 5, UNK_ID, 8]


def test_translating_one_and_many_agree(model):
    pairs = [Pair("I like cats.", "我"), Pair("Apples.", "我"), Pair("I like cats like I.", "我")]
    many = translate_pairs(model, pairs, ENGLISH, CHINESE, limit=12)
    for pair, line in zip(pairs, many, strict=True):
        one = translate(model, ENGLISH.encode(pair.source), limit=12)
        assert "".join(CHINESE.decode(one.ids)) == line
        assert one.probabilities.shape == (len(one.ids), len(CHINESE))
        assert one.probabilities.argmax(-1).tolist() == one.ids
        assert one.ended or len(one.ids) == 12


def test_nothing_comes_of_nothing(model):
    empty = translate(model, [])
    assert empty.ids == []
    assert not empty.ended


def test_writing_stops_at_eos_or_at_the_limit(model):
    with torch.no_grad():
        model.decoder.output.bias[EOS_ID] = 100
    assert greedy_decode(model.decoder, torch.zeros(2, 128)) == [[], []]
    with torch.no_grad():
        model.decoder.output.bias[EOS_ID] = -100
    assert [len(row) for row in greedy_decode(model.decoder, torch.zeros(2, 128), 7)] == [7, 7]


def translator(model, columns=1):
    view = TranslateView(
        {f"model {n}": lambda ids: translate(model, ids) for n in range(columns)}, ENGLISH, CHINESE
    )
    controls = {"text": typed("English", "I like cats."), "step": slider("t", 0, 60, 3)}
    return explore(view.update, view.figure, **controls)


@pytest.mark.parametrize("columns", [1, 4])
def test_the_translator_answers_whatever_is_typed(model, columns):
    shown = translator(model, columns)
    for text in ODD:
        shown.controls["text"].value = text
        for step in (0, 60):
            shown.controls["step"].value = step
            assert "Not drawn" not in shown.note.value, text
            assert "<script>" not in shown.note.value
            assert "<b>" not in shown.note.value
    with pytest.raises(ValueError, match="expected 1 to 4"):
        translator(model, 5)


def test_a_sentence_at_the_limit_fits_the_picture():
    widths = [7.4 * 7] * 50  # fifty words of seven letters
    assert max(line for _, line in flow(widths, 634)) < LINES + 2
    assert flow([10, 10, 10], 30, gap=7) == [(0.0, 0), (17.0, 0), (0.0, 1)]


def squeezer(model):
    view = ContextView(
        model,
        lambda c, k: c * (torch.arange(128) < k),
        {0: 0.0, 64: 0.5, 128: 1.0},
        ENGLISH,
        CHINESE,
    )
    controls = {"text": typed("English", "I like cats."), "k": slider("k", 0, 128, 128)}
    return explore(view.update, view.figure, **controls)


def test_the_context_widget_answers_whatever_is_typed(model):
    shown = squeezer(model)
    assert "the same translation" in shown.note.value
    for text in ODD:
        shown.controls["text"].value = text
        for k in (0, 5, 128):
            shown.controls["k"].value = k
            assert "Not drawn" not in shown.note.value, text
            assert "<script>" not in shown.note.value


def test_differences_mark_what_is_new():
    assert differing_tokens("我有貓。", "我有狗。") == [False, False, True, False]
    assert differing_tokens("", "我") == []
    assert differing_tokens("我", "") == [True]


def test_scores():
    assert exact_match(["我", "你"], ["我", "他"]) == 0.5
    assert exact_match([], []) != exact_match([], [])  # nan
    assert chrf(["我有一隻貓。"], ["我有一隻貓。"]) == pytest.approx(100)
    assert 0 < chrf(["我有一隻狗。"], ["我有一隻貓。"]) < 100
    with pytest.raises(ValueError, match="shorter"):
        exact_match(["我"], [])
