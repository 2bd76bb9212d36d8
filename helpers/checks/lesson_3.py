"""Checks of lesson 3: states, the decoder's step, greedy decoding, curves, a reversed source."""

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
from helpers.taught.encoder_decoder import Decoder
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
            "The states are right, in a list. `torch.stack` makes one tensor of them.",
            lambda h, m: [*last_valid_state(h, m)],
        ),
        Mistake(
            "These are the places of the last real tokens. Now take the states there.",
            lambda h, m: m.sum(1) - 1,
        ),
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


def decoder_step(decoder: Decoder, new: Tensor, s: Tensor) -> tuple[Tensor, Tensor]:
    logits, states = decoder(new.unsqueeze(1), s)
    return logits[:, 0], states[:, 0]


def _step_case(
    label: str, B: int, V: int = 9, H: int = 5, E: int = 4, dtype: torch.dtype = torch.float32
) -> Case:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(100 * B + V)
        decoder = Decoder(V, E, H).to(dtype).requires_grad_(False)
        new, s = torch.randint(V, (B,)), torch.randn(B, H).to(dtype)
    return Case(label, (decoder, new, s))


@checked
def check_decoder_step(student: Callable[..., Any]) -> Verdict:
    """Exercise 3.2: a decoder, new (B,) and s (B, H) to logits (B, V) and the next state (B, H)."""
    cases = [
        _step_case("3 sentences, V = 9 and H = 5", 3),
        _step_case("a batch of one", 1, V=8),
        _step_case("as many sentences as numbers in a state", 6, V=11, H=6),
        _step_case("V = 4 and H = 7", 2, V=4, H=7, E=3),
        _step_case("float64", 4, dtype=torch.float64),
    ]

    def at_once(d: Decoder, new: Tensor, s: Tensor) -> tuple[Tensor, Tensor]:
        return d(new.unsqueeze(1), s)

    mistakes = [
        Mistake(
            "One axis too many: both still have the columns, of length 1. `[:, 0]` takes it out.",
            at_once,
        ),
        Mistake(
            "The logits still have the axis of the columns, of length 1. `[:, 0]` takes it out.",
            lambda d, new, s: (at_once(d, new, s)[0], at_once(d, new, s)[1][:, 0]),
        ),
        Mistake(
            "The state still has the axis of the columns, of length 1. `[:, 0]` takes it out.",
            lambda d, new, s: (at_once(d, new, s)[0][:, 0], at_once(d, new, s)[1]),
        ),
        Mistake(
            "The logits are right, but the state is the old one: the decoder would never know "
            "what it has read. Return the state after this step.",
            lambda d, new, s: (decoder_step(d, new, s)[0], s),
        ),
        Mistake(
            "s plays no part: this step starts from zeros. Hand s on as the first state.",
            lambda d, new, s: decoder_step(d, new, torch.zeros_like(s)),
        ),
        Mistake(
            "The logits are right, but the state comes from a step that started from zeros. One "
            "call of the decoder gives both.",
            lambda d, new, s: (
                decoder_step(d, new, s)[0],
                decoder_step(d, new, torch.zeros_like(s))[1],
            ),
        ),
        Mistake(
            "The new state is added to the old one. The decoder's own cell has mixed them already: "
            "return its state as it comes.",
            lambda d, new, s: (decoder_step(d, new, s)[0], s + decoder_step(d, new, s)[1]),
        ),
        Mistake(
            "Three things come back, the old state among them. Return the logits and the new one.",
            lambda d, new, s: (*decoder_step(d, new, s), s),
        ),
        Mistake(
            "Right parts, wrong order: first the logits, then the state.",
            lambda d, new, s: decoder_step(d, new, s)[::-1],
        ),
        Mistake(
            "These are probabilities. Return the logits: the loss and `argmax` want no softmax.",
            lambda d, new, s: (
                decoder_step(d, new, s)[0].softmax(-1),
                decoder_step(d, new, s)[1],
            ),
        ),
        Mistake(
            "These are log-probabilities. Return the logits as they come.",
            lambda d, new, s: (
                decoder_step(d, new, s)[0].log_softmax(-1),
                decoder_step(d, new, s)[1],
            ),
        ),
        Mistake(
            "You have chosen the tokens already. Return the logits: whoever calls the step "
            "chooses, and may want to sample.",
            lambda d, new, s: (
                decoder_step(d, new, s)[0].argmax(-1),
                decoder_step(d, new, s)[1],
            ),
        ),
        Mistake(
            "The state is missing: return two things, the logits and the next state.",
            lambda d, new, s: decoder_step(d, new, s)[0],
        ),
        Mistake(
            "These logits are read from the old state s. First read the token, then ask the new "
            "state.",
            lambda d, new, s: (d.output(s), decoder_step(d, new, s)[1]),
        ),
        Mistake(
            "The token is read twice: the state has gone two steps, the logits one.",
            lambda d, new, s: (
                decoder_step(d, new, s)[0],
                decoder_step(d, new, decoder_step(d, new, s)[1])[1],
            ),
        ),
        Mistake(
            "The token is read twice. One call of the decoder gives the logits and the state.",
            lambda d, new, s: decoder_step(d, new, decoder_step(d, new, s)[1]),
        ),
        Mistake(
            "This is the first sentence only. `[:, 0]` takes the first column, `[0]` the first "
            "row.",
            lambda d, new, s: tuple(part[0] for part in at_once(d, new, s)),
        ),
        Mistake(
            "This is the last sentence only. `[:, -1]` takes the last column, `[-1]` the last row.",
            lambda d, new, s: tuple(part[-1] for part in at_once(d, new, s)),
        ),
        Mistake(
            "The logits are right; the state is the last sentence's only. `[:, -1]` takes the last "
            "column, `[-1]` the last row.",
            lambda d, new, s: (decoder_step(d, new, s)[0], at_once(d, new, s)[1][-1]),
        ),
        Mistake(
            "The state has an axis too many in front, which `nn.GRU` keeps for its layers. `[0]` "
            "takes it out.",
            lambda d, new, s: (decoder_step(d, new, s)[0], decoder_step(d, new, s)[1][None]),
        ),
        Mistake(
            "The decoder reads <bos> in every step. It should read the tokens it is given.",
            lambda d, new, s: decoder_step(d, torch.full_like(new, BOS_ID), s),
        ),
        Mistake(
            "Every sentence reads the first one's token. Each has a token of its own.",
            lambda d, new, s: decoder_step(d, new[:1].expand_as(new), s),
        ),
        Mistake(
            "Every sentence starts from the first one's state. Each has a state of its own.",
            lambda d, new, s: decoder_step(d, new, s[:1].expand_as(s)),
        ),
    ]
    return examine(
        student,
        decoder_step,
        cases,
        mistakes,
        "The whole memory of the translator is in what you hand on: the new token and the state. "
        "The source is in there, or it is lost.",
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
    """A step whose <eos> is due as the id number `count`.

    The state's first number counts the steps, from 2 on; its second one depends on all tokens read.
    """

    def step(token: int, s: Tensor) -> tuple[Tensor, Tensor]:
        at, seen = int(s[0]), int(s[1])
        rng = torch.Generator().manual_seed(1000 * (at + 50) + 77 * int(token) + 99991 * seen)
        logits = torch.randn(V, generator=rng, dtype=dtype)
        logits[:3] -= 50  # <pad>, <bos>, <eos>
        logits[EOS_ID] += 100 * (at == count + 1 or at > 60)
        after = s + 1
        after[1] = (31 * seen + int(token)) % 997
        return logits, after

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
            "The loop goes on until <eos> *and* the limit are reached. One of the two is enough.",
            _loop(stop=lambda ids, limit: ids[-1] == EOS_ID and len(ids) >= limit),
        ),
        Mistake(
            "The list is in reverse order. Append each new id at the end.",
            lambda step, c, limit: greedy(step, c, limit)[::-1],
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


def write_on(step: Callable[..., Any], c: Tensor, begun: list[int], limit: int) -> list[int]:
    return _write_on(step, c, begun, limit)


def _write_on(
    step: Callable[..., Any],
    c: Tensor,
    begun: list[int],
    limit: int,
    read: Callable[[list[int]], list[int]] = lambda begun: [BOS_ID, *begun],
    from_c: bool = False,
    keep: Callable[[list[int], list[int]], list[int]] = lambda begun, own: [*begun, *own],
    allowed: Callable[[int, list[int]], int] = lambda limit, begun: limit - len(begun),
    stops: bool = True,
) -> list[int]:
    """The reference, and, with other options, a wrong `write_on`.

    read: the tokens that are read before the first choice; from_c: the state of these is lost;
    keep: what is returned; allowed: how many ids may be chosen; stops: at <eos>.
    """
    s, own = c, []
    for token in read(begun):
        logits, s = step(token, s)
    s = c if from_c else s
    while True:
        own.append(int(logits.argmax()))
        if (own[-1] == EOS_ID and stops) or len(own) >= allowed(limit, begun):
            return keep(begun, own)
        logits, s = step(own[-1], s)


def _unforced(step: Callable[..., Any], c: Tensor, begun: list[int], limit: int) -> list[int]:
    """A wrong `write_on`: the tokens in `begun` are in the list, but the decoder reads its own."""
    ids = greedy(step, c, limit)
    return [*begun, *ids[len(begun) :]]


@checked
def check_write_on(student: Callable[..., Any]) -> Verdict:
    """Exercise 3.4: step, c (H,), the ids begun with and a limit to the whole list of ids."""
    c = torch.tensor([2.0, 0.5])
    never = _talker(1000)
    cases = [
        Case("begun = [7, 4], <eos> due as the 6th id, limit 10", (_talker(6), c, [7, 4], 10)),
        Case("begun = [5], no <eos> in sight, limit 6", (never, c, [5], 6)),
        Case("nothing begun", (_talker(4), c, [], 8)),
        Case("begun = [9, 9, 3], <eos> due at once", (_talker(4), c, [9, 9, 3], 9)),
        Case("begun = [8, 6], room for one id", (never, c, [8, 6], 3)),
        Case("<eos> and the limit at the same time", (_talker(5), c, [6, 10], 5)),
        Case("float64", (_talker(5, torch.float64), c.double(), [4, 11, 7], 12)),
        Case(
            "V = 30 and a state of three numbers",
            (_talker(9, V=30), torch.tensor([2.0, -1.0, 4.0]), [29, 12], 20),
        ),
    ]
    mistakes = [
        Mistake(
            "The tokens in `begun` are in the list, but the decoder has not read them: it starts "
            "its own sentence after <bos>.",
            lambda step, c, begun, n: _write_on(step, c, begun, n, read=lambda begun: [BOS_ID]),
        ),
        Mistake(
            "At the first tokens the decoder reads its own choices, not those in `begun`.",
            _unforced,
        ),
        Mistake(
            "<bos> is not read. In training every sentence began with it.",
            lambda step, c, begun, n: _write_on(step, c, begun, n, read=lambda begun: begun),
        ),
        Mistake(
            "The last token of `begun` is not read before the first choice.",
            lambda step, c, begun, n: _write_on(
                step, c, begun, n, read=lambda begun: [BOS_ID, *begun][: max(1, len(begun))]
            ),
        ),
        Mistake(
            "The last token of `begun` is read twice: once with the others, and once more as the "
            "newest one.",
            lambda step, c, begun, n: _write_on(
                step, c, begun, n, read=lambda begun: [BOS_ID, *begun, *begun[-1:]]
            ),
        ),
        Mistake(
            "<bos> is read once more after `begun`: for the decoder, a new sentence begins there.",
            lambda step, c, begun, n: _write_on(
                step, c, begun, n, read=lambda begun: [BOS_ID, *begun, BOS_ID]
            ),
        ),
        Mistake(
            "<bos> is read after `begun`. It comes first.",
            lambda step, c, begun, n: _write_on(
                step, c, begun, n, read=lambda begun: [*begun, BOS_ID]
            ),
        ),
        Mistake(
            "The state goes back to c after `begun`, so the decoder forgets what it has read.",
            lambda step, c, begun, n: _write_on(step, c, begun, n, from_c=True),
        ),
        Mistake(
            "Only the chosen ids are in the list. The given ones come before them.",
            lambda step, c, begun, n: _write_on(step, c, begun, n, keep=lambda begun, own: own),
        ),
        Mistake(
            "<bos> is in the list. It starts the decoder, but is no part of the sentence.",
            lambda step, c, begun, n: [BOS_ID, *write_on(step, c, begun, n)],
        ),
        Mistake(
            "The limit counts the chosen ids only. The given ones count, too.",
            lambda step, c, begun, n: _write_on(
                step, c, begun, n, allowed=lambda limit, begun: limit
            ),
        ),
        Mistake(
            "Off by one: one id more than the limit.",
            lambda step, c, begun, n: write_on(step, c, begun, n + 1),
        ),
        Mistake(
            "Off by one: one id less than the limit.",
            lambda step, c, begun, n: _write_on(step, c, begun, n)[: n - 1],
        ),
        Mistake(
            "<eos> is not in the list. Keep it: it tells a finished sentence from one cut off.",
            lambda step, c, begun, n: [i for i in write_on(step, c, begun, n) if i != EOS_ID],
        ),
        Mistake(
            "The loop does not stop at <eos>.",
            lambda step, c, begun, n: _write_on(step, c, begun, n, stops=False),
        ),
        Mistake(
            "The loop does not stop at the limit.",
            lambda step, c, begun, n: write_on(step, c, begun, 70),
        ),
    ]
    return examine(
        student,
        write_on,
        cases,
        mistakes,
        'To make a decoder read what you choose is how one asks it "what if": the same source, '
        "another beginning. Lesson 6 does the like with attention.",
    )


def _from_the_end(ids: Tensor, mask: Tensor, back: int) -> Tensor:
    """Positions n - back, n - back - 1, ... of each row, n its length; negative at padding."""
    return mask.sum(dim=1, keepdim=True) - back - torch.arange(ids.shape[1])


def reverse_source(ids: Tensor, mask: Tensor) -> Tensor:
    return torch.where(mask, ids.gather(1, _from_the_end(ids, mask, 1).clamp(min=0)), ids)


def _sources(label: str, lengths: list[int], S: int) -> Case:
    rng = torch.Generator().manual_seed(10 * S + len(lengths))
    ids = torch.randint(4, 40, (len(lengths), S), generator=rng)
    mask = torch.arange(S) < torch.tensor(lengths)[:, None]
    return Case(label, (ids.masked_fill(~mask, PAD_ID), mask))


def _row_by_row(change: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """A wrong `reverse_source` that changes the real tokens of each row."""

    def wrong(ids: Tensor, mask: Tensor) -> Tensor:
        rows = zip(ids, mask.sum(1), strict=True)
        return torch.stack([torch.cat([change(row[:n]), row[n:]]) for row, n in rows])

    return wrong


@checked
def check_reverse_source(student: Callable[..., Any]) -> Verdict:
    """Exercise 3.6: ids and mask (B, S) to the ids, each row's real tokens in reverse order."""
    ids, mask = _sources("", [2, 5, 4], 5).args
    cases = [
        _sources("rows of 6, 4 and 3 tokens", [6, 4, 3], 6),
        _sources("as many sentences as columns", [2, 4, 1, 3], 4),
        _sources("padding in every row", [3, 5], 7),
        _sources("no padding at all", [5, 5], 5),
        _sources("a batch of one", [3], 7),
        _sources("all padding but one word", [1, 1], 4),
        Case("ids that are not contiguous", (ids.T.contiguous().T, mask)),
    ]
    mistakes = [
        Mistake(
            "The padding is reversed, too: it stands in front now, and the sentence ends the row. "
            "Reverse the real tokens, and leave the padding where it was.",
            lambda ids, m: ids.flip(1),
        ),
        Mistake(
            "The padding stands in front now, and the end of each sentence is cut off. Reverse the "
            "real tokens, and leave the padding where it was.",
            lambda ids, m: ids.flip(1) * m,
        ),
        Mistake(
            "The sentences are reversed, but their first words fill the padding, too. Where the "
            "mask is False, keep what was there.",
            lambda ids, m: ids.gather(1, _from_the_end(ids, m, 1).clamp(min=0)),
        ),
        Mistake(
            "Off by one: a sentence of n words ends at position n - 1.",
            lambda ids, m: ids.gather(1, _from_the_end(ids, m, 0).clamp(0, ids.shape[1] - 1)),
        ),
        Mistake(
            "Off by one: a sentence of n words ends at position n - 1.",
            lambda ids, m: torch.where(
                m, ids.gather(1, _from_the_end(ids, m, 0).clamp(0, ids.shape[1] - 1)), ids
            ),
        ),
        Mistake(
            "Return the ids only. The mask stays as it is: the padding has not moved.",
            lambda ids, m: (reverse_source(ids, m), m),
        ),
        Mistake(
            "The rows are reversed, not the words in each of them. Words are the second axis.",
            lambda ids, m: ids.flip(0),
        ),
        Mistake("Nothing is reversed.", lambda ids, m: ids),
        Mistake(
            "Every row is turned at the longest sentence's end. Each has a length of its own.",
            lambda ids, m: torch.cat(
                [ids[:, : int(m.sum(1).max())].flip(1), ids[:, int(m.sum(1).max()) :]], 1
            ),
        ),
        Mistake(
            "Every row is turned at the first sentence's end. Each has a length of its own.",
            lambda ids, m: torch.cat(
                [ids[:, : int(m[0].sum())].flip(1), ids[:, int(m[0].sum()) :]], 1
            ),
        ),
        Mistake(
            "The last word comes first, but the others keep their order.",
            _row_by_row(lambda row: row.roll(1)),
        ),
        Mistake(
            "The words are sorted, not reversed.",
            _row_by_row(lambda row: row.sort(descending=True)[0]),
        ),
        Mistake(
            "The last word stays in its place. It is the first one of the reversed sentence.",
            _row_by_row(lambda row: torch.cat([row[:-1].flip(0), row[-1:]])),
        ),
        Mistake(
            "The first word stays in its place. It is the last one of the reversed sentence.",
            _row_by_row(lambda row: torch.cat([row[:1], row[1:].flip(0)])),
        ),
    ]
    return examine(
        student,
        reverse_source,
        cases,
        mistakes,
        "The padding trap again: an operation along the words must know where each sentence ends.",
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
        "The source grows, the vector does not. How much of it training learns to pack in is "
        "another question, which only an experiment answers. And a score can hide what is lost: "
        "always ask what one mistake costs in it.",
    )


__all__ = [
    "check_decoder_step",
    "check_greedy",
    "check_last_valid_state",
    "check_length_curve",
    "check_reverse_source",
    "check_write_on",
]
