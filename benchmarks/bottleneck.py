"""What lesson 3 claims about its encoder-decoder, for seeds 0 to 4; writes data/bottleneck.tsv.

Exact match by clauses, running free, of the lesson's translator and of its rivals: other widths,
twice the epochs, a reversed source, c at every step, other cells (tools/experiments/bottleneck.py),
and one token in, one token out. Of the lesson's own model also what its other sections show.
`python -m benchmarks.bottleneck 1 2` prints these seeds (0 without any) and writes nothing;
`--write` runs all five and writes, in about half an hour.
"""

import sys

import torch

from helpers import words
from helpers.decoding import greedy_decode
from helpers.metrics import chrf, exact_match
from helpers.tables import BOTTLENECK
from helpers.taught.encoder_decoder import Seq2Seq
from tools.experiments import bottleneck
from tools.experiments.corpus import CHINESE, ENGLISH, GROUPS, TRAIN, exact_by_clauses, translations

KEPT = (4, 8, 16, 32, 64, 128)  # principal components


@torch.no_grad()
def exact_by_components(model: Seq2Seq) -> dict[int, float]:
    """Exact match of one clause when only k principal components of c are kept."""

    def contexts(pairs: list[words.Pair]) -> torch.Tensor:
        return model.encode(*words.pad_batch([ENGLISH.encode(p.source) for p in pairs]))

    known = contexts(TRAIN)
    mean = known.mean(0)
    directions = torch.linalg.svd(known - mean, full_matrices=False).Vh
    c, right = contexts(GROUPS[1]), [pair.chinese for pair in GROUPS[1]]
    found = {}
    for k in KEPT:
        rows = greedy_decode(model.decoder, mean + (c - mean) @ directions[:k].T @ directions[:k])
        lines = [words.join_chinese(CHINESE.decode(row)) for row in rows]
        found[k] = exact_match(lines, right)
    return found


def other_sections(model: Seq2Seq) -> tuple[list[float], str]:
    """What the lesson shows of its own model besides exact match: two columns, and lines to read.

    The columns: exact match of one clause after one <pad>, and the share of second clauses that are
    still right after a mistake was planted in the first.
    """
    found = {n: translations(model, pairs) for n, pairs in GROUPS.items()}
    right = {n: [pair.chinese for pair in pairs] for n, pairs in GROUPS.items()}
    tokens = [f"{bottleneck.tokens_right(model, pairs):.0%}" for pairs in GROUPS.values()]
    scores = [f"{chrf(found[n], right[n]):.0f}" for n in GROUPS]
    pads = [bottleneck.right_after_padding(model, pads) for pads in (0, 1, 8)]
    kept, planted = bottleneck.planted_mistakes(model)
    cut = [f"{k}: {share:.0%}" for k, share in exact_by_components(model).items()]
    return [pads[1], kept / planted], (
        f"    tokens right with the teacher {' '.join(tokens)}, chrF {' '.join(scores)}\n"
        f"    one clause after 0, 1 and 8 <pad>: {' '.join(f'{share:.0%}' for share in pads)}\n"
        f"    second clauses still right after a planted mistake: {kept} of {planted}\n"
        f"    one clause with k components kept: {', '.join(cut)}"
    )


def main(seeds: list[int], write: bool) -> None:
    lines = ["model\tseed\tseconds\tone\ttwo\tthree\tfour\tpadded\tplanted"]
    for name in [bottleneck.ONE_FOR_ONE, *bottleneck.MODELS]:
        for seed in seeds:
            more, text = [], ""
            if name == bottleneck.ONE_FOR_ONE:
                model, seconds = bottleneck.one_for_one(seed)
                exact = bottleneck.exact_one_for_one(model)
            else:
                model, seconds = bottleneck.trained(name, seed)
                exact = exact_by_clauses(model)
            if name == "H = 128":
                more, text = other_sections(model)
            numbers = [f"{share:.3f}" for share in (*exact, *more)]
            fields = [name, str(seed), f"{seconds:.1f}", *numbers, *[""] * (6 - len(numbers))]
            lines.append("\t".join(fields))
            print("\n".join(filter(None, [lines[-1], text])), flush=True)
    if write:
        BOTTLENECK.write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"wrote data/{BOTTLENECK.name}")


if __name__ == "__main__":
    write = "--write" in sys.argv
    chosen = [int(word) for word in sys.argv[1:] if word != "--write"]
    main(list(range(5)) if write else chosen or [0], write)
