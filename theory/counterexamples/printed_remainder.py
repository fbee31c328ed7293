r"""Eq. (11) as printed: a bound that is infinite for tanh and sigmoid, at every noise scale.

It sums |L^(m)|/m! c^(m-1) sqrt(m+1)^(m+1) over m. The coefficients |L^(m)|/m! of a function with a
singularity at distance R from the point fall like R^-m and no faster, while sqrt(m+1)^(m+1) grows faster than
every power: whatever c is, the terms tend to infinity. For tanh at 0, R = pi/2 and

    t_m >= (2/c^2) (c sqrt(m+1)/R)^(m+1)      (m odd),

since tanh z = sum_k 8 z / ((2k-1)^2 pi^2 + 4 z^2): the coefficients are 2 (2/pi)^(m+1) sum_k (2k-1)^-(m+1) in
size. For the sigmoid, (1 + tanh(z/2))/2, the same holds with R = pi. Nothing is gained with the exact moments
E |xi|^(m+1) of the Gaussian in place of their bound. The expectation that is bounded is finite all the while.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import e

import flint
from flint import acb, arb, fmpq, fmpq_series

Moments = Callable[[int], arb]
"""p -> a bound of E |xi|^p, or that moment itself."""

FIRST = 2
"""The sum begins at m = 2."""


@cache
def coefficients(activation: str, order: int) -> tuple[fmpq, ...]:
    """|L^(m)(0)|/m! for m = 0 .. order, for L = tanh or sigmoid, exactly."""
    scale = {"tanh": fmpq(1), "sigmoid": fmpq(1, 2)}[activation]
    previous, flint.ctx.cap = flint.ctx.cap, order + 1
    try:
        series = fmpq_series([0, scale], prec=order + 1).tanh()
    finally:
        flint.ctx.cap = previous
    values = [series[m] * scale for m in range(order + 1)]  # (1 + tanh(z/2))/2 for the sigmoid
    values[0] = 1 - scale
    return tuple(abs(value) for value in values)


def printed_moment(p: int) -> arb:
    """sqrt(p)^p, the bound that eq. (11) takes for E |xi|^p of sub-Gaussian noise, with K = 1: it holds for
    N(0, 1).
    """
    return arb(p) ** (arb(p) / 2)


def gaussian_moment(p: int) -> arb:
    """E |xi|^p of N(0, 1): 2^(p/2) Gamma((p+1)/2) / sqrt(pi)."""
    return arb(2) ** (arb(p) / 2) * (arb(p + 1) / 2).gamma() / arb.pi().sqrt()


def terms(activation: str, c: fmpq, order: int, moment: Moments = printed_moment) -> dict[int, arb]:
    """The terms of eq. (11) at the point 0 that are not zero, m -> t_m for 2 <= m <= order, without K."""
    values = coefficients(activation, order)
    step = arb(c)
    return {
        m: arb(values[m]) * step ** (m - 1) * moment(m + 1) for m in range(FIRST, order + 1) if values[m] != 0
    }


def floor(activation: str, c: fmpq, m: int) -> arb:
    """The lower bound (2/c^2) (c sqrt(m+1)/R)^(m+1) of the printed term: it tends to infinity with m, for
    every c > 0.
    """
    return 2 * (arb(c) * arb(m + 1).sqrt() / _radius(activation)) ** (m + 1) / arb(c) ** 2


def _radius(activation: str) -> arb:
    """The distance R of the nearest singularity: i pi/2 for tanh, i pi for the sigmoid."""
    return arb.pi() / {"tanh": 2, "sigmoid": 1}[activation]


def growth_begins(found: dict[int, arb]) -> int:
    """The m of the smallest term: from there on each is larger than the one before."""
    return min(found, key=lambda m: float(found[m].log().mid()))


def predicted_growth(activation: str, c: float, exact_moments: bool = False) -> float:
    """About where that is: t_{m+2}/t_m = (c/R)^2 e (m + 2), without the e for exact Gaussian moments, up to
    a factor 1 + O(1/m).
    """
    return (float(_radius(activation).mid()) / c) ** 2 / (1 if exact_moments else e) - 2


def true_mean(c: fmpq, bits: int = 128) -> arb:
    """E lambda_hat = E[tanh(c xi) xi]/c for Gaussian noise, as a ball: what the sum was to approximate."""
    with flint.ctx.workprec(bits):
        step, end = acb(c), 16

        def integrand(x: acb, _: bool) -> acb:
            return (step * x).tanh() * x * (-x * x / 2).exp()

        inside = acb.integral(integrand, -end, end).real / (2 * arb.pi()).sqrt()
        # |tanh| <= 1, so the rest is at most 2 exp(-end^2/2) / sqrt(2 pi).
        rest = 2 * (-(arb(end) ** 2) / 2).exp() / (2 * arb.pi()).sqrt()
        return (inside + arb(0, rest.upper())) / arb(c)
