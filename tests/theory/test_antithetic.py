"""Central differences have an even mean in c, and the covariance of the limit."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from flint import fmpq_mat

from theory.exact.designs import factorial
from theory.exact.moments import covariances, gradients, mean
from theory.exact.network import ExactNetwork
from theory.exact.noise_laws import RADEMACHER, SKEWED, finite_law, symbolic_law
from theory.exact.population import Problem, mean_estimates
from theory.results.antithetic import central_differences, series
from theory.results.expansion import c, exact_mean_estimate, partial
from theory.results.variance import covariance

WEIGHTS = [[[1, 2], [0, -1]], [[1, 1], [2, -1]], [[1, Fraction(1, 2)]]]
DATA = (((1, Fraction(1, 2)), (-1, 2)), ((1,), (0,)))
MIRRORED = finite_law("mirrored", [(-value, weight) for value, weight in SKEWED.atoms or ()])


@pytest.mark.parametrize("units", [1, 2, 3])
def test_only_even_powers_of_c_are_left(units: int) -> None:
    found = sympy.Poly(series(units, 0, 5, symbolic_law()), c)
    assert {power for (power,) in found.monoms()} == {0, 2, 4}


def test_the_second_order_is_that_of_the_one_sided_estimate() -> None:
    kappa4 = symbolic_law().kappa4
    expected = partial((1, 0)) + c**2 * (kappa4 / 6 * partial((3, 0)) + partial((1, 2)) / 2)
    assert sympy.expand(series(2, 0, 3, symbolic_law()) - expected) == 0


def test_the_mean_is_that_of_the_noise_and_its_mirror_image() -> None:
    x, y = sympy.symbols("x y")
    F = sympy.Poly(x**3 * y + x**2 + x * y**2 / 2 - y**4, x, y)
    both = [exact_mean_estimate(F, 0, law, c) for law in (SKEWED, MIRRORED)]
    derivatives = {
        partial((a, b)): F.diff((x, a), (y, b)).eval((0, 0)) for a in range(5) for b in range(5) if a + b
    }
    assert sympy.expand(sum(both) / 2 - series(2, 0, 3, SKEWED).subs(derivatives)) == 0
    assert sympy.expand(both[0] - both[1]) != 0


@pytest.mark.parametrize("law", [RADEMACHER, SKEWED], ids=lambda law: law.name)
def test_a_quadratic_loss_leaves_neither_bias_nor_extra_variance(law) -> None:
    problem = Problem(ExactNetwork.of(WEIGHTS, ("identity",) * 3, "mse"), *DATA)
    design = factorial(law, 4)
    factors = central_differences(problem, design, Fraction(2))
    assert mean(problem, design, factors) == gradients(problem)
    found = covariances(problem, design, factors)
    assert found == [fmpq_mat(covariance(row, law)) for row in gradients(problem).tolist()]


def test_it_is_the_average_over_both_signs_of_the_step() -> None:
    problem = Problem(ExactNetwork.of(WEIGHTS, ("identity",) * 3, "quartic"), *DATA)
    design, step = factorial(SKEWED, 4), Fraction(1, 3)
    found = mean(problem, design, central_differences(problem, design, step)).transpose().tolist()
    mirrored = design.scaled(Fraction(-1))
    halves = [mean_estimates(problem, which, step) for which in (design, mirrored)]
    assert found == [row for a, b in zip(*halves, strict=True) for row in ((a + b) / 2).tolist()]
