"""Checks of lesson 6: the context, the masked softmax, additive scores, and what chose 顆."""

from collections.abc import Callable
from typing import Any

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
    settle,
)
from helpers.checks.values import as_letter
from helpers.taught.attention import masked_softmax
from helpers.words import tokenize_english


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


def _filled(scores: Tensor, mask: Tensor, value: float) -> Tensor:
    return scores.masked_fill(~mask, value)


@checked
def check_masked_softmax(student: Callable[..., Any]) -> Verdict:
    """Exercise 6.2: scores and mask (B, S) to weights (B, S), zeros for an empty row."""
    scores, mask = _scores("", [2, 4, 3], 4).args
    low = Case("scores far below zero", (scores - 100, mask))
    cases = [
        _scores("sentences of 2 and 4 words in 4 columns", [2, 4], 4),
        _scores("as many sentences as columns", [1, 3, 2], 3),
        low,
        Case("large scores", (60 * scores, mask)),
        Case(
            "scores [0, 0, 200], the last one padding",
            (torch.tensor([[0.0, 0.0, 200.0]]), torch.tensor([[True, True, False]])),
        ),
        _scores("no padding", [3, 3], 3),
        _scores("a batch of one", [2], 3),
        _scores("all padding but one word", [1, 1], 3),
        _scores("a row of nothing but padding", [0, 2], 3),
        _scores("float64", [2, 3], 3, torch.float64),
        Case("scores not contiguous", (_turned(scores), _turned(mask))),
    ]
    mistakes = [
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
            "A row without a real word gives NaN: 0 / 0. Take the lowest finite number instead "
            "of -inf, and set the weights of padding to zero at the end.",
            lambda e, m: _filled(e, m, float("-inf")).softmax(-1),
        ),
        Mistake(
            "A row without a real word gets equal weights. Set the weights of padding to zero "
            "at the end.",
            lambda e, m: _filled(e, m, torch.finfo(e.dtype).min).softmax(-1),
        ),
        Mistake(
            "-1e9 is low enough, but a row without a real word gets equal weights.",
            lambda e, m: _filled(e, m, -1e9).softmax(-1),
        ),
        Mistake(
            "`log_softmax` gives logarithms of weights.",
            lambda e, m: _filled(e, m, torch.finfo(e.dtype).min).log_softmax(-1) * m,
        ),
        Mistake(
            "A fixed small number such as -100 is not low enough here: real scores can be as low. "
            "`torch.finfo(scores.dtype).min` is the lowest there is.",
            lambda e, m: _filled(e, m, -100.0).softmax(-1) * m,
        ),
        Mistake(
            "You mask after the softmax and divide by the sum. Where padding has by far the "
            "largest score, nothing is left of the real words, and an empty row is 0 / 0. Mask the "
            "scores instead.",
            lambda e, m: e.softmax(-1) * m / (e.softmax(-1) * m).sum(-1, keepdim=True),
        ),
        Mistake(
            "You mask after the softmax and divide by the sum. Where padding has by far the "
            "largest score, nothing is left of the real words. Mask the scores instead.",
            lambda e, m: (
                e.softmax(-1) * m / (e.softmax(-1) * m).sum(-1, keepdim=True).clamp(min=1e-9)
            ),
        ),
        Mistake(
            "exp of a large score overflows. `softmax` takes the largest score out first.",
            lambda e, m: (e.exp() * m) / (e.exp() * m).sum(-1, keepdim=True),
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
        "Padding takes nothing from the real words, and no empty row can spoil a batch. Every "
        "attention of this course ends in these lines.",
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
    """Exercise 6.3: s (B, H), h (B, S, H), W and U (A, H), v (A,) to scores (B, S)."""
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
            "The tanh stands outside: it bends the sum Ws + Uh, before v.",
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


_WORDS = {
    "two": "The number demands a measure word. But change *two* to *three*: does 顆 change?",
    "bought": "Change *bought* to *ate*: does 顆 change?",
    "mother": "Change *mother* to *father*: does 顆 change?",
    "my": "Change *my mother* to *my father*: does 顆 change?",
    "yesterday": "Leave *yesterday* out: does 顆 change?",
}


def _word(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise Problem(f"`{name}` is an English word in quotes, found {describe(value)}.")
    word = as_letter(value)
    return "apples" if word == "apple" else word


def _where_looked(view: Any) -> str:
    """The English word that 顆 looks at most in this view's translation of the sentence."""
    source = tokenize_english("My mother bought two apples yesterday.")
    found = view.translate(tuple(view.english.encode(source)))
    tokens = view.chinese.decode(found.ids, keep_special=True)
    return source[int(found.weights[tokens.index("顆")].argmax())] if "顆" in tokens else "apples"


@checked
def check_measure_word(chose: Any, looked: Any, proof: Any, view: Any) -> Verdict:
    """Exercise 6.4: which word chose the measure word, where it looked, and which shows a cause.

    view: the lesson's `AttentionView`, to see where this student's own model looks.
    """

    def check() -> None:
        word = _word("chose", chose)
        if word != "apples":
            hint = _WORDS.get(word, "It is one of the words of the sentence.")
            raise Problem(f"You say that {word!r} chose it. {hint}")
        if looked is Ellipsis or looked is None:
            raise Problem("`chose` is right. Now give `looked`.")
        word = _word("looked", looked)
        if word != _where_looked(view):
            hint = "Put the step player on 顆 and read the longest bar."
            if word in ("apples", "two"):
                hint = f"*{word}* gets a part. Which bar is longest when the newest output is 顆?"
            raise Problem(f"You say that 顆 looks most at {word!r}. {hint}")
        if proof is Ellipsis or proof is None:
            raise Problem("`chose` and `looked` are right. Now give `proof`.")
        shown = as_letter(proof)
        if shown == "looked":
            raise Problem(
                "The weight only tells where it reads. In which of the two did you change "
                "something and watch the effect?"
            )
        if shown != "chose":
            raise Problem(f'`proof` is "chose" or "looked", found {describe(proof)}.')

    return settle(
        check,
        chose,
        "With the heat map alone you could not be sure: to show a cause, change it.",
    )


__all__ = ["check_additive_scores", "check_context", "check_masked_softmax", "check_measure_word"]
