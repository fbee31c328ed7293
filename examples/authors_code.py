"""What the paper's public code does (benlansdell/synthfeedback), written afresh for one float64 network.

Noise of standard deviation c is drawn and λ̂ = noise (L̃ - L) / c²: for unit noise the same number as (2).
The feedback is S V⁻¹ with V = γ I + Σ ẽẽᵀ and γ = 0.1, by a plain inverse. Older models of the code multiply
every sample's noise by the loss difference summed over the batch. Left out: biases, whose constant unit the
MNIST models perturb too, and float32.
"""

import torch
from two_pass import LOSSES, TwoPass


class GammaAsAsked(TwoPass):
    """Per-sample differences (Figures 2 and 4), with γ for the ridge: right, where V has an inverse."""

    name = "the public code, its γ the ridge that is asked for"

    def differences(self, network, x, y, noise):
        loss = LOSSES[network.loss]
        return loss(self.output(network, x, noise), y) - loss(self.output(network, x), y)

    def gradient_estimates(self, network, x, y, noise, c):
        drawn = [c * xi for xi in noise]
        return [self.differences(network, x, y, drawn)[:, None] * xi / c**2 for xi in drawn]

    def fit_feedback(self, estimates, errors, ridge=0.0):
        v = ridge * torch.eye(errors.shape[1], dtype=errors.dtype) + errors.T @ errors
        return torch.linalg.inv(v) @ (errors.T @ estimates)


class AsCommitted(GammaAsAsked):
    """γ = 0.1 whatever is asked: with few samples, another matrix."""

    name = "the public code, γ = 0.1"

    def fit_feedback(self, estimates, errors, ridge=0.0):
        return super().fit_feedback(estimates, errors, ridge + 0.1)


class BatchSummed(GammaAsAsked):
    """The older models: one number for the whole batch."""

    name = "the public code's older models, the loss summed over the batch"

    def differences(self, network, x, y, noise):
        rows = super().differences(network, x, y, noise)
        return rows.sum().expand_as(rows)
