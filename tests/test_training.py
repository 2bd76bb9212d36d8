"""`fit`: it learns, it can be stopped, and it says what is wrong."""

import re

import pytest
import torch
from torch import nn

from helpers.training import fit, smooth

X = torch.linspace(-1, 1, 32)[:, None]
BATCHES = [(X, 3 * X + 1)] * 20


def mse(model, batch):
    return (model(batch[0]) - batch[1]).square().mean()


def test_fit_learns_and_remembers_every_step():
    torch.manual_seed(0)
    model = nn.Linear(1, 1)
    history = fit(model, BATCHES, mse, epochs=10, lr=0.1, quiet=True)
    assert mse(model, BATCHES[0]).item() < 1e-2 < history.losses[0]
    assert len(history.losses) == len(history.grad_norms) == 200
    assert repr(history) == "History(10 epochs, 200 steps, finished)"


def test_batches_may_be_made_for_each_epoch():
    seen = []
    fit(nn.Linear(1, 1), lambda e: seen.append(e) or BATCHES[:1], mse, epochs=3, quiet=True)
    assert seen[-3:] == [0, 1, 2]


def test_an_interrupt_keeps_the_model(capsys):
    model, calls = nn.Linear(1, 1), []

    def stop_at_5(model, batch):
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return mse(model, batch)

    start = model.weight.item()
    history = fit(model, BATCHES, stop_at_5, epochs=2, quiet=True)
    assert history.interrupted
    assert len(history.losses) == 4
    assert model.weight.item() != start
    assert model.training
    assert "keeps what it has learned" in capsys.readouterr().out


def test_nan_stops_with_advice_and_the_last_good_weights():
    model, calls = nn.Linear(1, 1), []

    def break_in_epoch_2(model, batch):
        calls.append(model.weight.item())
        return mse(model, batch) * (float("nan") if len(calls) == 25 else 1)

    with pytest.raises(FloatingPointError, match=re.escape("epoch 2, step 25")) as caught:
        fit(model, BATCHES, break_in_epoch_2, epochs=3, quiet=True)
    assert "smaller learning rate" in str(caught.value)
    assert model.weight.item() == calls[20]  # as the first epoch of 20 steps left it


def test_nothing_to_train_on_is_said():
    with pytest.raises(ValueError, match="0 epochs of 20 batches"):
        fit(nn.Linear(1, 1), BATCHES, mse, epochs=0)


def test_clipping_limits_the_step():
    torch.manual_seed(0)
    free, held = nn.Linear(1, 1), nn.Linear(1, 1)
    held.load_state_dict(free.state_dict())
    for model, clip in ((free, None), (held, 0.01)):
        sgd = torch.optim.SGD(model.parameters(), lr=1.0)
        fit(model, BATCHES[:1], mse, epochs=1, clip=clip, optimizer=sgd, quiet=True)
    start = nn.Linear(1, 1)
    torch.manual_seed(0)
    start = nn.Linear(1, 1)
    moved = [
        torch.cat(
            [(a - b).flatten() for a, b in zip(m.parameters(), start.parameters(), strict=True)]
        )
        for m in (free, held)
    ]
    assert moved[1].norm().item() == pytest.approx(0.01, rel=1e-3)
    assert moved[0].norm() > 0.1


def test_smooth_starts_at_the_first_value():
    assert smooth([2.0])[0] == pytest.approx(2.0)
    assert smooth([1.0] * 5)[-1] == pytest.approx(1.0)
