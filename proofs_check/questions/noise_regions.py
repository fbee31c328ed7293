"""Noise where code that is right on ordinary questions goes wrong: at every bit of the seed, in layers, units
and rows beyond those that a small network has.

Four questions for each family. Copies are looked for by comparing rows, and units, number by number; the law
is tested in each region by itself, and in each seed, layer or block of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

from proofs_check.float64.floats import Array
from proofs_check.sampling import statistics as stats
from proofs_check.subject.methods import Subject
from proofs_check.verdict.budget import Account
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence

SHARE = "far seeds, layers, units and rows"
TESTS = 29  # of one family
WIDTH, LAYERS, ROWS = 128, 4, 4  # of the question about seeds; rows so wide that even signs never repeat
MODULI = (*(10**k for k in range(2, 10)), 2**16 - 1, 2**16 + 1, 65521, 1_000_003, 2**31 - 1)
PERIODS = (2**16, 2**17, 2**18, 2**20)  # after so many rows a short counter, or a table, starts again


@dataclass(frozen=True)
class Reach:
    """How far a depth goes: layers of `WIDTH` units, rows and units of two other questions, seeds."""

    layers: int
    rows: int  # a product of small primes, for the transform
    units: int
    seeds: int  # drawn, beside those that differ from another by one change


REACH = (
    Reach(80, 139_968, 2_100, 0),
    Reach(300, 279_936, 8_400, 400),
    Reach(1_100, 1_119_744, 33_600, 4_000),
)
LONG = (3, 4, 5)  # units of the layers that are drawn for many rows
TALL = 128  # rows of the widest layer
BLOCK = 2**12  # rows, or BLOCK // 64 units, of which the law is tested by themselves


def confusable(base: int) -> tuple[int, ...]:
    """``base``, and the seeds that code which loses a part of the seed takes for it or for each other."""
    whole = 2**32 - 1
    text = f"{base:032b}"
    swapped = base >> 16 | (base << 16 & whole)
    others = (
        base ^ whole,
        -base & whole,
        swapped,
        int(text[::-1], 2),
        int.from_bytes(base.to_bytes(4), "little"),
    )
    flipped = (base ^ 1 << bit for bit in range(32))
    below = (base - m for m in MODULI if m <= base)
    return tuple(dict.fromkeys((base, *flipped, *below, *others, 0, 1, 2**31 - 1, 2**31, whole)))


@dataclass(frozen=True)
class Asked:
    """One family of a subject's noise, and what its tests are paid from."""

    subject: Subject
    family: str
    law: stats.Bounded
    effort: Effort
    account: Account

    @property
    def reach(self) -> Reach:
        """How far to go."""
        return self.effort.choose(*REACH)

    @property
    def base(self) -> int:
        """A seed with the highest of the 32 bits."""
        return self.effort.integer("noise", "far", self.family) % 2**31 + 2**31

    def draw(self, sizes: Sequence[int], draws: int, seed: int) -> list[Array]:
        """The subject's noise."""
        return self.subject.draw_noise(sizes, draws, self.family, seed)

    def lag(self, count: int, layers: int = 1) -> float:
        """A circular lag splits its products into at most three groups that are independent inside."""
        return stats.moment_growth_bound(count / 3, self.account.alpha(SHARE), 3 * count * layers)


def examine(asked: Asked) -> Iterator[Evidence]:
    """Every test of one family: `TESTS` of the account's."""
    yield from seeds_and_layers(asked)
    yield from units(asked)
    yield from rows(asked)


def seeds_and_layers(asked: Asked) -> Iterator[Evidence]:
    """Seeds that are easily confused, and many layers: 14 tests."""
    count, effort = asked.reach.seeds, asked.effort
    more = (effort.integer("noise", "seed", asked.family, k) % 2**32 for k in range(count))
    # Nothing is promised about one seed with other sizes: the layers have a seed of their own.
    other = asked.base - 2**30 - 12345
    near = (other - 2, other - 1, other + 1, other + 2)
    seeds = tuple(seed for seed in dict.fromkeys((*confusable(asked.base), *near, *more)) if seed != other)
    drawn = [asked.draw((WIDTH,) * LAYERS, ROWS, seed) for seed in seeds]
    layers = asked.draw((WIDTH,) * asked.reach.layers, 3, other)
    blocks = [*(layer for one in drawn for layer in one), *layers]
    name = f"rows that occur twice, {len(seeds)} seeds that differ little, {len(layers)} layers"
    yield _no_copies(name, blocks, asked)
    yield from _law(f"{len(seeds)} seeds below 2^32", [np.concatenate(one) for one in drawn], asked)
    yield from _law(f"layers up to number {len(layers)}", layers, asked)


def units(asked: Asked) -> Iterator[Evidence]:
    """A wide layer: 8 tests."""
    count = asked.reach.units
    wide = asked.draw((count,), TALL, asked.base)[0]
    yield _no_copies(f"units that occur twice, a layer of {count:,}", [np.ascontiguousarray(wide.T)], asked)
    name = f"{asked.family}: correlation of entries at any distance, a layer of {count:,} units"
    yield Evidence("statistical", name, stats.lagged_correlation(wide.reshape(-1, 1)), asked.lag(wide.size))
    yield from _law(f"units up to number {count:,}", _blocks(wide.T, BLOCK // 64), asked)


def rows(asked: Asked) -> Iterator[Evidence]:
    """Many rows of a few units: 8 tests."""
    count = asked.reach.rows
    long = asked.draw(LONG, count, asked.base)
    found = max(map(stats.lagged_correlation, long))
    name = f"{asked.family}: correlation of rows at any lag, {count:,} rows"
    yield Evidence("statistical", name, found, asked.lag(count, len(long)))
    together = np.concatenate(long, axis=1)
    far = together[max(p for p in PERIODS if p < count) :]
    name = f"{asked.family}: correlation of units and layers beyond row {count - len(far):,}"
    bound = stats.moment_growth_bound(len(far), asked.account.alpha(SHARE), far.shape[1] ** 2)
    yield Evidence("statistical", name, stats.correlation(far), bound)
    yield from _law(f"rows up to number {count:,}", _blocks(together, BLOCK), asked)


def _blocks(values: Array, length: int) -> list[Array]:
    """Cut along the first axis; what is left over counts with the last block."""
    cuts = range(length, len(values) - length + 1, length)
    return np.split(values, list(cuts))


def _no_copies(name: str, blocks: list[Array], asked: Asked) -> Evidence:
    """None, up to sign: independent ones agree with less than the probability that the budget has for it."""
    count, length = sum(map(len, blocks)), blocks[0].shape[1]
    if comb(count, 2) * agreement(asked.law, length) > asked.account.alpha(SHARE):
        raise ValueError(f"rows of {length} are too short to tell {count} of them apart")
    return Evidence("statistical", f"{asked.family}: {name}", stats.repeated_rows(blocks), 0)


def agreement(law: stats.Bounded, length: int) -> float:
    """P(two independent rows of so many entries agree up to sign), at most.

    Atoms p agree with probability Σ p² each. A density agrees on what grid a generator may have: 2^-16 is
    more than any has.
    """
    if law.atoms is None:
        return 2 * 2.0 ** (-16 * length)
    return float(2 * sum(p * p for _, p in law.atoms) ** length)


def _law(region: str, blocks: Sequence[Array], asked: Asked) -> Iterator[Evidence]:
    """Support and moments of all entries, mean and variance of every block: six tests."""
    where, law, alpha = f"{asked.family}, {region}", asked.law, asked.account.alpha
    entries = np.concatenate([block.ravel() for block in blocks])
    used = law.powers_used(entries, alpha(SHARE, 4))
    yield Evidence("statistical", f"{where}: first four moments, part of the bound", used, 1.0)
    if law.values is not None:
        yield Evidence("implementation", f"{where}: entries outside the support", _outside(entries, law), 0)
    mean, variance = alpha(SHARE), alpha(SHARE)
    used = max(_used(block.ravel(), law, mean, variance, len(blocks)) for block in blocks)
    yield Evidence("statistical", f"{where}: mean and variance of every part, part of the bound", used, 1.0)


def _outside(entries: Array, law: stats.Bounded) -> int:
    """How many entries are no atom, or beyond the ends."""
    if law.atoms is not None:
        return int((~np.isin(entries, [value for value, _ in law.atoms])).sum())
    return int((np.abs(entries) > max(map(abs, law.values or ())) * (1 + 1e-15)).sum())


def _used(entries: Array, law: stats.Bounded, mean: float, variance: float, blocks: int) -> float:
    """The larger part of its bound that the mean or the mean square of a block uses."""
    count, fourth = entries.size, law.moments[4]
    away = abs(float(entries.mean())), abs(float((entries * entries).mean()) - 1)
    if law.values is None:
        bounds = (
            stats.gaussian_mean_bound(count, mean, blocks),
            stats.gaussian_variance_bound(count, variance, blocks),
        )
    else:
        reach = max(map(abs, law.values))
        square = max(abs(v * v - 1) for v in (*law.values, 0.0))
        bounds = (
            stats.bounded_mean_bound(count, 1.0, reach, mean, blocks),
            # Signs have ξ² = 1, and it is the support that is tested.
            stats.bounded_mean_bound(count, fourth - 1, square, variance, blocks) if fourth > 1 else 1.0,
        )
    return max(a / b for a, b in zip(away, bounds, strict=True))
