"""How near the feedback is to the weights, and the synthetic gradients to the true ones: each figure once.

Everything may have a first axis of R runs, and then there is one number per run, (R,); without it the result
has no axes. Results are float64 whatever the input, float32 or float64, and no gradient passes through them.
No norm overflows or underflows on the way. A run in which a number is not finite has NaN, and the others have
what they have without it. So has one where there is a division by zero: each function says when that is.

Raises ``InvalidInput`` for what is no tensor of numbers, or for shapes that do not fit.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.linalg import vector_norm

from impl import checks

__all__ = ["global_angle", "local_angle", "norm_ratio", "relative_error", "sign_congruence"]


def relative_error(weights: Tensor, feedback: Tensor) -> Tensor:
    """|W - B|_F / |W|_F for W and B of the same shape (p, n) or (R, p, n); NaN where W is zero.

    The relative error of the paper's Figures 2 and 4; the authors' code has it with the row of the biases,
    which here is there if the caller's W and B have it.
    """
    weights, feedback = _pair("weights", weights, "feedback", feedback)
    return _ratio(weights - feedback, weights)


def norm_ratio(weights: Tensor, feedback: Tensor) -> Tensor:
    """|B|_F / |W|_F for W and B of the same shape (p, n) or (R, p, n); NaN where W is zero."""
    weights, feedback = _pair("weights", weights, "feedback", feedback)
    return _ratio(feedback, weights)


def sign_congruence(weights: Tensor, feedback: Tensor) -> Tensor:
    """The mean of (sign W sign B + 1) / 2 over the entries of W and B, (p, n) or (R, p, n); from 0 to 1.

    As the authors' code has it: equal signs count 1, opposite ones 0, and a zero in either counts 1/2.
    """
    weights, feedback = _pair("weights", weights, "feedback", feedback)
    finite = (weights.isfinite() & feedback.isfinite()).all(-1)
    congruence = ((weights.sign() * feedback.sign() + 1) / 2).mean(-1)
    return congruence.where(finite, math.nan)


def global_angle(true: Tensor, synthetic: Tensor) -> Tensor:
    """The angle between the true and the synthetic gradient of a layer over a whole batch, 0 to 180 degrees.

    Both are (T, n) or (R, T, n), a row for each datum, and each counts as one vector of T n numbers. NaN
    where either is zero. It errs by some 1e-14 degrees, however small it is: it is 2 atan2(|u - v|, |u + v|)
    of the unit vectors u and v, where the arc cosine of a product would lose all angles below 1e-6 degrees.
    (Gradients that were rounded to float32 are off themselves, by 1e-6 to 1e-5 degrees.)
    """
    true, synthetic = _pair("true", true, "synthetic", synthetic)
    apart, together = _apart_and_together(true, synthetic)
    return torch.rad2deg(2 * torch.atan2(apart, together))


def local_angle(weights: Tensor, feedback: Tensor, signal: Tensor) -> Tensor:
    """The angle between W^T e and B^T e for the same error signal e of one datum, folded to 0 to 90 degrees.

    W and B are (p, n) or (R, p, n), e is (p,) or (R, p). The angle of the paper's figures, as the authors'
    code has it: one datum, the synthetic signal on both sides, and 180 - a where the angle a is above 90, so
    that feedback that points the wrong way does not show. NaN where W^T e or B^T e is zero.
    """
    matrices = _pair("weights", weights, "feedback", feedback)
    signal = checks.dense("signal", signal, like=weights)
    shape = weights.shape
    expected = tuple(shape[:-1])
    checks.require(tuple(signal.shape) == expected, "the shape of signal", tuple(signal.shape), str(expected))
    e = _unit_scale(signal.detach().double())[0].unsqueeze(-2)
    down = ((e @ _unit_scale(matrix)[0].reshape(shape)).squeeze(-2) for matrix in matrices)
    apart, together = _apart_and_together(*down)
    return torch.rad2deg(2 * torch.atan2(torch.minimum(apart, together), torch.maximum(apart, together)))


def _pair(first: str, a: object, second: str, b: object) -> tuple[Tensor, Tensor]:
    """Two matrices of the same shape, or R of each, as (entries,) or (R, entries) in float64."""
    a = checks.dense(first, a)
    if a.is_meta:
        checks.refuse(f"the device of {first}", "meta", "one that holds numbers")
    shape = tuple(a.shape)
    if len(shape) not in (2, 3) or 0 in shape:
        checks.refuse(f"the shape of {first}", shape, "two axes, or three with that of the runs, none empty")
    b = checks.dense(second, b, like=a)
    checks.require(tuple(b.shape) == shape, f"the shape of {second}", tuple(b.shape), str(shape))
    return a.detach().double().flatten(-2), b.detach().double().flatten(-2)


def _unit_scale(vectors: Tensor) -> tuple[Tensor, Tensor]:
    """The vectors over their largest entry, and that entry: their squares neither over- nor underflow.

    A zero vector stays. One with an infinity or NaN becomes NaN.
    """
    largest = vectors.abs().amax(-1, keepdim=True)
    return vectors / largest.where(largest != 0, 1), largest.squeeze(-1)


def _ratio(above: Tensor, below: Tensor) -> Tensor:
    """|above| / |below|; NaN where below is zero."""
    (above, most_above), (below, most_below) = _unit_scale(above), _unit_scale(below)
    ratio: Tensor = most_above / most_below * (vector_norm(above, dim=-1) / vector_norm(below, dim=-1))
    return ratio.where(most_below != 0, math.nan)


def _apart_and_together(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """|u - v| and |u + v| of the unit vectors; NaN where either vector is zero."""
    scaled = (_unit_scale(vectors)[0] for vectors in (a, b))
    u, v = (vectors / vector_norm(vectors, dim=-1, keepdim=True) for vectors in scaled)
    return _norm(u - v), _norm(u + v)


def _norm(vectors: Tensor) -> Tensor:
    scaled, largest = _unit_scale(vectors)
    norm: Tensor = largest * vector_norm(scaled, dim=-1)
    return norm
