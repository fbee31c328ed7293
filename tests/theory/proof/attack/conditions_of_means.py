"""One condition short: steps about samples, to first order and in law.

Each mistake has all that a rule asks for but one condition; the numbers tell whether it then is false.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import sympy

from tests.theory.proof.attack.moves import KAPPAS
from tests.theory.proof.attack.tempting import (
    OF_A_ROW,
    QUIET,
    VOCABULARY,
    Bench,
    Mistake,
    Temptation,
    row_product,
)
from theory.proof.constants import DEPTH, LAYER, SAMPLES_T, c
from theory.proof.relations import Equal, FirstOrder, Integrable, Invertible, Normal, Relation
from theory.proof.terms import (
    NOISE,
    ONE,
    ROW,
    Applied,
    Identity,
    Product,
    PseudoInverse,
    Scaled,
    Sum,
    Symbol,
    Term,
    Transpose,
    Zero,
    average,
    fresh_mean,
    given,
    mean,
    product_of,
)
from theory.proof.vocabulary import SMALL, estimate, noisy_gradient, units_of
from theory.results.assumptions import GAUSSIAN_NOISE, SAMPLES, WEAKLY_DIFFERENTIABLE

_NEVER = sympy.Integer(-1)
_STILL = [s for s in VOCABULARY if not s.varies]
"""Symbols that are the same for all rows and samples."""
_SMALL = [s for s in VOCABULARY if s.name in SMALL]
_CHANGES = [s for s in _SMALL if not s.varies & ROW]
"""Matrices of order T^(-1/2)."""
_ROW_CHANGES = [s for s in _SMALL if s.varies & ROW]
"""Columns of that order, one for each row."""
_LIMIT_OF = {"B̂": "W̃", "ẽ": "ē", "M̂": "M̃"}


def _oriented(random: Random, symbols: Sequence[Symbol], rows: sympy.Expr) -> Term:
    """One of the symbols, or its transpose, that has so many rows."""
    return random.choice([one for s in symbols for one in (s, s.T) if one.shape[0] == rows])


def _column_of_a_row(bench: Bench) -> Term:
    """A column that varies with the row: a symbol, or a product that ends in a column."""
    random = bench.random
    if random.random() < 0.4:
        return random.choice([s for s in OF_A_ROW if s.columns == ONE and s.rows != ONE])
    factors = row_product(bench)
    last = factors[-1].shape[1]
    if last != ONE:
        ends = [s for s in (*_STILL, *QUIET) if s.shape == (last, ONE)]
        factors = (*factors, random.choice(ends))
    return product_of(factors)


def _centred(term: Term) -> Term:
    return term - mean(term)


def _number(bench: Bench) -> Term:
    """A number of the row that may be large: the square of a column."""
    column = bench.random.choice([s for s in OF_A_ROW if s.columns == ONE])
    return column.T * column


def _numbers(bench: Bench, times: int) -> list[Term]:
    """The same number of the row, several times."""
    return [_number(bench) if bench.random.random() < 0.7 else bench.random.choice(_NUMBERS)] * times


_NUMBERS = [s for s in OF_A_ROW if s.shape == (ONE, ONE)]


# -- normal limits


def _zero_mean(row: Term) -> Equal:
    return Equal(mean(row), Zero(*row.shape))


def _normal(row: Term, covariance: Term | None = None) -> Normal:
    return Normal(average(row), mean(row * row.T) if covariance is None else covariance)


def rows_not_centred(bench: Bench) -> Temptation:
    """√T Avg X tends to N(0, E[X Xᵀ]), since X Xᵀ is integrable, and the mean of another row is 0, or that
    of X is something.
    """
    random, row, other = bench.random, _column_of_a_row(bench), _column_of_a_row(bench)
    known: list[Relation] = [
        random.choice(
            (
                _zero_mean(_centred(other)),
                _zero_mean(_centred(row)),
                Equal(mean(row), mean(row)),
                Equal(given(row), given(row)),
                *bench.of(Equal),
            )
        )
        for _ in range(3)
    ]
    known += [Equal(mean(row), bench.term(row.shape))] if random.random() < 0.3 else []
    checked = [fact for fact in known if fact not in bench.facts]
    stands = [fact for fact in known if fact in bench.facts]
    return Temptation(_normal(row), tuple(stands), (Integrable(row * row.T), *checked))


def covariance_of_another(bench: Bench) -> Temptation:
    """√T Avg X tends to a normal law with a covariance that is not E[X Xᵀ], nor its size, given the datum
    or over the sample.
    """
    random = bench.random
    row = _centred(_column_of_a_row(bench)) if random.random() < 0.7 else _column_of_a_row(bench)
    other = _column_of_a_row(bench)
    if other.shape != row.shape or random.random() < 0.3:
        other = random.choice((2 * row, -1 * row, row + mean(row + row), row * (row.T * row)))
    square = row * row.T
    wrong: list[Term] = [
        mean(row * other.T),
        mean(other * other.T),
        given(square),
        average(square),
        square,
        mean(row) * mean(row).T,
        mean(square) * mean(square),
        Zero(*square.shape),
        Identity(row.shape[0]),
        Scaled(random.choice((sympy.Integer(2), sympy.Rational(1, 2), _NEVER, c, KAPPAS[0])), mean(square)),
        mean(square) + mean(other * other.T),
        bench.pool.one(random, square.shape) or Zero(*square.shape),
    ]
    covariance = random.choice(wrong)
    return Temptation(
        _normal(row, covariance), (), (_zero_mean(row), Integrable(square), Integrable(row * other.T))
    )


def squares_not_integrable(bench: Bench) -> Temptation:
    """√T Avg X tends to a normal law, since X is integrable, or X Xᵀ given the datum, or another square."""
    random = bench.random
    quiet = [s for s in QUIET if s.columns == ONE and s.rows != ONE and s.varies]
    noise = random.choice([s for s in VOCABULARY if s.varies == {NOISE} and s.columns == ONE])
    ends = [s for s in (*_STILL, *QUIET) if s.shape == noise.shape]
    column = random.choice(quiet)
    numbers = [one.T * one for one in quiet]
    row = product_of(
        (column, *[random.choice(numbers)] * random.choice((0, 1, 1, 2)), noise.T * random.choice(ends))
    )
    if random.random() < 0.3:
        row = product_of((noise, *[random.choice(numbers)] * random.choice((1, 2))))
    if random.random() < 0.3:
        row = _column_of_a_row(bench)
    square = row * row.T
    facts: list[Relation] = [Integrable(row), Integrable(square, True), Integrable(column * column.T)]
    kept = tuple(fact for fact in facts if random.random() < 0.6)
    return Temptation(_normal(row), tuple(bench.of(Integrable)), (_zero_mean(row), *kept))


def rows_that_depend_on_t(bench: Bench) -> Temptation:
    """√T Avg[A X] is normal, as Avg X is, for an A that depends on T."""
    random, row = bench.random, _centred(_column_of_a_row(bench))
    if random.random() < 0.4:
        row = Scaled(random.choice((SAMPLES_T**2, SAMPLES_T, SAMPLES_T / c, SAMPLES_T * KAPPAS[0] + 1)), row)
    else:
        row = _with_t(bench, row.shape[0]).T * row
    return Temptation(_normal(row), (), (_zero_mean(row), Integrable(row * row.T)))


def _large(bench: Bench, columns: sympy.Expr) -> Term:
    """A statistic with so many columns that grows with T: the pseudo-inverse of what becomes small."""
    random = bench.random
    inside: list[Term] = [s.T if s.shape[0] != columns else s for s in _CHANGES if columns in s.shape]
    fitted = [s for s in VOCABULARY if s.name in _LIMIT_OF and not s.varies & ROW and columns in s.shape]
    for s in fitted:
        for limit in VOCABULARY:
            if limit.name == _LIMIT_OF[s.name] and limit.shape == s.shape:
                off = s - limit
                inside.append(off.T if off.shape[0] != columns else off)
    rows = [s for s in OF_A_ROW if s.shape == (columns, ONE)]
    for s in random.sample(rows, min(2, len(rows))):
        outer = s * s.T
        inside.append(average(outer) - mean(outer))
    found = random.choice(inside)
    if found.shape[0] != found.shape[1] and random.random() < 0.5:
        found = found * found.T
    return PseudoInverse(found)


def rows_not_independent(bench: Bench) -> Temptation:
    """√T Avg X tends to N(0, E[X Xᵀ]), whatever the law of the sample."""
    row = _centred(_column_of_a_row(bench))
    supposed = (_zero_mean(row), Integrable(row * row.T))
    return Temptation(_normal(row), (), supposed, (SAMPLES,))


def matrix_that_is_not_constant(bench: Bench) -> Temptation:
    """√T M Y tends to N(0, M V Mᵀ) for an M that depends on the row, the sample or T, or on nothing, but
    with another covariance, or for another average.
    """
    random = bench.random
    normal = _some_normal(bench)
    size = normal.term.shape[0]
    kind = random.randrange(5)
    matrix: Term
    if kind == 0:
        still = _oriented(random, _STILL, size).T
        matrix = Scaled(random.choice((SAMPLES_T, SAMPLES_T**2, 1 + SAMPLES_T * c)), still)
    elif kind == 1:
        matrix = _large(bench, size).T if random.random() < 0.1 else _large(bench, size)
    elif kind == 2:
        matrix = _oriented(random, [s for s in OF_A_ROW if s.rows != ONE], size).T
        if matrix.shape[0] == ONE and random.random() < 0.5:
            matrix = Product((matrix.T, matrix))
    else:
        matrix = _oriented(random, _STILL, size).T
    if kind == 4:
        pairs = [
            (one, other.T) for one in _STILL for other in _STILL if one.shape == other.shape and one != other
        ]
        matrix = Sum((product_of(random.choice([p for p in pairs if p[0].shape[0] == size])), Identity(size)))
    covariance = matrix * normal.covariance * matrix.T
    term: Term = matrix * normal.term
    moved = FirstOrder(term, Product((matrix, normal.term)))
    if kind > 2:
        other = _some_normal(bench)
        if random.random() < 0.4 and other.term.shape == normal.term.shape:
            moved = FirstOrder(matrix * other.term, Product((matrix, other.term)))
            term = moved.left
        elif random.random() < 0.3:
            moved = FirstOrder(
                matrix * normal.term + matrix * normal.term, Product((2 * matrix, normal.term))
            )
            term = random.choice((moved.left, term))
        else:
            square = _oriented(random, _STILL, covariance.shape[0])
            covariance = random.choice(
                (
                    normal.covariance if matrix.shape[0] == size else covariance + covariance,
                    Scaled(random.choice((_NEVER, sympy.Integer(2), c)), covariance),
                    square * square.T,
                    Transpose(matrix) * normal.covariance * matrix
                    if matrix.shape == (size, size)
                    else Zero(*covariance.shape),
                    random.choice((matrix * normal.covariance, matrix * normal.covariance * matrix))
                    if matrix.shape == (size, size)
                    else Identity(matrix.shape[0]),
                )
            )
    stands = (normal,) if normal in bench.facts else ()
    supposed = () if stands else (normal,)
    return Temptation(Normal(term, covariance), (*stands, moved), supposed)


def _some_normal(bench: Bench) -> Normal:
    standing = bench.of(Normal)
    if standing and bench.random.random() < 0.6:
        return bench.random.choice(standing)
    return _normal(_centred(_column_of_a_row(bench)))


# -- to first order


def _second_order(bench: Bench) -> tuple[Term, Term]:
    """An outer product of two small columns of a row, or of one with a small matrix and another column; and
    the same with powers of what may be large between them.
    """
    random = bench.random
    first: Term = random.choice(_ROW_CHANGES)
    last: Term = random.choice(_ROW_CHANGES)
    if random.random() < 0.4:
        first = _oriented(random, _CHANGES, first.shape[0]).T * first
        last = random.choice([s for s in OF_A_ROW if s.columns == ONE and s.rows != ONE])
    numbers = _numbers(bench, random.choice((1, 2, 3, 4, 5)))
    return first * last.T, product_of((first, *numbers, last.T))


def agreement_of_rows_in_a_mean(bench: Bench) -> Temptation:
    """Avg X ≐ Avg Y, since X ≐ Y for each row, and X is integrable, or is 0."""
    random = bench.random
    fewer, whole = _second_order(bench)
    drawn = [_second_order(bench)[0] for _ in range(8)]
    others = [one for one in drawn if one.shape == whole.shape and one not in (fewer, fewer.T)]
    other = random.choice(others) if others and random.random() < 0.7 else Zero(*whole.shape)
    agree, supposed = FirstOrder(other, whole), (Integrable(other),)
    if isinstance(other, Zero) or random.random() < 0.3:
        agree = FirstOrder(whole, other)
    operator = random.choice((average, fresh_mean))
    sides = [one if isinstance(one, Zero) else operator(one) for one in (agree.left, agree.right)]
    return Temptation(FirstOrder(*sides), (agree,), () if isinstance(other, Zero) else supposed)


def left_out_not_integrable(bench: Bench) -> Temptation:
    """An average of second order is left out, that is not integrable, while with fewer factors it is, or
    given the datum.
    """
    random = bench.random
    fewer, whole = _second_order(bench)
    facts = (Integrable(whole, True), Integrable(fewer), Integrable(whole + fewer))
    supposed = [fact for fact in facts if random.random() < 0.5] or [Integrable(fewer)]
    claim = FirstOrder(random.choice((average, fresh_mean))(whole), Zero(*whole.shape))
    return Temptation(claim, tuple(bench.of(Integrable)), tuple(supposed))


def inverses_of_what_agrees(bench: Bench) -> Temptation:
    """Inverses agree to first order, since the matrices do: inside products, averages, transposed."""
    random = bench.random
    fact = bench.one(FirstOrder) if random.random() < 0.4 else None
    if fact is None:
        change = _oriented(random, _CHANGES, random.choice([s.shape[0] for s in _CHANGES]))
        left: Term = change * change.T
        if random.random() < 0.4:
            column = random.choice(_ROW_CHANGES)
            left = random.choice((average, fresh_mean))(column * column.T)
        fact = FirstOrder(left, Zero(*left.shape))
    first, second = fact.left, fact.right
    if random.random() < 0.4:
        first, second = first.T, second.T
    if random.random() < 0.4:
        factor = _oriented(random, _STILL, first.shape[1])
        first, second = first * factor, second * factor
    if random.random() < 0.3:
        factor = _oriented(random, _STILL, first.shape[0]).T
        first, second = factor * first, factor * second
    pair = [PseudoInverse(first), PseudoInverse(second)]
    supposed: tuple[Relation, ...] = ()
    if first.shape[0] == first.shape[1] and random.random() < 0.2:
        pair, supposed = [first.inverse, second.inverse], (Invertible(first), Invertible(second))
    around = random.randrange(4)
    if around == 0:
        factor = _oriented(random, _STILL, pair[0].shape[1])
        pair = [one * factor for one in pair]
    elif around == 1:
        columns = [s for s in OF_A_ROW if s.shape == (pair[0].shape[1], ONE)]
        column = random.choice(columns)
        pair = [average(one * column) for one in pair]
    elif around == 2:
        pair = [one * first for one in pair]
    claim = FirstOrder(*pair)
    if around == 3 and random.random() < 0.5:
        claim = FirstOrder(pair[0] - pair[1], Zero(*pair[0].shape))
    return Temptation(claim, (fact,), supposed)


def divided_by_what_vanishes(bench: Bench) -> Temptation:
    """X ≐ Y, since X F ≐ Y F and F is invertible, but tends to a singular matrix."""
    random = bench.random
    change = _oriented(random, _CHANGES, random.choice([s.shape[0] for s in _CHANGES]))
    factor: Term = change * change.T
    if random.random() < 0.3:
        column = random.choice(_ROW_CHANGES)
        factor = average(column * column.T)
    size = factor.shape[0]
    first = _oriented(random, [*_STILL, *_CHANGES], size).T
    second: Term = Zero(*first.shape)
    if random.random() < 0.4:
        found = [s for s in (*_STILL, *_CHANGES) for s in (s, s.T) if s.shape == first.shape]
        second = random.choice(found)
    agree = FirstOrder(first * factor, second * factor if not isinstance(second, Zero) else second)
    supposed = [agree, Invertible(factor)]
    if random.random() < 0.5:
        supposed.append(Integrable(factor.term) if isinstance(factor, Applied) else agree)
    return Temptation(FirstOrder(first, second), (), tuple(supposed))


def average_beside_what_is_small(bench: Bench) -> Temptation:
    """ΔB Avg X ≐ ΔB E X, for an X of which there need be no mean, while X + Y, M X or X given the datum is
    integrable; or for one that is no polynomial in statistics.
    """
    random = bench.random
    supposed: list[Relation] = []
    if random.random() < 0.35:
        row, statistic = _no_polynomial(bench)
        supposed.append(Integrable(row))
    else:
        row, statistic = _heavy_row(bench, supposed), False
    change = _oriented(random, _CHANGES, row.shape[0]).T
    right = (fresh_mean if statistic else mean)(row)
    claim = FirstOrder(change * average(row), change * right)
    if random.random() < 0.2:
        claim = FirstOrder(change * average(row) - change * right, Zero(*claim.left.shape))
    return Temptation(claim, tuple(bench.of(Integrable)), tuple(supposed))


def _no_polynomial(bench: Bench) -> tuple[Term, bool]:
    random = bench.random
    fitted = random.choice([s for s in VOCABULARY if s.name in ("ẽ",)])
    limits = [s for s in VOCABULARY if s.name == "ē" and s.shape == fitted.shape]
    off = fitted - random.choice(limits)
    row = PseudoInverse(off * off.T)
    if random.random() < 0.5:
        row = random.choice((off * PseudoInverse(off * off.T * off), PseudoInverse(off.T)))
    return row, True


def _heavy_row(bench: Bench, supposed: list[Relation]) -> Term:
    """A row with high powers, and what is integrable though it need not be."""
    random = bench.random
    kind = random.randrange(4)
    if kind == 0:
        sums = [f for f in bench.of(Equal) if isinstance(f.right, Sum) and isinstance(f.left, Symbol)]
        fact = random.choice(sums)
        numbers = _numbers(bench, random.choice((1, 2)))
        part = random.choice(fact.right.terms)
        row, other = product_of((fact.left, *numbers)), product_of((part, *numbers))
        if random.random() < 0.5:
            row, other = other, row
        supposed.append(Integrable(row - other))
        return row
    column = random.choice([s for s in OF_A_ROW if s.columns == ONE and s.rows != ONE])
    row = product_of((column, *_numbers(bench, random.choice((1, 2, 3, 4)))))
    if kind == 1:
        chains = [s for s in VOCABULARY if s.name == "A" and s.columns == row.shape[0]]
        ways = [s for s in VOCABULARY if s.name == "W" and s.columns == row.shape[0]]
        same = [chain - way for chain in chains for way in ways if chain.shape == way.shape]
        supposed += [Integrable(nothing * row) for nothing in same]
    if kind != 3:
        supposed.append(Integrable(row, True))
    return row


def times_what_is_large(bench: Bench) -> Temptation:
    """X L ≐ Y L, since X ≐ Y, for an L that grows with T, or the more so by a power of T."""
    random = bench.random
    if random.random() < 0.5 and bench.of(FirstOrder):
        fact = bench.one(FirstOrder)
    else:
        change = _oriented(random, _CHANGES, random.choice([s.shape[0] for s in _CHANGES]))
        other = _oriented(random, _CHANGES, change.shape[1])
        fact = FirstOrder(change * other, Zero(change.shape[0], other.shape[1]))
    columns = fact.left.shape[1]
    factor = _large(bench, columns) if random.random() < 0.6 else _with_t(bench, columns)
    factor = factor if factor.shape[0] == columns else factor.T
    left = fact.left * factor
    if random.random() < 0.2:
        column = random.choice([s for s in OF_A_ROW if s.rows == left.shape[1]])
        left = random.choice((average, fresh_mean))(column * column.T * left.T)
    right = Zero(*left.shape) if isinstance(fact.right, Zero) else fact.right * factor
    return Temptation(FirstOrder(left, right), (fact,) if random.random() < 0.5 else ())


def _with_t(bench: Bench, rows: sympy.Expr) -> Term:
    """A matrix with a power of T in front, or in a pseudo-inverse."""
    random = bench.random
    still, number = _oriented(random, _STILL, rows), random.choice((SAMPLES_T, SAMPLES_T**2, 1 + SAMPLES_T))
    square = random.choice((Identity(rows), still * still.T))
    return random.choice(
        (
            Scaled(number, still),
            PseudoInverse(Scaled(1 / number, still)),
            Sum((Scaled(number, square), square)),
            Scaled(1 / number, square).inverse
            if isinstance(square, Identity)
            else PseudoInverse(Scaled(1 / number, square)),
        )
    )


# -- Gauss


def by_parts_without_gauss(bench: Bench) -> Temptation:
    """E[λ̂ | x, y] = E[λ(ξ) | x, y] for any noise, any loss, another layer, or with another size or sign."""
    random = bench.random
    layer, other = random.choice(_LAYERS), random.choice(_LAYERS)
    left, right = estimate(layer), noisy_gradient(layer)
    how = random.randrange(4)
    if how == 0:
        return Temptation(Equal(given(left), given(right)), without=(random.choice(_OF_STEIN),))
    if how == 1 and other != layer and other.subs(LAYER, 2) != layer.subs(LAYER, 2):
        first = units_of(other).T if random.random() < 0.5 else units_of(layer).T
        return Temptation(Equal(given(units_of(layer).T * left), given(first * noisy_gradient(other))))
    factor = random.choice((_NEVER, sympy.Integer(2), c, 1 / c, sympy.Integer(0)))
    changed: Term = Scaled(factor, given(right))
    if how == 3:
        found = [s for s in OF_A_ROW if s.shape == left.shape]
        changed = random.choice((given, mean))(random.choice(found))
    return Temptation(Equal(random.choice((given, mean))(left), changed))


_LAYERS = (LAYER, LAYER - 1, DEPTH)
_OF_STEIN = (GAUSSIAN_NOISE, WEAKLY_DIFFERENTIABLE)


MISTAKES: dict[str, tuple[Mistake, ...]] = {
    "central limit theorem": (
        rows_not_centred,
        covariance_of_another,
        squares_not_integrable,
        rows_that_depend_on_t,
        rows_not_independent,
    ),
    "Slutsky": (matrix_that_is_not_constant,),
    "first order": (
        agreement_of_rows_in_a_mean,
        left_out_not_integrable,
        inverses_of_what_agrees,
        divided_by_what_vanishes,
        average_beside_what_is_small,
        times_what_is_large,
    ),
    "Gaussian integration by parts": (by_parts_without_gauss,),
}
"""For each rule the mistakes that look like it."""
