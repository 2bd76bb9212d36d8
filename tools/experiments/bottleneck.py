"""What lesson 3 claims about one vector between two networks: its translator and its rivals.

Every rival is the lesson's model with one thing changed, trained on the same sentences with the
same optimizer; `one_for_one` is the network of the lesson's first section.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from helpers import words
from helpers.metrics import exact_match
from helpers.taught.encoder_decoder import Seq2Seq
from helpers.taught.recurrent import LanguageModel, patient_gru
from helpers.training import fit, translation_loss
from notebooks.lessons import lesson
from tools.experiments.corpus import CHINESE, ENGLISH, GROUPS, TRAIN, translations

EPOCHS, BATCH, LR = 8, 32, 4e-3  # the lesson's
H = 128


class Reversed(Seq2Seq):
    """The lesson's model, which reads each source from its last word to its first.

    Sutskever, Vinyals & Le (2014), section 3.3.
    """

    def encode(self, source: Tensor, mask: Tensor) -> Tensor:
        return super().encode(reversed_source(source, mask), mask)


def reversed_source(ids: Tensor, mask: Tensor) -> Tensor:
    """Each row (B, S) from its last real token to its first; the padding stays at the end."""
    places = (mask.sum(dim=1, keepdim=True) - 1 - torch.arange(ids.shape[1])).clamp(min=0)
    return ids.gather(1, places).where(mask, ids)


class ContextAtEachStep(nn.Module):
    """Lesson 3's decoder, which also reads c at every step (Cho et al. 2014, section 2.2)."""

    def __init__(self, vocab_size: int, embedding_size: int = 64, hidden_size: int = H) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.rnn = patient_gru(embedding_size + hidden_size, hidden_size)
        self.output = nn.Linear(hidden_size, vocab_size)

    def forward(self, ids: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B, T, V) after each id (B, T), and states (B, T, 2H), to go on from any of them.

        state: c and s, side by side, (B, 2H); c alone, (B, H), at the start, where s is c.
        """
        H = self.rnn.hidden_size
        c, s = state[:, :H], state[:, -H:]
        again = c.unsqueeze(1).expand(-1, ids.shape[1], -1)  # (B, T, H)
        x = torch.cat([self.embedding(ids), again], dim=2)  # (B, T, E + H)
        states, _ = self.rnn(x, s.unsqueeze(0).contiguous())
        return self.output(states), torch.cat([again, states], dim=2)


class NarrowContext(Seq2Seq):
    """The lesson's model, wider, which hands on a few numbers of its last state, then zeros."""

    def __init__(self, numbers: int, hidden_size: int) -> None:
        super().__init__(len(ENGLISH), len(CHINESE), hidden_size=hidden_size)
        self.kept = torch.arange(hidden_size) < numbers

    def encode(self, source: Tensor, mask: Tensor) -> Tensor:
        return super().encode(source, mask) * self.kept


def _lesson(hidden_size: int = H) -> Seq2Seq:
    return Seq2Seq(len(ENGLISH), len(CHINESE), hidden_size=hidden_size)


def _with_cells(cell: Callable[..., nn.RNNBase], orthogonal: bool = False) -> Seq2Seq:
    """The lesson's model with other cells, as PyTorch starts them, or with orthogonal W."""
    model = _lesson()
    for part in (model.encoder, model.decoder):
        part.rnn = cell(64, H, batch_first=True)  # type: ignore[assignment]
        if orthogonal:
            nn.init.orthogonal_(part.rnn.get_parameter("weight_hh_l0"))
    return model


def _context_at_each_step() -> Seq2Seq:
    model = _lesson()
    model.decoder = ContextAtEachStep(len(CHINESE))  # type: ignore[assignment]
    return model


# name -> how to make it, and the epochs that it is trained for
MODELS: dict[str, tuple[Callable[[], Seq2Seq], int]] = {
    "H = 64": (lambda: _lesson(64), EPOCHS),
    "H = 128": (_lesson, EPOCHS),
    "H = 256": (lambda: _lesson(256), EPOCHS),
    "twice the epochs": (_lesson, 2 * EPOCHS),
    "source reversed": (lambda: Reversed(len(ENGLISH), len(CHINESE)), EPOCHS),
    "c at every step": (_context_at_each_step, EPOCHS),
    "H = 256, c of 64 numbers": (lambda: NarrowContext(64, 256), EPOCHS),
    "GRU, PyTorch's start": (lambda: _with_cells(nn.GRU), EPOCHS),
    "plain RNN": (lambda: _with_cells(nn.RNN), EPOCHS),
    "plain RNN, orthogonal": (lambda: _with_cells(nn.RNN, orthogonal=True), EPOCHS),
}


def trained(name: str, seed: int, epochs: int | None = None) -> tuple[Any, float]:
    """A model of `MODELS` and the seconds of process time that its training took.

    epochs: instead of its own number.
    """
    make, usual = MODELS[name]
    torch.manual_seed(seed)
    model, start = make(), time.process_time()
    fit(
        model,
        lambda epoch: words.translation_batches(TRAIN, ENGLISH, CHINESE, BATCH, seed=epoch),
        translation_loss,
        epochs=epochs or usual,
        lr=LR,
        quiet=True,
    )
    return model, time.process_time() - start


@torch.no_grad()
def tokens_right(model: Seq2Seq, pairs: list[words.Pair]) -> float:
    """Share of tokens guessed right with the teacher."""
    (batch,) = words.translation_batches(pairs, ENGLISH, CHINESE, len(pairs), seed=0)
    guesses = model(batch.source, batch.source_mask, batch.target[:, :-1]).argmax(-1)
    return (guesses == batch.target[:, 1:])[batch.target_mask[:, 1:]].float().mean().item()


def _given(model: Any) -> dict[str, Any]:
    """What functions of the lesson that are run with `model` would find in its notebook."""
    return {"model": model, "english": ENGLISH, "chinese": CHINESE, "one_clause": GROUPS[1]}


def right_after_padding(model: Seq2Seq, pads: int) -> float:
    """Share of one-clause sentences right if the encoder reads <pad> after them (section 3)."""
    names = lesson("03").define("right_after_padding", given=_given(model))
    return names["right_after_padding"](pads)


def planted_mistakes(model: Seq2Seq) -> tuple[int, int]:
    """Second clauses that a mistake in the first one left right, and how many were (section 6)."""
    names = lesson("03").define("with_mistake", given=_given(model))
    pairs = GROUPS[2]
    lines = translations(model, pairs)
    unharmed = [pair for pair, line in zip(pairs, lines, strict=True) if line == pair.chinese]
    ends = [(names["with_mistake"](pair), pair.chinese) for pair in unharmed]
    return sum(a.split("，")[-1] == b.split("，")[-1] for a, b in ends), len(ends)


ONE_FOR_ONE = "one token in, one token out"


def one_for_one(seed: int) -> tuple[LanguageModel, float]:
    """The network of the lesson's first section, and the seconds that its training took."""
    loss = lesson("03").define("one_for_one_loss")["one_for_one_loss"]
    torch.manual_seed(seed)
    model, start = LanguageModel(len(ENGLISH)), time.process_time()
    model.output = nn.Linear(H, len(CHINESE))
    fit(
        model,
        lambda epoch: words.translation_batches(TRAIN, ENGLISH, CHINESE, BATCH, seed=epoch),
        loss,
        epochs=4,
        quiet=True,
    )
    return model, time.process_time() - start


def exact_one_for_one(model: LanguageModel) -> list[float]:
    """Exact match for one to four clauses."""
    given = {"one_for_one": model, "english": ENGLISH, "chinese": CHINESE}
    write_along = lesson("03").define("write_along", given=given)["write_along"]
    return [
        exact_match([write_along(pair) for pair in pairs], [pair.chinese for pair in pairs])
        for pairs in GROUPS.values()
    ]
