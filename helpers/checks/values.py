"""Two things that every check does with values: compare them, and put them into words."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor


def describe(value: Any) -> str:
    """A value as a short phrase: its kind, and shape or content."""
    if isinstance(value, Tensor):
        kind = str(value.dtype).removeprefix("torch.")
        if value.numel() <= 6:
            plain = value.detach().cpu()
            rounded = plain.double().round(decimals=4) if plain.is_floating_point() else plain
            return f"a tensor of shape {tuple(value.shape)} ({kind}): {rounded.tolist()}"
        return f"a tensor of shape {tuple(value.shape)} ({kind})"
    if isinstance(value, np.ndarray):
        return f"a NumPy array of shape {value.shape}"
    if isinstance(value, float):
        return f"{value:.4g} (a float)"
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def same(found: Any, expected: Any) -> bool:
    """Equal in kind and shape, and in value up to rounding (1e-4 relative, 1e-5 absolute)."""
    if isinstance(expected, Tensor):
        if not isinstance(found, Tensor) or found.shape != expected.shape:
            return False
        a, b = (tensor.detach().cpu().double() for tensor in (found, expected))
        close = torch.allclose(a, b, 1e-4, 1e-5, equal_nan=True)
        return found.is_floating_point() == expected.is_floating_point() and close
    if isinstance(expected, tuple | list):
        kind = isinstance(found, tuple | list) and len(found) == len(expected)
        return kind and all(same(a, b) for a, b in zip(found, expected, strict=True))
    if isinstance(expected, float) and isinstance(found, int | float | np.number | Tensor):
        if isinstance(found, Tensor) and found.numel() != 1:
            return False
        both_nan = math.isnan(found) and math.isnan(expected)
        return both_nan or math.isclose(float(found), expected, rel_tol=1e-4, abs_tol=1e-5)
    if isinstance(expected, int) and isinstance(found, int | np.integer):
        return int(found) == expected
    return type(found) is type(expected) and found == expected
