"""Tests of noise with a stated error: a correct source fails one of them with probability below 1e-6 in a
whole run.

Each function returns a number and the bound it stays below, with probability at least 1 - α per comparison
made, for independent entries of
mean 0 and variance 1 whose products have Bernstein's moment growth (E|Z|^k ≤ k!/2 b^{k-2}; b = 4/3 serves
every family here).
"""

from __future__ import annotations

from math import log, sqrt

import numpy as np

from proofs_check.floats import Array

ALPHA = 1e-13  # per comparison; a run makes fewer than 1e6
LARGEST_Z = 7.0  # two-sided normal tail 2.6e-12, for means over more than a million entries
BERNSTEIN = 4 / 3


def mean_bound(count: float, comparisons: int = 1) -> float:
    """t with P(|mean of ``count`` products| > t) ≤ α: Bernstein's 2 exp(-n t² / 2(1 + b t)), solved for t."""
    needed = 2 * log(2 * comparisons / ALPHA) / count
    return needed * BERNSTEIN / 2 + sqrt((needed * BERNSTEIN / 2) ** 2 + needed)


def law_distance_bound(count: int) -> float:
    """ε with P(sup|F_n - F| > ε) ≤ α: Dvoretzky, Kiefer, Wolfowitz and Massart."""
    return sqrt(log(2 / ALPHA) / (2 * count))


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


def moment_scores(entries: Array, moments: list[float]) -> Array:
    """z of the sample means of ξ … ξ⁴ against E ξ^r = moments[r], r = 0 … 8, by their exact variances."""
    square = entries * entries  # numpy's power of 3 or 4 takes twenty times as long as a product
    powers = (entries, square, square * entries, square * square)
    scores = []
    for r, values in enumerate(powers, start=1):
        variance = moments[2 * r] - moments[r] ** 2
        away = float(values.mean()) - moments[r]
        scores.append(
            away / sqrt(variance / entries.size) if variance > 0 else (0.0 if away == 0 else np.inf)
        )
    return np.array(scores)


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
    """How many rows occur before, up to sign, in blocks of equal width."""
    rows = np.concatenate(blocks)
    signed = rows * np.where(rows[:, :1] < 0, -1.0, 1.0) + 0.0
    # Bits well mixed, then a random linear form: equal rows agree, different ones with probability about
    # 2^-64.
    mixed = np.ascontiguousarray(signed).view(np.uint64)
    for shift, factor in ((33, 0xFF51AFD7ED558CCD), (29, 0xC4CEB9FE1A85EC53)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(32)
    weights = np.random.Generator(np.random.Philox(key=1)).integers(0, 2**64, rows.shape[1], dtype=np.uint64)
    hashes = (mixed * (weights | np.uint64(1))).sum(axis=1, dtype=np.uint64)
    return int(len(hashes) - len(np.unique(hashes)))


def unit_variance_deviation(units: Array) -> float:
    """The largest |Σ_t ξ_tj² / T - 1| of a unit."""
    return float(np.abs((units * units).mean(axis=0) - 1).max())


def square_correlation(units: Array, fourth_moment: float) -> float:
    """The largest correlation of ξ² - 1 over pairs of different units: dependence that ξ itself does not
    show.
    """
    squares = (units * units - 1) / sqrt(fourth_moment - 1)
    return correlation(squares)


def recurring_entries(blocks: list[Array]) -> int:
    """How many entries occur before, up to sign: copies, however rows and columns were rearranged."""
    values = np.abs(np.concatenate([block.ravel() for block in blocks]))
    return int(values.size - np.unique(values).size)
