"""Lesson 7's claims about the reach of a layer hold for other random starts."""

import pytest
import torch
from torch import nn

from notebooks.lessons import lesson

LESSON = lesson("07").define("SelfAttention", "felt_by_the_last")


def shares(layer, sentence):
    """How much words at 95 to 99 and the farthest five are felt, beside near ones."""
    row = LESSON["felt_by_the_last"](layer, sentence)
    near = row[1:6].mean()
    return (row[95:100].mean() / near).item(), (row[-5:].mean() / near).item()


@pytest.mark.parametrize("seed", range(3))
def test_near_and_far_are_the_same_to_attention_alone(seed):
    torch.manual_seed(seed)
    sentence, attention = torch.randn(1, 400, 64), LESSON["SelfAttention"](64)
    for share in shares(lambda x: (attention(x),), sentence):
        assert 0.3 < share < 3
    rnn, lstm = nn.RNN(64, 64, batch_first=True), nn.LSTM(64, 64, batch_first=True)
    assert max(shares(rnn, sentence) + shares(lstm, sentence)) < 1e-6
    nn.init.orthogonal_(rnn.weight_hh_l0)
    assert max(shares(rnn, sentence)) < 1e-6
    nn.init.constant_(lstm.bias_hh_l0[64:128].detach(), 2.5)
    at_100, at_400 = shares(lstm, sentence)
    assert at_100 > 0.01
    assert at_400 < 0.05
