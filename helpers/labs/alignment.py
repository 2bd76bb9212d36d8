"""Lesson 1: sentence pairs to leaf through, and what their word alignment says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from helpers.live.marks import Arcs, Panel, Scene, Tokens
from helpers.words import Pair, clean_chinese, clean_english
from helpers.words.simplified import name_simplified
from helpers.words.tokens import HAN

if TYPE_CHECKING:
    from helpers.live import Explorer

LAST = 60  # sentences that the slider reaches
KINDS = {  # searched for in "English<tab>Chinese"
    "at most three words": r"^(\S+ ){0,2}\S+\t",
    "a number and its measure word": "[兩三四五]",
    "a place": "(?<![正現])在(?!哪)",
    "a time after the verb": r"\w (yesterday|tomorrow|last|next|every)\b",
    "a question": "？",
    "anything": "",
}


def crossings(links: set[tuple[int, int]] | frozenset[tuple[int, int]]) -> int:
    """How many pairs of links cross: one starts further left and ends further right (lesson 1)."""
    return sum(i < k and j > m for i, j in links for k, m in links)


def moved_words(links: set[tuple[int, int]] | frozenset[tuple[int, int]]) -> set[int]:
    """The source words with orange lines: all linked ones but the most that keep their order."""
    return {i for i, _ in links} - in_order(links)


def as_searched(text: str) -> str:
    """What was typed as the sentences write it: `tea？` is "tea?", `茶?` is "茶？"."""
    return clean_chinese(text) if HAN.search(text) else clean_english(text)


def whole_words(text: str) -> re.Pattern[str]:
    """Finds a text in either language, in whole English words: `are`, not `dare`."""
    text = as_searched(text)
    start = r"(?<![a-z])" if text[:1].isascii() and text[:1].isalpha() else ""
    end = r"(?![a-z])" if text[-1:].isascii() and text[-1:].isalpha() else ""
    return re.compile(start + re.escape(text) + end, re.IGNORECASE)


class AlignmentSearch:
    """The sentence pairs of a kind, with so many clauses and a word; `find` remembers answers."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self.pairs = pairs
        self.find = lru_cache(32)(self._find)  # a slider asks for the same again and again

    def _find(self, kind: str, clauses: int | str, word: str) -> tuple[list[Pair], str]:
        """The pairs that fit, or none and a sentence on which control is to blame.

        kind: one of `KINDS`. clauses: how many, or "any". word: text in either language.
        """
        typed = whole_words(word)
        found = [pair for pair in self.pairs if typed.search(_line(pair))]
        word = as_searched(word)
        name = f"'{word}' occurs in" if word else "The corpus has"
        if not found:
            trouble = f"{name} no sentence. Try another word, or empty the field."
            return [], "\n".join(filter(None, [trouble, name_simplified(word)]))
        before, of_kind = len(found), re.compile(KINDS[kind])
        found = [pair for pair in found if of_kind.search(_line(pair))]
        if not found:
            return [], f"{name} {_count(before)}, but none of the kind '{kind}'. Choose another."
        before = len(found)
        found = [pair for pair in found if clauses in ("any", pair.clauses)]
        if not found:
            of = "" if kind == "anything" else f" of the kind '{kind}'"
            plural = "clause" if clauses == 1 else "clauses"
            return [], f"{name} {_count(before)}{of}, but none with {clauses} {plural}."
        return found, ""


def _line(pair: Pair) -> str:
    return f"{pair.english}\t{pair.chinese}"


def _count(sentences: int) -> str:
    return f"{sentences} sentence" + "s" * (sentences != 1)


def in_order(links: Iterable[tuple[int, int]]) -> set[int]:
    """The most source words that keep their order, each standing where its links end on average."""
    ends: dict[int, list[int]] = {}
    for i, j in sorted(links):
        ends.setdefault(i, []).append(j)
    place = {i: sum(found) / len(found) for i, found in ends.items()}
    chains: list[list[int]] = [[]]
    for i in place:
        fitting = [chain for chain in chains if not chain or place[chain[-1]] <= place[i]]
        longest = max(fitting, key=len)
        chains.append([*longest, i])
    longest = max(chains, key=len)
    return set(longest)


def alignment_panel(pair: Pair) -> Panel:
    """Two rows of tokens and their links: blue where the order is kept, orange where a word moved.

    Possible links are dashed (Och & Ney 2003).
    """
    ordered = in_order(pair.sure)
    kept = [(i, j, 0.6) for i, j in sorted(pair.sure) if i in ordered]
    moved = [(i, j, 0.9) for i, j in sorted(pair.sure) if i not in ordered]
    maybe = [(i, j, 0.35) for i, j in sorted(pair.possible)]
    return Panel(
        Tokens(pair.source, name="English", size=17),
        Arcs("English", "Chinese", maybe, color="grey", maybe=True, gap=110),
        Arcs("English", "Chinese", kept, color="blue"),
        Arcs("English", "Chinese", moved, color="orange"),
        Tokens(pair.target, name="Chinese", size=20),
    )


def alignment_lab(pairs: Sequence[Pair]) -> Explorer:
    """Sentence pairs to leaf through, by kind, number of clauses and word."""
    from helpers.live import choice, explore, slider, typed

    find = AlignmentSearch(pairs).find

    def scene(kind: str, clauses: int | str, word: str, number: int) -> Scene:
        found, trouble = find(kind, clauses, word)
        if not found:
            return Scene(note=trouble)
        at = min(number, len(found))
        pair = found[at - 1]
        sizes = f"{len(pair.source)} English tokens, {len(pair.target)} Chinese tokens"
        note = f"{pair.english} → {pair.chinese} Sentence {at} of {len(found)}."
        if number > len(found):
            note += " The slider is past the last one."
        elif len(found) > LAST:
            note += f" The slider shows the first {LAST}."
        title = f"{sizes}, crossings: {crossings(pair.sure)}"
        return Scene(alignment_panel(pair), title=title, note=note)

    return explore(
        scene,
        kind=choice("Kind", list(KINDS)),
        clauses=choice("Clauses", ["any", 1, 2, 3, 4]),
        word=typed("With the word", ""),
        number=slider("Sentence", 1, LAST, 1),
    )
