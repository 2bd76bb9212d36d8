"""Lesson 2's sentences on n-grams and its RNN agree with the table that five seeds filled."""

import math

import pytest

from helpers.tables import language_models
from tools.experiments.language_models import (
    LESSON,
    TRAIN,
    corpus,
    ngram,
    other_person,
    rnn,
    shuffled,
)

TABLE = language_models()
NGRAMS = {row["model"]: row for row in TABLE if "gram" in row["model"]}
RNNS = [row for row in TABLE if row["model"] == "RNN"]
LONGER = [row for row in TABLE if row["model"] == "RNN, 15 epochs"]
RULES = {row["model"]: row for row in TABLE if row["model"].startswith("corpus")}


def test_the_table_holds_seven_n_grams_and_five_seeds():
    assert [*NGRAMS] == [f"{n}-gram" for n in range(1, 8)]
    assert len(RNNS) == len(LONGER) == 5


def test_the_rnn_is_level_with_the_best_window_of_three_tokens():
    best = min(row["perplexity"] for row in NGRAMS.values())
    assert best == NGRAMS["4-gram"]["perplexity"]
    found = [row["perplexity"] for row in RNNS]
    assert 2.895 < min(found) < max(found) < 3.035
    assert all(abs(perplexity / best - 1) < 0.05 for perplexity in found)


def test_longer_windows_are_worse():
    values = [NGRAMS[f"{n}-gram"]["perplexity"] for n in range(4, 8)]
    assert values == sorted(values)


def test_a_window_of_four_tokens_cannot_tell_and_the_rnn_can():
    for n in range(1, 6):
        row = NGRAMS[f"{n}-gram"]
        assert row["le_past"] == row["le_future"]
        assert row["told_apart"] == 0
    assert 0 < NGRAMS["6-gram"]["told_apart"] < NGRAMS["7-gram"]["told_apart"] < 0.9
    for row in RNNS:
        assert row["told_apart"] == 1
        assert row["le_past"] > 0.7 > 0.1 > row["le_future"]


def test_most_pairs_are_new_and_end_in_the_same_four_tokens():
    beginnings = LESSON["beginnings"]
    known = [pair.chinese for pair in TRAIN]
    seen = [any(text in sentence for sentence in known for text in pair) for pair in beginnings]
    assert (len(beginnings), sum(seen)) == (100, 14)
    for past, future in beginnings:
        assert past[-4:] == future[-4:]
        assert (past[-5], future[-5]) == ("天", "會")


def test_across_a_comma_the_rnn_knows_no_more_than_chance():
    assert RULES["corpus"]["time_kept"] == 1
    assert RULES["corpus"]["other_person"] == 0
    chance = RULES["corpus, clauses shuffled"]
    assert round(chance["time_kept"], 2) == 0.29
    assert round(chance["other_person"], 2) == 0.79
    assert in_percent("time_kept", RNNS) == (21, 32)
    assert in_percent("other_person", RNNS) == (69, 81)


def in_percent(column, rows):
    """The lowest and the highest of several seeds."""
    values = [row[column] for row in rows]
    return round(100 * min(values)), round(100 * max(values))


def test_three_times_the_training_helps_in_part():
    found = [row["perplexity"] for row in LONGER]
    assert (round(min(found), 2), round(max(found), 2)) == (2.72, 2.85)
    assert in_percent("time_kept", LONGER) == (61, 68)
    assert in_percent("other_person", LONGER) == (73, 79)
    assert all(row["told_apart"] > 0.9 for row in LONGER)


def test_what_only_counts_comes_out_again():
    for n in (2, 6):
        found = ngram(n)
        for name, value in found.items():
            assert NGRAMS[f"{n}-gram"][name] == pytest.approx(value, rel=1e-3), name
    for name, found in (("corpus", corpus()), ("corpus, clauses shuffled", shuffled())):
        for column, value in found.items():
            assert RULES[name][column] == pytest.approx(value, rel=1e-3), (name, column)


def test_what_was_not_measured_is_nan():
    assert math.isnan(RULES["corpus"]["perplexity"])
    assert math.isnan(NGRAMS["2-gram"]["time_kept"])


@pytest.mark.parametrize(
    ("sentence", "slips"),
    [
        ("我爸爸回家了，然後他們買了一隻貓。", True),
        ("我爸爸回家了，然後他買了一本書。", False),
        ("老師回家了，而我買了書，然後我喝了茶。", False),
        ("老師回家了，而我買了書，然後她喝了茶。", True),
        ("我爸爸回家了，而他們買了書。", None),
        ("我爸爸回家了。", None),
    ],
)
def test_after_然後_the_person_stays_and_after_而_it_may_change(sentence, slips):
    assert other_person(sentence) is slips


@pytest.mark.nightly  # trains
@pytest.mark.parametrize("seed", [0, 3])
def test_training_anew_tells_the_same(seed):
    found = rnn(seed)
    assert 2.7 < found["perplexity"] < 3.2
    assert found["told_apart"] > 0.9
    assert found["le_past"] > 0.5 > 0.3 > found["le_future"]
    assert found["time_kept"] < 0.5
    assert found["other_person"] > 0.5
