"""Finite noise laws over all hidden units at once: every expectation becomes a finite sum.

`factorial` is a product law, every combination of a unit's atoms. `fold_over` takes the columns of a
Hadamard matrix H and of -H: about 2n to 4n atoms for n units, E ξξᵀ = I and all odd moments zero, exactly,
at the price of fourth moments that are not those of independent coordinates. So population limits are
exact, in O(n) passes, for networks of real size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import prod, sqrt

import sympy
from flint import arb, fmpq

from theory.exact.network import Scalar, rational
from theory.exact.noise_laws import NoiseLaw


@dataclass(frozen=True)
class Design:
    """Atoms √radicand · values[a] (one tuple over the hidden units each) with probabilities[a], all exact."""

    name: str
    values: tuple[tuple[Fraction, ...], ...]
    probabilities: tuple[Fraction, ...]
    radicand: int = 1

    def __hash__(self) -> int:
        """Of little, because designs are looked up often and have thousands of entries."""
        return hash((self.name, len(self.values), self.radicand))

    @property
    def units(self) -> int:
        """The number of hidden units n."""
        return len(self.values[0])

    @property
    def uniform(self) -> bool:
        """Whether all atoms are equally likely."""
        return len(set(self.probabilities)) == 1

    def atoms(self, exact: bool) -> list[list[Scalar]]:
        """The atoms as rationals or as balls at the current precision."""
        if self.radicand != 1 and exact:
            raise ValueError(f"the atoms of {self.name} are irrational: use ball arithmetic")
        factor = fmpq(1) if exact else arb(self.radicand).sqrt()
        return [[factor * rational(v) for v in atom] for atom in self.values]

    def floats(self) -> list[list[float]]:
        """The atoms rounded to float64, (A, n)."""
        factor = sqrt(self.radicand)
        return [[factor * float(v) for v in atom] for atom in self.values]

    def rounded(self) -> Design:
        """The design whose atoms are exactly those floats: what an implementation in float64 is given."""
        values = tuple(tuple(Fraction(v) for v in atom) for atom in self.floats())
        return Design(self.name, values, self.probabilities)

    def scaled(self, factor: Fraction) -> Design:
        """The law of factor · ξ: E ξξᵀ = factor² I, so condition N1 fails."""
        return self.transformed([[factor * (i == j) for j in range(self.units)] for i in range(self.units)])

    def transformed(self, matrix: Sequence[Sequence[Fraction]]) -> Design:
        """The law of A ξ, A square: E ξξᵀ becomes A Aᵀ where it was I."""
        values = tuple(
            tuple(sum((a * v for a, v in zip(row, atom, strict=True)), Fraction(0)) for row in matrix)
            for atom in self.values
        )
        return Design(f"A times {self.name}", values, self.probabilities, self.radicand)

    def shifted(self, mean: Sequence[Fraction]) -> Design:
        """The law of ξ + mean: E ξξᵀ gains mean meanᵀ where the mean was 0."""
        if self.radicand != 1:
            raise ValueError(f"the atoms of {self.name} are irrational: they cannot be shifted by rationals")
        values = tuple(tuple(v + m for v, m in zip(atom, mean, strict=True)) for atom in self.values)
        return Design(f"{self.name} with a mean", values, self.probabilities)

    def second_moments(self) -> list[list[Fraction]]:
        """M = E ξξᵀ, exactly."""
        n = self.units
        return [[self.joint_moment_of((i, j)) for j in range(n)] for i in range(n)]

    def joint_moment_of(self, units: tuple[int, ...]) -> Fraction:
        """E Π ξ_u over the units named, with repetition; an even number where the radicand is not 1."""
        power, odd = divmod(len(units), 2)
        total = sum(
            (
                p * prod(atom[u] for u in units)
                for atom, p in zip(self.values, self.probabilities, strict=True)
            ),
            Fraction(0),
        )
        if odd and self.radicand != 1 and total:
            raise ValueError(f"an odd moment of {self.name} is irrational")
        return total * Fraction(self.radicand) ** power


@lru_cache(maxsize=64)
def factorial(law: NoiseLaw, units: int) -> Design:
    """Every combination of one unit's atoms over ``units`` independent units: 2^n atoms (rademacher, skewed)
    or 3^n (gauss-hermite).
    """
    if law.atoms is None:
        raise ValueError(f"law is {law.name}; expected one with finitely many atoms")
    radicand = max(int(value**2) if not value.is_Rational else 1 for value, _ in law.atoms)
    one_unit = [(_fraction(value / sympy.sqrt(radicand)), _fraction(weight)) for value, weight in law.atoms]
    combinations = list(product(one_unit, repeat=units))
    return Design(
        law.name,
        tuple(tuple(value for value, _ in c) for c in combinations),
        tuple(prod((weight for _, weight in c), start=Fraction(1)) for c in combinations),
        radicand,
    )


def _fraction(value: sympy.Expr) -> Fraction:
    exact = sympy.nsimplify(value)
    return Fraction(int(exact.p), int(exact.q))


@lru_cache(maxsize=64)
def fold_over(units: int) -> Design:
    """Rows of a Hadamard matrix and of its negative, cut to ``units`` columns: E ξξᵀ = I, odd moments 0."""
    rows = [row[:units] for row in hadamard_matrix(units)]
    values = tuple(tuple(Fraction(sign * v) for v in row) for sign in (1, -1) for row in rows)
    return Design("fold-over Hadamard", values, (Fraction(1, len(values)),) * len(values))


def hadamard_matrix(at_least: int) -> list[list[int]]:
    """A Hadamard matrix of the smallest order ≥ ``at_least`` that Sylvester's doubling and Paley's first
    construction reach.
    """
    order = max(at_least, 1)
    while (found := _hadamard_of_order(order)) is None:
        order += 1
    return found


def _hadamard_of_order(order: int) -> list[list[int]] | None:
    if order == 1:
        return [[1]]
    if _is_prime(order - 1) and (order - 1) % 4 == 3:
        return _paley(order - 1)
    half = _hadamard_of_order(order // 2) if order % 2 == 0 else None
    return half and [row + row for row in half] + [row + [-v for v in row] for row in half]


def _paley(q: int) -> list[list[int]]:
    """I + S with S skew, from the quadratic residues of a prime q ≡ 3 (mod 4): order q + 1."""
    residues = {k * k % q for k in range(1, q)}
    character = [0] + [1 if k in residues else -1 for k in range(1, q)]
    inner = [[character[(j - i) % q] + (i == j) for j in range(q)] for i in range(q)]
    return [[1] * (q + 1), *([-1, *row] for row in inner)]


def _is_prime(k: int) -> bool:
    return k > 1 and all(k % d for d in range(2, int(k**0.5) + 1))
