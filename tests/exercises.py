"""Exercises as a student meets them: taken out of a lesson's source, solved or as the stub."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from helpers.words import BOS_ID, EOS_ID

SOURCES = Path(__file__).parent.parent / "notebooks/source"


def exercise(lesson: str, name: str, solved: bool) -> object:
    """A function as the lesson's source defines it: the solution, or the stub that students get."""
    text = (SOURCES / lesson).read_text("utf-8").split(f"def {name}(", 1)[1].split("```", 1)[0]
    head, solution = text.split("    ### BEGIN SOLUTION\n")
    stub = "    raise NotImplementedError\n"
    body = solution.split("    ### END SOLUTION")[0] if solved else stub
    return define(f"def {name}({head}{body}", name)


def define(code: str, name: str):
    """What `code` calls `name`, run as a student's cell would be."""
    namespace = {"torch": torch, "np": np, "nn": torch.nn, "BOS_ID": BOS_ID, "EOS_ID": EOS_ID}
    exec(compile(code, "<student>", "exec"), namespace)
    return namespace[name]
