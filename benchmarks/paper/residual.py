"""A learned gradient alone, biased, or with a fresh residual, unbiased and noisy: which learns better?

The network of Figure 2. Its hidden weights follow what the feedback says, g~; or g~ + s xi, where the
surprise s, what of the loss difference g~ did not expect, is there anyway: the same two forward passes. The
mean of the second is the true gradient, and its noise is as large as g~ is wrong. The feedback is fixed, or
learned by the paper's rule, or by the surprise rule; with none at all the residual is node perturbation
itself. All at the rate of Figure 2 and at a quarter of it, because noise asks for less.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from benchmarks.paper.figure_2 import HIDDEN, RATES
from benchmarks.paper.learning import Learning
from benchmarks.paper.options import Options
from benchmarks.paper.several import Several
from impl.learning import (
    SGD,
    Architecture,
    Descent,
    Method,
    Normalised,
    Perturbation,
    Runs,
    backpropagation,
    corrected,
    feedback_alignment,
    node_perturbation,
    perturbation_alone,
    surprise_rule,
)

__all__ = ["alone", "residual", "with_residual"]

QUARTERS = (1.0, 0.25)
FEEDBACK_RATE = 5e-4
NOISE = Perturbation(1e-6)


def alone(weights: SGD) -> dict[str, Method]:
    """Methods whose weights follow their feedback."""
    return {
        "backpropagation": backpropagation(weights),
        "feedback alignment": feedback_alignment(weights),
        "node perturbation": node_perturbation(weights, FEEDBACK_RATE, Perturbation(1e-2, "gaussian")),
        "surprise": surprise_rule(weights, Normalised(1.0), NOISE),
    }


def with_residual(weights: SGD) -> dict[str, Method]:
    """The same with the residual; without feedback there is only this."""
    plain = alone(weights)
    return {
        "no feedback + residual": perturbation_alone(weights, NOISE),
        "feedback alignment + residual": corrected(surprise_rule(weights, Descent(0.0), NOISE)),
        "node perturbation + residual": corrected(plain["node perturbation"]),
        "surprise + residual": corrected(plain["surprise"]),
    }


def residual(asked: Options) -> Several:
    """A learned gradient alone, or with the fresh residual that makes it unbiased: which learns better."""
    ends = asked.images.x.shape[1], asked.images.y.shape[1]
    architecture = Architecture((ends[0], *HIDDEN, ends[1]), ("sigmoid", "sigmoid", "identity"))
    weights = [SGD(RATES[asked.data] * part) for part in (QUARTERS[:1] if asked.quick else QUARTERS)]
    frozen = min(asked.epoch, asked.points[-1] // 4)

    def part(name: str, chosen: Mapping[str, Method]) -> Learning:
        still = {label: replace(method, frozen=frozen) for label, method in chosen.items()}
        runs = Runs(architecture, tuple(still.values()), tuple(range(asked.seeds)))
        return Learning(name, runs, tuple(still), asked.images, asked.points)

    parts = {
        name: {
            f"{label}, rate {rule.rate:.3g}": method
            for rule in weights
            for label, method in methods(rule).items()
        }
        for name, methods in (("alone", alone), ("with residual", with_residual))
    }
    return Several("residual", {name: part(name, chosen) for name, chosen in parts.items()})
