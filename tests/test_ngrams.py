"""helpers/ngrams.py: probabilities that sum to one, counted and smoothed as the lesson says."""

import pytest
import torch

from helpers.ngrams import NGram

# Of five tokens, 0 to 4: after 1 comes 2 three times and 3 once; 4 never occurs.
SENTENCES = [[0, 1, 2], [0, 1, 2], [0, 1, 3], [2, 1, 2]]


def unigram(token):
    counts = {1: 4, 2: 3, 3: 1}  # the first tokens of sentences are not predicted
    return (counts.get(token, 0) + 3 * 1 / 5) / (8 + 3)


def test_a_history_is_mixed_with_the_shorter_one():
    model = NGram(SENTENCES, 2, vocab_size=5)
    for token, count in ((2, 3), (3, 1), (4, 0)):
        expected = (count + 2 * unigram(token)) / (4 + 2)
        assert model.probability([0, 1], token) == pytest.approx(expected)


@pytest.mark.parametrize("n", range(1, 6))
@pytest.mark.parametrize("history", [[], [1], [0, 1], [4], [4, 1], [2, 1, 2, 0, 1]])
def test_probabilities_sum_to_one(n, history):
    model = NGram(SENTENCES, n, vocab_size=5)
    assert sum(model.probability(history, token) for token in range(5)) == pytest.approx(1)
    assert min(model.probability(history, token) for token in range(5)) > 0


def test_a_history_that_never_occurred_leaves_the_word_to_the_shorter_one():
    model = NGram(SENTENCES, 3, vocab_size=5)
    assert model.probability([4, 1], 2) == model.probability([1], 2)
    assert model.probability([4], 2) == pytest.approx(unigram(2))


def test_an_n_gram_sees_n_minus_one_tokens():
    model = NGram(SENTENCES, 3, vocab_size=5)
    assert model.probability([3, 0, 1], 2) == model.probability([2, 0, 1], 2)
    assert model.probability([0, 1], 2) != model.probability([2, 1], 2)


def test_probabilities_of_sentences_leave_out_their_first_token():
    model = NGram(SENTENCES, 2, vocab_size=5)
    expected = [model.probability([0], 1), model.probability([0, 1], 2)]
    torch.testing.assert_close(
        model.probabilities([[0, 1, 2]]), torch.tensor(expected, dtype=torch.float64)
    )
