"""Exercises as a student meets them, and a student's own code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from helpers import checks
from helpers.checks.engine import Verdict
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


def assert_rejected(verdict: Verdict, phrase: str) -> None:
    """The answer is wrong, and what the check says of it holds a phrase."""
    assert verdict.status == "not yet", verdict
    assert phrase in verdict.message, verdict.message


def catalogue(heads: Mapping[str, str], *answers: Sequence[tuple[str, str]]) -> list[Any]:
    """Wrong answers as parameters of a test: name, function, phrase of the hint.

    heads: the arguments of each function by its name; answers: for each of them, in this order,
    bodies as a student would write them, with a phrase of the hint.
    """
    return [
        pytest.param(name, define(f"def {name}({head}):\n    {body}\n", name), phrase,
                     id=f"{name}-{number}")
        for (name, head), rows in zip(heads.items(), answers, strict=True)
        for number, (body, phrase) in enumerate(rows, start=1)
    ]  # fmt: skip


# Each exercise that asks for a function: lesson, name, and how its check is called.
EXERCISES: list[tuple[str, str, Callable[[Any], Verdict]]] = [
    ("01", "best_share", checks.check_best_share),
    ("01", "encode", lambda f: checks.check_encode_decode(f, exercise("01", "decode", True))),
    ("01", "decode", lambda f: checks.check_encode_decode(exercise("01", "encode", True), f)),
    ("01", "padding_mask", checks.check_padding_mask),
    ("02", "rnn_step", checks.check_rnn_step),
    ("02", "perplexity", checks.check_perplexity),
    ("02", "generate", checks.check_stop),
    ("02", "sample_token", checks.check_sample),
    ("03", "last_valid_state", checks.check_last_valid_state),
    ("03", "decoder_step", checks.check_decoder_step),
    ("03", "greedy", checks.check_greedy),
    ("03", "write_on", checks.check_write_on),
    ("03", "reverse_source", checks.check_reverse_source),
    ("04", "one_term", checks.check_one_term),
    ("04", "clip_by_norm", checks.check_clip_by_norm),
    ("05", "lstm_cell", checks.check_lstm_cell),
    ("05", "gates_for", checks.check_gates_for),
    ("05", "gradient_product", checks.check_gradient_product),
    ("05", "set_forget_bias", checks.check_forget_bias),
    ("06", "context_of", checks.check_context),
    ("06", "masked_softmax", checks.check_masked_softmax),
    ("06", "additive_scores", checks.check_additive_scores),
    ("06", "hide", checks.check_hide),
    ("07", "attention", checks.check_attention),
    ("07", "causal_mask", checks.check_causal_mask),
    ("07", "is_equivariant", checks.check_equivariance),
    ("07", "leaks", checks.check_leak),
    ("07", "look_back", checks.check_look_back),
    ("08", "switch_off", checks.check_switch_off),
    ("08", "cached_attention", checks.check_cached_attention),
    ("09", "sampled_variance", lambda f: checks.check_dot_variance(576, f)),
    ("09", "break_the_scale", checks.check_break),
    ("09", "uniform_divisor", checks.check_uniform_scale),
    ("09", "row_entropy", checks.check_entropy),
    ("09", "jacobian_norm", checks.check_jacobian_norm),
]
