"""What lesson 6 claims about attention: its model and three rivals, trained from one start.

Rivals: lesson 3's model with lesson 3's training; the same with this lesson's encoder and training,
so that only attention differs; attention with an encoder that reads forwards only. The fixed
expressions are not repeated, as they are in the lesson, so that all models see the same sentences.
"""

import random
import time
from typing import Any

import torch
from torch import Tensor

from helpers import words
from helpers.taught.attention import AttentionSeq2Seq, AttentionState
from helpers.taught.encoder_decoder import Encoder, Seq2Seq, last_valid_state
from helpers.training import fit, translation_loss
from tools.experiments.corpus import CHINESE, ENGLISH, TRAIN

LESSON_3 = {"epochs": 8, "batch": 32}
LESSON_6 = {"epochs": 6, "batch": 64}
LR = 4e-3  # both lessons'


def without_attention() -> AttentionSeq2Seq:
    """Lesson 6's model, both ways of reading included, with every context vector zero."""
    model = AttentionSeq2Seq(len(ENGLISH), len(CHINESE))
    step = model.decoder.step

    def blind(
        ids: Tensor, state: AttentionState, weights: Tensor | None = None
    ) -> tuple[Tensor, Tensor, AttentionState]:
        return step(ids, state, 0.0 * state.mask)

    model.decoder.step = blind  # type: ignore[method-assign]
    return model


class OneWayEncoder(Encoder):
    """Lesson 3's encoder with the interface of lesson 6's."""

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        h = super().forward(ids)
        return h, last_valid_state(h, mask)


def one_way() -> AttentionSeq2Seq:
    model = AttentionSeq2Seq(len(ENGLISH), len(CHINESE))
    model.encoder = OneWayEncoder(len(ENGLISH), 64, 96)  # type: ignore[assignment]
    return model


MODELS = {
    "lesson 3": (lambda: Seq2Seq(len(ENGLISH), len(CHINESE)), LESSON_3),
    "no attention": (without_attention, LESSON_6),
    "attention, one-way": (one_way, LESSON_6),
    "attention": (lambda: AttentionSeq2Seq(len(ENGLISH), len(CHINESE)), LESSON_6),
}


def trained(name: str, seed: int, epochs: int | None = None) -> tuple[Any, float]:
    """A model of `MODELS` and the seconds of process time that its training took.

    epochs: instead of the lesson's own number.
    """
    make, how = MODELS[name]
    torch.manual_seed(seed)
    model, start = make(), time.process_time()
    fit(
        model,
        lambda epoch: words.translation_batches(TRAIN, ENGLISH, CHINESE, how["batch"], epoch),
        translation_loss,
        epochs=epochs or how["epochs"],
        lr=LR,
        quiet=True,
    )
    return model, time.process_time() - start


@torch.no_grad()
def attention_links(
    model: AttentionSeq2Seq, pairs: list[words.Pair], row: int = 0
) -> list[list[tuple[int, int]]]:
    """For each target token the source word with the largest weight, fed the true tokens.

    row: 0 for the weights that the token was made from, 1 for those one step later.
    """
    (batch,) = [
        words.TranslationBatch(
            *words.pad_batch([ENGLISH.encode(pair.source) for pair in pairs]),
            *words.pad_batch([CHINESE.encode(pair.target, True, True) for pair in pairs]),
        )
    ]
    state, rows = model.start(batch.source, batch.source_mask), []
    for ids in batch.target[:, :-1].unbind(1):
        _, weights, state = model.step(ids, state)
        rows.append(weights.argmax(-1))
    best = torch.stack(rows, dim=1).tolist()  # (B, T - 1)
    return [
        [(best[b][j + row], j) for j in range(len(pair.target))] for b, pair in enumerate(pairs)
    ]


def baselines(pairs: list[words.Pair]) -> dict[str, list[list[tuple[int, int]]]]:
    """Links that know nothing: along the diagonal, and drawn at random."""
    rng = random.Random(0)
    sizes = [(len(pair.source), len(pair.target)) for pair in pairs]
    return {
        "diagonal": [[(j * S // T, j) for j in range(T)] for S, T in sizes],
        "random": [[(rng.randrange(S), j) for j in range(T)] for S, T in sizes],
    }
