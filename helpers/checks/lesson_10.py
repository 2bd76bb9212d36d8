"""Checks of lesson 10: sequential steps from a table, and the quiz over the whole course."""

from collections.abc import Iterable
from typing import Any

from helpers.checks.engine import Problem, Verdict, checked, describe, settle
from helpers.checks.values import as_letter, as_list, as_whole

# Question -> the right letter, and a hint for each wrong one.
QUIZ: dict[int, tuple[str, dict[str, str]]] = {
    1: (
        "b",
        {
            "a": "It can be computed; lesson 3 did it. Ask what happens to all that must fit.",
            "c": "The decoder stops by itself, at <eos>. Lesson 2 showed it.",
            "d": "The vocabulary has the same size for short and long sentences.",
        },
    ),
    2: (
        "c",
        {
            "a": "Lesson 4 met this head on: the whole gradient was large, its far terms were "
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
            "d": "Section 5 of lesson 5 tried it: with PyTorch's bias the gradient vanished "
            "as in the RNN.",
        },
    ),
    4: (
        "d",
        {
            "a": "Set to zero after the softmax, padding has taken its share already.",
            "b": "A score of 0 becomes exp(0) = 1, a large weight.",
            "c": "The mean is over real words, but attention needs weights, not equal parts.",
        },
    ),
    5: (
        "d",
        {
            "a": "A weight tells where the model reads. Lesson 6 changed it to find a cause.",
            "b": "The alignment error rate compares with known links. It shows agreement, "
            "not a cause.",
            "c": "Uniform weights broke most translations: so the weights do matter.",
        },
    ),
    6: (
        "c",
        {
            "a": "Attention has no recurrence; nothing fades from step to step.",
            "b": "The mask hides places, it does not number them.",
            "d": "Scaling concerns the size of the scores. Lesson 9 tells about it.",
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


@checked
def check_path_lengths(rnn: Any, attention: Any, self_attention: Any) -> Verdict:
    """Exercise 10.1: steps that must wait for each other in training, n source, m target tokens."""
    expected = {"rnn": (12, 30), "attention": (12, 30), "self_attention": (1, 1)}
    given = {"rnn": rnn, "attention": attention, "self_attention": self_attention}

    def check() -> None:
        for name, steps in given.items():
            if steps is Ellipsis or steps is None:
                raise Problem(f"Now give `{name}`.")
            numbers = as_list(steps)
            pair = isinstance(numbers, tuple | list) and len(numbers) == 2
            found = tuple(map(as_whole, numbers)) if pair else (None,)
            if None in found:
                raise Problem(
                    f"`{name}` is a pair (encoder, decoder) of whole numbers, found "
                    f"{describe(steps)}."
                )
            if found == expected[name]:
                continue
            hint = "Which state needs which other state first?"
            if name == "self_attention" and found == (12, 30):
                hint = "No state of a layer waits for another one of the same layer."
            elif name == "self_attention" and found == (1, 2):
                hint = "The block's look across does wait for its look back; count the block once."
            elif name == "self_attention" and found in ((1, 30), (12, 1)):
                hint = "In training all target tokens are known: one pass serves them all."
            elif name == "attention" and found == (24, 30):
                hint = "The two readers do not wait for each other: they read at the same time."
            elif name == "attention" and found[0] == 1:
                hint = "Its encoder is still recurrent."
            elif name == "attention" and found[1] == 1:
                hint = "c_i needs s_{i-1}, so the decoder's steps wait, in training as well."
            elif name == "attention" and found == (12, 360):
                hint = "The twelve scores of one output are computed together."
            elif found == (30, 12):
                hint = "Encoder first: 12 source tokens, 30 target tokens."
            elif name == "rnn" and found == (12, 1):
                hint = (
                    "One call of the layer, but inside it h_t waits for h_{t-1}: count the steps."
                )
            elif name == "rnn" and found == (1, 1):
                hint = "h_t needs h_{t-1}: count the steps inside the layer."
            raise Problem(f"`{name}` = {found}: {hint}")

    return settle(
        check,
        _first_given(given.values()),
        "What must wait cannot be bought: more processors shorten a step, not their number.",
    )


__all__ = ["check_path_lengths", "check_quiz"]
