"""Joint steps of weights and feedback in rationals: at rate 0 the feedback, and all it does, stays."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import fmpq, fmpq_mat

from theory.exact.network import ExactNetwork
from theory.exact.population import Problem
from theory.results.frozen_feedback import alignment_step, joint_step

WEIGHTS = [[[1, 2]], [[1], [-1]], [[1, 0], [1, 1]]]  # 2-1-2-2
FEEDBACK = {
    "FA": [fmpq_mat([[1], [3]]), fmpq_mat([[1, -1], [2, 1]])],
    "DFA": [fmpq_mat([[1], [2]]), fmpq_mat([[1, 1], [0, 3]])],
}


def problem(activation: str = "identity") -> Problem:
    network = ExactNetwork.of(WEIGHTS, (activation, "identity", "identity"), "mse")
    return Problem(network, ((1, 2), (-1, 1), (3, 1)), ((1, 0), (0, 1), (2, -1)))


def estimates(scale: int) -> list[fmpq_mat]:
    return [fmpq_mat([[scale * (k + 2), -scale, scale * 5]] * n) for k, n in enumerate((1, 2))]


@pytest.mark.parametrize("rule", ["FA", "DFA"])
@pytest.mark.parametrize("scale", [1, 10**9])
def test_at_rate_zero_the_weights_move_as_in_feedback_alignment(rule: str, scale: int) -> None:
    both = alone = problem()
    feedback = FEEDBACK[rule]
    for _ in range(3):
        both, feedback = joint_step(both, feedback, estimates(scale), Fraction(1, 8), 0, rule)
        alone = alignment_step(alone, FEEDBACK[rule], Fraction(1, 8), rule)
        assert both.network.weights == alone.network.weights
        assert feedback == FEEDBACK[rule]


@pytest.mark.parametrize("rule", ["FA", "DFA"])
def test_at_another_rate_the_feedback_moves_by_the_gradient_of_its_fit(rule: str) -> None:
    case, rate = problem(), Fraction(1, 16)
    _, moved = joint_step(case, FEEDBACK[rule], estimates(1), Fraction(1, 8), rate, rule)
    error = case.true_errors[-1]
    expected = FEEDBACK[rule][-1] - error * (
        error.transpose() * FEEDBACK[rule][-1] - estimates(1)[-1].transpose()
    ) * fmpq(1, 48)
    assert moved[-1] == expected
    assert moved != FEEDBACK[rule]


def test_with_feedback_equal_to_the_weights_alignment_is_a_gradient_step() -> None:
    """The top weights: minus the rate times the mean of e hᵀ."""
    case = problem()
    after = alignment_step(case, case.network.weights[1:], Fraction(1, 4))
    error, below = case.true_errors[-1], case.clean.activations[-2]
    step = error * below.transpose() * fmpq(1, 12)
    assert after.network.weights[-1] == case.network.weights[-1] - step
    first = case.true_errors[0] * case.inputs.transpose() * fmpq(1, 12)
    assert after.network.weights[0] == case.network.weights[0] - first
