"""Lesson 2's checks: the lesson's own solutions pass, typical wrong answers get their own hint."""

import numpy as np
import pytest
import torch

from helpers import checks
from notebooks.lessons import lesson
from tools.exercises import assert_rejected, catalogue

LESSON = "02"
FUNCTIONS = {
    "rnn_step": checks.check_rnn_step,
    "perplexity": checks.check_perplexity,
    "generate": checks.check_stop,
    "sample_token": checks.check_sample,
}


# Each wrong answer: the exercise, its body as a student would write it, a phrase of its hint.
STEP = [
    ("return torch.tanh(x @ U + h @ W + b)", "Both weights seem transposed"),
    ("return torch.tanh(x @ U + h @ W.T + b)", "U seems transposed"),
    ("return torch.tanh(x @ U.T + h @ W + b)", "W seems transposed"),
    ("return torch.tanh(U @ x + W @ h + b)", "Put x first"),
    ("return torch.tanh((U @ x).T + (W @ h).T + b)", "largest difference"),
    ("return torch.tanh(x @ U.T + h @ W.T)", "The bias b is missing"),
    ("return torch.tanh(x @ U.T + b + h @ W.T + b)", "The bias is there twice"),
    ("return torch.tanh(x @ U.T + h @ W.T) + b", "The bias comes after tanh"),
    ("return torch.tanh(x @ U.T + h @ W.T + b.unsqueeze(1))", "along the wrong axis"),
    ("return x @ U.T + h @ W.T + b", "tanh, is missing"),
    ("return torch.sigmoid(x @ U.T + h @ W.T + b)", "sigmoid, between 0 and 1"),
    ("return torch.relu(x @ U.T + h @ W.T + b)", "This uses relu"),
    ("return torch.tanh(x @ U.T) + h @ W.T + b", "to one part only"),
    ("return torch.tanh(x @ U.T) + torch.tanh(h @ W.T + b)", "each part by itself"),
    ("return torch.tanh(x @ U.T - h @ W.T + b)", "The sign of the old state"),
    ("return h + torch.tanh(x @ U.T + h @ W.T + b)", "added once more, after tanh"),
    ("return torch.tanh(x @ U.T + h + b)", "without its weights W"),
    ("return torch.tanh(torch.tanh(x @ U.T + h @ W.T + b))", "applied twice"),
    ("return (x @ U.T + h @ W.T + b).softmax(-1)", "the g of the output"),
    ("return torch.tanh(x @ U.T) + torch.tanh(h @ W.T) + b", "each part by itself"),
    ("return torch.tanh(x @ U.T + b)", "The old state h is missing"),
    ("return torch.tanh(h @ W.T + b)", "The input x is missing"),
    ("return torch.tanh(h @ U.T + x @ W.T + b)", "U and W have changed places"),
    ("h = torch.tanh(x @ U.T + h @ W.T + b)\n    return h, h", "Return the new states only"),
    ("for x_t in x:\n        h = torch.tanh(U @ x_t + h @ W.T + b)\n    return h",
     "as if rows were time steps"),
    ("h = h[0]\n    states = []\n    for x_t in x:\n"
     "        h = torch.tanh(U @ x_t + W @ h + b)\n        states.append(h)\n"
     "    return torch.stack(states)", "as if rows were time steps"),
    ("h = torch.zeros(W.shape[0])\n    for x_t in x:\n"
     "        h = torch.tanh(U @ x_t + W @ h + b)\n    return h",
     "as if rows were time steps"),
    ("return torch.tanh(x * U + h * W + b)", "number by number"),
    ("h = torch.tanh(x @ U.T + h @ W.T + b)", "returned None"),
    ("return torch.tanh(x @ U.T + h @ W.T + b).detach().numpy()", "Stay in PyTorch"),
    ("return torch.tanh(x @ U.T + h @ W.T + b)[0]", "Look at the shapes"),
    ("return torch.tanh(x @ V.T + h @ W.T + b)", "NameError"),
    ("h += x @ U.T\n    return torch.tanh(h @ W.T + b)", "changed one of its arguments"),
    ("return torch.tanh(x @ U.T + h @ W.T + b).squeeze(0)", "a batch of one"),
]  # fmt: skip
P = "p = logits.log_softmax(-1).gather(-1, targets.unsqueeze(-1)).squeeze(-1)\n    "
PERPLEXITY = [
    (P + "return torch.exp(-p[mask].sum())", "the sum over tokens"),
    (P + "return torch.exp(-p[mask].sum() / len(mask))", "the number of sentences"),
    (P + "return torch.exp(-p[mask].sum() / mask.shape[1])", "padding or not"),
    (P + "return torch.exp(-p[~mask].mean())", "where mask is False"),
    (P + "return torch.exp(-p[mask].median())", "the median"),
    (P + "return round(torch.exp(-p[mask].mean()).item())", "This is rounded"),
    (P + "return 10 ** -p[mask].mean().item()", "The base of the logarithm"),
    ("p = logits.log_softmax(-1)\n    return torch.exp(-(p.exp() * p).sum(-1)[mask].mean())",
     "its entropy"),
    (P.replace("log_softmax(-1)", "softmax(-1).clamp(min=1e-9).log()")
     + "return torch.exp(-p[mask].mean())", "a limit such as `clamp`"),
    (P.replace("logits.log_softmax(-1)", "(logits.exp() / logits.exp().sum(-1, True)).log()")
     + "return torch.exp(-p[mask].mean())", "infinity divided by infinity"),
    (P + "return -p[mask].mean()", "`exp` is missing"),
    (P + "return torch.exp(p[mask].mean())", "The minus sign is missing"),
    (P + "return 2 ** (-p[mask].mean())", "The base of the logarithm"),
    ("p = logits.softmax(-1).log2().gather(-1, targets.unsqueeze(-1)).squeeze(-1)\n    "
     "return torch.exp(-p[mask].mean())", "The base of the logarithm"),
    (P + "return torch.exp(-p.mean())", "Padding counts here"),
    ("return torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten()).exp()",
     "Padding counts here"),
    (P + "return torch.exp(-(p * mask).sum() / mask.numel())", "still counted in the mean"),
    (P + "rows = [torch.exp(-row[m].mean()) for row, m in zip(p, mask)]\n    "
     "return sum(rows) / len(rows)", "the mean over sentences"),
    (P + "return torch.exp(-((p * mask).sum(1) / mask.sum(1)).mean())", "the mean over sentences"),
    (P + "return torch.exp(-p[mask]).mean()", "`exp` comes before the mean"),
    (P + "return 1 / torch.exp(p[mask]).mean()", "averages the probabilities"),
    (P.replace(".log_softmax(-1)", "") + "return torch.exp(-p[mask].mean())", "log-probabilities"),
    (P.replace("softmax(-1)", "softmax(1)") + "return torch.exp(-p[mask].mean())", "wrong axis"),
    (P.replace("softmax(-1)", "softmax(0)") + "return torch.exp(-p[mask].mean())", "wrong axis"),
    ("logits = logits.softmax(-1)\n    " + P + "return torch.exp(-p[mask].mean())",
     "applied twice"),
    ("logits, targets, mask = logits[:, :-1], targets[:, 1:], mask[:, 1:]\n    "
     + P + "return torch.exp(-p[mask].mean())", "Do not shift again"),
    (P + "return torch.exp(-p[mask])", "found a tensor of shape"),
    (P + "print(torch.exp(-p[mask].mean()))", "returned None"),
    ("p = logits.softmax(-1).log().gather(-1, targets.unsqueeze(-1)).squeeze(-1)\n    "
     "return torch.exp(-p[mask].mean())", "rounded to 0 and its log is -inf"),
    ("p = logits.log_softmax(-1).max(-1).values\n    return torch.exp(-p[mask].mean()).item()",
     "the likeliest token at each position"),
    ("return torch.exp(-logits.log_softmax(-1)[mask].mean()).item()",
     "over all V tokens of the vocabulary"),
    ("return torch.exp(-logits.softmax(-1).log()[mask].mean()).item()",
     "over all V tokens of the vocabulary"),
    ("logits -= logits.logsumexp(-1, keepdim=True)\n    "
     "p = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)\n    "
     "return torch.exp(-p[mask].mean())", "changed one of its arguments"),
    ("return torch.nn.functional.cross_entropy(logits, targets)", "RuntimeError"),
    ("return torch.nn.functional.cross_entropy(logits[mask], targets[mask]).exp().item()",
     "without PyTorch's loss"),
    ("p = torch.nn.functional.log_softmax(logits[mask], -1)\n    "
     "return torch.nn.functional.nll_loss(p, targets[mask]).exp().item()",
     "without PyTorch's loss"),
]  # fmt: skip
STOP = [
    ("ids = list(ids)\n    while ids[-1] != '<eos>' and len(ids) < limit:\n"
     "        ids.append(next_id(ids))\n    return ids", "compare the last one with `EOS_ID`"),
    ("ids = list(ids)\n    while len(ids) < limit:\n        ids.append(next_id(ids))\n"
     "    return ids",
     "does not stop at <eos>"),
    ("ids = list(ids)\n    while len(ids) < limit:\n        new = next_id(ids)\n"
     "        if new == EOS_ID:\n            break\n        ids.append(new)\n    return ids",
     "<eos> is not in the list"),
    ("ids = list(ids)\n    while EOS_ID not in ids and len(ids) < limit:\n"
     "        ids.append(next_id(ids))\n    return ids", "does not end the list"),
    ("given, ids = len(ids), list(ids)\n    while ids[-1] != EOS_ID and len(ids) < limit:\n"
     "        ids.append(next_id(ids))\n    return ids[given:]", "the new ids only"),
    ("ids = list(ids)\n    while ids[-1] != EOS_ID and len(ids) < limit:\n"
     "        ids.append(next_id(ids))\n    return ids if ids[-1] == EOS_ID else ids + [EOS_ID]",
     "that `next_id` never gave"),
    ("ids = list(ids)\n    while ids[-1] != EOS_ID and len(ids) < limit:\n"
     "        ids.append(next_id(ids))\n    return ids[:-1] + [EOS_ID]",
     "was replaced by an <eos>"),
    ("ids = list(ids)\n    while ids[-1] != EOS_ID and len(ids) < limit:\n"
     "        ids.append(next_id(ids))\n    return ids[1:]", "first given id is gone"),
    ("ids = list(ids)\n    while ids[-1] != EOS_ID and len(ids) < limit:\n"
     "        ids.append(next_id(ids))\n    return torch.tensor(ids)", "they are in a tensor"),
    ("ids = list(ids)\n    while ids[-1] != EOS_ID and len(ids) < limit:\n"
     "        ids.insert(0, next_id(ids))\n    return ids", "not in front"),
    ("return ids + [next_id(ids)]", "This is one step"),
    ("return next_id(ids)", "This is one id"),
    ("ids = list(ids)\n    while ids[-1] != EOS_ID and len(ids) < limit:\n"
     "        ids.append(next_id(ids[-1:]))\n    return ids", "the last id only"),
    ("new = list(ids)\n    while new[-1] != EOS_ID and len(new) < limit:\n"
     "        new.append(next_id(ids))\n    return new", "the given ids each time"),
    ("ids = list(ids)\n    while ids[-1] != EOS_ID and len(ids) <= limit:\n"
     "        ids.append(next_id(ids))\n    return ids", "one id more than the limit"),
    ("ids = list(ids)\n    while ids[-1] != EOS_ID and len(ids) < limit - 1:\n"
     "        ids.append(next_id(ids))\n    return ids", "one id less than the limit"),
    ("ids = list(ids)\n    for _ in range(limit):\n        if ids[-1] == EOS_ID:\n"
     "            break\n        ids.append(next_id(ids))\n    return ids",
     "including the given ones"),
    ("ids = list(ids)\n    while True:\n        ids.append(next_id(ids))\n"
     "        if ids[-1] == EOS_ID or len(ids) >= limit:\n            return ids",
     "The test comes too late"),
    ("ids = list(ids)\n    while len(ids) < limit:\n        ids.append(next_id(ids))\n"
     "        if ids[-1] == EOS_ID:\n            break\n    return ids",
     "The test comes too late"),
    ("ids = list(ids)[:limit]\n    while ids[-1] != EOS_ID and len(ids) < limit:\n"
     "        ids.append(next_id(ids))\n    return ids", "The given ids were cut"),
    ("while ids[-1] != EOS_ID and len(ids) < limit:\n        ids.append(next_id(ids))\n"
     "    return ids",
     "changed one of its arguments"),
    ("ids = list(ids)\n    while ids[-1] != EOS_ID and len(ids) < limit:\n"
     "        ids.append(next_id(ids))", "returned None"),
    ("ids = list(ids)\n    while ids[-1] != EOS_ID and len(ids) < limit:\n"
     "        ids.append(next_id(ids))\n    return np.array(ids)", "a NumPy array"),
    ("ids = list(ids)\n    while ids[-1] != EOS_ID or len(ids) < limit:\n"
     "        if len(ids) > 500:\n            return ids\n        ids.append(next_id(ids))\n"
     "    return ids", "joined by `and`"),
]  # fmt: skip
ZERO = "if temperature == 0:\n        return logits.argmax().item()\n    "
SAMPLE = [
    ("return logits.argmax().item()", "this is greedy"),
    (ZERO + "p = logits.softmax(-1)\n    "
     "return torch.multinomial(p, 1).item()", "The temperature has no effect"),
    (ZERO + "p = logits.softmax(-1) / temperature\n    return torch.multinomial(p, 1).item()",
     "The temperature has no effect"),
    (ZERO + "p = torch.softmax(logits * temperature, -1)\n    "
     "return torch.multinomial(p, 1).item()",
     "multiplies by τ"),
    (ZERO + "p = torch.softmax(logits / max(temperature, 1), -1)\n    "
     "return torch.multinomial(p, 1).item()", "below 1 has no effect"),
    (ZERO + "p = torch.softmax(logits / min(temperature, 1), -1)\n    "
     "return torch.multinomial(p, 1).item()", "above 1 has no effect"),
    (ZERO + "p = torch.softmax(logits / temperature ** 2, -1)\n    "
     "return torch.multinomial(p, 1).item()", "divided by τ twice"),
    (ZERO + "p = torch.softmax(logits / (temperature + 1), -1)\n    "
     "return torch.multinomial(p, 1).item()", "divides by τ + 1"),
    (ZERO + "return torch.multinomial(torch.sigmoid(logits / temperature), 1).item()",
     "uses a sigmoid"),
    (ZERO + "return torch.randint(len(logits), (1,)).item()", "equally often"),
    (ZERO + "p = torch.softmax(torch.softmax(logits / temperature, -1), -1)\n    "
     "return torch.multinomial(p, 1).item()", "softmax of a softmax"),
    (ZERO + "p = torch.softmax(torch.softmax(logits, -1) / temperature, -1)\n    "
     "return torch.multinomial(p, 1).item()", "softmax again"),
    (ZERO + "return torch.multinomial(torch.softmax(-logits / temperature, -1), 1).item()",
     "The sign is wrong"),
    ("p = torch.softmax(logits / temperature, -1)\n    return torch.multinomial(p, 1).item()",
     "return the `argmax`, before dividing"),
    ("if temperature == 0:\n        return 0\n    p = torch.softmax(logits / temperature, -1)\n    "
     "return torch.multinomial(p, 1).item()", "return the `argmax`, before dividing"),
    ("if temperature == 0:\n        return logits.max().item()\n    "
     "p = torch.softmax(logits / temperature, -1)\n    return torch.multinomial(p, 1).item()",
     "not a probability"),
    (ZERO + "p = torch.exp(logits / temperature)\n    "
     "return torch.multinomial(p / p.sum(), 1).item()",
     "let `softmax` do it"),
    (ZERO + "p = (logits / temperature).exp()\n    "
     "return torch.multinomial(p, 1).item()", "let `softmax` do it"),
    ("if temperature == 0:\n        return logits.argmax()\n    "
     "return torch.multinomial(torch.softmax(logits / temperature, -1), 1)", "`.item()` takes"),
    ("return torch.multinomial(logits / temperature, 1).item()", "raised RuntimeError"),
    ("p = torch.softmax(logits / temperature, -1)\n    torch.multinomial(p, 1)", "returned None"),
    (ZERO + "logits /= temperature\n    "
     "return torch.multinomial(torch.softmax(logits, -1), 1).item()",
     "changed one of its arguments"),
    (ZERO + "p = torch.softmax(logits / temperature, -1)\n    "
     "return torch.multinomial(p, 1).item() + 1",
     "expected"),
]  # fmt: skip
HEADS = {
    "rnn_step": "x, h, U, W, b",
    "perplexity": "logits, targets, mask",
    "generate": "next_id, ids, limit",
    "sample_token": "logits, temperature",
}
CATALOGUE = catalogue(HEADS, STEP, PERPLEXITY, STOP, SAMPLE)


@pytest.mark.parametrize(("name", "student", "phrase"), CATALOGUE)
def test_wrong_answer_gets_its_own_hint(name, student, phrase):
    assert_rejected(FUNCTIONS[name](student), phrase)


def test_checking_a_draw_leaves_the_students_random_numbers_alone():
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    checks.check_sample(lambda logits, temperature: int(logits.argmax()))
    assert torch.equal(torch.rand(1), expected)


# Exercise 2.1


def test_the_lessons_switch_passes_and_its_stub_is_not_started():
    solved = lesson(LESSON).define("u", "w")
    assert checks.check_switch(solved["u"], solved["w"]).status == "right"
    assert checks.check_switch(..., ...).status == "not started"


@pytest.mark.parametrize(
    ("u", "w"),
    [(3, 2), (2, 1.2), (20, 1.1), (1000, 2), (np.float64(4), torch.tensor(2.0)), (np.array(9), 5)],
)
def test_other_switches_that_stay_put_are_right(u, w):
    assert checks.check_switch(u, w).status == "right"


@pytest.mark.parametrize(
    ("u", "w", "phrase"),
    [
        (1, 0.5, "The state fades"),
        (3, 1, "Only a w above 1"),
        (2, 1.05, "comes to rest, but too low"),
        (3, 3, "The signal does not get through"),
        (1.6, 1.1, "u has to win"),
        (2, 4, "With u and w exchanged it would work"),
        (0.3, 1.5, "The signal alone is too weak"),
        (3, -2, "w is negative"),
        (-4, 2, "u is negative"),
        (-4, -2, "u is negative"),
        (0, 2, "no signal ever arrives"),
        (3, 0, "The state fades"),
        (4, ..., "Now choose `w`"),
        ("4", 2, "`u` has to be one number"),
        (4, [2], "`w` has to be one number"),
        (torch.ones(2), 2, "`u` has to be one number"),
        (float("inf"), 2, "have to be finite"),
    ],
)
def test_switches_that_forget(u, w, phrase):
    assert_rejected(checks.check_switch(u, w), phrase)


def test_a_hint_on_the_temperature_explains_every_draw():
    def student(logits, temperature):
        if temperature in (0, 0.5):
            return logits.argmax().item()
        return torch.multinomial((logits / temperature).softmax(-1), 1).item()

    verdict = checks.check_sample(student)
    assert_rejected(verdict, "Divide the logits by τ, then softmax")
    assert "greedy" not in verdict.message
