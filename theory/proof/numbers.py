"""Every term of a proof has a value on a concrete network: exact in rationals, or enclosed by balls.

A model is a network with finitely many data and a noise of finitely many atoms, and a sample of rows. Then E is a
finite sum, Avg the average over the sample, plim the same expression at the population, and lim the first coefficient
of a series in c. A claim of a step is true of a model or it is not; nothing is asked of the rules here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

import flint
import mpmath
import sympy
from flint import arb, fmpq, fmpq_mat

from theory.designs import Design
from theory.exact import DERIVATIVES, Matrix, Real, Scalar, apply, directional_taylor, rational
from theory.population import Problem, scaled_differences
from theory.proof.jets import Jet, constant, diagonal, mean_of
from theory.proof.relations import (
    Bounded,
    ConstantRank,
    Equal,
    Finite,
    Integrable,
    Invertible,
    Polynomial,
    Relation,
)
from theory.proof.sizes import GROWTH, NOISE_SIZE, POWER
from theory.proof.terms import (
    DATUM,
    DEPTH,
    LAYER,
    NOISE,
    ONE,
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
    c,
    dependence,
    width,
)
from theory.proof.vocabulary import UNITS

Row = tuple[int, int]
"""A datum and an atom, by their numbers."""


class NoValue(ValueError):
    """The claim has no value in this model: a limit where c is a number, a symbol that it does not know."""


@dataclass(frozen=True, eq=False)
class Model:
    """A network with its data, its noise and a sample, at c = ``scale``, or to order ``order`` in c.

    ``scale`` None: everything is a series in c. ``sample`` are rows; ``extra`` are values of further symbols, by
    name: functions of (model, layer, datum, atom, population).
    """

    problem: Problem
    design: Design
    sample: tuple[Row, ...]
    scale: Fraction | None = None
    order: int = 2
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
        """The highest power of c that is kept."""
        return self.order if self.scale is None else 0

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
    def atoms(self) -> list[list[Scalar]]:
        """The atoms of the noise."""
        return self.design.atoms(self.exact)

    @cached_property
    def quotients(self) -> list[list[list[Scalar]]]:
        """(L~ - L)/c by datum and atom: its coefficients in c, or its one value."""
        if self.scale is not None:
            table = scaled_differences(self.problem, self.design, self.scale)
            return [[[value] for value in row] for row in table]
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
                return self.fixed(type(network.weights[0])(stacked))
            case "ξ":
                return self.fixed(type(network.weights[0])([[v] for v in self.atoms[a]]))
            case "P":
                return self.fixed(self._selection(layer))
            case "D":
                entries = _column(self._slopes[layer - 1], t).entries()
                return self.fixed(diagonal(entries, self.exact))
            case "ΔL/c":
                return Jet(tuple(type(network.weights[0])([[v]]) for v in self.quotients[t][a]))
            case "λ̂":
                noise = self.fixed(
                    self._selection(layer) * type(network.weights[0])([[v] for v in self.atoms[a]])
                )
                return noise.scaled(self.quotients[t][a])
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
        raise NoValue(f"{symbol.name} has no value in a model")

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
        weighted = (
            self.rows
            if population
            else [(row, self.number(Fraction(1, len(self.sample)))) for row in self.sample]
        )
        chosen, shares = [row for row, _ in weighted], [p for _, p in weighted]
        signals = [self.synthetic(layer, t, population) for t, _ in chosen]
        estimates = [self.symbol(Symbol("λ̂", ONE, ONE), layer - 1, t, a, population) for t, a in chosen]
        gram = mean_of([s * s.T for s in signals], shares)
        cross = mean_of([s * l.T for s, l in zip(signals, estimates, strict=True)], shares)
        return self.solve(gram, cross)

    def solve(self, gram: Jet, cross: Jet) -> Jet:
        """Q⁻¹ S, or Q⁺ S for a singular rational Q."""
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
                return self._times_number(term.coefficient, inside(term.term))
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
        def mean(rows: Sequence[tuple[Row, Scalar]]) -> Jet:
            values = [self.value(term.term, layer, s, b, population) for (s, b), _ in rows]
            return mean_of(values, [p for _, p in rows])

        match term.operator:
            case "E":
                return mean(self.rows)
            case "E|":
                return mean([((t, b), self.number(p)) for b, p in enumerate(self.design.probabilities)])
            case "Avg" if population:
                return mean(self.rows)
            case "Avg":
                share = self.number(Fraction(1, len(self.sample)))
                return mean([(row, share) for row in self.sample])
            case "plim":
                return self.value(term.term, layer, t, a, True)
            case "lim" if self.scale is None:
                return self.value(term.term, layer, t, a, population).start
        raise NoValue(f"{term.operator} has no value where c is a number")

    def _times_number(self, coefficient: sympy.Expr, jet: Jet) -> Jet:
        value = coefficient.subs({symbol: sympy.Rational(v) for symbol, v in self.constants.items()})
        if self.scale is not None:
            value = value.subs(c, sympy.Rational(self.scale))
        if value.free_symbols - {c}:
            raise NoValue(f"the number {value} has no value in this model")
        numbers = []
        for k in range(jet.order + 1):
            part = sympy.Rational(sympy.expand(value).coeff(c, k))
            numbers.append(self.number(Fraction(int(part.p), int(part.q))))
        if sympy.expand(value - sum(sympy.expand(value).coeff(c, k) * c**k for k in range(10))) != 0:
            raise NoValue(f"the number {value} has no value in this model")
        return jet.scaled(numbers)

    def integer(self, expression: Size, layer: int) -> int:
        """An index or a width as a number."""
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


def holds(claim: Relation, model: Model, layer: int) -> bool | None:
    """Whether the claim is true of the model for i = ``layer``; None where there is nothing to compute."""
    with flint.ctx.workprec(model.bits):
        match claim:
            case Equal():
                varies = dependence(claim.left)[0] | dependence(claim.right)[0]
                return all(
                    model.value(claim.left, layer, t, a).agrees(model.value(claim.right, layer, t, a))
                    for t, a in _places(model, varies)
                )
            case Bounded():
                return _bounded(claim, model, layer)
            case Invertible():
                value = model.value(claim.term, layer).coefficients[0].det()
                return bool(value != 0)
            case ConstantRank():
                value = model.value(claim.term, layer)
                return None if value.order == 0 else value.agrees(value * value.pseudo_inverse * value)
            case Finite() | Integrable() | Polynomial():
                return None
    return None


def _places(model: Model, varies: frozenset[str]) -> list[Row]:
    data = range(len(model.problem.x)) if DATUM in varies else (0,)
    atoms = range(len(model.atoms)) if NOISE in varies else (0,)
    return [(t, a) for t in data for a in atoms]


def _bounded(claim: Bounded, model: Model, layer: int) -> bool | None:
    if model.scale is None:
        return None
    return all(
        _norm(model.value(claim.term, layer, t, a))
        <= _number(claim.bound, model, layer, t, a) * (1 + mpmath.mpf(10) ** -12)
        for t, a in _places(model, frozenset({DATUM, NOISE}))
    )


def _norm(jet: Jet) -> Any:
    """The operator norm, to 15 digits; of a column the Euclidean one."""
    matrix = mpmath.matrix([[mpmath.mpf(_decimal(v)) for v in row] for row in jet.coefficients[0].tolist()])
    if matrix.cols == 1 or matrix.rows == 1:
        return mpmath.norm(matrix, 2)
    return mpmath.svd_r(matrix, compute_uv=False)[0]


def _decimal(value: Scalar) -> Any:
    if isinstance(value, arb):
        return mpmath.mpf(value.mid().str(30, radius=False))
    return mpmath.mpf(int(value.p)) / int(value.q)


def _number(expression: sympy.Expr, model: Model, layer: int, t: int, a: int) -> Any:
    """The value of a bound; q is 2, and K the smallest that S1 allows at this c."""
    noise = mpmath.sqrt(sum(_decimal(v) ** 2 for v in model.atoms[a]))
    scale = mpmath.mpf(model.scale.numerator) / model.scale.denominator if model.scale else mpmath.mpf(1)
    values = {NOISE_SIZE: noise, POWER: mpmath.mpf(2), GROWTH: _growth(model, scale, t), c: scale}
    for call in expression.atoms(sympy.core.function.AppliedUndef):
        values[call] = _factor(call, model, layer, t)
    symbols = {key: sympy.Symbol(f"v{k}") for k, key in enumerate(values)}
    function = sympy.lambdify(list(symbols.values()), expression.subs(symbols), "mpmath")
    return function(*values.values())


def _factor(call: sympy.Expr, model: Model, layer: int, t: int) -> Any:
    name, number = call.func.__name__, model.integer(call.args[0], layer)
    above = range(number + 1, model.depth + 2)
    if name == "δ":
        return mpmath.fprod(_named("D", model, j, t) for j in range(number, model.depth + 1))
    if name == "β":
        return mpmath.fprod(_named("W̃", model, j, t) for j in above)
    if name == "β̂":
        return mpmath.fprod(_named("B̂", model, j, t) for j in above)
    return _named(name.strip("|‖"), model, number, t)


def _named(name: str, model: Model, layer: int, t: int) -> Any:
    return _norm(model.symbol(Symbol(name, ONE, ONE), layer, t, 0, False))


def _growth(model: Model, scale: Any, t: int) -> Any:
    sizes = [mpmath.sqrt(sum(_decimal(v) ** 2 for v in atom)) for atom in model.atoms]
    return max(
        abs(_decimal(q[0])) / (r * (1 + (scale * r) ** 2)) if r else mpmath.mpf(0)
        for q, r in zip(model.quotients[t], sizes, strict=True)
    )
