"""The remainder: the printed bound is infinite, the repaired one is a number, proved and attained."""

from __future__ import annotations

from fractions import Fraction
from math import factorial as factorial_of

import flint
import pytest
import sympy
from flint import arb, fmpq, fmpq_poly

from theory.counterexamples.printed_remainder import (
    coefficients,
    floor,
    gaussian_moment,
    growth_begins,
    predicted_growth,
    printed_moment,
    terms,
    true_mean,
)
from theory.exact.derivative_bounds import derivative, evaluate, exact_supremum, supremum
from theory.exact.designs import factorial
from theory.exact.network import ACTIVATIONS, ExactNetwork, loss_value
from theory.exact.noise_laws import GAUSSIAN, RADEMACHER, SKEWED, UNIFORM
from theory.exact.population import Problem, mean_estimates
from theory.results.remainder import covered, curvature_terms, curve, remainder_bounds


@pytest.fixture(autouse=True)
def _many_digits():
    with flint.ctx.workprec(200):
        yield


def test_the_coefficients_are_the_derivatives_at_zero() -> None:
    z = sympy.Symbol("z")
    for name, function in (("tanh", sympy.tanh(z)), ("sigmoid", 1 / (1 + sympy.exp(-z)))):
        found = coefficients(name, 7)
        for m in range(8):
            value = abs(sympy.diff(function, z, m).subs(z, 0)) / factorial_of(m)
            assert found[m] == fmpq(int(value.p), int(value.q))


def test_the_moments_taken_bound_those_of_the_gaussian() -> None:
    assert all(gaussian_moment(p) < printed_moment(p) for p in range(2, 40))
    assert gaussian_moment(4).contains(3)
    assert gaussian_moment(6).contains(15)


@pytest.mark.parametrize(
    ("activation", "c"), [("tanh", fmpq(1, 10)), ("tanh", fmpq(1)), ("sigmoid", fmpq(2))]
)
def test_the_printed_terms_exceed_a_bound_that_grows_for_ever(activation: str, c: fmpq) -> None:
    with flint.ctx.workprec(640):
        found = terms(activation, c, 300)
        assert all(value >= floor(activation, c, m) for m, value in found.items())
    assert floor(activation, c, 10**6) > 10**100


def test_where_the_printed_terms_begin_to_grow() -> None:
    begins = [growth_begins(terms("tanh", c, 300)) for c in (fmpq(1, 10), fmpq(1, 2), fmpq(1))]
    assert begins == [89, 3, 3]
    exact = growth_begins(terms("tanh", fmpq(1, 10), 300, gaussian_moment))
    assert predicted_growth("tanh", 0.1, exact_moments=True) <= exact <= 246
    smallest = terms("tanh", fmpq(1, 10), 89)[89]
    assert 3.8e-18 < float(smallest) < 4.0e-18


def test_the_expectation_itself_is_finite_and_within_the_repaired_bound() -> None:
    mean = true_mean(fmpq(1, 2))
    assert mean.rad() < arb("1e-30")
    assert abs(mean - arb("0.826483856567628")) < arb("1e-14")
    for c in (fmpq(1, 100), fmpq(1, 2), fmpq(3)):
        assert abs(true_mean(c) - 1) < arb(c) ** 2  # c² κ4/6 sup|tanh'''|


def test_the_largest_derivatives_of_tanh_and_sigmoid() -> None:
    root = sympy.sqrt(3)
    assert [exact_supremum("tanh", k) for k in (1, 2, 3)] == [1, 4 * root / 9, 2]
    quarter, eighth = sympy.Rational(1, 4), sympy.Rational(1, 8)
    assert [exact_supremum("sigmoid", k) for k in (1, 2, 3)] == [quarter, root / 18, eighth]


def test_the_supremum_of_a_polynomial_is_at_an_end_or_where_its_slope_vanishes() -> None:
    cubic = fmpq_poly([0, -3, 0, 1])  # t³ - 3t: 2 at -1, -2 at 1
    assert supremum(cubic, arb(0), arb("1.5")).contains(2)
    assert supremum(cubic, arb(0), arb("0.5")).contains(fmpq(11, 8))
    assert supremum(cubic, arb(-3), arb(0)).contains(18)
    assert supremum(fmpq_poly([]), arb(0), arb(1)) == 0


@pytest.mark.parametrize(
    ("output", "loss"),
    [(output, loss) for output in ("identity", "tanh", "sigmoid") for loss in ("mse", "quartic")]
    + [("identity", "logcosh")],
)
def test_the_curves_have_the_derivatives_of_the_loss(output: str, loss: str) -> None:
    target, point = fmpq(3, 4), fmpq(2, 5)
    previous, flint.ctx.cap = flint.ctx.cap, 5
    try:
        argument = flint.arb_series([arb(point), 1])
        series = loss_value(loss, [ACTIVATIONS[output](argument)], [flint.arb_series([arb(target)])])
        second, third = 2 * series[2], 6 * series[3]
    finally:
        flint.ctx.cap = previous
    phi = curve(output, loss, target)
    assert abs(phi.curvature(arb(point)) - second) < arb("1e-50")
    at_point = phi.largest_third(arb(point), arb(point))
    assert abs(at_point - abs(third)) < arb("1e-50")


def test_derivatives_are_taken_by_the_chain_rule() -> None:
    assert derivative(fmpq_poly([0, 1]), "tanh", 3) == fmpq_poly([-2, 0, 8, 0, -6])
    assert evaluate(fmpq_poly([1, 2, 3]), arb(2)) == 17


def problem(output: str, loss: str, hidden: str = "relu") -> Problem:
    network = ExactNetwork.of([[[1], [2]], [[1, -1], [2, 1]]], (hidden, output), loss)
    return Problem(network, ((1,), (Fraction(-1, 2),)), ((1, 0), (0, Fraction(1, 2))))


def test_the_known_part_of_a_quadratic_is_all_of_its_bias() -> None:
    given, c = problem("identity", "mse"), Fraction(3)
    means = mean_estimates(given, factorial(SKEWED, 2), c)[0]
    (bound,), (known,) = remainder_bounds(given, SKEWED, c), curvature_terms(given, SKEWED, c)
    assert all(value == 0 for value in bound.entries())
    away = flint.arb_mat(means - given.true_gradients[0]) - known
    assert all(abs(value) < arb("1e-50") for value in away.entries())
    assert any(abs(value) > 1 for value in known.entries())


def test_one_unit_by_hand() -> None:
    """logcosh, A = 2, κ4 = 3, all arguments: c² 3/6 · 8 · 4/(3√3)."""
    network = ExactNetwork.of([[[1]], [[2]]], ("tanh", "identity"), "logcosh")
    (bound,) = remainder_bounds(Problem(network, ((1,),), ((0,),)), GAUSSIAN, Fraction(1, 2))
    assert abs(bound[0, 0] - 4 / (3 * arb(3).sqrt())) < arb("1e-50")


def test_bounded_noise_reaches_less() -> None:
    given = problem("tanh", "mse")
    (near,), (far,) = (remainder_bounds(given, law, Fraction(1, 8)) for law in (RADEMACHER, UNIFORM))
    assert all(a < b for a, b in zip(near.entries(), far.entries(), strict=True))


def test_where_nothing_is_proved_nothing_is_claimed() -> None:
    softplus = ExactNetwork.of([[[1]], [[1]]], ("tanh", "softplus"), "mse")
    deep = ExactNetwork.of([[[1]], [[1]], [[1]]], ("tanh", "tanh", "identity"), "mse")
    softmax = ExactNetwork.of([[[1]], [[1], [2]]], ("tanh", "identity"), "cross_entropy")
    for network in (softplus, deep, softmax):
        assert not covered(network)
    with pytest.raises(ValueError, match="for which the bound is proved"):
        remainder_bounds(Problem(softplus, ((1,),), ((0,),)), RADEMACHER, 1)
    with pytest.raises(ValueError, match="unbounded"):
        remainder_bounds(problem("identity", "quartic"), GAUSSIAN, 1)
