"""The special tokens, and the two-way table between tokens and ids."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Sequence

from torch import Tensor

PAD, BOS, EOS, UNK = "<pad>", "<bos>", "<eos>", "<unk>"
SPECIALS = (PAD, BOS, EOS, UNK)
PAD_ID, BOS_ID, EOS_ID, UNK_ID = range(4)


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
