"""When the errors of a linear network have full rank: exact ranks, widths, cross-entropy."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from theory.results.rank import (
    cross_entropy_error_sum,
    error_gram_ranks,
    feedback_identifiable,
    largest_ranks,
    obstruction,
    widths_allow_identification,
)

DETERMINISTIC = settings(derandomize=True, database=None, deadline=None, max_examples=100)


@st.composite
def networks(draw: st.DrawFn) -> list[fmpq_mat]:
    """Small integer weight matrices, often of deficient rank."""
    widths = draw(st.lists(st.integers(1, 4), min_size=3, max_size=5))
    return [
        fmpq_mat(
            rows,
            columns,
            draw(st.lists(st.integers(-1, 1), min_size=rows * columns, max_size=rows * columns)),
        )
        for columns, rows in pairwise(widths)
    ]


def generic(widths: list[int]) -> list[fmpq_mat]:
    """Weights with the entries 1 / (row + column + layer): every minor of such a matrix is non-zero."""
    return [
        fmpq_mat([[fmpq(1, j + k + layer) for k in range(columns)] for j in range(rows)])
        for layer, (columns, rows) in enumerate(pairwise(widths), start=1)
    ]


def widths_of(weights: list[fmpq_mat]) -> list[int]:
    return [weights[0].ncols(), *(matrix.nrows() for matrix in weights)]


@DETERMINISTIC
@given(networks())
def test_the_errors_have_full_rank_where_every_matrix_above_layer_2_is_injective(
    weights: list[fmpq_mat],
) -> None:
    injective = all(matrix.rank() == matrix.ncols() for matrix in weights[2:])
    assert feedback_identifiable(weights) == injective


@DETERMINISTIC
@given(networks())
def test_ranks_never_exceed_the_widths_above(weights: list[fmpq_mat]) -> None:
    bounds = largest_ranks(widths_of(weights))
    assert all(rank <= bound for rank, bound in zip(error_gram_ranks(weights), bounds, strict=True))


@DETERMINISTIC
@given(networks(), st.data())
def test_every_positive_definite_output_matrix_gives_the_same_ranks(
    weights: list[fmpq_mat], data: st.DataObject
) -> None:
    size = weights[-1].nrows()
    root = fmpq_mat(size, size, data.draw(st.lists(st.integers(-2, 2), min_size=size**2, max_size=size**2)))
    identity = fmpq_mat([[int(j == k) for k in range(size)] for j in range(size)])
    assert error_gram_ranks(weights, root * root.transpose() + identity) == error_gram_ranks(weights)


@DETERMINISTIC
@given(st.lists(st.integers(1, 6), min_size=3, max_size=6))
def test_the_widths_decide_for_weights_in_general_position(widths: list[int]) -> None:
    weights = generic(widths)
    assert error_gram_ranks(weights) == largest_ranks(widths)
    assert (
        feedback_identifiable(weights) == widths_allow_identification(widths) == (obstruction(widths) is None)
    )


def test_the_first_hidden_layer_may_narrow() -> None:
    assert feedback_identifiable(generic([3, 6, 2, 4]))
    assert error_gram_ranks(generic([3, 6, 2, 4])) == (2, 2, 4)


def test_one_hidden_layer_never_narrows() -> None:
    assert widths_allow_identification([64, 50, 10])
    assert feedback_identifiable(generic([2, 5, 3]))


def test_the_papers_architecture_cannot_satisfy_the_condition() -> None:
    assert (
        obstruction([64, 50, 20, 10]) == "64-50-20-10 narrows above layer 2: S_2 has rank at most 10 of 20."
    )
    assert not widths_allow_identification([784, 50, 20, 10])
    assert error_gram_ranks(generic([6, 5, 4, 2])) == (2, 2, 2)


def test_the_autoencoder_fails_in_the_first_hidden_layer_only() -> None:
    assert largest_ranks([784, 200, 2, 200, 784]) == (2, 2, 200, 784)
    assert obstruction([784, 200, 2, 200, 784]) is None


def test_the_sentence_names_the_lowest_layer_that_fails() -> None:
    assert obstruction([5, 9, 3, 4, 2]) == "5-9-3-4-2 narrows above layer 2: S_2 has rank at most 2 of 3."
    assert obstruction([5, 2, 2, 4, 3]) == "5-2-2-4-3 narrows above layer 3: S_3 has rank at most 3 of 4."


def test_an_output_error_of_low_rank_is_named_as_the_reason() -> None:
    assert obstruction([5, 4, 3], 2) == "The output error of 5-4-3 has rank 2: S_2 has rank at most 2 of 3."
    assert (
        obstruction([5, 4, 2, 3], 2) == "The output error of 5-4-2-3 has rank 2: S_3 has rank at most 2 of 3."
    )


@pytest.mark.parametrize("outputs", [1, 2, 3, 4])
def test_softmax_errors_sum_to_0_whatever_the_targets(outputs: int) -> None:
    assert cross_entropy_error_sum(outputs) == 0


def test_so_cross_entropy_never_has_full_rank_at_the_top() -> None:
    p = 3
    rows = [
        [Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)],
        [Fraction(1, 5), Fraction(1, 5), Fraction(3, 5)],
    ]
    gram = fmpq_mat(p, p)
    for probabilities in rows:
        for target in range(p):
            error = [value - (k == target) for k, value in enumerate(probabilities)]
            column = fmpq_mat(p, 1, [fmpq(value.numerator, value.denominator) for value in error])
            gram += column * column.transpose()
    assert gram.rank() == p - 1
    assert error_gram_ranks(generic([2, 2, p]), gram) == (2, 2)
    assert not feedback_identifiable(generic([2, 2, p]), gram)


def test_matrices_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="W\\^1 has 2 rows, W\\^2 3 columns"):
        error_gram_ranks([fmpq_mat(2, 2), fmpq_mat(1, 3)])
    with pytest.raises(ValueError, match="expected 3 x 3"):
        error_gram_ranks(generic([2, 2, 3]), fmpq_mat(2, 2))
    with pytest.raises(ValueError, match="one hidden layer"):
        error_gram_ranks(generic([2, 2]))
    with pytest.raises(ValueError, match="three or more"):
        largest_ranks([2, 2])
    with pytest.raises(ValueError, match="output_rank is 4"):
        largest_ranks([2, 2, 3], 4)
