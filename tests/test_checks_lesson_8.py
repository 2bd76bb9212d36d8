"""Lesson 8's checks: right answers pass, each typical wrong one gets the hint meant for it."""

import pytest

from helpers import checks
from tools.exercises import assert_rejected

STEPS = (20, 1, 6, 1, 30, 400)


def test_steps_counted_right_pass_and_uncounted_are_not_started():
    assert checks.check_steps(*STEPS).status == "right"
    assert checks.check_steps(*[float(n) for n in STEPS]).status == "right"
    assert checks.check_steps(*[...] * 6).status == "not started"


COUNTS = [
    ({0: 1}, "h₂ needs h₁"),
    ({0: 19}, "first word needs a step"),
    ({0: 400}, "the work of attention"),
    ({1: 20}, "No place waits"),
    ({1: 400}, "none waits for another"),
    ({2: 1}, "layer 2 needs"),
    ({2: 120}, "Layers wait"),
    ({3: 30}, "target is known"),
    ({4: 1}, "before token t + 1"),
    ({4: 29}, "<eos> has to be chosen"),
    ({4: 31}, "<bos> is read"),
    ({4: 50}, "read by the encoder, once"),
    ({4: 465}, "count the calls"),
    ({5: 20}, "meets each of 20 keys"),
    ({5: 40}, "multiply, do not add"),
    ({5: 600}, "cross-attention"),
    ({5: 210}, "no causal mask"),
    ({0: 7}, "must be finished"),
    ({0: "20"}, "expected a number"),
    ({1: True}, "expected a number"),
    ({2: ...}, "no answer yet"),
]


@pytest.mark.parametrize(("change", "hint"), COUNTS)
def test_each_wrong_count_gets_its_own_hint(change, hint):
    assert_rejected(
        checks.check_steps(*[change.get(n, right) for n, right in enumerate(STEPS)]), hint
    )
