"""The sentence pairs that the experiments train and test on, as the lessons do."""

from __future__ import annotations

from torch import nn

from helpers import words
from helpers.decoding import translate_pairs
from helpers.metrics import exact_match

TRAIN, TEST = words.read_pairs(split="train"), words.read_pairs(split="test")
GROUPS = {n: [pair for pair in TEST if pair.clauses == n] for n in (1, 2, 3)}  # by clauses
GROUPS[4] = words.read_pairs(split="long")
ENGLISH = words.Vocabulary.from_sentences(pair.source for pair in TRAIN)
CHINESE = words.Vocabulary.from_sentences(pair.target for pair in TRAIN)


def translations(model: nn.Module, pairs: list[words.Pair]) -> list[str]:
    """What the model writes for each pair's English, running free."""
    return translate_pairs(model, pairs, ENGLISH, CHINESE)


def exact_by_clauses(model: nn.Module) -> list[float]:
    """Exact match, running free, for one, two, three and four clauses."""
    return [
        exact_match(translations(model, pairs), [pair.chinese for pair in pairs])
        for pairs in GROUPS.values()
    ]
