"""Running error analysis: what rounding can do to a formula, bounded in ball arithmetic.

A `Rounded` is a number that a program computes: the ball in which it lies without rounding, and how far
rounding may take it from there. Each operation adds a unit of roundoff of its result; a fused multiply-add,
which leaves one of them out, stays within the same bound.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flint import arb


@dataclass(frozen=True)
class Rounded:
    """A ball, an upper bound of the error, and the unit of roundoff (2^-24 or 2^-53)."""

    true: arb
    error: arb
    unit: arb

    def of(self, true: arb, error: arb) -> Rounded:
        """The result of an operation on numbers within ``error`` of ``true``, once it is rounded."""
        return Rounded(true, (error + self.unit * (abs(true) + error)).abs_upper(), self.unit)

    def constant(self, value: object, error: object = 0) -> Rounded:
        return Rounded(arb(value), abs(arb(error)), self.unit)

    def _taken(self, other: object) -> Rounded:
        return other if isinstance(other, Rounded) else self.constant(other)

    def __neg__(self) -> Rounded:
        return Rounded(-self.true, self.error, self.unit)

    def __add__(self, other: object) -> Rounded:
        more = self._taken(other)
        for one, rest in ((self, more), (more, self)):
            if one.true == 0 and one.error == 0:  # nothing is rounded
                return rest
        return self.of(self.true + more.true, self.error + more.error)

    def __sub__(self, other: object) -> Rounded:
        return self + -self._taken(other)

    def __mul__(self, other: object) -> Rounded:
        by = self._taken(other)
        error = abs(self.true) * by.error + abs(by.true) * self.error + self.error * by.error
        return self.of(self.true * by.true, error)

    def halved(self) -> Rounded:
        return Rounded(self.true / 2, self.error / 2, self.unit)

    def __truediv__(self, other: object) -> Rounded:
        by = self._taken(other)
        least = abs(by.true).abs_lower() - by.error
        return self.of(self.true / by.true, (self.error + abs(self.true / by.true) * by.error) / least)


def spans(least: float, most: float, ratio: float = 0.9) -> Iterator[arb]:
    """Balls that cover [least, most], each about a tenth of its size wide."""
    while most > least:
        yield arb(most).union(arb(most * ratio))
        most *= ratio
