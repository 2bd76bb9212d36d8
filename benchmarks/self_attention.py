"""What lessons 7 and 8 claim about attention without an RNN, for seeds 0 to 4, as tables in data/.

    python -m benchmarks.self_attention --write          # everything: about an hour on one core
    python -m benchmarks.self_attention training lesson  # one part, here one variant; prints

Parts: `training` (names of `VARIANTS` may follow), the lesson's Transformer and variants of it,
with its heads switched off and longer sentences; `text`, a decoder alone beside lesson 2's RNN;
`cost`, milliseconds of one layer by length, and the page faults that tell where the time goes.
All on one thread, process time. With --write, rows of the runs that were made replace the old ones.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from helpers import DATA, words
from helpers.taught.attention import AttentionSeq2Seq
from helpers.taught.transformer import MultiHeadAttention, Transformer
from helpers.training import fit, translation_loss
from tools.experiments import decoder_only
from tools.experiments.corpus import CHINESE, ENGLISH, GROUPS, TRAIN, exact_by_clauses
from tools.experiments.cost import milliseconds
from tools.experiments.self_attention import (
    VARIANTS,
    as_built,
    attentions_of,
    exact_by_length,
    exact_without,
    looks_across,
    swapped_alike,
    trained,
)

SEEDS = range(5)
LENGTHS = [8, 16, 32, 64, 128, 256, 512, 1024]
Row = tuple[object, ...]
# Each table: its columns, and how many of them say which run a row is of.
TABLES = {
    "transformer": ("variant seed one two three four alike seconds", 2),
    "transformer_lengths": ("variant seed clauses low high sentences exact", 5),
    "transformer_heads": ("seed attention off exact", 3),
    "transformer_looks": ("seed tokens count agree one all", 2),
    "decoder_only": (
        "model seed parameters perplexity after_past after_future time_kept clauses seconds",
        2,
    ),
    "attention_cost": ("layer size T milliseconds faults", 3),
}
# Malloc keeps what was freed, instead of giving it back to the system (glibc's `mallopt`).
KEPT = {
    "MALLOC_MMAP_THRESHOLD_": str(2**32),
    "MALLOC_TRIM_THRESHOLD_": str(2**32),
    "MALLOC_TOP_PAD_": str(2**28),
}


def text(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def write(name: str, rows: list[Row]) -> None:
    """Put rows into data/NAME.tsv, in place of those of the same runs."""
    columns, keys = TABLES[name]
    path = Path(DATA / f"{name}.tsv")
    old = path.read_text(encoding="utf-8").splitlines()[1:] if path.exists() else []
    table = {tuple(line.split("\t")[:keys]): line for line in old}
    for row in rows:
        fields = [text(value) for value in row]
        table[tuple(fields[:keys])] = "\t".join(fields)
    lines = ["\t".join(columns.split()), *table.values()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def training(variants: list[str], keep: Callable[[str, list[Row]], None]) -> None:
    for variant in variants:
        for seed in SEEDS:
            model, seconds = trained(seed, variant)
            with as_built(variant):
                exact, alike = exact_by_clauses(model), ""
                if variant in ("lesson", "no positions"):
                    alike = text(swapped_alike(model))
                keep("transformer", [(variant, seed, *exact, alike, round(seconds, 1))])
            if variant == "lesson":
                rows = [(variant, seed, *row) for row in exact_by_length(model)]
                keep("transformer_lengths", rows)
                heads(model, seed, keep)


def heads(model: Transformer, seed: int, keep: Callable[[str, list[Row]], None]) -> None:
    """What is right without each head, and without all four; what the heads look at."""
    rows: list[Row] = [(seed, "across", "none", exact_without(model, "across", []))]
    for kind in attentions_of(model):
        for off in ([0], [1], [2], [3], [0, 1, 2, 3]):
            name = off[0] if len(off) == 1 else "all"
            rows.append((seed, kind, name, exact_without(model, kind, off)))
    keep("transformer_heads", rows)
    looks = looks_across(model, GROUPS[1] + GROUPS[2])
    keep("transformer_looks", [(seed, kind, *row.values()) for kind, row in looks.items()])


def language_models(keep: Callable[[str, list[Row]], None]) -> None:
    for name in decoder_only.MODELS:
        for seed in SEEDS:
            model, seconds = decoder_only.trained(name, seed)
            size = sum(weights.numel() for weights in model.parameters())
            judged = *decoder_only.judged(model), *decoder_only.time_kept(model, seed)
            keep("decoder_only", [(name, seed, size, *judged, round(seconds, 1))])


class FusedAttention(MultiHeadAttention):
    """The same layer with PyTorch's own function, which never stores the T × T weights."""

    def forward(self, y: Tensor, x: Tensor, mask: Tensor | None = None) -> Tensor:  # type: ignore[override]
        parts = (self.split(W(z)) for W, z in ((self.W_Q, y), (self.W_K, x), (self.W_V, x)))
        context = F.scaled_dot_product_attention(*parts, attn_mask=mask)
        return self.W_O(context.transpose(1, 2).flatten(2))


def layers_of(size: int) -> dict[str, Callable[[Tensor], object]]:
    attention, fused = MultiHeadAttention(size, heads=4), FusedAttention(size, heads=4)
    return {
        "RNN": nn.RNN(size, size, batch_first=True),
        "LSTM": nn.LSTM(size, size, batch_first=True),
        "attention": lambda x: attention(x, x),
        "attention, fused": lambda x: fused(x, x),
    }


def page_faults() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


@torch.no_grad()
def cost_rows(kept: bool, rounds: int = 9) -> list[Row]:
    """Least milliseconds and page faults for one sequence (1, T, size), layers in turn."""
    rows: list[Row] = []
    for size in (64, 256):
        layers = layers_of(size)
        if kept:
            layers = {"attention, memory kept": layers["attention"]}
        for T in LENGTHS:
            x, repeats = torch.randn(1, T, size), max(1, 128 // T)
            found: dict[str, list[tuple[float, int]]] = {name: [] for name in layers}
            for _ in range(rounds):
                for name, layer in layers.items():
                    before = page_faults()
                    ms = milliseconds(lambda f=layer, x=x: f(x), repeats)
                    found[name].append((ms, (page_faults() - before) // repeats))
            for name, runs in found.items():
                ms, faults = (min(column) for column in zip(*runs, strict=True))
                rows.append((name, size, T, ms, faults))
    return rows


def cost(keep: Callable[[str, list[Row]], None]) -> None:
    keep("attention_cost", cost_rows(kept=False))
    command = [sys.executable, "-m", "benchmarks.self_attention", "cost-kept"]
    done = subprocess.run(
        command, env={**os.environ, **KEPT}, check=True, capture_output=True, encoding="utf-8"
    )
    keep("attention_cost", [tuple(line.split("\t")) for line in done.stdout.splitlines()])


def epochs(rounds: int = 3, batch: int = 64) -> None:
    """Prints seconds of process time for one epoch, beside lesson 6's model."""
    batches = words.translation_batches(TRAIN, ENGLISH, CHINESE, batch, seed=0)
    for name, kind in (("Transformer", Transformer), ("lesson 6's", AttentionSeq2Seq)):
        times = []
        for _ in range(rounds):
            model = kind(len(ENGLISH), len(CHINESE))
            times.append(
                milliseconds(
                    lambda m=model: fit(m, batches, translation_loss, epochs=1, quiet=True)
                )
            )
        size = sum(weights.numel() for weights in model.parameters())
        print(f"{name:12} {min(times) / 1000:6.2f} s for one epoch, {size} parameters")


def main(arguments: list[str]) -> None:
    torch.set_num_threads(1)
    if arguments == ["cost-kept"]:
        for row in cost_rows(kept=True):
            print("\t".join(map(text, row)))
        return
    writes = "--write" in arguments
    chosen = [word for word in arguments if word != "--write"]

    def keep(name: str, rows: list[Row]) -> None:
        for row in rows:
            print(name, *map(text, row), sep="\t", flush=True)
        if writes:
            write(name, rows)

    if not chosen or chosen[0] == "training":
        training(chosen[1:] or list(VARIANTS), keep)
    if not chosen or chosen[0] == "text":
        language_models(keep)
    if not chosen or chosen[0] == "cost":
        cost(keep)
        epochs()


if __name__ == "__main__":
    main(sys.argv[1:])
