"""What lesson 3 claims about its encoder-decoder, for seeds 0 to 4, as a table.

Exact match by clauses without a teacher, token accuracy with one, chrF, seconds of training
(process time, one thread). Rivals: the GRU as PyTorch starts it, a plain RNN, twice the epochs.
`python -m benchmarks.bottleneck 0` takes one seed.
"""

import sys
import time

import torch
from torch import nn

from helpers import words
from helpers.decoding import greedy_decode
from helpers.metrics import chrf, exact_match
from helpers.taught.encoder_decoder import Seq2Seq
from helpers.training import fit, translation_loss
from tools.experiments.corpus import CHINESE, ENGLISH, GROUPS, TRAIN, translations

EPOCHS, BATCH, LR = 8, 32, 4e-3  # the lesson's


def trained(
    seed: int, cell: type[nn.RNNBase] | None = None, epochs: int = EPOCHS
) -> tuple[Seq2Seq, float]:
    """A model and the seconds of process time that its training took.

    cell: what to put in the lesson's GRU's place, as PyTorch initialises it.
    """
    torch.manual_seed(seed)
    model = Seq2Seq(len(ENGLISH), len(CHINESE))
    if cell is not None:
        model.encoder.rnn = cell(64, 128, batch_first=True)  # type: ignore[assignment]
        model.decoder.rnn = cell(64, 128, batch_first=True)
    start = time.process_time()
    fit(
        model,
        lambda epoch: words.translation_batches(TRAIN, ENGLISH, CHINESE, BATCH, seed=epoch),
        translation_loss,
        epochs=epochs,
        lr=LR,
        quiet=True,
    )
    return model, time.process_time() - start


@torch.no_grad()
def tokens_right(model: Seq2Seq, pairs: list[words.Pair]) -> float:
    (batch,) = words.translation_batches(pairs, ENGLISH, CHINESE, len(pairs), seed=0)
    guesses = model(batch.source, batch.source_mask, batch.target[:, :-1]).argmax(-1)
    return (guesses == batch.target[:, 1:])[batch.target_mask[:, 1:]].float().mean().item()


def clause_right(found: list[str], right: list[str], which: int) -> float:
    """Share of sentences whose first (0) or last (-1) clause is right."""
    same = [a.split("，")[which] == b.split("，")[which] for a, b in zip(found, right, strict=True)]
    return sum(same) / len(same)


@torch.no_grad()
def exact_by_components(model: Seq2Seq, kept: tuple[int, ...]) -> list[float]:
    """Exact match of one clause when only k principal components of c are kept."""

    def contexts(pairs: list[words.Pair]) -> torch.Tensor:
        return model.encode(*words.pad_batch([ENGLISH.encode(p.source) for p in pairs]))

    known = contexts(TRAIN)
    mean = known.mean(0)
    directions = torch.linalg.svd(known - mean, full_matrices=False).Vh
    c, right = contexts(GROUPS[1]), [pair.chinese for pair in GROUPS[1]]
    found = []
    for k in kept:
        cut = mean + (c - mean) @ directions[:k].T @ directions[:k]
        rows = greedy_decode(model.decoder, cut)
        lines = [words.join_chinese(CHINESE.decode(row)) for row in rows]
        found.append(exact_match(lines, right))
    return found


def main(seeds: list[int]) -> None:
    kept = (4, 8, 16, 32, 64, 128)
    print("exact match, tokens right with the teacher and chrF at 1 / 2 / 3 / 4 clauses")
    for seed in seeds:
        for name, options in {
            "the lesson's GRU": {},
            "GRU, PyTorch's start": {"cell": nn.GRU},
            "plain RNN": {"cell": nn.RNN},
            "GRU, twice the epochs": {"epochs": 2 * EPOCHS},
        }.items():
            model, seconds = trained(seed, **options)  # type: ignore[arg-type]
            exact, forced, score = [], [], []
            for pairs in GROUPS.values():
                found = translations(model, pairs)
                right = [pair.chinese for pair in pairs]
                exact.append(f"{exact_match(found, right):4.0%}")
                forced.append(f"{tokens_right(model, pairs):4.0%}")
                score.append(f"{chrf(found, right):3.0f}")
            print(
                f"seed {seed}  {name:22} exact {' '.join(exact)}  tokens {' '.join(forced)}  "
                f"chrF {' '.join(score)}  {seconds:5.1f} s",
                flush=True,
            )
            if not options:
                pairs = GROUPS[2]
                found, right = (
                    translations(model, pairs),
                    [p.chinese for p in pairs],
                )
                ends = [clause_right(found, right, which) for which in (0, -1)]
                print(
                    f"        of two clauses, first right {ends[0]:.0%}, last right {ends[1]:.0%}"
                )
                cut = exact_by_components(model, kept)
                line = ", ".join(f"{k}: {x:.0%}" for k, x in zip(kept, cut, strict=True))
                print(f"        exact with k components kept: {line}", flush=True)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or list(range(5)))
