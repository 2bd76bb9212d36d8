"""The checks of all lessons' exercises, by lesson, and `require`, which raises unless right."""

from helpers.checks.grading import NotRight, require
from helpers.checks.lesson_1 import check_encode_decode, check_fixed_size, check_padding_mask
from helpers.checks.lesson_2 import (
    check_perplexity,
    check_rnn_step,
    check_sample,
    check_stop,
)
from helpers.checks.lesson_3 import (
    check_greedy,
    check_last_valid_state,
    check_length_curve,
    check_shift,
)
from helpers.checks.lesson_4 import (
    check_clip_by_norm,
    check_gradient_bound,
    check_one_term,
    check_surviving_radius,
)
from helpers.checks.lesson_5 import (
    check_forget_bias,
    check_gate_strip,
    check_gradient_product,
    check_lstm_cell,
)
from helpers.checks.lesson_6 import (
    check_additive_scores,
    check_context,
    check_masked_softmax,
    check_measure_word,
)
from helpers.checks.lesson_7 import (
    check_attention,
    check_causal_mask,
    check_equivariance,
    check_leak,
    check_steps,
)
from helpers.checks.lesson_8 import (
    check_dot_variance,
    check_entropy,
    check_jacobian_norm,
    check_uniform_scale,
)
from helpers.checks.lesson_9 import check_path_lengths, check_quiz

__all__ = [
    "NotRight",
    "check_additive_scores",
    "check_attention",
    "check_causal_mask",
    "check_clip_by_norm",
    "check_context",
    "check_dot_variance",
    "check_encode_decode",
    "check_entropy",
    "check_equivariance",
    "check_fixed_size",
    "check_forget_bias",
    "check_gate_strip",
    "check_gradient_bound",
    "check_gradient_product",
    "check_greedy",
    "check_jacobian_norm",
    "check_last_valid_state",
    "check_leak",
    "check_length_curve",
    "check_lstm_cell",
    "check_masked_softmax",
    "check_measure_word",
    "check_one_term",
    "check_padding_mask",
    "check_path_lengths",
    "check_perplexity",
    "check_quiz",
    "check_rnn_step",
    "check_sample",
    "check_shift",
    "check_steps",
    "check_stop",
    "check_surviving_radius",
    "check_uniform_scale",
    "require",
]
