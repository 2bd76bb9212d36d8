"""Checks of lesson 3: last valid state, teacher-forced shift, greedy decoding, the length curve."""

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
    examine,
    letter_of,
    settle,
    whole_of,
)
from helpers.words import BOS_ID, EOS_ID, PAD_ID


def last_valid_state(h: Tensor, mask: Tensor) -> Tensor:
    return h[torch.arange(len(h)), mask.sum(dim=1) - 1]


def _states(
    label: str, lengths: list[int], S: int, dtype: torch.dtype = torch.float32, H: int = 3
) -> Case:
    rng = torch.Generator().manual_seed(10 * S + len(lengths))
    h = torch.randn(len(lengths), S, H, generator=rng).to(dtype)
    return Case(label, (h, torch.arange(S) < torch.tensor(lengths)[:, None]))


def _at(h: Tensor, place: Tensor) -> Tensor:
    return h[torch.arange(len(h)), place]


@checked
def check_last_valid_state(student: Callable[..., Any]) -> Verdict:
    """Exercise 3.1: h (B, S, H) and mask (B, S) to the states (B, H) at the last real tokens."""
    h, mask = _states("", [2, 4, 3], 5).args
    cases = [
        _states("sentences of 4 and 2 words in 6 columns", [4, 2], 6),
        _states("as many sentences as columns", [2, 4, 1, 3], 4),
        _states("no padding at all", [3, 3], 3),
        _states("a batch of one", [2], 5),
        _states("a sentence of one word", [1], 1),
        _states("all padding but one word", [1, 1], 4),
        _states("float64", [3, 1], 4, torch.float64),
        _states("states of 5 numbers", [2, 6, 4], 7, H=5),
        Case("h not contiguous", (h.transpose(0, 1).contiguous().transpose(0, 1), mask)),
    ]
    mistakes = [
        Mistake(
            "This is the state at the end of the row, after all the padding. Where does the mask "
            "end?",
            lambda h, m: h[:, -1],
        ),
        Mistake(
            "Off by one: this state has read one <pad> already. Positions count from 0, so a "
            "sentence of n words ends at n - 1.",
            lambda h, m: _at(h, m.sum(1).clamp(max=h.shape[1] - 1)),
        ),
        Mistake(
            "Off by one: this is the state before the last word.",
            lambda h, m: _at(h, m.sum(1) - 2),
        ),
        Mistake(
            "This is the first state, h_1. It has read one word.",
            lambda h, m: h[:, 0],
        ),
        Mistake(
            "Every row gets the place of the longest sentence. Each has a length of its own.",
            lambda h, m: h[:, int(m.sum(1).max()) - 1],
        ),
        Mistake(
            "Every row gets the place of the first sentence. Each has a length of its own.",
            lambda h, m: h[:, int(m[0].sum()) - 1],
        ),
        Mistake(
            "`h[:, places]` takes all places of every row: the shape is (B, B, H). Pair each row "
            "with its own place: `h[torch.arange(B), places]`.",
            lambda h, m: h[:, m.sum(1) - 1],
        ),
        Mistake(
            "One axis too many. `squeeze(1)` or `[:, 0]` removes it.",
            lambda h, m: _at(h, m.sum(1) - 1)[:, None],
        ),
        Mistake(
            "Only the first of the H numbers came along. For `gather` the index must be repeated H "
            "times: `.expand(-1, -1, H)`.",
            lambda h, m: h.gather(1, (m.sum(1) - 1)[:, None, None])[:, 0],
        ),
        Mistake(
            "This is the mean of the real states. It is a possible q, too, but here we want the "
            "last.",
            lambda h, m: (h * m[..., None]).sum(1) / m.sum(1, keepdim=True),
        ),
        Mistake("This is the mean over all places, padding included.", lambda h, m: h.mean(1)),
        Mistake(
            "This is the sum of the real states. Pick one of them: the last.",
            lambda h, m: (h * m[..., None]).sum(1),
        ),
        Mistake(
            "The padding's states are zero now, but the end of the row is still padding. Pick the "
            "last real place.",
            lambda h, m: (h * m[..., None])[:, -1],
        ),
        Mistake(
            "Wrong axis: the mask is summed over the sentences. Count the words in each row.",
            lambda h, m: h[:, m.sum(0) - 1],
        ),
    ]
    return examine(
        student,
        last_valid_state,
        cases,
        mistakes,
        "Now the context vector belongs to the sentence alone, whatever stands beside it in the "
        "batch.",
    )


def shift(target: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return target[:, :-1], target[:, 1:], mask[:, 1:]


def _targets(label: str, lengths: list[int], T: int) -> Case:
    rng = torch.Generator().manual_seed(10 * T + len(lengths))
    ids = torch.randint(4, 30, (len(lengths), T), generator=rng)
    ids[:, 0] = BOS_ID
    ids[torch.arange(len(lengths)), torch.tensor(lengths) - 1] = EOS_ID
    mask = torch.arange(T) < torch.tensor(lengths)[:, None]
    return Case(label, (ids.masked_fill(~mask, PAD_ID), mask))


@checked
def check_shift(student: Callable[..., Any]) -> Verdict:
    """Exercise 3.2: target and its mask (B, T) to inputs, answers and the answers' mask."""
    target, mask = _targets("", [4, 5, 2], 5).args
    cases = [
        _targets("rows of 6 and 4 tokens", [6, 4], 6),
        _targets("a batch of one", [5], 5),
        _targets("no padding at all", [4, 4, 4], 4),
        _targets("<bos> <eos> and nothing between", [2], 2),
        _targets("one long row and one with nothing but <bos> <eos>", [7, 2], 7),
        Case("a target that is not contiguous", (target.T.contiguous().T, mask)),
    ]
    counted = (
        "The mask must go with the answers. `mask[:, :-1]` goes with the inputs: it counts one "
        "<pad> as an answer in every shorter sentence."
    )
    mistakes = [
        Mistake(
            "No shift: input and answer are the same token. The decoder would learn to copy what "
            "it reads, and would have nothing to say on its own.",
            lambda y, m: (y[:, :-1], y[:, :-1], m[:, :-1]),
        ),
        Mistake(
            "No shift: input and answer are the same token. The decoder would learn to copy what "
            "it reads, and would have nothing to say on its own.",
            lambda y, m: (y, y, m),
        ),
        Mistake(
            "No shift: input and answer are the same token. The decoder would learn to copy what "
            "it reads, and would have nothing to say on its own.",
            lambda y, m: (y[:, 1:], y[:, 1:], m[:, 1:]),
        ),
        Mistake(
            "Inputs and answers have changed places: this decoder would tell what came before.",
            lambda y, m: (y[:, 1:], y[:, :-1], m[:, 1:]),
        ),
        Mistake(
            "Inputs and answers have changed places: this decoder would tell what came before.",
            lambda y, m: (y[:, 1:], y[:, :-1], m[:, :-1]),
        ),
        Mistake(counted, lambda y, m: (y[:, :-1], y[:, 1:], m[:, :-1])),
        Mistake(
            "The mask still has T columns, the answers have T - 1: drop one of the mask's, too.",
            lambda y, m: (y[:, :-1], y[:, 1:], m),
        ),
        Mistake(
            "The inputs keep their last column, which has no answer: nothing follows it.",
            lambda y, m: (y, y[:, 1:], m[:, 1:]),
        ),
        Mistake(
            "`roll` brings <bos> round to the end as an answer. Cut the columns instead.",
            lambda y, m: (y, y.roll(-1, 1), m),
        ),
        Mistake(
            "Everything counts here, padding too. Take the mask's columns.",
            lambda y, m: (y[:, :-1], y[:, 1:], torch.ones_like(m[:, 1:])),
        ),
        Mistake(
            "The mask is upside down: True where a real answer stands.",
            lambda y, m: (y[:, :-1], y[:, 1:], ~m[:, 1:]),
        ),
        Mistake(
            "Wrong axis: this drops a sentence. Columns are the second axis, `target[:, ...]`.",
            lambda y, m: (y[:-1], y[1:], m[1:]),
        ),
        Mistake(
            "Shifted by two. The answer is the very next token.",
            lambda y, m: (y[:, :-2], y[:, 2:], m[:, 2:]),
        ),
        Mistake(
            "Right parts, wrong order: inputs, answers, real.",
            lambda y, m: (y[:, :-1], m[:, 1:], y[:, 1:]),
        ),
        Mistake(
            "The mask is missing: return three things.",
            lambda y, m: (y[:, :-1], y[:, 1:]),
        ),
    ]
    return examine(
        student,
        shift,
        cases,
        mistakes,
        "All T - 1 predictions are trained in one pass, because the true history is known in "
        "advance. When the model translates, it is not: see section 6.",
    )


def greedy(step: Callable[..., Any], c: Tensor, limit: int) -> list[int]:
    ids: list[int] = []
    new, s = BOS_ID, c
    while new != EOS_ID and len(ids) < limit:
        logits, s = step(new, s)
        new = int(logits.argmax())
        ids.append(new)
    return ids


def _talker(count: int, dtype: torch.dtype = torch.float32, V: int = 12) -> Callable[..., Any]:
    """A step whose <eos> is due as the id number `count`; the state counts the steps, from 2 on."""

    def step(token: int, s: Tensor) -> tuple[Tensor, Tensor]:
        at = int(s[0])
        rng = torch.Generator().manual_seed(1000 * (at + 50) + 77 * int(token))
        logits = torch.randn(V, generator=rng, dtype=dtype)
        logits[:3] -= 50  # <pad>, <bos>, <eos>
        logits[EOS_ID] += 100 * (at == count + 1 or at > 60)
        return logits, s + 1

    return step


def _loop(
    start: int = BOS_ID,
    stop: Callable[[list[int], int], bool] = lambda ids, n: ids[-1] == EOS_ID or len(ids) >= n,
    from_zero: bool = False,
    keep_c: bool = False,
    feed_back: bool = True,
    pick: Callable[[Tensor], Any] = lambda z: int(z.argmax()),
) -> Callable[..., list[Any]]:
    """A wrong `greedy`, wrong in what is named."""

    def wrong(step: Callable[..., Any], c: Tensor, limit: int) -> list[Any]:
        ids: list[Any] = []
        new, s = start, c * 0 if from_zero else c
        while len(ids) < 70:
            logits, after = step(new if feed_back else start, s)
            s = s if keep_c else after
            new = pick(logits)
            ids.append(new)
            if stop(ids, limit):
                break
        return ids

    return wrong


@checked
def check_greedy(student: Callable[..., Any]) -> Verdict:
    """Exercise 3.3: step(token, s) -> (logits (V,), s), c (H,) and a limit to a list of ids."""
    c = torch.tensor([2.0, 0.5])
    never = _talker(1000)
    cases = [
        Case("<eos> due as the 4th id, limit 10", (_talker(4), c, 10)),
        Case("no <eos> in sight, limit 6", (never, c, 6)),
        Case("<eos> due at once", (_talker(1), c, 6)),
        Case("<eos> and the limit at the same time", (_talker(5), c, 5)),
        Case("<eos> due just after the limit", (_talker(6), c, 5)),
        Case("a limit of one", (never, c, 1)),
        Case("float64", (_talker(3, torch.float64), c.double(), 8)),
        Case(
            "V = 30 and a state of three numbers",
            (_talker(7, V=30), torch.tensor([2.0, -1.0, 4.0]), 9),
        ),
    ]
    mistakes = [
        Mistake(
            "The loop does not stop at <eos>.", _loop(stop=lambda ids, limit: len(ids) >= limit)
        ),
        Mistake(
            "The loop does not stop at the limit.", _loop(stop=lambda ids, limit: ids[-1] == EOS_ID)
        ),
        Mistake(
            "<eos> is not in the list. Keep it: it tells a finished sentence from one cut off.",
            lambda step, c, limit: [i for i in greedy(step, c, limit) if i != EOS_ID],
        ),
        Mistake(
            "<bos> is in the list. It starts the decoder, but the model did not choose it.",
            lambda step, c, limit: [BOS_ID, *greedy(step, c, limit)],
        ),
        Mistake(
            "<bos> is in the list, and took one of the places. Return only what was chosen.",
            lambda step, c, limit: [BOS_ID, *greedy(step, c, limit - 1)],
        ),
        Mistake(
            "The state is not passed on: every step starts from c again, so the decoder forgets "
            "what it has written.",
            _loop(keep_c=True),
        ),
        Mistake(
            "c plays no part: the decoder starts from zeros. The first state is the context "
            "vector.",
            _loop(from_zero=True),
        ),
        Mistake(
            "Each step reads the first token again. The chosen token is the next input.",
            _loop(feed_back=False),
        ),
        Mistake("The decoder starts with <pad>. Its first input is <bos>.", _loop(start=PAD_ID)),
        Mistake(
            "The decoder starts with <eos>. Its first input is <bos>.", _loop(start=EOS_ID)
        ),
        Mistake(
            "Off by one: one id more than the limit.",
            _loop(stop=lambda ids, limit: ids[-1] == EOS_ID or len(ids) > limit),
        ),
        Mistake(
            "Off by one: one id less than the limit.",
            lambda step, c, limit: greedy(step, c, limit - 1),
        ),
        Mistake(
            "The ids are tensors. `.item()` takes the number out.",
            lambda step, c, limit: [torch.tensor(i) for i in greedy(step, c, limit)],
        ),
        Mistake(
            "This takes the least likely token each time.",
            _loop(pick=lambda z: int(z.argmin())),
        ),
        Mistake("This is the last id only. Return the whole list.",
                lambda step, c, limit: greedy(step, c, limit)[-1]),
    ]  # fmt: skip
    return examine(
        student,
        greedy,
        cases,
        mistakes,
        "Encoder, context vector, and this loop: you have a translator. It decides by itself how "
        "long its answer is, which no layer of lesson 1 could.",
    )


_CLAUSES = {
    1: "With one clause the model does well. On the right, look for the orange curve's first point "
    "below 50.",
    3: "Three clauses are below one half, but they are not the first. Look one to the left.",
    4: "Four clauses are below one half, but they are not the first. Look further left.",
}
_REASONS = {
    "a": "Reason a: both numbers come from the same translations, made without help.",
    "b": "Reason b: chrF counts runs of characters here, and so are our tokens. What does one "
    "wrong character cost in each of the two scores?",
    "d": "Reason d: our score does look at the order, for it compares runs of up to six "
    "characters. What does one wrong character cost in each of the two scores?",
}


@checked
def check_length_curve(clauses: Any, room: Any, reason: Any) -> Verdict:
    """Exercise 3.4: three things to read from the length curve."""

    def check() -> None:
        number = whole_of(clauses, "`clauses` is a whole number from 1 to 4")
        if number != 2:
            hint = _CLAUSES.get(number, "The figure shows 1 to 4 clauses.")
            raise Problem(f"You say that clauses = {number}. {hint}")
        if room is Ellipsis or room is None:
            raise Problem("`clauses` is right. Now give `room`.")
        width = whole_of(room, "`room` is a whole number")
        if width != 256:
            hint = "How many numbers does the context vector of such a model hold?"
            if width > 256 and width % 256 == 0:
                hint = (
                    "You count every state h_1 … h_n. The encoder has them all, but the decoder "
                    "gets one."
                )
            elif width == 128:
                hint = "That is today's model. The question is about one with hidden_size=256."
            elif width == 64:
                hint = "64 is the size of a word's embedding, E. The decoder gets a state."
            elif width == 1:
                hint = "It gets one vector. How many numbers does it hold?"
            raise Problem(f"You say that room = {width}. {hint}")
        letter = letter_of(reason, "reason")
        if letter != "c":
            raise Problem(f"The numbers are right. {_REASONS[letter]}")

    return settle(
        check,
        clauses,
        "The source grows, the vector does not: that is the bottleneck. And a score can hide it, "
        "so always ask what one mistake costs in your score.",
    )


__all__ = ["check_greedy", "check_last_valid_state", "check_length_curve", "check_shift"]
