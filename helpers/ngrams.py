"""Language models that only count: n-grams, the yardsticks of lesson 2's network."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import torch
from torch import Tensor


class NGram:
    """How likely each token is after the last n - 1 tokens, counted and smoothed.

    Interpolated Witten-Bell (Witten & Bell 1991; Chen & Goodman 1999, equation 16): a history's
    counts are mixed with what the history one token shorter says, and that weighs as much as the
    number of *different* tokens seen after the longer one. Where anything may follow, counts are
    trusted less. The shortest history of all, none, is mixed with 1/V for each token.
    """

    def __init__(self, sentences: Sequence[Sequence[int]], n: int, vocab_size: int) -> None:
        self.n, self.vocab_size = n, vocab_size
        self.after: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
        for ids in sentences:
            for t in range(1, len(ids)):
                for length in range(min(n, t + 1)):  # histories of 0 to n - 1 tokens
                    self.after[tuple(ids[t - length : t])][ids[t]] += 1

    def probability(self, history: Sequence[int], token: int) -> float:
        """p(token | history), of which only the last n - 1 tokens count."""
        p = 1 / self.vocab_size
        for length in range(min(self.n, len(history) + 1)):  # from no history to the longest
            seen = self.after.get(tuple(history[len(history) - length :]))
            if seen is None:  # this history never occurred, so no longer one did
                break
            kinds = len(seen)
            p = (seen[token] + kinds * p) / (seen.total() + kinds)
        return p

    def probabilities(self, sentences: Sequence[Sequence[int]]) -> Tensor:
        """p of each token of the sentences but the first, given those before it: (N,), float64."""
        return torch.tensor(
            [self.probability(ids[:t], ids[t]) for ids in sentences for t in range(1, len(ids))],
            dtype=torch.float64,
        )
