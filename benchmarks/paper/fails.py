"""Where theory says that feedback cannot be learned, or not so fast: it fails there, and as predicted.

Weights stand still, and the surprise rule learns from one image at a time (two-sided, so small that nothing
is left of its bias), with the step eta over sum_i n_i |e^{i+1}|^2.

*Too long a step.* With one hidden layer and signs for noise an update changes |B - W|^2 by exactly
-eta (2 - eta) s^2 / (n |e|^2), s being the surprise: it falls for eta below 2, stands at 2, grows beyond.

*No error to learn from.* B^2 takes in what it learns along e^2 alone. In a linear network below 10 outputs
all e^2 lie in 10 dimensions, so what B^2 has outside of them it keeps for ever: of 30 rows two thirds, and of
its distance to W^2 the root of 2/3. The error that it carries down is right all the same. With 8 units, or
with sigmoids, whose slopes turn e^2 from image to image, nothing is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from benchmarks.paper.learning import Learning
from benchmarks.paper.options import Options
from benchmarks.paper.several import Several
from impl.learning import SGD, Architecture, Normalised, Perturbation, Runs, surprise_rule
from impl.learning.state import UPDATES

__all__ = ["STEPS", "fails"]

STEPS = (0.5, 1.0, 1.9, 2.0, 2.01)
NOISE = Perturbation(1e-4, two_sided=True)
SHALLOW = (20,)
WIRED: Mapping[str, tuple[tuple[int, ...], str]] = {
    "linear 40-30": ((40, 30), "identity"),
    "linear 40-8": ((40, 8), "identity"),
    "sigmoid 40-30": ((40, 30), "sigmoid"),
}
"""Two hidden layers, and their activation."""


def fails(asked: Options) -> Several:
    """Steps that are too long, and errors that do not reach all of a matrix."""
    steps = {f"step {step:g}": step for step in STEPS}
    parts = {"steps": _part(asked, "steps", SHALLOW, "sigmoid", steps)}
    for name, (hidden, activation) in WIRED.items():
        parts[name] = _part(asked, name, hidden, activation, {name: 1.0})
    return Several("fails", parts)


def _part(
    asked: Options, name: str, hidden: tuple[int, ...], activation: str, steps: Mapping[str, float]
) -> Learning:
    ends = asked.images.x.shape[1], asked.images.y.shape[1]
    activations = (activation,) * len(hidden) + ("identity",)
    architecture = Architecture((ends[0], *hidden, ends[1]), activations)
    methods = tuple(
        replace(surprise_rule(SGD(0.0), Normalised(step), NOISE), frozen=UPDATES) for step in steps.values()
    )
    runs = Runs(architecture, methods, tuple(range(asked.seeds)))
    return Learning(name, runs, tuple(steps), asked.images, asked.points, batch=1, classes=False)
