"""The scenes of all live views: each setting gives one, and what it shows is what theory says."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from helpers.labs import (
    cell,
    cliff,
    clocks,
    gates,
    gradients,
    invariance,
    one_number,
    padded_box,
    query_key_value,
    scale,
    schedule,
)
from helpers.labs.alignment import alignment_lab
from helpers.labs.context import context_map_lab
from helpers.labs.generation import machine_lab
from helpers.labs.heads import heads_lab
from helpers.labs.look_back import look_back_lab
from helpers.labs.race import load_models, race_lab
from helpers.labs.translation import reader_writer_lab
from helpers.live import Explorer
from helpers.taught.recurrent import GateReader, LanguageModel, lstm_step
from helpers.words import Vocabulary, read_pairs

ODD = ("", "<b>x</b>", "🙂 i LIKE tea？", "dinosaur " * 60)


@cache
def trained() -> tuple[dict[str, Any], Vocabulary, Vocabulary]:
    train = read_pairs(split="train")
    english = Vocabulary.from_sentences(pair.source for pair in train)
    chinese = Vocabulary.from_sentences(pair.target for pair in train)
    return load_models(english, chinese), english, chinese


def with_model(name: str, lab: Callable[..., Explorer]) -> Explorer:
    models, english, chinese = trained()
    return lab(models[name], english, chinese)


def machine() -> Explorer:
    chinese = trained()[2]
    torch.manual_seed(0)
    return machine_lab({"new": LanguageModel(len(chinese))}, chinese)


def race() -> Explorer:
    models, english, chinese = trained()
    return race_lab(models, english, chinese, read_pairs(split="test"))


def gate_reader() -> Explorer:
    torch.manual_seed(0)
    return gates.gate_lab({"new": GateReader()})


def sentence_map() -> Explorer:
    models, english, chinese = trained()
    return context_map_lab(models["RNN"], read_pairs(split="test")[::30], english, chinese)


LABS: dict[str, Callable[[], Explorer]] = {
    "alignment": lambda: alignment_lab(read_pairs()),
    "padded box": lambda: padded_box.padded_box_lab(read_pairs(split="test")),
    "machine": machine,
    "reader and writer": lambda: with_model("RNN", reader_writer_lab),
    "map of sentences": sentence_map,
    "one number": one_number.one_number_lab,
    "gradient lab": gradients.gradient_lab,
    "cliff": cliff.cliff_lab,
    "cell": cell.cell_lab,
    "be the gate": cell.be_the_gate_lab,
    "gates": gate_reader,
    "forget bias": gates.forget_bias_lab,
    "look back": lambda: with_model("RNN with attention", look_back_lab),
    "query, key, value": query_key_value.query_key_value_lab,
    "clocks": clocks.clocks_lab,
    "invariance": invariance.invariance_lab,
    "heads": lambda: with_model("self-attention", heads_lab),
    "schedule": schedule.schedule_lab,
    "scale": scale.scale_lab,
    "two keys": scale.two_keys_lab,
    "race": race,
}


@pytest.mark.parametrize("name", LABS)
def test_each_end_of_each_control_and_odd_texts_give_a_scene(name: str) -> None:
    lab = LABS[name]()
    controls = {n: control for n, control in lab.controls.items() if control.kind != "drawn"}
    first = {n: control.value for n, control in controls.items()}
    settings = [first]
    for n, control in controls.items():
        values = ODD if control.values is None else [control.values[0], control.values[-1]]
        settings += [first | {n: value} for value in values]
    for asked in settings:
        answer = lab.compute(asked)
        assert "error" not in answer, answer
        scene = answer["scene"]
        assert scene["title"] or scene["note"], asked
        assert json.dumps(scene, allow_nan=False)


def test_one_numbers_product_is_what_autograd_finds() -> None:
    for w, activation in ((0.9, "none"), (1.3, "tanh")):
        _, factors = one_number.run(w, 12, activation, 0.5)
        signs = np.random.default_rng(0).choice([-1.0, 1.0], size=one_number.LONGEST)
        h = torch.zeros((), dtype=torch.float64, requires_grad=True)
        states = []
        for x in 0.5 * signs[:12]:
            z = w * h + x
            h = z.tanh() if activation == "tanh" else z
            states.append(h)
        found = torch.autograd.grad(states[-1], states)
        assert one_number.felt(factors) == pytest.approx([float(g) for g in found], rel=1e-8)


def test_the_cliffs_gradient_is_what_autograd_finds() -> None:
    w, b = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (5.1, -2.4))
    h = torch.tensor(cliff.START, dtype=torch.float64)
    for _ in range(cliff.STEPS):
        h = torch.sigmoid(w * h + b)
    loss = (h - cliff.TARGET) ** 2
    by_w, by_b = torch.autograd.grad(loss, (w, b))
    ours = cliff.loss_and_gradient(np.array(5.1), np.array(-2.4))
    assert [float(part) for part in ours] == pytest.approx([float(loss), float(by_w), float(by_b)])


def test_clipping_keeps_each_step_short() -> None:
    path = cliff.descend(5.0, -2.5, rate=5.0, clip=0.1, steps=20)
    assert np.linalg.norm(np.diff(path, axis=0), axis=1).max() <= 0.5 + 1e-9


def test_the_cell_is_lstm_step() -> None:
    gate = {"f": 0.9, "i": 0.1, "o": 0.6}
    a = torch.tensor([[0.0, 0.0, math.atanh(0.8), 0.0]], dtype=torch.float64)
    h, c, _ = lstm_step(a, torch.tensor([[1.5]], dtype=torch.float64), **gate)
    said = cell.cell_scene(0.9, 0.1, 0.8, 0.6, 1.5).note
    assert f"= {c.item():.2f};" in said
    assert f"= {h.item():.2f}." in said


def test_gates_set_right_by_hand_answer_every_sequence_and_open_ones_do_not() -> None:
    right = cell.be_the_gate_scene(0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 3)
    assert right.title == f"Your gates answer {cell.TRIALS} of {cell.TRIALS} sequences"
    assert cell.be_the_gate_scene(1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 3).title != right.title


def test_an_offset_turns_each_hand_by_the_same_angle_wherever_it_stands() -> None:
    """So p(t)·p(t + 3) is the same for every t: what makes relative places learnable."""
    places = clocks.encode(np.arange(40))
    products = [places[t] @ places[t + 3] for t in range(37)]
    assert products == pytest.approx([products[0]] * 37)


def test_weights_of_each_query_sum_to_one_and_a_mask_leaves_no_weight() -> None:
    scene = query_key_value.query_key_value_scene("self", True, 2, 6)
    weights = np.asarray(scene.rows[0][0].marks[0].values)
    assert weights.sum(axis=1) == pytest.approx(np.ones(len(weights)))
    assert np.triu(weights, k=1).max() == 0
    assert weights.shape == (len(query_key_value.WORDS),) * 2


def test_a_schedule_counts_what_waits() -> None:
    reading, writing = schedule.plans(30), schedule.plans(30, writing=True)
    assert (reading["RNN"].stages, reading["attention"].stages) == (30, 1)
    assert writing["attention"].stages == 30
    assert (
        writing["attention"].total
        < schedule.plans(30, writing=True, cache=False)["attention"].total
    )
    assert reading["attention"].time(10**6) < reading["RNN"].time(10**6)


def test_the_bound_of_the_gradient_lab_is_never_exceeded() -> None:
    for radius in (0.5, 0.9, 1.5):
        curves = gradients.gradient_scene(40, radius, "tanh", "plain").rows[0][0].marks
        measured, bound = (np.asarray(curve.y) for curve in curves[:2])
        assert (measured <= bound * (1 + 1e-9)).all()
