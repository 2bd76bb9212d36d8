"""What lesson 1 says of two lists of sentence pairs is what they hold."""

import random
from collections import Counter

import numpy as np
import pytest

from helpers import DATA
from helpers.labs.alignment import moved_words
from helpers.words import read_pairs, tokenize_chinese, tokenize_english
from helpers.words.simplified import name_simplified
from notebooks.lessons import lesson

OURS, NATURAL = read_pairs(), read_pairs(DATA / "natural_pairs.tsv")
best_share = lesson("01").define("best_share")["best_share"]


def lengths(pairs):
    return [(len(pair.source), len(pair.target)) for pair in pairs]


def share_moved(pairs):
    return sum(len(moved_words(pair.sure)) > 0 for pair in pairs) / len(pairs)


def test_natural_pairs_are_few_short_and_aligned():
    assert len(NATURAL) == 64
    assert {pair.split for pair in NATURAL} == {"natural"}
    assert {s for s, _ in lengths(NATURAL)} == {2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}
    assert not {pair.english for pair in NATURAL} & {pair.english for pair in OURS}
    for pair in NATURAL:
        linked = {j for _, j in pair.sure | pair.possible}
        real = {j for j, token in enumerate(pair.target) if token.isalnum()}
        assert real <= linked, pair
        assert not name_simplified(pair.chinese), pair
        assert pair.source == tokenize_english(pair.english)
        assert pair.target == tokenize_chinese(pair.chinese)


def test_lengths_go_together_and_more_so_in_our_grammar():
    ours, natural = (np.corrcoef(np.array(lengths(pairs)).T)[0, 1] for pairs in (OURS, NATURAL))
    assert ours == pytest.approx(0.96, abs=0.004)
    assert natural == pytest.approx(0.79, abs=0.004)
    one_clause = [pair for pair in OURS if pair.clauses == 1]
    assert np.corrcoef(np.array(lengths(one_clause)).T)[0, 1] < 0.7  # clauses stretch both sides


def test_no_formula_names_the_length():
    assert best_share(lengths(OURS)) == pytest.approx(0.21, abs=0.005)
    assert best_share(lengths(NATURAL)) == pytest.approx(0.39, abs=0.005)


def test_on_64_pairs_of_ours_a_formula_seems_as_good_as_on_natural_ones():
    short = lengths([pair for pair in OURS if pair.clauses == 1])
    shares = [best_share(random.Random(seed).sample(short, 64)) for seed in range(100)]
    assert np.mean(shares) == pytest.approx(best_share(lengths(NATURAL)), abs=0.03)
    assert best_share(short) < 0.3


def test_natural_sentences_move_more_words():
    assert share_moved(OURS) == pytest.approx(0.43, abs=0.005)
    assert share_moved(NATURAL) == pytest.approx(0.66, abs=0.005)


def test_most_translations_are_longer_in_both_lists():
    for pairs in (OURS, NATURAL):
        gaps = Counter(np.sign(t - s) for s, t in lengths(pairs))
        assert gaps[1] > 0.6 * len(pairs)
