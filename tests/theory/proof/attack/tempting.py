"""Tempting false steps: for each rule the mistakes that mathematicians make where its condition fails.

A temptation is a conclusion of the shape that a rule proves, with the premises that the rule looks for but
for one, on which it depends. It says nothing about truth: that the conclusion is false, and that what is
supposed is true of the same world, is decided on numbers by `falsity`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import sympy

from tests.theory.proof.attack.moves import KAPPAS, Pool, places, put, terms_in
from theory.proof.constants import DEPTH, LAYER, SAMPLES_T, c
from theory.proof.relations import (
    Bounded,
    ConstantRank,
    Equal,
    Finite,
    Integrable,
    Invertible,
    Polynomial,
    Relation,
    Same,
    Tight,
    Within,
)
from theory.proof.sizes import NOISE_SIZE, size_of
from theory.proof.terms import (
    DATUM,
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
    dependence,
    given,
    mean,
    product_of,
)
from theory.proof.units import E, bound_of, derivative, kappa, xi
from theory.proof.vocabulary import OUTPUT, once, symbols_at
from theory.proofs.single_units import difference, polynomial
from theory.results.statement import Assumption


@dataclass(frozen=True)
class Temptation:
    """``claim``, from facts that stand (``known``) or are true of any world, and from what is ``supposed``:
    it has to be true of the numbers of one world, of which the claim then has to be false. The hypotheses
    ``without`` are not among those of the step, and the worlds need not meet them.
    """

    claim: Relation
    known: tuple[Relation, ...] = ()
    supposed: tuple[Relation, ...] = ()
    without: tuple[Assumption, ...] = ()


class Bench:
    """What a mistake is made of: the step and what stands there, terms by their shapes."""

    def __init__(
        self, random: Random, claim: Relation, cited: Sequence[Relation], standing: Sequence[Relation]
    ) -> None:
        self.random, self.claim, self.cited, self.standing = random, claim, tuple(cited), tuple(standing)
        self.facts = tuple(dict.fromkeys((*cited, *standing)))
        self.pool = Pool()
        for relation in (claim, *cited, *random.sample(self.standing, min(4, len(self.standing)))):
            for term in terms_in(relation):
                self.pool.add(term)
        for symbol in random.sample(VOCABULARY, 24):
            self.pool.add(symbol)

    def of(self, *kinds: type[Any]) -> list[Any]:
        """The facts of these kinds."""
        return [fact for fact in self.facts if isinstance(fact, kinds)]

    def one(self, *kinds: type[Any]) -> Any:
        """One of them; none is no mistake to make."""
        found = self.of(*kinds)
        if not found:
            raise ValueError("no such fact")
        return self.random.choice(found)

    def term(self, shape: tuple[sympy.Expr, sympy.Expr]) -> Term:
        """A term of the shape."""
        found = self.pool.one(self.random, shape)
        if found is None:
            raise ValueError("no such term")
        return found

    def with_rows(self, rows: sympy.Expr) -> Term:
        """A term with so many rows."""
        return self.random.choice(self.pool.by_rows[rows])

    def square(self) -> Term:
        """A square matrix: one that stands, an outer product of two columns, a product there and back."""
        random = self.random
        if random.random() < 0.4:
            found = self.pool.square(random)
            if found is not None:
                return found
        first = self.pool.any(random)
        second = self.term((first.shape[1], first.shape[0])) if random.random() < 0.8 else first.T
        return first * second

    def column(self) -> Symbol:
        """A symbol that is a column."""
        return self.random.choice(COLUMNS)


VOCABULARY: list[Symbol] = [
    *sorted(once(), key=lambda symbol: symbol.name),
    *(symbol for index in (LAYER, LAYER - 1, DEPTH, OUTPUT) for symbol in symbols_at(index)),
]
COLUMNS = [symbol for symbol in VOCABULARY if symbol.columns == ONE and symbol.rows != ONE]
OF_A_ROW = [s for s in VOCABULARY if s.varies & ROW and SAMPLE not in s.varies]
"""Symbols of one row, of which there are means."""
QUIET = [s for s in VOCABULARY if s.varies <= {DATUM} and not s.moves]
"""Symbols of the datum alone, or of nothing."""

Mistake = Callable[[Bench], Temptation]


def row_product(bench: Bench) -> tuple[Term, ...]:
    """A product of a row's factors: one that a premise calls integrable, or columns and rows in a chain."""
    random = bench.random
    if random.random() < 0.3:
        return noise_form(bench)
    if random.random() < 0.4:
        term = bench.one(Integrable).term
        factors = term.factors if isinstance(term, Product) else (term,)
        following = [symbol.T for symbol in OF_A_ROW if symbol.columns == factors[-1].shape[1]]
        return (*factors, random.choice(following)) if following and random.random() < 0.5 else factors
    found: list[Term] = [random.choice(OF_A_ROW)]
    for _ in range(random.choice((1, 1, 2, 3))):
        following = [
            one for symbol in OF_A_ROW for one in (symbol, symbol.T) if one.shape[0] == found[-1].shape[1]
        ]
        found.append(random.choice(following))
    return tuple(found)


def noise_form(bench: Bench) -> tuple[Term, ...]:
    """Noise, matrices of the datum or of none, noise; with what depends on the datum beside at times."""
    random = bench.random
    ends = [s for s in VOCABULARY if s.varies == {NOISE} and s.columns == ONE]
    first = random.choice(ends)
    word: list[Term] = [first.T]
    for _ in range(random.choice((1, 2, 3, 3))):
        following = [
            one
            for s in QUIET
            for one in (s, s.T)
            if one.shape[0] == word[-1].shape[1] and (one.shape[1] != ONE or random.random() < 0.3)
        ]
        word.append(random.choice([one for one in following if one != word[-1].T] or following))
    middle = tuple(word)
    if middle[-1].shape[1] != ONE:
        back = middle[:-1] if _square(middle[-1]) and len(middle) > 1 else middle
        middle = (*middle, *(factor.T for factor in reversed(back)))
    beside = [s for s in QUIET if s.columns == ONE and s.varies]
    return middle if random.random() < 0.3 or middle[-1].shape[1] != ONE else (random.choice(beside), *middle)


def _block(random: Random, factors: tuple[Term, ...]) -> tuple[int, int]:
    start = random.randrange(len(factors))
    return start, random.randrange(start + 1, len(factors) + 1)


# -- means


def tower_whatever_stands_beside(bench: Bench) -> Temptation:
    """E[u E[X | x, y] v] for E[u X v], u and v noisy too."""
    factors = row_product(bench)
    start, end = _block(bench.random, factors)
    inside = given(product_of(factors[start:end]))
    whole = product_of(factors)
    return _integrated(whole, mean(product_of((*factors[:start], inside, *factors[end:]))), mean)


def mean_of_a_block(bench: Bench) -> Temptation:
    """E[u X v] with E[X] for X, whatever u, X and v depend on; given the datum at times."""
    factors = row_product(bench)
    start, end = _block(bench.random, factors)
    noisy = [k for k, factor in enumerate(factors) if NOISE in dependence(factor)[0]]
    if noisy and bench.random.random() < 0.6:
        start, end = noisy[0], noisy[-1] + 1
    operator = bench.random.choice((mean, mean, given))
    inside = mean(product_of(factors[start:end]))
    return _integrated(
        product_of(factors), operator(product_of((*factors[:start], inside, *factors[end:]))), operator
    )


def means_that_need_not_exist(bench: Bench) -> Temptation:
    """E[u E[X | x, y] v] = E[u X v], E[u ξξᵀ v] = E[u E[ξξᵀ] v] for u and v of the datum, of any size."""
    random = bench.random
    first = random.choice([s for s in QUIET if s.columns == ONE and s.varies])
    last = random.choice([s for s in QUIET if s.columns == ONE and s.varies])
    noise = random.choice([s for s in VOCABULARY if s.varies == {NOISE} and s.columns == ONE])
    if random.random() < 0.5:
        row = random.choice([s for s in OF_A_ROW if NOISE in s.varies and s.columns == ONE])
        return Temptation(Equal(mean(product_of((first, given(row.T)))), mean(first * row.T)))
    middle = noise * noise.T
    if last.rows != noise.rows:
        start = random.choice([s for s in QUIET if s.columns == noise.rows])
        found = [s for s in QUIET if s.shape == (start.rows, ONE) and s.varies]
        end = start.T * random.choice(found)
        return Temptation(Equal(mean(start * middle * end), mean(start * mean(middle) * end)))
    return Temptation(Equal(mean(middle * last), mean(mean(middle) * last)))


def given_is_not_given(bench: Bench) -> Temptation:
    """E[X | x, y] = E[X], E E[X | x, y] = E[X | x, y]."""
    whole = product_of(row_product(bench))
    left, right = bench.random.choice(((given(whole), mean(whole)), (mean(given(whole)), given(whole))))
    return Temptation(Equal(left, right), (), (Integrable(whole),))


def mean_of_factors(bench: Bench) -> Temptation:
    """E[A B] = E[A] E[B]."""
    factors = row_product(bench)
    cut = bench.random.randrange(1, len(factors)) if len(factors) > 1 else 1
    operator = bench.random.choice((mean, mean, given))
    parts = [operator(product_of(part)) for part in (factors[:cut], factors[cut:]) if part]
    return _integrated(product_of(factors), product_of(tuple(parts)), operator)


def what_varies_goes_out(bench: Bench) -> Temptation:
    """E[u X v] = u E[X] v."""
    factors = row_product(bench)
    start, end = _block(bench.random, factors)
    operator = bench.random.choice((mean, given, lambda term: Applied("Avg", term)))
    out = (*factors[:start], operator(product_of(factors[start:end])), *factors[end:])
    return _integrated(product_of(factors), product_of(out), operator)


def _integrated(whole: Term, other: Term, operator: Callable[[Term], Term]) -> Temptation:
    return Temptation(Equal(operator(whole), other), (), (Integrable(whole),))


# -- inverses


def cancelled(bench: Bench) -> Temptation:
    """A X X⁺ B = A B, X X⁻¹ = I, X⁺ = X⁻¹, for an X that nothing calls invertible, while another is."""
    random = bench.random
    matrix = bench.square() if random.random() < 0.7 else bench.pool.any(random)
    kind = random.choice((PseudoInverse, PseudoInverse, Inverse)) if _square(matrix) else PseudoInverse
    pair = random.choice((matrix * kind(matrix), kind(matrix) * matrix))
    left, right = pair, Identity(pair.shape[0])
    if random.random() < 0.5:
        other = bench.with_rows(pair.shape[0])
        left, right = pair * other, other
    claim = Equal(left, right)
    if random.random() < 0.15 and _square(matrix):
        claim = Equal(PseudoInverse(matrix), Inverse(matrix))
    return _with_an_invertible(bench, claim)


def divided(bench: Bench) -> Temptation:
    """A = B from A X = B X, or X A = X B, for an X that nothing calls invertible."""
    random = bench.random
    first = bench.pool.any(random)
    second = bench.term(first.shape)
    factor = bench.random.choice(bench.pool.by_rows[first.shape[1]])
    if random.random() < 0.5:
        return Temptation(Equal(first, second), (), (Equal(first * factor, second * factor),))
    return Temptation(
        Equal(first, Zero(*first.shape)), (), (Equal(first * factor, Zero(first.shape[0], factor.shape[1])),)
    )


def spoken_of(bench: Bench) -> Temptation:
    """X⁻¹ A = X⁻¹ A: true if it means anything."""
    matrix = bench.square()
    side = Inverse(matrix) * bench.with_rows(matrix.shape[0])
    return _with_an_invertible(bench, Equal(side, side))


def _with_an_invertible(bench: Bench, claim: Relation) -> Temptation:
    known = bench.of(Invertible)
    if known and bench.random.random() < 0.6:
        return Temptation(claim, (bench.random.choice(known),))
    size = bench.square().shape[0]
    return Temptation(claim, (Invertible(Identity(size)),))


def _square(term: Term) -> bool:
    return term.shape[0] == term.shape[1]


def pseudo_inverted(bench: Bench) -> Temptation:
    """(AB)⁺ = B⁺A⁺, X⁺X = XX⁺, X⁺X = I, X⁺ = X⁻¹, X⁺⁺ of a sum, A X X⁺ = A."""
    random = bench.random
    matrix = bench.square() if random.random() < 0.6 else bench.pool.any(random)
    inverse = PseudoInverse(matrix)
    pairs: list[tuple[Term, Term]] = [
        (inverse * matrix, Identity(matrix.shape[1])),
        (matrix * inverse, Identity(matrix.shape[0])),
    ]
    right = bench.with_rows(matrix.shape[1])
    pairs.append((inverse * matrix * right, right))
    left = bench.with_rows(matrix.shape[0])
    pairs.append((matrix * inverse * left, left))
    if _square(matrix):
        pairs += [(inverse * matrix, matrix * inverse)] * 3
        pairs += [(inverse, Inverse(matrix)), (inverse, inverse.T), (matrix * inverse * inverse, inverse)]
    if isinstance(matrix, Product):
        first, rest = matrix.factors[0], product_of(matrix.factors[1:])
        pairs += [(inverse, PseudoInverse(rest) * PseudoInverse(first))] * 2
    first, second = random.choice(pairs)
    return Temptation(Equal(first, second))


# -- definite matrices


def _gram(bench: Bench) -> Applied:
    """E or Avg of u uᵀ."""
    random = bench.random
    found = [
        term
        for shape in bench.pool.by_shape
        for term in bench.pool.by_shape[shape]
        if isinstance(term, Applied) and term.operator in ("E", "Avg") and _square(term)
    ]
    if found and random.random() < 0.5:
        return random.choice(found)
    column = random.choice([symbol for symbol in OF_A_ROW if symbol.columns == ONE and symbol.rows != ONE])
    return Applied(random.choice(("E", "Avg")), column * column.T)


def _sandwiched(bench: Bench, gram: Term) -> Term:
    other = bench.with_rows(gram.shape[0])
    return bench.random.choice((gram, product_of((other.T, gram, other))))


def semidefinite(bench: Bench) -> Temptation:
    """Z = 0 from ZᵀGZ = 0, where G is a Gram matrix and may be singular, or is none."""
    random, gram = bench.random, _gram(bench)
    matrix: Term = gram if random.random() < 0.8 else bench.square()
    rest = Identity(matrix.shape[0]) - PseudoInverse(matrix) * matrix
    other = rest if random.random() < 0.5 else bench.with_rows(matrix.shape[0])
    if random.random() < 0.3:
        other = rest * other if other.shape[0] == rest.shape[1] else other
    left = other.T
    if random.random() < 0.2:
        left = Zero(*left.shape)
    elif random.random() < 0.2:
        square = bench.square()
        matrix = square - square.T
        other = bench.with_rows(matrix.shape[0])
        left = other.T
    zero = Equal(Product((left, matrix, other)), Zero(other.shape[1], other.shape[1]))
    supposed: tuple[Relation, ...] = (zero, Integrable(gram.term))
    if random.random() < 0.5:
        supposed = (*supposed, Invertible(matrix))
    return Temptation(Equal(other, Zero(*other.shape)), (), supposed)


GAMMA, MU = sympy.Symbol("γ", positive=True), sympy.Symbol("μ", nonnegative=True)
_SIGNS = (-GAMMA, -GAMMA, MU, sympy.Integer(0), sympy.Integer(-1), -c, *KAPPAS, KAPPAS[0] ** 2, GAMMA - MU)


def ridge_of_any_sign(bench: Bench) -> Temptation:
    """G + number times I is invertible, for a number of any sign; or for a G that is no Gram matrix."""
    random, gram = bench.random, _gram(bench)
    matrix: Term = _sandwiched(bench, gram)
    number: sympy.Expr = random.choice(_SIGNS)
    if random.random() < 0.25:
        matrix, number = Scaled(random.choice((sympy.Integer(-1), KAPPAS[2])), gram), GAMMA
    claim = Invertible(Sum((matrix, Scaled(number, Identity(matrix.shape[0])))))
    return Temptation(claim, (), (Integrable(gram.term),))


def oblique(bench: Bench) -> Temptation:
    """I - M (MᵀGM)⁺ MᵀG is bounded, for a G with a singular limit, and an M that comes near its kernel."""
    random, gram = bench.random, _gram(bench)
    known = [fact for fact in bench.of(Equal) if isinstance(fact.left, Applied)]
    grams = [one.left.term for one in known if one.left.operator in ("plim", "plim0")]
    grams = [one for one in grams if isinstance(one, Applied) and one.operator == "Avg" and _square(one)]
    if grams and random.random() < 0.7:
        gram = random.choice(grams)
    still = [
        term
        for term in bench.pool.by_rows[gram.shape[0]]
        if not isinstance(term, Applied) and not dependence(term)[0]
    ]
    first = random.choice(
        [term for term in (*still, *VOCABULARY) if term.shape[0] == gram.shape[0] and not dependence(term)[0]]
    )
    near = [term for term in (*still, *VOCABULARY) if term.shape == first.shape and not dependence(term)[0]]
    small = Scaled(1 / SAMPLES_T, random.choice(near))
    if first.shape == (gram.shape[0], ONE):
        small = random.choice((small, Scaled(1 / SAMPLES_T, _turned(bench, first))))
    onto = first + small
    projector = onto * PseudoInverse(Product((onto.T, gram, onto))) * Product((onto.T, gram))
    claim = Tight(Sum((Identity(gram.shape[0]), Scaled(sympy.Integer(-1), projector))))
    cited = tuple(random.sample(known, min(len(known), 2)))
    return Temptation(claim, (*cited, *bench.of(Integrable, Invertible)))


def _turned(bench: Bench, column: Term) -> Term:
    chains = [
        t for t in VOCABULARY if t.shape[0] == column.shape[0] and not dependence(t)[0] and t.shape[1] != ONE
    ]
    matrix = bench.random.choice(chains)
    ends = [t for t in VOCABULARY if t.shape == (matrix.shape[1], ONE) and not dependence(t)[0]]
    return matrix * bench.random.choice(ends)


# -- bounds and moments


def falling_bound(bench: Bench) -> Temptation:
    """A bound that falls with c, at c = 1."""
    known, number = bench.one(Bounded), c ** bench.random.choice((-3, -2, -1, -1, 1))
    scaled = Bounded(number * known.term, number * known.bound)
    return Temptation(Bounded(scaled.term, scaled.bound.subs(c, 1)), (), (scaled,))


def moment_of_another_power(bench: Bench) -> Temptation:
    """A finite mean of another power, a negative one too, or with a factor more."""
    random, known = bench.random, bench.one(Finite)
    factors = [NOISE_SIZE, *(s for s in known.value.free_symbols if s.is_nonnegative)]
    factors += list(known.value.atoms(sympy.core.function.AppliedUndef))
    if known.given_datum and random.random() < 0.3:
        return Temptation(Finite(known.value, False), tuple(bench.of(Finite)))
    value = known.value * random.choice(factors) ** random.choice((-9, -4, -2, -1, 1, 2, 3))
    if random.random() < 0.3:
        value = NOISE_SIZE ** random.choice((-3, -1, 3, 9))
    flag = random.choice((known.given_datum, not known.given_datum))
    return Temptation(Finite(value, flag), tuple(bench.of(Finite)))


def product_of_columns(bench: Bench) -> Temptation:
    """u vᵀ is integrable, since u is, squared."""
    random, known = bench.random, tuple(bench.of(Finite))
    squared = [s for s in COLUMNS if any(fact.value.has(size_of(s, {})) for fact in known)]
    if not squared:
        raise ValueError("no square is finite")
    first, second = random.choice(squared), random.choice(COLUMNS)
    if random.random() < 0.5:
        first, second = second, first
    return Temptation(Integrable(first * second.T, random.random() < 0.2), known)


def flags(bench: Bench) -> Temptation:
    """What is known given the datum, of the rows of the sample, or up to an order, without that."""
    facts = [one for one in (bench.claim, *bench.facts) if any(v is True for v in vars(one).values())]
    if bench.random.random() < 0.1:
        facts = [one for one in bench.facts if any(v is False for v in vars(one).values())]
    fact = bench.random.choice(facts)
    name = next(name for name, value in vars(fact).items() if isinstance(value, bool))
    known = (fact, *bench.of(Finite, Bounded)) if bench.random.random() < 0.7 else (fact, *bench.cited)
    return Temptation(replace(fact, **{name: not getattr(fact, name)}), known)


def vanishing_of_another(bench: Bench) -> Temptation:
    """u = 0 from E[v vᵀ] = 0 or Avg[v vᵀ] = 0, for another u; or for the v of another row."""
    random = bench.random
    facts = [
        one
        for one in bench.of(Equal)
        if isinstance(one.left, Applied)
        and isinstance(one.left.term, Product)
        and isinstance(one.right, Zero)
    ]
    if not facts or random.random() < 0.3:
        first, second = row_product(bench)[-1], row_product(bench)[-1]
        zero = Equal(mean(first * second.T), Zero(first.shape[0], second.shape[0]))
        return Temptation(Equal(first, Zero(*first.shape)), (), (zero, Integrable(first * first.T)))
    fact = random.choice(facts)
    other = random.choice((fact.left.term.factors[0], bench.term(fact.left.term.factors[0].shape)))
    return Temptation(Equal(other, Zero(*other.shape), random.random() < 0.5), (fact, *bench.of(Integrable)))


def of_another_term(bench: Bench) -> Temptation:
    """What is known of one matrix, of another of its shape, or of one made of it."""
    fact = bench.one(Invertible, Integrable, Polynomial, ConstantRank, Tight)
    other = bench.term(fact.term.shape)
    return Temptation(replace(fact, term=other), (fact,))


# -- limits of products, for matrices


def invertible_near_any_limit(bench: Bench) -> Temptation:
    """X is invertible, since it has a limit."""
    known = [
        one
        for one in bench.of(Equal)
        if isinstance(one.left, Applied)
        and one.left.operator in ("lim", "plim", "plim0")
        and _square(one.left)
    ]
    fact = bench.random.choice(known)
    return Temptation(Invertible(fact.left.term), (fact, *bench.of(Invertible)))


def vanishing_factor(bench: Bench) -> Temptation:
    """A B tends to 0, since A is bounded and something else tends to 0; or B tends to 0 and A is anything."""
    random = bench.random
    operator = random.choice(("plim", "plim0"))
    tight = [fact.term for fact in bench.of(Tight)]
    still = [s for s in VOCABULARY if not s.varies and not s.moves]
    first = random.choice(tight) if tight and random.random() < 0.5 else random.choice(still)
    known = [Tight(first)]
    second = bench.with_rows(first.shape[1])
    vanishing = Scaled(1 / SAMPLES_T, random.choice((second, random.choice(still))))
    if dependence(vanishing)[0] or dependence(vanishing)[1]:
        vanishing = Scaled(1 / SAMPLES_T, random.choice(still))
    facts = [
        one
        for one in bench.of(Equal)
        if isinstance(one.left, Applied) and one.left.operator == operator and isinstance(one.right, Zero)
    ]
    zero = Equal(Applied(operator, vanishing), Zero(*vanishing.shape))
    if random.random() < 0.4:
        first, second = Scaled(SAMPLES_T ** random.choice((1, 2)), first), vanishing
    product = product_of((first, second))
    claim = Equal(Applied(operator, product), Zero(*product.shape))
    return Temptation(claim, (*known, zero, *facts))


# -- equations


def another_side(bench: Bench) -> Temptation:
    """An equation that stands, put in at a place where another term of the shape stands."""
    random = bench.random
    fact, base = bench.one(Equal), bench.one(Equal)
    at, old = random.choice(list(places(base.left)))
    new = random.choice([side for side in (fact.left, fact.right) if side.shape == old.shape] or [None])
    if new is None:
        new = bench.term(old.shape)
    return Temptation(Equal(base.left, put(base.left, at, new)), (fact, base))


# -- single units


def _units(bench: Bench) -> None:
    if not isinstance(bench.claim, Same | Within) or isinstance(bench.claim, Bounded):
        raise ValueError("not about units")


def _parts(random: Random) -> sympy.Expr:
    alpha = {1: random.choice((1, 2))}
    noisy = random.choice(((), (1,), (2,), (1, 2)))
    return random.choice((sympy.Integer(1), kappa(3), derivative(alpha, noisy), derivative(alpha, ()), xi(1)))


def one_order_too_good(bench: Bench) -> Temptation:
    """O(c^k) dropped below c^(k+1); an equation up to an order as an exact one, or to a better one."""
    _units(bench)
    random = bench.random
    same = bench.of(Same)
    if same and random.random() < 0.5:
        fact = random.choice(same)
        if fact.below is not None:
            better = random.choice((None, fact.below + 1, fact.below + 2))
            return Temptation(Same(fact.left, fact.right, better), (fact,))
    power = random.randrange(4)
    base = _parts(random)
    rest = c**power * derivative({1: random.choice((1, 2))}, ())
    return Temptation(Same(base + rest, base, power + random.choice((1, 1, 2))))


def dependent_factors(bench: Bench) -> Temptation:
    """E(A B) = E(A) E(B) where both have the noise of one unit; moments that need not exist."""
    _units(bench)
    random = bench.random
    first = xi(random.choice((1, 2))) ** random.choice((1, 1, 2, 3))
    second = derivative({1: random.choice((1, 2))}, random.choice(((1,), (2,), (1, 2))))
    if random.random() < 0.3:
        second = xi(random.choice((1, 2))) ** random.choice((1, 2, 4, 6, 12))
    known = {xi(k): sympy.Integer(0) for k in (1, 2)} | {xi(k) ** 2: sympy.Integer(1) for k in (1, 2)}
    known |= {xi(k) ** r: kappa(r) for k in (1, 2) for r in (3, 4, 5)}
    value = known.get(first, E(first)) * known.get(second, E(second))
    if random.random() < 0.3:
        value = value.subs(KAPPAS[0], random.choice((KAPPAS[1], 0)))
    return Temptation(Same(E(first * second), value), tuple(bench.of(Same))[:3])


def moment_too_high(bench: Bench) -> Temptation:
    """E(A B) = E(A) E(B), for powers of which there need be no mean."""
    _units(bench)
    random = bench.random
    first, second = xi(1) ** random.choice((1, 2)), xi(2) ** random.choice((2, 3, 6, 12))
    if random.random() < 0.4:
        second = derivative(random.choice(({}, {1: 1}, {2: 3})), (2,)) ** random.choice((1, 2, 5))
    value = sympy.Integer(0) if first == xi(1) else E(second)
    return Temptation(Same(E(first * second), value))


def series_too_short(bench: Bench) -> Temptation:
    """E[(F(cξ) - F(0)) ξ^α / c] as that of a Taylor polynomial, up to an order that it does not reach."""
    _units(bench)
    random = bench.random
    degree = random.choice((1, 2, 3))
    weight = random.choice((xi(1), xi(1), xi(1) ** 2, xi(1) * xi(2), xi(2) ** 3)) / c ** random.choice(
        (0, 1, 2)
    )
    below = random.choice((degree, degree + 1, degree + 2, None))
    return Temptation(Same(E(difference(2) * weight), E(polynomial(2, degree) * weight), below))


def smaller_bound(bench: Bench) -> Temptation:
    """|X| ≤ b - O(c^k), from |X| ≤ b."""
    _units(bench)
    random = bench.random
    value, known = xi(1) * derivative({1: 1}, ()), {}
    fact = next(iter(random.sample(bench.of(Within), 1)), None) if bench.of(Within) else None
    if fact is not None and random.random() < 0.5:
        value, known = fact.value, {fact.value: fact.bound}
    bound = bound_of(value, known.get)
    if bound is None:
        raise ValueError("nothing bounds it")
    less = c ** random.choice((1, 2, 3)) * random.choice((1, sympy.Abs(derivative({1: 1}, ())), kappa(4)))
    number = random.choice((1, sympy.Rational(1, 2), c))
    return Temptation(Within(value, random.choice((bound - less, number * bound))), (fact,) if fact else ())


def another_derivative(bench: Bench) -> Temptation:
    """Taylor's formula of a step, with a derivative, an order or a unit changed."""
    _units(bench)
    random = bench.random
    fact = bench.claim if random.random() < 0.7 else bench.one(Same, Within)
    name = random.choice([n for n, v in vars(fact).items() if isinstance(v, sympy.Expr)])
    value = getattr(fact, name)
    old = random.choice([part for part in sympy.preorder_traversal(value) if isinstance(part, sympy.Expr)])
    new = random.choice(
        (2 * old, old / random.choice((2, 3, 4)), old * c, old / c, old * xi(1), old.subs(xi(2), xi(1)), -old)
    )
    return Temptation(replace(fact, **{name: value.xreplace({old: new})}))


# -- Gauss


def parts_of_anything(bench: Bench) -> Temptation:
    """E[X | x, y] = E[Y | x, y] for two symbols: of another layer, of no gradient."""
    random = bench.random
    first = random.choice([s for s in OF_A_ROW if s.columns == ONE])
    second = random.choice([s for s in OF_A_ROW if s.shape == first.shape])
    return Temptation(Equal(given(first), given(second)))


MISTAKES: dict[str, tuple[Mistake, ...]] = {
    "substitution": (flags, of_another_term, another_side),
    "definition": (another_side, flags),
    "linearity of expectation": (what_varies_goes_out, given_is_not_given),
    "tower property": (tower_whatever_stands_beside, given_is_not_given, means_that_need_not_exist),
    "independence": (mean_of_a_block, mean_of_factors, means_that_need_not_exist),
    "cancellation of an inverse": (cancelled, divided, spoken_of),
    "pseudo-inverse": (pseudo_inverted,),
    "positive definite": (semidefinite,),
    "vanishing second moment": (vanishing_of_another, flags),
    "positive ridge": (ridge_of_any_sign,),
    "projection": (oblique,),
    "c ≤ 1": (falling_bound,),
    "moments": (moment_of_another_power,),
    "domination": (flags, of_another_term),
    "Cauchy-Schwarz": (product_of_columns,),
    "invertible matrices form an open set": (invertible_near_any_limit,),
    "vanishing product": (vanishing_factor,),
    "arithmetic": (one_order_too_good,),
    "independent units": (dependent_factors, moment_too_high),
    "triangle inequality": (smaller_bound,),
    "Taylor with remainder": (another_derivative,),
    "Taylor under the mean": (series_too_short,),
    "Gaussian integration by parts": (parts_of_anything,),
}
"""For each rule the mistakes that look like it."""
