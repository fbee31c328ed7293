"""Designs: finite noise laws over all units, exact."""

from fractions import Fraction

import pytest

from theory.exact.designs import factorial, fold_over, hadamard_matrix
from theory.exact.noise_laws import GAUSS_HERMITE, GAUSSIAN, RADEMACHER, SKEWED

pytestmark = pytest.mark.definition


@pytest.mark.parametrize("at_least", [1, 2, 3, 4, 5, 7, 12, 19, 21, 29, 44, 70])
def test_hadamard_rows_are_orthogonal_signs(at_least: int) -> None:
    rows = hadamard_matrix(at_least)
    order = len(rows)
    assert order >= at_least
    assert {abs(v) for row in rows for v in row} == {1}
    for i, row in enumerate(rows):
        for j, other in enumerate(rows):
            assert sum(a * b for a, b in zip(row, other, strict=True)) == (order if i == j else 0)


def test_seventy_units_need_an_order_of_seventy_two() -> None:
    assert len(hadamard_matrix(70)) == 72
    assert len(fold_over(70).values) == 144


@pytest.mark.parametrize("units", [1, 2, 3, 5, 6])
def test_the_fold_over_design_has_identity_second_moments_and_no_odd_ones(units: int) -> None:
    design = fold_over(units)
    assert design.second_moments() == [[Fraction(int(i == j)) for j in range(units)] for i in range(units)]
    for i in range(units):
        assert design.joint_moment_of((i,)) == 0
        for j in range(units):
            for k in range(units):
                assert design.joint_moment_of((i, j, k)) == 0


@pytest.mark.parametrize("law", [RADEMACHER, SKEWED, GAUSS_HERMITE], ids=lambda law: law.name)
def test_the_factorial_design_has_the_moments_of_independent_coordinates(law) -> None:
    design = factorial(law, 2)
    assert sum(design.probabilities) == 1
    for units, exponents in [
        ((0, 0), (2, 0)),
        ((0, 1), (1, 1)),
        ((0, 0, 1, 1), (2, 2)),
        ((1, 1, 1, 1), (0, 4)),
    ]:
        assert design.joint_moment_of(units) == Fraction(str(law.joint_moment(exponents)))


def test_the_third_moment_of_the_skewed_law_survives() -> None:
    assert factorial(SKEWED, 2).joint_moment_of((1, 1, 1)) == Fraction(3, 2)


def test_rounding_keeps_rational_atoms_and_moves_irrational_ones_by_an_ulp() -> None:
    assert factorial(SKEWED, 2).rounded().values == factorial(SKEWED, 2).values
    square = factorial(GAUSS_HERMITE, 1).rounded().joint_moment_of((0, 0))
    assert square != 1
    assert abs(square - 1) < Fraction(1, 2**51)


def test_scaling_transforming_and_shifting_change_the_second_moments_as_they_must() -> None:
    design = fold_over(2)
    assert design.scaled(Fraction(3)).second_moments() == [[9, 0], [0, 9]]
    mixed = design.transformed([[Fraction(1), Fraction(0)], [Fraction(1, 2), Fraction(1)]])
    assert mixed.second_moments() == [[1, Fraction(1, 2)], [Fraction(1, 2), Fraction(5, 4)]]
    assert design.shifted([Fraction(1), Fraction(2)]).second_moments() == [[2, 2], [2, 5]]


def test_a_law_without_atoms_has_no_factorial_design() -> None:
    with pytest.raises(ValueError, match="law is gaussian; expected one with finitely many atoms"):
        factorial(GAUSSIAN, 2)


def test_irrational_atoms_are_refused_in_rational_arithmetic() -> None:
    with pytest.raises(ValueError, match="irrational"):
        factorial(GAUSS_HERMITE, 1).atoms(exact=True)
