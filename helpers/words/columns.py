"""Which columns of a table hold English and Chinese: told by their letters, not by their names."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, pairwise, takewhile
from typing import NamedTuple

from helpers.words.tokens import HAN, LATIN

SAMPLE = 500  # lines that are looked at to tell what the columns hold
MOST_TABS = 3  # tabs too many that a line may have
EXPECTED = "English <tab> Chinese [<tab> attribution]"
DOWNLOAD = (
    "take a file of pairs: 'Sentence pairs', English and Mandarin Chinese, of "
    "https://tatoeba.org/downloads, or cmn-eng.zip of https://www.manythings.org/anki"
)
# Tatoeba's codes of its largest languages, and the usual short ones.
_LANGUAGES = {
    *("eng", "cmn", "en", "zh", "zho", "chi", "zh-tw", "zh-cn", "zh_tw", "zh_cn", "yue", "lzh"),
    *("wuu", "jpn", "kor", "fra", "deu", "spa", "rus", "ita", "por", "tur", "hun", "heb", "epo"),
    *("ber", "kab", "ukr", "ara", "pol", "nld", "fin", "lit", "ces", "mkd", "dan", "swe", "mar"),
}
_HEADERS = {
    *("english", "chinese", "mandarin", "source", "target", "sentence", "translation", "text"),
    *("en", "zh", "eng", "cmn", "英文", "英語", "英语", "中文", "漢語", "汉语", "原文"),
    *("譯文", "译文", "翻譯", "翻译"),
}
_ENDS = (".", "!", "?", '."', '!"', '?"')
_KANA = re.compile("[\u3041-\u30fa]")


class Layout(NamedTuple):
    """Where a table's lines hold what, and how many columns a line has."""

    english: int
    chinese: int
    width: int
    ids: frozenset[int] = frozenset()
    rest: str = ""  # how the last column begins in every line: an attribution

    @property
    def least(self) -> int:
        """Columns that a line needs."""
        return max(self.english, self.chinese) + 1


def find_layout(rows: Sequence[list[str]], default: str = "") -> Layout | str:
    """The layout of a table's first lines, or in words why these are no pairs of sentences.

    Leaves aside numbers (ids), languages' codes and empty columns; of what is left, one of
    the first two columns has to be English, the other Chinese; whatever follows is ignored.
    `default` is said instead of what is found in these lines.
    """
    rows = rows[:SAMPLE]
    width = Counter(map(len, rows)).most_common(1)[0][0]
    usual = [row for row in rows if len(row) == width]
    columns = [[row[n].strip() for row in usual if row[n].strip()] for n in range(width)]
    ids = [n for n in range(width) if _most(text.isdecimal() for text in columns[n])]
    codes = [n for n in range(width) if _most(text.lower() in _LANGUAGES for text in columns[n])]
    left = [n for n in range(width) if columns[n] and n not in ids and n not in codes]
    if len(ids) == width == 2:
        return f"found only pairs of numbers: this is tatoeba.org's file of links; {DOWNLOAD}"
    if len(codes) == 1 or (len(left) == 1 and len(ids) + len(codes) > 0):
        return (
            "found one sentence a line (id, language, text), which says nothing about "
            f"translations: this is tatoeba.org's list of single sentences; {DOWNLOAD}"
        )
    scripts = [_script(columns[n]) for n in left]
    if sorted(scripts[:2]) != ["Chinese", "Latin letters"]:
        pieces = [f"{what} in column {n + 1}" for n, what in zip(left, scripts, strict=True)]
        found = ", ".join(pieces) or "no sentence"
        return default or f"found {found}, expected {EXPECTED}, in either order; {DOWNLOAD}"
    english, chinese = left[:2] if scripts[0] == "Latin letters" else left[1::-1]
    rest = ""
    if width - 1 not in (english, chinese) and len(usual) > 1:
        last = [row[-1] for row in usual]
        rest = _common_start(min(last), max(last))  # the rest lie between these two
    return Layout(english, chinese, width, frozenset(ids), rest)


def _common_start(one: str, other: str) -> str:
    same = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return "".join(character for character, _ in same)


def _most(tests: Iterable[bool]) -> bool:
    """Whether at least nine tenths are true, of at least one."""
    results = list(tests)
    return bool(results) and sum(results) >= 0.9 * len(results)


def _script(texts: Sequence[str]) -> str:
    """What most sentences of a column are in: "Chinese", "Latin letters" or another script."""
    counts: Counter[str] = Counter()
    for text in texts:
        if HAN.search(text):
            counts["Japanese" if _KANA.search(text) else "Chinese"] += 1
        elif LATIN.search(text):
            counts["Latin letters"] += 1
        else:
            letter = next(filter(str.isalpha, text), "")
            name = (
                unicodedata.name(letter, "unknown").split()[0].title() if letter else "no letters"
            )
            counts["Japanese" if _KANA.search(text) else name] += 1
    if counts["Japanese"] > len(texts) / 5:
        return "Japanese"
    return max(counts, key=counts.__getitem__)


def is_header(row: Sequence[str], layout: Layout) -> bool:
    """Whether a table's first line names its columns instead of holding sentences."""
    if len(row) != layout.width:
        return False
    names = [row[n].strip().lower() for n in (layout.english, layout.chinese)]
    numbered = any(row[n].strip().isdecimal() for n in layout.ids)
    return not numbered and (
        all(name in _HEADERS for name in names)
        or bool(layout.ids)
        or (all(names) and trouble(*names) != "")
    )


def trouble(english: str, chinese: str) -> str:
    """What keeps two sentences from being a pair, or ""."""
    if not english or not chinese:
        return f"found an empty sentence in {[english, chinese]}"
    if not HAN.search(chinese) and LATIN.search(chinese):
        return f"found {chinese!r} where Chinese stands in other lines"
    if not english.isascii() and HAN.search(english) and not LATIN.search(english):
        return f"found {english!r} where English stands in other lines"
    return ""


def rejoin(row: list[str], layout: Layout) -> list[str] | None:
    """A line with a tab inside a sentence, in its columns again; None if that is not clear."""
    while len(row) > layout.width and not row[-1].strip():
        row = row[:-1]
    extra = len(row) - layout.width
    if extra == 0:
        return row
    if not 0 < extra <= MOST_TABS:
        return None
    fitting = {joined for joined in _joined(row, layout.width) if _fits(joined, layout)}
    found = {(joined[layout.english], joined[layout.chinese]) for joined in fitting}
    if len(found) != 1:
        return None
    return [" ".join(pieces) for pieces in next(iter(fitting))]


def _joined(row: list[str], width: int) -> Iterator[tuple[tuple[str, ...], ...]]:
    """Every way to make `width` columns of a longer row by joining neighbours."""
    for cuts in combinations(range(1, len(row)), width - 1):
        edges = (0, *cuts, len(row))
        yield tuple(tuple(row[a:b]) for a, b in pairwise(edges))


def _fits(joined: tuple[tuple[str, ...], ...], layout: Layout) -> bool:
    """Whether each piece of each column is written as that column is."""
    return (
        all(not HAN.search(piece) for piece in joined[layout.english])
        # What follows a whole sentence may be the Chinese one's first word, such as a name.
        and not any(piece.rstrip().endswith(_ENDS) for piece in joined[layout.english][:-1])
        and all(HAN.search(piece) or not LATIN.search(piece) for piece in joined[layout.chinese])
        and any(HAN.search(piece) for piece in joined[layout.chinese])
        and all(len(joined[n]) == 1 and joined[n][0].strip().isdecimal() for n in layout.ids)
        and joined[-1][0].startswith(layout.rest)
    )
