"""The paper's foil: node perturbation of the weights themselves, without feedback, in networks of any width.

A network inputs-n-classes (tanh, then linear) learns its first layer; the second stays as it starts, so that
how fast the loss falls does not depend on how many random features there are. By backpropagation, and by
learned feedback (the surprise rule), n hidden units take about as many updates to a given loss as 20. Without
feedback every unit's change is drowned in what the noise of all others did to the loss: its rate must fall as
1 / n, and the number of updates grows with n. Every method has three rates, and counts by its best.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from benchmarks.paper.experiment import Curve
from benchmarks.paper.learning import Images, Learning
from benchmarks.paper.options import Options
from benchmarks.paper.results import Axes
from benchmarks.paper.several import Several
from impl.learning import (
    SGD,
    Architecture,
    Method,
    Normalised,
    Only,
    Perturbation,
    Runs,
    backpropagation,
    perturbation_alone,
    surprise_rule,
)

__all__ = ["TARGET", "foil", "methods", "summary", "times"]

Rows = Sequence[Sequence[Sequence[float]]]
"""Points of runs of metrics."""

WIDTHS = (20, 60, 200, 600, 2000)
NOISE = Perturbation(1e-3, two_sided=True)
TIMES = (3.0, 1.0, 1 / 3)
RATES: Mapping[str, float] = MappingProxyType({"digits": 3e-3, "mnist": 3e-4, "fashion-mnist": 3e-4})
TARGET = 8.0
"""The loss of a minibatch of training images that is to be reached: half of what the output 0 has, 16."""
TESTED = 1000
"""Test images: this is about training."""
SPACING = 1.25
"""Each number of updates after which runs are measured, over the one before."""


def methods(width: int, rate: float) -> dict[str, Method]:
    """Three methods at three rates each; without feedback these are less, as 20 / width."""
    found = {}
    for kind in ("backpropagation", "learned feedback", "perturbation alone"):
        for times in TIMES:
            less = WIDTHS[0] / width if kind == "perturbation alone" else 1.0
            weights = Only(SGD(rate * times * less), (1,))
            method = {
                "backpropagation": backpropagation(weights),
                "learned feedback": surprise_rule(weights, Normalised(1.0), NOISE),
                "perturbation alone": perturbation_alone(weights, NOISE),
            }[kind]
            found[f"{kind}, {width} units, rate {weights.rate:.3g}"] = method
    return found


def foil(asked: Options) -> Several:
    """Node perturbation without feedback, 20 to 2,000 units: updates until a loss is reached."""
    images = asked.images
    few = Images(images.x, images.y, images.test_x[:TESTED], images.test_y[:TESTED], images.record)
    parts = {}
    for width in WIDTHS[:2] if asked.quick else WIDTHS:
        architecture = Architecture((few.x.shape[1], width, few.y.shape[1]), ("tanh", "identity"))
        chosen = methods(width, RATES[asked.data])
        runs = Runs(architecture, tuple(chosen.values()), tuple(range(asked.seeds)))
        name = f"{width} units"
        parts[name] = Learning(name, runs, tuple(chosen), few, points(asked), watched=500)
    return Several("foil", parts)


def points(asked: Options) -> tuple[int, ...]:
    """0, 10, and on by a quarter each to the end."""
    last = asked.points[-1]
    count = max(0, int(math.log(last / 10, SPACING)) + 1) if last >= 10 else 0
    return tuple(sorted({0, last, *(round(10 * SPACING**k) for k in range(count))}))


def times(
    runs: Sequence[str], metrics: Sequence[str], points: Sequence[int], curve: Rows
) -> dict[tuple[str, int], tuple[int, str] | None]:
    """For each method and width the first point at which the mean training loss of its seeds is at the
    target, with the rate that is first there; None where none gets there.
    """
    column = list(metrics).index("train loss")
    labels: dict[str, list[int]] = {}
    for k, run in enumerate(runs):
        labels.setdefault(run.rpartition("/")[0], []).append(k)
    found: dict[tuple[str, int], tuple[int, str] | None] = {}
    for label, places in labels.items():
        kind, units, rate = label.split(", ")
        key = kind, int(units.removesuffix(" units"))
        found.setdefault(key, None)
        for point, rows in zip(points, curve, strict=True):
            if sum(rows[k][column] for k in places) / len(places) <= TARGET:
                before = found[key]
                if before is None or point < before[0]:
                    found[key] = point, rate
                break
    return found


def summary(axes: Axes, curve: Curve) -> list[str]:
    """Updates to the target by method and width."""
    found = times(axes.runs, axes.metrics, curve.points, curve.values.tolist())
    lines = [f"updates to a training loss of {TARGET:g}, at the best of three rates"]
    for (kind, width), reached in found.items():
        told = "not reached" if reached is None else f"{reached[0]:,} ({reached[1]})"
        lines.append(f"  {kind}, {width} units: {told}")
    return lines
