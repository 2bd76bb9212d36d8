"""Lesson 5's widgets: gates held by hand, and the forget gate's bias."""

import numpy as np

from helpers.figures import BLUE, GREY, INK, ORANGE, PALE, RED, figure, gate_strip
from helpers.labs.gates import GATES, LAGS, NAMES, bias_reach, recall_example, run_reader
from helpers.labs.gradients import format_factor
from helpers.taught.recurrent import GateReader
from helpers.views.widgets import Explorer, choice, explore, slider

LONGEST = 30  # steps that the gate lab shows
LOWEST, HIGHEST = 1e-8, 1e4  # of the gradients' axes


def as_grid(values: np.ndarray) -> np.ndarray:
    """(T, H) as a picture (H, LONGEST), empty after step T."""
    grid = np.full((values.shape[1], LONGEST), np.nan)
    grid[:, : len(values)] = values.T
    return grid


def gate_lab(readers: dict[str, GateReader], seed: int = 3) -> Explorer:
    """Gates, memory, answer and gradient of trained readers on one sequence, live."""
    fig = figure(9.4, 4.6)
    grid = fig.add_gridspec(5, 2, width_ratios=[5, 1], height_ratios=[1, 1, 1, 1, 1.9])
    axes = [fig.add_subplot(grid[row, 0]) for row in range(5)]
    answer = fig.add_subplot(grid[:, 1])
    labels = [*GATES.values(), "memory c (C)"]
    first = np.zeros((LONGEST, next(iter(readers.values())).lstm.hidden_size))
    strips = [
        gate_strip(ax, first, label.replace(" (", "\n("), signed=label.startswith("memory"))
        for ax, label in zip(axes, labels, strict=False)
    ]
    top = axes[0].get_xaxis_transform()
    words = [axes[0].text(t, 1.08, "", transform=top, ha="center") for t in range(LONGEST)]
    frames = [
        ax.axvspan(0, 0, fc="none", ec=RED, lw=1.6, zorder=4, clip_on=False) for ax in axes[:3]
    ]
    reach = axes[4]
    reach.axhline(1, color=PALE, lw=1.2)
    (curve,) = reach.plot([], [], color=BLUE, marker="o", ms=4)
    reach.set(xlim=(-0.5, LONGEST - 0.5), yscale="log", ylim=(LOWEST, HIGHEST))
    reach.set_xlabel("time step t")
    reach.set_xticks(range(4, LONGEST, 5), labels=[str(t + 1) for t in range(4, LONGEST, 5)])
    reach.set_yticks([1e-8, 1e-4, 1, 1e4])
    reach.minorticks_off()
    reach.set_ylabel(r"$\|\partial c_T\, /\, \partial c_t\|$", rotation=0, ha="right", va="center")
    bars = answer.bar(list("ABCD"), [0] * 4, color=GREY)
    answer.set(ylim=(0, 1), yticks=[0, 0.5, 1], title="answer")
    answer.set_ylabel("probability")

    def update(model: str, held: str, value: float, start: int, length: int, number: int) -> str:
        ids, flag, wanted = recall_example(length, number)
        result = run_reader(readers[model], ids, held, value, min(start, length))
        for image, values in zip(strips, [*result.gates.values(), result.memory], strict=True):
            image.set_data(as_grid(values))
        for t, word in enumerate(words):
            word.set_text(NAMES[ids[t]] if t < length else "")
            word.set(color=ORANGE if t == flag - 1 else INK, size=13 if t == flag - 1 else 10)
        for name, frame in zip(GATES, frames, strict=True):
            frame.set_visible(name == held)
            frame.set_x(min(start, length) - 1.5)
            frame.set_width(length - min(start, length) + 1)
        curve.set_data(np.arange(length), result.reach.clip(LOWEST / 10))
        for n, (bar, p) in enumerate(zip(bars, result.probabilities, strict=True)):
            bar.set_height(p)
            bar.set_color(ORANGE if n == wanted else GREY)
        found, right_one = NAMES[4 + int(result.probabilities.argmax())], NAMES[4 + wanted]
        verdict = "right" if found == right_one else f"wrong, it was {right_one}"
        felt = result.reach[flag - 1]
        if felt < LOWEST:
            how = "not at all"
        elif 0.5 < felt < 2:
            how = "about as much as itself"
        else:
            how = (
                f"{format_factor(1 / felt)} times less"
                if felt < 1
                else f"{format_factor(felt)} times more"
            )
            how += " than itself"
        return (
            f"It answers {found} ({verdict}). The memory at the question feels the memory at the "
            f"flag (step {flag}) {how}."
        )

    return explore(
        update,
        fig,
        model=choice("LSTM trained", {name: name for name in readers}, [*readers][-1]),
        held=choice("hold", {"no gate (as trained)": ""} | {v: k for k, v in GATES.items()}, "f"),
        value=slider("at the value", 0.0, 1.0, 0.8, step=0.05),
        start=slider("from step", 1, LONGEST, 8),
        length=slider("length T", 2, LONGEST, 20),
        number=slider("sequence number", 0, 50, seed),
    )


def forget_bias_lab() -> Explorer:
    """How far back a fresh LSTM feels its own state, by the forget gate's bias."""
    fig = figure(9.2, 4.2)
    ax = fig.subplots()
    lags = np.arange(LAGS + 1)
    ax.axhline(1, color=PALE, lw=1.2, zorder=0)
    (default,) = ax.plot([], [], color=GREY, lw=1.6, label="bias 0, as PyTorch starts")
    (alone,) = ax.plot([], [], ":", color=ORANGE, label="the forget gate alone: σ(bias)ˡᵃᵍ")
    (curve,) = ax.plot([], [], color=BLUE, lw=2.6, label="measured")
    ax.set(xlim=(0, LAGS), yscale="log", ylim=(1e-16, 1e6), xlabel="lag T − t (steps back)")
    ax.set_ylabel(r"$\|\partial (h, c)_T\, /\, \partial (h, c)_t\|$")
    ax.set_yticks([10.0**k for k in range(-16, 5, 4)])
    ax.minorticks_off()
    ax.legend(loc="upper left", ncols=3, fontsize=10)
    title = ax.set_title("forget-bias lab")

    def update(bias: float, T: int, seed: int) -> str:
        measured, sigma = bias_reach(bias, seed)[:T], 1 / (1 + np.exp(-bias))
        default.set_data(lags[:T], bias_reach(0.0, seed)[:T])
        alone.set_data(lags[:T], sigma ** lags[:T])
        curve.set_data(lags[:T], measured.clip(1e-300))
        last = measured[-1]
        change = (
            f"shrinks to 1/{format_factor(1 / last)}"
            if last < 0.5
            else f"grows {format_factor(last)} times"
        )
        change = "stays about the same" if 0.5 <= last < 2 else change
        title.set_text(f"Forget bias {bias:g}: over {T - 1} steps the gradient {change}")
        return f"A forget gate with nothing but this bias is {sigma:.3f} open."

    return explore(
        update,
        fig,
        bias=slider("forget-gate bias", -1.0, 5.0, 1.0, step=0.25),
        T=slider("sequence length T", 2, LAGS + 1, LAGS + 1),
        seed=slider("random start", 0, 9, 0),
    )
