"""Exercises as a student meets them, and a student's own code."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from helpers.words import BOS_ID, EOS_ID
from notebooks.lessons import lesson


def exercise(number: str, name: str, solved: bool) -> Any:
    """What a lesson's exercise calls `name`: the solution, or the stub that students get."""
    return lesson(number).define(name, solved=solved)[name]


def define(code: str, name: str) -> Any:
    """What `code` calls `name`, run as a student's cell would be."""
    namespace = {"torch": torch, "np": np, "nn": torch.nn, "BOS_ID": BOS_ID, "EOS_ID": EOS_ID}
    exec(compile(code, "<student>", "exec"), namespace)
    return namespace[name]
