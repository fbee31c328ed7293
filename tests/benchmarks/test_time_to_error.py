"""The three ways to the feedback matrices of a fixed network, on a few rows of the digits."""

import itertools
import math

import pytest

from benchmarks.datasets import scaled
from benchmarks.time_to_error import GOAL, Mark, control_variate, extrapolated, hadamard, network_of, plain
from feedback_proofs_io.datasets import read

X, Y = (rows[:64] for rows in scaled(read("digits")))
NETWORK = network_of(64)


def test_one_hadamard_design_reaches_the_goal() -> None:
    mark = hadamard(NETWORK, X, Y, 1e-6, "eager")
    assert mark.samples == 64 * 256
    assert mark.worst <= 1e-6


def test_the_stages_of_the_control_variate_contract_until_the_goal_is_reached() -> None:
    marks = list(control_variate(NETWORK, X, Y, 256, 1e-6, "eager"))
    assert marks[-1].worst <= GOAL < marks[-2].worst
    assert len(marks) <= 15
    assert [mark.samples for mark in marks] == [64 * 256 * k for k in range(1, len(marks) + 1)]
    assert all(after.worst < before.worst for before, after in itertools.pairwise(marks))


def test_the_stages_end_where_noise_of_order_c_is_left() -> None:
    *_, last = control_variate(NETWORK, X, Y, 256, 1e-2, "eager", stages=12)
    *_, lower = control_variate(NETWORK, X, Y, 256, 1e-4, "eager", stages=12)
    assert lower.worst < last.worst / 20


def test_the_plain_estimator_is_far_from_it() -> None:
    few, many = plain(NETWORK, X, Y, (4, 256), 1e-6, "eager")
    assert (few.samples, many.samples) == (256, 16384)
    assert many.errors[1] < few.errors[1]
    assert many.worst > 100 * GOAL


def test_extrapolation_is_exact_for_a_power() -> None:
    marks = [Mark(T, 1e-3 * T, (0.1, 5.0 * T**-0.5)) for T in (100, 1000, 10000)]
    slope, samples, seconds = extrapolated([mark for mark in marks if mark.worst > 0.1])
    assert slope == pytest.approx(-0.5, rel=1e-12)
    assert samples == pytest.approx(25e6, rel=1e-9)
    assert seconds == pytest.approx(25e3, rel=1e-9)
    assert extrapolated([Mark(1, 1.0, (1.0,)), Mark(2, 2.0, (1.0,))])[1] == math.inf
