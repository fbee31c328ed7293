"""Tests of noise at a stated level: a right source fails each with probability at most α, whatever the
sample.

Every bound is a proved inequality with its constants, none an approximation for large samples. A bound t(n,
α) comes with what it finds: the smallest deviation that exceeds t with probability 0.99, where the
alternative obeys the same inequality with its own mean. Entries are independent, of mean 0 and variance 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import log, sqrt

import numpy as np

from proofs_check.float64.floats import Array
from proofs_check.verdict.budget import MISS

GROWTH = 4 / 3  # b in E|Z|^k ≤ k!/2 b^{k-2} for products Z of two entries: it serves every family here
CLIP = 6.0  # Gaussian entries are clipped here before their third and fourth powers are averaged


def moment_growth_bound(count: float, alpha: float, comparisons: int = 1) -> float:
    """t with P(|mean of ``count`` products of two entries| > t for one of the comparisons) ≤ α: Bernstein's
    2 exp(-n t² / 2(1 + b t)), solved for t.
    """
    needed = 2 * log(2 * comparisons / alpha) / count
    return needed * GROWTH / 2 + sqrt((needed * GROWTH / 2) ** 2 + needed)


def bounded_mean_bound(
    count: float, variance: float, reach: float, alpha: float, comparisons: int = 1
) -> float:
    """t with P(|mean - expectation| > t) ≤ α for values at most ``reach`` from their expectation:
    Bernstein.
    """
    rate = log(2 * comparisons / alpha) / count
    return rate * reach / 3 + sqrt((rate * reach / 3) ** 2 + 2 * rate * variance)


def gaussian_mean_bound(count: float, alpha: float, comparisons: int = 1) -> float:
    """t with P(|mean| > t) ≤ α for normal entries: 2 exp(-n t² / 2)."""
    return sqrt(2 * log(2 * comparisons / alpha) / count)


def gaussian_variance_bound(count: float, alpha: float, comparisons: int = 1) -> float:
    """t with P(|Σ ξ²/n - 1| > t) ≤ α for normal entries: Laurent and Massart, 2 sqrt(x/n) + 2 x/n."""
    x = log(2 * comparisons / alpha)
    return 2 * sqrt(x / count) + 2 * x / count


def law_distance_bound(count: int, alpha: float) -> float:
    """ε with P(sup|F_n - F| > ε) ≤ α: Dvoretzky, Kiefer, Wolfowitz and Massart."""
    return sqrt(log(2 / alpha) / (2 * count))


def found_by(bound: Callable[[float], float], alpha: float) -> float:
    """The deviation of a mean that exceeds the bound at α with probability 1 - MISS: t(α) + t(MISS)."""
    return bound(alpha) + bound(MISS)


def variance_found(count: float, alpha: float) -> float:
    """δ such that normal entries of variance 1 + δ exceed `gaussian_variance_bound` with probability 1 -
    MISS.
    """
    slack = 2 * sqrt(log(1 / MISS) / count)
    return (gaussian_variance_bound(count, alpha) + slack) / (1 - slack)


def law_distance(entries: Array, distribution: Array) -> float:
    """sup|F_n - F| at the sorted entries, F their distribution function's values there."""
    count = len(entries)
    steps = np.arange(count + 1) / count
    return float(max(np.max(steps[1:] - distribution), np.max(distribution - steps[:-1])))


def frequency_deviation(hits: int, count: int, probability: float) -> float:
    """Chernoff's exponent n KL(hits/n ‖ p): exceeds log(2/α) with probability at most α."""
    q = hits / count
    terms = [a * log(a / b) for a, b in ((q, probability), (1 - q, 1 - probability)) if a > 0]
    return count * sum(terms)


@dataclass(frozen=True)
class Bounded:
    """The values of a law with a largest entry, or none (the normal law)."""

    moments: tuple[float, ...]  # E ξ^r, r = 0 … 8
    values: tuple[float, ...] | None  # the atoms, or the two ends
    atoms: tuple[tuple[float, float], ...] | None = None  # each with its probability

    def power_bound(self, power: int, count: int, alpha: float) -> float:
        """t with P(|mean of ξ^power - E ξ^power| > t) ≤ α; of clipped entries for powers 3 and 4 if
        normal.
        """
        if self.values is not None:
            mean = self.moments[power]
            reach = max(abs(v**power - mean) for v in (*self.values, 0.0))
            variance = max(self.moments[2 * power] - mean**2, 0.0)
            return 0.0 if variance == 0 else bounded_mean_bound(count, variance, reach, alpha)
        if power <= 2:
            return (gaussian_mean_bound, gaussian_variance_bound)[power - 1](count, alpha)
        mean, second = _clipped(power), _clipped(2 * power)
        return bounded_mean_bound(count, second - mean**2, CLIP**power + mean, alpha)

    def powers_used(self, entries: Array, alpha: float) -> float:
        """The largest part of their bounds that the means of ξ … ξ⁴ use: four tests of level α."""
        square = entries * entries  # numpy's power of 3 or 4 takes twenty times as long as a product
        powers, expected = [entries, square], list(self.moments[1:5])
        if self.values is None:
            entries = np.clip(entries, -CLIP, CLIP)
            square = entries * entries
            expected[3] = _clipped(4)
        powers += [square * entries, square * square]
        used = []
        for power, (values, mean) in enumerate(zip(powers, expected, strict=True), start=1):
            away, bound = abs(float(values.mean()) - mean), self.power_bound(power, entries.size, alpha)
            used.append(away / bound if bound > 0 else (0.0 if away == 0 else float("inf")))
        return max(used)


@cache
def _clipped(power: int) -> float:
    """E min(|ξ|, CLIP)^power for normal ξ and even powers, 0 for odd ones."""
    if power % 2:
        return 0.0
    grid = np.linspace(-12.0, 12.0, 24001)
    density = np.exp(-(grid**2) / 2)
    return float((np.clip(grid, -CLIP, CLIP) ** power * density).sum() / density.sum())


def correlation(units: Array, others: Array | None = None) -> float:
    """The largest |Σ_t ξ_tj η_tk / T| over pairs of different units."""
    products = units.T @ (units if others is None else others) / len(units)
    if others is None:
        np.fill_diagonal(products, 0.0)
    return float(np.abs(products).max())


def lagged_correlation(units: Array) -> float:
    """The largest |Σ_tj ξ_tj ξ_{t+l,j} / (T n)| over circular lags l = 1 … T-1."""
    rows, columns = units.shape
    spectrum = np.abs(np.fft.rfft(units, axis=0)) ** 2
    return float(np.abs(np.fft.irfft(spectrum.sum(axis=1), rows)[1:]).max() / (rows * columns))


def repeated_rows(blocks: list[Array]) -> int:
    """How many rows occur before, up to sign, in blocks of equal width.

    Candidates are rows whose random linear forms agree; only those are compared number by number.
    """
    rows = np.concatenate(blocks)
    weights = np.random.Generator(np.random.Philox(key=1)).standard_normal(rows.shape[1])
    forms = np.abs(rows @ weights)
    order = np.argsort(forms)
    gaps = np.diff(forms[order])
    near = np.flatnonzero(gaps <= 1e-10 * sqrt(rows.shape[1]))  # a thousand times what rounding may do
    if not near.size:
        return 0
    candidates = rows[order[np.unique([near, near + 1])]]
    signed = candidates * np.where(candidates[:, :1] < 0, -1.0, 1.0) + 0.0
    return int(len(signed) - len(np.unique(signed, axis=0)))


def unit_variance_deviation(units: Array) -> float:
    """The largest |Σ_t ξ_tj² / T - 1| of a unit."""
    return float(np.abs((units * units).mean(axis=0) - 1).max())


def outer_half(units: Array, median: float) -> Array:
    """+1 where |ξ| is above its median, else -1: fair signs, by which a dependence of squares shows."""
    halves: Array = np.where(np.abs(units) > median, 1.0, -1.0)
    return halves


def joint_moments(units: Array, orders: Sequence[int] = (3, 4)) -> float:
    """The largest |mean of a product of 3 or of 4 different columns|, over all such sets of columns."""
    pairs = list(combinations(range(units.shape[1]), 2))
    left, right = (np.array(indices) for indices in zip(*pairs, strict=True))
    products = units[:, left] * units[:, right]
    worst = 0.0
    if 3 in orders:
        table = np.abs(products.T @ units) / len(units)
        table[np.arange(len(pairs)), left] = table[np.arange(len(pairs)), right] = 0.0
        worst = float(table.max())
    if 4 in orders:
        table = np.abs(products.T @ products) / len(units)
        shared = (left[:, None] == left) | (left[:, None] == right)
        shared |= (right[:, None] == left) | (right[:, None] == right)
        table[shared] = 0.0
        worst = max(worst, float(table.max()))
    return worst


def recurring_entries(blocks: list[Array]) -> int:
    """How many entries occur before, up to sign: copies, however rows and columns were rearranged."""
    values = np.abs(np.concatenate([block.ravel() for block in blocks]))
    return int(values.size - np.unique(values).size)
