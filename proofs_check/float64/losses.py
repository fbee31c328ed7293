"""The losses that a subject may be asked for, in plain float64 numpy: one table.

Rows are samples; z are outputs and y targets, (T, p). An entry says what rounding may do to a loss and its
gradient: see `proofs_check.float64.tolerance`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def row_sums(values: Array) -> Array:
    """The sum of each row, (T,)."""
    total: Array = values.sum(axis=1)
    return total


def log_sum_exp(z: Array) -> Array:
    """log Σ exp of each row, (T,)."""
    top: Array = z.max(axis=1)
    return top + np.log(row_sums(np.exp(z - top[:, None])))


def steep_by_one(z: Array, y: Array, error: Array, u: float) -> Array:
    """The error of ∂L/∂ŷ where the second derivative is at most 1."""
    moved: Array = error + u * np.abs(z - y)
    return moved + 4 * u


@dataclass(frozen=True)
class Loss:
    """``value`` L(ŷ, y), (T,); ``gradient`` ∂L/∂ŷ, (T, p); ``formula`` of a row in torch, r = output - y.

    ``largest_term`` is the largest term of L before any cancellation, L itself if not given;
    ``gradient_error(z, y, error, u)`` the error of ∂L/∂ŷ for an error of ŷ and the unit roundoff u.
    ``full_rank``: whether E e eᵀ can have full rank. Where |r| lies between the ends of ``blurred``, forms
    that people use are not exact to roundoff.
    """

    value: Callable[[Array, Array], Array]
    gradient: Callable[[Array, Array], Array]
    formula: str
    largest_term: Callable[[Array, Array], Array] | None = None
    gradient_error: Callable[[Array, Array, Array, float], Array] = steep_by_one
    full_rank: bool = True
    blurred: tuple[float, float] | None = None


def _steep_by_square(z: Array, y: Array, error: Array, u: float) -> Array:
    residual = np.abs(z - y)
    moved: Array = error + u * residual
    steepness: Array = 3 * residual**2
    return steepness * moved + 4 * u * steepness * residual


def _terms_of_cross_entropy(z: Array, y: Array) -> Array:
    mass, normaliser = row_sums(np.abs(y)), log_sum_exp(z)
    return row_sums(np.abs(y) * np.abs(z)) + np.abs(normaliser) * mass + 1.0


def _softmax_error(z: Array, y: Array, error: Array, u: float) -> Array:
    mass: Array = row_sums(np.abs(y))[:, None]
    shift: Array = (error + u * np.abs(z)).max(axis=1)[:, None]
    return mass * (2 * shift + (4 + len(z.T)) * u)


LOSSES: Mapping[str, Loss] = MappingProxyType(
    {
        "mse": Loss(lambda z, y: row_sums((z - y) ** 2) / 2, lambda z, y: z - y, "sum(r**2) / 2"),
        "quartic": Loss(
            lambda z, y: row_sums((z - y) ** 4) / 4,
            lambda z, y: (z - y) ** 3,
            "sum(r**4) / 4",
            gradient_error=_steep_by_square,
        ),
        "logcosh": Loss(
            lambda z, y: row_sums(np.logaddexp(z - y, y - z) - np.log(2.0)),
            lambda z, y: np.tanh(z - y),
            "sum(log(cosh(r)))",
            largest_term=lambda z, y: row_sums(np.abs(z - y) + np.log(2.0)),
            # some write |r| + softplus(-2|r|) - log 2, with torch's; from 5 noise leads to less than 10
            blurred=(5.0, 20.0),
        ),
        "cross_entropy": Loss(
            lambda z, y: row_sums(y * (log_sum_exp(z)[:, None] - z)),
            lambda z, y: row_sums(y)[:, None] * np.exp(z - log_sum_exp(z)[:, None]) - y,
            "-sum(y * log_softmax(output))",
            largest_term=_terms_of_cross_entropy,
            gradient_error=_softmax_error,
            full_rank=False,  # 1ᵀe = 0: see the claim `rank`
        ),
    }
)

FULL_RANK_LOSSES = tuple(name for name, loss in LOSSES.items() if loss.full_rank)
