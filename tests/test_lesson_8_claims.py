"""Lesson 8's claims hold for another random start; benchmarks/self_attention.py shows five."""

from functools import cache

import pytest

from tools.experiments import corpus, self_attention

pytestmark = pytest.mark.nightly  # trains


@cache
def trained():
    return self_attention.trained(seed=0)[0]


def test_it_translates_as_well_as_the_lesson_says():
    one, two, three, four = corpus.exact_by_clauses(trained())
    assert one > 0.98
    assert two > 0.95
    assert three > 0.88
    assert four < 0.2


def test_without_positions_one_clause_survives_and_two_do_not():
    model, _ = self_attention.trained(seed=0, variant="no positions", epochs=5)
    with self_attention.as_built("no positions"):
        one, two, three, _ = corpus.exact_by_clauses(model)
        assert one > 0.95
        assert two < 0.6
        assert three < 0.2
        assert self_attention.swapped_alike(model) > 0.99
