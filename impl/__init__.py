"""Node perturbation and learned feedback in torch: the reference implementation.

Index k of a Python list holds layer k + 1. One row is one sample; losses are per sample.
"""

from impl.activations import ACTIVATIONS, Activation
from impl.checks import InvalidInput
from impl.feedback import (
    error_signals,
    feedback_shapes,
    hidden_gradients,
    synthetic_gradients,
    true_error_signals,
)
from impl.least_squares import Sums, fit_feedback
from impl.losses import LOSSES, Loss
from impl.network import Network, NetworkLike, Pass, forward
from impl.noise import FAMILIES, FINITE_LAWS, atoms, draw_noise
from impl.perturbation import control_variate_estimates, gradient_estimates, scaled_loss_difference
from impl.reference import Reference
from impl.rule import RULES

__all__ = [
    "ACTIVATIONS",
    "FAMILIES",
    "FINITE_LAWS",
    "LOSSES",
    "RULES",
    "Activation",
    "InvalidInput",
    "Loss",
    "Network",
    "NetworkLike",
    "Pass",
    "Reference",
    "Sums",
    "atoms",
    "control_variate_estimates",
    "draw_noise",
    "error_signals",
    "feedback_shapes",
    "fit_feedback",
    "forward",
    "gradient_estimates",
    "hidden_gradients",
    "scaled_loss_difference",
    "synthetic_gradients",
    "true_error_signals",
]
