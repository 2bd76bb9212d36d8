"""Lesson 10: the shipped models and table, the widget, and the quiz."""

import copy
import re
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from helpers import checks
from helpers.checks.lesson_10 import QUIZ
from helpers.decoding import translate_pairs
from helpers.labs.race import MAKERS, load_models, plain_rnn
from helpers.metrics import exact_match, gradient_at_first_word
from helpers.tables import race_table
from helpers.taught.recurrent import start_isometric
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


def shares(name):
    """Exact match of a row's five starts, for one to four clauses: (5, 4)."""
    return np.array([row["exact"] for row in race_table() if row["model"] == name])


def test_what_lesson_10_says_of_the_four():
    rnn, lstm, attention, alone = (shares(name) for name in MAKERS)
    assert 0.06 < rnn[:, 0].mean() < 0.1
    assert rnn[:, 1:].max() == 0
    assert lstm[:, 0].min() > 0.95
    assert 0.6 < lstm[:, 1].mean() < 0.7
    assert 0.08 < lstm[:, 2].mean() < 0.13
    assert attention[:, 2].min() > alone[:, 2].max() > 0.9
    assert max(model[:, 3].max() for model in (rnn, lstm, attention, alone)) < 0.2


def test_what_lesson_10_says_of_the_lstm_with_one_thing_changed():
    base, practice, distance, weights, capacity, units = (
        shares(f"LSTM{change}")[:, 2]
        for change in ("", ", twice the training", ", source backwards", ", larger embeddings",
                       ", twice the units", ", half handed over")
    )  # fmt: skip
    assert 1.7 < practice.mean() / base.mean() < 2.4
    assert distance.min() < base.max()
    assert weights.mean() < base.mean()
    assert 2.7 < capacity.mean() / base.mean() < 3.5
    assert capacity.min() > max(part.max() for part in (base, practice, distance, weights))
    assert 0.6 < (units.mean() - base.mean()) / (capacity.mean() - base.mean()) < 0.75
    assert capacity.mean() < 0.4


def test_what_lesson_10_says_of_the_plain_rnn():
    with_attention = shares("plain RNN with attention")
    assert with_attention[:, 0].min() > 0.95
    assert 0.7 < with_attention[:, 2].mean() < 0.8
    assert 0.3 < with_attention[:, 2].min() < 0.4
    for start in ("PyTorch's start", "isometric start"):
        assert shares(f"RNN, {start}")[:, 0].mean() < shares("RNN")[:, 0].mean()


@pytest.mark.parametrize("seed", range(3))
def test_only_the_rnn_loses_the_first_word_and_it_need_not(seed):
    torch.manual_seed(seed)
    sizes = len(ENGLISH), len(CHINESE)
    isometric = partial(plain_rnn, start=start_isometric)
    for name, make in {**MAKERS, "isometric": isometric}.items():
        near, far = (
            sorted(gradient_at_first_word(make(*sizes), n, sizes) for _ in range(3))[1]
            for n in (5, 80)
        )
        assert (far < 1e-9) == (name == "RNN")
        assert name == "RNN" or 3 < near / far < 100


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
    questions = [f"q{n}" for n in QUIZ]
    answers = lesson("10").define("without", *questions)
    shares = {"h": 0.99, "c": 0.0}
    assert checks.check_ablation("c", answers["without"], shares).status == "right"
    assert checks.check_quiz(*[answers[name] for name in questions]).status == "right"
    assert checks.check_quiz(*[...] * 8).status == "not started"


def stub(model, part):
    raise NotImplementedError


@pytest.mark.parametrize("function", [stub, ...])
def test_nothing_done_is_not_started(function):
    assert checks.check_ablation(..., function, ...).status == "not started"


def cut(model, part, change=torch.zeros_like):
    """The right answer, or with another `change`, a wrong one."""
    changed, start = copy.deepcopy(model), model.start

    def other(source, mask):
        handed = dict(zip("hc", start(source, mask), strict=True))
        return tuple((handed | {part: change(handed[part])}).values())

    changed.start = other
    return changed


class Wrapped:
    def __init__(self, model, part):
        self.model, self.place = model, "hc".index(part)

    def start(self, source, mask):
        pair = [*self.model.start(source, mask)]
        pair[self.place] = torch.zeros(pair[0].shape)
        return pair

    def step(self, ids, state):
        return self.model.step(ids, state)


def subclassed(model, part):
    class Cut(type(model)):
        def start(self, *batch):
            h, c = super().start(*batch)
            return (h.new_zeros(h.shape), c) if part == "h" else (h, c - c)

    changed = copy.deepcopy(model)
    changed.__class__ = Cut
    return changed


def namespace(model, part):
    def start(*batch):
        h, c = model.start(*batch)
        return h * (part != "h"), c * (part != "c")

    return SimpleNamespace(start=start, step=model.step)


def emptied(model, part):
    changed = copy.deepcopy(model)

    def start(*batch):
        h, c = model.start(*batch)
        (h if part == "h" else c).zero_()
        return h, c

    changed.start = start
    return changed


@pytest.mark.parametrize("function", [cut, Wrapped, subclassed, namespace, emptied])
@pytest.mark.parametrize("prediction", ["c", "H)"])
def test_right_ablations_in_any_form(function, prediction):
    verdict = checks.check_ablation(prediction, function, {"h": 0.99, "c": 0.0})
    assert verdict.status == "right", verdict
    assert ("as you predicted" in verdict.message) == (prediction == "c")


@pytest.mark.parametrize(
    "shares",
    [(0.985, 0), [0.99, 0.0], {"C": 0, " h": np.float32(0.99)}, torch.tensor([0.99, 0.0])],
)
def test_right_shares_in_any_form(shares):
    assert checks.check_ablation("c", cut, shares).status == "right"


def in_place(model, part):
    start = model.start
    model.start = lambda *batch: tuple(
        x * (name != part) for name, x in zip("hc", start(*batch), strict=True)
    )
    return model


def at_every_step(model, part):
    changed = cut(model, part)

    def step(ids, state):
        logits, weights, (h, c) = model.step(ids, state)
        return logits, weights, ((h * 0, c) if part == "h" else (h, c * 0))

    changed.step = step
    return changed


def in_the_encoder(model, part):
    changed = copy.deepcopy(model)
    gate = 3 if part == "h" else 0  # the output gate closed, or the input gate
    with torch.no_grad():
        changed.lstm.bias_hh_l0.chunk(4)[gate].fill_(-1e6)
    return changed


def endless(model, part):
    changed = copy.deepcopy(model)
    changed.start = lambda *batch: changed.start(*batch)
    return changed


def other_of(part):
    return "c" if part == "h" else "h"


ABLATIONS = [
    (in_place, "is cut, too"),
    (lambda m, part: m, "Nothing is cut"),
    (lambda m, part: cut(m, other_of(part)), "c is cut, not h"),
    (lambda m, part: cut(cut(m, "c"), "h"), "both parts are zeros"),
    (lambda m, part: cut(m, "h"), "part 'c': h is cut, not c"),
    (lambda m, part: cut(m, part, torch.randn_like), "has changed but is not zero"),
    (lambda m, part: cut(m, part, lambda x: x.roll(1, -1)), "has changed but is not zero"),
    (lambda m, part: cut(m, part, lambda x: x.mean(dim=-1, keepdim=True).expand_as(x)), "not zero"),
    (lambda m, part: cut(m, part, lambda x: 0 * x[0]), "keep its shape"),
    (lambda m, part: cut(m, part, lambda x: None), "keep its shape"),
    (at_every_step, "`step` has changed, too"),
    (in_the_encoder, "c has changed, too"),
    (endless, "RecursionError"),
    (lambda m, part: (0, 1), "an object with `start` and `step`"),
    (lambda m, part: 0.99, "an object with `start` and `step`"),
    (lambda m, part: m.start, "function or class"),
    (lambda m, part: None, "returned None"),
    (lambda m: m, "TypeError"),
    (..., "Now write `without`"),
    (stub, "Now write `without`"),
    (0.99, "should be a function"),
]


@pytest.mark.parametrize(("function", "phrase"), ABLATIONS)
def test_wrong_ablations_get_their_own_hint(function, phrase):
    verdict = checks.check_ablation("c", function, {"h": 0.99, "c": 0.0})
    assert verdict.status == "not yet", verdict
    assert phrase in verdict.message, verdict.message


RUNS = [
    (..., "Now run it on the race's LSTM"),
    ({"h": 99, "c": 0}, "percentages"),
    ({"h": 198, "c": 0}, "counts of 200"),
    ({"h": 0, "c": 0.99}, "wrong way round"),
    ({"h": 0.675, "c": 0}, "result for 2 clauses"),
    ({"h": 0.135, "c": 0}, "result for 3 clauses"),
    ({"h": 0.6, "c": 0}, "all test sentences"),
    ({"h": 0.99, "c": 0.99}, "Did both runs use"),
    ({"h": 0, "c": 0}, "still cut from an earlier try"),
    ({"h": 0.5, "c": 0.1}, "test sentences of one clause"),
    ({"h": 1.5, "c": 0.1}, "between 0 and 1"),
    ({"h": 0.99, "c": ...}, "Now measure the share without c"),
    ({"h": "99 %", "c": 0}, "should be a number"),
    ({"h": 0.99}, "its keys are"),
    (0.99, "should be a dict"),
    ("ch", "should be a dict"),
]


@pytest.mark.parametrize(("shares", "phrase"), RUNS)
def test_wrong_runs_are_recognised(shares, phrase):
    verdict = checks.check_ablation("c", cut, shares)
    assert verdict.status == "not yet", verdict
    assert phrase in verdict.message, verdict.message


@pytest.mark.parametrize(("prediction", "phrase"), [(..., "First predict"), ("both", "'h' or 'c'")])
def test_the_prediction_comes_first(prediction, phrase):
    assert phrase in checks.check_ablation(prediction, cut, {"h": 0.99, "c": 0}).message


def test_a_model_of_the_notebook_in_place_of_the_argument_is_named(models):
    verdict = checks.check_ablation("c", lambda m, part: cut(models["LSTM"], part), ...)
    assert "instead of its argument" in verdict.message


def test_the_check_does_not_cut_the_model_it_was_given(models):
    before = models["LSTM"].start
    checks.check_ablation("c", in_place, {"h": 0.99, "c": 0})
    assert models["LSTM"].start == before


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
