"""The cases of every check bite: each size and number takes two values, and no constant passes."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
import torch

from helpers import checks
from tools.exercises import EXERCISES, define, exercise

NAMES = [name for _, name, _ in EXERCISES]
CHECK = {name: check for _, name, check in EXERCISES}


def roles(args: tuple[Any, ...]) -> dict[tuple[Any, ...], Any]:
    """Every size and number of a case by its role: argument, kind, and which dimension."""
    found: dict[tuple[Any, ...], Any] = {}
    for place, value in enumerate(args):
        if isinstance(value, torch.Tensor):
            for back, size in enumerate(reversed(value.shape), start=1):
                found[place, "size", -back] = size
        elif isinstance(value, list | dict):
            found[place, "length"] = len(value)
        elif isinstance(value, int | float):
            found[place, "number"] = value
    return found


def cases_of(name: str, number: str, check: Callable[[Any], Any]) -> list[dict[tuple, Any]]:
    solution, seen = exercise(number, name, solved=True), []

    def student(*args: Any) -> Any:
        seen.append(roles(args))
        return solution(*args)

    assert check(student).status == "right"
    return seen


@pytest.mark.parametrize(("number", "name", "check"), EXERCISES, ids=NAMES)
def test_every_size_and_number_takes_two_values(
    number: str, name: str, check: Callable[[Any], Any]
) -> None:
    values: dict[tuple[Any, ...], set[Any]] = defaultdict(set)
    for case in cases_of(name, number, check):
        for role, value in case.items():
            values[role].add(value)
    fixed = {role: found for role, found in values.items() if len(found) < 2}
    # Attention has one case with two batch dimensions: that it may have them is the point. The
    # newest place of a cache is one by definition.
    one = {role for role in fixed if meant(name).get(role) == "1"}
    assert not {role for role in set(fixed) - one if role[-1] != -4}, fixed


# The sizes that are one by definition, written as the lessons do; all others must come apart.
SHAPES = {
    "rnn_step": ["B E", "B H", "H E", "H H", "H"],
    "perplexity": ["B T V", "B T", "B T"],
    "last_valid_state": ["B S H", "B S"],
    "decoder_step": ["", "B", "B H"],
    "reverse_source": ["B S", "B S"],
    "one_term": ["H", "H H", "H", "H"],
    "lstm_cell": ["B E", "B H", "B H", "4H E", "4H H", "4H"],
    "set_forget_bias": ["4H", "4H"],
    "context_of": ["B S", "B S H"],
    "masked_softmax": ["B S", "B S"],
    "additive_scores": ["B H", "B S H", "A H", "A H", "A"],
    "hide": ["B S", "B"],
    "attention": ["B T d", "B S d", "B S d_v", "T S"],
    "is_equivariant": ["", "B N E", "N"],
    "cached_attention": ["B h 1 d", "B h 1 d", "B h 1 d"],
    "sampled_variance": ["N d", "N d"],
}


def meant(name: str) -> dict[tuple[Any, ...], str]:
    """The letter of each size of an exercise's arguments."""
    return {
        (place, "size", -back): letter
        for place, shape in enumerate(SHAPES.get(name, []))
        for back, letter in enumerate(reversed(shape.split()), start=1)
    }


@pytest.mark.parametrize(("number", "name", "check"), EXERCISES, ids=NAMES)
def test_no_two_sizes_agree_by_accident_in_every_case(
    number: str, name: str, check: Callable[[Any], Any]
) -> None:
    cases = cases_of(name, number, check)
    sizes = sorted({role for case in cases for role in case})
    agreeing = {
        frozenset((a, b))
        for a in sizes
        for b in sizes
        if a < b
        and len(both := [case for case in cases if a in case and b in case]) > 1
        and all(case[a] == case[b] for case in both)
    }
    same = meant(name)
    assert agreeing == {
        frozenset((a, b)) for a in same for b in same if a < b and same[a] == same[b]
    }


# Wrong answers that pass where all cases share a hidden constant.
WRONG = [
    ("encode", "sentence, id_of",
     "ids = [0] * len(sentence)\n    for t in sentence:\n"
     "        ids[sentence.index(t)] = id_of.get(t, id_of['<unk>'])\n"
     "    return [id_of['<bos>'], *ids, id_of['<eos>']]", "first difference is at [3]"),
    ("decode", "ids, tokens",
     "skip = ('<pad>', '<bos>', '<eos>')\n"
     "    return [tokens[i] for n, i in enumerate(ids) if ids.index(i) == n"
     " and tokens[i] not in skip]", "expected"),
    ("generate", "next_id, ids, limit",
     "ids = list(ids)\n    while ids[-1] != EOS_ID and len(ids) < limit:\n"
     "        if next_id(ids) == EOS_ID:\n            ids.append(EOS_ID)\n"
     "        else:\n            ids.append(next_id(ids))\n    return ids", "called twice"),
    ("generate", "next_id, ids, limit",
     "ids = list(ids)\n    while ids[-1] != EOS_ID and len(ids) < limit:\n"
     "        print(next_id(ids), end='')\n        ids.append(next_id(ids))\n    return ids",
     "called twice a step"),
    ("clip_by_norm", "gs, m",
     "n = torch.cat([g.flatten() for g in gs]).norm()\n"
     "    return [g * m / n if n > 1 else g for g in gs]", "Compare it with max_norm"),
    ("masked_softmax", "scores, mask",
     "w = scores.softmax(-1) * mask\n    return w / w.sum(-1, keepdim=True).clamp(min=1e-9)",
     "nothing is left of the real words"),
    ("attention", "q, k, v, mask=None",
     "s = q @ k.mT / 2\n    s = s if mask is None else s.masked_fill(~mask, -torch.inf)\n"
     "    w = s.softmax(-1).nan_to_num(0)\n    return w @ v, w", "only where d = 4"),
    ("attention", "q, k, v, mask=None",
     "s = q @ k.mT / (q.shape[-1] / 2)\n"
     "    s = s if mask is None else s.masked_fill(~mask, -torch.inf)\n"
     "    w = s.softmax(-1).nan_to_num(0)\n    return w @ v, w", "d / 2"),
    ("is_equivariant", "layer, x, order",
     "return torch.allclose(layer(x[:, order]), layer(x)[:, order], atol=0.1)", "than 1e-4"),
    ("is_equivariant", "layer, x, order",
     "return torch.allclose(layer(x[:, order])[0], layer(x)[0, order], atol=1e-4)",
     "only at one sentence"),
    ("is_equivariant", "layer, x, order",
     "return torch.allclose(layer(x.flip(1)), layer(x).flip(1), atol=1e-4)", "one given, `order`"),
    ("is_equivariant", "layer, x, order",
     "o = torch.randperm(x.shape[1])\n"
     "    return torch.allclose(layer(x[:, o]), layer(x)[:, o], atol=1e-4)", "expected True"),
    ("leaks", "layer, x, t",
     "y = x.clone()\n    y[:, t:] += 5\n"
     "    return not torch.allclose(layer(x)[:, :t], layer(y)[:, :t], atol=0.1)", "than 1e-4"),
    ("leaks", "layer, x, t",
     "y = x.clone()\n    y[:, t:] += 5\n"
     "    return not torch.allclose(layer(x)[0, :t], layer(y)[0, :t], atol=1e-4)",
     "only at one sentence"),
    ("leaks", "layer, x, t",
     "y = x.clone()\n    y[:, t:] += 5\n"
     "    return not torch.allclose(layer(x)[:, t - 1], layer(y)[:, t - 1], atol=1e-4)",
     "just before t"),
    ("leaks", "layer, x, t",
     "y = x.clone()\n    y[:, t] = 7.0\n"
     "    return not torch.allclose(layer(x)[:, :t], layer(y)[:, :t], atol=1e-4)",
     "place t alone"),
    ("leaks", "layer, x, t",
     "y = x.clone()\n    y[:, t:] += 5\n"
     "    a, b = layer(x)[:, :t].mean(1), layer(y)[:, :t].mean(1)\n"
     "    return bool((a - b).abs().max() > 1e-4)", "a leak that comes and goes"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "head", "body", "phrase"), WRONG)
def test_no_hidden_constant_passes(name: str, head: str, body: str, phrase: str) -> None:
    torch.manual_seed(0)  # one of them shuffles at random
    verdict = CHECK[name](define(f"def {name}({head}):\n    {body}\n", name))
    assert verdict.status == "not yet"
    assert phrase in verdict.message


def test_a_ban_counts_calls_not_names() -> None:
    body = """
    cross_entropy = -logits.log_softmax(-1).gather(-1, targets[..., None])[..., 0]
    return cross_entropy[mask].mean().exp()"""
    student = define(f"def perplexity(logits, targets, mask):{body}\n", "perplexity")
    assert checks.check_perplexity(student).status == "right"
    hidden = """
    from torch.nn.functional import cross_entropy as other
    return (lambda z, y: other(z, y).exp())(logits[mask], targets[mask])"""
    student = define(f"def perplexity(logits, targets, mask):{hidden}\n", "perplexity")
    assert "without PyTorch's loss" in checks.check_perplexity(student).message
    module = "return torch.nn.CrossEntropyLoss()(logits[mask], targets[mask]).exp()"
    student = define(f"def perplexity(logits, targets, mask):\n    {module}\n", "perplexity")
    assert "without PyTorch's loss" in checks.check_perplexity(student).message
