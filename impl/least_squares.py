"""Least squares from additive sums.

The feedback B that best explains estimates lambda-hat by error signals e~ minimises

    sum over samples |lambda-hat - B^T e~|^2 + ridge |B|^2,      so that      (Q + ridge I) B = S,

with S = sum e~ lambda-hat^T and Q = sum e~ e~^T. Batches, processes and machines merge by adding their sums.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from impl import checks

__all__ = ["Sums", "fit_feedback"]

CUTOFF = 1e-12
"""Directions with less than this fraction of Q's largest eigenvalue count as absent.

A fraction, so that no rescaling of the data changes the answer. Q's entries carry a roundoff of 1e-16 to
1e-15 of the largest eigenvalue, and errors that were rounded to float32 add their (6e-8)^2; the smallest
eigenvalue of a problem worth solving from its normal equations is 1e-8 of the largest. The cutoff is between.
"""


@dataclass(frozen=True, eq=False)
class Sums:
    """S = sum e~ lambda-hat^T (q, n) and Q = sum e~ e~^T (q, q), float64, over ``count`` samples."""

    S: Tensor
    Q: Tensor
    count: int

    def __post_init__(self) -> None:
        checks.matrix("S", self.S, dtype=torch.float64)
        q = self.S.shape[0]
        checks.matrix("Q", self.Q, rows=q, columns=q, like=self.S)
        checks.whole("count", self.count, 1)

    @classmethod
    def of(cls, estimates: Tensor, errors: Tensor) -> Sums:
        """The sums of estimates lambda-hat (T, n) and error signals e~ (T, q), accumulated in float64.

        Raises ``InvalidInput`` if they are empty, not finite, or of different T.
        """
        checks.matrix("estimates", estimates)
        checks.matrix("errors", errors, rows=estimates.shape[0], like=estimates)
        e = errors.to(torch.float64)
        return cls(e.T @ estimates.to(torch.float64), e.T @ e, estimates.shape[0])

    def __add__(self, other: Sums) -> Sums:
        """The sums over both sets of samples."""
        if not isinstance(other, Sums):
            return NotImplemented
        shapes = [tuple(sums.S.shape) for sums in (self, other)]
        checks.require(shapes[0] == shapes[1], "the shape of the added S", shapes[1], str(shapes[0]))
        places = [sums.S.device for sums in (self, other)]
        checks.require(places[0] == places[1], "the device of the added S", places[1], str(places[0]))
        return Sums(self.S + other.S, self.Q + other.Q, self.count + other.count)

    def solve(self, ridge: float = 0.0) -> Tensor:
        """B of shape (q, n), float64, with (Q + ridge I) B = S; of minimum norm where Q is singular.

        The ridge stands beside the sums: pass ``ridge * count`` for one beside the means. Raises
        ``InvalidInput`` if it is below 0 or not finite.
        """
        ridge = checks.ridge_penalty(ridge)
        eigenvalues, directions = torch.linalg.eigh(self.Q)
        spread = eigenvalues.clamp(min=0) + ridge
        kept = spread > CUTOFF * spread[-1]
        # A dropped direction holds no data: S vanishes there up to roundoff, and so does B.
        gain = torch.where(kept, 1 / spread, 0.0)
        B: Tensor = directions @ (gain[:, None] * (directions.T @ self.S))
        return B


def fit_feedback(estimates: Tensor, errors: Tensor, ridge: float = 0.0) -> Tensor:
    """B (q, n) from estimates lambda-hat (T, n) and error signals e~ (T, q), eqs. (3), (9) and (18).

    Solved in float64, returned in the dtype of ``estimates``. Raises ``InvalidInput`` as ``Sums.of`` and
    ``Sums.solve`` do.
    """
    ridge = checks.ridge_penalty(ridge)
    return Sums.of(estimates, errors).solve(ridge).to(estimates.dtype)
