"""Losses: value per sample, gradient, and the stable scaled difference.

One row is one sample; nothing is averaged over rows. ``difference(output, y, v, c)`` is

    (L(output + c v, y) - L(output, y)) / c

computed without subtracting two losses, so that c may be as small as one likes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

from impl.elementary import over_argument

__all__ = ["LOSSES", "Loss"]


@dataclass(frozen=True)
class Loss:
    """A loss L(output, y) per sample, for outputs and targets of shape (T, p).

    ``value(output, y)`` has shape (T,), ``gradient(output, y)`` is dL/d(output), shape (T, p), and
    ``difference(output, y, v, c)`` is the scaled difference, shape (T,), for v of shape (T, p).
    """

    name: str
    value: Callable[[Tensor, Tensor], Tensor]
    gradient: Callable[[Tensor, Tensor], Tensor]
    difference: Callable[[Tensor, Tensor, Tensor, float], Tensor]


def mse(output: Tensor, y: Tensor) -> Tensor:
    """Half the sum of (output - y)^2."""
    return 0.5 * (output - y).square().sum(1)


def mse_difference(output: Tensor, y: Tensor, v: Tensor, c: float) -> Tensor:
    """With r = output - y: ((r + c v)^2 - r^2) / 2c = v (r + c v / 2), summed over outputs."""
    return (v * (output - y + 0.5 * c * v)).sum(1)


def quartic(output: Tensor, y: Tensor) -> Tensor:
    """A quarter of the sum of (output - y)^4."""
    return 0.25 * (output - y).pow(4).sum(1)


def quartic_difference(output: Tensor, y: Tensor, v: Tensor, c: float) -> Tensor:
    """With r = output - y, s = r + c v: (s^4 - r^4) / 4c = v (r + s) (r^2 + s^2) / 4, summed over outputs."""
    r = output - y
    s = r + c * v
    return (0.25 * v * (r + s) * (r * r + s * s)).sum(1)


def log_cosh_slope(r: Tensor, step: Tensor) -> Tensor:
    """(log cosh(r + step) - log cosh(r)) / step, elementwise, and tanh(r) where step = 0.

    With m = r + step/2 and k = step/2 the difference is 2 atanh(tanh m tanh k). Where that product is near
    1 in size the arguments are large, and the difference is read off
    log cosh r = |r| + log1p(e^{-2|r|}) - log 2, in which | |m + k| - |m - k| | = 2 min(|m|, |k|).
    """
    m, k, s = r + 0.5 * step, 0.5 * step, r + step
    product = torch.tanh(m) * torch.tanh(k)
    near = torch.tanh(m) * over_argument(torch.tanh, k) * over_argument(torch.atanh, product)
    larger, smaller = torch.maximum(r.abs(), s.abs()), torch.minimum(r.abs(), s.abs())
    gain = 2 * torch.minimum(m.abs(), k.abs())
    gain = gain + torch.log1p(torch.exp(-2 * larger)) - torch.log1p(torch.exp(-2 * smaller))
    return torch.where(product.abs() < 0.5, near, torch.sign(m) * gain / step.abs())


def logcosh(output: Tensor, y: Tensor) -> Tensor:
    """The sum of log cosh(output - y); where that is small it is still known to full relative accuracy."""
    r = output - y
    return (r * log_cosh_slope(torch.zeros_like(r), r)).sum(1)


def logcosh_difference(output: Tensor, y: Tensor, v: Tensor, c: float) -> Tensor:
    """v times the mean slope of log cosh between r = output - y and r + c v, summed over outputs."""
    return (v * log_cosh_slope(output - y, c * v)).sum(1)


def softmax(output: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The softmax p, its complement 1 - p and its logarithm, each (T, p) and to full relative accuracy.

    The largest logit is kept out of the sum over the others, so that a confident row (p near 1) still has
    its 1 - p and its log p.
    """
    top = output.argmax(1, keepdim=True)
    shifted = output - output.gather(1, top)
    others = torch.exp(shifted).scatter(1, top, 0.0).sum(1, keepdim=True)
    p = torch.exp(shifted) / (1 + others)
    return p, (1 - p).scatter(1, top, others / (1 + others)), shifted - torch.log1p(others)


def cross_entropy(output: Tensor, y: Tensor) -> Tensor:
    """-sum_k y_k log softmax(output)_k; y may be any real vector."""
    _, _, log_p = softmax(output)
    return -(y * log_p).sum(1)


def cross_entropy_gradient(output: Tensor, y: Tensor) -> Tensor:
    """p sum(y) - y, written as p_k (sum(y) - y_k) - y_k (1 - p_k): for one-hot y nothing cancels."""
    p, complement, _ = softmax(output)
    return p * (y.sum(1, keepdim=True) - y) - y * complement


def cross_entropy_difference(output: Tensor, y: Tensor, v: Tensor, c: float) -> Tensor:
    """The scaled difference of cross-entropy.

    Adding one number to all logits changes nothing, so v is first shifted to vanish at the largest target:
    w = v - v_k, k = argmax |y|. Then the difference is sum(y) log(sum p e^{c w}) - sum y c w. The second sum
    is zero for one-hot y. The logarithm is log1p(sum p expm1(c w)), accurate unless its argument nears -1 or
    overflows: there the logarithm is of size one or more, and a plain log-sum-exp is as good.
    """
    p, _, log_p = softmax(output)
    w = v - v.gather(1, y.abs().argmax(1, keepdim=True))
    slope = (p * w * over_argument(torch.expm1, c * w)).sum(1)
    growth = c * slope
    log_partition = torch.where(
        (growth > -0.5) & torch.isfinite(growth),
        slope * over_argument(torch.log1p, growth),
        torch.logsumexp(log_p + c * w, 1) / c,
    )
    return y.sum(1) * log_partition - (y * w).sum(1)


LOSSES: Mapping[str, Loss] = MappingProxyType(
    {
        loss.name: loss
        for loss in (
            Loss("mse", mse, lambda output, y: output - y, mse_difference),
            Loss("quartic", quartic, lambda output, y: (output - y).pow(3), quartic_difference),
            Loss("logcosh", logcosh, lambda output, y: torch.tanh(output - y), logcosh_difference),
            Loss("cross_entropy", cross_entropy, cross_entropy_gradient, cross_entropy_difference),
        )
    }
)
"""The losses by name."""
