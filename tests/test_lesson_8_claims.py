"""Lesson 8's sentences agree with the tables in data/, and its Transformer with another start."""

from functools import cache

import numpy as np
import pytest

from helpers import tables
from tools.experiments import corpus, self_attention

CURVES = tables.transformer_curves()
THREE = {variant: rows[:, 2] for variant, rows in CURVES.items()}
LESSON = CURVES["lesson"]


def within(values, low, high):
    """All values lie between the two that the lesson names, and reach them, to a percent."""
    return abs(np.min(values) - low) < 0.011 and abs(np.max(values) - high) < 0.011


# --- tables --------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", CURVES)
def test_every_variant_was_trained_from_five_starts(variant):
    assert CURVES[variant].shape == (5, 4)


def test_it_translates_nearly_as_well_as_lesson_6():
    spans = zip(LESSON.T, ((0.995, 1), (0.975, 1), (0.92, 0.975), (0.04, 0.14)), strict=True)
    assert all(within(values, *span) for values, span in spans)
    assert LESSON[:, 2].mean() > tables.length_curves()["attention"][:, 2].mean() - 0.05


def test_the_fall_of_the_step_size_counts_and_the_climb_does_not():
    assert within(THREE["no climb"], 0.94, 0.96)
    assert within(THREE["no fall"], 0.40, 0.76)
    assert within(THREE["no climb, no fall"], 0.605, 0.705)
    assert within(THREE["beta 0.999"], 0.91, 0.945)
    assert within(THREE["no climb, no fall, beta 0.999"], 0.44, 0.86)
    assert max(THREE["no fall"].max(), THREE["no climb, no fall"].max()) < LESSON[:, 2].min()


def test_without_the_scale_three_clauses_suffer():
    assert within(THREE["unscaled"], 0.70, 0.895)
    assert THREE["unscaled"].max() < LESSON[:, 2].min()
    assert within(THREE["one head, unscaled"], 0.10, 0.19)


def test_one_wide_head_does_as_well_as_four_narrow_ones():
    assert abs(THREE["one head"].mean() - LESSON[:, 2].mean()) < 0.04


def test_length_and_the_fourth_clause_both_count():
    three = tables.exact_by_length("lesson", 3)
    four = tables.exact_by_length("lesson", 4)
    assert within(three["26–28"], 0.96, 0.99)
    assert within(three["29–31"], 0.94, 0.98)
    assert within(three["38–40"], 0.22, 0.35)
    assert within(four["29–31"], 0.43, 0.61)
    assert all(min(three[length]) > max(four[length]) for length in three if length in four)
    assert all(len(shares) == 5 for shares in three.values())


def test_what_heads_are_good_for():
    off = tables.heads_off()
    single = {
        kind: np.array([off[kind, str(head)] for head in range(4)])
        for kind in ("encoder", "back", "across")
    }
    assert within(off["across", "none"], 0.975, 1)
    assert within(single["across"], 0.36, 0.945)
    assert within(single["across"].min(axis=0), 0.36, 0.57)
    assert within(single["back"], 0.635, 1)
    assert within(single["encoder"], 0.925, 1)
    assert max(off["across", "all"]) == 0
    assert within(off["back", "all"], 0.245, 0.36)
    assert within(off["encoder", "all"], 0.855, 0.935)


def test_one_head_finds_the_word_and_all_hardly_ever_do():
    looks = tables.head_looks()
    spans = {
        "measure word": ((0.45, 0.68), (0.97, 1), (0.03, 0.46)),
        "first character": ((0.49, 0.55), (0.95, 0.98), (0.23, 0.31)),
        "later character": ((0.27, 0.32), (0.72, 0.83), (0.02, 0.07)),
    }
    for kind, expected in spans.items():
        for values, span in zip(looks[kind].T, expected, strict=True):
            assert within(values, *span)


def test_a_decoder_alone_beats_the_rnn_and_keeps_the_time():
    models = tables.decoder_only()
    ours, rnn = models["Transformer, 1 block"], models["RNN, lesson 2"]
    assert ours["parameters"][0] == 57_078
    assert rnn["parameters"][0] == 59_958
    assert len(ours["perplexity"]) == len(rnn["perplexity"]) == 5
    scheduled = models["RNN, with the schedule"]
    assert within(ours["perplexity"], 2.56, 2.60)
    assert within(rnn["perplexity"], 2.88, 2.92)
    assert within(scheduled["perplexity"], 2.82, 2.84)
    assert within(ours["time_kept"], 0.91, 0.98)
    assert within(rnn["time_kept"], 0.22, 0.29)
    assert within(scheduled["time_kept"], 0.24, 0.29)
    assert min(ours["after_past"]) > 0.5 > max(ours["after_future"])


def test_where_attentions_time_goes():
    costs = tables.attention_costs()
    rnn, lstm, ours, fused, kept = (
        costs[name, 64]
        for name in ("RNN", "LSTM", "attention", "attention, fused", "attention, memory kept")
    )
    assert [T for T in ours if ours[T] < lstm[T]] == [8, 16, 32, 64, 128]
    assert [T for T in ours if ours[T] < rnn[T]] == [16, 32, 64, 128, 256]
    wide = costs["attention", 256]
    assert [T for T in wide if wide[T] > costs["LSTM", 256][T]] == [1024]
    assert ours[512][0] / ours[256][0] > 6
    assert kept[512][0] / kept[256][0] < 4
    assert (ours[512][1], ours[256][1], kept[1024][1], fused[1024][1]) == (1024, 0, 0, 0)
    assert fused[1024][0] < 0.3 * ours[1024][0]


# --- trained anew --------------------------------------------------------------------------------


@cache
def trained():
    return self_attention.trained(seed=0)[0]


@pytest.mark.nightly
def test_a_new_training_translates_as_well():
    one, two, three, four = corpus.exact_by_clauses(trained())
    assert one > 0.98
    assert two > 0.95
    assert three > 0.88
    assert four < 0.2


@pytest.mark.nightly
def test_without_positions_one_clause_survives_and_two_do_not():
    model, _ = self_attention.trained(seed=0, variant="no positions", epochs=5)
    with self_attention.as_built("no positions"):
        one, two, three, _ = corpus.exact_by_clauses(model)
        assert one > 0.95
        assert two < 0.6
        assert three < 0.2
        assert self_attention.swapped_alike(model) > 0.99


@pytest.mark.nightly
def test_without_the_fall_three_clauses_suffer():
    _, _, three, _ = corpus.exact_by_clauses(self_attention.trained(0, "no fall")[0])
    assert three < 0.85


@pytest.mark.nightly
def test_all_heads_that_look_across_are_needed_and_the_encoders_hardly():
    model = trained()
    assert self_attention.exact_without(model, "across", [0, 1, 2, 3]) < 0.01
    assert self_attention.exact_without(model, "encoder", [0, 1, 2, 3]) > 0.7
    assert self_attention.exact_without(model, "across", []) > 0.95
