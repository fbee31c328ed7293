"""One condition short: steps about limits: what has one, what goes to it, what may change places with it.

Each mistake has all that a rule asks for but one condition; the numbers tell whether it then is false. What
it cites as known is true of every world, whatever the symbols stand for.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import sympy

from tests.theory.proof.attack.falsity import has_limit
from tests.theory.proof.attack.kinds import MOVED, SCALE
from tests.theory.proof.attack.tempting import (
    OF_A_ROW,
    VOCABULARY,
    Bench,
    Mistake,
    Temptation,
    row_product,
)
from tests.theory.proof.attack.tempting_limits import LIMIT_NAMES, hasty_number, tempting_number
from theory.proof.constants import SAMPLES_T, c
from theory.proof.relations import (
    Bounded,
    ConstantRank,
    Equal,
    Finite,
    Integrable,
    Invertible,
    Polynomial,
    Relation,
    Tight,
)
from theory.proof.sizes import norm, size_of
from theory.proof.terms import (
    NOISE,
    ONE,
    ROW,
    SAMPLE,
    Applied,
    Identity,
    Inverse,
    Product,
    PseudoInverse,
    Scaled,
    Sum,
    Symbol,
    Term,
    Zero,
    average,
    dependence,
    fresh_mean,
    given,
    joint_limit,
    lim,
    mean,
    plim,
    product_of,
)
from theory.results.assumptions import S1, SAMPLES

STILL = [s for s in VOCABULARY if not s.varies and not s.moves]
"""What is the same for all rows, all c and all samples."""
OF_THE_ROW = [s for s in OF_A_ROW if s.columns == ONE]
UNMOVED = [s for s in OF_THE_ROW if not s.moves]
"""Columns of a row, and those of them that do not depend on c."""
WITH_MEANS = [s for s in OF_THE_ROW if s.name in ("e", "ξ", "λ", "g")]
"""Columns of which there are means, whatever is supposed."""
SAMPLED = [s for s in VOCABULARY if SAMPLE in s.varies]


def some(bench: Bench, *kinds: type[Relation]) -> tuple[Relation, ...]:
    """Two facts of these kinds at most."""
    found = bench.of(*kinds)
    return tuple(bench.random.sample(found, min(2, len(found))))


# -- what grows, and what is cut off so that it does not


def power_of(random: Random, columns: list[Symbol]) -> Term:
    """A column of the row times powers of the square of another: often more than there are moments."""
    column = random.choice(columns)
    square = random.choice((column, random.choice(columns)))
    found: tuple[Term, ...] = (column,)
    for _ in range(random.choice((0, 1, 1, 2, 3, 5))):
        found = (*found, square.T, square)
    return product_of(found)


def _cut_off(column: Term, number: Term) -> tuple[Term, tuple[Relation, ...]]:
    """y (1 + a yᵀy)⁻¹, at most a^(-1/2)/2, for a number a > 0; what is true of it."""
    one = Identity(ONE)
    below = Sum((one, product_of((number, column.T, column))))
    inside = product_of((column, Inverse(below)))
    return inside, (Invertible(one), Invertible(below))


def _scaled(number: sympy.Expr) -> Term:
    return Scaled(number, Identity(ONE))


_TINY = sympy.Rational(1, 2**60)
"""So that a typical row is not cut off at all where c is as small as numbers for limits are."""
_FALLING = (_TINY * c, _TINY * c**2)
_SHRINKING = (1 / SAMPLES_T, 1 / SAMPLES_T**2, 3 / SAMPLES_T, c / SAMPLES_T)


# -- the laws of large numbers


def law_for_rows_that_change_with_the_sample(bench: Bench) -> Temptation:
    """Avg[X_T] → E[lim X_T], for rows X_T cut off where T or the sample says, integrable at each T only."""
    random = bench.random
    column = power_of(random, OF_THE_ROW)
    known: tuple[Relation, ...] = ()
    if random.random() < 0.5:
        number = _scaled(random.choice(_SHRINKING))
    else:
        other = random.choice(WITH_MEANS)
        change = Applied("Avg", other) - mean(other)
        number = product_of((change.T, change))
        known = (Equal(plim(average(other)), mean(other)), Integrable(other))
    inside, more = _cut_off(column, number)
    claim = Equal(plim(average(inside)), mean(column))
    known = (*known, *more, Integrable(inside))
    return Temptation(claim, known)


def law_for_rows_that_are_not_integrable(bench: Bench) -> Temptation:
    """Avg[X] → E[X], where something else is integrable, X given the datum, or the limit of X."""
    random = bench.random
    column = power_of(random, OF_THE_ROW)
    row = random.choice((column, column * random.choice(UNMOVED).T))
    claim = Equal(plim(average(row)), mean(row))
    how = random.randrange(3)
    if how == 0:
        return Temptation(claim, (), (Integrable(row, True),))
    if how == 1:
        return Temptation(claim, (Integrable(Identity(ONE)), *bench.of(Integrable)))
    other = random.choice(WITH_MEANS)
    change = Applied("Avg", other) - mean(other)
    small = product_of(
        (column, change.T, random.choice((change, random.choice([s for s in STILL if s.rows == other.rows]))))
    )
    fitting = [s * t.T for s in WITH_MEANS for t in STILL if (s.rows, t.rows) == small.shape]
    left = random.choice([s for s in WITH_MEANS if s.shape == small.shape] or fitting)
    known = (Equal(plim(average(other)), mean(other)), Polynomial(average(other)), Integrable(left))
    return Temptation(Equal(plim(average(left + small)), mean(left)), known)


def law_for_rows_of_any_law(bench: Bench) -> Temptation:
    """Avg[X] → E[X], where nobody says that the rows of the sample are drawn like that of the mean."""
    row = product_of(row_product(bench)) if bench.random.random() < 0.5 else power_of(bench.random, UNMOVED)
    operator = bench.random.choice((plim, joint_limit))
    bound = size_of(row, {})
    known = (Integrable(row), Bounded(row, bound), Finite(bound))
    return Temptation(Equal(operator(average(row)), mean(row)), known, (), (SAMPLES,))


def joint_law_for_rows_that_depend_on_t(bench: Bench) -> Temptation:
    """Avg[X(c_T, T)] → E[lim X(c, T)]: the limit in c leaves T as it is."""
    random = bench.random
    column = power_of(random, UNMOVED)
    near = 2 ** random.choice((8, 10, 12))
    number = random.choice(
        (
            SAMPLES_T / (SAMPLES_T + near),
            near / SAMPLES_T,
            (SAMPLES_T - near) / SAMPLES_T,
            c + near / SAMPLES_T,
        )
    )
    row = Scaled(number, column * bench.random.choice(UNMOVED).T)
    known: tuple[Relation, ...] = ()
    bound = 2 * near * size_of(row.term, {})
    if random.random() < 0.3:
        row, known = _cut_off(column, _scaled(random.choice((SAMPLES_T, SAMPLES_T**2, 1 / SAMPLES_T))))
        bound = size_of(column, {})
    right = _without_c(row)
    known = (*known, Bounded(row, bound), Integrable(row), *bench.of(Finite))
    return Temptation(Equal(joint_limit(average(row)), mean(right)), known, (Finite(bound),))


def joint_law_where_the_limit_is_dominated(bench: Bench) -> Temptation:
    """Avg[X(c_T)] → E[lim X], since lim X is bounded, and c times anything vanishes."""
    random = bench.random
    still = random.choice(STILL)
    columns = [s for s in UNMOVED if s.rows == still.rows]
    growing = power_of(random, columns)
    if still.columns != ONE:
        growing = growing * random.choice([s for s in UNMOVED if s.rows == still.columns]).T
    row = Sum((still, Scaled(random.choice((c, c**2)), growing)))
    facts = (
        Bounded(still, norm(still)),
        Finite(norm(still)),
        Bounded(row, size_of(row, {})),
        *bench.of(Finite),
    )
    return Temptation(Equal(joint_limit(average(row)), mean(still)), facts)


def _without_c(row: Term) -> Term:
    return Scaled(row.coefficient.subs(c, 0), row.term) if isinstance(row, Scaled) else row


def limit_under_the_mean(bench: Bench) -> Temptation:
    """lim E[X] = E[lim X], Avg[X] → E[lim X]: X is bounded at each c, by a number that grows as c falls, or
    that has no finite mean, or a finite one given the datum only, or something else is bounded.
    """
    random = bench.random
    column = power_of(random, UNMOVED)
    number = random.choice(_FALLING)
    inside, known = _cut_off(column, _scaled(number))
    size = size_of(column, {})
    other = random.choice((random.choice(UNMOVED), column, inside))
    facts: list[Relation] = []
    if random.random() < 0.5:
        facts += [Bounded(inside, 1 / number), Finite(1 / number), Finite(1 / number, True)]
    if random.random() < 0.6:
        facts += [Bounded(inside, size), Bounded(column, size)]
        facts += [Finite(sympy.Integer(1)), Finite(1 / c), *bench.of(Finite)]
        if NOISE not in dependence(column)[0]:
            facts.append(Finite(size, True))
    if random.random() < 0.3:
        facts += [Bounded(random.choice(STILL), sympy.Integer(1)), Finite(sympy.Integer(1))][1:]
        facts += [Bounded(Identity(ONE), sympy.Integer(1))]
    if other != inside and random.random() < 0.3:
        facts += [Bounded(other, size_of(other, {}))]
    if random.random() < 0.3:
        facts += [Integrable(inside), Integrable(inside, True)]
    random.shuffle(facts)
    left = random.choice((lim(mean(inside)), joint_limit(average(inside))))
    claim: Relation = Equal(left, mean(column))
    if random.random() < 0.2:
        claim = Integrable(column)
    return Temptation(claim, (*known, *facts))


# -- limits of any kind


def limit_with_another_right_side(bench: Bench) -> Temptation:
    """Something else for the limit that a step finds, from all that it finds it from."""
    random, claim = bench.random, bench.claim
    if not (isinstance(claim, Equal) and has_limit(claim)):
        claim = random.choice([one for one in bench.of(Equal) if has_limit(one)])
    right = claim.right
    others = [Scaled(random.choice((sympy.Integer(2), sympy.Integer(-1), 1 + c)), right), Zero(*right.shape)]
    if isinstance(right, Applied):
        others += [
            Applied(random.choice(("E", "E|", "E′")), right.term),
            Applied(right.operator, right.term.T),
        ]
        others += [Applied(right.operator, bench.term(right.shape))]
    others = [one for one in (*others, bench.term(right.shape), right.T) if one.shape == right.shape]
    return Temptation(Equal(claim.left, random.choice(others)), bench.cited)


def limit_of_a_number(bench: Bench) -> Temptation:
    """lim a X = (lim a) X, with the limit that a has where its constants are generic, or c falls first."""
    random = bench.random
    operator = random.choice(LIMIT_NAMES)
    number, term = tempting_number(random), random.choice(STILL)
    right = Scaled(hasty_number(operator, number), term)
    if random.random() < 0.3:
        operator, both = "plim0", c ** random.choice((1, 1, 2)) * SAMPLES_T ** random.choice((1, 1, 2))
        number = random.choice((both, both / (1 + both), 1 / (1 + both), (both - 1) / (1 + both), 1 / both))
        right = random.choice((term, Zero(*term.shape), Scaled(number, term)))
    return Temptation(Equal(Applied(operator, Scaled(number, term)), right), some(bench, Equal))


def average_for_the_other_limit(bench: Bench) -> Temptation:
    """Avg[X] → E[X], E[lim X] or E[X | x, y] as c falls, or not, or of an average over another row."""
    random = bench.random
    row: Term = random.choice(random.choice((WITH_MEANS, WITH_MEANS, OF_THE_ROW)))
    if random.random() < 0.5:
        row = row * random.choice((*WITH_MEANS, random.choice(OF_THE_ROW))).T
    bound = 2 * size_of(row, {})
    if random.random() < 0.6:
        row = Scaled(random.choice((1 + c, c)), row)
    operator = random.choice((plim, joint_limit))
    still = Scaled(row.coefficient.subs(c, 0), row.term) if isinstance(row, Scaled) else row
    right = random.choice((mean(row), mean(row), given(row), mean(still), fresh_mean(still), given(still)))
    claim = Equal(operator(average(row)), right)
    return Temptation(claim, (Bounded(row, bound),), (Finite(bound), Integrable(row)))


def _limit(random: Random) -> Callable[[Term], Term]:
    return random.choice((lim, plim, joint_limit))


def _near_a_singular_one(bench: Bench, operator: str) -> tuple[Term, Term, tuple[Relation, ...]]:
    """S + a I for a singular S = x xᵀ or 0, a number a > 0 that vanishes, S, and what is true of it."""
    random = bench.random
    small = _vanishing(random, operator)
    column = random.choice([s for s in STILL if s.rows != ONE])
    singular: Term = random.choice((column * column.T, column * column.T, Zero(column.rows, column.rows)))
    matrix = Sum((singular, Scaled(small, Identity(column.rows))))
    return matrix, singular, (Invertible(matrix),)


def _vanishing(random: Random, operator: str) -> sympy.Expr:
    """A positive number that tends to 0."""
    falling, shrinking = (c, c**2, 2 * c), (1 / SAMPLES_T, 1 / SAMPLES_T**2, c / SAMPLES_T)
    return random.choice({"lim": falling, "plim": shrinking}.get(operator, (c, c**2, 1 / SAMPLES_T)))


def limit_that_need_not_exist(bench: Bench) -> Temptation:
    """lim X = lim X, lim a X = 0 for a that vanishes, lim (X - X) = 0, where X has no limit."""
    random = bench.random
    operator = random.choice(("lim", "plim", "plim0"))
    known: tuple[Relation, ...] = some(bench, Equal, Invertible)
    how = random.randrange(3)
    small = _vanishing(random, operator)
    if how == 0:
        matrix, _, known = _near_a_singular_one(bench, operator)
        term: Term = random.choice((Inverse, PseudoInverse))(matrix)
    elif how == 1:
        term = PseudoInverse(Scaled(small, random.choice(STILL)))
    else:
        term = Scaled(random.choice((1 / small, tempting_number(random))), random.choice(STILL))
        if operator == "lim" and random.random() < 0.3:
            term = random.choice([s for s in VOCABULARY if s.name == "λ̂⁰"])
    if random.random() < 0.4:
        beside = random.choice([t for s in STILL for t in (s, s.T) if t.shape[0] == term.shape[1]])
        term = term * beside
    times = Scaled(random.choice((small, small, 1 / small)), term)
    zero = Zero(*term.shape)
    limit = Applied(operator, random.choice((term, times)))
    claim = random.choice(
        (Equal(limit, limit), Equal(Applied(operator, times), zero), Equal(limit, limit.term))
    )
    return Temptation(claim, known)


def limit_of_what_moves(bench: Bench) -> Temptation:
    """lim X = X for what moves along the limit: a symbol, a number, an inverse of what moves."""
    random = bench.random
    operator = random.choice(("lim", "plim", "plim0"))
    near = 2 ** random.choice((0, 0, 8, 10))
    number = random.choice((c, c, near / SAMPLES_T, SAMPLES_T / (SAMPLES_T + near), c * near / SAMPLES_T))
    small = _vanishing(random, operator)
    term: Term = random.choice(VOCABULARY) if random.random() < 0.6 else product_of(row_product(bench))
    known: tuple[Relation, ...] = ()
    if random.random() < 0.5:
        inside = Scaled(1 + number, random.choice(STILL))
        square = [s for s in VOCABULARY if s.rows == s.columns != ONE and not s.varies & {SAMPLE}]
        if random.random() < 0.5:
            matrix = Sum((Scaled(number, bench.square()), Identity(bench.square().shape[0])))
            size = random.choice([s.rows for s in square])
            matrix = Sum((Identity(size), Scaled(near * small, Identity(size))))
            term, known = Inverse(matrix), (Invertible(matrix), Invertible(Identity(size)))
        else:
            term = PseudoInverse(inside)
    if random.random() < 0.3:
        term = Scaled(random.choice((number, tempting_number(random))), term)
    if SAMPLE in dependence(term)[0] and operator == "lim":
        operator = random.choice(("plim", "plim0"))
    return Temptation(
        Equal(Applied(operator, term), term), (*known, *random.sample(bench.facts, min(2, len(bench.facts))))
    )


def limit_of_a_symbol(bench: Bench) -> Temptation:
    """lim X = lim X, lim (X - X) = 0, lim c X = 0, where nothing says that X converges: no loss is smooth."""
    random = bench.random
    term: Term = random.choice([s for s in VOCABULARY if s.moves])
    if random.random() < 0.4:
        term = term * random.choice([t for s in STILL for t in (s, s.T) if t.shape[0] == term.shape[1]])
    operator = random.choice(("lim", "plim0"))
    limit, small = Applied(operator, term), Scaled(c, term)
    claim = random.choice((Equal(limit, limit), Equal(limit, term), Equal(Applied(operator, small), small)))
    if random.random() < 0.3:
        claim = Equal(Applied(operator, small), Zero(*term.shape))
    return Temptation(claim, (), (), (S1,))


def limit_of_another_kind(bench: Bench) -> Temptation:
    """plim for lim, lim for plim₀, from an equation that is true of the other one."""
    random = bench.random
    term = Scaled(
        random.choice((c, 2 / c, 1 / SAMPLES_T, SAMPLES_T, c * SAMPLES_T, 1 + c)), random.choice(STILL)
    )
    facts = [
        Equal(Applied(operator, term), value)
        for operator in ("lim", "plim", "plim0")
        if (value := _limit_of_multiple(operator, term)) is not None
    ]
    fact = random.choice(facts)
    other = random.choice([o for o in ("lim", "plim", "plim0") if o != fact.left.operator])
    return Temptation(Equal(Applied(other, term), fact.right), (fact, Tight(Identity(term.shape[0]))))


def _limit_of_multiple(operator: str, term: Scaled) -> Term | None:
    """The limit, where there is one."""
    number = term.coefficient
    if operator != "plim" and number.has(c):
        number = sympy.limit(number, c, 0)
    if operator != "lim" and number.has(SAMPLES_T):
        number = sympy.limit(number, SAMPLES_T, sympy.oo)
    if operator == "plim0" and term.coefficient.has(c) and term.coefficient.has(SAMPLES_T):
        return None
    if number.has(sympy.oo, sympy.zoo):
        return None
    return Scaled(number, term.term) if number != 0 else Zero(*term.shape)


def limit_of_a_pseudo_inverse(bench: Bench) -> Temptation:
    """lim X⁺ = (lim X)⁺ where the rank of X jumps, and that of something else does not."""
    random = bench.random
    operator = random.choice(("lim", "plim"))
    matrix, singular, _ = _near_a_singular_one(bench, operator)
    left, right = PseudoInverse(matrix), PseudoInverse(singular)
    if random.random() < 0.4:
        column = random.choice([t for s in STILL for t in (s, s.T) if t.shape[0] == matrix.shape[1]])
        left, right = left * column, right * column
    if isinstance(singular, Zero) or random.random() < 0.2:
        right = Zero(*left.shape)
    if random.random() < 0.3:
        left, right = left.T, right.T
    ranks = [ConstantRank(random.choice(STILL)), ConstantRank(singular), *bench.of(ConstantRank)]
    claim = Equal(Applied(operator, left), random.choice((right, right, Applied(operator, left))))
    return Temptation(claim, tuple(random.sample(ranks, 2)) if random.random() < 0.8 else ())


# -- near an invertible limit


def invertible_near_a_limit(bench: Bench) -> Temptation:
    """X is invertible, since its limit is: but how near is near enough depends on the row, or on T; or it is
    the limit of another matrix that is invertible.
    """
    random = bench.random
    size = random.choice([s.rows for s in OF_THE_ROW])
    whole: Term = Identity(size)
    how = random.randrange(3)
    if how == 0:
        column = random.choice([s for s in UNMOVED if s.rows == size] or UNMOVED)
        whole = Identity(column.rows)
        number = random.choice((c, c**2, 2 * c))
        matrix: Term = Sum((whole, Scaled(-number, column * column.T)))
        known: tuple[Relation, ...] = (Equal(lim(matrix), whole), Invertible(whole))
    elif how == 1:
        a, b = random.choice((1, 2)), random.choice((1, 2))
        number = c**a * SAMPLES_T**b * sympy.Integer(2) ** (-a * SCALE + 2 * b * MOVED)
        matrix = Sum((whole, Scaled(-number, random.choice((whole, whole)))))
        known = (Equal(lim(matrix), whole), Invertible(whole))
    else:
        matrix = bench.square()
        whole = Identity(matrix.shape[0])
        known = (
            *(
                Equal(Applied(o, Scaled(1 + n, whole)), whole)
                for o, n in (("lim", c), ("plim", 1 / SAMPLES_T))
            ),
            Equal(Applied("E", whole), whole),
            Invertible(whole),
            *random.sample(bench.facts, min(2, len(bench.facts))),
        )
    return Temptation(Invertible(matrix), known)


# -- statistics and vanishing products


def statistic_of_rows_of_any_law(bench: Bench) -> Temptation:
    """X is a polynomial in statistics that converge, though nobody says that they do."""
    random = bench.random
    statistic: Term = random.choice([s for s in SAMPLED if not s.varies & ROW])
    factors = [t for s in VOCABULARY for t in (s, s.T) if t.shape[0] == statistic.shape[1]]
    if random.random() < 0.6:
        statistic = statistic * random.choice(factors)
    known = tuple(Polynomial(s) for s in random.sample(STILL, 2))
    return Temptation(Polynomial(random.choice((statistic, statistic.T))), known, (), (SAMPLES,))


def statistic_that_does_not_converge(bench: Bench) -> Temptation:
    """X is a polynomial in statistics that converge, though one of them does not, or a number grows."""
    random = bench.random
    row = random.choice(UNMOVED)
    number = random.choice((SAMPLES_T, SAMPLES_T**2, c * SAMPLES_T, SAMPLES_T - 1))
    gram = average(row * row.T)
    singular = PseudoInverse(Sum((gram, Scaled(sympy.Integer(-1), mean(row * row.T)))))
    statistic: Term = random.choice(
        (
            Scaled(number, random.choice(VOCABULARY)),
            singular,
            singular * row,
            PseudoInverse(Scaled(1 / number, random.choice(VOCABULARY))),
            Scaled(number, average(row) - mean(row)),
            random.choice(SAMPLED),
            Scaled(number, random.choice(SAMPLED)),
        )
    )
    if random.random() < 0.4:
        statistic = statistic * random.choice(
            [t for s in VOCABULARY for t in (s, s.T) if t.shape[0] == statistic.shape[1]]
        )
    symbols = [s for s in SAMPLED if not s.varies & ROW]
    known: tuple[Relation, ...] = tuple(Polynomial(s) for s in random.sample(STILL, 2))
    facts = random.sample(bench.of(Equal, Polynomial), min(3, len(bench.of(Equal, Polynomial))))
    if random.random() < 0.3:
        symbol = random.choice(symbols)
        known = (*known, Equal(plim(symbol), plim(symbol)))[:2]
    return Temptation(Polynomial(statistic), (*known, *facts))


def product_that_does_not_vanish(bench: Bench) -> Temptation:
    """A B → 0, or to something else, where B tends to 0 along another limit, or to something else, or A is
    not bounded; or where A B stands for something else.
    """
    random = bench.random
    operator = random.choice(("plim", "plim0"))
    second: Term = random.choice(STILL)
    first: Term = random.choice(
        [t for s in STILL for t in (s, s.T) if t.shape[1] == second.rows] + [Identity(second.rows)]
    )
    known: list[Relation] = [Tight(first)]
    how = random.randrange(6)
    zero = Zero(first.shape[0], second.shape[1])
    right: Term = zero
    numbers = {
        "lim": (c, c * SAMPLES_T, c**2),
        "plim": (1 / SAMPLES_T, c**-9 / SAMPLES_T, c**-25 / SAMPLES_T),
        "plim0": (c, 1 / SAMPLES_T, c / SAMPLES_T),
    }
    other = random.choice([o for o in numbers if o != operator]) if how == 0 else operator
    vanishing = Scaled(random.choice(numbers[other]), second)
    known.append(Equal(Applied(other, vanishing), Zero(*second.shape)))
    if how == 1:
        right = Product((first, second))
    elif how == 2:
        vanishing = second
        known += [Equal(Applied(operator, second), second)]
    elif how == 3:
        known = [Tight(second), *known[1:]]
        first = Scaled(random.choice((1 / c, SAMPLES_T, SAMPLES_T**2)), first)
    elif how == 5:
        operator, first = "lim", Scaled(1 / c, first)
        known, vanishing = (
            [Tight(first), Equal(lim(Scaled(c, second)), Zero(*second.shape))],
            Scaled(c, second),
        )
    product = Product((first, vanishing))
    left: Term = product
    if how == 4:
        left, right = Product((first, second)), zero
        known.append(Equal(product, product))
    claim = Equal(Applied(random.choice((operator, operator, "lim")) if how == 4 else operator, left), right)
    return Temptation(claim, tuple(known))


MISTAKES: dict[str, tuple[Mistake, ...]] = {
    "limit in c": (
        limit_with_another_right_side,
        limit_that_need_not_exist,
        limit_of_a_number,
        limit_of_what_moves,
        limit_of_a_symbol,
        limit_of_another_kind,
    ),
    "continuous mapping": (
        limit_with_another_right_side,
        limit_that_need_not_exist,
        limit_of_a_number,
        limit_of_what_moves,
        limit_of_a_symbol,
        limit_of_another_kind,
    ),
    "weak law of large numbers": (
        limit_with_another_right_side,
        average_for_the_other_limit,
        law_for_rows_that_change_with_the_sample,
        law_for_rows_that_are_not_integrable,
        law_for_rows_of_any_law,
    ),
    "weak law along c → 0": (
        limit_with_another_right_side,
        average_for_the_other_limit,
        law_for_rows_of_any_law,
        joint_law_for_rows_that_depend_on_t,
        joint_law_where_the_limit_is_dominated,
        limit_under_the_mean,
    ),
    "dominated convergence": (limit_under_the_mean, limit_with_another_right_side),
    "continuity of the pseudo-inverse": (
        limit_with_another_right_side,
        limit_of_a_pseudo_inverse,
        limit_that_need_not_exist,
    ),
    "invertible matrices form an open set": (invertible_near_a_limit,),
    "polynomial in statistics": (statistic_that_does_not_converge, statistic_of_rows_of_any_law),
    "vanishing product": (limit_with_another_right_side, product_that_does_not_vanish, limit_of_another_kind),
}
"""For each rule the mistakes that look like it."""
