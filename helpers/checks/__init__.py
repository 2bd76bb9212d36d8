"""The checks of all lessons' exercises, by lesson, and `require`, which raises unless right."""

from helpers.checks.grading import NotRight, require
from helpers.checks.lesson_1 import (
    check_best_share,
    check_encode_decode,
    check_fixed_size,
    check_padding_mask,
)
from helpers.checks.lesson_2 import (
    check_perplexity,
    check_rnn_step,
    check_sample,
    check_stop,
    check_switch,
)
from helpers.checks.lesson_3 import (
    check_decoder_step,
    check_greedy,
    check_last_valid_state,
    check_length_curve,
    check_reverse_source,
    check_write_on,
)
from helpers.checks.lesson_4 import (
    check_clip_by_norm,
    check_one_term,
    check_surviving_radius,
    check_transient_growth,
)
from helpers.checks.lesson_5 import (
    check_forget_bias,
    check_gate_strip,
    check_gates_for,
    check_gradient_product,
    check_lstm_cell,
)
from helpers.checks.lesson_6 import (
    check_additive_scores,
    check_context,
    check_hidden_words,
    check_hide,
    check_masked_softmax,
)
from helpers.checks.lesson_7 import (
    check_attention,
    check_causal_mask,
    check_equivariance,
    check_leak,
    check_look_back,
)
from helpers.checks.lesson_8 import check_cached_attention, check_steps, check_switch_off
from helpers.checks.lesson_9 import (
    check_break,
    check_dot_variance,
    check_entropy,
    check_jacobian_norm,
    check_uniform_scale,
)
from helpers.checks.lesson_10 import check_ablation, check_quiz

__all__ = [
    "NotRight",
    "check_ablation",
    "check_additive_scores",
    "check_attention",
    "check_best_share",
    "check_break",
    "check_cached_attention",
    "check_causal_mask",
    "check_clip_by_norm",
    "check_context",
    "check_decoder_step",
    "check_dot_variance",
    "check_encode_decode",
    "check_entropy",
    "check_equivariance",
    "check_fixed_size",
    "check_forget_bias",
    "check_gate_strip",
    "check_gates_for",
    "check_gradient_product",
    "check_greedy",
    "check_hidden_words",
    "check_hide",
    "check_jacobian_norm",
    "check_last_valid_state",
    "check_leak",
    "check_length_curve",
    "check_look_back",
    "check_lstm_cell",
    "check_masked_softmax",
    "check_one_term",
    "check_padding_mask",
    "check_perplexity",
    "check_quiz",
    "check_reverse_source",
    "check_rnn_step",
    "check_sample",
    "check_steps",
    "check_stop",
    "check_surviving_radius",
    "check_switch",
    "check_switch_off",
    "check_transient_growth",
    "check_uniform_scale",
    "check_write_on",
    "require",
]
