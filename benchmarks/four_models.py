"""Lesson 10's race: four models on the same corpus, with near-equal weights and equal budget.

Budget: ten times through the training sentences. Batch size and learning rate are those of each
model's lesson, and half lesson 3's learning rate for the tanh RNNs.
Writes data/four_models.tsv (seeds 0 to 4; process seconds, one thread) and data/four_models.pt
(the four models of seed 0, in half precision). A fifth row, the plain RNN with attention, tells
what attention adds to it; five more change one thing about the LSTM, to find what stops it.
`python -m benchmarks.four_models 1 2` prints these seeds (0 without any) and writes nothing;
`--write` runs all five and writes, in about half an hour.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor, nn

from helpers import words
from helpers.labs.race import MAKERS, WEIGHTS
from helpers.metrics import exact_match
from helpers.tables import FOUR_MODELS
from helpers.taught.attention import AttentionSeq2Seq
from helpers.taught.encoder_decoder import LSTMSeq2Seq
from helpers.training import adam_with_warmup, fit, translation_loss
from tools.experiments.corpus import CHINESE, ENGLISH, GROUPS, TRAIN, translations


def plain_with_attention(V: int, W: int) -> AttentionSeq2Seq:
    """Lesson 6's model with tanh RNNs in the place of its GRUs."""
    model = AttentionSeq2Seq(V, W, 64, 164)
    model.encoder.rnn = nn.RNN(64, 82, batch_first=True, bidirectional=True)  # type: ignore
    model.decoder.cell = nn.RNNCell(64 + 164, 164)  # type: ignore[assignment]
    return model


class HalfHandedOver(LSTMSeq2Seq):
    """Reads and writes with all its units, but the decoder gets the states of only one half."""

    def start(self, source: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        h, c = super().start(source, mask)
        units = h.shape[-1]
        kept = torch.arange(units) < units // 2
        return h * kept, c * kept


class Entry(NamedTuple):
    """One way to take part in the race."""

    make: Callable[[int, int], nn.Module]
    lr: float
    batch_size: int
    epochs: int = 10
    backwards: bool = False  # whether the source is read from its end (Sutskever et al. 2014)


LSTM = Entry(MAKERS["LSTM"], 4e-3, 32)
ENTRIES = {
    "RNN": Entry(MAKERS["RNN"], 2e-3, 32),
    "LSTM": LSTM,
    "RNN with attention": Entry(MAKERS["RNN with attention"], 4e-3, 64),
    "self-attention": Entry(MAKERS["self-attention"], 8e-3, 32),
    "plain RNN with attention": Entry(plain_with_attention, 2e-3, 64),
    # What limits the LSTM? Each variant changes one thing: training time, reading direction, or the
    # size of the state. A larger state adds weights and units as well, hence two controls.
    "LSTM, twice the training": LSTM._replace(epochs=20),
    "LSTM, source backwards": LSTM._replace(backwards=True),
    "LSTM, twice the units": LSTM._replace(make=lambda V, W: LSTMSeq2Seq(V, W, 64, 220)),
    "LSTM, larger embeddings": LSTM._replace(make=lambda V, W: LSTMSeq2Seq(V, W, 356, 110)),
    "LSTM, half handed over": LSTM._replace(make=lambda V, W: HalfHandedOver(V, W, 64, 220)),
}


def read_by(entry: Entry, pairs: Sequence[words.Pair]) -> Sequence[words.Pair]:
    """The pairs as the encoder gets them."""
    if not entry.backwards:
        return pairs
    return [replace(pair, english=" ".join(pair.source[::-1])) for pair in pairs]


def trained(name: str, seed: int) -> tuple[nn.Module, float]:
    """A model and the seconds of process time that its training took."""
    torch.manual_seed(seed)
    entry = ENTRIES[name]
    model = entry.make(len(ENGLISH), len(CHINESE))
    pairs = read_by(entry, TRAIN + 3 * TRAIN[:30])  # 30 expressions, which no rule explains

    def batches(epoch: int) -> list[words.TranslationBatch]:
        return words.translation_batches(pairs, ENGLISH, CHINESE, entry.batch_size, seed=epoch)

    optimizer = None
    if name == "self-attention":
        optimizer = adam_with_warmup(model, entry.lr, steps=entry.epochs * len(batches(0)))
    start = time.process_time()
    fit(
        model,
        batches,
        translation_loss,
        epochs=entry.epochs,
        lr=entry.lr,
        optimizer=optimizer,
        quiet=True,
    )
    return model, time.process_time() - start


def main(seeds: list[int], write: bool) -> None:
    lines = ["model\tseed\tparameters\tseconds\tone\ttwo\tthree\tfour"]
    kept = {}
    for seed in seeds:
        for name, entry in ENTRIES.items():
            model, seconds = trained(name, seed)
            count = sum(weight.numel() for weight in model.parameters())
            exact = [
                exact_match(translations(model, read_by(entry, pairs)), right)
                for pairs in GROUPS.values()
                for right in [[pair.chinese for pair in pairs]]
            ]
            shares = "\t".join(f"{share:.3f}" for share in exact)
            lines.append(f"{name}\t{seed}\t{count}\t{seconds:.1f}\t{shares}")
            print(lines[-1], flush=True)
            if seed == 0 and name in MAKERS:
                kept[name] = {key: value.half() for key, value in model.state_dict().items()}
    if write:
        FOUR_MODELS.write_text("\n".join(lines) + "\n", encoding="utf-8")
        torch.save(kept, WEIGHTS)
        print(f"wrote data/{FOUR_MODELS.name} and data/{WEIGHTS.name}")


if __name__ == "__main__":
    write = "--write" in sys.argv
    chosen = [int(word) for word in sys.argv[1:] if word != "--write"]
    main(list(range(5)) if write else chosen or [0], write)
