"""Whether a claim is true of a model: both sides computed and compared. No rule is asked.

Equations are compared exactly, in rationals, or as narrow balls that have to overlap; bounds to twelve
digits; normal limits by their covariance, from the influence of every single row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import flint
import mpmath
import sympy
from flint import arb

from theory.exact.network import Scalar
from theory.proof.constants import SAMPLES_T, c
from theory.proof.existence import terms_of
from theory.proof.jets import Jet, mean_of
from theory.proof.model import Model, NoValue, Row
from theory.proof.relations import (
    Bounded,
    ConstantRank,
    Equal,
    FirstOrder,
    Invertible,
    Normal,
    Relation,
)
from theory.proof.sizes import GROWTH, NOISE_SIZE, POWER
from theory.proof.terms import DATUM, NOISE, ONE, Scaled, Symbol, Term, dependence

_SLACK = mpmath.mpf(10) ** -12
_GROWTH_POWER = 2


def holds(claim: Relation, model: Model, layer: int) -> bool | None:
    """Whether the claim is true of the model for i = ``layer``; None where there is nothing to compute.

    Raises `NoValue` where the claim has no value in this kind of model, `Singular` where the model does not
    meet a hypothesis about ranks.
    """
    if isinstance(claim, FirstOrder | Normal) and any(map(_counts, terms_of(claim))):
        raise NoValue("in a sample that moves a little, T is no number")
    with flint.ctx.workprec(model.bits):
        match claim:
            case Equal():
                return _equal(claim.left, claim.right, model, layer)
            case FirstOrder():
                if model.moved is None:
                    raise NoValue("first-order changes need a sample that moves")
                return _equal(claim.left, claim.right, model, layer)
            case Bounded():
                return _bounded(claim, model, layer)
            case Invertible():
                return bool(model.value(claim.term, layer).coefficients[0].det() != 0)
            case ConstantRank():
                value = model.value(claim.term, layer)
                return value.agrees(value * value.pseudo_inverse * value)
            case Normal():
                return _normal(claim, model, layer)
    return None


def _counts(term: Term) -> bool:
    return isinstance(term, Scaled) and term.coefficient.has(SAMPLES_T)


def _equal(left: Term, right: Term, model: Model, layer: int) -> bool:
    places = _places(model, dependence(left)[0] | dependence(right)[0])
    return all(model.value(left, layer, t, a).agrees(model.value(right, layer, t, a)) for t, a in places)


def _places(model: Model, varies: frozenset[str]) -> list[Row]:
    data = range(len(model.problem.x)) if DATUM in varies else (0,)
    atoms = range(len(model.atoms)) if NOISE in varies else (0,)
    return [(t, a) for t in data for a in atoms]


def _normal(claim: Normal, model: Model, layer: int) -> bool:
    """The covariance is that of the influences: how the term moves with the weight of each row."""
    if model.moved is None:
        raise NoValue("a limit in law needs a sample that moves")
    influences = []
    for row, _ in model.rows:
        moved = {other: Fraction(int(other == row)) - _probability(model, other) for other, _ in model.rows}
        change = replace(model, moved=moved).value(claim.term, layer).coefficients[1]
        influences.append(Jet((change, 0 * change)))
    shares = [share for _, share in model.population]
    covariance = mean_of([column * column.T for column in influences], shares)
    centre = mean_of(influences, shares)
    nothing = all(v == 0 if model.exact else v.contains(0) for v in centre.coefficients[0].entries())
    return nothing and covariance.agrees(model.value(claim.covariance, layer).start)


def _probability(model: Model, row: Row) -> Fraction:
    return model.design.probabilities[row[1]] / len(model.problem.x)


# -- bounds


def _bounded(claim: Bounded, model: Model, layer: int) -> bool:
    if model.scale is None or model.moved is not None:
        raise NoValue("a bound has a value where c is a number")
    varies = dependence(claim.term)[0] & {DATUM, NOISE}
    return all(
        _norm(model.value(claim.term, layer, t, a)) <= _number(claim.bound, model, layer, t, a) * (1 + _SLACK)
        for t, a in _places(model, varies)
    )


def _norm(jet: Jet) -> Any:
    """The operator norm, to 15 digits; of a column the Euclidean one."""
    matrix = mpmath.matrix([[_decimal(v) for v in row] for row in jet.coefficients[0].tolist()])
    if matrix.cols == 1 or matrix.rows == 1:
        return mpmath.norm(matrix, 2)
    return mpmath.svd_r(matrix, compute_uv=False)[0]


def _decimal(value: Scalar) -> Any:
    if isinstance(value, arb):
        return mpmath.mpf(value.mid().str(30, radius=False))
    return mpmath.mpf(int(value.p)) / int(value.q)


def _number(expression: sympy.Expr, model: Model, layer: int, t: int, a: int) -> Any:
    """The value of a bound; q is 2, and K the smallest that S1 allows at this c."""
    names, function = _compiled(expression)
    return function(*(_part(name, model, layer, t, a) for name in names))


@lru_cache(maxsize=1000)
def _compiled(expression: sympy.Expr) -> tuple[tuple[sympy.Expr, ...], Any]:
    calls = expression.atoms(sympy.core.function.AppliedUndef)
    named = {call: sympy.Symbol(f"v{k}") for k, call in enumerate(calls)}
    outside = expression.xreplace(named)
    symbols = outside.free_symbols - set(named.values())
    return (*calls, *symbols), sympy.lambdify([*named.values(), *symbols], outside, "mpmath")


def _part(part: sympy.Expr, model: Model, layer: int, t: int, a: int) -> Any:
    """The value of a number that a bound is made of."""
    if isinstance(part, sympy.core.function.AppliedUndef):
        return _factor(part, model, layer, t, a)
    scale = _scale(model)
    if part == NOISE_SIZE:
        return _remember(model, ("noise", a), lambda: _length(model, a))
    if part == GROWTH:
        return _remember(model, ("growth", t), lambda: _growth(model, scale, t))
    known = {POWER: _GROWTH_POWER, c: scale}
    return known[part] if part in known else _named(part.name.strip("|‖"), model, 0, t, a)


def _scale(model: Model) -> Any:
    return mpmath.mpf(model.scale.numerator) / model.scale.denominator if model.scale else mpmath.mpf(1)


def _length(model: Model, a: int) -> Any:
    return mpmath.sqrt(sum(_decimal(v) ** 2 for v in model.atoms[a]))


def _remember(model: Model, key: Any, make: Callable[[], Any]) -> Any:
    memory = _NUMBERS.setdefault(model, {})
    if key not in memory:
        memory[key] = make()
    return memory[key]


_NUMBERS: WeakKeyDictionary[Model, dict[Any, Any]] = WeakKeyDictionary()


def _factor(call: sympy.Expr, model: Model, layer: int, t: int, a: int) -> Any:
    places = [argument for argument in call.args if argument != c]
    name, number = call.func.__name__, model.integer(places[0], layer) if places else 0
    above = range(number + 1, model.depth + 2)
    if name == "δ":
        return mpmath.fprod(_named("D", model, j, t, a) for j in range(number, model.depth + 1))
    if name == "β":
        return mpmath.fprod(_named("W̃", model, j, t, a) for j in above)
    if name == "β̂":
        return mpmath.fprod(_named("B̂", model, j, t, a) for j in above)
    return _named(name.strip("|‖"), model, number, t, a)


def _named(name: str, model: Model, layer: int, t: int, a: int) -> Any:
    index = sympy.Integer(layer) if layer else None
    key = (name, layer, t if name not in _CONSTANT else 0, a if name not in _OF_THE_DATUM else 0)
    value = Symbol(name, ONE, ONE, index)
    return _remember(model, key, lambda: _norm(model.symbol(value, layer, t, a, False)))


_CONSTANT = frozenset({"W", "W̃", "B̂"})
_OF_THE_DATUM = _CONSTANT | {"D", "e", "ē", "ẽ", "λ", "g"}


def _growth(model: Model, scale: Any, t: int) -> Any:
    """The smallest K with |F(cξ) - F(0)| <= K |cξ| (1 + |cξ|²) for the atoms."""
    sizes = [_length(model, a) for a in range(len(model.atoms))]
    return max(
        abs(_decimal(q[0])) / (r * (1 + (scale * r) ** _GROWTH_POWER)) if r else mpmath.mpf(0)
        for q, r in zip(model.quotients[t], sizes, strict=True)
    )
