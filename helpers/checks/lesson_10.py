"""Checks of lesson 10: an ablation, predicted and run, and the quiz over the whole course."""

import functools
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from helpers.checks.engine import (
    Case,
    NotStarted,
    Problem,
    Verdict,
    call,
    checked,
    number_of,
    right,
    settle,
)
from helpers.checks.values import as_letter, as_list, describe, same
from helpers.decoding import translate_pairs
from helpers.labs.race import load_models
from helpers.taught.encoder_decoder import LSTMSeq2Seq
from helpers.words import Vocabulary, read_pairs

# Question -> the right letter, and a hint for each wrong one.
QUIZ: dict[int, tuple[str, dict[str, str]]] = {
    1: (
        "b",
        {
            "a": "Room is not the point: 16,000 different clauses are only 14 bits. Ask what "
            "training has to learn.",
            "c": "The decoder stops by itself, at <eos>. Lesson 2 showed it.",
            "d": "The vocabulary has the same size for short and long sentences.",
        },
    ),
    2: (
        "c",
        {
            "a": "Lesson 4 measured it: the whole gradient was large, only its far terms were "
            "small.",
            "b": "That is the exploding gradient, a product of factors above 1.",
            "d": "Clipping shortens long gradients. It cannot lengthen short ones.",
        },
    ),
    3: (
        "a",
        {
            "b": "The output gate decides what is shown in h. What decides how much is kept?",
            "c": "The input gate decides how much is written. What decides how much is kept?",
            "d": "Lesson 5 tried it: with PyTorch's own bias the gradient vanishes as in the RNN.",
        },
    ),
    4: (
        "d",
        {
            "a": "Set to zero after the softmax, padding has taken its share already.",
            "b": "A score of 0 becomes exp(0) = 1, a large weight.",
            "c": "That gives every word the same weight. Attention needs weights of its own.",
        },
    ),
    5: (
        "d",
        {
            "a": "A weight tells where the model reads, not what that does to the output. "
            "Lesson 6 changed weights to find out.",
            "b": "Agreement with known links is not a cause.",
            "c": "Lesson 6 set all weights equal, and most translations broke: they do matter.",
        },
    ),
    6: (
        "c",
        {
            "a": "Attention has no recurrence; nothing fades from step to step.",
            "b": "The mask hides places. It does not number them.",
            "d": "That is what √d is for, lesson 9's subject.",
        },
    ),
    7: (
        "c",
        {
            "a": "The variance grows like d. The scores themselves grow like its root.",
            "b": "The mean of q·k is 0 at any d. What grows?",
            "d": "The number of keys plays no part: the sum runs over the d components.",
        },
    ),
    8: (
        "a",
        {
            "b": "The encoder reads all words at once.",
            "c": "The scores of one layer are one matrix product.",
            "d": "Training sees the whole target at once, so its steps need not wait.",
        },
    ),
}


@checked
def check_quiz(*answers: Any) -> Verdict:
    """Exercise 10.2: one letter from 'a' to 'd' for each of the eight questions."""

    def check() -> None:
        if len(answers) != len(QUIZ):
            raise Problem(f"Expected {len(QUIZ)} answers, found {len(answers)}.")
        open_ones, wrong = [], []
        for (number, (letter, hints)), answer in zip(QUIZ.items(), answers, strict=True):
            if answer is Ellipsis or answer is None:
                open_ones.append(str(number))
                continue
            given = as_letter(answer)
            if given not in hints | {letter: ""}:
                raise Problem(
                    f"Question {number}: expected one letter from 'a' to 'd' in quotes, found "
                    f"{describe(answer)}."
                )
            if given != letter:
                wrong.append(f"Question {number}: {hints[given]}")
        right = len(QUIZ) - len(wrong) - len(open_ones)
        if wrong or open_ones:
            left = [f"Still open: {', '.join(open_ones)}."] if open_ones else []
            raise Problem("\n".join([f"{right} of {len(QUIZ)} right.", *wrong, *left]))

    return settle(
        check,
        _first_given(answers),
        "Eight of eight. You can tell what each of the four models can do, what it costs, and "
        "which experiment shows it.",
    )


def _first_given(answers: Iterable[Any]) -> Any:
    """The first answer that is not `...`: an exercise is started with any of them."""
    return next((answer for answer in answers if answer is not Ellipsis), Ellipsis)


def _cut(model: Any, part: str) -> SimpleNamespace:
    """The reference: `model` with zeros in place of h or of c where the decoder starts."""

    def start(source: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        h, c = model.start(source, mask)
        return (torch.zeros_like(h), c) if part == "h" else (h, torch.zeros_like(c))

    return SimpleNamespace(start=start, step=model.step)


def _small_translators() -> list[tuple[str, LSTMSeq2Seq, tuple[Tensor, Tensor]]]:
    """Untrained LSTMs with a batch each, to try an ablation on."""
    found = []
    for label, sizes, lengths in (
        ("three sentences", (11, 9, 4, 5), [6, 3, 4]),
        ("one sentence", (12, 8, 3, 6), [4]),
    ):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(sum(sizes))
            model = LSTMSeq2Seq(*sizes).eval()
            source = torch.randint(5, sizes[0], (len(lengths), max(lengths)))
        mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
        found.append((label, model, (source * mask, mask)))
    return found


@torch.no_grad()
def _try_cut(without: Callable[..., Any]) -> None:
    """Problem unless `without(model, part)` cuts this part of what is handed over, and no more."""
    if not callable(without):
        raise Problem(f"`without` should be a function, found {describe(without)}.")
    given: list[Any] = []

    @functools.wraps(without)
    def watched(model: Any, part: str) -> Any:
        given.append(model)
        return without(model, part)

    for label, model, batch in _small_translators():
        as_it_was = model.start(*batch)
        for part in ("h", "c"):
            case = f"{label}, part {part!r}"
            changed = call(watched, Case(case, (model, part)))
            where = f"Tried with {case}: "
            if not (callable(getattr(changed, "start", None)) and hasattr(changed, "step")):
                raise Problem(
                    f"{where}return a translator, an object with `start` and `step`; found "
                    f"{describe(changed)}."
                )
            handed = call(changed.start, Case(f"{case}, `start`", batch))
            if not same(given[-1].start(*batch), as_it_was):
                raise Problem(
                    f"{where}the model that you were given is cut, too. From then on every cell "
                    "uses the cut one: work on a copy, `copy.deepcopy(model)`."
                )
            if problem := _wrong_start(handed, as_it_was, part):
                raise Problem(where + problem)
            _same_steps(changed, model, len(batch[0]), where)


def _wrong_start(handed: Any, as_it_was: tuple[Tensor, Tensor], part: str) -> str:
    """What is wrong with the pair that a cut model hands over, or ''."""
    if not isinstance(handed, tuple | list) or len(handed) != 2:
        return f"`start` should return the pair (h, c), found {describe(handed)}."
    place, other = (0, "c") if part == "h" else (1, "h")
    wrong_shape = [
        (name, found)
        for name, found, old in zip("hc", handed, as_it_was, strict=True)
        if not isinstance(found, Tensor) or found.shape != old.shape
    ]
    if wrong_shape:
        name, found = wrong_shape[0]
        shape = tuple(as_it_was[0].shape)
        hint = ""
        if isinstance(found, Tensor) and found.ndim == 3 and found.shape[-1] != shape[-1]:
            hint = " Does your function use a model of the notebook instead of its argument?"
        return f"{name} should keep its shape {shape}, found {describe(found)}.{hint}"
    zero = [not bool(found.any()) for found in handed]
    kept = [same(found, old) for found, old in zip(handed, as_it_was, strict=True)]
    if zero[place] and kept[1 - place]:
        return ""
    if all(kept):
        return "both parts are handed over as before. Nothing is cut."
    if all(zero):
        return f"both parts are zeros. Cut {part} alone, and leave {other} as it is."
    if zero[1 - place] and kept[place]:
        return f"{other} is cut, not {part}. `start` returns h first, then c."
    if zero[place]:
        return (
            f"{part} is cut, but {other} has changed, too. Let the encoder run as before, and cut "
            "only what it hands over."
        )
    gap = float((handed[place] - as_it_was[place]).abs().max())
    if gap < 1e-5:
        return f"{part} is handed over as before, and {other} has changed."
    return (
        f"{part} has changed but is not zero. Other numbers would be another experiment: they "
        "could tell the decoder something."
    )


def _same_steps(changed: Any, model: Any, count: int, where: str) -> None:
    """Problem unless the decoder of a cut model goes on as the model's own does."""
    generator = torch.Generator().manual_seed(count)
    size = model.decoder.lstm.hidden_size
    state = tuple(torch.randn(2, 1, count, size, generator=generator))
    ids = torch.full((count,), 2)
    expected = model.step(ids, state)
    found = call(changed.step, Case("`step` of what you return", (ids, state)))
    right = isinstance(found, tuple | list) and len(found) == 3
    if not (right and same(found[0], expected[0]) and same(found[2], expected[2])):
        raise Problem(
            f"{where}the decoder's `step` has changed, too. Cut once, where the encoder hands "
            "over: only `start` is another."
        )


@functools.cache
def _measured() -> dict[str, dict[str, float]]:
    """Exact match of the race's LSTM on test sentences: group -> as it is, without h, without c."""
    train = read_pairs(split="train")
    english = Vocabulary.from_sentences(pair.source for pair in train)
    chinese = Vocabulary.from_sentences(pair.target for pair in train)
    model = load_models(english, chinese)["LSTM"]
    test = read_pairs(split="test")
    groups = {
        f"{n} clause{'s' * (n > 1)}": [pair for pair in test if pair.clauses == n]
        for n in (1, 2, 3)
    }
    found: dict[str, dict[str, float]] = {}
    for group, pairs in groups.items():
        found[group] = {}
        for name, cut in (("h", _cut(model, "h")), ("c", _cut(model, "c"))):
            lines = translate_pairs(cut, pairs, english, chinese)
            hits = sum(a == pair.chinese for a, pair in zip(lines, pairs, strict=True))
            found[group][name] = hits / len(pairs)
    found["all test sentences"] = {
        name: sum(shares[name] for shares in found.values()) / len(found) for name in "hc"
    }
    return found


def _read_shares(shares: Any) -> dict[str, float]:
    """The two shares of exercise 10.1 by part, from a dict or a pair (h first); or Problem."""
    form = "`match_without` should be a dict with two shares, {'h': …, 'c': …}"
    if isinstance(shares, dict):
        given = {as_letter(key): value for key, value in shares.items()}
        if set(given) != {"h", "c"}:
            raise Problem(f"{form}; its keys are {describe([*shares])}.")
    else:
        values = as_list(shares)
        if not isinstance(values, tuple | list) or len(values) != 2:
            raise Problem(f"{form}, found {describe(shares)}.")
        given = dict(zip("hc", values, strict=True))
    for part, value in given.items():
        if value is Ellipsis or value is None:
            raise Problem(f"Now measure the share without {part}.")
    return {part: number_of(value, f"The share without {part} should be a number")
            for part, value in given.items()}  # fmt: skip


def _judge_shares(given: dict[str, float]) -> None:
    """Problem unless the shares are those of the race's LSTM on single clauses."""
    groups = _measured()
    wanted = groups["1 clause"]

    def like(shares: dict[str, float], factor: float = 1.0, swap: bool = False) -> bool:
        other = {"h": "c", "c": "h"} if swap else {"h": "h", "c": "c"}
        return all(abs(given[part] / factor - shares[other[part]]) <= 0.02 for part in ("h", "c"))

    if like(wanted):
        return
    found = f"Without h you found {given['h']:.4g}, without c {given['c']:.4g}."
    hint = "Run your `without` on models['LSTM'], with the test sentences of one clause."
    if like(wanted, swap=True):
        hint = "They are the wrong way round: under 'h' belongs the share *without* h."
    elif like(wanted, factor=100):
        hint = "Those are percentages: give shares between 0 and 1."
    elif like(wanted, factor=200):
        hint = "Those are counts of 200 sentences: give shares between 0 and 1."
    elif any(like(shares) for name, shares in groups.items() if name != "1 clause"):
        name = next(n for n, shares in groups.items() if n != "1 clause" and like(shares))
        hint = f"That is the result for {name}. Take the test sentences of one clause."
    elif abs(given["h"] - given["c"]) < 0.02 and given["h"] > 0.5:
        hint = "Both are as good as the uncut model. Did both runs use what `without` returns?"
    elif max(given.values()) < 0.02:
        hint = (
            "Neither run translates anything. Is `models['LSTM']` itself still cut from an earlier "
            "try? Run the cell with `load_models` again, then yours."
        )
    elif not all(0 <= share <= 1 for share in given.values()):
        hint = "A share lies between 0 and 1."
    raise Problem(f"{found} That is not what your models give. {hint}")


@checked
def check_ablation(prediction: Any, without: Any, shares: Any) -> Verdict:
    """Exercise 10.1: a prediction, the cut, and the exact match of single clauses without each."""

    def check() -> None:
        if prediction is Ellipsis or prediction is None:
            raise Problem("First predict: 'h' or 'c'. It need not be right, but it comes first.")
        if as_letter(prediction) not in ("h", "c"):
            raise Problem(f"The prediction is 'h' or 'c', found {describe(prediction)}.")
        if without is Ellipsis or without is None:
            raise Problem("Now write `without`.")
        try:
            _try_cut(without)
        except NotStarted:
            raise Problem("Now write `without`.") from None
        if shares is Ellipsis or shares is None:
            raise Problem("`without` is right. Now run it on the race's LSTM: `match_without`.")
        _judge_shares(_read_shares(shares))

    given = _first_given((prediction, shares))
    if given is Ellipsis and _not_written(without):
        return settle(check, Ellipsis, "")
    verdict = settle(check, True, "")
    if verdict.status != "right":
        return verdict
    wanted = _measured()["1 clause"]
    came_true = as_letter(prediction) == ("h" if wanted["h"] < wanted["c"] else "c")
    said = (
        "as you predicted."
        if came_true
        else "and you had predicted the other. Good to have run it."
    )
    return right(
        f"Without h {wanted['h']:.0%} of the single clauses are right, without c "
        f"{wanted['c']:.0%}: {said} The sentence travels in the memory c, and h is made anew from "
        "it at the first step."
    )


def _not_written(without: Any) -> bool:
    """Whether the function is still the stub."""
    if without is Ellipsis or without is None:
        return True
    try:
        call(without, Case("a small model", (_small_translators()[0][1], "h")))
    except NotStarted:
        return True
    except Problem:
        return False
    return False


__all__ = ["check_ablation", "check_quiz"]
