"""Lesson 10: four models made near-equal in size, and trained ones loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from helpers import DATA
from helpers.taught.attention import AttentionSeq2Seq
from helpers.taught.encoder_decoder import LSTMSeq2Seq, Seq2Seq
from helpers.taught.transformer import Transformer
from helpers.words import Vocabulary

WEIGHTS = DATA / "four_models.pt"
REMEDY = "`python -m benchmarks.four_models --write` makes it"


def start_orthogonal(rnn: nn.RNN) -> None:
    """Make an RNN's recurrent matrix orthogonal, and leave the rest as PyTorch makes it."""
    nn.init.orthogonal_(rnn.get_parameter("weight_hh_l0"))


def plain_rnn(
    source_vocab: int,
    target_vocab: int,
    hidden_size: int = 228,
    start: Callable[[nn.RNN], object] = start_orthogonal,
) -> Seq2Seq:
    """Lesson 3's translator with the plain tanh RNN of lessons 2 and 4 in the GRUs' place.

    start: sets the first weights of both RNNs; of three starts the default one translates best.
    """
    model = Seq2Seq(source_vocab, target_vocab, 64, hidden_size)
    rnns = [nn.RNN(64, hidden_size, batch_first=True) for _ in range(2)]
    model.encoder.rnn, model.decoder.rnn = rnns  # type: ignore[assignment]
    for rnn in rnns:
        start(rnn)
    return model


# Sizes such that each has about 200,000 weights with the course's vocabularies.
MAKERS: dict[str, Callable[[int, int], nn.Module]] = {
    "RNN": plain_rnn,
    "LSTM": lambda V, W: LSTMSeq2Seq(V, W, 64, 110),
    "RNN with attention": lambda V, W: AttentionSeq2Seq(V, W, 64, 106),
    "self-attention": lambda V, W: Transformer(V, W, size=84),
}


def load_models(english: Vocabulary, chinese: Vocabulary, path: Path = WEIGHTS) -> dict[str, Any]:
    """The four models with the weights that the benchmark's first seed came to.

    Raises FileNotFoundError where the file is missing, ValueError where it does not fit: the
    vocabularies must be those of the corpus's training sentences.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no trained models at {path}: {REMEDY}")
    try:
        weights = torch.load(path, weights_only=True)
    except Exception as error:
        raise ValueError(f"{path} cannot be read ({error}): {REMEDY} anew") from None
    models = {}
    for name, make in MAKERS.items():
        model = make(len(english), len(chinese))
        try:
            model.load_state_dict(weights[name])
        except (RuntimeError, KeyError, TypeError):
            raise ValueError(
                f"the weights of {name!r} in {path} do not fit vocabularies of {len(english)} and "
                f"{len(chinese)} tokens: take those of `read_pairs(split='train')`, "
                f"or {REMEDY} anew"
            ) from None
        models[name] = model.eval()
    return models
