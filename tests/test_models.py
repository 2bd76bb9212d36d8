"""The models in helpers are the ones that the lessons define, number for number."""

from pathlib import Path

import pytest
import torch
from torch import nn

from helpers import decoding
from helpers.taught import encoder_decoder, recurrent
from helpers.words import BOS_ID, EOS_ID, pad_batch

SOURCES = Path(__file__).parent.parent / "notebooks/source"


def in_lesson(lesson: str, name: str, *needs: str):
    """The class or function `name` as a code cell of a lesson's source defines it.

    needs: names that other cells define and this one uses, in the lesson's order.
    """
    text = (SOURCES / f"{lesson}.md").read_text("utf-8")
    cells = [cell.split("\n", 1)[1].split("```")[0] for cell in text.split("```{code-cell}")[1:]]
    namespace = {"torch": torch, "nn": nn, "BOS_ID": BOS_ID, "EOS_ID": EOS_ID}
    for wanted in (*needs, name):
        (cell,) = [c for c in cells if f"class {wanted}(" in c or f"def {wanted}(" in c]
        exec(compile(cell, f"{lesson}.md", "exec"), namespace)
    return namespace[name]


@pytest.mark.parametrize("h0", [None, torch.randn(2, 7)])
def test_language_model_is_the_one_of_lesson_2(h0):
    taught = in_lesson("02_generating_with_an_rnn", "LanguageModel")(11, 5, 7)
    ours = recurrent.LanguageModel(11, 5, 7)
    ours.load_state_dict(taught.state_dict())
    ids = torch.randint(11, (2, 4))
    for theirs, mine in zip(taught(ids, h0), ours(ids, h0), strict=True):
        assert torch.equal(theirs, mine)


def test_sizes_by_default_agree_with_the_lesson():
    taught = in_lesson("02_generating_with_an_rnn", "LanguageModel")(11)
    shapes = [parameter.shape for parameter in taught.parameters()]
    assert shapes == [parameter.shape for parameter in recurrent.LanguageModel(11).parameters()]


def test_reading_in_two_parts_equals_reading_at_once():
    model, ids = recurrent.LanguageModel(11), torch.randint(11, (3, 6))
    logits, states = model(ids)
    _, first = model(ids[:, :4])
    later, _ = model(ids[:, 4:], first[:, -1])
    torch.testing.assert_close(later, logits[:, 4:])
    assert states.shape == (3, 6, 128)


LESSON_3 = "03_encoder_context_decoder"


def test_seq2seq_is_the_one_of_lesson_3():
    taught = in_lesson(LESSON_3, "Seq2Seq", "patient_gru", "Encoder", "Decoder")(11, 13)
    ours = encoder_decoder.Seq2Seq(11, 13)
    ours.load_state_dict(taught.state_dict())
    source, mask = pad_batch([[5, 6, 7], [8], [9, 10, 4, 4, 5]])
    target = torch.randint(13, (3, 6))
    assert torch.equal(taught(source, mask, target), ours(source, mask, target))
    assert torch.equal(taught.encode(source, mask), ours.encode(source, mask))
    assert torch.equal(taught.encoder(source), ours.encoder(source))


def test_last_valid_state_is_the_solution_of_lesson_3():
    taught = in_lesson(LESSON_3, "last_valid_state")
    h, mask = torch.randn(3, 4, 5), torch.arange(4) < torch.tensor([[1], [4], [2]])
    assert torch.equal(taught(h, mask), encoder_decoder.last_valid_state(h, mask))


def test_write_from_is_the_one_of_lesson_3_and_agrees_with_single_steps():
    taught = in_lesson(LESSON_3, "greedy_decode")
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


LESSON_5 = "05_lstm_gates"


def test_lstm_cell_is_the_solution_of_lesson_5_and_torchs_own():
    x, h, c = torch.randn(3, 4), torch.randn(3, 5), torch.randn(3, 5)
    twin = nn.LSTMCell(4, 5)
    W, U, b_ih, b_hh = twin.parameters()
    h_new, c_new, _ = recurrent.gated_step(x @ W.T + h @ U.T + (b_ih + b_hh), c)
    found = h_new, c_new
    taught = in_lesson(LESSON_5, "lstm_cell")(x, h, c, W, U, b_ih + b_hh)
    for ours, theirs, torchs in zip(found, taught, twin(x, (h, c)), strict=True):
        assert torch.equal(ours, theirs)
        torch.testing.assert_close(ours, torchs)


@pytest.mark.parametrize("sizes", [(), (3,)])
def test_gate_reader_is_the_one_of_lesson_5(sizes):
    taught, ours = (
        in_lesson(LESSON_5, "GateReader", "gated_step")(*sizes),
        recurrent.GateReader(*sizes),
    )
    ours.load_state_dict(taught.state_dict())
    ids = torch.randint(9, (2, 6))
    for theirs, mine in zip(taught(ids), ours(ids), strict=True):
        assert torch.equal(theirs, mine)


def test_gate_reader_takes_the_steps_that_nn_lstm_takes():
    reader, ids = recurrent.GateReader(), torch.randint(9, (2, 6))
    h, (_, c) = reader.lstm(reader.embedding(ids).transpose(0, 1))
    logits, trace = reader(ids)
    torch.testing.assert_close(logits, reader.output(h[-1]))
    torch.testing.assert_close(trace[3, :, -1], c[0])


@pytest.mark.parametrize("sizes", [(), (5, 7)])
def test_lstm_language_model_is_the_one_of_lesson_5(sizes):
    taught = in_lesson(LESSON_5, "LSTMLanguageModel")(11, *sizes)
    ours = recurrent.LSTMLanguageModel(11, *sizes)
    ours.load_state_dict(taught.state_dict())
    ids = torch.randint(11, (2, 4))
    (logits, state), (mine, my_state) = taught(ids), ours(ids)
    assert torch.equal(logits, mine)
    assert torch.equal(taught(ids, state)[0], ours(ids, my_state)[0])
