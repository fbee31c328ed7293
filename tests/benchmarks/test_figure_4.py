"""Figure 4: weights that stand still, their feedback, and the joint fit, whose points are differences."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from benchmarks.paper.experiment import run
from benchmarks.paper.figure_4 import JOINT, Recovery, figure_4, joint_4, methods, widths_4
from benchmarks.paper.learning import Images
from benchmarks.paper.options import Options
from impl import InvalidInput
from impl.learning import Architecture

ROWS, PIXELS = 70, 6


def images(rows: int = ROWS) -> Images:
    draw = torch.Generator().manual_seed(0)
    x = torch.rand(rows, PIXELS, generator=draw)
    y = torch.eye(4)[torch.randint(4, (rows,), generator=draw)]
    return Images(x, y, x[:9], y[:9], {"train": "noise 0"})


def asked(
    mode: str = "text", seeds: int = 1, epochs: int = 1, quick: bool = False, rows: int = ROWS
) -> Options:
    return Options(images(rows), "digits", mode, seeds, epochs, quick)


def test_the_figure_has_the_ridge_and_the_noise_of_the_authors_code() -> None:
    chosen = methods()
    ridges = {name: method for name, method in chosen.items() if name.startswith("node perturbation")}
    assert [method.perturbation.c for method in ridges.values()] == [1e-3, 1e-2, 1e-1]
    assert {(m.feedback.fit.ridge, m.feedback.fit.inside) for m in ridges.values()} == {(0.1, False)}
    assert {m.perturbation.law for m in ridges.values()} == {"gaussian"}
    for mode in ("text", "code"):
        architecture = figure_4(asked(mode)).work.architecture
        assert architecture == Architecture(
            (PIXELS, 50, 20, 4), ("sigmoid", "sigmoid", "identity"), bias_unit=mode == "code"
        )


def test_weights_stand_still_and_feedback_does_not() -> None:
    learning = figure_4(asked())
    start = learning.start()
    after = learning.advance(start, 0, 3)
    for layer in range(3):
        assert torch.equal(start[f"weights/0/{layer}"], after[f"weights/0/{layer}"])
    assert not torch.equal(start["feedback/0/0"], after["feedback/0/0"])


def test_the_first_layer_has_30_to_1000_units() -> None:
    parts = widths_4(asked()).parts.values()
    assert [part.work.architecture.widths for part in parts] == [
        (PIXELS, n, 50, 4) for n in (30, 100, 300, 1000)
    ]


def test_the_joint_fit_needs_about_as_many_differences_as_there_are_weights(tmp_path: Path) -> None:
    """36 weights: no fit is near from 18 differences, all are within 1e-6 from 60, of either kind."""
    architecture = Architecture((PIXELS, 4, 6, 2), ("sigmoid", "sigmoid", "identity"))
    shown = images()
    narrow = Images(shown.x, shown.y[:, :2], shown.test_x, shown.test_y[:, :2], {})
    laws = {name: JOINT[name] for name in ("one-sided", "two-sided")}
    experiment = Recovery("small", architecture, laws, (0, 1), narrow, (18, 60))
    curve = run(experiment, tmp_path / "run")
    assert experiment.runs == ("one-sided/0", "one-sided/1", "two-sided/0", "two-sided/1")
    errors = curve.values[:, :, :2]
    assert bool((errors[0].amax(1) > 1e-2).all())
    assert bool((errors[1] < 1e-6).all())
    signs = [k for k, name in enumerate(experiment.metrics) if name.startswith("sign")]
    assert bool((curve.values[1][:, signs] == 1).all())
    some = experiment.only(["two-sided"], [1])
    assert torch.equal(some.measure({}, 60)[0], curve.values[1, 3])


def test_the_points_of_the_joint_fit_are_numbers_of_differences() -> None:
    """50 x 20 and 20 x 4 are 1,080 weights; a quarter more are the most."""
    assert joint_4(asked(rows=1350)).points == (540, 918, 1080, 1134, 1188, 1350)
    with pytest.raises(InvalidInput, match="the number of images is 70"):
        joint_4(asked())
