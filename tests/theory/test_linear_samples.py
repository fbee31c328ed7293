"""What holds of any finite sample in linear networks: fits that correct a distortion, FA that equals DFA."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from flint import fmpq, fmpq_mat
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from theory.exact import samples
from theory.exact.network import ExactNetwork, Matrix, error_signals
from theory.exact.population import Problem, fit, minimum_norm
from theory.results.fa_equals_dfa import agreeing_layers, wide_enough
from theory.results.self_correction import gradients_below, refitted

TOGETHER = settings(max_examples=25, deadline=None, database=None, derandomize=True)
NUMBERS = st.integers(-3, 3)


def table(draw: st.DrawFn, rows: int, columns: int) -> list[list[int]]:
    return [draw(st.lists(NUMBERS, min_size=columns, max_size=columns)) for _ in range(rows)]


@st.composite
def cases(draw: st.DrawFn, widths: st.SearchStrategy[list[int]]) -> tuple[Problem, list[Matrix]]:
    sizes = draw(widths)
    weights = [table(draw, above, below) for below, above in pairwise(sizes)]
    loss = draw(st.sampled_from(("mse", "quartic")))
    network = ExactNetwork.of(weights, ("identity",) * len(weights), loss)
    problem = Problem(network, table(draw, 7, sizes[0]), table(draw, 7, sizes[-1]))
    noise = [network.columns(table(draw, 7, n)) for n in sizes[1:-1]]
    return problem, samples.estimates(problem, noise, Fraction(1, 3))


any_widths = st.lists(st.integers(1, 3), min_size=4, max_size=5)


def signals(problem: Problem, estimates: list[Matrix], rule: str) -> list[Matrix]:
    feedback = fit(problem, estimates, rule, minimum_norm)
    return error_signals(problem.network, feedback, problem.clean, problem.targets, rule)


def test_the_estimate_of_a_row_is_its_loss_difference_times_its_noise() -> None:
    network = ExactNetwork.of([[[2]], [[3]]], ("identity", "identity"), "mse")
    problem = Problem(network, ((1,), (0,)), ((5,), (1,)))  # r = 1 and -1
    (estimate,) = samples.estimates(problem, [fmpq_mat([[2, -1]])], Fraction(1, 2))
    # ((1 + 3)² - 1²)/2 · 2 / c = 30, ((-1 - 3/2)² - 1²)/2 · (-1) / c = -21/4
    assert estimate == fmpq_mat([[30, fmpq(-21, 4)]])


@given(cases(any_widths))
@TOGETHER
def test_where_the_spans_agree_both_rules_fit_the_same_gradient(case: tuple[Problem, list[Matrix]]) -> None:
    problem, estimates = case
    layerwise, direct = (signals(problem, estimates, rule) for rule in ("FA", "DFA"))
    for same, a, b in zip(agreeing_layers(layerwise), layerwise, direct, strict=False):
        assert a == b or not same


@given(cases(any_widths))
@TOGETHER
def test_an_invertible_matrix_on_the_right_changes_nothing_below(case: tuple[Problem, list[Matrix]]) -> None:
    problem, estimates = case
    feedback = list(problem.network.weights[1:])
    for layer in range(2, len(feedback) + 1):
        width = problem.network.widths[layer]
        distortion = fmpq_mat(width, width, [i + 2 * (i == j) for i in range(width) for j in range(width)])
        assert distortion.det() != 0
        changed = list(feedback)
        changed[layer - 1] = changed[layer - 1] * distortion
        below = gradients_below(problem, feedback, estimates, layer)
        assert below == gradients_below(problem, changed, estimates, layer)
        assert len(below) == layer - 1


@given(cases(st.just([2, 2, 2, 3])))
@TOGETHER
def test_the_matrix_fitted_below_is_multiplied_by_the_inverse(case: tuple[Problem, list[Matrix]]) -> None:
    problem, estimates = case
    feedback, distortion = list(problem.network.weights[1:]), fmpq_mat([[1, 1], [0, 2]])
    carried = error_signals(problem.network, feedback, problem.clean, problem.targets)[1]
    assume(carried.rank() == 2)
    before = refitted(problem, feedback, estimates, 2)
    after = refitted(problem, [feedback[0], feedback[1] * distortion], estimates, 2)
    assert after[0] == distortion.inv() * before[0]


def test_the_lowest_layer_has_nothing_below_it() -> None:
    network = ExactNetwork.of([[[1]], [[1]], [[1]]], ("identity",) * 3, "mse")
    problem = Problem(network, ((1,),), ((0,),))
    with pytest.raises(ValueError, match="layer is 1; expected 2 to 2"):
        gradients_below(problem, network.weights[1:], [], 1)


@pytest.mark.parametrize(
    ("widths", "rank", "wide"),
    [
        ((2, 1, 3, 2), None, True),  # the first hidden layer may be narrow
        ((2, 3, 1, 2), None, False),
        ((2, 3, 1, 2), 1, True),  # softmax and cross-entropy with two classes
        ((5, 1, 7), None, True),  # one hidden layer: one and the same fit
    ],
)
def test_the_layers_that_must_be_wide_are_those_whose_errors_are_used(
    widths: tuple[int, ...], rank: int | None, wide: bool
) -> None:
    assert wide_enough(widths, rank) is wide


def test_widths_that_are_no_network_are_refused() -> None:
    with pytest.raises(ValueError, match="widths are"):
        wide_enough((2, 3))
