"""Worlds in which conclusions are true or false: numbers for every symbol, without a rule of the checker.

A world is a network with finitely many typical rows, at a noise scale c, and a sample of T rows: the
population, its weights moved by ε = T^(-1/2). A limit is not taken but gone along: inside plim, ε is ε*,
inside lim, c is c*, both tiny, and two worlds with ε* and c* ever smaller show whether a difference vanishes.
So what grows is seen to grow: T = ε⁻² hidden in an inverse, a pseudo-inverse across a jump of the rank, 1/c.

A heavy world has besides one row with a large error and one with a large noise, both of weight ε², as among T
rows of a law that has just the moments that are supposed: the largest of T rows with P(s > r) = r^(-α) is
T^(1/α). It tells what needs more moments. All numbers are floats of some thousand bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any, TypeAlias

import sympy
from flint import arb, arb_mat

from theory.exact.designs import Design
from theory.exact.network import rational
from theory.exact.population import Problem, scaled_differences
from theory.proof.constants import DEPTH, LAYER, SAMPLES_T, c, width
from theory.proof.relations import Equal
from theory.proof.terms import (
    DATUM,
    LIMITS,
    NOISE,
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
    deep,
    dependence,
)
from theory.proof.vocabulary import OUTPUT, RIDGE_WEIGHT, UNITS, define

BITS = 4500
NOTHING = arb(2) ** -2600
"""What is smaller, beside 1, is 0 rounded."""

DOUBTFUL = arb(2) ** -2200
"""What lies between has lost too many digits for a rank to be told."""

OF_ANOTHER_LAW = -5
"""log2 of how far the law of the sample is from that of the row, where nothing is supposed of it."""

Matrix: TypeAlias = Any  # arb_mat
Place: TypeAlias = tuple[int, int]
"""log2 of c and of ε."""


_OF_A_LIMIT = arb(2) ** 60
"""The pseudo-inverse of a limit is smaller: a larger one is of a limit of lower rank, not quite met."""


class NoValue(ArithmeticError):
    """The term has no value in this world."""


class Undefined(NoValue):
    """The term speaks of the inverse of a singular matrix, or divides by 0."""


@dataclass(frozen=True)
class Limits:
    """How small the numbers are that stand for limits: c* and ε*, and the two of the joint limit."""

    c: int
    epsilon: int
    joint: Place


@dataclass(frozen=True, eq=False)
class World:
    """``typical`` data and atoms carry the population; ``outliers`` are rows of weight ε², of a heavy law.

    ``fit`` and ``tends`` are the definitions of B̂ and W̃; ``shifts`` how the sample moves, row by row;
    ``limits`` the numbers for limits; ``place`` the c and ε of the claim itself; ``another_law``: 1 or
    -1 where the sample moves that way by what does not vanish as it grows; ``rough``: L̃ - L does not fall
    with c; ``dependent``: the noise depends on the datum.
    """

    problem: Problem
    design: Design
    typical: tuple[int, int]
    outliers: tuple[tuple[int, int], ...]
    place: Place
    limits: Limits
    fit: str
    tends: str
    shifts: Mapping[tuple[int, int], Any]
    constants: Mapping[sympy.Symbol, Fraction]
    free: Mapping[str, Callable[[World, int, int, int, Place], Matrix]]
    power: int
    another_law: int = 0
    rough: bool = False
    dependent: bool = False
    memory: dict[Any, Any] = field(default_factory=dict)
    terms: dict[Any, Any] = field(default_factory=dict)

    @property
    def depth(self) -> int:
        """N."""
        return len(self.problem.network.weights) - 1

    @cached_property
    def rows(self) -> tuple[tuple[tuple[int, int], arb], ...]:
        """The typical rows with their probabilities."""
        data = self.typical[0]
        return tuple(((t, a), p / data) for t in range(data) for a, p in enumerate(self.probabilities(t)))

    def probabilities(self, t: int) -> list[arb]:
        """Those of the typical atoms, given the datum. Where the noise depends on it, an atom is more likely
        with the first datum, and less with the second: by itself the noise has the law it had.
        """
        found = [arb(rational(p)) for p in self.design.probabilities[: self.typical[1]]]
        if not self.dependent:
            return found
        drawn = [arb((a * a + a) % 5) for a in range(len(found))]
        middle = sum((v * p for v, p in zip(drawn, found, strict=True)), arb(0))
        sign = {0: 1, 1: -1}.get(t, 0)
        return [p * (1 + sign * (v - middle) / 8) for v, p in zip(drawn, found, strict=True)]

    def weighted(self, place: Place, sample: bool) -> tuple[tuple[tuple[int, int], arb], ...]:
        """All rows that count, with their weights: in the sample they are moved by ε."""
        key = ("rows", place[1], sample)
        if key not in self.memory:
            epsilon = two(place[1])
            moved = two(OF_ANOTHER_LAW) * self.another_law if self.another_law else epsilon
            found = [(row, p + moved * self.shifts.get(row, 0) if sample else p) for row, p in self.rows]
            found += [(row, epsilon * epsilon) for row in self.outliers]
            self.memory[key] = tuple(found)
        return self.memory[key]

    def forget(self) -> None:
        """What was computed of terms, where it has become much."""
        if len(self.terms) > 20_000:
            self.terms.clear()

    # -- terms ---------------------------------------------------------------------------------------------

    def value(self, term: Term, layer: int, t: int, a: int, place: Place) -> Matrix:
        """The value for i = ``layer``, a datum, an atom, at a place."""
        varies = depends(term)[0]
        key = (
            term,
            layer,
            t if DATUM in varies else 0,
            a if NOISE in varies else 0,
            place,
        )
        found = self.terms.get(key)
        if found is None:
            found = self.terms[key] = self._value(term, layer, t, a, place)
        return found

    def _value(self, term: Term, layer: int, t: int, a: int, place: Place) -> Matrix:
        match term:
            case Symbol():
                index = 0 if term.index is None else self.integer(term.index, layer)
                return self.symbol(term.name, index, t, a, place, term)
            case Identity():
                return identity(self.integer(term.size, layer))
            case Zero():
                return arb_mat(self.integer(term.rows, layer), self.integer(term.columns, layer))
            case Product():
                found = self.value(term.factors[0], layer, t, a, place)
                for factor in term.factors[1:]:
                    found = multiply(found, self.value(factor, layer, t, a, place))
                return found
            case Sum():
                found = self.value(term.terms[0], layer, t, a, place)
                for part in term.terms[1:]:
                    found = found + self.value(part, layer, t, a, place)
                return found
            case Scaled():
                return self.value(term.term, layer, t, a, place) * self.coefficient(term.coefficient, place)
            case Transpose():
                return self.value(term.term, layer, t, a, place).transpose()
            case Inverse():
                inside = self.value(term.term, layer, t, a, place)
                try:
                    return inverse(inside)
                except NoValue as error:
                    raise Undefined(str(error)) from None
            case PseudoInverse():
                found = pseudo_inverse(self.value(term.term, layer, t, a, place))
                if bool(largest(found) > _OF_A_LIMIT) and any(_is_limit(part) for part in deep(term.term)):
                    raise NoValue("a limit may be 0 where the number that stands for it is small")
                return found
            case Applied():
                return self._applied(term, layer, t, a, place)
        raise NoValue(f"{term!r}")

    def _applied(self, term: Applied, layer: int, t: int, a: int, place: Place) -> Matrix:
        inside = term.term
        match term.operator:
            case "E" | "E′":
                return self.mean(
                    lambda s, b: self.value(inside, layer, s, b, place), self.weighted(place, False)
                )
            case "Avg":
                return self.mean(
                    lambda s, b: self.value(inside, layer, s, b, place), self.weighted(place, True)
                )
            case "E|":
                return self.mean(
                    lambda _, b: self.value(inside, layer, t, b, place),
                    tuple(((t, b), p) for b, p in enumerate(self.probabilities(t))),
                )
            case "plim":
                return self.value(inside, layer, t, a, (place[0], self.limits.epsilon))
            case "lim":
                return self.value(inside, layer, t, a, (self.limits.c, place[1]))
            case "plim0":
                return self.value(inside, layer, t, a, self.limits.joint)
        raise NoValue(term.operator)

    def mean(
        self, value: Callable[[int, int], Matrix], rows: Iterable[tuple[tuple[int, int], arb]]
    ) -> Matrix:
        """The weighted sum."""
        total = None
        for (t, a), weight in rows:
            part = value(t, a) * weight
            total = part if total is None else total + part
        return total

    def coefficient(self, value: sympy.Expr, place: Place) -> arb:
        """A number in front of a matrix."""
        key = ("number", value, place)
        if key not in self.memory:
            self.memory[key] = self.scalar(value, place)
        return self.memory[key]

    def scalar(self, value: sympy.Expr, place: Place) -> arb:
        """A rational expression in the constants."""
        if value.is_Rational:
            return arb(int(value.p)) / int(value.q)
        if value == c:
            return two(place[0])
        if value == SAMPLES_T:
            return 1 / (two(place[1]) * two(place[1]))
        if value in self.constants:
            return number(self.constants[value])
        if value.is_Add:
            return sum((self.scalar(part, place) for part in value.args), arb(0))
        if value.is_Mul:
            found = arb(1)
            for part in value.args:
                found = found * self.scalar(part, place)
            return found
        if value.is_Pow and value.exp.is_Integer:
            base, power = self.scalar(value.base, place), int(value.exp)
            if power < 0 and is_nothing(base):
                raise Undefined(f"{value} divides by 0")
            return settled_number(base**power)
        raise NoValue(f"{value} has no value")

    def integer(self, expression: sympy.Expr, layer: int) -> int:
        """An index or a width."""
        key = ("integer", expression, layer)
        if key not in self.memory:
            value = expression.subs(LAYER, layer).subs(DEPTH, self.depth)
            if value == UNITS:
                value = sum(self.problem.network.widths[1:-1])
            elif value.func == width:
                value = value.args[0]
                if not value.is_Integer or not 0 <= int(value) <= self.depth + 1:
                    raise NoValue(f"{expression} has no value")
                value = self.problem.network.widths[int(value)]
            elif not value.is_Integer or not 0 <= int(value) <= self.depth + 2:
                raise NoValue(f"{expression} has no value")
            self.memory[key] = int(value)
        return self.memory[key]

    # -- symbols -------------------------------------------------------------------------------------------

    def symbol(self, name: str, layer: int, t: int, a: int, place: Place, symbol: Symbol) -> Matrix:
        """The value of a symbol: its definition, or the network's own."""
        if name in self.free:
            return self.free[name](self, layer, t, a, place)
        problem = self.problem
        if symbol.index is not None and not (1 <= layer <= self.depth + 1):
            raise NoValue(f"{symbol} has no value")
        match name:
            case "W":
                return problem.network.weights[layer - 1]
            case "e":
                return column(problem.true_errors[layer - 1], t)
            case "λ":
                return self._hidden(layer) and column(problem.true_gradients[layer - 1], t)
            case "g":
                return self._remembered(
                    ("g", t),
                    lambda: arb_mat([row for m in problem.true_gradients for row in column(m, t).tolist()]),
                )
            case "ξ":
                return self.noise(a)
            case "P":
                return self._hidden(layer) and self._selection(layer)
            case "D":
                if layer > self.depth:
                    raise NoValue("D of the output")
                return self._slopes(layer, t)
            case "ΔL/c":
                return arb_mat([[self.quotients(place[0])[t][a]]])
            case "L":
                return arb_mat([[self.quotients(None)[t][0]]])
            case "λ̂":
                whole = self.noise(a) * self.quotients(place[0])[t][a]
                return (
                    whole if symbol.index is None else self._hidden(layer) and self._selection(layer) * whole
                )
            case "B̂":
                return self.fitted(layer, place)
            case "W̃":
                return self.tending(layer, place)
            case "ẽ" | "ē":
                return self.carried(name, layer, t, place)
            case "A":
                return self._chain(layer, lambda j: problem.network.weights[j - 1])
            case "M̂":
                return self._chain(layer, lambda j: self.fitted(j, place))
            case "M̃":
                return self._chain(layer, lambda j: self.tending(j, place))
            case "M°":
                return self._chain(layer, lambda j: self._shrunk(j, place))
            case "W°":
                return self._shrunk(layer, place)
            case "ΔB":
                return self.fitted(layer, place) - self.tending(layer, place)
            case "δe":
                return self.carried("ẽ", layer, t, place) - self.carried("ē", layer, t, place)
        if name in DEFINED:
            source, shift, transposed = DEFINED[name]
            index = None if symbol.index is None else LAYER
            if index is not None and layer + shift == self.depth + 1 and source not in _HIDDEN_ONLY:
                index = OUTPUT
            relation = define(source, index).relation
            if not isinstance(relation, Equal):
                raise NoValue(name)
            try:
                found = self.value(relation.right, layer + shift, t, a, place)
            except Undefined as error:
                raise NoValue(str(error)) from None
            return found.transpose() if transposed else found
        raise NoValue(f"{name} has no value")

    def _hidden(self, layer: int) -> bool:
        if layer > self.depth:
            raise NoValue("no hidden layer")
        return True

    def _remembered(self, key: Any, make: Callable[[], Any]) -> Any:
        if key not in self.memory:
            self.memory[key] = make()
        return self.memory[key]

    @cached_property
    def atoms(self) -> list[list[arb]]:
        """The atoms of the noise."""
        return self.design.atoms(False)

    def noise(self, a: int) -> Matrix:
        """ξ."""
        return self._remembered(("ξ", a), lambda: arb_mat([[v] for v in self.atoms[a]]))

    def quotients(self, scale: int | None) -> list[list[arb]]:
        """(L̃ - L)/c for every datum and atom; the losses themselves for None."""
        if scale is None:
            from theory.exact.network import losses

            return self._remembered(
                "losses",
                lambda: [
                    [v]
                    for v in losses(
                        self.problem.network, self.problem.clean.activations[-1], self.problem.targets
                    )
                ],
            )
        return self._remembered(("quotients", scale), lambda: self._quotients(scale))

    def _quotients(self, scale: int) -> list[list[arb]]:
        found = scaled_differences(self.problem, self.design, Fraction(2) ** scale)
        return [[value * two(-scale) for value in row] for row in found] if self.rough else found

    def _selection(self, layer: int) -> Matrix:
        def make() -> Matrix:
            hidden = self.problem.network.widths[1:-1]
            start = sum(hidden[: layer - 1])
            return arb_mat(
                [[int(k == start + j) for k in range(sum(hidden))] for j in range(hidden[layer - 1])]
            )

        return self._remembered(("P", layer), make)

    def _slopes(self, layer: int, t: int) -> Matrix:
        from theory.exact.network import DERIVATIVES, apply

        def make() -> Matrix:
            name = self.problem.network.activations[layer - 1]
            entries = apply(
                DERIVATIVES[name], column(self.problem.clean.pre_activations[layer - 1], t)
            ).entries()
            size = len(entries)
            return arb_mat([[entries[j] if j == k else arb(0) for k in range(size)] for j in range(size)])

        return self._remembered(("D", layer, t), make)

    def _chain(self, layer: int, factor: Callable[[int], Matrix]) -> Matrix:
        found = identity(self.problem.network.widths[-1])
        for j in range(self.depth + 1, layer, -1):
            found = multiply(found, factor(j))
        return found

    def carried(self, name: str, layer: int, t: int, place: Place) -> Matrix:
        """ẽ or ē."""
        if layer == self.depth + 1:
            return column(self.problem.true_errors[-1], t)

        def make() -> Matrix:
            above = self.fitted(layer + 1, place) if name == "ẽ" else self.tending(layer + 1, place)
            slopes = self._slopes(layer, t)
            return slopes * (above.transpose() * self.carried(name, layer + 1, t, place))

        return self._remembered(("carried", name, layer, t, place), make)

    def fitted(self, layer: int, place: Place) -> Matrix:
        """B̂ of the sample."""
        return self._remembered(
            ("B̂", layer, place), lambda: self._fit(layer, place, "ẽ", self.weighted(place, True), self.fit)
        )

    def tending(self, layer: int, place: Place) -> Matrix:
        """W̃."""
        return self._remembered(
            ("W̃", layer, place), lambda: self._fit(layer, place, "ē", self.weighted(place, False), self.tends)
        )

    def _fit(
        self, layer: int, place: Place, name: str, rows: Sequence[tuple[tuple[int, int], arb]], kind: str
    ) -> Matrix:
        if layer < 2:
            raise NoValue("no feedback below layer 2")
        low = Symbol("λ̂", width(layer - 1), sympy.Integer(1), sympy.Integer(layer - 1))
        gram = self.mean(lambda t, a: _outer(self.carried(name, layer, t, place)), rows)
        cross = self.mean(
            lambda t, a: (
                self.carried(name, layer, t, place)
                * self.symbol("λ̂", layer - 1, t, a, place, low).transpose()
            ),
            rows,
        )
        size = identity(gram.nrows())
        match kind:
            case "least squares":
                return inverse(gram) * cross
            case "minimum norm":
                return pseudo_inverse(gram) * cross
            case "ridge":
                return inverse(gram + size * number(self.constants[RIDGE_WEIGHT])) * cross
            case "ridge on the sum":
                small = number(self.constants[RIDGE_WEIGHT]) * two(place[1]) * two(place[1])
                return inverse(gram + size * small) * cross
        raise NoValue(f"no fit is called {kind}")

    def _shrunk(self, layer: int, place: Place) -> Matrix:
        """W°, from its definition."""
        if layer < 2:
            raise NoValue("no feedback below layer 2")

        def make() -> Matrix:
            error = self.mean(
                lambda t, a: _outer(column(self.problem.true_errors[-1], t)), self.weighted(place, False)
            )
            above = self._chain(layer, lambda j: self._shrunk(j, place))
            down = self._chain(layer, lambda j: self.problem.network.weights[j - 1])
            own = above.transpose() * error * above
            own = own + identity(own.nrows()) * number(self.constants[RIDGE_WEIGHT])
            weights = self.problem.network.weights[layer - 1]
            return (weights.transpose() * down.transpose() * error * above * inverse(own)).transpose()

        return self._remembered(("W°", layer, place), make)


DEFINED = {
    "B̂ᴰ": ("direct least squares (16)", 0, True),
    "ρ": ("rest of the map", 0, False),
    "ẽ′": ("distorted error", 0, False),
    "B̂′": ("least squares on distorted errors", 0, True),
    "λcv": ("control variate", 0, False),
    "Bₖ₊₁": ("stage", 0, True),
    "η": ("residual (12)", 0, False),
    "b": ("bias (12)", 0, False),
    "Γ": ("Γ", 0, False),
    "λ̂⁰": ("no baseline", 0, False),
    "u": ("residual of the fit", 1, False),
}
"""Symbols with the definition that says what they are, the layer of it, and whether of the transpose."""

_HIDDEN_ONLY = frozenset({"distorted error", "residual (12)", "bias (12)"})


_DEPENDS: dict[Term, tuple[frozenset[str], bool]] = {}


def _is_limit(term: Term) -> bool:
    return isinstance(term, Applied) and term.operator in LIMITS


def depends(term: Term) -> tuple[frozenset[str], bool]:
    """What the term depends on, computed once."""
    if term not in _DEPENDS:
        _DEPENDS[term] = dependence(term)
    return _DEPENDS[term]


def number(value: Fraction | int) -> arb:
    """A rational as a float."""
    return arb(value) if isinstance(value, int) else arb(value.numerator) / value.denominator


@lru_cache(maxsize=1000)
def two(power: int) -> arb:
    """A power of 2."""
    return arb(2) ** power


def identity(size: int) -> Matrix:
    """The identity."""
    return arb_mat([[int(j == k) for k in range(size)] for j in range(size)])


def column(matrix: Matrix, t: int) -> Matrix:
    """One column."""
    return arb_mat([[matrix[j, t]] for j in range(matrix.nrows())])


def _outer(matrix: Matrix) -> Matrix:
    return matrix * matrix.transpose()


def multiply(left: Matrix, right: Matrix) -> Matrix:
    """The product; sizes that chain as symbols may still differ as numbers where they are read wrongly."""
    if left.ncols() != right.nrows():
        raise NoValue("sizes disagree")
    return left * right


def settled_number(value: arb) -> arb:
    """The middle of a ball."""
    return value.mid()


def is_nothing(value: arb) -> bool:
    """Whether a number is 0, rounded."""
    return bool(abs(value) < NOTHING)


def inverse(matrix: Matrix) -> Matrix:
    """The inverse; `NoValue` where there is none."""
    if matrix.nrows() == 1:
        value = matrix[0, 0]
        if is_nothing(value):
            raise NoValue("singular")
        return arb_mat([[(1 / value).mid()]])
    if rank_of(matrix) < matrix.nrows():
        raise NoValue("singular")
    try:
        return matrix.mid().inv().mid()
    except ZeroDivisionError:
        raise NoValue("singular") from None


def pivots(matrix: Matrix) -> tuple[list[int], list[int]]:
    """Rows and columns of a largest regular block, by elimination with the largest pivot."""
    table = [[v.mid() for v in row] for row in matrix.tolist()]
    height, breadth = len(table), len(table[0])
    size = max((abs(v) for row in table for v in row), default=arb(0))
    rows, columns = [], []
    if is_nothing(size):
        return rows, columns
    left = set(range(height))
    while left:
        best = max(
            ((j, k) for j in left for k in range(breadth) if k not in columns),
            key=lambda place: float_key(table[place[0]][place[1]]),
            default=None,
        )
        if best is None or bool(abs(table[best[0]][best[1]]) < size * NOTHING):
            break
        j, k = best
        if bool(abs(table[j][k]) < size * DOUBTFUL):
            raise NoValue("a rank that is not seen")
        rows.append(j)
        columns.append(k)
        left.discard(j)
        for other in left:
            factor = (table[other][k] / table[j][k]).mid()
            table[other] = [(v - factor * w).mid() for v, w in zip(table[other], table[j], strict=True)]
    return sorted(rows), sorted(columns)


def float_key(value: arb) -> tuple[int, float]:
    """Something to compare sizes by, for numbers that no float can hold."""
    middle = abs(value).mid()
    if not middle.is_finite():
        raise NoValue("no finite number")
    mantissa, exponent = middle.man_exp()
    digits = int(mantissa)
    if digits == 0:
        return (-(10**9), 0.0)
    length = digits.bit_length()
    if abs(int(exponent)) > 2**60:  # a power of a power
        raise NoValue("a number too large to be told from an infinite one")
    top = digits >> max(length - 50, 0) if length > 50 else digits << (50 - length)
    return (int(exponent) + length, float(top))


def log2(value: arb) -> float:
    """The logarithm of the size, -1e9 of 0."""
    exponent, top = float_key(value)
    return -1e9 if top == 0.0 else exponent + (top / 2**50 - 1)


def rank_of(matrix: Matrix) -> int:
    """The rank; what is smaller than 2^-2600 of the largest entry is 0."""
    return len(pivots(matrix)[0])


def pseudo_inverse(matrix: Matrix) -> Matrix:
    """X⁺, by a factorisation X = L U R around the largest regular block U: Rᵀ (RRᵀ)⁻¹ U⁻¹ (LᵀL)⁻¹ Lᵀ. L and R
    have small entries and an identity in them, so no more digits are lost than U itself costs.
    """
    rows, columns = pivots(matrix)
    if not rows:
        return arb_mat(matrix.ncols(), matrix.nrows())
    matrix = matrix.mid()
    table = matrix.tolist()
    try:
        block = arb_mat([[table[j][k] for k in columns] for j in rows]).inv().mid()
        left = (arb_mat([[row[k] for k in columns] for row in table]) * block).mid()
        right = (block * arb_mat([table[j] for j in rows])).mid()
        above = right.transpose() * (right * right.transpose()).mid().inv()
        found = (above * block * (left.transpose() * left).mid().inv() * left.transpose()).mid()
    except ZeroDivisionError:
        raise NoValue("a pseudo-inverse that is not seen") from None
    if bool(largest(found * matrix * found - found) * largest(matrix) > arb(2) ** -100):
        raise NoValue("a pseudo-inverse that is not seen")  # it takes more bits than there are
    return found


def largest(matrix: Matrix) -> arb:
    """The largest entry in size."""
    return max((abs(v).mid() for v in matrix.entries()), key=float_key, default=arb(0))
