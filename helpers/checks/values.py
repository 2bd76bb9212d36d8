"""What every check does with values: read them, compare them, and put them into words."""

import math
import reprlib
from typing import Any

import numpy as np
import torch
from torch import Tensor

from helpers.checks.limit import TimeLimit

_DESCRIBE_SECONDS = 1.0  # an object whose text takes longer is named by its type
_SHORT = reprlib.Repr()
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxset = _SHORT.maxfrozenset = _SHORT.maxdict = 40
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 200


def plain(value: Any) -> Any:
    """NumPy's scalars, and arrays and tensors without dimensions, as Python's own values."""
    if isinstance(value, np.generic | np.ndarray | Tensor) and not value.ndim:
        return value.detach().item() if isinstance(value, Tensor) else value.item()
    return value


def as_number(value: Any) -> float | None:
    """A real number in whatever form, or None: no text, no truth value, and not NaN."""
    value = plain(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return None
    return value


def as_whole(value: Any) -> int | None:
    """A whole number in whatever form, 12.0 among them, or None."""
    number = as_number(value)
    return int(number) if number is not None and float(number).is_integer() else None


def as_letter(value: Any) -> str:
    """A typed choice in lower case, without blanks, brackets or dots; "?" if it is no text."""
    text = plain(value)
    return text.strip(" \t\n()[]{}.,:;'\"`").lower() if isinstance(text, str) else "?"


def as_list(value: Any) -> Any:
    """An array or a tensor with one dimension as a list, so that a row counts like a tuple."""
    if isinstance(value, np.ndarray | Tensor) and value.ndim == 1:
        return value.tolist()
    return value


def describe(value: Any) -> str:
    """A value as a short phrase: its kind, and shape or content. Never raises, never hangs."""
    try:
        with TimeLimit(_DESCRIBE_SECONDS):
            return _described(value)
    except KeyboardInterrupt:
        raise
    except BaseException:  # the value's own `__repr__` may do anything
        return f"an object of type {type(value).__name__}"


def _described(value: Any) -> str:
    if isinstance(value, Tensor):
        kind = str(value.dtype).removeprefix("torch.")
        if value.layout != torch.strided:
            return f"a sparse tensor of shape {tuple(value.shape)} ({kind})"
        if value.numel() <= 6:
            numbers = value.detach().cpu()
            rounded = numbers.double().round(decimals=4) if numbers.is_floating_point() else numbers
            return f"a tensor of shape {tuple(value.shape)} ({kind}): {rounded.tolist()}"
        return f"a tensor of shape {tuple(value.shape)} ({kind})"
    if isinstance(value, np.ndarray):
        return f"a NumPy array of shape {value.shape}"
    if isinstance(value, float):
        return f"{float(value):.4g} (a float)"
    if isinstance(value, tuple | list) and any(isinstance(part, Tensor) for part in value):
        parts = [_described(part) for part in value[:4]] + ["…"] * (len(value) > 4)
        return f"a {type(value).__name__} of {len(value)}: {'; '.join(parts)}"
    text = _SHORT.repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _kind(tensor: Tensor) -> str:
    if tensor.dtype == torch.bool:
        return "bool"
    if tensor.is_complex():
        return "complex"
    return "float" if tensor.is_floating_point() else "int"


def _numbers(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().to(torch.complex128 if tensor.is_complex() else torch.float64)


def same(found: Any, expected: Any) -> bool:
    """Equal in kind and shape, and in value up to rounding (1e-4 relative, 1e-5 absolute).

    Kinds are truth values, whole numbers, other numbers, texts, tensors and rows of these. What
    holds a number does not count: NumPy's, a tensor without dimensions, float32, 12.0 for 12.
    """
    if isinstance(expected, Tensor) and expected.ndim:
        if not isinstance(found, Tensor) or found.shape != expected.shape:
            return False
        if found.layout != torch.strided or _kind(found) != _kind(expected):
            return False
        return torch.allclose(_numbers(found), _numbers(expected), 1e-4, 1e-5, equal_nan=True)
    if isinstance(expected, tuple | list):
        kind = isinstance(found, tuple | list) and len(found) == len(expected)
        return kind and all(same(a, b) for a, b in zip(found, expected, strict=True))
    expected = plain(expected)
    if isinstance(found, Tensor) and found.numel() == 1 and isinstance(expected, float):
        found = found.reshape(())
    found = plain(found)
    if isinstance(expected, bool):
        return isinstance(found, bool) and found == expected
    if isinstance(expected, int | float):
        if isinstance(found, bool) or not isinstance(found, int | float):
            return False
        if isinstance(expected, int):
            return found == expected
        both_nan = math.isnan(found) and math.isnan(expected)
        return both_nan or math.isclose(found, expected, rel_tol=1e-4, abs_tol=1e-5)
    return type(found) is type(expected) and found == expected


def remark(found: Any, expected: Any) -> str:
    """What to say of a right result in another form than the usual one; '' if there is nothing."""
    if isinstance(expected, tuple | list):
        parts = (remark(a, b) for a, b in zip(found, expected, strict=True))
        return next((part for part in parts if part), "")
    if isinstance(expected, Tensor):
        if not isinstance(found, Tensor):
            return (
                "You return a Python number. A tensor would keep its type and its gradient: leave "
                "out `.item()`."
            )
        if found.dtype != expected.dtype:
            given, wanted = (str(t.dtype).removeprefix("torch.") for t in (found, expected))
            return (
                f"Your result is {given}, the input {wanted}. Keep the input's type: "
                "`torch.zeros_like(x)` and `x.new_zeros(...)` do."
            )
    elif isinstance(expected, int) and isinstance(found, Tensor):
        return "A whole number is a tensor here: `.item()` takes it out."
    elif isinstance(expected, int) and isinstance(plain(found), float):
        return "A whole number is a float here: `int(...)` makes it a plain one."
    return ""


def difference(found: Any, expected: Any) -> str:
    """Where two results of the same kind and shape differ most, in a sentence; '' if they don't."""
    if isinstance(expected, Tensor):
        return _tensor_difference(found, expected)
    if isinstance(expected, list) and isinstance(found, list):
        if len(found) != len(expected):
            return f"Yours has {len(found)} entries, not {len(expected)}."
        for place, (a, b) in enumerate(zip(found, expected, strict=True)):
            if not same(a, b):
                wanted, given = describe(b), describe(a)
                return f"The first difference is at [{place}]: expected {wanted}, found {given}."
    found, expected = plain(found), plain(expected)
    numbers = all(isinstance(n, int | float) and not isinstance(n, bool) for n in (found, expected))
    if numbers and expected and math.isfinite(found):
        return f"Yours is {found / expected:.4g} times what it should be."
    return ""


def _tensor_difference(found: Any, expected: Tensor) -> str:
    if not isinstance(found, Tensor) or found.shape != expected.shape or not expected.numel():
        return ""
    if found.layout != torch.strided or _kind(found) != _kind(expected):
        return ""
    gap = (_numbers(found) - _numbers(expected)).abs()
    if gap.isnan().any():
        return "Your result holds NaN: is there a 0 / 0, or a log of 0?"
    place = tuple(int(n) for n in np.unravel_index(int(gap.argmax()), gap.shape))
    a, b = (plain(_numbers(tensor)[place]) for tensor in (found, expected))
    if _kind(expected) == "bool":
        count = f"{int((gap > 0).sum())} of {gap.numel()} differ, the first"
        return f"{count} at {list(place)}: expected {bool(b)}, found {bool(a)}."
    if _kind(expected) == "int":
        first = tuple(int(n) for n in gap.nonzero()[0]) if gap.any() else place
        a, b = (int(tensor[first]) for tensor in (found, expected))
        return f"The first difference is at {list(first)}: expected {b}, found {a}."
    at = f", at {list(place)}" if place else ""
    return f"The largest difference is {gap.max():.3g}{at}: expected {b:.4g}, found {a:.4g}."


def likeness(pairs: list[tuple[Any, Any]]) -> str:
    """What all pairs (found, expected) have in common, if it is one simple thing: the hint."""
    pairs = [(found, expected) for found, expected in pairs if isinstance(expected, Tensor)]
    if not pairs or not all(isinstance(found, Tensor) for found, _ in pairs):
        return ""
    tensors = [
        (_numbers(found), _numbers(expected))
        for found, expected in pairs
        if found.layout == torch.strided and _kind(found) == _kind(expected) == "float"
    ]
    if len(tensors) < len(pairs):
        return ""
    for holds, hint in _LIKENESSES:
        if all(holds(found, expected) for found, expected in tensors):
            return hint
    factors = [_factor(found, expected) for found, expected in tensors]
    if all(factor is not None for factor in factors):
        sizes = {round(float(factor or 0), 3) for factor in factors}
        if len(sizes) == 1:
            return f"Everything is {factors[0]:.4g} times what it should be."
        if all(expected.numel() > 1 for _, expected in tensors):
            return (
                "Everything is a constant times what it should be, from "
                f"{min(sizes):.4g} to {max(sizes):.4g} times in the cases tried."
            )
    return ""


def _close(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and torch.allclose(a, b, 1e-4, 1e-5)


def _factor(found: Tensor, expected: Tensor) -> float | None:
    """The number k for which found = k · expected, if there is one and it can be told."""
    if found.shape != expected.shape or not (expected.abs() > 1e-3).any():
        return None
    k = float((found * expected).sum() / expected.square().sum())
    enough = int((expected.abs() > 1e-3).sum()) > 1 or expected.numel() == 1
    return k if enough and abs(k) > 1e-3 and _close(found, k * expected) else None


def _permuted(found: Tensor, expected: Tensor) -> bool:
    if found.ndim < 1 or found.shape != expected.shape:
        return False
    rows, wanted = (sorted(t.flatten(1).tolist() if t.ndim > 1 else t.tolist())
                    for t in (found, expected))  # fmt: skip
    return bool(np.allclose(rows, wanted, 1e-4, 1e-5)) if found.numel() else False


_LIKENESSES = [
    (lambda f, e: _close(f, -e), "Everything has the wrong sign."),
    (lambda f, e: f.ndim > 1 and _close(f.mT, e),
     "Your result is transposed: its last two dimensions have changed places."),
    (lambda f, e: f.numel() == e.numel() and f.ndim > e.ndim and _close(f.reshape(e.shape), e),
     "The numbers are right, with a dimension too many: `squeeze(dim)` takes it out."),
    (lambda f, e: f.numel() == e.numel() and f.ndim < e.ndim and _close(f.reshape(e.shape), e),
     "The numbers are right, but a dimension is lost. A `squeeze()` without a number takes out "
     "every dimension of length 1, the batch of one, too."),
    (_permuted, "The rows are right, but in another order."),
    (lambda f, e: e.ndim > 0 and len(e) > 1 and f.shape == e[0].shape and _close(f, e[0]),
     "This is the first row only."),
    (lambda f, e: e.ndim > 0 and len(e) > 1 and f.shape == e.shape and _close(f[0], e[0]),
     "Only the first row is right."),
]  # fmt: skip
