"""Lesson 9's four models: made near-equal in size, trained ones loaded, and side by side."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from matplotlib.text import Text
from torch import nn

from helpers.attention import AttentionSeq2Seq
from helpers.attention_view import SIGNS, WORDS, Map
from helpers.context_view import differences
from helpers.datasets import Pair, Vocabulary, join_chinese
from helpers.models import LSTMSeq2Seq, Seq2Seq
from helpers.plotting import GREY, INK, RED, figure
from helpers.transformer import Transformer
from helpers.translation import Translation, read_source, translate

DATA = Path(__file__).resolve().parent.parent / "data"
WEIGHTS, TABLE = DATA / "four_models.pt", DATA / "four_models.tsv"
HINT = "`python benchmarks/four_models.py --write` makes it"


def plain_rnn(source_vocab: int, target_vocab: int, hidden_size: int = 228) -> Seq2Seq:
    """Lesson 3's translator with the plain tanh RNN of lessons 2 and 4 in the GRUs' place."""
    model = Seq2Seq(source_vocab, target_vocab, 64, hidden_size)
    model.encoder.rnn = nn.RNN(64, hidden_size, batch_first=True)  # type: ignore[assignment]
    model.decoder.rnn = nn.RNN(64, hidden_size, batch_first=True)
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
        raise FileNotFoundError(f"no trained models at {path}: {HINT}")
    try:
        weights = torch.load(path, weights_only=True)
    except Exception as error:
        raise ValueError(f"{path} cannot be read ({error}): {HINT} anew") from None
    models = {}
    for name, make in MAKERS.items():
        model = make(len(english), len(chinese))
        try:
            model.load_state_dict(weights[name])
        except (RuntimeError, KeyError, TypeError):
            raise ValueError(
                f"the weights of {name!r} in {path} do not fit vocabularies of {len(english)} and "
                f"{len(chinese)} tokens: take those of `read_pairs(split='train')`, or {HINT} anew"
            ) from None
        models[name] = model.eval()
    return models


def race_table(path: Path = TABLE) -> list[dict[str, Any]]:
    """One row for each model and seed: model, seed, parameters, seconds, exact (4 shares)."""
    if not path.is_file():
        raise FileNotFoundError(f"no table at {path}: {HINT}")
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    return [
        {
            "model": row["model"],
            "seed": int(row["seed"]),
            "parameters": int(row["parameters"]),
            "seconds": float(row["seconds"]),
            "exact": [float(row[clauses]) for clauses in ("one", "two", "three", "four")],
        }
        for row in rows
    ]


class FourView:
    """Four models translate what is typed; heat maps of those that look; for `explore`.

    models: name -> model. known: pairs whose right translation is shown, and differences in red.
    `view.figure` is the picture and `view.update` its function of the control `text`.
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
        self.translations = lru_cache(16)(self._translations)
        self.figure = figure(9.5, 5.2)
        self.figure.set_layout_engine("none")  # words come and go: their room is kept for them
        lines = self.figure.add_axes((0.02, 0.62, 0.96, 0.36))
        lines.axis("off")
        lines.set(xlim=(0, 47), ylim=(len(models) + 0.6, -0.6))
        self.rows: dict[str, list[Text]] = {}
        for y, name in enumerate([*models, "right"]):
            label = "right" if name == "right" else name
            lines.text(0, y, label, va="center", color=GREY, fontsize=11)
            self.rows[name] = [
                lines.text(10.5 + x, y, "", ha="center", va="center", parse_math=False)
                for x in range(SIGNS)
            ]
        looking = [name for name in models if name in ("RNN with attention", "self-attention")]
        self.maps = {}
        for place, name in zip((0.1, 0.6), looking, strict=False):
            ax = self.figure.add_axes((place, 0.03, 0.38, 0.44))
            ax.set_title(name, pad=22)
            self.maps[name] = Map(ax)

    def _translations(self, ids: tuple[int, ...]) -> dict[str, Translation]:
        return {name: translate(model, ids, SIGNS) for name, model in self.models.items()}

    def update(self, text: str) -> str:
        """Translate what was typed with every model."""
        source = read_source(text, self.english, WORDS)
        right = self.right.get(tuple(source.tokens))
        found = self.translations(tuple(source.ids))
        for name, translation in found.items():
            tokens = self.chinese.decode(translation.ids)
            self._write(name, tokens, differences(tokens, right) if right else [])
            if name in self.maps and translation.weights is not None:
                weights = translation.weights.numpy()[: len(tokens)]
                self.maps[name].show(source.tokens, tokens, weights, len(tokens), mark=False)
            elif name in self.maps:
                self.maps[name].show([], [], torch.zeros(0, 0).numpy(), 0, mark=False)
        self._write("right", right or ["—"] * bool(source.ids), [])
        said = [f"{name}: {join_chinese(self.chinese.decode(t.ids))}" for name, t in found.items()]
        note = "" if right or not source.ids else "Not a sentence of the corpus: nothing to compare"
        return "\n".join(filter(None, [*(said if source.ids else []), note, source.note]))

    def _write(self, name: str, tokens: Sequence[str], wrong: Sequence[bool]) -> None:
        for x, label in enumerate(self.rows[name]):
            label.set_visible(x < len(tokens))
            if x < len(tokens):
                small = len(tokens[x]) > 2  # <unk>
                label.set(text=tokens[x], fontsize=6 if small else 12)
                label.set_color(RED if x < len(wrong) and wrong[x] else INK)
