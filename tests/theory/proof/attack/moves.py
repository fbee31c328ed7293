"""Moves from a term to another of its shape: what a hasty reader takes for an equation, and plain changes.

Each move is right under some condition, such as an inverse that exists, independence, a rank that does not
jump. Without the condition it makes a false conclusion that looks like a true one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import sympy

from theory.proof.constants import LAYER, SAMPLES_T, c
from theory.proof.relations import Equal, Relation
from theory.proof.terms import (
    ONE,
    OPERATORS,
    Applied,
    Identity,
    IllTyped,
    Inverse,
    Product,
    PseudoInverse,
    Scaled,
    Shape,
    Sum,
    Symbol,
    Term,
    Transpose,
    Zero,
    at_layer,
    parts,
    product_of,
    rebuild,
)

GAMMA, MU = sympy.Symbol("γ", positive=True), sympy.Symbol("μ", nonnegative=True)
KAPPAS = tuple(sympy.Symbol(f"κ_{k}", real=True) for k in (3, 4, 5))


class Pool:
    """Terms that stand somewhere, by their shapes."""

    def __init__(self) -> None:
        self.by_shape: dict[Shape, list[Term]] = {}
        self.by_rows: dict[sympy.Expr, list[Term]] = {}
        self._seen: set[Term] = set()
        self.symbols: list[Symbol] = []

    def add(self, term: Term) -> None:
        """The term, its transpose, and all that is inside."""
        if term in self._seen:
            return
        self._seen.add(term)
        if isinstance(term, Symbol):
            self.symbols.append(term)
        for one in (term, term.T):
            self.by_shape.setdefault(one.shape, []).append(one)
            self.by_rows.setdefault(one.shape[0], []).append(one)
        for part in parts(term):
            self.add(part)

    def one(self, random: Random, shape: Shape) -> Term | None:
        """A term of the shape."""
        found = self.by_shape.get(shape)
        return random.choice(found) if found else None

    def any(self, random: Random) -> Term:
        """Any term."""
        return random.choice(self.by_shape[random.choice(list(self.by_shape))])

    def square(self, random: Random) -> Term | None:
        """A square one."""
        shapes = [shape for shape in self.by_shape if shape[0] == shape[1] and shape[0] != ONE]
        return random.choice(self.by_shape[random.choice(shapes)]) if shapes else None

    def chain(self, random: Random, shape: Shape, most: int = 4) -> Term | None:
        """A product of terms, some of them twisted, from the rows to the columns."""
        factors: list[Term] = []
        rows = shape[0]
        for left in range(most, 0, -1):
            following = self.by_rows.get(rows)
            if not following:
                return None
            ending = [term for term in following if term.shape[1] == shape[1]]
            if ending and (random.random() < 0.4 or left == 1):
                factors.append(twisted(random, random.choice(ending), 0.25))
                return product_of(tuple(factors))
            factor = twisted(random, random.choice(following), 0.25)
            factors.append(factor)
            rows = factor.shape[1]
        return None


def coefficient(random: Random) -> sympy.Expr:
    """A number in front: powers of c and T, constants of unknown sign, quotients with a limit."""
    kind = random.randrange(6)
    if kind == 0:
        return random.choice((sympy.Integer(-1), sympy.Integer(2), sympy.Rational(1, 2), sympy.Integer(0)))
    if kind in (1, 2):
        found = sympy.Integer(1)
        for base, powers in ((c, (0, 1, -1, 2, -2)), (SAMPLES_T, (0, 0, 1, -1))):
            found *= base ** random.choice(powers)
        if random.random() < 0.4:
            found *= random.choice((*KAPPAS, GAMMA, MU, KAPPAS[0] * KAPPAS[1]))
        return found
    first, second = random.sample(
        [
            c,
            1 / SAMPLES_T,
            GAMMA,
            MU,
            KAPPAS[0] ** 2,
            sympy.Integer(1),
            KAPPAS[1] ** 2,
            c**2,
            SAMPLES_T,
            c / SAMPLES_T,
        ],
        2,
    )
    if kind == 3:
        return first / (first + second)
    if kind == 4:
        return (first + second) * random.choice((1, -1, SAMPLES_T, 1 / c))
    return first - second


def tried(make: Callable[[], Term | None]) -> Term | None:
    """What is made; None where it cannot be written."""
    try:
        return make()
    except (IllTyped, ValueError, TypeError, ZeroDivisionError):
        return None


def twisted(random: Random, term: Term, chance: float) -> Term:
    """The term, or with a small chance its inverse, pseudo-inverse, multiple or mean."""
    if random.random() >= chance:
        return term
    return twist(random, term) or term


def twist(random: Random, term: Term) -> Term | None:
    """One change that keeps the shape and needs nothing else."""
    square = term.shape[0] == term.shape[1]
    choices: list[Callable[[], Term | None]] = [
        lambda: Scaled(coefficient(random), term),
        lambda: PseudoInverse(term.T),
        lambda: PseudoInverse(Scaled(coefficient(random), term.T)),
        lambda: Applied(random.choice(OPERATORS), term),
        lambda: term * (term.T * term),
        lambda: Scaled(coefficient(random), term),
        lambda: Applied(random.choice(OPERATORS), Scaled(coefficient(random), term)),
    ]
    if square:
        choices += [
            lambda: Inverse(term),
            lambda: term.T,
            lambda: PseudoInverse(term),
            lambda: Inverse(Scaled(coefficient(random), term)),
            lambda: term * term,
            lambda: term + Scaled(coefficient(random), Identity(term.shape[0])),
            lambda: Identity(term.shape[0]) - term * PseudoInverse(term),
        ]
    if isinstance(term, Scaled):
        choices += [
            lambda: Scaled(-term.coefficient, term.term),
            lambda: Scaled(term.coefficient * coefficient(random), term.term),
        ] * 2
    if isinstance(term, Applied | Transpose | Inverse | PseudoInverse | Scaled):
        inside = term.term
        if inside.shape == term.shape:
            choices += [lambda: inside] * 3
        choices += [lambda: rebuild(term, lambda part: Scaled(coefficient(random), part))] * 2
    if isinstance(term, Applied):
        choices += [lambda: Applied(random.choice(OPERATORS), term.term)] * 2
    if isinstance(term, Symbol) and term.index is not None:
        choices += [lambda: at_layer(term, LAYER + random.choice((1, -1)))]
    return tried(random.choice(choices))


def change(random: Random, term: Term, pool: Pool) -> Term | None:
    """One change at this place that keeps the shape."""
    kind = random.randrange(10)
    if kind < 3:
        return twist(random, term)
    if kind < 5:
        return pool.one(random, term.shape)
    if kind < 7:
        other = pool.chain(random, term.shape)
        if other is None:
            return None
        return tried(lambda: random.choice((term + other, term - other, other)))
    if random.random() < 0.25:  # X⁺ X or X⁻¹ X more
        other = random.choice(pool.by_rows.get(term.shape[0], [term]))
        kind = Inverse if other.shape[0] == other.shape[1] and random.random() < 0.5 else PseudoInverse
        sides = [other, tried(lambda: kind(other))]
        random.shuffle(sides)
        return tried(lambda: sides[0] * sides[1] * term)
    if isinstance(term, Product):
        k = random.randrange(len(term.factors))
        factors = list(term.factors)
        how = random.randrange(4)
        if how == 0 and k + 1 < len(factors):
            factors[k], factors[k + 1] = factors[k + 1], factors[k]
        elif how == 1:
            del factors[k]
        elif how == 2:
            factors[k] = factors[k].T
        else:
            loop = pool.one(random, (factors[k].shape[1], factors[k].shape[1]))
            if loop is None:
                return None
            factors[k + 1 : k + 1] = [loop] * random.choice((1, 1, 2, 6))
        return tried(lambda: product_of(tuple(factors)) if factors else None)
    if isinstance(term, Sum):
        k = random.randrange(len(term.terms))
        rest = (*term.terms[:k], *term.terms[k + 1 :])
        if random.random() < 0.5:
            return rest[0] if len(rest) == 1 else Sum(rest)
        return tried(
            lambda: Sum((*term.terms[:k], Scaled(coefficient(random), term.terms[k]), *term.terms[k + 1 :]))
        )
    # one number or loop more at an end
    loop = pool.one(random, (term.shape[1], term.shape[1])) or pool.one(
        random, (term.shape[0], term.shape[0])
    )
    if loop is None:
        return None
    times = random.choice((1, 2, 3, 6))

    def around() -> Term:
        found = term
        for _ in range(times):
            found = found * loop if loop.shape[0] == term.shape[1] else loop * found
        return found

    return tried(around)


def move(random: Random, term: Term, facts: list[Equal]) -> Term | None:
    """One move at this place: right under a condition."""
    choices: list[Callable[[], Term | None]] = []
    match term:
        case Applied(operator, inside):
            choices += [lambda: inside]
            choices += [lambda: Applied(random.choice(OPERATORS), inside)]
            match inside:
                case Product(factors):
                    k = random.randrange(1, len(factors))
                    left, right = product_of(factors[:k]), product_of(factors[k:])
                    choices += [
                        lambda: Applied(operator, left) * Applied(operator, right),
                        lambda: left * Applied(operator, right),
                        lambda: Applied(operator, left) * right,
                    ]
                    if len(factors) > 2:
                        middle = product_of(factors[1:-1])
                        choices += [lambda: factors[0] * Applied(operator, middle) * factors[-1]]
                    for j, factor in enumerate(factors):
                        other = random.choice(("E|", "E", "lim", "plim", operator))
                        choices += [
                            lambda j=j, factor=factor, other=other: Applied(
                                operator,
                                product_of((*factors[:j], Applied(other, factor), *factors[j + 1 :])),
                            )
                        ]
                        if isinstance(factor, Applied):
                            choices += [
                                lambda j=j, factor=factor: Applied(
                                    operator, product_of((*factors[:j], factor.term, *factors[j + 1 :]))
                                )
                            ] * 2
                    start = random.randrange(len(factors))
                    end = random.randrange(start + 1, len(factors) + 1)
                    which = random.choice(("E", "E", "E|", operator))
                    choices += [
                        lambda: Applied(
                            operator,
                            product_of(
                                (
                                    *factors[:start],
                                    Applied(which, product_of(factors[start:end])),
                                    *factors[end:],
                                )
                            ),
                        )
                    ] * 2
                    block = _noise_block(factors)
                    if block is not None:
                        choices += [lambda: Applied(operator, block)] * 3
                case Sum(terms):
                    choices += [lambda: Sum(tuple(Applied(operator, part) for part in terms))] * 2
                case Scaled(number, part):
                    choices += [lambda: Scaled(number, Applied(operator, part))]
                case Applied(other, part):
                    choices += [
                        lambda: Applied(other, Applied(operator, part)),
                        lambda: Applied(operator, part),
                    ] * 2
                case Inverse(part) | PseudoInverse(part):
                    choices += [lambda: type(inside)(Applied(operator, part))] * 3
                case Transpose(part):
                    choices += [lambda: Applied(operator, part).T]
            if operator in ("plim", "plim0") and isinstance(inside, Applied) and inside.operator == "Avg":
                choices += [lambda: Applied("E", inside.term)] * 2
        case Inverse(inside) | PseudoInverse(inside):
            kind = type(term)
            match inside:
                case Product(factors):
                    k = random.randrange(1, len(factors))
                    left, right = product_of(factors[:k]), product_of(factors[k:])
                    choices += [
                        lambda: kind(right) * kind(left),
                        lambda: kind(left) * kind(right),
                        lambda: PseudoInverse(right) * PseudoInverse(left),
                    ]
                case Sum(terms):
                    choices += [lambda: Sum(tuple(kind(part) for part in terms)), lambda: kind(terms[0])]
                case Scaled(number, part):
                    choices += [lambda: Scaled(1 / number, kind(part)), lambda: Scaled(number, kind(part))]
                case Inverse(part) | PseudoInverse(part):
                    choices += [lambda: part] * 2
            choices += [
                lambda: Inverse(inside),
                lambda: PseudoInverse(inside),
                lambda: term * inside * term,
                lambda: kind(inside.T).T,
                lambda: kind(inside.T) if inside.shape[0] == inside.shape[1] else None,
            ]
        case Product(factors):
            for k in range(len(factors) - 1):
                first, second = factors[k], factors[k + 1]
                if first.shape[0] == second.shape[1]:
                    if isinstance(first, Inverse | PseudoInverse) or isinstance(
                        second, Inverse | PseudoInverse
                    ):
                        choices += [
                            lambda k=k: product_of(
                                (*factors[:k], Identity(factors[k].shape[0]), *factors[k + 2 :])
                            )
                        ] * 2
                    if first.shape == second.shape:
                        choices += [
                            lambda k=k: product_of(
                                (*factors[:k], factors[k + 1], factors[k], *factors[k + 2 :])
                            )
                        ]
                if (
                    isinstance(first, Applied)
                    and isinstance(second, Applied)
                    and first.operator == second.operator
                ):
                    choices += [
                        lambda k=k, first=first, second=second: product_of(
                            (
                                *factors[:k],
                                Applied(first.operator, first.term * second.term),
                                *factors[k + 2 :],
                            )
                        )
                    ]
        case Sum(terms):
            choices += [lambda: terms[0]]
        case Symbol():
            if term.shape[0] == term.shape[1]:
                choices += [lambda: term.T, lambda: Identity(term.shape[0])]
            choices += [lambda: Applied("lim", term), lambda: Applied("plim", term)]
            choices += [lambda: Zero(*term.shape)]
    for fact in facts:
        for old, new in ((fact.left, fact.right), (fact.right, fact.left)):
            if old.shape == term.shape and isinstance(old, Applied) and old.term == term:
                choices += [lambda new=new: new] * 3  # a limit taken for the thing itself
            if old == term:
                choices += [lambda new=new: new] * 4
            if old.shape == term.shape[::-1] and term == old.T:
                choices += [lambda new=new: new.T] * 4
    if term.shape[0] == term.shape[1] and term.shape[0] != ONE:
        choices += [lambda: term.T]
    if not choices:
        return None
    return tried(random.choice(choices))


def _noise_block(factors: tuple[Term, ...]) -> Term | None:
    """u v vᵀ w with E[v vᵀ] in the middle, for the first column times a row."""
    for k in range(len(factors) - 1):
        if factors[k].shape[1] == ONE and factors[k].shape[0] != ONE:
            middle = Applied("E", factors[k] * factors[k + 1]) if factors[k + 1].shape[0] == ONE else None
            if middle is not None:
                return product_of((*factors[:k], middle, *factors[k + 2 :]))
    return None


def places(term: Term, at: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Term]]:
    """All places of a term."""
    yield at, term
    for k, part in enumerate(parts(term)):
        yield from places(part, (*at, k))


def put(term: Term, at: tuple[int, ...], new: Term) -> Term:
    """The term with another at the place."""
    if not at:
        return new
    counter = iter(range(10**6))
    return rebuild(term, lambda part: put(part, at[1:], new) if next(counter) == at[0] else part)


def everywhere(term: Term, old: Term, new: Term) -> Term:
    """The term with every occurrence replaced, transposed ones too."""
    if term == old:
        return new
    if isinstance(term, Transpose) and term.term == old:
        return new.T
    return rebuild(term, lambda part: everywhere(part, old, new))


def altered(random: Random, term: Term, how: Callable[[Term], Term | None]) -> Term | None:
    """The term changed at one place."""
    at, old = random.choice(list(places(term)))
    new = how(old)
    if new is None or new == old:
        return None
    return tried(lambda: put(term, at, new))


def terms_in(relation: Relation) -> list[Term]:
    """The terms that the relation is about."""
    return [value for value in vars(relation).values() if isinstance(value, Term)]
