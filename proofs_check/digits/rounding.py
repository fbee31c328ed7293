"""How far rounding may take a subject's B̂(c) and gradients on the digits from their limits.

This is the allowance of `tolerance`, carried through least squares without waste.

A subject may be off by 16 u ρ/c in every (L̃ - L)/c, in any way, and by 100 q u κ(Q) in a solve. Adding up
absolute values over 258,768 rows would allow several hundred times more than such errors can do. The noise
coordinates are orthonormal over the design (E ξξᵀ = I), and so are the columns of ẽ Q^{-1/2} over the data.
Hence, by Bessel's inequality twice, errors of root mean square η move ẽB̂ by at most η and B̂ by at most
η/√μ, with μ the smallest non-zero eigenvalue of Q = E ẽẽᵀ. Below the top, ẽ itself is off, by d: with G
the rows of ẽ, R the residual of the fit and G̃ = G + d, the identity

    G̃⁺(GB + R) - B = -G̃⁺dB + (G̃ᵀG̃)⁺dᵀR + (I - G̃⁺G̃) dᵀG⁺ᵀB

carries it on, G̃ being of the rank of G; the last term is there only without full rank. Nothing here is of
first order only. Norms of rows are root mean squares over the data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from proofs_check.digits.recovery import RANK_CUTOFF, Limit, design, differences
from proofs_check.float64 import floats
from proofs_check.float64.designs import Atoms
from proofs_check.float64.floats import Array
from proofs_check.float64.tolerance import UNIT_ROUNDOFF, rounding_scale, solve_allowance
from proofs_check.networks.drawn import Instance


@dataclass(frozen=True)
class Allowance:
    """For one fit: the Frobenius distance allowed to B̂^{i+1}, and the root mean square one to ẽ^i below."""

    feedback: float
    signals: float


def allowances(instance: Instance, limit: Limit) -> list[Allowance]:
    """The allowances of B̂^2 … B̂^{N+1} and ẽ^1 … ẽ^N at the limit's c."""
    network, data = instance.network, np.sqrt(len(instance.x))
    noise = 16 * UNIT_ROUNDOFF / limit.c * np.sqrt(np.mean(rounding_scales(instance, limit.c) ** 2))
    result: list[Allowance] = []
    drift = 0.0  # of ẽ in the layer above; the top one is the true error
    for k in range(len(limit.feedback) - 1, -1, -1):
        b, source = limit.feedback[k], limit.signals[k + 1] / data
        singular = np.linalg.svd(source, compute_uv=False)
        kept = singular[singular > RANK_CUTOFF * singular[0]]
        smallest = float(kept[-1]) - drift  # of the subject's ẽ, at least
        if smallest <= 0:
            raise ArithmeticError(f"rounding at c = {limit.c:g} leaves the rank of ẽ^{k + 2} in doubt")
        size, residual = (float(np.linalg.norm(m, 2)) for m in (b, limit.means[k] / data - source @ b))
        estimates = np.array([[limit.spread * np.sqrt(network.hidden[k])]])  # |ξ^i|² = n_i for every atom
        own = solve_allowance(source, estimates, b)
        moved = noise + drift * (size + residual / smallest)
        turned = drift * size if len(kept) < len(singular) else 0.0
        steepest = float(floats.slope(network.activations[k], instance.clean.pre_activations[k]).max())
        below = steepest * (moved + (float(kept[0]) + drift) * own)
        result.insert(0, Allowance((moved + turned) / smallest + own, below))
        drift = below
    return result


def rounding_scales(instance: Instance, c: float) -> Array:
    """ρ, the larger of clean and perturbed pass, (M, A)."""
    support = design(instance)
    clean = rounding_scale(instance.network, instance.clean, instance.y)[:, None]
    perturbed = [
        _perturbed_scales(instance, support, c, part, chunk) for part, chunk in differences(instance, c)
    ]
    return np.maximum(clean, np.concatenate(perturbed))


def _perturbed_scales(instance: Instance, support: Atoms, c: float, part: slice, chunk: list[Array]) -> Array:
    """`tolerance.rounding_scale` of the perturbed pass, from h̃ - h: squared error, all atoms at once."""
    network, y = instance.network, instance.y[part, None]
    values = [h[part, None] + d for h, d in zip(instance.clean.activations[1:], chunk, strict=True)]
    values.insert(0, instance.x[part, None])
    residual = values[-1] - y
    total: Array = (np.abs(residual) * (np.abs(values[-1]) + np.abs(y)) + residual**2 / 2).sum(axis=2)
    error = residual * _slope(network.activations[-1], values[-1])
    for k in range(len(network.weights) - 1, -1, -1):
        weight, below = network.weights[k], np.abs(values[k])
        total += (np.abs(error) * (below @ np.abs(weight).T)).sum(axis=2)
        if k:
            back = error @ weight
            total += (np.abs(back) * below).sum(axis=2)
            clean = values[k] - c * support.layers[k - 1]  # σ(ã), before the noise
            error = back * _slope(network.activations[k - 1], clean)
    return total


def _slope(name: str, h: Array) -> Array:
    """σ' from h = σ(a), without a second exponential: its absolute error is roundoff, enough for a bound."""
    match name:
        case "identity":
            return np.ones_like(h)
        case "tanh":
            return np.asarray(1 - h**2, dtype=np.float64)
        case "sigmoid":
            return np.asarray(h * (1 - h), dtype=np.float64)
    raise ValueError(f"activation is {name!r}, expected identity, tanh or sigmoid")
