"""Lesson 7's claims hold for another random start; benchmarks/self_attention.py shows five."""

from functools import cache

import pytest
import torch

from helpers.taught import transformer
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


def test_four_clauses_fail_by_length():
    found = self_attention.four_clauses(trained())
    assert found["first clause of four right"] > 0.9
    assert found["4 clauses, 28 to 31 tokens (10 sentences)"] > 0.2
    assert found["4 clauses, 41 to 48 tokens (68 sentences)"] < 0.03
    assert found["3 clauses, 28 to 31 tokens (88 sentences)"] > 0.85


def test_without_positions_one_clause_survives_and_two_do_not(monkeypatch):
    monkeypatch.setattr(transformer, "positions", lambda T, size: torch.zeros(T, size))
    model, _ = self_attention.trained(seed=0, epochs=5)
    one, two, three, _ = corpus.exact_by_clauses(model)
    assert one > 0.95
    assert two < 0.6
    assert three < 0.2
    assert self_attention.swapped_alike(model) > 0.99
