"""Cleaning English and Chinese sentences, cutting them into tokens, and joining tokens again.

Typed and downloaded text writes one thing in many ways: a full-width `Ｉ`, an accent as a second
character, a zero-width space. `clean_english` and `clean_chinese` leave one way of each; both
tokenizers, `read_pairs` and lesson 1's search go through them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# An emoji is one token with what belongs to it: the selector of its look, a skin tone, others tied
# to it by joiners, the hidden letters of a region's flag (🏴󠁧󠁢󠁥󠁮󠁧󠁿). Unicode Technical Standard 51.
_PICTURE = (
    "[\u00a9\u00ae\u2122\u2190-\u21ff\u2300-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297"
    "\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001faff]"
    "[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]{0,2}"
)
_EMOJI = (
    "[\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3"
    "|\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"
    f"|{_PICTURE}(?:\u200d{_PICTURE})*"
)
# Whatever shows nothing: control characters, Unicode's Default_Ignorable_Code_Point (soft hyphen,
# zero-width characters, bidi controls, the byte-order mark, variation selectors), half a surrogate.
_INVISIBLE = (
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_ACCENT = "[\u0300-\u036f\u20d0-\u20ff\ufe0f]"  # and what makes a keycap of a digit
_EMOJI_OR_INVISIBLE = re.compile(f"({_EMOJI})|{_INVISIBLE}+")
_STRAY_ACCENT = re.compile(rf"(?:^|(?<=\s)){_ACCENT}+")

# A word may hold apostrophes and hyphens (don't, twenty-one), a number its point (3.5, 10,000);
# anything else that is not a space stands alone. In Chinese a run of Latin letters is one token.
_NUMBER = r"\d+(?:[.,:]\d+)*"
_LATIN = rf"[A-Za-z\u00c0-\u024f]+(?:{_ACCENT}+[A-Za-z\u00c0-\u024f]*)*"
_WORD = rf"\w+(?:{_ACCENT}+\w*)*"
_SINGLE = rf"(?:{_EMOJI}|\S){_ACCENT}*"
_ENGLISH = re.compile(rf"{_NUMBER}(?!\w|{_ACCENT})|{_WORD}(?:['-]{_WORD})*|{_SINGLE}")
_CHINESE = re.compile(rf"{_NUMBER}(?!{_ACCENT})|{_LATIN}(?:['-]{_LATIN})*|{_SINGLE}")
_CHARACTER = re.compile(rf"{_SINGLE}|\s")

_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
HAN = re.compile(f"[{_HAN}]")
LATIN = re.compile("[A-Za-z\u00c0-\u024f\uff21-\uff3a\uff41-\uff5a]")


def _folded(*ranges: tuple[int, int]) -> dict[int, str]:
    """Characters of some ranges -> what Unicode says they are but for their look (NFKC)."""
    codes = [code for first, last in ranges for code in range(first, last + 1)]
    return {code: unicodedata.normalize("NFKC", chr(code)) for code in codes}


_WIDE = _folded((0xFF01, 0xFF5E), (0xFE50, 0xFE52), (0xFE54, 0xFE66), (0xFE68, 0xFE6B))
_TO_ENGLISH = (
    _WIDE
    | _folded((0xFB00, 0xFB06))  # ligatures: ﬁ
    | str.maketrans("‘’‚‛ʼ“”„‟‐‑。｡、､", "''''" + "'" + '""""' + "--" + ".." + ",,")
)
_TO_CHINESE = (
    {code: text for code, text in _WIDE.items() if chr(code) not in "，！？：；（）～﹑"}
    | _folded((0x2F00, 0x2FD5))  # radicals, which some PDF files have in place of characters
    | str.maketrans("｡､﹑", "。、、")
)
_PLAIN_CHINESE = re.compile("[\u4e00-\u9fff，。！？：；、「」『』《》（）“”…—]*")
_INSIDE_LATIN = re.compile("(?<=[A-Za-z])’(?=[A-Za-z])")
# Marks that are not within Latin text, as those of 10,000 or 7:30 or an address are.
_MARKS = re.compile("(?<![!-~])[,:;!?]+|[,:;!?]+(?![,:;!?0-9A-Za-z/=&])")
_CLOSE = '"”’」』）)%'
_STOP = re.compile(
    rf"(?<=[{_HAN}])\.(?![.0-9A-Za-z])"
    rf"|(?<=[{_CLOSE}])\.(?=$)"
    rf"|(?<![.0-9A-Za-z])([0-9A-Za-z]+)\.(?=[{_CLOSE}]*$)"  # not that of U.S.
)
_NO_SPACE = re.compile("(?<=[，。！？：；、]) | (?=[，。！？：；、])")
_TO_FULL_WIDTH = str.maketrans(",:;!?", "，：；！？")


def clean_text(text: str) -> str:
    """Text in any language with composed accents (NFC) and without invisible characters.

    Zero-width and control characters, bidi controls, byte-order marks and soft hyphens go, but not
    what holds an emoji together. Spaces and line breaks stay as they are.
    """
    text = _EMOJI_OR_INVISIBLE.sub(lambda found: found[1] or "", text)
    text = _STRAY_ACCENT.sub("", text.replace("\u2800", " "))  # a Braille pattern without dots
    return unicodedata.normalize("NFC", text)


def clean_english(text: str) -> str:
    """An English sentence in plain characters: ``"Ｉ like tea？"`` -> ``"I like tea?"``.

    `clean_text`, and full-width letters, digits and marks, typographic quotes and hyphens and
    ligatures become ASCII; any run of spaces, also non-breaking and ideographic ones, is one space.
    """
    if text.isascii() and text.isprintable():
        return text.strip() if "  " not in text else " ".join(text.split())
    text = unicodedata.normalize("NFC", clean_text(text).translate(_TO_ENGLISH))
    return " ".join(text.split())


def clean_chinese(text: str) -> str:
    """A Chinese sentence with Chinese marks: ``"我喜歡茶?"`` -> ``"我喜歡茶？"``.

    `clean_text`, and the marks ``, : ; ! ?`` become full-width ones and a full stop at a sentence's
    end ``。``, but not those within numbers or Latin letters (3.5, 10,000, 7:30). Full-width
    letters and digits become ASCII, any run of spaces is one space. The characters themselves stay.
    """
    if _PLAIN_CHINESE.fullmatch(text):
        return text
    text = unicodedata.normalize("NFC", clean_text(text).translate(_TO_CHINESE))
    text = _INSIDE_LATIN.sub("'", " ".join(text.split()))
    if HAN.search(text):
        text = _STOP.sub(lambda found: (found[1] or "") + "。", text)
    text = _MARKS.sub(lambda found: found[0].translate(_TO_FULL_WIDTH), text)
    return _NO_SPACE.sub("", text)


def tokenize_english(text: str) -> list[str]:
    """Lower-case words and single punctuation marks: ``"Don't go!"`` -> ``["don't", "go", "!"]``.

    Of the sentence as `clean_english` leaves it; an emoji or a flag is one token.
    """
    return _ENGLISH.findall(clean_english(text).lower())


def tokenize_chinese(text: str) -> list[str]:
    """One token a character: ``"我有3隻cat！"`` -> ``["我", "有", "3", "隻", "cat", "！"]``.

    Of the sentence as `clean_chinese` leaves it. Runs of Latin letters or digits and whole emoji
    stay together; spaces fall away.
    """
    return _CHINESE.findall(clean_chinese(text))


def characters(text: str) -> list[str]:
    """A text as single characters, spaces too; an emoji or a flag counts as one."""
    return _CHARACTER.findall(text)


def join_english(tokens: Iterable[str]) -> str:
    """Tokens as one line to read: spaces between words, none before punctuation."""
    text = re.sub(r" ([,.!?;:%)\]…]+)", r"\1", " ".join(tokens))
    return re.sub(r"([(\[$]) ", r"\1", text)


def join_chinese(tokens: Iterable[str]) -> str:
    """Tokens as one line to read: no spaces, but one between two Latin words or numbers."""
    text = ""
    for token in tokens:
        gap = text and text[-1].isascii() and text[-1].isalnum()
        text += " " + token if gap and token[:1].isascii() and token[:1].isalnum() else token
    return text
