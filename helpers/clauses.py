"""Clauses of the mini-language: who does what, with what, where and when.

A tense is one letter: p past, f future, h habit, g going on now, w want to.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from helpers.grammar import Phrase, Sign, cross, entry, lexicon, link, noun_phrase

BE = {"i": "am", "he": "is", "she": "is"}

# How often an object takes which determiner, by tense (see `TENSES`).
DETERMINERS = {
    "pfw": {"one": 8, "number": 8, "many": 2, "some": 2, "the": 3, "the plural": 1, "this": 2},
    "g": {"one": 5, "the": 1, "this": 1},
    "h": {"bare": 2, "one": 1},
}


class Frame(NamedTuple):
    """A verb with the objects and places that suit it: one line of the lexicon's frames."""

    forms: list[str]
    rest: str
    chinese: str
    nouns: list[str]
    places: list[str]
    tenses: str
    tags: list[str]


class Clause(NamedTuple):
    """A clause, and what the next one must know of it."""

    phrase: Phrase
    tense: str
    pronoun: str = ""
    frame: Frame | None = None
    noun: str = ""
    place: str = ""
    negated: bool = False
    final: bool = False


@cache
def frames() -> list[Frame]:
    """All verbs with what suits them."""
    result = []
    for verb, chinese, nouns, places, tenses, tags in lexicon("frames"):
        forms, _, rest = verb.partition(" / ")
        fields = nouns.split(), places.split(), tenses, tags.split()
        result.append(Frame(forms.split(), rest, chinese, *fields))
    return result


def third(pronoun: str) -> bool:
    return pronoun in ("he", "she")


def suitable(tense: str, negated: bool, tag: str = "", pronoun: str = "i") -> list[Frame]:
    """The verbs that go with a tense (and, given a tag, with what a state leads to)."""
    code = ("p", "P") if tense == "p" and negated else (tense,)
    able = [frame for frame in frames() if any(letter in frame.tenses for letter in code)]
    if negated or pronoun in ("we", "they"):  # several people do not wear one hat
        able = [frame for frame in able if not set("m1") & set(frame.tenses)]
    return [frame for frame in able if not tag or tag in frame.tags]


def pick(rng: random.Random, choices: list[Frame]) -> Frame:
    """One verb, those with many objects more often, so that all objects come up."""
    return rng.choices(choices, [max(1, len(frame.nouns)) for frame in choices])[0]


def somebody(rng: random.Random, used: Iterable[str] = ()) -> tuple[Phrase, str]:
    """A subject, and the pronoun that may stand for it later; none of those in `used`."""
    rows = [row for row in lexicon("subjects") if row[2] not in used]
    # Five pronouns against ten nouns: people are named in two of three sentences.
    english, chinese, pronoun = rng.choice(rows)
    return link(english, chinese), pronoun


def things(section: str) -> list[str]:
    """All nouns that are liked (or owned)."""
    return [noun for row in lexicon(section) for noun in row[0].split()]


def related(rng: random.Random, noun: str, section: str) -> str:
    """Another noun of the same kind: cats, and not coats, beside dogs."""
    kind = next(row[0].split() for row in lexicon(section) if noun in row[0].split())
    return rng.choice([name for name in kind if name != noun])


def auxiliary(tense: str, negated: bool, pronoun: str, place: str) -> Phrase:
    """What stands before the main verb: did not 沒有, will 會, is 正在, wants to 想, do not 不."""
    do = "does" if third(pronoun) else "do"
    if tense == "g":  # 正在 and the 在 of a place merge: 正在公園
        return link(BE.get(pronoun, "are"), "正?1" if place else "正在?1")
    if tense == "w":
        wants = "wants to" if third(pronoun) else "want to"
        return link(f"{do} not want to", "不2?1 想3?4") if negated else link(wants, "想1?2")
    return {
        "p": link("did not", "沒有2?1") if negated else Phrase(),
        "f": link("will not", "不2 會1") if negated else link("will", "會"),
        "h": link(f"{do} not", "不2?1") if negated else Phrase(),
    }[tense]


def determiner(rng: random.Random, frame: Frame, tense: str, negated: bool) -> str:
    """A determiner that suits verb and tense."""
    if negated:
        return "any" if tense in "pf" else "bare"
    if "m" in frame.tenses:
        return rng.choice(["my", "my", "the"])
    if "1" in frame.tenses:
        return "one" if tense == "h" else rng.choice(["one", "one", "one", "the", "this"])
    weights = next(weights for tenses, weights in DETERMINERS.items() if tense in tenses)
    return rng.choices(list(weights), list(weights.values()))[0]


def event(
    rng: random.Random,
    who: Phrase,
    frame: Frame,
    tense: str,
    pronoun: str,
    *,
    negated: bool = False,
    noun: str = "",
    place: str | None = None,
    time: bool = False,
    then: Phrase | None = None,
) -> Clause:
    """Somebody does something: subject, verb, object, place, time in English;
    subject, time, auxiliary, place, verb, 了, object in Chinese.

    `then` is a Chinese word after the subject (就). Without a noun or place, suitable ones are
    drawn. Only the first clause of a sentence tells the time.
    """
    if place is None:
        chance = 0 if tense == "h" and negated else 0.35 if time else 0.15
        place = rng.choice(frame.places) if frame.places and rng.random() < chance else ""
        if frame.places and frame.places[0].startswith(">"):
            others = [name for name in frame.places if entry("places", name)[4] != pronoun]
            place = rng.choice(others)
    noun = noun or (rng.choice(frame.nouns) if frame.nouns else "")
    thing = Phrase()
    if noun:
        det = determiner(rng, frame, tense, negated)
        thing = noun_phrase(rng, noun, det, pronoun, plain=tense == "h")
    form = {"p": 0 if negated else 2, "h": third(pronoun) and not negated, "g": 3}.get(tense, 0)
    past = tense == "p" and not negated
    verb = link(f"{frame.forms[form]} {frame.rest}", frame.chinese, past=past)
    helping = auxiliary(tense, negated, pronoun, place)
    where = link(*entry("places", place)[1:3]) if place else Phrase()
    times = [row for row in lexicon("times") if row[0] == tense]
    timed = time and times and not (tense == "h" and negated)
    when = link(*rng.choice(times)[1:]) if timed else Phrase()
    front, often, end = Phrase(), Phrase(), when
    if when.english and when.english[0].text == "often":
        often, end = when, Phrase()
    elif when.english and tense != "h" and rng.random() < 0.2:
        front, end = when, Phrase()
    english = [front, who, often, helping, verb, thing, where, end]
    before, after = ([], [where]) if place.startswith(">") else ([where], [])
    start = [front, who, then or Phrase(), Phrase() if front.english else when]
    chinese = [*start, helping, *before, verb, thing, *after]
    return Clause(cross(english, chinese), tense, pronoun, frame, noun, place, negated)


def stative(
    rng: random.Random,
    who: Phrase,
    pronoun: str,
    verb: str,
    noun: str,
    negated: bool,
) -> Clause:
    """Somebody has things or likes a kind of thing; both only in the present."""
    do = "does" if third(pronoun) else "do"
    s = "s" if third(pronoun) and not negated else ""
    if verb == "like":
        verbs = link(f"{do} not like", "不2?1 喜歡3") if negated else link(f"like{s}", "喜歡")
        thing = noun_phrase(rng, noun, "bare")
    else:
        has = "has" if s else "have"
        verbs = link(f"{do} not have", "沒2?1 有3") if negated else link(has, "有")
        thing = noun_phrase(rng, noun, "any" if negated else rng.choice(["one", "number"]))
    phrase = cross([who, verbs, thing], [who, verbs, thing])
    return Clause(phrase, verb, pronoun, None, noun, "", negated)


def state(
    rng: random.Random,
    name: str,
    who: Phrase,
    pronoun: str,
    tense: str,
    time: bool,
) -> Clause:
    """Somebody is tired, or the weather is cold, or it rains (`tense` "if": after if)."""
    _, chinese, _, whose = entry("states", name)
    be = {"p": "were" if pronoun in ("we", "they") else "was", "f": "will be"}.get(
        tense, BE.get(pronoun, "are")
    )
    if whose == "weather":
        be, pronoun = {"p": "was", "f": "will be"}.get(tense, "is"), ""
        who = link("it", "天氣?1")
    when = Phrase()
    if time:
        key = "f" if tense == "if" else tense
        # One is busy or sick for a week, but not hungry; and one cold week explains no coat.
        weeks = name in ("busy", "sick")
        rows = [row for row in lexicon("times") if row[0] == key]
        rows = [row for row in rows if weeks or "week" not in row[1]]
        when = link(*rng.choice(rows)[1:])
    if name == "rain":
        rains = {"p": "it rained", "f": "it will rain"}.get(tense, "it rains")
        rain = link(rains, "會2 下雨3" if tense == "f" else "下雨2 +", past=tense == "p")
        return Clause(cross([rain, when], [when, rain]), tense)
    very = link("very", "") if name != "sick" and rng.random() < 0.5 else Phrase()
    word = link(name, chinese)
    if very.english:
        hen = Sign("很", very.english, word.english)
        word = Phrase(word.english, (hen, *word.chinese[1:]))
    verb = link(be, "會" if tense == "f" else "")
    order = [when, who, verb, word] if whose == "weather" else [who, when, verb, word]
    return Clause(cross([who, verb, very, word, when], order), tense, pronoun, final=True)
