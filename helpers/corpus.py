"""The corpus: an English -> Traditional Chinese (Taiwan) mini-language with gold alignments.

`helpers.grammar` makes phrases, `helpers.clauses` clauses, `helpers.sentences` sentences; here they
become pairs and are dealt out to the splits. `python -m helpers.corpus` writes
data/translation.tsv.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

from helpers.datasets import COLUMNS, TRANSLATION_TSV, Pair, join_chinese, join_english
from helpers.grammar import Phrase, lexicon, link
from helpers.sentences import sentence

SIZES = {"train": 1400, "valid": 200, "test": 200}  # for each number of clauses from 1 to 3

LONG = 300  # sentences of four clauses


def render(words: Iterable[str]) -> str:
    """English tokens as a sentence with its capitals."""
    names = {"i": "I", "taipei": "Taipei"}
    text = join_english([names.get(word, word) for word in words])
    return text[:1].upper() + text[1:]


def as_pair(phrase: Phrase, split: str, clauses: int, english: str = "") -> Pair:
    """A finished phrase as a pair: links between words become links between positions."""
    place = {word: i for i, word in enumerate(phrase.english)}
    sure = {(place[word], j) for j, sign in enumerate(phrase.chinese) for word in sign.sure}
    possible = {(place[word], j) for j, sign in enumerate(phrase.chinese) for word in sign.possible}
    return Pair(
        english or render(word.text for word in phrase.english),
        join_chinese(sign.text for sign in phrase.chinese),
        frozenset(sure),
        frozenset(possible - sure),
        split,
        clauses,
    )


def generate(seed: int = 0) -> list[Pair]:
    """All pairs of all splits: train, valid, test (1-3 clauses) and long (4 clauses).

    No English sentence occurs twice, and none has two translations. The fixed expressions count
    as training sentences of one clause.
    """
    rng = random.Random(seed)
    pairs = [as_pair(link(*row), "train", 1, row[0]) for row in lexicon("expressions")]
    seen = {" ".join(pair.source): pair.chinese for pair in pairs}
    wanted = [(split, n, size) for split, size in SIZES.items() for n in (1, 2, 3)]
    wanted.append(("long", 4, LONG))
    for split, clauses, size in wanted:
        have = sum(pair.split == split and pair.clauses == clauses for pair in pairs)
        while have < size:
            phrase = sentence(rng, clauses)
            if phrase is None:
                continue
            pair = as_pair(phrase, split, clauses)
            key = " ".join(pair.source)
            if key not in seen:
                pairs.append(pair)
                have += 1
            if seen.setdefault(key, pair.chinese) != pair.chinese:
                raise AssertionError(f"two translations: {pair.english} {pair.chinese} {seen[key]}")
    return pairs


def to_tsv(pairs: Iterable[Pair]) -> str:
    """Pairs as the text of our file: a line of column names, then one line a pair."""
    lines = ["\t".join(COLUMNS)]
    for pair in pairs:
        sure = [(i, j, "-") for i, j in pair.sure]
        links = sorted(sure + [(i, j, "p") for i, j in pair.possible])
        alignment = " ".join(f"{i}{kind}{j}" for i, j, kind in links)
        fields = (pair.english, pair.chinese, alignment, pair.split, str(pair.clauses))
        lines.append("\t".join(fields))
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write data/translation.tsv."""
    pairs = generate()
    TRANSLATION_TSV.write_text(to_tsv(pairs), encoding="utf-8", newline="\n")
    print(f"wrote {len(pairs)} pairs to data/{TRANSLATION_TSV.name}")


if __name__ == "__main__":
    main()
