"""What a student typed or brought: cut into tokens, looked up, and what is special about it."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import NamedTuple

from helpers.words import Vocabulary, tokenize_chinese, tokenize_english
from helpers.words.files import decode
from helpers.words.simplified import name_simplified
from helpers.words.tokens import characters, clean_text

MAX_NAMED = 6  # unknown words that a message names


class Source(NamedTuple):
    """An English sentence as a model reads it, and whatever is special about it, in words."""

    tokens: list[str]
    ids: list[int]
    note: str


def read_source(text: str, vocab: Vocabulary, limit: int = 50) -> Source:
    """Cut, look up and check what a student typed; at most `limit` tokens are kept."""
    tokens = tokenize_english(text)
    if not tokens:
        return Source([], [], "Nothing typed. Type an English sentence, such as: I like cats.")
    notes = []
    unknown = vocab.unknown(tokens[:limit])
    if unknown:
        names = [_name(word, vocab) for word in unknown[:MAX_NAMED]]
        more = f" and {len(unknown) - MAX_NAMED} more" if len(unknown) > MAX_NAMED else ""
        notes.append(
            f"Not in the vocabulary: {', '.join(names)}{more}. The model reads <unk> instead, "
            "which it never met in training: expect a guess."
        )
    if unknown == list(dict.fromkeys(tokens[:limit])):
        notes.append("It knows none of this. Type plain English, such as: I like cats.")
    elif tokens[-1] not in (".", "!", "?"):
        notes.append("Every sentence in training ended with . or ! or ? and yours does not.")
    if len(tokens) > limit:
        notes.append(f"You typed {len(tokens)} tokens. The model reads the first {limit} of them.")
    return Source(tokens[:limit], vocab.encode(tokens[:limit]), "\n".join(notes))


def _name(word: str, vocab: Vocabulary) -> str:
    """An unknown word as a message names it, with known ones that are spelt like it."""
    near = vocab.suggest(word) if word.isascii() and 3 <= len(word) <= 24 else []
    return f"{_shown(word)} (did you mean {' or '.join(near)}?)" if near else _shown(word)


def _shown(word: str) -> str:
    """A word shortened to fit a message; by its code point if one could not see it."""
    if word.isprintable() and not unicodedata.category(word[0]).startswith("M"):
        return word if len(word) <= 24 else word[:23] + "…"
    named = (f"U+{ord(sign):04X} {unicodedata.name(sign, '')}".strip() for sign in word[:3])
    return ", ".join(named)


def read_prefix(text: str, vocab: Vocabulary, limit: int) -> tuple[list[int], str]:
    """Ids of what a student typed (Chinese), and in words whatever is special about it."""
    tokens = tokenize_chinese(text)
    notes = []
    if not tokens:
        notes.append("Nothing typed: the models start from <bos> alone.")
    if unknown := vocab.unknown(tokens):
        names = " ".join(map(_shown, unknown[:12])) + (" …" if len(unknown) > 12 else "")
        notes.append(
            f"Not in the vocabulary: {names}. The models read <unk> instead. Training never "
            "showed it to them, so its embedding is still random: expect odd sentences."
        )
        notes += filter(None, [name_simplified("".join(unknown))])
    if len(tokens) >= limit - 1:
        notes.append(
            f"You typed {len(tokens)} tokens and the limit is {limit}, with <bos>: the models read "
            f"the first {limit - 2}, which leaves one to choose. Shorten your text."
        )
    return vocab.encode(tokens[: limit - 2]), "\n".join(notes)


def read_text(path: str | Path) -> str:
    """The text of a UTF-8 file without invisible characters (`clean_text`).

    Errors explain a missing file, an archive, another encoding, an empty text.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        here = ", ".join(sorted(file.name for file in Path().glob("*.txt"))) or "none"
        raise FileNotFoundError(
            f"no file {path}. Put it beside this notebook or give its full path. "
            f"Text files beside this notebook: {here}"
        )
    text = clean_text(decode(path.read_bytes(), path))
    if not text.strip():
        raise ValueError(f"{path} holds no text")
    return text


def text_lines(text: str, longest: int = 100, at_least: int = 20) -> list[list[str]]:
    """A text as rows of single characters: one per line, long lines cut, empty ones left out."""
    lines = [characters(" ".join(line.split())) for line in clean_text(text).splitlines()]
    rows = [
        line[start : start + longest] for line in lines for start in range(0, len(line), longest)
    ]
    if len(rows) < at_least:
        raise ValueError(
            f"this text makes {len(rows)} line{'s' * (len(rows) != 1)} of up to {longest} "
            f"characters, and a model learns nothing from fewer than {at_least}: paste more text "
            f"(without line breaks, about {longest * at_least:,} characters)"
        )
    return rows
