"""Online rules in exact arithmetic: recursions, their closed forms, and where they end."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from typing import Any

import flint
import pytest
from flint import arb, fmpq_mat

from theory.exact.designs import factorial
from theory.exact.network import ExactNetwork, Matrix
from theory.exact.noise_laws import RADEMACHER, SKEWED
from theory.exact.population import Problem, limit, mean_estimates
from theory.results.online import descent, recursive_ridge, ridge_at_once, top_away

WEIGHTS = [[[1], [2]], [[1, -1], [2, 1]], [[1, 0], [1, 1]]]  # 1-2-2-2
STEP = Fraction(1, 3)


def problem(hidden: str = "identity") -> Problem:
    y = [[(3 * t * t + 2 * k * t - k) % 5 - 2 for k in range(2)] for t in range(4)]
    network = ExactNetwork.of(WEIGHTS, (hidden, hidden, "identity"), "mse")
    return Problem(network, ((1,), (2,), (-1,), (Fraction(1, 2),)), y)


def curved() -> Problem:
    """Errors that point everywhere, so that every fit is well conditioned."""
    turn = [[1, Fraction(1, 4)], [Fraction(-1, 4), 1]]
    network = ExactNetwork.of([[[1, 0], [0, 1]], turn, turn], ("tanh", "tanh", "identity"), "mse")
    corners = ((1, 1), (1, -1), (-1, 1), (-1, -1))
    return Problem(network, corners, ((0, 2), (2, 0), (-2, 0), (0, -2)))


def started(case: Problem) -> tuple[list[Matrix], list[Matrix]]:
    design = factorial(SKEWED, 4)
    return mean_estimates(case, design, STEP), limit(case, design, STEP)


def nth(sequence: Any, number: int) -> Any:
    return next(islice(sequence, number - 1, None))


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_recursive_ridge_at_the_top_is_the_ridge_regression_of_all_rows(steps: int) -> None:
    case = problem()
    means, _ = started(case)
    found = nth(recursive_ridge(case, means, Fraction(1, 7)), steps)
    assert found[-1] == ridge_at_once(case, means[-1], Fraction(1, 7), steps)


@pytest.mark.parametrize("steps", [1, 3, 7])
def test_descent_at_the_top_contracts_by_its_matrix(steps: int) -> None:
    case = problem()
    means, target = started(case)
    start = [weight * 2 for weight in target]
    found = nth(descent(case, means, Fraction(1, 9), start), steps)
    assert found[-1] - target[-1] == top_away(case, Fraction(1, 9), steps, start[-1] - target[-1])


def test_the_limit_is_where_descent_stays() -> None:
    case = problem()
    means, target = started(case)
    assert next(descent(case, means, Fraction(1, 3), target)) == target


def test_the_first_step_uses_the_feedback_before_it() -> None:
    """From zeros the errors below the top are zero, so nothing is learned there yet."""
    case = problem()
    means, _ = started(case)
    first = next(descent(case, means, Fraction(1, 3), [fmpq_mat(2, 2), fmpq_mat(2, 2)]))
    assert first[0] == fmpq_mat(2, 2)
    assert first[1] != fmpq_mat(2, 2)
    ridged = next(recursive_ridge(case, means, Fraction(1, 3)))
    assert ridged[0] == fmpq_mat(2, 2)


def test_both_rules_tend_to_the_limit_in_a_curved_network() -> None:
    with flint.ctx.workprec(200):
        case, design = curved(), factorial(RADEMACHER, 4)
        means, target = mean_estimates(case, design, STEP), limit(case, design, STEP)
        start = [0 * b for b in target]
        rate = Fraction(1, 16)
        errors = [size(nth(descent(case, means, rate, start), k), target) for k in (100, 200)]
        assert errors[1] < errors[0] / 10
        ridged = [size(nth(recursive_ridge(case, means, Fraction(1, 100)), k), target) for k in (100, 200)]
        assert ridged[1] < 0.7 * ridged[0]


def size(found: list[Matrix], target: list[Matrix]) -> float:
    return max(
        float(sum((arb(v).mid() ** 2 for v in (b - w).entries()), arb(0)).mid().sqrt())
        for b, w in zip(found, target, strict=True)
    )


def test_wrong_rates_are_refused() -> None:
    case = problem()
    means, target = started(case)
    with pytest.raises(ValueError, match="rate is 0"):
        next(descent(case, means, 0, target))
    with pytest.raises(ValueError, match="gamma is -1"):
        next(recursive_ridge(case, means, -1))
