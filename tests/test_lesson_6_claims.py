"""Lesson 6's sentences are what five starts show; benchmarks/attention_claims.py measures them."""

import csv
import re

import pytest

from helpers import tables
from helpers.decoding import translate
from helpers.labs.attention import find_measure_words, measure_word, with_other_nouns
from helpers.metrics import exact_match
from helpers.words import tokenize_english
from notebooks.lessons import LESSONS
from tools.experiments import attention as claims
from tools.experiments.corpus import CHINESE, ENGLISH, GROUPS, translations

TEXT = " ".join(LESSONS["06_attention_with_an_rnn"].text.split())
LOOKS = tables.interventions()
CHANGED = tables.measure_words_changed()


def percent(numbers):
    return f"{100 * min(numbers):.0f} to {100 * max(numbers):.0f} %"


def span(numbers):
    return f"{min(numbers)} to {max(numbers)}"


def test_the_mean_and_the_first_state_share_the_credit_for_short_sentences():
    own, another = LOOKS["uniform", "own", 1][:, 0], LOOKS["uniform", "another", 1][:, 0]
    nothing = LOOKS["nowhere", "own", 1][:, 0]
    assert len(own) == len(another) == len(nothing) == 5
    assert f"{percent(own)} are right with uniform weights and their own $s_0$" in TEXT
    assert f"{percent(another)} with another's" in TEXT
    assert "at most 1 % with $s_0$ alone" in TEXT
    assert nothing.max() <= 0.01
    assert (own - another).min() > 0.12  # the cell says 8 points
    assert another.min() > 0.15  # and above 10 %
    assert LOOKS["uniform", "own", 1][:, 1].max() < 0.05  # hardly any of two clauses


def test_looking_elsewhere_breaks_the_translation_for_every_start():
    assert LOOKS["own", "own", 1][:, :2].min() > 0.97
    assert LOOKS["shifted", "own", 1][:, :2].max() < 0.3
    assert LOOKS["nowhere", "own", 1][:, :2].max() < 0.03
    assert LOOKS["gold", "own", 1][:, :2].mean(1).min() > 0.7
    for look in claims.LOOKS[1:]:
        assert LOOKS[look, "own", 0.25][:, :2].mean(1).min() > 0.92, look


def test_a_hidden_noun_costs_little_and_an_exchanged_one_changes_nearly_all():
    found = {hidden: CHANGED["attention", hidden] for _, hidden in CHANGED}
    assert {len(counts) for counts in found.values()} == {5}
    assert f"{span(found['swapped'])} change with the noun" in TEXT
    assert f"With the noun out of sight only {span(found['noun'])} change" in TEXT
    assert f"with the number out of sight, {span(found['number'])}." in TEXT
    assert f"both its neighbours hidden, {span(found['noun and neighbours'])} change" in TEXT
    assert "Another sentence's $s_0$ changes 0 or 1." in TEXT
    assert found["another start"].max() <= 1
    assert (found["noun, another start"] - found["noun"]).max() <= 5
    assert (found["number"] > found["noun"]).all()
    assert found["word before"].max() <= 2
    assert found["swapped"].min() > 60  # the cell says 55


def test_the_dot_product_learns_to_look_too():
    curves = tables.length_curves()
    assert curves["dot product"].shape == (5, 4)
    assert curves["dot product"][:, 1].min() > 0.8
    better = curves["attention"][:, :3].mean(0) - curves["dot product"][:, :3].mean(0)
    assert (better > 0).all()
    assert better[2] > 0.05  # "the additive score gets more long sentences right"


def test_the_encoder_that_reads_forwards_is_asked_for_a_later_word():
    with tables.LENGTH_CURVE.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream, delimiter="\t")
                if row["model"] == "attention, one-way"]  # fmt: skip
    at, after, before = ([float(row[name]) for row in rows] for name in ("at", "after", "before"))
    assert f"{percent(at)} of the characters look at their word, {percent(after)} after" in TEXT
    assert "2 or 3 % before it" in TEXT
    assert {round(100 * share) for share in before} <= {2, 3}


def test_the_number_of_measure_words_is_the_one_in_the_text():
    cases = find_measure_words(GROUPS[1])
    assert f"of the {len(cases)} measure words" in TEXT
    assert f"Of {len(cases)} measure words" in TEXT
    for case, source in zip(cases, with_other_nouns(cases), strict=True):
        assert measure_word(case.pair.target) == case.pair.target[case.at]
        changed = [a != b for a, b in zip(case.pair.source, source, strict=True)]
        assert changed.index(True) == case.noun > case.number
        assert sum(changed) == 1


def test_steps_that_wait_are_those_of_the_long_sentences():
    words, characters = map(int, re.findall(r"of (\d+) words with a translation of (\d+)", TEXT)[0])
    assert f"{words} + {characters} = {words + characters} steps" in TEXT
    assert round(sum(len(pair.source) for pair in GROUPS[4]) / len(GROUPS[4])) == words
    assert round(sum(len(pair.target) for pair in GROUPS[4]) / len(GROUPS[4])) == characters


@pytest.mark.nightly
def test_interventions_come_out_again_after_training_anew():
    model, _ = claims.trained("attention", seed=0)
    pairs = GROUPS[1]
    even = claims.made_to_look(model, pairs, "uniform", another_start=False, share=1.0)
    another = claims.made_to_look(model, pairs, "uniform", another_start=True, share=1.0)
    own = claims.made_to_look(model, pairs, "own", another_start=False, share=1.0)
    assert own == exact_match(translations(model, pairs), [pair.chinese for pair in pairs])
    assert own > 0.97 > 0.8 > even > another + 0.05 > 0.15
    changed = claims.changed_measure_words(model, find_measure_words(pairs))
    assert changed["swapped"] > 55 > 20 > changed["noun"]


@pytest.mark.nightly
@pytest.mark.parametrize("seed", [0, 1])
def test_the_title_of_the_heat_maps_holds_for_other_starts(seed):
    model, _ = claims.trained("attention", seed)
    looks = {
        "The children work every day.": {"每": "every", "工": "work"},
        "My mother bought two apples yesterday.": {"買": "bought", "顆": "apples", "蘋": "apples"},
    }
    for sentence, expected in looks.items():
        source = tokenize_english(sentence)
        found = translate(model, ENGLISH.encode(source))
        tokens = CHINESE.decode(found.ids, keep_special=True)
        best = {token: source[int(row.argmax())]
                for token, row in zip(tokens, found.weights, strict=True)}  # fmt: skip
        assert {token: best[token] for token in expected} == expected
