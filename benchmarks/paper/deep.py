"""A deep network, all of whose feedback is learned while it learns: eight hidden layers of 64 units.

The paper has two hidden layers. Feedback alignment fails with depth, and so does what learns each matrix of
feedback by itself from noisy targets; the surprise rule has the same equation for all matrices. Its forms
differ in how a minibatch's equations are used, in what the errors' unequal directions do to them (the
whitened step does not know these), and in how many draws of noise a minibatch has. Hidden units are
hyperbolic tangents, the output is linear, weights stand still for an epoch. At the start of the other
experiments, variance 2 / fan-in, such a network begins near chaos, and feedback has most to follow; some of
the methods are there also at 1 / fan-in, where errors keep their size on the way down.
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
RATE, FEEDBACK_RATE = 4e-4, 1e-4
GENTLE = Start(gain=math.sqrt(0.5), feedback_gain=math.sqrt(0.5))
ONE, EIGHT = Perturbation(1e-6), Perturbation(1e-6, draws=8)
SLOW = Whitening(ridge=0.1, floor=1e-3, halving=16e3, horizon=8e5)
SLOWER = replace(SLOW, floor=1e-2)
"""Whitenings for eight draws, which count as eight times the samples."""


def methods(frozen: int) -> dict[str, Method]:
    """Backpropagation, alignment, the paper's rule, and the forms of the surprise rule."""
    weights = SGD(RATE)

    def surprise(fit: Normalised | Projected, noise: Perturbation = ONE) -> Method:
        return surprise_rule(weights, fit, noise)

    whitened = Normalised(0.3, whitening=Whitening())
    found = {
        "backpropagation": backpropagation(weights),
        "feedback alignment": feedback_alignment(weights),
        "node perturbation": node_perturbation(weights, FEEDBACK_RATE, Perturbation(1e-2, "gaussian")),
        "surprise": surprise(Normalised(0.5)),
        "surprise 8 draws": surprise(Normalised(0.5), EIGHT),
        "surprise equal shares": surprise(Normalised(0.5, "equal")),
        "surprise projected": surprise(Projected(ridge=1e-2)),
        "surprise projected whitened": surprise(Projected(ridge=1e-2, whitening=Whitening())),
        "surprise whitened": surprise(whitened),
        "surprise whitened two-sided": surprise(whitened, Perturbation(1e-3, two_sided=True)),
        "surprise whitened, c with the error": surprise(
            whitened, Perturbation(1e-2, power=1.0, two_sided=True)
        ),
        "surprise whitened 8 draws": surprise(Normalised(0.5, whitening=SLOWER), EIGHT),
        "surprise whitened 8 draws, equal shares": surprise(Normalised(0.5, "equal", SLOW), EIGHT),
    }
    for name in ("backpropagation", "feedback alignment", "surprise whitened", "surprise whitened 8 draws"):
        found[f"{name}, start 1/n"] = replace(found[name], start=GENTLE)
    return {name: replace(method, frozen=frozen) for name, method in found.items()}


def deep(asked: Options) -> Learning:
    """Eight hidden layers: all feedback is learned while the network learns.

    A quick run has no variants, those with a comma in their name.
    """
    ends = asked.images.x.shape[1], asked.images.y.shape[1]
    architecture = Architecture((ends[0], *HIDDEN, ends[1]), ("tanh",) * len(HIDDEN) + ("identity",))
    every = methods(min(asked.epoch, asked.points[-1] // 4))
    chosen = {name: method for name, method in every.items() if not (asked.quick and "," in name)}
    runs = Runs(architecture, tuple(chosen.values()), tuple(range(asked.seeds)))
    return Learning("deep", runs, tuple(chosen), asked.images, asked.points, watched=500)
