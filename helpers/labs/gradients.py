"""Lesson 4: how much does the last state still feel the earlier ones?"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from helpers.live.marks import Axis, Curve, Panel, Scene, Sketch, Tokens
from helpers.metrics import gradient_reach
from helpers.taught.recurrent import lstm_step
from helpers.words import read_pairs

if TYPE_CHECKING:
    from helpers.live import Explorer

SIZE = 32  # numbers that a state passes on: h of an RNN; h and c, half each, of an LSTM
LONGEST = 200
RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
# activation → (function, largest slope γ)
ACTIVATIONS: dict[str, tuple[Callable[[Tensor], Tensor], float]] = {
    "tanh": (torch.tanh, 1.0),
    "sigmoid": (torch.sigmoid, 0.25),
    "ReLU": (torch.relu, 1.0),
    "none": (lambda z: z, 1.0),
}
MODELS = {
    "plain RNN": "plain",
    "orthogonal RNN": "orthogonal",
    "plain RNN, as PyTorch starts it": "RNN",
    "LSTM, as PyTorch starts it": "LSTM",
    "LSTM, forget bias 3": "LSTM+3",
}


class Reach(NamedTuple):
    """What the lab measures: norms (T,), and what theory says of them (None for the LSTM)."""

    norms: np.ndarray  # ‖∂h_T/∂h_t‖, t = 1 ... T
    bound: np.ndarray | None  # (γ σ_max)^(T−t): never exceeded
    rate: np.ndarray | None  # ρ^(T−t): the pace in the long run, were there no activation
    about: str  # the matrix in words


def recurrent_matrix(kind: str, radius: float, seed: int = 0, size: int = SIZE) -> Tensor:
    """A random (size, size) float64 matrix with a given spectral radius (largest |eigenvalue|).

    kind: 'plain', independent normal entries; 'orthogonal', a rotation times the radius; 'RNN',
        uniform in ±1/√size as in `nn.RNN`, whatever the radius asked for.
    """
    generator = torch.Generator().manual_seed(seed)
    if kind == "RNN":
        return _as_torch_starts(size, generator, size, size)
    W = torch.randn(size, size, generator=generator, dtype=torch.float64)
    if kind == "orthogonal":
        return radius * torch.linalg.qr(W)[0]
    if kind == "plain":
        return W * (radius / torch.linalg.eigvals(W).abs().max())
    raise ValueError(f"kind is {kind!r}; expected 'plain', 'orthogonal' or 'RNN'")


def _as_torch_starts(hidden_size: int, generator: torch.Generator, *shape: int) -> Tensor:
    """Weights of a recurrent layer as PyTorch initialises them: uniform in ±1/√H, float64."""
    uniform = torch.rand(*shape, generator=generator, dtype=torch.float64)  # in [0, 1)
    return (2 * uniform - 1) / math.sqrt(hidden_size)


@lru_cache(64)  # while T moves, W stays
def _known_matrix(kind: str, radius: float) -> tuple[Tensor, float, float]:
    """W, its spectral radius ρ and its largest singular value σ_max."""
    W = recurrent_matrix(kind, radius)
    rho = torch.linalg.eigvals(W).abs().max().item()
    return W, rho, torch.linalg.matrix_norm(W, ord=2).item()


def rnn_step(W: Tensor, activation: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    """h_t = f(Ux_t + Wh_{t−1}) for rows of states; the input is Ux_t already."""
    return lambda Ux_t, h: activation(Ux_t + h @ W.T)


def untrained_lstm(forget_bias: float, seed: int = 0, size: int = SIZE) -> Callable[..., Tensor]:
    """An LSTM's step on states [h, c] (rows, size), initialised as `nn.LSTM` does.

    Uniform in ±1/√H, H = size / 2; forget_bias is added to the forget gate's bias.
    """
    H = size // 2
    generator = torch.Generator().manual_seed(seed)
    shapes = (4 * H, H), (4 * H, H), (4 * H,), (4 * H,)
    W, U, b_ih, b_hh = (_as_torch_starts(H, generator, *shape) for shape in shapes)
    bias = b_ih + b_hh
    bias[H : 2 * H] += forget_bias

    def step(x_t: Tensor, state: Tensor) -> Tensor:
        h, c = state.chunk(2, dim=-1)
        h, c, _ = lstm_step(x_t[..., :H] @ W.T + h @ U.T + bias, c)
        return torch.cat([h, c], dim=-1)

    return step


def word_inputs(words: list[str], size: int = SIZE) -> Tensor:
    """One fixed random vector (size,) per distinct word, standard deviation 0.5: (T, size)."""
    generator = torch.Generator().manual_seed(1)
    vectors = {
        word: torch.randn(size, generator=generator, dtype=torch.float64) / 2
        for word in dict.fromkeys(words)
    }
    return torch.stack([vectors[word] for word in words])


def measure(words: list[str], radius: float, activation: str, model: str) -> Reach:
    """Run a freshly initialised model over the words and measure its gradient reach."""
    inputs, T = word_inputs(words), len(words)
    if model.startswith("LSTM"):
        norms = gradient_reach(
            untrained_lstm(3.0 if model == "LSTM+3" else 0.0), inputs, SIZE
        ).numpy()
        about = (
            "The state of an LSTM is (h, c), 16 numbers each; ρ and the activation do not apply."
        )
        return Reach(norms, None, None, about)
    (W, rho, sigma), (function, slope) = _known_matrix(model, radius), ACTIVATIONS[activation]
    norms = gradient_reach(rnn_step(W, function), inputs, SIZE).numpy()
    lags = np.arange(T - 1, -1, -1)
    about = f"W: spectral radius ρ = {rho:.2f}, largest singular value σ_max = {sigma:.2f}."
    return Reach(norms, (slope * sigma) ** lags, rho**lags, about)


def format_factor(factor: float) -> str:
    """A factor for reading: 3.2, 4,000 or 10⁷."""
    if factor < 9.95:
        return f"{factor:.1f}".removesuffix(".0")
    exponent = math.floor(math.log10(factor))
    if exponent >= 6:
        return power_of_ten(factor)
    unit = 10 ** max(0, exponent - 1)
    return f"{round(factor / unit) * unit:,}"


def power_of_ten(number: float) -> str:
    """The nearest power of ten: 10⁷ or 10⁻²⁰."""
    return "10" + str(round(math.log10(number))).translate(RAISED)


def format_relative(norm: float) -> str:
    """A norm against 1, the last state's own: ÷15, ×3 or 1."""
    if 0.95 < norm < 1.05:
        return "1"
    return f"÷{format_factor(1 / norm)}" if norm < 1 else f"×{format_factor(norm)}"


def verdict(norms: np.ndarray) -> str:
    """One sentence on the first state against the last but one."""
    T = len(norms)
    if T < 3:
        return "Too short to compare: let T be 3 or more"
    last, first, near = (f"h{t}".translate(LOWERED) for t in (T, 1, T - 1))
    ratio = norms[-2] / norms[0] if norms[0] > 0 else math.inf
    if ratio == math.inf:
        return f"{last} does not feel {first} at all: the gradient is exactly 0"
    if 0.5 < ratio < 2:
        return f"{last} feels {first} about as much as {near}"
    word, factor = ("less", ratio) if ratio > 1 else ("more", 1 / ratio)
    return f"To {last}, {first} counts {format_factor(factor)} times {word} than {near}"


def passage(length: int = LONGEST) -> list[str]:
    """English words of the test sentences, one after the other."""
    words = [word for pair in read_pairs(split="test") for word in pair.source]
    return words[:length]


SHOWN = 11  # words in the strip: first and last ones
DARKEST = 1e-6  # what a word in the strip counts at least, against the last state


def gradient_scene(
    T: int, radius: float, activation: str, model: str, text: str = "", predict: bool = False
) -> Scene:
    """Curves of ‖∂h_T/∂h_t‖ with their bound, and words coloured by how much they are felt.

    text: words to read; if they are fewer than T, they are read again and again. predict: the
    student draws the measured curve before it is shown.
    """
    words = text.split() or passage()
    words = (words * (1 + T // len(words)))[:T]
    reach = measure(words, radius, activation, model)
    t = np.arange(1, T + 1)
    curves = [Curve(t, reach.norms, color="blue", label="measured", width=3, at="start")]
    if reach.bound is not None and reach.rate is not None:
        for y, label, color in (
            (reach.bound, "bound (γσ_{max})^{T−t}", "orange"),
            (reach.rate, "ρ^{T−t}", "grey"),
        ):
            curves.append(Curve(t, y, color, label, width=1.8, dashed=True, at="start"))
    norm = Axis(label="‖∂h_T/∂h_t‖", low=1e-12, high=1e8, log=True)
    time = Axis(label="time step t", low=1, high=max(T, 2))
    drawing = Sketch(
        "drawing",
        np.linspace(1, max(T, 2), 11),
        reveals=["measured"],
        color="pink",
        question="Draw ‖∂h_T/∂h_t‖: how much does the last state still feel each word?",
    )
    marks = [*curves, drawing] if predict else curves
    half = SHOWN // 2
    shown = [*range(T)] if T <= SHOWN else [*range(half + 1), *range(T - half, T)]
    felt = reach.norms[shown]
    counted = [format_relative(norm) for norm in felt]
    strip = Tokens(
        [words[n] for n in shown],
        values=1 - np.log10(felt.clip(DARKEST, 1)) / math.log10(DARKEST),
        below=counted,
        tips=[
            f"word {n + 1}: {format_relative(norm)}" for n, norm in zip(shown, felt, strict=True)
        ],
    )
    if T > SHOWN:
        gap = half + 1
        strip = Tokens(
            [*strip.words[:gap], "…", *strip.words[gap:]],
            values=[*strip.values[:gap], None, *strip.values[gap:]],
            below=[*counted[:gap], "", *counted[gap:]],
            tips=[*(strip.tips or [])[:gap], f"{T - SHOWN} more words", *(strip.tips or [])[gap:]],
        )
    return Scene(
        Panel(*marks, x=time, y=norm, height=240),
        Panel(strip, title="First and last words. ÷15: felt 15 times less than the last state"),
        title=verdict(reach.norms),
        note=f"‖∂h_T/∂h_1‖ = {reach.norms[0]:.2g}. {reach.about}",
    )


def gradient_lab() -> "Explorer":
    """The gradient lab with its controls."""
    from helpers.live import choice, drawn, explore, slider, switch, typed

    return explore(
        gradient_scene,
        T=slider("sequence length T", 1, LONGEST, 50),
        radius=slider("spectral radius ρ of W", 0.2, 2.0, 0.9, step=0.02),
        activation=choice("activation f", list(ACTIVATIONS)),
        model=choice("model", MODELS),
        text=typed("your own words", ""),
        predict=switch("draw your prediction first"),
        drawing=drawn("prediction"),
    )
