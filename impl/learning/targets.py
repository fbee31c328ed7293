"""What the synthetic gradients g~^i = (B^{i+1})^T e~ are asked to be, as residuals: target minus g~^i.

    perturbation     lambda-hat^i = y xi^i           eq. (2); y = (L~ - L) / c
    surprise         (y - g~ . xi) xi^i + g~^i       the control variate with the rule's own guess
    internal model   (y - y_B) xi^i + g~^i           y_B: what the feedback's network predicts of y
    gradient         lambda^i                        the true gradient, which no neuron knows

All have the mean lambda^i as c falls. The residual of the two in the middle is one number s a sample, the
*surprise*, times the noise; it vanishes at B = W, for the internal model at every c.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from torch import Tensor

from impl.learning.observation import Observation

__all__ = ["PERTURBING", "SURPRISES", "TARGETS", "residuals"]

Residuals = tuple[Tensor, ...]


def surprise(seen: Observation) -> Tensor:
    """s = y - g~ . xi, (r, T)."""
    return seen.difference - seen.expected_slope


def internal_model_surprise(seen: Observation) -> Tensor:
    """s = y - y_B, (r, T): the loss difference minus the one that the feedback's network predicts."""
    return seen.difference - seen.expected_difference


SURPRISES: Mapping[str, Callable[[Observation], Tensor]] = MappingProxyType(
    {"surprise": surprise, "internal model": internal_model_surprise}
)
"""The targets whose residual is s xi, by name, and their s."""

PERTURBING = ("perturbation", *SURPRISES)
"""The targets that look at a loss difference."""

TARGETS = (*PERTURBING, "gradient")


def residuals(target: str, seen: Observation) -> Residuals:
    """Target minus g~^i, one (r, n_i, T) tensor for each hidden layer."""
    if target == "gradient":
        return tuple(true - guess for true, guess in zip(seen.gradients, seen.guesses, strict=True))
    if target == "perturbation":
        y = seen.difference[:, None]
        return tuple(y * xi - guess for xi, guess in zip(seen.noise, seen.guesses, strict=True))
    s = SURPRISES[target](seen)[:, None]
    return tuple(s * xi for xi in seen.noise)
