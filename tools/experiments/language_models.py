"""Lesson 2's language models beside n-grams: perplexity, a word four tokens back, and slips.

The loss is the lesson's own, taken from its source; the network is `helpers.taught`'s, which equals
the lesson's.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import torch

from helpers import training
from helpers.metrics import tense_agreement
from helpers.ngrams import NGram
from helpers.taught.recurrent import LanguageModel
from helpers.words import (
    BOS_ID,
    EOS_ID,
    Vocabulary,
    join_chinese,
    pad_batch,
    read_pairs,
    sequence_batches,
    tokenize_chinese,
)
from notebooks.lessons import lesson

_NEEDED = "next_token_loss", "told_apart", "people", "acts", "beginnings"
LESSON = lesson("02").define(*_NEEDED)
TRAIN, HELD_OUT = read_pairs(split="train"), read_pairs(split="valid")
VOCAB = Vocabulary.from_sentences(pair.target for pair in TRAIN)
SEQUENCES, HELD = (
    [VOCAB.encode(pair.target, bos=True, eos=True) for pair in pairs] for pairs in (TRAIN, HELD_OUT)
)
LE = VOCAB.encode(["了"])[0]
LENGTHS = range(1, 8)  # of the n-grams


def encode(beginning: str) -> list[int]:
    return [BOS_ID, *VOCAB.encode(tokenize_chinese(beginning))]


def of_le(chance: Callable[[list[int]], float]) -> dict[str, float]:
    """了 after the lesson's two beginnings with 買, and the share of all pairs told apart.

    chance: ids read so far -> the probability of 了.
    """
    past, future = (chance(encode(text)) for text in ("我媽媽昨天在市場買", "我媽媽明天會在市場買"))
    share = LESSON["told_apart"](lambda text: chance(encode(text)))
    return {"le_past": past, "le_future": future, "told_apart": share}


def ngram(n: int) -> dict[str, float]:
    model = NGram(SEQUENCES, n, len(VOCAB))
    perplexity = torch.exp(-model.probabilities(HELD).log().mean()).item()
    return {"perplexity": perplexity, **of_le(lambda ids: model.probability(ids, LE))}


def trained(seed: int, epochs: int) -> LanguageModel:
    torch.manual_seed(seed)
    model = LanguageModel(len(VOCAB))
    training.fit(
        model,
        lambda epoch: sequence_batches(SEQUENCES, batch_size=32, seed=1000 * seed + epoch),
        LESSON["next_token_loss"],
        epochs=epochs,
        lr=3e-3,
        quiet=True,
    )
    return model


def rnn(seed: int, epochs: int = 5) -> dict[str, float]:
    """The lesson's network, or one that trains longer."""
    model = trained(seed, epochs)

    def chance_of_le(ids: list[int]) -> float:
        return model(torch.tensor([ids]))[0][0, -1].softmax(-1)[LE].item()

    with torch.no_grad():
        loss = LESSON["next_token_loss"](model, pad_batch(HELD))
        found = {"perplexity": loss.exp().item(), **of_le(chance_of_le)}
    torch.manual_seed(seed)
    return found | slips(sampled(model, 2000))


@torch.no_grad()
def sampled(model: LanguageModel, count: int, limit: int = 48) -> list[str]:
    """Sentences drawn at temperature 1, those that reach the limit left out."""
    ids, h = torch.full((count, 1), BOS_ID), None
    while ids.shape[1] < limit:
        logits, states = model(ids[:, -1:], h)  # (B, 1, V), (B, 1, H)
        h, p = states[:, -1], logits[:, -1].softmax(-1)
        ids = torch.cat([ids, torch.multinomial(p, 1)], dim=1)
    rows = [row[: row.index(EOS_ID)] for row in ids.tolist() if EOS_ID in row]
    return [join_chinese(VOCAB.decode(row)) for row in rows]


def slips(sentences: list[str]) -> dict[str, float]:
    """How often clauses fit together: time kept, and another person after 然後, with counts."""
    agree, compared = tense_agreement(sentences)
    found = [slip for sentence in sentences if (slip := other_person(sentence)) is not None]
    return {
        "time_kept": agree,
        "clauses": compared,
        "other_person": sum(found) / max(1, len(found)),
        "thens": len(found),
    }


def corpus() -> dict[str, float]:
    return slips([pair.chinese for pair in TRAIN])


def shuffled(seed: int = 0) -> dict[str, float]:
    """The corpus with its clauses dealt out anew: what agrees by chance."""
    rng = random.Random(seed)
    clauses = [pair.chinese.rstrip("。").split("，") for pair in TRAIN if pair.clauses > 1]
    later = [clause for row in clauses for clause in row[1:]]
    rng.shuffle(later)
    dealt = iter(later)
    return slips(["，".join([row[0], *[next(dealt) for _ in row[1:]]]) for row in clauses])


SUBJECTS = {"我媽媽": "她", "我爸爸": "他", "我的朋友": "他", "老師": "她", "孩子們": "他們"}
SUBJECTS |= {word: word for word in ("我們", "他們", "我", "他", "她")}
_SUBJECT = "|".join(sorted(SUBJECTS, key=len, reverse=True))


def other_person(sentence: str) -> bool | None:
    """Whether 然後 goes on with another person than the clause before; None without 然後."""
    found = re.search(rf"([^，]+)，然後({_SUBJECT})", sentence)
    before = re.search(_SUBJECT, re.sub("^(而|但是|所以)", "", found[1])) if found else None
    if not found or not before:
        return None
    return SUBJECTS[before[0]] != SUBJECTS[found[2]]
