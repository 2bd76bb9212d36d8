"""Checks of lesson 8: a small Transformer."""

from typing import Any

from helpers.checks.engine import Problem, Verdict, checked, number_of, settle

STEPS = {
    "rnn_reads": (20, {1: "h₂ needs h₁, h₃ needs h₂, and so on: an RNN cannot do them at once.",
                       19: "Off by one: the first word needs a step, too.",
                       30: "Asked is the source, 20 words.",
                       400: "That is T², the work of attention. An RNN takes one step a word."}),
    "attention_reads": (1, {20: "No place waits for another: all 20 are computed in one step.",
                            400: "400 scores, but none waits for another: they are one step.",
                            0: "There is one step to do: the layer itself."}),
    "stack_reads": (6, {1: "Within a layer nothing waits. But layer 2 needs what layer 1 gave.",
                        120: "Layers wait for one another; the 20 places within one do not.",
                        20: "It does not depend on the number of words, but of layers."}),
    "learning": (1, {30: "The target is known, and the causal mask hides the future: one call "
                     "answers at all 30 places.",
                     29: "The target is known: one call answers at all places."}),
    "writing": (30, {1: "Token t must be read before token t + 1 can be chosen.",
                     29: "Off by one: <eos> has to be chosen, too; it is among the 30.",
                     31: "Off by one: <bos> is read in the first call, and that writes token 1.",
                     20: "Asked is the translation, 30 tokens.",
                     50: "The source is read by the encoder, once; count the decoder's calls.",
                     465: "So many tokens are read in all calls together; count the calls."}),
    "scores": (400, {20: "Each of 20 queries meets each of 20 keys.",
                     40: "Each query meets each key: multiply, do not add.",
                     600: "That is cross-attention, 30 queries and 20 keys. Asked is question 2.",
                     190: "Without a mask every query meets every key, itself included.",
                     210: "An encoder has no causal mask: count the upper half, too."}),
}  # fmt: skip


@checked
def check_steps(*answers: Any) -> Verdict:
    """Exercise 8.1: sequential steps of six computations, in the order of `STEPS`."""

    def check() -> None:
        if len(answers) != len(STEPS):
            raise Problem(f"Expected {len(STEPS)} numbers, found {len(answers)}.")
        for (name, (right, hints)), answer in zip(STEPS.items(), answers, strict=True):
            if answer is Ellipsis or answer is None:
                raise Problem(f"{name} has no answer yet.")
            number = number_of(answer, f"{name}: expected a number")
            if number != right:
                default = "Which step must be finished before the next can begin?"
                raise Problem(f"{name} is not {number:g}. {hints.get(int(number), default)}")

    if all(answer is Ellipsis or answer is None for answer in answers):
        return settle(check, None, "")
    praise = (
        "Reading and learning are parallel, writing is not: that is why training a large model can "
        "use thousands of processors at once, and its answers still come word by word."
    )
    return settle(check, answers, praise)
