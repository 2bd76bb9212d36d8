"""What lesson 6 claims about attention, for seeds 0 to 4; writes data/length_curve.tsv.

Exact match on the test sentences by clauses, alignment error rate beside its baselines, and seconds
of training (process time, one thread). Rivals: lesson 3's model with lesson 3's training; the same
with this lesson's encoder and training, so that only attention differs; attention with an encoder
that reads forwards only. The fixed expressions are not repeated, as they are in the lesson, so that
all models see the same sentences. `python -m benchmarks.attention_claims 1 2` prints these seeds (0
without any) and writes nothing; `--write` runs all five and writes, in about a quarter of an hour.
"""

import random
import sys
import time
from pathlib import Path

import torch
from torch import Tensor, nn

from helpers import words
from helpers.decoding import translate_pairs
from helpers.metrics import alignment_error_rate, exact_match
from helpers.taught.attention import AttentionSeq2Seq, AttentionState
from helpers.taught.encoder_decoder import Encoder, Seq2Seq, last_valid_state
from helpers.training import fit, translation_loss

TABLE = Path(__file__).parent.parent / "data" / "length_curve.tsv"
LESSON_3 = {"epochs": 8, "batch": 32}
LESSON_6 = {"epochs": 6, "batch": 64}
LR = 4e-3  # both lessons'

TRAIN, TEST = words.read_pairs(split="train"), words.read_pairs(split="test")
GROUPS = {n: [pair for pair in TEST if pair.clauses == n] for n in (1, 2, 3)}
GROUPS[4] = words.read_pairs(split="long")
ENGLISH = words.Vocabulary.from_sentences(pair.source for pair in TRAIN)
CHINESE = words.Vocabulary.from_sentences(pair.target for pair in TRAIN)


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


def trained(name: str, seed: int) -> tuple[nn.Module, float]:
    """A model of `MODELS` and the seconds of process time that its training took."""
    make, how = MODELS[name]
    torch.manual_seed(seed)
    model, start = make(), time.process_time()
    fit(
        model,
        lambda epoch: words.translation_batches(TRAIN, ENGLISH, CHINESE, how["batch"], epoch),
        translation_loss,
        epochs=how["epochs"],
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


def where_it_looks(
    found: list[list[tuple[int, int]]], pairs: list[words.Pair]
) -> tuple[float, float, float]:
    """Shares of the surely linked tokens that look before their word, at it, and after it."""
    counts = [0, 0, 0]
    for links, pair in zip(found, pairs, strict=True):
        words: dict[int, list[int]] = {}
        for i, j in pair.sure:
            words.setdefault(j, []).append(i)
        for i, j in links:
            if j in words:
                off = min((i - word for word in words[j]), key=abs)
                counts[1 + (off > 0) - (off < 0)] += 1
    before, at, after = (count / sum(counts) for count in counts)
    return before, at, after


def exact_by_clauses(model: nn.Module) -> list[float]:
    return [
        exact_match(translate_pairs(model, pairs, ENGLISH, CHINESE), [p.chinese for p in pairs])
        for pairs in GROUPS.values()
    ]


def main(seeds: list[int], write: bool) -> None:
    for name, links in baselines(TEST).items():
        print(f"AER of {name} links: {alignment_error_rate(links, TEST):.3f}")
    lines = ["model\tseed\tone\ttwo\tthree\tfour\taer\taer_late"]
    for seed in seeds:
        for name in MODELS:
            model, seconds = trained(name, seed)
            exact, rates = exact_by_clauses(model), []
            if name.startswith("attention"):
                looks = [attention_links(model, TEST, row) for row in (0, 1)]
                rates = [alignment_error_rate(links, TEST) for links in looks]
            numbers = [f"{number:.3f}" for number in (*exact, *rates)]
            lines.append("\t".join([name, str(seed), *numbers, *[""] * (6 - len(numbers))]))
            said = " ".join(f"{share:4.0%}" for share in exact)
            if rates:
                said += f"  AER {rates[0]:.3f}, read one step late {rates[1]:.3f}"
                before, at, after = where_it_looks(looks[0], TEST)
                said += f"  before its word {before:.0%}, at it {at:.0%}, after it {after:.0%}"
            print(f"seed {seed}  {name:20} exact {said}  {seconds:5.1f} s", flush=True)
    if write:
        TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"wrote data/{TABLE.name}")


if __name__ == "__main__":
    write = "--write" in sys.argv
    chosen = [int(word) for word in sys.argv[1:] if word != "--write"]
    main(list(range(5)) if write else chosen or [0], write)
