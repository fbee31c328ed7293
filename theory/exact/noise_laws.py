"""The laws of one noise coordinate, with exact moments.

A law knows its moments E xi^r as exact sympy numbers. Nothing is looked up: a law on finitely many atoms
sums over them, a law with a density integrates, and the symbolic law has the letters kappa_3, kappa_4, ...
for moments. All laws here have mean 0 and variance 1. ``kappa3`` and ``kappa4`` are the plain moments E
xi^3 and E xi^4, not cumulants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import sympy

Atoms = tuple[tuple[sympy.Expr, sympy.Expr], ...]
"""Pairs (value, probability)."""


@dataclass(frozen=True)
class NoiseLaw:
    """The law of one noise coordinate: its moments r -> E xi^r, and its atoms if they are finitely many."""

    name: str
    moment: Callable[[int], sympy.Expr]
    atoms: Atoms | None = None

    @property
    def mean(self) -> sympy.Expr:
        """E xi."""
        return self.moment(1)

    @property
    def variance(self) -> sympy.Expr:
        """E xi^2 - (E xi)^2."""
        return self.moment(2) - self.moment(1) ** 2

    @property
    def kappa3(self) -> sympy.Expr:
        """E xi^3."""
        return self.moment(3)

    @property
    def kappa4(self) -> sympy.Expr:
        """E xi^4."""
        return self.moment(4)

    def joint_moment(self, exponents: Iterable[int]) -> sympy.Expr:
        """E of the product of xi_k^{r_k} for independent coordinates of this law, the r_k given."""
        product = sympy.Integer(1)
        for exponent in exponents:
            if exponent:
                product *= self.moment(exponent)
                if product == 0:
                    break
        return product


def finite_law(name: str, atoms: Iterable[tuple[object, object]]) -> NoiseLaw:
    """The law that takes finitely many values; ``atoms`` are exact (value, probability) pairs.

    Raises ``ValueError`` unless the probabilities are positive and sum to 1.
    """
    pairs = tuple((sympy.sympify(value), sympy.sympify(weight)) for value, weight in atoms)
    weights = [weight for _, weight in pairs]
    if not all(weight.is_positive for weight in weights) or sympy.simplify(sum(weights) - 1) != 0:
        raise ValueError(f"atoms of {name} have probabilities {weights}; expected positive ones with sum 1.")

    def moment(order: int) -> sympy.Expr:
        return sympy.expand(sum(weight * value**order for value, weight in pairs))

    return NoiseLaw(name, _remembered(moment), pairs)


def density_law(name: str, density: Callable[[sympy.Symbol], sympy.Expr], bound: sympy.Expr) -> NoiseLaw:
    """The law with the given density on [-bound, bound]; its moments are integrated by sympy."""
    x = sympy.Symbol("x", real=True)

    def moment(order: int) -> sympy.Expr:
        return sympy.integrate(x**order * density(x), (x, -bound, bound))

    return NoiseLaw(name, _remembered(moment))


@cache
def symbolic_law() -> NoiseLaw:
    """Any law with mean 0 and variance 1: E xi^r is the symbol kappa_r for r >= 3."""
    known = (sympy.Integer(1), sympy.Integer(0), sympy.Integer(1))

    def moment(order: int) -> sympy.Expr:
        return known[order] if order < 3 else sympy.Symbol(f"kappa_{order}", real=True)

    return NoiseLaw("symbolic", _remembered(moment))


def _remembered(moment: Callable[[int], sympy.Expr]) -> Callable[[int], sympy.Expr]:
    """The same function, refusing orders that are not whole and non-negative, computing each order once."""

    @cache
    def remembered(order: int) -> sympy.Expr:
        if order != int(order) or order < 0:
            raise ValueError(f"order is {order}; expected a whole number, 0 or more.")
        return moment(int(order))

    return remembered


_HALF = sympy.Rational(1, 2)

GAUSSIAN = density_law("gaussian", lambda x: sympy.exp(-(x**2) / 2) / sympy.sqrt(2 * sympy.pi), sympy.oo)
RADEMACHER = finite_law("rademacher", [(1, _HALF), (-1, _HALF)])
UNIFORM = density_law("uniform", lambda x: 1 / (2 * sympy.sqrt(3)), sympy.sqrt(3))
SKEWED = finite_law("skewed", [(2, sympy.Rational(1, 5)), (-_HALF, sympy.Rational(4, 5))])
GAUSS_HERMITE = finite_law(
    "gauss-hermite",
    [
        (sympy.sqrt(3), sympy.Rational(1, 6)),
        (0, sympy.Rational(2, 3)),
        (-sympy.sqrt(3), sympy.Rational(1, 6)),
    ],
)
SPARSE = finite_law(
    "sparse", [(2, sympy.Rational(1, 8)), (0, sympy.Rational(3, 4)), (-2, sympy.Rational(1, 8))]
)

LAWS = {law.name: law for law in (GAUSSIAN, RADEMACHER, UNIFORM, SKEWED, GAUSS_HERMITE, SPARSE)}
"""Every named law; all have mean 0 and variance 1."""
