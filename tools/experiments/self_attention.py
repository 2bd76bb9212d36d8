"""What lessons 7 and 8 claim about the small Transformer: trained from one start, in variants."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import combinations
from math import cos, pi
from typing import Any

import torch
from torch import Tensor

from helpers import words
from helpers.corpus.write import distinct
from helpers.metrics import exact_match
from helpers.taught import transformer
from helpers.taught.transformer import Transformer
from helpers.training import adam_with_warmup, fit, translation_loss
from tools.experiments.corpus import CHINESE, ENGLISH, GROUPS, TRAIN, translations

MEASURES = set("顆碗杯隻朵本封部張件支輛")
EPOCHS, BATCH, LR = 8, 32, 8e-3  # the lesson's
BANDS = ((26, 28), (29, 31), (32, 34), (35, 37), (38, 40), (41, 43))  # Chinese tokens
LENGTHS = [(3, band) for band in BANDS[:5]] + [(4, band) for band in BANDS[1:]]

# What is done otherwise than in the lesson. `layers` and `heads` are the model's; `attention` and
# `positions` replace the functions of that name; the rest is the optimizer's.
VARIANTS: dict[str, dict[str, Any]] = {
    "lesson": {},
    "unscaled": {"scaled": False},
    "one head": {"heads": 1},
    "one head, unscaled": {"heads": 1, "scaled": False},
    "no positions": {"positions": "none"},
    "no climb": {"climb": False},
    "no fall": {"fall": False},
    "no climb, no fall": {"climb": False, "fall": False},
    "beta 0.999": {"beta": 0.999},
    "no climb, no fall, beta 0.999": {"climb": False, "fall": False, "beta": 0.999},
}


def batches_of(epoch: int) -> list[words.TranslationBatch]:
    return words.translation_batches(TRAIN, ENGLISH, CHINESE, BATCH, seed=epoch)


@contextmanager
def replaced(name: str, function: Callable[..., Any]) -> Iterator[None]:
    """Inside, the Transformer uses another function of that name."""
    original = getattr(transformer, name)
    setattr(transformer, name, function)
    try:
        yield
    finally:
        setattr(transformer, name, original)


def unscaled(
    queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Attention without the division by √d."""
    from helpers.taught.attention import attention

    return attention(queries * queries.shape[-1] ** 0.5, keys, values, mask)


def no_positions(T: int, size: int) -> Tensor:
    return torch.zeros(T, size)


def adam(
    model: torch.nn.Module, lr: float, steps: int, beta: float, climb: bool, fall: bool
) -> torch.optim.Adam:
    """Adam with a step size that climbs over a tenth of the steps, falls after it, both or none."""
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, betas=(0.9, beta), fused=True)
    up = steps / 10 if climb else 0.0

    def factor(step: int) -> float:
        if step < up:
            return 0.5 - 0.5 * cos(pi * (step + 1) / up)
        return 0.5 + 0.5 * cos(pi * (step - up) / (steps - up)) if fall else 1.0

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    optimizer.register_step_post_hook(lambda *_: schedule.step())
    return optimizer


@contextmanager
def as_built(variant: str) -> Iterator[None]:
    """Inside, models work as the variant does: for translating with a model that was trained so."""
    options = VARIANTS[variant]
    with ExitStack() as stack:
        if not options.get("scaled", True):
            stack.enter_context(replaced("attention", unscaled))
        if options.get("positions") == "none":
            stack.enter_context(replaced("positions", no_positions))
        yield


def trained(seed: int, variant: str = "lesson", epochs: int = EPOCHS) -> tuple[Transformer, float]:
    """A model and the seconds of process time that its training took. Use it inside `as_built`."""
    options = VARIANTS[variant]
    torch.manual_seed(seed)
    sizes = {name: options[name] for name in ("heads", "layers") if name in options}
    model = Transformer(len(ENGLISH), len(CHINESE), **sizes)
    steps, lr = epochs * len(batches_of(0)), options.get("lr", LR)
    optimizer = adam_with_warmup(model, lr, steps)
    if {"climb", "fall", "beta"} & set(options):
        how: dict[str, Any] = {"beta": 0.98, "climb": True, "fall": True}
        how |= {name: options[name] for name in how if name in options}
        optimizer = adam(model, lr, steps, **how)
    start = time.process_time()
    with as_built(variant):
        fit(model, batches_of, translation_loss, epochs=epochs, optimizer=optimizer, quiet=True)
    return model, time.process_time() - start


@cache
def new_sentences(clauses: int, low: int, high: int, count: int = 100) -> list[words.Pair]:
    """Sentences that training does not have, of so many clauses and Chinese tokens."""
    known, rng = {pair.english for pair in TRAIN}, random.Random(100 * clauses + low)
    found: dict[str, words.Pair] = {}
    for _ in range(20):
        for pair in distinct(rng, clauses, 2000):
            if low <= len(pair.target) <= high and pair.english not in known:
                found.setdefault(pair.english, pair)
        if len(found) >= count:
            return [*found.values()][:count]
    return [*found.values()]


def exact_by_length(model: Transformer) -> list[tuple[int, int, int, int, float]]:
    """(clauses, low, high, sentences, exact match) of new sentences, by length in Chinese tokens.

    Three and four clauses of the same length, so that the two can be told apart.
    """
    rows = []
    for clauses, (low, high) in LENGTHS:
        pairs = new_sentences(clauses, low, high)
        share = exact_match(translations(model, pairs), [pair.chinese for pair in pairs])
        rows.append((clauses, low, high, len(pairs), share))
    return rows


def swapped_alike(model: Transformer) -> float:
    """Share of one-clause sentences whose words, reversed but for the stop, are read no otherwise.

    Compared is the translation. With positions hardly any, without positions all.
    """
    pairs = GROUPS[1]
    reversed_pairs = [
        words.Pair(" ".join([*pair.source[-2::-1], pair.source[-1]]), "") for pair in pairs
    ]
    return exact_match(translations(model, pairs), translations(model, reversed_pairs))


# --- heads ---------------------------------------------------------------------------------------


def attentions_of(model: Transformer) -> dict[str, transformer.MultiHeadAttention]:
    """The three attentions of a model with one block on each side."""
    encoder: Any = model.encoder.blocks[0]
    decoder: Any = model.decoder.blocks[0]
    return {
        "encoder": encoder.self_attention,
        "back": decoder.self_attention,
        "across": decoder.cross_attention,
    }


@contextmanager
def heads_off(attention: transformer.MultiHeadAttention, heads: list[int]) -> Iterator[None]:
    """Inside, what these heads found does not reach W_O: their columns of it are zero."""
    weight, d = attention.W_O.weight, attention.W_O.in_features // attention.heads
    before = weight.detach().clone()
    try:
        with torch.no_grad():
            for head in heads:
                weight[:, head * d : (head + 1) * d] = 0.0
        yield
    finally:
        with torch.no_grad():
            weight.copy_(before)


def exact_without(model: Transformer, kind: str, heads: list[int]) -> float:
    """Exact match on test sentences of two clauses while some heads of one attention are off."""
    with heads_off(attentions_of(model)[kind], heads):
        return exact_match(translations(model, GROUPS[2]), [pair.chinese for pair in GROUPS[2]])


# Which tokens are told apart when heads are compared.
KINDS = ("measure word", "first character", "later character")


def kind_of(pair: words.Pair, j: int) -> str | None:
    """Whether Chinese token j is a measure word, or which character of a translated word."""
    sure = {i for i, k in pair.sure if k == j}
    if not sure:
        possible = {i for i, k in pair.possible if k == j}
        return "measure word" if pair.target[j] in MEASURES and possible else None
    before = {i for i, k in pair.sure if k == j - 1}
    return "later character" if sure & before else "first character"


@torch.no_grad()
def looks_across(model: Transformer, pairs: list[words.Pair]) -> dict[str, dict[str, float]]:
    """For each of `KINDS`, over all its tokens, fed the true ones: what the heads look at most.

    `agree`: share of pairs of heads with the same word. `one`, `all`: share of tokens where at
    least one head, or all, look at a linked word; for a measure word that is its noun.
    """
    counts = {kind: {"tokens": 0, "agree": 0.0, "one": 0, "all": 0} for kind in KINDS}
    for pair in pairs:
        source, mask = words.pad_batch([ENGLISH.encode(pair.source)])
        target = torch.tensor([CHINESE.encode(pair.target, bos=True)])
        memory, _ = model.encoder(source, mask)
        best = model.decoder(target, memory, mask)[1][-1][1][0].argmax(dim=-1)  # (heads, T)
        for j in range(len(pair.target)):
            kind = kind_of(pair, j)
            if kind is None:
                continue
            looked = best[:, j].tolist()
            linked = {i for i, k in pair.sure | pair.possible if k == j}
            if kind == "measure word":  # of the determiner and the noun, the noun stands last
                linked = {max(linked)}
            hits = [i in linked for i in looked]
            couples = list(combinations(looked, 2))
            row = counts[kind]
            row["tokens"] += 1
            row["agree"] += sum(a == b for a, b in couples) / len(couples)
            row["one"] += any(hits)
            row["all"] += all(hits)
    return {
        kind: {name: value / (row["tokens"] if name != "tokens" else 1)
               for name, value in row.items()}
        for kind, row in counts.items()
    }  # fmt: skip
