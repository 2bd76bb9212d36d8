"""Sentences of the mini-language: stories of one to four clauses, scenes, descriptions, questions.

The clauses of a story share one time, and a connective must suit what came before it: "so" follows
a reason, "but" turns the last clause around, "because" gives a liking or an excuse.
"""

from __future__ import annotations

import random
import re

from helpers.clauses import (
    Clause,
    event,
    pick,
    related,
    somebody,
    state,
    stative,
    suitable,
    things,
    third,
)
from helpers.grammar import (
    Phrase,
    cross,
    entry,
    lexicon,
    link,
    noun_phrase,
    particle,
    pronoun_phrase,
)

TENSES = {"p": 30, "f": 20, "h": 14, "g": 14, "w": 14, "have": 6, "like": 6}  # how often each

PERSONS = ("i", "he", "she", "we", "they")

JOINS = {
    "and": (", and", "，1 而2"),
    "then": (", and then", "，1 然後3?2"),
    "but": (", but", "，1 但是2"),
    "because": ("because", "，?1 因為1"),
}


def opening(rng: random.Random, tense: str) -> Clause:
    """The first clause of a sentence, which sets its time."""
    who, pronoun = somebody(rng)
    if tense in ("have", "like"):
        nouns = things("liked" if tense == "like" else "owned")
        negated = rng.random() < 0.2
        return stative(rng, who, pronoun, tense, rng.choice(nouns), negated)
    negated = tense != "g" and rng.random() < 0.2
    frame = pick(rng, suitable(tense, negated, pronoun=pronoun))
    return event(rng, who, frame, tense, pronoun, negated=negated, time=True)


def circumstance(rng: random.Random) -> tuple[Phrase, Clause]:
    """Two clauses with a reason before what follows from it: …, so … / because … / if …"""
    join = rng.choice(["so", "so", "because", "if"])
    rows = [row for row in lexicon("states") if join != "if" or row[3] == "weather"]
    name, _, tenses, whose = rng.choice(rows)
    tense = "f" if join == "if" else rng.choice(tenses)
    who, pronoun = somebody(rng)
    subject = somebody(rng) if whose == "weather" else (pronoun_phrase(pronoun), pronoun)
    does, does_not = (
        [(frame, sign == "-") for frame in suitable(tense, sign == "-", sign + name, subject[1])]
        for sign in "+-"
    )
    frame, negated = rng.choice(does + does_not)
    reason = state(rng, name, who, pronoun, "if" if join == "if" else tense, tense in "pf")
    then = Phrase()
    if join == "so":
        first, middle = Phrase(), link(", so", "，1 所以2")
    elif join == "because":
        first, middle = link("because", "因為"), link(",", "，")
        therefore = particle("所以", first.english)
        middle = cross([middle], [middle, therefore])
    else:
        first, middle = link("if", "如果"), link(",", "，")
        then = particle("就", first.english)
    result = event(rng, subject[0], frame, tense, subject[1], negated=negated, place="", then=then)
    before = cross([first, reason.phrase, middle], [first, reason.phrase, middle])
    return before, result


def following(
    rng: random.Random,
    last: Clause,
    used: list[str],
    joins: list[str],
) -> tuple[str, Clause] | None:
    """A next clause that goes with the last one, and its connective; None if none does."""
    tense, pronoun, frame, noun = last.tense, last.pronoun, last.frame, last.noun
    used = [*used, "i", "we"] if {"i", "we"} & set(used) else used
    free = [person for person in PERSONS if person not in used]
    same = pronoun_phrase(pronoun)
    options = []
    if free and "and" not in joins and not last.final:
        options += ["and"]
    if tense in "pf" and not last.negated and not last.final:
        options += ["then"] * 2
    if free and not last.final and contrasts(last):
        options += ["but"] * 2
    likes = frame is not None and "l" in frame.tenses and noun in things("liked")
    excuses = [tag[1:] for tag in frame.tags if tag in ("-busy", "-tired")] if frame else []
    excused = tense == "p" and last.negated and bool(excuses)
    if likes or excused:
        options += ["because"]
    options = [option for option in options if option not in joins]
    if not options:
        return None
    join = rng.choice(options)
    if join == "then":
        assert frame is not None
        choices = [f for f in suitable(tense, False, "", pronoun) if f.forms != frame.forms]
        choices = [f for f in choices if "1" not in f.tenses]  # one dresses first
        return join, event(rng, same, pick(rng, choices), tense, pronoun)
    if join == "because":
        if excused and (not likes or rng.random() < 0.5):
            return join, state(rng, rng.choice(excuses), same, pronoun, tense, False)
        return join, stative(rng, same, pronoun, "like", noun, last.negated)
    other = somebody(rng, used)
    if join == "and":
        if tense in ("have", "like"):
            thing = related(rng, noun, "liked" if tense == "like" else "owned")
            return join, stative(rng, *other, tense, thing, last.negated)
        choices = suitable(tense, False, "", other[1])
        return join, event(rng, other[0], pick(rng, choices), tense, other[1], time=tense == "h")
    return join, contrast(rng, last, other)


def contrasts(last: Clause) -> bool:
    """Whether a clause can be turned around: not what was lost, worn or has no past with 了."""
    if last.frame is None:
        return True
    tenses = last.frame.tenses
    return not set("m1") & set(tenses) and (last.tense != "p" or "p" in tenses)


def contrast(rng: random.Random, last: Clause, other: tuple[Phrase, str]) -> Clause:
    """What follows "but": somebody else does not, or the same one not with another thing."""
    frame, noun, tense = last.frame, last.noun, last.tense
    if tense in ("have", "like"):
        return stative(rng, *other, tense, noun, not last.negated)
    assert frame is not None
    if tense == "g":
        choices = [f for f in suitable("g", False, "", other[1]) if f.forms != frame.forms]
        return event(rng, other[0], pick(rng, choices), tense, other[1])
    place = last.place if last.place.startswith(">") else ""
    others = [thing for thing in frame.nouns if thing != noun]
    if others and not last.negated and rng.random() < 0.4:
        other = pronoun_phrase(last.pronoun), last.pronoun
        noun = rng.choice(others)
    flip = not last.negated  # a habit needs its time again: every day
    return event(
        rng,
        other[0],
        frame,
        tense,
        other[1],
        negated=flip,
        noun=noun,
        place=place,
        time=tense == "h",
    )


def story(rng: random.Random, clauses: int) -> Phrase | None:
    """A sentence of so many clauses that share one time; None where the draw ends too early."""
    joins: list[str] = []
    if clauses > 1 and rng.random() < 0.3:
        before, last = circumstance(rng)
        phrases, joins, count = [before, last.phrase], ["because"], 2
    else:
        last = opening(rng, rng.choices(list(TENSES), list(TENSES.values()))[0])
        phrases, count = [last.phrase], 1
    used = [last.pronoun]
    while count < clauses:
        step = following(rng, last, used, joins)
        if step is None:
            return None
        join, last = step
        phrases += [link(*JOINS[join]), last.phrase]
        joins, used, count = [*joins, join], [*used, last.pronoun], count + 1
    phrases.append(link(".", "。"))
    return cross(phrases, phrases)


def scene(rng: random.Random, clauses: int) -> Phrase:
    """There are three cats in the park[, but there are no dogs]."""
    place, *nouns = rng.choice(lexicon("there"))
    noun, missing = rng.sample(nouns[0].split(), 2)
    det = rng.choice(["one", "number", "number", "many", "some"])
    is_are = "is" if det == "one" else "are"
    there, thing = link(f"there {is_are}", "有12"), noun_phrase(rng, noun, det)
    row = entry("places", place)
    where = link(row[1], row[3])
    parts = [cross([there, thing, where], [where, there, thing])]
    if clauses == 2:
        thing = noun_phrase(rng, missing, "bare")
        parts += [link(*JOINS["but"]), link("there are no", "沒3 有12"), thing]
    parts.append(link(".", "。"))
    return cross(parts, parts)


def description(rng: random.Random, clauses: int) -> Phrase:
    """This hat is very expensive[, but that hat is cheap]."""
    words, signs, nouns = rng.choice(lexicon("opposites"))
    choices = list(zip(words.split(), signs.split(), strict=True))
    noun = rng.choice(nouns.split())
    parts: list[Phrase] = []
    for det, (word, sign) in zip(["this", "that"][:clauses], rng.sample(choices, 2), strict=False):
        forms, name, measure, *_ = entry("nouns", noun)
        sign_of = {"this": "這", "that": "那"}
        thing = link(f"{det} {forms.split()[0]}", f"{sign_of[det]}1 {measure}?12 {name}2")
        quality = (
            link(f"is very {word}", f"很2 {sign}3")
            if rng.random() < 0.5
            else link(f"is {word}", f"很?2 {sign}2")
        )
        clause = cross([thing, quality], [thing, quality])
        parts += [link(*JOINS["but"]), clause] if parts else [clause]
    parts.append(link(".", "。"))
    return cross(parts, parts)


def question(rng: random.Random) -> Phrase:
    """Do you like …? Did you buy the …? What did you buy? How many … did you buy?"""
    others = [row for row in lexicon("subjects") if row[2] not in ("i", "we")]
    english, chinese, pronoun = rng.choice([["you", "你", "you"]] * 6 + others)
    english = re.sub("my |our ", "your ", english)
    chinese = chinese.replace("我1", "你1").replace("我們1", "你1")
    who = link(english, chinese)
    do = "does" if third(pronoun) else "do"
    end = link("?", "？")
    kind = rng.choice(["like", "have", "yes or no", "yes or no", "what", "how many"])
    if kind == "like":
        helping, verb = link(do, "嗎?1"), link("like", "喜歡")
        thing = noun_phrase(rng, rng.choice(things("liked")), "bare")
        return cross([helping, who, verb, thing, end], [who, verb, thing, helping, end])
    if kind == "have":
        helping, verb = link(do, ""), link("have", "有")
        noun = rng.choice(things("owned"))
        thing = noun_phrase(rng, noun, "how many")
        return cross([thing, helping, who, verb, end], [who, verb, thing, end])
    tense = rng.choice("pf")
    able = [frame for frame in suitable(tense, False, "", "they") if frame.nouns]
    frame = rng.choice([frame for frame in able if not frame.places[0].startswith(">")])
    noun = rng.choice(frame.nouns)
    if kind == "what" and frame.forms[0] == "read":
        kind = "yes or no"  # 看 or 讀 depends on the answer
    if kind == "how many" and len(entry("nouns", noun)) > 4:
        kind = "yes or no"  # nobody asks how many coffees
    det = "how many" if kind == "how many" else rng.choice(["the", "this", "number"])
    thing = link("what", "什麼") if kind == "what" else noun_phrase(rng, noun, det)
    verb = link(frame.forms[0], frame.chinese, past=tense == "p")
    when = link(*rng.choice([row for row in lexicon("times") if row[0] == tense])[1:])
    if tense == "p":
        helping, inner, asks = link("did", "嗎?1"), Phrase(), Phrase()
    else:
        helping = inner = link("will", "會")
        asks = particle("嗎", helping.english)
    if kind == "yes or no":
        asks = asks if tense == "f" else helping
        return cross(
            [helping, who, verb, thing, when, end], [who, when, inner, verb, thing, asks, end]
        )
    return cross([thing, helping, who, verb, when, end], [who, when, inner, verb, thing, end])


def sentence(rng: random.Random, clauses: int) -> Phrase | None:
    """One random sentence; None where a draw came to nothing."""
    draw = rng.random()
    if clauses == 1 and draw < 0.2:
        return question(rng)
    if clauses < 3 and draw < 0.28:
        return scene(rng, clauses)
    if clauses < 3 and draw < 0.33:
        return description(rng, clauses)
    return story(rng, clauses)
