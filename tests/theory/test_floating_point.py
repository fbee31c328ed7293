"""The counting of lost digits."""

import pytest

from theory.results.floating_point import digits_lost, order_in_c


def test_digits_are_counted_by_tens() -> None:
    assert digits_lost(1e-4, 1e-16) == pytest.approx(12)
    assert digits_lost(1e-16, 1e-16) == 0
    for errors in ((0.0, 1.0), (1.0, 0.0)):
        with pytest.raises(ValueError, match="expected numbers above 0"):
            digits_lost(*errors)


def test_the_order_is_the_slope_on_logarithmic_axes() -> None:
    steps = (2.0**-4, 2.0**-10, 2.0**-40)
    assert order_in_c([3 / c for c in steps], steps) == pytest.approx(-1)
    assert order_in_c([1e-16] * 3, steps) == 0
    with pytest.raises(ValueError, match="expected as many"):
        order_in_c([1.0], steps)
