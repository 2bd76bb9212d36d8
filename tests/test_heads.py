"""The heat maps of lesson 8: what is shown is what the model did, whatever is typed."""

import numpy as np
import pytest
import torch

from helpers.decoding import translate
from helpers.labs.heads import ATTENTION_KINDS, translate_with_weights
from helpers.taught.transformer import Transformer
from helpers.views.canvas import Canvas
from helpers.views.heads import HeadView
from helpers.words import BOS_ID, Vocabulary, pad_batch

WORDS = ["my", "mother", "bought", "apples", "cats", "i", "like", "."]
SIGNS = [*"我媽買了蘋果喜歡貓。"]


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(1)
    return Transformer(len(WORDS) + 4, len(SIGNS) + 4, size=16, heads=4, layers=2)


@pytest.fixture
def view(model):
    return HeadView(model, Vocabulary(WORDS), Vocabulary(SIGNS))


def test_it_writes_what_translate_writes(model):
    ids = [5, 6, 7, 4]
    looks = translate_with_weights(model, ids, limit=12)
    assert looks.decoder_outputs == translate(model, ids, limit=12).ids
    assert looks.decoder_inputs == [BOS_ID, *looks.decoder_outputs[:-1]]


def test_weights_are_the_models_at_each_step(model):
    ids = [5, 6, 7, 4]
    looks = translate_with_weights(model, ids, limit=6)
    T = len(looks.decoder_inputs)
    shapes = {"encoder": (2, 4, 4, 4), "back": (2, 4, T, T), "across": (2, 4, T, 4)}
    assert {kind: weights.shape for kind, weights in looks.weights.items()} == shapes
    state = model.start(*pad_batch([ids]))
    for t, token in enumerate(looks.decoder_inputs):
        with torch.no_grad():
            _, weights, state = model.step(torch.tensor([token]), state)
        expected = looks.weights["across"][-1, :, t].mean(0)
        np.testing.assert_allclose(weights[0], expected, atol=1e-6)


def test_rows_appear_as_they_are_written_and_the_encoders_at_once(view):
    text = "My mother bought apples."
    view.update(text, "across", head=1, step=2)
    shown = ~np.isnan(np.asarray(view.map.get_array().filled(np.nan)))[:, 0]
    assert shown.sum() == 2
    assert [label.get_text() for label in view.columns if label.get_visible()][:2] == [
        "my",
        "mother",
    ]
    view.update(text, "encoder", head=3, step=2)
    assert not np.isnan(np.asarray(view.map.get_array().filled(np.nan))).any()
    said = view.update(text, "encoder", head=3, step=2, layer=2)
    assert said.splitlines()[0].split("  ")[1].startswith("“mother” looks most at")


@pytest.mark.parametrize(
    "text", ["", "   ", ".", "dinosaur", "🦖 $x^2$ <b>hi</b>", "我喜歡貓", "x" * 500, "cats " * 500]
)
@pytest.mark.parametrize("look", ATTENTION_KINDS.values())
def test_whatever_is_typed_is_answered(view, text, look):
    canvas = Canvas(view.figure)
    for step in (0, 1, 60):
        said = view.update(text, look, head=4, step=step)
        assert said
        assert len(said) < 700
    canvas.repaint()


def test_long_tokens_are_cut_and_labels_fit(view):
    view.update("x" * 500, "across", head=1, step=60)
    assert all(len(label.get_text()) <= 11 for label in view.columns)
