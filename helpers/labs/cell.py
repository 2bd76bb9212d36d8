"""The LSTM's cell with numbers in it, and the task of being its gates by hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from helpers.labs.gates import NAMES, recall_example
from helpers.live.marks import Arrows, Axis, Bars, Boxes, Heat, Names, Panel, Scene, Text

if TYPE_CHECKING:
    from helpers.live import Explorer

TRIALS, LENGTH = 40, 14  # sequences that the gates are tried on, and their tokens
KINDS = ("a letter", "the flagged one", "the question")


GATE_TIPS = [
    "forget gate: how much of the memory stays (the lecture's R)",
    "input gate: how much of the candidate is written (K)",
    "candidate: tanh of input and state",
    "output gate: how much of the memory is shown (V)",
]


def cell_scene(f: float, i: float, g: float, o: float, c: float) -> Scene:
    """One step of one unit: c_t = f c_{t−1} + i g, h_t = o tanh(c_t).

    In the lecture f is R, i is K and o is V.
    """
    kept, written = f * c, i * g
    new = kept + written
    shown = math.tanh(new)
    h = o * shown
    up = 1.34  # the upper edge of the gates' boxes
    figure = Panel(
        Arrows(
            [0.55, 1.85, 3.45], [3] * 3, [1.35, 2.95, 5.9], [3] * 3, "blue", [1, max(f, 0.1), 1]
        ),
        Arrows([1.6, 2.75, 5.4], [up] * 3, [1.6, 3.08, 5.4], [2.74, 1.76, 1.74], "grey"),
        Arrows([3.95, 3.2], [up, 2.26], [3.35, 3.2], [1.76, 2.74], "grey"),
        Arrows([4.5, 4.85, 5.66], [3, 2, 2], [4.5, 5.14, 5.9], [2.28, 2, 2], "grey"),
        Boxes(
            [1.6, 2.75, 3.95, 5.4],
            [1] * 4,
            [f"f_t {f:.2f}", f"i_t {i:.2f}", f"g_t {g:.2f}", f"o_t {o:.2f}"],
            1.05,
            0.66,
            ["blue", "green", "pink", "orange"],
            GATE_TIPS,
        ),
        Boxes(
            [0, 6.45, 6.45],
            [3, 3, 2],
            [f"c_{{t−1}} {c:.2f}", f"c_t {new:.2f}", f"h_t {h:.2f}"],
            1.1,
            0.62,
            ["ink", "ink", "red"],
        ),
        Boxes(
            [1.6, 3.2, 3.2, 4.5, 5.4],
            [3, 3, 2, 2, 2],
            ["×", "+", "×", "tanh", "×"],
            0.5,
            0.5,
            "grey",
            [f"{kept:.2f}", f"{new:.2f}", f"{written:.2f}", f"{shown:.2f}", f"{h:.2f}"],
        ),
        Text(2.4, 3.3, f"{kept:.2f}", "blue"),
        Text(3.55, 2.45, f"{written:.2f}", "grey"),
        Text(3.0, 3.75, "the memory's line: nothing on it but × f and +", "blue"),
        Text(3.4, 0.35, "each of the four reads x_t and h_{t−1}", "grey", size=12),
        x=Axis(low=-0.7, high=7.1, hidden=True),
        y=Axis(low=0.1, high=4, hidden=True),
        height=280,
    )
    title = f"Of the memory {f:.0%} stays, and {i:.0%} of the candidate is written"
    note = (
        f"cₜ = {f:.2f} · {c:.2f} + {i:.2f} · {g:.2f} = {new:.2f}; "
        f"hₜ = {o:.2f} · tanh({new:.2f}) = {h:.2f}. "
        f"Along the memory's line one step multiplies the gradient by f = {f:.2f}."
    )
    return Scene(figure, title=title, note=note)


def cell_lab() -> Explorer:
    """The cell with a slider for each number that comes in."""
    from helpers.live import explore, slider

    return explore(
        cell_scene,
        f=slider("forget gate f (R)", 0.0, 1.0, 0.9, step=0.05),
        i=slider("input gate i (K)", 0.0, 1.0, 0.1, step=0.05),
        g=slider("candidate g", -1.0, 1.0, 0.8, step=0.1),
        o=slider("output gate o (V)", 0.0, 1.0, 0.6, step=0.05),
        c=slider("memory before", -2.0, 2.0, 1.5, step=0.1),
    )


def kinds_of(ids: list[int], flag: int) -> list[int]:
    """For each token 0, a letter, 1, the flagged one, or 2, the question; flag counts from 1."""
    return [2 if t == len(ids) else 1 if t == flag else 0 for t in range(1, len(ids) + 1)]


def run_by_hand(ids: list[int], kinds: list[int], i: list[float], f: list[float]) -> np.ndarray:
    """The memory (T, 4), a place for each symbol: c_t = f c_{t−1} + i · one-hot of the token read.

    i, f: the gate for each kind of token. The question writes nothing.
    """
    c, trace = np.zeros(4), []
    for token, kind in zip(ids, kinds, strict=True):
        candidate = np.zeros(4)
        if kind != 2:
            candidate[token % 4] = 1.0
        c = f[kind] * c + i[kind] * candidate
        trace.append(c)
    return np.array(trace)


def be_the_gate_scene(
    i_letter: float, i_flag: float, f_letter: float, f_flag: float, f_question: float,
    o_question: float, number: int,
) -> Scene:  # fmt: skip
    """Gates set by hand for each kind of token, on one sequence and on many."""
    i, f = [i_letter, i_flag, 0.0], [f_letter, f_flag, f_question]

    def answer(seed: int) -> tuple[list[int], int, int, np.ndarray, np.ndarray]:
        ids, flag, wanted = recall_example(LENGTH, seed)
        tokens = ids.tolist()
        memory = run_by_hand(tokens, kinds_of(tokens, flag), i, f)
        scores = np.exp(8 * o_question * np.tanh(memory[-1]))
        return tokens, flag, wanted, memory, scores / scores.sum()

    results = [answer(seed) for seed in range(TRIALS)]
    right = sum(p.argmax() == wanted and p.max() > 0.5 for _, _, wanted, _, p in results)
    tokens, flag, wanted, memory, shares = answer(number)
    strip = Panel(
        Heat(memory.T, 0, 1.5),
        x=Names(names=[NAMES[t] for t in tokens], marked=[flag - 1, LENGTH - 1]),
        y=Names(names=[*"ABCD"]),
        title="The memory: a row for each symbol, a column for each step",
        height=90,
        width=2.2,
    )
    colors = ["orange" if n == wanted else "grey" for n in range(4)]
    bars = Panel(
        Bars(range(4), shares, colors),
        x=Names(names=[*"ABCD"]),
        y=Axis(label="answer", low=0, high=1),
        height=90,
        title=f"It should say {'ABCD'[wanted]}",
    )
    title = f"Your gates answer {right} of {TRIALS} sequences"
    note = "Right means: the flagged symbol has more than half of the probability."
    return Scene((strip, bars), title=title, note=note)


def be_the_gate_lab() -> Explorer:
    """Six gates to set by hand."""
    from helpers.live import explore, slider
    from helpers.live.controls import Control

    def gate(name: str) -> Control:
        return slider(name, 0.0, 1.0, 0.5, step=0.1)

    return explore(
        be_the_gate_scene,
        i_letter=gate("input gate at a letter"),
        i_flag=gate("input gate at the flag"),
        f_letter=gate("forget gate at a letter"),
        f_flag=gate("forget gate at the flag"),
        f_question=gate("forget gate at the question"),
        o_question=gate("output gate at the question"),
        number=slider("sequence number", 0, 50, 3),
    )
