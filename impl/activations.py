"""Activations: value, derivative, and the stable scaled difference.

Node perturbation lives on differences sigma(a + d) - sigma(a) with d = c u and c small. Subtracting two
values loses 1/c digits. Each activation here brings an identity that computes

    (sigma(a + c u) - sigma(a)) / c

as u times a well conditioned factor, so the relative error stays near roundoff for every c, also where the
unit is saturated. (The addition formula of tanh is not such an identity: with t = tanh(a) it needs 1 - t^2,
which is lost where t rounds to 1.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

from impl.elementary import over_argument, softplus

__all__ = ["ACTIVATIONS", "Activation"]

LARGE_STEP = 40.0
"""From here on e^{-step} is below roundoff, and e^{step} still far from overflow, in float32 and float64."""


@dataclass(frozen=True)
class Activation:
    """An elementwise function sigma; every member maps tensors of one shape to a tensor of that shape.

    ``value(a)`` is sigma(a), ``derivative(a)`` is sigma'(a), and ``difference(a, u, c)`` is
    (sigma(a + c u) - sigma(a)) / c without cancellation.
    """

    name: str
    value: Callable[[Tensor], Tensor]
    derivative: Callable[[Tensor], Tensor]
    difference: Callable[[Tensor, Tensor, float], Tensor]


def sigmoid_derivative(a: Tensor) -> Tensor:
    """s'(a) = s(a) s(-a), which keeps its digits in both tails."""
    return torch.sigmoid(a) * torch.sigmoid(-a)


def sigmoid_difference(a: Tensor, u: Tensor, c: float) -> Tensor:
    """The scaled difference of the logistic function s.

    With low < high the two arguments: s(high) - s(low) = s(high) s(-low) (1 - e^{low - high}).
    """
    step = c * u
    low, high = torch.minimum(a, a + step), torch.maximum(a, a + step)
    return u * torch.sigmoid(high) * torch.sigmoid(-low) * over_argument(torch.expm1, -step.abs())


def tanh_derivative(a: Tensor) -> Tensor:
    """tanh'(a) = 4 s'(2a), from tanh(a) = 2 s(2a) - 1."""
    return 4 * sigmoid_derivative(2 * a)


def tanh_difference(a: Tensor, u: Tensor, c: float) -> Tensor:
    """The scaled difference of tanh(a) = 2 s(2a) - 1."""
    return 2 * sigmoid_difference(2 * a, 2 * u, c)


def softplus_difference(a: Tensor, u: Tensor, c: float) -> Tensor:
    """The scaled difference of softplus.

    With low < high the two arguments and step = high - low,
    softplus(high) - softplus(low) = log(1 + s(low) (e^step - 1)): a logarithm of a sum of positive terms.
    For large steps e^step - 1 is e^step to roundoff; as s(low) = e^{-softplus(-low)}, the same expression
    is softplus(step - softplus(-low)), which cannot overflow.
    """
    step = (c * u).abs()
    low = torch.minimum(a, a + c * u)
    growth = torch.sigmoid(low) * torch.expm1(step)
    small = torch.sigmoid(low) * over_argument(torch.expm1, step) * over_argument(torch.log1p, growth)
    large = softplus(step - softplus(-low)) / step
    return u * torch.where(step < LARGE_STEP, small, large)


def relu_difference(a: Tensor, u: Tensor, c: float) -> Tensor:
    """The scaled difference of relu: u while the unit stays on, cut at -a / c where it switches off;
    a / c + u where it switches on, and 0 while it stays off."""
    return torch.where(a > 0, torch.maximum(u, -a / c), (a / c + u).clamp(min=0))


ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(
    {
        activation.name: activation
        for activation in (
            Activation("identity", lambda a: a, torch.ones_like, lambda a, u, c: u),
            Activation("tanh", torch.tanh, tanh_derivative, tanh_difference),
            Activation("sigmoid", torch.sigmoid, sigmoid_derivative, sigmoid_difference),
            Activation("softplus", softplus, torch.sigmoid, softplus_difference),
            # relu'(0) = 0
            Activation("relu", torch.relu, lambda a: (a > 0).to(a.dtype), relu_difference),
        )
    }
)
"""The activations by name."""
