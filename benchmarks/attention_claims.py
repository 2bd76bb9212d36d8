"""What lesson 6 claims about attention, for seeds 0 to 4; writes data/length_curve.tsv.

Exact match on the test sentences by clauses, alignment error rate beside its baselines, and seconds
of training (process time, one thread). The models: tools/experiments/attention.py.
`python -m benchmarks.attention_claims 1 2` prints these seeds (0 without any) and writes nothing;
`--write` runs all five and writes, in about a quarter of an hour.
"""

import sys

from helpers import words
from helpers.metrics import alignment_error_rate
from helpers.tables import LENGTH_CURVE
from tools.experiments.attention import MODELS, attention_links, baselines, trained
from tools.experiments.corpus import TEST, exact_by_clauses


def where_it_looks(
    found: list[list[tuple[int, int]]], pairs: list[words.Pair]
) -> tuple[float, float, float]:
    """Shares of the surely linked tokens that look before their word, at it, and after it."""
    counts = [0, 0, 0]
    for links, pair in zip(found, pairs, strict=True):
        linked: dict[int, list[int]] = {}
        for i, j in pair.sure:
            linked.setdefault(j, []).append(i)
        for i, j in links:
            if j in linked:
                off = min((i - word for word in linked[j]), key=abs)
                counts[1 + (off > 0) - (off < 0)] += 1
    before, at, after = (count / sum(counts) for count in counts)
    return before, at, after


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
        LENGTH_CURVE.write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"wrote data/{LENGTH_CURVE.name}")


if __name__ == "__main__":
    write = "--write" in sys.argv
    chosen = [int(word) for word in sys.argv[1:] if word != "--write"]
    main(list(range(5)) if write else chosen or [0], write)
