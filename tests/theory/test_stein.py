"""For Gaussian noise, and for no other, the mean of the estimator is the expected gradient at finite c."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from flint import fmpq

from theory.exact.designs import factorial
from theory.exact.moments import gradients, mean
from theory.exact.network import ExactNetwork
from theory.exact.noise_laws import GAUSS_HERMITE, GAUSSIAN, RADEMACHER, SKEWED, UNIFORM, NoiseLaw
from theory.exact.population import Problem, scaled_differences
from theory.results.stein import disagreements, mean_gradients, moments_that_agree, three_points

NETWORK = ExactNetwork.of([[[1, 2], [0, -1]], [[1, 1]], [[1], [-2]]], ("identity",) * 3, "quartic")
PROBLEM = Problem(NETWORK, ((1, Fraction(1, 2)), (-1, 2)), ((1, 0), (0, 2)))
x = sympy.Symbol("x", real=True)
a = sympy.Symbol("a", positive=True)
DENSITY = sympy.exp(-(x**2) / 2) / sympy.sqrt(2 * sympy.pi)


@pytest.mark.parametrize(("units", "order"), [(1, 7), (2, 5), (3, 3)])
def test_gaussian_moments_satisfy_the_identity_to_any_order(units: int, order: int) -> None:
    assert disagreements(units, order, GAUSSIAN.joint_moment) == []


@pytest.mark.parametrize(
    ("law", "power"),
    [(SKEWED, 1), (RADEMACHER, 2), (UNIFORM, 2), (GAUSS_HERMITE, 4)],
    ids=lambda v: getattr(v, "name", str(v)),
)
def test_other_laws_fail_at_the_order_of_their_first_moment_that_is_not_gaussian(
    law: NoiseLaw, power: int
) -> None:
    assert disagreements(2, power - 1, law.joint_moment) == []
    assert disagreements(2, power, law.joint_moment) != []


def test_only_the_gaussian_moments_satisfy_it() -> None:
    solution = moments_that_agree(6)
    assert list(solution.values()) == [GAUSSIAN.moment(r) for r in range(3, 9)]


@pytest.mark.parametrize("F", [sympy.exp(a * x), sympy.cos(a * x), x**5 - x**2])
def test_it_is_integration_by_parts_for_functions_that_are_no_polynomials(F: sympy.Expr) -> None:
    def expected(g: sympy.Expr) -> sympy.Expr:
        return sympy.integrate(g * DENSITY, (x, -sympy.oo, sympy.oo))

    assert sympy.simplify(expected((F - F.subs(x, 0)) * x) - expected(F.diff(x))) == 0


def test_a_kink_does_no_harm() -> None:
    """F(z) = max(z - b, 0): E[F(ξ) ξ] is the chance of ξ > b, the expected slope."""
    b = sympy.Symbol("b", real=True)
    left = sympy.integrate((x - b) * x * DENSITY, (x, b, sympy.oo))
    right = sympy.integrate(DENSITY, (x, b, sympy.oo))
    assert sympy.simplify((left - right).rewrite(sympy.erf)) == 0


def test_three_points_have_the_moments_of_a_gaussian_of_variance_one_third_to_the_fifth() -> None:
    design = three_points(2)
    for r in range(6):
        gaussian = GAUSSIAN.moment(r) / sympy.sqrt(3) ** r
        assert design.joint_moment_of((0,) * r) == Fraction(str(gaussian))
    assert design.joint_moment_of((0,) * 6) != Fraction(15, 27)


@pytest.mark.parametrize("step", [Fraction(1, 8), Fraction(2)])
def test_linear_networks_with_a_quartic_loss_agree_exactly(step: Fraction) -> None:
    design = three_points(3)
    found = mean(PROBLEM, design, scaled_differences(PROBLEM, design, step))
    assert 3 * found == mean_gradients(PROBLEM, design, step)
    assert 3 * found != gradients(PROBLEM)


def test_signs_do_not_agree() -> None:
    design = factorial(RADEMACHER, 3)
    found = mean(PROBLEM, design, scaled_differences(PROBLEM, design, 1))
    assert found != mean_gradients(PROBLEM, design, 1)


def test_without_perturbation_the_expected_gradient_is_the_gradient() -> None:
    tiny = Fraction(1, 2**60)
    away = mean_gradients(PROBLEM, three_points(3), tiny) - gradients(PROBLEM)
    assert all(abs(v) < fmpq(1, 2**50) for v in away.entries())
