"""Lesson 5's claims hold for more than one random start; benchmarks/lstm_claims.py shows five."""

import statistics
from functools import cache

import pytest

from tools.experiments import lstm

pytestmark = pytest.mark.nightly  # trains
gates_of = cache(lstm.gates)
three_starts = pytest.mark.parametrize("seed", range(3))


@three_starts
def test_with_a_price_the_gates_read_as_the_story_says(seed):
    found = gates_of(seed)
    assert found["price f storing"] > 0.95
    assert found["price i flag"] > 0.5 > 0.05 > found["price i storing"]
    assert found["price o asked"] > 0.8 > 0.05 > found["price o storing"]


@three_starts
def test_without_a_price_the_answers_are_right_and_the_gates_half_open(seed):
    found = gates_of(seed)
    assert found["free right at 20"] > 0.95
    assert min(found["free i storing"], found["free o storing"]) > 0.35


@three_starts
def test_the_tidy_reader_remembers_five_times_longer_than_it_was_trained(seed):
    assert gates_of(seed)["price right at 100"] > 0.95


@three_starts
def test_only_the_untidy_reader_needs_to_forget(seed):
    found = gates_of(seed)
    assert found["price right, f = 1"] > 0.95
    assert found["free right, f = 1"] < 0.75


@three_starts
def test_training_opens_the_way_back(seed):
    found = gates_of(seed)
    assert found["new lag 20"] < 0.005
    assert min(found["price lag 20"], found["free lag 20"]) > 0.3


@three_starts
def test_the_product_of_forget_gates_tells_all_only_where_the_detour_is_shut(seed):
    found = gates_of(seed)
    assert found["price lag 20 / Πf"] == pytest.approx(1, abs=0.2)
    assert found["new detour 10 / Πf"] > 0.4


def test_the_forget_bias_decides_how_far_a_new_lstm_feels():
    rows = [lstm.reach(seed) for seed in range(3)]
    median = {name: statistics.median(row[name] for row in rows) for name in rows[0]}
    assert median["bias 0"] < 2e-3 < 0.01 < median["bias 1"] < 0.3 < 0.5 < median["bias 3"]


@three_starts
def test_large_weights_explode_in_an_lstm_too(seed):
    assert lstm.explosion(seed)["lag 100"] > 500
