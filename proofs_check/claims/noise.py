"""`noise`: the family's exact law, and independence over units, layers, rows and seeds."""

from __future__ import annotations

from collections.abc import Iterator
from math import comb, log, sqrt

import numpy as np
import sympy
from flint import arb

from proofs_check.claims.claim import Claim
from proofs_check.float64.floats import Array
from proofs_check.questions import noise_regions
from proofs_check.questions.question import asked_of
from proofs_check.sampling import statistics as stats
from proofs_check.subject.methods import Subject
from proofs_check.verdict.budget import SHARES, Account
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence, NotApplicable, falsified_by
from proofs_check.verdict.families import FAMILIES
from theory.exact.noise_laws import LAWS, NoiseLaw
from theory.results.definitions import NOISE

SIZES = (
    128,
    128,
    24,
)  # two equal layers, so that shared or shifted rows show; rows so wide that even signs never repeat
DRAWS = 5000
EDGES = (0, 2**32 - 1)
OTHER_SIZES, OTHER_DRAWS, SINGLES = (1, 5, 1, 2, 7, 1), 3001, 60
ENTRIES = DRAWS * sum(SIZES)
SHARE = "law and independence"
MEDIANS = {"gaussian": 0.6744897501960817, "uniform": sqrt(3.0) / 2}  # of |ξ|


def law_of(family: str) -> stats.Bounded:
    """Its moments, and its values: the atoms, or the ends of the interval."""
    law = LAWS[family]
    moments = tuple(float(law.moment(r)) for r in range(9))
    if law.atoms is not None:
        atoms = tuple((float(value), float(p)) for value, p in law.atoms)
        return stats.Bounded(moments, tuple(value for value, _ in atoms), atoms)
    return stats.Bounded(moments, (-sqrt(3.0), sqrt(3.0)) if family == "uniform" else None)


def symmetric(law: stats.Bounded) -> bool:
    """Whether its third moment vanishes: of the laws asked for, those that are symmetric."""
    return law.moments[3] == 0


def confirm(effort: Effort) -> Iterator[Evidence]:
    """Every family has mean 0 and variance 1, exactly; and what the tests of an implementation find."""
    for name in FAMILIES:
        law = LAWS[name]
        yield Evidence(
            "symbolic", f"{name}: mean and variance", f"{law.mean}, {sympy.simplify(law.variance)}", "0, 1"
        )
    alpha = next(share for share in SHARES if share.check == SHARE).alpha(effort.depth)
    for name, found, needed in powers(alpha):
        yield Evidence("statistical", f"found with probability 0.99, α = {alpha:.1g}: {name}", found, needed)


def powers(alpha: float) -> Iterator[tuple[str, float, float]]:
    """What each kind of test finds with probability 0.99: its name, the smallest deviation, what is
    needed.
    """
    pairs = sum(SIZES) ** 2
    yield (
        f"variance of Gaussian noise wrong by, {ENTRIES:,} entries",
        stats.variance_found(ENTRIES, alpha),
        0.0125,
    )
    yield (
        "mean of Gaussian noise wrong by",
        stats.found_by(lambda a: stats.gaussian_mean_bound(ENTRIES, a), alpha),
        0.01,
    )
    yield (
        "fourth moment of Gaussian noise wrong by",
        stats.found_by(lambda a: law_of("gaussian").power_bound(4, ENTRIES, a), alpha),
        0.1,
    )
    yield (
        "distribution function wrong by",
        stats.found_by(lambda a: stats.law_distance_bound(ENTRIES, a), alpha),
        0.005,
    )
    yield (
        "correlation of two units or layers, or of two seeds",
        stats.found_by(lambda a: stats.moment_growth_bound(DRAWS, a, pairs), alpha),
        0.25,
    )
    yield (
        "correlation of rows at some lag",
        stats.found_by(lambda a: stats.moment_growth_bound(DRAWS * min(SIZES) / 3, a, 9 * DRAWS), alpha),
        0.08,
    )
    yield (
        "joint moment of three or four narrow units",
        stats.found_by(lambda a: _joint_bound("rademacher", a), alpha),
        0.3,
    )


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """All families at several seeds, at the level that the error budget has for them; and far from there."""
    offered = [name for name in FAMILIES if subject.supports_all(noise=name)]
    if not offered:
        raise NotApplicable(f"the subject supports none of the noise families {', '.join(FAMILIES)}")
    account = Account("noise", effort.depth)
    for family in offered:
        for repeat in range(effort.choose(1, 3, 20)):
            seed = effort.integer("noise", family, repeat) % 2**32
            rows = falsified_by(
                examine_family(subject, family, seed, account),
                asked_of("noise", subject, family=family, seed=seed),
            )
            shown = list(rows)
            if repeat == 0:
                yield from shown
        asked = noise_regions.Asked(subject, family, law_of(family), effort, account)
        code = asked_of("far_noise", subject, family=family, depth=effort.depth, seed=effort.seed)
        yield from falsified_by(noise_regions.examine(asked), code)


def examine_family(
    subject: Subject, family: str, seed: int, account: Account | None = None
) -> Iterator[Evidence]:
    """Every test of one family at one seed, and at two others that must be independent of it."""
    account = Account("noise") if account is None else account
    level = account.alpha

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
    yield from _law(family, LAWS[family], entries, account)

    units = np.concatenate(first, axis=1)
    blocks = [layer for drawn in (first, *others) for layer in drawn if layer.shape[1] == SIZES[0]]
    # Two of 30,000 rows of 128 signs agree with probability 3e-30; of the skewed law's atoms, 2e-13.
    yield Evidence(
        "statistical",
        f"{family}: rows that occur twice, in any layer, at any of three seeds",
        stats.repeated_rows(blocks),
        0,
    )
    level(SHARE)
    pairs = units.shape[1] ** 2
    bound = stats.moment_growth_bound(DRAWS, level(SHARE), pairs)
    yield Evidence(
        "statistical", f"{family}: correlation of different units and layers", stats.correlation(units), bound
    )
    between = max(stats.correlation(units, np.concatenate(other, axis=1)) for other in others)
    bound = stats.moment_growth_bound(DRAWS, level(SHARE), 2 * pairs)
    yield Evidence("statistical", f"{family}: correlation between seeds", between, bound)
    # A circular lag splits its products into at most three groups that are independent inside; three layers.
    lagged = stats.moment_growth_bound(DRAWS * min(SIZES) / 3, level(SHARE), 3 * 3 * DRAWS)
    yield Evidence(
        "statistical",
        f"{family}: correlation of rows at any lag",
        max(map(stats.lagged_correlation, first)),
        lagged,
    )
    yield from _dependence(family, units, first, account)
    yield from _shapes(subject, family, account)
    law = law_of(family)
    reach = None if law.values is None else max(map(abs, law.values))
    alpha, columns = level(SHARE), units.shape[1]
    bound = (
        stats.gaussian_mean_bound(DRAWS, alpha, columns)
        if reach is None
        else stats.bounded_mean_bound(DRAWS, 1.0, reach, alpha, columns)
    )
    found = float(np.abs(units.mean(axis=0)).max())
    yield Evidence("statistical", f"{family}: mean of any one unit", found, bound)


def _dependence(family: str, units: Array, layers: list[Array], account: Account) -> Iterator[Evidence]:
    """Faults that leave means and correlations as they are."""
    law, columns = law_of(family), units.shape[1]
    alpha = account.alpha(SHARE)
    fourth = law.moments[4]
    if fourth > 1:  # signs have ξ² = 1
        bound = stats.gaussian_variance_bound(DRAWS, alpha, columns)
        if law.values is not None:
            reach = max(abs(v * v - 1) for v in (*law.values, 0.0))
            bound = stats.bounded_mean_bound(DRAWS, fourth - 1, reach, alpha, columns)
        name = f"{family}: variance of any one unit, distance from 1"
        yield Evidence("statistical", name, stats.unit_variance_deviation(units), bound)
    if family in MEDIANS:
        # Whether |ξ| is above its median: fair signs, the products of which are fair signs again.
        halves = stats.outer_half(units, MEDIANS[family])
        bound = stats.bounded_mean_bound(DRAWS, 1.0, 1.0, account.alpha(SHARE), columns**2)
        name = f"{family}: correlation of |ξ| above its median, different units and layers"
        yield Evidence("statistical", name, stats.correlation(halves), bound)
        # Float64 draws hardly ever recur, draws on a grid of 24 bits do by chance: the bound spares both.
        name = f"{family}: part of the entries that occur twice, up to sign, anywhere"
        yield Evidence("implementation", name, stats.recurring_entries(layers) / units.size, 0.3)


def _joint_bound(family: str, alpha: float) -> float:
    """Products of up to four entries: of signs, or of a law that is not symmetric, such as `skewed`: at most
    16.
    """
    width = sum(OTHER_SIZES)
    sets = comb(width, 3) + comb(width, 4)
    law = law_of(family)
    reach = 1.0 if symmetric(law) else max(map(abs, law.values or (1.0,))) ** 4
    return stats.bounded_mean_bound(OTHER_DRAWS, 1.0, reach, alpha, 2 * sets)


def _shapes(subject: Subject, family: str, account: Account) -> Iterator[Evidence]:
    """Other shapes and the seeds at the edge: many narrow layers, one row, one unit."""
    law = law_of(family)
    drawn = {seed: subject.draw_noise(OTHER_SIZES, OTHER_DRAWS, family, seed) for seed in EDGES}
    again = subject.draw_noise(OTHER_SIZES, OTHER_DRAWS, family, EDGES[0])
    same = all(np.array_equal(a, b) for a, b in zip(drawn[EDGES[0]], again, strict=True))
    yield Evidence("implementation", f"{family}: same bits at seed 0", "yes" if same else "no", "yes")
    each = [np.concatenate(layers, axis=1) for layers in drawn.values()]
    neighbours = subject.draw_noise(OTHER_SIZES, OTHER_DRAWS, family, 1)
    pairs = np.concatenate([*each, *neighbours], axis=1)
    name = f"{family}: correlation over {len(OTHER_SIZES)} narrow layers and the seeds 0, 1 and 2^32 - 1"
    bound = stats.moment_growth_bound(OTHER_DRAWS, account.alpha(SHARE), pairs.shape[1] ** 2)
    yield Evidence("statistical", name, stats.correlation(pairs), bound)
    # Signs of a symmetric law are fair, or 0, and independent; a finite law is bounded itself.
    name = f"{family}: joint moments of any 3 or 4 of {sum(OTHER_SIZES)} units, {len(OTHER_SIZES)} layers"
    found = max(stats.joint_moments(np.sign(units) if symmetric(law) else units) for units in each)
    yield Evidence("statistical", name, found, _joint_bound(family, account.alpha(SHARE)))

    single = [subject.draw_noise((3,), 1, family, seed)[0] for seed in range(SINGLES)]
    entries = np.concatenate([*(units.ravel() for units in each), np.concatenate(single).ravel()])
    name = f"{family}: first four moments there and of single rows, part of the bound"
    yield Evidence("statistical", name, law.powers_used(entries, account.alpha(SHARE, 4)), 1.0)
    name = f"{family}: first four moments of {SINGLES} single rows, part of the bound"
    found = law.powers_used(np.concatenate(single).ravel(), account.alpha(SHARE, 4))
    yield Evidence("statistical", name, found, 1.0)


def _law(family: str, law: NoiseLaw, entries: Array, account: Account) -> Iterator[Evidence]:
    used = law_of(family).powers_used(entries, account.alpha(SHARE, 4))
    yield Evidence("statistical", f"{family}: first four moments, part of the bound", used, 1.0)
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
        bound = log(2 * len(values) / account.alpha(SHARE))
        yield Evidence("statistical", f"{family}: frequencies, Chernoff exponent", exponent, bound)
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
        stats.law_distance_bound(entries.size, account.alpha(SHARE)),
    )


def _normal_distribution(ordered: Array) -> Array:
    """Φ by interpolation in a table so fine (1e-3, error below 1e-7) that the test does not notice."""
    grid = np.linspace(-10, 10, 20001)
    half = arb(2).sqrt()
    table = np.array([float((1 + (arb(v) / half).erf()) / 2) for v in grid])
    values: Array = np.interp(ordered, grid, table)
    return values


CLAIM = Claim(NOISE, confirm, examine)
