"""The exact law of a sum of independent rows, through its characteristic function.

G = T^{-1/2} Σ_t z_t with independent rows z_t that take the value ``scores[s]`` with probability
``weights[s]``:

    φ(θ) = E exp(iθ·G) = (Σ_s w_s exp(iθ·z_s / √T))^T,

no approximation by a normal law, at any T. So cos(θ·G) and sin(θ·G), which are bounded, have known means and
variances, as entries of a sequential test need them. With θ one standard deviation long, cos(θ·G) falls where
the spread of G along θ is larger than it should be, and sin(θ·G) moves where its mean is off; averaged over
the axes, the first loses 8 % of what the sample knows about the spread of normal G.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from proofs_check.float64.floats import Array
from proofs_check.sampling.sequential import Law, Plan, Rival, smallest

SLACK = 1.1
NEGLIGIBLE = 1e-9  # directions with less than this fraction of the largest variance carry no noise


class Distribution(Protocol):
    """A law of vectors with a known characteristic function."""

    @property
    def covariance(self) -> Array:
        """The covariance, d x d."""

    def characteristic(self, directions: Array) -> NDArray[np.complex128]:
        """φ of each direction (K, d)."""

    def scaled(self, factor: float) -> Distribution:
        """The law with all deviations from the mean so many times as large."""

    def shifted(self, shift: Array) -> Distribution:
        """The law of G + shift."""


@dataclass(frozen=True)
class Sum:
    """G: scores (S, d), weights (S,) that sum to 1, and the number of rows T."""

    scores: Array
    weights: Array
    rows: int = 1

    def characteristic(self, directions: Array) -> NDArray[np.complex128]:
        """φ of each direction (K, d)."""
        phases = np.exp(1j * (self.scores @ directions.T) / np.sqrt(self.rows))
        powers: NDArray[np.complex128] = (self.weights @ phases) ** self.rows
        return powers

    @cached_property
    def mean(self) -> Array:
        """E z."""
        mean: Array = self.weights @ self.scores
        return mean

    @cached_property
    def covariance(self) -> Array:
        """Cov z = Cov G, d x d."""
        away = self.scores - self.mean
        covariance: Array = (away * self.weights[:, None]).T @ away
        return covariance

    def scaled(self, factor: float) -> Sum:
        """The law of E G + factor (G - E G)."""
        return replace(self, scores=self.mean + factor * (self.scores - self.mean))

    def shifted(self, shift: Array) -> Sum:
        """The law of G + shift."""
        return replace(self, scores=self.scores + shift / np.sqrt(self.rows))


@dataclass(frozen=True)
class Probes:
    """Bounded functions of G: cos(θ·G) averaged over the ``axes`` first directions, then cos and sin of each.

    Directions are θ, (K, d): the axes are orthonormal after whitening, and the others their normed sums in
    pairs, so that every entry of the covariance counts.
    """

    directions: Array
    axes: int

    @classmethod
    def of(cls, law: Distribution, length: float = 1.0) -> Probes:
        """Directions of this many standard deviations, along which G has noise at all."""
        values, vectors = np.linalg.eigh(law.covariance)
        kept = values > NEGLIGIBLE * values[-1]
        axes = length * (vectors[:, kept] / np.sqrt(values[kept])).T
        pairs = [(a + b) / np.sqrt(2) for a, b in combinations(axes, 2)]
        return cls(np.array([*axes, *pairs]), len(axes))

    def values(self, sums: Array) -> Array:
        """The functions of each of ``sums`` (R, d): (R, 1 + 2 K)."""
        angles = sums @ self.directions.T
        cosines = np.cos(angles)
        pooled = cosines[:, : self.axes].mean(axis=1)
        return np.column_stack([pooled, cosines, np.sin(angles)])

    def law(self, law: Distribution) -> Law:
        """Their means, variances and reaches, exactly, where G has this law."""
        pooled = self.pooled(law)
        cosine, double = law.characteristic(self.directions), law.characteristic(2 * self.directions).real
        means = np.array([*pooled.mean, *cosine.real, *cosine.imag])
        variances = np.array(
            [*pooled.variance, *((1 + double) / 2 - cosine.real**2), *((1 - double) / 2 - cosine.imag**2)]
        )
        return _bounded(means, variances)

    def pooled(self, law: Distribution) -> Law:
        """The law of the average over the axes, from cos a cos b = (cos(a - b) + cos(a + b)) / 2."""
        axes = self.directions[: self.axes]
        both = [(axes[:, None] + sign * axes[None, :]).reshape(-1, axes.shape[1]) for sign in (1, -1)]
        mean = law.characteristic(axes).real.mean()
        second = np.mean([law.characteristic(angles).real.mean() for angles in both])
        return _bounded(np.array([mean]), np.array([second - mean**2]))

    def shift(self, law: Distribution, axis: int, deviations: float) -> Rival:
        """The rival whose mean is off by so many standard deviations along an axis: its sine finds it."""
        length = np.linalg.norm(self.directions[0] @ _root(law.covariance))
        whitened = np.linalg.pinv(self.directions[: self.axes])[:, axis] * length
        moved, theta = law.shifted(deviations * whitened), self.directions[axis : axis + 1]
        sine, double = moved.characteristic(theta).imag, moved.characteristic(2 * theta).real
        return Rival(1 + len(self.directions) + axis, _bounded(sine, (1 - double) / 2 - sine**2))


@dataclass(frozen=True)
class Squares:
    """First and second moments of G itself, for a single row of finitely many values: |whitened G - E G|²
    over the number of axes, then each coordinate, then each product of two, but for those that are constant.
    """

    mean: Array
    whitening: Array  # d x axes
    kept: Array  # which of the coordinates and products vary

    @classmethod
    def of(cls, law: Sum) -> Squares:
        """Those of a law; its rows are single."""
        values, vectors = np.linalg.eigh(law.covariance)
        varying = values > NEGLIGIBLE * values[-1]
        whitening = vectors[:, varying] / np.sqrt(values[varying])
        every = cls(law.mean, whitening, np.ones(_entries(len(law.mean)), dtype=bool))
        table = every.values(law.scores)[:, 1:]
        return cls(law.mean, whitening, np.ptp(table, axis=0) > NEGLIGIBLE * (1 + np.abs(table).max(axis=0)))

    @property
    def axes(self) -> int:
        """Axes along which the mean may be off: the coordinates."""
        return int(self.kept[: len(self.mean)].sum())

    def values(self, sums: Array) -> Array:
        """These numbers for each of ``sums`` (R, d)."""
        pooled = (((sums - self.mean) @ self.whitening) ** 2).mean(axis=1)
        upper = np.triu_indices(sums.shape[1])
        products = sums[:, upper[0]] * sums[:, upper[1]]
        return np.column_stack([pooled, np.column_stack([sums, products])[:, self.kept]])

    def law(self, law: Sum) -> Law:
        """Their means, variances and reaches, by summing over the values."""
        return _finite(self.values(law.scores), law.weights)

    def pooled(self, law: Sum) -> Law:
        """The law of the first."""
        return self.law(law).entry(0)

    def shift(self, law: Sum, axis: int, deviations: float) -> Rival:
        """The rival whose mean is off by so many standard deviations in one coordinate."""
        coordinate = int(np.flatnonzero(self.kept[: len(self.mean)])[axis])
        moved = np.zeros(len(self.mean))
        moved[coordinate] = deviations * np.sqrt(law.covariance[coordinate, coordinate])
        return Rival(1 + axis, self.law(law.shifted(moved)).entry(1 + axis))


class Functions(Protocol):
    """Numbers of which a test knows the law: the first falls or grows with the spread of G."""

    @property
    def axes(self) -> int:
        """How many axes a mean may be off along."""

    def law(self, law: Any) -> Law:
        """Their means, variances and reaches where G has this law."""

    def pooled(self, law: Any) -> Law:
        """The law of the first."""

    def shift(self, law: Any, axis: int, deviations: float) -> Rival:
        """The rival whose mean is off by so many standard deviations along an axis."""

    def values(self, sums: Array) -> Array:
        """The numbers for each of ``sums`` (R, d)."""


def design(
    functions: Functions, law: Distribution, counts: tuple[int, ...], alpha: float
) -> tuple[Plan, float, float]:
    """The plan of a test of this law, and what it finds with probability 0.99: the factor by which standard
    deviations are wrong (up or down), and the number of them by which the mean is, along any axis.

    Rivals are a little farther than the nearest that could be found, so that most runs stop early.
    """
    null, every = functions.law(law), range(functions.axes)

    def spread(factor: float) -> Rival:
        return Rival(0, functions.pooled(law.scaled(factor)))

    wide, narrow = (
        SLACK * smallest(null, counts, alpha, lambda d, s=sign: spread((1 + d) ** s), (0.002, 8.0))  # type: ignore[misc]
        for sign in (1, -1)
    )
    away = SLACK * max(
        smallest(null, counts, alpha, lambda d, k=axis: functions.shift(law, k, d), (0.002, 3.0))  # type: ignore[misc]
        for axis in every
    )
    shifts = [functions.shift(law, axis, sign * away) for axis in every for sign in (1, -1)]
    plan = Plan(null, counts, alpha, (spread(1 + wide), spread(1 / (1 + narrow)), *shifts))
    return plan, 1 + max(wide, narrow), away


def _entries(units: int) -> int:
    return units + units * (units + 1) // 2


def _finite(values: Array, weights: Array) -> Law:
    """The law of a table of values (S, m)."""
    means = weights @ values
    away = values - means
    return Law(means, weights @ away**2, np.abs(away).max(axis=0))


def _bounded(means: Array, variances: Array) -> Law:
    """The law of numbers in [-1, 1]."""
    return Law(means, np.maximum(variances, 0.0), 1 + np.abs(means))


def _root(covariance: Array) -> Array:
    """The symmetric square root."""
    values, vectors = np.linalg.eigh(covariance)
    root: Array = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return root
