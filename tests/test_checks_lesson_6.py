"""Lesson 6's checks: the lesson's own solutions pass, typical wrong answers get their own hint."""

import pytest
import torch

from helpers import checks
from helpers.decoding import Translation
from helpers.words import Vocabulary
from notebooks.lessons import lesson
from tools.exercises import assert_rejected, catalogue, define

LESSON = "06"
FUNCTIONS = {
    "context_of": checks.check_context,
    "masked_softmax": checks.check_masked_softmax,
    "additive_scores": checks.check_additive_scores,
}


CONTEXT = [
    ("return (weights.unsqueeze(-1) * h).mean(1)", "the mean over the words, not the sum"),
    ("return h.sum(1)", "the plain sum"),
    ("return h.mean(dim=1)", "the mean of the states"),
    ("return (weights.unsqueeze(-1) * h).sum(-1)", "summed over the H numbers"),
    ("return (weights.unsqueeze(-1) * h).sum(0)", "over the sentences"),
    ("return weights[..., None] * h", "not yet added up"),
    ("return weights.unsqueeze(1) @ h", "One axis too many"),
    ("return torch.bmm(weights.unsqueeze(1), h).squeeze()", "the batch of one"),
    ("return h[torch.arange(len(h)), weights.argmax(1)]", "only the state with the largest"),
    ("return weights @ h", "all pairs of sentences"),
    ("w = torch.softmax(weights, -1)\n    return (w.unsqueeze(1) @ h).squeeze(1)",
     "A second softmax"),
    ("return (weights.unsqueeze(-1) ** 2 * h).sum(1)", "squared"),
    ("weights *= 2\n    return (weights.unsqueeze(1) @ h).squeeze(1) / 2", "changed one of its"),
    ("c = (weights.unsqueeze(1) @ h).squeeze(1)", "returned None"),
    ("return ((weights.unsqueeze(1) @ h).squeeze(1)).numpy()", "Stay in PyTorch"),
    ("return weights * h", "raised RuntimeError"),
]  # fmt: skip
LOW = "low = torch.finfo(scores.dtype).min\n    "
SOFTMAX = [
    ("return scores.softmax(-1) * mask", "The mask comes after the softmax"),
    ("return scores.softmax(-1)", "The mask is not used"),
    ("return scores.masked_fill(~mask, 0).softmax(-1)", "exp(0) = 1"),
    ("return (scores * mask).softmax(-1)", "exp(0) = 1"),
    ("return (scores * mask).softmax(-1) * mask", "comes too late"),
    (LOW + "return scores.masked_fill(mask, low).softmax(-1) * ~mask", "upside down"),
    ("return scores.masked_fill(mask, float('-inf')).softmax(-1)", "upside down"),
    (LOW + "return scores.masked_fill(~mask, low).softmax(0) * mask", "Wrong axis"),
    ("return scores.masked_fill(~mask, float('-inf')).softmax(-1)", "gives NaN"),
    (LOW + "return scores.masked_fill(~mask, low).softmax(-1)", "gets equal weights"),
    ("return scores.masked_fill(~mask, -1e9).softmax(-1)", "equal weights"),
    (LOW + "return scores.masked_fill(~mask, low).log_softmax(-1) * mask", "logarithms"),
    ("return scores.masked_fill(~mask, -100).softmax(-1) * mask", "not low enough"),
    ("e = scores.exp() * mask\n    return e / e.sum(-1, keepdim=True)", "overflows"),
    ("return scores.masked_fill(~mask, float('-inf'))", "The softmax is missing"),
    ("scores[~mask] = -1e30\n    return scores.softmax(-1) * mask", "changed one of its arguments"),
    (LOW + "w = scores.masked_fill(~mask, low).softmax(-1) * mask", "returned None"),
]  # fmt: skip
ADD = "(s @ W.T).unsqueeze(1) + h @ U.T"
SCORES = [
    (f"return ({ADD}) @ v", "The tanh is missing"),
    (f"return torch.tanh(({ADD}) @ v)", "stands outside"),
    (f"return torch.tanh({ADD})", "v is missing"),
    (f"return torch.tanh({ADD}).sum(-1)", "Instead of v"),
    ("return torch.tanh((s @ U.T).unsqueeze(1) + h @ W.T) @ v", "changed places"),
    ("return torch.tanh(h @ U.T) @ v", "s plays no part"),
    ("return (torch.tanh(s @ W.T).unsqueeze(1) + torch.tanh(h @ U.T)) @ v", "Add first"),
    ("return torch.tanh((s @ W.T).unsqueeze(1) * (h @ U.T)) @ v", "multiplied"),
    (f"return torch.sigmoid({ADD}) @ v", "sigmoid"),
    (f"return (torch.tanh({ADD}) @ v).softmax(-1)", "These are weights"),
    ("return torch.tanh(s @ W.T + h @ U.T) @ v", "raised RuntimeError"),
    ("return torch.tanh((s @ W).unsqueeze(1) + h @ U) @ v", "raised RuntimeError"),
    (f"return torch.tanh({ADD}) @ v[:, None]", "One axis too many"),
    (f"return (torch.tanh({ADD}) @ v[:, None]).squeeze()", "a batch of one"),
    (f"x = torch.tanh({ADD}) @ v", "returned None"),
]  # fmt: skip
HEADS = {
    "context_of": "weights, h",
    "masked_softmax": "scores, mask",
    "additive_scores": "s, h, W, U, v",
}
CATALOGUE = catalogue(HEADS, CONTEXT, SOFTMAX, SCORES)


@pytest.mark.parametrize(("name", "student", "phrase"), CATALOGUE)
def test_wrong_answer_gets_its_own_hint(name, student, phrase):
    assert_rejected(FUNCTIONS[name](student), phrase)


def test_lookalikes_are_told_apart_on_square_shapes():
    """Wrong answers that run without an error only where two sizes agree still fail."""
    for body in ("return torch.tanh(s @ W.T + h @ U.T) @ v", f"return (torch.tanh({ADD}) * v)"):
        code = f"def additive_scores(s, h, W, U, v):\n    {body}\n"
        assert checks.check_additive_scores(define(code, "additive_scores")).status == "not yet"


def test_a_loop_is_right_too():
    body = "return torch.stack([sum(a * x for a, x in zip(w, g)) for w, g in zip(weights, h)])"
    code = f"def context_of(weights, h):\n    {body}\n"
    assert checks.check_context(define(code, "context_of")).status == "right"


class AttentionState:
    """A stand-in for the lesson's AttentionView, whose 顆 looks at one word."""

    english, chinese = Vocabulary([]), Vocabulary(["兩", "顆"])

    def __init__(self, word):
        weights = torch.full((2, 7), 0.1)
        weights[1, ["my", "mother", "bought", "two", "apples", "yesterday", "."].index(word)] = 0.4
        ids = self.chinese.encode(["兩", "顆"])
        self.translate = lambda source: Translation(ids, torch.empty(0, 0), weights)


APPLES = AttentionState("apples")


def test_measure_word_of_the_lesson_is_right():
    names = ("chose", "looked", "proof")
    values = lesson(LESSON).define(*names)
    answer = [values[name] for name in names]
    assert checks.check_measure_word(*answer, APPLES).status == "right"
    assert checks.check_measure_word("apple.", "Apples", "chose", APPLES).status == "right"
    assert checks.check_measure_word(..., ..., ..., APPLES).status == "not started"


@pytest.mark.parametrize(
    ("answer", "phrase"),
    [
        (("two", "apples", "chose"), "does 顆 change"),
        (("bought", "apples", "chose"), "*ate*"),
        (("mother", "apples", "chose"), "*father*"),
        (("yesterday", "apples", "chose"), "Leave *yesterday* out"),
        (("顆", "apples", "chose"), "one of the words of the sentence"),
        ((4, "apples", "chose"), "English word in quotes"),
        (("apples", ..., "chose"), "Now give `looked`"),
        (("apples", "two", "chose"), "*two* gets a part"),
        (("apples", "bought", "chose"), "longest bar"),
        (("apples", "apples", ...), "Now give `proof`"),
        (("apples", "apples", "looked"), "only tells where it reads"),
        (("apples", "apples", "both"), 'is "chose" or "looked"'),
    ],
)
def test_measure_word_answers_get_their_own_hint(answer, phrase):
    assert_rejected(checks.check_measure_word(*answer, APPLES), phrase)


def test_where_it_looked_is_asked_of_the_students_own_model():
    assert (
        checks.check_measure_word("apples", "two", "chose", AttentionState("two")).status == "right"
    )
    verdict = checks.check_measure_word("apples", "apples", "chose", AttentionState("two"))
    assert "*apples* gets a part" in verdict.message
