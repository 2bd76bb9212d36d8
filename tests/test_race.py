"""Lesson 10: the shipped models and table, the widget, and the quiz."""

import re

import pytest
import torch

from helpers import checks
from helpers.checks.lesson_10 import QUIZ
from helpers.decoding import translate_pairs
from helpers.labs.race import MAKERS, load_models
from helpers.metrics import exact_match
from helpers.tables import race_table
from helpers.views.race import FourView
from helpers.views.widgets import explore, typed
from helpers.words import Vocabulary, read_pairs
from notebooks.lessons import lesson

TRAIN = read_pairs(split="train")
ENGLISH = Vocabulary.from_sentences(pair.source for pair in TRAIN)
CHINESE = Vocabulary.from_sentences(pair.target for pair in TRAIN)


@pytest.fixture(scope="module")
def models():
    return load_models(ENGLISH, CHINESE)


def test_the_four_are_of_near_equal_size():
    sizes = [sum(w.numel() for w in make(len(ENGLISH), len(CHINESE)).parameters())
             for make in MAKERS.values()]  # fmt: skip
    assert max(sizes) < 1.1 * min(sizes)
    table = race_table()
    assert {row["parameters"] for row in table if row["model"] in MAKERS} == set(sizes)


def test_the_table_has_five_starts_of_each_and_its_control_has_as_many_weights():
    table = race_table()
    seeds = {row["model"]: [] for row in table}
    for row in table:
        seeds[row["model"]].append(row["seed"])
    assert all(found == [0, 1, 2, 3, 4] for found in seeds.values())
    weights = {row["model"]: row["parameters"] for row in table}
    more = weights["LSTM, twice the units"]
    assert abs(weights["LSTM, larger embeddings"] / more - 1) < 0.01
    assert round(more / weights["LSTM"], 1) == 2.8  # the lesson says so


def test_the_shipped_weights_are_those_of_the_tables_first_seed(models):
    pairs = [pair for pair in read_pairs(split="test") if pair.clauses == 2]
    for name, model in models.items():
        (row,) = [r for r in race_table() if r["model"] == name and r["seed"] == 0]
        found = translate_pairs(model, pairs, ENGLISH, CHINESE)
        share = exact_match(found, [pair.chinese for pair in pairs])
        assert abs(share - row["exact"][1]) <= 0.03, name


def test_missing_or_foreign_weights_name_the_remedy(tmp_path):
    with pytest.raises(FileNotFoundError, match="four_models"):
        load_models(ENGLISH, CHINESE, tmp_path / "no.pt")
    with pytest.raises(ValueError, match="do not fit"):
        load_models(Vocabulary(["cats"]), CHINESE)
    (tmp_path / "bad.pt").write_bytes(b"not weights")
    with pytest.raises(ValueError, match="cannot be read"):
        load_models(ENGLISH, CHINESE, tmp_path / "bad.pt")
    with pytest.raises(FileNotFoundError, match="four_models"):
        race_table(tmp_path / "no.tsv")


@pytest.mark.parametrize("text", ["", "How dare you!", "dinosaur", "<b>$x$</b>", "cats " * 500])
def test_the_widget_answers_whatever_is_typed(models, text):
    view = FourView(models, ENGLISH, CHINESE, TRAIN)
    lab = explore(view.update, view.figure, text=typed("English", "I like cats."))
    before = lab.canvas.value
    lab.controls["text"].value = text
    assert lab.canvas.value != before
    assert "Not drawn" not in lab.note.value
    assert "<b>" not in lab.note.value


def test_what_differs_from_the_right_translation_is_red(models):
    view = FourView(models, ENGLISH, CHINESE, TRAIN)
    pair = next(pair for pair in TRAIN if pair.clauses == 1 and len(pair.source) > 6)
    view.update(pair.english)
    found = translate_pairs(models["RNN"], [pair], ENGLISH, CHINESE)[0]
    reds = [label.get_color() for label in view.rows["RNN"] if label.get_visible()]
    assert (len(set(reds)) > 1) == (found != pair.chinese and bool(set(found) & set(pair.chinese)))


def test_the_lessons_own_answers_are_right():
    steps = ("rnn", "attention", "self_attention")
    questions = [f"q{n}" for n in QUIZ]
    answers = lesson("10").define(*steps, *questions)
    given = [answers[name] for name in steps]
    assert checks.check_path_lengths(*given).status == "right"
    assert checks.check_path_lengths(..., ..., ...).status == "not started"
    assert checks.check_quiz(*[answers[name] for name in questions]).status == "right"
    assert checks.check_quiz(*[...] * 8).status == "not started"


RIGHT = ((12, 30), (12, 30), (1, 1))


@pytest.mark.parametrize(
    ("place", "answer", "phrase"),
    [
        (0, (12, 1), "inside it h_t waits"),
        (0, (1, 1), "h_t needs h_{t-1}"),
        (0, (30, 12), "Encoder first"),
        (0, (11, 29), "Which state needs"),
        (0, ..., "Now give `rnn`"),
        (0, 42, "is a pair"),
        (0, (12, 30, 1), "is a pair"),
        (1, ..., "Now give `attention`"),
        (1, (24, 30), "read at the same time"),
        (1, (1, 30), "still recurrent"),
        (1, (12, 1), "c_i needs s_{i-1}"),
        (1, (12, 360), "computed together"),
        (2, (12, 30), "No state of a layer waits"),
        (2, (1, 30), "one pass serves them all"),
        (2, (12, 1), "one pass serves them all"),
        (2, (1, 2), "count the block once"),
        (2, (144, 900), "Which state needs"),
    ],
)
def test_wrong_steps_get_their_own_hint(place, answer, phrase):
    given = [*RIGHT]
    given[place] = answer
    verdict = checks.check_path_lengths(*given)
    assert verdict.status == "not yet", verdict
    assert phrase in verdict.message, verdict.message


@pytest.mark.parametrize(
    ("number", "letter"), [(n, wrong) for n, (_, hints) in QUIZ.items() for wrong in hints]
)
def test_each_wrong_letter_gets_its_own_hint(number, letter):
    answers = [right for right, _ in QUIZ.values()]
    answers[number - 1] = letter.upper()
    verdict = checks.check_quiz(*answers)
    assert verdict.status == "not yet"
    assert "7 of 8 right" in verdict.message
    assert QUIZ[number][1][letter] in verdict.message


@pytest.mark.parametrize("answer", ["e", "ab", "", 3, ["a"]])
def test_an_answer_that_is_no_letter_is_named(answer):
    verdict = checks.check_quiz(answer, *[right for right, _ in QUIZ.values()][1:])
    assert verdict.status == "not yet"
    assert "Question 1: expected one letter" in verdict.message


def test_every_question_is_in_the_lesson_with_four_answers():
    for number in QUIZ:
        (line,) = re.findall(rf"^{number}\. (.*\*\*a\*\*.*)$", lesson("10").text, re.MULTILINE)
        assert re.findall(r"\*\*([a-d])\*\*", line) == [*"abcd"]


def test_reach_of_the_four_is_measured_on_new_models():
    """Every model has the embedding where lesson 10 looks for it."""
    for make in MAKERS.values():
        model = make(len(ENGLISH), len(CHINESE))
        weight = getattr(model, "encoder", model).embedding.weight
        assert weight.shape[0] == len(ENGLISH)
        assert isinstance(weight, torch.nn.Parameter)
