"""What node perturbation finds where a pre-activation is exactly 0, in rationals."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import sqrt

import flint
import pytest
from flint import arb, fmpq, fmpq_mat
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from theory.counterexamples.kinks import (
    at_kinks,
    chain,
    directional_slopes,
    errors,
    gradients,
    listens_to_silence,
    mean_limits,
    output_slopes,
    stacked,
)
from theory.exact.designs import factorial, fold_over
from theory.exact.moments import mean
from theory.exact.network import ExactNetwork, Matrix, Undecided, loss_value
from theory.exact.noise_laws import GAUSS_HERMITE, RADEMACHER, SKEWED, SPARSE, NoiseLaw, finite_law
from theory.exact.population import Problem, by_layer, fit, limit, mean_estimates, scaled_differences

HALF, SMALL = Fraction(1, 2), Fraction(1, 2**20)
IDENTITY = [[1, 0], [0, 1]]
THREE_POINTS = finite_law("three points", [(3, "1/18"), (0, "8/9"), (-3, "1/18")])
SYMMETRIC = (factorial(RADEMACHER, 4), factorial(SPARSE, 4), fold_over(4))

# 2-2-2-2: layer 1 is off for the first datum, so that the whole of layer 2 is at its kink.
OFF = Problem(
    ExactNetwork.of(
        ([[1, 0], [0, 1]], [[2, 1], [-1, 3]], [[1, 2], [-1, 1]]), ("relu", "relu", "identity"), "mse"
    ),
    ((-1, -2), (1, 1), (2, 1), (1, 3)),
    ((1, 2), (0, 1), (3, -1), (-2, 1)),
)


def small_integers(count: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(-2, 2), min_size=count, max_size=count)


@st.composite
def networks_of_small_integers(draw: st.DrawFn) -> Problem:
    """Relu networks with so few values that pre-activations of 0 are frequent."""
    widths = draw(
        st.sampled_from([(1, 1, 1, 1), (2, 2, 2, 1), (2, 2, 1, 2), (2, 1, 1, 1, 1), (2, 1, 2, 1, 2)])
    )
    weights = [[draw(small_integers(n)) for _ in range(m)] for n, m in pairwise(widths)]
    output = draw(st.sampled_from(["identity", "relu"]))
    activations = ("relu",) * (len(weights) - 1) + (output,)
    network = ExactNetwork.of(weights, activations, draw(st.sampled_from(["mse", "quartic"])))
    x = [draw(small_integers(widths[0])) for _ in range(2)]
    return Problem(network, x, [draw(small_integers(widths[-1])) for _ in range(2)])


many = settings(derandomize=True, deadline=None, database=None, max_examples=150)


@many
@given(networks_of_small_integers(), st.sampled_from([RADEMACHER, SPARSE, SKEWED]))
def test_close_to_the_clean_pass_the_loss_is_that_of_one_sided_slopes(
    problem: Problem, law: NoiseLaw
) -> None:
    """(F(cξ) - F(0))/c = (ℓ(ŷ + c ẏ) - ℓ(ŷ))/c, exactly: for a small c no other sign changes."""
    units = sum(problem.network.widths[1:-1])
    design = factorial(law, units)
    step, loss = fmpq(SMALL.numerator, SMALL.denominator), problem.network.loss
    found = scaled_differences(problem, design, SMALL)
    for t, slopes in enumerate(output_slopes(problem, design)):
        z = problem.clean.activations[-1].transpose().tolist()[t]
        y = problem.targets.transpose().tolist()[t]
        moved = [
            [v + step * u for v, u in zip(z, column, strict=True)] for column in slopes.transpose().tolist()
        ]
        assert found[t] == [(loss_value(loss, row, y) - loss_value(loss, z, y)) / step for row in moved]


@many
@given(networks_of_small_integers(), st.sampled_from([RADEMACHER, SPARSE, None]))
def test_symmetric_noise_gives_the_gradient_with_one_half_unless_kinks_are_stacked(
    problem: Problem, law: NoiseLaw | None
) -> None:
    units = sum(problem.network.widths[1:-1])
    design = factorial(law, units) if law else fold_over(units)
    alone = [not above for above in stacked(problem)]
    assume(any(alone))
    event(f"at a kink: {any(k for t, ok in enumerate(alone) if ok for r in at_kinks(problem)[t] for k in r)}")
    for found, half in zip(mean_limits(problem, design), gradients(problem, HALF), strict=True):
        columns = zip(alone, found.transpose().tolist(), half.transpose().tolist(), strict=True)
        assert all(a == b for ok, a, b in columns if ok)


@many
@given(networks_of_small_integers(), st.sampled_from([RADEMACHER, SKEWED]))
def test_away_from_kinks_the_limit_is_the_gradient(problem: Problem, law: NoiseLaw) -> None:
    clear = [not any(any(layer) for layer in datum) for datum in at_kinks(problem)]
    event(f"data away from kinks: {sum(clear)}")
    found = mean_limits(problem, factorial(law, sum(problem.network.widths[1:-1])))
    for layers in zip(found, problem.true_gradients, gradients(problem, 5), strict=True):
        columns = zip(clear, *(layer.transpose().tolist() for layer in layers), strict=True)
        assert all(a == b == c for ok, a, b, c in columns if ok)


@many
@given(networks_of_small_integers())
def test_the_convention_of_the_errors_is_a_slope_of_0(problem: Problem) -> None:
    assert errors(problem, 0) == problem.true_errors
    assert gradients(problem, 0) == problem.true_gradients


@pytest.mark.parametrize("law", [RADEMACHER, SPARSE, SKEWED], ids=lambda law: law.name)
def test_at_a_kink_the_bias_of_squared_error_is_of_first_order_whatever_the_noise(law: NoiseLaw) -> None:
    design = factorial(law, 4)
    curves = [
        [sum((v * v for v in column), fmpq(0)) / 2 for column in slopes.transpose().tolist()]
        for slopes in output_slopes(OFF, design)
    ]
    coefficient = by_layer(OFF.network, mean(OFF, design, curves).tolist())
    for c in (Fraction(1, 16), Fraction(1, 32)):
        step = fmpq(c.numerator, c.denominator)
        found = mean_estimates(OFF, design, c)
        assert found == [at + step * k for at, k in zip(mean_limits(OFF, design), coefficient, strict=True)]
    assert {v for layer in coefficient for v in layer.transpose().tolist()[0]} != {0}
    if law is not SKEWED:  # away from the kink the second derivative is even in ξ
        assert {v for layer in coefficient for row in layer.tolist() for v in row[1:]} == {0}


def test_a_unit_that_hears_only_a_silent_one_spoils_the_fit() -> None:
    """Two data, e = 1, W = I: half of the unit's weight goes, and to the wrong unit."""
    problem = listens_to_silence()
    assert at_kinks(problem) == [[[False, False], [False]], [[True, False], [False]]]
    assert problem.true_gradients[0].transpose().tolist() == [[1, 1], [0, 1]]
    half = fmpq(1, 2)
    for design in SYMMETRIC:
        means = mean_limits(problem, design)
        assert means[0].transpose().tolist() == [[1, 1], [half, 1]]
        assert fit(problem, means) == [fmpq_mat([[half, 0], [half, 1]]), problem.network.weights[2]]
        assert fit(problem, means, "DFA") == [fmpq_mat([[fmpq(3, 4), 1]]), problem.network.weights[2]]


def test_least_squares_tends_to_that_matrix_at_the_rate_of_c() -> None:
    problem, design = listens_to_silence(), factorial(RADEMACHER, 4)
    target = fmpq_mat([[fmpq(1, 2), 0], [fmpq(1, 2), 1]])
    coarse, fine = (limit(problem, design, c)[0] - target for c in (SMALL, SMALL / 2))
    ratios = [a / b for a, b in zip(coarse.entries(), fine.entries(), strict=True) if b]
    assert ratios
    assert all(abs(ratio - 2) < fmpq(1, 10**4) for ratio in ratios)


@pytest.mark.parametrize(("weight", "share"), [(1, fmpq(4, 5)), (-1, fmpq(1, 5))])
def test_skewed_noise_has_a_slope_that_depends_on_the_sign_of_the_weight(weight: int, share: fmpq) -> None:
    network = ExactNetwork.of([[[1]], [[weight]], [[1]]], ("relu", "relu", "identity"), "mse")
    problem = Problem(network, ((-1,),), ((-1,),))
    found = mean_limits(problem, factorial(SKEWED, 2))
    assert found == [fmpq_mat([[weight * share]]), fmpq_mat([[1]])]
    assert fit(listens_to_silence(), mean_limits(listens_to_silence(), factorial(SKEWED, 4)))[0] == fmpq_mat(
        [[fmpq(1, 5), 0], [fmpq(4, 5), 1]]
    )


def test_irrational_atoms_are_computed_in_balls() -> None:
    with flint.ctx.workprec(200):
        given = listens_to_silence()
        problem = Problem(given.network.as_balls(), given.x, given.y)
        found = mean_limits(problem, factorial(GAUSS_HERMITE, 4))
        for ball, exact in zip(found, gradients(given, HALF), strict=True):
            assert all(a.contains(arb(b)) for a, b in zip(ball.entries(), exact.entries(), strict=True))


@pytest.mark.parametrize(
    ("law", "expected"),
    [(RADEMACHER, ("1/4", "3/4")), (SPARSE, ("7/16", "9/16")), (THREE_POINTS, ("17/36", "19/36"))],
    ids=lambda value: getattr(value, "name", None),
)
def test_no_slope_at_0_explains_a_kink_above_a_kink(law: NoiseLaw, expected: tuple[str, str]) -> None:
    """Symmetric noise of variance 1, three limits: 1/2 is only right where no kink feeds another."""
    problem = chain()
    assert stacked(problem) == [True]
    found = mean_limits(problem, factorial(law, 3))
    lowest, middle, top = (m.entries()[0] for m in found)
    assert (lowest, middle, top) == (*(fmpq(*map(int, v.split("/"))) for v in expected), 1)
    assert lowest != middle * middle  # backpropagation with σ'(0) = s gives s² and s
    for s in (fmpq(1, 2), fmpq(2, 3)):
        backwards = gradients(problem, Fraction(int(s.p), int(s.q)))
        assert [m.entries()[0] for m in backwards] == [s * s, s, 1]


@pytest.mark.parametrize("law", [RADEMACHER, SPARSE, SKEWED], ids=lambda law: law.name)
def test_where_a_whole_layer_is_off_feedback_alignment_is_immune(law: NoiseLaw) -> None:
    weights, design = list(OFF.network.weights), factorial(law, 4)
    assert at_kinks(OFF)[0] == [[True, True], [False, False]]
    assert {v for e in errors(OFF, 0)[:-1] for v in e.transpose().tolist()[0]} == {0}
    means = mean_limits(OFF, design)
    assert means[0].transpose().tolist()[0] != OFF.true_gradients[0].transpose().tolist()[0] == [0, 0]
    assert fit(OFF, means) == weights[1:]


def test_where_a_whole_layer_is_off_direct_feedback_is_not() -> None:
    means = mean_limits(OFF, factorial(RADEMACHER, 4))
    direct = fit(OFF, means, "DFA")
    assert direct[0] == fit(OFF, gradients(OFF, HALF), "DFA")[0]
    assert direct[0] != fit(OFF, OFF.true_gradients, "DFA")[0]
    assert direct[1] == OFF.network.weights[2]


@pytest.mark.parametrize("law", [RADEMACHER, SKEWED], ids=lambda law: law.name)
def test_stacked_kinks_above_a_layer_that_is_off_are_harmless_too(law: NoiseLaw) -> None:
    problem = Problem(chain().network, ((-1,), (1,), (2,)), ((-1,), (3,), (1,)))
    means = mean_limits(problem, factorial(law, 3))
    assert fit(problem, means) == list(problem.network.weights[1:])
    assert fit(problem, means, "DFA")[0] != fit(problem, problem.true_gradients, "DFA")[0]


@pytest.mark.parametrize(("lower", "upper", "stack"), [(0, 1, True), (1, 0, False)])
def test_weights_of_0_lead_no_slope_from_kink_to_kink(lower: int, upper: int, stack: bool) -> None:
    """`stacked` looks at the way up alone: a kink that nothing reaches is counted, and harmless."""
    network = ExactNetwork.of([[[1]], [[lower]], [[upper]], [[1]]], ("relu",) * 3 + ("identity",), "mse")
    problem = Problem(network, ((-1,),), ((-1,),))
    assert at_kinks(problem) == [[[True], [True], [False]]]
    assert stacked(problem) == [stack]
    assert mean_limits(problem, factorial(RADEMACHER, 3)) == gradients(problem, HALF)


@pytest.mark.parametrize(
    ("third", "fourth", "stack"), [([1, 1], [1, -1], True), ([1, -1], [1, 0], False)], ids=["on", "off"]
)
def test_a_kink_feeds_another_through_units_that_are_on_but_not_through_one_that_is_off(
    third: list[int], fourth: list[int], stack: bool
) -> None:
    """2-2-2-2-1-1: unit 1 of layer 2 and the unit of layer 4 are at their kinks, with layer 3 between."""
    weights = (IDENTITY, IDENTITY, [third, [0, 1]], [fourth], [[1]])
    network = ExactNetwork.of(weights, ("relu",) * 4 + ("identity",), "mse")
    problem = Problem(network, ((-1, 1),), ((-1,),))
    assert at_kinks(problem) == [[[True, False], [False, False], [True], [False]]]
    assert stacked(problem) == [stack]
    found = mean_limits(problem, factorial(RADEMACHER, 7))
    assert (found == gradients(problem, HALF)) is not stack


def test_smooth_layers_around_a_kink_are_followed_in_balls() -> None:
    """relu off, relu at its kink, a tanh output: the estimate's mean tends to the limit, at the rate of c."""
    with flint.ctx.workprec(400):
        network = ExactNetwork.of(
            (IDENTITY, [[2, 1], [-1, 3]], [[1, 2]]), ("relu", "relu", "tanh"), "logcosh"
        )
        problem = Problem(network, ((-1, -2), (1, 1)), ((1,), (HALF,)))
        design = factorial(RADEMACHER, 4)
        away = [
            difference(mean_estimates(problem, design, Fraction(1, 2**k)), mean_limits(problem, design))
            for k in (40, 41)
        ]
        assert 0 < away[1] < 2.0**-36
        assert abs(away[0] / away[1] - 2) < 1e-6
        half = gradients(problem, HALF)
        assert difference(mean_limits(problem, design), half) < 1e-100
        assert difference(half, problem.true_gradients) > 0.1


def test_a_ball_across_a_kink_is_refused() -> None:
    with flint.ctx.workprec(100):
        network = ExactNetwork.of(([[1]], [[1]], [[1]]), ("tanh", "relu", "identity"), "mse")
        weights = (network.weights[0], type(network.weights[1])([[arb(0, 1)]]), network.weights[2])
        problem = Problem(ExactNetwork(weights, network.activations, "mse"), ((1,),), ((0,),))
        with pytest.raises(Undecided):
            directional_slopes(problem, factorial(RADEMACHER, 2))


def difference(left: list[Matrix], right: list[Matrix]) -> float:
    pairs = (v for a, b in zip(left, right, strict=True) for v in (a - b).entries())
    return sqrt(sum(float(v.mid()) ** 2 for v in pairs))
