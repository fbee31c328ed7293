"""Figure 2: weights and feedback of a small network learn together.

A network inputs-50-20-10, sigmoid with a linear output, half the summed squared error over minibatches of 32,
weights frozen for the first 1,000 updates. The paper's text and its authors' code differ in how feedback is
fitted: by gradient descent (rate 5e-4) in the text, by ridge regression on all samples so far in the code.
The code also perturbs the constant unit of the hidden layers, learns feedback for it and counts it in what is
said of the feedback, and has the test error of these methods with their noise on ("noisy test error"). Both
have the four noise scales of the figure. Beside them: feedback alignment, backpropagation, and forms of the
surprise rule at their own cost: one-sided with carried differences (two forward passes, as the paper), the
same whitened, and two-sided (three passes); and what a fixed one-sided c = 1e-4 does, which drifts as the
errors shrink.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from benchmarks.paper.learning import Learning
from benchmarks.paper.options import Options
from impl.learning import (
    SGD,
    Architecture,
    Method,
    Normalised,
    Perturbation,
    Runs,
    Whitening,
    backpropagation,
    feedback_alignment,
    node_perturbation,
    ridge_feedback,
    surprise_rule,
)

__all__ = ["RATES", "figure_2", "methods"]

SCALES = (1e-4, 1e-3, 1e-2, 1e-1)
HIDDEN = (50, 20)
RATES: Mapping[str, float] = MappingProxyType({"digits": 4e-3, "mnist": 4e-4, "fashion-mnist": 4e-4})
"""The rate of W, for the loss summed over a minibatch: the paper's, but for the digits, which have a
twelfth of the pixels.
"""
FEEDBACK_RATE = 5e-4
RIDGE = 0.1


def methods(mode: str, rate: float, frozen: int) -> dict[str, Method]:
    """The methods of the figure, as the "text" or as the "code" has them, and the surprise rule."""
    weights = SGD(rate)
    found = {"backpropagation": backpropagation(weights), "feedback alignment": feedback_alignment(weights)}
    for c in SCALES:
        noise = Perturbation(c, "gaussian")
        found[f"node perturbation {c:g}"] = (
            node_perturbation(weights, FEEDBACK_RATE * rate / RATES["mnist"], noise)
            if mode == "text"
            else ridge_feedback(weights, noise, RIDGE)
        )
    for name, fit, noise in (
        ("surprise", Normalised(1.0), Perturbation(1e-6)),
        ("surprise whitened", Normalised(0.3, whitening=Whitening()), Perturbation(1e-6)),
        ("surprise two-sided", Normalised(1.0), Perturbation(1e-3, two_sided=True)),
        ("surprise 1e-4", Normalised(1.0), Perturbation(1e-4)),
    ):
        found[name] = surprise_rule(weights, fit, noise)
    return {name: replace(method, frozen=frozen) for name, method in found.items()}


def figure_2(asked: Options) -> Learning:
    """The experiment. Raises ``InvalidInput`` for no seeds."""
    inputs, classes = asked.images.x.shape[1], asked.images.y.shape[1]
    as_code = asked.mode == "code"
    architecture = Architecture(
        (inputs, *HIDDEN, classes), ("sigmoid", "sigmoid", "identity"), bias_unit=as_code
    )
    chosen = methods(asked.mode, RATES[asked.data], asked.epoch)
    runs = Runs(architecture, tuple(chosen.values()), tuple(range(asked.seeds)))
    return Learning(f"fig2 as {asked.mode}", runs, tuple(chosen), asked.images, asked.points, noisy=as_code)
