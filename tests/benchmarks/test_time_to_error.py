"""The three ways to the feedback matrices of a fixed network, on a few rows of the digits."""

import gzip
import itertools
import math
import struct

import pytest
import torch

from benchmarks import time_to_error
from benchmarks.datasets import IMAGES, LABELS, Missing, load
from benchmarks.time_to_error import GOAL, Mark, control_variate, extrapolated, hadamard, network_of, plain

X, Y = (rows[:64] for rows in load("digits"))
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


def test_fashion_mnist_is_read_from_idx_files_plain_or_zipped(tmp_path) -> None:
    pixels = bytes(range(8))
    (tmp_path / IMAGES).write_bytes(bytes((0, 0, 8, 3)) + struct.pack(">3I", 2, 2, 2) + pixels)
    zipped = gzip.compress(bytes((0, 0, 8, 1)) + struct.pack(">I", 2) + bytes((3, 9)))
    (tmp_path / f"{LABELS}.gz").write_bytes(zipped)
    x, y = load("fashion-mnist", tmp_path)
    assert torch.equal(x, torch.arange(8.0, dtype=torch.float64).reshape(2, 4) / 255)
    assert y.argmax(1).tolist() == [3, 9]
    assert y.sum().item() == 2


def test_files_that_are_missing_or_damaged_are_one_clear_line(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setattr("sys.argv", ["time_to_error", "--data", "fashion-mnist", "--data-dir", str(tmp_path)])
    assert time_to_error.main() == 2
    assert capsys.readouterr().err == (
        f"python -m benchmarks.time_to_error: there is no {IMAGES} or {IMAGES}.gz in {tmp_path}; expected "
        "Fashion-MNIST's IDX files there, as Debian's dataset-fashion-mnist installs them\n"
    )
    (tmp_path / IMAGES).write_bytes(b"<html>")
    with pytest.raises(Missing, match="is no IDX file of bytes with 3 axes"):
        load("fashion-mnist", tmp_path)
    (tmp_path / IMAGES).write_bytes(bytes((0, 0, 8, 3)) + struct.pack(">3I", 2, 2, 2) + bytes(7))
    with pytest.raises(Missing, match="has 7 bytes of data, expected 8"):
        load("fashion-mnist", tmp_path)
