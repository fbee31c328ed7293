"""Which means over the noise of single units exist: what is averaged grows no faster than a power of the
noise of each unit, and of these there are moments enough.

Of F with S4, three derivatives of which those with two or three in one unit are bounded by M: along each
unit its third derivative is bounded, so with the values at three points F is at most of degree 3 in each
unit, and |F| <= C (1 + |z_1|³) .. (1 + |z_n|³). A first derivative is of degree 2 likewise, and a second
one too, being a difference of first ones up to M; a third derivative is bounded where it has two in one unit.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy
from sympy.core.function import AppliedUndef

from theory.proof.rules.core import Premises, Rejected
from theory.proof.units import E, noise_in, orders_of, parse_remainder, raised, xi
from theory.results.assumptions import IDENTICAL, INDEPENDENT, QUADRATIC, SMOOTH, THIRD

_FINITE_MOMENTS = {INDEPENDENT: 2, THIRD: 4, IDENTICAL: 5}
"""The highest moment of each unit's noise that a hypothesis says is finite."""

_DERIVATIVES = 5
"""How many derivatives S5 speaks of."""


def need_mean(factors: Sequence[sympy.Expr], premises: Premises) -> None:
    """Raise `Rejected` unless the cited hypotheses say that the mean of the product exists."""
    for unit in sorted({int(symbol.name[2:]) for factor in factors for symbol in noise_in(factor)}):
        degrees = [_degree(factor, unit, premises) for factor in factors]
        if None in degrees:
            factor = factors[degrees.index(None)]
            raise Rejected(f"nothing says how {factor} grows with the noise: its mean need not exist")
        total = sum(degree for degree in degrees if degree is not None)
        if SMOOTH not in premises.assumptions and total > _highest(premises):
            raise Rejected(f"nothing says that {E(sympy.Mul(*factors))} exists: ξ has no moment {total}")


def _highest(premises: Premises) -> int:
    return max((_FINITE_MOMENTS.get(a, 0) for a in premises.assumptions), default=0)


def _degree(factor: sympy.Expr, unit: int, premises: Premises) -> int | None:
    """With which power of the noise of the unit the factor grows at most; None where nothing says so."""
    base, exponent = factor.as_base_exp()
    if not (exponent.is_Integer and exponent.is_nonnegative):
        return None
    if xi(unit) not in base.free_symbols:
        return 0
    if base in (xi(unit), sympy.Abs(xi(unit))):
        return int(exponent)
    if not isinstance(base, AppliedUndef) or base.func == E:
        return None
    found = _degree_of_call(base, unit, premises)
    return None if found is None else found * int(exponent)


def _degree_of_call(call: AppliedUndef, unit: int, premises: Premises) -> int | None:
    parsed = parse_remainder(call)
    if parsed is None:
        alpha = orders_of(call)
        return None if alpha is None else _degree_of_derivative(alpha, premises)
    alpha, own, order = parsed
    used = [alpha, *(raised(alpha, own, power) for power in range(order))]
    degrees = [_degree_of_derivative(one, premises) for one in used]
    if None in degrees:
        return None
    return max(order - 1 if unit == own else 0, *(d for d in degrees if d is not None))


def _degree_of_derivative(alpha: dict[int, int], premises: Premises) -> int | None:
    total = sum(alpha.values())
    if SMOOTH in premises.assumptions:
        return 0 if total <= _DERIVATIVES else None  # of some power, and the noise has all moments
    if QUADRATIC in premises.assumptions:
        return max(2 - total, 0)
    if THIRD in premises.assumptions:
        bounded = total == 3 and max(alpha.values()) > 1
        return {0: 3, 1: 2, 2: 2}.get(total, 0 if bounded else None)
    return None
