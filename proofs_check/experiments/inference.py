"""Means over runs, and intervals for them by Student's t: for a mean, and for paired differences."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["LEVEL", "Estimate", "estimate", "paired", "t_quantile"]

LEVEL = 0.95
"""The level of every interval, on two sides."""


@dataclass(frozen=True)
class Estimate:
    """A mean over ``n`` runs with its standard ``error`` (NaN for fewer than two), and how many runs more had
    no value, because they diverged.
    """

    n: int
    mean: float
    error: float
    lost: int = 0

    @property
    def half(self) -> float:
        """Half the length of the interval for the mean; infinite for fewer than two runs."""
        return math.inf if self.n < 2 else t_quantile(self.n - 1) * self.error

    @property
    def interval(self) -> tuple[float, float]:
        """The interval for the mean."""
        return self.mean - self.half, self.mean + self.half

    def scaled(self, factor: float) -> Estimate:
        """The same in another unit."""
        return Estimate(self.n, factor * self.mean, abs(factor) * self.error, self.lost)


def estimate(values: Sequence[float]) -> Estimate:
    """The mean of those values that are one."""
    found = [value for value in values if math.isfinite(value)]
    n, lost = len(found), len(values) - len(found)
    if not n:
        return Estimate(0, math.nan, math.nan, lost)
    mean = math.fsum(found) / n
    if n == 1:
        return Estimate(1, mean, math.nan, lost)
    variance = math.fsum((value - mean) ** 2 for value in found) / (n - 1)
    return Estimate(n, mean, math.sqrt(variance / n), lost)


def paired(values: Mapping[str, float], than: Mapping[str, float]) -> Estimate:
    """The mean difference over the seeds that both have: same start, same minibatches."""
    return estimate([values[seed] - than[seed] for seed in values if seed in than])


@lru_cache(maxsize=256)
def t_quantile(freedom: int, level: float = LEVEL) -> float:
    """t with P(|T| <= t) = level, for Student's T of so many degrees of freedom, from 1."""
    low, high = 0.0, 1.0
    while _within(high, freedom) < level:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < level else (low, middle)
    return high


def _within(t: float, freedom: int) -> float:
    """P(|T| <= t), a finite sum in the cosine of atan(t / sqrt(freedom)): Abramowitz, Stegun, 26.7.3-4."""
    angle = math.atan(t / math.sqrt(freedom))
    cosine, term = math.cos(angle), 1.0
    if freedom % 2:
        total, term = 0.0, cosine
        for k in range(1, freedom - 1, 2):
            total += term
            term *= (k + 1) / (k + 2) * cosine**2
        return 2 / math.pi * (angle + math.sin(angle) * total)
    total = 0.0
    for k in range(0, freedom - 1, 2):
        total += term
        term *= (k + 1) / (k + 2) * cosine**2
    return math.sin(angle) * total
