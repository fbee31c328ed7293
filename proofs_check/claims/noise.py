"""`noise`: the family's exact law, and independence over units, layers, rows and seeds."""

from __future__ import annotations

from collections.abc import Iterator
from math import log, sqrt

import numpy as np
import sympy
from flint import arb

from proofs_check import statistics as stats
from proofs_check.claim import Claim
from proofs_check.counterexample import plain_code
from proofs_check.effort import Effort
from proofs_check.evidence import Evidence, NotApplicable, falsified_by
from proofs_check.floats import Array
from proofs_check.subjects import Subject
from theory.definitions import NOISE
from theory.noise_laws import LAWS, NoiseLaw

FAMILIES = ("gaussian", "rademacher", "uniform", "skewed")
SIZES = (
    128,
    128,
    24,
)  # two equal layers, so that shared or shifted rows show; rows so wide that even signs never repeat
DRAWS = 5000
EDGES = (0, 2**32 - 1)
OTHER_SIZES, OTHER_DRAWS, SINGLES = (1, 5, 1, 2, 7, 1), 3001, 60
ENTRIES = DRAWS * sum(SIZES)


def confirm(effort: Effort) -> Iterator[Evidence]:
    """Every family has mean 0 and variance 1, exactly; and what the tests of an implementation can see."""
    for name in FAMILIES:
        law = LAWS[name]
        yield Evidence(
            "symbolic", f"{name}: mean and variance", f"{law.mean}, {sympy.simplify(law.variance)}", "0, 1"
        )
    seen = (stats.LARGEST_Z + 2.33) * sqrt(2 / ENTRIES)
    name = (
        f"error of the variance of Gaussian noise that is found with probability 0.99 in {ENTRIES:,} entries"
    )
    yield Evidence("statistical", name, seen, 0.0125)


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """All families at several seeds; the error of all tests of a run together is below 1e-6."""
    offered = [name for name in FAMILIES if subject.supports_all(noise=name)]
    if not offered:
        raise NotApplicable(f"the subject supports none of the noise families {', '.join(FAMILIES)}")
    for family in offered:
        for repeat in range(effort.choose(1, 3, 20)):
            seed = effort.integer("noise", family, repeat) % 2**32
            rows = falsified_by(
                examine_family(subject, family, seed), plain_code("noise", subject, family=family, seed=seed)
            )
            shown = list(rows)
            if repeat == 0:
                yield from shown


def examine_family(subject: Subject, family: str, seed: int) -> Iterator[Evidence]:
    """Every test of one family at one seed, and at two others that must be independent of it."""

    def draw(at: int, draws: int = DRAWS) -> list[Array]:
        return subject.draw_noise(SIZES, draws, family, at)

    first = draw(seed)
    others = [draw((seed + shift) % 2**32) for shift in (1, 2**16)]
    again = draw(seed)
    entries = np.concatenate([layer.ravel() for layer in first])
    identical = all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    yield Evidence(
        "implementation", f"{family}: same arguments, same bits", "yes" if identical else "no", "yes"
    )
    yield from _law(family, LAWS[family], entries)

    units = np.concatenate(first, axis=1)
    blocks = [layer for drawn in (first, *others) for layer in drawn if layer.shape[1] == SIZES[0]]
    yield Evidence(
        "statistical",
        f"{family}: rows that occur twice, in any layer, at any of three seeds",
        stats.repeated_rows(blocks),
        0,
    )
    pairs = units.shape[1] ** 2
    bound = stats.mean_bound(DRAWS, pairs)
    yield Evidence(
        "statistical", f"{family}: correlation of different units and layers", stats.correlation(units), bound
    )
    between = max(stats.correlation(units, np.concatenate(other, axis=1)) for other in others)
    yield Evidence("statistical", f"{family}: correlation between seeds", between, bound)
    # A circular lag splits its products into at most three groups that are independent inside.
    lagged = stats.mean_bound(DRAWS * min(SIZES) / 3, 3 * DRAWS)
    yield Evidence(
        "statistical",
        f"{family}: correlation of rows at any lag",
        max(map(stats.lagged_correlation, first)),
        lagged,
    )
    yield from _dependence(family, LAWS[family], units, first)
    yield from _shapes(subject, family, LAWS[family])
    yield Evidence(
        "statistical",
        f"{family}: mean of any one unit",
        float(np.abs(units.mean(axis=0)).max()),
        stats.mean_bound(DRAWS, units.shape[1]),
    )


def _dependence(family: str, law: NoiseLaw, units: Array, layers: list[Array]) -> Iterator[Evidence]:
    """Faults that leave means and correlations as they are."""
    fourth = float(law.moment(4))
    if fourth > 1:  # signs have ξ² = 1
        # Means of squares and their products have heavier tails than Bernstein's bound allows for; these
        # bounds are 14 and 18 standard deviations.
        name = f"{family}: variance of any one unit, distance from 1"
        yield Evidence(
            "statistical", name, stats.unit_variance_deviation(units), 14 * sqrt((fourth - 1) / DRAWS)
        )
        name = f"{family}: correlation of the squares of different units and layers"
        yield Evidence("statistical", name, stats.square_correlation(units, fourth), 18 / sqrt(DRAWS))
    if law.atoms is None:
        # Float64 draws hardly ever recur, draws on a grid of 24 bits do by chance: the bound spares both.
        name = f"{family}: part of the entries that occur twice, up to sign, anywhere"
        yield Evidence("statistical", name, stats.recurring_entries(layers) / units.size, 0.3)


def _shapes(subject: Subject, family: str, law: NoiseLaw) -> Iterator[Evidence]:
    """Other shapes and the seeds at the edge: many narrow layers, one row, one unit."""
    drawn = {seed: subject.draw_noise(OTHER_SIZES, OTHER_DRAWS, family, seed) for seed in EDGES}
    again = subject.draw_noise(OTHER_SIZES, OTHER_DRAWS, family, EDGES[0])
    same = all(np.array_equal(a, b) for a, b in zip(drawn[EDGES[0]], again, strict=True))
    yield Evidence("implementation", f"{family}: same bits at seed 0", "yes" if same else "no", "yes")
    units = np.concatenate([layer for layers in drawn.values() for layer in layers], axis=1)
    neighbours = subject.draw_noise(OTHER_SIZES, OTHER_DRAWS, family, 1)
    pairs = np.concatenate([units, *neighbours], axis=1)
    name = f"{family}: correlation over {len(OTHER_SIZES)} narrow layers and the seeds 0, 1 and 2^32 - 1"
    yield Evidence(
        "statistical", name, stats.correlation(pairs), stats.mean_bound(OTHER_DRAWS, pairs.shape[1] ** 2)
    )
    single = [subject.draw_noise((3,), 1, family, seed)[0] for seed in range(SINGLES)]
    entries = np.concatenate([units.ravel(), np.concatenate(single).ravel()])
    scores = stats.moment_scores(entries, [float(law.moment(r)) for r in range(9)])
    name = f"{family}: first four moments there and of single rows, largest |z|"
    yield Evidence("statistical", name, float(np.abs(scores).max()), 2 * stats.LARGEST_Z)
    one_row = stats.moment_scores(np.concatenate(single).ravel(), [float(law.moment(r)) for r in range(9)])
    name = f"{family}: variance of {SINGLES} single rows, |z|"
    yield Evidence("statistical", name, float(abs(one_row[1])), 2 * stats.LARGEST_Z)


def _law(family: str, law: NoiseLaw, entries: Array) -> Iterator[Evidence]:
    moments = [float(law.moment(r)) for r in range(9)]
    scores = stats.moment_scores(entries, moments)
    yield Evidence(
        "statistical",
        f"{family}: first four moments, largest |z|",
        float(np.abs(scores).max()),
        stats.LARGEST_Z,
    )
    if law.atoms is not None:
        values = np.array([float(value) for value, _ in law.atoms])
        outside = int((~np.isin(entries, values)).sum())
        yield Evidence(
            "implementation",
            f"{family}: entries that are none of {', '.join(f'{v:g}' for v in values)}",
            outside,
            0,
        )
        exponent = max(
            stats.frequency_deviation(int((entries == value).sum()), entries.size, float(p))
            for value, (_, p) in zip(values, law.atoms, strict=True)
        )
        yield Evidence(
            "statistical", f"{family}: frequencies, Chernoff exponent", exponent, log(2 / stats.ALPHA)
        )
        return
    ordered = np.sort(entries)
    if family == "uniform":
        edge = sqrt(3.0) * (1 + 1e-15)
        yield Evidence(
            "implementation", "uniform: largest |entry|, at most √3", float(np.abs(entries).max()), edge
        )
        distribution = np.clip((ordered / sqrt(3.0) + 1) / 2, 0.0, 1.0)
    else:
        distribution = _normal_distribution(ordered)
    yield Evidence(
        "statistical",
        f"{family}: distance from the law (Kolmogorov)",
        stats.law_distance(ordered, distribution),
        stats.law_distance_bound(entries.size),
    )


def _normal_distribution(ordered: Array) -> Array:
    """Φ by interpolation in a table so fine (1e-3, error below 1e-7) that the test does not notice."""
    grid = np.linspace(-10, 10, 20001)
    half = arb(2).sqrt()
    table = np.array([float((1 + (arb(v) / half).erf()) / 2) for v in grid])
    values: Array = np.interp(ordered, grid, table)
    return values


CLAIM = Claim(NOISE, confirm, examine)
