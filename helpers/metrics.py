"""Numbers that lessons compare models by."""

import difflib
import re
from collections.abc import Callable, Collection, Sequence

import sacrebleu
import torch
from torch import Tensor, nn

from helpers.words import Pair


def gradient_reach(step: Callable[[Tensor, Tensor], Tensor], inputs: Tensor, size: int) -> Tensor:
    """Spectral norm of the Jacobian of the last state by each state, ‖∂h_T/∂h_t‖, t = 1 ... T.

    step: `step(x_t, state) -> state`, rows independent; a state is (rows, size). For an LSTM the
        state is what it passes on, h and c side by side.
    inputs: (T, ...), one entry per step. Returns (T,), in the inputs' dtype; the last entry is 1.
    The same sequence runs in `size` rows, so that `jacobian_norms` needs one backward pass for
    every t. Lesson 4.
    """
    state = inputs.new_zeros(size, size, requires_grad=True)
    states = []
    for x_t in inputs:
        state = step(x_t, state)
        states.append(state)
    return jacobian_norms(states)


def jacobian_norms(states: Sequence[Tensor]) -> Tensor:
    """Spectral norms (T,) of the Jacobians of the last state by each, from `size` equal rows.

    states: T tensors (size, size) of one graph. Row i is asked for the gradient of its own i-th
    component: one backward pass gives every whole Jacobian.
    """
    identity = torch.eye(len(states[-1]), dtype=states[-1].dtype)
    jacobians = torch.autograd.grad(states[-1], states, identity)  # T times (size, size)
    return torch.linalg.matrix_norm(torch.stack(jacobians), ord=2)


def gradient_at_first_word(model: nn.Module, n: int, sizes: tuple[int, int]) -> float:
    """Gradient norm of the last of n outputs with respect to the first of n words (lesson 6).

    model: a translator with its source `embedding`, or with an `encoder` that has it; sizes: of its
    two vocabularies. The words are random, but token 5 stands at place 1 only: the gradient of its
    embedding is that of the first word. Random numbers come from torch's own generator.
    """
    source = torch.cat([torch.tensor([[5]]), torch.randint(6, sizes[0], (1, n - 1))], dim=1)
    target = torch.randint(5, sizes[1], (1, n))
    logits = model(source, torch.ones(1, n, dtype=torch.bool), target)[0, -1]  # (V,)
    embedding = getattr(model, "encoder", model).get_parameter("embedding.weight")  # (V, E)
    (gradient,) = torch.autograd.grad(logits.log_softmax(-1)[7], embedding)
    return gradient[5].norm().item()


# What the grammatical time of a clause looks like in the mini-language. 了 marks what is completed,
# which is always past there. 沒有 before a verb is past; before a thing, 我沒有手機, it says what
# somebody has not got, at no time in particular.
TENSES = {"正在": "now", "會": "future", "了": "past", "想": "wish", "每|常常": "habit"}
TENSES |= {"沒有(?!腳踏車|手機|狗|貓)": "past"}


def tense_agreement(sentences: list[str]) -> tuple[float, int]:
    """Share of later clauses whose grammatical time agrees with the first clause's, and how many.

    sentences: Chinese, clauses divided by ，. Clauses that show no time are left out.
    """
    agree, compared = 0, 0
    for sentence in sentences:
        first, *later = (
            {tense for mark, tense in TENSES.items() if re.search(mark, clause)}
            for clause in sentence.split("，")
        )
        shown = [tenses for tenses in later if first and tenses]
        agree += sum(bool(first & tenses) for tenses in shown)
        compared += len(shown)
    return (agree / compared if compared else float("nan")), compared


def exact_match(found: Sequence[str], expected: Sequence[str]) -> float:
    """Share of translations that are the expected one, to the character; nan if there are none."""
    pairs = list(zip(found, expected, strict=True))
    return sum(a == b for a, b in pairs) / len(pairs) if pairs else float("nan")


def chrf(found: Sequence[str], expected: Sequence[str]) -> float:
    """chrF of a corpus, 0 to 100: F-score over runs of 1 to 6 characters (Popović 2015)."""
    return sacrebleu.corpus_chrf(list(found), [list(expected)]).score


_TWICE = re.compile(r"(..+?)\1|(.)\2\2")


def repetition(lines: Sequence[str]) -> float:
    """Share of lines that say something twice in a row: two or more characters, or one three times.

    Chinese doubles single characters (看看, 媽媽), and rarely more (休息休息); a poor translator
    stutters: 這裡這裡這裡. nan if there are no lines.
    """
    return sum(bool(_TWICE.search(line)) for line in lines) / len(lines) if lines else float("nan")


def alignment_error_rate(
    found: Sequence[Collection[tuple[int, int]]], pairs: Sequence[Pair]
) -> float:
    """AER of links (i, j) found in each pair, 0 (best) to 1: Och & Ney (2003), equation 21.

    1 - (|A & S| + |A & P|) / (|A| + |S|), summed over all pairs: A are the links found, S the sure
    ones, P the sure and the possible ones.
    """
    hits = total = 0
    for links, pair in zip(found, pairs, strict=True):
        links = set(links)
        hits += len(links & pair.sure) + len(links & (pair.sure | pair.possible))
        total += len(links) + len(pair.sure)
    return 1 - hits / total


def differing_tokens(found: Sequence[str], expected: Sequence[str]) -> list[bool]:
    """For each token of `found`, whether it is not in `expected` in that order."""
    new = [True] * len(found)
    matcher = difflib.SequenceMatcher(None, list(found), list(expected), autojunk=False)
    for start, _, size in matcher.get_matching_blocks():
        new[start : start + size] = [False] * size
    return new
