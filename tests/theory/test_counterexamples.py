"""Theorem 1 under A1 to A4 as printed: three networks whose feedback converges elsewhere, or not at all."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import flint
import mpmath
import numpy as np
import pytest
import sympy

from theory.exact.noise_laws import GAUSSIAN, RADEMACHER
from theory.results.theorem_1 import (
    STATEMENT,
    limit_a,
    limit_b,
    limit_b_at_zero,
    variance_c,
    variance_c_limit,
)


def test_a_noise_of_twice_the_size_gives_four_times_the_weights() -> None:
    weights = sympy.Matrix([[1, 2], [3, 4], [5, 6]])
    assert limit_a(weights, 4 * sympy.eye(2)) == 4 * weights
    assert limit_a(weights, sympy.eye(2)) == weights


def test_b_each_gaussian_term_of_the_series_is_a_mean_estimate() -> None:
    """E[xi sin(k c xi)^3] / c, integrated by sympy, is 3 k / 4 (exp(-k^2 c^2 / 2) - exp(-9 k^2 c^2 / 2))."""
    x, u = sympy.Symbol("x", real=True), sympy.Symbol("u", positive=True)
    density = sympy.exp(-(x**2) / 2) / sympy.sqrt(2 * sympy.pi)
    waves = (3 * sympy.sin(u * x) - sympy.sin(3 * u * x)) / 4
    assert sympy.simplify(waves - sympy.sin(u * x) ** 3) == 0
    mean = sum(
        sympy.integrate(term * x * density, (x, -sympy.oo, sympy.oo)) for term in sympy.expand(waves).args
    )
    assert sympy.simplify(mean - 3 * u / 4 * (sympy.exp(-(u**2) / 2) - sympy.exp(-9 * u**2 / 2))) == 0


@pytest.mark.parametrize("scale", ["0.3", "0.1", "0.01"])
def test_b_the_gaussian_ball_contains_the_sum_by_another_route(scale: str) -> None:
    with mpmath.workdps(25):
        c = mpmath.mpf(scale)
        terms = int(12 / c)
        total = mpmath.fsum(
            (mpmath.exp(-((k * c) ** 2) / 2) - mpmath.exp(-9 * (k * c) ** 2 / 2)) / k for k in range(1, terms)
        )
        direct = 1 + 9 * total / (2 * mpmath.pi**2)
        ball = limit_b(scale)
        assert abs(mpmath.mpf(ball.mid().str(30, radius=False)) - direct) < mpmath.mpf(10) ** -20
    assert ball.rad() < 1e-30


def test_b_the_rademacher_ball_contains_its_series() -> None:
    with mpmath.workdps(20):
        c, terms = mpmath.mpf("0.5"), 20_000
        total = mpmath.fsum(mpmath.sin(k * c) ** 3 / k**2 for k in range(1, terms + 1))
        series = 1 + 6 / mpmath.pi**2 * total / c
        assert abs(float(limit_b("0.5", "rademacher")) - series) < 6 / mpmath.pi**2 / (terms * c)


@pytest.mark.parametrize(
    ("scale", "value"), [("0.1", "1.49938349"), ("0.01", "1.50089194"), ("0.001", "1.50090699")]
)
def test_b_the_limits_at_finite_noise(scale: str, value: str) -> None:
    assert abs(float(limit_b(scale)) - float(value)) < 5e-9


def test_b_the_limit_is_one_and_a_half_and_not_one() -> None:
    limit = limit_b_at_zero()
    assert limit == 1 + 9 * sympy.log(3) / (2 * sympy.pi**2)
    assert abs(float(limit) - 1.5009071385) < 1e-10


@pytest.mark.parametrize("law", ["gaussian", "rademacher"])
def test_b_for_both_laws_the_distance_to_that_limit_falls_with_the_square_of_c(law: str) -> None:
    limit = flint.arb(str(limit_b_at_zero().evalf(40)))
    coarse, fine = (limit - limit_b(scale, law) for scale in ("0.01", "0.005"))
    assert 3.99 < float(coarse / fine) < 4.01


def test_b_more_bits_narrow_the_same_ball() -> None:
    wide, narrow = limit_b("0.1", bits=64), limit_b("0.1", bits=256)
    assert wide.contains(narrow)
    assert narrow.rad() < wide.rad() < 1e-15


@pytest.mark.parametrize("scale", [0, "-0.1", "nan", "inf"])
def test_b_the_noise_scale_must_be_positive_and_finite(scale: str) -> None:
    with pytest.raises(ValueError, match="expected a finite number greater than 0"):
        limit_b(scale)


def test_b_too_long_a_series_and_an_unknown_law_are_refused() -> None:
    with pytest.raises(ValueError, match="limit_b_at_zero"):
        limit_b("1e-9")
    with pytest.raises(ValueError, match="law is 'cauchy'"):
        limit_b("0.1", "cauchy")


def test_c_one_sample_has_the_variance_of_the_squared_noise() -> None:
    assert abs(variance_c(1) - 2) < 1e-14


def test_c_two_samples_by_the_density_of_the_ratio_of_two_errors() -> None:
    """2 E[(1 + r^2) / (1 + r)^2], where log r = log e_2^2 - log e_1^2 has the density (3/8) exp(-3|.|/4)."""

    def integrand(r: mpmath.mpf) -> mpmath.mpf:  # r = v^4 < 1; r and 1 / r are alike
        return 3 * r**2 * (1 + r**8) / (1 + r**4) ** 2

    assert abs(variance_c(2) - 2 * mpmath.quad(integrand, [0, 1])) < 1e-13


def test_c_a_few_samples_by_simulation() -> None:
    """Ten samples, 100,000 times: five standard errors, 6e-7."""
    draw = np.random.Generator(np.random.Philox(key=[15, 3]))
    errors = (1 - draw.random((100_000, 10))) ** (-4 / 3)  # e^2
    ratios = (errors * draw.standard_normal(errors.shape) ** 2).sum(axis=1) / errors.sum(axis=1)
    squares = (ratios - 1) ** 2
    assert abs(squares.mean() - float(variance_c(10))) < 5 * squares.std() / np.sqrt(len(squares))


def test_c_the_variance_does_not_vanish_but_falls_to_a_half() -> None:
    """With the correction (3/2) Gamma(7/3) / Gamma(1/4)^(4/3) T^(-1/3), the next order of the integral."""
    assert variance_c_limit() == sympy.Rational(1, 2)
    values = [variance_c(10**k) for k in range(1, 7)]
    assert all(0.5 < later < earlier for earlier, later in pairwise(values))
    correction = 1.5 * mpmath.gamma(mpmath.mpf(7) / 3) / mpmath.gamma(0.25) ** (mpmath.mpf(4) / 3)
    assert abs((values[-1] - 0.5) * 100 - correction) < 4e-3


def test_c_the_loss_has_a_mean_at_all_weights_and_its_error_no_second_moment() -> None:
    t = sympy.Symbol("t", positive=True)
    density = sympy.Rational(3, 2) * t ** sympy.Rational(-5, 2)
    assert sympy.integrate(t * density, (t, 1, sympy.oo)) == 3
    assert sympy.integrate(t**2 * density, (t, 1, sympy.oo)) == sympy.oo
    assert sympy.integrate(density, (t, 1, sympy.oo)) == 1


def test_c_without_variance_of_the_squared_noise_there_is_nothing_to_see() -> None:
    assert variance_c(10, fourth_moment=int(RADEMACHER.kappa4)) == 0
    assert variance_c(10, fourth_moment=int(GAUSSIAN.kappa4)) == variance_c(10)


@pytest.mark.parametrize("samples", [0, -3, Fraction(1, 2)])
def test_c_the_number_of_samples_is_whole_and_positive(samples: int) -> None:
    with pytest.raises(ValueError, match="expected a whole number"):
        variance_c(samples)


def test_the_counterexamples_are_told_in_full_and_the_decisive_one_first() -> None:
    """Their figures are computed where they are shown."""
    first, *others = STATEMENT.counterexamples
    assert "This one decides" in first.title
    told = dict(first.lines())
    assert {"network", "data", "noise", "loss", "A1 to A4", "theorem", "found"} <= set(told)
    for scale, value in (("0.1", "1.4993835"), ("0.01", "1.5008919"), ("0.001", "1.5009070")):
        assert value in told[f"at $c={scale}$"]
    assert len(others) == 2
    assert all(set(dict(one.parts)) == set(dict(first.parts)) for one in others)
    assert "0.58649" in dict(others[0].lines())["at $T=100$"]
    assert "(12,-4)" in dict(others[1].lines())["at every $c$"]
    assert "standard deviation" in dict(others[1].parts)["A1 to A4"]
