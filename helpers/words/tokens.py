"""Cutting English and Chinese sentences into tokens, and joining tokens to sentences."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# A word may hold apostrophes and hyphens (don't, twenty-one), a number its point (3.5, 10,000);
# anything else that is not a space stands alone. In Chinese a run of Latin letters is one token.
# What ties characters to one emoji (joiner, variation selector, skin tone) keeps them together.
_TIED = r"(?:[\u0300-\u036f\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]|\u200d\S)*"
_FLAG = r"[\U0001f1e6-\U0001f1ff]{2}"
_NUMBER = r"\d+(?:[.,:]\d+)*"
_LATIN = r"[A-Za-z\u00c0-\u024f\uff21-\uff3a\uff41-\uff5a]"
_ENGLISH = re.compile(rf"{_NUMBER}(?!\w)|\w+(?:['-]\w+)*|{_FLAG}|[^\w\s]{_TIED}")
_CHINESE = re.compile(rf"{_NUMBER}|{_LATIN}+(?:['’-]{_LATIN}+)*|{_FLAG}|\S{_TIED}")


def tokenize_english(text: str) -> list[str]:
    """Lower-case words and single punctuation marks: ``"Don't go!"`` -> ``["don't", "go", "!"]``.

    The typographic apostrophe counts as the plain one, and accents are composed (NFC).
    """
    return _ENGLISH.findall(unicodedata.normalize("NFC", text).replace("’", "'").lower())


def tokenize_chinese(text: str) -> list[str]:
    """One token a character: ``"我有3隻cat！"`` -> ``["我", "有", "3", "隻", "cat", "！"]``.

    Runs of Latin letters or digits and whole emoji stay together; spaces fall away. Composed (NFC)
    but not folded (NFKC), which would turn the full-width ，！？ of Chinese into English ones.
    """
    return _CHINESE.findall(unicodedata.normalize("NFC", text))


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
