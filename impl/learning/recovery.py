"""The joint fit: all feedback at once, from about as many loss differences as there are weights.

To first order in the noise, one loss difference is one linear equation without any noise in it,

    y_t = sum over l of (e_t^l)^T W^l v_t^{l-1},   v^i = sigma_i'(a^i) o W^i v^{i-1} + xi^i,  v^1 = xi^1,

and in the network of B what is predicted of y_t changes by (e~_t^l)^T dB^l v_t^{l-1}: the equations of Gauss
and Newton. What B predicts is taken at the size of the noise itself (the internal model of
``impl.learning.targets``), so that W is a solution at every c and not only as c falls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from impl import checks
from impl.learning.observation import Observation
from impl.learning.passes import carry, kicked
from impl.rule import direct

__all__ = ["joint_fit", "recover"]

DENSE = 2**24
"""Entries of the matrix of equations, of one run, up to which it is written out."""
HALVINGS = 20
"""How often a fit is halved before what is left of it is taken."""
TOLERANCE = 1e-13
"""Conjugate gradients stop where the gradient has fallen to this part of itself."""


@torch.no_grad()
def joint_fit(
    errors: Sequence[Tensor], responses: Sequence[Tensor], differences: Tensor, *, dense: bool | None = None
) -> tuple[Tensor, ...]:
    """The B^l, (R, q_l, n_l), that minimise sum_t (y_t - sum_l (e_t^l)^T B^l v_t^l)^2; of minimum norm.

    ``errors`` are (R, q_l, T), ``responses`` (R, n_l, T), ``differences`` (R, T); the result is float64.
    Solved by a singular value decomposition where the equations, T times the unknowns, are few enough to be
    written out, else by conjugate gradients; ``dense`` decides it. Raises ``InvalidInput`` for shapes that do
    not fit.
    """
    checks.require(differences.dim() == 2, "the shape of differences", tuple(differences.shape), "(R, T)")
    runs, samples = differences.shape
    pairs = list(zip(errors, responses, strict=True))
    for k, pair in enumerate(pairs):
        for name, part in zip(("errors", "responses"), pair, strict=True):
            checks.require(
                part.dim() == 3 and (part.shape[0], part.shape[2]) == (runs, samples),
                f"the shape of {name}[{k}]",
                tuple(part.shape),
                f"({runs}, at least 1, {samples})",
            )
    e, v = ([part.to(torch.float64) for part in parts] for parts in (errors, responses))
    y = differences.to(torch.float64)
    unknowns = [a.shape[1] * b.shape[1] for a, b in zip(e, v, strict=True)]
    if dense or (dense is None and samples * sum(unknowns) <= DENSE):
        rows = [
            (a[:, :, None] * b[:, None]).flatten(1, 2).mT for a, b in zip(e, v, strict=True)
        ]  # (R, T, q n)
        solution = torch.linalg.lstsq(torch.cat(rows, 2).cpu(), y[..., None].cpu(), driver="gelsd").solution
        parts = solution[..., 0].to(y.device).split(unknowns, 1)
        return tuple(
            part.unflatten(1, (a.shape[1], b.shape[1])) for part, a, b in zip(parts, e, v, strict=True)
        )
    return _conjugate_gradients(e, v, y, 10 * sum(unknowns))


@torch.no_grad()
def recover(seen: Observation, steps: int = 20, tolerance: float = 1e-12) -> tuple[Tensor, ...]:
    """B^2 ... B^{N+1}, (r, n_i, n_{i-1}) in float64, by Gauss and Newton from the differences that were seen.

    Starts at the feedback of ``seen`` (from ``impl.learning.observe``, float64), wired as "FA", and stops
    after ``steps`` joint fits, or where none moves B by more than ``tolerance`` of its norm. A fit that would
    enlarge the surprise of its run is halved until it does not. None asks for a further loss. With too few
    differences, or from far away, what comes back need not be near W. Raises ``InvalidInput`` for another
    wiring or dtype, or for runs without perturbation.
    """
    checks.whole("steps", steps, 1)
    checks.not_negative("tolerance", tolerance)
    checks.require(not direct(seen.wiring), "the wiring of seen", repr(seen.wiring), "'FA'")
    checks.require(seen.perturbation is not None, "the perturbation of seen", None, "one")
    checks.require(seen.y.dtype == torch.float64, "the dtype of seen", seen.y.dtype, "torch.float64")
    now, surprise = seen, seen.difference - seen.expected_difference
    for _ in range(steps):
        moves = joint_fit(now.errors, _responses(now), surprise)
        if all(m.norm() <= tolerance * B.norm() for m, B in zip(moves, now.feedback, strict=True)):
            return tuple(B + move for B, move in zip(now.feedback, moves, strict=True))
        rate = torch.ones_like(surprise[:, :1, None])
        for _ in range(HALVINGS):
            then = _with(seen, [B + rate * move for B, move in zip(now.feedback, moves, strict=True)])
            left = seen.difference - then.expected_difference
            worse = ~(left.square().sum(1) < surprise.square().sum(1))
            if not bool(worse.any()):
                break
            rate = torch.where(worse[:, None, None], rate / 2, rate)
        now, surprise = then, left
    return now.feedback


def _with(seen: Observation, feedback: Sequence[Tensor]) -> Observation:
    """What would have been seen with other feedback."""
    signals = carry(seen.architecture, seen.clean, seen.y, feedback)
    return replace(seen, feedback=tuple(feedback), signals=signals)


def _responses(seen: Observation) -> list[Tensor]:
    """v^1 ... v^N: how the network of the feedback responds to the noise, to first order."""
    found = [seen.noise[0]]
    for k, matrix in enumerate(seen.feedback[:-1], 1):
        slope = seen.architecture.sigmas[k].derivative(seen.clean.pre_activations[k])
        found.append(kicked(slope * (matrix @ found[-1]), seen.noise[k], 0.0))
    return found


def _conjugate_gradients(
    errors: Sequence[Tensor], responses: Sequence[Tensor], y: Tensor, most: int
) -> tuple[Tensor, ...]:
    """Least squares by conjugate gradients on the normal equations (CGLS), from 0, without their matrix."""

    def predicted(B: Sequence[Tensor]) -> Tensor:
        terms = [(e * (M @ v)).sum(1) for e, M, v in zip(errors, B, responses, strict=True)]
        return torch.stack(terms).sum(0)

    def gradient(residual: Tensor) -> list[Tensor]:
        return [(e * residual[:, None]) @ v.mT for e, v in zip(errors, responses, strict=True)]

    def inner(matrices: Sequence[Tensor]) -> Tensor:
        return torch.stack([M.square().sum((1, 2)) for M in matrices]).sum(0)

    residual, slope = y, gradient(y)
    B, direction, size = [torch.zeros_like(M) for M in slope], slope, inner(slope)
    first = size
    for _ in range(most):
        if bool((size <= TOLERANCE**2 * first).all()):
            break
        along = predicted(direction)
        rate = _over(size, along.square().sum(1))
        B = [M + rate[:, None, None] * D for M, D in zip(B, direction, strict=True)]
        residual = residual - rate[:, None] * along
        slope = gradient(residual)
        before, size = size, inner(slope)
        turn = _over(size, before)[:, None, None]
        direction = [g + turn * D for g, D in zip(slope, direction, strict=True)]
    return tuple(B)


def _over(a: Tensor, b: Tensor) -> Tensor:
    """a / b, and 0 where b is 0."""
    return torch.where(b == 0, 0.0, a / b)
