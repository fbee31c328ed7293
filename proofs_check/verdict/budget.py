"""The error budget of a run, in one place: which check may cry wolf how often, and how many tests it makes.

A run raises a false alarm with probability at most `FAMILY_WISE`. The budget is split over checks once and
for all: a `Share` is a level, the same at every depth, over at most so many tests at each depth, α = level
/ tests for each. By Boole's inequality, whatever the tests have to do with each other,

    P(any false alarm) ≤ Σ_checks Σ_tests α = Σ_checks level ≤ FAMILY_WISE.

Claims take their α from an `Account`, which counts the tests and refuses one more than was planned. Exact
checks (an identity, a rounding bound, a limit) can raise no false alarm and take nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from proofs_check.verdict.effort import DEPTHS
from proofs_check.verdict.families import FAMILIES

LAWS = len(FAMILIES)  # of noise that a subject is asked for
FAMILY_WISE = 1e-6
MISS = 0.01  # every test finds the deviation it is designed for with probability 1 - MISS


class Overdrawn(RuntimeError):
    """A check made more tests than the budget has for it: a mistake of the suite, never of a subject."""


@dataclass(frozen=True)
class Share:
    """The part of a check: its level as a whole, and at most so many tests at quick, standard, thorough."""

    claim: str
    check: str
    level: float
    tests: tuple[int, int, int]

    def count(self, depth: str) -> int:
        """The largest number of tests at this depth."""
        return self.tests[DEPTHS.index(depth)]

    def alpha(self, depth: str) -> float:
        """The level of each test."""
        return self.level / self.count(depth)


SHARES = (
    Share("noise", "law and independence", 5e-7, (LAWS * 25, LAWS * 25 * 3, LAWS * 25 * 20)),
    Share("noise", "far seeds, layers, units and rows", 4e-8, (LAWS * 29, LAWS * 29, LAWS * 29)),
    Share("variance", "mean and covariance of estimates", 1.5e-7, (4, 4 * 3, 4 * 10)),
    Share("clt", "feedback of finite samples", 1.5e-7, (2, 2 * 3, 2 * 12)),
    Share("clt", "the wrong covariance is rejected", 5e-8, (1, 3, 12)),
    Share("online", "updates from the noise's own draws", 1e-7, (1, 2, 6)),
)


def spent(depth: str) -> float:
    """The probability of a false alarm in a whole run at this depth, at most: Σ tests α."""
    return sum(share.count(depth) * share.alpha(depth) for share in SHARES)


@dataclass
class Account:
    """What one claim has used of its shares in one run."""

    claim: str
    depth: str = "quick"
    used: Counter[str] = field(default_factory=Counter)

    def alpha(self, check: str, tests: int = 1) -> float:
        """Pay for ``tests`` more tests of a check, and return the level of each; raises `Overdrawn`."""
        share = next((s for s in SHARES if (s.claim, s.check) == (self.claim, check)), None)
        if share is None:
            raise Overdrawn(f"{self.claim} has no share for {check!r}")
        self.used[check] += tests
        if self.used[check] > share.count(self.depth):
            raise Overdrawn(
                f"{self.claim} made {self.used[check]} tests of {check!r} at {self.depth}; "
                f"the budget has {share.count(self.depth)}"
            )
        return share.alpha(self.depth)
