"""The covariance of the estimator as c -> 0, from joint moments, is what enumeration gives."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from flint import fmpq, fmpq_mat

from theory.exact.designs import Design, factorial, fold_over
from theory.exact.noise_laws import GAUSS_HERMITE, GAUSSIAN, RADEMACHER, SKEWED, SPARSE, UNIFORM, NoiseLaw
from theory.results.variance import away_from_closed_form, closed_form, covariance, trace_over_gradient

GRADIENT = (fmpq(2), fmpq(-1, 3), fmpq(1, 2))
SHARED = Design("shared", tuple((Fraction(s),) * 3 for s in (1, -1)), (Fraction(1, 2),) * 2)
OFF_CENTRE = factorial(SKEWED, 3).shifted((Fraction(1, 2), Fraction(-1), Fraction(0)))
DESIGNS = [factorial(RADEMACHER, 3), factorial(SPARSE, 3), fold_over(3), SHARED, OFF_CENTRE]


@pytest.mark.parametrize("units", [1, 2, 3, 4])
def test_independent_coordinates_give_the_closed_form(units: int) -> None:
    assert not any(away_from_closed_form(units))


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
def test_any_design_gives_what_its_atoms_give(design: Design) -> None:
    mean, second = fmpq_mat(1, 3), fmpq_mat(3, 3)
    for atom, p in zip(design.atoms(exact=True), design.probabilities, strict=True):
        slope = sum((g * v for g, v in zip(GRADIENT, atom, strict=True)), fmpq(0))
        row = fmpq_mat([[slope * v for v in atom]])
        mean += row * fmpq(p.numerator, p.denominator)
        second += row.transpose() * row * fmpq(p.numerator, p.denominator)
    assert fmpq_mat(covariance(GRADIENT, design)) == second - mean.transpose() * mean


@pytest.mark.parametrize("law", [RADEMACHER, SKEWED, SPARSE], ids=lambda law: law.name)
def test_a_law_is_its_factorial_design(law: NoiseLaw) -> None:
    assert covariance(GRADIENT, law) == covariance(GRADIENT, factorial(law, 3))


@pytest.mark.parametrize(("law", "excess"), [(GAUSSIAN, 1), (RADEMACHER, -1), (UNIFORM, Fraction(-1, 5))])
def test_one_unit_has_the_squared_gradient_of_all_and_a_share_of_its_own(
    law: NoiseLaw, excess: object
) -> None:
    share = fmpq(*Fraction(excess).as_integer_ratio())
    norm = sum((g * g for g in GRADIENT), fmpq(0))
    found = covariance(GRADIENT, law)
    assert [found[j][j] for j in range(3)] == [norm + share * g * g for g in GRADIENT]


def test_each_perturbed_unit_adds_the_squared_gradient_to_the_trace() -> None:
    kappa4 = sympy.Symbol("kappa_4", real=True)
    assert [trace_over_gradient(n) for n in (1, 2, 3, 4)] == [kappa4 - 2 + n for n in (1, 2, 3, 4)]


def test_shared_noise_has_another_covariance() -> None:
    """All units share one sign: the estimate is the sum of g for every unit, without any variance."""
    assert covariance(GRADIENT, SHARED) == [[0] * 3] * 3
    assert closed_form(GRADIENT, fmpq(1)) != [[0] * 3] * 3


def test_irrational_atoms_have_rational_moments() -> None:
    assert covariance(GRADIENT, factorial(GAUSS_HERMITE, 3)) == covariance(GRADIENT, GAUSSIAN)


def test_a_design_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="noise has 4 units; expected 3"):
        covariance(GRADIENT, fold_over(4))
