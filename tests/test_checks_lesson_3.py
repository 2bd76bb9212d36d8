"""Lesson 3's checks: the lesson's own solutions pass, typical wrong answers get their own hint."""

import pytest

from helpers import checks
from notebooks.lessons import lesson
from tools.exercises import assert_rejected, catalogue

LESSON = "03"
FUNCTIONS = {
    "last_valid_state": checks.check_last_valid_state,
    "shift": checks.check_shift,
    "greedy": checks.check_greedy,
}


LAST = [
    ("return h[:, -1]", "after all the padding"),
    ("return h[torch.arange(len(h)), mask.sum(1)]", "has read one <pad> already"),
    ("return h[torch.arange(len(h)), mask.sum(1) - 2]", "before the last word"),
    ("return h[:, 0]", "This is the first state"),
    ("n = mask.sum(1).max()\n    return h[:, n - 1]", "place of the longest sentence"),
    ("return h[:, mask[0].sum() - 1]", "place of the"),
    ("return h[:, mask.sum(dim=1) - 1]", "Pair each row with its own place"),
    ("return h[torch.arange(len(h)), mask.sum(1) - 1].unsqueeze(1)", "One axis too many"),
    ("last = (mask.sum(1) - 1)[:, None, None].expand(-1, -1, h.shape[-1])\n"
     "    return h.gather(1, last)", "One axis too many"),
    ("last = (mask.sum(1) - 1)[:, None, None]\n    return h.gather(1, last).squeeze(1)",
     "Only the first of the H numbers"),
    ("return (h * mask.unsqueeze(-1)).sum(1) / mask.sum(1).unsqueeze(-1)",
     "the mean of the real states"),
    ("return h.mean(dim=1)", "mean over all places"),
    ("return (h * mask.unsqueeze(-1)).sum(1)", "the sum of the real states"),
    ("return (h * mask[:, :, None])[:, -1]", "are zero now"),
    ("return h[mask].view(len(h), -1, h.shape[-1])[:, -1]", "largest difference is"),
    ("return h[torch.arange(len(h)), mask.sum(0) - 1]", "raised IndexError"),
    ("return h[:, mask.sum(0) - 1]", "summed over the sentences"),
    ("h[~mask] = 0\n    return h[torch.arange(len(h)), mask.sum(1) - 1]",
     "changed one of its arguments"),
    ("c = h[torch.arange(len(h)), mask.sum(1) - 1]", "returned None"),
    ("return h.numpy()[np.arange(len(h)), mask.sum(1).numpy() - 1]", "Stay in PyTorch"),
    ("return h[torch.arange(2), mask.sum(1) - 1]", "as many sentences as columns"),
    ("return h[torch.arange(len(h)), mask.sum(1) - 1].squeeze(0)", "a batch of one"),
]  # fmt: skip
SHIFT = [
    ("return target[:, :-1], target[:, :-1], mask[:, :-1]", "No shift"),
    ("return target, target, mask", "No shift"),
    ("return target[:, 1:], target[:, 1:], mask[:, 1:]", "No shift"),
    ("return target[:, 1:], target[:, :-1], mask[:, 1:]", "have changed places"),
    ("return target[:, 1:], target[:, :-1], mask[:, :-1]", "have changed places"),
    ("return target[:, :-1], target[:, 1:], mask[:, :-1]", "counts one <pad> as an answer"),
    ("return target[:, :-1], target[:, 1:], mask", "still has T columns"),
    ("return target, target[:, 1:], mask[:, 1:]", "keep their last column"),
    ("return target, torch.roll(target, -1, dims=1), mask", "`roll` brings <bos>"),
    ("return target[:, :-1], target[:, 1:], mask[:, 1:] | True", "padding too"),
    ("return target[:, :-1], target[:, 1:], ~mask[:, 1:]", "upside down"),
    ("return target[:-1], target[1:], mask[1:]", "Wrong axis"),
    ("return target[:, :-2], target[:, 2:], mask[:, 2:]", "Shifted by two"),
    ("return target[:, :-1], target[:, 1:]", "The mask is missing"),
    ("answers = target[:, 1:]\n    return answers", "Return 3 things"),
    ("a = target[:, :-1], target[:, 1:], mask[:, 1:]", "returned None"),
    ("target[target == EOS_ID] = 0\n    return target[:, :-1], target[:, 1:], mask[:, 1:]",
     "changed one of its arguments"),
    ("return target[:, :-1].numpy(), target[:, 1:].numpy(), mask[:, 1:].numpy()", "expected"),
    ("return target[:, :-1], target[:, +1], mask[:, 1:]", "Look at the shapes"),
    ("return targets[:, :-1], targets[:, 1:], mask[:, 1:]", "NameError"),
]  # fmt: skip
HEAD = "ids, new, s = [], BOS_ID, c\n    "
WHILE = "while new != EOS_ID and len(ids) < limit:\n        "
STEP = "logits, s = step(new, s)\n        new = logits.argmax().item()\n        ids.append(new)\n"
GREEDY = [
    (HEAD + "while len(ids) < limit:\n        " + STEP + "    return ids", "not stop at <eos>"),
    (HEAD + "while new != EOS_ID:\n        " + STEP + "    return ids", "not stop at the limit"),
    (HEAD + "while True:\n        logits, s = step(new, s)\n        new = logits.argmax().item()\n"
     "        if new == EOS_ID or len(ids) == limit:\n            return ids\n"
     "        ids.append(new)", "<eos> is not in the list"),
    ("ids, new, s = [BOS_ID], BOS_ID, c\n    while new != EOS_ID and len(ids) <= limit:\n        "
     + STEP + "    return ids", "the model did not choose it"),
    ("ids, new, s = [BOS_ID], BOS_ID, c\n    " + WHILE + STEP + "    return ids",
     "took one of the places"),
    (HEAD + WHILE + STEP.replace("logits, s =", "logits, _ =") + "    return ids",
     "The state is not passed on"),
    (HEAD.replace("BOS_ID, c", "BOS_ID, torch.zeros_like(c)") + WHILE + STEP + "    return ids",
     "c plays no part"),
    (HEAD + WHILE + STEP.replace("step(new", "step(BOS_ID") + "    return ids",
     "reads the first token again"),
    (HEAD.replace("BOS_ID", "0") + WHILE + STEP + "    return ids", "starts with <pad>"),
    ("ids, s = [], c\n    new = EOS_ID\n    while len(ids) < limit:\n        " + STEP
     + "        if new == EOS_ID:\n            break\n    return ids", "starts with <eos>"),
    (HEAD + WHILE.replace("<", "<=") + STEP + "    return ids", "one id more than the limit"),
    (HEAD + WHILE.replace("limit", "limit - 1") + STEP + "    return ids",
     "one id less than the limit"),
    (HEAD + WHILE + STEP.replace("argmax", "argmin") + "    return ids", "least likely"),
    (HEAD + WHILE + STEP + "    return new", "the last id only"),
    (HEAD + WHILE + STEP + "        return ids", "expected"),
    (HEAD + WHILE + STEP, "returned None"),
    (HEAD + WHILE + "s, logits = step(new, s)\n        new = logits.argmax().item()\n"
     "        ids.append(new)\n    return ids", "expected"),
    (HEAD + WHILE + STEP + "    return np.array(ids)", "a NumPy array"),
    (HEAD + WHILE + STEP.replace("step(new, s)", "step(new)") + "    return ids", "TypeError"),
]  # fmt: skip
HEADS = {"last_valid_state": "h, mask", "shift": "target, mask", "greedy": "step, c, limit"}
CATALOGUE = catalogue(HEADS, LAST, SHIFT, GREEDY)


@pytest.mark.parametrize(("name", "student", "phrase"), CATALOGUE)
def test_wrong_answer_gets_its_own_hint(name, student, phrase):
    assert_rejected(FUNCTIONS[name](student), phrase)


def test_length_curve_of_the_lesson_is_right():
    names = ("clauses", "room", "reason")
    values = lesson(LESSON).define(*names)
    answer = [values[name] for name in names]
    assert checks.check_length_curve(*answer).status == "right"
    assert checks.check_length_curve(..., ..., ...).status == "not started"


@pytest.mark.parametrize(
    ("answer", "phrase"),
    [
        ((1, 256, "c"), "With one clause the model does well"),
        ((3, 256, "c"), "one to the left"),
        ((4, 256, "c"), "further left"),
        ((0, 256, "c"), "shows 1 to 4 clauses"),
        (("2", 256, "c"), "is a whole number"),
        ((2.5, 256, "c"), "is a whole number"),
        ((True, 256, "c"), "is a whole number"),
        ((2, ..., "c"), "Now give `room`"),
        ((2, 10_240, "c"), "count every state"),
        ((2, 128, "c"), "today's model"),
        ((2, 64, "c"), "size of a word's embedding"),
        ((2, 1, "c"), "one vector"),
        ((2, 4, "c"), "context vector of such a model"),
        ((2, "256", "c"), "`room` is a whole number"),
        ((2, 256, ...), "Now choose the `reason`"),
        ((2, 256, "a"), "Reason a"),
        ((2, 256, "b"), "Reason b"),
        ((2, 256, "D"), "Reason d"),
        ((2, 256, "e"), "one letter"),
        ((2, 256, "ab"), "one letter"),
        ((2, 256, 3), "one letter"),
    ],
)
def test_length_curve_answers_get_their_own_hint(answer, phrase):
    assert_rejected(checks.check_length_curve(*answer), phrase)
