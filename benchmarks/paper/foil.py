"""The paper's foil: node perturbation of the weights themselves, without feedback, in networks of any width.

A network inputs-n-classes (tanh, then linear) learns its first layer; the second stays as it starts, so that
how fast the loss falls does not depend on how many random features there are. By backpropagation, and by
learned feedback (the surprise rule), n hidden units take about as many updates to a given loss as 20. Without
feedback every unit's change is drowned in what the noise of all others did to the loss: its rate must fall as
1 / n, and the number of updates grows with n. Every method has three rates, and counts by its best: how, and
to which loss, is `proofs_check.experiments.widths`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from benchmarks.paper.learning import Images, Learning
from benchmarks.paper.options import Options
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

__all__ = ["foil", "methods"]

WIDTHS = (20, 60, 200, 600, 2000)
NOISE = Perturbation(1e-3, two_sided=True)
TIMES = (3.0, 1.0, 1 / 3)
RATES: Mapping[str, float] = MappingProxyType({"digits": 3e-3, "mnist": 3e-4, "fashion-mnist": 3e-4})
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
