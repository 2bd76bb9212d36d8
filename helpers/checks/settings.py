"""What a student's code can change for the whole notebook, and how a check puts it back."""

import inspect
import math
import os
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import numpy as np
import torch


class Setting(NamedTuple):
    """Something that holds for the whole notebook, and its name in words."""

    name: str
    read: Callable[[], Any]
    write: Callable[[Any], None]


def _folder() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:  # it was deleted
        return ""


def _set_folder(path: str) -> None:
    with suppress(OSError):
        os.chdir(path)


def _set_device(device: torch.device) -> None:
    torch.set_default_device(None if device.type == "cpu" else device)


def _set_gradients(on: bool) -> None:
    torch.set_grad_enabled(on)


def _torch_printing() -> dict[str, Any]:
    return dict(vars(torch._tensor_str.PRINT_OPTS))


def _set_streams(streams: tuple[Any, Any]) -> None:
    sys.stdout, sys.stderr = streams


SETTINGS = [
    Setting("PyTorch's default type", torch.get_default_dtype, torch.set_default_dtype),
    Setting("PyTorch's default device", torch.get_default_device, _set_device),
    Setting("whether gradients are computed", torch.is_grad_enabled, _set_gradients),
    Setting("PyTorch's deterministic mode", torch.are_deterministic_algorithms_enabled,
            torch.use_deterministic_algorithms),
    Setting("the working directory", _folder, _set_folder),
    Setting("how tensors are printed", _torch_printing, lambda o: torch.set_printoptions(**o)),
    Setting("how arrays are printed", np.get_printoptions, lambda o: np.set_printoptions(**o)),
    Setting("where output goes", lambda: (sys.stdout, sys.stderr), _set_streams),
]  # fmt: skip

# Names that a student may overwrite by accident, as in `torch.tanh = ...`: as they were at first.
_PLACES = {
    "torch": torch,
    "torch.Tensor": torch.Tensor,
    "torch.nn.functional": torch.nn.functional,
    "torch.linalg": torch.linalg,
    "torch.special": torch.special,
    "torch.nn": torch.nn,
    "math": math,
    "np": np,
}
_AT_FIRST = {name: dict(vars(place)) for name, place in _PLACES.items()}


def same_function(now: Any, first: Any) -> bool:
    """Whether a name still means what it meant, as it is or wrapped.

    PyTorch wraps functions of its own, `torch.manual_seed` when the first optimizer is made.
    """
    return now is first or (callable(now) and inspect.unwrap(now) is first)


def restore_names() -> list[str]:
    """Put back the functions of PyTorch, NumPy and math that were overwritten; return their names.

    A name that is new in a module may be one that the library loads late, and stays.
    """
    found = []
    for name, place in _PLACES.items():
        first = _AT_FIRST[name]
        now = dict(vars(place))
        for key, value in first.items():
            if key.startswith("_") or not callable(value) or same_function(now.get(key), value):
                continue
            setattr(place, key, value)
            found.append(f"`{name}.{key}`")
        if isinstance(place, type):  # a method that hides an inherited one
            for key in [key for key in now if key not in first and hasattr(place.__base__, key)]:
                delattr(place, key)
                found.append(f"`{name}.{key}`")
    return found


@contextmanager
def put_back(changed: list[str]) -> Iterator[None]:
    """Undo what the block changes for the whole notebook, and add it to `changed`, in words.

    Random numbers go on as if the block had drawn none; nobody need hear of that.
    """
    before = [setting.read() for setting in SETTINGS]
    seeds = torch.get_rng_state(), np.random.get_state(), random.getstate()
    try:
        yield
    finally:
        for setting, value in zip(SETTINGS, before, strict=True):
            if setting.read() != value:
                setting.write(value)
                changed.append(setting.name)
        changed += restore_names()
        torch.set_rng_state(seeds[0])
        np.random.set_state(seeds[1])
        random.setstate(seeds[2])


@contextmanager
def usual_settings(notes: list[str]) -> Iterator[None]:
    """Run the block as in a fresh notebook; `notes` says what was otherwise and how to undo it."""
    for name in restore_names():
        notes.append(f"{name} was overwritten in this notebook. It is the library's own again.")
    dtype, device, grad = (setting.read() for setting in SETTINGS[:3])
    if not grad:
        notes.append(
            "Gradients are switched off in this whole notebook. `torch.set_grad_enabled(True)` "
            "switches them on again."
        )
    if dtype != torch.float32:
        notes.append(
            f"New tensors are {str(dtype).removeprefix('torch.')} in this whole notebook. "
            "`torch.set_default_dtype(torch.float32)` makes them as usual."
        )
    if device.type != "cpu":
        notes.append(
            f"New tensors are made on the device {device} in this whole notebook. "
            "`torch.set_default_device(None)` makes them as usual."
        )
    torch.set_default_dtype(torch.float32)
    if device.type != "cpu":
        torch.set_default_device(None)
    try:
        with torch.enable_grad():
            yield
    finally:
        torch.set_default_dtype(dtype)
        if device.type != "cpu":
            torch.set_default_device(device)
