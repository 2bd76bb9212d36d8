"""Pairs of sentences, and reading them from files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from helpers import DATA
from helpers.words.tokens import tokenize_chinese, tokenize_english

TRANSLATION_TSV = DATA / "translation.tsv"
COLUMNS = ("english", "chinese", "alignment", "split", "clauses")
REMEDY = " (`python -m helpers.corpus`, or `%run -m helpers.corpus` in a cell, writes it anew)"


@dataclass(frozen=True)
class Pair:
    """A sentence, its translation and, where known, which words translate which.

    A link ``(i, j)`` joins English token ``i`` to Chinese token ``j``, both counted from 0. *Sure*
    links are beyond doubt, *possible* ones are allowed; no link is both (Och & Ney 2003).
    """

    english: str
    chinese: str
    sure: frozenset[tuple[int, int]] = frozenset()
    possible: frozenset[tuple[int, int]] = frozenset()
    split: str = ""
    clauses: int = 0

    @property
    def source(self) -> list[str]:
        """English tokens."""
        return tokenize_english(self.english)

    @property
    def target(self) -> list[str]:
        """Chinese tokens."""
        return tokenize_chinese(self.chinese)


def read_pairs(
    path: str | Path | None = None,
    split: str | None = None,
    max_tokens: int | None = None,
    keep_duplicates: bool = False,
) -> list[Pair]:
    """Read tab-separated sentence pairs: ours, or a file of manythings.org/anki (Tatoeba).

    Without our first line of column names, the columns are English, Chinese and an ignored rest.
    Of several translations of one sentence only the first is kept, so that each source has one
    answer, unless `keep_duplicates`. `split` keeps one part ("train", "valid", "test", "long"),
    `max_tokens` the pairs with at most that many tokens in either language.

    Raises FileNotFoundError or ValueError, which name the file, the line and the remedy.
    """
    path = TRANSLATION_TSV if path is None else Path(path)
    anew = REMEDY if path == TRANSLATION_TSV else ""
    if not path.is_file():
        raise FileNotFoundError(f"no file of sentence pairs at {path}{anew or ': check it'}")
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        number = path.read_bytes()[: error.start].count(b"\n") + 1
        raise ValueError(
            f"{path}, line {number}: not UTF-8 text ({error.reason})"
            + (anew or "; save the file again with the encoding UTF-8")
        ) from None
    ours = lines[0].strip().split("\t") == list(COLUMNS)
    pairs: dict[str | int, Pair] = {}
    for number, line in enumerate(lines[1:] if ours else lines, start=2 if ours else 1):
        if not line.strip():
            continue
        pair = _parse(line.rstrip("\r").split("\t"), ours, f"{path}, line {number}{anew}")
        key = number if keep_duplicates else " ".join(pair.source)
        pairs.setdefault(key, pair)
    chosen = [pair for pair in pairs.values() if split is None or pair.split == split]
    if not chosen:
        names = ", ".join(sorted({pair.split for pair in pairs.values()} - {""})) or "none"
        of = "" if split is None else f" of the split {split!r}"
        raise ValueError(f"{path} has no pair{of}; its splits: {names}{anew}")
    limit = float("inf") if max_tokens is None else max_tokens
    return [pair for pair in chosen if max(len(pair.source), len(pair.target)) <= limit]


def _parse(fields: list[str], ours: bool, where: str) -> Pair:
    """One line of a file of pairs; `where` names it in errors."""
    expected = " <tab> ".join(COLUMNS) if ours else "English <tab> Chinese [<tab> attribution]"
    if len(fields) < 2 or (ours and len(fields) != len(COLUMNS)):
        raise ValueError(f"{where}: found {len(fields)} column(s) {fields}, expected {expected}")
    english, chinese = fields[0].strip(), fields[1].strip()
    if not english or not chinese:
        raise ValueError(f"{where}: found an empty sentence in {fields[:2]}, expected {expected}")
    if not ours:
        return Pair(english, chinese)
    links: dict[str, set[tuple[int, int]]] = {"-": set(), "p": set()}
    n_source, n_target = len(tokenize_english(english)), len(tokenize_chinese(chinese))
    for link in fields[2].split():
        match = re.fullmatch(r"(\d+)([-p])(\d+)", link)
        if not match:
            raise ValueError(f"{where}: found the link {link!r}, expected i-j (sure) or ipj")
        i, j = int(match[1]), int(match[3])
        if i >= n_source or j >= n_target:
            raise ValueError(
                f"{where}: found the link {link!r}, "
                f"expected i below {n_source} English and j below {n_target} Chinese tokens"
            )
        links[match[2]].add((i, j))
    if not fields[4].strip().isdecimal():
        raise ValueError(f"{where}: found {fields[4]!r} clauses, expected a whole number")
    sure, possible = frozenset(links["-"]), frozenset(links["p"])
    return Pair(english, chinese, sure, possible, fields[3].strip(), int(fields[4]))
