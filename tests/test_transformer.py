"""Lesson 8's Transformer: PyTorch's numbers, and what may not move."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers.labs.heads import all_attention_weights
from helpers.taught import transformer
from helpers.taught.attention import attention, causal_mask
from helpers.taught.transformer import MultiHeadAttention, Transformer
from helpers.training import adam_with_warmup
from helpers.words import BOS_ID, pad_batch


def masks(T: int, S: int):
    some = torch.rand(2, 1, T, S, generator=torch.Generator().manual_seed(1)) > 0.4
    some[0, 0, 0] = False  # a query that may look nowhere
    return [None, some, torch.arange(S) < 2, torch.ones(T, S, dtype=torch.bool).tril()]


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("shape", [(3, 5, 4), (1, 1, 8), (6, 6, 2)])
def test_attention_is_torchs_own_to_1e_6(shape, number):
    T, S, d = shape
    queries, keys, values = (torch.randn(2, 3, n, d) for n in (T, S, S))
    mask = masks(T, S)[number]
    ours, weights = attention(queries, keys, values, mask)
    full = None if mask is None else mask.expand(2, 3, T, S)
    theirs = F.scaled_dot_product_attention(queries, keys, values, attn_mask=full)
    assert (ours - theirs).abs().max() < 1e-6
    assert not weights.isnan().any()
    total = weights.sum(-1)
    assert (((total - 1).abs() < 1e-5) | (total == 0)).all()


def twins(size: int, heads: int):
    ours = MultiHeadAttention(size, heads)
    twin = nn.MultiheadAttention(size, heads, batch_first=True)
    parts = (ours.W_Q, ours.W_K, ours.W_V)
    with torch.no_grad():
        twin.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        twin.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
    twin.out_proj.load_state_dict(ours.W_O.state_dict())
    return ours, twin


@pytest.mark.parametrize("heads", [1, 2, 4])
@pytest.mark.parametrize("causal", [False, True])
def test_heads_are_torchs_own_to_1e_6(heads, causal):
    ours, twin = twins(16, heads)
    x = torch.randn(3, 6, 16)
    real = torch.arange(6) < torch.tensor([[6], [2], [4]])
    mask = real[:, None, None] & (causal_mask(6) if causal else torch.ones(6, 6).bool())
    context, weights = ours(x, x, mask)
    twins_context, twins_weights = twin(
        x,
        x,
        x,
        key_padding_mask=~real,
        attn_mask=~causal_mask(6) if causal else None,
        average_attn_weights=False,
    )
    assert (context - twins_context).abs().max() < 1e-6
    assert (weights - twins_weights).abs().max() < 1e-6


def test_a_row_of_nothing_but_padding_gives_no_nan_and_no_nan_gradient():
    model = Transformer(11, 13)
    source, mask = pad_batch([[5, 6], [7, 8]])
    mask[1] = False
    logits = model(source, mask, torch.randint(13, (2, 4)))
    logits.sum().backward()
    assert logits.isfinite().all()
    assert all(weights.grad.isfinite().all() for weights in model.parameters())


def test_padding_changes_nothing():
    model, rows = Transformer(11, 13), [[5, 6, 7], [8], [9, 10, 4, 4, 5]]
    target = torch.randint(13, (3, 4))
    together = model(*pad_batch(rows), target)
    alone = torch.cat([model(*pad_batch([r]), t[None]) for r, t in zip(rows, target, strict=True)])
    assert (together - alone).abs().max() < 1e-5


def test_the_future_does_not_move_the_past():
    model = Transformer(11, 13, layers=2)
    source, mask = pad_batch([[5, 6, 7]])
    target = torch.randint(13, (1, 8))
    before = model(source, mask, target)
    for t in range(1, 8):
        changed = target.clone()
        changed[0, t] = (target[0, t] + 1) % 13
        after = model(source, mask, changed)
        assert (after - before)[0, :t].abs().max() < 1e-6
        assert (after - before)[0, t].abs().max() > 1e-4


def test_single_steps_agree_with_reading_at_once():
    model = Transformer(11, 13, layers=2)
    source, mask = pad_batch([[5, 6, 7], [8]])
    target = torch.randint(13, (2, 5))
    logits = model(source, mask, target)
    maps = all_attention_weights(model, source, mask, target)
    state = model.start(source, mask)
    for t in range(5):
        new, weights, state = model.step(target[:, t], state)
        assert (new - logits[:, t]).abs().max() < 1e-5
        assert (weights - maps.cross[-1][:, :, t].mean(1)).abs().max() < 1e-6
        assert not weights[1, 1:].any()  # padding


def test_maps_have_one_tensor_for_each_layer_with_rows_that_sum_to_1():
    model = Transformer(11, 13, size=8, heads=2, layers=3)
    source, mask = pad_batch([[5, 6, 7], [8]])
    maps = all_attention_weights(model, source, mask, torch.full((2, 5), BOS_ID))
    for kind, shape in zip(maps, [(3, 3), (5, 5), (5, 3)], strict=True):
        assert len(kind) == 3
        for weights in kind:
            assert weights.shape == (2, 2, *shape)
            torch.testing.assert_close(weights.sum(-1), torch.ones(2, 2, shape[0]))


def test_positions_are_the_papers_and_all_different():
    found = transformer.positions(60, 64)
    for t, k in ((0, 0), (7, 0), (31, 9), (59, 31)):
        angle = torch.tensor(t / 10_000 ** (2 * k / 64))
        assert found[t, 2 * k] == pytest.approx(angle.sin().item(), abs=1e-5)
        assert found[t, 2 * k + 1] == pytest.approx(angle.cos().item(), abs=1e-5)
    assert torch.cdist(found, found).fill_diagonal_(1).min() > 0.1


def test_warm_up_climbs_then_falls():
    layer = nn.Linear(2, 2)
    optimizer = adam_with_warmup(layer, lr=0.1, steps=100)
    rates = []
    for _ in range(100):
        optimizer.zero_grad()
        layer(torch.ones(1, 2)).sum().backward()
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
    assert max(rates) == pytest.approx(0.1, rel=0.02)
    assert 5 <= rates.index(max(rates)) <= 15
    assert rates[0] < 0.01 > rates[-1]


# --- a decoder alone -----------------------------------------------------------------------------


@pytest.mark.parametrize("layers", [1, 3])
def test_reading_one_by_one_with_caches_gives_the_logits_of_the_whole_text(layers):
    torch.manual_seed(0)
    model = transformer.CausalLanguageModel(11, size=16, heads=4, layers=layers)
    ids = torch.randint(11, (3, 9))
    whole, maps = model(ids)
    assert [tuple(weights.shape) for weights in maps] == [(3, 4, 9, 9)] * layers
    caches, rows = [None] * layers, []
    for t in range(9):
        logits, caches = transformer.read_one(model, ids[:, t : t + 1], caches)
        rows.append(logits)
        assert all(keys.shape == values.shape == (3, 4, t + 1, 4) for keys, values in caches)
    torch.testing.assert_close(torch.stack(rows, dim=1), whole)


def test_a_language_models_past_does_not_move():
    torch.manual_seed(0)
    model = transformer.CausalLanguageModel(11, size=16, layers=2)
    ids = torch.randint(11, (1, 8))
    other = ids.clone()
    other[0, 5] = (ids[0, 5] + 1) % 11
    moved = (model(ids)[0] - model(other)[0])[0].abs().amax(-1) > 1e-6
    assert moved.tolist() == [False] * 5 + [True] * 3
