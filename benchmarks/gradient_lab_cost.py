"""What one move of the gradient lab's slider costs, and against one backward pass per time step.

Process time, medians of interleaved rounds; the drawing is part of a move.
"""

import statistics

import numpy as np
import torch

from helpers.labs.gradients import SIZE, measure, passage, recurrent_matrix, rnn_step, word_inputs
from helpers.views.gradients import gradient_lab
from tools.experiments.cost import milliseconds

ROUNDS = 15


def one_pass_per_step(words: list[str], radius: float) -> np.ndarray:
    """The rival: the same norms with a backward pass of their own for every t."""
    step = rnn_step(recurrent_matrix("plain", radius), torch.tanh)
    state = torch.zeros(SIZE, SIZE, dtype=torch.float64, requires_grad=True)
    states = []
    for x_t in word_inputs(words):
        state = step(x_t, state)
        states.append(state)
    identity = torch.eye(SIZE, dtype=torch.float64)
    jacobians = [torch.autograd.grad(state, s, identity, retain_graph=True)[0] for s in states]
    return torch.linalg.matrix_norm(torch.stack(jacobians), ord=2).numpy()


def main() -> None:
    lab, words = gradient_lab(), passage()
    moves: dict[int, list[float]] = {length: [] for length in (25, 50, 100, 200)}
    ours: dict[int, list[float]] = {50: [], 200: []}
    rival: dict[int, list[float]] = {50: [], 200: []}
    for round_ in range(ROUNDS):
        for length, times in moves.items():
            lab.controls["T"].value = length - 1 - round_ % 2  # off the value, so that it moves
            times.append(milliseconds(lambda T=length: lab.controls["T"].set_trait("value", T)))
        for length in ours:
            said = words[:length]
            ours[length].append(milliseconds(lambda w=said: measure(w, 0.9, "tanh", "plain")))
            rival[length].append(milliseconds(lambda w=said: one_pass_per_step(w, 0.9)))
    same = np.allclose(measure(words, 0.9, "tanh", "plain").norms, one_pass_per_step(words, 0.9))
    print(f"both ways give the same numbers: {same}")
    middle = {length: statistics.median(times) for length, times in moves.items()}
    for length, time_ in middle.items():
        print(f"one move, compute and draw, T = {length:3}: {time_:5.1f} ms")
    print(f"one move, T = 200 against T = 50: {middle[200] / middle[50]:.2f} times")
    exponent = np.polyfit(np.log(list(middle)), np.log(list(middle.values())), 1)[0]
    print(f"fitted growth of a move: T to the power {exponent:.2f}")
    for length in ours:
        ratio = statistics.median(b / a for a, b in zip(ours[length], rival[length], strict=True))
        print(f"a backward pass per step takes {ratio:.1f} times as long at T = {length}")


if __name__ == "__main__":
    main()
