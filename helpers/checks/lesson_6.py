"""Checks of lesson 6: context, masked softmax, additive scores, a hidden word and what it costs."""

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor

from helpers.checks.engine import (
    NOT_STARTED,
    Case,
    Mistake,
    Problem,
    Verdict,
    checked,
    describe,
    examine,
    letter_of,
    right,
    whole_of,
)
from helpers.checks.values import as_list
from helpers.decoding import decode_batch
from helpers.labs.attention import MeasureWord, find_measure_words, measure_word
from helpers.taught.attention import masked_softmax
from helpers.words import Vocabulary, pad_batch, read_pairs


def _numbers(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    generator = torch.Generator().manual_seed(seed + 7 * len(shape))
    return torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype)


def _turned(tensor: Tensor) -> Tensor:
    """The same numbers, not contiguous in memory."""
    return tensor.transpose(0, 1).contiguous().transpose(0, 1)


def context_of(weights: Tensor, h: Tensor) -> Tensor:
    return (weights.unsqueeze(1) @ h).squeeze(1)


def _weights_and_states(
    label: str, B: int, S: int, H: int, dtype: torch.dtype = torch.float32
) -> Case:
    return Case(label, (_numbers(B, S, dtype=dtype).softmax(-1), _numbers(B, S, H, dtype=dtype)))


@checked
def check_context(student: Callable[..., Any]) -> Verdict:
    """Exercise 6.1: weights (B, S) and states h (B, S, H) to contexts (B, H)."""
    weights, h = _weights_and_states("", 3, 4, 5).args
    cases = [
        _weights_and_states("two sentences of three words", 2, 3, 4),
        _weights_and_states("as many words as numbers in a state", 2, 4, 4),
        _weights_and_states("as many sentences as words", 3, 3, 5),
        _weights_and_states("a batch of one", 1, 3, 2),
        _weights_and_states("a sentence of one word", 2, 1, 3),
        _weights_and_states("float64", 2, 3, 4, torch.float64),
        Case("h not contiguous", (_turned(weights), _turned(h))),
    ]
    mistakes = [
        Mistake(
            "This is the mean over the words, not the sum: the weights add up to 1 already.",
            lambda w, h: (w.unsqueeze(-1) * h).mean(1),
        ),
        Mistake(
            "The weights play no part: this is the plain sum of the states.",
            lambda w, h: h.sum(1),
        ),
        Mistake(
            "The weights play no part: this is the mean of the states.", lambda w, h: h.mean(1)
        ),
        Mistake(
            "Wrong axis: you summed over the H numbers. Sum over the words, axis 1.",
            lambda w, h: (w.unsqueeze(-1) * h).sum(-1),
        ),
        Mistake(
            "Wrong axis: you summed over the sentences of the batch. Sum over the words, axis 1.",
            lambda w, h: (w.unsqueeze(-1) * h).sum(0),
        ),
        Mistake(
            "The states are weighted but not yet added up: sum over the words.",
            lambda w, h: w.unsqueeze(-1) * h,
        ),
        Mistake(
            "One axis too many: `.squeeze(1)` takes the axis of length 1 out.",
            lambda w, h: w.unsqueeze(1) @ h,
        ),
        Mistake(
            "`.squeeze()` without a number takes out every axis of length 1, the batch of one "
            "too. Name the axis: `.squeeze(1)`.",
            lambda w, h: (w.unsqueeze(1) @ h).squeeze(),
        ),
        Mistake(
            "This is only the state with the largest weight. All states count, by their weight.",
            lambda w, h: h[torch.arange(len(h)), w.argmax(-1)],
        ),
        Mistake(
            "These are all pairs of sentences: each sentence's weights with each sentence's "
            "states. Keep the batch apart: `weights.unsqueeze(1) @ h`.",
            lambda w, h: w @ h,
        ),
        Mistake(
            "A second softmax: the weights are weights already.",
            lambda w, h: context_of(w.softmax(-1), h),
        ),
        Mistake(
            "A softmax of the context: the weights have been through one, the context needs none.",
            lambda w, h: context_of(w, h).softmax(-1),
        ),
        Mistake(
            "This is the largest of the weighted states, number by number. Add them up instead.",
            lambda w, h: (w.unsqueeze(-1) * h).amax(1),
        ),
        Mistake(
            "This is the last state, as in lesson 3. The context is a mixture of all of them.",
            lambda w, h: h[:, -1],
        ),
        Mistake(
            "The words' weights stand in reverse order.", lambda w, h: context_of(w.flip(1), h)
        ),
        Mistake(
            "The last word is left out.", lambda w, h: context_of(w[:, :-1], h[:, :-1])
        ),
        Mistake(
            "The tanh is too much: the context is the weighted sum itself.",
            lambda w, h: context_of(w, h).tanh(),
        ),
        Mistake(
            "The weights are squared somewhere.", lambda w, h: context_of(w * w, h)
        ),
    ]  # fmt: skip
    return examine(
        student,
        context_of,
        cases,
        mistakes,
        "One product gives every sentence its own mixture of states. Lesson 7 makes one product "
        "of all outputs, too.",
    )


def _scores(label: str, lengths: list[int], S: int, dtype: torch.dtype = torch.float32) -> Case:
    scores = 3 * _numbers(len(lengths), S, seed=S, dtype=dtype)
    return Case(label, (scores, torch.arange(S) < torch.tensor(lengths)[:, None]))


UNDERFLOW = Case(
    "scores [0, 0, 200], the last one padding",
    (torch.tensor([[0.0, 0.0, 200.0]]), torch.tensor([[True, True, False]])),
)
DIVIDED = (
    "The softmax comes first here, then the mask, then the division by the sum. In mathematics "
    "that is the same as masking first. On a computer it is not: beside exp(200) the real words' "
    "weights are smaller than any number float32 has, so they become 0, and nothing is left of "
    "the real words to divide. Mask the scores, before the softmax."
)


def _filled(scores: Tensor, mask: Tensor, value: float) -> Tensor:
    return scores.masked_fill(~mask, value)


def _divided(e: Tensor, m: Tensor) -> Tensor:
    late = e.softmax(-1) * m
    return late / late.sum(-1, keepdim=True)


def _by_hand(e: Tensor, m: Tensor) -> Tensor:
    return (e.exp() * m) / (e.exp() * m).sum(-1, keepdim=True)


def _by_hand_with_where(e: Tensor, m: Tensor) -> Tensor:
    positive = torch.where(m, e.exp(), 0)
    return positive / positive.sum(-1, keepdim=True)


def _by_hand_with_epsilon(e: Tensor, m: Tensor) -> Tensor:
    positive = torch.where(m, e.exp(), 0)
    return positive / positive.sum(-1, keepdim=True).clamp(min=1e-9)


def _by_hand_mended(e: Tensor, m: Tensor) -> Tensor:
    return _by_hand(e, m).nan_to_num(0)


def _with_one_maximum(e: Tensor, m: Tensor) -> Tensor:
    positive = (e - e.max()).exp() * m
    return positive / positive.sum(-1, keepdim=True).clamp(min=1e-9)


@checked
def check_masked_softmax(student: Callable[..., Any]) -> Verdict:
    """Exercise 6.2: scores and mask (B, S) to weights (B, S), zeros for an empty row."""
    scores, mask = _scores("", [2, 4, 3], 4).args
    large = torch.tensor([[120.0, 90.0, -60.0], [-20.0, 8.0, 300.0], [4.0, 6.0, 5.0]])
    cases = [
        _scores("sentences of 2 and 4 words in 4 columns", [2, 4], 4),
        _scores("as many sentences as columns", [1, 3, 2], 3),
        Case("scores far below zero", (scores - 1000, mask)),
        Case("scores of 120 and 300", (large, torch.arange(3) < torch.tensor([[2], [3], [3]]))),
        UNDERFLOW,
        _scores("no padding", [3, 3], 3),
        _scores("a batch of one", [2], 3),
        _scores("all padding but one word", [1, 1], 3),
        _scores("a row of nothing but padding", [0, 2], 3),
        _scores("float64", [2, 3], 3, torch.float64),
        Case(
            "float64 and scores [0, 1, 2000], the last one padding",
            (torch.tensor([[0.0, 1.0, 2000.0]]).double(), torch.tensor([[True, True, False]])),
        ),
        Case("scores not contiguous", (_turned(scores), _turned(mask))),
    ]
    # What fails in few cases comes first: it must not be taken for what fails in many.
    mistakes = [
        Mistake(
            "A row without a real word gives NaN: 0 / 0. Take the lowest finite number instead "
            "of -inf, and set the weights of padding to zero at the end.",
            lambda e, m: _filled(e, m, float("-inf")).softmax(-1),
        ),
        Mistake(
            "A row without a real word gets equal weights. Set the weights of padding to zero "
            "at the end.",
            lambda e, m: _filled(e, m, torch.finfo(e.dtype).min).softmax(-1),
        ),
        Mistake(DIVIDED, lambda e, m: torch.where(m.any(-1, keepdim=True), _divided(e, m), 0)),
        Mistake(DIVIDED, lambda e, m: _divided(e, m).nan_to_num(0)),
        Mistake(DIVIDED + " (An empty row is 0 / 0 in this way, too.)", _divided),
        *[
            Mistake(
                "The scores of padding are a fixed number here, such as 0 or -100, and real scores "
                "can be far lower: then padding takes all the weight. "
                "`torch.finfo(scores.dtype).min` is the lowest there is.",
                wrong,
            )
            for wrong in (
                lambda e, m: _filled(e, m, -100.0).softmax(-1) * m,
                lambda e, m: _filled(e, m, -100.0).softmax(-1),
            )
        ],
        Mistake(
            "One less than the lowest score is not low enough: exp makes a weight of it that "
            "counts. `torch.finfo(scores.dtype).min` is the lowest number there is.",
            lambda e, m: torch.where(m, e, e.min() - 1).softmax(-1) * m,
        ),
        *[
            Mistake(
                "exp of a large score overflows, and exp of a very low one is 0. `softmax` takes "
                "the largest score out first.",
                wrong,
            )
            for wrong in (_by_hand, _by_hand_with_where, _by_hand_with_epsilon, _by_hand_mended)
        ],
        Mistake(
            "You take the largest score of the whole batch out. A row whose scores are all far "
            "below it is left with zeros: take each row's own largest.",
            _with_one_maximum,
        ),
        Mistake(
            "The mask comes after the softmax, so padding has taken its share first: the row "
            "sums to less than 1. Mask the scores.",
            lambda e, m: e.softmax(-1) * m,
        ),
        Mistake("The mask is not used: padding gets weight.", lambda e, m: e.softmax(-1)),
        Mistake(
            "Scores of padding are 0 here, and exp(0) = 1 is a large weight. Which score becomes "
            "0 under exp?",
            lambda e, m: _filled(e, m, 0.0).softmax(-1),
        ),
        Mistake(
            "Scores of padding are 0 here while the softmax runs: the mask at the end comes too "
            "late. Which score becomes 0 under exp?",
            lambda e, m: (e * m).softmax(-1) * m,
        ),
        Mistake(
            "+inf in place of -inf: padding gets the largest score there is.",
            lambda e, m: _filled(e, m, float("inf")).softmax(-1),
        ),
        Mistake(
            "The mask is upside down: True stands at real words. `~mask` is where padding stands.",
            lambda e, m: _filled(e, ~m, torch.finfo(e.dtype).min).softmax(-1) * ~m,
        ),
        Mistake(
            "The mask is upside down: True stands at real words. `~mask` is where padding stands.",
            lambda e, m: e.masked_fill(m, float("-inf")).softmax(-1),
        ),
        Mistake(
            "Wrong axis: the softmax runs over the sentences. It runs over the words, the last "
            "axis.",
            lambda e, m: _filled(e, m, torch.finfo(e.dtype).min).softmax(0) * m,
        ),
        Mistake(
            "`log_softmax` gives logarithms of weights.",
            lambda e, m: _filled(e, m, torch.finfo(e.dtype).min).log_softmax(-1) * m,
        ),
        Mistake(
            "A sigmoid looks at each score by itself. The softmax makes them share a weight of 1.",
            lambda e, m: e.sigmoid() * m,
        ),
        Mistake(
            "All real words get the same weight: the scores play no part.",
            lambda e, m: m / m.sum(-1, keepdim=True).clamp(min=1),
        ),
        Mistake(
            "These are masked scores. The softmax is missing.",
            lambda e, m: _filled(e, m, float("-inf")),
        ),
    ]
    return examine(
        student,
        masked_softmax,
        cases,
        mistakes,
        "Whatever the scores are, [0, 0, 200] with the last one masked included, padding takes "
        "nothing from the real words, and no empty row can spoil a batch. Every attention of this "
        "course ends in these lines.",
    )


def additive_scores(s: Tensor, h: Tensor, W: Tensor, U: Tensor, v: Tensor) -> Tensor:
    return torch.tanh((s @ W.T).unsqueeze(1) + h @ U.T) @ v


def _alignment(
    label: str, B: int, S: int, H: int, A: int, dtype: torch.dtype = torch.float32
) -> Case:
    shapes = [(B, H), (B, S, H), (A, H), (A, H), (A,)]
    return Case(label, tuple(_numbers(*s, seed=n, dtype=dtype) for n, s in enumerate(shapes)))


@checked
def check_additive_scores(student: Callable[..., Any]) -> Verdict:
    """Exercise 6.4: s (B, H), h (B, S, H), W and U (A, H), v (A,) to scores (B, S)."""
    s, h, W, U, v = _alignment("", 3, 4, 5, 2).args
    cases = [
        _alignment("two sentences of three words, H = 4, A = 5", 2, 3, 4, 5),
        _alignment("as many sentences as words", 3, 3, 4, 2),
        _alignment("A equal to H", 2, 3, 4, 4),
        _alignment("a batch of one", 1, 3, 4, 2),
        _alignment("a sentence of one word", 2, 1, 3, 4),
        _alignment("float64", 2, 3, 4, 5, torch.float64),
        Case("h not contiguous", (s, _turned(h), W, U, v)),
    ]

    def plus(s: Tensor, h: Tensor, W: Tensor, U: Tensor) -> Tensor:
        return (s @ W.T).unsqueeze(1) + h @ U.T

    mistakes = [
        Mistake("The tanh is missing.", lambda s, h, W, U, v: plus(s, h, W, U) @ v),
        Mistake(
            "The tanh stands outside: it belongs around the sum Ws + Uh, before v.",
            lambda s, h, W, U, v: torch.tanh(plus(s, h, W, U) @ v),
        ),
        Mistake(
            "v is missing: it makes one number of the A numbers.",
            lambda s, h, W, U, v: torch.tanh(plus(s, h, W, U)),
        ),
        Mistake(
            "Instead of v you took the sum over the A numbers.",
            lambda s, h, W, U, v: torch.tanh(plus(s, h, W, U)).sum(-1),
        ),
        Mistake(
            "W and U have changed places: W goes with s, U with h.",
            lambda s, h, W, U, v: additive_scores(s, h, U, W, v),
        ),
        Mistake(
            "s plays no part: every output would look at the same words.",
            lambda s, h, W, U, v: torch.tanh(h @ U.T) @ v,
        ),
        Mistake(
            "tanh is applied to both parts and then added. Add first.",
            lambda s, h, W, U, v: (torch.tanh(s @ W.T).unsqueeze(1) + torch.tanh(h @ U.T)) @ v,
        ),
        Mistake(
            "The parts are multiplied. Additive attention adds them.",
            lambda s, h, W, U, v: torch.tanh((s @ W.T).unsqueeze(1) * (h @ U.T)) @ v,
        ),
        Mistake("relu instead of tanh.", lambda s, h, W, U, v: torch.relu(plus(s, h, W, U)) @ v),
        Mistake(
            "The parts are subtracted. Additive attention adds them.",
            lambda s, h, W, U, v: torch.tanh((s @ W.T).unsqueeze(1) - h @ U.T) @ v,
        ),
        Mistake(
            "The tanh bends only one of the parts: it comes after the sum.",
            lambda s, h, W, U, v: (torch.tanh(s @ W.T).unsqueeze(1) + h @ U.T) @ v,
        ),
        Mistake(
            "The tanh bends only one of the parts: it comes after the sum.",
            lambda s, h, W, U, v: ((s @ W.T).unsqueeze(1) + torch.tanh(h @ U.T)) @ v,
        ),
        Mistake(
            "Instead of v you took the mean over the A numbers.",
            lambda s, h, W, U, v: torch.tanh(plus(s, h, W, U)).mean(-1),
        ),
        Mistake(
            "This is the dot product of s and h. Here the comparison has weights of its own: W, U "
            "and v.",
            lambda s, h, W, U, v: (h @ s.unsqueeze(-1)).squeeze(-1),
        ),
        Mistake(
            "These are exponentials of scores. The softmax takes them itself.",
            lambda s, h, W, U, v: additive_scores(s, h, W, U, v).exp(),
        ),
        Mistake(
            "The numbers of v stand in reverse order.",
            lambda s, h, W, U, v: additive_scores(s, h, W, U, v.flip(0)),
        ),
        Mistake(
            "The sum runs over the words. v is multiplied and added up over the last axis, A.",
            lambda s, h, W, U, v: (torch.tanh(plus(s, h, W, U)) * v).sum(1),
        ),
        Mistake(
            "The sigmoid instead of tanh.",
            lambda s, h, W, U, v: torch.sigmoid(plus(s, h, W, U)) @ v,
        ),
        Mistake(
            "These are weights. The exercise asks for scores, before the softmax.",
            lambda s, h, W, U, v: additive_scores(s, h, W, U, v).softmax(-1),
        ),
        Mistake(
            "The sentences of the batch are mixed up: s of one meets h of another. Make s "
            "(B, 1, A) with `.unsqueeze(1)`.",
            lambda s, h, W, U, v: torch.tanh(s @ W.T + h @ U.T) @ v,
        ),
        Mistake(
            "The matrices are the wrong way round: rows are multiplied, `s @ W.T`.",
            lambda s, h, W, U, v: torch.tanh((s @ W).unsqueeze(1) + h @ U) @ v,
        ),
        Mistake(
            "One axis too many: with v as a column, `.squeeze(-1)` takes the axis of length 1 out.",
            lambda s, h, W, U, v: additive_scores(s, h, W, U, v).unsqueeze(-1),
        ),
    ]
    return examine(
        student,
        additive_scores,
        cases,
        mistakes,
        "A tiny network compares every word with the decoder's state, and it is trained with all "
        "the rest: nobody writes down what fits.",
    )


def hide(mask: Tensor, place: Tensor) -> Tensor:
    return mask & (torch.arange(mask.shape[1]) != place[:, None])


def _sight(label: str, lengths: list[int], S: int, places: list[int]) -> Case:
    return Case(label, (torch.arange(S) < torch.tensor(lengths)[:, None], torch.tensor(places)))


def _at(mask: Tensor, place: Tensor) -> Tensor:
    """True at each row's place and nowhere else."""
    return torch.arange(mask.shape[1]) == place[:, None]


@checked
def check_hide(student: Callable[..., Any]) -> Verdict:
    """Exercise 6.3: mask (B, S) and places (B,) to a new mask, False at each row's place, too."""
    mask, place = _sight("", [4, 2, 3], 4, [3, 0, 1]).args
    cases = [
        _sight("sentences of 5, 3 and 4 words, words 4, 0 and 2 hidden", [5, 3, 4], 5, [4, 0, 2]),
        _sight("as many sentences as columns", [3, 2, 3], 3, [1, 0, 2]),
        _sight("a batch of one", [4], 4, [2]),
        _sight("the only word of a sentence", [1, 3], 3, [0, 1]),
        _sight("a place that is padding already", [2, 4], 4, [3, 1]),
        _sight("the same place in two sentences", [3, 2, 4, 4], 4, [1, 1, 3, 0]),
        Case("mask not contiguous", (_turned(mask), place)),
    ]
    mistakes = [
        Mistake(
            "Here every sentence loses the words of all sentences: `mask[:, place]` takes whole "
            "columns. Row b may lose column place[b] only: index with the rows, too.",
            lambda m, p: m & ~_at(m, p).any(0),
        ),
        Mistake(
            "This is the other way round: only the word that should be hidden is left.",
            lambda m, p: m & _at(m, p),
        ),
        Mistake(
            "This is the other way round: True stands where the word is hidden.",
            lambda m, p: _at(m, p),
        ),
        Mistake("The old mask plays no part: padding is in sight again.", lambda m, p: ~_at(m, p)),
        Mistake("Nothing is hidden: this is the mask as it was.", lambda m, p: m.clone()),
        Mistake("Everything is hidden.", lambda m, p: torch.zeros_like(m)),
        Mistake(
            "True and False have changed places: True stands where the decoder may look.",
            lambda m, p: ~hide(m, p),
        ),
        Mistake(
            "The mask is upside down: True stands where the decoder may look, False at padding.",
            lambda m, p: ~m & ~_at(m, p),
        ),
        Mistake(
            "The place gets True. A hidden word is False, as padding is.",
            lambda m, p: m | _at(m, p),
        ),
        Mistake(
            "Only the first sentence's word is hidden.",
            lambda m, p: torch.cat([hide(m, p)[:1], m[1:]]),
        ),
        Mistake(
            "Whole sentences are hidden: `place` was taken for rows. It holds a column for each "
            "row.",
            lambda m, p: m & ~(torch.arange(len(m))[:, None] == p).any(1, keepdim=True),
        ),
        Mistake(
            "Off by one: the word before is hidden. Places count from 0, as columns do.",
            lambda m, p: m & ~_at(m, (p - 1) % m.shape[1]),
        ),
        Mistake(
            "Off by one: the word after is hidden. Places count from 0, as columns do.",
            lambda m, p: m & ~_at(m, (p + 1) % m.shape[1]),
        ),
        Mistake(
            "All words from the place on are hidden, not only that one.",
            lambda m, p: m & (torch.arange(m.shape[1]) < p[:, None]),
        ),
        Mistake(
            "All words up to the place are hidden, not only that one.",
            lambda m, p: m & (torch.arange(m.shape[1]) > p[:, None]),
        ),
        Mistake(
            "The place is turned over: a word that was out of sight already comes back into it. "
            "It is to be False, whatever it was.",
            lambda m, p: m ^ _at(m, p),
        ),
        Mistake(
            "The first sentence's place is hidden in all of them.",
            lambda m, p: m & ~_at(m, p[:1].expand(len(m))),
        ),
    ]
    return examine(
        student,
        hide,
        cases,
        mistakes,
        "The decoder's softmax gives a hidden word nothing, whatever its score, and shares the "
        "weight among the rest. Now predict, then count.",
    )


@cache
def _measure_words() -> tuple[list[MeasureWord], Vocabulary, Vocabulary]:
    """The test sentences of one clause with a measure word, and the lesson's vocabularies."""
    train = read_pairs(split="train")
    pairs = [pair for pair in read_pairs(split="test") if pair.clauses == 1]
    return (
        find_measure_words(pairs),
        Vocabulary.from_sentences(pair.source for pair in train),
        Vocabulary.from_sentences(pair.target for pair in train),
    )


@torch.no_grad()
def changed_measure_words(translator: Any, hidden: str, another_start: bool = False) -> int:
    """How many measure words change with the "noun" or the "number" of each sentence hidden."""
    cases, english, chinese = _measure_words()
    place = torch.tensor([getattr(case, hidden) for case in cases])
    start = translator.start(*pad_batch([english.encode(case.pair.source) for case in cases]))
    blind = start._replace(mask=hide(start.mask, place))
    if another_start:
        blind = blind._replace(s=blind.s.roll(1, dims=0))
    before, after = (
        [measure_word(chinese.decode(row)) for row in written.rows]
        for written in (decode_batch(translator.step, s, len(cases)) for s in (start, blind))
    )
    return sum(a != b for a, b in zip(before, after, strict=True))


def _two(values: Any, names: tuple[str, str], of: int) -> list[int]:
    """Two whole numbers between 0 and `of`, or Problem."""
    values = as_list(values)
    if not isinstance(values, tuple | list) or len(values) != 2:
        raise Problem(f"Give `{names[0]}` and `{names[1]}`, found {describe(values)}.")
    found = []
    for name, value in zip(names, values, strict=True):
        if value is Ellipsis or value is None:
            raise Problem(f"Now give `{name}`, a number from 0 to {of}.")
        number = whole_of(value, f"`{name}` is a whole number from 0 to {of}")
        if not 0 <= number <= of:
            raise Problem(f"`{name}` is a whole number from 0 to {of}, found {number}.")
        found.append(number)
    return found


_WHY_NOT = {
    "a": "If the noun played no part, the exchange of nouns would have changed nothing.",
    "d": "Your `hide` passed its check, and the softmax gives masked words exactly 0: the decoder "
    "cannot look there. Whose states may have read the noun, all the same?",
}


@checked
def check_hidden_words(guesses: Any, counts: Any, conclusion: Any, translator: Any) -> Verdict:
    """Exercise 6.3: what was predicted, what was counted, and what explains it.

    translator: the student's own model, on which everything is counted again.
    """
    given = [*as_list(guesses), *as_list(counts), conclusion]
    if all(value is Ellipsis or value is None for value in given):
        return NOT_STARTED
    of = len(_measure_words()[0])
    noun, number = (changed_measure_words(translator, hidden) for hidden in ("noun", "number"))
    guessed = _two(guesses, ("noun_guess", "number_guess"), of)
    counted = _two(counts, ("noun_changed", "number_changed"), of)
    if counted != [noun, number]:
        raise Problem(_miscounted(counted, guessed, [noun, number], of))
    letter = letter_of(conclusion, "conclusion")
    if letter == "c":
        both = changed_measure_words(translator, "noun", another_start=True)
        raise Problem(
            f"Test it: with the noun hidden *and* another sentence's s₀, ~ {both} change, against "
            f"~ {noun} with its own. So s₀ is not where the decoder knows the noun from."
        )
    if letter != "b":
        raise Problem(_WHY_NOT[letter])
    return right(
        f"You predicted {guessed[0]} and {guessed[1]} of {of}; ~ {noun} and ~ {number} changed. "
        "The reader from the right has met the noun before it comes to the number, so the number's "
        "state knows it, too. A bright cell shows where a model reads, not what it cannot do "
        "without."
    )


def _miscounted(found: list[int], guessed: list[int], right: list[int], of: int) -> str:
    if found == right[::-1]:
        return "The two counts have changed places."
    if found == [of - count for count in right]:
        return f"These are the measure words that stay. Those that change are {of} minus that."
    if found == guessed:
        return "These are your predictions. Run `count_changed`, and write down what it counts."
    name, place = next(
        (name, k) for k, name in enumerate(("noun", "number")) if found[k] != right[k]
    )
    return (
        f"`count_changed({name})` gives {right[place]} with this model, you say {found[place]}. "
        "(After training anew, count anew: run the cells from `before = …` on.)"
    )


__all__ = [
    "check_additive_scores",
    "check_context",
    "check_hidden_words",
    "check_hide",
    "check_masked_softmax",
]
