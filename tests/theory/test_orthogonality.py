"""The residual of the estimator is uncorrelated with a clean error signal, and with no other."""

from __future__ import annotations

import pytest

from theory.results.orthogonality import clean_error, noisy_error, residual_correlation


@pytest.mark.parametrize(("data", "outcomes"), [(1, 2), (2, 3), (4, 5)])
def test_a_clean_error_is_uncorrelated_with_the_residual_for_every_law(data: int, outcomes: int) -> None:
    assert residual_correlation(data, outcomes, clean_error) == 0


def test_an_error_taken_from_the_perturbed_pass_is_correlated() -> None:
    assert residual_correlation(2, 2, noisy_error) != 0


def test_without_noise_there_is_no_residual() -> None:
    assert residual_correlation(3, 1, noisy_error) == 0
