"""The loss changes by the sum over all units; a single unit's term is not enough."""

from __future__ import annotations

from fractions import Fraction

import flint
import pytest
import sympy
from flint import arb, fmpq

from theory.exact.designs import factorial
from theory.exact.moments import gradients
from theory.exact.network import ExactNetwork
from theory.exact.noise_laws import SKEWED
from theory.exact.population import Problem
from theory.results.expansion import c
from theory.results.linearisation import change, curvatures, printed_rests, rests, summed

NETWORK = ExactNetwork.of(
    [[[1, 2], [0, -1]], [[1, 1], [2, -1]], [[1, Fraction(1, 2)]]], ("identity", "identity", "identity"), "mse"
)
PROBLEM = Problem(NETWORK, ((1, Fraction(1, 2)), (-1, 2)), ((1,), (0,)))
DESIGN = factorial(SKEWED, 4)


@pytest.mark.parametrize("units", [1, 2, 4])
def test_the_first_order_is_the_sum_over_the_units(units: int) -> None:
    assert sympy.expand(change(units, 1) - summed(units)) == 0
    rest = sympy.expand(change(units, 3) - summed(units))
    assert sympy.Poly(rest, c).coeff_monomial(c) == 0
    assert sympy.Poly(rest, c).coeff_monomial(c**2) != 0


def test_for_a_quadratic_loss_the_rest_is_c_times_the_curvature() -> None:
    found = rests(PROBLEM, DESIGN, Fraction(1, 3))
    with flint.ctx.workprec(200):
        for row, expected in zip(found, curvatures(PROBLEM, DESIGN), strict=True):
            for rest, curvature in zip(row, expected, strict=True):
                assert abs(arb(3 * rest) - curvature) < arb(2) ** -150


def test_the_printed_form_leaves_the_terms_of_the_other_units() -> None:
    left = printed_rests(PROBLEM, DESIGN, Fraction(1, 3), 0)
    whole = rests(PROBLEM, DESIGN, Fraction(1, 3))
    for t, g in enumerate(gradients(PROBLEM).tolist()):
        for a, atom in enumerate(DESIGN.values):
            others = sum((g[k] * fmpq(*atom[k].as_integer_ratio()) for k in (1, 2, 3)), fmpq(0))
            assert left[t][a] - whole[t][a] == others


def test_with_one_unit_both_forms_are_the_same() -> None:
    network = ExactNetwork.of([[[1]], [[2]]], ("identity", "identity"), "quartic")
    problem, design = Problem(network, ((1,),), ((0,),)), factorial(SKEWED, 1)
    assert printed_rests(problem, design, Fraction(1, 5), 0) == rests(problem, design, Fraction(1, 5))
