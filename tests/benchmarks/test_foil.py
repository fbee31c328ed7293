"""Node perturbation without feedback: what moves, at which rates, when it is there, and what is sent."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
import torch

from benchmarks.paper.foil import WIDTHS, foil, methods, points
from benchmarks.paper.learning import Images
from benchmarks.paper.options import Options
from benchmarks.paper.traffic import traffic
from impl.learning import (
    SGD,
    Absent,
    Architecture,
    Normalised,
    Perturbation,
    backpropagation,
    feedback_alignment,
    perturbation_alone,
    surprise_rule,
)


def asked(epochs: int = 30, quick: bool = False) -> Options:
    x, y = torch.rand(40, 6), torch.eye(4)[torch.arange(40) % 4]
    return Options(Images(x, y, x, y, {}), "digits", "text", 1, epochs, quick)


def test_widths_go_from_20_to_2000_and_only_the_first_layer_learns() -> None:
    assert (WIDTHS[0], WIDTHS[-1]) == (20, 2000)
    experiment = foil(asked())
    assert [part.work.architecture.widths for part in experiment.parts.values()] == [
        (6, n, 4) for n in WIDTHS
    ]
    part = experiment.parts["20 units"]
    start = part.start()
    after = part.advance(start, 0, 2)
    moved = (start["weights/0/0"] != after["weights/0/0"]).flatten(1).any(1)
    assert bool(moved.all())
    assert torch.equal(start["weights/0/1"], after["weights/0/1"])


@pytest.mark.parametrize("width", WIDTHS)
def test_without_feedback_rates_fall_with_the_number_of_units(width: int) -> None:
    chosen = methods(width, 0.3)
    rates = {kind: [] for kind in ("backpropagation", "learned feedback", "perturbation alone")}
    for label, method in chosen.items():
        rates[label.partition(",")[0]].append(method.weights.rate)
        assert f", {width} units, " in label
        assert isinstance(method.feedback, Absent) == label.startswith("perturbation alone")
    assert rates["backpropagation"] == rates["learned feedback"] == pytest.approx([0.9, 0.3, 0.1])
    assert rates["perturbation alone"] == pytest.approx([r * 20 / width for r in (0.9, 0.3, 0.1)])


def test_runs_are_measured_at_points_a_quarter_apart() -> None:
    assert points(asked(1))[:5] == (0, 10, 12, 16, 20)
    for epochs in (1, 30):
        found = points(asked(epochs))
        assert found[-1] == 1000 * epochs
        assert list(found) == sorted(set(found))
        assert all(b <= 1.4 * a + 1 for a, b in itertools.pairwise(found[1:]))


def test_what_is_sent_between_layers() -> None:
    """784-50-20-10 and 32 samples: counted by hand, 4 bytes a number."""
    net = Architecture((784, 50, 20, 10), ("sigmoid", "sigmoid", "identity"))
    weights, noise = SGD(0.1), Perturbation(0.1)
    up = 32 * (784 + 50 + 20) * 4
    expected = {
        backpropagation(weights): (1, up, 32 * 30 * 4, (20 * 50 + 10 * 20) * 4, 0),
        feedback_alignment(weights): (1, up, 32 * 30 * 4, 0, 0),
        feedback_alignment(weights, "DFA"): (1, up, 32 * 20 * 4, 0, 0),
        surprise_rule(weights, Normalised(1.0), noise): (2, 2 * up, 32 * 30 * 4, 0, 32 * 2 * 4),
        surprise_rule(weights, Normalised(1.0), replace(noise, draws=3)): (
            4,
            4 * up,
            3 * 32 * 30 * 4,
            0,
            3 * 32 * 2 * 4,
        ),
        perturbation_alone(weights, noise): (2, 2 * up, 0, 0, 32 * 2 * 4),
    }
    for method, (passes, *counts) in expected.items():
        assert list(traffic(net, method, 32, passes).values()) == counts
