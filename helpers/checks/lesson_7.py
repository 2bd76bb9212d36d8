"""Checks of lesson 7: attention without an RNN."""

from collections.abc import Callable
from functools import reduce
from math import cos, sin
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from helpers.checks.engine import (
    Case,
    Mistake,
    Problem,
    Verdict,
    call,
    checked,
    examine,
    settle,
)
from helpers.checks.values import describe, plain
from helpers.taught.attention import attention, causal_mask
from helpers.taught.transformer import positions


def _numbers(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype)


def _inputs(
    *batch: int, T: int = 3, S: int = 5, d: int = 4, d_v: int = 4, dtype: Any = torch.float64
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    shapes = [(*batch, T, d), (*batch, S, d), (*batch, S, d_v)]
    queries, keys, values = (
        _numbers(*shape, seed=n, dtype=dtype) for n, shape in enumerate(shapes)
    )
    return queries, keys, values


def _other(
    scale: Callable[[int], float] = lambda d: d**0.5,
    axis: int = -1,
    mask_early: Callable[[Tensor, Tensor], Tensor] | None = None,
    mask_late: Callable[[Tensor, Tensor], Tensor] | None = None,
    swap: bool = False,
    collect: str = "values",
    weigh: Callable[[Tensor, int], Tensor] = lambda scores, axis: scores.softmax(dim=axis),
    score: Callable[[Tensor, Tensor], Tensor] = lambda queries, keys: queries @ keys.mT,
    give: Callable[[Tensor, Tensor], Any] = lambda context, weights: (context, weights),
) -> Callable[..., Any]:
    """Attention with one part done otherwise."""
    early = mask_early or (lambda scores, mask: scores.masked_fill(~mask, float("-inf")))
    late = mask_late or (lambda weights, mask: weights.masked_fill(~mask, 0.0))

    def wrong(queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None) -> Any:
        asked, answering = (keys, queries) if swap else (queries, keys)
        scores = score(asked, answering) / scale(queries.shape[-1])
        if mask is not None:
            scores = early(scores, mask)
        weights = weigh(scores, axis)
        if mask is not None:
            weights = late(weights, mask)
        collected = {"values": values, "keys": keys, "queries": queries}[collect]
        return give(weights @ collected, weights)

    return wrong


def _keep(numbers: Tensor, _mask: Tensor) -> Tensor:
    return numbers


@checked
def check_attention(student: Any) -> Verdict:
    """Exercise 7.1: queries, keys, values, mask -> (context, weights)."""
    plain = _inputs(2)
    some = torch.tensor([[True, False, True, True, False]]).expand(2, 3, 5)
    square = _inputs(2, T=4, S=4)
    causal = causal_mask(4)
    blind = some.clone()
    blind[1, 2] = False
    last = torch.arange(5) == 2
    strided = tuple(part.mT.contiguous().mT for part in _inputs(3))
    long = _inputs(2, S=7, d_v=6)
    cases = [
        Case("no mask, B = 2, T = S = 4, d = 4", (*square, None)),
        Case("no mask, B = 2, T = 3, S = 5, d = 4", (*plain, None)),
        Case("a causal mask", (*square, causal)),
        Case("queries and keys of 9 numbers", (*_inputs(2, d=9, d_v=2), some)),
        Case("a mask", (*plain, some)),
        Case("values of another size than keys", (*long, torch.ones(2, 3, 7).bool())),
        Case("a query that may look nowhere", (*plain, blind)),
        Case("a mask that leaves one key, shaped (S,)", (*plain, last)),
        Case("no batch dimension, T = 1", (*_inputs(T=1), None)),
        Case("two batch dimensions", (*_inputs(2, 6), some[:, None])),
        Case("one key", (*_inputs(1, S=1), None)),
        Case("float32 numbers", (*_inputs(2, dtype=torch.float32), some)),
        Case("non-contiguous tensors", (*strided, None)),
        Case("large scores", (50 * plain[0], 50 * plain[1], plain[2], some)),
    ]
    before = "The mask must go in *before* the softmax. "
    nan = "A row without a single allowed key comes out as NaN: after the softmax, set the weights "
    mistakes = [
        Mistake("The scores are not divided by √d.", _other(scale=lambda d: 1.0)),
        Mistake("You divide by d; asked is √d.", _other(scale=float)),
        Mistake(
            "You divide by 2 whatever the size. √d is 2 only where d = 4.",
            _other(scale=lambda d: 2.0),
        ),
        Mistake(
            "You divide by d / 2. √d is the same only where d = 4.", _other(scale=lambda d: d / 2)
        ),
        Mistake(
            "You divide by the root of a number of places. d is the length of one query, "
            "`queries.shape[-1]`.",
            lambda q, k, v, mask: _other(scale=lambda d: k.shape[-2] ** 0.5)(q, k, v, mask),
        ),
        Mistake(
            "You divide by the root of a number of places. d is the length of one query, "
            "`queries.shape[-1]`.",
            lambda q, k, v, mask: _other(scale=lambda d: q.shape[-2] ** 0.5)(q, k, v, mask),
        ),
        Mistake(
            "A transpose is missing: each query meets each key in `queries @ keys.mT`.",
            lambda q, k, v, mask: attention(q, k.mT, v, mask),
        ),
        Mistake("You multiply by √d; divide.", _other(scale=lambda d: d**-0.5)),
        Mistake(
            "Wrong axis of the softmax: each *query's* weights sum to 1, so it runs over the keys, "
            "the last dimension.",
            _other(axis=-2),
        ),
        Mistake(
            "Wrong axis of the softmax: dimension 1 is that of the queries in a batch. Each "
            "query's weights sum to 1, so it runs over the keys, the last dimension.",
            _other(axis=1),
        ),
        Mistake(
            "The softmax runs over the batch: use the last dimension, the keys.", _other(axis=0)
        ),
        Mistake(
            "You add up the keys. Keys are compared, *values* are collected.",
            _other(collect="keys"),
        ),
        Mistake("You add up the queries; collect the values.", _other(collect="queries")),
        Mistake(
            "Queries and keys are swapped: rows belong to queries, columns to keys, so it is "
            "`queries @ keys.mT`.",
            _other(swap=True),
        ),
        Mistake(
            "Context first, then the weights.",
            _other(give=lambda context, weights: (weights, context)),
        ),
        Mistake(
            "The weights are missing: return context and weights.", _other(give=lambda c, w: c)
        ),
        Mistake("The scores have the wrong sign.", _other(scale=lambda d: -(d**0.5))),
        Mistake(
            "Each score goes through a sigmoid by itself. The weights of one query must sum to 1: "
            "softmax, over the keys.",
            _other(weigh=lambda scores, axis: scores.sigmoid()),
        ),
        Mistake(
            "e to the power of the scores is only half of a softmax: divide by the sum over the "
            "keys.",
            _other(weigh=lambda scores, axis: scores.exp()),
        ),
        Mistake(
            "Those are logarithms of weights. Take `softmax`, not `log_softmax`.",
            _other(weigh=lambda scores, axis: scores.log_softmax(dim=axis)),
        ),
        Mistake(
            "The softmax is applied twice.",
            _other(weigh=lambda scores, axis: scores.softmax(axis).softmax(axis)),
        ),
        Mistake(
            "The softmax runs over all queries and keys together. Each *query's* weights sum to 1: "
            "use the last dimension, the keys.",
            _other(weigh=lambda scores, axis: scores.flatten(-2).softmax(-1).view(scores.shape)),
        ),
        Mistake(
            "Only the best key is taken. Softmax gives every allowed key its share.",
            _other(weigh=lambda scores, axis: (scores == scores.amax(axis, True)).to(scores)),
        ),
        Mistake(
            "That is the plain average of the values: the scores are not used.",
            _other(weigh=lambda scores, axis: torch.full_like(scores, 1 / scores.shape[-1])),
        ),
        Mistake(
            "The scores are divided after the softmax, or the output is. Divide the scores by √d "
            "*before* the softmax.",
            _other(
                scale=lambda d: 1.0, give=lambda context, w: (context / context.shape[-1] ** 0.5, w)
            ),
        ),
        Mistake(
            "d is the length of a *query* and of a key; values may have another.",
            lambda q, k, v, mask: _other(scale=lambda d: v.shape[-1] ** 0.5)(q, k, v, mask),
        ),
        Mistake(
            "Queries and keys are brought to length 1 first. Dot products as they are, over √d.",
            _other(
                scale=lambda d: 1.0,
                score=lambda q, k: normalize(q, dim=-1) @ normalize(k, dim=-1).mT,
            ),
        ),
        Mistake(
            "You return the scores. Asked is the context, and the *weights* after the softmax.",
            lambda q, k, v, mask: (attention(q, k, v, mask)[0], q @ k.mT),
        ),
        Mistake(
            "You return the scores. Asked is the context, and the *weights* after the softmax.",
            lambda q, k, v, mask: (attention(q, k, v, mask)[0], q @ k.mT / q.shape[-1] ** 0.5),
        ),
        Mistake(
            "Added to the scores, the mask is 1 and 0: allowed keys get one more. Set forbidden "
            "scores to −∞ with `masked_fill`.",
            _other(mask_early=lambda s, m: s + m, mask_late=_keep),
        ),
        Mistake(
            "Added to the scores, the mask is 1 and 0: allowed keys get one more. Set forbidden "
            "scores to −∞ with `masked_fill`.",
            _other(mask_early=lambda s, m: s + m),
        ),
        Mistake("The mask is not used.", _other(mask_early=_keep, mask_late=_keep)),
        Mistake(
            f"{before}After it the remaining weights no longer sum to 1.", _other(mask_early=_keep)
        ),
        Mistake(
            f'{before}A score of 0 is not "no weight": e⁰ = 1. Use −∞.',
            _other(mask_early=lambda s, m: s.masked_fill(~m, 0.0), mask_late=_keep),
        ),
        Mistake(
            "Multiplying scores by the mask makes them 0, and e⁰ = 1. Set them to −∞ instead.",
            _other(mask_early=lambda s, m: s * m),
        ),
        Mistake(
            "The mask is turned round: True means *may* look. Fill where it is False, `~mask`.",
            _other(
                mask_early=lambda s, m: s.masked_fill(m, float("-inf")),
                mask_late=lambda w, m: w.masked_fill(m, 0.0),
            ),
        ),
        Mistake(
            "The mask is turned round: True means *may* look. Fill where it is False, `~mask`.",
            _other(mask_early=lambda s, m: s.masked_fill(m, float("-inf")), mask_late=_keep),
        ),
        Mistake(
            "The mask is transposed: its rows are queries, its columns keys.",
            _other(
                mask_early=lambda s, m: s.masked_fill(~m.mT, float("-inf")),
                mask_late=lambda w, m: w.masked_fill(~m.mT, 0.0),
            ),
        ),
        Mistake(
            "The mask is transposed: its rows are queries, its columns keys.",
            _other(mask_early=lambda s, m: s.masked_fill(~m.mT, float("-inf")), mask_late=_keep),
        ),
        Mistake(f"{nan}to 0 where `mask` is False.", _other(mask_late=_keep)),
        Mistake(
            "You mask after the softmax and divide by the sum again. A row without a single "
            "allowed key comes out as NaN, and where a forbidden key has by far the largest score, "
            f"nothing is left of the others. {before}",
            _other(mask_early=_keep, mask_late=lambda w, m: w * m / (w * m).sum(-1, True)),
        ),
        Mistake(
            "A row without a single allowed key should give zeros. Yours spreads its weight over "
            "keys that it may not see: after the softmax, set forbidden weights to 0.",
            _other(mask_early=lambda s, m: s.masked_fill(~m, -1e9), mask_late=_keep),
        ),
        Mistake(
            "A row without a single allowed key should give zeros. Yours spreads its weight over "
            "keys that it may not see: after the softmax, set forbidden weights to 0.",
            _other(mask_early=lambda s, m: s - 1e9 * ~m, mask_late=_keep),
        ),
    ]
    praise = (
        "Five lines, and every Transformer is built on them. Nowhere is there a loop over places: "
        "all queries are answered at once."
    )
    return examine(student, attention, cases, mistakes, praise)


@checked
def check_causal_mask(student: Any) -> Verdict:
    """Exercise 7.2: T -> bool (T, T), True at j <= i."""
    cases = [
        Case("T = 4", (4,)),
        Case("T = 1", (1,)),
        Case("T = 2", (2,)),
        Case("T = 30", (30,)),
    ]
    late = "It must be True where looking is *allowed*, at j ≤ i."

    def ones(T: int) -> Tensor:
        return torch.ones(T, T, dtype=torch.bool)

    def added(T: int) -> Tensor:
        return torch.zeros(T, T).masked_fill(~causal_mask(T), float("-inf"))

    mistakes = [
        Mistake(
            "Off by one: the diagonal is masked. A token may look at itself; the first has nobody "
            "else.",
            lambda T: ones(T).tril(-1),
        ),
        Mistake(
            "Off by one: each token sees one too far, its own next token. That is the answer which "
            "it is asked to guess.",
            lambda T: ones(T).tril(1),
        ),
        Mistake(
            "Transposed: row i is the query, column j the key. Yours lets each token see only the "
            "future and itself.",
            lambda T: ones(T).triu(),
        ),
        Mistake(f"Turned round: yours is True where looking is forbidden. {late}",
                lambda T: ones(T).triu(1)),
        Mistake("All True: the future is not hidden.", ones),
        Mistake("All False: nobody may look anywhere.", lambda T: ~ones(T)),
        Mistake("Only itself and the one before it: each token may see *all* tokens before it.",
                lambda T: ones(T).tril().triu(-1)),
        Mistake("Everybody sees the first token and nobody else.",
                lambda T: ones(T) & (torch.arange(T) == 0)),
        Mistake("Everything but the diagonal: the future is not hidden, and nobody sees itself.",
                lambda T: ~torch.eye(T).bool()),
        Mistake("Left and right have changed places: column j is key j, counted from the left.",
                lambda T: causal_mask(T).flip(1)),
        Mistake("Only the diagonal: each token sees itself alone, and no past.",
                lambda T: torch.eye(T).bool()),
        Mistake("Numbers instead of truth values: `a <= b` gives bool, `.bool()` makes it.",
                lambda T: torch.ones(T, T).tril()),
        Mistake("A mask of 0 and −∞ is to be *added* to scores. Asked is True and False.", added),
        Mistake("One row is not enough: each query has its own, so (T, T).",
                lambda T: torch.ones(T, dtype=torch.bool)),
        Mistake("One size too large: T tokens, so T rows and T columns.",
                lambda T: causal_mask(T + 1)),
        Mistake("One size too small: T tokens, so T rows and T columns.",
                lambda T: causal_mask(T - 1)),
        Mistake("Return a tensor, not a list.", lambda T: causal_mask(T).tolist()),
    ]  # fmt: skip
    praise = (
        "With it a decoder can learn at all places in one pass, as if it had read only so far at "
        "each of them."
    )
    return examine(student, causal_mask, cases, mistakes, praise)


# Layers for the permutation and leak tests, each with what it is known by.


def _self_attention(mask: Tensor | None = None, placed: bool = False) -> Callable[[Tensor], Tensor]:
    W = _numbers(3, 4, 4, seed=5)

    def layer(x: Tensor) -> Tensor:
        z = x + positions(x.shape[1], x.shape[2]).to(x) if placed else x
        return attention(z @ W[0], z @ W[1], z @ W[2], mask)[0]

    return layer


def _recurrent(x: Tensor) -> Tensor:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        rnn = nn.RNN(x.shape[-1], x.shape[-1], batch_first=True).to(x.dtype)
    with torch.no_grad():
        return rnn(x)[0]


def _mean_everywhere(x: Tensor) -> Tensor:
    return x.mean(dim=1, keepdim=True).expand_as(x)


def _first_everywhere(x: Tensor) -> Tensor:
    return x[:, :1].expand_as(x)


def _last_everywhere(x: Tensor) -> Tensor:
    return x[:, -1:].expand_as(x)


def _to_and_fro(x: Tensor) -> Tensor:
    """Leaks from the last place, with a sign that changes from place to place."""
    sign = 1 - 2 * (torch.arange(x.shape[1]) % 2)
    return x + sign[:, None] * x[:, -1:]


def _reversed(x: Tensor) -> Tensor:
    return x.flip(1)


def _places(x: Tensor) -> Tensor:
    return positions(x.shape[1], x.shape[2]).to(x).expand_as(x)


def _sums(x: Tensor) -> Tensor:
    return x.cumsum(1)


def _rounded(x: Tensor) -> Tensor:
    """Equivariant up to rounding: float32 sums in the order of the places."""
    total = reduce(torch.add, x.float().unbind(dim=1))  # `sum` and `cumsum` round in the end only
    return x + total[:, None].to(x.dtype)


def _first_added(sign: int) -> Callable[[Tensor], Tensor]:
    """Adds the mean of the first place everywhere, or takes it away."""
    return lambda x: x + sign * x[:, :1].mean(-1, keepdim=True)


def _last_added(sign: int) -> Callable[[Tensor], Tensor]:
    return lambda x: x + sign * x[:, -1:].mean(-1, keepdim=True)


def _in_last_component(layer: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """A layer that works in the last component alone, x in the others."""
    return lambda x: torch.cat([x[..., :-1], layer(x)[..., -1:]], dim=-1)


def _rotated(x: Tensor) -> Tensor:
    """Turns the first two components of every place by an angle that the last place sets."""
    angle = x[:, -1:].sum(-1, keepdim=True)
    a, b, rest = x[..., :1], x[..., 1:2], x[..., 2:]
    turned = [a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos(), rest]
    return torch.cat(turned, dim=-1)


def _moved(x: Tensor) -> Tensor:
    """Equivariant under every order that only moves the places on."""
    return x.roll(1, dims=1)


def _only_second(layer: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """Changes the second sentence of a batch and no other."""
    return lambda x: torch.cat([x[:1], layer(x)[1:2], x[2:]])


def _faint(layer: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """x, and a little of a layer's output."""
    return lambda x: x + 0.01 * layer(x)


def _at_place(place: int, layer: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """A layer at one place, x at the others."""

    def only(x: Tensor) -> Tensor:
        return torch.cat([x[:, :place], layer(x)[:, place : place + 1], x[:, place + 1 :]], dim=1)

    return only


def _equivariant(layer: Callable[[Tensor], Tensor], x: Tensor, order: Tensor) -> bool:
    return torch.allclose(layer(x[:, order]), layer(x)[:, order], atol=1e-4)


@checked
def check_equivariance(student: Any) -> Verdict:
    """Exercise 7.3: (layer, x, order) -> does shuffling the input shuffle the output alike?

    One answer is True or False, so a mistake is known by its answers to all cases together.
    """
    x, order = _numbers(5, 5, 4), torch.tensor([2, 4, 1, 0, 3])  # not its own inverse
    few, single, swap = x[:3], x[:1], torch.tensor([0, 1, 2, 4, 3])
    wide, wide_order = _numbers(2, 7, 6, seed=3), torch.tensor([3, 0, 6, 1, 5, 2, 4])
    cases = [
        Case("self-attention", (_self_attention(), x, order)),
        Case("self-attention with positions", (_self_attention(placed=True), x, order)),
        Case("an RNN", (_recurrent, x, order)),
        Case("self-attention with a causal mask", (_self_attention(causal_mask(5)), x, order)),
        Case("a layer that works on each place by itself", (torch.tanh, x, order)),
        Case("a layer that gives the mean at every place", (_mean_everywhere, x, order)),
        Case("a layer that copies the first place everywhere", (_first_everywhere, x, order)),
        Case("a layer that reverses the places", (_reversed, x, order)),
        Case("cumulative sums, the last two places swapped", (_sums, x, swap)),
        Case("a layer with rounding errors of about 1e-6", (_rounded, x, order)),
        Case("a layer that gives the positions and ignores its input", (_places, x, order)),
        Case("self-attention, a batch of three", (_self_attention(), few, order)),
        Case("an RNN, a batch of one", (_recurrent, single, order)),
        Case("float32 numbers", (torch.tanh, few.float(), order)),
        Case("a layer that moves each place on by one, shuffled in the same way",
             (_moved, wide, torch.arange(7).roll(2))),
        Case("a layer that moves each place on by one, in another order", (_moved, x, order)),
        Case("an RNN on the second sentence only", (_only_second(_recurrent), few, order)),
        Case("positions that add no more than 0.01", (_faint(_places), x, order)),
        Case("an RNN that adds no more than 0.01 at one place",
             (lambda z: _at_place(3, _faint(_recurrent))(z), wide, wide_order)),
        Case("an RNN whose last component alone is used",
             (_in_last_component(_recurrent), few, order)),
        Case("a layer that adds the mean of the first place", (_first_added(1), single, order)),
        Case("a layer that subtracts the mean of the first place",
             (_first_added(-1), single, order)),
    ]  # fmt: skip

    def close(a: Tensor, b: Tensor) -> bool:
        return torch.allclose(a, b, atol=1e-4)

    mistakes = [
        Mistake(
            "You compare with the outputs of the unshuffled sentence as they stand. Equivariant "
            "means: shuffled *alike*, so shuffle those, too.",
            lambda f, x, order: close(f(x[:, order]), f(x)),
        ),
        Mistake(
            "Do not ask for equal numbers to the last bit: sums in another order round otherwise. "
            "Use `torch.allclose(..., atol=1e-4)`.",
            lambda f, x, order: torch.equal(f(x[:, order]), f(x)[:, order]),
        ),
        Mistake(
            "Input and output are not shuffled alike: you shuffle once more, or the other way "
            "round. Shuffle the outputs of the *original* by `order`.",
            lambda f, x, order: close(f(x[:, order])[:, order], f(x)),
        ),
        Mistake(
            "A sum or a mean over all places hides where each output went. Compare place by place.",
            lambda f, x, order: close(f(x[:, order]).sum(1), f(x).sum(1)),
        ),
        Mistake(
            "That tells where it is *not* equivariant: turn the answer round.",
            lambda f, x, order: not _equivariant(f, x, order),
        ),
        Mistake(
            "One equal number is not enough: *all* of them must agree.",
            lambda f, x, order: bool(((f(x[:, order]) - f(x)[:, order]).abs() < 1e-4).any()),
        ),
        Mistake(
            "You look only at one sentence. Compare all of the batch.",
            lambda f, x, order: close(f(x[:, order])[:1], f(x)[:1, order]),
        ),
        Mistake(
            "You look only at one sentence. Compare all of the batch.",
            lambda f, x, order: close(f(x[:1, order]), f(x[:1])[:, order]),
        ),
        Mistake(
            _TOLERANCE,
            lambda f, x, order: torch.allclose(f(x[:, order]), f(x)[:, order], atol=0.1),
        ),
        Mistake(
            _TOLERANCE,
            lambda f, x, order: torch.allclose(f(x[:, order]), f(x)[:, order], atol=1.0),
        ),
        Mistake(
            "Only differences in one direction count in yours: take `abs()` before `max()`.",
            lambda f, x, order: bool((f(x[:, order]) - f(x)[:, order]).max() < 1e-4),
        ),
        Mistake(
            "Only differences in one direction count in yours: take `abs()` before `max()`.",
            lambda f, x, order: bool((f(x)[:, order] - f(x[:, order])).max() < 1e-4),
        ),
        Mistake(
            "You look only at the first component of each vector. Compare all of them.",
            lambda f, x, order: close(f(x[:, order])[..., 0], f(x)[:, order][..., 0]),
        ),
        Mistake(
            "A norm, or another summary of all places, hides where each output went. Compare place "
            "by place.",
            lambda f, x, order: bool((f(x[:, order]).norm() - f(x).norm()).abs() < 1e-4),
        ),
        Mistake(
            "You shuffle by an order of your own. Take the one given, `order`: whether a layer is "
            "equivariant may depend on it.",
            lambda f, x, order: close(f(x.flip(1)), f(x).flip(1)),
        ),
        Mistake(
            "You shuffle by an order of your own. Take the one given, `order`: whether a layer is "
            "equivariant may depend on it.",
            lambda f, x, order: close(f(x.roll(1, 1)), f(x).roll(1, 1)),
        ),
        Mistake(
            "You look only at one place. Compare all of them.",
            lambda f, x, order: close(f(x[:, order])[:, 0], f(x)[:, order[0]]),
        ),
        Mistake(
            "True for every layer. Do both calls of `layer` really get different inputs? And do "
            "you shuffle the places, dimension 1 (`x[:, order]`), not the batch?",
            lambda f, x, order: True,
        ),
        Mistake(
            "False for every layer. Do you compare the same words with each other?",
            lambda f, x, order: False,
        ),
    ]

    praise = (
        "This test needs no training and no data. It shows what a layer cannot know, whatever it "
        "learns."
    )
    hint = "Shuffle and apply in both orders, and compare."
    return settle(lambda: _judge(student, _equivariant, cases, mistakes, hint), student, praise)


def _judge(
    student: Any,
    reference: Callable[..., bool],
    cases: list[Case],
    mistakes: list[Mistake],
    otherwise: str,
) -> None:
    """Compare a student's True and False on all cases; a mistake is known by all its answers."""
    if not callable(student):
        raise Problem(f"Expected a function, found {describe(student)}.")
    wanted = [reference(*case.args) for case in cases]  # before the student's code runs
    found: list[bool] = []
    for number, case in enumerate(cases):
        if number == 11 and len(set(found)) == 1:
            break  # the same answer to all so far: said below, better than an IndexError
        found.append(_truth(call(student, case), case))
    right = wanted[: len(found)]
    if found == right:
        return
    case, answer, due = next(
        row for row in zip(cases, found, right, strict=False) if row[1] != row[2]
    )
    hint = otherwise
    for mistake in mistakes:
        if found == [mistake.wrong(*case.args) for case in cases[: len(found)]]:
            hint = mistake.hint
            break
    raise Problem(f"Tried with {case.label}: expected {due}, found {answer}. {hint}")


_TOLERANCE = (
    "A difference of 0.01 passes. Is your tolerance larger than 1e-4? (Or is what you change too "
    "small to be seen?)"
)


def _reordered(x: Tensor, t: int, how: Callable[[Tensor], Tensor]) -> Tensor:
    """The places from t on in another order."""
    return torch.cat([x[:, :t], how(x[:, t:])], dim=1)


def _leaks(layer: Callable[[Tensor], Tensor], x: Tensor, t: int) -> bool:
    other = x.clone()
    other[:, t:] = 10 * _numbers(*other[:, t:].shape, seed=9).to(x.dtype)
    return not torch.allclose(layer(x)[:, :t], layer(other)[:, :t], atol=1e-4)


def _changed_at(x: Tensor, t: int) -> Tensor:
    other = x.clone()
    other[:, t] = 10 * _numbers(*other[:, t].shape, seed=9).to(x.dtype)
    return other


def _ahead(x: Tensor) -> Tensor:
    """Each place gets the next one's input, the last its own."""
    return torch.cat([x[:, 1:], x[:, -1:]], dim=1)


@checked
def check_leak(student: Any) -> Verdict:
    """Exercise 7.4: (layer, x, t) -> does an output before t react to what stands from t on?"""
    x, real = _numbers(2, 6, 4), torch.arange(6) < 4
    single, first, wide = x[:1], x[:1].clone(), _numbers(3, 8, 6, seed=3)
    cases = [
        Case("self-attention without a mask", (_self_attention(), x, 4)),
        Case("self-attention with a causal mask", (_self_attention(causal_mask(6)), x, 4)),
        Case("self-attention with padding from place 4 on, masked", (_self_attention(real), x, 4)),
        Case("the same mask, but t = 3: place 3 is a real word", (_self_attention(real), x, 3)),
        Case("an RNN", (_recurrent, x, 2)),
        Case("a layer that looks one place ahead", (_ahead, x, 3)),
        Case("a layer that looks two places ahead", (lambda z: _ahead(_ahead(z)), x, 4)),
        Case("a layer that looks one place back", (lambda z: _ahead(z.flip(1)).flip(1), x, 3)),
        Case("a layer that gives the positions and ignores its input", (_places, x, 3)),
        Case("a layer that works on each place by itself", (torch.tanh, x, 3)),
        Case("a layer that gives the mean at every place", (_mean_everywhere, x, 5)),
        Case("a layer that reverses the places", (_reversed, x, 3)),
        Case("cumulative sums", (_sums, x, 1)),
        Case("a layer with rounding errors of about 1e-6", (lambda z: (z.float() * 3).to(z), x, 3)),
        Case("an RNN, a batch of one", (_recurrent, single, 3)),
        Case("a causal mask with the diagonal one too far",
             (_self_attention(torch.ones(6, 6).tril(1).bool()), first, 4)),
        Case("float32 numbers", (torch.tanh, x.float(), 3)),
        Case("a mean that only the second sentence sees",
             (_only_second(_mean_everywhere), wide, 6)),
        Case("a mean that only place 1 sees", (_at_place(1, _mean_everywhere), wide, 4)),
        Case("a leak of about 0.01", (_faint(_mean_everywhere), wide, 5)),
        Case("a layer that copies the last place everywhere", (_last_everywhere, wide, 4)),
        Case("a leak that is added at one place and taken away at the next",
             (_to_and_fro, wide, 4)),
        Case("a leak into the last component alone",
             (_in_last_component(_mean_everywhere), wide, 3)),
        Case("a layer that adds the mean of the last place", (_last_added(1), single, 3)),
        Case("a layer that subtracts the mean of the last place", (_last_added(-1), single, 3)),
        Case("a layer that turns all vectors by an angle of the last place", (_rotated, x, 4)),
    ]  # fmt: skip

    def other(z: Tensor, t: int) -> Tensor:
        new = z.clone()
        new[:, t:] = 10 * _numbers(*new[:, t:].shape, seed=9).to(z.dtype)
        return new

    def close(a: Tensor, b: Tensor) -> bool:
        return torch.allclose(a, b, atol=1e-4)

    mistakes = [
        Mistake(
            "That tells where nothing leaks: turn the answer round.",
            lambda f, z, t: not _leaks(f, z, t),
        ),
        Mistake(
            "You compare all outputs. Those from place t on may change: their own input did. "
            "Compare the outputs before t, `[:, :t]`.",
            lambda f, z, t: not close(f(z), f(other(z, t))),
        ),
        Mistake(
            "Off by one: the output at place t belongs to a changed input. Stop before it.",
            lambda f, z, t: not close(f(z)[:, : t + 1], f(other(z, t))[:, : t + 1]),
        ),
        Mistake(
            "Off by one: place t - 1 is before t, too, and must not move.",
            lambda f, z, t: t > 1 and not close(f(z)[:, : t - 1], f(other(z, t))[:, : t - 1]),
        ),
        Mistake(
            "Off by one: you change only what comes after place t. Place t is to change, too.",
            lambda f, z, t: not close(f(z)[:, :t], f(other(z, t + 1))[:, :t]),
        ),
        Mistake(
            "You compare the outputs from t on. The question is whether those *before* t moved.",
            lambda f, z, t: not close(f(z)[:, t:], f(other(z, t))[:, t:]),
        ),
        Mistake(
            "Do not ask for equal numbers to the last bit: use `torch.allclose(..., atol=1e-4)`.",
            lambda f, z, t: not torch.equal(f(z)[:, :t], f(other(z, t))[:, :t]),
        ),
        Mistake(
            "You look only at one sentence. A leak may show in any of the batch.",
            lambda f, z, t: not close(f(z)[:1, :t], f(other(z, t))[:1, :t]),
        ),
        Mistake(
            _TOLERANCE,
            lambda f, z, t: not torch.allclose(f(z)[:, :t], f(other(z, t))[:, :t], atol=0.1),
        ),
        Mistake(
            "You look only at the first component of each vector. Compare all of them.",
            lambda f, z, t: not close(f(z)[:, :t, 0], f(other(z, t))[:, :t, 0]),
        ),
        Mistake(
            "A norm hides a leak that only turns the vectors. Compare number by number.",
            lambda f, z, t: bool((f(z)[:, :t].norm() - f(other(z, t))[:, :t].norm()).abs() > 1e-4),
        ),
        Mistake(
            "You only put the places from t on into another order. A layer that adds them up does "
            "not notice: replace them by other numbers.",
            lambda f, z, t: not close(f(z)[:, :t], f(_reordered(z, t, _reversed))[:, :t]),
        ),
        Mistake(
            "You only put the places from t on into another order. A layer that adds them up does "
            "not notice: replace them by other numbers.",
            lambda f, z, t: not close(f(z)[:, :t], f(_reordered(z, t, _moved))[:, :t]),
        ),
        Mistake(
            "You change the last place alone. Change all places from t to the end.",
            lambda f, z, t: not close(f(z)[:, :t], f(other(z, z.shape[1] - 1))[:, :t]),
        ),
        Mistake(
            "You change place t alone. Change all places from t to the end.",
            lambda f, z, t: not close(f(z)[:, :t], f(_changed_at(z, t))[:, :t]),
        ),
        Mistake(
            "A sum or a mean over several places hides a leak that comes and goes. Compare place "
            "by place.",
            lambda f, z, t: not close(f(z)[:, :t].mean(), f(other(z, t))[:, :t].mean()),
        ),
        Mistake(
            "A sum or a mean over several places hides a leak that comes and goes. Compare place "
            "by place.",
            lambda f, z, t: not close(f(z)[:, :t].mean(1), f(other(z, t))[:, :t].mean(1)),
        ),
        Mistake(
            "You look only at the place just before t. A leak may show anywhere before t.",
            lambda f, z, t: not close(f(z)[:, t - 1], f(other(z, t))[:, t - 1]),
        ),
        Mistake(
            "You look only at the first place. A leak may show anywhere before t.",
            lambda f, z, t: not close(f(z)[:, 0], f(other(z, t))[:, 0]),
        ),
        Mistake(
            "You change the past and look at the future: every layer with a memory does that.",
            lambda f, z, t: (
                not close(f(z)[:, t:], f(torch.cat([-z[:, :t], z[:, t:]], dim=1))[:, t:])
            ),
        ),
        Mistake(
            "True for every layer. Which outputs may move, and which may not?",
            lambda f, z, t: True,
        ),
        Mistake(
            "False for every layer. Does the second call of `layer` really get a changed input?",
            lambda f, z, t: False,
        ),
    ]
    praise = (
        "One test for two promises: a causal mask must hide the future, a padding mask the "
        "padding. Run it on every decoder that you write."
    )
    hint = "Replace what stands from t on, apply the layer to both, compare what stands before t."
    return settle(lambda: _judge(student, _leaks, cases, mistakes, hint), student, praise)


def _truth(answer: Any, case: Case) -> bool:
    """The student's answer as True or False, or a Problem."""
    truth = plain(answer)
    if isinstance(truth, Tensor):
        raise Problem(
            f"Tried with {case.label}: return one plain True or False, not {describe(answer)}: "
            "`torch.allclose` does, or `.all()`."
        )
    if not isinstance(truth, bool):
        raise Problem(f"Tried with {case.label}: expected True or False, found {describe(answer)}.")
    return truth


PLACES = 40  # the head of exercise 7.5 is tried on so many


def _turned(size: int, k: int, at: Callable[[int], Any] | None = None) -> Tensor:
    """The matrix that turns each hand of a position vector back by k places: (size, size).

    at: the two components of hand n, if not 2n and 2n + 1.
    """
    W = torch.zeros(size, size, dtype=torch.float64)
    for n in range(size // 2):
        pair = torch.tensor(at(n) if at else (2 * n, 2 * n + 1))
        W[pair[:, None], pair] = _turn(k / 10_000.0 ** (2 * n / size))
    return W


def _turn(angle: float) -> Tensor:
    """Takes (sin a, cos a) to (sin(a - angle), cos(a - angle)): (2, 2)."""
    return torch.tensor([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]], dtype=torch.float64)


def _winners(W: Tensor, size: int) -> list[int]:
    """For each of the places the one whose key scores highest."""
    p = positions(PLACES, size).double()
    return ((p @ W.mT) @ p.mT).argmax(dim=-1).tolist()


def _as_matrix(found: Any, size: int, where: str) -> Tensor:
    """The student's matrix as float64, or a Problem."""
    try:
        W = torch.as_tensor(found).detach().to(torch.float64)
    except (TypeError, ValueError, RuntimeError):
        raise Problem(f"{where}expected a matrix, found {describe(found)}.") from None
    if W.shape != (size, size):
        more = ""
        if W.ndim == 2 and W.shape[-1] == size:
            more = " Return W^Q itself, not the queries that it makes."
        raise Problem(
            f"{where}expected a matrix of shape {(size, size)}, found {tuple(W.shape)}.{more}"
        )
    if not W.isfinite().all():
        raise Problem(f"{where}your matrix holds numbers that are not finite.")
    return W


@checked
def check_look_back(student: Any) -> Verdict:
    """Exercise 7.5: (size, k) -> W_Q with which place t scores highest at the key of t - k."""
    cases = [
        Case(f"size = {size}, k = {k}", (size, k))
        for size, k in ((8, 1), (8, 3), (64, 1), (16, 2), (32, 7))
    ]
    mistakes: list[tuple[str, Callable[[int, int, int], int]]] = [
        ("Every place looks at itself: nothing was turned.", lambda t, size, k: t),
        (
            "It looks ahead instead of back: the hands turn the wrong way. Is the sign of the two "
            "sines swapped, or the matrix transposed?",
            lambda t, size, k: t + k,
        ),
        ("It looks one place back, whatever k is. Turn by k times the speed.",
         lambda t, size, k: t - 1),
        ("It looks one place ahead, whatever k is.", lambda t, size, k: t + 1),
    ]  # fmt: skip
    built = [
        (
            "Every hand has a speed of its own, 10000 ** (-2n / size); you turn all of them alike.",
            lambda size, k: torch.block_diag(*[_turn(k)] * (size // 2)),
        ),
        (
            "The pairs stand side by side here: sine and cosine of hand n at 2n and 2n + 1, not in "
            "two halves.",
            lambda size, k: _turned(size, k, at=lambda n: (n, n + size // 2)),
        ),
        (
            "The winner should score *highest*; with yours it scores lowest. A minus too many.",
            lambda size, k: -_turned(size, k),
        ),
    ]

    def check() -> None:
        if not callable(student):
            raise Problem(f"Expected a function, found {describe(student)}.")
        found = []
        for case in cases:
            where = f"Tried with {case.label}: "
            found.append(_as_matrix(call(student, case), case.args[0], where))
        wins = [_winners(W, case.args[0]) for W, case in zip(found, cases, strict=True)]
        wrong = [
            (case, t, won[t])
            for case, won in zip(cases, wins, strict=True)
            for t in range(case.args[1], PLACES)
            if won[t] != t - case.args[1]
        ]
        if not wrong:
            return
        hint = "Turn each pair of components by minus k times its speed."
        for said, W_of in built:
            if all(torch.allclose(W, W_of(*case.args), atol=1e-4)
                   for W, case in zip(found, cases, strict=True)):  # fmt: skip
                hint = said
        for said, goes in mistakes:
            explained = True
            for case, won in zip(cases, wins, strict=True):
                due = [goes(t, *case.args) for t in range(PLACES)]
                explained &= all(
                    won[t] == due[t] for t in range(case.args[1], PLACES) if 0 <= due[t] < PLACES
                )
            if explained:
                hint = said
        case, t, place = wrong[0]
        raise Problem(
            f"Tried with {case.label}: place {t} scores highest at place {place}, expected "
            f"{t - case.args[1]}. {hint}"
        )

    praise = (
        "One matrix looks back by k places from everywhere, because waves at t - k are a rotation "
        "of waves at t. Nothing of the kind holds for positions that are drawn at random."
    )
    return settle(check, student, praise)
