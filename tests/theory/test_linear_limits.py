"""The limits of the feedback in linear networks: Theorem 2, Corollary 1, other noise, missing rank."""

from __future__ import annotations

import itertools

import pytest
import sympy
from sympy import Matrix

from theory.results import corollary_1, noise_law, theorem_1, theorem_2
from theory.results.expansion import c, partial
from theory.results.linear_networks import direct_limits, downstream_maps, layerwise_limits
from theory.results.noise_law import estimate_maps, mean_at_zero
from theory.results.pseudo_inverse import projected_weights, projector
from theory.results.zero_bias import squared_error

Q = sympy.Rational
W1 = Matrix([[1, 2], [0, 1]])
W2 = Matrix([[1, -1], [2, 1], [0, 3]])
W3 = Matrix([[1, 0, 2], [-1, 1, 1], [3, 1, 0], [0, 2, 1]])
EXPANDING = (W1, W2, W3)  # 2-2-3-4: every limit exists
C = Matrix([[2, 1, 0, 0], [1, 3, 0, 1], [0, 0, 1, 0], [0, 1, 0, 2]])
NARROWING = (Matrix([[1, 2]] * 3), Matrix([[1, 0, 1], [2, 1, 1], [0, 1, 3]]), Matrix([[1, -1, 2], [0, 1, 1]]))


def test_the_algebra_of_every_theorem_cancels_the_second_moments() -> None:
    assert theorem_1.limit() == sympy.MatrixSymbol("W", *theorem_1.limit().shape)
    assert theorem_2.induction_step() == sympy.MatrixSymbol("W", *theorem_2.induction_step().shape)


def test_with_the_true_gradient_layerwise_feedback_is_the_weights() -> None:
    assert layerwise_limits(downstream_maps(EXPANDING), C) == EXPANDING[1:]


def test_every_limit_solves_its_normal_equations_on_the_error_that_the_limits_above_carry_down() -> None:
    network = (Matrix([[2], [1]]), W1, W1.T, W2, W3)
    mean = Matrix([1, -1, 0, 2, 1, 1, 1, 0, 1])
    maps = estimate_maps(network, sympy.eye(9) + mean * mean.T)
    limits = layerwise_limits(maps, C)
    assert limits != network[1:]
    carried = sympy.eye(4)
    for limit, target in zip(reversed(limits), reversed(maps), strict=True):
        assert limit.T * carried.T * C * carried == target.T * C * carried
        carried = carried * limit
    assert carried != maps[0]


def test_with_the_true_gradient_direct_feedback_is_the_product_of_the_weights() -> None:
    assert direct_limits(downstream_maps(EXPANDING)) == (W3 * W2, W3)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_the_symbolic_limit_of_direct_feedback_descends_from_the_output(depth: int) -> None:
    limit = corollary_1.limit(depth)
    names = [f"W{k}" for k in range(depth, 0, -1)]
    assert [str(factor) for factor in (limit.args if depth > 1 else [limit])] == names


def test_the_product_printed_in_equation_17_does_not_chain() -> None:
    error = sympy.ones(4, 1)
    assert ((W3 * W2).T * error).shape == (2, 1)
    with pytest.raises(sympy.matrices.exceptions.ShapeError):
        W2 * W3


def test_feedback_without_the_transpose_does_not_fit_the_error() -> None:
    feedback, error = W3, sympy.ones(4, 1)
    assert (feedback.T * error).shape == (3, 1)
    with pytest.raises(sympy.matrices.exceptions.ShapeError):
        feedback * error


def test_where_the_network_narrows_there_is_no_inverse() -> None:
    with pytest.raises(sympy.matrices.exceptions.NonInvertibleMatrixError):
        layerwise_limits(downstream_maps(NARROWING), sympy.eye(2))


def test_the_mean_estimate_mixes_the_gradient_by_the_second_moments() -> None:
    M = Matrix(3, 3, lambda j, k: sympy.Symbol(f"m_{min(j, k)}{max(j, k)}"))
    g = Matrix([partial(tuple(int(j == k) for k in range(3))) for j in range(3)])
    assert Matrix([mean_at_zero(unit, M) for unit in range(3)]) == M * g


def test_the_maps_of_the_estimate_are_those_of_the_perturbed_network() -> None:
    """Every outcome of correlated noise, 2-2-3-4, squared error: E lambda_hat -> D^T e for c -> 0."""
    residual = Matrix([1, -2, 3, Q(1, 2)])
    F = squared_error(EXPANDING, residual)
    atoms = [(1, 0, 2, -1, 1), (-1, 1, 0, 1, 1), (0, -1, 1, 0, -2), (1, 1, -1, 1, 0)]
    second = sum((Matrix(atom) * Matrix(atom).T for atom in atoms), sympy.zeros(5)) / len(atoms)
    mean = sympy.zeros(5, 1)
    for atom in atoms:
        mean += (F.eval(tuple(c * v for v in atom)) - F.eval((0,) * 5)) * Matrix(atom) / (c * len(atoms))
    D = Matrix.hstack(*estimate_maps(EXPANDING, second))
    assert mean.applyfunc(lambda entry: sympy.expand(entry).subs(c, 0)) == D.T * residual


def test_with_one_hidden_layer_the_limit_is_the_weights_times_the_second_moments() -> None:
    second = Matrix([[2, 1, 0], [1, 1, 0], [0, 0, 4]])
    network = (Matrix([[1], [2], [3]]), W3)
    assert layerwise_limits(estimate_maps(network, second), C) == (W3 * second,)
    assert theorem_1.limit_a(W3, second) == W3 * second


def test_scaled_noise_scales_the_top_matrix_only() -> None:
    s = sympy.Symbol("s", positive=True)
    limits = layerwise_limits(estimate_maps(EXPANDING, s**2 * sympy.eye(5)), C)
    assert limits == (W2, s**2 * W3)


def test_scaled_noise_scales_every_matrix_of_direct_feedback() -> None:
    s = sympy.Symbol("s", positive=True)
    assert direct_limits(estimate_maps(EXPANDING, s**2 * sympy.eye(5))) == (s**2 * W3 * W2, s**2 * W3)


def test_noise_shared_by_two_layers_or_with_a_mean_mixes_their_gradients() -> None:
    mean = Matrix([1, 1, 1, 1, 1])
    second = sympy.eye(5) + mean * mean.T
    lower, upper = layerwise_limits(estimate_maps(EXPANDING, second), C)
    assert upper != W3
    assert lower != W2
    shared = sympy.eye(5)
    shared[0, 2] = shared[2, 0] = 1
    gradient_of_unit_0 = estimate_maps(EXPANDING, shared)[0][:, 0]
    assert gradient_of_unit_0 == (W3 * W2)[:, 0] + W3[:, 0]


def test_only_the_identity_gives_the_weights() -> None:
    for diagonal in itertools.product((1, 2), repeat=5):
        limits = layerwise_limits(estimate_maps(EXPANDING, sympy.diag(*diagonal)), C)
        assert (limits == EXPANDING[1:]) == (set(diagonal) == {1})


@pytest.mark.parametrize(
    ("weights", "gram"),
    [
        (NARROWING, sympy.eye(2)),
        (EXPANDING, Matrix([[1, -1, 0, 0], [-1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 2]])),
        ((W1, Matrix([[1, 2], [0, 1]]), Matrix([[1, 1], [1, 1]])), sympy.eye(2)),
    ],
    ids=["narrowing", "errors of rank 2", "rank-deficient weights"],
)
def test_the_projected_weights_differ_from_the_weights_and_carry_the_true_gradient(
    weights: tuple[Matrix, ...], gram: Matrix
) -> None:
    limits = projected_weights(weights, gram)
    maps = (*downstream_maps(weights), sympy.eye(gram.rows))
    for limit, matrix, above in zip(limits, weights[1:], maps[1:], strict=True):
        assert limit.T * above.T * gram == matrix.T * above.T * gram
    assert limits != weights[1:]


def test_the_projector_is_the_orthogonal_one_onto_the_range() -> None:
    gram = Matrix([[2, 2, 1], [2, 2, 1], [1, 1, 3]])
    P = projector(gram)
    assert P * P == P == P.T
    assert P * gram == gram
    assert P.trace() == gram.rank() == 2
    assert projector(C) == sympy.eye(4)


def test_second_moments_of_the_wrong_size_are_refused() -> None:
    with pytest.raises(ValueError, match="expected 5 x 5"):
        estimate_maps(EXPANDING, sympy.eye(3))


def test_weights_that_do_not_chain_are_refused() -> None:
    with pytest.raises(ValueError, match=r"W\^1 has 2 rows, W\^2 3 columns"):
        downstream_maps((W1, W3))
    with pytest.raises(ValueError, match="one hidden layer"):
        downstream_maps((W1,))


def test_the_conclusion_of_the_noise_law_is_the_limit_computed_here() -> None:
    weights, second = Matrix([[1, 2], [3, 4]]), Matrix([[2, 1], [1, 5]])
    stated = noise_law.STATEMENT.conclusion.rhs
    numbers = {"W": weights, "M": second}
    value = stated.subs({symbol: numbers[str(symbol)] for symbol in stated.args}).subs({"p": 2, "n_1": 2})
    assert (
        Matrix(value.doit()) == layerwise_limits(estimate_maps((sympy.eye(2), weights), second), C[:2, :2])[0]
    )
