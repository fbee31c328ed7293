"""How feedback follows its target, minibatch by minibatch: gradient descent, normalised steps, least squares.

With f the direction of a sample's step (its error e, or C^{-1} e where it is whitened) and r its residual,
target minus B^T e, every descent is

    B^l <- B^l + rate sum_t w^l_t f^l_t (r^{l-1}_t)^T,

summed, not averaged, over the minibatch. The weights w tell the rules apart:

    Descent       w = 1
    Normalised    w = 1 / nu,  nu = sum over matrices of (e . f) n_{l-1}: one for all of them
    Projected     w so that the minibatch's equations are solved together: the smallest step that would take
                  away all its surprises, were they linear in B

and ``Ridge`` solves the sums of all minibatches so far. Sums are float64, as in ``impl.least_squares``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from impl import checks
from impl.learning.observation import Observation
from impl.learning.targets import SURPRISES, residuals

__all__ = ["Descent", "Fit", "Memory", "Normalised", "Projected", "Ridge", "Whitening"]

Memory = tuple[Tensor, ...]
"""What a rule remembers: tensors whose first axis is that of the runs."""

Feedback = tuple[Tensor, ...]

SHARES = ("common", "equal")


class Fit(Protocol):
    """A way to follow a target."""

    @property
    def starts_at_zero(self) -> bool:
        """Whether B is 0 before the first minibatch, because the fit says so."""

    def check(self, target: str) -> None:
        """Raise ``InvalidInput`` for a target that the fit cannot follow."""

    def begin(self, feedback: Feedback) -> Memory:
        """What is remembered before the first minibatch."""

    def after(self, target: str, seen: Observation, memory: Memory) -> tuple[Feedback, Memory]:
        """Feedback and memory after one more minibatch."""


@dataclass(frozen=True)
class Descent:
    """Gradient descent on half the sum of |B^T e - target|^2: B <- B + rate sum_t e_t r_t^T."""

    rate: float
    starts_at_zero = False

    def __post_init__(self) -> None:
        checks.not_negative("rate", self.rate)

    def check(self, target: str) -> None:
        """Every target will do."""

    def begin(self, feedback: Feedback) -> Memory:
        """Nothing."""
        return ()

    def after(self, target: str, seen: Observation, memory: Memory) -> tuple[Feedback, Memory]:
        """Feedback after one step."""
        return _moved(seen.feedback, self.rate, seen.errors, residuals(target, seen)), memory


@dataclass(frozen=True)
class Whitening:
    """A running second moment C of the errors e~, with a decaying ridge: steps go along C^{-1} e.

    C is the mean of e e^T over the samples so far, from ``horizon`` samples on an exponential mean of that
    memory. The ridge, in units of C's mean eigenvalue, starts at ``ridge`` and halves every ``halving``
    samples down to ``floor``. Without a ridge, a step is the same in all linear coordinates of e.
    """

    ridge: float = 0.1
    floor: float = 1e-7
    halving: float = 2000.0
    horizon: float = 1e5

    def __post_init__(self) -> None:
        checks.ridge_penalty(self.ridge)
        checks.ridge_penalty(self.floor, "floor")
        checks.noise_scale(self.halving, "halving")
        checks.noise_scale(self.horizon, "horizon")

    def begin(self, feedback: Feedback) -> Memory:
        """A count of samples, (r, 1, 1), and C = 0 for each matrix, (r, q, q), in float64."""
        count = torch.zeros_like(feedback[0][:, :1, :1], dtype=torch.float64)
        return (
            count,
            *(count.new_zeros(matrix.shape[0], matrix.shape[1], matrix.shape[1]) for matrix in feedback),
        )

    def directions(self, errors: Sequence[Tensor], memory: Memory) -> tuple[list[Tensor], Memory]:
        """C^{-1} e for each matrix, (r, q, T), with C after these samples, and what is then remembered."""
        count, moments = memory[0] + errors[0].shape[2], list[Tensor]()
        fresh = (errors[0].shape[2] / count.clamp(max=self.horizon)).clamp(max=1.0)
        ridge = (self.ridge * 2.0 ** (-count / self.halving)).clamp(min=self.floor)
        found = list[Tensor]()
        for error, moment in zip(errors, memory[1:], strict=True):
            e = error.to(torch.float64)
            C = moment + fresh * (e @ e.mT / e.shape[2] - moment)
            moments.append(C)
            scale = C.diagonal(dim1=1, dim2=2).mean(1)[:, None, None]
            scale = torch.where(scale == 0, 1.0, scale)
            eye = torch.eye(C.shape[1], dtype=C.dtype, device=C.device)
            factor, _ = torch.linalg.cholesky_ex(C / scale + ridge * eye)
            found.append((torch.cholesky_solve(e, factor) / scale).to(error.dtype))
        return found, (count, *moments)


@dataclass(frozen=True)
class Normalised:
    """Steps that do not know the size of the errors: w = g_l / nu, nu = sum_l g_l (e^l . f^l) n_{l-1}.

    With one matrix, rate < 2 per sample contracts (signs for noise). ``share`` "common" has g = 1;
    "equal" takes for each sample the g with which all matrices have the same part in nu. ``measured`` puts
    |xi^{l-1}|^2 in place of n_{l-1}, which only Gaussian noise notices. With a ``whitening`` f is
    C^{-1} e. Samples whose errors are zero move nothing.
    """

    rate: float
    share: str = "common"
    whitening: Whitening | None = None
    measured: bool = False
    starts_at_zero = False

    def __post_init__(self) -> None:
        checks.not_negative("rate", self.rate)
        checks.one_of("share", self.share, SHARES)

    def check(self, target: str) -> None:
        """Every target will do, but without noise there is no |xi|^2."""
        checks.require(
            not self.measured or target != "gradient",
            "target",
            repr(target),
            "one with noise: it is measured",
        )

    def begin(self, feedback: Feedback) -> Memory:
        """What the whitening remembers."""
        return _begun(self.whitening, feedback)

    def after(self, target: str, seen: Observation, memory: Memory) -> tuple[Feedback, Memory]:
        """Feedback after one step."""
        directions, memory = _directions(self.whitening, seen, memory)
        parts = []
        for k, (e, f) in enumerate(zip(seen.errors, directions, strict=True)):
            spread = (
                seen.noise[k].square().sum(1, keepdim=True) if self.measured else seen.feedback[k].shape[2]
            )
            parts.append((e * f).sum(1, keepdim=True) * spread)
        weights = self.shares(parts)
        scaled = [w * f for w, f in zip(weights, directions, strict=True)]
        return _moved(seen.feedback, self.rate, scaled, residuals(target, seen)), memory

    def shares(self, parts: Sequence[Tensor]) -> list[Tensor]:
        """w for each matrix, from its part in nu."""
        if self.share == "equal":
            return [_inverse(part) / len(parts) for part in parts]
        return [_inverse(torch.stack(list(parts)).sum(0))] * len(parts)


@dataclass(frozen=True)
class Projected:
    """The step that answers a whole minibatch, Kaczmarz by blocks: w = (G + ridge mean(diag G))^{-1} s.

    G_tu = sum over matrices of (e_t . f_u)(xi_t . xi_u), (T, T), is how much a step along sample u changes
    what is expected of sample t. With rate 1 and no ridge the surprises of this very minibatch would be gone,
    were they linear in B; with 0 <= rate <= 2 the error of B then never grows, whatever the minibatch. The
    ridge, above 0, keeps samples apart that hardly differ.
    """

    rate: float = 1.0
    ridge: float = 1e-3
    whitening: Whitening | None = None
    starts_at_zero = False

    def __post_init__(self) -> None:
        checks.not_negative("rate", self.rate)
        checks.noise_scale(self.ridge, "ridge")

    def check(self, target: str) -> None:
        """The residual must be a surprise times the noise."""
        checks.one_of("target", target, SURPRISES)

    def begin(self, feedback: Feedback) -> Memory:
        """What the whitening remembers."""
        return _begun(self.whitening, feedback)

    def after(self, target: str, seen: Observation, memory: Memory) -> tuple[Feedback, Memory]:
        """Feedback after one step."""
        directions, memory = _directions(self.whitening, seen, memory)
        grams = []
        for e, f, xi in zip(seen.errors, directions, seen.noise, strict=True):
            e, f, xi = (part.to(torch.float64) for part in (e, f, xi))
            grams.append((e.mT @ f) * (xi.mT @ xi))
        G = torch.stack(grams).sum(0)
        scale = G.diagonal(dim1=1, dim2=2).mean(1)[:, None, None]
        eye = torch.eye(G.shape[1], dtype=G.dtype, device=G.device)
        factor, _ = torch.linalg.cholesky_ex(G + torch.where(scale == 0, 1.0, self.ridge * scale) * eye)
        s = SURPRISES[target](seen)[..., None].to(torch.float64)
        weights = torch.cholesky_solve(s, factor).mT.to(seen.y.dtype)
        return _moved(seen.feedback, self.rate, directions, [weights * xi for xi in seen.noise]), memory


@dataclass(frozen=True)
class Ridge:
    """B = (V + gamma I)^{-1} S, with V = sum e e^T and S = sum e target^T over all minibatches so far.

    Nothing is forgotten; e and target are those of the feedback at the time. gamma stands beside the sums, as
    in the authors' code, so that its share fades; ``inside`` puts it beside the means, as eq. (18) is
    printed: gamma times the number of samples. B is 0 at first. Raises ``InvalidInput`` for a ridge not above
    0.
    """

    ridge: float
    inside: bool = False
    starts_at_zero = True

    def __post_init__(self) -> None:
        checks.noise_scale(self.ridge, "ridge")

    def check(self, target: str) -> None:
        """Every target will do."""

    def begin(self, feedback: Feedback) -> Memory:
        """A count of samples, (r, 1, 1), then V (r, q, q) and S (r, q, n) of each matrix: 0, in float64."""
        count = torch.zeros_like(feedback[0][:, :1, :1], dtype=torch.float64)
        sums = list[Tensor]()
        for runs, q, n in (matrix.shape for matrix in feedback):
            sums += [count.new_zeros(runs, q, q), count.new_zeros(runs, q, n)]
        return count, *sums

    def after(self, target: str, seen: Observation, memory: Memory) -> tuple[Feedback, Memory]:
        """The solution of the sums with this minibatch in them."""
        count, sums = memory[0] + seen.samples, list[Tensor]()
        beside = self.ridge * count if self.inside else self.ridge
        feedback = []
        for k, residual in enumerate(residuals(target, seen)):
            e = seen.errors[k].to(torch.float64)
            V = memory[1 + 2 * k] + e @ e.mT
            S = memory[2 + 2 * k] + e @ (residual + seen.guesses[k]).to(torch.float64).mT
            sums += [V, S]
            eye = torch.eye(V.shape[1], dtype=V.dtype, device=V.device)
            factor, _ = torch.linalg.cholesky_ex(V + beside * eye)
            feedback.append(torch.cholesky_solve(S, factor).to(residual.dtype))
        return tuple(feedback), (count, *sums)


def _moved(
    feedback: Sequence[Tensor], rate: float, directions: Sequence[Tensor], rows: Sequence[Tensor]
) -> Feedback:
    """B + rate sum_t f_t r_t^T, for each matrix."""
    return tuple(matrix + rate * (f @ r.mT) for matrix, f, r in zip(feedback, directions, rows, strict=True))


def _inverse(nu: Tensor) -> Tensor:
    """1 / nu, and 0 where nu is 0."""
    return torch.where(nu == 0, 0.0, 1 / nu)


def _begun(whitening: Whitening | None, feedback: Feedback) -> Memory:
    return () if whitening is None else whitening.begin(feedback)


def _directions(
    whitening: Whitening | None, seen: Observation, memory: Memory
) -> tuple[Sequence[Tensor], Memory]:
    return (seen.errors, memory) if whitening is None else whitening.directions(seen.errors, memory)
