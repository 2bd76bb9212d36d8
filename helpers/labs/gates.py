"""Lesson 5: an LSTM's gates, as trained or held at a value, and the forget gate's bias."""

from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from helpers.labs.gradients import SIZE, format_factor, passage, untrained_lstm, word_inputs
from helpers.live.marks import Axis, Bars, Curve, Heat, Names, Panel, Scene
from helpers.metrics import gradient_reach, jacobian_norms
from helpers.taught.recurrent import GateReader, lstm_step
from helpers.words import recall_batch

if TYPE_CHECKING:
    from helpers.live import Explorer

LAGS = 100  # steps back that the forget-bias lab shows
LONGEST = 30  # steps that the gate lab shows
NAMES = [*"abcdABCD?"]  # the recall task's ids: distractors, flagged symbols, question
GATES = {"i": "input gate i (K)", "f": "forget gate f (R)", "o": "output gate o (V)"}


class GateRun(NamedTuple):
    """What an LSTM does with one sequence of T steps, H units."""

    gates: dict[str, np.ndarray]  # i, f, o: (T, H) each
    memory: np.ndarray  # c_t (T, H)
    probabilities: np.ndarray  # of the four answers (4,)
    reach: np.ndarray  # ‖∂c_T/∂c_t‖ (T,), all paths counted


def run_reader(
    reader: GateReader, inputs: Tensor, held: str = "", value: float = 1.0, start: int = 1
) -> GateRun:
    """Run a `GateReader` over ids (T,), one gate held at a value from step `start` (1 ... T) on.

    held: 'i', 'f', 'o', or '' to leave every gate as trained.
    The sequence runs in H equal rows, for `metrics.jacobian_norms`.
    """
    W, U, b_ih, b_hh = (weight.detach() for weight in reader.lstm.parameters())
    H = reader.lstm.hidden_size
    h = c = torch.zeros(H, H, requires_grad=True)
    gates: dict[str, list[Tensor]] = {"i": [], "f": [], "o": []}
    memories = []
    for t, a in enumerate(reader.embedding(inputs).detach() @ W.T + b_ih + b_hh, start=1):
        holding = {held: torch.full((H, H), value)} if held and t >= start else {}
        h, c, now = lstm_step(a + h @ U.T, c, **holding)  # (H, H): H equal rows
        memories.append(c)
        for name, gate in now.items():
            gates[name].append(gate[0].detach())
    with torch.no_grad():
        probabilities = reader.output(h[0]).softmax(-1)
    return GateRun(
        {name: torch.stack(rows).numpy() for name, rows in gates.items()},
        torch.stack([memory[0].detach() for memory in memories]).numpy(),
        probabilities.numpy(),
        jacobian_norms(memories).numpy(),
    )


@lru_cache(256)
def recall_example(length: int, seed: int) -> tuple[Tensor, int, int]:
    """A sequence of the recall task: ids (length,), the flag's step (1 ... length - 1), answer."""
    batch = recall_batch(1, length, generator=torch.Generator().manual_seed(seed))
    return batch.inputs[0], int(batch.flag[0]) + 1, int(batch.answers[0])


@lru_cache(64)
def bias_reach(bias: float, seed: int = 0, length: int = LAGS + 1) -> np.ndarray:
    """‖∂s_T/∂s_t‖ by lag T - t = 0 ... length - 1, s = (h, c), of a fresh LSTM with this bias."""
    return gradient_reach(untrained_lstm(bias, seed), _words()[:length], SIZE).numpy()[::-1].copy()


@cache
def _words() -> Tensor:
    return word_inputs(passage(LAGS + 1))


def gate_scene(
    reader: GateReader, held: str, value: float, start: int, length: int, number: int
) -> Scene:
    """What a trained reader does with one sequence, and with one gate held from a step on."""
    ids, flag, wanted = recall_example(length, number)
    start = min(start, length)
    run = run_reader(reader, ids, held, value, start)
    words = Names(names=[NAMES[token] for token in ids], marked=[flag - 1, length - 1])
    units = Axis(low=-0.5, high=run.memory.shape[1] - 0.5, hidden=True)
    time = Axis(low=-0.5, high=length - 0.5, hidden=True)
    strips: list[Panel] = []
    for name, values in run.gates.items():
        title = GATES[name] + (f": held at {value:g} from step {start} on" if name == held else "")
        x = time if strips else words
        strips.append(Panel(Heat(values.T), x=x, y=units, title=title, height=42))
    memory = Heat(run.memory.T, -2, 2, signed=True)
    strips.append(Panel(memory, x=time, y=units, title="memory c (C)", height=42))
    felt = Panel(
        Curve(range(1, length + 1), run.reach.clip(1e-300), "blue", width=3),
        x=Axis(label="time step t", low=0.5, high=length + 0.5),
        y=Axis(label="‖∂c_T/∂c_t‖", low=1e-8, high=1e4, log=True),
        height=120,
        width=3,
    )
    colors = ["orange" if n == wanted else "grey" for n in range(4)]
    answers = Panel(
        Bars(range(4), run.probabilities, colors),
        x=Names(names=[*"ABCD"]),
        y=Axis(label="probability of each answer", low=0, high=1),
        height=120,
    )
    found, right_one = NAMES[4 + int(run.probabilities.argmax())], NAMES[4 + wanted]
    verdict = "right" if found == right_one else f"wrong: it was {right_one}"
    return Scene(
        *strips,
        (felt, answers),
        title=f"It answers {found}, {verdict}",
        note=f"The memory at the question feels the memory at the flag (step {flag}) "
        f"{_how_much(run.reach[flag - 1])}.",
    )


def _how_much(felt: float) -> str:
    if felt < 1e-8:
        return "not at all"
    if 0.5 < felt < 2:
        return "about as much as itself"
    factor, word = (1 / felt, "less") if felt < 1 else (felt, "more")
    return f"{format_factor(factor)} times {word} than itself"


def gate_lab(readers: dict[str, GateReader], seed: int = 3) -> "Explorer":
    """Gates, memory, answer and gradient of trained readers on one sequence."""
    from helpers.live import choice, explore, slider

    def scene(model: str, held: str, value: float, start: int, length: int, number: int) -> Scene:
        return gate_scene(readers[model], held, value, start, length, number)

    return explore(
        scene,
        model=choice("LSTM trained", [*readers], [*readers][-1]),
        held=choice("hold", {"no gate (as trained)": ""} | {v: k for k, v in GATES.items()}, "f"),
        value=slider("at the value", 0.0, 1.0, 0.8, step=0.05),
        start=slider("from step", 1, LONGEST, 8),
        length=slider("length T", 2, LONGEST, 20),
        number=slider("sequence number", 0, 50, seed),
    )


def forget_bias_scene(bias: float, T: int, seed: int) -> Scene:
    """How far back a fresh LSTM feels its own state, by the forget gate's bias."""
    lags, sigma = np.arange(T), 1 / (1 + np.exp(-bias))
    measured = bias_reach(bias, seed)[:T]
    panel = Panel(
        Curve(lags, bias_reach(0.0, seed)[:T], "grey", "bias 0, as PyTorch starts", 1.8),
        Curve(
            lags, sigma**lags, "orange", "the forget gate alone: σ(bias)^{lag}", 1.8, dashed=True
        ),
        Curve(lags, measured.clip(1e-300), "blue", "measured", 3),
        x=Axis(label="lag T − t (steps back)", low=0, high=max(T - 1, 1)),
        y=Axis(label="‖∂(h, c)_T/∂(h, c)_t‖", low=1e-16, high=1e6, log=True),
        height=280,
    )
    last = measured[-1]
    change = "stays about the same"
    if last < 0.5:
        change = f"shrinks to 1/{format_factor(1 / last)}"
    elif last >= 2:
        change = f"grows {format_factor(last)} times"
    title = f"Forget bias {bias:g}: over {T - 1} steps the gradient {change}"
    note = f"A forget gate with nothing but this bias is {sigma:.3f} open."
    return Scene(panel, title=title, note=note)


def forget_bias_lab() -> "Explorer":
    """The forget gate's bias of a fresh LSTM."""
    from helpers.live import explore, slider

    return explore(
        forget_bias_scene,
        bias=slider("forget-gate bias", -1.0, 5.0, 1.0, step=0.25),
        T=slider("sequence length T", 2, LAGS + 1, LAGS + 1),
        seed=slider("random start", 0, 9, 0),
    )
