"""Sentences of the mini-language: stories of one to four clauses, scenes and questions.

The clauses of a story share one time, and a connective must suit what came before it: "so" follows
a reason, "but" turns the last clause around, "because" gives a liking. The lexicon explains the
tenses and lists everything that a rule may choose from.
"""

from __future__ import annotations

import random
from functools import cache
from typing import NamedTuple

from helpers.corpus.grammar import (
    NOTHING,
    Phrase,
    agree,
    cross,
    entry,
    lexicon,
    link,
    noun_phrase,
    particle,
)

Subject = tuple[Phrase, str]  # and the pronoun that may stand for it later


class Frame(NamedTuple):
    """A verb with what suits it: one line of the lexicon's frames."""

    forms: str  # eat eats ate eating
    rest: str
    chinese: str
    nouns: str
    places: str
    tenses: str
    reasons: str


class Clause(NamedTuple):
    """A clause, and what the next one must know of it."""

    phrase: Phrase
    tense: str
    pronoun: str
    frame: Frame
    noun: str
    denied: bool
    place: str


@cache
def suitable(tense: str, reason: str = "") -> list[Frame]:
    """The verbs that go with a tense and, given a reason, with that."""
    able = [frame for frame in (Frame(*row) for row in lexicon("frames")) if tense in frame.tenses]
    return [frame for frame in able if not reason or reason in frame.reasons.split()]


def pick(rng: random.Random, choices: list[Frame]) -> Frame:
    """One verb, those with many objects more often, so that all objects come up."""
    return rng.choices(choices, [2 + len(frame.nouns.split()) for frame in choices])[0]


def some_tense(rng: random.Random) -> str:
    """One tense, as often as the lexicon says."""
    rows = lexicon("tenses")
    return rng.choices(rows, [int(row[1]) for row in rows])[0][0]


def somebody(rng: random.Random, used: list[str]) -> Subject:
    """A subject whose pronoun is not yet used; I and we count as one."""
    taken = [*used, "i", "we"] if {"i", "we"} & set(used) else used
    english, chinese, pronoun = rng.choice([r for r in lexicon("subjects") if r[2] not in taken])
    return link(english, chinese), pronoun


def again(pronoun: str) -> Subject:
    """The subject of the clause before, as a pronoun."""
    return link(*entry("subjects", pronoun)[:2]), pronoun


def event(
    rng: random.Random,
    who: Subject,
    frame: Frame,
    tense: str,
    mode: str = "said",
    noun: str = "",
    det: str = "",
    opens: bool = False,
    then: Phrase = NOTHING,
) -> Clause:
    """Somebody does something, does not (`mode` "denied"), or does he ("asked")?

    A clause that opens a sentence may say when; a habit that is not denied always says how often.
    `noun` and `det` are drawn where they are not given; `then` (就) follows the subject.
    """
    subject, pronoun = who
    _, _, *aids, dets = entry("tenses", tense)
    english, _, chinese = aids[("said", "denied", "asked").index(mode)].partition(" / ")
    aid = link(agree(english, pronoun), chinese)
    form = {"p": 2, "g": 3, "f": 0, "w": 0}.get(tense, int(pronoun in ("he", "she")))
    form = form if mode == "said" or tense == "g" else 0
    completed = tense == "p" and mode != "denied"  # Chinese has no past tense: 了 says "done"
    verb = link(f"{frame.forms.split()[form]} {frame.rest}", frame.chinese, completed=completed)
    thing = where = when = often = NOTHING
    place = ""
    if frame.nouns:
        noun = noun or rng.choice(frame.nouns.split())
        det = det or rng.choice(dets.split())
        if mode == "denied":
            det = "any" if tense in "pfo" else "bare"
        thing = link("what", "什麼") if det == "what" else noun_phrase(rng, noun, det)
    if frame.places and tense != "g" and mode != "denied" and rng.random() < 0.2:
        place = rng.choice(frame.places.split())
        where = link(*entry("places", place)[1:])
    times = [row[1:] for row in lexicon("times") if row[0] == tense]
    if times and (mode != "denied" if tense == "h" else opens and rng.random() < 0.3):
        when = link(*rng.choice(times))
    if when.english and when.english[0].text == "often":
        when, often = NOTHING, when
    characters = [subject, then, often, when, aid, where, verb, thing]
    words = [subject, often, aid, verb, thing, where, when]
    if mode == "asked":  # did he buy …? what does he want to buy?
        asked, first, rest = NOTHING, Phrase(aid.english[:1]), Phrase(aid.english[1:])
        if det == "what":
            asked, thing = thing, NOTHING
        else:
            characters.append(particle("嗎", first.english))
        words = [asked, first, subject, often, rest, verb, thing, where, when]
    return Clause(cross(words, characters), tense, pronoun, frame, noun, mode == "denied", place)


def state(rng: random.Random, condition: bool = False) -> tuple[str, str, Subject, Phrase]:
    """Somebody is tired, or it rains: what it is, its tense, who may act on it, and the clause."""
    rows = [row for row in lexicon("states") if (row[1] == "if") == condition]
    name = rng.choice(sorted({row[0] for row in rows}))
    _, tenses, english, chinese = rng.choice([row for row in rows if row[0] == name])
    tense = "f" if condition else rng.choice(tenses)
    who = somebody(rng, [])
    subject, pronoun = (NOTHING, "") if name == "rain" else who
    when = link(*entry("times", tense)[1:]) if tense in "pf" else NOTHING
    words = link(agree(english, pronoun), chinese, completed=tense == "p")
    clause = cross([subject, words, when], [subject, when, words])
    return name, tense, again(pronoun) if pronoun else who, clause


def circumstance(rng: random.Random) -> tuple[list[Phrase], Clause]:
    """Two clauses, a reason before what follows from it: …, so … / because … / if …"""
    join = rng.choice(["so", "so", "because", "if"])
    name, tense, who, cause = state(rng, join == "if")
    choices = [(frame, "said") for frame in suitable(tense, f"+{name}")]
    choices += [(frame, "denied") for frame in suitable(tense, f"-{name}") if tense != "g"]
    frame, mode = rng.choice(choices)
    before, then = [cause, link(*entry("joins", "so")[1:])], NOTHING
    if join != "so":
        first, comma = link(join, "因為" if join == "because" else "如果"), link(",", "，")
        therefore = particle("所以" if join == "because" else "就", first.english)
        before = [first, cause, comma]
        if join == "because":
            before.append(therefore)
        else:
            then = therefore
    return before, event(rng, who, frame, tense, mode, then=then)


def following(
    rng: random.Random, last: Clause, used: list[str], joins: list[str]
) -> tuple[str, Clause] | None:
    """A next clause that goes with the last one, and its connective; None if none does."""
    _, tense, pronoun, frame, noun, denied, place = last
    options = ["and"] * 4 + ["but"] * 2 + ["because"] * ("likes" in frame.reasons)
    options += ["then"] * (4 if tense in "pf" and not denied else 0)
    options = [join for join in options if join not in joins]
    if not options:
        return None
    join = rng.choice(options)
    other, mode = somebody(rng, used), "denied" if denied else "said"
    others = [choice for choice in suitable(tense) if choice.forms != frame.forms]
    if join == "because":
        like = next(choice for choice in suitable("l") if noun in choice.nouns.split())
        return join, event(rng, again(pronoun), like, "l", mode, noun)
    if join == "then":  # nobody is at school and then goes to school
        others = [choice for choice in others if not place or place not in choice.rest]
        return join, event(rng, again(pronoun), pick(rng, others), tense)
    if join == "but" and tense != "g":
        return join, event(rng, other, frame, tense, "said" if denied else "denied", noun)
    if tense in "lo":  # cats beside dogs, and not beside tea
        noun = rng.choice([name for name in frame.nouns.split() if name != noun])
        return join, event(rng, other, frame, tense, mode, noun)
    return join, event(rng, other, pick(rng, others), tense)


def story(rng: random.Random, clauses: int) -> list[Phrase]:
    """So many clauses that share one time; nothing where the story ends too early."""
    joins: list[str] = []
    if clauses > 1 and rng.random() < 0.15:
        phrases, last = circumstance(rng)
        joins, count = ["because"], 2
    else:
        tense = some_tense(rng)
        mode = "denied" if tense != "g" and rng.random() < 0.2 else "said"
        last = event(rng, somebody(rng, []), pick(rng, suitable(tense)), tense, mode, opens=True)
        phrases, count = [], 1
    phrases, used = [*phrases, last.phrase], [last.pronoun]
    while count < clauses:
        step = following(rng, last, used, joins)
        if step is None:
            return []
        join, last = step
        phrases += [link(*entry("joins", join)[1:]), last.phrase]
        joins, used, count = [*joins, join], [*used, last.pronoun], count + 1
    return phrases


def scene(rng: random.Random) -> list[Phrase]:
    """There are three cats in the park."""
    english, chinese, nouns = rng.choice(lexicon("there"))
    det = rng.choice(["one", "two", "three", "four", "many"])
    there = link("there is" if det == "one" else "there are", "有12")
    thing, where = noun_phrase(rng, rng.choice(nouns.split()), det), link(english, chinese)
    return [cross([there, thing, where], [where, there, thing])]


def question(rng: random.Random) -> list[Phrase]:
    """Did you buy …? Do you often …? What do you want to …?"""
    you = link("you", "你"), "you"
    who = rng.choice([you, you, you, again("he"), again("she"), again("they")])
    tense = some_tense(rng)
    frame = pick(rng, suitable(tense))
    det = "any" if tense == "o" else ""
    if " " in frame.nouns and rng.random() < 0.5:
        det = "what"
    return [event(rng, who, frame, tense, "asked", det=det, opens=True).phrase]


def sentence(rng: random.Random, clauses: int) -> Phrase | None:
    """One random sentence; None where a draw came to nothing."""
    kind, end = rng.random(), link(".", "。")
    if clauses == 1 and kind < 0.2:
        phrases, end = question(rng), link("?", "？")
    elif clauses == 1 and kind < 0.27:
        phrases = [state(rng)[-1]]
    elif clauses == 1 and kind > 0.95:
        phrases = scene(rng)
    else:
        phrases = story(rng, clauses)
    return cross([*phrases, end], [*phrases, end]) if phrases else None
