"""The formulas of the fast paths, as pure functions on samples-last tensors that ``torch.compile`` can fuse.

What belongs to a datum is (R, n, data, 1), what belongs to a sample is (R, n, data, draws). The differences
are the identities of ``impl.activations`` and ``impl.losses``, arranged so that everything that depends on
the datum alone is computed once for all its draws. For the logistic function s, d = c u and
m = expm1(|d|) >= 0,

    s(a + d) - s(a) = sign(d) s(a) s(-a) m / (1 + m k),      k = s(a) where d >= 0, s(-a) where d < 0:

no subtraction, one exponential, one division; tanh(a) = 2 s(2a) - 1 is brought to it.

Unlike the reference these formulas run the clean pass in the problem's dtype.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor

from impl.activations import ACTIVATIONS
from impl.elementary import over_argument
from impl.losses import LOSSES, softmax

__all__ = ["activation_difference", "factors", "loss_difference", "loss_factors", "project", "slope"]

LARGEST = 80.0
"""expm1 of it is finite in float32, and a difference of s beyond it has ended in float32's roundoff."""


def factors(name: str, a: Tensor) -> tuple[Tensor, ...]:
    """What the difference of the activation needs of the clean a, (R, n, data): (R, n, data, 1) tensors."""
    if name == "identity":
        return ()
    if name not in ("sigmoid", "tanh"):
        return (a[..., None],)
    argument = (2 * a if name == "tanh" else a)[..., None]
    up, down = torch.sigmoid(argument), torch.sigmoid(-argument)
    return up, down, (4 if name == "tanh" else 1) * up * down


def slope(name: str, a: Tensor, known: Sequence[Tensor]) -> Tensor:
    """sigma'(a), (R, n, data), given ``factors(name, a)``."""
    return known[2][..., 0] if name in ("sigmoid", "tanh") else ACTIVATIONS[name].derivative(a)


def activation_difference(name: str, known: Sequence[Tensor], u: Tensor, c: Tensor) -> Tensor:
    """(sigma(a + c u) - sigma(a)) / c for u (R, n, data, draws), given ``factors(name, a)``; c is 0-dim."""
    if name == "identity":
        return u
    if name not in ("sigmoid", "tanh"):
        return ACTIVATIONS[name].difference(known[0], u, cast(float, c))
    up, down, slope = known
    double = 2.0 if name == "tanh" else 1.0
    m = torch.expm1((double * c * u).abs().clamp(max=LARGEST))
    size = slope / (double * c) * (m / (1 + m * torch.where(u < 0, down, up)))
    return torch.where(u < 0, -size, size)


def loss_factors(loss: str, output: Tensor, y: Tensor) -> tuple[Tensor, ...]:
    """What the loss's difference needs of the clean output and y, (R, p, data): (R, p, data, 1) tensors."""
    if loss == "mse":
        return ((output - y)[..., None],)
    if loss != "cross_entropy":
        return output[..., None], y[..., None]
    p, _, log_p = softmax(output)
    largest = torch.zeros_like(y).scatter(1, y.abs().argmax(1, keepdim=True), 1.0)
    return p[..., None], log_p[..., None], largest[..., None], y[..., None]


def loss_difference(loss: str, known: Sequence[Tensor], v: Tensor, c: Tensor) -> Tensor:
    """(L(output + c v) - L(output)) / c, (R, data, draws), for v (R, p, data, draws)."""
    if loss == "mse":
        return (v * (known[0] + 0.5 * c * v)).sum(1)
    if loss != "cross_entropy":
        return LOSSES[loss].difference(known[0], known[1], v, cast(float, c))
    p, log_p, largest, y = known
    w = v - (v * largest).sum(1, keepdim=True)
    slope = (p * w * over_argument(torch.expm1, c * w)).sum(1)
    growth = c * slope
    log_partition = torch.where(
        (growth > -0.5) & torch.isfinite(growth),
        slope * over_argument(torch.log1p, growth),
        torch.logsumexp(log_p + c * w, 1) / c,
    )
    return y.sum(1) * log_partition - (y * w).sum(1)


def project(surprise: Tensor, xi: Tensor) -> Tensor:
    """sum over draws of (L~ - L) xi / c, (R, n, data): lambda-hat is reduced and never stored."""
    return (surprise[:, None] * xi).sum(3)
