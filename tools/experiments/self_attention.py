"""What lesson 7 claims about attention without an RNN: its Transformer, trained from one start."""

import statistics
import time

import torch

from helpers import words
from helpers.metrics import exact_match
from helpers.taught.transformer import Transformer
from helpers.training import adam_with_warmup, fit, translation_loss
from tools.experiments.corpus import CHINESE, ENGLISH, GROUPS, TRAIN, translations

EPOCHS, BATCH, LR = 8, 32, 8e-3  # the lesson's


def batches_of(epoch: int) -> list[words.TranslationBatch]:
    return words.translation_batches(TRAIN, ENGLISH, CHINESE, BATCH, seed=epoch)


def trained(
    seed: int, layers: int = 1, epochs: int = EPOCHS, constant: float | None = None
) -> tuple[Transformer, float]:
    """A model and the seconds of process time that its training took.

    constant: one step size throughout, instead of the schedule.
    """
    torch.manual_seed(seed)
    model = Transformer(len(ENGLISH), len(CHINESE), layers=layers)
    optimizer: torch.optim.Optimizer = adam_with_warmup(
        model, LR, steps=epochs * len(batches_of(0))
    )
    if constant is not None:
        optimizer = torch.optim.Adam(model.parameters(), lr=constant, fused=True)
    start = time.process_time()
    fit(model, batches_of, translation_loss, epochs=epochs, optimizer=optimizer, quiet=True)
    return model, time.process_time() - start


def four_clauses(model: Transformer) -> dict[str, float]:
    """Exact match by length in Chinese tokens, beside three clauses; how four clauses fail."""
    found = {}
    for n in (3, 4):
        lines = translations(model, GROUPS[n])
        for low, high in ((28, 31), (32, 34), (35, 37), (38, 40), (41, 48)):
            some = [k for k, pair in enumerate(GROUPS[n]) if low <= len(pair.target) <= high]
            right = [GROUPS[n][k].chinese for k in some]
            name = f"{n} clauses, {low} to {high} tokens ({len(some)} sentences)"
            found[name] = exact_match([lines[k] for k in some], right)
    first = [
        a.split("，")[0] == p.chinese.split("，")[0] for a, p in zip(lines, GROUPS[4], strict=True)
    ]
    found["first clause of four right"] = statistics.mean(first)
    found["fewer than four clauses written"] = statistics.mean(a.count("，") < 3 for a in lines)
    return found


def swapped_alike(model: Transformer) -> float:
    """Share of one-clause sentences whose words, reversed but for the stop, are read no otherwise.

    Compared is the translation. With positions hardly any, without positions all.
    """
    pairs = GROUPS[1]
    reversed_pairs = [
        words.Pair(" ".join([*pair.source[-2::-1], pair.source[-1]]), "") for pair in pairs
    ]
    return exact_match(translations(model, pairs), translations(model, reversed_pairs))
