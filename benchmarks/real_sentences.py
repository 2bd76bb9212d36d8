"""What each step towards the translator of real sentences buys, on held-out pairs of a file.

`python -m benchmarks.real_sentences PATH`: PATH is a file such as cmn.txt of manythings.org/anki.
Without one there is nothing to measure, and it says so. Each row changes one thing of the row above
it, but the long training, which is what dropout and a softened loss need. Minutes are processor
time on one thread, so that a busy machine tells nearly the same as an idle one. All rows take some
twenty; `--steps 1 2` takes some of them, `--minutes` and `--long` change their lengths.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from helpers import words
from helpers.metrics import chrf, repetition
from helpers.real_sentences import (
    BATCH,
    DROPOUT,
    LEARNING_RATE,
    SMOOTHING,
    Translator,
    split_pairs,
    train_for,
    transformer,
)
from helpers.taught.attention import AttentionSeq2Seq
from helpers.taught.encoder_decoder import Seq2Seq
from helpers.words.subwords import SubWordVocabulary


class Step(NamedTuple):
    """One row: what is new, and all that is needed to train it."""

    name: str
    model: str  # "lesson 3", "lesson 6" or "Transformer"
    pairs: str = "all"  # "short": 5,500 of at most 10 tokens, what the lesson once took
    pieces: bool = False
    long: bool = False
    dropout: float = 0.0
    smoothing: float = 0.0
    lr: float = LEARNING_RATE


STEPS = (
    Step("lesson 3's model, 5,500 short pairs", "lesson 3", "short", lr=4e-3),
    Step("lesson 6's model: attention", "lesson 6", "short", lr=4e-3),
    Step("all pairs of at most 20 tokens", "lesson 6", lr=4e-3),
    Step("lesson 8's Transformer", "Transformer"),
    Step("pieces of words", "Transformer", pieces=True),
    Step(
        "dropout, a softened loss, ten minutes",
        "Transformer",
        pieces=True,
        long=True,
        dropout=DROPOUT,
        smoothing=SMOOTHING,
    ),
)


def make(step: Step, english: words.Vocabulary, chinese: words.Vocabulary) -> Any:
    if step.model == "Transformer":
        return transformer(english, chinese, step.dropout)
    return {"lesson 3": Seq2Seq, "lesson 6": AttentionSeq2Seq}[step.model](
        len(english), len(chinese)
    )


class WithSteps(nn.Module):
    """Lesson 3's model, written to with `start` and `step` as the others are."""

    def __init__(self, model: Seq2Seq) -> None:
        super().__init__()
        self.model = model
        self.start = model.encode

    def step(self, ids: torch.Tensor, s: torch.Tensor) -> tuple[torch.Tensor, None, torch.Tensor]:
        logits, states = self.model.decoder(ids.unsqueeze(1), s)
        return logits[:, 0], None, states[:, 0]


def measure(step: Step, path: Path, seconds: float, seed: int) -> tuple[Translator, float]:
    """A trained translator with greedy decoding, and the epochs it got through."""
    train, test = split_pairs(path)
    if step.pairs == "short":
        train = [p for p in train if len(p.source) <= 10 and len(p.target) <= 10][:5500]
    torch.manual_seed(seed)
    if step.pieces:
        english: words.Vocabulary = SubWordVocabulary(w for pair in train for w in pair.source)
    else:
        english = words.Vocabulary.from_sentences((pair.source for pair in train), min_count=2)
    chinese = words.Vocabulary.from_sentences((pair.target for pair in train), min_count=2)
    model = make(step, english, chinese)
    epochs = train_for(
        seconds,
        model,
        lambda epoch: words.translation_batches(train, english, chinese, BATCH, seed=epoch),
        lr=step.lr,
        smoothing=step.smoothing,
        clock=time.process_time,
    )
    if isinstance(model, Seq2Seq):
        model = WithSteps(model)
    return Translator(model, english, chinese, beam=1, test=test), epochs


def row(name: str, translator: Translator, minutes: str, epochs: str) -> str:
    right = [pair.chinese for pair in translator.test]
    found = translator.translate([pair.english for pair in translator.test])
    parameters = sum(p.numel() for p in translator.model.parameters()) / 1e6
    return (
        f"{name:45} {parameters:4.1f} M  {minutes:>5} min  {epochs:>5} epochs  "
        f"chrF {chrf(found, right):5.2f}  repeats {repetition(found):5.1%}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path", nargs="?", type=Path, help="a file of sentence pairs")
    parser.add_argument("--minutes", type=float, default=2.0, help="of a short training")
    parser.add_argument("--long", type=float, default=10.0, help="of the last step's training")
    parser.add_argument("--steps", type=int, nargs="+", metavar="N", help="1 to 6; else all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", type=Path, help="where to keep the last model's weights")
    options = parser.parse_args(arguments)
    if options.path is None:
        print("Skipped: no file of sentence pairs given (cmn.txt of manythings.org/anki).")
        return 0
    torch.set_num_threads(1)
    for number, step in enumerate(STEPS, start=1):
        if options.steps and number not in options.steps:
            continue
        minutes = options.long if step.long else options.minutes
        translator, epochs = measure(step, options.path, 60 * minutes, options.seed)
        print(row(step.name, translator, f"{minutes:.1f}", f"{epochs:.1f}"), flush=True)
    translator.beam = 5
    print(row("a beam of 5 drafts", translator, "", ""), flush=True)
    if options.save:
        torch.save(translator.model.state_dict(), options.save)
    right = [pair.chinese for pair in translator.test]
    print(
        f"{'the file itself':45} repeats {repetition(right):.1%}", translator.table(30), sep="\n\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
