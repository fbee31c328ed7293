"""A row of evidence holds, or does not, and says so."""

import math

import numpy as np
import pytest

from proofs_check.verdict.evidence import Evidence


def row(value, bound):
    return Evidence("exact", "a number", value, bound)


@pytest.mark.parametrize(
    ("value", "bound", "finding"),
    [
        (0.5, 1.0, "0.5 ≤ 1"),
        (1, 1, "1 ≤ 1"),
        (-math.inf, 0.0, "-inf ≤ 0"),
        (100.04, (98.0, 102.0), "100.04 in [98, 102]"),
        ("rank 10", "rank 10", "rank 10"),
        (1e9, None, "1e+09"),
        (math.nan, None, "nan"),
        (np.float64(3e-13), 1e-12, "3e-13 ≤ 1e-12"),
    ],
)
def test_these_hold(value, bound, finding):
    assert row(value, bound).holds is True
    assert row(value, bound).finding == finding


@pytest.mark.parametrize(
    ("value", "bound", "finding"),
    [
        (1.5, 1.0, "1.5, required ≤ 1"),
        (1.00001, 1.0, "1.00001, required ≤ 1.0"),
        (math.nan, 1.0, "nan, required ≤ 1"),
        (0.5, math.nan, "0.5, required ≤ nan"),
        (math.inf, 1.0, "inf, required ≤ 1"),
        (97.0, (98.0, 102.0), "97, required in [98, 102]"),
        (math.nan, (0.0, 1.0), "nan, required in [0, 1]"),
        ("rank 9", "rank 10", "rank 9, expected rank 10"),
    ],
)
def test_these_do_not_hold(value, bound, finding):
    assert row(value, bound).holds is False
    assert row(value, bound).finding == finding


def test_only_a_bound_requires_something():
    assert row(0.0, 1.0).required
    assert not row(0.0, None).required


@pytest.mark.parametrize(("value", "bound"), [(True, True), (False, 1.0), ("equal", 1.0), (1.0, "equal")])
def test_a_row_that_could_not_fail_as_meant_cannot_be_made(value, bound):
    with pytest.raises(TypeError, match="'a number'"):
        row(value, bound)


def test_a_kind_is_one_of_the_known():
    with pytest.raises(ValueError, match="kind is 'numerical', expected one of machine-checked, symbolic"):
        Evidence("numerical", "a number", 0.0)
