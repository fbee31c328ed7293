"""Ridge regression: what a penalty on the mean, and on the sum, does to the limits of the feedback."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from flint import fmpq, fmpq_mat

from theory.exact.designs import factorial
from theory.exact.network import ExactNetwork
from theory.exact.noise_laws import RADEMACHER
from theory.exact.population import Problem, fit, mean_estimates
from theory.results.ridge import (
    STATEMENT,
    direct_limits,
    first_order,
    identity,
    layerwise_limits,
    ridge_solver,
    shrinkage,
)

WEIGHTS = ([[1, 2], [0, 1]], [[1, -1], [2, 1]], [[1, 0], [-1, 1], [3, 1]])  # 2-2-2-3
NETWORK = ExactNetwork.of(WEIGHTS, ("identity",) * 3, "mse")
PROBLEM = Problem(NETWORK, ((1, 0), (0, 1), (1, 1), (2, -1)), ((1, 0, 2), (0, 1, 1), (2, 0, 1), (-1, 1, 0)))
GRAM = PROBLEM.true_errors[-1] * PROBLEM.true_errors[-1].transpose()
GAMMA = Fraction(3, 10)


@pytest.mark.parametrize("limits", [layerwise_limits, direct_limits])
def test_the_closed_form_is_the_fit(limits) -> None:
    rule = "FA" if limits is layerwise_limits else "DFA"
    means = mean_estimates(PROBLEM, factorial(RADEMACHER, 4), Fraction(2))
    assert fit(PROBLEM, means, rule, ridge_solver(GAMMA)) == limits(NETWORK.weights, GRAM, GAMMA)


def test_each_direction_of_the_weights_is_shrunk_by_its_own_eigenvalue() -> None:
    mu_1, mu_2, gamma = sympy.symbols("mu_1 mu_2 gamma", positive=True)
    assert shrinkage() == (mu_1 / (mu_1 + gamma), mu_2 / (mu_2 + gamma))
    weights = [identity(2), fmpq_mat([[1, 2], [3, 4]])]
    (top,) = layerwise_limits(weights, fmpq_mat([[3, 0], [0, 1]]), Fraction(1))
    assert top == fmpq_mat([[fmpq(3, 4), fmpq(3, 2)], [fmpq(3, 2), 2]])


def test_with_a_singular_gram_the_projector_stands_on_the_left() -> None:
    weights = [identity(2), fmpq_mat([[1, 2], [3, 4]])]
    gram = fmpq_mat([[1, 1], [1, 1]])  # its range is (1, 1), P = gram / 2
    (top,) = layerwise_limits(weights, gram, Fraction(1, 10**30))
    away = top - gram * weights[1] * fmpq(1, 2)
    assert max(abs(v) for v in away.entries()) < fmpq(1, 10**29)
    right = weights[1] * gram * fmpq(1, 2)
    assert max(abs(v) for v in (top - right).entries()) > fmpq(1, 3)


def test_a_vanishing_ridge_costs_its_first_order_term_only() -> None:
    gamma = Fraction(1, 10**30)
    found = layerwise_limits(NETWORK.weights, GRAM, gamma)
    for b, weight, slope in zip(found, NETWORK.weights[1:], first_order(NETWORK.weights, GRAM), strict=True):
        rest = (weight - b) * 10**30 - slope
        assert max(abs(v) for v in rest.entries()) < fmpq(1, 10**20)


def test_below_the_top_the_errors_are_shrunk_already() -> None:
    """The shrinkage by the true S_i is not the limit below the top."""
    above = NETWORK.weights[2]
    true_gram = above.transpose() * GRAM * above
    expected = ridge_solver(GAMMA)(true_gram, true_gram * NETWORK.weights[1])
    assert layerwise_limits(NETWORK.weights, GRAM, GAMMA)[0] != expected


def test_the_first_order_term_can_vanish_below_the_top() -> None:
    """1-1-1-1 with W^3 = 1: the shrunk error above and the shrinkage of the layer cancel to first order."""
    one = fmpq_mat([[1]])
    assert first_order([one, one, one], one) == [0 * one, one]


def test_a_ridge_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="gamma is 0"):
        ridge_solver(Fraction(0))


def test_the_statement_says_where_the_projector_stands() -> None:
    assert r"\hat B^{i}\to P_iW^{i}" in STATEMENT.latex
