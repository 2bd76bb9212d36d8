"""Phrases become sentence pairs, and pairs are dealt out to the splits of data/translation.tsv."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace

from helpers.corpus.grammar import LEXICON_TXT, Phrase, lexicon, link
from helpers.corpus.sentences import sentence
from helpers.words import TRANSLATION_TSV, Pair, join_chinese, join_english
from helpers.words.pairs import COLUMNS

# How many sentences of how many clauses.
SIZES = {
    "train": {1: 2000, 2: 1150, 3: 1050},
    "valid": {1: 200, 2: 200, 3: 200},
    "test": {1: 200, 2: 200, 3: 200},
    "long": {4: 300},
}


def render(words: Iterable[str]) -> str:
    """English tokens as a sentence with its capitals."""
    text = join_english("I" if word == "i" else word for word in words)
    return text[:1].upper() + text[1:]


def as_pair(phrase: Phrase, clauses: int, english: str = "") -> Pair:
    """A finished phrase as a pair: links between words become links between positions."""
    place = {word: i for i, word in enumerate(phrase.english)}
    sure = {
        (place[word], j) for j, character in enumerate(phrase.chinese) for word in character.sure
    }
    possible = {
        (place[word], j)
        for j, character in enumerate(phrase.chinese)
        for word in character.possible
    }
    return Pair(
        english or render(word.text for word in phrase.english),
        join_chinese(character.text for character in phrase.chinese),
        frozenset(sure),
        frozenset(possible - sure),
        clauses=clauses,
    )


def distinct(rng: random.Random, clauses: int, count: int) -> list[Pair]:
    """So many random sentences of so many clauses, each English sentence once."""
    pairs: dict[str, Pair] = {}
    while len(pairs) < count:
        phrase = sentence(rng, clauses)
        if phrase is None:
            continue
        pair = as_pair(phrase, clauses)
        known = pairs.setdefault(pair.english, pair)
        if known.chinese != pair.chinese:
            raise AssertionError(f"two translations: {pair.english} {pair.chinese} {known.chinese}")
    return list(pairs.values())


def generate(seed: int = 0) -> list[Pair]:
    """All pairs of all splits: train, valid, test (1-3 clauses) and long (4 clauses).

    All sentences of one length are drawn first and dealt out then, so that no split gets what
    another left over. The fixed expressions count as training sentences of one clause.
    """
    rng = random.Random(seed)
    dealt: dict[str, list[Pair]] = {split: [] for split in SIZES}
    for clauses in range(1, 5):
        deck = [as_pair(link(*row), 1, row[0]) for row in lexicon("expressions") if clauses == 1]
        wanted = sum(sizes.get(clauses, 0) for sizes in SIZES.values())
        drawn = distinct(rng, clauses, wanted - len(deck))
        rng.shuffle(drawn)
        deck += drawn
        for split, sizes in SIZES.items():
            size = sizes.get(clauses, 0)
            dealt[split] += [replace(pair, split=split) for pair in deck[:size]]
            deck = deck[size:]
    return [pair for pairs in dealt.values() for pair in pairs]


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
    """Write data/translation.tsv; without a sound lexicon, say how to get it back."""
    try:
        pairs = generate()
    except (OSError, ValueError, IndexError, StopIteration) as error:
        raise SystemExit(
            f"Cannot write sentences: {LEXICON_TXT} is missing or damaged ({error}).\n"
            "It belongs to the course: `git checkout data/lexicon.txt` brings it back, "
            "or take it from a fresh copy of the course."
        ) from None
    TRANSLATION_TSV.write_text(to_tsv(pairs), encoding="utf-8", newline="\n")
    print(f"wrote {len(pairs)} pairs to data/{TRANSLATION_TSV.name}")
