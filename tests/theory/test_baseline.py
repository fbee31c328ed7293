"""The clean loss changes the mean by L times the mean of the noise over c, and the variance by L²/c²."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from flint import fmpq

from theory.exact.designs import factorial
from theory.exact.moments import mean, second_moments
from theory.exact.network import ExactNetwork
from theory.exact.noise_laws import RADEMACHER, SKEWED, NoiseLaw, symbolic_law
from theory.exact.population import Problem, scaled_differences
from theory.results.baseline import excess, without_baseline
from theory.results.expansion import c

NETWORK = ExactNetwork.of([[[1, 2], [0, -1]], [[1, 1]]], ("identity", "identity"), "mse")
PROBLEM = Problem(NETWORK, ((1, Fraction(1, 2)),), ((1,),))
LOSS = fmpq(1, 8)  # ŷ = 2 - 1/2, y = 1
f, g = sympy.symbols("f g_1")
ANY = NoiseLaw("any", lambda r: sympy.Symbol(f"m_{r}") if r else sympy.Integer(1))


@pytest.mark.parametrize("units", [1, 2, 3])
def test_the_mean_changes_by_the_loss_times_the_mean_of_the_noise(units: int) -> None:
    assert excess(units, 0, 1, ANY.joint_moment) == f * sympy.Symbol("m_1") / c
    assert excess(units, 0, 1, symbolic_law().joint_moment) == 0


def test_the_second_moment_grows_as_the_squared_loss_over_c_squared() -> None:
    larger = excess(2, 0, 2, symbolic_law().joint_moment)
    assert sympy.limit(larger * c**2, c, 0) == f**2
    kappa_3, kappa_4 = sympy.symbols("kappa_3 kappa_4", real=True)
    rest = larger - f**2 / c**2 - 2 * f * g * kappa_3 / c
    bounded = f * (kappa_4 * sympy.Symbol("H_{1,1}") + sympy.Symbol("H_{2,2}"))
    assert sympy.expand(rest - bounded) == 0


@pytest.mark.parametrize("law", [RADEMACHER, SKEWED], ids=lambda law: law.name)
def test_enumeration_agrees(law: NoiseLaw) -> None:
    design, step = factorial(law, 2), Fraction(1, 32)
    plain, subtracted = (factors(PROBLEM, design, step) for factors in (without_baseline, scaled_differences))
    assert mean(PROBLEM, design, plain) == mean(PROBLEM, design, subtracted)
    excess_found = (
        second_moments(PROBLEM, design, plain)[0][0, 0] - second_moments(PROBLEM, design, subtracted)[0][0, 0]
    )
    gradient, curvature = fmpq(1, 2), (1, 1)  # r Wᵀ and WᵀW of the residual r = 1/2
    k3, k4 = (fmpq(*(int(part) for part in (v.p, v.q))) for v in (law.kappa3, law.kappa4))
    by_hand = LOSS**2 * 1024 + 64 * LOSS * gradient * k3 + LOSS * (curvature[0] * k4 + curvature[1])
    assert excess_found == by_hand


def test_with_a_mean_the_baseline_counts() -> None:
    design, step = factorial(SKEWED, 2).shifted((Fraction(1, 2), Fraction(-1))), Fraction(1, 4)
    plain, subtracted = (
        mean(PROBLEM, design, factors(PROBLEM, design, step))
        for factors in (without_baseline, scaled_differences)
    )
    assert (plain - subtracted).tolist() == [[LOSS * 2, -LOSS * 4]]
