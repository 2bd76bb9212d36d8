"""The course's translators on real sentence pairs, such as those of manythings.org/anki."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import nn

from helpers.decoding import translate_pairs
from helpers.metrics import chrf
from helpers.training import fit, translation_loss
from helpers.words import Pair, Vocabulary, read_pairs, translation_batches

SHOWN = 6  # translations in the table of samples


def short_pairs(path: str | Path, longest: int, most: int) -> tuple[list[Pair], list[Pair]]:
    """Shuffled pairs of a file, at most `longest` tokens either side: training and test pairs.

    A tenth, 500 at most, is kept for testing. Raises ValueError where fewer than 100 are short
    enough, and what `words.read_pairs` raises.
    """
    pairs = read_pairs(path, max_tokens=longest)
    if len(pairs) < 100:
        raise ValueError(
            f"{path} has {len(pairs)} pairs of at most {longest} tokens; training needs 100 or "
            "more: raise `longest`, or take a larger file"
        )
    random.Random(0).shuffle(pairs)
    pairs = pairs[:most]
    cut = min(500, len(pairs) // 10)
    return pairs[cut:], pairs[:cut]


def compare_on(
    path: str | Path,
    makers: Mapping[str, Callable[[int, int], nn.Module]],
    *,
    longest: int = 10,
    most: int = 6000,
    epochs: int = 10,
    seed: int = 0,
) -> tuple[dict[str, float], dict[str, list[str]]]:
    """Train each model on a file's short sentences; chrF (0 to 100) and samples on unseen ones.

    makers: name -> a function from the sizes of both vocabularies to a new model. Words that occur
        once in training become <unk>. Each model gets the same batches of 64, in the same order.
    Returns chrF by model, and columns of sample translations for `figures.show_lines`.
    """
    train, test = short_pairs(path, longest, most)
    english = Vocabulary.from_sentences((pair.source for pair in train), min_count=2)
    chinese = Vocabulary.from_sentences((pair.target for pair in train), min_count=2)
    right = [pair.chinese for pair in test]
    scores: dict[str, float] = {}
    samples = {"English": [p.english for p in test[:SHOWN]], "Right": right[:SHOWN]}
    for name, make in makers.items():
        torch.manual_seed(seed)
        model = make(len(english), len(chinese))
        fit(
            model,
            lambda epoch: translation_batches(train, english, chinese, 64, seed=epoch),
            translation_loss,
            epochs=epochs,
            lr=4e-3,
            title=name,
        )
        found = translate_pairs(model, test, english, chinese, limit=2 * longest)
        scores[name], samples[name] = chrf(found, right), found[:SHOWN]
    return scores, samples
