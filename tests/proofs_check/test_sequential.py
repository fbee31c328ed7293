"""The sequential test keeps its level and finds its rivals: by exact enumeration, where that is possible."""

from fractions import Fraction
from math import comb, log

import numpy as np
import pytest

from proofs_check.sampling.sequential import Law, Plan, Rival, bernoulli, run, smallest

COUNTS = (40, 160)
NULL = 0.3


def rejection_probability(plan: Plan, p: float) -> tuple[float, float]:
    """P(rejected) and the mean number of observations for independent indicators of probability p: exactly,
    by running the test itself on every path of the sums.
    """
    reached, before, rejected, drawn = {0: 1.0}, 0, 0.0, 0.0
    for count in plan.counts:
        step, sums = count - before, {}
        for hits, probability in reached.items():
            for more in range(step + 1):
                path = probability * comb(step, more) * p**more * (1 - p) ** (step - more)
                sums[hits + more] = sums.get(hits + more, 0.0) + path
        reached = {}
        for hits, probability in sums.items():
            means = np.array([hits / count])
            if abs(means[0] - plan.null.mean[0]) > plan.bounds(count)[0]:
                rejected += probability
                drawn += probability * count
            elif count == plan.counts[-1] or (plan.rivals and plan.excludes_rivals(means, count)):
                drawn += probability * count
            else:
                reached[hits] = probability
        before = count
    return rejected, drawn


def rival(delta: float) -> Rival:
    return Rival(0, bernoulli([NULL + delta]))


@pytest.mark.parametrize("alpha", [0.05, 1e-3, 1e-6])
def test_a_right_source_is_rejected_with_at_most_the_stated_probability(alpha: float) -> None:
    """Exactly, with and without early stopping; and the level is not empty."""
    null = bernoulli([NULL])
    delta = smallest(null, COUNTS, alpha, rival, (0.01, 0.69))
    for rivals in ((), (rival(1.02 * delta),)):
        probability, drawn = rejection_probability(Plan(null, COUNTS, alpha, rivals), NULL)
        assert 0 < probability <= alpha
        assert drawn <= COUNTS[-1]


@pytest.mark.parametrize("alpha", [0.05, 1e-3, 1e-6])
def test_the_smallest_deviation_is_found_with_probability_99_percent(alpha: float) -> None:
    """Exactly; and a fifth of it is not: the figure says something."""
    null = bernoulli([NULL])
    delta = smallest(null, COUNTS, alpha, rival, (0.01, 0.69))
    plan = Plan(null, COUNTS, alpha, (rival(delta),))
    assert rejection_probability(plan, NULL + delta)[0] >= 0.99
    assert rejection_probability(plan, NULL + delta / 5)[0] < 0.5


def test_a_clear_case_ends_early() -> None:
    null = bernoulli([NULL])
    plan = Plan(null, COUNTS, 1e-3, (rival(0.4), Rival(0, bernoulli([0.02]))))
    _, drawn = rejection_probability(plan, NULL)
    assert drawn < 0.55 * COUNTS[-1]
    assert rejection_probability(Plan(null, COUNTS, 1e-3), NULL)[1] == pytest.approx(COUNTS[-1], rel=1e-3)


def test_the_bound_solves_bernsteins_inequality() -> None:
    law = Law(np.array([0.0]), np.array([0.2]), np.array([1.5]))
    t = float(law.distance(500, 1e-8)[0])
    assert 500 * t * t / (2 * (0.2 + 1.5 * t / 3)) == pytest.approx(log(2e8))


def test_bernstein_holds_of_a_binomial_sum_exactly() -> None:
    """In rationals: P(|X̄ - 1/5| > t) for 60 indicators is below the level that t was made for."""
    p, n = Fraction(1, 5), 60
    for alpha in (0.1, 1e-2, 1e-4):
        t = float(bernoulli([0.2]).distance(n, alpha)[0])
        tail = sum(
            comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1) if abs(Fraction(k, n) - p) > t
        )
        assert tail <= alpha


def test_every_entry_is_tested_and_the_worst_one_is_named() -> None:
    null = bernoulli([0.5, 0.2, 0.7])
    plan = Plan(null, (100,), 1e-4)
    fair = np.array([[1, 0, 1], [0, 0, 1], [1, 1, 0], [0, 0, 1]] * 25, dtype=np.float64)
    assert not run(plan, lambda start, stop: fair[start:stop]).rejected
    wrong = fair.copy()
    wrong[:, 1] = 1.0
    outcome = run(plan, lambda start, stop: wrong[start:stop])
    assert outcome.rejected
    assert (outcome.entry, outcome.count) == (1, 100)


def test_nothing_that_is_no_number_passes() -> None:
    plan = Plan(bernoulli([0.5]), (10,), 1e-4)
    assert run(plan, lambda start, stop: np.full((stop - start, 1), np.nan)).rejected


def test_a_plan_refuses_rivals_that_it_cannot_find_and_counts_that_do_not_rise() -> None:
    null = bernoulli([NULL])
    with pytest.raises(ValueError, match="too near to be found"):
        Plan(null, COUNTS, 1e-3, (rival(0.01),))
    for counts in ((), (0,), (5, 5), (9, 3)):
        with pytest.raises(ValueError, match="expected rising numbers"):
            Plan(null, counts, 1e-3)
    assert smallest(null, (4,), 1e-6, rival, (0.01, 0.69)) == float("inf")
