"""A test in stages: it stops early when the case is clear and draws more when it is not, at a proved level.

Observations X_1, X_2, … are independent vectors of m bounded entries. The null hypothesis names each entry's
mean μ, a bound v of its variance, and a bound r of |X - μ|. By Bernstein's inequality, for n of them,

    P(|X̄ - μ| > t(n, a)) ≤ a,      t(n, a) = L r / 3 + sqrt((L r / 3)² + 2 v L),   L = log(2 / a) / n.

After n_k observations, k = 1 … K, the test *rejects* where |X̄_j - μ_j| > t_j(n_k, α / (K m)) for some
entry j. So a true null hypothesis is rejected with probability at most Σ_k Σ_j α / (K m) = α, whenever it
stops: stopping early can only avoid rejections.

A `Rival` is a deviation that the test must find: it names an entry j and its law there, whose mean μ' is at
least t_j(n_K, α / (K m)) + t'_j(n_K, β / K) away from μ_j. The test *accepts* before the last stage only
where the data exclude every rival, |X̄_j - μ'| > t'_j(n_k, β / K). So under a rival it accepts at an early
stage with probability at most β / K each, and at the last one only if X̄_j is t'_j(n_K, β / K) from μ': it
misses with probability at most β.

Nothing here is asymptotic, nothing is drawn twice, and a rejection is final.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

import numpy as np

from proofs_check.float64.floats import Array
from proofs_check.verdict.budget import MISS

Observe = Callable[[int, int], Array]
"""Observations number start to stop - 1, (stop - start, m)."""


@dataclass(frozen=True)
class Law:
    """Of each of m entries of an observation: the mean, a bound of the variance, and of |X - mean|; (m,)."""

    mean: Array
    variance: Array
    reach: Array

    def entry(self, index: int) -> Law:
        """The law of one entry."""
        return Law(*(values[index : index + 1] for values in (self.mean, self.variance, self.reach)))

    def distance(self, count: int, alpha: float) -> Array:
        """t with P(|X̄ - mean| > t) ≤ α, entry by entry, for the mean X̄ of ``count``: Bernstein."""
        rate = log(2 / alpha) / count
        linear = rate * self.reach / 3
        bound: Array = linear + np.sqrt(linear**2 + 2 * rate * self.variance)
        return bound


@dataclass(frozen=True)
class Rival:
    """A deviation to be found: the law of one entry under it."""

    entry: int
    law: Law


@dataclass(frozen=True)
class Plan:
    """The null hypothesis, how many observations there are after each stage, and the test's two error rates.

    Raises ``ValueError`` for a rival that is too near to be found with probability 1 - ``miss``.
    """

    null: Law
    counts: tuple[int, ...]
    alpha: float
    rivals: tuple[Rival, ...] = ()
    miss: float = MISS

    def __post_init__(self) -> None:
        if not self.counts or any(b <= a for a, b in pairwise((0, *self.counts))):
            raise ValueError(f"counts are {self.counts}; expected rising numbers above 0.")
        for rival in self.rivals:
            if not self.finds(rival):
                raise ValueError(f"a rival of entry {rival.entry} is too near to be found: {rival.law}")

    @property
    def _each(self) -> float:
        """α of one entry at one stage."""
        return self.alpha / (len(self.counts) * len(self.null.mean))

    def bounds(self, count: int) -> Array:
        """How far X̄ may be from its mean after ``count`` observations, (m,)."""
        return self.null.distance(count, self._each)

    def margin(self, law: Law, count: int) -> float:
        """How far X̄ may be from a rival's mean and the rival still be possible."""
        return float(law.distance(count, self.miss / len(self.counts))[0])

    def finds(self, rival: Rival) -> bool:
        """Whether the rival is rejected with probability at least 1 - ``miss``."""
        away = abs(float(rival.law.mean[0] - self.null.mean[rival.entry]))
        last = self.counts[-1]
        return away >= float(self.bounds(last)[rival.entry]) + self.margin(rival.law, last)

    def excludes_rivals(self, means: Array, count: int) -> bool:
        """Whether means of ``count`` observations are incompatible with every rival."""
        return all(
            abs(float(means[rival.entry] - rival.law.mean[0])) > self.margin(rival.law, count)
            for rival in self.rivals
        )


@dataclass(frozen=True)
class Outcome:
    """Where the test ended: the largest part of its bound that any entry used, its number, the
    observations.
    """

    used: float
    entry: int
    count: int

    @property
    def rejected(self) -> bool:
        """Whether the null hypothesis was rejected; NaN rejects."""
        return not self.used <= 1


def run(plan: Plan, observe: Observe) -> Outcome:
    """Draw stage by stage until the test rejects, or no rival is left, or the last stage is over."""
    total, done = np.zeros(len(plan.null.mean)), 0
    for count in plan.counts:
        total = total + observe(done, count).sum(axis=0)
        done = count
        means = total / count
        used = np.abs(means - plan.null.mean) / plan.bounds(count)
        worst = int(np.argmax(np.where(np.isnan(used), np.inf, used)))
        outcome = Outcome(float(used[worst]), worst, count)
        if outcome.rejected or (plan.rivals and plan.excludes_rivals(means, count)):
            break
    return outcome


def smallest(
    null: Law,
    counts: tuple[int, ...],
    alpha: float,
    rival: Callable[[float], Rival],
    between: tuple[float, float],
    miss: float = MISS,
) -> float:
    """The smallest δ, to 1 %, whose rival a plan finds with probability 1 - ``miss``; infinity beyond the
    interval.

    What is found is taken to grow with δ from the first δ of a coarse grid that is found on.
    """
    plan = Plan(null, counts, alpha, miss=miss)
    grid = [float(d) for d in np.geomspace(*between, 12)]
    found = next((d for d in grid if plan.finds(rival(d))), None)
    if found is None:
        return float("inf")
    low = max([d for d in grid if d < found], default=between[0])
    while found / low > 1.01:
        middle = (low * found) ** 0.5
        low, found = (low, middle) if plan.finds(rival(middle)) else (middle, found)
    return found


def bernoulli(probabilities: Sequence[float]) -> Law:
    """The law of independent or dependent indicators with these probabilities."""
    p = np.asarray(probabilities, dtype=np.float64)
    return Law(p, p * (1 - p), np.maximum(p, 1 - p))
