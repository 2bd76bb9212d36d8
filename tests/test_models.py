"""The models in helpers are the ones that the lessons define, number for number."""

from pathlib import Path

import pytest
import torch
from torch import nn

from helpers import models

SOURCES = Path(__file__).parent.parent / "notebooks/source"


def in_lesson(lesson: str, name: str):
    """The class `name` as a code cell of a lesson's source defines it."""
    text = (SOURCES / f"{lesson}.md").read_text("utf-8")
    cells = [cell.split("\n", 1)[1].split("```")[0] for cell in text.split("```{code-cell}")[1:]]
    (cell,) = [cell for cell in cells if f"class {name}(" in cell]
    namespace = {"torch": torch, "nn": nn}
    exec(compile(cell, f"{lesson}.md", "exec"), namespace)
    return namespace[name]


@pytest.mark.parametrize("h0", [None, torch.randn(2, 7)])
def test_language_model_is_the_one_of_lesson_2(h0):
    taught = in_lesson("02_generating_with_an_rnn", "LanguageModel")(11, 5, 7)
    ours = models.LanguageModel(11, 5, 7)
    ours.load_state_dict(taught.state_dict())
    ids = torch.randint(11, (2, 4))
    for theirs, mine in zip(taught(ids, h0), ours(ids, h0), strict=True):
        assert torch.equal(theirs, mine)


def test_sizes_by_default_agree_with_the_lesson():
    taught = in_lesson("02_generating_with_an_rnn", "LanguageModel")(11)
    shapes = [parameter.shape for parameter in taught.parameters()]
    assert shapes == [parameter.shape for parameter in models.LanguageModel(11).parameters()]


def test_reading_in_two_parts_equals_reading_at_once():
    model, ids = models.LanguageModel(11), torch.randint(11, (3, 6))
    logits, states = model(ids)
    _, first = model(ids[:, :4])
    later, _ = model(ids[:, 4:], first[:, -1])
    torch.testing.assert_close(later, logits[:, 4:])
    assert states.shape == (3, 6, 128)
