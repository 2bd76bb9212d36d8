"""What can be computed at the same time: an RNN, an LSTM and attention on w workers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from helpers.live.marks import Axis, Bars, Curve, Dots, Names, Panel, Scene

if TYPE_CHECKING:
    from helpers.live import Explorer

WIDTH = 64  # d, numbers of a state
WORKERS = [4**k for k in range(11)]  # up to a million
COLORS = {"RNN": "grey", "LSTM": "orange", "attention": "blue"}


class Plan(NamedTuple):
    """Stages that wait for one another, and multiplications that each of them has at once."""

    stages: int
    work: int  # multiplications of one stage

    @property
    def total(self) -> int:
        return self.stages * self.work

    def time(self, workers: int) -> int:
        """Rounds of `workers` multiplications until all is done."""
        return self.stages * math.ceil(self.work / workers)


def plans(T: int, d: int = WIDTH, writing: bool = False, cache: bool = True) -> dict[str, Plan]:
    """One layer of each over T tokens of d numbers.

    Reading: an RNN takes T stages of 2d² (input and state), an LSTM of 8d²; attention one stage of
    4Td² (its four matrices) + 2T²d (scores and sums). Writing: every model takes a stage for each
    token; with a cache attention computes one row of scores, without it all rows again.
    """
    recurrent = {"RNN": Plan(T, 2 * d * d), "LSTM": Plan(T, 8 * d * d)}
    if not writing:
        return {**recurrent, "attention": Plan(1, 4 * T * d * d + 2 * T * T * d)}
    row = 4 * d * d + T * d  # on average half of T keys, for scores and for sums
    again = (4 * T * d * d + 2 * T * T * d) // 2 + 1  # on average
    return {**recurrent, "attention": Plan(T, row if cache else again)}


def schedule_scene(T: int, workers: int, task: str) -> Scene:
    """Time of each model on w workers; `task` is 'read', 'write' or 'again' (without a cache)."""
    found = plans(T, writing=task != "read", cache=task == "write")
    times = {name: plan.time(workers) for name, plan in found.items()}
    names = list(found)
    waits = Panel(
        Bars(range(3), [found[name].stages for name in names], [*COLORS.values()], across=True),
        y=Names(names=names),
        x=Axis(label="stages that wait for one another", low=0, high=max(T, 2)),
        height=80,
        title="Steps",
    )
    grid = {name: [plan.time(w) for w in WORKERS] for name, plan in found.items()}
    high = 10.0 ** math.ceil(math.log10(max(map(max, grid.values()))) + 0.01)
    curves = [Curve(WORKERS, grid[name], COLORS[name], name) for name in names]
    clock = Panel(
        *curves,
        Dots([workers] * 3, [times[name] for name in names], [*COLORS.values()]),
        x=Axis(label="workers: multiplications at once", low=1, high=WORKERS[-1], log=True),
        y=Axis(label="rounds until it is done", low=1, high=high, log=True),
        height=190,
    )
    first = min(times, key=lambda name: times[name])
    same = [name for name in names if times[name] == times[first]]
    plural = "s" * (workers > 1)
    ending = "es" * (len(same) == 1)
    title = f"On {workers:,} worker{plural} {' and '.join(same)} finish{ending} first"
    work = ", ".join(f"{name} {plan.total:,}" for name, plan in found.items())
    return Scene(waits, clock, title=title, note=f"Multiplications in all: {work}.")


def schedule_lab() -> Explorer:
    """The schedule with its controls."""
    from helpers.live import choice, explore, slider
    from helpers.live.controls import Control

    workers = Control("slider", "workers", 1, WORKERS, [f"{w:,}" for w in WORKERS])
    return explore(
        schedule_scene,
        T=slider("length T", 4, 1024, 32, step=0.1, log=True),
        workers=workers,
        task=choice(
            "task",
            {"read, or learn": "read", "write, with a cache": "write", "write, without": "again"},
        ),
    )
