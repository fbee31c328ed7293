"""Whether a claim about single units is true of a concrete loss: a polynomial, a finite noise, a number
for c.

F is a polynomial in the perturbations, such as the loss of a linear network with the quartic loss is. Every
derivative of it has a value at every point, a remainder is what Taylor's formula leaves, and E sums over the
atoms. All values are series in c with rational coefficients, so orders in c are compared exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import perm, prod

import sympy
from flint import fmpq
from sympy.core.function import AppliedUndef

from theory.exact.noise_laws import NoiseLaw
from theory.proof.constants import c
from theory.proof.relations import Relation, Same, Within
from theory.proof.units import noise_in, orders_of, raised

Noise = Mapping[int, fmpq]
"""The noise of every unit, from 1."""


@dataclass(frozen=True)
class Series:
    """Coefficients of powers of c, negative ones too."""

    terms: Mapping[int, fmpq]

    def __add__(self, other: Series) -> Series:
        found = dict(self.terms)
        for power, value in other.terms.items():
            found[power] = found.get(power, fmpq(0)) + value
        return Series({power: value for power, value in found.items() if value})

    def __mul__(self, other: Series) -> Series:
        found: dict[int, fmpq] = {}
        for power, value in self.terms.items():
            for more, factor in other.terms.items():
                found[power + more] = found.get(power + more, fmpq(0)) + value * factor
        return Series({power: value for power, value in found.items() if value})

    def at(self, scale: fmpq) -> fmpq:
        """The value at c = scale."""
        return sum((value * scale**power for power, value in self.terms.items()), fmpq(0))


def number(value: fmpq | int, power: int = 0) -> Series:
    """value c^power."""
    return Series({power: fmpq(value)} if value else {})


@dataclass(frozen=True)
class UnitModel:
    """F as coefficients of monomials in z_1 .. z_n, the law of each coordinate of the
    noise, and the scale.
    """

    loss: Mapping[tuple[int, ...], fmpq]
    units: int
    law: NoiseLaw
    scale: fmpq

    @cached_property
    def atoms(self) -> list[tuple[fmpq, fmpq]]:
        """Values and probabilities."""
        return [(_fraction(value), _fraction(weight)) for value, weight in self.law.atoms or ()]

    @cached_property
    def outcomes(self) -> list[tuple[Noise, fmpq]]:
        """Every combination of atoms over the units, with its probability."""
        return self.outcomes_of(range(1, self.units + 1))

    def outcomes_of(self, units: Iterable[int]) -> list[tuple[Noise, fmpq]]:
        """Every combination of atoms over some of the units, with its probability: those of the others add up
        to 1, for the coordinates are independent.
        """
        chosen = sorted(units)
        return [
            (
                {unit: value for unit, (value, _) in zip(chosen, atoms, strict=True)},
                prod((weight for _, weight in atoms), start=fmpq(1)),
            )
            for atoms in product(self.atoms, repeat=len(chosen))
        ]

    def derivative_at(self, alpha: Mapping[int, int], point: Noise) -> Series:
        """The derivative of order alpha at c times the point."""
        total = number(0)
        for powers, coefficient in self.loss.items():
            value, left = coefficient, 0
            for unit, power in enumerate(powers, start=1):
                order = alpha.get(unit, 0)
                value *= perm(power, order) if power >= order else 0
                if value and power > order:
                    value *= point.get(unit, fmpq(0)) ** (power - order)
                    left += power - order
            if value and all(unit <= self.units for unit, order in alpha.items() if order):
                total = total + number(value, left)
        return total

    def value(self, expression: sympy.Expr, noise: Noise) -> Series:
        """The expression, the noise of the units being as given; each is computed once."""
        known = (expression, tuple(noise.get(unit) for unit in self._units_in(expression)))
        if known not in self._values:
            self._values[known] = self._value(expression, noise)
        return self._values[known]

    @cached_property
    def _values(self) -> dict[tuple[sympy.Expr, tuple[fmpq | None, ...]], Series]:
        return {}

    def _units_in(self, expression: sympy.Expr) -> tuple[int, ...]:
        """The units whose noise the expression depends on, outside of means, among those of the model."""
        if expression not in self._units:
            found = {int(symbol.name[2:]) for symbol in noise_in(expression)}
            self._units[expression] = tuple(sorted(unit for unit in found if unit <= self.units))
        return self._units[expression]

    @cached_property
    def _units(self) -> dict[sympy.Expr, tuple[int, ...]]:
        return {}

    def _value(self, expression: sympy.Expr, noise: Noise) -> Series:
        if expression.is_Add:
            total = number(0)
            for part in expression.args:
                total = total + self.value(part, noise)
            return total
        if expression.is_Mul:
            result = number(1)
            for part in expression.args:
                result = result * self.value(part, noise)
            return result
        if expression.is_Pow:
            return self._power(expression, noise)
        if expression.is_Rational:
            return number(_fraction(expression))
        if isinstance(expression, AppliedUndef):
            return self._function(expression, noise)
        if isinstance(expression, sympy.Abs):
            (inside,) = self.value(expression.args[0], noise).terms.items() or ((0, fmpq(0)),)
            return number(abs(inside[1]), inside[0])
        return self._symbol(expression, noise)

    def _power(self, expression: sympy.Expr, noise: Noise) -> Series:
        base, exponent = self.value(expression.args[0], noise), int(expression.args[1])
        if exponent < 0:
            ((power, value),) = base.terms.items()
            base, exponent = number(1 / value, -power), -exponent
        result = number(1)
        for _ in range(exponent):
            result = result * base
        return result

    def _function(self, expression: AppliedUndef, noise: Noise) -> Series:
        if expression.func.__name__ == "E":
            total = number(0)
            for outcome, weight in self.outcomes_of(self._units_in(expression.args[0])):
                total = total + number(weight) * self.value(expression.args[0], outcome)
            return total
        alpha = orders_of(expression)
        if alpha is None:
            return self._remainder(expression, noise)
        point = {}
        for argument in expression.args:
            (symbol,) = noise_in(argument)
            unit = int(symbol.name[2:])
            point[unit] = _fraction(argument / symbol) * noise.get(unit, fmpq(0))
        return self.derivative_at(alpha, point)

    def _symbol(self, symbol: sympy.Symbol, noise: Noise) -> Series:
        if symbol == c:
            return number(1, 1)
        if symbol.name.startswith("ξ_"):
            return number(noise.get(int(symbol.name[2:]), fmpq(0)))
        if symbol.name.startswith("κ_"):
            return number(_fraction(self.law.moment(int(symbol.name[2:]))))
        if symbol.name.startswith("M_{"):
            units = [int(unit) for unit in symbol.name[3:-1].split(",")]
            return number(self._supremum({unit: units.count(unit) for unit in set(units)}))
        if symbol not in self._at_rest:
            alpha = orders_of(symbol)
            if alpha is None:
                raise ValueError(f"{symbol} has no value")
            self._at_rest[symbol] = self.derivative_at(alpha, {})
        return self._at_rest[symbol]

    @cached_property
    def _at_rest(self) -> dict[sympy.Symbol, Series]:
        return {}

    def _remainder(self, expression: AppliedUndef, noise: Noise) -> Series:
        source, _, exponent = expression.func.__name__[2:-1].rpartition(";")
        unit, order = map(int, exponent.split("^"))
        alpha, noisy = (
            orders_of(sympy.Symbol(source)),
            [int(argument.name[2:]) for argument in expression.args],
        )
        if alpha is None:
            raise ValueError(f"{expression} has no value")
        point = {k: noise[k] for k in noisy if k in noise}
        rest = {k: value for k, value in point.items() if k != unit}
        total, factorial = self.derivative_at(alpha, point), 1
        for power in range(order):
            factorial *= max(power, 1)
            step = -(noise.get(unit, fmpq(0)) ** power) / factorial
            total = total + number(step, power) * self.derivative_at(raised(alpha, unit, power), rest)
        return total

    def _supremum(self, alpha: Mapping[int, int]) -> fmpq:
        """An upper bound over the box that the noise reaches: the sizes of the
        coefficients, at its corner.
        """
        reach = self.scale * max(abs(value) for value, _ in self.atoms)
        corner = dict.fromkeys(range(1, self.units + 1), reach / self.scale)
        sizes = {powers: abs(value) for powers, value in self.loss.items()}
        largest = UnitModel(sizes, self.units, self.law, self.scale)
        return largest.derivative_at(alpha, corner).at(self.scale)


def unit_holds(claim: Relation, model: UnitModel) -> bool:
    """Whether the claim is true of the model, for every outcome of the noise where it depends on it."""
    match claim:
        case Same():
            noisy = noise_in(claim.left) | noise_in(claim.right)
            return all(_same(claim, model, outcome) for outcome, _ in model.outcomes[: None if noisy else 1])
        case Within():
            return all(
                abs(model.value(claim.value, outcome).at(model.scale))
                <= model.value(claim.bound, outcome).at(model.scale)
                for outcome, _ in model.outcomes
            )
    raise TypeError(f"{claim!r} is no claim about single units")


def _same(claim: Same, model: UnitModel, outcome: Noise) -> bool:
    difference = model.value(claim.left, outcome) + number(-1) * model.value(claim.right, outcome)
    return all(claim.below is not None and power >= claim.below for power in difference.terms)


def _fraction(value: sympy.Expr) -> fmpq:
    exact = sympy.Rational(value)
    return fmpq(int(exact.p), int(exact.q))
