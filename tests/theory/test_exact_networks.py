"""The network in rational and ball arithmetic, and the limits computed with it."""

from fractions import Fraction
from math import factorial as factorial_of

import flint
import mpmath
import pytest
from flint import arb, arb_mat, fmpq, fmpq_mat

from tests.impl import oracles
from theory.exact.designs import factorial, fold_over
from theory.exact.network import (
    ACTIVATIONS,
    DERIVATIVES,
    LOSSES,
    ExactNetwork,
    Undecided,
    directional_taylor,
    forward,
    loss_gradient,
    loss_value,
)
from theory.exact.noise_laws import RADEMACHER, SKEWED
from theory.exact.population import (
    Problem,
    limit,
    mean_estimates,
    minimum_norm,
    projector,
    range_basis,
    softmax_norm,
)
from theory.results.bias import (
    design_coefficients,
    feedback_bias,
    independent_coefficients,
    partial_derivatives,
)

pytestmark = pytest.mark.definition


def network(activations, loss, exact_shape=((2, 2), (2, 2), (2, 2))):
    weights = [
        [
            [Fraction((3 * i + 5 * j + 2 * layer) % 7 - 3, 4) + (i == j) for j in range(columns)]
            for i in range(rows)
        ]
        for layer, (rows, columns) in enumerate(exact_shape)
    ]
    return ExactNetwork.of(weights, activations, loss)


def problem(activations=("tanh", "sigmoid", "identity"), loss="mse") -> Problem:
    x = ((1, Fraction(1, 2)), (-1, Fraction(3, 4)), (Fraction(1, 4), -2), (2, 1))
    y = ((0, 1), (1, -1), (Fraction(1, 2), 0), (-1, 2))
    return Problem(network(activations, loss), x, y)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
@pytest.mark.parametrize("at", ["-3.5", "-0.25", "0.75", "4"])
def test_activations_and_their_slopes_agree_with_mpmath(name: str, at: str) -> None:
    with flint.ctx.workprec(200), mpmath.workprec(200):
        a, b = arb(at), mpmath.mpf(at)
        assert abs(float(ACTIVATIONS[name](a)) - float(oracles.ACTIVATIONS[name](b))) < 1e-15
        assert abs(float(DERIVATIVES[name](a)) - float(mpmath.diff(oracles.ACTIVATIONS[name], b))) < 1e-12


@pytest.mark.parametrize("loss", LOSSES)
def test_the_gradient_of_the_loss_is_its_derivative(loss: str) -> None:
    with flint.ctx.workprec(200):
        outputs, targets, step = [arb("0.5"), arb("-1.25")], [arb("0.75"), arb("0.5")], arb(2) ** -80
        gradient = loss_gradient(loss, outputs, targets)
        for j in range(2):
            moved = [v + step * (j == k) for k, v in enumerate(outputs)]
            slope = (loss_value(loss, moved, targets) - loss_value(loss, outputs, targets)) / step
            assert abs(float(slope - gradient[j])) < 1e-20


def test_polynomial_networks_are_rational_and_others_are_balls() -> None:
    assert network(("relu", "identity", "identity"), "quartic").exact
    assert not network(("tanh", "identity", "identity"), "mse").exact
    assert isinstance(network(("identity",) * 3, "mse").as_balls().weights[0], arb_mat)


def test_a_relu_at_an_undecided_sign_is_an_error_not_a_guess() -> None:
    with pytest.raises(Undecided, match="sign of the pre-activation"):
        ACTIVATIONS["relu"](arb(0, 1))


@pytest.mark.parametrize("loss", LOSSES)
def test_the_directional_series_sums_to_the_perturbed_loss(loss: str) -> None:
    with flint.ctx.workprec(300):
        given = problem(loss=loss)
        direction = [arb(v) for v in (1, -2, 3, 1)]
        series = directional_taylor(given.network, given.x[0], given.y[0], direction, 10)
        step = arb(2) ** -20
        offsets = [arb_mat([[step * direction[2 * i + k]] for k in range(2)]) for i in range(2)]
        inputs = given.network.columns([given.x[0]])
        outputs = forward(given.network, inputs, offsets).activations[-1].entries()
        exact = loss_value(loss, outputs, given.network.columns([given.y[0]]).entries())
        assert abs(float(sum(a * step**m for m, a in enumerate(series)) - exact)) < 2.0**-170


def test_partial_derivatives_are_those_of_a_quadratic() -> None:
    """A linear network with squared error: F_jk = A_j · A_k, and nothing beyond."""
    with flint.ctx.workprec(200):
        given = problem(("identity",) * 3).network.as_balls()
        top, middle = given.weights[2], given.weights[1]
        columns = [c for m in (top * middle, top) for c in m.transpose().tolist()]
        found = partial_derivatives(given, (1, 2), (0, 1), 3)
        for j in range(4):
            for k in range(j + 1, 4):
                alpha = tuple(int(u in (j, k)) for u in range(4))
                expected = sum((a * b for a, b in zip(columns[j], columns[k], strict=True)), arb(0))
                assert abs(float(found[alpha] - expected)) < 1e-40
        assert all(abs(float(v)) < 1e-40 for alpha, v in found.items() if sum(alpha) == 3)


def test_fourth_derivatives_match_differences_of_the_loss() -> None:
    with flint.ctx.workprec(600):
        given = problem()
        found = partial_derivatives(given.network, given.x[0], given.y[0], 4)
        series = directional_taylor(
            given.network, given.x[0], given.y[0], [arb(1), arb(1), arb(0), arb(0)], 4
        )
        total = sum(found[(4 - b, b, 0, 0)] / (factorial_of(4 - b) * factorial_of(b)) for b in range(5))
        assert abs(float(total - series[4])) < 1e-100


def test_linear_networks_with_symmetric_noise_have_no_bias_in_rationals() -> None:
    given = problem(("identity",) * 3)
    for design in (factorial(RADEMACHER, 4), fold_over(4)):
        assert limit(given, design, Fraction(5, 3)) == list(given.network.weights[1:])


def test_skewed_noise_leaves_one_half_c_kappa3_times_the_curvature() -> None:
    given = problem(("identity",) * 3)
    means = mean_estimates(given, factorial(SKEWED, 4), Fraction(1, 5))
    top = given.network.weights[2]
    curvature = [sum(v * v for v in column) for column in top.transpose().tolist()]
    for j, row in enumerate((means[1] - given.true_gradients[1]).tolist()):
        assert all(v == fmpq(1, 5) * fmpq(3, 4) * curvature[j] for v in row)


@pytest.mark.parametrize("loss", ["mse", "quartic", "logcosh"])
@pytest.mark.parametrize("law", [RADEMACHER, SKEWED], ids=lambda law: law.name)
def test_the_bias_coefficient_is_what_enumeration_finds(law, loss: str) -> None:
    order = 1 if law is SKEWED else 2
    with flint.ctx.workprec(400):
        given = problem(loss=loss)
        design = factorial(law, 4)
        derived, summed = (
            independent_coefficients(given, law, order),
            design_coefficients(given, design, order),
        )
        assert all(
            abs(float(v)) < 1e-80
            for a, b in zip(derived[order], summed[order], strict=True)
            for v in (a - b).entries()
        )
        step = Fraction(1, 2**40)
        predicted = feedback_bias(given, derived[order])
        for b, w, k in zip(limit(given, design, step), given.network.weights[1:], predicted, strict=True):
            away = ((b - w) * arb(2) ** (40 * order) - k).entries()
            size = max(abs(float(v)) for v in k.entries())
            assert size > 0
            assert max(abs(float(v.mid())) for v in away) < 1e-9 * size


def test_direct_feedback_has_its_own_bias_coefficient() -> None:
    with flint.ctx.workprec(400):
        given = problem(("identity",) * 3, "quartic").network.as_balls()
        posed = Problem(given, problem().x, problem().y)
        predicted = feedback_bias(posed, independent_coefficients(posed, RADEMACHER, 2)[2], "DFA")
        found = limit(posed, factorial(RADEMACHER, 4), Fraction(1, 2**40), "DFA")
        target = [given.weights[2] * given.weights[1], given.weights[2]]
        for b, w, k in zip(found, target, predicted, strict=True):
            assert all(abs(float(v.mid())) < 1e-9 for v in ((b - w) * arb(2) ** 80 - k).entries())


def test_the_minimum_norm_solution_lies_in_the_range() -> None:
    gram, cross = fmpq_mat([[2, 2, 0], [2, 2, 0], [0, 0, 0]]), fmpq_mat([[4], [4], [0]])
    assert minimum_norm(gram, cross) == fmpq_mat([[1], [1], [0]])
    assert minimum_norm(0 * gram, 0 * cross) == fmpq_mat([[0], [0], [0]])
    basis = range_basis(gram)
    assert projector(basis) * projector(basis) == projector(basis)


def test_the_softmax_solver_ignores_the_constant_direction_and_nothing_else() -> None:
    with flint.ctx.workprec(200):
        centred = arb_mat([[2, -1, -1], [-1, 2, -1], [-1, -1, 2]])
        solution = softmax_norm(centred, centred * arb_mat([[1], [2], [6]]))
        assert [round(float(v), 12) for v in solution.entries()] == [-2.0, -1.0, 3.0]
        regular = arb_mat([[2, 0], [0, 3]])
        assert [float(v) for v in softmax_norm(regular, arb_mat([[2], [3]])).entries()] == [1.0, 1.0]


def test_singular_systems_are_refused_where_full_rank_is_asked() -> None:
    with pytest.raises(ZeroDivisionError):
        limit(problem(loss="cross_entropy"), fold_over(4), Fraction(1, 4))
