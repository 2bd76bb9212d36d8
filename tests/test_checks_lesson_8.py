"""Lesson 8's checks: right answers pass, each typical wrong one gets the hint meant for it."""

import copy
import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers import checks
from helpers.taught.attention import attention, causal_mask
from helpers.taught.transformer import MultiHeadAttention
from tools.exercises import assert_rejected

STEPS = (20, 1, 6, 1, 30, 400)


def test_steps_counted_right_pass_and_uncounted_are_not_started():
    assert checks.check_steps(*STEPS).status == "right"
    assert checks.check_steps(*[float(n) for n in STEPS]).status == "right"
    assert checks.check_steps(*[...] * 6).status == "not started"


COUNTS = [
    ({0: 1}, "h₂ needs h₁"),
    ({0: 19}, "first word needs a step"),
    ({0: 400}, "the work of attention"),
    ({1: 20}, "No place waits"),
    ({1: 400}, "none waits for another"),
    ({2: 1}, "layer 2 needs"),
    ({2: 120}, "Layers wait"),
    ({3: 30}, "target is known"),
    ({4: 1}, "before token t + 1"),
    ({4: 29}, "<eos> has to be chosen"),
    ({4: 31}, "<bos> is read"),
    ({4: 50}, "read by the encoder, once"),
    ({4: 465}, "count the calls"),
    ({5: 20}, "meets each of 20 keys"),
    ({5: 40}, "multiply, do not add"),
    ({5: 600}, "cross-attention"),
    ({5: 210}, "no causal mask"),
    ({0: 7}, "must be finished"),
    ({0: "20"}, "expected a number"),
    ({1: True}, "expected a number"),
    ({2: ...}, "no answer yet"),
]


@pytest.mark.parametrize(("change", "hint"), COUNTS)
def test_each_wrong_count_gets_its_own_hint(change, hint):
    assert_rejected(
        checks.check_steps(*[change.get(n, right) for n, right in enumerate(STEPS)]), hint
    )


# --- exercise 8.1 --------------------------------------------------------------------------------


def head_of(layer, head):
    d = layer.W_O.in_features // layer.heads
    return slice(head * d, (head + 1) * d)


def zero(name="W_O", cut=head_of, rows=False, bias=False):
    """A copy of the layer with part of one matrix set to zero."""

    @torch.no_grad()
    def switch_off(layer, head):
        twin, part = copy.deepcopy(layer), cut(layer, head)
        linear = getattr(twin, name)
        linear.weight[part if rows else (slice(None), part)] = 0
        if bias:
            linear.bias[part] = 0
        return twin

    return switch_off


def by_values(layer, head):
    return zero("W_V", rows=True, bias=True)(layer, head)


@torch.no_grad()
def built_anew(layer, head):
    size = layer.W_O.in_features
    twin = MultiHeadAttention(size, layer.heads)
    twin.load_state_dict(layer.state_dict())
    twin.W_O.weight.unflatten(1, (layer.heads, -1))[:, head] = 0.0
    return twin


def with_a_factor(layer, head):
    twin = copy.deepcopy(layer)
    factor = torch.ones(layer.W_O.in_features)
    factor[head_of(layer, head)] = 0.0
    twin.W_O.weight = nn.Parameter(twin.W_O.weight * factor)
    return twin


class Without(nn.Module):
    """Computes the layer anew, and leaves out what one head found."""

    def __init__(self, layer, head):
        super().__init__()
        self.layer, self.head = layer, head

    def forward(self, y, x, mask=None):
        layer, split = self.layer, self.layer.split
        context, weights = attention(split(layer.W_Q(y)), split(layer.W_K(x)),
                                     split(layer.W_V(x)), mask)  # fmt: skip
        context = context.clone()
        context[:, self.head] = 0
        return layer.W_O(context.transpose(1, 2).flatten(2)), weights


@pytest.mark.parametrize("answer", [zero(), by_values, built_anew, with_a_factor, Without])
def test_any_way_to_switch_a_head_off_passes(answer):
    assert checks.check_switch_off(answer).status == "right"


@torch.no_grad()
def in_place(layer, head):
    layer.W_O.weight[:, head_of(layer, head)] = 0.0
    return layer


@torch.no_grad()
def shallow(layer, head):
    twin = copy.copy(layer)
    twin.W_O.weight[:, head_of(layer, head)] = 0.0
    return twin


def recording(layer, head):
    twin = copy.deepcopy(layer)
    twin.W_O.weight[:, head_of(layer, head)] = 0.0
    return twin


@torch.no_grad()
def only_this(layer, head):
    twin = copy.deepcopy(layer)
    for other in range(layer.heads):
        if other != head:
            twin.W_O.weight[:, head_of(layer, other)] = 0.0
    return twin


@torch.no_grad()
def bias_too(layer, head):
    twin = zero()(layer, head)
    twin.W_O.bias.zero_()
    return twin


SWITCH_OFF = [
    (in_place, "changed the layer itself"),
    (shallow, "changed the layer itself"),
    (recording, "torch.no_grad()"),
    (lambda layer, head: layer, "Nothing is switched off"),
    (zero(rows=True), "rows of W_O"),
    (zero("W_V", rows=True), "W_V's bias"),
    (zero("W_V"), "belong to the input"),
    (zero("W_Q", rows=True, bias=True), "plain average"),
    (zero("W_Q", rows=True), "W_Q's bias"),
    (zero("W_K", rows=True, bias=True), "plain average"),
    (zero("W_K", rows=True), "plain average"),
    (zero(cut=lambda layer, head: slice(head, head + 1)), "Only one number"),
    (zero(cut=lambda layer, head: slice((at := head_of(layer, head).start), at + 1)),
     "Only the first number"),
    (zero(cut=lambda layer, head: head_of(layer, head - 1)), "counted from 0"),
    (zero(cut=lambda layer, head: head_of(layer, head + 1)), "the next head"),
    (zero(cut=lambda layer, head: slice(head, None, layer.heads)), "alternate"),
    (zero(cut=lambda layer, head: slice(head * layer.heads, (head + 1) * layer.heads)),
     "as there are heads"),
    (zero(cut=lambda layer, head: slice(0, head_of(layer, head).stop)), "before it"),
    (zero(cut=lambda layer, head: slice(head_of(layer, head).start, None)), "behind it"),
    (zero(cut=lambda layer, head: slice(16 * head, 16 * head + 16)), "16 numbers whatever"),
    (zero(cut=lambda layer, head: slice(None)), "All heads are off"),
    (only_this, "the only one left"),
    (bias_too, "belongs to no head"),
    (lambda layer, head: zero()(layer, head).W_O.weight, "expected a layer"),
    (lambda layer, head: nn.Linear(3, 3), "cannot be called like the layer"),
    (lambda layer, head: None, "returned None"),
    ("off", "Expected a function"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "hint"), SWITCH_OFF)
def test_whatever_else_is_switched_off_is_named(answer, hint):
    assert_rejected(checks.check_switch_off(answer), hint)


# --- exercise 8.3 --------------------------------------------------------------------------------


def student(
    join=lambda old, new: torch.cat([old, new], dim=-2),
    ask=lambda query, keys, values: attention(query, keys, values)[0],
    give=lambda context, keys, values: (context, (keys, values)),
):
    """A student's cached attention, with one part done otherwise."""

    def cached_attention(query, key, value, cache=None):
        keys, values = key, value
        if cache is not None:
            keys, values = join(cache[0], key), join(cache[1], value)
        return give(ask(query, keys, values), keys, values)

    return cached_attention


def ready_made(query, key, value, cache):
    old = cache or (key[:, :, :0], value[:, :, :0])
    keys, values = (torch.cat(parts, 2) for parts in zip(old, (key, value), strict=True))
    return [F.scaled_dot_product_attention(query, keys, values), [keys, values]]


def by_sums(query, key, value, cache=None):
    both = torch.stack([key, value])
    if cache is not None:
        both = torch.cat([torch.stack(tuple(cache)), both], dim=-2)
    keys, values = both
    weights = ((query * keys).sum(-1, keepdim=True) / math.sqrt(keys.shape[-1])).softmax(dim=-2)
    return (weights * values).sum(-2, keepdim=True), both


def with_a_mask(query, key, value, cache=None):
    return student(
        ask=lambda q, k, v: attention(q, k, v, causal_mask(k.shape[-2])[-1:])[0]
    )(query, key, value, cache)  # fmt: skip


def filled_in(query, key, value, cache=None):
    t = 0 if cache is None else cache[0].shape[2]
    keys, values = (key.new_empty(*key.shape[:2], t + 1, key.shape[3]) for _ in range(2))
    if cache is not None:
        keys[:, :, :t], values[:, :, :t] = cache
    keys[:, :, t:], values[:, :, t:] = key, value
    return attention(query, keys, values)[0], (keys, values)


@pytest.mark.parametrize("answer", [student(), ready_made, by_sums, with_a_mask, filled_in])
def test_any_way_to_keep_keys_and_values_passes(answer):
    assert checks.check_cached_attention(answer).status == "right"


def asks_before(query, key, value, cache=None):
    if cache is None:
        return value, (key, value)
    return attention(query, *cache)[0], student()(query, key, value, cache)[1]


CACHED = [
    (asks_before, "look at itself"),
    (student(join=lambda old, new: torch.cat([new, old], dim=-2)), "The newest place is the last"),
    (student(join=lambda old, new: torch.cat([old, new], dim=1)), "RuntimeError"),
    (student(join=lambda old, new: old + new), "one place more"),
    (student(give=lambda c, keys, values: (c, (values, keys))), "keys first"),
    (student(give=lambda c, keys, values: ((keys, values), c)), "Context first"),
    (student(give=lambda c, keys, values: c), "cache is missing"),
    (student(give=lambda c, keys, values: (c, keys, values)), "brackets around the pair"),
    (student(give=lambda c, keys, values: (c, (keys[..., -1:, :], values[..., -1:, :]))),
     "holds only the newest"),
    (student(give=lambda c, keys, values: (c, (keys[..., 1:, :], values[..., 1:, :]))),
     "loses its first place"),
    (student(give=lambda c, keys, values: (c.squeeze(-2), (keys, values))), "dimension is lost"),
    (student(ask=attention), "only the context is asked for"),
    (student(ask=lambda q, k, v: attention(q, k, v)[1]), "The context is the first"),
    (student(ask=lambda q, k, v: attention(q, k, k)[0]), "You collect the keys"),
    (student(ask=lambda q, k, v: attention(k, k, v)[0]), "The keys ask here"),
    (student(ask=lambda q, k, v: v.mean(-2, keepdim=True)), "plain average"),
    (student(ask=lambda q, k, v: (q @ k.mT).softmax(-1) @ v), "not divided by √d"),
    (student(ask=lambda q, k, v: (q @ k.mT / q.shape[-1]).softmax(-1) @ v), "You divide by d"),
    (student(ask=lambda q, k, v: (q @ k.mT / k.shape[-2] ** 0.5).softmax(-1) @ v), "of places"),
    (student(ask=lambda q, k, v: (q @ k.mT / q.shape[-1] ** 0.5).softmax(-2) @ v), "Wrong axis"),
    (student(ask=lambda q, k, v: attention(q, k, v, causal_mask(k.shape[-2])[:1])[0]),
     "No mask is needed"),
    (lambda q, k, v, cache=None: (attention(q, k, v)[0], (k, v)), "before it are lost"),
    (lambda q, k, v, cache=None: (attention(q, k, v)[0], student()(q, k, v, cache)[1]),
     "Only the newest place is asked"),
    (lambda q, k, v, cache=None: student()(k, k, v, cache), "You ask with the key"),
    (lambda q, k, v, cache=None: student()(q, q, v, cache), "The query went into the cache"),
    (lambda q, k, v, cache=None: student()(q, k, v, cache) if cache else (v, None),
     "first token"),
    (lambda q, k, v, cache: student()(q, k, v, (cache[0], cache[1])), "NoneType"),
    (lambda q, k, v, cache=None: None, "returned None"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "hint"), CACHED)
def test_each_mistake_with_the_cache_gets_its_own_hint(answer, hint):
    assert_rejected(checks.check_cached_attention(answer), hint)
