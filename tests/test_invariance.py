"""Lesson 7's first widget: what its answers say is what its numbers are."""

import numpy as np
import pytest

from helpers.labs.invariance import EXPERIMENTS, PADS, WORDS, moved
from helpers.views.invariance import invariance_lab

LAST = len(WORDS) - 1


def places(*args, **options):
    return np.flatnonzero(moved(*args, **options).distance).tolist()


@pytest.mark.parametrize("j", range(len(WORDS)))
def test_a_change_moves_all_or_with_a_causal_mask_what_comes_after(j):
    assert places("change", j) == list(range(len(WORDS)))
    assert places("change", j, causal=True) == list(range(j, len(WORDS)))
    assert places("change", j, layer="RNN") == list(range(j, len(WORDS)))


@pytest.mark.parametrize("j", range(LAST))
def test_a_swap_moves_nothing_unless_order_is_known(j):
    assert places("swap", j) == []
    assert places("swap", j, causal=True) == [j, j + 1]
    assert places("swap", j, with_positions=True) == list(range(len(WORDS)))


def test_the_last_word_swaps_with_its_neighbour():
    assert moved("swap", LAST).after == moved("swap", LAST - 1).after


def test_padding_leaks_only_without_both_masks():
    assert len(moved("pad", 0).after) == len(WORDS) + PADS
    assert places("pad", 0) == []
    assert places("pad", 0, masked=False, causal=True) == []
    assert places("pad", 0, masked=False) == list(range(len(WORDS)))


@pytest.mark.parametrize("j", range(len(WORDS)))
def test_the_two_the_get_the_same_without_mask_and_positions(j):
    first, second = (n for n, word in enumerate(WORDS) if word == "the")
    if j not in (first, second):
        distance = moved("change", j).distance
        assert distance[first] == pytest.approx(distance[second], rel=1e-3)
        distance = moved("change", j, with_positions=True).distance
        assert distance[first] != pytest.approx(distance[second], rel=1e-3)


def test_it_draws_every_setting_and_says_how_many_moved():
    lab = invariance_lab()
    for what in EXPERIMENTS.values():
        for layer in ("attention", "RNN"):
            lab.controls["what"].value, lab.controls["layer"].value = what, layer
            lab.controls["causal"].value = not lab.controls["causal"].value
            assert "Not drawn" not in lab.note.value
    lab.controls["what"].value, lab.controls["layer"].value = "swap", "attention"
    lab.controls["causal"].value = False
    title = lab.canvas.figure.axes[0].get_title(loc="left")
    assert title == f"0 of {len(WORDS)} outputs moved"
