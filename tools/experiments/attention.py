"""What lesson 6 claims about attention: its model and four rivals, trained from one start.

Rivals: lesson 3's model with lesson 3's training; the same with this lesson's encoder and training,
so that only attention differs; attention with an encoder that reads forwards only; attention whose
score is the dot product of the two states, without any matrix. The fixed expressions are not
repeated, as they are in the lesson, so that all models see the same sentences.

Then the lesson's interventions on the trained model, with the functions of the lesson itself.
"""

import random
import time
from typing import Any

import torch
from torch import Tensor, nn

from helpers import words
from helpers.decoding import Step, decode_batch
from helpers.labs.attention import MeasureWord, measure_word, with_other_nouns
from helpers.metrics import exact_match
from helpers.taught.attention import AttentionSeq2Seq, AttentionState, masked_softmax
from helpers.taught.encoder_decoder import Encoder, Seq2Seq, last_valid_state
from helpers.training import fit, translation_loss
from notebooks.lessons import lesson
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


class DotProductAttention(nn.Module):
    """Weights from the scores e_j = s · h_j: nothing in the alignment model is learnt."""

    def __init__(self) -> None:
        super().__init__()
        self.U = nn.Identity()  # the decoder's interface: what is made once for each sentence

    def forward(self, s: Tensor, h: Tensor, mask: Tensor) -> Tensor:
        return masked_softmax((h @ s.unsqueeze(-1)).squeeze(-1), mask)


def dot_product() -> AttentionSeq2Seq:
    model = AttentionSeq2Seq(len(ENGLISH), len(CHINESE))
    model.decoder.attention = DotProductAttention()  # type: ignore[assignment]
    return model


MODELS = {
    "lesson 3": (lambda: Seq2Seq(len(ENGLISH), len(CHINESE)), LESSON_3),
    "no attention": (without_attention, LESSON_6),
    "attention, one-way": (one_way, LESSON_6),
    "dot product": (dot_product, LESSON_6),
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


LOOKS = ("own", "gold", "uniform", "shifted", "nowhere")  # where the decoder is made to look


def _written(step: Step, start: AttentionState, count: int) -> list[list[str]]:
    return [CHINESE.decode(row) for row in decode_batch(step, start, count).rows]


def _start(model: AttentionSeq2Seq, sources: list[list[str]]) -> AttentionState:
    return model.start(*words.pad_batch([ENGLISH.encode(source) for source in sources]))


@torch.no_grad()
def made_to_look(
    model: AttentionSeq2Seq, pairs: list[words.Pair], look: str, another_start: bool, share: float
) -> float:
    """Exact match when a share of the weights is moved to those of `look`.

    another_start: the decoder starts from s_0 of the next sentence instead of its own.
    """
    of_lesson = lesson("06").define(
        "uniform", "shifted", "nowhere", "gold_of", "redirect", given={"translator": model}
    )
    change = {
        "own": lambda own, mask, t: own,
        "gold": of_lesson["gold_of"](pairs),
        **{name: of_lesson[name] for name in ("uniform", "shifted", "nowhere")},
    }[look]
    start = _start(model, [pair.source for pair in pairs])
    if another_start:
        start = start._replace(s=start.s.roll(1, dims=0))
    found = _written(of_lesson["redirect"](change, share), start, len(pairs))
    return exact_match([words.join_chinese(row) for row in found], [p.chinese for p in pairs])


@torch.no_grad()
def changed_measure_words(model: AttentionSeq2Seq, found: list[MeasureWord]) -> dict[str, int]:
    """How many measure words change when the decoder may not look at a word, or s_0 is another's.

    "swapped" is what changes when the noun itself is another one.
    """
    hide = lesson("06").define("hide")["hide"]
    sources = [each.pair.source for each in found]
    noun, number = (torch.tensor([each[k] for each in found]) for k in (3, 2))
    start = _start(model, sources)
    before = [measure_word(row) for row in _written(model.step, start, len(found))]

    def changed(start: AttentionState, *hidden: Tensor) -> int:
        for place in hidden:
            start = start._replace(mask=hide(start.mask, place))
        after = [measure_word(row) for row in _written(model.step, start, len(found))]
        return sum(a != b for a, b in zip(before, after, strict=True))

    another = start._replace(s=start.s.roll(1, dims=0))
    return {
        "noun": changed(start, noun),
        "number": changed(start, number),
        "word before": changed(start, number - 1),
        "noun and neighbours": changed(start, noun, noun - 1, noun + 1),
        "another start": changed(another),
        "noun, another start": changed(another, noun),
        "swapped": changed(_start(model, with_other_nouns(found))),
    }
