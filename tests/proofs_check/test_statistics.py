"""Tests of noise: right sources pass, sources wrong by a stated amount do not; bounds are what they say."""

from math import erf, exp, sqrt

import numpy as np
import pytest

from proofs_check import statistics as stats

GAUSSIAN_MOMENTS = [1.0, 0.0, 1.0, 0.0, 3.0, 0.0, 15.0, 0.0, 105.0]


def standard(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def test_the_bernstein_bound_solves_its_own_inequality() -> None:
    t = stats.mean_bound(1000, 10)
    exponent = 1000 * t * t / (2 * (1 + stats.BERNSTEIN * t))
    assert 2 * 10 * exp(-exponent) == pytest.approx(stats.ALPHA, rel=1e-6)


def test_the_moments_of_right_noise_pass_and_one_percent_of_variance_does_not() -> None:
    entries = standard((1_400_000,))
    assert np.abs(stats.moment_scores(entries, GAUSSIAN_MOMENTS)).max() < stats.LARGEST_Z
    wrong = stats.moment_scores(sqrt(1.0125) * entries, GAUSSIAN_MOMENTS)
    assert np.abs(wrong).max() > stats.LARGEST_Z


def test_the_distance_from_the_law_sees_another_law_of_the_same_mean_and_variance() -> None:
    def distribution(values: np.ndarray) -> np.ndarray:
        return np.array([(1 + erf(v / sqrt(2))) / 2 for v in values])

    bound = stats.law_distance_bound(50_000)
    right = np.sort(standard((50_000,)))
    uniform = np.sort(np.random.default_rng(1).uniform(-sqrt(3), sqrt(3), 50_000))
    assert stats.law_distance(right, distribution(right)) < bound
    assert stats.law_distance(uniform, distribution(uniform)) > bound


def test_frequencies_are_judged_by_their_exponent() -> None:
    assert stats.frequency_deviation(200_000, 1_000_000, 0.2) == 0
    assert stats.frequency_deviation(204_000, 1_000_000, 0.2) > 40
    assert stats.frequency_deviation(0, 100, 0.5) == pytest.approx(100 * np.log(2))


def test_correlations_see_shared_units_and_not_independent_ones() -> None:
    units = standard((5000, 20))
    bound = stats.mean_bound(5000, 400)
    assert stats.correlation(units) < bound
    units[:, 7] = 0.5 * units[:, 3] + sqrt(0.75) * units[:, 7]
    assert stats.correlation(units) > bound


@pytest.mark.parametrize("lag", [1, 2, 777, 2500])
def test_repetition_shows_at_its_lag(lag: int) -> None:
    units = standard((5000, 10))
    bound = stats.mean_bound(5000 * 10 / 3, 15_000)
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
