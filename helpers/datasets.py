"""Pairs of sentences, tokens, vocabularies and padded batches with masks."""

from __future__ import annotations

import difflib
import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from helpers.recall import RecallBatch, recall_batch, recall_vocab_size  # noqa: F401
from helpers.tokens import (  # noqa: F401
    join_chinese,
    join_english,
    tokenize_chinese,
    tokenize_english,
)

PAD, BOS, EOS, UNK = "<pad>", "<bos>", "<eos>", "<unk>"
SPECIALS = (PAD, BOS, EOS, UNK)
PAD_ID, BOS_ID, EOS_ID, UNK_ID = range(4)

TRANSLATION_TSV = Path(__file__).resolve().parent.parent / "data" / "translation.tsv"
COLUMNS = ("english", "chinese", "alignment", "split", "clauses")
ANEW = " (`python -m helpers.corpus`, or `%run -m helpers.corpus` in a cell, writes it anew)"


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
    anew = ANEW if path == TRANSLATION_TSV else ""
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


class Vocabulary:
    """A two-way table between tokens and ids; the four special tokens come first."""

    def __init__(self, tokens: Iterable[str]) -> None:
        if isinstance(tokens, str):
            raise TypeError(f"Vocabulary takes a list of tokens, not the string {tokens!r}")
        self.tokens: list[str] = list(dict.fromkeys((*SPECIALS, *tokens)))
        self._ids = {token: number for number, token in enumerate(self.tokens)}

    @classmethod
    def from_sentences(cls, sentences: Iterable[Sequence[str]], min_count: int = 1) -> Vocabulary:
        """Every token that occurs `min_count` times: most frequent first, ties by code point."""
        counts: Counter[str] = Counter()
        for sentence in sentences:
            _refuse_str(sentence)
            counts.update(sentence)
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return cls(token for token, count in ranked if count >= min_count)

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self._ids

    def __repr__(self) -> str:
        first = " ".join(self.tokens[len(SPECIALS) : len(SPECIALS) + 5])
        return f"Vocabulary({len(self)} tokens: {' '.join(SPECIALS)} {first} …)"

    def encode(self, tokens: Sequence[str], bos: bool = False, eos: bool = False) -> list[int]:
        """Ids of a list of tokens, `UNK_ID` for one that is not here, within <bos> and <eos>."""
        _refuse_str(tokens)
        ids = [self._ids.get(token, UNK_ID) for token in tokens]
        return [BOS_ID] * bos + ids + [EOS_ID] * eos

    def decode(self, ids: Iterable[int] | Tensor, keep_special: bool = False) -> list[str]:
        """Tokens of a row of ids. <pad>, <bos> and <eos> are left out unless `keep_special`.

        What follows an <eos> is decoded too. Raises IndexError for an id outside the vocabulary.
        """
        numbers = [int(number) for number in (ids.tolist() if isinstance(ids, Tensor) else ids)]
        for number in numbers:
            if not 0 <= number < len(self):
                raise IndexError(
                    f"no token has the id {number}: this vocabulary's ids are 0 to {len(self) - 1}"
                )
        hidden = () if keep_special else (PAD_ID, BOS_ID, EOS_ID)
        return [self.tokens[number] for number in numbers if number not in hidden]

    def unknown(self, tokens: Sequence[str]) -> list[str]:
        """The tokens that are not in the vocabulary, in order, each once."""
        _refuse_str(tokens)
        return [token for token in dict.fromkeys(tokens) if token not in self._ids]

    def suggest(self, word: str, n: int = 3) -> list[str]:
        """At most `n` known tokens that are spelt like `word`, the nearest first."""
        return difflib.get_close_matches(word, self.tokens[len(SPECIALS) :], n)


def _refuse_str(tokens: object) -> None:
    if isinstance(tokens, str):
        raise TypeError(
            f"expected a list of tokens, found the string {tokens!r}: "
            "cut it with tokenize_english or tokenize_chinese first"
        )


def pad_batch(sequences: Sequence[Sequence[int]], pad: int = PAD_ID) -> tuple[Tensor, Tensor]:
    """Sequences of ids as one rectangle: ids (B, T) int64 and mask (B, T), True at real tokens.

    T is the longest length. Raises ValueError for an empty batch or one without a single token.
    """
    lengths = [len(sequence) for sequence in sequences]
    if not lengths or not max(lengths):
        raise ValueError("pad_batch needs at least one sequence with a token, found none")
    longest = max(lengths)
    ids = torch.tensor(
        [[*row, *[pad] * (longest - len(row))] for row in sequences], dtype=torch.int64
    )
    mask = torch.arange(longest) < torch.tensor(lengths).unsqueeze(1)  # (T,) < (B, 1) -> (B, T)
    return ids, mask


def _buckets(lengths: Sequence[tuple[int, ...]], batch_size: int, seed: int) -> list[list[int]]:
    """Row numbers in shuffled batches whose members have like lengths, so that little is padded."""
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}, expected at least 1")
    rng = random.Random(seed)
    rows = sorted(range(len(lengths)), key=lambda row: (*lengths[row], rng.random()))
    batches = [rows[start : start + batch_size] for start in range(0, len(rows), batch_size)]
    rng.shuffle(batches)
    return batches


def sequence_batches(
    sequences: Sequence[Sequence[int]], batch_size: int, seed: int
) -> list[tuple[Tensor, Tensor]]:
    """Each sequence once, in shuffled batches (ids, mask) of like lengths; see `pad_batch`."""
    batches = _buckets([(len(sequence),) for sequence in sequences], batch_size, seed)
    return [pad_batch([sequences[row] for row in rows]) for rows in batches]


class TranslationBatch(NamedTuple):
    """Sentences and their translations; masks are True where a real token stands."""

    source: Tensor  # (B, S) int64
    source_mask: Tensor  # (B, S) bool
    target: Tensor  # (B, T) int64, each row <bos> … <eos>
    target_mask: Tensor  # (B, T) bool


def translation_batches(
    pairs: Sequence[Pair],
    source_vocab: Vocabulary,
    target_vocab: Vocabulary,
    batch_size: int,
    seed: int,
) -> list[TranslationBatch]:
    """Each pair once, in shuffled batches of like lengths; the target carries <bos> and <eos>."""
    sources = [source_vocab.encode(pair.source) for pair in pairs]
    targets = [target_vocab.encode(pair.target, bos=True, eos=True) for pair in pairs]
    lengths = [(len(source), len(target)) for source, target in zip(sources, targets, strict=True)]
    return [
        TranslationBatch(
            *pad_batch([sources[row] for row in rows]), *pad_batch([targets[row] for row in rows])
        )
        for rows in _buckets(lengths, batch_size, seed)
    ]
