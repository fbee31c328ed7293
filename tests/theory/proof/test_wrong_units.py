"""What is false of single units, of their series, moments and bounds, is rejected."""

from __future__ import annotations

import pytest
import sympy

from tests.theory.proof.steps import Attempt, Wrong, by, named, rejected
from theory.proof import (
    LAYER,
    Same,
    Within,
    c,
    suppose,
)
from theory.proof.grants import Hypothesis
from theory.proof.rules import (
    ARITHMETIC,
    EXPANSION,
    HYPOTHESIS,
    SEPARATION,
    TAYLOR,
    TRIANGLE,
)
from theory.proof.sizes import fitted_gain, slope_product
from theory.proof.units import E, derivative, gradient_entry, kappa, remainder, taylor, taylor_bound, xi
from theory.proofs.single_units import closed_form, difference, polynomial
from theory.results.assumptions import (
    IDENTICAL,
    INDEPENDENT,
    QUADRATIC,
    SMOOTH,
    THIRD,
)

_moments = (suppose(INDEPENDENT), suppose(IDENTICAL))
_F, _loss = derivative({}, (1, 2)), derivative({}, ())
_third = suppose(THIRD)
_fourth = by(SEPARATION, Same(E(xi(1) ** 4), kappa(4)), *_moments)
_unlike = by(SEPARATION, Same(E(xi(1) ** 2 * xi(2) ** 2), 1), *_moments)
_own = taylor({}, (1, 2), 1, 3)
_expanded = by(TAYLOR, Same(_F, _own), _third)
_rest = remainder({}, (1, 2), 1, 3)
_lagrange = by(TAYLOR, Within(_rest, taylor_bound({}, 1, 3)), _third)
_mean = E(difference(2) * xi(1) / c)
_printed = sum(
    c ** (r - 1) / sympy.factorial(r) * derivative({1: r}, ()) * E(xi(1) ** (r + 1)) for r in (1, 2, 3)
)
_series = by(EXPANSION, Same(_mean, E(polynomial(2, 3) * xi(1) / c), 3), suppose(SMOOTH))
_quadratic = by(EXPANSION, Same(_mean, E(polynomial(2, 2) * xi(1) / c)), suppose(QUADRATIC))
_D1, _D2 = derivative({1: 1}, (1,)), derivative({2: 1}, (2,))
_A1, _A2 = E(_D1), E(_D2)
_bounded = (Within(_A1, kappa(4)), Within(_A2, kappa(5)))
_bounded_slopes = (Within(_D1, kappa(4)), Within(_D2, kappa(5)))
_triangle = by(TRIANGLE, Within(_A1 + _A2, kappa(4) + kappa(5)), *_bounded)
_upto = Same(_A1, gradient_entry(1), 2)
_kept = by(ARITHMETIC, Same(3 * _A1, 3 * gradient_entry(1), 2), _upto)
_pathwise = Same(_F - _loss, c * gradient_entry(1) * xi(1), 2)
_sure = sympy.Symbol("ξ_1", positive=True)

UNITS = (
    Wrong(
        "E ξ⁴ is 3 for Gaussian noise, not for any",
        by(SEPARATION, Same(E(xi(1) ** 4), 3), *_moments),
        "the sides differ",
        _fourth,
    ),
    Wrong(
        "E ξ³ is 0 for symmetric noise, not for any",
        by(SEPARATION, Same(E(xi(1) ** 3), 0), *_moments),
        "the sides differ",
        by(SEPARATION, Same(E(xi(1) ** 3 * xi(2)), 0), *_moments),
    ),
    Wrong(
        "moments are shared only if supposed to be",
        by(SEPARATION, _fourth.claim, suppose(INDEPENDENT)),
        "the sides differ",
        _fourth,
    ),
    Wrong(
        "units are independent only if supposed to be",
        by(SEPARATION, _unlike.claim, suppose(IDENTICAL)),
        "needs the hypothesis N2",
        _unlike,
    ),
    Wrong(
        "a unit is not independent of a loss that it perturbs",
        by(SEPARATION, Same(E(xi(1) ** 2 * _F), E(_F)), *_moments),
        "the sides differ",
        by(
            SEPARATION,
            Same(E(xi(1) ** 2 * derivative({}, (2,))), E(derivative({}, (2,)))),
            *_moments,
            suppose(SMOOTH),
        ),
    ),
    Wrong(
        "Taylor's formula has a remainder",
        by(TAYLOR, Same(_F, _own - _rest), _third),
        "is not Taylor's formula",
        _expanded,
    ),
    Wrong(
        "Taylor's formula in one unit keeps the noise of the others",
        by(TAYLOR, Same(_F, taylor({}, (1,), 1, 3)), _third),
        "is not Taylor's formula",
        _expanded,
    ),
    Wrong(
        "Taylor's formula stops where the derivatives do",
        by(TAYLOR, Same(_F, taylor({}, (1, 2), 1, 4)), _third),
        "is not Taylor's formula",
        _expanded,
    ),
    Wrong(
        "Taylor's formula needs derivatives",
        by(TAYLOR, _expanded.claim),
        "needs the hypothesis S4",
        _expanded,
    ),
    Wrong(
        "Lagrange's bound is not half of itself",
        by(TAYLOR, Within(_rest, taylor_bound({}, 1, 3) / 2), _third),
        "Lagrange's bound is",
        _lagrange,
    ),
    Wrong(
        "second derivatives are not bounded (S4)",
        by(TAYLOR, Within(remainder({}, (1, 2), 1, 2), taylor_bound({}, 1, 2)), _third),
        "bounds M_jkk only",
        _lagrange,
    ),
    Wrong(
        "third derivatives in three units are not bounded (S4)",
        by(TAYLOR, Within(remainder({1: 1, 2: 1}, (3,), 3, 1), taylor_bound({1: 1, 2: 1}, 3, 1)), _third),
        "bounds M_jkk only",
        _lagrange,
    ),
    Wrong(
        "fourth derivatives are not bounded (S4)",
        by(TAYLOR, Within(remainder({}, (1, 2), 1, 4), taylor_bound({}, 1, 4)), _third),
        "an order that the hypothesis does not bound",
        _lagrange,
    ),
    Wrong(
        "only a remainder is bounded like one",
        by(TAYLOR, Within(_F, taylor_bound({}, 1, 3)), _third),
        "is not a remainder",
        _lagrange,
    ),
    Wrong(
        "the printed series, without cross terms, is not that of the estimate",
        by(EXPANSION, Same(_mean, _printed, 3), suppose(SMOOTH)),
        "the sides differ",
        _series,
    ),
    Wrong(
        "an expansion is no equation unless the loss is quadratic",
        by(EXPANSION, Same(_mean, E(polynomial(2, 3) * xi(1) / c)), suppose(SMOOTH)),
        "to which order in c it holds",
        _series,
    ),
    Wrong(
        "five derivatives carry a series to the order 4 and no further",
        by(EXPANSION, Same(_mean, E(polynomial(2, 5) * xi(1) / c), 5), suppose(SMOOTH)),
        "to which order in c it holds, 4 at most",
        _series,
    ),
    Wrong(
        "a series divided by c is known to one order less",
        by(EXPANSION, Same(_mean / c**2, E(polynomial(2, 3) * xi(1) / c) / c**2, 3), suppose(SMOOTH)),
        "the sides differ",
        _series,
    ),
    Wrong(
        "the loss has a series only if it is smooth",
        by(EXPANSION, _series.claim, suppose(THIRD)),
        "needs the hypothesis S5",
        _series,
    ),
    Wrong(
        "a quadratic loss has cross terms",
        by(EXPANSION, Same(_mean, gradient_entry(1) * E(xi(1) ** 2)), suppose(QUADRATIC)),
        "the sides differ",
        _quadratic,
    ),
    Wrong(
        "the mean of the estimate is not the gradient in skewed noise",
        by(SEPARATION, Same(E(polynomial(2, 2) * xi(1) / c), gradient_entry(1)), *_moments),
        "the sides differ",
        by(SEPARATION, Same(E(polynomial(2, 2) * xi(1) / c), closed_form(2, 2)), *_moments),
    ),
    Wrong(
        "a bound of a sum has all the terms",
        by(TRIANGLE, Within(_A1 + _A2, kappa(4)), *_bounded),
        "the sides differ",
        _triangle,
    ),
    Wrong(
        "a sum is bounded only if every term is",
        by(TRIANGLE, _triangle.claim, _bounded[0]),
        "nothing bounds every part",
        _triangle,
    ),
    Wrong(
        "|A - B| is not bounded by the difference of the bounds",
        by(TRIANGLE, Within(_D1 - _D2, kappa(4) - kappa(5)), *_bounded_slopes),
        "the sides differ",
        by(TRIANGLE, Within(_D1 - _D2, kappa(4) + kappa(5)), *_bounded_slopes),
    ),
    Wrong(
        "|E ξ³| is bounded by E|ξ|³, not by E ξ³",
        by(TRIANGLE, Within(E(xi(1) ** 3), E(xi(1) ** 3))),
        "the sides differ",
        by(TRIANGLE, Within(E(xi(1) ** 3), E(sympy.Abs(xi(1)) ** 3))),
    ),
    Wrong(
        "a proof does not choose that the noise is positive",
        by(TRIANGLE, Within(E(_sure**3), E(_sure**3))),
        "no number of the vocabulary",
        by(TRIANGLE, Within(E(xi(1) ** 3), E(sympy.Abs(xi(1)) ** 3))),
    ),
    Wrong(
        "a mean that may be of either sign bounds nothing unless it exists",
        by(TRIANGLE, Within(E(xi(1)), E(xi(1) ** 7) + 9), Within(xi(1), xi(1) ** 7 + 9)),
        "ξ has no moment 7",
        by(TRIANGLE, Within(E(xi(1)), kappa(5) + 9), Within(xi(1), xi(1) ** 5 + 9), suppose(IDENTICAL)),
    ),
    Wrong(
        "an inequality does not follow from an equation up to a power of c",
        by(TRIANGLE, Within(_A1, sympy.Abs(gradient_entry(1))), _upto),
        "does not follow from what holds up to a power of c",
        by(TRIANGLE, Within(_A1, sympy.Abs(gradient_entry(1))), Same(_A1, gradient_entry(1))),
    ),
    Wrong(
        "an equation is no better than what it is taken from",
        by(ARITHMETIC, Same(_A1, gradient_entry(1), 3), _upto),
        "hold to below c",
        _kept,
    ),
    Wrong(
        "an equation up to a power of c is no equation",
        by(ARITHMETIC, Same(_A1, gradient_entry(1)), _upto),
        "hold to below c",
        _kept,
    ),
    Wrong(
        "an equation divided by c is known to one order less",
        by(ARITHMETIC, Same(_A1 / c, gradient_entry(1) / c, 2), _upto),
        "the sides differ",
        _kept,
    ),
    Wrong(
        "what is small for each noise need not be small in the mean",
        by(SEPARATION, Same(E((_F - _loss) * xi(1)), c * gradient_entry(1), 2), _pathwise, *_moments),
        "known for each noise, not in the mean",
        by(
            SEPARATION,
            Same(E((_F - _loss) * xi(1)), c * gradient_entry(1)),
            Same(_pathwise.left, _pathwise.right),
            *_moments,
        ),
    ),
    Wrong(
        "c² times the mean of a perturbed loss need not be of order c²",
        by(ARITHMETIC, Same(c**2 * E(_F), 0, 2)),
        "the sides differ",
        by(ARITHMETIC, Same(c**2 * E(xi(1) ** 2), 0, 2)),
    ),
    Wrong(
        "numbers are not equal for being written",
        by(ARITHMETIC, Same(2 * kappa(4), kappa(4))),
        "the sides differ",
        by(ARITHMETIC, Same(2 * kappa(4), kappa(4) + kappa(4))),
    ),
    Wrong(
        "equations that lead round in a circle lead nowhere",
        by(ARITHMETIC, Same(kappa(3), 0), Same(kappa(3), kappa(4)), Same(kappa(4), kappa(3))),
        "round in a circle",
        by(ARITHMETIC, Same(kappa(3), kappa(5)), Same(kappa(3), kappa(4)), Same(kappa(4), kappa(5))),
    ),
    Wrong(
        "the noise has the mean 0 as a number, not as 1",
        by(HYPOTHESIS, Same(E(xi(1)), 1), suppose(INDEPENDENT)),
        "no cited hypothesis",
        by(HYPOTHESIS, Same(E(xi(1)), 0), suppose(INDEPENDENT)),
    ),
)

_two, _smooth = suppose(INDEPENDENT), suppose(SMOOTH)
_F2 = derivative({}, (2,))


def _split(mean: sympy.Expr, value: object, *sources: Hypothesis) -> Attempt:
    return by(SEPARATION, Same(mean, value), *sources)


def _call(name: str, *noise: sympy.Expr) -> sympy.Expr:
    return sympy.Function(name, real=True)(*noise)


def _remainder(name: str, *noise: sympy.Expr) -> Attempt:
    return by(TAYLOR, Within(_call(name, *noise), taylor_bound({}, 1, 3)), _third)


_pair = _split(E(xi(1) ** 2 * xi(2)), 0, _two)
_fifth = _split(E(xi(1) ** 5 * xi(2)), 0, *_moments)
_through = _split(E(_F2 * xi(1)), 0, _two, _third)

EXISTENCE = (
    Wrong("two moments are no ten", _split(E(xi(1) ** 10 * xi(2)), 0, _two), "ξ has no moment 10", _pair),
    Wrong("two moments are no three", _split(E(xi(1) ** 3 * xi(2)), 0, _two), "ξ has no moment 3", _fifth),
    Wrong("five moments are no six", _split(E(xi(1) ** 6 * xi(2)), 0, *_moments), "no moment 6", _fifth),
    Wrong(
        "sizes have moments no sooner",
        _split(E(sympy.Abs(xi(1)) ** 7 * xi(2)), 0, *_moments),
        "no moment 7",
        _fifth,
    ),
    Wrong("1/ξ has no mean", _split(E(xi(2) / xi(1)), 0, _two), "its mean need not exist", _pair),
    Wrong(
        "ξ^(1/2) is no number of a negative ξ",
        _split(E(xi(2) * sympy.sqrt(xi(1))), 0, _two),
        "its mean need not exist",
        _pair,
    ),
    Wrong(
        "exp ξ⁴ has no mean",
        _split(E(xi(2) * sympy.exp(xi(1) ** 4)), 0, _two),
        "no number of the vocabulary",
        _pair,
    ),
    Wrong(
        "a loss has a mean only if it grows slowly",
        _split(E(_F2 * xi(1)), 0, _two),
        "how F_.* grows",
        _through,
    ),
    Wrong(
        "the square of a loss has a mean only if it grows more slowly",
        _split(E(_F2**2 * xi(1)), 0, *_moments, _third),
        "ξ has no moment 6",
        _split(E(_F2**2 * xi(1)), 0, _two, _smooth),
    ),
    Wrong(
        "a loss times the noise needs four moments",
        _split(E(_F2 * xi(2) * xi(1)), 0, _two, suppose(QUADRATIC)),
        "ξ has no moment 3",
        _split(E(_F2 * xi(2) * xi(1)), 0, _two, _third),
    ),
    Wrong(
        "a third derivative in three units may grow (S4)",
        _split(E(derivative({1: 1, 2: 1, 3: 1}, (2,)) * xi(1)), 0, *_moments, _third),
        "how F_.* grows",
        _split(E(derivative({1: 1, 2: 2}, (2,)) * xi(1)), 0, *_moments, _third),
    ),
    Wrong(
        "a fourth derivative may grow (S4)",
        _split(E(derivative({1: 4}, (2,)) * xi(1)), 0, *_moments, _third),
        "how F_.* grows",
        _split(E(derivative({1: 4}, (2,)) * xi(1)), 0, *_moments, _smooth),
    ),
    Wrong(
        "a sixth derivative may grow (S5)",
        _split(E(derivative({1: 6}, (2,)) * xi(1)), 0, *_moments, _smooth),
        "how F_.* grows",
        _split(E(derivative({1: 5}, (2,)) * xi(1)), 0, *_moments, _smooth),
    ),
    Wrong(
        "a remainder has a mean only if the loss grows slowly",
        _split(E(remainder({}, (2,), 2, 3) * xi(1)), 0, *_moments),
        "how R.* grows",
        _split(E(remainder({}, (2,), 2, 3) * xi(1)), 0, *_moments, _third),
    ),
    Wrong(
        "a remainder is bounded at cξ, not at 5cξ",
        _remainder("R[F_{};1^3]", 5 * xi(1)),
        "no number of the vocabulary",
        _lagrange,
    ),
    Wrong(
        "a remainder is bounded where it depends on the unit",
        _remainder("R[F_{};1^3]", xi(2)),
        "no number of the vocabulary",
        _lagrange,
    ),
    Wrong(
        "a remainder has a positive order",
        _remainder("R[F_{1,1,1,1};1^-1]", xi(1)),
        "no number of the vocabulary",
        _lagrange,
    ),
    Wrong(
        "a remainder is one of a derivative",
        _remainder("R[G;1^3]", xi(1)),
        "no number of the vocabulary",
        _lagrange,
    ),
    Wrong(
        "a remainder of F_12 in unit 2 depends on unit 2",
        by(TAYLOR, Within(_call("R[F_{1,2};2^1]", xi(3)), taylor_bound({1: 1, 2: 1}, 2, 1)), _third),
        "no number of the vocabulary",
        by(TAYLOR, Within(remainder({1: 1, 2: 1}, (2, 3), 2, 1), taylor_bound({1: 1, 2: 1}, 2, 1)), _third),
    ),
    Wrong(
        "a loss is taken at ±cξ, not at any other point",
        by(ARITHMETIC, Same(_call("F_{}", xi(1) ** 2), _call("F_{}", xi(1) ** 2))),
        "no number of the vocabulary",
        by(ARITHMETIC, Same(_call("F_{}", -xi(1)), _call("F_{}", -xi(1)))),
    ),
    Wrong(
        "a loss does not take the same noise twice",
        by(ARITHMETIC, Same(_call("F_{}", xi(1), xi(1)), _call("F_{}", xi(1), xi(1)))),
        "no number of the vocabulary",
        by(ARITHMETIC, Same(_F, _F)),
    ),
    Wrong(
        "infinity is no derivative, to no order",
        by(ARITHMETIC, Same(sympy.oo, gradient_entry(1), 1)),
        "no exact finite real number",
        by(ARITHMETIC, Same(c, 0, 1)),
    ),
    Wrong(
        "an equation to the order 0 says nothing",
        by(ARITHMETIC, Same(kappa(3), kappa(4), 0)),
        "to below 0",
        by(ARITHMETIC, Same(c * kappa(3), c**2 * kappa(4), 1)),
    ),
    Wrong(
        "zoo is no number",
        by(ARITHMETIC, Same(sympy.zoo, sympy.zoo)),
        "no exact finite real number",
        by(ARITHMETIC, Same(0, 0)),
    ),
    Wrong(
        "nan is no number",
        by(ARITHMETIC, Same(sympy.nan, 0)),
        "no exact finite real number",
        by(ARITHMETIC, Same(0, 0)),
    ),
    Wrong(
        "a rounded number is none",
        by(ARITHMETIC, Same(sympy.Float(1) + sympy.Float("1e-30"), 1)),
        "no exact finite real number",
        by(ARITHMETIC, Same(sympy.Rational(1, 3) * 3, 1)),
    ),
    Wrong(
        "i is no real number",
        by(ARITHMETIC, Same(sympy.I, sympy.I)),
        "no exact finite real number",
        by(ARITHMETIC, Same(-1, -1)),
    ),
    Wrong(
        "κ₃ is not divided by",
        by(ARITHMETIC, Same(kappa(3) / kappa(3) ** 2, 1 / kappa(3))),
        "may be 0",
        by(ARITHMETIC, Same(c / c**2, 1 / c)),
    ),
    Wrong(
        "a root of what may be negative is no number",
        by(ARITHMETIC, Same(sympy.sqrt(kappa(4)), sympy.sqrt(kappa(4)))),
        "need not be a real number",
        by(ARITHMETIC, Same(sympy.sqrt(c), sympy.sqrt(c))),
    ),
    Wrong(
        "κ₆ is no number of a hypothesis",
        by(ARITHMETIC, Same(kappa(6), kappa(6))),
        "no number of the vocabulary",
        by(ARITHMETIC, Same(kappa(5), kappa(5))),
    ),
    Wrong(
        "a fitted gain may grow as c falls",
        by(ARITHMETIC, Same(c**2 * fitted_gain(LAYER), 0, 2)),
        "the sides differ",
        by(ARITHMETIC, Same(c**2 * slope_product(LAYER), 0, 2)),
    ),
)


@pytest.mark.parametrize("case", EXISTENCE, ids=named)
def test_means_of_single_units_exist_and_numbers_are_numbers(case: Wrong) -> None:
    rejected(case)


@pytest.mark.parametrize("case", UNITS, ids=named)
def test_series_means_and_bounds_of_single_units_are_these_and_no_others(case: Wrong) -> None:
    rejected(case)
