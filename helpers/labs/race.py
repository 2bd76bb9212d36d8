"""Lesson 10: four models made near-equal in size, and trained ones loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from helpers import DATA
from helpers.decoding import translate
from helpers.labs.look_back import LIMIT, weights_panel
from helpers.labs.translation import source_tokens
from helpers.live.marks import Panel, Scene, Tokens
from helpers.metrics import differing_tokens
from helpers.taught.attention import AttentionSeq2Seq
from helpers.taught.encoder_decoder import LSTMSeq2Seq, Seq2Seq
from helpers.taught.transformer import Transformer
from helpers.typed_text import read_source
from helpers.words import Pair, Vocabulary, join_chinese

if TYPE_CHECKING:
    from helpers.live import Explorer

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


class FourModels:
    """Four models translate what is typed; heat maps of those that look.

    known: pairs whose right translation is shown, and where each model first goes wrong.
    """

    def __init__(
        self,
        models: Mapping[str, Any],
        english: Vocabulary,
        chinese: Vocabulary,
        known: Sequence[Pair] = (),
    ) -> None:
        self.models, self.english, self.chinese = models, english, chinese
        self.right = {tuple(pair.source): pair.target for pair in known}
        self.run = lru_cache(64)(lambda name, ids: translate(self.models[name], ids, LIMIT))

    def scene(self, text: str) -> Scene:
        """The translations one below the other, wrong tokens in red."""
        source = read_source(text, self.english, LIMIT)
        words = Panel(source_tokens(source, self.english))
        if not source.ids:
            return Scene(words, note=source.note)
        right = self.right.get(tuple(source.tokens))
        rows, maps, said, exact = [], [], [], 0
        for name in self.models:
            found = self.run(name, tuple(source.ids))
            tokens = self.chinese.decode(found.ids)
            wrong = differing_tokens(tokens, right) if right else [False] * len(tokens)
            exact += tokens == right
            first = wrong.index(True) if True in wrong else None
            inks = ["red" if differs else "ink" for differs in wrong]
            rows.append(Panel(Tokens(tokens, inks=inks, frame=first, size=16), title=name))
            said.append(f"{name}: {join_chinese(tokens)}")
            if found.weights is not None:
                weights = found.weights.numpy()[: len(tokens)]
                maps.append(weights_panel(weights, tokens, source.tokens, title=name))
        if right:
            rows.append(Panel(Tokens(right, size=16), title="right"))
            title = f"{exact} of {len(self.models)} translations are right; red differs"
        else:
            title = "Not a sentence of the corpus: nothing to compare"
        note = "\n".join([*said, *filter(None, [source.note])])
        return Scene(words, *rows, tuple(maps), title=title, note=note)


def race_lab(
    models: Mapping[str, Any],
    english: Vocabulary,
    chinese: Vocabulary,
    known: Sequence[Pair] = (),
    text: str = "",
) -> Explorer:
    """The view with its control."""
    from helpers.live import explore, typed

    view = FourModels(models, english, chinese, known)
    first = text or "My mother bought two red apples yesterday."
    return explore(view.scene, text=typed("English", first))
