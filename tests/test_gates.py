"""The gate widgets' numbers: the held gate, the twin in torch, the gradient."""

import numpy as np
import pytest
import torch

from helpers.labs import gates
from helpers.taught.recurrent import GateReader
from helpers.views.gates import forget_bias_lab, gate_lab


@pytest.fixture
def reader():
    torch.manual_seed(0)
    return GateReader()


def test_untouched_it_reads_as_the_model_does(reader):
    ids, _, _ = gates.recall_example(12, 0)
    result = gates.run_reader(reader, ids)
    logits, trace = reader(ids[None])
    np.testing.assert_allclose(result.probabilities, logits[0].softmax(-1).detach(), atol=1e-6)
    found = [*result.gates.values(), result.memory]
    np.testing.assert_allclose(np.stack(found), trace[:, 0].detach(), atol=1e-6)


@pytest.mark.parametrize("held", ["i", "f", "o"])
def test_a_held_gate_is_held_from_its_step_on(reader, held):
    ids, _, _ = gates.recall_example(9, 1)
    free, result = gates.run_reader(reader, ids), gates.run_reader(reader, ids, held, 0.25, start=4)
    np.testing.assert_allclose(result.gates[held][3:], 0.25)
    np.testing.assert_allclose(result.gates[held][:3], free.gates[held][:3], atol=1e-6)


def test_the_reach_is_the_norm_of_the_jacobian(reader):
    ids, _, _ = gates.recall_example(5, 2)
    W, U, b_ih, b_hh = reader.lstm.parameters()
    a = (reader.embedding(ids) @ W.T + b_ih + b_hh).detach()

    def last_memory(c, t):  # from the memory after step t, with that step's output gate given
        h = torch.tensor(result.gates["o"][t - 1]) * c.tanh()
        for now in a[t:]:
            i, f, g, o = (now + U.detach() @ h).chunk(4)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
        return c

    result = gates.run_reader(reader, ids)
    for t in range(1, 6):
        c = torch.tensor(result.memory[t - 1])
        jacobian = torch.autograd.functional.jacobian(lambda c, t=t: last_memory(c, t), c)
        norm = torch.linalg.matrix_norm(jacobian, ord=2).item()
        assert result.reach[t - 1] == pytest.approx(norm, rel=1e-4)


def test_output_gate_closed_means_an_answer_from_the_bias_alone(reader):
    ids, _, _ = gates.recall_example(7, 3)
    bias = reader.output.bias.softmax(-1).detach()
    result = gates.run_reader(reader, ids, "o", 0.0)
    np.testing.assert_allclose(result.probabilities, bias, atol=1e-6)


def test_the_shortest_sequence_and_a_start_beyond_the_end(reader):
    lab = gate_lab({"new": reader})
    lab.controls["length"].value = 2
    lab.controls["start"].value = 30
    lab.controls["held"].value = "f"
    assert "flag (step 1)" in lab.note.value


def test_a_bias_moves_the_reach_the_way_it_should():
    by_bias = [gates.bias_reach(bias)[20] for bias in (-1.0, 0.0, 1.0, 3.0)]
    assert by_bias == sorted(by_bias)
    assert gates.bias_reach(1.0)[0] == pytest.approx(1)


def test_forget_bias_lab_draws_its_extremes():
    lab = forget_bias_lab()
    for name, value in (("T", 2), ("bias", -1.0), ("bias", 5.0), ("T", 101), ("seed", 9)):
        lab.controls[name].value = value
        assert "open" in lab.note.value
