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

from helpers.words import TRANSLATION_TSV, tokenize_chinese, tokenize_english

LEXICON_TXT = TRANSLATION_TSV.with_name("lexicon.txt")

# What the first word of a verb becomes after I, and after he, she and it.
FIRST = {"are": "am", "were": "was"}
THIRD = {"are": "is", "were": "was", "do": "does", "want": "wants"}


@dataclass(frozen=True, eq=False)
class Word:
    """One English word at one place of one sentence."""

    text: str


class Character(NamedTuple):
    """One Chinese character and the English words that it is linked to."""

    text: str
    sure: tuple[Word, ...]
    possible: tuple[Word, ...]


class Phrase(NamedTuple):
    """A piece of a sentence in both languages, each in its own order."""

    english: tuple[Word, ...] = ()
    chinese: tuple[Character, ...] = ()


NOTHING = Phrase()


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


def entry(section: str, name: str) -> list[str]:
    """The row of a section whose first field is, or begins with, `name`."""
    return next(row for row in lexicon(section) if name in (row[0], row[0].split()[0]))


def link(english: str, chinese: str, *, completed: bool = False) -> Phrase:
    """A phrase from the lexicon's notation: ``link("last week", "上1 星期2")``.

    Digits number the English words of the Chinese piece before them, sure ones first, possible
    ones after "?"; without digits it is word 1. "+" becomes 了, the mark of a
    completed action, if `completed`.
    """
    words = tuple(map(Word, tokenize_english(english)))
    characters = []
    for piece in chinese.replace("+", "了?1" if completed else "").split():
        match = re.fullmatch(r"(\D+?)(\d*)(?:\?(\d+))?", piece)
        if not match:
            raise ValueError(f"cannot read {piece!r} in the lexicon's entry for {english!r}")
        sure = [words[int(digit) - 1] for digit in match[2] or ("" if match[3] else "1")]
        possible = [words[int(digit) - 1] for digit in match[3] or ""]
        characters += [
            Character(character, tuple(sure), tuple(possible))
            for character in tokenize_chinese(match[1])
        ]
    return Phrase(words, tuple(characters))


def particle(chinese: str, words: tuple[Word, ...]) -> Phrase:
    """Chinese that English has no word for; the `words` that ask for it are possible links."""
    return Phrase((), tuple(Character(character, (), words) for character in chinese))


def cross(english: list[Phrase], chinese: list[Phrase]) -> Phrase:
    """Phrases joined in one order in English and in another in Chinese."""
    words = tuple(word for phrase in english for word in phrase.english)
    return Phrase(words, tuple(character for phrase in chinese for character in phrase.chinese))


def agree(verb: str, pronoun: str) -> str:
    """A verb of the lexicon with its subject: ("do not", "she") -> "does not"."""
    first, *rest = verb.split() or [""]
    table = {"i": FIRST, "he": THIRD, "she": THIRD}.get(pronoun, {})
    return " ".join([table.get(first, first), *rest])


def noun_phrase(rng: random.Random, noun: str, det: str) -> Phrase:
    """A noun with its determiner, measure word and perhaps an adjective: 一顆紅色的蘋果.

    The measure word is a possible link of the determiner and the noun. Uncountable nouns name it in
    English too (two cups of tea), and then that word is its sure link.
    """
    forms, chinese, measure, adjectives, *units = entry("nouns", noun)
    _, english, character, number = entry("determiners", det)
    if units and det == "many":
        number = "many"  # many coats 很多外套, but many cups of tea 很多杯茶
    head = link(forms.split()[number != "one"], chinese)
    tail = adjective = counter = NOTHING
    if number and units:
        tail = link(f"{units[0].split()[number != 'one']} of", "")
    if number and adjectives and rng.random() < 0.25:
        adjective = link(*entry("adjectives", rng.choice(adjectives.split())))
    after = cross([tail, adjective, head], [adjective, head])
    if english == "a" and after.english[0].text[0] in "aeiou":
        english = "an"
    determiner = link(english, character)
    if tail.english:
        counter = Phrase((), (Character(measure, tail.english[:1], tail.english[1:]),))
    elif number:
        counter = particle(measure, (determiner.english[-1], *head.english))
    return cross([determiner, after], [determiner, counter, after])
