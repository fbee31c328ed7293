"""One condition short: steps about matrices, their inverses, and means of their products.

Each mistake has all that a rule asks for but one condition; the numbers tell whether it then is false.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import sympy

from tests.theory.proof.attack.tempting import (
    GAMMA,
    OF_A_ROW,
    QUIET,
    VOCABULARY,
    Bench,
    Mistake,
    Temptation,
    row_product,
)
from theory.proof.constants import SAMPLES_T, c
from theory.proof.relations import (
    ConstantRank,
    Equal,
    Integrable,
    Invertible,
    Polynomial,
    Relation,
    Tight,
)
from theory.proof.terms import (
    NOISE,
    ONE,
    Applied,
    Identity,
    Inverse,
    Product,
    PseudoInverse,
    Scaled,
    Sum,
    Term,
    Zero,
    average,
    given,
    mean,
    product_of,
)
from theory.proof.vocabulary import OUTPUT
from theory.results.assumptions import GAUSSIAN_NOISE, SAMPLES

_HIDDEN = frozenset({"λ", "λ̂", "λ̂⁰", "P", "D", "η", "b", "Γ", "λ(ξ)", "D(ξ)"})
_NAMED = [s for s in VOCABULARY if not (s.index == OUTPUT and s.name in _HIDDEN)]
STILL = [s for s in _NAMED if not s.varies and not s.moves]
"""Symbols that depend on nothing."""
ROWS = [s for s in _NAMED if s in OF_A_ROW and s.columns == ONE and s.rows != ONE]
"""Columns of one row."""
UNBOUNDED = [s for s in ROWS if s.name in ("p", "g̃")]
"""Those of which nothing is supposed."""
PREDICTION = next(s for s in UNBOUNDED if s in QUIET)
NOISES = [s for s in ROWS if s.varies == {NOISE}]
_MINUS = sympy.Integer(-1)


def _squared(term: Term) -> Product:
    return Product((term, term.T))


def _vanishes(term: Term, sample: bool = False) -> Equal:
    return Equal(term, Zero(*term.shape), sample)


def _still(random: Random, rows: sympy.Expr, columns: sympy.Expr | None = None) -> Term:
    """A constant with so many rows, a product of up to three symbols."""
    for _ in range(20):
        word: list[Term] = []
        for _ in range(random.choice((1, 1, 2, 3))):
            size = word[-1].shape[1] if word else rows
            word.append(random.choice([t for s in STILL for t in (s, s.T) if t.shape[0] == size]))
            if columns in (None, word[-1].shape[1]):
                break
        if columns in (None, word[-1].shape[1]):
            return product_of(tuple(word))
    raise ValueError("no such constant")


def _still_square(random: Random) -> Term:
    symbol = random.choice([s for s in STILL if s.rows != ONE])
    return _still(random, symbol.rows, symbol.rows)


# -- second moments that vanish


def residual_on_the_sample(bench: Bench) -> Temptation:
    """v = u - X X⁺ u is 0 for every row, since Avg[v vᵀ] = 0, for X = Avg[u wᵀ]."""
    random = bench.random
    first = random.choice(ROWS)
    second = first if random.random() < 0.7 else random.choice(ROWS)
    operator = average if random.random() < 0.9 else mean
    gram = operator(first * second.T)
    image = gram * PseudoInverse(gram)
    rest: Term = (Identity(first.rows) - image) * first
    if random.random() < 0.3:
        rest = first - image * first
    if random.random() < 0.3:
        rest = product_of((bench.with_rows(first.rows).T, rest))
    return Temptation(_vanishes(rest), (), (_vanishes(average(_squared(rest))),))


def square_without_a_mean(bench: Bench) -> Temptation:
    """v = 0, since E[v vᵀ] = 0 and since something like v vᵀ is integrable: v vᵀ given the datum, v wᵀ, u uᵀ
    for a factor u of v or for any other u.
    """
    random = bench.random
    factors = row_product(bench)
    whole = product_of(factors)
    if random.random() < 0.7:
        column = random.choice((*UNBOUNDED, random.choice(ROWS), random.choice(ROWS)))
        numbers: list[Term] = []
        for _ in range(random.choice((0, 1, 2))):
            other = random.choice(ROWS)
            numbers += [other.T, random.choice([s for s in ROWS if s.rows == other.rows])]
        whole, factors = product_of((column, *numbers)), (column,)
    like = [s for s in VOCABULARY if s.columns == whole.shape[1]]
    start = random.randrange(len(factors))
    facts: list[Relation] = [
        Integrable(_squared(whole), True),
        Integrable(Product((whole, random.choice(like).T))),
        Integrable(_squared(product_of(factors[start:]))),
        Integrable(_squared(factors[-1])),
        Integrable(_squared(random.choice(ROWS))),
        Integrable(_squared(random.choice(NOISES))),
        Integrable(_squared(random.choice(STILL))),
    ]
    zero = _vanishes(mean(_squared(whole)))
    return Temptation(_vanishes(whole), (), (zero, *random.sample(facts, random.choice((1, 1, 2)))))


def form_that_does_not_vanish(bench: Bench) -> Temptation:
    """Z = 0 from ZᵀGZ = K, v = 0 from E[v vᵀ] = K or Avg[v vᵀ] = K, where K is no 0."""
    random = bench.random
    if random.random() < 0.5:
        root = product_of(row_product(bench))
        operator = random.choice((mean, average))
        form: Term = operator(_squared(root))
        supposed: tuple[Relation, ...] = (Integrable(_squared(root)),)
    else:
        gram = _gram(random)
        root = bench.with_rows(gram.shape[0])
        form = Product((root.T, gram, root))
        supposed = (Invertible(gram), Integrable(gram.term))
    right = random.choice((form, form, form.T))
    return Temptation(_vanishes(root, random.random() < 0.3), (Equal(form, right),), supposed)


def form_of_something_else(bench: Bench) -> Temptation:
    """v = 0 from a limit of v vᵀ that is 0, from E[v 0 vᵀ] = 0, or from Avg[v wᵀ] = 0 for another w, the rest
    of a column when v is fitted to it.
    """
    random = bench.random
    kind, operator = random.randrange(3), random.choice((mean, average))
    first = random.choice(ROWS)
    if kind == 0:
        name, small = random.choice((("lim", c), ("plim", 1 / SAMPLES_T), ("plim0", c / SAMPLES_T)))
        root: Term = Scaled(small, _still(random, first.rows))
        known: tuple[Relation, ...] = (_vanishes(Applied(name, _squared(root))), Integrable(_squared(root)))
        return Temptation(_vanishes(root, random.random() < 0.5), known)
    if kind == 1:
        form = operator(Product((first, Zero(ONE, ONE), first.T)))
        supposed: tuple[Relation, ...] = (_vanishes(form), Integrable(_squared(first)))
        return Temptation(_vanishes(first, random.random() < 0.5), (), supposed)
    other = random.choice([s for s in ROWS if s.rows == first.rows])
    rest = other - operator(other * first.T) * PseudoInverse(operator(first * first.T)) * first
    root, second = random.choice(((first, rest), (rest, first)))
    supposed = (_vanishes(operator(Product((root, second.T)))), Integrable(_squared(root)))
    return Temptation(_vanishes(root, random.random() < 0.7), (), supposed)


# -- what is no Gram matrix


def _gram(random: Random) -> Applied:
    column = random.choice(ROWS)
    return random.choice((mean, average))(_squared(column))


def ridge_of_no_gram(bench: Bench) -> Temptation:
    """X + number I is invertible for X = E[u wᵀ], MᵀGN, MᵀSM: here X is -number times a projection."""
    random = bench.random
    number = random.choice((GAMMA, GAMMA, c, c**2, sympy.Integer(1)))
    operator = random.choice((mean, average))
    supposed: list[Relation] = []

    def averaged(first: Term, last: Term) -> Term:
        supposed.append(Integrable(Product((first, last))))
        return operator(Product((first, last)))

    kind = random.randrange(5)
    if kind == 4:
        unit, number = random.choice([s for s in STILL if s.name in ("P", "w")]), sympy.Integer(1)
        matrix: Term = averaged(Scaled(_MINUS, unit), unit.T)
    elif kind == 0:
        column = random.choice(ROWS)
        back = column.T * PseudoInverse(operator(column * column.T))
        matrix = averaged(column, Scaled(-number, back))
    elif kind == 1:
        first = _still(random, random.choice([s for s in STILL if s.rows != ONE]).rows)
        matrix = averaged(first, Scaled(-number, PseudoInverse(first)))
    elif kind == 2:
        gram = _gram(random)
        supposed.append(Integrable(gram.term))
        last = bench.with_rows(gram.shape[0])
        matrix = Product((Scaled(-number, PseudoInverse(gram * last)), gram, last))
    else:
        last = bench.with_rows(_still_square(random).shape[0])
        inner = Scaled(-number, PseudoInverse(last * last.T))
        matrix = Product((last.T, inner, last))
    claim = Invertible(Sum((matrix, Scaled(number, Identity(matrix.shape[0])))))
    return Temptation(claim, (), tuple(supposed))


def ridge_without_a_mean(bench: Bench) -> Temptation:
    """E[v vᵀ] + γ I is invertible, or MᵀE[v vᵀ]M + γ I, for a v of any size."""
    root = product_of(row_product(bench))
    matrix: Term = mean(_squared(root))
    if bench.random.random() < 0.3:
        beside = _still(bench.random, root.shape[0])
        matrix = Product((beside.T, matrix, beside))
    known = tuple(bench.of(Integrable))[:2]
    return Temptation(Invertible(Sum((matrix, Scaled(GAMMA, Identity(matrix.shape[0]))))), known)


def _no_gram(random: Random, raw: Term) -> Term:
    """The square matrix written like a Gram matrix."""
    one = Identity(raw.shape[0])
    half = average(Product((one, one)))
    operator = random.choice((mean, average))
    ways: tuple[Callable[[], Term], ...] = (
        lambda: raw,
        lambda: operator(Product((raw, one))),
        lambda: operator(Product((one, raw))),
        lambda: Product((one, raw, one)),
        lambda: Product((raw, half, one)),
        lambda: Product((one, half, raw)),
    )
    return random.choice(ways)()


def _skew(random: Random) -> Term:
    square = _still_square(random)
    return square - square.T


def definite_beside_something_else(bench: Bench) -> Temptation:
    """Z = 0 from L G Z = 0 for an L that is not Zᵀ: 0, or the rest of a matrix when Z is fitted to it."""
    random, gram = bench.random, _gram(bench.random)
    size = gram.shape[0]
    root = random.choice((bench.with_rows(size), _still(random, size)))
    other = random.choice((bench.with_rows(size), _still(random, size)))
    inner = PseudoInverse(Product((root.T, gram, root))) * Product((root.T, gram, other))
    left = random.choice((Zero(other.shape[1], size), (other - root * inner).T))
    form = Product((left, gram, root))
    supposed = (_vanishes(form), Invertible(gram), Integrable(gram.term))
    return Temptation(_vanishes(root), (), supposed)


def definite_without_a_gram(bench: Bench) -> Temptation:
    """Z = 0 from ZᵀGZ = 0 for an invertible G that looks like a Gram matrix: here ZᵀGZ is 0 for any Z."""
    raw = _skew(bench.random)
    matrix, root = _no_gram(bench.random, raw), _still(bench.random, raw.shape[0], ONE)
    form = _vanishes(Product((root.T, matrix, root)))
    return Temptation(_vanishes(root), (), (form, Invertible(matrix)))


# -- projections


def _projection(
    first: Term, inner: Sequence[Term], rest: Sequence[Term], minus: sympy.Expr = _MINUS
) -> Tight:
    """I - M (MᵀGM)⁺ MᵀG is bounded."""
    onto = Product((first, PseudoInverse(Product(tuple(inner))), *rest))
    return Tight(Sum((Identity(onto.shape[0]), Scaled(minus, onto))))


def projected_by_no_gram(bench: Bench) -> Temptation:
    """I - M (MᵀGM)⁺ MᵀG is bounded for a G with an invertible limit: one for which MᵀGM vanishes there."""
    random = bench.random
    raw = _skew(random)
    size = raw.shape[0]
    small = Scaled(1 / SAMPLES_T, random.choice((Identity(size), _still(random, size, size))))
    matrix, first = _no_gram(random, raw + small), _still(random, size, ONE)
    claim = _projection(first, (first.T, matrix, first), (first.T, matrix))
    operator = random.choice(("plim", "plim0"))
    return Temptation(claim, (Equal(Applied(operator, matrix), raw),), (Invertible(raw),))


def projected_near_the_kernel(bench: Bench) -> Temptation:
    """I - M (MᵀGM)⁺ MᵀG is bounded for a Gram G with a singular limit, while another limit is invertible."""
    random = bench.random
    column = random.choice([s for s in ROWS if not s.moves])
    root: Term = column
    if random.random() < 0.6:
        root = product_of((_still(random, _still_square(random).shape[0], column.rows), column))
    elif random.random() < 0.5:
        other = _still(random, _still_square(random).shape[0], ONE)
        root = product_of((other, _still(random, column.rows, ONE).T, column))
    gram, limit = average(_squared(root)), mean(_squared(root))
    rest = Identity(root.shape[0]) - PseudoInverse(limit) * limit
    first = rest * _still(random, root.shape[0], ONE)
    first = first + Scaled(1 / SAMPLES_T, _still(random, root.shape[0], ONE))
    claim = _projection(first, (first.T, gram, first), (first.T, gram))
    operator, one = random.choice(("plim", "plim0")), Identity(root.shape[0])
    known = random.sample(
        [Equal(Applied(operator, gram), limit), Equal(Applied(operator, one), one), Invertible(one)], 2
    )
    return Temptation(claim, tuple(known), (Integrable(_squared(root)),))


def projected_by_unequal_copies(bench: Bench) -> Temptation:
    """I - M (MᵀGM)⁺ MᵀG is bounded, with another number, another copy of M or G, or a factor more."""
    random = bench.random
    column = random.choice([s for s in ROWS if not s.moves])
    gram, limit = average(_squared(column)), mean(_squared(column))
    first = _still(random, column.rows)
    large = random.choice((SAMPLES_T, 1 / SAMPLES_T, SAMPLES_T**2))
    pieces: list[Term] = [first, first.T, gram, first, first.T, gram]
    minus: sympy.Expr = _MINUS
    at, short = random.randrange(9), random.random() < 0.2
    if at < 6:
        pieces[at] = Scaled(large, pieces[at])
    elif at == 6:
        minus = random.choice((large, -large, 1 - large))
    inner, rest = pieces[1:4], pieces[4:]
    if at == 7:
        inner = [*inner, Scaled(large, _still(random, first.shape[1], first.shape[1]))]
    elif at == 8:
        rest = [*rest, Scaled(large, _still(random, column.rows, column.rows))]
    claim = _projection(pieces[0], inner, rest, minus)
    if short:
        again = random.choice((gram, Scaled(large, gram)))
        claim = Tight(Sum((Identity(column.rows), Scaled(minus, Product((PseudoInverse(gram), again))))))
    operator = random.choice(("plim", "plim0"))
    known = Equal(Applied(operator, gram), limit)
    return Temptation(claim, (known,), (Integrable(_squared(column)), Invertible(limit)))


# -- means


def integrable_but_for_the_rule(bench: Bench) -> Temptation:
    """Tower property and independence, where something else is integrable: what stands on the other side, a
    part of the product, the whole given the datum, or anything.
    """
    random = bench.random
    claim = _mean_of_anything(random)
    sides = [side.term for side in (claim.left, claim.right) if isinstance(side, Applied)]
    inside = random.choice(sides)
    facts: list[Relation] = [
        Integrable(sides[-1]),
        Integrable(sides[0]),
        *(Integrable(one, True) for one in sides),
        Integrable(random.choice(QUIET)),
        Integrable(_squared(random.choice(ROWS))),
    ]
    if isinstance(inside, Product):
        facts.append(Integrable(inside.factors[0]))
        facts.append(Integrable(given(inside)))
    return Temptation(claim, (), tuple(random.sample(facts, random.choice((1, 1, 2)))))


def _mean_of_anything(random: Random, products_of_noise: bool = False) -> Equal:
    """E[u E[v | x, y] w] = E[u v w] or E[u E[ξξᵀ] v] = E[u ξξᵀ v], for a u of the datum."""
    beside = random.choice((PREDICTION, random.choice([s for s in ROWS if s in QUIET])))
    noisy: Term = random.choice([s for s in ROWS if NOISE in s.varies])
    if random.random() < 0.4:
        noisy = noisy * (NOISES[0].T * random.choice([s for s in ROWS if s.rows == NOISES[0].rows]))
    if not products_of_noise and random.random() < 0.5:
        sides = (mean(product_of((beside, given(noisy.T)))), mean(beside * noisy.T))
    else:
        noise = random.choice(NOISES)
        if beside.rows != noise.rows:
            beside = _still(random, noise.rows, beside.rows) * beside
        middle = noise * noise.T
        before = _still(random, noise.rows).T if random.random() < 0.5 else Identity(noise.rows)
        sides = (mean(product_of((before, mean(middle), beside))), mean(product_of((before, middle, beside))))
    return Equal(*(sides if random.random() < 0.5 else sides[::-1]))


def integrable_after_the_mean(bench: Bench) -> Temptation:
    """E[u ξξᵀ v] = E[u E[ξξᵀ] v], since u E[ξξᵀ] v is integrable, where it vanishes or is small."""
    random = bench.random
    noise = random.choice(NOISES)
    beside = random.choice((PREDICTION, random.choice([s for s in ROWS if s in QUIET])))
    chain = _still(random, noise.rows, beside.rows) if beside.rows != noise.rows else Identity(noise.rows)
    into, out = (random.choice([s for s in STILL if s.columns == noise.rows]) for _ in range(2))
    square = into.T * _still(random, into.rows, out.rows) * out
    middle = noise * noise.T
    first = product_of((chain, beside))
    turned = product_of((square - square.T, first))
    left = mean(product_of((first.T, middle, turned)))
    right = mean(product_of((first.T, mean(middle), turned)))
    return Temptation(Equal(left, right), (), (Integrable(right.term),))


def noise_that_depends_on_the_datum(bench: Bench) -> Temptation:
    """E[u ξξᵀ v] = E[u E[ξξᵀ] v] of noise of which no hypothesis says that it is independent."""
    claim = _mean_of_anything(bench.random, products_of_noise=True)
    inside = [side.term for side in (claim.left, claim.right) if isinstance(side, Applied)]
    return Temptation(claim, (), tuple(map(Integrable, inside)), (SAMPLES, GAUSSIAN_NOISE))


# -- what need not exist


_LARGE = {"lim": (1 / c, c**-2), "plim": (SAMPLES_T,), "plim0": (1 / c, SAMPLES_T)}


def limit_of_anything(bench: Bench) -> Temptation:
    """lim X = lim X, and A + lim X = lim X + A: true if it means anything."""
    random = bench.random
    operator = random.choice(list(_LARGE))
    term = random.choice((bench.pool.any(random), random.choice(STILL)))
    inside: Term = Scaled(random.choice(_LARGE[operator]), term)
    if random.random() < 0.4:
        inside = inside + bench.term(inside.shape)
    found: Term = Applied(operator, inside)
    other = bench.term(inside.shape)
    left, right = random.choice(((found, found), (found + other, other + found), (found - found, 0 * found)))
    return Temptation(Equal(left, right), tuple(bench.of(Equal))[:2])


def limit_beside_another(bench: Bench) -> Temptation:
    """plim (A + lim X) = A + lim X, whether there is a lim X or not."""
    random = bench.random
    inner, outer = random.sample(list(_LARGE), 2)
    first = random.choice(STILL)
    rest = Applied(inner, Scaled(random.choice(_LARGE[inner]), _still(random, *first.shape)))
    return Temptation(Equal(Applied(outer, first + rest), first + rest))


def wrongly_inverted(bench: Bench) -> Temptation:
    """X⁻¹ Xᵀ = I, X⁻¹ Y = I, (X Y)⁻¹ = X⁻¹ Y⁻¹, (k X)⁻¹ = k X⁻¹, X⁻¹ Y X = Y, for invertible X and Y."""
    random = bench.random
    size = _still_square(random).shape[0]
    grams = [average(_squared(s)) for s in ROWS if s.rows == size]
    first, second = (
        random.choice((_still(random, size, size), random.choice((*grams, mean(grams[0].term)))))
        for _ in range(2)
    )
    number = random.choice((sympy.Integer(2), c, GAMMA, SAMPLES_T))
    one, both, other = Identity(size), Product((first, second)), bench.with_rows(size)
    left, right = random.choice(
        (
            (Inverse(first) * first.T, one),
            (first * Inverse(first).T, one),
            (Inverse(first) * second, one),
            (second * Inverse(first) * other, other),
            (Inverse(both), Inverse(first) * Inverse(second)),
            (Inverse(both) * first, Inverse(second)),
            (PseudoInverse(both), PseudoInverse(first) * PseudoInverse(second)),
            (Inverse(Scaled(number, first)), Scaled(number, Inverse(first))),
            (Inverse(first), Inverse(first).T),
            (Inverse(first) * second * first, second),
            (Inverse(Inverse(first)), first.T),
        )
    )
    supposed = tuple(map(Invertible, (first, second, both, Scaled(number, first))))
    return Temptation(Equal(left, right), (), supposed)


def pseudo_inverse_of_another(bench: Bench) -> Temptation:
    """X⁺ X = X X⁺ for X = A M Aᵀ, X (Xᵀ)⁺ X = X, X Y⁺ X = X, X⁺ Y X⁺ = X⁺, X X⁺ Y X = Y X."""
    random = bench.random
    outer = _still(random, _still_square(random).shape[0])
    size = outer.shape[0]
    inner = _still(random, outer.shape[1], random.choice((ONE, outer.shape[1])))
    if inner.shape[1] == ONE:
        inner = inner * _still(random, outer.shape[1], ONE).T
    first = product_of((outer, inner, outer.T))
    if random.random() < 0.4:
        first = random.choice((_still(random, size, size), random.choice((mean, average))(outer * outer.T)))
    second = _still(random, size, size)
    inverse = PseudoInverse(first)
    left, right = random.choice(
        (
            (inverse * first, first * inverse),
            (first * inverse.T * first, first),
            (first * PseudoInverse(first.T) * first, first),
            (first * PseudoInverse(second) * first, first),
            (inverse * second * inverse, inverse),
            (first * inverse * second * first, second * first),
            (first * inverse * inverse, inverse),
        )
    )
    return Temptation(Equal(left, right))


def solved_for_something_else(bench: Bench) -> Temptation:
    """X⁻¹ K = A from X A B = K or X A = Kᵀ, (Xᵀ)⁻¹ K = A from X A = K, A = X⁻¹ K from A X = K."""
    random = bench.random
    size = _still_square(random).shape[0]
    matrix, first, second = (_still(random, size, size) for _ in range(3))
    if random.random() < 0.5:
        second = bench.with_rows(size)
    whole, made, right = Product((matrix, first, second)), matrix * first, first
    turned = first.T * matrix
    fact, claim = random.choice(
        (
            (Equal(whole, whole), Equal(Inverse(matrix) * whole, second)),
            (Equal(made, made), Equal(Inverse(matrix.T) * made, right)),
            (Equal(turned, turned), Equal(Inverse(matrix) * turned.T, right)),
            (Equal(made, made), Equal(Inverse(matrix) * made.T, right)),
        )
    )
    return Temptation(claim, (fact,), (Invertible(matrix),))


def of_another_kind(bench: Bench) -> Temptation:
    """A matrix is invertible since it is integrable, bounded since its rank is constant, and so on."""
    random, kinds = bench.random, (Invertible, Integrable, Polynomial, ConstantRank, Tight)
    fact = bench.one(*kinds) if bench.of(*kinds) and random.random() < 0.5 else None
    if fact is None:
        first = _still(random, _still_square(random).shape[0], ONE)
        term = first * _still(random, first.shape[0], ONE).T
        fact = random.choice((Integrable, Polynomial, ConstantRank, Tight))(term)
    return Temptation(random.choice(kinds)(fact.term), (fact,))


def inverse_of_a_product(bench: Bench) -> Temptation:
    """(A B)⁻¹ C = (A B)⁻¹ C, for an invertible A and any B."""
    random = bench.random
    known = random.choice([*bench.of(Invertible), Invertible(Identity(bench.square().shape[0]))])
    size = known.term.shape[0]
    other = random.choice((bench.term((size, size)), _still(random, size, size)))
    matrix = random.choice((Product((known.term, other)), Product((other, known.term)), known.term + other))
    side = Inverse(matrix) * bench.with_rows(size)
    return Temptation(Equal(side, side), (known,))


MISTAKES: dict[str, tuple[Mistake, ...]] = {
    "substitution": (limit_of_anything, inverse_of_a_product, of_another_kind),
    "definition": (limit_of_anything,),
    "linearity of expectation": (limit_of_anything,),
    "tower property": (integrable_but_for_the_rule,),
    "independence": (integrable_but_for_the_rule, integrable_after_the_mean, noise_that_depends_on_the_datum),
    "cancellation of an inverse": (inverse_of_a_product, wrongly_inverted, wrongly_inverted),
    "vanishing second moment": (
        residual_on_the_sample,
        square_without_a_mean,
        square_without_a_mean,
        form_that_does_not_vanish,
        form_of_something_else,
    ),
    "pseudo-inverse": (pseudo_inverse_of_another,),
    "positive definite": (
        definite_without_a_gram,
        definite_beside_something_else,
        definite_beside_something_else,
        form_that_does_not_vanish,
    ),
    "solution": (solved_for_something_else,),
    "positive ridge": (ridge_of_no_gram, ridge_without_a_mean),
    "continuous mapping": (limit_beside_another,),
    "limit in c": (limit_beside_another,),
    "projection": (projected_by_no_gram, projected_near_the_kernel, projected_by_unequal_copies),
}
"""For each rule the mistakes that look like it."""
