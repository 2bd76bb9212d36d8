"""Pieces of words: a rare word is cut into parts that are not rare."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from helpers.words.vocabulary import Vocabulary

END = "▁"  # ends the last piece of a word
LEAST = 2  # occurrences of two neighbours that are joined


class SubWordVocabulary(Vocabulary):
    """A vocabulary of pieces that are frequent in a text, of which every word is made.

    Byte-pair encoding, on characters (Sennrich, Haddow & Birch 2016): at first each letter is a
    piece; then the most frequent two neighbours become one, again and again. A frequent word ends
    as one piece, a rare one as several: ``unkind`` -> ``un kind▁``.
    """

    def __init__(self, words: Iterable[str], merges: int = 3000) -> None:
        """words: of a text, each as often as it occurs. merges: how often two pieces are joined."""
        counts = Counter(words)
        self._pieces: dict[str, tuple[str, ...]] = {word: _letters(word) for word in counts}
        self._rank: dict[tuple[str, str], int] = {}
        neighbours: Counter[tuple[str, str]] = Counter()
        holders: defaultdict[tuple[str, str], set[str]] = defaultdict(set)

        def count(word: str, sign: int) -> None:
            pieces = self._pieces[word]
            for pair in pairwise(pieces):
                neighbours[pair] += sign * counts[word]
                holders[pair].add(word)

        for word in counts:
            count(word, 1)
        while neighbours and len(self._rank) < merges:
            best = max(neighbours, key=lambda pair: (neighbours[pair], pair))
            if neighbours[best] < LEAST:
                break
            self._rank[best] = len(self._rank)
            for word in holders.pop(best):
                count(word, -1)
                self._pieces[word] = _join(self._pieces[word], best)
                count(word, 1)
            del neighbours[best]
        letters = sorted({letter for word in counts for letter in _letters(word)})
        super().__init__([*letters, *map("".join, self._rank)])

    def cut(self, word: str) -> tuple[str, ...]:
        """A word's pieces; the last ends in `END`."""
        if word not in self._pieces:
            pieces = _letters(word)
            while known := [pair for pair in pairwise(pieces) if pair in self._rank]:
                pieces = _join(pieces, min(known, key=self._rank.__getitem__))
            self._pieces[word] = pieces
        return self._pieces[word]

    def encode(self, tokens: Sequence[str], bos: bool = False, eos: bool = False) -> list[int]:
        """Ids of the pieces of a list of words, `UNK_ID` for a letter that is not here."""
        pieces = [piece for token in tokens for piece in self.cut(token)]
        return super().encode(pieces, bos, eos)

    def unknown(self, tokens: Sequence[str]) -> list[str]:
        """The words with a letter that is not in the vocabulary, in order, each once."""
        words = dict.fromkeys(tokens)
        return [word for word in words if any(piece not in self for piece in self.cut(word))]


def _letters(word: str) -> tuple[str, ...]:
    return (*word[:-1], word[-1:] + END)


def _join(pieces: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    """Pieces with each occurrence of a pair of neighbours made one."""
    joined: list[str] = []
    for piece in pieces:
        if joined and (joined[-1], piece) == pair:
            joined[-1] += piece
        else:
            joined.append(piece)
    return tuple(joined)
