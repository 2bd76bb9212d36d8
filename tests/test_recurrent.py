"""Models of lessons 2 to 5: PyTorch's numbers, and what may not move."""

import torch
from torch import nn

from helpers import decoding
from helpers.taught import encoder_decoder, recurrent
from helpers.words import pad_batch
from notebooks.lessons import lesson


def test_reading_in_two_parts_equals_reading_at_once():
    model, ids = recurrent.LanguageModel(11), torch.randint(11, (3, 6))
    logits, states = model(ids)
    _, first = model(ids[:, :4])
    later, _ = model(ids[:, 4:], first[:, -1])
    torch.testing.assert_close(later, logits[:, 4:])
    assert states.shape == (3, 6, 128)


def test_greedy_decode_is_the_one_of_lesson_3_and_agrees_with_single_steps():
    taught = lesson("03").define("greedy_decode")["greedy_decode"]
    torch.manual_seed(0)
    decoder, c = encoder_decoder.Decoder(7), 3 * torch.randn(20, 128)
    for limit in (1, 5, 40):
        rows = decoding.greedy_decode(decoder, c, limit)
        assert rows == taught(decoder, c, limit)
        for row, context in zip(rows, c, strict=True):
            one = decoding.translate_context(decoder, context[None], limit)
            assert row == one.ids[: len(one.ids) - one.ended]


def test_padding_does_not_change_the_context():
    model, rows = encoder_decoder.Seq2Seq(11, 13), [[5, 6, 7], [8], [9, 10, 4, 4, 5]]
    together = model.encode(*pad_batch(rows))
    alone = torch.cat([model.encode(*pad_batch([row])) for row in rows])
    assert (together - alone).abs().max() < 1e-6


def test_lstm_cell_is_the_solution_of_lesson_5_and_torchs_own():
    x, h, c = torch.randn(3, 4), torch.randn(3, 5), torch.randn(3, 5)
    twin = nn.LSTMCell(4, 5)
    W, U, b_ih, b_hh = twin.parameters()
    h_new, c_new, _ = recurrent.lstm_step(x @ W.T + h @ U.T + (b_ih + b_hh), c)
    found = h_new, c_new
    taught = lesson("05").define("lstm_cell")["lstm_cell"](x, h, c, W, U, b_ih + b_hh)
    for ours, theirs, torchs in zip(found, taught, twin(x, (h, c)), strict=True):
        assert torch.equal(ours, theirs)
        torch.testing.assert_close(ours, torchs)


def test_gate_reader_takes_the_steps_that_nn_lstm_takes():
    reader, ids = recurrent.GateReader(), torch.randint(9, (2, 6))
    h, (_, c) = reader.lstm(reader.embedding(ids).transpose(0, 1))
    logits, trace = reader(ids)
    torch.testing.assert_close(logits, reader.output(h[-1]))
    torch.testing.assert_close(trace[3, :, -1], c[0])
