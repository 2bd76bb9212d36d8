"""Lesson 10's race: four models on the same corpus, with near-equal weights and equal budget.

Budget: ten times through the training sentences. Batch size and learning rate are those of each
model's lesson; the plain RNN takes a quarter of lesson 3's learning rate, with attention half.
Writes data/four_models.tsv (seeds 0 to 4; process seconds, one thread) and data/four_models.pt
(the four models of seed 0, in half precision). Further rows change one thing about a model each.
`python -m benchmarks.four_models 1 2` prints these seeds (0 without any) and writes nothing;
`--write` runs all five and writes, in about forty minutes; with names of models, such as "RNN", it
runs only these and leaves the other rows as they are.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor, nn

from helpers import words
from helpers.labs.race import MAKERS, WEIGHTS, plain_rnn
from helpers.metrics import exact_match
from helpers.tables import FOUR_MODELS
from helpers.taught.attention import AttentionSeq2Seq
from helpers.taught.encoder_decoder import LSTMSeq2Seq
from helpers.taught.recurrent import start_isometric
from helpers.training import adam_with_warmup, fit, translation_loss
from tools.experiments.corpus import CHINESE, ENGLISH, GROUPS, TRAIN, translations


def plain_with_attention(V: int, W: int) -> AttentionSeq2Seq:
    """Lesson 6's model with tanh RNNs in the place of its GRUs."""
    model = AttentionSeq2Seq(V, W, 64, 164)
    model.encoder.rnn = nn.RNN(64, 82, batch_first=True, bidirectional=True)  # type: ignore
    model.decoder.cell = nn.RNNCell(64 + 164, 164)  # type: ignore[assignment]
    return model


def rnn_that_starts(start: Callable[[nn.RNN], object]) -> Callable[[int, int], nn.Module]:
    """The plain RNN of the race with another start."""
    return lambda V, W: plain_rnn(V, W, start=start)


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


HEAD = "model\tseed\tparameters\tseconds\tone\ttwo\tthree\tfour"
LSTM = Entry(MAKERS["LSTM"], 4e-3, 32)
RNN = Entry(MAKERS["RNN"], 1e-3, 32)
ENTRIES = {
    "RNN": RNN,
    "LSTM": LSTM,
    "RNN with attention": Entry(MAKERS["RNN with attention"], 4e-3, 64),
    "self-attention": Entry(MAKERS["self-attention"], 8e-3, 32),
    "plain RNN with attention": Entry(plain_with_attention, 2e-3, 64),
    # Is it the RNN's start? PyTorch's has the learning rate of the RNN with attention; at 0.001 it
    # got 4, 2.5 and 2 % of the single clauses from three seeds. The orthogonal start got less than
    # half as much at 0.002, and none at 0.004, from two seeds.
    "RNN, PyTorch's start": RNN._replace(make=rnn_that_starts(lambda rnn: None), lr=2e-3),
    "RNN, isometric start": RNN._replace(make=rnn_that_starts(start_isometric)),
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


def row(name: str, seed: int) -> tuple[str, nn.Module]:
    """A line of the table, and the model that it is about."""
    entry = ENTRIES[name]
    model, seconds = trained(name, seed)
    count = sum(weight.numel() for weight in model.parameters())
    exact = [
        exact_match(translations(model, [*read_by(entry, pairs)]), [p.chinese for p in pairs])
        for pairs in GROUPS.values()
    ]
    shares = "\t".join(f"{share:.3f}" for share in exact)
    return f"{name}\t{seed}\t{count}\t{seconds:.1f}\t{shares}", model


def main(seeds: list[int], names: list[str], write: bool) -> None:
    """Train each of `names` from each seed; write their lines over the old ones, all at the end."""
    kept = torch.load(WEIGHTS, weights_only=True) if WEIGHTS.is_file() else {}
    old = FOUR_MODELS.read_text("utf-8").splitlines()[1:] if FOUR_MODELS.is_file() else []
    lines = {tuple(line.split("\t")[:2]): line for line in old}
    for seed in seeds:
        for name in names:
            line, model = row(name, seed)
            lines[name, str(seed)] = line
            print(line, flush=True)
            if seed == 0 and name in MAKERS:
                kept[name] = {key: value.half() for key, value in model.state_dict().items()}
    if write:
        order = [(name, str(seed)) for seed in range(5) for name in ENTRIES]
        table = [HEAD, *(lines[place] for place in order if place in lines)]
        FOUR_MODELS.write_text("\n".join(table) + "\n", encoding="utf-8")
        torch.save({name: kept[name] for name in MAKERS if name in kept}, WEIGHTS)
        print(f"wrote data/{FOUR_MODELS.name} and data/{WEIGHTS.name}")


if __name__ == "__main__":
    words_given = sys.argv[1:]
    write = "--write" in words_given
    chosen = [int(word) for word in words_given if word.isdigit()]
    names = [word for word in words_given if word in ENTRIES]
    main(list(range(5)) if write else chosen or [0], names or [*ENTRIES], write)
