"""`fit`: train a model, watch the loss fall, stop when you like."""

import time
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from helpers.words import TranslationBatch

REDRAW = 0.25  # seconds between two pictures of the loss


@dataclass
class History:
    """What happened in `fit`: loss and gradient norm of each step, and how it ended."""

    losses: list[float] = field(default_factory=list)
    grad_norms: list[float] = field(default_factory=list)
    epochs: int = 0  # finished ones
    seconds: float = 0.0
    interrupted: bool = False

    def __repr__(self) -> str:
        end = "stopped by you" if self.interrupted else "finished"
        return f"History({self.epochs} epochs, {len(self.losses)} steps, {end})"


def fit(
    model: nn.Module,
    batches: Sequence[Any] | Callable[[int], Sequence[Any]],
    loss_of: Callable[[Any, Any], Tensor],
    *,
    epochs: int,
    lr: float = 2e-3,
    clip: float | None = 1.0,
    optimizer: torch.optim.Optimizer | None = None,
    title: str = "Training",
    quiet: bool = False,
) -> History:
    """Train a model with Adam and a live picture of its loss.

    batches: the batches of one epoch, or a function from the epoch's number to them (to shuffle).
    loss_of: `loss_of(model, batch)`, the mean loss as a scalar tensor.
    clip: the largest allowed norm of the whole gradient; None to leave it as it is.
    An interrupt (the ■ button) ends training and keeps what the model has learned so far; running
    the cell again goes on from there. Raises FloatingPointError when the loss is no longer a finite
    number, after restoring the weights of the last finished epoch.
    """
    optimizer = optimizer or torch.optim.Adam(model.parameters(), lr=lr, fused=True)
    of_epoch = batches if callable(batches) else lambda _: batches
    history, good = History(), deepcopy(model.state_dict())
    steps = epochs * len(of_epoch(0))
    if steps == 0:
        raise ValueError(f"nothing to train on: {epochs} epochs of {len(of_epoch(0))} batches")
    was_training, start = model.training, time.perf_counter()
    model.train()
    watch = _watch(title, steps, epochs, quiet)
    try:
        for epoch in range(epochs):
            for batch in of_epoch(epoch):
                _step(model, optimizer, loss_of(model, batch), clip, history, epoch)
                watch(history)
            history.epochs, good = epoch + 1, deepcopy(model.state_dict())
    except KeyboardInterrupt:
        history.interrupted = True
        print(
            f"Stopped after {history.epochs} of {epochs} epochs. The model keeps what it has "
            "learned: go on with the next cell, or run this one again for the whole training."
        )
    except FloatingPointError:
        model.load_state_dict(good)
        raise
    finally:
        history.seconds = time.perf_counter() - start
        model.train(was_training)
        watch(history, last=True)
    return history


def adam_with_warmup(
    model: nn.Module, lr: float, steps: int, warmup_fraction: float = 0.1
) -> torch.optim.Adam:
    """Adam whose step size climbs to lr over a fraction of the steps and then falls to nearly 0.

    For `training.fit(..., optimizer=...)`; it serves exactly `steps` steps.
    """
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, betas=(0.9, 0.98), fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, lr, total_steps=steps + 1, pct_start=warmup_fraction, cycle_momentum=False
    )
    optimizer.register_step_post_hook(lambda *_: schedule.step())
    return optimizer


def translation_loss(model: nn.Module, batch: TranslationBatch) -> Tensor:
    """Mean cross-entropy of each target token, given the source and the tokens before it.

    Teacher forcing: the decoder reads the true tokens and predicts each next one (lesson 3).
    """
    logits = model(batch.source, batch.source_mask, batch.target[:, :-1])  # (B, T-1, V)
    real = batch.target_mask[:, 1:]
    return nn.functional.cross_entropy(logits[real], batch.target[:, 1:][real])


def _step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    loss: Tensor,
    clip: float | None,
    history: History,
    epoch: int,
) -> None:
    optimizer.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), clip or float("inf"))
    if not (torch.isfinite(loss) and torch.isfinite(norm)):
        raise FloatingPointError(
            f"The loss is {loss.item():.3g} and the gradient norm {norm.item():.3g} in epoch "
            f"{epoch + 1}, step {len(history.losses) + 1} (learning rate "
            f"{optimizer.param_groups[0]['lr']:g}, clip = {clip}). The weights of the last "
            "finished epoch are back in place. Remedies: a smaller learning rate, smaller initial "
            "weights, inputs without nan or inf. `clip=1.0` prevents the long steps that lead "
            "here; it cannot repair a loss that is no number."
        )
    optimizer.step()
    history.losses.append(loss.item())
    history.grad_norms.append(norm.item())


def smooth(values: Sequence[float], keep: float = 0.9) -> list[float]:
    """Exponential moving average, corrected for its start as in Adam (Kingma & Ba 2015)."""
    average, out = 0.0, []
    for step, value in enumerate(values, start=1):
        average = keep * average + (1 - keep) * value
        out.append(average / (1 - keep**step))
    return out


def _in_notebook() -> bool:
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return False
    return getattr(get_ipython(), "kernel", None) is not None


def _watch(title: str, steps: int, epochs: int, quiet: bool) -> Callable[..., None]:
    """What shows progress: a picture in a notebook, tqdm's bar in a terminal, nothing if quiet."""
    if quiet:
        return lambda history, last=False: None
    if _in_notebook():
        return _picture(title, steps, epochs)
    bar = tqdm(total=steps, desc=title)

    def advance(history: History, last: bool = False) -> None:
        bar.update(len(history.losses) - bar.n)
        if history.losses:
            bar.set_postfix(loss=f"{history.losses[-1]:.3f}", refresh=False)
        if last:
            bar.close()

    return advance


def _picture(title: str, steps: int, epochs: int) -> Callable[..., None]:
    """A live figure: loss by step, its moving average, and a progress bar along the top."""
    from IPython.display import display

    from helpers.figures import BLUE, ORANGE, SILVER, figure
    from helpers.views.canvas import Canvas

    fig = figure(8, 2.9)
    ax = fig.subplots()
    (raw,) = ax.plot([], [], color=SILVER, lw=1)
    (mean,) = ax.plot([], [], color=BLUE)
    (done,) = ax.plot([], [], color=ORANGE, lw=5, transform=ax.get_xaxis_transform(), clip_on=False)
    head = ax.set_title(f"{title}: starting")
    ax.set(xlim=(0, steps), ylim=(0, 1), xlabel="training step", ylabel="loss")
    ax.grid(axis="y")
    canvas = Canvas(fig)
    display(canvas)
    shown, top, start = 0.0, 0.0, time.perf_counter()

    def advance(history: History, last: bool = False) -> None:
        nonlocal shown, top
        now, count = time.perf_counter(), len(history.losses)
        if not count or (now - shown < REDRAW and not last):
            return
        shown, average = now, smooth(history.losses)
        if max(average) > top:  # changes the axis, hence the whole picture: rarely
            top = 1.15 * max(average)
            ax.set_ylim(0, top)
        at = range(1, count + 1)
        raw.set_data(at, history.losses)
        mean.set_data(at, average)
        done.set_data([0, count], [1, 1])
        epoch = min(epochs, count * epochs // steps + 1)
        left = (now - start) / count * (steps - count)
        state = f"epoch {epoch} of {epochs}, about {left:.0f} s left"
        if last:
            ended = "stopped" if history.interrupted else "done"
            state = f"{history.epochs} of {epochs} epochs, {ended}"
        head.set_text(f"{title}: loss {average[-1]:.3f}, {state}")
        canvas.repaint()

    return advance
