"""A deep network, all of whose feedback is learned while it learns: eight hidden layers of 64 units.

The paper has two hidden layers. Feedback alignment fails with depth, and so does what learns each matrix of
feedback by itself from noisy targets; the surprise rule has the same equation for all matrices. Its forms
differ in how a minibatch's equations are used, and in what the errors' unequal directions do to them: the
whitened step does not know these. Hidden units are hyperbolic tangents, the output is linear, and weights and
feedback start with variance 1 / fan-in, at which errors keep their size on the way down.
"""

from __future__ import annotations

import math
from dataclasses import replace

from benchmarks.paper.learning import Learning
from benchmarks.paper.options import Options
from impl.learning import (
    SGD,
    Architecture,
    Method,
    Normalised,
    Perturbation,
    Projected,
    Runs,
    Start,
    Whitening,
    backpropagation,
    feedback_alignment,
    node_perturbation,
    surprise_rule,
)

__all__ = ["deep", "methods"]

HIDDEN = (64,) * 8
RATE, FEEDBACK_RATE = 1e-3, 5e-4
START = Start(gain=math.sqrt(0.5), feedback_gain=math.sqrt(0.5))


def methods() -> dict[str, Method]:
    """Backpropagation, alignment, the paper's rule, and the forms of the surprise rule."""
    weights = SGD(RATE)
    one = Perturbation(1e-6)
    two = Perturbation(1e-3, two_sided=True)
    whitened = Normalised(0.3, whitening=Whitening())
    found = {
        "backpropagation": backpropagation(weights),
        "feedback alignment": feedback_alignment(weights),
        "node perturbation": node_perturbation(weights, FEEDBACK_RATE, Perturbation(1e-2, "gaussian")),
        "surprise": surprise_rule(weights, Normalised(0.5), one),
        "surprise, equal shares": surprise_rule(weights, Normalised(0.5, "equal"), one),
        "surprise, projected": surprise_rule(weights, Projected(ridge=1e-2), one),
        "surprise, projected and whitened": surprise_rule(
            weights, Projected(ridge=1e-2, whitening=Whitening()), one
        ),
        "surprise, whitened": surprise_rule(weights, whitened, one),
        "surprise, whitened, two-sided": surprise_rule(weights, whitened, two),
        "surprise, whitened, c with the error": surprise_rule(
            weights, whitened, Perturbation(1e-2, power=1.0, two_sided=True)
        ),
    }
    return {name: replace(method, start=START) for name, method in found.items()}


def deep(asked: Options) -> Learning:
    """Eight hidden layers: all feedback is learned while the network learns."""
    ends = asked.images.x.shape[1], asked.images.y.shape[1]
    architecture = Architecture((ends[0], *HIDDEN, ends[1]), ("tanh",) * len(HIDDEN) + ("identity",))
    chosen = methods()
    runs = Runs(architecture, tuple(chosen.values()), tuple(range(asked.seeds)))
    return Learning("deep", runs, tuple(chosen), asked.images, asked.points, watched=500)
