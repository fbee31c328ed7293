"""No bias at any noise scale for quadratic losses and noise without a third moment."""

from __future__ import annotations

import pytest
import sympy
from sympy import Matrix

from theory.exact.noise_laws import (
    GAUSS_HERMITE,
    GAUSSIAN,
    RADEMACHER,
    SKEWED,
    SPARSE,
    UNIFORM,
    NoiseLaw,
    symbolic_law,
)
from theory.results.expansion import c, exact_mean_estimate
from theory.results.zero_bias import bias, quadratic, squared_error

WEIGHTS = (Matrix([[1, 1]] * 2), Matrix([[1, 2], [0, -1], [3, 1]]), Matrix([[1, 0, 2], [2, 1, -1]]))
RESIDUAL = Matrix(sympy.symbols("r_1 r_2"))


@pytest.mark.parametrize("units", [1, 2, 4])
def test_the_bias_of_a_quadratic_is_the_third_moment_times_its_curvature(units: int) -> None:
    law = symbolic_law()
    for unit in range(units):
        curvature = sympy.Symbol(f"H_{{{unit + 1},{unit + 1}}}")
        assert sympy.expand(bias(quadratic(units), unit, law) - c * law.kappa3 * curvature / 2) == 0


@pytest.mark.parametrize(
    "law", [GAUSSIAN, RADEMACHER, UNIFORM, GAUSS_HERMITE, SPARSE], ids=lambda law: law.name
)
def test_noise_without_a_third_moment_leaves_no_bias(law: NoiseLaw) -> None:
    assert all(bias(quadratic(3), unit, law) == 0 for unit in range(3))


def test_enumerating_the_noise_gives_the_gradient_itself() -> None:
    F = quadratic(2)
    for unit in (0, 1):
        assert exact_mean_estimate(F, unit, SPARSE, c) == sympy.Symbol(f"g_{unit + 1}")
        assert exact_mean_estimate(F, unit, SKEWED, c) != sympy.Symbol(f"g_{unit + 1}")


def test_in_linear_networks_with_squared_error_the_bias_does_not_depend_on_the_data() -> None:
    F = squared_error(WEIGHTS, RESIDUAL)
    downstream = Matrix.hstack(WEIGHTS[2] * WEIGHTS[1], WEIGHTS[2])
    assert F.total_degree() == 2
    for unit in range(len(F.gens)):
        column = downstream[:, unit]
        assert sympy.expand(bias(F, unit, SKEWED) - c * SKEWED.kappa3 * column.dot(column) / 2) == 0


def test_the_gradient_of_that_loss_is_the_backpropagated_residual() -> None:
    F = squared_error(WEIGHTS, RESIDUAL)
    downstream = Matrix.hstack(WEIGHTS[2] * WEIGHTS[1], WEIGHTS[2])
    gradient = Matrix([F.diff(z).as_expr().subs(dict.fromkeys(F.gens, 0)) for z in F.gens])
    assert sympy.expand(gradient - downstream.T * RESIDUAL) == sympy.zeros(5, 1)


def test_a_cubic_term_brings_the_bias_back() -> None:
    x, y = sympy.symbols("x y")
    assert bias(sympy.Poly(x * y**2, x, y), 0, GAUSSIAN) == c**2
