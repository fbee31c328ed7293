"""Figure 4: weights stand still, and feedback finds them; in wide networks too; and from how few losses.

A network inputs-50-20-10, sigmoid with a linear output, keeps its first weights. Feedback is fitted as the
authors' code has it, by ridge regression on all samples so far; as "code" the constant unit has feedback too.
``widths_4`` has the same for 30 to 1,000 units in the first hidden layer. Beside both, the surprise rule.

``joint_4`` asks how many loss differences are needed at all: the joint fit, from about as many as there are
weights above the first layer. Its points are numbers of differences, not of updates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

import torch
from torch import Tensor

from benchmarks.paper.experiment import State
from benchmarks.paper.learning import PER_MATRIX, Images, Learning
from benchmarks.paper.options import Options
from benchmarks.paper.several import Several
from impl import checkpoint, checks
from impl.learning import (
    SGD,
    Architecture,
    Method,
    Normalised,
    Perturbation,
    Runs,
    observe,
    recover,
    ridge_feedback,
    surprise_rule,
)
from impl.learning.state import UPDATES

__all__ = ["Recovery", "figure_4", "joint_4", "methods", "widths_4"]

STILL = SGD(0.0)
SCALES = (1e-3, 1e-2, 1e-1)
RIDGE = 0.1
WIDTHS = (30, 100, 300, 1000)
HIDDEN, SMALL = (50, 20), (20, 10)
SHARES = (0.5, 0.85, 1.0, 1.05, 1.1, 1.25)
"""Differences for each weight that is asked for, at which the joint fit is tried."""
TWO_SIDED = Perturbation(1e-3, two_sided=True)
SURPRISE = surprise_rule(STILL, Normalised(0.5), TWO_SIDED)
FASTEST = surprise_rule(STILL, Normalised(1.0), TWO_SIDED)
"""For 32 images at once a step of 1 is near its end: in one run of three it leaves an angle of 5 degrees."""
JOINT: Mapping[str, Perturbation] = MappingProxyType(
    {
        "one-sided": Perturbation(1e-3),
        "two-sided": Perturbation(1e-3, two_sided=True),
        "one-sided, 0.01": Perturbation(1e-2),
        "one-sided, hadamard": Perturbation(1e-3, "hadamard"),
    }
)


def methods() -> dict[str, Method]:
    """The paper's three noise scales, and the surprise rule with a safe step and with the longest."""
    found = {f"node perturbation {c:g}": _ridge(c) for c in SCALES}
    return {**found, "surprise two-sided": SURPRISE, "surprise two-sided, step 1": FASTEST}


def figure_4(asked: Options) -> Learning:
    """Figure 4: feedback of a network whose weights stand still."""
    return _still(f"fig4 as {asked.mode}", asked, HIDDEN, methods())


def widths_4(asked: Options) -> Several:
    """Figure 4, D and E: 30 to 1,000 units in the first hidden layer."""
    parts = {
        f"{n} units": _still(
            f"{n} units",
            asked,
            (n, HIDDEN[0]),
            {f"node perturbation, {n} units": _ridge(1e-2), f"surprise two-sided, {n} units": SURPRISE},
        )
        for n in (WIDTHS[:-1] if asked.quick else WIDTHS)
    }
    return Several(f"widths4 as {asked.mode}", parts)


def joint_4(asked: Options) -> Recovery:
    """All feedback of Figure 4 at once, from as few loss differences as can be."""
    architecture = _architecture(asked, SMALL if asked.quick else HIDDEN)
    unknowns = sum(q * n for q, n in architecture.feedback_shapes("FA"))
    points = tuple(round(share * unknowns) for share in SHARES)
    return Recovery(
        f"joint4 as {asked.mode}", architecture, JOINT, tuple(range(asked.seeds)), asked.images, points
    )


def _ridge(c: float) -> Method:
    return ridge_feedback(STILL, Perturbation(c, "gaussian"), RIDGE)


def _architecture(asked: Options, hidden: tuple[int, ...]) -> Architecture:
    ends = asked.images.x.shape[1], asked.images.y.shape[1]
    return Architecture(
        (ends[0], *hidden, ends[1]), ("sigmoid", "sigmoid", "identity"), bias_unit=asked.mode == "code"
    )


def _still(name: str, asked: Options, hidden: tuple[int, ...], chosen: Mapping[str, Method]) -> Learning:
    still = tuple(replace(method, frozen=UPDATES) for method in chosen.values())
    runs = Runs(_architecture(asked, hidden), still, tuple(range(asked.seeds)))
    return Learning(name, runs, tuple(chosen), asked.images, asked.points, classes=False)


@dataclass(frozen=True, eq=False)
class Recovery:
    """An ``Experiment`` whose points are numbers of loss differences, of one image each: the first of those
    for training. Its networks, in float64, do not change; at each point all feedback is fitted anew.
    """

    name: str
    architecture: Architecture
    perturbations: Mapping[str, Perturbation]
    seeds: tuple[int, ...]
    images: Images
    points: tuple[int, ...]

    def __post_init__(self) -> None:
        count = len(self.images.x)
        checks.require(self.points[-1] <= count, "the number of images", count, f"{self.points[-1]} or more")

    @property
    def runs(self) -> tuple[str, ...]:
        """A label and a seed each."""
        return tuple(f"{label}/{seed}" for label in self.perturbations for seed in self.seeds)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Of each matrix, B^2 ... B^{N+1}."""
        layers = range(2, len(self.architecture.widths))
        return tuple(f"{name} {layer}" for name in PER_MATRIX for layer in layers)

    @cached_property
    def settings(self) -> Mapping[str, str]:
        """Everything that the curve depends on."""
        return {
            "architecture": repr(self.architecture),
            **{f"method {label}": repr(law) for label, law in self.perturbations.items()},
            "seeds": " ".join(map(str, self.seeds)),
            **{f"data {name}": text for name, text in self.images.record.items()},
            "rows": checkpoint.hashed([self.images.x, self.images.y]),
        }

    def only(self, labels: Sequence[str], seeds: Sequence[int]) -> Recovery:
        """These perturbations and seeds alone."""
        return replace(
            self, perturbations={label: self.perturbations[label] for label in labels}, seeds=tuple(seeds)
        )

    def start(self) -> State:
        """Nothing: the networks follow from their seeds."""
        return {}

    def advance(self, state: State, first: int, last: int) -> State:
        """Nothing changes."""
        return state

    def measure(self, state: State, update: int) -> Tensor:
        """The metrics of the fits to so many differences, (runs, metrics), float64."""
        x, y = (rows[:update].double() for rows in (self.images.x, self.images.y))
        found = []
        for law in self.perturbations.values():
            for seed in self.seeds:
                runs = Runs(self.architecture, (surprise_rule(STILL, Normalised(1.0), law),), (seed,))
                first = runs.start(torch.float64)
                (seen,) = observe(runs, first, x, y)
                pairs = list(zip(self.architecture.fed_back(first.weights[1:]), recover(seen), strict=True))
                found.append(torch.cat([f(W, B) for f in PER_MATRIX.values() for W, B in pairs]))
        return torch.stack(found)
