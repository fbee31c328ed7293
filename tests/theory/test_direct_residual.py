"""Direct feedback below the top of a nonlinear network: the best linear prediction of the gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import sqrt

import flint
import pytest
from flint import arb, fmpq, fmpq_mat

from theory.exact.designs import factorial, fold_over
from theory.exact.network import ExactNetwork, Matrix, Scalar
from theory.exact.noise_laws import RADEMACHER, SKEWED
from theory.exact.population import Problem, limit, minimum_norm, softmax_norm
from theory.results.direct_residual import (
    absolute_value,
    limits,
    residuals,
    saturating_units,
    squared_distances,
    squared_residuals,
    switching_unit,
)

X = ((1, 0, 2), (0, 1, -1), (1, -1, 1), (2, 1, 0), (-1, 1, 1))
Y = ((1, 0), (0, 2), (1, -1), (-1, 1), (2, 3))
Weights = Sequence[Sequence[Sequence[int]]]
NARROW = ([[1, 2, 0], [0, 1, -1]], [[2, -1]], [[1], [-1], [2]], [[1, 0, 2], [3, 1, 1]])  # 3-2-1-3-2
WIDE = ([[1, 2, 0], [0, 1, -1]], [[1, 1], [0, 1], [-1, 2]], [[1, 0, 1], [-1, 1, 2]])  # 3-2-3-2


def linear(weights: Weights, loss: str) -> Problem:
    return Problem(ExactNetwork.of(weights, ("identity",) * len(weights), loss), X, Y)


def steady(signs: tuple[int, int]) -> Problem:
    """2-2-2-1 with inputs and weights for which every relu unit of layer 2 is on, or off, for all data."""
    second = [[signs[0], signs[0]], [signs[1], signs[1]]]
    network = ExactNetwork.of([[[1, 0], [0, 1]], second, [[2, 3]]], ("identity", "relu", "identity"), "mse")
    return Problem(network, ((1, 2), (3, 1), (2, 2), (1, 1)), ((0,), (1,), (3,), (-2,)))


@pytest.mark.parametrize("weights", [NARROW, WIDE], ids=["narrow", "wide"])
@pytest.mark.parametrize("loss", ["mse", "quartic"])
def test_in_linear_networks_of_any_widths_nothing_is_left(weights: Weights, loss: str) -> None:
    problem = linear(weights, loss)
    layers = len(problem.network.weights) - 1
    assert squared_residuals(problem) == squared_distances(problem) == [0] * layers
    assert all(set(rest.entries()) == {0} for rest in residuals(problem))


def test_the_limit_in_linear_networks_is_the_product_of_the_weights_above() -> None:
    weights = linear(WIDE, "mse").network.weights
    assert limits(linear(WIDE, "mse")) == [weights[2] * weights[1], weights[2]]


def test_direct_feedback_learns_nothing_of_the_gradient_of_an_absolute_value() -> None:
    problem = absolute_value()
    assert limits(problem) == [fmpq_mat([[0]]), fmpq_mat([[1, 1]])]
    assert problem.true_gradients[0] == fmpq_mat([[1, -1]])
    assert squared_residuals(problem) == [1, 0]


def test_layerwise_feedback_learns_all_of_it_from_the_same_samples() -> None:
    for problem in (absolute_value(), switching_unit()):
        design = factorial(RADEMACHER, sum(problem.network.widths[1:-1]))
        assert limit(problem, design, Fraction(1, 4), "FA") == list(problem.network.weights[1:])


def test_a_unit_that_is_on_for_half_the_data_halves_its_weight() -> None:
    problem = switching_unit()
    assert limits(problem) == [fmpq_mat([[fmpq(1, 2)]]), fmpq_mat([[1]])]
    assert squared_residuals(problem) == [fmpq(1, 2), 0]
    assert squared_distances(problem) == [fmpq(1, 4), 0]


@pytest.mark.parametrize("build", [absolute_value, switching_unit])
def test_the_limit_is_reached_at_a_finite_noise_scale(build: Callable[[], Problem]) -> None:
    """No kink is crossed and the loss is squared: symmetric noise has no bias, so the limit is exact."""
    problem = build()
    units = sum(problem.network.widths[1:-1])
    for design in (factorial(RADEMACHER, units), fold_over(units)):
        assert limit(problem, design, Fraction(1, 8), "DFA") == limits(problem)


@pytest.mark.parametrize(("law", "order"), [(RADEMACHER, 2), (SKEWED, 1)], ids=["rademacher", "skewed"])
def test_for_a_vanishing_noise_scale_the_fit_tends_to_the_best_prediction(law: object, order: int) -> None:
    with flint.ctx.workprec(400):
        problem = saturating_units()
        design = fold_over(6) if law is RADEMACHER else factorial(SKEWED, 6)
        for coarse, fine, direct in zip(
            limit(problem, design, Fraction(1, 2**39), "DFA"),
            limit(problem, design, Fraction(1, 2**40), "DFA"),
            limits(problem),
            strict=True,
        ):
            far, near = norm(coarse - direct), norm(fine - direct)
            assert near < 2.0 ** (-40 * order + 12) * norm(direct)
            assert abs(far / near - 2**order) < 1e-6


def test_a_tanh_network_is_left_with_more_than_half_its_gradient() -> None:
    with flint.ctx.workprec(400):
        problem = saturating_units()
        hidden, top = (float(value) for value in squared_residuals(problem))
        assert round(hidden**0.5, 4) == 0.5524
        assert round(float(squared_distances(problem)[0]) ** 0.5, 4) == 0.7891
        assert top < 1e-200


@pytest.mark.parametrize("build", [absolute_value, switching_unit, lambda: steady((1, -1))])
def test_the_last_hidden_layer_is_exact_in_every_network(build: Callable[[], Problem]) -> None:
    problem = build()
    assert limits(problem)[-1] == problem.network.weights[-1]
    assert squared_residuals(problem)[-1] == 0


@pytest.mark.parametrize(("signs", "kept"), [((1, 1), (5, 5)), ((1, -1), (2, 2))])
def test_slopes_that_do_not_change_leave_nothing_whatever_the_limit(
    signs: tuple[int, int], kept: tuple[int, int]
) -> None:
    """A unit that is off for all data drops out of the product of the weights; the gradient is exact."""
    problem = steady(signs)
    assert limits(problem)[0] == fmpq_mat([kept])
    assert squared_residuals(problem) == [0, 0]
    assert (squared_distances(problem)[0] == 0) == (signs == (1, 1))


def test_no_more_data_than_outputs_leave_nothing_in_any_network() -> None:
    with flint.ctx.workprec(400):
        problem = saturating_units()
        few = Problem(problem.network, problem.x[:2], problem.y[:2])
        assert float(squared_residuals(few)[0]) < 1e-200
        assert float(squared_distances(few)[0]) > 0.1
        three = Problem(problem.network, problem.x[:3], problem.y[:3])
        assert float(squared_residuals(three)[0]) > 0.01


def test_what_is_left_is_uncorrelated_with_the_errors_and_adds_up_as_in_pythagoras() -> None:
    for problem in (absolute_value(), switching_unit()):
        errors = problem.true_errors[-1]
        for rest, gradient in zip(residuals(problem), problem.true_gradients, strict=True):
            assert set((errors * rest.transpose()).entries()) == {0}
            predicted = gradient - rest
            assert squared(gradient) == squared(rest) + squared(predicted)


def test_no_other_matrix_predicts_better() -> None:
    with flint.ctx.workprec(200):
        problem = saturating_units()
        errors, gradient, best = problem.true_errors[-1], problem.true_gradients[0], limits(problem)[0]
        least = squared(residuals(problem)[0])
        for k in range(6):
            for step in (arb(2) ** -10, -(arb(2) ** -10)):
                entries = best.entries()
                entries[k] += step
                moved = type(best)(best.nrows(), best.ncols(), entries)
                assert squared(gradient - moved.transpose() * errors) > least


def test_softmax_asks_for_its_own_solver() -> None:
    with flint.ctx.workprec(200):
        given = saturating_units()
        network = ExactNetwork(given.network.weights, given.network.activations, "cross_entropy")
        problem = Problem(network, given.x, [(1, 0), (0, 1)] * 3)
        with pytest.raises(ZeroDivisionError):
            limits(problem)
        hidden, top = squared_residuals(problem, softmax_norm)
        assert 0.001 < float(hidden) < 1
        assert float(top) < 1e-50


def test_nothing_is_relative_to_zero() -> None:
    with pytest.raises(ZeroDivisionError, match="A\\^1 is zero"):
        squared_distances(absolute_value())
    dead = steady((-1, -1))
    with pytest.raises(ZeroDivisionError, match="λ\\^1 is zero"):
        squared_residuals(dead)
    assert limits(dead, minimum_norm)[0] == fmpq_mat([[0, 0]])


def squared(m: Matrix) -> Scalar:
    return sum((v * v for v in m.entries()[1:]), m.entries()[0] * m.entries()[0])


def norm(m: Matrix) -> float:
    return sqrt(abs(float(arb(squared(m)).mid())))
