"""The activations that a subject may be asked for, in plain float64 numpy: one table.

Their names here are what `supports` may name, what networks are drawn with, and what the template of a
subject offers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Activation:
    """σ and σ', and a bound of |σ''| wherever it exists.

    One with a kink at 0, in any derivative, is asked only at some distance from there. Between the ends of
    ``blurred`` torch's own form is not exact to roundoff.
    """

    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    curvature: float
    kink: bool = False
    blurred: tuple[float, float] | None = None


def sigmoid(a: Array) -> Array:
    """1 / (1 + e^-a), without overflow."""
    small = np.exp(-np.abs(a))
    return np.where(a >= 0, 1.0, small) / (1.0 + small)


ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(
    {
        "identity": Activation(lambda a: a, np.ones_like, 0.0),
        "tanh": Activation(np.tanh, lambda a: 1.0 / np.cosh(np.clip(a, -350, 350)) ** 2, 0.77),
        "sigmoid": Activation(sigmoid, lambda a: sigmoid(a) * sigmoid(-a), 0.1),
        # torch's softplus is the identity above 20: a known 2e-9, which float64 sees up to 40
        "softplus": Activation(lambda a: np.logaddexp(0.0, a), sigmoid, 0.25, blurred=(15.0, 40.0)),
        "relu": Activation(
            lambda a: np.maximum(a, 0.0), lambda a: (a > 0).astype(np.float64), 0.0, kink=True
        ),
    }
)

NONLINEAR = tuple(name for name in ACTIVATIONS if name != "identity")
SMOOTH = tuple(name for name, sigma in ACTIVATIONS.items() if sigma.curvature > 0 and not sigma.kink)
"""The curved ones without a kink."""
