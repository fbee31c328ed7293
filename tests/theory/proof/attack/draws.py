"""Conclusions drawn at a point of a proof: near misses of what stands there, shapes that rules look for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import sympy

from tests.theory.proof.attack.moves import (
    KAPPAS,
    Pool,
    altered,
    change,
    coefficient,
    everywhere,
    move,
    places,
    terms_in,
    twist,
    twisted,
)
from theory.proof.constants import LAYER, SAMPLES_T, c
from theory.proof.relations import (
    Bounded,
    ConstantRank,
    Equal,
    Finite,
    FirstOrder,
    Integrable,
    Invertible,
    Normal,
    Polynomial,
    Relation,
    Same,
    Tight,
    Within,
    relation_at,
)
from theory.proof.sizes import size_of
from theory.proof.terms import (
    ONE,
    Applied,
    Identity,
    Inverse,
    Product,
    PseudoInverse,
    Scaled,
    Term,
    Zero,
    product_of,
)
from theory.proof.units import E, derivative, xi


class Desk:
    """What lies at hand at one point: the claim of the step, what it cites, what else stands there."""

    def __init__(
        self,
        random: Random,
        claim: Relation,
        cited: Sequence[Relation],
        standing: Sequence[Relation],
        symbols: Sequence[Term],
    ) -> None:
        self.random, self.claim = random, claim
        self.cited, self.standing = list(cited), list(standing)
        self.pool = Pool()
        for relation in (claim, *cited):
            for term in terms_in(relation):
                self.pool.add(term)
        self.near = Pool()
        for relation in (claim, *cited, *standing):
            for term in terms_in(relation):
                self.near.add(term)
        for symbol in symbols:
            self.near.add(symbol)
        self.equations = [one for one in (*cited, *standing) if isinstance(one, Equal)]
        self.numbers = _numbers((claim, *cited, *standing))

    def terms(self) -> Pool:
        """The nearer pool mostly."""
        return self.pool if self.random.random() < 0.6 and self.pool.by_shape else self.near

    def base(self) -> Relation:
        """The claim mostly; or a premise, or another fact."""
        r = self.random.random()
        if r < 0.7 or not self.standing:
            return self.claim
        return (
            self.random.choice(self.cited) if r < 0.85 and self.cited else self.random.choice(self.standing)
        )

    def draw(self) -> Relation | None:
        """One conclusion; None where it could not be written."""
        random = self.random
        if isinstance(self.claim, Same | Within) and not isinstance(self.claim, Bounded):
            return tried_relation(lambda: self._number_relation(self.base()))
        r = random.random()
        if r < 0.12:
            return tried_relation(self._other_kind)
        if r < 0.22:
            return tried_relation(self._both_sides)
        base = self.base()
        found: Relation | None = base
        for _ in range(random.choice((1, 1, 1, 2, 2, 3))):
            if found is None:
                return None
            found = tried_relation(lambda found=found: self._once(found))
        return found

    # -- one change ----------------------------------------------------------------------------------------

    def _once(self, relation: Relation) -> Relation | None:
        random = self.random
        names = list(relation.__dataclass_fields__)
        name = random.choice(names)
        value = getattr(relation, name)
        if isinstance(value, bool):
            return replace(relation, **{name: not value})
        if isinstance(value, sympy.Expr):
            return replace(relation, **{name: self._number(value)})
        if not isinstance(value, Term):
            return replace(relation, **{name: self._below(value)})
        r = random.random()
        if r < 0.12:  # the same change wherever a term stands
            _, old = random.choice(list(places(value)))
            new = change(random, old, self.terms())
            if new is None:
                return None
            changed = {
                key: everywhere(getattr(relation, key), old, new)
                for key in names
                if isinstance(getattr(relation, key), Term)
            }
            return replace(relation, **changed)
        if r < 0.2:
            return relation_at(relation, LAYER + random.choice((1, -1)))
        if r < 0.6:
            new_term = altered(random, value, lambda old: move(random, old, self.equations))
        else:
            new_term = altered(random, value, lambda old: change(random, old, self.terms()))
        return None if new_term is None else replace(relation, **{name: new_term})

    def _below(self, value: Any) -> Any:
        return (
            self.random.choice((None, 0, 1, 2, 3, 4, 5))
            if value is None
            else value + self.random.choice((1, 1, 2, -1))
        )

    def _both_sides(self) -> Relation | None:
        """A true equation with the same done to both sides, or its limit taken by a generic rule."""
        random = self.random
        base = self.base()
        if isinstance(base, Equal) and isinstance(base.left, Applied) and random.random() < 0.7:
            number = coefficient(random)
            operator = base.left.operator
            point: list[tuple[sympy.Symbol, sympy.Expr]] = []
            if operator in ("lim", "plim0"):
                point.append((c, sympy.Integer(0)))
            if operator in ("plim", "plim0"):
                point.append((SAMPLES_T, sympy.oo))
            value = number
            for symbol, where in point:
                value = sympy.limit(value, symbol, where)
            if value.is_finite is not True:
                value = sympy.Integer(random.choice((0, 1, -1)))
            inside = base.left.term
            factor = self.terms().square(random) if random.random() < 0.3 else None
            if factor is not None and factor.shape[0] == inside.shape[1]:
                return Equal(
                    Applied(operator, Scaled(number, inside * factor)), Scaled(value, base.right * factor)
                )
            return Equal(Applied(operator, Scaled(number, inside)), Scaled(value, base.right))
        shaped = self._shaped() if random.random() < 0.5 else None
        if shaped is not None:
            return shaped
        equation = random.choice(self.equations) if self.equations else None
        if equation is None:
            return None
        kind = type(base) if isinstance(base, Equal | FirstOrder) else Equal
        how = random.randrange(6)
        if how == 0:
            operator = random.choice(("E", "E|", "Avg", "plim", "lim", "plim0"))
            return kind(Applied(operator, equation.left), Applied(operator, equation.right))
        if how == 1:
            other = self.terms().one(random, (equation.left.shape[1], equation.left.shape[1]))
            return None if other is None else kind(equation.left * other, other * equation.right)
        if how == 2:
            second = random.choice(self.equations)
            return kind(equation.left * second.left, equation.right * second.right)
        if how == 3:
            left, right = twist(random, equation.left), equation.right
            return None if left is None else kind(left, right)
        if how == 4:
            return kind(equation.left - equation.right, Zero(*equation.left.shape))
        start = self.terms().any(random)
        end = start
        for _ in range(random.choice((1, 1, 2, 3))):
            changed = altered(random, end, lambda old: move(random, old, self.equations))
            end = changed or end
        return None if end == start else kind(start, end)

    def premise(self) -> Relation | None:
        """What may be true of a world: of what an invertible matrix, or a mean, would not allow."""
        random, pool = self.random, self.near

        def made() -> Relation | None:
            how = random.randrange(4)
            square = pool.square(random)
            if square is None:
                return None
            if how == 0:
                rest = Identity(square.shape[0]) - square * PseudoInverse(square)
                return Equal(rest.T * square * rest, Zero(*square.shape))
            if how == 1:
                columns = pool.by_rows.get(square.shape[1], [square])
                column = random.choice(columns)
                return random.choice(
                    (
                        Equal(column.T * square * column, Zero(column.shape[1], column.shape[1])),
                        Equal(square * column, Zero(square.shape[0], column.shape[1])),
                    )
                )
            return Invertible(square) if how == 2 else self.draw()

        return tried_relation(made)

    def _shaped(self) -> Relation | None:
        """What a premise invites to: a mean of what is integrable taken apart, a limit with a factor more."""
        random = self.random
        facts = [
            one
            for one in (*self.cited, *self.standing)
            if isinstance(one, Integrable | Tight)
            or (isinstance(one, Equal) and isinstance(one.left, Applied | Product))
        ]
        if not facts:
            return None
        fact = random.choice(facts)
        match fact:
            case Integrable(term):
                if random.random() < 0.4:
                    term = altered(random, term, lambda old: change(random, old, self.terms())) or term
                start: Term = Applied(random.choice(("E", "E", "E|", "Avg")), term)
                if random.random() < 0.3:
                    start = Applied(random.choice(("lim", "plim", "plim0")), start)
                end = start
                for _ in range(random.choice((1, 1, 2))):
                    end = altered(random, end, lambda old: move(random, old, self.equations)) or end
                return None if end == start else Equal(start, end)
            case Tight(term):
                other = random.choice(self.terms().by_rows.get(term.shape[1], [term]))
                product = term * twisted(random, other, 0.4)
                return Equal(Applied(random.choice(("plim", "plim0")), product), Zero(*product.shape))
            case Equal(Applied(operator, inside), right) if operator in ("lim", "plim", "plim0"):
                if random.random() < 0.3 and inside.shape[0] == inside.shape[1]:
                    return Invertible(inside)
                other = self.terms().one(random, (inside.shape[0], inside.shape[0])) or Identity(
                    inside.shape[0]
                )
                factor = twist(random, other) or other
                return Equal(Applied(operator, factor * inside), factor * right)
            case Equal(Product(factors), right):
                first = factors[0]
                if first.shape[0] == first.shape[1] and random.random() < 0.5:
                    kind = random.choice((Inverse, PseudoInverse))
                    return Equal(kind(first) * right, product_of(factors[1:]))
                end = factors[-1]
                return Equal(end, Zero(*end.shape))
        return None

    # -- other kinds ---------------------------------------------------------------------------------------

    def _term(self) -> Term | None:
        """A term that stands, a chain, or one of them twisted."""
        random, pool = self.random, self.terms()
        found: Term | None = pool.any(random)
        r = random.random()
        if r < 0.3:
            found = pool.chain(random, found.shape)
        elif r < 0.5:
            left = random.choice(pool.by_rows[found.shape[1]]) if found.shape[1] in pool.by_rows else None
            found = None if left is None else found * left
        elif r < 0.7:
            inside = found
            found = altered(random, inside, lambda old: change(random, old, pool))
        return None if found is None else twisted(random, found, 0.3)

    def _other_kind(self) -> Relation | None:
        random = self.random
        kinds: list[type[Any]] = [
            Integrable,
            Invertible,
            ConstantRank,
            Tight,
            Polynomial,
            Equal,
            FirstOrder,
            Normal,
            Bounded,
            Finite,
        ]
        own = [kind for kind in (type(self.claim),) if kind in kinds]
        kind = random.choice(own) if own and random.random() < 0.4 else random.choice(kinds)
        if kind is Finite:
            return (
                Finite(self._number(random.choice(self.numbers)), random.random() < 0.5)
                if self.numbers
                else None
            )
        if kind is Invertible:
            square = self.terms().square(random)
            if square is None:
                return None
            if random.random() < 0.5:
                square = twisted(random, square, 0.7)
            return Invertible(square)
        term = self._term()
        if kind is Integrable and random.random() < 0.4:
            columns = [one for one in self.near.symbols if one.shape[1] == ONE]
            if len(columns) > 1:
                first, second = random.choice(columns), random.choice(columns)
                return Integrable(first * second.T, random.random() < 0.3)
        if term is None:
            return None
        if kind is Equal and random.random() < 0.5:
            return Equal(term, Zero(*term.shape))
        if kind in (Equal, FirstOrder):
            other = altered(random, term, lambda old: move(random, old, self.equations)) or self.terms().one(
                random, term.shape
            )
            return None if other is None else kind(term, other)
        if kind is Normal:
            if term.shape[1] != ONE:
                return None
            return Normal(Applied("Avg", term), Applied("E", term * term.T))
        if kind is Bounded:
            bound = (
                size_of(
                    term, {b.term: b.bound for b in (*self.cited, *self.standing) if isinstance(b, Bounded)}
                )
                if random.random() < 0.7
                else random.choice(self.numbers)
            )
            return Bounded(term, self._number(bound) if random.random() < 0.6 else bound)
        if kind is Integrable:
            return Integrable(term, random.random() < 0.3)
        return kind(term)

    # -- numbers -------------------------------------------------------------------------------------------

    def _number(self, value: sympy.Expr) -> sympy.Expr:
        """The number changed at one place."""
        random = self.random
        pool = self.numbers or [value]
        how = random.randrange(14)
        other = random.choice(pool)
        if how == 0:
            return value * other ** random.choice((1, 1, 2, -1, -2))
        if how == 1:
            return value * random.choice((2, sympy.Rational(1, 2), -1, 0))
        if how == 2:
            return value * random.choice((c, 1 / c, c**2))
        if how == 3:
            terms = list(sympy.Add.make_args(value))
            terms.pop(random.randrange(len(terms)))
            return sympy.Add(*terms)
        if how == 4:
            return value + random.choice((1, -1, 2)) * other
        if how in (5, 6, 7):
            inner = [part for part in sympy.preorder_traversal(value) if isinstance(part, sympy.Expr)]
            old = random.choice(inner)
            new = random.choice(
                (
                    other,
                    old**2,
                    1 / old,
                    old ** random.choice((3, 10)),
                    old * other,
                    old / other,
                    old + 1,
                    old + other,
                    -old,
                    old * c,
                    2 * old,
                    sympy.Integer(0),
                    sympy.Integer(1),
                    coefficient(random) * old,
                )
            )
            return value.xreplace({old: new})
        if how == 8:
            return value.subs(LAYER, LAYER + random.choice((1, -1)))
        if how == 9:
            return value ** random.choice((2, -1, 3, sympy.Rational(1, 2)))
        if how == 10:
            return 1 / other if random.random() < 0.5 else other
        if how == 11:
            return (
                value.subs(c, random.choice((1, 0, c**2, 2 * c)))
                if random.random() < 0.7
                else random.choice((sympy.oo, sympy.zoo, sympy.nan, -sympy.oo))
            )
        return value * coefficient(random)

    def _number_relation(self, base: Relation) -> Relation | None:
        """A claim about single units, or about sizes, changed."""
        random = self.random
        r = random.random()
        if r < 0.2:
            return self._moment()
        if r < 0.3 and isinstance(base, Same):
            factor = random.choice((c, 1 / c, xi(1), xi(2) ** 2, random.choice(self.numbers)))
            power = random.choice((1, 2, -1))
            return Same(base.left * factor**power, base.right * factor**power, base.below)
        if r < 0.36 and isinstance(base, Same):
            return Same(E(base.left), E(base.right), base.below)
        if r < 0.44 and isinstance(base, Same):
            return Within(
                base.left, random.choice((sympy.Abs(base.right), base.right, 0, sympy.Abs(base.left) / 2))
            )
        if r < 0.48 and isinstance(base, Within):
            return Same(base.value, base.bound, random.choice((None, 1, 2, 3)))
        found: Relation | None = base
        for _ in range(random.choice((1, 1, 2))):
            if found is None:
                return None
            found = self._once(found)
        return found

    def _moment(self) -> Relation:
        """The mean of a product of powers, as if the units were independent and had those moments."""
        random = self.random
        units = random.sample((1, 2, 3), random.choice((1, 2, 2, 3)))
        powers = {unit: random.choice((1, 1, 2, 2, 3, 4, 5, 6, 8, 10, -1, -2)) for unit in units}
        inside = sympy.Mul(*(xi(unit) ** power for unit, power in powers.items()))
        value = sympy.Integer(1)
        for power in powers.values():
            known = {1: sympy.Integer(0), 2: sympy.Integer(1), 3: KAPPAS[0], 4: KAPPAS[1], 5: KAPPAS[2]}
            value *= known.get(power, E(xi(1) ** power))
        if random.random() < 0.3:
            inside *= random.choice(
                (derivative({1: 1}, ()), derivative({1: 1}, (2,)), derivative({}, (1, 2)), sympy.exp(xi(1)))
            )
        if random.random() < 0.4:
            value = self._number(value)
        return Same(E(inside), value, random.choice((None, None, None, 1, 3)))


def tried_relation(make: Callable[[], Relation | None]) -> Relation | None:
    """What is made; None where it cannot be written."""
    try:
        return make()
    except (
        ValueError,
        TypeError,
        ZeroDivisionError,
        LookupError,
        NotImplementedError,
        AttributeError,
        RecursionError,
    ):
        return None


def _numbers(relations: Sequence[Relation]) -> list[sympy.Expr]:
    """Numbers that stand somewhere, and what they are made of."""
    found: dict[sympy.Expr, None] = {}
    for relation in relations:
        for value in vars(relation).values():
            if isinstance(value, sympy.Expr):
                found[value] = None
                for part in sympy.preorder_traversal(value):
                    if isinstance(part, sympy.Symbol | sympy.core.function.AppliedUndef) and part != LAYER:
                        found[part] = None
    return list(found)
