"""Real images: the networks that are shipped, the independent limit, what rounding may do to it, the rows."""

import hashlib
import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from feedback_proofs_io.datasets import SETS
from impl.reference import Reference
from proofs_check.digits import accuracy, data, evidence, images, recovery, rounding, train, trained
from proofs_check.float64.floats import Array
from proofs_check.float64.tolerance import UNIT_ROUNDOFF, difference_allowance
from proofs_check.networks.drawn import Instance
from proofs_check.questions.oracle import exact_means
from proofs_check.subject.methods import Subject
from proofs_check.subject.subjects import LocalSubject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence
from tests.numpy_subject import NumpySubject
from tests.planted_bugs import Correct
from tests.planted_bugs.estimator import ScaleWrong
from tests.planted_bugs.least_squares import BasicSolution
from tests.planted_bugs.signals import HiddenSlopeForgotten
from theory.exact.designs import fold_over

QUICK, STANDARD = Effort("quick"), Effort("standard")
CURVED = ("sigmoid", "tanh")
ALL = (*CURVED, "linear")
FEW = 200


def examined(subject: Subject, name: str) -> Iterator[Evidence]:
    if name == "linear":
        return evidence.examine_linear_gradients(subject, QUICK)
    return evidence.examine_recovery(subject, name, QUICK)


def broken(rows: Iterator[Evidence]) -> list[str]:
    return [row.name for row in rows if not row.holds]


# The data and the networks.


def test_there_are_1797_images_of_64_pixels_between_0_and_1_with_one_of_10_targets() -> None:
    x, y = images()
    assert x.shape == (1797, 64)
    assert y.shape == (1797, 10)
    assert x.min() == 0
    assert x.max() == 1
    assert (y.sum(axis=1) == 1).all()
    assert set(np.unique(y)) == {0, 1}


def test_the_first_images_are_the_same_in_every_selection() -> None:
    for few, every in zip(images(FEW), images(), strict=True):
        assert len(few) == FEW
        assert np.array_equal(few, every[:FEW])


@pytest.mark.parametrize("count", [0, -1, 1798])
def test_a_number_of_images_that_there_are_not_is_an_error(count: int) -> None:
    with pytest.raises(ValueError, match=f"count is {count}, expected 1 to 1797"):
        images(count)


@pytest.mark.parametrize("name", CURVED)
def test_the_curved_networks_get_99_percent_of_their_training_images_right(name: str) -> None:
    assert accuracy(trained(name), *images()) >= 0.99


def test_the_linear_network_gets_as_many_right_as_linear_least_squares_does() -> None:
    x, y = images()
    best = x @ np.linalg.lstsq(x, y, rcond=None)[0]
    ceiling = np.mean(best.argmax(axis=1) == y.argmax(axis=1))
    assert accuracy(trained("linear"), x, y) >= ceiling - 0.005


@pytest.mark.parametrize("name", ALL)
def test_the_weights_are_single_precision_numbers_in_double_precision_and_moderate(name: str) -> None:
    network = trained(name)
    assert network.widths == data.WIDTHS
    for w in network.weights:
        assert w.dtype == np.float64
        assert np.array_equal(w, w.astype(np.float32))
        assert np.linalg.norm(w, 2) < 10


def test_an_unknown_network_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="name is 'relu', expected one of sigmoid, tanh, linear"):
        trained("relu")


def packed(**arrays: object) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def weights_with(change: Callable[[NDArray[Any]], object]) -> bytes:
    """The shipped weights in a whole file, the first matrix changed."""
    first, *others = (w.astype(np.float32) for w in trained("tanh").weights)
    return packed(arr_0=change(first), **{f"arr_{k}": w for k, w in enumerate(others, start=1)})


def with_entry(value: float) -> Callable[[NDArray[Any]], object]:
    return lambda w: np.where(np.arange(w.size).reshape(w.shape) == 7, value, w)


DAMAGED: dict[str, bytes | None] = {
    "missing": None,
    "empty": b"",
    "cut short": b"PK\x03\x04 cut short",
    "a pickle": b"\x80\x04K\x01.",
    "not a number": weights_with(with_entry(np.nan)),
    "infinity": weights_with(with_entry(np.inf)),
    "complex": weights_with(lambda w: w + 0j),
    "zeros": weights_with(lambda w: 0 * w),
    "integers": weights_with(lambda w: w.astype(np.int64)),
    "words": weights_with(lambda w: w.astype(str)),
    "objects": weights_with(lambda w: w.astype(object)),
    "dates": weights_with(lambda w: w.astype("M8[s]")),
    "another order": weights_with(lambda w: w[::-1]),
    "another shape": weights_with(lambda w: w.T),
    "other weights": packed(**{f"arr_{k}": w for k, w in enumerate(trained("sigmoid").weights)}),
    "one network for another": data.weight_file("sigmoid").read_bytes(),
    "no arrays": packed(),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_missing_or_damaged_weight_file_is_an_error_that_names_it(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tanh.npz"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setattr(data, "weight_file", lambda name: path)
    with pytest.raises(ValueError, match=r"tanh\.npz cannot be read as the weights"):
        trained.__wrapped__("tanh")


@pytest.mark.parametrize("name", ALL)
def test_a_flipped_bit_in_a_weight_file_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, path = data.weight_file(name).read_bytes(), tmp_path / f"{name}.npz"
    monkeypatch.setattr(data, "weight_file", lambda _: path)
    for number in range(100):
        damaged = bytearray(whole)
        damaged[number * 7919 % len(whole)] ^= 1 << number % 8
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="its checksum is not that of the file"):
            trained.__wrapped__(name)


def test_other_images_than_the_networks_learnt_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    other = replace(SETS["digits"], content="0" * 64)
    monkeypatch.setitem(SETS, "digits", other)
    with pytest.raises(ValueError, match="the handwritten digits of this scikit-learn are not those"):
        images.__wrapped__()


@pytest.mark.parametrize("name", ["tanh", "linear"])
def test_training_again_gives_the_weights_that_are_shipped(name: str) -> None:
    # Not the same bits everywhere: sums of products are ordered differently by other processors.
    for again, shipped in zip(train.train(name).weights, trained(name).weights, strict=True):
        np.testing.assert_allclose(again, shipped, rtol=0, atol=1e-4)


def test_training_twice_gives_the_same_bits() -> None:
    once, twice = (train.train("sigmoid", steps=5).weights for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(once, twice, strict=True))


def test_saved_weights_are_the_weights_that_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "weight_file", lambda name: tmp_path / f"{name}.npz")
    network = train.train("linear", steps=2)
    path = train.save("linear", network)
    monkeypatch.setitem(data.SHA256, "linear", hashlib.sha256(path.read_bytes()).hexdigest())
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    again = trained.__wrapped__("linear")
    assert all(np.array_equal(a, b) for a, b in zip(network.weights, again.weights, strict=True))


def test_the_main_process_needs_neither_torch_nor_the_images_to_import_the_checks() -> None:
    code = "import sys, proofs_check.digits.evidence; print({'torch', 'sklearn'} & set(sys.modules))"
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert printed.stdout.strip() == "set()"


# The independent limit.


@pytest.mark.parametrize("c", [1e-2, 1e-5])
@pytest.mark.parametrize("name", CURVED)
def test_the_mean_estimates_agree_with_ball_arithmetic_to_roundoff_at_large_and_small_c(
    name: str, c: float
) -> None:
    instance = recovery.task(name, 2)
    design = fold_over(70)
    exact = exact_means(instance, design, c)
    for found, wanted in zip(recovery.exact_limit(instance, c).means, exact, strict=True):
        assert np.linalg.norm(found - wanted) <= 1e-13 * np.linalg.norm(wanted)


@pytest.mark.parametrize("name", ["identity", "tanh", "sigmoid"])
def test_differences_of_activations_keep_their_digits(name: str) -> None:
    a = np.linspace(-20, 20, 81)
    slope = {"identity": np.ones_like(a), "tanh": np.cosh(a) ** -2, "sigmoid": np.cosh(a / 2) ** -2 / 4}[name]
    tiny = recovery.activation_difference(name, a, np.full_like(a, 1e-12))
    np.testing.assert_allclose(tiny, 1e-12 * slope, rtol=1e-11)


def test_an_activation_or_a_loss_that_the_limit_is_not_written_for_is_an_error() -> None:
    with pytest.raises(ValueError, match="activation is 'relu', expected identity, tanh or sigmoid"):
        recovery.activation_difference("relu", np.ones(1), np.ones(1))
    instance = recovery.task("tanh", 2)
    quartic = Instance(replace(instance.network, loss="quartic"), instance.x, instance.y)
    with pytest.raises(ValueError, match="loss is 'quartic', expected mse"):
        recovery.exact_limit(quartic, 0.1)


@pytest.mark.parametrize("count", [FEW, None])
@pytest.mark.parametrize("name", CURVED)
def test_every_error_falls_98_to_102_fold_for_each_tenfold_smaller_c(name: str, count: int | None) -> None:
    weights = trained(name).weights[1:]
    errors = [
        [
            evidence.relative(b, w)
            for b, w in zip(recovery.limit(name, count, c).feedback, weights, strict=True)
        ]
        for c in evidence.STEPS
    ]
    falls = [a / b for larger, smaller in pairwise(errors) for a, b in zip(larger, smaller, strict=True)]
    assert len(falls) == 6
    assert all(98 <= fall <= 102 for fall in falls)


# What rounding may do.


@pytest.mark.parametrize("name", ALL)
def test_the_rounding_scales_are_those_of_every_other_claim(name: str) -> None:
    instance, c = recovery.task(name, 5), 1e-2
    layers = recovery.design(instance).layers
    x, y = (np.repeat(values, len(layers[0]), axis=0) for values in (instance.x, instance.y))
    allowed = difference_allowance(instance.network, x, y, [np.tile(layer, (5, 1)) for layer in layers], c)
    scales = rounding.rounding_scales(instance, c).ravel()
    np.testing.assert_allclose(16 * UNIT_ROUNDOFF * scales / c, allowed, rtol=1e-12)


def worst_means(instance: Instance, limit: recovery.Limit, layer: int) -> list[Array]:
    """E[λ̂ | x, y] with every (L̃ - L)/c off by all that is allowed, so that B̂ moves far."""
    atoms = recovery.design(instance).layers
    off = 16 * UNIT_ROUNDOFF / limit.c * rounding.rounding_scales(instance, limit.c)
    _, sizes, directions = np.linalg.svd(limit.signals[layer + 1])
    rank = int(np.sum(sizes > recovery.RANK_CUTOFF * sizes[0]))
    weakest = limit.signals[layer + 1] @ directions[rank - 1]
    off *= np.sign(np.outer(weakest, atoms[layer].sum(axis=1)))
    return [m + off @ xi / len(xi) for m, xi in zip(limit.means, atoms, strict=True)]


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("c", [1e-2, 1e-5])
@pytest.mark.parametrize("name", ALL)
def test_the_allowance_covers_the_worst_errors_a_subject_may_make_and_not_many_times_more(
    name: str, c: float, layer: int
) -> None:
    instance, limit = recovery.task(name, FEW), recovery.limit(name, FEW, c)
    allowed = rounding.allowances(instance, limit)
    feedback, signals = recovery.fit(instance, worst_means(instance, limit, layer))
    moved = [np.linalg.norm(a - b) for a, b in zip(feedback, limit.feedback, strict=True)]
    assert all(m <= a.feedback for m, a in zip(moved, allowed, strict=True))
    turned = [np.linalg.norm(a - b) for a, b in zip(signals[:-1], limit.signals[:-1], strict=True)]
    assert all(t <= a.signals * np.sqrt(FEW) for t, a in zip(turned, allowed, strict=True))
    if c == 1e-5:  # where the differences, and not the solve, make up the allowance
        assert allowed[layer].feedback <= 30 * moved[layer]


def test_a_rank_that_rounding_leaves_in_doubt_is_an_error_and_no_verdict() -> None:
    with pytest.raises(ArithmeticError, match="leaves the rank of ẽ\\^2 in doubt"):
        rounding.allowances(recovery.task("sigmoid", FEW), recovery.limit("sigmoid", FEW, 1e-13))


# The rows of the ledger.


@pytest.mark.parametrize("effort", [QUICK, STANDARD], ids=lambda effort: effort.depth)
@pytest.mark.parametrize("name", CURVED)
def test_recovery_is_confirmed_with_every_error_condition_number_and_angle(name: str, effort: Effort) -> None:
    rows = list(evidence.confirm_recovery(name, effort))
    assert not broken(iter(rows))
    assert sum("relative error of B̂" in row.name for row in rows) == 8
    assert sum("fall" in row.name and row.bound == (98.0, 102.0) for row in rows) == 6
    assert sum("condition number" in row.name for row in rows) == 2
    assert sum("angle" in row.name and row.required for row in rows) == 2
    assert sum("gradient" in row.name and row.bound == 1e-7 for row in rows) == 2
    assert sum(row.bound == 1e-5 for row in rows) == 2


def test_the_linear_network_is_outside_theorem_2_and_the_row_says_why() -> None:
    row = evidence.linear_row()
    assert row.kind == "not applicable"
    assert row.value == "64-50-20-10 narrows above layer 2: S_2 has rank at most 10 of 20."


def test_the_linear_gradients_are_the_true_ones_though_the_feedback_is_not_the_weights() -> None:
    assert not broken(evidence.confirm_linear_gradients(QUICK))
    instance = recovery.task("linear", FEW)
    projected = evidence.projected_weights(instance)
    assert evidence.relative(projected[0], instance.network.weights[1]) > 0.5
    assert evidence.relative(projected[1], instance.network.weights[2]) < 1e-12


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("subject", [NumpySubject, Correct, Reference], ids=lambda subject: subject.name)
def test_correct_subjects_pass(subject: type, name: str) -> None:
    assert not broken(examined(LocalSubject(subject), name))


@pytest.mark.parametrize("name", CURVED)
def test_of_a_subject_the_errors_gradients_angles_and_the_first_falls_are_bounded(name: str) -> None:
    required = [row.name for row in examined(LocalSubject(Correct), name) if row.required]
    for wanted, count in (("to roundoff", 2), ("B̂^2 at c = 1e-05", 1), ("gradient", 2), ("angle", 2)):
        assert sum(wanted in row for row in required) == count
    assert sum("c = 0.01 to 0.001" in row for row in required) == 2


@pytest.mark.parametrize("name", ALL)
def test_estimates_that_are_a_thousandth_too_large_are_rejected(name: str) -> None:
    assert broken(examined(LocalSubject(ScaleWrong), name))


def test_a_slope_that_is_forgotten_and_a_solution_that_is_not_the_smallest_are_rejected() -> None:
    assert broken(examined(LocalSubject(HiddenSlopeForgotten), "sigmoid"))
    assert any("P_2 W^2" in name for name in broken(examined(LocalSubject(BasicSolution), "linear")))


@pytest.mark.parametrize("degrees", [0.0, 1e-9, 30.0, 90.0, 179.9999, 180.0])
def test_the_angle_is_accurate_from_0_to_180_degrees(degrees: float) -> None:
    t = np.radians(degrees)
    a, b = np.array([[3.0, 0.0]]), np.array([[np.cos(t), np.sin(t)]])
    assert evidence.angle(a, b) == pytest.approx(degrees, rel=1e-12, abs=1e-13)
