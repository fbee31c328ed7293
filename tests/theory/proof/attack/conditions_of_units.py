"""One condition short: steps about single units.

Each mistake has all that a rule asks for but one condition.
"""

from __future__ import annotations

from random import Random

import sympy

from tests.theory.proof.attack.tempting import Bench, Mistake, Temptation
from theory.proof.constants import c
from theory.proof.relations import Same, Within
from theory.proof.units import (
    E,
    bound_of,
    derivative,
    kappa,
    parse_remainder,
    raised,
    remainder,
    supremum,
    xi,
)
from theory.proofs.single_units import difference, polynomial
from theory.results.assumptions import IDENTICAL, INDEPENDENT, QUADRATIC, SMOOTH, THIRD

_UNITS = (1, 2, 3)


def _alpha(random: Random, most: int = 3) -> dict[int, int]:
    """Orders of a derivative, in up to three units."""
    found: dict[int, int] = {}
    for _ in range(random.randrange(1, most + 1)):
        found = raised(found, random.choice(_UNITS), 1)
    return found


def _noisy(random: Random) -> tuple[int, ...]:
    return tuple(sorted(random.sample(_UNITS, random.choice((1, 1, 2)))))


def _at_noise(random: Random) -> sympy.Expr:
    """The loss, a derivative or a remainder at a perturbed point."""
    noisy = _noisy(random)
    alpha = random.choice(({}, _alpha(random, 2)))
    if random.random() < 0.3:
        return remainder(alpha, noisy, random.choice(noisy), random.choice((1, 2, 3)))
    return derivative(alpha, noisy)


def _factor(random: Random, unit: int) -> sympy.Expr:
    """A function of the noise of the unit that may have no mean."""
    noise = xi(unit)
    return random.choice(
        (
            noise ** random.choice((1, 2, 3, 4, 5, 6, 8, 12)),
            noise ** random.choice((-1, -2)),
            sympy.Abs(noise) ** random.choice((1, 3, 5, 7, -1)),
            derivative(_alpha(random), (unit,)) ** random.choice((1, 1, 2, 3)),
            derivative({}, (unit,)) ** random.choice((1, 2, 3)),
            remainder(random.choice(({}, {unit: 1})), (unit,), unit, random.choice((1, 2, 3))),
            derivative({unit: 1}, (unit,)) * noise ** random.choice((1, 2, 3, 4)),
            _mixed(random, unit) * noise ** random.choice((2, 4, 5)),
            1 / derivative({}, (unit,)),
        )
    )


def _mixed(random: Random, unit: int) -> sympy.Expr:
    """A derivative in three other units, one each, where only the noise of this one is."""
    others = {k: 1 for k in (1, 2, 3, 4) if k != unit}
    return random.choice((derivative(others, (unit,)), remainder(others, (unit,), unit, 1)))


def means_of_factors(bench: Bench) -> Temptation:
    """E(A B) = E(A) E(B), of units that need not be independent, or where A or B has no mean."""
    random = bench.random
    units = random.sample(_UNITS, random.choice((2, 2, 3)))
    parts = [_factor(random, unit) for unit in units]
    if random.random() < 0.4:
        parts[0] = xi(units[0])
    without = random.choice(((), (), (INDEPENDENT,), (IDENTICAL,), (THIRD,), (SMOOTH,), (QUADRATIC,)))
    values = [
        sympy.Integer(0) if part == xi(unit) else E(part) for unit, part in zip(units, parts, strict=True)
    ]
    if INDEPENDENT in without:
        values = [E(part) for part in parts]
    return Temptation(Same(E(sympy.Mul(*parts)), sympy.Mul(*values)), (), without=without)


def known_for_each_noise(bench: Bench) -> Temptation:
    """E(A B) = E(A′ B) up to a power of c, since A = A′ up to that power for each noise."""
    random = bench.random
    unit = random.choice(_UNITS)
    alpha = {random.choice(_UNITS): 1}
    left, right = derivative(alpha, (unit,)), derivative(alpha, ())
    weight = xi(unit) ** random.choice((1, 4, 6, 12)) * xi(unit % 3 + 1) ** random.choice((0, 0, 2))
    if random.random() < 0.3:
        left, right = right, left
    known = Same(left, right, 1)
    below = random.choice((1, 1, 2, None))
    return Temptation(Same(E(left * weight), E(right * weight), below), (), (known,))


def better_than_known(bench: Bench) -> Temptation:
    """What is known up to a power of c, exactly, up to a higher power, divided by c, or as a bound."""
    random = bench.random
    unit, alpha = random.choice(_UNITS), {random.choice(_UNITS): 1}
    left, right = derivative(alpha, (unit,)), derivative(alpha, ())
    known = (Same(left, right, 1),)
    number = random.choice((sympy.Integer(1), xi(1), 1 / c, c, kappa(3)))
    claims = (
        Same(number * left, number * right, random.choice((None, 2, 3, 1))),
        Same(left**2, right**2, random.choice((None, 2))),
        Within(left, sympy.Abs(right)),
        Within(left * xi(1), sympy.Abs(right) * sympy.Abs(xi(1))),
    )
    return Temptation(random.choice(claims), (), known)


def hidden_power(bench: Bench) -> Temptation:
    """A part dropped below c^k that is not: divided by c in a sum, or at a perturbed point."""
    random = bench.random
    power, base = random.randrange(1, 4), random.choice((sympy.Integer(0), derivative({1: 1}, ()), xi(1)))
    sizes = (
        1 / (c**power + c ** (power + 1)),
        1 / (c + c**2) ** random.choice((1, 2)),
        (1 + c) ** 2 / (c**2 + c**3),
        _at_noise(random) / c ** random.choice((0, 0, 1)),
        E(_at_noise(random) * xi(1)),
        derivative({}, (1,)) * xi(2),
    )
    rest = c**power * random.choice(sizes)
    without = random.choice(((), (SMOOTH,), (THIRD,), (QUADRATIC,), (SMOOTH, THIRD, QUADRATIC)))
    return Temptation(Same(base + rest, base, random.choice((power, power, power + 1))), (), without=without)


def in_a_circle(bench: Bench) -> Temptation:
    """Anything, from equations that lead back to where they start."""
    random = bench.random
    left = _at_noise(random)
    same = [fact for fact in bench.of(Same) if fact.below is None]
    fact = random.choice(same) if same else Same(left + left, 2 * left)
    known = (Same(fact.left, fact.right), Same(fact.right, fact.left))
    return Temptation(Same(fact.left, fact.right + random.choice((1, c, xi(1)))), known)


def taylor_of_anything(bench: Bench) -> Temptation:
    """Taylor's formula of what is no derivative, of one at rest, or of another one."""
    random = bench.random
    alpha, noisy = random.choice(({}, _alpha(random, 2))), _noisy(random)
    unit = random.choice(noisy)
    order = random.choice((1, 2, 3))
    series = remainder(alpha, noisy, unit, order)
    rest = [k for k in noisy if k != unit]
    for power in range(order):
        part = (c * xi(unit)) ** power / sympy.factorial(power) * derivative(raised(alpha, unit, power), rest)
        series += part
    left = random.choice(
        (
            xi(unit),
            kappa(3),
            derivative(alpha, ()),
            derivative(alpha, rest),
            2 * derivative(alpha, noisy),
            E(derivative(alpha, noisy)),
            derivative(raised(alpha, unit, 1), noisy),
            derivative(alpha, noisy).subs(xi(unit), -xi(unit)),
        )
    )
    return Temptation(Same(left, series))


def bound_of_no_remainder(bench: Bench) -> Temptation:
    """|R| ≤ M (c |ξ|)^r / r! for an M that nothing says is finite, or for what is no remainder."""
    random = bench.random
    noisy, order = _noisy(random), random.choice((1, 1, 2, 3))
    unit = random.choice(noisy)
    others = {k: 1 for k in _UNITS if k != unit}
    alpha = random.choice(({}, {unit: 1}, {unit: 2}, others, _alpha(random, 2)))
    value = remainder(alpha, noisy, unit, order)
    top = supremum(raised(alpha, unit, order))
    bound = top * (c * sympy.Abs(xi(unit))) ** order / sympy.factorial(order)
    how = random.randrange(4)
    if how == 0:
        value = random.choice((xi(unit), derivative(alpha, noisy), 2 * value, value / c, E(value)))
    elif how == 1:
        argument = random.choice((2 * xi(unit), -xi(unit), xi(unit) / c, xi(unit) ** 2))
        value = value.subs(xi(unit), argument)
    elif how == 2:
        bound = random.choice((bound * c, bound / 2, bound / order / 2, bound / xi(unit) ** 2 * c))
    without = random.choice(((), (), (THIRD,)))
    return Temptation(Within(value, bound), (), without=without)


def mean_of_another_series(bench: Bench) -> Temptation:
    """E[F w] as that of the Taylor polynomial, for a w that is no power, up to an order out of reach,
    or of an F with fewer derivatives.
    """
    random = bench.random
    units, degree = random.choice((1, 2)), random.choice((1, 2, 3, 4, 5))
    weight = random.choice((xi(1), xi(1) ** 2, xi(1) ** 3, sympy.exp(xi(1)), 1 / xi(1), 1 / xi(1) ** 2))
    weight /= c ** random.choice((0, 1, 1, 2))
    below = random.choice((degree, degree, degree + 1, None))
    without = random.choice(((), (), (SMOOTH,), (QUADRATIC,)))
    claim = Same(E(difference(units) * weight), E(polynomial(units, degree) * weight), below)
    if random.random() < 0.2:
        whole = derivative({}, range(1, units + 1))
        claim = Same(E(1 / whole), E(1 / (whole - difference(units) + polynomial(units, degree))), below)
    return Temptation(claim, (), without=without)


def bound_of_another(bench: Bench) -> Temptation:
    """|X| ≤ b, as b bounds another Y, which equals something."""
    random = bench.random
    fact = bench.one(Same)
    other = random.choice((_at_noise(random), xi(2), kappa(3), fact.right * 2, derivative({2: 1}, ())))
    known = {one.value: one.bound for one in bench.of(Within)}
    bound = bound_of(fact.right, known.get)
    if bound is None:
        raise ValueError("nothing bounds it")
    facts = (fact, *bench.of(Within))
    if random.random() < 0.3:
        parsed = parse_remainder(other)
        other = other if parsed is None else xi(1)
    return Temptation(Within(other, sympy.expand(bound)), facts)


def _where_units_are(mistake: Mistake) -> Mistake:
    """The mistake, at steps about single units."""

    def made(bench: Bench) -> Temptation:
        if not isinstance(bench.claim, Same | Within):
            raise ValueError("not about units")
        return mistake(bench)

    return made


_MADE: dict[str, tuple[Mistake, ...]] = {
    "arithmetic": (better_than_known, hidden_power, in_a_circle),
    "independent units": (means_of_factors, known_for_each_noise, better_than_known, hidden_power),
    "Taylor with remainder": (taylor_of_anything, bound_of_no_remainder),
    "Taylor under the mean": (mean_of_another_series, hidden_power),
    "triangle inequality": (better_than_known, bound_of_another),
}

MISTAKES = {rule: tuple(map(_where_units_are, made)) for rule, made in _MADE.items()}
"""For each rule the mistakes that look like it."""
