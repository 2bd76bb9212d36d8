"""Lesson 4's gradient lab: curves of gradient norms, and words coloured by how much is felt."""

import numpy as np

from helpers.figures import BLUE, GREY, HEAT, INK, ORANGE, PALE, figure
from helpers.labs.gradients import (
    ACTIVATIONS,
    LONGEST,
    MODELS,
    format_relative,
    measure,
    passage,
    power_of_ten,
    verdict,
)
from helpers.views.widgets import Explorer, choice, explore, slider

LOWEST, HIGHEST = 1e-12, 1e8  # of the picture; the numbers go further
WORDS = 11  # places under the curve: an odd number, for the gap in the middle


def shown_words(T: int) -> list[int | None]:
    """Which words stand in the strip, from 0: all of a short text, else first, gap, last."""
    if T <= WORDS:
        return [*range(T), *[None] * (WORDS - T)]
    half = WORDS // 2
    return [*range(half), None, *range(T - half, T)]


def gradient_lab() -> Explorer:
    """Curves of ‖∂h_T/∂h_t‖ with their bound, and words coloured by how much they are felt."""
    fig = figure(9.2, 4.6)
    top, bottom = fig.subplots(2, 1, height_ratios=[5, 1])
    where = np.linspace(0, 1, 5)
    top.axhline(1, color=PALE, lw=1.2, zorder=0)
    bound_label, rate_label = r"bound $(\gamma\sigma_{max})^{T-t}$", r"$\rho^{T-t}$"
    (bound,) = top.plot([], [], "--", color=ORANGE, lw=1.6, label=bound_label)
    (rate,) = top.plot([], [], ":", color=GREY, lw=1.8, label=rate_label)
    (curve,) = top.plot([], [], color=BLUE, lw=2.6, label="measured", marker="o", markevery=[-1])
    top.set(xlim=(0, 1), ylim=(LOWEST, HIGHEST), yscale="log", xticks=[])
    top.set_ylabel(r"$\|\partial h_T / \partial h_t\|$")
    top.set_yticks([10.0**k for k in range(-12, 9, 4)])
    top.minorticks_off()
    top.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 0.99),
        ncols=3,
        fontsize=10,
        handlelength=1.6,
        columnspacing=1.2,
    )
    title = top.set_title("gradient lab")
    beyond = top.text(0.01, 0.04, "", transform=top.transAxes, color=BLUE)
    under = top.get_xaxis_transform()
    ticks = [top.text(x, -0.035, "1", transform=under, ha="center", va="top") for x in where]
    top.text(0.5, -0.14, "time step t", transform=under, ha="center", va="top")
    strip = bottom.imshow(np.ones((1, WORDS)), cmap=HEAT, vmin=-6, vmax=0, aspect="auto")
    bottom.set(yticks=[], xticks=[])
    bottom.set_title("First and last words. ÷15: felt 15 times less than the last state", size=10)
    bottom.spines[:].set_visible(False)
    labels = [bottom.text(k, 0, "", ha="center", va="center", size=9) for k in range(WORDS)]
    text = passage()

    def update(T: int, radius: float, activation: str, model: str) -> str:
        reach = measure(text[:T], radius, activation, model)
        norms = reach.norms.clip(1e-300)
        x = np.linspace(0, 1, T) if T > 1 else np.ones(1)
        curve.set_data(x, norms)
        for line, values in ((bound, reach.bound), (rate, reach.rate)):
            line.set_data(x, np.full(T, np.nan) if values is None else values)
        title.set_text(verdict(reach.norms))
        off_the_picture = not LOWEST < norms[0] < HIGHEST
        beyond.set_text(f"at t = 1: {power_of_ten(norms[0])}" if off_the_picture else "")
        for tick, place in zip(ticks, where, strict=True):
            t = 1 + round(place * (T - 1))
            tick.set(text=str(t), x=x[t - 1])
        felt = np.full(WORDS, np.nan)
        for k, (label, n) in enumerate(zip(labels, shown_words(T), strict=True)):
            if n is None:
                label.set(text="…" if T > WORDS else "", color=INK)
                continue
            felt[k] = np.log10(norms[n])
            ink = INK if felt[k] > -3 else "white"
            label.set(text=f"{text[n]}\n{format_relative(norms[n])}", color=ink)
        strip.set_data(felt[None])
        return f"‖∂h_T/∂h_1‖ = {reach.norms[0]:.2g}. {reach.about}"

    return explore(
        update,
        fig,
        T=slider("sequence length T", 1, LONGEST, 50),
        radius=slider("spectral radius ρ of W", 0.2, 2.0, 0.9, step=0.02),
        activation=choice("activation f", list(ACTIVATIONS)),
        model=choice("model", MODELS),
    )
