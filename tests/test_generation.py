"""Generating with a trace, what the generator widget shows, and reading one's own text."""

import pytest
import torch
from matplotlib.text import Text

from helpers.decoding import sample, trace
from helpers.figures import wrap_line
from helpers.taught.recurrent import LanguageModel
from helpers.typed_text import read_prefix, read_text, text_lines
from helpers.views.generation import GeneratorView
from helpers.views.widgets import explore, slider, typed
from helpers.words import BOS_ID, EOS_ID, UNK_ID, Vocabulary

VOCAB = Vocabulary([*"我你他很好。"])


@pytest.fixture
def model():
    torch.manual_seed(0)
    return LanguageModel(len(VOCAB))


def biased(model, token, by=50.0):
    """The same model with one token (nearly) always chosen, or never if `by` is negative."""
    with torch.no_grad():
        model.output.bias[token] += by
    return model


def test_trace_holds_what_the_model_computes(model):
    run = trace(model, [4, 5], limit=12, seed=1)
    logits, states = model(torch.tensor([run.ids[:-1]]))
    torch.testing.assert_close(run.states, states[0])
    torch.testing.assert_close(run.probabilities, logits[0].softmax(-1))
    torch.testing.assert_close(run.embeddings, model.embedding(torch.tensor(run.ids[:-1])))
    assert run.ids[:3] == [BOS_ID, 4, 5]
    assert run.given == 3


def test_trace_stops_at_eos_or_at_the_limit(model):
    never = trace(biased(model, EOS_ID, -50), limit=9)
    assert len(never.ids) == 9
    assert not never.ended
    at_once = trace(biased(model, EOS_ID, 200), [4], limit=9)
    assert at_once.ids == [BOS_ID, 4, EOS_ID]
    assert at_once.ended


def test_trace_with_a_prefix_as_long_as_the_limit(model):
    run = trace(model, [4] * 30, limit=6)
    assert run.ids == [BOS_ID, 4, 4, 4, 4, 4]
    assert len(run.states) == 5


def test_greedy_needs_no_seed_and_sampling_obeys_it(model):
    assert trace(model, temperature=0, seed=1).ids == trace(model, temperature=0, seed=2).ids
    assert trace(model, seed=1).ids == trace(model, seed=1).ids
    assert trace(model, seed=1).ids != trace(model, seed=2).ids


@pytest.mark.parametrize(("limit", "temperature"), [(1, 1.0), (5, -1.0), (5, float("inf"))])
def test_trace_refuses_what_makes_no_sense(model, limit, temperature):
    with pytest.raises(ValueError, match="expected"):
        trace(model, limit=limit, temperature=temperature)


def test_sample_follows_the_probabilities():
    generator = torch.Generator().manual_seed(0)
    draws = [sample(torch.tensor([0.0, 1.0]), 0.5, generator) for _ in range(2000)]
    assert sum(draws) / 2000 == pytest.approx(0.881, abs=0.04)  # 1 / (1 + exp(-2))


def test_prefix_of_every_kind():
    assert read_prefix("我很好", VOCAB, 20) == ([4, 7, 8], "")
    ids, note = read_prefix("   ", VOCAB, 20)
    assert ids == []
    assert "<bos> alone" in note
    ids, note = read_prefix("我是鯨", VOCAB, 20)
    assert ids == [4, UNK_ID, UNK_ID]
    assert "是 鯨" in note
    ids, note = read_prefix("我" * 50, VOCAB, 20)
    assert len(ids) == 18
    assert "50 tokens" in note


def widget(model, **values):
    view = GeneratorView({"Trained": model, "Untrained": model}, VOCAB, limit=12)
    controls = {
        "prefix": typed("beginning", values.get("prefix", "我")),
        "method": typed("pick", values.get("method", "sampled")),
        "temperature": slider("temperature", 0.0, 3.0, values.get("temperature", 1.0)),
        "seed": slider("seed", 0, 9, 0),
        "step": slider("t", 0, 12, values.get("step", 3)),
    }
    return explore(view.update, view.figure, **controls)


def test_widget_answers_every_step_and_setting(model):
    shown = widget(model)
    for method in ("greedy", "sampled"):
        shown.controls["method"].value = method
        for temperature in (0.0, 0.5, 3.0):
            shown.controls["temperature"].value = temperature
            for step in range(13):
                shown.controls["step"].value = step
                assert "Trained" in shown.note.value
                assert "Not drawn" not in shown.note.value


def test_bars_too_small_to_see_are_given_in_words(model):
    big = Vocabulary([chr(0x4E00 + n) for n in range(300)])
    view = GeneratorView({"Untrained": LanguageModel(len(big))}, big, limit=6)

    def shown():
        return "\n".join(text.get_text() for text in view.figure.findobj(Text))

    view.update("", "sampled", 1.0, 0, 2)
    assert "all small: from 0." in shown()
    view.update("", "sampled", 1.0, 0, 0)
    assert "all small" not in shown()


def test_widget_explains_temperature_zero_and_escapes_markup(model):
    shown = widget(model, temperature=0.0, prefix="<b>$x$</b>")
    assert "greedy" in shown.note.value
    assert "<b>" not in shown.note.value
    assert "&lt; b &gt;" in shown.note.value
    shown.controls["prefix"].value = "我" * 100
    assert "Shorten" in shown.note.value
    assert "Not drawn" not in shown.note.value


def test_a_vocabulary_smaller_than_ten_bars(model):
    small = Vocabulary(["我"])
    view = GeneratorView({"Small": LanguageModel(len(small))}, small, limit=6)
    assert "chooses" in view.update("", "sampled", 1.0, 0, 2)


def test_text_is_read_or_the_trouble_explained(tmp_path):
    file = tmp_path / "my_story.txt"
    file.write_bytes("\ufeff一行\n兩行\n".encode())
    assert read_text(file) == "一行\n兩行\n"
    file.write_bytes(b"good\n" + "你怎麼敢".encode("big5"))
    with pytest.raises(ValueError, match=r"line 2: not UTF-8 text .*looks like Big5"):
        read_text(file)
    file.write_text("  \n")
    with pytest.raises(ValueError, match="holds no text"):
        read_text(file)
    with pytest.raises(FileNotFoundError, match="beside this notebook"):
        read_text(tmp_path / "absent.txt")


def test_text_becomes_lines_of_characters():
    rows = text_lines("ab  c\n\n" + "x" * 250 + "\n", longest=100, at_least=2)
    assert rows[0] == ["a", "b", " ", "c"]
    assert [len(row) for row in rows[1:]] == [100, 100, 50]
    with pytest.raises(ValueError, match=r"makes 1 line of .* paste more text .* 2,000 characters"):
        text_lines("one line")


def test_long_lines_are_wrapped():
    assert wrap_line("我我<eos>我", 55) == "我我\n   <eos>\n   我"
    assert wrap_line("我" * 10, 55).split("\n") == ["我" * 5, "   " + "我" * 3, "   " + "我" * 2]
