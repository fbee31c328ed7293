"""The moments of the noise laws are exact."""

from __future__ import annotations

import itertools
from math import prod

import pytest
import sympy

from theory.exact.noise_laws import (
    GAUSS_HERMITE,
    GAUSSIAN,
    LAWS,
    RADEMACHER,
    SKEWED,
    SPARSE,
    UNIFORM,
    NoiseLaw,
    finite_law,
    symbolic_law,
)

pytestmark = pytest.mark.definition

Q = sympy.Rational


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_every_law_has_mass_1_mean_0_variance_1(law: NoiseLaw) -> None:
    assert (law.moment(0), law.mean, law.variance) == (1, 0, 1)


@pytest.mark.parametrize(
    ("law", "expected"),
    [
        (RADEMACHER, (0, 1, 0)),
        (SKEWED, (Q(3, 2), Q(13, 4), Q(51, 8))),
        (SPARSE, (0, 4, 0)),
        (GAUSS_HERMITE, (0, 3, 0)),
        (UNIFORM, (0, Q(9, 5), 0)),
        (GAUSSIAN, (0, 3, 0)),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_third_fourth_and_fifth_moments(law: NoiseLaw, expected: tuple[sympy.Expr, ...]) -> None:
    assert (law.kappa3, law.kappa4, law.moment(5)) == expected


def test_gaussian_moments_are_double_factorials() -> None:
    assert [GAUSSIAN.moment(2 * r) for r in range(6)] == [sympy.factorial2(2 * r - 1) for r in range(6)]
    assert all(GAUSSIAN.moment(r) == 0 for r in (1, 3, 5, 7))


def test_uniform_moments_are_powers_of_3_over_odd_numbers() -> None:
    assert [UNIFORM.moment(2 * r) for r in range(5)] == [Q(3**r, 2 * r + 1) for r in range(5)]


def test_gauss_hermite_agrees_with_the_gaussian_up_to_order_5_and_no_further() -> None:
    assert [GAUSS_HERMITE.moment(r) for r in range(6)] == [GAUSSIAN.moment(r) for r in range(6)]
    assert GAUSS_HERMITE.moment(6) != GAUSSIAN.moment(6)


def test_joint_moments_are_sums_over_all_outcomes() -> None:
    assert SKEWED.atoms is not None
    for exponents in itertools.product(range(4), repeat=3):
        outcomes = itertools.product(SKEWED.atoms, repeat=3)
        direct = sum(
            prod(weight for _, weight in outcome)
            * prod(value**r for (value, _), r in zip(outcome, exponents, strict=True))
            for outcome in outcomes
        )
        assert SKEWED.joint_moment(exponents) == direct


def test_the_symbolic_law_has_letters_for_the_moments_from_the_third_on() -> None:
    law = symbolic_law()
    assert (law.mean, law.variance) == (0, 1)
    assert [str(law.moment(r)) for r in (3, 4, 5)] == ["kappa_3", "kappa_4", "kappa_5"]
    assert law.joint_moment((1, 4)) == 0
    assert law.joint_moment((3, 2, 3)) == law.kappa3**2


@pytest.mark.parametrize("atoms", [[(1, Q(1, 2))], [(1, Q(3, 2)), (-1, -Q(1, 2))], []])
def test_probabilities_must_be_positive_and_sum_to_1(atoms: list[tuple[object, object]]) -> None:
    with pytest.raises(ValueError, match="expected positive ones with sum 1"):
        finite_law("wrong", atoms)


@pytest.mark.parametrize("order", [-1, 0.5])
def test_orders_are_whole_and_not_negative(order: int) -> None:
    with pytest.raises(ValueError, match="expected a whole number"):
        GAUSSIAN.moment(order)
