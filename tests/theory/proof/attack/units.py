"""Claims about single units that are false: of a polynomial loss, or because a mean need not exist.

F is the quartic loss of a linear network, a polynomial in the perturbation; E sums over finitely many atoms.
An equation up to a power of c is compared at a c so small that every power is seen. All numbers are floats
of many bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import product
from math import perm
from random import Random
from typing import Any

import flint
import sympy
from flint import arb
from sympy.core.function import AppliedUndef

from tests.theory.proof.attack.worlds import log2
from theory.proof import Proof
from theory.proof.constants import c
from theory.proof.relations import Relation, Same, Within
from theory.proof.units import E, noise_in, orders_of, raised
from theory.results.assumptions import (
    IDENTICAL,
    INDEPENDENT,
    QUADRATIC,
    S1,
    SMOOTH,
    THIRD,
    TWICE,
    WEAKLY_DIFFERENTIABLE,
)
from theory.results.statement import Assumption

BITS = 3000
_C = -200
"""log2 of c where orders are compared."""
_MOMENTS = {SMOOTH: 99, IDENTICAL: 5, THIRD: 4, INDEPENDENT: 2}
"""The powers of the noise of which the hypotheses grant means."""
_VERY_LARGE = (400, 800)


class NoValue(ArithmeticError):
    """The expression has no value."""


@dataclass(frozen=True, eq=False)
class Loss:
    """F, the law of the noise of each unit, and c."""

    name: str
    coefficients: Mapping[tuple[int, ...], int]
    atoms: tuple[tuple[int, ...], ...]
    """Value and probability, twice two numbers: numerator and denominator."""
    scale: arb
    dependent: bool = False
    """Whether all units have the same noise."""
    suprema: tuple[int, ...] = ()
    """The orders of derivatives that are bounded: of the third order, those with two in one unit."""
    rough: arb | None = None
    """The power of each unit's perturbation that F has besides, with its sign: so many derivatives it has."""
    memory: dict[Any, Any] = field(default_factory=dict)

    @property
    def units(self) -> int:
        """How many units there are."""
        return len(next(iter(self.coefficients)))

    def outcomes(self) -> list[tuple[tuple[arb, ...], arb]]:
        """The noise of all units, with its probability."""
        if "outcomes" not in self.memory:
            found = []
            every = product(self.atoms, repeat=self.units)
            for chosen in ((atom,) * self.units for atom in self.atoms) if self.dependent else every:
                weight = arb(1)
                for _, _, p, q in chosen[: 1 if self.dependent else None]:
                    weight = weight * p / q
                found.append((tuple(arb(a) / b for a, b, _, _ in chosen), weight))
            self.memory["outcomes"] = found
        return self.memory["outcomes"]

    def moment(self, order: int) -> arb:
        """κ."""
        return sum((arb(p) / q * (arb(a) / b) ** order for a, b, p, q in self.atoms), arb(0))

    def derivative(self, alpha: Mapping[int, int], point: Mapping[int, arb], sizes: bool = False) -> arb:
        """The derivative of order alpha at a point."""
        total = arb(0)
        if any(order and unit > self.units for unit, order in alpha.items()):
            return total
        for powers, coefficient in self.coefficients.items():
            value: arb | None = arb(abs(coefficient) if sizes else coefficient)
            for unit, power in enumerate(powers, start=1):
                order = alpha.get(unit, 0)
                if power < order:
                    value = None
                    break
                value = value * perm(power, order)
                if power > order:
                    at = point.get(unit)
                    if at is None:
                        value = None
                        break
                    value = value * at ** (power - order)
            if value is not None:
                total = total + value
        return total + self._of_rough(alpha, point)

    def _of_rough(self, alpha: Mapping[int, int], point: Mapping[int, arb]) -> arb:
        """What the part with few derivatives adds; where it has none, it is 0."""
        total = arb(0)
        for unit, at in point.items() if self.rough is not None else ():
            order = alpha.get(unit, 0)
            if order == sum(alpha.values()) and at != 0 and unit <= self.units:
                value, power = abs(at) ** (self.rough - order), arb(1)
                for k in range(order):
                    power = power * (self.rough - k)
                total = total + value * power * (-1 if at < 0 and order % 2 == 0 else 1)
        return total

    def value(self, expression: sympy.Expr, noise: tuple[arb, ...]) -> arb:
        """The expression, at a noise."""
        if expression.is_Rational:
            return arb(int(expression.p)) / int(expression.q)
        key = (expression, noise if noise_of(expression) else ())
        found = self.memory.get(key)
        if found is None:
            found = self.memory[key] = self._value(expression, noise).mid()
        return found

    def _value(self, expression: sympy.Expr, noise: tuple[arb, ...]) -> arb:
        if expression.is_Add:
            return sum((self.value(part, noise) for part in expression.args), arb(0))
        if expression.is_Mul:
            found = arb(1)
            for part in expression.args:
                found = found * self.value(part, noise)
            return found
        if expression.is_Pow:
            base, exponent = expression.args
            value = self.value(base, noise)
            if not exponent.is_Integer:
                raise NoValue(str(expression))
            if exponent < 0 and value == 0:
                raise ZeroDivisionError(str(expression))
            return value ** int(exponent)
        if isinstance(expression, sympy.Abs):
            return abs(self.value(expression.args[0], noise))
        if isinstance(expression, AppliedUndef):
            return self._call(expression, noise)
        if expression == c:
            return self.scale
        if isinstance(expression, sympy.Symbol):
            return self._symbol(expression, noise)
        raise NoValue(str(expression))

    def _symbol(self, symbol: sympy.Symbol, noise: tuple[arb, ...]) -> arb:
        if symbol.name.startswith("ξ_"):
            unit = int(symbol.name[2:])
            return noise[unit - 1] if unit <= len(noise) else self.atoms_value(unit)
        if symbol.name.startswith("κ_"):
            return self.moment(int(symbol.name[2:]))
        if symbol.name.startswith("M_{"):
            units = [int(unit) for unit in symbol.name[3:-1].split(",") if unit]
            if len(units) not in self.suprema or (len(units) == 3 == len(set(units))):
                return arb(2) ** (3 * _C)  # of what nothing bounds it is some number
            reach = self.scale * max((abs(arb(a) / b) for a, b, _, _ in self.atoms), key=log2)
            corner = dict.fromkeys(range(1, self.units + 1), reach)
            return self.derivative({unit: units.count(unit) for unit in units}, corner, sizes=True)
        alpha = orders_of(symbol)
        if alpha is None:
            raise NoValue(str(symbol))
        return self.derivative(alpha, {})

    def atoms_value(self, unit: int) -> arb:
        """The noise of a unit that the loss does not have: an atom."""
        a, b, _, _ = self.atoms[unit % len(self.atoms)]
        return arb(a) / b

    def _call(self, call: AppliedUndef, noise: tuple[arb, ...]) -> arb:
        name = call.func.__name__
        if name == "E":
            inside = call.args[0]
            units = [int(s.name[2:]) for s in noise_of(inside)]
            if any(unit > self.units for unit in units):
                return self._mean_of_many(inside, max(units))
            return sum((w * self.value(inside, outcome) for outcome, w in self.outcomes()), arb(0))
        point = {}
        for argument in call.args:
            symbols = noise_of(argument)
            if len(symbols) != 1:
                raise NoValue(str(call))
            (symbol,) = symbols
            point[int(symbol.name[2:])] = self.scale * self.value(argument, noise)
        alpha = orders_of(call)
        if alpha is not None:
            return self.derivative(alpha, point)
        if not name.startswith("R["):
            raise NoValue(str(call))
        source, _, exponent = name[2:-1].rpartition(";")
        unit, order = map(int, exponent.split("^"))
        alpha = orders_of(sympy.Symbol(source))
        if alpha is None:
            raise NoValue(str(call))
        own = point.get(unit, arb(0))
        rest = {k: v for k, v in point.items() if k != unit}
        total, factorial = self.derivative(alpha, point), 1
        for power in range(order):
            factorial *= max(power, 1)
            total = total - own**power / factorial * self.derivative(raised(alpha, unit, power), rest)
        return total

    def _mean_of_many(self, inside: sympy.Expr, units: int) -> arb:
        """Over more units than the loss has."""
        total = arb(0)
        for chosen in product(self.atoms, repeat=units):
            weight = arb(1)
            for _, _, p, q in chosen:
                weight = weight * p / q
            total = total + weight * self.value(inside, tuple(arb(a) / b for a, b, _, _ in chosen))
        return total


_NOISES: dict[sympy.Expr, frozenset[sympy.Symbol]] = {}


def noise_of(expression: sympy.Expr) -> frozenset[sympy.Symbol]:
    """The noises outside of means that an expression depends on."""
    found = _NOISES.get(expression)
    if found is None:
        if isinstance(expression, AppliedUndef) and expression.func == E:
            found = frozenset()
        elif not expression.args:
            found = noise_in(expression)
        else:
            found = frozenset().union(*(noise_of(part) for part in expression.args))
        _NOISES[expression] = found
        if isinstance(expression, AppliedUndef) and expression.func == E:
            noise_of(expression.args[0])
    return found


_SKEWED = ((2, 1, 1, 5), (-1, 2, 4, 5))
_RADEMACHER = ((1, 1, 1, 2), (-1, 1, 1, 2))
_THREE = ((0, 1, 3, 4), (2, 1, 1, 8), (-2, 1, 1, 8))
"""Mean 0, variance 1, κ_3 = 0, an atom at 0."""


@lru_cache(maxsize=16)
def losses_of(assumed: frozenset[Assumption]) -> tuple[Loss, ...]:
    """Losses of two and three units; the last one grows as fast as is supposed, to tell which means exist."""
    found = []
    degree = 2 if QUADRATIC in assumed else 4
    suprema = (2, 3, 4) if QUADRATIC in assumed else (3,) if THIRD in assumed else ()
    with flint.ctx.workprec(BITS):
        for turn, (units, law) in enumerate(((2, _SKEWED), (3, _SKEWED), (2, _RADEMACHER), (2, _THREE))):
            random = Random(f"loss {turn}")
            z = sympy.symbols(f"z_1:{units + 1}")
            residuals = [
                random.randint(-4, 4) + sum(random.choice((-3, -2, -1, 1, 2, 3)) * point for point in z)
                for _ in range(2)
            ]
            terms = sympy.Poly(sum(r**4 for r in residuals), *z).terms()
            loss = {powers: int(k) for powers, k in terms if sum(powers) <= degree}
            found.append(
                Loss(f"loss {turn}", loss, law, arb(2) ** _C, INDEPENDENT not in assumed, suprema, None)
            )
        rough = _roughness(assumed)
        if rough is not None:
            found.append(replace(found[0], name="a loss with no more derivatives", rough=rough, memory={}))
        most = 3 if THIRD in assumed and SMOOTH not in assumed else degree
        growing = {(*powers, 0, 0): k for powers, k in found[1].coefficients.items() if sum(powers) <= most}
        if QUADRATIC not in assumed:
            for unit in range(5):  # the derivatives of these with two in one unit are 0
                growing[tuple(int(k != unit) for k in range(5))] = 3
        found.append(replace(found[1], name="a loss that grows", coefficients=growing, memory={}))
    return tuple(found)


def _roughness(assumed: frozenset[Assumption]) -> arb | None:
    """The power of a part of F with no more derivatives than are supposed; None for a polynomial."""
    if assumed & {QUADRATIC, THIRD}:
        return None
    if SMOOTH in assumed:
        return arb(21) / 4
    return arb(5) / 4 if assumed & {S1, TWICE, WEAKLY_DIFFERENTIABLE} else -arb(3) / 4


def false_of_units(claim: Relation, proof: Proof) -> str:
    """What contradicts the claim; empty where nothing does."""
    if not isinstance(claim, Same | Within):
        return ""
    with flint.ctx.workprec(BITS):
        return _false(claim, proof)


def _false(claim: Same | Within, proof: Proof) -> str:
    assumed = proof.hypotheses
    *losses, growing = losses_of(frozenset(assumed))
    granted = max((moments for one, moments in _MOMENTS.items() if one in assumed), default=0)
    for one in (*losses, growing):
        if len(one.memory) > 50_000:
            one.memory.clear()
    values = [value for value in vars(claim).values() if isinstance(value, sympy.Expr)]
    means = {mean for value in values for mean in value.atoms(E)}
    missing = [mean for mean in means if not exists(mean.args[0], growing, granted)]
    if missing and isinstance(claim, Same) and _fails_without(claim, missing, growing):
        return f"{missing[0]} need not exist"
    for one in losses:
        try:
            if not _holds(claim, one):
                return one.name
        except ZeroDivisionError:
            return f"{one.name}: it divides by 0"
        except (NoValue, ValueError, TypeError, KeyError):
            continue
    return ""


_FAR = 400


def _fails_without(claim: Same, missing: Sequence[sympy.Expr], loss: Loss) -> bool:
    """Whether the equation depends on what numbers the means stand for that need not exist: beside the mean
    over the atoms each has a part where all the noise is large, so that they are linear, and no more.
    """
    return any(_depends_on(claim, missing, loss, (arb(2) ** power,) * 5) for power in (_FAR, -_FAR))


def _depends_on(claim: Same, missing: Sequence[sympy.Expr], loss: Loss, far: tuple[arb, ...]) -> bool:
    try:
        parts = {mean: mean + _exact(loss.value(mean.args[0], far)) for mean in missing}
        left, right = (
            loss.value(side.xreplace(parts), loss.outcomes()[0][0]) for side in (claim.left, claim.right)
        )
    except (ZeroDivisionError, NoValue, ValueError, TypeError, KeyError):
        return False
    return log2(left - right) > max(log2(left), log2(right)) - _FAR / 2


def _exact(value: arb) -> sympy.Expr:
    mantissa, exponent = value.mid().man_exp()
    return sympy.Integer(int(mantissa)) * sympy.Integer(2) ** int(exponent)


def _holds(claim: Same | Within, loss: Loss) -> bool:
    left, right = (claim.left, claim.right) if isinstance(claim, Same) else (claim.value, claim.bound)
    noisy = noise_of(left) | noise_of(right)
    for outcome, _ in loss.outcomes()[: None if noisy else 1]:
        first, second = loss.value(left, outcome), loss.value(right, outcome)
        size = max(0.0, log2(first), log2(second))
        if isinstance(claim, Within):
            if log2(abs(first) - second) > size - 1800 and abs(first) > second:
                return False
            continue
        apart = log2(first - second)
        if claim.below is None:
            if apart > size - 1800:
                return False
        elif apart > _C * (claim.below - 0.5):
            return False
    return True


def exists(inside: sympy.Expr, loss: Loss, granted: int) -> bool:
    """Whether the mean exists for all laws with so many moments: how it grows with the noise of each unit,
    and whether it does as the noise vanishes.
    """
    key = ("exists", inside, granted)
    if key not in loss.memory:
        loss.memory[key] = _exists(inside, loss, granted)
    return loss.memory[key]


def _exists(inside: sympy.Expr, loss: Loss, granted: int) -> bool:
    if inside.has(sympy.exp, sympy.log):
        return False
    for symbol in noise_in(inside):
        unit = int(symbol.name[2:])

        def size(power: int, unit: int = unit) -> float:
            noise = [arb(3 + 2 * k) / 8 for k in range(1, 6)]  # exact, to be looked up
            noise[unit - 1] = arb(2) ** power
            return log2(loss.value(inside, tuple(noise)))

        try:
            large, small = [size(power) for power in _VERY_LARGE], [size(-power) for power in _VERY_LARGE]
        except ZeroDivisionError:
            return False
        except (NoValue, ValueError, TypeError, KeyError, IndexError):
            continue
        if large[1] - max(large[0], -1e8) > 400 * granted + 1:
            return False
        if small[0] > -1e8 and small[1] > small[0] + 1:
            return False
    return True
