"""Tests of noise: right sources pass, sources wrong by a stated amount do not; bounds are what they say."""

from math import erf, erfc, exp, factorial, log, sqrt

import numpy as np
import pytest

from proofs_check.claims.noise import law_of, powers
from proofs_check.sampling import statistics as stats
from proofs_check.verdict.budget import SHARES
from proofs_check.verdict.effort import DEPTHS
from proofs_check.verdict.families import FAMILIES
from theory.exact.noise_laws import LAWS

ALPHA = 1e-9


def standard(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def draw(family: str, count: int, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    match family:
        case "gaussian":
            return generator.standard_normal(count)
        case "rademacher":
            return generator.choice([-1.0, 1.0], count)
        case "uniform":
            return generator.uniform(-sqrt(3), sqrt(3), count)
    values, probabilities = zip(*(LAWS[family].atoms or ()), strict=True)
    return generator.choice(np.array(values, dtype=float), count, p=np.array(probabilities, dtype=float))


def test_the_bernstein_bounds_solve_their_own_inequalities() -> None:
    t = stats.moment_growth_bound(1000, ALPHA, 10)
    assert 2 * 10 * exp(-1000 * t * t / (2 * (1 + stats.GROWTH * t))) == pytest.approx(ALPHA, rel=1e-6)
    t = stats.bounded_mean_bound(1000, 0.3, 2.0, ALPHA, 10)
    assert 2 * 10 * exp(-1000 * t * t / (2 * (0.3 + 2 * t / 3))) == pytest.approx(ALPHA, rel=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_products_of_every_family_have_the_moment_growth_that_the_bound_supposes(family: str) -> None:
    """E|ξη|^k = (E|ξ|^k)² ≤ k!/2 b^{k-2} for k = 3 … 40: by moments of even order, and between them by
    Lyapunov.
    """
    law, exact = LAWS[family], {}
    for k in range(2, 42, 2):
        exact[k] = float(law.moment(k)) ** (1 / k)
    for k in range(3, 41):
        norm = exact[k + k % 2]
        if k == 3:  # where Lyapunov's inequality is too coarse
            norm = float(np.mean(np.abs(draw(family, 200_000)) ** 3)) ** (1 / 3) * 1.02
        assert norm ** (2 * k) <= factorial(k) / 2 * stats.GROWTH ** (k - 2), k


def test_the_bounds_of_normal_entries_hold_of_their_exact_laws() -> None:
    """The mean is N(0, 1/n); Σ ξ² of two entries is exponential: both tails in closed form."""
    for alpha in (0.1, 1e-3, 1e-9):
        t = stats.gaussian_mean_bound(25, alpha)
        assert erfc(t * sqrt(25) / sqrt(2)) <= alpha
        t = stats.gaussian_variance_bound(2, alpha)
        below = 1 - exp(-(1 - t)) if t < 1 else 0.0
        assert exp(-(1 + t)) + below <= alpha


@pytest.mark.parametrize("family", FAMILIES)
def test_the_moments_of_right_noise_pass_and_one_percent_of_variance_does_not(family: str) -> None:
    law, entries = law_of(family), draw(family, 1_400_000)
    assert law.powers_used(entries, 5e-9) < 1
    assert law.powers_used(sqrt(1.0125) * entries, 5e-9) > 1


def test_signs_have_no_room_in_their_even_powers() -> None:
    signs = draw("rademacher", 1000)
    assert law_of("rademacher").power_bound(2, 1000, ALPHA) == 0
    signs[0] = 1 + 1e-12
    assert law_of("rademacher").powers_used(signs, ALPHA) == float("inf")


def test_a_deviation_of_the_size_named_is_found() -> None:
    """Variance 1 + δ of Gaussian noise, 100 derandomised samples: missing more than 9 has probability below
    1e-6.
    """
    count = 20_000
    delta = stats.variance_found(count, 5e-9)
    bound = stats.gaussian_variance_bound(count, 5e-9)
    samples = np.random.default_rng(3).standard_normal((100, count)) ** 2
    found = np.abs((1 + delta) * samples.mean(axis=1) - 1) > bound
    assert found.sum() >= 91
    assert (np.abs(samples.mean(axis=1) - 1) > bound).sum() == 0


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_tests_of_noise_find_what_is_needed_at_every_depth(depth: str) -> None:
    alpha = next(share for share in SHARES if share.claim == "noise").alpha(depth)
    assert all(found <= needed for _, found, needed in powers(alpha))


def test_the_distance_from_the_law_sees_another_law_of_the_same_mean_and_variance() -> None:
    def distribution(values: np.ndarray) -> np.ndarray:
        return np.array([(1 + erf(v / sqrt(2))) / 2 for v in values])

    bound = stats.law_distance_bound(50_000, ALPHA)
    right = np.sort(standard((50_000,)))
    uniform = np.sort(np.random.default_rng(1).uniform(-sqrt(3), sqrt(3), 50_000))
    assert stats.law_distance(right, distribution(right)) < bound
    assert stats.law_distance(uniform, distribution(uniform)) > bound


def test_frequencies_are_judged_by_their_exponent() -> None:
    assert stats.frequency_deviation(200_000, 1_000_000, 0.2) == 0
    assert stats.frequency_deviation(204_000, 1_000_000, 0.2) > log(2 / ALPHA)
    assert stats.frequency_deviation(0, 100, 0.5) == pytest.approx(100 * np.log(2))


def test_correlations_see_shared_units_and_not_independent_ones() -> None:
    units = standard((5000, 20))
    bound = stats.moment_growth_bound(5000, ALPHA, 400)
    assert stats.correlation(units) < bound
    units[:, 7] = 0.5 * units[:, 3] + sqrt(0.75) * units[:, 7]
    assert stats.correlation(units) > bound


def test_joint_moments_see_parity_that_pairs_do_not() -> None:
    signs = np.sign(standard((3000, 9)))
    bound = stats.bounded_mean_bound(3000, 1.0, 1.0, ALPHA, 300)
    assert stats.joint_moments(signs) < bound
    signs[:, 5] = signs[:, 0] * signs[:, 2] * signs[:, 8]
    assert stats.correlation(signs) < bound
    assert stats.joint_moments(signs, (3,)) < bound
    assert stats.joint_moments(signs) == 1
    signs[:, 5] = signs[:, 0] * signs[:, 2]
    assert stats.joint_moments(signs, (3,)) == 1


def test_dependent_sizes_show_in_the_outer_halves() -> None:
    units = standard((5000, 6))
    bound = stats.bounded_mean_bound(5000, 1.0, 1.0, ALPHA, 36)
    assert stats.correlation(stats.outer_half(units, 0.6744897501960817)) < bound
    units[:, 4] = np.abs(units[:, 1]) * np.sign(units[:, 4])
    assert stats.correlation(units) < stats.moment_growth_bound(5000, ALPHA, 36)
    assert stats.correlation(stats.outer_half(units, 0.6744897501960817)) > bound


@pytest.mark.parametrize("lag", [1, 2, 777, 2500])
def test_repetition_shows_at_its_lag(lag: int) -> None:
    units = standard((5000, 10))
    bound = stats.moment_growth_bound(5000 * 10 / 3, ALPHA, 15_000)
    assert stats.lagged_correlation(units) < bound
    units[lag:] = 0.8 * units[:-lag] + 0.6 * units[lag:]
    assert stats.lagged_correlation(units) > bound


@pytest.mark.parametrize("kind", ["gaussian", "signs"])
def test_repeated_rows_are_counted_up_to_sign(kind: str) -> None:
    rows = standard((300, 64))
    if kind == "signs":
        rows = np.sign(rows)
    assert stats.repeated_rows([rows]) == 0
    assert stats.repeated_rows([rows, rows[:7]]) == 7
    assert stats.repeated_rows([rows, -rows[:4]]) == 4
