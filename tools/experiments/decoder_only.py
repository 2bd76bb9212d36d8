"""What lesson 8 claims of a decoder alone: lesson 2's text, its RNN and a causal Transformer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from helpers import words
from helpers.metrics import tense_agreement
from helpers.taught.recurrent import LanguageModel
from helpers.taught.transformer import CausalLanguageModel, read_one
from helpers.training import adam_with_warmup, fit
from tools.experiments.corpus import CHINESE, TRAIN

EPOCHS, BATCH = 5, 32  # lesson 2's
HELD_OUT = words.read_pairs(split="valid")
STARTS = ("我媽媽昨天在市場買", "我媽媽明天會在市場買")  # 了 follows the first, not the second


def encoded(pairs: list[words.Pair]) -> list[list[int]]:
    return [CHINESE.encode(pair.target, bos=True, eos=True) for pair in pairs]


MODELS: dict[str, tuple[Callable[[], nn.Module], float | None]] = {  # None: the schedule of 8e-3
    "RNN, lesson 2": (lambda: LanguageModel(len(CHINESE)), 3e-3),
    "RNN, with the schedule": (lambda: LanguageModel(len(CHINESE)), None),
    "Transformer, 1 block": (lambda: CausalLanguageModel(len(CHINESE), layers=1), None),
}


def next_token_loss(model: Any, batch: tuple[Tensor, Tensor]) -> Tensor:
    """Mean cross-entropy of each token, given all tokens before it."""
    ids, mask = batch
    logits, _ = model(ids[:, :-1])
    real = mask[:, 1:]
    return nn.functional.cross_entropy(logits[real], ids[:, 1:][real])


def trained(name: str, seed: int) -> tuple[nn.Module, float]:
    """A model of `MODELS` and the seconds of process time that its training took."""
    make, lr = MODELS[name]
    torch.manual_seed(seed)
    model, sequences = make(), encoded(TRAIN)

    def batches_of(epoch: int) -> list[tuple[Tensor, Tensor]]:
        return words.sequence_batches(sequences, BATCH, seed=epoch)

    optimizer = None if lr else adam_with_warmup(model, 8e-3, EPOCHS * len(batches_of(0)))
    start = time.process_time()
    fit(
        model,
        batches_of,
        next_token_loss,
        epochs=EPOCHS,
        lr=lr or 0.0,
        optimizer=optimizer,
        quiet=True,
    )
    return model, time.process_time() - start


@torch.no_grad()
def judged(model: nn.Module) -> list[float]:
    """Perplexity of the held-out text, and the probability of 了 after each of `STARTS`."""
    found = [next_token_loss(model, words.pad_batch(encoded(HELD_OUT))).exp().item()]
    (finished,) = CHINESE.encode(["了"])
    for start in STARTS:
        ids = torch.tensor([CHINESE.encode([*start], bos=True)])
        found.append(model(ids)[0][0, -1].softmax(-1)[finished].item())
    return found


@torch.no_grad()
def sampled(model: Any, count: int = 2000, limit: int = 48) -> list[str]:
    """Sentences drawn at temperature 1, those that reach the limit left out."""
    ids = torch.full((count, 1), words.BOS_ID)
    recurrent = isinstance(model, LanguageModel)
    state: Any = None if recurrent else [None for _ in model.blocks]
    while ids.shape[1] < limit:
        if recurrent:
            logits, states = model(ids[:, -1:], state)
            logits, state = logits[:, -1], states[:, -1]
        else:
            logits, state = read_one(model, ids[:, -1:], state)
        ids = torch.cat([ids, torch.multinomial(logits.softmax(-1), 1)], dim=1)
    rows = [row[: row.index(words.EOS_ID)] for row in ids.tolist() if words.EOS_ID in row]
    return [words.join_chinese(CHINESE.decode(row)) for row in rows]


def time_kept(model: nn.Module, seed: int) -> tuple[float, int]:
    """Share of later clauses in sampled sentences that keep the time of the first, and how many."""
    torch.manual_seed(seed)
    return tense_agreement(sampled(model))
