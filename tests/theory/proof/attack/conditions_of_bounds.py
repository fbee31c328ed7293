"""One condition short: steps about bounds and moments: what a norm is at most, what has a finite mean.

Each mistake has all that a rule asks for but one condition; the numbers tell whether it then is false. What
it cites as known is true of every world, whatever the symbols stand for.
"""

from __future__ import annotations

from random import Random

import sympy
from sympy.core.function import AppliedUndef

from tests.theory.proof.attack.conditions_of_limits import OF_THE_ROW, STILL, UNMOVED, power_of, some
from tests.theory.proof.attack.falsity import has_limit
from tests.theory.proof.attack.tempting import (
    COLUMNS,
    QUIET,
    VOCABULARY,
    Bench,
    Mistake,
    Temptation,
    row_product,
)
from theory.proof.constants import c
from theory.proof.relations import (
    Bounded,
    Equal,
    Finite,
    Integrable,
    Relation,
    Same,
)
from theory.proof.sizes import GROWTH, NOISE_SIZE, NOISY, POWER, largest, norm, size_of
from theory.proof.terms import NOISE, ONE, SAMPLE, Identity, Scaled, Sum, Term, lim, product_of
from theory.proof.units import xi
from theory.results.assumptions import S1, SAMPLES

# -- bounds


def _column_in_c(random: Random) -> tuple[Term, sympy.Expr, sympy.Expr]:
    """a x, its bound a |x|, and a, a number in c of any kind."""
    number = random.choice(
        (1 + c, c, 1 + c**2, 2 - c, 1 / c, 1 + 1 / c, 3 - 2 * c**2, 1 + c + c**2, 1 - c / 2)
    )
    column = random.choice([s for s in VOCABULARY if s.columns == ONE and not s.moves])
    return Scaled(number, column), number, norm(column)


def bound_that_lacks_a_part(bench: Bench) -> Temptation:
    """|X| ≤ b, where a part of the sum is left out of b, or b is half of what it has to be, or a product."""
    random = bench.random
    still = [s for s in VOCABULARY if not s.moves and SAMPLE not in s.varies]
    first = random.choice(still)
    fitting = [s for s in still if s.shape == first.shape]
    parts: list[Term] = [first, *random.choices(fitting, k=random.choice((1, 1, 2)))]
    if random.random() < 0.4:
        parts = [Identity(first.rows), first * first.T]
    numbers = [random.choice((1, 1, 2, -1, c, 1 + c)) for _ in parts]
    scaled = [Scaled(sympy.sympify(k), part) for k, part in zip(numbers, parts, strict=True)]
    sizes = [size_of(part, {}) for part in scaled]
    half = sympy.Rational(1, 2)
    wrong = (*sizes, half * sympy.Add(*sizes), sympy.Mul(*sizes), sympy.Add(*(size_of(p, {}) for p in parts)))
    term = random.choice((Sum(tuple(scaled)), scaled[0], parts[0]))
    return Temptation(Bounded(term, random.choice((*wrong, sympy.Integer(0)))))


def bound_for_other_scales(bench: Bench) -> Temptation:
    """|X| ≤ b(c) for b(1), b(0), half of it, whether it grows or falls with c."""
    random = bench.random
    term, number, size = _column_in_c(random)
    known = Bounded(term, number * size)
    wrong = random.choice((number.subs(c, 1), number.subs(c, 1), sympy.Integer(1), number * c, number / 2))
    others = [Bounded(s, norm(s)) for s in random.sample(COLUMNS, 2)]
    facts = [known, *others] if random.random() < 0.5 else [*others, known]
    return Temptation(Bounded(term, wrong * size), tuple(facts))


def bound_of_one_order(bench: Bench) -> Temptation:
    """|X| ≤ b where b is right up to a power of c only, or for another term, or with a sum for a product."""
    random = bench.random
    if random.random() < 0.25:
        fact = random.choice([one for one in bench.of(Equal) if not has_limit(one)])
        return Temptation(Bounded(random.choice(VOCABULARY), size_of(fact.right, {})), (fact,))
    term, number, size = _column_in_c(random)
    order = random.choice((1, 2))
    known: tuple[Relation, ...] = (
        random.choice(
            (
                Same(number, sympy.series(number, c, 0, order).removeO(), order),
                Same(c**order, sympy.Integer(0), order),
                Same(number * size, sympy.series(number, c, 0, order).removeO() * size, order),
            )
        ),
    )
    bound = sympy.expand(sympy.series(number, c, 0, order).removeO()) * size
    if random.random() < 0.4:
        parts = [s for s in VOCABULARY if s.columns == ONE and not s.moves]
        first = random.choice(parts)
        second = random.choice([s for s in parts if s.shape == first.shape])
        term = random.choice(
            (first + second, Scaled(sympy.Integer(2), first), first * second.T, first - second)
        )
        factors = (norm(first), norm(second))
        bound = random.choice((factors[0], factors[1], sympy.Mul(*factors) / 2, sum(factors) / 4, size))
        known = (
            (Bounded(second, norm(second)), *known)
            if random.random() < 0.5
            else (Bounded(first, norm(first)),)
        )
    return Temptation(Bounded(term, bound), known)


def convergent_or_not(bench: Bench) -> Temptation:
    """|X| ≤ |X| for small c, the number without c, for an X of which nothing says that it converges."""
    random = bench.random
    symbol = random.choice([s for s in VOCABULARY if s.moves and not s.varies])
    known = (Equal(lim(other := random.choice(STILL)), other),)
    without = (S1,)
    if random.random() < 0.3:
        symbol, without = random.choice([s for s in VOCABULARY if s.moves]), ()
    bound = largest(symbol) if random.random() < 0.7 else largest(random.choice(STILL))
    return Temptation(Bounded(symbol, bound), known, (), without)


# -- moments


def finite_in_other_numbers(bench: Bench) -> Temptation:
    """A mean is finite given the datum, of what is no size of it; or of a power that the noise is itself."""
    random = bench.random
    unit = xi(random.choice((1, 2)))
    datum = norm(random.choice([s for s in QUIET if s.varies]))
    still = random.choice([s for s in STILL if s.rows != ONE and s.columns != ONE])
    noise = [s for s in OF_THE_ROW if NOISE in s.varies]
    of_all_units = [s for s in noise if s.index is None]
    noisy = random.choice((norm, largest))(random.choice(random.choice((noise, of_all_units))))
    value = random.choice(
        (
            unit ** random.choice((6, 12)),
            norm(still) ** random.choice((NOISE_SIZE, datum)),
            noisy ** random.choice((1, 3, 6)),
            noisy ** random.choice((3, 6)) * NOISE_SIZE,
            (1 + NOISE_SIZE * random.choice((1, c))) ** (random.choice((1, 4, 9)) * POWER),
        )
    )
    return Temptation(Finite(value * random.choice((1, datum)), random.random() < 0.7), some(bench, Finite))


def _sizes(random: Random) -> sympy.Expr:
    """A size of the datum or of the noise."""
    quiet = [s for s in QUIET if s.varies]
    datum, noisy = norm(random.choice(quiet)), norm(random.choice(OF_THE_ROW))
    return random.choice((NOISE_SIZE, GROWTH, datum, noisy))


def finite_with_a_power_more(bench: Bench) -> Temptation:
    """E |ξ|^(r+1) a is finite, since E |ξ|^r and E a are; or E a |e|, since E a is."""
    random = bench.random
    known = tuple(bench.of(Finite))
    powers = [one.value for one in known if one.value.as_base_exp()[0] == NOISE_SIZE]
    data = [one.value for one in known if not one.value.has(NOISE_SIZE)]
    more = random.choice((NOISE_SIZE, NOISE_SIZE, sympy.sqrt(NOISE_SIZE), NOISE_SIZE**2, *data[:1]))
    value = random.choice(powers or data) * more * random.choice((1, *data))
    return Temptation(Finite(value, random.random() < 0.3), known)


def finite_part_by_part(bench: Bench) -> Temptation:
    """E[a b] is finite where E[a] and E[b] are: a and b both of the datum, or of the noise; or where the mean
    given the datum is; or where a power below or above is.
    """
    random = bench.random
    first, second = _sizes(random), _sizes(random)
    powers = (1, 1, 2, 2, 3, 4, 6)
    one, two = first ** random.choice(powers), second ** random.choice(powers)
    supposed: tuple[Relation, ...] = (Finite(one), Finite(two))
    known: tuple[Relation, ...] = ()
    how = random.randrange(3)
    if how == 0:
        datum = [s for s in QUIET if s.varies]
        one = norm(random.choice(datum)) ** random.choice((3, 6, 9))
        known, supposed = (Finite(one, True),), (Finite(two),)
    value = random.choice((one * two, one * two, one, first * two))
    return Temptation(Finite(value, random.random() < 0.1), known, supposed)


def _is_noisy(size: sympy.Expr) -> bool:
    return size == NOISE_SIZE or (getattr(size, "name", "") or size.func.__name__) in NOISY


def finite_for_dependent_noise(bench: Bench) -> Temptation:
    """E[a(datum) b(noise)] is finite where E[a] and E[b] are, but nobody says that they are independent."""
    random = bench.random
    facts = [one for one in bench.of(Finite) if not one.given_datum]
    noise = random.choice([one for one in facts if one.value.as_base_exp()[0] == NOISE_SIZE])
    datum = random.choice(
        [one for one in facts if not any(map(_is_noisy, one.value.atoms(sympy.Symbol, AppliedUndef)))]
    )
    value = random.choice((noise.value, NOISE_SIZE ** random.choice((1, 2)))) * datum.value
    return Temptation(Finite(value), (noise, datum), (), (SAMPLES,))


def integrable_without_squares(bench: Bench) -> Temptation:
    """u vᵀ is integrable, since u and v are; or since one of them is, squared; or given the datum."""
    random = bench.random
    first, second = random.choice(OF_THE_ROW), random.choice(OF_THE_ROW)
    if random.random() < 0.3:
        second = first
    powers = random.choice(((1, 1), (1, 2), (2, 1), (1, 3), (sympy.Rational(3, 2),) * 2))
    supposed = tuple(
        Finite(norm(s) ** p, flag)
        for s, p in zip((first, second), powers, strict=True)
        for flag in ((False,) if random.random() < 0.7 else (True,))
    )
    if random.random() < 0.3:
        supposed = (Finite(norm(first) ** 2, True), Finite(norm(second) ** 2, True))
    factors = (first, second.T)
    if random.random() < 0.2:
        factors = (first, second.T, second)
    return Temptation(Integrable(product_of(factors)), (), supposed)


def integrable_below_another_bound(bench: Bench) -> Temptation:
    """X is integrable, since |X| ≤ b, and some other number has a finite mean, or b given the datum."""
    random = bench.random
    term = product_of(row_product(bench)) if random.random() < 0.5 else power_of(random, OF_THE_ROW)
    bound = size_of(term, {})
    other = _sizes(random) ** random.choice((1, 2))
    known: list[Relation] = [Bounded(term, bound), Bounded(random.choice(STILL), sympy.Integer(1))][:1]
    supposed: tuple[Relation, ...] = (Finite(other),)
    if random.random() < 0.3:
        supposed = (Finite(bound, True),)
    if random.random() < 0.3:
        small = random.choice(UNMOVED)
        known, supposed = [Bounded(small, norm(small))], (Finite(norm(small)),)
    return Temptation(Integrable(term), tuple(known), supposed)


MISTAKES: dict[str, tuple[Mistake, ...]] = {
    "norms": (
        bound_that_lacks_a_part,
        bound_of_one_order,
    ),
    "c ≤ 1": (bound_for_other_scales,),
    "moments": (
        finite_with_a_power_more,
        finite_in_other_numbers,
        finite_part_by_part,
        finite_for_dependent_noise,
    ),
    "domination": (integrable_below_another_bound,),
    "Cauchy-Schwarz": (integrable_without_squares,),
    "convergent, hence bounded": (convergent_or_not,),
}
"""For each rule the mistakes that look like it."""
