"""Confinement: with Gaussian noise in a linear network only the top feedback matrix is biased."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from flint import fmpq_mat

from theory.exact.designs import factorial
from theory.exact.network import ExactNetwork
from theory.exact.noise_laws import GAUSS_HERMITE, GAUSSIAN, RADEMACHER, SKEWED, SPARSE, UNIFORM, NoiseLaw
from theory.exact.population import Problem, fit, limit, mean_estimates, minimum_norm
from theory.results.confinement import (
    common_vector,
    confined_limits,
    direct_limits,
    quartic_means,
    stein_defects,
)

WEIGHTS = ([[1, 2], [0, 1]], [[1, -1], [2, 1]], [[1, 0], [-1, 1], [3, 1]])  # 2-2-2-3
NETWORK = ExactNetwork.of(WEIGHTS, ("identity",) * 3, "quartic")
PROBLEM = Problem(NETWORK, ((1, 0), (0, 1), (1, 1), (2, -1)), ((1, 0, 2), (0, 2, 1), (2, 0, 1), (-1, 1, 0)))
NARROW = ExactNetwork.of(
    ([[1, 2], [0, 1]], [[1, -1], [2, 1], [1, 1]], [[1, 0, 2], [-1, 1, 1]]), ("identity",) * 3, "quartic"
)
STEPS = (Fraction(1, 8), Fraction(1), Fraction(3))


@pytest.mark.parametrize("law", [RADEMACHER, SKEWED, SPARSE], ids=lambda law: law.name)
def test_the_closed_form_of_the_mean_is_the_sum_over_all_outcomes(law: NoiseLaw) -> None:
    for c in STEPS:
        assert quartic_means(PROBLEM, law, c) == mean_estimates(PROBLEM, factorial(law, 4), c)


@pytest.mark.parametrize("law", [RADEMACHER, SKEWED], ids=lambda law: law.name)
@pytest.mark.parametrize("rule", ["FA", "DFA"])
def test_so_the_limits_at_finite_c_are_those_of_the_population(law: NoiseLaw, rule: str) -> None:
    found = fit(PROBLEM, quartic_means(PROBLEM, law, Fraction(1, 2)), rule)
    assert found == limit(PROBLEM, factorial(law, 4), Fraction(1, 2), rule)


def test_only_the_gaussian_satisfies_steins_identity() -> None:
    assert set(stein_defects(GAUSSIAN, 8)) == {0}
    assert list(stein_defects(GAUSS_HERMITE, 5)) == [0, 0, 0, 0, -6]
    for law in (RADEMACHER, UNIFORM, SPARSE, SKEWED):
        assert any(stein_defects(law, 3))


@pytest.mark.parametrize("law", [GAUSSIAN, GAUSS_HERMITE], ids=lambda law: law.name)
def test_gaussian_moments_up_to_five_give_all_layers_one_vector(law: NoiseLaw) -> None:
    maps = (NETWORK.weights[2] * NETWORK.weights[1], NETWORK.weights[2])
    for c in STEPS:
        common = common_vector(PROBLEM, c)
        assert quartic_means(PROBLEM, law, c) == [above.transpose() * common for above in maps]


def test_that_vector_is_the_mean_output_error_over_the_noise() -> None:
    r, c, s = sympy.symbols("r c s", positive=True)
    zeta = sympy.Symbol("zeta", real=True)
    density = sympy.exp(-(zeta**2) / 2) / sympy.sqrt(2 * sympy.pi)
    mean = sympy.integrate(sympy.expand((r + c * s * zeta) ** 3) * density, (zeta, -sympy.oo, sympy.oo))
    assert sympy.expand(mean - (r**3 + 3 * c**2 * s**2 * r)) == 0


@pytest.mark.parametrize("c", STEPS)
def test_every_hidden_matrix_is_the_weights_and_the_top_one_is_not(c: Fraction) -> None:
    hidden, top = fit(PROBLEM, quartic_means(PROBLEM, GAUSSIAN, c))
    assert hidden == NETWORK.weights[1]
    assert top != NETWORK.weights[2]
    assert [hidden, top] == confined_limits(PROBLEM, common_vector(PROBLEM, c))


def test_other_noise_leaves_a_bias_below_the_top() -> None:
    for law in (RADEMACHER, SPARSE, SKEWED):
        assert fit(PROBLEM, quartic_means(PROBLEM, law, Fraction(1)))[0] != NETWORK.weights[1]


def test_direct_feedback_carries_the_bias_in_every_layer() -> None:
    c = Fraction(1)
    found = fit(PROBLEM, quartic_means(PROBLEM, GAUSSIAN, c), "DFA")
    assert found == direct_limits(PROBLEM, common_vector(PROBLEM, c))
    assert found[0] != NETWORK.weights[2] * NETWORK.weights[1]


def test_without_full_rank_the_hidden_matrix_is_projected_from_the_left() -> None:
    problem, c = Problem(NARROW, PROBLEM.x, [row[:2] for row in PROBLEM.y]), Fraction(1)
    hidden, top = fit(problem, quartic_means(problem, GAUSSIAN, c), solve=minimum_norm)
    assert [hidden, top] == confined_limits(problem, common_vector(problem, c), minimum_norm)
    weight = NARROW.weights[1]
    assert hidden != weight
    errors = top.transpose() * problem.true_errors[-1]
    assert hidden.transpose() * errors == weight.transpose() * errors


def test_another_loss_is_refused() -> None:
    squared = ExactNetwork.of(WEIGHTS, ("identity",) * 3, "mse")
    with pytest.raises(ValueError, match="loss mse; expected a rational one, linear, with the quartic loss"):
        quartic_means(Problem(squared, PROBLEM.x, PROBLEM.y), GAUSSIAN, 1)


def test_the_rational_matrices_are_rational() -> None:
    assert isinstance(common_vector(PROBLEM, 1), fmpq_mat)
