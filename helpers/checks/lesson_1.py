"""Checks of lesson 1: the best formula for T, ids, the padding mask, what breaks a fixed size."""

import random
from collections import Counter
from collections.abc import Callable, Set
from typing import Any

import numpy as np
import torch
from torch import Tensor

from helpers.checks.engine import (
    Case,
    Mistake,
    Problem,
    Verdict,
    checked,
    describe,
    examine,
    letter_of,
    settle,
)
from helpers.checks.values import as_letter
from helpers.words import SPECIALS

Lengths = list[tuple[int, int]]


def _by_source(lengths: Lengths) -> dict[int, list[int]]:
    """The target lengths of each source length."""
    found: dict[int, list[int]] = {}
    for s, t in lengths:
        found.setdefault(s, []).append(t)
    return found


def best_share(lengths: Lengths) -> float:
    hits = sum(max(Counter(targets).values()) for targets in _by_source(lengths).values())
    return hits / len(lengths)


def _share_of(name: Callable[[int, list[int]], int]) -> Callable[[Lengths], float]:
    """A formula that names `name(s, target lengths of s)`: the share of pairs it gets right."""

    def share(lengths: Lengths) -> float:
        hits = [targets.count(name(s, targets)) for s, targets in _by_source(lengths).items()]
        return sum(hits) / len(lengths)

    return share


def _mean(s: int, targets: list[int]) -> int:
    return round(sum(targets) / len(targets))


def _middle(s: int, targets: list[int]) -> int:
    return sorted(targets)[len(targets) // 2]


_ONE_T = (
    "This lets the formula name one T for all pairs, whatever S is. It may name another T for each "
    "source length: group the pairs by S first."
)
_MEAN_OF_SHARES = (
    "This averages the shares of the source lengths, so that a rare length weighs as much as a "
    "frequent one. Add up the hits over all S, and divide once, by the number of pairs."
)


def _drawn(count: int) -> Lengths:
    """Random pairs in which the most frequent, mean, middle and largest T of each S differ."""
    rng = random.Random(count)
    added = [2, 2, 2, 0, 1, 3, 5, 6, 9, 11, 13]
    return [(s := rng.randrange(1, 9), s + rng.choice(added)) for _ in range(count)]


@checked
def check_best_share(student: Callable[..., Any]) -> Verdict:
    """Exercise 1.1: a list of (S, T) to the share that the best formula T = f(S) gets right."""
    cases = [
        Case("[(3, 5), (3, 4), (5, 9), (3, 4), (5, 5), (5, 9), (3, 9), (8, 9)]",
             ([(3, 5), (3, 4), (5, 9), (3, 4), (5, 5), (5, 9), (3, 9), (8, 9)],)),
        Case("one source length, [(2, 1), (2, 3), (2, 7), (2, 3), (2, 8), (2, 9)]",
             ([(2, 1), (2, 3), (2, 7), (2, 3), (2, 8), (2, 9)],)),
        Case("one pair, [(4, 5)]", ([(4, 5)],)),
        Case("every pair the same, [(6, 8), (6, 8)]", ([(6, 8), (6, 8)],)),
        Case("no source length twice, [(1, 2), (2, 2), (3, 2), (4, 6)]",
             ([(1, 2), (2, 2), (3, 2), (4, 6)],)),
        Case("a tie between two targets", ([(5, 4), (5, 7), (5, 4), (5, 7), (2, 2)],)),
        Case("97 pairs", (_drawn(97),)),
        Case("310 pairs", (_drawn(310),)),
    ]  # fmt: skip
    mistakes = [
        Mistake(
            _ONE_T,
            lambda lengths: max(Counter(t for _, t in lengths).values()) / len(lengths),
        ),
        Mistake(
            "This is the most frequent pair (S, T) alone. The formula names a T for each source "
            "length: take the largest count for each S, and add them up.",
            lambda lengths: max(Counter(lengths).values()) / len(lengths),
        ),
        Mistake(
            _MEAN_OF_SHARES,
            lambda lengths: float(np.mean([
                max(Counter(targets).values()) / len(targets)
                for targets in _by_source(lengths).values()
            ])),
        ),
        Mistake(
            "This divides by the number of different source lengths. Divide by the number of "
            "pairs: a share says how many of them come out right.",
            lambda lengths: best_share(lengths) * len(lengths) / len(_by_source(lengths)),
        ),
        Mistake(
            "This divides by the number of different pairs. A pair that occurs twice counts twice.",
            lambda lengths: best_share(lengths) * len(lengths) / len(set(lengths)),
        ),
        Mistake(
            "This counts how many pairs come out right. Divide by the number of pairs.",
            lambda lengths: round(best_share(lengths) * len(lengths)),
        ),
        Mistake(
            "This is in percent. Return a share between 0 and 1.",
            lambda lengths: 100 * best_share(lengths),
        ),
        Mistake(
            "This is the share that comes out wrong. Return the share that comes out right.",
            lambda lengths: 1 - best_share(lengths),
        ),
        Mistake(
            "S and T have changed places: the formula gets S and names T.",
            lambda lengths: best_share([(t, s) for s, t in lengths]),
        ),
        Mistake(
            "This asks how often T equals S. A formula may name any T: for each S, the one that "
            "is most frequent there.",
            _share_of(lambda s, targets: s),
        ),
        Mistake(
            "This names the mean T of each source length. A mean is near many targets and equal to "
            "few: name the most frequent one.",
            _share_of(_mean),
        ),
        Mistake(
            "This names the mean T of each source length. A mean is near many targets and equal to "
            "few: name the most frequent one.",
            _share_of(lambda s, targets: int(sum(targets) / len(targets))),
        ),
        Mistake(
            "This names the median T of each source length. Name the most frequent one.",
            _share_of(_middle),
        ),
        Mistake(
            "This names the largest T of each source length. `max` of a Counter compares its keys; "
            "`max(counter.values())` is the largest count.",
            _share_of(lambda s, targets: max(targets)),
        ),
        Mistake(
            "This names one distance T - S for all pairs. A formula may name any T for each source "
            "length: group the pairs by S first.",
            lambda lengths: max(Counter(t - s for s, t in lengths).values()) / len(lengths),
        ),
        Mistake(
            "This names the least frequent T of each source length. Name the most frequent one.",
            lambda lengths: sum(
                min(Counter(targets).values()) for targets in _by_source(lengths).values()
            ) / len(lengths),
        ),
        Mistake(
            "This counts all pairs that occur more than once. For each S the formula names one T, "
            "so only the largest count of each S is right.",
            lambda lengths: sum(n for n in Counter(lengths).values() if n > 1) / len(lengths),
        ),
        Mistake(
            "This names the first T seen for each source length. Name the most frequent one.",
            _share_of(lambda s, targets: targets[0]),
        ),
        Mistake(
            "This names the last T seen for each source length: a later one overwrites it. Name "
            "the most frequent one.",
            _share_of(lambda s, targets: targets[-1]),
        ),
        Mistake(
            "This is the share of the source lengths with a single T. Where several occur, the "
            "formula is still right for the most frequent one.",
            lambda lengths: float(np.mean([len({*t}) == 1 for t in _by_source(lengths).values()])),
        ),
        Mistake(
            "This counts only the pairs whose source length has a single T. Where several occur, "
            "the formula is still right for the most frequent one.",
            lambda lengths: sum(
                len(t) for t in _by_source(lengths).values() if len({*t}) == 1
            ) / len(lengths),
        ),
        Mistake(
            "This counts different things: how many source lengths or pairs there are. Count how "
            "often the most frequent T of each S occurs.",
            lambda lengths: len(_by_source(lengths)) / len(lengths),
        ),
        Mistake(
            "This counts different things: how many source lengths or pairs there are. Count how "
            "often the most frequent T of each S occurs.",
            lambda lengths: len(set(lengths)) / len(lengths),
        ),
        Mistake(
            "This is the formula, the T that it names for each S. Now measure it: how many pairs "
            "does it get right, as a share?",
            lambda lengths: {
                s: Counter(targets).most_common(1)[0][0]
                for s, targets in _by_source(lengths).items()
            },
        ),
    ]  # fmt: skip
    return examine(
        student,
        best_share,
        cases,
        mistakes,
        "This number is a ceiling: no formula of S alone, however clever, can do better on these "
        "pairs. To measure what the best possible answer would get shows how hard a task is.",
    )


TOKENS = [*SPECIALS, "how", "dare", "you", "!", "he"]
ID_OF = {token: number for number, token in enumerate(TOKENS)}


def encode(sentence: list[str], id_of: dict[str, int]) -> list[int]:
    ids = [id_of.get(token, id_of["<unk>"]) for token in sentence]
    return [id_of["<bos>"], *ids, id_of["<eos>"]]


def decode(ids: list[int], tokens: list[str]) -> list[str]:
    return [tokens[i] for i in ids if tokens[i] not in ("<pad>", "<bos>", "<eos>")]


def _renumbered(sentence: list[str]) -> Case:
    """The same words under other ids: nothing may be taken from a table, or from the order."""
    ids = {token: number for number, token in enumerate(reversed(TOKENS))}
    return Case(
        f"{sentence} and a vocabulary in which <bos> has another id than 1",
        (sentence, {token: ids[token] for token in sorted(ids)}),
    )


_ENCODE = {
    "cases": [
        Case(f"the sentence {sentence}", (sentence, ID_OF))
        for sentence in (["how", "dare", "you", "!"], ["how", "dare", "she", "!"], ["!"], [])
    ]
    + [
        _renumbered(["he", "dare", "you", "spaceship"]),
        Case("a sentence that repeats a token, ['you', '!', 'you', '!']",
             (["you", "!", "you", "!"], ID_OF)),
        Case("a vocabulary with other words", (["he", "she", "it"], {**ID_OF, "she": 9, "it": 10})),
    ],
    "mistakes": [
        Mistake(
            "The ids of <bos> and <eos> are missing: one belongs in front, one at the end.",
            lambda sentence, id_of: encode(sentence, id_of)[1:-1],
        ),
        Mistake(
            "<eos> is missing at the end.", lambda sentence, id_of: encode(sentence, id_of)[:-1]
        ),
        Mistake(
            "<bos> is missing in front.", lambda sentence, id_of: encode(sentence, id_of)[1:]
        ),
        Mistake(
            "<bos> and <eos> have changed places: bos is the beginning, eos the end.",
            lambda sentence, id_of: [
                id_of["<eos>"], *encode(sentence, id_of)[1:-1], id_of["<bos>"]
            ],
        ),
        Mistake(
            "An unknown token was left out. Give it the id of <unk>, so that its place stays.",
            lambda sentence, id_of: encode([t for t in sentence if t in id_of], id_of),
        ),
        Mistake(
            "An unknown token got the id of <pad>. Padding means that nothing is there; "
            "here is a token, only an unknown one: <unk>.",
            lambda sentence, id_of: [
                id_of["<pad>"] if i == id_of["<unk>"] else i for i in encode(sentence, id_of)
            ],
        ),
        Mistake(
            "An unknown token got the id of <pad>. Padding means that nothing is there; "
            "here is a token, only an unknown one: <unk>.",
            lambda sentence, id_of: [
                id_of["<bos>"], *[id_of.get(token, 0) for token in sentence], id_of["<eos>"]
            ],
        ),
        Mistake(
            "A known token became <unk>: for `or` an id of 0 counts as nothing. Give `get` a "
            "second argument instead.",
            lambda sentence, id_of: [
                id_of["<bos>"],
                *[id_of.get(token) or id_of["<unk>"] for token in sentence],
                id_of["<eos>"],
            ],
        ),
        Mistake(
            "The ids of the words are a list inside the list. `*ids` puts its entries there, and "
            "`[a] + ids + [b]` does, too.",
            lambda sentence, id_of: [
                id_of["<bos>"], encode(sentence, id_of)[1:-1], id_of["<eos>"]
            ],
        ),
        Mistake(
            "The ids of the words stand in another order than the words.",
            lambda sentence, id_of: [
                id_of["<bos>"], *encode(sentence, id_of)[-2:0:-1], id_of["<eos>"]
            ],
        ),
        Mistake(
            "The ids of the words stand in another order than the words.",
            lambda sentence, id_of: [
                id_of["<bos>"], *sorted(encode(sentence, id_of)[1:-1]), id_of["<eos>"]
            ],
        ),
        Mistake(
            "These are places in the dictionary. The id is what the dictionary holds for a token: "
            "`id_of[token]`.",
            lambda sentence, id_of: [
                [*id_of].index(token if token in id_of else "<unk>")
                for token in ["<bos>", *sentence, "<eos>"]
            ],
        ),
        Mistake(
            "An unknown token became None, because `id_of.get(token)` says None for a missing key. "
            "Give `get` a second argument: what to use instead.",
            lambda sentence, id_of: [
                id_of["<bos>"], *map(id_of.get, sentence), id_of["<eos>"]
            ],
        ),
        Mistake(
            "An unknown token became the string '<unk>'. That is the token <unk>; return its id, "
            "`id_of['<unk>']`.",
            lambda sentence, id_of: [
                id_of["<bos>"], *[id_of.get(token, "<unk>") for token in sentence], id_of["<eos>"]
            ],
        ),
        Mistake(
            "The ids are right, but they are in a tensor. Return a list: `.tolist()` makes one. "
            "Sentences become a tensor later, when they are a batch.",
            lambda sentence, id_of: torch.tensor(encode(sentence, id_of)),
        ),
        Mistake(
            "These are fixed numbers. Look them up, as in `id_of['<bos>']`: another vocabulary may "
            "give them other ids.",
            lambda sentence, id_of: [1, *[id_of.get(token, 3) for token in sentence], 2],
        ),
        Mistake(
            "These are tokens, not ids. Look each one up in `id_of`.",
            lambda sentence, id_of: ["<bos>", *sentence, "<eos>"],
        ),
    ],
}  # fmt: skip

_DECODE = {
    "cases": [
        Case("the ids of a whole sentence, [1, 4, 5, 6, 7, 2]", ([1, 4, 5, 6, 7, 2], TOKENS)),
        Case("ids with padding at the end, [1, 8, 7, 2, 0, 0]", ([1, 8, 7, 2, 0, 0], TOKENS)),
        Case("ids with <unk>, [1, 4, 3, 7, 2]", ([1, 4, 3, 7, 2], TOKENS)),
        Case("an empty sentence, [1, 2]", ([1, 2], TOKENS)),
        Case("ids without <bos> and <eos>, [4, 5]", ([4, 5], TOKENS)),
        Case("a vocabulary in another order", ([7, 0, 3, 5, 6, 8], TOKENS[::-1])),
        Case("ids that repeat, [1, 6, 7, 6, 7, 2]", ([1, 6, 7, 6, 7, 2], TOKENS)),
        Case("a vocabulary with other words", ([1, 8, 9, 10, 2], [*TOKENS, "a", "it"])),
    ],
    "mistakes": [
        Mistake(
            "<bos>, <eos> and <pad> are still there. They are signals, not words: leave them out.",
            lambda ids, tokens: [tokens[i] for i in ids],
        ),
        Mistake(
            "<pad> is still there: leave it out, too.",
            lambda ids, tokens: [tokens[i] for i in ids if tokens[i] not in ("<bos>", "<eos>")],
        ),
        Mistake(
            "<unk> has gone. Keep it: a reader should see that a word was there.",
            lambda ids, tokens: [tokens[i] for i in ids if tokens[i] not in SPECIALS],
        ),
        Mistake(
            "The first and the last id were cut off, whatever they are. Cut by token, not by "
            "place: padding may follow <eos>, and <bos> may be absent.",
            lambda ids, tokens: [tokens[i] for i in ids[1:-1]],
        ),
        Mistake(
            "The first and the last id were cut off, whatever they are. Cut by token, not by "
            "place: padding may follow <eos>, and <bos> may be absent.",
            lambda ids, tokens: [t for t in (tokens[i] for i in ids[1:-1]) if t != "<pad>"],
        ),
        Mistake(
            "This is one string. Return the list of tokens; joining them can wait.",
            lambda ids, tokens: " ".join(decode(ids, tokens)),
        ),
        Mistake(
            "This is one string. Return the list of tokens; joining them can wait.",
            lambda ids, tokens: "".join(decode(ids, tokens)),
        ),
        Mistake(
            "A string contains its pieces: 'a' is `in` '<pad>', and so this word is left out. "
            "Compare with a tuple, `in ('<pad>', '<bos>', '<eos>')`.",
            lambda ids, tokens: [tokens[i] for i in ids if tokens[i] not in "<pad> <bos> <eos>"],
        ),
        Mistake(
            "Empty strings stand where tokens were left out. Leave nothing in their place.",
            lambda ids, tokens: [
                tokens[i] if tokens[i] not in ("<pad>", "<bos>", "<eos>") else "" for i in ids
            ],
        ),
        Mistake(
            "These are ids. Look each one up: the token with id i is `tokens[i]`.",
            lambda ids, tokens: [i for i in ids if i not in (0, 1, 2)],
        ),
        Mistake(
            "You compare ids with fixed numbers. Look at the token instead: another vocabulary may "
            "give <pad>, <bos> and <eos> other ids than 0, 1 and 2.",
            lambda ids, tokens: [tokens[i] for i in ids if i not in (0, 1, 2)],
        ),
    ],
}  # fmt: skip


@checked
def check_encode_decode(
    encode_student: Callable[..., Any], decode_student: Callable[..., Any]
) -> Verdict:
    """Exercise 1.2: from tokens to ids and back."""
    praise = (
        "Except for words that the vocabulary lacks, what goes in comes back. Every sentence of "
        "this course goes this way."
    )
    first = examine(encode_student, encode, **_ENCODE, praise=praise)  # type: ignore[arg-type]
    if first.status != "right":
        return _named(_with_remedy(first), "encode")
    second = examine(decode_student, decode, **_DECODE, praise=praise)  # type: ignore[arg-type]
    return _named(_with_remedy(second), "decode")


_REMEDIES = {  # what a message says -> what helps in this exercise
    "raised KeyError": "`id_of[token]` stops at a token that is not there. "
    "`id_of.get(token, otherwise)` gives a second choice.",
    "changed one of its arguments": "A list comprehension builds a new list; where you `insert`, "
    "`append` or `remove`, make a copy first: `ids = list(ids)`.",
}


def _with_remedy(verdict: Verdict) -> Verdict:
    for what, remedy in _REMEDIES.items():
        if verdict.status == "not yet" and what in verdict.message:
            return Verdict(verdict.status, f"{verdict.message}\nHint: {remedy}")
    return verdict


def _named(verdict: Verdict, function: str) -> Verdict:
    """A verdict that says which of two functions it speaks of."""
    if verdict.status == "right":
        return verdict
    return Verdict(verdict.status, f"`{function}`: {verdict.message}")


def padding_mask(lengths: Tensor) -> Tensor:
    return torch.arange(int(lengths.max())) < lengths[:, None]  # (T,) < (B, 1) -> (B, T)


@checked
def check_padding_mask(student: Callable[..., Any]) -> Verdict:
    """Exercise 1.3: lengths (B,) to a mask (B, T), True at real tokens."""
    wide = torch.tensor([[3, 0], [1, 0], [2, 0], [5, 0]])
    cases = [
        Case("lengths tensor([1, 4, 2])", (torch.tensor([1, 4, 2]),)),
        Case("lengths tensor([3, 1])", (torch.tensor([3, 1]),)),
        Case("a batch of one, tensor([4])", (torch.tensor([4]),)),
        Case("sentences of one token, tensor([1, 1])", (torch.tensor([1, 1]),)),
        Case("one long sentence among short ones", (torch.tensor([1, 1, 7, 1]),)),
        Case("sentences of equal length, tensor([3, 3, 3])", (torch.tensor([3, 3, 3]),)),
        Case("lengths of type int32", (torch.tensor([2, 5], dtype=torch.int32),)),
        Case("a column of a larger tensor (not contiguous)", (wide[:, 0],)),
    ]
    mistakes = [
        Mistake(
            "True and False have changed places: True stands for a real token.",
            lambda lengths: ~padding_mask(lengths),
        ),
        Mistake(
            "Off by one: `<=` lets one position too many through. Positions are counted from 0, so "
            "the last real token of 3 stands at position 2.",
            lambda lengths: torch.arange(int(lengths.max())) <= lengths[:, None],
        ),
        Mistake(
            "Off by one: the last real token of each sentence is masked, too.",
            lambda lengths: torch.arange(int(lengths.max())) < lengths[:, None] - 1,
        ),
        Mistake(
            "Off by one: there is one column too many. T is the largest length.",
            lambda lengths: torch.arange(int(lengths.max()) + 1) < lengths[:, None],
        ),
        Mistake(
            "Off by one: there is one column too many. T is the largest length.",
            lambda lengths: torch.arange(int(lengths.max()) + 1) <= lengths[:, None],
        ),
        Mistake(
            "The shape is (T, B): sentences are rows. Put `[:, None]` after the lengths, not after "
            "the positions.",
            lambda lengths: padding_mask(lengths).T,
        ),
        Mistake(
            "Padding stands at the end of a sentence, not at its beginning.",
            lambda lengths: padding_mask(lengths).flip(1),
        ),
        Mistake(
            "T is the largest length, not the number of sentences.",
            lambda lengths: torch.arange(len(lengths)) < lengths[:, None],
        ),
        *[
            Mistake(
                f"T is the largest length, not the {name}: a longer sentence does not fit in.",
                lambda lengths, n=pick: torch.arange(int(n(lengths))) < lengths[:, None],
            )
            for name, pick in (
                ("smallest", torch.min),
                ("first", lambda lengths: lengths[0]),
                ("last", lambda lengths: lengths[-1]),
            )
        ],
        Mistake(
            "The mask of each sentence is right, but they are a list of tensors of different "
            "lengths. Make one tensor of shape (B, T), with False where a shorter one ends.",
            lambda lengths: [torch.ones(int(n), dtype=torch.bool) for n in lengths],
        ),
        Mistake(
            "Every place is True, so this mask hides nothing.",
            lambda lengths: torch.ones(len(lengths), int(lengths.max()), dtype=torch.bool),
        ),
        Mistake(
            "This marks the last real token alone. Every real token is True.",
            lambda lengths: torch.arange(int(lengths.max())) == lengths[:, None] - 1,
        ),
        Mistake(
            "T is the largest length, not the sum of all lengths.",
            lambda lengths: torch.arange(int(lengths.sum())) < lengths[:, None],
        ),
        Mistake(
            "A mask says True or False for each position; these are the positions themselves.",
            lambda lengths: torch.arange(int(lengths.max())).expand(len(lengths), -1),
        ),
        Mistake(
            "This is the right mask, but it is a list. Make it a tensor, `torch.tensor(...)`: "
            "lists cannot be broadcast or multiplied.",
            lambda lengths: padding_mask(lengths).tolist(),
        ),
        Mistake(
            "The numbers are right, the type is not. A comparison gives bool, and `~mask` and "
            "`x[mask]` need bool.",
            lambda lengths: padding_mask(lengths).float(),
        ),
    ]
    return examine(
        student,
        padding_mask,
        cases,
        mistakes,
        "One comparison makes the whole mask, without a loop. You will need it wherever a mean, a "
        "loss or an attention must not see padding.",
    )


_REASONS = {
    "a": "Reason a speaks of training, but the box breaks before any training. What is missing in "
    "the layer itself?",
    "c": "Reason c cannot be it: pair A differs in length, too, and fits. What happens beyond the "
    "last position?",
    "d": "Reason d mixes up two things: the vocabulary counts different tokens, not positions. "
    "What happens beyond the last position?",
}
_SIDES = {
    frozenset("CE"): "You forgot <eos>. Pair D has 10 Chinese tokens, and <eos> is the eleventh.",
    frozenset("C"): "You looked at the English side only. The Chinese side has its limit, too.",
    frozenset("DE"): "You looked at the Chinese side only. The English side has its limit, too.",
    frozenset("E"): "You looked at the Chinese side only, and forgot that <eos> needs a place.",
    frozenset("CD"): "Pair E is missing: its Chinese side is far too long. Check both sides of "
    "each pair.",
    frozenset("ACDEF"): "A side that is exactly full still fits: A has 8 of 8 English tokens, and "
    "9 + 1 = 10 of 10 Chinese ones.",
    frozenset("DEF"): "F fits: it has 8 of 8 English tokens, and 8 + 1 = 9 of 10 Chinese ones. C "
    "does not: it has 9 English tokens.",
    frozenset("ACDE"): "A pair whose two lengths differ is no problem in itself: A fits exactly. "
    "Compare each side with its own limit.",
    frozenset("ABF"): "These are the pairs that fit. The question asks for the others.",
    frozenset("ABCDEF"): "Not all: a short sentence is filled up with <pad>, and a full side fits.",
    frozenset(): "Some do break: look for an English side above 8, or a Chinese one above 9.",
}


_PAIRS = {  # what to say of the first pair that is judged wrongly
    "A": "A fits: it has 8 of 8 English tokens, and 9 + 1 = 10 of 10 Chinese ones.",
    "B": "Pair B is short. <pad> fills it up: wasteful, but it fits.",
    "C": "C is missing: it has 9 English tokens, and there is room for 8.",
    "D": "D is missing: it has 10 Chinese tokens, and <eos> is the eleventh.",
    "E": "E is missing: it has 14 Chinese tokens and <eos>, and there is room for 10.",
    "F": "F fits: it has 8 of 8 English tokens, and 8 + 1 = 9 of 10 Chinese ones.",
}


@checked
def check_fixed_size(breaks: Any, reason: Any) -> Verdict:
    """Exercise 1.4: which pairs do not fit into 8 + 10 places, and why."""

    def check() -> None:
        found = breaks.tolist() if isinstance(breaks, np.ndarray) else breaks
        if not isinstance(found, Set | list | tuple | str):
            raise Problem(
                f"Expected a set of letters such as {{'A', 'B'}}, found {describe(breaks)}."
            )
        strange = [one for one in found if as_letter(one) not in ("", *"abcdef")]
        if strange:
            strange = [one if isinstance(one, str) else describe(one) for one in strange]
            raise Problem(f"The pairs are A to F, found {', '.join(strange)} in `breaks`.")
        letters = frozenset(as_letter(letter).upper() for letter in found) - {""}
        if letters != frozenset("CDE"):
            hint = _PAIRS[min(letters ^ frozenset("CDE"))]
            given = ", ".join(sorted(letters)) or "none"
            raise Problem(f"You say that these break: {given}. {_SIDES.get(letters, hint)}")
        letter = letter_of(reason, "reason")
        if letter != "b":
            raise Problem(f"The pairs are right. {_REASONS[letter]}")

    return settle(
        check,
        breaks,
        "A layer of fixed size has weights for a fixed number of places, and not one more. That is "
        "why this course needs networks that use the same weights at every step.",
    )


__all__ = ["check_best_share", "check_encode_decode", "check_fixed_size", "check_padding_mask"]
