"""Every term of a proof has a value on a concrete network: exact in rationals, or enclosed by balls.

A model is a network with finitely many data and a noise of finitely many atoms, and a sample of rows.
Then E is a finite sum, Avg the average over the sample, plim the same expression at the population, and
lim the first coefficient of a series in c. Symbols that stand for an expression are computed from their
definition; the others, weights, errors, estimates, feedback, from the network itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any

import sympy
from flint import arb, fmpq, fmpq_mat

from theory.exact.designs import Design
from theory.exact.network import (
    DERIVATIVES,
    Matrix,
    Real,
    Scalar,
    apply,
    directional_taylor,
    losses,
    rational,
)
from theory.exact.population import Problem, scaled_differences
from theory.proof.constants import DEPTH, LAYER, SAMPLES_T, c, width
from theory.proof.jets import Jet, constant, diagonal, mean_of
from theory.proof.relations import Equal
from theory.proof.terms import (
    DATUM,
    NOISE,
    SAMPLE,
    Applied,
    Identity,
    Inverse,
    Product,
    PseudoInverse,
    Scaled,
    Size,
    Sum,
    Symbol,
    Term,
    Transpose,
    Zero,
    dependence,
)
from theory.proof.vocabulary import OUTPUT, RIDGE_WEIGHT, UNITS, Index, define

DEFINED = {
    "ρ": ("rest of the map", 0),
    "ẽ′": ("distorted error", 0),
    "B̂′": ("least squares on distorted errors", 0),
    "λcv": ("control variate", 0),
    "Bₖ₊₁": ("stage", 0),
    "η": ("residual (12)", 0),
    "b": ("bias (12)", 0),
    "Γ": ("Γ", 0),
    "λ̂⁰": ("no baseline", 0),
    "u": ("residual of the fit", 1),
}
"""Symbols that are computed from a definition, and the layer of it that defines them, from their own."""


@lru_cache(maxsize=256)
def defining(name: str, index: Index | None) -> Equal:
    """The equation that defines a symbol."""
    relation = define(name, index).relation
    if not isinstance(relation, Equal):
        raise TypeError(f"{name} is no equation")
    return relation


Row = tuple[int, int]
"""A datum and an atom, by their numbers."""


class NoValue(ValueError):
    """The claim has no value in this model: a limit where c is a number, a symbol that it does not know."""


@dataclass(frozen=True, eq=False)
class Model:
    """A network with its data, its noise and a sample, at c = ``scale``, or to order ``order`` in c.

    ``scale`` None: everything is a series in c. With ``moved``, which needs a scale, the sample is the
    population moved a little: its weights are p + ε ``moved``, and everything is a series in ε to order
    1. ``ridge`` is the definition by which the feedback is fitted with one; ``constants`` are further
    numbers, and ``extra`` further symbols: functions of (model, layer, datum, atom, population).
    """

    problem: Problem
    design: Design
    sample: tuple[Row, ...]
    scale: Fraction | None = None
    order: int = 2
    moved: Mapping[Row, Fraction] | None = None
    ridge: str | None = None
    constants: Mapping[sympy.Symbol, Fraction] = field(default_factory=dict)
    extra: Mapping[str, Callable[[Model, int, int, int, bool], Jet]] = field(default_factory=dict)
    bits: int = 400

    @property
    def depth(self) -> int:
        """N."""
        return len(self.problem.network.weights) - 1

    @property
    def exact(self) -> bool:
        """Whether all numbers are rational."""
        return self.problem.network.exact

    @property
    def terms(self) -> int:
        """The highest power that is kept."""
        if self.scale is None:
            return self.order
        return 1 if self.moved is not None else 0

    def number(self, value: Real) -> Scalar:
        """A number of this model's kind."""
        return rational(value) if self.exact else arb(rational(value))

    def fixed(self, matrix: Matrix) -> Jet:
        """A matrix that does not depend on c."""
        return constant(matrix, self.terms)

    @cached_property
    def rows(self) -> tuple[tuple[Row, Scalar], ...]:
        """All rows with their probabilities."""
        data = len(self.problem.x)
        return tuple(
            ((t, a), self.number(p) / data)
            for t in range(data)
            for a, p in enumerate(self.design.probabilities)
        )

    @cached_property
    def shares(self) -> tuple[tuple[Row, Sequence[Scalar]], ...]:
        """The rows of the sample with their weights, as series."""
        if self.moved is not None:
            return tuple((row, (p, self.number(self.moved.get(row, Fraction(0))))) for row, p in self.rows)
        share = self.number(Fraction(1, len(self.sample)))
        return tuple((row, self._constant(share)) for row in self.sample)

    @cached_property
    def population(self) -> tuple[tuple[Row, Sequence[Scalar]], ...]:
        """The same for all rows with their probabilities."""
        return tuple((row, self._constant(p)) for row, p in self.rows)

    def _constant(self, number: Scalar) -> Sequence[Scalar]:
        return (number, *(0 * number for _ in range(self.terms)))

    @cached_property
    def atoms(self) -> list[list[Scalar]]:
        """The atoms of the noise."""
        return self.design.atoms(self.exact)

    @cached_property
    def quotients(self) -> list[list[list[Scalar]]]:
        """(L~ - L)/c by datum and atom: its coefficients in c, or its one value."""
        if self.scale is not None:
            table = scaled_differences(self.problem, self.design, self.scale)
            return [[list(self._constant(value)) for value in row] for row in table]
        if self.exact:
            return self._interpolated()
        pairs = zip(self.problem.x, self.problem.y, strict=True)
        return [
            [directional_taylor(self.problem.network, x, y, atom, self.order + 1)[1:] for atom in self.atoms]
            for x, y in pairs
        ]

    def _interpolated(self) -> list[list[list[Scalar]]]:
        """The loss along an atom is a polynomial of degree 4 at most: from its values at four scales."""
        nodes = range(1, 5)
        solve = fmpq_mat([[fmpq(node) ** k for k in range(4)] for node in nodes]).inv()
        tables = [scaled_differences(self.problem, self.design, Fraction(node)) for node in nodes]
        data, atoms = range(len(self.problem.x)), range(len(self.atoms))
        kept = range(self.order + 1)
        found = [
            [(solve * fmpq_mat([[table[t][a]] for table in tables])).entries() for a in atoms] for t in data
        ]
        return [[[row[k] if k < 4 else fmpq(0) for k in kept] for row in line] for line in found]

    # -- the value of a symbol -------------------------------------------------------------------------------

    def symbol(self, symbol: Symbol, layer: int, t: int, a: int, population: bool) -> Jet:
        """The value of a symbol for a datum and an atom; statistics at the population or in the sample."""
        network, problem = self.problem.network, self.problem
        if symbol.name in self.extra:
            return self.extra[symbol.name](self, layer, t, a, population)
        match symbol.name:
            case "W":
                return self.fixed(network.weights[layer - 1])
            case "e":
                return self.fixed(_column(problem.true_errors[layer - 1], t))
            case "λ":
                return self.fixed(_column(problem.true_gradients[layer - 1], t))
            case "g":
                stacked = [row for m in problem.true_gradients for row in _column(m, t).tolist()]
                return self.fixed(self._matrix(stacked))
            case "ξ":
                return self.fixed(self._matrix([[v] for v in self.atoms[a]]))
            case "P":
                return self.fixed(self._selection(layer))
            case "D":
                entries = _column(self._slopes[layer - 1], t).entries()
                return self.fixed(diagonal(entries, self.exact))
            case "ΔL/c":
                return Jet(tuple(self._matrix([[v]]) for v in self.quotients[t][a]))
            case "λ̂":
                return self.estimates(layer, t, a)
            case "B̂":
                return self.feedback(layer, population)
            case "W̃":
                return self.feedback(layer, True)
            case "ẽ":
                return self.synthetic(layer, t, population)
            case "ē":
                return self.synthetic(layer, t, True)
            case "A":
                return self._chain(layer, lambda j: self.fixed(network.weights[j - 1]))
            case "M̂":
                return self._chain(layer, lambda j: self.feedback(j, population))
            case "M̃":
                return self._chain(layer, lambda j: self.feedback(j, True))
            case "ΔB":
                return self.feedback(layer, population) - self.feedback(layer, True)
            case "δe":
                return self.synthetic(layer, t, population) - self.synthetic(layer, t, True)
            case "W°":
                return self.feedback(layer, True).start
            case "M°":
                return self._chain(layer, lambda j: self.feedback(j, True).start)
            case "B̂ᴰ":
                return self._direct(layer, population)
            case "L":
                return self.fixed(self._matrix([[self._losses[t]]]))
        return self._defined(symbol, layer, t, a, population)

    def _defined(self, symbol: Symbol, layer: int, t: int, a: int, population: bool) -> Jet:
        """The value of the expression that the symbol stands for."""
        if symbol.name not in DEFINED:
            raise NoValue(f"{symbol.name} has no value in this model")
        name, shift = DEFINED[symbol.name]
        index = None if symbol.index is None else LAYER
        if index is not None and layer + shift == self.depth + 1:
            index = OUTPUT
        relation = defining(name, index)
        found = self.value(relation.right, layer + shift, t, a, population)
        return found.T if isinstance(relation.left, Transpose) else found

    def _direct(self, layer: int, population: bool) -> Jet:
        """The direct fit of B^layer on the output errors."""
        weighted = self.population if population else self.shares
        errors = [self.synthetic(self.depth + 1, t, population) for (t, _), _ in weighted]
        shares = [share for _, share in weighted]
        estimates = [self.estimates(layer - 1, t, a) for (t, a), _ in weighted]
        gram = mean_of([e * e.T for e in errors], shares)
        return gram.inverse * mean_of([e * v.T for e, v in zip(errors, estimates, strict=True)], shares)

    def estimates(self, layer: int, t: int, a: int) -> Jet:
        """λ̂ of a hidden layer, or of all of them for layer 0."""
        noise = self._matrix([[v] for v in self.atoms[a]])
        return self.fixed(self._selection(layer) * noise if layer else noise).scaled(self.quotients[t][a])

    @cached_property
    def _losses(self) -> list[Scalar]:
        return losses(self.problem.network, self.problem.clean.activations[-1], self.problem.targets)

    def _matrix(self, rows: Sequence[Sequence[Scalar]]) -> Matrix:
        return type(self.problem.network.weights[0])([list(row) for row in rows])

    def _chain(self, layer: int, factor: Callable[[int], Jet]) -> Jet:
        """X^{N+1} .. X^{layer+1}, the identity for the output."""
        size = self.problem.network.widths[-1]
        found = self.fixed(diagonal([self.number(1)] * size, self.exact))
        for j in range(self.depth + 1, layer, -1):
            found = found * factor(j)
        return found

    def _selection(self, layer: int) -> Matrix:
        hidden = self.problem.network.widths[1:-1]
        start = sum(hidden[: layer - 1])
        one, zero = self.number(1), self.number(0)
        rows = [
            [one if k == start + j else zero for k in range(sum(hidden))] for j in range(hidden[layer - 1])
        ]
        return type(self.problem.network.weights[0])(rows)

    @cached_property
    def _slopes(self) -> list[Matrix]:
        names = self.problem.network.activations[:-1]
        pairs = zip(names, self.problem.clean.pre_activations[:-1], strict=True)
        return [apply(DERIVATIVES[name], a) for name, a in pairs]

    def feedback(self, layer: int, population: bool) -> Jet:
        """The least squares of layer ``layer``, on the population or on the sample."""
        return self._remembered(("B", layer, population), lambda: self._fit(layer, population))

    def _fit(self, layer: int, population: bool) -> Jet:
        weighted = self.population if population else self.shares
        signals = [self.synthetic(layer, t, population) for (t, _), _ in weighted]
        estimates = [self.estimates(layer - 1, t, a) for (t, a), _ in weighted]
        shares = [share for _, share in weighted]
        gram = mean_of([e * e.T for e in signals], shares)
        cross = mean_of([e * v.T for e, v in zip(signals, estimates, strict=True)], shares)
        return self._solve(gram, cross, population)

    def _solve(self, gram: Jet, cross: Jet, population: bool) -> Jet:
        """Q⁻¹ S; Q⁺ S for a singular rational Q; with the ridge where there is one."""
        if self.ridge is not None:
            size = self.constants[RIDGE_WEIGHT]
            if self.ridge == "ridge on the sum":
                size = Fraction(0) if population else size / len(self.sample)
            identity = diagonal([self.number(size)] * gram.shape[0], self.exact)
            return (gram + self.fixed(identity)).inverse * cross
        if self.exact and gram.coefficients[0].rank() < gram.shape[0]:
            return gram.pseudo_inverse * cross
        return gram.inverse * cross

    def synthetic(self, layer: int, t: int, population: bool) -> Jet:
        """The synthetic error of a datum with the fitted feedback above."""
        if layer == self.depth + 1:
            return self.fixed(_column(self.problem.true_errors[-1], t))

        def below() -> Jet:
            slopes = self.fixed(diagonal(_column(self._slopes[layer - 1], t).entries(), self.exact))
            return slopes * self.feedback(layer + 1, population).T * self.synthetic(layer + 1, t, population)

        return self._remembered(("e", layer, t, population), below)

    @cached_property
    def _memory(self) -> dict[Any, Jet]:
        return {}

    def _remembered(self, key: Any, make: Callable[[], Jet]) -> Jet:
        if key not in self._memory:
            self._memory[key] = make()
        return self._memory[key]

    # -- the value of a term ---------------------------------------------------------------------------------

    def value(self, term: Term, layer: int, t: int = 0, a: int = 0, population: bool = False) -> Jet:
        """The value for i = ``layer``, datum t, atom a."""
        varies, _ = dependence(term)
        key = (
            term,
            layer,
            t if DATUM in varies else 0,
            a if NOISE in varies else 0,
            population if SAMPLE in varies else False,
        )
        return self._remembered(key, lambda: self._value(term, layer, t, a, population))

    def _value(self, term: Term, layer: int, t: int, a: int, population: bool) -> Jet:
        def inside(part: Term) -> Jet:
            return self.value(part, layer, t, a, population)

        match term:
            case Symbol():
                number = 0 if term.index is None else self.integer(term.index, layer)
                return self.symbol(term, number, t, a, population)
            case Identity():
                size = self.integer(term.size, layer)
                return self.fixed(diagonal([self.number(1)] * size, self.exact))
            case Zero():
                shape = self.integer(term.rows, layer), self.integer(term.columns, layer)
                return self.fixed(type(self.problem.network.weights[0])(*shape))
            case Product():
                found = inside(term.factors[0])
                for factor in term.factors[1:]:
                    found = found * inside(factor)
                return found
            case Sum():
                found = inside(term.terms[0])
                for part in term.terms[1:]:
                    found = found + inside(part)
                return found
            case Scaled():
                return self._times_number(term.coefficient, inside(term.term), population)
            case Transpose():
                return inside(term.term).T
            case Inverse():
                return inside(term.term).inverse
            case PseudoInverse():
                return inside(term.term).pseudo_inverse
            case Applied():
                return self._applied(term, layer, t, a, population)
        raise NoValue(f"{term!r} has no value")

    def _applied(self, term: Applied, layer: int, t: int, a: int, population: bool) -> Jet:
        def mean(rows: Sequence[tuple[Row, Sequence[Scalar]]]) -> Jet:
            values = [self.value(term.term, layer, s, b, population) for (s, b), _ in rows]
            return mean_of(values, [share for _, share in rows])

        match term.operator:
            case "E" | "E′":
                return mean(self.population)
            case "E|":
                given = [
                    ((t, b), self._constant(self.number(p))) for b, p in enumerate(self.design.probabilities)
                ]
                return mean(given)
            case "Avg":
                return mean(self.population if population else self.shares)
            case "plim":
                return self.value(term.term, layer, t, a, True)
            case "lim" if self.scale is None:
                return self.value(term.term, layer, t, a, population).start
            case "plim0" if self.scale is None:
                return self.value(term.term, layer, t, a, True).start
        raise NoValue(f"{term.operator} has no value where c is a number")

    def _times_number(self, coefficient: sympy.Expr, jet: Jet, population: bool) -> Jet:
        value = coefficient.subs({symbol: sympy.Rational(v) for symbol, v in self.constants.items()})
        if value.has(SAMPLES_T):
            value = (
                sympy.limit(value, SAMPLES_T, sympy.oo)
                if population
                else value.subs(SAMPLES_T, len(self.sample))
            )
        if self.scale is not None:
            value = value.subs(c, sympy.Rational(self.scale))
        polynomial = sympy.Poly(value, c) if value.is_polynomial(c) and not value.free_symbols - {c} else None
        if polynomial is None:
            raise NoValue(f"the number {coefficient} has no value in this model")
        parts = [polynomial.coeff_monomial(c**k) for k in range(jet.order + 1)]
        if self.scale is not None:
            parts = [parts[0], *(sympy.Integer(0) for _ in parts[1:])]
        return jet.scaled([self.number(Fraction(int(part.p), int(part.q))) for part in parts])

    def integer(self, expression: Size, layer: int) -> int:
        """An index or a width as a number."""
        if (expression, layer) not in self._integers:
            self._integers[expression, layer] = self._integer(expression, layer)
        return self._integers[expression, layer]

    @cached_property
    def _integers(self) -> dict[tuple[Size, int], int]:
        return {}

    def _integer(self, expression: Size, layer: int) -> int:
        value = expression.subs(LAYER, layer).subs(DEPTH, self.depth)
        if value == UNITS:
            return sum(self.problem.network.widths[1:-1])
        if value.func == width:
            return self.problem.network.widths[int(value.args[0])]
        if not value.is_Integer:
            raise NoValue(f"{expression} has no value in a model")
        return int(value)


def _column(matrix: Matrix, t: int) -> Matrix:
    return type(matrix)([[row[t]] for row in matrix.tolist()])
