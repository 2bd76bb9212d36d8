"""A corpus to leaf through: find a sentence pair, and see its word alignment."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from helpers.datasets import Pair
from helpers.plotting import draw_alignment, figure, in_order, remove_alignment

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


def whole_words(text: str) -> re.Pattern[str]:
    """Finds a text in either language, in whole English words: `are`, not `dare`."""
    text = text.strip()
    start = r"(?<![a-z])" if text[:1].isascii() and text[:1].isalpha() else ""
    end = r"(?![a-z])" if text[-1:].isascii() and text[-1:].isalpha() else ""
    return re.compile(start + re.escape(text) + end, re.IGNORECASE)


class AlignmentView:
    """Sentence pairs by kind, number of clauses and word; for `widgets.explore`.

    `view.figure` is the picture and `view.update` its function of the controls; the sentence it
    returns stands under the picture.
    """

    def __init__(self, pairs: Sequence[Pair], last: int = 60) -> None:
        self.pairs, self.last = pairs, last
        self.find = lru_cache(32)(self._find)  # the slider asks for the same again and again
        self.figure = figure(9.4, 3.5)
        self._ax = self.figure.subplots()

    def _find(self, kind: str, clauses: int | str, word: str) -> tuple[list[Pair], str]:
        """The pairs that fit, or none and a sentence on which control is to blame."""
        looks = whole_words(word)
        found = [pair for pair in self.pairs if looks.search(_line(pair))]
        name = f"'{word.strip()}' occurs in" if word.strip() else "The corpus has"
        if not found:
            return [], f"{name} no sentence. Try another word, or empty the field."
        before, looks = len(found), re.compile(KINDS[kind])
        found = [pair for pair in found if looks.search(_line(pair))]
        if not found:
            return [], f"{name} {_count(before)}, but none of the kind '{kind}'. Choose another."
        before = len(found)
        found = [pair for pair in found if clauses in ("any", pair.clauses)]
        if not found:
            of = "" if kind == "anything" else f" of the kind '{kind}'"
            plural = "clause" if clauses == 1 else "clauses"
            return [], f"{name} {_count(before)}{of}, but none with {clauses} {plural}."
        return found, ""

    def update(self, kind: str, clauses: int | str, word: str, number: int) -> str:
        """Draw the sentence with that number, counted from 1, among those that fit."""
        found, trouble = self.find(kind, clauses, word)
        if not found:
            remove_alignment(self._ax)
            self._ax.set_title("")
            return trouble
        at = min(number, len(found))
        pair = found[at - 1]
        draw_alignment(self._ax, pair.source, pair.target, pair.sure, pair.possible)
        sizes = f"{len(pair.source)} English tokens, {len(pair.target)} Chinese tokens"
        self._ax.set_title(f"{sizes}, crossings: {crossings(pair.sure)}")
        note = f"{pair.english} → {pair.chinese}\nSentence {at} of {len(found)}."
        if number > len(found):
            note += " The slider is past the last one."
        elif len(found) > self.last:
            note += f" The slider shows the first {self.last}."
        return note


def _line(pair: Pair) -> str:
    return f"{pair.english}\t{pair.chinese}"


def _count(sentences: int) -> str:
    return f"{sentences} sentence" + "s" * (sentences != 1)
