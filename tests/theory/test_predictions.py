"""The predicted biases and covariances are what exact enumeration finds, on networks drawn at random.

Biases at c = 1e-12 in balls of 400 bits: the differences keep more than 60 digits, and the next order is a
relative 1e-12 away, or 1e-24. Distances are upper bounds that include the radii of the balls. The covariance
for c → 0 is compared in rationals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import sqrt

import flint
from flint import arb, arb_mat, fmpq_mat
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from theory.exact.designs import Design, factorial, fold_over
from theory.exact.moments import covariances, gradients, side_by_side
from theory.exact.network import LOSSES, ExactNetwork, Matrix, rational
from theory.exact.noise_laws import GAUSS_HERMITE, RADEMACHER, SKEWED, SPARSE, finite_law
from theory.exact.population import (
    Problem,
    Solver,
    fit,
    full_rank,
    limit,
    mean_estimates,
    scaled_differences,
    softmax_norm,
    sum_zero_basis,
)
from theory.results.bias import design_coefficients, feedback_bias, independent_coefficients
from theory.results.variance import closed_form, covariance

BITS = 400
STEP, PER_STEP = Fraction(1, 10**12), arb(10**12)
ACCURACY = 1e-6
VANISHES = 1e-9  # a coefficient below this part of what it corrects is compared absolutely
NEGLIGIBLE = 1e-20  # against the weights and data that are drawn
WORST_CONDITION = 1e4
DATA = 4

HIDDEN_WIDTHS = ((1,), (2,), (3,), (1, 1), (2, 1), (1, 2), (2, 2), (1, 3), (1, 1, 1), (2, 1, 1), (1, 1, 2))
SMOOTH = ("tanh", "sigmoid", "softplus", "identity")

SYMMETRIC_THREE = finite_law("three points", [(3, "1/18"), (0, "8/9"), (-3, "1/18")])
SKEWED_OTHERWISE = finite_law("two points", [("-3/2", "4/13"), ("2/3", "9/13")])
LAWS = {
    law.name: law for law in (RADEMACHER, SKEWED, SPARSE, SYMMETRIC_THREE, SKEWED_OTHERWISE, GAUSS_HERMITE)
}
FOLD_OVER = "fold-over"
NOISE = ("rademacher", "skewed", FOLD_OVER)


@dataclass(frozen=True)
class Drawn:
    """A network and its data in rational numbers, to be computed at any precision."""

    weights: list[list[list[Fraction]]]
    activations: tuple[str, ...]
    loss: str
    x: list[list[Fraction]]
    y: list[list[Fraction]]

    @property
    def units(self) -> int:
        return sum(len(rows) for rows in self.weights[:-1])

    @property
    def solver(self) -> Solver:
        return softmax_norm if self.loss == "cross_entropy" else full_rank

    def rational(self) -> Problem:
        return Problem(ExactNetwork.of(self.weights, self.activations, self.loss), self.x, self.y)

    def balls(self) -> Problem:
        return Problem(self.rational().network.as_balls(), self.x, self.y)


@st.composite
def networks(
    draw: st.DrawFn, activations: Sequence[str] = SMOOTH, losses: Sequence[str] = LOSSES, data: int = DATA
) -> Drawn:
    inner, loss = draw(st.sampled_from(HIDDEN_WIDTHS)), draw(st.sampled_from(losses))
    softmax = loss == "cross_entropy"
    widths = (draw(st.integers(1, 3)), *inner, draw(st.integers(2 if softmax else 1, 3)))
    weights = [[draw(multiples(8, 8, columns)) for _ in range(rows)] for columns, rows in pairwise(widths)]
    assume(
        all(any(map(any, rows)) for rows in weights)
    )  # a bias is compared with the weights it is a bias of
    output = "identity" if softmax else draw(st.sampled_from(activations))
    names = (*(draw(st.sampled_from(activations)) for _ in inner), output)
    x = [draw(multiples(4, 8, widths[0])) for _ in range(data)]
    y = [draw(shares(widths[-1]) if softmax else multiples(4, 8, widths[-1])) for _ in range(data)]
    return Drawn(weights, names, loss, x, y)


def multiples(of: int, most: int, count: int) -> st.SearchStrategy[list[Fraction]]:
    """Fractions k/of with |k| ≤ most."""
    numbers = st.integers(-most, most).map(lambda k: Fraction(k, of))
    return st.lists(numbers, min_size=count, max_size=count)


@st.composite
def shares(draw: st.DrawFn, count: int) -> list[Fraction]:
    """A distribution over the outputs, in quarters."""
    marks = [0, *sorted(draw(st.lists(st.integers(0, 4), min_size=count - 1, max_size=count - 1))), 4]
    return [Fraction(high - low, 4) for low, high in pairwise(marks)]


def properties(examples: int) -> settings:
    return settings(derandomize=True, deadline=None, database=None, max_examples=examples)


def design_of(name: str, units: int) -> Design:
    return fold_over(units) if name == FOLD_OVER else factorial(LAWS[name], units)


def mean_coefficients(problem: Problem, name: str, order: int) -> list[list[Matrix]]:
    """b_0 … b_order from the derived expansion, or, for the fold-over, from the design's own moments."""
    if name == FOLD_OVER:
        return design_coefficients(problem, fold_over(sum(problem.network.widths[1:-1])), order)
    return independent_coefficients(problem, LAWS[name], order)


def size(m: Matrix) -> float:
    """An upper bound of the Frobenius norm, tight to the radii of the balls."""
    return sqrt(sum(float(arb(v).abs_upper()) ** 2 for v in m.entries()))


def close(found: Matrix, predicted: Matrix, scale: float) -> None:
    """Equal to 1e-6 of the predicted matrix; where that vanishes against ``scale``, absolutely."""
    vanishes = size(predicted) < VANISHES * scale
    event(f"the prediction vanishes: {vanishes}")
    assert size(found - predicted) <= (VANISHES * scale if vanishes else ACCURACY * size(predicted))


def well_conditioned(problem: Problem, drawn: Drawn, rule: str) -> bool:
    """Whether every second moment that is inverted has a condition number |Q| |Q^{-1}| below 1e4."""
    errors = problem.true_errors[-1:] if rule == "DFA" else problem.true_errors[1:]
    grams = [e * e.transpose() for e in errors]
    if drawn.loss == "cross_entropy":
        basis = arb_mat(sum_zero_basis(grams[-1].nrows()))
        grams[-1] = basis.transpose() * grams[-1] * basis
    try:
        return all(size(gram) * size(gram.inv()) < WORST_CONDITION for gram in grams)
    except ZeroDivisionError:
        return False


def feedback_agrees(drawn: Drawn, name: str, rule: str) -> None:
    """(B̂(c) - B(0)) / c^k against K for every layer, k = 1 where the noise has a third moment, else 2."""
    order = 1 if name == "skewed" else 2
    with flint.ctx.workprec(BITS):
        problem = drawn.balls()
        assume(well_conditioned(problem, drawn, rule))
        predicted = feedback_bias(problem, mean_coefficients(problem, name, order)[order], rule, drawn.solver)
        found = limit(problem, design_of(name, drawn.units), STEP, rule, drawn.solver)
        start = fit(problem, problem.true_gradients, rule, drawn.solver)
        for b, at_zero, coefficient in zip(found, start, predicted, strict=True):
            close((b - at_zero) * PER_STEP**order, coefficient, max(size(at_zero), NEGLIGIBLE))


@properties(60)
@given(networks(), st.sampled_from(NOISE))
def test_layerwise_feedback_has_the_predicted_bias(drawn: Drawn, name: str) -> None:
    feedback_agrees(drawn, name, "FA")


@properties(40)
@given(networks(("identity",)), st.sampled_from(NOISE), st.sampled_from(["FA", "DFA"]))
def test_both_rules_have_the_predicted_bias_in_linear_networks(drawn: Drawn, name: str, rule: str) -> None:
    feedback_agrees(drawn, name, rule)


@properties(40)
@given(networks(), st.sampled_from(NOISE))
def test_direct_feedback_has_the_predicted_bias_around_its_own_limit(drawn: Drawn, name: str) -> None:
    """In nonlinear networks that limit is the best linear prediction of the gradient, not W."""
    feedback_agrees(drawn, name, "DFA")


@properties(60)
@given(networks(data=2), st.sampled_from(NOISE))
def test_the_mean_estimate_has_the_predicted_coefficients_up_to_c_cubed(drawn: Drawn, name: str) -> None:
    """Each order is compared with what the lower ones leave."""
    with flint.ctx.workprec(BITS):
        problem = drawn.balls()
        coefficients = [side_by_side(layers) for layers in mean_coefficients(problem, name, 3)]
        rest = side_by_side(mean_estimates(problem, design_of(name, drawn.units), STEP))
        assume(size(coefficients[0]) > NEGLIGIBLE)
        for coefficient in coefficients:
            close(rest, coefficient, size(coefficients[0]))
            rest = (rest - coefficient) * PER_STEP


RATIONAL = networks(("identity", "relu"), ("mse", "quartic"), data=2)


@properties(200)
@given(RATIONAL, st.sampled_from([*(name for name in LAWS if name != "gauss-hermite"), FOLD_OVER]))
def test_the_covariance_for_c_to_0_is_that_of_the_enumerated_slopes(drawn: Drawn, name: str) -> None:
    problem, design = drawn.rational(), design_of(name, drawn.units)
    slopes = gradients(problem).tolist()
    products = [
        [
            sum((g * v for g, v in zip(row, atom, strict=True)), 0 * row[0])
            for atom in design.atoms(exact=True)
        ]
        for row in slopes
    ]
    enumerated = covariances(problem, design, products)
    assert enumerated == [fmpq_mat(covariance(row, design)) for row in slopes]
    if name != FOLD_OVER:
        law = LAWS[name]
        assert enumerated == [fmpq_mat(covariance(row, law)) for row in slopes]
        kappa4 = design.joint_moment_of((0,) * 4)
        assert enumerated == [fmpq_mat(closed_form(row, rational(kappa4))) for row in slopes]


@properties(80)
@given(networks(data=2), st.sampled_from([*LAWS, FOLD_OVER]))
def test_the_covariance_at_finite_c_tends_to_it(drawn: Drawn, name: str) -> None:
    with flint.ctx.workprec(BITS):
        problem, design = drawn.balls(), design_of(name, drawn.units)
        found = covariances(problem, design, scaled_differences(problem, design, STEP))
        for at_step, row in zip(found, gradients(problem).tolist(), strict=True):
            assume(size(arb_mat([row])) > NEGLIGIBLE)
            noise = design if name == FOLD_OVER else LAWS[name]
            close(at_step, arb_mat(covariance(row, noise)), size(arb_mat([row])) ** 2)
