"""The metrics against exact numbers: by hand, as rationals, and with 60 digits."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import mpmath
import pytest
import torch
from mpmath import mpf
from torch import Tensor

from impl.checks import InvalidInput
from impl.metrics import global_angle, local_angle, norm_ratio, relative_error, sign_congruence

pytestmark = pytest.mark.definition

DTYPES = [torch.float32, torch.float64]
PAIRS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "relative_error": relative_error,
    "norm_ratio": norm_ratio,
    "sign_congruence": sign_congruence,
    "global_angle": global_angle,
}
mpmath.mp.dps = 60


def double(*rows: list[float]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def drawn(*shape: int, seed: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def exact(matrix: Tensor) -> list[mpf]:
    return [mpf(value) for value in matrix.double().flatten().tolist()]


def length(vector: list[mpf]) -> mpf:
    return mpmath.sqrt(sum(value * value for value in vector))


def exact_angle(a: list[mpf], b: list[mpf]) -> mpf:
    """The angle in degrees, by a formula of its own: the arc tangent of the part across over that along."""
    along = sum(s * t for s, t in zip(a, b, strict=True))
    square = sum(s * s for s in a)
    across = [t * square - s * along for s, t in zip(a, b, strict=True)]
    return mpmath.degrees(mpmath.atan2(length(across), along * length(a)))


# By hand.

W = double([3.0, 0.0], [0.0, -4.0])
BY_HAND = {
    "the weights": (W, (0.0, 1.0, 0.75, 0.0)),
    "minus the weights": (-W, (2.0, 1.0, 0.25, 180.0)),
    "twice the weights": (2 * W, (1.0, 2.0, 0.75, 0.0)),
    "nothing": (0 * W, (1.0, 0.0, 0.5, math.nan)),
    "across": (double([4.0, 0.0], [0.0, 3.0]), (math.sqrt(2), 1.0, 0.5, 90.0)),
    "elsewhere": (double([0.0, 12.0], [0.0, 0.0]), (13 / 5, 12 / 5, 0.5, 90.0)),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", BY_HAND)
def test_what_can_be_said_by_hand(case: str, dtype: torch.dtype) -> None:
    feedback, expected = BY_HAND[case]
    for metric, value in zip(PAIRS.values(), expected, strict=True):
        found = metric(W.to(dtype), feedback.to(dtype))
        assert (found.shape, found.dtype) == ((), torch.float64)
        assert found.item() == pytest.approx(value, rel=4e-16, abs=0, nan_ok=True)


# Drawn matrices, with 60 digits.


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("distance", [1e-7, 1e-3, 1.0, 1e3])
def test_drawn_matrices_agree_with_60_digits(distance: float, dtype: torch.dtype) -> None:
    weights = drawn(7, 11, seed=1, dtype=dtype)
    feedback = (weights + distance * drawn(7, 11, seed=2, dtype=dtype)).to(dtype)
    w, b = exact(weights), exact(feedback)
    error = length([s - t for s, t in zip(w, b, strict=True)]) / length(w)
    assert abs(mpf(relative_error(weights, feedback).item()) / error - 1) < 1e-14
    assert abs(mpf(norm_ratio(weights, feedback).item()) / (length(b) / length(w)) - 1) < 1e-15
    assert abs(mpf(global_angle(weights, feedback).item()) - exact_angle(w, b)) < 3e-14


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("radians", [1e-20, 1e-12, 1e-6, 1e-3, 0.5, 2.0, 3.0, math.pi - 1e-6, math.pi])
def test_an_angle_is_right_from_0_to_180_degrees(radians: float, dtype: torch.dtype) -> None:
    """Also one that is far below what a cosine can show, in float32 too."""
    a = torch.tensor([[1.0, 0.0]], dtype=dtype)
    b = torch.tensor([[math.cos(radians), math.sin(radians)]], dtype=dtype)
    for scale in (1.0, 3.0, 2.0**-40):
        expected = exact_angle(exact(a), exact(scale * b))
        found = mpf(global_angle(a, scale * b).item())
        assert abs(found / expected - 1) < 1e-15


@pytest.mark.parametrize("degrees", [1e-9, 1e-6, 1e-3, 30.0, 89.0, 91.0, 150.0, 179.9999])
def test_an_angle_in_many_dimensions_is_right_to_1e_14_degrees(degrees: float) -> None:
    a, other = drawn(2, 500, seed=3)
    across = other - (other @ a) / (a @ a) * a
    t = math.radians(degrees)
    b = math.cos(t) * a + math.sin(t) * across * (a.norm() / across.norm())
    found = mpf(global_angle(a.reshape(20, 25), b.reshape(20, 25)).item())
    assert abs(found - exact_angle(exact(a), exact(b))) < 3e-14
    assert found == pytest.approx(degrees, abs=1e-13)


def test_gradients_that_are_near_in_float32_have_the_angle_of_their_numbers() -> None:
    """A last bit in one entry of 15,000: 1e-8 degrees, which the cosine rounds to 0 even in float64."""
    true = drawn(300, 50, seed=4, dtype=torch.float32)
    synthetic = true.clone()
    synthetic[7, 7] = torch.nextafter(true[7, 7], torch.tensor(9.0))
    expected = exact_angle(exact(true), exact(synthetic))
    assert 1e-10 < expected < 1e-6
    assert abs(mpf(global_angle(true, synthetic).item()) - expected) < 3e-14


def test_the_global_angle_is_of_the_batch_as_one_vector() -> None:
    """Two data, one right and one the wrong way: neither the mean of the angles nor the angle of the mean."""
    true = double([3.0, 0.0], [0.0, 1.0])
    synthetic = double([3.0, 0.0], [0.0, -1.0])
    assert global_angle(true, synthetic).item() == pytest.approx(math.degrees(math.acos(8 / 10)), rel=1e-15)


# The code's own.


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_local_angle_is_that_of_the_products_with_one_signal_folded(dtype: torch.dtype) -> None:
    weights, feedback = drawn(4, 9, seed=5, dtype=dtype), drawn(4, 9, seed=6, dtype=dtype)
    signal = drawn(4, seed=7, dtype=dtype)
    down = [
        [
            sum((mpf(s) * mpf(m) for s, m in zip(signal.tolist(), column, strict=True)), mpf(0))
            for column in matrix.T.tolist()
        ]
        for matrix in (weights, feedback)
    ]
    angle = exact_angle(*down)
    assert angle != 90
    for sign in (1, -1):  # of these one is above 90
        found = local_angle(weights, sign * feedback, signal)
        assert found.shape == ()
        assert abs(mpf(found.item()) - min(angle, 180 - angle)) < 3e-13
    assert local_angle(weights, 2 * weights, signal).item() == pytest.approx(0, abs=1e-13)


def test_the_local_angle_by_hand() -> None:
    weights, feedback = double([1.0, 0.0], [0.0, 1.0]), double([1.0, 1.0], [5.0, 7.0])
    assert local_angle(weights, feedback, double([2.0, 0.0])[0]).item() == pytest.approx(45, rel=1e-15)
    assert local_angle(weights, -feedback, double([2.0, 0.0])[0]).item() == pytest.approx(45, rel=1e-15)
    degrees = math.degrees(math.atan2(5, 7))
    assert local_angle(weights, feedback, double([0.0, 1e-300])[0]).item() == pytest.approx(
        degrees, rel=1e-15
    )


def test_the_sign_congruence_is_a_count() -> None:
    weights, feedback = drawn(6, 35, seed=8), drawn(6, 35, seed=9)
    weights[0, :5] = 0
    feedback[0, 3:9] = 0
    pairs = list(zip(weights.flatten().tolist(), feedback.flatten().tolist(), strict=True))
    count = sum(Fraction(1, 2) if 0 in pair else Fraction(int(pair[0] * pair[1] > 0)) for pair in pairs)
    assert sign_congruence(weights, feedback).item() == pytest.approx(float(count / len(pairs)), rel=1e-15)
    assert sign_congruence(1e-300 * weights, -1e-300 * feedback).item() == pytest.approx(
        float(1 - count / len(pairs)), rel=1e-15
    )


# Many runs.


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_run_among_others_has_the_numbers_that_it_has_alone(dtype: torch.dtype) -> None:
    weights, feedback = (drawn(5, 6, 7, seed=seed, dtype=dtype) for seed in (10, 11))
    signal = drawn(5, 6, seed=12, dtype=dtype)
    for metric in PAIRS.values():
        found = metric(weights, feedback)
        assert found.shape == (5,)
        alone = [metric(w, b).item() for w, b in zip(weights, feedback, strict=True)]
        assert found.tolist() == pytest.approx(alone, rel=1e-14)
    found = local_angle(weights, feedback, signal)
    alone = [local_angle(*run).item() for run in zip(weights, feedback, signal, strict=True)]
    assert found.shape == (5,)
    assert found.tolist() == pytest.approx(alone, rel=1e-13)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_run_that_diverged_is_nan_and_takes_nothing_from_the_others(value: float) -> None:
    weights, signal = drawn(3, 4, 5, seed=13), drawn(3, 4, seed=14)
    feedback = drawn(3, 4, 5, seed=15)
    spoilt = feedback.clone()
    spoilt[1, 2, 3] = value
    for metric in PAIRS.values():
        for first, second in ((weights, spoilt), (spoilt, weights)):
            good = metric(weights, feedback) if first is weights else metric(feedback, weights)
            found = metric(first, second)
            assert found[1].isnan()
            assert found[[0, 2]].tolist() == good[[0, 2]].tolist()
    found, good = local_angle(weights, spoilt, signal), local_angle(weights, feedback, signal)
    assert found[1].isnan()
    assert found[[0, 2]].tolist() == good[[0, 2]].tolist()
    signal[2, 0] = value
    assert local_angle(weights, feedback, signal).isnan().tolist() == [False, False, True]


def test_what_has_no_value_is_nan() -> None:
    zero = 0 * W
    e = double([1.0, 0.0])[0]
    for feedback in (W, zero):
        assert relative_error(zero, feedback).isnan()
        assert norm_ratio(zero, feedback).isnan()
        assert global_angle(zero, feedback).isnan()
        assert local_angle(zero, feedback, e).isnan()
    assert global_angle(W, zero).isnan()
    assert local_angle(W, zero, e).isnan()
    assert local_angle(W, W, 0 * e).isnan()
    assert local_angle(double([0.0, 0.0], [1.0, 1.0]), W, e).isnan()  # e is in its kernel
    assert sign_congruence(zero, W).item() == 0.5


@pytest.mark.parametrize("size", [1e-320, 1e-200, 1e-160, 1e160, 1e200, 1e307])
def test_sizes_whose_squares_overflow_or_underflow_change_nothing(size: float) -> None:
    weights, feedback, e = W / 4, double([1.0, 0.5], [0.0, 0.25]), double([1.0, 0.5])[0]
    tolerance = 1e-2 if size < 1e-310 else 1e-14  # subnormal numbers have few digits
    for metric in (relative_error, norm_ratio, global_angle):
        good = metric(weights, feedback).item()
        assert metric(size * weights, size * feedback).item() == pytest.approx(good, rel=tolerance)
    for metric in (norm_ratio, global_angle):
        good = metric(weights, feedback).item() * (1 / size if metric is norm_ratio else 1)
        if math.isfinite(good):
            assert metric(size * weights, feedback).item() == pytest.approx(good, rel=tolerance)
    good = local_angle(weights, feedback, e).item()
    assert local_angle(size * weights, size * feedback, size * e).item() == pytest.approx(good, rel=tolerance)


def test_the_two_may_differ_in_precision_and_need_no_gradient() -> None:
    weights = torch.nn.Parameter(drawn(3, 4, seed=16, dtype=torch.float32))
    feedback = drawn(3, 4, seed=17)
    for metric in PAIRS.values():
        found = metric(weights, feedback)
        assert not found.requires_grad
        assert found.item() == metric(weights.detach().double(), feedback).item()
    by_columns = feedback.T.contiguous().T
    assert relative_error(weights, by_columns).item() == relative_error(weights, feedback).item()
    shared = feedback.expand(6, 3, 4)
    assert relative_error(shared, shared).tolist() == [0.0] * 6


# What is refused; all kinds of it are in test_wrong_arguments.

E2 = torch.ones(2, dtype=torch.float64)
NO_NUMBERS = torch.ones(2, 2, dtype=torch.float64, device="meta")
REFUSED = {
    "no numbers": ((NO_NUMBERS, NO_NUMBERS), r"the device of .* is meta; expected one that holds numbers\."),
    "one has no numbers": ((W, NO_NUMBERS), r"the device of .* is meta; expected cpu\."),
    "vectors": ((E2, E2), r"the shape of .* is \(2,\); expected two axes, or three .*\."),
    "four axes": ((W[None, None], W[None, None]), r"the shape of .* is \(1, 1, 2, 2\); expected two axes"),
    "no rows": ((W[:0], W[:0]), r"the shape of .* is \(0, 2\); expected two axes"),
    "no runs": ((W.expand(0, 2, 2), W.expand(0, 2, 2)), r"the shape of .* is \(0, 2, 2\); expected two axes"),
    "other shapes": ((W, W[:, :1]), r"the shape of .* is \(2, 1\); expected \(2, 2\)\."),
    "one run and many": ((W, W[None]), r"the shape of .* is \(1, 2, 2\); expected \(2, 2\)\."),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused(case: str) -> None:
    pair, says = REFUSED[case]
    for metric in PAIRS.values():
        with pytest.raises(InvalidInput, match=says):
            metric(*pair)
    with pytest.raises(InvalidInput, match=says):
        local_angle(*pair, E2)


def test_a_signal_that_does_not_fit_is_refused() -> None:
    for signal in (E2[:1], E2[None], torch.ones(3, dtype=torch.float64)):
        with pytest.raises(InvalidInput, match=r"the shape of signal is \(.*\); expected \(2,\)\."):
            local_angle(W, W, signal)
    with pytest.raises(InvalidInput, match=r"the shape of signal is \(2,\); expected \(3, 2\)\."):
        local_angle(W.expand(3, 2, 2), W.expand(3, 2, 2), E2)
    with pytest.raises(InvalidInput, match=r"the device of signal is meta; expected cpu\."):
        local_angle(W, W, NO_NUMBERS[0])
