"""Pairs of sentences, and reading them from files."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from helpers import DATA
from helpers.words.columns import EXPECTED, SAMPLE, find_layout, is_header, rejoin, trouble
from helpers.words.files import decode
from helpers.words.tokens import clean_chinese, clean_english, tokenize_chinese, tokenize_english

TRANSLATION_TSV = DATA / "translation.tsv"
COLUMNS = ("english", "chinese", "alignment", "split", "clauses")
SKIPPABLE = 0.02  # share of a file's lines that may be no pairs
NAMED = 5  # skipped lines that a warning names
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
    """Read tab-separated sentence pairs: ours, or a file of manythings.org/anki or tatoeba.org.

    Without our first line of column names, the letters tell which column is English and which is
    Chinese, in either order; numbers and what follows both are ignored, and so is a header. Such
    sentences are cleaned (`clean_english`, `clean_chinese`). A line that is no pair is skipped, and
    a UserWarning says how many were and which; more than two in a hundred are an error, and so is
    any in our own table. Of several translations of one sentence only the first is kept, so that
    each source has one answer, unless `keep_duplicates`. `split` keeps one part ("train", "valid",
    "test", "long"), `max_tokens` the pairs with at most that many tokens in either language.

    Raises FileNotFoundError or ValueError, which name the file, the line and the remedy.
    """
    path = TRANSLATION_TSV if path is None else Path(path)
    anew = REMEDY if path == TRANSLATION_TSV else ""
    if not path.is_file():
        raise FileNotFoundError(f"no file of sentence pairs at {path}{anew or ': check it'}")
    lines = decode(path.read_bytes(), path, anew).split("\n")
    ours = [name.strip().lower() for name in lines[0].split("\t")] == list(COLUMNS)
    if anew and not ours and lines != [""]:
        fields = lines[0].split("\t")
        raise ValueError(
            f"{path}, line 1{anew}: found {len(fields)} column(s) {fields}, "
            f"expected their names: {' <tab> '.join(COLUMNS)}"
        )
    found = _ours(lines, path, anew) if ours or anew else _theirs(lines, path)
    pairs: dict[str | int, tuple[Pair, int]] = {}  # with the number of English tokens
    for number, pair in found:
        source = [] if keep_duplicates and max_tokens is None else pair.source  # for speed
        key = number if keep_duplicates else " ".join(source)
        pairs.setdefault(key, (pair, len(source)))
    chosen = [(pair, n) for pair, n in pairs.values() if split is None or pair.split == split]
    if not chosen:
        names = ", ".join(sorted({pair.split for pair, _ in pairs.values()} - {""})) or "none"
        of = "" if split is None else f" of the split {split!r}"
        raise ValueError(f"{path} has no pair{of}; its splits: {names}{anew}")
    if max_tokens is None:
        return [pair for pair, _ in chosen]
    return [pair for pair, n in chosen if n <= max_tokens and len(pair.target) <= max_tokens]


def _ours(lines: list[str], path: Path, anew: str) -> list[tuple[int, Pair]]:
    """The pairs of our own table by line number; every line has to be sound."""
    return [
        (number, _parse(line.split("\t"), f"{path}, line {number}{anew}"))
        for number, line in enumerate(lines[1:], start=2)
        if line.strip()
    ]


def _theirs(lines: list[str], path: Path) -> list[tuple[int, Pair]]:
    """The pairs of a file that someone brought along, by line number."""
    rows = {n: line.split("\t") for n, line in enumerate(lines, start=1) if line.strip()}
    if not rows:
        raise ValueError(f"{path} holds no text, expected {EXPECTED}")
    first = next(iter(rows))
    sample = list(islice(rows.values(), SAMPLE))
    layout = find_layout(sample)
    if isinstance(layout, str) and len(sample) > 1:
        layout = find_layout(sample[1:], default=layout)  # in a short file, a header weighs much
    if isinstance(layout, str):
        lacking = _lacking(rows[first])
        if lacking:
            raise ValueError(f"{path}, line {first}: {lacking}, expected {EXPECTED}")
        raise ValueError(f"{path}: {layout}")
    if is_header(rows[first], layout):
        del rows[first]
    found: list[tuple[int, Pair]] = []
    bad: dict[int, str] = {}
    for number, row in rows.items():
        fields = row if len(row) <= layout.width else rejoin(row, layout)
        if fields is None:
            bad[number] = f"found {len(row)} columns instead of {layout.width} {row}"
            continue
        if len(fields) < layout.least:
            bad[number] = _lacking(fields) or f"found {len(fields)} column(s) {fields}"
            continue
        english = clean_english(fields[layout.english])
        chinese = clean_chinese(fields[layout.chinese])
        if wrong := trouble(english, chinese):
            bad[number] = wrong
        else:
            found.append((number, Pair(english, chinese)))
    if bad:
        number, reason = next(iter(bad.items()))
        if len(bad) > SKIPPABLE * len(rows):
            count = f" ({len(bad)} of {len(rows):,} lines are like that)" if len(rows) > 2 else ""
            raise ValueError(f"{path}, line {number}: {reason}, expected {EXPECTED}{count}")
        numbers = ", ".join(map(str, islice(bad, NAMED))) + (", …" if len(bad) > NAMED else "")
        warnings.warn(
            f"{path}: {len(bad)} of {len(rows):,} lines skipped, which are no pairs: {numbers}. "
            f"Line {number}: {reason}",
            stacklevel=3,  # the call of `read_pairs`
        )
    return found


def _lacking(fields: list[str]) -> str:
    """What a line lacks whatever the file's layout is, or ""."""
    if len(fields) < 2:
        return f"found {len(fields)} column(s) {fields}"
    if not fields[0].strip() or not fields[1].strip():
        return f"found an empty sentence in {fields[:2]}"
    return ""


def _parse(fields: list[str], where: str) -> Pair:
    """One line of our own table; `where` names it in errors."""
    expected = " <tab> ".join(COLUMNS)
    if len(fields) != len(COLUMNS):
        raise ValueError(f"{where}: found {len(fields)} column(s) {fields}, expected {expected}")
    english, chinese = fields[0].strip(), fields[1].strip()
    if not english or not chinese:
        raise ValueError(f"{where}: found an empty sentence in {fields[:2]}, expected {expected}")
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
