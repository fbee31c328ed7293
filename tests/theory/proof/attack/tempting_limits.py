"""Tempting false steps about limits and samples: each has the shape of a rule and lacks one condition of it.

A hasty reader takes the limit of every part, the mean for the average, the square of a row for its
covariance. Whether that is right in the case at hand is not asked here: the numbers tell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import sympy

from tests.theory.proof.attack.moves import KAPPAS, Pool, altered, change, coefficient, tried, twist, twisted
from theory.proof.constants import SAMPLES_T, c
from theory.proof.relations import (
    Bounded,
    ConstantRank,
    Equal,
    FirstOrder,
    Integrable,
    Invertible,
    Normal,
    Polynomial,
    Relation,
    Tight,
)
from theory.proof.sizes import largest, size_of
from theory.proof.terms import (
    LIMITS,
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
    Transpose,
    Zero,
    dependence,
    product_of,
    rebuild,
)
from theory.proof.vocabulary import SMALL

MU = sympy.Symbol("μ", nonnegative=True)

Move = Callable[[Random, "Scene"], Relation | None]


class Scene:
    """What lies at hand for a hasty step: the facts that are cited, first, and all that stands."""

    def __init__(
        self,
        claim: Relation,
        cited: Sequence[Relation],
        standing: Sequence[Relation],
        symbols: Sequence[Term],
    ) -> None:
        self.claim, self.cited = claim, list(cited)
        self.facts: list[Relation] = [*cited, *standing]
        self.limits: dict[tuple[str, Term], Term] = {}
        for fact in reversed(self.facts):
            if isinstance(fact, Equal) and isinstance(fact.left, Applied) and fact.left.operator in LIMITS:
                self.limits[fact.left.operator, fact.left.term] = fact.right
        self.pool = Pool()
        for relation in (claim, *self.facts):
            for value in vars(relation).values():
                if isinstance(value, Term):
                    self.pool.add(value)
        for symbol in symbols:
            self.pool.add(symbol)

    def fact(self, random: Random, kind: type[Relation]) -> Relation | None:
        """One of the kind, a cited one mostly."""
        cited = [one for one in (self.claim, *self.cited) if isinstance(one, kind)]
        every = [one for one in self.facts if isinstance(one, kind)]
        if cited and (random.random() < 0.7 or not every):
            return random.choice(cited)
        return random.choice(every) if every else None

    def terms(self, kind: Callable[[Term], bool]) -> list[Term]:
        """The terms of a kind, of any shape."""
        return [term for same in self.pool.by_shape.values() for term in same if kind(term)]


# -- the hasty limit


def hasty(operator: str, term: Term, scene: Scene) -> Term:
    """The limit of every part, where one is known; the part itself where none is; means for averages."""
    known = scene.limits.get((operator, term))
    if known is not None:
        return known
    match term:
        case Symbol() | Identity() | Zero():
            return term
        case Transpose(inside):
            return hasty(operator, inside, scene).T
        case Scaled(number, inside):
            return Scaled(hasty_number(operator, number), hasty(operator, inside, scene))
        case Applied("Avg", inside) if operator != "lim":
            return Applied("E", hasty("plim" if operator == "plim" else "lim", inside, scene))
        case Applied(inner, _) if inner in LIMITS:
            return term
    return rebuild(term, lambda part: hasty(operator, part, scene))


def hasty_number(operator: str, number: sympy.Expr) -> sympy.Expr:
    """The limit of a coefficient as if its constants were generic; an infinite one stays."""
    for symbol, at in ((c, "lim"), (SAMPLES_T, "plim")):
        if number.has(symbol) and operator in (at, "plim0"):
            inward = number if symbol == c else number.subs(symbol, 1 / symbol)
            above, below = (side.subs(symbol, 0) for side in sympy.fraction(sympy.cancel(inward)))
            if below == 0:
                return number
            number = above / below
    return number


def tempting_number(random: Random) -> sympy.Expr:
    """A coefficient whose limit is another one for special constants, or none."""
    constant = random.choice((MU, KAPPAS[0] ** 2, KAPPAS[0], KAPPAS[1]))
    return random.choice(
        (
            constant / (constant + c),
            constant * SAMPLES_T / (constant * SAMPLES_T + 1),
            constant**2 / (constant**2 + c**2),
            1 / (constant + c),
            constant / c,
            constant * SAMPLES_T,
            c**-1,
            SAMPLES_T,
            SAMPLES_T**2,
            c**-2,
            1 / SAMPLES_T,
            c,
            coefficient(random),
        )
    )


def _limit(random: Random, operator: str, inside: Term, scene: Scene) -> Relation | None:
    right = hasty(operator, inside, scene)
    if random.random() < 0.1:
        right = altered(random, right, lambda old: twist(random, old)) or right
    return Equal(Applied(operator, inside), right)


def _known(random: Random, scene: Scene) -> tuple[str, Term] | None:
    """A term whose limit is known, with the limit."""
    found = scene.fact(random, Equal)
    if isinstance(found, Equal) and isinstance(found.left, Applied) and found.left.operator in LIMITS:
        return found.left.operator, found.left.term
    return random.choice(list(scene.limits)) if scene.limits else None


def _around(random: Random, scene: Scene, term: Term) -> Term | None:
    """The term as a factor, under inverses and beside others."""
    for _ in range(random.choice((1, 1, 2))):
        rows, columns = term.shape
        how = random.randrange(6)
        if how == 0:
            term = Scaled(tempting_number(random), term)
        elif how == 1:
            left = [one for one in scene.pool.by_rows.get(rows, ()) if one.shape[1] != ONE] or [term]
            term = twisted(random, random.choice(left), 0.3).T * term
        elif how == 2:
            term = term * twisted(random, random.choice(scene.pool.by_rows.get(columns, [term.T])), 0.3)
        elif how == 3:
            term = PseudoInverse(Scaled(tempting_number(random), term.T))
        elif how == 4 and rows == columns:
            extra = random.choice((Identity(rows), term.T, Zero(rows, rows)))
            inside = Sum((Scaled(tempting_number(random), term), extra))
            term = random.choice((Inverse, PseudoInverse))(inside)
        else:
            other = scene.pool.one(random, term.shape)
            if other is not None:
                term = Sum((term, Scaled(tempting_number(random), other)))
    return term


def limit_of_parts(random: Random, scene: Scene) -> Relation | None:
    """lim f(X) = f(lim X), whatever stands in f: c or T, inverses, pseudo-inverses."""
    known = _known(random, scene)
    if known is None:
        return None
    operator, term = known
    inside = _around(random, scene, term)
    return None if inside is None else _limit(random, operator, inside, scene)


def scaled_limit(random: Random, scene: Scene) -> Relation | None:
    """lim a X = a lim X for a number that has no limit, or another one for special constants."""
    known = _known(random, scene)
    if known is None:
        return None
    operator, term = known
    term = Scaled(tempting_number(random), term)
    return _limit(random, operator, term, scene)


def limit_of_constants(random: Random, scene: Scene) -> Relation | None:
    """lim a W = a W for what does not move at all, and for what does."""
    term = scene.pool.any(random)
    operator = random.choice(LIMIT_NAMES)
    r = random.random()
    if r < 0.5:
        term = Scaled(tempting_number(random), term)
    elif r < 0.7:
        around = _around(random, scene, term)
        term = term if around is None else around
    return _limit(random, operator, term, scene)


LIMIT_NAMES = ("lim", "plim", "plim0")


def other_limit(random: Random, scene: Scene) -> Relation | None:
    """plim for lim, lim for plim₀."""
    known = _known(random, scene)
    if known is None:
        return None
    operator = random.choice([name for name in LIMIT_NAMES if name != known[0]])
    return Equal(Applied(operator, known[1]), scene.limits[known])


# -- means and averages


def _row(random: Random, scene: Scene) -> Term | None:
    """What is averaged somewhere, or known to be bounded or integrable; at times with a factor more."""
    r = random.random()
    found: Term | None = None
    if r < 0.5:
        kind = random.choice((Integrable, Bounded, Polynomial))
        fact = scene.fact(random, kind)
        found = None if fact is None else fact.term
    if found is None:
        inside = [t.term for t in scene.terms(lambda t: isinstance(t, Applied) and t.operator not in LIMITS)]
        rows = scene.terms(lambda t: bool(dependence(t)[0] & ROW))
        from_means = inside and random.random() < 0.6
        if not (inside if from_means else rows):
            return None
        found = random.choice(inside if from_means else rows)
    if random.random() < 0.6:
        return found
    return powered(random, scene, found)


def powered(random: Random, scene: Scene, term: Term) -> Term | None:
    """The row times a number that varies with the row, several times."""
    numbers = [t for t in scene.pool.by_shape.get((ONE, ONE), ()) if dependence(t)[0] & ROW]
    columns = [t for t in scene.pool.symbols if t.shape[1] == ONE and dependence(t)[0] & ROW]
    if columns and (not numbers or random.random() < 0.6):
        column = random.choice(columns)
        number: Term = column.T * column
    elif numbers:
        number = random.choice(numbers)
    else:
        return None
    found = term
    for _ in range(random.choice((1, 2, 3, 6))):
        found = (
            number * found
            if term.shape[0] == ONE
            else product_of((*_factors(found), number))
            if (term.shape[1] == ONE)
            else _inserted(found, number)
        )
    return found


def _inserted(term: Term, number: Term) -> Term:
    """The number between a column and a row."""
    factors = list(_factors(term))
    for k, factor in enumerate(factors):
        if factor.shape[0] == ONE:
            return product_of((*factors[:k], number, *factors[k:]))
    return term


def _factors(term: Term) -> tuple[Term, ...]:
    return term.factors if isinstance(term, Product) else (term,)


def law_of_large_numbers(random: Random, scene: Scene) -> Relation | None:
    """plim Avg X = E plim X for any row."""
    row = _row(random, scene)
    if row is None:
        return None
    if random.random() < 0.3:
        row = altered(random, row, lambda old: Scaled(tempting_number(random), old)) or row
    operator = random.choice(("plim", "plim0"))
    return Equal(Applied(operator, Applied("Avg", row)), hasty(operator, Applied("Avg", row), scene))


def dominated_convergence(random: Random, scene: Scene) -> Relation | None:
    """lim E X = E lim X for any row."""
    row = _row(random, scene)
    if row is None:
        return None
    if random.random() < 0.3:
        row = Scaled(tempting_number(random), row)
    inner = Applied(random.choice(("E", "E", "E|")), row)
    right = hasty("lim", inner, scene)
    if random.random() < 0.1:
        return Integrable(hasty("lim", row, scene))
    return Equal(Applied("lim", inner), right)


def constant_rank(random: Random, scene: Scene) -> Relation | None:
    """lim X⁺ = (lim X)⁺, whatever the ranks."""
    known = _known(random, scene)
    if known is None or random.random() < 0.4:
        if random.random() < 0.2:
            square = scene.pool.square(random)
            return None if square is None else ConstantRank(square)
        operator, inside = random.choice(LIMIT_NAMES), scene.pool.any(random)
    else:
        operator, inside = known
    if random.random() < 0.5:
        changed = _around(random, scene, inside)
        inside = inside if changed is None else changed
    left = PseudoInverse(inside)
    if random.random() < 0.3:
        return Equal(Applied(operator, left), PseudoInverse(Applied(operator, inside)))
    return Equal(Applied(operator, left), PseudoInverse(hasty(operator, inside, scene)))


def inverse_near(random: Random, scene: Scene) -> Relation | None:
    """X is invertible where it has a limit; X⁻¹ has the inverse of the limit."""
    known = [one for one in scene.limits if one[1].shape[0] == one[1].shape[1]]
    square = random.choice(known)[1] if known and random.random() < 0.7 else scene.pool.square(random)
    if square is None:
        return None
    if random.random() < 0.6:
        return Invertible(square)
    operator = random.choice(LIMIT_NAMES)
    return Equal(Applied(operator, Inverse(square)), Inverse(hasty(operator, square, scene)))


# -- bounded in probability, vanishing


def vanishing(random: Random, scene: Scene) -> Relation | None:
    """A B → 0: one of them vanishes, or is bounded; nothing is asked of the other."""
    operator = random.choice(("plim", "plim0"))
    zero = [t for (o, t), limit in scene.limits.items() if isinstance(limit, Zero)]
    tight = [fact.term for fact in scene.facts if isinstance(fact, Tight)]
    if zero and (random.random() < 0.6 or not tight):
        second = random.choice(zero)
        others = [t.T for t in scene.pool.by_rows.get(second.shape[0], ())]
        first: Term = random.choice(others or [second.T])
        if random.random() < 0.5:
            first = Scaled(tempting_number(random), random.choice((first, Identity(second.shape[0]))))
    elif tight:
        first = random.choice(tight)
        second = random.choice(scene.pool.by_rows.get(first.shape[1], [first.T]))
    else:
        return None
    factors = (first, *_factors(second))
    if random.random() < 0.2:
        other = scene.pool.one(random, (first.shape[0], second.shape[1]))
        if other is not None:
            return Equal(Applied(operator, Product(factors)), other)
    return Equal(Applied(operator, Product(factors)), Zero(first.shape[0], second.shape[1]))


def tight(random: Random, scene: Scene) -> Relation | None:
    """I - M (MᵀGM)⁺ MᵀG is bounded, for any M and G; or any statistic is."""
    grams = scene.terms(lambda t: t.shape[0] == t.shape[1] != ONE and isinstance(t, Applied | Product))
    if not grams:
        return None
    gram = random.choice(grams)
    match gram:
        case Product((first, inner, last)) if random.random() < 0.6 and first.shape == last.shape[::-1]:
            rest: tuple[Term, ...] = (last, PseudoInverse(gram), first, inner)
        case _:
            rest = (PseudoInverse(gram), gram)
    if random.random() < 0.2:
        gram_of = Scaled(tempting_number(random), gram)
        rest = (PseudoInverse(gram_of), gram)
    minus = Scaled(sympy.Integer(-1), Product(rest))
    if random.random() < 0.2:
        return Tight(_around(random, scene, gram) or gram)
    return Tight(Sum((Identity(rest[0].shape[0]), minus)))


def statistic(random: Random, scene: Scene) -> Relation | None:
    """Any row with any statistic beside it is a polynomial in statistics that converge."""
    fact = scene.fact(random, Polynomial)
    term = fact.term if fact is not None and random.random() < 0.5 else scene.pool.any(random)
    how = random.randrange(4)
    if how == 0:
        return Polynomial(Scaled(tempting_number(random), term))
    if how == 1:
        moving = scene.terms(lambda t: SAMPLE in dependence(t)[0] and t.shape[1] == term.shape[0])
        return Polynomial(random.choice(moving) * term) if moving else None
    if how == 2:
        return Polynomial(altered(random, term, lambda old: Scaled(tempting_number(random), old)) or term)
    return Polynomial(_around(random, scene, term) or term)


def bounded(random: Random, scene: Scene) -> Relation | None:
    """|X| at most something that is of its kind."""
    term = random.choice(scene.pool.symbols) if random.random() < 0.7 else scene.pool.any(random)
    how = random.randrange(3)
    if how == 0 and isinstance(term, Symbol):
        return Bounded(term, largest(random.choice(scene.pool.symbols)))
    if how == 1 and isinstance(term, Symbol):
        return Bounded(term, largest(term) * random.choice((c, sympy.Rational(1, 2), 1)))
    others = [fact.bound for fact in scene.facts if isinstance(fact, Bounded)]
    if others and how == 2:
        return Bounded(term, random.choice(others))
    return Bounded(term, size_of(term, {}) / 2)


# -- to first order, and normal limits


def _small(scene: Scene) -> list[Symbol]:
    return [symbol for symbol in scene.pool.symbols if symbol.name in SMALL]


def _inner(random: Random, scene: Scene, rows: sympy.Expr) -> Term:
    """A square matrix to stand between, often an inverse or a pseudo-inverse with T in it."""
    squares = scene.pool.by_shape.get((rows, rows), [Identity(rows)])
    square: Term = random.choice([t for t in squares if not dependence(t)[0] & ROW] or [Identity(rows)])
    if random.random() < 0.5:
        number = random.choice((1 / SAMPLES_T, SAMPLES_T, sympy.Integer(1), 1 / SAMPLES_T**2, 1 / c))
        inside = Scaled(number, square)
        if random.random() < 0.3:
            inside = Sum((inside, Identity(rows)))
        return random.choice((PseudoInverse, Inverse, PseudoInverse))(inside)
    return square


def small_product(random: Random, scene: Scene, most: int = 2) -> Term | None:
    """A product with one or two matrices of order T^(-1/2), and what makes it larger."""
    small = [t for t in _small(scene) if not dependence(t)[0] & ROW]
    if not small:
        return None
    first: Term = random.choice(small)
    if random.random() < 0.5:
        first = first.T
    found = first
    if most > 1 and random.random() < 0.6:
        found = (
            first * first.T
            if random.random() < 0.7
            else first * _inner(random, scene, first.shape[1]) * first.T
        )
    if random.random() < 0.8:
        found = found * _inner(random, scene, found.shape[1])
    if random.random() < 0.3:
        following = scene.pool.by_rows.get(found.shape[1], [])
        quiet = [t for t in following if not dependence(t)[0] & ROW]
        if quiet:
            found = found * random.choice(quiet)
    return found


def small_average(random: Random, scene: Scene) -> Term | None:
    """The average of a row with one or two small factors, with powers that need more moments."""
    rows = [t for t in _small(scene) if dependence(t)[0] & ROW]
    if not rows:
        return None
    first: Term = random.choice(rows)
    columns = [t for t in scene.pool.symbols if t.shape[1] == ONE and dependence(t)[0] & ROW]
    second: Term = first if random.random() < 0.6 else random.choice(columns)
    row = first * second.T
    for _ in range(random.choice((0, 1, 1, 2, 3))):
        more = powered(random, scene, row)
        row = row if more is None else more
    found: Term = Applied("Avg", row)
    others = [t for t in _small(scene) if not dependence(t)[0] & ROW]
    if others and random.random() < 0.4:
        other = random.choice(others)
        for left in (other, other.T):
            if left.shape[1] == found.shape[0]:
                found = left * found
                break
    return found


def left_out(random: Random, scene: Scene) -> Relation | None:
    """What is small is 0 to first order, alone or beside what stands."""
    term = small_average(random, scene) if random.random() < 0.5 else small_product(random, scene)
    if term is None:
        return None
    if random.random() < 0.2:
        term = Scaled(random.choice((SAMPLES_T, 1 / SAMPLES_T, c**-1, MU)), term)
    fact = scene.fact(random, FirstOrder) or scene.fact(random, Equal)
    if isinstance(fact, FirstOrder | Equal) and random.random() < 0.5:
        if term.shape == fact.left.shape:
            return FirstOrder(fact.left + term, fact.right)
        fitting = tried(lambda: term * scene.pool.one(random, (term.shape[1], fact.left.shape[1])))
        if fitting is not None and fitting.shape == fact.left.shape:
            return FirstOrder(fact.left + fitting, fact.right)
    return FirstOrder(term, Zero(*term.shape))


def first_order(random: Random, scene: Scene) -> Relation | None:
    """A summand of an equation to first order left out, or scaled, or its average taken for its mean."""
    fact = scene.fact(random, FirstOrder) or scene.fact(random, Equal)
    if not isinstance(fact, FirstOrder | Equal):
        return None
    sides = [fact.left, fact.right]
    k = random.randrange(2)
    how = random.randrange(4)
    if how == 0:
        changed = altered(random, sides[k], lambda old: change(random, old, scene.pool))
    elif how == 1:
        changed = altered(random, sides[k], lambda old: Scaled(tempting_number(random), old))
    elif how == 2:
        changed = altered(
            random,
            sides[k],
            lambda old: (
                Applied(random.choice(("E", "Avg", "E′")), old.term) if isinstance(old, Applied) else None
            ),
        )
    else:
        whole = sides[k]
        changed = (
            Sum(whole.terms[:-1])
            if isinstance(whole, Sum) and len(whole.terms) > 2
            else whole * whole.T * whole
        )
    if changed is None:
        return None
    sides[k] = changed
    return FirstOrder(*sides)


def _covariance(random: Random, scene: Scene, right: Term) -> Term:
    """The covariance, or a wrong one."""
    r = random.random()
    if r < 0.4:
        return right
    if r < 0.6:
        return scene.pool.one(random, right.shape) or right
    return altered(random, right, lambda old: change(random, old, scene.pool)) or right


def normal_average(random: Random, scene: Scene) -> Relation | None:
    """√T Avg X tends to N(0, E X Xᵀ), whatever is known of the mean of X, its square, its covariance."""
    row: Term | None = None
    r = random.random()
    if r < 0.4:
        fact = scene.fact(random, Integrable)
        match fact:
            case Integrable(Product(factors)):
                half = factors[: max(len(factors) // 2, 1)]
                row = tried(lambda: product_of(half))
    elif r < 0.6:
        known = scene.fact(random, Normal)
        if isinstance(known, Normal) and isinstance(known.term, Applied):
            row = known.term.term
            if random.random() < 0.6:
                row = altered(random, row, lambda old: change(random, old, scene.pool)) or row
    if row is None or row.shape[1] != ONE:
        columns = scene.terms(lambda t: t.shape[1] == ONE and bool(dependence(t)[0] & ROW))
        if not columns:
            return None
        row = random.choice(columns)
    if random.random() < 0.3:
        more = powered(random, scene, row)
        row = row if more is None else more
    return Normal(Applied("Avg", row), _covariance(random, scene, Applied("E", row * row.T)))


def slutsky(random: Random, scene: Scene) -> Relation | None:
    """√T M Y tends to N(0, M V Mᵀ), for any M, and for any statistic; or with another covariance."""
    known = scene.fact(random, Normal)
    if not isinstance(known, Normal):
        return None
    same = scene.fact(random, FirstOrder)
    matrix: Term = Identity(known.term.shape[0])
    start: Term = known.term
    if isinstance(same, FirstOrder) and random.random() < 0.7:
        start = same.left
        if isinstance(same.right, Product):
            matrix = same.right.factors[0]
    if matrix.shape[1] != known.covariance.shape[0]:
        matrix = Identity(known.term.shape[0])
    right = known.covariance
    if not isinstance(matrix, Identity):
        right = matrix * known.covariance * matrix.T
    how = random.randrange(4)
    if how == 0:
        start = altered(random, start, lambda old: change(random, old, scene.pool)) or start
    elif how == 1:
        start = scene.pool.one(random, start.shape) or start
    if how in (0, 1):
        return Normal(start, right)
    if random.random() < 0.2:
        right = known.covariance
    return Normal(start, _covariance(random, scene, right))


def sum_of_normals(random: Random, scene: Scene) -> Relation | None:
    """The sum of two normal ones is normal, with the sum of the covariances."""
    first, second = scene.fact(random, Normal), scene.fact(random, Normal)
    if not (isinstance(first, Normal) and isinstance(second, Normal)):
        return None
    if first.term.shape != second.term.shape:
        return None
    sign = random.choice((1, -1))
    return Normal(first.term + sign * second.term, first.covariance + second.covariance)


MOVES: dict[str, tuple[int, Move]] = {
    "the limit of every part": (3, limit_of_parts),
    "a number without a limit": (2, scaled_limit),
    "the limit of a constant": (2, limit_of_constants),
    "the other limit": (1, other_limit),
    "the average for the mean": (4, law_of_large_numbers),
    "a limit under a mean": (4, dominated_convergence),
    "the limit of a pseudo-inverse": (3, constant_rank),
    "near an invertible limit": (1, inverse_near),
    "a product that vanishes": (2, vanishing),
    "a projection": (1, tight),
    "a statistic": (1, statistic),
    "a bound of the kind": (1, bounded),
    "what is small": (4, left_out),
    "to first order": (2, first_order),
    "a normal average": (3, normal_average),
    "a constant times what is normal": (2, slutsky),
    "a sum of normals": (1, sum_of_normals),
}
"""The moves, each with its weight."""

OF_KIND: dict[str, tuple[str, ...]] = {
    "limit in c": ("the limit of every part", "a number without a limit", "the limit of a constant"),
    "continuous mapping": ("the limit of every part", "a number without a limit", "the limit of a constant"),
    "weak law of large numbers": ("the average for the mean",),
    "weak law along c → 0": ("the average for the mean",),
    "dominated convergence": ("a limit under a mean",),
    "continuity of the pseudo-inverse": ("the limit of a pseudo-inverse",),
    "invertible matrices form an open set": ("near an invertible limit",),
    "vanishing product": ("a product that vanishes",),
    "projection": ("a projection",),
    "polynomial in statistics": ("a statistic",),
    "convergent, hence bounded": ("a bound of the kind",),
    "first order": ("what is small", "to first order"),
    "central limit theorem": ("a normal average", "a sum of normals"),
    "Slutsky": ("a constant times what is normal", "a sum of normals"),
}
"""The moves that have the shape of what a rule proves."""


def tempting(random: Random, scene: Scene, rule: str = "") -> Relation | None:
    """One conclusion, for a step by the rule mostly of its shape; None where it could not be written."""
    names = OF_KIND.get(rule)
    if names is None or random.random() < 0.25:
        names = tuple(name for name, (weight, _) in MOVES.items() for _ in range(weight))
    return MOVES[random.choice(names)][1](random, scene)
