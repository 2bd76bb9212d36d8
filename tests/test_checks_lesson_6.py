"""Lesson 6's checks: the lesson's own solutions pass, typical wrong answers get their own hint."""

from functools import cache

import pytest
import torch

from helpers import checks, words
from helpers.checks import lesson_6
from helpers.taught.attention import AttentionSeq2Seq
from tools.exercises import assert_rejected, catalogue, define

FUNCTIONS = {
    "context_of": checks.check_context,
    "masked_softmax": checks.check_masked_softmax,
    "additive_scores": checks.check_additive_scores,
    "hide": checks.check_hide,
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
    ("return -(weights.unsqueeze(1) @ h).squeeze(1)", "wrong sign"),
    ("return (weights.unsqueeze(-1) * h).max(1).values", "largest of the weighted states"),
    ("return (weights.flip(1).unsqueeze(1) @ h).squeeze(1)", "reverse order"),
    ("return (weights.unsqueeze(1) @ h).squeeze(1).softmax(-1)", "A softmax of the context"),
    ("return h[:, -1]", "the last state"),
    ("return (weights[:, :-1].unsqueeze(1) @ h[:, :-1]).squeeze(1)", "last word is left out"),
    ("return torch.tanh(weights.unsqueeze(1) @ h).squeeze(1)", "tanh is too much"),
    ("return (weights[:1].unsqueeze(1) @ h).squeeze(1)", "Only the first row"),
    ("return (weights.unsqueeze(1) @ h).squeeze(1).T", "transposed"),
    ("return (weights.unsqueeze(1) @ h).squeeze(1) / weights.shape[1]", "the mean over the words"),
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
    ("return scores.masked_fill(~mask, -100).softmax(-1) * mask", "a fixed number here"),
    ("e = scores.exp() * mask\n    return e / e.sum(-1, keepdim=True)", "overflows"),
    ("return scores.masked_fill(~mask, float('-inf'))", "The softmax is missing"),
    ("scores[~mask] = -1e30\n    return scores.softmax(-1) * mask", "changed one of its arguments"),
    (LOW + "w = scores.masked_fill(~mask, low).softmax(-1) * mask", "returned None"),
    ("return torch.where(mask, scores.softmax(-1), 0)", "The mask comes after the softmax"),
    ("return scores.masked_fill(~mask, -20).softmax(-1) * mask", "a fixed number here"),
    ("return scores.masked_fill(~mask, -50).softmax(-1)", "a fixed number here"),
    ("return scores.masked_fill(~mask, scores.min() - 1).softmax(-1) * mask",
     "One less than the lowest"),
    ("return scores.masked_fill(~mask, float('inf')).softmax(-1)", "+inf in place of -inf"),
    ("return scores.sigmoid() * mask", "A sigmoid"),
    ("return mask / mask.sum(-1, keepdim=True).clamp(min=1)", "the scores play no part"),
    ("e = (scores - scores.max()).exp() * mask\n"
     "    return e / e.sum(-1, keepdim=True).clamp(min=1e-9)", "of the whole batch"),
    ("e = torch.where(mask, scores.exp(), 0)\n    return e / (e.sum(-1, keepdim=True) + 1e-12)",
     "overflows"),
    ("w = scores.masked_fill(~mask, float('-inf')).softmax(-1)\n    return w * mask", "gives NaN"),
    ("w = scores.masked_fill(~mask, float('-inf')).softmax(-1)\n"
     "    return w.nan_to_num(1 / w.shape[1])", "equal weights"),
    ("return scores[mask].softmax(-1)", "Look at the shapes"),
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
    (f"return torch.relu({ADD}) @ v", "relu instead of tanh"),
    ("return torch.tanh((s @ W.T).unsqueeze(1) - h @ U.T) @ v", "subtracted"),
    ("return (torch.tanh(s @ W.T).unsqueeze(1) + h @ U.T) @ v", "only one of the parts"),
    ("return (torch.tanh(h @ U.T) + (s @ W.T).unsqueeze(1)) @ v", "only one of the parts"),
    (f"return torch.tanh({ADD}).mean(-1)", "the mean over the A numbers"),
    ("return (s.unsqueeze(1) * h).sum(-1)", "the dot product of s and h"),
    (f"return (torch.tanh({ADD}) @ v).exp()", "exponentials"),
    (f"return torch.tanh({ADD}) @ v.flip(0)", "reverse order"),
    (f"return (torch.tanh({ADD}) * v).sum(1)", "runs over the words"),
    (f"return (torch.tanh({ADD}) @ v).T", "transposed"),
    (f"return -(torch.tanh({ADD}) @ v)", "wrong sign"),
    (f"return torch.tanh({ADD}) @ v / len(v) ** 0.5", "a constant times"),
    ("return torch.tanh((s[:1] @ W.T).unsqueeze(1) + h @ U.T) @ v", "Only the first row"),
]  # fmt: skip
HIDE = [
    ("mask[torch.arange(len(mask)), place] = False\n    return mask", "changed one of its"),
    ("m = mask.clone()\n    m[:, place] = False\n    return m", "takes whole columns"),
    ("m = mask.clone()\n    m[place] = False\n    return m", "raised IndexError"),
    ("m = mask.clone()\n    m[torch.arange(len(m)), place] = True\n    return m", "gets True"),
    ("m = mask.clone()\n    m[torch.arange(len(m)), place - 1] = False\n    return m",
     "the word before"),
    ("after = (place + 1) % mask.shape[1]\n    return mask.scatter(1, after[:, None], False)",
     "the word after"),
    ("m = mask.clone()\n    m[0, place[0]] = False\n    return m", "Only the first sentence's"),
    ("m = mask.clone()\n    m[:, place[0]] = False\n    return m", "first sentence's place"),
    ("return mask ^ torch.nn.functional.one_hot(place, mask.shape[1]).bool()", "turned over"),
    ("return torch.nn.functional.one_hot(place, mask.shape[1]).bool()", "other way round"),
    ("return mask & torch.nn.functional.one_hot(place, mask.shape[1]).bool()", "is left"),
    ("return ~torch.nn.functional.one_hot(place, mask.shape[1]).bool()", "padding is in sight"),
    ("return mask.float().scatter(1, place[:, None], 0.0)", "the type is not"),
    ("return mask & (torch.arange(mask.shape[1]) < place[:, None])", "from the place on"),
    ("return mask & (torch.arange(mask.shape[1]) > place[:, None])", "up to the place"),
    ("return mask.clone()", "Nothing is hidden"),
    ("m = mask.clone()\n    m.gather(1, place[:, None])[:] = False\n    return m",
     "Nothing is hidden"),
    ("return torch.zeros_like(mask)", "Everything is hidden"),
    ("return ~mask.scatter(1, place[:, None], False)", "have changed places"),
    ("m = ~mask\n    m[torch.arange(len(m)), place] = False\n    return m", "upside down"),
    ("m = mask.clone()\n    m[torch.arange(len(m)), place] = False", "returned None"),
    ("return torch.stack([torch.cat([m[:p], m[p + 1 :]]) for m, p in zip(mask, place)])",
     "Look at the shapes"),
]  # fmt: skip
HEADS = {
    "context_of": "weights, h",
    "masked_softmax": "scores, mask",
    "additive_scores": "s, h, W, U, v",
    "hide": "mask, place",
}
CATALOGUE = catalogue(HEADS, CONTEXT, SOFTMAX, SCORES, HIDE)


@pytest.mark.parametrize(("name", "student", "phrase"), CATALOGUE)
def test_wrong_answer_gets_its_own_hint(name, student, phrase):
    assert_rejected(FUNCTIONS[name](student), phrase)


def test_lookalikes_are_told_apart_on_square_shapes():
    """Wrong answers that run without an error only where two sizes agree still fail."""
    for body in ("return torch.tanh(s @ W.T + h @ U.T) @ v", f"return (torch.tanh({ADD}) * v)"):
        code = f"def additive_scores(s, h, W, U, v):\n    {body}\n"
        assert checks.check_additive_scores(define(code, "additive_scores")).status == "not yet"


DIVIDE = "w = scores.softmax(-1) * mask\n    t = w.sum(-1, keepdim=True)\n    "


@pytest.mark.parametrize(
    "body",
    [
        DIVIDE + "return w / t",
        DIVIDE + "return w / t.clamp(min=1e-9)",
        DIVIDE + "return w / (t + 1e-12)",
        DIVIDE + "return (w / t).nan_to_num(0)",
        DIVIDE + "return torch.where(t > 0, w / t, 0)",
        DIVIDE + "return torch.where(mask.any(-1, keepdim=True), w / t, 0)",
        "return torch.nn.functional.normalize(scores.softmax(-1) * mask, p=1, dim=-1)",
        "e = (scores - scores.amax(-1, keepdim=True)).exp() * mask\n"
        "    return e / (e.sum(-1, keepdim=True) + 1e-10)",
        "w = scores.double().softmax(-1) * mask\n"
        "    return (w / w.sum(-1, keepdim=True).clamp(min=1e-300)).to(scores.dtype)",
    ],
)
def test_dividing_after_the_softmax_is_called_right_in_mathematics_and_wrong_here(body):
    student = define(f"def masked_softmax(scores, mask):\n    {body}\n", "masked_softmax")
    message = checks.check_masked_softmax(student).message
    assert "In mathematics that is the same" in message
    assert "Mask the scores, before the softmax" in message
    assert "[0, 0, 200]" in message or "[0, 1, 2000]" in message


RIGHT = {
    "context_of": [
        "return torch.stack([sum(a * x for a, x in zip(w, g)) for w, g in zip(weights, h)])",
        "return torch.einsum('bs,bsh->bh', weights, h)",
        "return (weights[:, :, None] * h).sum(1)",
        "return torch.bmm(weights[:, None], h)[:, 0]",
        "return (h.mT @ weights[..., None])[..., 0]",
        "return torch.stack([w @ x for w, x in zip(weights, h)])",
        "return torch.vmap(torch.matmul)(weights, h)",
        "return torch.tensordot(weights, h, dims=([1], [1])).diagonal(dim1=0, dim2=1).T",
        "return sum(weights[:, [j]] * h[:, j] for j in range(h.shape[1]))",
        "B, S, H = h.shape\n    return (weights.reshape(B, 1, S) @ h).reshape(B, H)",
        "c = torch.zeros(len(h), h.shape[2])\n    for b in range(len(h)):\n"
        "        c[b] = weights[b].to(c) @ h[b].to(c)\n    return c",
        "return torch.matmul(weights.unsqueeze(1), h).flatten(1)",
    ],
    "masked_softmax": [
        "return scores.masked_fill(~mask, float('-inf')).softmax(-1).nan_to_num(0)",
        "return torch.where(mask, torch.where(mask, scores, -torch.inf).softmax(-1), 0)",
        "return scores.masked_fill(~mask, -1e9).softmax(-1) * mask",
        "return scores.masked_fill(mask.logical_not(), -1e30).softmax(1).masked_fill(~mask, 0)",
        "w = torch.zeros_like(scores)\n    for b in range(len(w)):\n"
        "        w[b, mask[b]] = scores[b, mask[b]].softmax(0)\n    return w",
        "s = scores.clone()\n    s[~mask] = -3e38\n    return s.softmax(-1) * mask",
        "z = torch.where(mask, scores, torch.finfo(scores.dtype).min)\n"
        "    return (z - z.logsumexp(-1, keepdim=True)).exp() * mask",
        "x = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)\n"
        "    e = (x - x.amax(-1, keepdim=True)).exp() * mask\n"
        "    return e / e.sum(-1, keepdim=True).clamp(min=1e-30)",
        "w = scores.masked_fill(~mask, -torch.inf).softmax(1)\n    w[w.isnan()] = 0\n    return w",
        "return scores.masked_fill(~mask, -1e38).log_softmax(-1).exp() * mask",
        "bias = torch.zeros_like(scores).masked_fill(~mask, -torch.inf)\n"
        "    return torch.nan_to_num((scores + bias).softmax(-1))",
        "return scores.double().masked_fill(~mask, -1e300).softmax(-1).to(scores.dtype) * mask",
    ],
    "additive_scores": [
        f"return (torch.tanh({ADD}) * v).sum(-1)",
        f"return torch.einsum('bsa,a->bs', torch.tanh({ADD}), v)",
        f"return (torch.tanh({ADD}) @ v.unsqueeze(-1)).squeeze(-1)",
        f"return torch.nn.functional.linear(torch.tanh({ADD}), v)",
        "return torch.tanh((s @ W.T)[:, None] + torch.matmul(h, U.t())) @ v",
        "return torch.tanh((W @ s.T).T.unsqueeze(1) + h @ U.T).matmul(v)",
        "x = s.unsqueeze(1).expand(-1, h.shape[1], -1)\n"
        "    return torch.tanh(torch.cat([x, h], -1) @ torch.cat([W, U], 1).T) @ v",
        "rows = [torch.tanh(s @ W.T + h[:, j] @ U.T) @ v for j in range(h.shape[1])]\n"
        "    return torch.stack(rows, 1)",
        "return torch.stack([torch.tanh(W @ a + x @ U.T) @ v for a, x in zip(s, h)])",
        "return torch.stack([torch.stack([v @ torch.tanh(W @ a + U @ x) for x in g])"
        " for a, g in zip(s, h)])",
        f"x = {ADD}\n    return (2 / (1 + (-2 * x).exp()) - 1) @ v",
        "q = (s @ W.T).repeat_interleave(h.shape[1], 0).view(*h.shape[:2], -1)\n"
        "    return torch.tanh(q + h @ U.T) @ v",
    ],
    "hide": [
        "return mask & (torch.arange(mask.shape[1]) != place.unsqueeze(1))",
        "return mask.scatter(1, place[:, None], False)",
        "m = mask.clone()\n    for b in range(len(m)):\n        m[b, place[b]] = 0\n    return m",
        "return mask * (1 - torch.nn.functional.one_hot(place, mask.shape[1])).bool()",
        "return torch.where(torch.arange(mask.size(1)) == place[:, None], False, mask)",
        "return mask.masked_fill(torch.nn.functional.one_hot(place, mask.shape[1]).bool(), False)",
        "return mask.index_put((torch.arange(len(place)), place), torch.tensor(False))",
        "m = mask.detach().clone()\n    m[range(len(m)), place] = 0\n    return m",
        "m = mask + 0\n    m[torch.arange(m.size(0)), place] = 0\n    return m.bool()",
        "return torch.stack([torch.cat([m[:p], torch.tensor([False]), m[p + 1 :]])"
        " for m, p in zip(mask, place)])",
        "return torch.tensor([[bool(x) and j != p for j, x in enumerate(row)]"
        " for row, p in zip(mask, place.tolist())])",
        "m = mask.tolist()\n    for row, p in zip(m, place):\n        row[p] = False\n"
        "    return torch.tensor(m)",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("name", "body"), [(n, body) for n in RIGHT for body in RIGHT[n]])
def test_other_ways_are_right_too(name, body):
    student = define(f"def {name}({HEADS[name]}):\n    {body}\n", name)
    assert FUNCTIONS[name](student).status == "right", FUNCTIONS[name](student)


# --- exercise 6.3: predict, count, conclude -------------------------------------------------------


@cache
def untrained():
    """A translator that has learnt nothing, and what hiding the noun and the number changes."""
    train = words.read_pairs(split="train")
    sizes = (len(words.Vocabulary.from_sentences(side)) for side in (
        (pair.source for pair in train), (pair.target for pair in train)))  # fmt: skip
    torch.manual_seed(1)
    model = AttentionSeq2Seq(*sizes)
    torch.nn.init.normal_(model.decoder.output.weight)  # writes something of its own each time
    torch.nn.init.normal_(model.encoder.embedding.weight, std=3)
    counts = tuple(lesson_6.changed_measure_words(model, name) for name in ("noun", "number"))
    assert counts[0] != counts[1]
    return model, counts


@pytest.mark.parametrize("letter", ["b", "B", "(b)", " b."])
def test_counts_and_conclusion_are_right_whatever_was_predicted(letter):
    model, (noun, number) = untrained()
    for guesses in ((60, 5), (0, 75), (torch.tensor(3), 4.0)):
        verdict = checks.check_hidden_words(guesses, (noun, number), letter, model)
        assert verdict.status == "right", verdict
        assert f"of 75; ~ {noun} and ~ {number} changed" in verdict.message
    counted = torch.tensor([noun, number])
    assert checks.check_hidden_words([1, 2], counted, letter, model).status == "right"


def test_nothing_given_is_not_started():
    verdict = checks.check_hidden_words((..., ...), (..., ...), ..., untrained()[0])
    assert verdict.status == "not started"


@pytest.mark.parametrize(
    ("guesses", "counts", "conclusion", "phrase"),
    [
        ((..., 5), "right", "b", "Now give `noun_guess`"),
        ((60, ...), "right", "b", "Now give `number_guess`"),
        ((60, 5), (..., ...), "b", "Now give `noun_changed`"),
        (("many", 5), "right", "b", "`noun_guess` is a whole number from 0 to 75, found 'many'"),
        ((60, 100), "right", "b", "from 0 to 75, found 100"),
        ((-1, 5), "right", "b", "from 0 to 75, found -1"),
        ((0.5, 5), "right", "b", "is a whole number"),
        ((60, 5), "turned", "b", "have changed places"),
        ((60, 5), "stay", "b", "the measure words that stay"),
        ((60, 5), (60, 5), "b", "These are your predictions"),
        ((60, 5), "one off", "b", "`count_changed(noun)` gives"),
        ((60, 5), "right", ..., "Now choose the `conclusion`"),
        ((60, 5), "right", "a", "the exchange of nouns would have changed nothing"),
        ((60, 5), "right", "c", "Test it: with the noun hidden *and* another"),
        ((60, 5), "right", "d", "gives masked words exactly 0"),
        ((60, 5), "right", "e", "one letter from 'a' to 'd'"),
        ((60, 5), 7, "b", "cannot read your answer"),
    ],
)
def test_wrong_experiments_get_their_own_hint(guesses, counts, conclusion, phrase):
    model, (noun, number) = untrained()
    named = {
        "right": (noun, number),
        "turned": (number, noun),
        "stay": (75 - noun, 75 - number),
        "one off": (noun + 1, number),
    }
    counts = named[counts] if isinstance(counts, str) else counts
    assert_rejected(checks.check_hidden_words(guesses, counts, conclusion, model), phrase)
