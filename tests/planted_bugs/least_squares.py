"""Mistakes in the least squares: ridge, rows, rank, precision and state."""

import torch
from torch import Tensor

from tests.planted_bugs.base import Correct


class FitBug(Correct):
    """Rejected by the normal equations, which are checked on arbitrary arrays."""

    expected = ("solves",)


class FitTransposed(FitBug):
    """Bᵀ is returned wherever the shapes cannot tell."""

    def fit_feedback(self, estimates: Tensor, errors: Tensor, ridge: float = 0.0) -> Tensor:
        B = super().fit_feedback(estimates, errors, ridge)
        return B.T.contiguous() if B.shape[0] == B.shape[1] else B


class RidgeLeaks(FitBug):
    """A ridge of 1e-3 is always added, for stability."""

    def fit_feedback(self, estimates: Tensor, errors: Tensor, ridge: float = 0.0) -> Tensor:
        return super().fit_feedback(estimates, errors, ridge + 1e-3)


class RidgePerRow(FitBug):
    """The ridge is added to the mean of the products and not to their sum."""

    expected = ("solves", "ridge")

    def fit_feedback(self, estimates: Tensor, errors: Tensor, ridge: float = 0.0) -> Tensor:
        return super().fit_feedback(estimates, errors, ridge * len(errors))


class RidgeIgnored(FitBug):
    """The ridge is accepted and not used."""

    expected = ("solves", "ridge")

    def fit_feedback(self, estimates: Tensor, errors: Tensor, ridge: float = 0.0) -> Tensor:
        return super().fit_feedback(estimates, errors)


class Centred(FitBug):
    """Means are subtracted first, as a regression with an intercept does."""

    def fit_feedback(self, estimates: Tensor, errors: Tensor, ridge: float = 0.0) -> Tensor:
        return super().fit_feedback(estimates - estimates.mean(0), errors - errors.mean(0), ridge)


class OddRowDropped(FitBug):
    """The last row is lost when their number is odd: halves of equal size."""

    def fit_feedback(self, estimates: Tensor, errors: Tensor, ridge: float = 0.0) -> Tensor:
        rows = len(errors) - len(errors) % 2 if len(errors) > 1 else 1
        return super().fit_feedback(estimates[:rows], errors[:rows], ridge)


class SumsOverDifferentRows(FitBug):
    """S leaves out the first row, Q does not."""

    def fit_feedback(self, estimates: Tensor, errors: Tensor, ridge: float = 0.0) -> Tensor:
        Q = errors.T @ errors + ridge * torch.eye(errors.shape[1], dtype=errors.dtype)
        return self.solve(Q, errors[1:].T @ estimates[1:])


class CutoffTooLarge(FitBug):
    """Directions below 1e-4 of the largest eigenvalue are discarded."""

    def solve(self, Q: Tensor, S: Tensor) -> Tensor:
        inverse: Tensor = torch.linalg.pinv(Q, rtol=1e-4, hermitian=True)
        return inverse @ S


class SingularNotNoticed(FitBug):
    """A plain solve: where Q is singular the answer is roundoff, or an exception."""

    def solve(self, Q: Tensor, S: Tensor) -> Tensor:
        B: Tensor = torch.linalg.solve(Q, S)
        return B


class BasicSolution(FitBug):
    """Where Q is singular, dependent signals get the coefficient zero: a solution, but not the smallest."""

    def solve(self, Q: Tensor, S: Tensor) -> Tensor:
        kept: list[int] = []
        for j in range(len(Q)):
            trial = [*kept, j]
            if torch.linalg.matrix_rank(Q[trial][:, trial], rtol=1e-11, hermitian=True) == len(trial):
                kept = trial
        B = torch.zeros_like(S)
        B[kept] = torch.linalg.solve(Q[kept][:, kept], S[kept])
        return B


class SumsInSinglePrecision(FitBug):
    """The products of the samples are summed in float32."""

    def fit_feedback(self, estimates: Tensor, errors: Tensor, ridge: float = 0.0) -> Tensor:
        return super().fit_feedback(estimates.float().double(), errors.float().double(), ridge)


class SumsNeverReset(FitBug):
    """The sums of earlier calls of the same shape are still in S and Q."""

    def __init__(self) -> None:
        self.sums: dict[tuple[int, int], tuple[Tensor, Tensor]] = {}

    def fit_feedback(self, estimates: Tensor, errors: Tensor, ridge: float = 0.0) -> Tensor:
        Q, S = errors.T @ errors, errors.T @ estimates
        earlier = self.sums.get((S.shape[0], S.shape[1]), (torch.zeros_like(Q), torch.zeros_like(S)))
        Q, S = Q + earlier[0], S + earlier[1]
        self.sums[S.shape[0], S.shape[1]] = (Q, S)
        return self.solve(Q + ridge * torch.eye(len(Q), dtype=Q.dtype), S)


BUGS: tuple[type[Correct], ...] = (
    FitTransposed,
    RidgeLeaks,
    RidgePerRow,
    RidgeIgnored,
    Centred,
    OddRowDropped,
    SumsOverDifferentRows,
    CutoffTooLarge,
    SingularNotNoticed,
    BasicSolution,
    SumsInSinglePrecision,
    SumsNeverReset,
)
