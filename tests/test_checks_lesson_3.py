"""Lesson 3's checks: the lesson's own solutions pass, typical wrong answers get their own hint."""

import pytest

from helpers import checks
from notebooks.lessons import lesson
from tools.exercises import assert_rejected, catalogue, define

LESSON = "03"
FUNCTIONS = {
    "last_valid_state": checks.check_last_valid_state,
    "decoder_step": checks.check_decoder_step,
    "greedy": checks.check_greedy,
    "write_on": checks.check_write_on,
    "reverse_source": checks.check_reverse_source,
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
    ("return [h[b, mask[b].sum() - 1] for b in range(len(h))]", "`torch.stack` makes one"),
    ("return mask.sum(1) - 1", "Now take the states there"),
    ("return h[torch.arange(2), mask.sum(1) - 1]", "as many sentences as columns"),
    ("return h[torch.arange(len(h)), mask.sum(1) - 1].squeeze(0)", "a batch of one"),
]  # fmt: skip
DECODER = "logits, states = decoder(new.unsqueeze(1), s)\n    "
DECODER_STEP = [
    ("return decoder(new.unsqueeze(1), s)", "both still have the columns"),
    (DECODER + "return logits, states[:, 0]", "The logits still have the axis"),
    (DECODER + "return logits[:, 0], states", "The state still has the axis"),
    (DECODER + "return logits[:, 0], s", "the state is the old one"),
    ("logits, states = decoder(new[:, None])\n    return logits[:, 0], states[:, 0]",
     "starts from zeros"),
    (DECODER + "return states[:, 0], logits[:, 0]", "wrong order"),
    (DECODER + "return logits[:, 0].softmax(-1), states[:, 0]", "These are probabilities"),
    (DECODER + "return torch.log_softmax(logits[:, 0], 1), states[:, 0]", "log-probabilities"),
    (DECODER + "return logits[:, 0].argmax(-1), states[:, 0]", "chosen the tokens already"),
    (DECODER + "return logits[:, -1]", "The state is missing"),
    (DECODER + "return decoder.output(s), states[:, 0]", "from the old state s"),
    (DECODER + "_, states = decoder(new[:, None], states[:, 0])\n"
     "    return logits[:, 0], states[:, 0]", "The token is read twice"),
    (DECODER + "logits, states = decoder(new[:, None], states[:, 0])\n"
     "    return logits[:, 0], states[:, 0]", "One call of the decoder"),
    (DECODER + "return logits[0], states[0]", "the first sentence only"),
    (DECODER + "return logits[-1], states[-1]", "the last sentence only"),
    (DECODER + "return logits[:, 0], states[-1]", "the state is the last sentence's only"),
    ("out, last = decoder.rnn(decoder.embedding(new)[:, None], s[None])\n"
     "    return decoder.output(out[:, 0]), last", "an axis too many in front"),
    ("logits, states = decoder(torch.full((len(new), 1), BOS_ID), s)\n"
     "    return logits[:, 0], states[:, 0]", "reads <bos> in every step"),
    ("logits, states = decoder(new.unsqueeze(0), s)\n    return logits[0], states[0]",
     "raised RuntimeError"),
    ("logits, states = decoder(new, s)\n    return logits, states", "raised RuntimeError"),
    (DECODER + "return logits.squeeze(), states.squeeze()", "a dimension is lost"),
    (DECODER + "s[:] = states[:, 0]\n    return logits[:, 0], s", "changed one of its arguments"),
    (DECODER + "a = logits[:, 0], states[:, 0]", "returned None"),
    (DECODER + "return logits[:, 0], decoder(new[:, None])[1][:, 0]", "a step that started from"),
    (DECODER + "return logits[:, 0], s + states[:, 0]", "added to the old one"),
    (DECODER + "return logits[:, 0], states[:, 0], s", "Three things come back"),
    ("rows = [decoder(new[:1, None], s[b:b + 1]) for b in range(len(s))]\n"
     "    return torch.cat([r[0][:, 0] for r in rows]), torch.cat([r[1][:, 0] for r in rows])",
     "the first one's token"),
    ("rows = [decoder(n.view(1, 1), s[:1]) for n in new]\n"
     "    return torch.cat([r[0][:, 0] for r in rows]), torch.cat([r[1][:, 0] for r in rows])",
     "the first one's state"),
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
    (HEAD + WHILE.replace("and", "or") + STEP + "    return ids", "One of the two is enough"),
    (HEAD + WHILE + STEP.replace("append(", "insert(0, ") + "    return ids", "in reverse order"),
    (HEAD + WHILE + STEP + "        return ids", "expected"),
    (HEAD + WHILE + STEP, "returned None"),
    (HEAD + WHILE + "s, logits = step(new, s)\n        new = logits.argmax().item()\n"
     "        ids.append(new)\n    return ids", "expected"),
    (HEAD + WHILE + STEP + "    return np.array(ids)", "a NumPy array"),
    (HEAD + WHILE + STEP.replace("step(new, s)", "step(new)") + "    return ids", "TypeError"),
]  # fmt: skip
READ = "ids, s = list(begun), c\n    for token in [BOS_ID, *begun]:\n        "
READ += "logits, s = step(token, s)\n    "
LOOP = "while True:\n        ids.append(logits.argmax().item())\n        "
LOOP += "if ids[-1] == EOS_ID or len(ids) >= limit:\n            return ids\n        "
LOOP += "logits, s = step(ids[-1], s)"
WRITE_ON = [
    ("ids, new, s = [], BOS_ID, c\n    while new != EOS_ID and len(begun) + len(ids) < limit:\n"
     "        logits, s = step(new, s)\n        new = int(logits.argmax())\n        ids += [new]\n"
     "    return [*begun, *ids]", "has not read them"),
    ("ids, new, s = [], BOS_ID, c\n    while new != EOS_ID and len(ids) < limit:\n"
     "        logits, s = step(new, s)\n        new = int(logits.argmax())\n        ids += [new]\n"
     "    return [*begun, *ids[len(begun):]]", "reads its own choices"),
    (READ.replace("[BOS_ID, *begun]", "begun") + LOOP, "<bos> is not read"),
    (READ.replace("*begun]:", "*begun[:-1]]:") + LOOP, "is not read before the first choice"),
    (READ + "new = ids[-1] if ids else BOS_ID\n    while new != EOS_ID and len(ids) < limit:\n"
     "        if ids != list(begun) or ids:\n            logits, s = step(new, s)\n"
     "        new = int(logits.argmax())\n        ids.append(new)\n    return ids",
     "is read twice"),
    (READ.replace("*begun]:", "*begun, BOS_ID]:") + LOOP, "expected"),
    (READ.replace("[BOS_ID, *begun]:", "[*begun, BOS_ID]:") + LOOP, "It comes first"),
    (READ + "s = c\n    " + LOOP, "The state goes back to c"),
    (READ.replace("list(begun)", "[]") + LOOP.replace("len(ids)", "len(ids) + len(begun)"),
     "Only the chosen ids"),
    (READ.replace("list(begun)", "[BOS_ID, *begun]") + LOOP.replace(">=", ">"),
     "<bos> is in the list"),
    (READ + LOOP.replace("len(ids)", "len(ids) - len(begun)"), "counts the chosen ids only"),
    (READ + LOOP.replace(">=", ">"), "one id more than the limit"),
    (READ + LOOP.replace("ids[-1] == EOS_ID or ", ""), "does not stop at <eos>"),
    (READ + LOOP.replace("return ids", "return [i for i in ids if i != EOS_ID]"),
     "<eos> is not in the list"),
    (READ.replace("list(begun)", "begun") + LOOP, "changed one of its arguments"),
    (READ.replace("logits, s =", "logits, _ =") + LOOP, "expected"),
    (READ + LOOP.replace("logits, s =", "logits, _ ="), "expected"),
    (READ + LOOP.replace("argmax", "argmin"), "expected"),
    (READ + LOOP.replace(" or len(ids) >= limit", ""), "not stop at the limit"),
]  # fmt: skip
LAST_FIRST = "at = mask.sum(1, keepdim=True) - 1 - torch.arange(ids.shape[1])\n    "
REVERSE = [
    ("return ids.flip(1)", "The padding is reversed"),
    ("return torch.flip(ids, dims=(0,))", "The rows are reversed"),
    ("return ids.flip(1) * mask", "the end of each sentence is cut off"),
    (LAST_FIRST + "return ids.gather(1, at.clamp(min=0))", "fill the padding, too"),
    (LAST_FIRST + "return ids.gather(1, (at + 1).clamp(0, ids.shape[1] - 1))", "Off by one"),
    (LAST_FIRST + "return ids.gather(1, at.clamp(min=0)).where(mask, ids), mask", "ids only"),
    ("return ids[::-1]", "raised ValueError"),
    ("return ids * mask", "Nothing is reversed"),
    ("n = mask.sum(1).max()\n    return torch.cat([ids[:, :n].flip(1), ids[:, n:]], 1)",
     "longest sentence's end"),
    ("n = mask[0].sum()\n    return torch.cat([ids[:, :n].flip(1), ids[:, n:]], 1)",
     "first sentence's end"),
    ("new = ids.clone()\n    for row, m in zip(new, mask):\n        n = int(m.sum())\n"
     "        row[:n] = row[:n].roll(1)\n    return new", "the others keep their order"),
    ("new = ids.clone()\n    for row, m in zip(new, mask):\n        n = int(m.sum())\n"
     "        row[:n] = row[:n].sort(descending=True).values\n    return new", "sorted, not rev"),
    ("new = ids.clone()\n    for row, m in zip(new, mask):\n        n = int(m.sum()) - 1\n"
     "        row[:n] = row[:n].flip(0)\n    return new", "The last word stays"),
    ("new = ids.clone()\n    for row, m in zip(new, mask):\n        n = int(m.sum())\n"
     "        row[1:n] = row[1:n].flip(0)\n    return new", "The first word stays"),
    ("for row, m in zip(ids, mask):\n        n = int(m.sum())\n        row[:n] = row[:n].flip(0)\n"
     "    return ids", "changed one of its arguments"),
    ("return [row[m].flip(0) for row, m in zip(ids, mask)]", "expected"),
    ("return torch.cat([row[m].flip(0) for row, m in zip(ids, mask)])", "expected"),
    ("new = ids.clone()\n    for row, m in zip(new, mask):\n"
     "        row[:int(m.sum())] = row[:int(m.sum())].flip(0)", "returned None"),
]  # fmt: skip
HEADS = {
    "last_valid_state": "h, mask",
    "decoder_step": "decoder, new, s",
    "greedy": "step, c, limit",
    "write_on": "step, c, begun, limit",
    "reverse_source": "ids, mask",
}
CATALOGUE = catalogue(HEADS, LAST, DECODER_STEP, GREEDY, WRITE_ON, REVERSE)


@pytest.mark.parametrize(("name", "student", "phrase"), CATALOGUE)
def test_wrong_answer_gets_its_own_hint(name, student, phrase):
    assert_rejected(FUNCTIONS[name](student), phrase)


RIGHT = [
    ("last_valid_state", "ends = mask.sum(1) - 1\n"
     "    return h.gather(1, ends[:, None, None].expand(-1, 1, h.shape[-1]))[:, 0]"),
    ("last_valid_state", "return torch.stack([row[m][-1] for row, m in zip(h, mask)])"),
    ("last_valid_state", "last = mask & ~torch.cat([mask[:, 1:], mask[:, :1] & False], 1)\n"
     "    return h[last]"),
    ("last_valid_state", "hot = torch.nn.functional.one_hot(mask.sum(1) - 1, h.shape[1])\n"
     "    return torch.einsum('bs,bsh->bh', hot.to(h.dtype), h)"),
    ("last_valid_state", "n = h.shape[1] - mask.flip(1).int().argmax(1)\n"
     "    return h[range(len(h)), n - 1]"),
    ("decoder_step", "x = decoder.embedding(new).unsqueeze(1)\n"
     "    out, last = decoder.rnn(x, s.unsqueeze(0))\n"
     "    return decoder.output(out.squeeze(1)), last.squeeze(0)"),
    ("decoder_step", "logits, states = decoder(new.view(-1, 1), h0=s)\n"
     "    return [logits.squeeze(1), states[:, -1, :]]"),
    ("decoder_step", "s = decoder(new.reshape(len(new), 1), s)[1][:, -1]\n"
     "    return decoder.output(s), s"),
    ("decoder_step", "rows = [decoder(n.view(1, 1), r[None]) for n, r in zip(new, s)]\n"
     "    return torch.cat([r[0][0] for r in rows]), torch.cat([r[1][0] for r in rows])"),
    ("decoder_step", "a, b = decoder(torch.stack([new], 1), s)\n"
     "    return a.flatten(1), b.flatten(1)"),
    ("greedy", "ids, token, s = [], BOS_ID, c\n    for _ in range(limit):\n"
     "        logits, s = step(token, s)\n        token = int(torch.argmax(logits))\n"
     "        ids += [token]\n        if token == EOS_ID:\n            break\n    return ids"),
    ("greedy", "def tail(token, s, left):\n        logits, s = step(token, s)\n"
     "        new = logits.topk(1).indices.item()\n        end = new == EOS_ID or left == 1\n"
     "        return [new] if end else [new, *tail(new, s, left - 1)]\n"
     "    return tail(BOS_ID, c, limit)"),
    ("greedy", "ids = [BOS_ID]\n    while len(ids) <= limit and ids[-1] != EOS_ID:\n"
     "        logits, c = step(ids[-1], c)\n"
     "        ids.append(logits.tolist().index(max(logits)))\n    return ids[1:]"),
    ("greedy", "ids, new, s = [], BOS_ID, c\n    while new != EOS_ID and len(ids) < limit:\n"
     "        logits, s = step(new, s)\n        new = np.argmax(logits.numpy())\n"
     "        ids.append(new)\n    return ids"),
    ("write_on", READ + LOOP),
    ("write_on", "ids, s, place = [], c, 0\n    new = BOS_ID\n"
     "    while new != EOS_ID and len(ids) < limit:\n        logits, s = step(new, s)\n"
     "        new = begun[len(ids)] if len(ids) < len(begun) else int(logits.argmax())\n"
     "        ids.append(new)\n    return ids"),
    ("write_on", "logits, s = step(BOS_ID, c)\n    for id in begun:\n"
     "        logits, s = step(id, s)\n    ids = begun + [logits.argmax().item()]\n"
     "    while ids[-1] != EOS_ID and len(ids) < limit:\n        logits, s = step(ids[-1], s)\n"
     "        ids = ids + [logits.argmax().item()]\n    return ids"),
    ("reverse_source", "new = ids.clone()\n    for row, m in zip(new, mask):\n"
     "        row[m] = row[m].flip(0)\n    return new"),
    ("reverse_source", "rows = [row[m].flip(0) for row, m in zip(ids, mask)]\n"
     "    pad = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)\n"
     "    return torch.nn.functional.pad(pad, (0, ids.shape[1] - pad.shape[1]))"),
    ("reverse_source", "back = ids.flip(1)\n    lead = ids.shape[1] - mask.sum(1)\n"
     "    return torch.stack([r.roll(-int(k)) for r, k in zip(back, lead)])"),
    ("reverse_source", "n = mask.sum(1, keepdim=True)\n    at = torch.arange(ids.shape[1])\n"
     "    return ids.gather(1, torch.where(mask, n - 1 - at, at))"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body"), RIGHT)
def test_right_answers_in_other_words_are_right(name, body):
    student = define(f"def {name}({HEADS[name]}):\n    {body}\n", name)
    verdict = FUNCTIONS[name](student)
    assert verdict.status == "right", verdict


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
