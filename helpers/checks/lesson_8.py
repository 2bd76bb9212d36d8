"""Checks of lesson 8: a small Transformer."""

import copy
import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from helpers.checks.engine import (
    Case,
    Mistake,
    Problem,
    Verdict,
    call,
    checked,
    examine,
    number_of,
    settle,
)
from helpers.checks.values import describe
from helpers.taught.attention import attention
from helpers.taught.transformer import MultiHeadAttention, cached_attention


def _numbers(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype)


# --- exercise 8.1 --------------------------------------------------------------------------------


class _Lent(MultiHeadAttention):
    """A layer that `call` hands over itself, not a copy of it: a change of it is to be seen."""

    lent = False

    def __deepcopy__(self, memo: Any) -> MultiHeadAttention:
        if not self.lent:
            self.lent = True
            return self
        twin = MultiHeadAttention(self.W_O.in_features, self.heads)
        twin.load_state_dict(self.state_dict())
        return twin


def _layer(size: int, heads: int, lent: bool = False) -> MultiHeadAttention:
    with torch.random.fork_rng():
        torch.manual_seed(size + heads)
        return (_Lent if lent else MultiHeadAttention)(size, heads)


def _columns(layer: MultiHeadAttention, head: int) -> slice:
    """Where a head stands among the numbers that W_O reads."""
    d = layer.W_O.in_features // layer.heads
    return slice(head * d, (head + 1) * d)


def _changed(
    change: Callable[[MultiHeadAttention, slice], None],
    cut: Callable[[MultiHeadAttention, int], slice] = _columns,
) -> Callable[[MultiHeadAttention, int], MultiHeadAttention]:
    """A copy of the layer with some of its weights changed."""

    @torch.no_grad()
    def wrong(layer: MultiHeadAttention, head: int) -> MultiHeadAttention:
        twin = copy.deepcopy(layer)
        change(twin, cut(twin, head))
        return twin

    return wrong


def _zero(name: str, rows: bool = False, bias: bool = False) -> Callable[..., None]:
    """Sets columns, or rows, of one matrix to zero."""

    def change(twin: MultiHeadAttention, cut: slice) -> None:
        linear = getattr(twin, name)
        linear.weight[(cut, slice(None)) if rows else (slice(None), cut)] = 0.0
        if bias:
            linear.bias[cut] = 0.0

    return change


def _every(twin: MultiHeadAttention, cut: slice) -> None:
    for linear in (twin.W_Q, twin.W_K, twin.W_V, twin.W_O):
        linear.weight.zero_()


def _nothing(twin: MultiHeadAttention, _cut: slice) -> None:
    twin.W_O.weight.zero_()


def _off_with_bias(twin: MultiHeadAttention, cut: slice) -> None:
    twin.W_O.weight[:, cut] = 0.0
    twin.W_O.bias.zero_()


def _all_but(twin: MultiHeadAttention, cut: slice) -> None:
    kept = twin.W_O.weight[:, cut].clone()
    twin.W_O.weight.zero_()
    twin.W_O.weight[:, cut] = kept


def _strided(layer: MultiHeadAttention, head: int) -> slice:
    return slice(head, None, layer.heads)


def _fixed(d: int) -> Callable[[MultiHeadAttention, int], slice]:
    return lambda layer, head: slice(head * d, (head + 1) * d)


_off = _changed(_zero("W_O"))


@checked
def check_switch_off(student: Any) -> Verdict:
    """Exercise 8.1: (layer, head) -> a copy in which W_O gets nothing of what this head found."""
    cases = [
        Case(f"size = {size}, {heads} heads, head = {head}", (_layer(size, heads), head))
        for size, heads, head in ((8, 4, 1), (8, 4, 0), (12, 3, 2), (6, 1, 0), (10, 5, 4))
    ]
    mistakes = [
        Mistake("Nothing is switched off.", lambda layer, head: layer),
        Mistake(
            "Those are rows of W_O: what it gives. What it *reads* from head h are d columns, "
            "`weight[:, h * d : (h + 1) * d]`.",
            _changed(_zero("W_O", rows=True)),
        ),
        Mistake(
            "Heads are counted from 0, as everywhere in Python.",
            _changed(_zero("W_O"), lambda layer, head: _columns(layer, head - 1)),
        ),
        Mistake(
            "That is the next head: the columns of head h begin at h * d.",
            _changed(_zero("W_O"), lambda layer, head: _columns(layer, head + 1)),
        ),
        Mistake(
            "Only one number of the head is off. A head has d = size / heads of them, side by "
            "side.",
            _changed(_zero("W_O"), lambda layer, head: slice(head, head + 1)),
        ),
        Mistake(
            "The numbers of one head stand side by side, they do not alternate with the others'.",
            _changed(_zero("W_O"), _strided),
        ),
        Mistake(
            "d is size / heads, the length of one head. You take as many numbers as there are "
            "heads.",
            _changed(
                _zero("W_O"),
                lambda layer, head: slice(head * layer.heads, (head + 1) * layer.heads),
            ),
        ),
        Mistake(
            "A head with queries of zero still collects: all its scores are equal, so it gives the "
            "plain average. Take away what it found.",
            _changed(_zero("W_Q", rows=True, bias=True)),
        ),
        Mistake(
            "Without the weights of W_Q the head still asks with W_Q's bias, and still collects. "
            "Take away what it found.",
            _changed(_zero("W_Q", rows=True)),
        ),
        Mistake(
            "Without the weights of W_K all its keys are alike, but the head still collects: it "
            "gives the plain average. Take away what it found.",
            _changed(_zero("W_K", rows=True)),
        ),
        Mistake(
            "Only the first number of the head is off. A head has d = size / heads of them, side "
            "by side.",
            _changed(
                _zero("W_O"), lambda layer, head: slice(_columns(layer, head).start, None, 99)
            ),
        ),
        Mistake(
            "The heads before it are off as well. Begin at h * d.",
            _changed(_zero("W_O"), lambda layer, head: slice(0, _columns(layer, head).stop)),
        ),
        Mistake(
            "The heads behind it are off as well. Stop at (h + 1) * d.",
            _changed(_zero("W_O"), lambda layer, head: slice(_columns(layer, head).start, None)),
        ),
        *(
            Mistake(
                f"You take {d} numbers whatever the layer. How long a head is, the layer knows: "
                "`layer.W_O.in_features // layer.heads`.",
                _changed(_zero("W_O"), _fixed(d)),
            )
            for d in (2, 4, 16)
        ),
        Mistake(
            "A head whose keys are all alike still collects: it gives the plain average. Take away "
            "what it found.",
            _changed(_zero("W_K", rows=True, bias=True)),
        ),
        Mistake(
            "Without the weights of W_V the head still hands over W_V's bias. Set that part of the "
            "bias to 0 as well.",
            _changed(_zero("W_V", rows=True)),
        ),
        Mistake(
            "Those are columns of W_V, which belong to the input, not to a head.",
            _changed(_zero("W_V")),
        ),
        Mistake("All heads are off.", _changed(_every)),
        Mistake("All heads are off.", _changed(_nothing)),
        Mistake(
            "This head is the only one left: switch it off, and keep the others.",
            _changed(_all_but),
        ),
        Mistake(
            "W_O's bias belongs to no head. Leave it.",
            _changed(_off_with_bias),
        ),
    ]

    def check() -> None:
        if not callable(student):
            raise Problem(f"Expected a function, found {describe(student)}.")
        wanted = [_outputs(_off(*case.args), case.args[0]) for case in cases]
        found = []
        for case in cases:
            where, layer = f"Tried with {case.label}: ", case.args[0]
            given = _layer(layer.W_O.in_features, layer.heads, lent=True)
            try:
                answer = call(student, Case(case.label, (given, case.args[1])))
            except Problem as problem:
                if "leaf" not in str(problem):
                    raise
                raise Problem(
                    f"{problem}\nPyTorch is recording gradients: write into weights inside `with "
                    "torch.no_grad():`."
                ) from None
            if not callable(answer):
                raise Problem(
                    f"{where}expected a layer, a copy of the one given, found {describe(answer)}."
                )
            if not _alike(_outputs(given, layer), _outputs(layer, layer)):
                raise Problem(
                    f"{where}you changed the layer itself, and then the head is off for good. Make "
                    "a copy first: `copy.deepcopy(layer)`."
                )
            try:
                found.append(_outputs(answer, layer))
            except Exception as error:
                raise Problem(
                    f"{where}what you return cannot be called like the layer: "
                    f"{type(error).__name__}: {error}"
                ) from None
        right = [_alike(a, b) for a, b in zip(found, wanted, strict=True)]
        if all(right):
            return
        hint = "What W_O reads of this head should be 0, and everything else as it was."
        for mistake in mistakes:
            made = [_outputs(mistake.wrong(*case.args), case.args[0]) for case in cases]
            if all(_alike(a, b) for a, b in zip(found, made, strict=True)):
                hint = mistake.hint
                break
        case = cases[right.index(False)]
        raise Problem(f"Tried with {case.label}: the outputs are not those without it. {hint}")

    praise = (
        "This is an ablation: take a part out, and see what is missing. It says what a part does "
        "in the whole, which no heat map can."
    )
    return settle(check, student, praise)


@torch.no_grad()
def _outputs(layer: Any, original: MultiHeadAttention) -> Tensor | None:
    """What a layer gives for two inputs, with and without a mask; None if that is no tensor."""
    size = original.W_O.in_features
    y = _numbers(2, 3, size, seed=1, dtype=torch.float32)
    x = _numbers(2, 5, size, seed=2, dtype=torch.float32)
    mask = torch.tensor([True, True, False, True, False])
    rows = []
    for seen in (None, mask):
        output = layer(y, x, seen)
        rows.append(output[0] if isinstance(output, tuple | list) else output)
    return torch.stack(rows) if all(isinstance(row, Tensor) for row in rows) else None


def _alike(a: Tensor | None, b: Tensor | None) -> bool:
    return (
        a is not None
        and b is not None
        and a.shape == b.shape
        and bool(torch.allclose(a, b, atol=1e-5))
    )


# --- exercise 8.2 --------------------------------------------------------------------------------

STEPS = {
    "rnn_reads": (20, {1: "h₂ needs h₁, h₃ needs h₂, and so on: an RNN cannot do them at once.",
                       19: "Off by one: the first word needs a step, too.",
                       30: "Asked is the source, 20 words.",
                       400: "That is T², the work of attention. An RNN takes one step a word."}),
    "attention_reads": (1, {20: "No place waits for another: all 20 are computed in one step.",
                            400: "400 scores, but none waits for another: they are one step.",
                            0: "There is one step to do: the layer itself."}),
    "stack_reads": (6, {1: "Within a layer nothing waits. But layer 2 needs what layer 1 gave.",
                        120: "Layers wait for one another; the 20 places within one do not.",
                        20: "It depends on the number of layers, not of words."}),
    "learning": (1, {30: "The target is known, and the causal mask hides the future: one call "
                     "answers at all 30 places.",
                     29: "The target is known: one call answers at all places."}),
    "writing": (30, {1: "Token t must be read before token t + 1 can be chosen.",
                     29: "Off by one: <eos> has to be chosen, too; it is among the 30.",
                     31: "Off by one: <bos> is read in the first call, and that writes token 1.",
                     20: "Asked is the translation, 30 tokens.",
                     50: "The source is read by the encoder, once; count the decoder's calls.",
                     465: "So many tokens are read in all calls together; count the calls."}),
    "scores": (400, {20: "Each of 20 queries meets each of 20 keys.",
                     40: "Each query meets each key: multiply, do not add.",
                     600: "That is cross-attention, 30 queries and 20 keys. Asked is question 2.",
                     190: "Without a mask every query meets every key, itself included.",
                     210: "An encoder has no causal mask: count the upper half, too."}),
}  # fmt: skip


@checked
def check_steps(*answers: Any) -> Verdict:
    """Exercise 8.2: sequential steps of six computations, in the order of `STEPS`."""

    def check() -> None:
        if len(answers) != len(STEPS):
            raise Problem(f"Expected {len(STEPS)} numbers, found {len(answers)}.")
        for (name, (right, hints)), answer in zip(STEPS.items(), answers, strict=True):
            if answer is Ellipsis or answer is None:
                raise Problem(f"{name} has no answer yet.")
            number = number_of(answer, f"{name}: expected a number")
            if number != right:
                default = "Which step must be finished before the next can begin?"
                raise Problem(f"{name} is not {number:g}. {hints.get(int(number), default)}")

    if all(answer is Ellipsis or answer is None for answer in answers):
        return settle(check, None, "")
    praise = (
        "Reading and learning are parallel, writing is not: that is why training a large model can "
        "use thousands of processors at once, and its answers still come word by word."
    )
    return settle(check, answers, praise)


# --- exercise 8.3 --------------------------------------------------------------------------------


def _newest(
    B: int = 2, heads: int = 3, d: int = 5, t: int = 6, dtype: Any = torch.float64
) -> tuple[Tensor, Tensor, Tensor, tuple[Tensor, Tensor] | None]:
    """Query, key and value of a new place, and the cache of the t places before it."""
    query, key, value = (_numbers(B, heads, 1, d, seed=n, dtype=dtype) for n in range(3))
    before = tuple(_numbers(B, heads, t, d, seed=n, dtype=dtype) for n in (3, 4))
    return query, key, value, (before[0], before[1]) if t else None


@checked
def check_cached_attention(student: Any) -> Verdict:
    """Exercise 8.3: query, key, value (B, heads, 1, d), cache -> context, the longer cache."""
    large = _newest(t=8)
    cases = [
        Case("six places in the cache", _newest()),
        Case("an empty cache, None: the first token", _newest(t=0)),
        Case("one place in the cache", _newest(B=3, t=1)),
        Case("a batch of one, one head, d = 4", _newest(B=1, heads=1, d=4, t=7)),
        Case("eight places, and the new key has the largest score",
             (large[0], 9 * large[0], *large[2:])),
        Case("as many places in the cache as heads", _newest(heads=4, d=6, t=4)),
        Case("float32 numbers", _newest(t=3, dtype=torch.float32)),
    ]  # fmt: skip

    def other(
        give: Callable[..., Any] = lambda context, keys, values, cache: (context, (keys, values)),
        join: Callable[..., Tensor] = lambda old, new: torch.cat([old, new], dim=-2),
        look: Callable[..., Tensor] = lambda q, keys, values: attention(q, keys, values)[0],
    ) -> Callable[..., Any]:
        """The step with one part done otherwise."""

        def wrong(query: Tensor, key: Tensor, value: Tensor, cache: Any) -> Any:
            if cache is None:
                keys, values = key, value
            else:
                keys, values = join(cache[0], key), join(cache[1], value)
            return give(look(query, keys, values), keys, values, cache)

        return wrong

    def old_only(query: Tensor, key: Tensor, value: Tensor, cache: Any) -> Any:
        if cache is None:
            return cached_attention(query, key, value, None)
        _, longer = cached_attention(query, key, value, cache)
        return attention(query, *cache)[0], longer

    def masked(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        return attention(query, keys, values, torch.arange(keys.shape[-2]) < 1)[0]

    def scored(
        divisor: Callable[[Tensor, Tensor], float], axis: int = -1
    ) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
        """Attention with another divisor, or the softmax over another axis."""
        return lambda q, keys, values: (q @ keys.mT / divisor(q, keys)).softmax(dim=axis) @ values

    def unscaled(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        return attention(query * query.shape[-1] ** 0.5, keys, values)[0]

    mistakes = [
        Mistake(
            "The newest place must be able to look at itself: first add its key and value to the "
            "cache, then ask.",
            old_only,
        ),
        Mistake(
            "The cache does not grow: return keys and values *with* the new ones.",
            other(give=lambda c, keys, values, cache: (c, cache if cache else (keys, values))),
        ),
        Mistake(
            "The newest place is the last: put its key and value behind the others, "
            "`torch.cat([old, new], dim=-2)`. (The context is the same in any order, the cache is "
            "not.)",
            other(join=lambda old, new: torch.cat([new, old], dim=-2)),
        ),
        Mistake(
            "Only the newest place is asked. It should look at all places before it, too.",
            lambda q, k, v, cache: (attention(q, k, v)[0], cached_attention(q, k, v, cache)[1]),
        ),
        Mistake(
            "Only the newest place is asked, and the places before it are lost.",
            lambda q, k, v, cache: (attention(q, k, v)[0], (k, v)),
        ),
        Mistake(
            "No mask is needed: the cache holds nothing but the past. Yours hides all keys but the "
            "first: a causal mask of one row belongs to the *first* place.",
            other(look=masked),
        ),
        Mistake("The scores are not divided by √d.", other(look=unscaled)),
        Mistake("You divide by d; asked is √d.", other(look=scored(lambda q, keys: q.shape[-1]))),
        Mistake(
            "You divide by the root of the number of places. d is the length of the query.",
            other(look=scored(lambda q, keys: keys.shape[-2] ** 0.5)),
        ),
        Mistake(
            "Wrong axis of the softmax: it runs over the places, the last dimension of the scores.",
            other(look=scored(lambda q, keys: q.shape[-1] ** 0.5, axis=-2)),
        ),
        Mistake(
            "That is the plain average of the values. The query decides how much of each.",
            other(look=lambda q, keys, values: values.mean(dim=-2, keepdim=True)),
        ),
        Mistake(
            "The new key and value are added to old ones as numbers. Put them behind, as one place "
            "more: `torch.cat([old, new], dim=-2)`.",
            other(join=lambda old, new: old + new),
        ),
        Mistake(
            "The context is right, but the cache that you return holds only the newest place: the "
            "next token would see no other.",
            lambda q, k, v, cache: (cached_attention(q, k, v, cache)[0], (k, v)),
        ),
        Mistake(
            "The cache loses its first place. Keep all of them.",
            other(give=lambda c, keys, values, _: (c, (keys[..., 1:, :], values[..., 1:, :]))),
        ),
        Mistake(
            "The keys ask here, all of them. Only the newest query does.",
            other(look=lambda q, keys, values: attention(keys, keys, values)[0]),
        ),
        Mistake(
            "Keys and values have changed places in the cache: keys first.",
            other(give=lambda c, keys, values, cache: (c, (values, keys))),
        ),
        Mistake(
            "You collect the keys. Keys are compared, *values* are collected.",
            other(look=lambda q, keys, values: attention(q, keys, keys)[0]),
        ),
        Mistake(
            "Context first, then the cache.",
            other(give=lambda c, keys, values, cache: ((keys, values), c)),
        ),
        Mistake(
            "The cache is missing: return the context and the pair (keys, values).",
            other(give=lambda c, keys, values, cache: c),
        ),
        Mistake(
            "Return two things, the context and the pair (keys, values): brackets around the pair.",
            other(give=lambda c, keys, values, cache: (c, keys, values)),
        ),
        Mistake(
            "`attention` returns context and weights; only the context is asked for.",
            lambda q, k, v, cache: (
                (attention(q, *(pair := cached_attention(q, k, v, cache)[1]))), pair
            ),
        ),
        Mistake(
            "The second part of what `attention` returns is the weights. The context is the first.",
            lambda q, k, v, cache: (
                attention(q, *(pair := cached_attention(q, k, v, cache)[1]))[1], pair
            ),
        ),
        Mistake(
            "You ask with the key; the query asks.",
            lambda q, k, v, cache: (
                attention(k, *(pair := cached_attention(q, k, v, cache)[1]))[0], pair
            ),
        ),
        Mistake(
            "You ask with the value; the query asks.",
            lambda q, k, v, cache: (
                attention(v, *(pair := cached_attention(q, k, v, cache)[1]))[0], pair
            ),
        ),
        Mistake(
            "The query went into the cache. Nobody will ever be compared with it: keep keys and "
            "values.",
            lambda q, k, v, cache: cached_attention(q, q, v, cache),
        ),
    ]  # fmt: skip
    praise = (
        "Each key and value is computed once in a whole text. The price is memory: the cache of a "
        "large model on a long text is larger than many a model."
    )

    def reference(query: Tensor, key: Tensor, value: Tensor, cache: Any) -> Any:
        return cached_attention(query, key, value, cache)

    return examine(_with_pair(student), reference, cases, mistakes, praise)


def _with_pair(student: Any) -> Any:
    """The student's function; a cache that is one tensor of two parts is as good as a pair."""
    if not callable(student):
        return student

    @functools.wraps(student)
    def read(*args: Any) -> Any:
        found = student(*args)
        if isinstance(found, tuple | list) and len(found) == 2:
            context, cache = found
            if isinstance(cache, Tensor) and cache.ndim == 5 and len(cache) == 2:
                return context, (cache[0], cache[1])
        return found

    return read
