"""Words and phrases of the mini-language, in English and Chinese at once.

Every English word is an object, and every Chinese character remembers the words that it came from.
So a rule may put its parts in any order in either language: the links follow by themselves. They
are of two kinds (Och & Ney 2003): *sure* where one translates the other, *possible* where the tie
is grammar (the measure word in 一顆蘋果 answers to "an" and "apple" but translates neither).

The words themselves are in data/lexicon.txt.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from helpers.datasets import TRANSLATION_TSV, tokenize_chinese, tokenize_english

LEXICON_TXT = TRANSLATION_TSV.with_name("lexicon.txt")

MODEST = ("movie", "phone", "bicycle", "cake", "coat", "hat", "umbrella")  # never five of them

NUMBERS = {"two": "兩", "three": "三", "four": "四", "five": "五"}


@dataclass(frozen=True, eq=False)
class Word:
    """One English word at one place of one sentence."""

    text: str


class Sign(NamedTuple):
    """One Chinese character and the English words that it is linked to."""

    text: str
    sure: tuple[Word, ...]
    possible: tuple[Word, ...]


class Phrase(NamedTuple):
    """A piece of a sentence in both languages, each in its own order."""

    english: tuple[Word, ...] = ()
    chinese: tuple[Sign, ...] = ()


@cache
def lexicon(section: str) -> list[list[str]]:
    """The rows of one section of data/lexicon.txt, each a list of its fields."""
    text = LEXICON_TXT.read_text(encoding="utf-8")
    body = text.split(f"\n[{section}]")[1].split("\n[")[0]
    return [
        [field.strip() for field in line.split("|")]
        for line in body.splitlines()[1:]
        if line and line[0] != "#"
    ]


@cache
def entry(section: str, name: str) -> list[str]:
    """The row of a section whose first field is, or begins with, `name`."""
    return next(row for row in lexicon(section) if name in (row[0], row[0].split()[0]))


def link(english: str, chinese: str, *, past: bool = False) -> Phrase:
    """A phrase from the lexicon's notation: ``link("last week", "上1 星期2")``.

    Digits number the English words of the Chinese piece before them, sure ones first, possible
    ones after "?"; without digits it is word 1. "+" becomes 了 if `past`.
    """
    words = tuple(map(Word, tokenize_english(english)))
    signs = []
    for piece in chinese.replace("+", "了?1" if past else "").split():
        match = re.fullmatch(r"(\D+?)(\d*)(?:\?(\d+))?", piece)
        if not match:
            raise ValueError(f"cannot read {piece!r} in the lexicon's entry for {english!r}")
        sure = [words[int(digit) - 1] for digit in match[2] or ("" if match[3] else "1")]
        possible = [words[int(digit) - 1] for digit in match[3] or ""]
        signs += [Sign(sign, tuple(sure), tuple(possible)) for sign in tokenize_chinese(match[1])]
    return Phrase(words, tuple(signs))


def particle(chinese: str, words: tuple[Word, ...]) -> Phrase:
    """Chinese signs that English has no word for; the `words` that ask for them are possible."""
    return Phrase((), tuple(Sign(sign, (), words) for sign in chinese))


def cross(english: list[Phrase], chinese: list[Phrase]) -> Phrase:
    """Phrases joined in one order in English and in another in Chinese."""
    words = tuple(word for phrase in english for word in phrase.english)
    return Phrase(words, tuple(sign for phrase in chinese for sign in phrase.chinese))


def noun_phrase(
    rng: random.Random, noun: str, det: str, pronoun: str = "i", plain: bool = False
) -> Phrase:
    """A noun with determiner, measure word and perhaps an adjective: 一顆紅色的蘋果.

    The measure word is a possible link of the determiner and the noun. Uncountable nouns name
    it in English too (two cups of tea), and then that word is its sure link.
    """
    forms, chinese, measure, adjectives, *units = entry("nouns", noun)
    unit = units[0].split() if units else []
    if unit and det not in ("number", "some", "any", "bare"):
        det = "one"
    if det == "the plural" and forms.split()[0] == forms.split()[1]:
        det = "the"  # "the fish" has one translation only
    plural = det not in ("one", "this", "the", "my")
    adjective = Phrase()
    if adjectives and det in ("one", "number", "this") and not plain and rng.random() < 0.3:
        adjective = link(*entry("adjectives", rng.choice(adjectives.split())))
    head = link(forms.split()[plural], chinese)
    tail = Phrase()
    if unit and det in ("one", "number"):
        tail = link(f"{unit[plural]} of", "")
    following = (*tail.english, *adjective.english, *head.english)[0].text
    few = bool(unit) or noun in MODEST  # nobody drinks five cups of tea
    number = rng.choices(list(NUMBERS), [4, 3, 0, 0] if few else [4, 3, 2, 1])[0]
    my = entry("pronouns", pronoun)
    english, sign = {
        "one": ("an" if following[0] in "aeiou" else "a", "一"),
        "number": (number, NUMBERS[number]),
        "how many": ("how many", "幾12"),
        "many": ("many", "很多"),
        "some": ("some", "一些"),
        "the": ("the", "那"),
        "the plural": ("the", "那1 些?1"),
        "this": ("this", "這"),
        "my": (my[2], my[3]),
        "any": ("any", ""),
        "bare": ("", ""),
    }[det]
    determiner = link(english, sign)
    counter = Phrase()
    if tail.english:
        counter = Phrase((), (Sign(measure, tail.english[:1], tail.english[1:]),))
    elif det in ("one", "number", "how many", "the", "this"):
        links = (determiner.english[-1], *head.english)
        counter = Phrase((), (Sign(measure, (), links),))
    return cross([determiner, tail, adjective, head], [determiner, counter, adjective, head])


def pronoun_phrase(pronoun: str) -> Phrase:
    return link(pronoun, entry("pronouns", pronoun)[1])
