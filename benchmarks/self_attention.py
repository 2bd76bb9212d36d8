"""What lessons 7 and 8 claim about attention without an RNN, for seeds 0 to 4, as tables.

    python -m benchmarks.self_attention              # training, then time: about fifteen minutes
    python -m benchmarks.self_attention training 0   # one seed
    python -m benchmarks.self_attention time

Training: exact match by clauses, running free, and seconds of process time (one thread). Rivals:
the same Transformer without positions, with two layers, and with a constant step size. "alike" is
the share of one-clause sentences whose translation stays the same when their words are reversed.
Time: milliseconds for one forward pass over T places, one layer each; seconds of one epoch, beside
lesson 6's model.
"""

import statistics
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from helpers import words
from helpers.taught import transformer
from helpers.taught.attention import AttentionSeq2Seq
from helpers.taught.transformer import Transformer
from helpers.training import fit, translation_loss
from tools.experiments.corpus import CHINESE, ENGLISH, TRAIN, exact_by_clauses
from tools.experiments.cost import milliseconds
from tools.experiments.self_attention import VARIANTS, as_built, trained


def training(seeds: list[int]) -> None:
    print("exact match, running free, at 1 / 2 / 3 / 4 clauses; seconds of training")
    for seed in seeds:
        for variant in VARIANTS:
            model, seconds = trained(seed, variant)
            with as_built(variant):
                exact = " ".join(f"{x:6.1%}" for x in exact_by_clauses(model))
            print(f"seed {seed}  {variant:30} {exact}  {seconds:5.1f} s", flush=True)


def layers_of(size: int) -> dict[str, Callable[[Tensor], object]]:
    look = transformer.MultiHeadAttention(size, heads=4)
    return {
        "RNN": nn.RNN(size, size, batch_first=True),
        "LSTM": nn.LSTM(size, size, batch_first=True),
        "attention": lambda x: look(x, x),
    }


@torch.no_grad()
def forward_times(size: int, lengths: list[int], rounds: int = 9) -> dict[str, list[float]]:
    """Least milliseconds of process time for one sequence (1, T, size), runs interleaved."""
    layers = layers_of(size)
    found: dict[str, list[float]] = {name: [] for name in layers}
    for T in lengths:
        x, repeats = torch.randn(1, T, size), max(1, 128 // T)
        runs = [
            {name: milliseconds(lambda f=f, x=x: f(x), repeats) for name, f in layers.items()}
            for _ in range(rounds)
        ]
        for name in layers:
            found[name].append(min(run[name] for run in runs))
    return found


def times() -> None:
    lengths = [8, 16, 32, 64, 128, 256, 512, 1024, 2048]
    for size in (64, 256):
        print(f"\nmilliseconds for one sequence of T places, size {size}")
        print(f"{'T':12}" + "".join(f"{T:9}" for T in lengths))
        for name, row in forward_times(size, lengths).items():
            print(f"{name:12}" + "".join(f"{ms:9.2f}" for ms in row), flush=True)


def epochs(rounds: int = 3, batch: int = 64) -> None:
    """Seconds of process time for one epoch, the two models in turn."""
    models = {"Transformer": Transformer, "lesson 6's": AttentionSeq2Seq}
    batches = words.translation_batches(TRAIN, ENGLISH, CHINESE, batch, seed=0)
    found: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(rounds):
        for name, kind in models.items():
            model, start = kind(len(ENGLISH), len(CHINESE)), time.process_time()
            fit(model, batches, translation_loss, epochs=1, quiet=True)
            found[name].append(time.process_time() - start)
    print(f"\nseconds for one epoch in batches of {batch}")
    for name, kind in models.items():
        size = sum(weights.numel() for weights in kind(len(ENGLISH), len(CHINESE)).parameters())
        print(f"{name:12} {statistics.median(found[name]):6.2f} s, {size} parameters")


def main(arguments: list[str]) -> None:
    seeds = [int(word) for word in arguments if word.isdigit()] or list(range(5))
    if "time" not in arguments:
        training(seeds)
    if "training" not in arguments:
        times()
        epochs()


if __name__ == "__main__":
    main(sys.argv[1:])
