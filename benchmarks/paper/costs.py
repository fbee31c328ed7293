"""What the methods of an experiment cost: samples, passes of each, and seconds where a method runs alone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol, runtime_checkable

from benchmarks.paper.experiment import Experiment
from benchmarks.paper.learning import Learning
from benchmarks.paper.traffic import traffic
from impl.learning import Method, Runs, WeightMirror

__all__ = ["Costed", "Costs", "costs", "forward_passes", "seconds_of"]

Costs = Mapping[str, Mapping[str, float]]

ROUNDS, UPDATES = 3, 10
"""The shortest of so many times of so many updates counts, after as many that do not."""


@runtime_checkable
class Costed(Protocol):
    """An experiment that says itself what its methods cost."""

    def costs(self) -> Costs:
        """By label: "samples" to the end of a run, "forward passes" of each, "seconds" of 1,000 updates."""


def costs(experiment: Experiment) -> Costs:
    """What the methods of an experiment cost, by label; nothing where that is not known."""
    if isinstance(experiment, Costed):
        return experiment.costs()
    if not isinstance(experiment, Learning):
        return {}
    methods = zip(experiment.labels, experiment.work.methods, strict=True)
    return {label: _cost(experiment, label, method) for label, method in methods}


def forward_passes(method: Method) -> int:
    """How often a sample goes through the network in an update: clean, and once for each further loss; the
    weight mirror sends noise through each layer.
    """
    noise = method.perturbation
    perturbed = 0 if noise is None else noise.draws * (1 + noise.two_sided)
    return 1 + perturbed + isinstance(method.feedback, WeightMirror)


def _cost(learning: Learning, label: str, method: Method) -> Mapping[str, float]:
    alone = replace(
        learning,
        work=Runs(learning.work.architecture, (replace(method, frozen=0),), learning.work.seeds),
        labels=(label,),
        later=None,
    )
    sent = traffic(learning.work.architecture, method, learning.batch, forward_passes(method))
    return {
        "samples": learning.points[-1] * learning.batch,
        "forward passes": forward_passes(method),
        "seconds": seconds_of(alone),
        **{f"bytes of {name}": count for name, count in sent.items()},
    }


def seconds_of(experiment: Experiment, rounds: int = ROUNDS) -> float:
    """The seconds of 1,000 updates of one run, where those of the experiment run together and nothing else
    does.
    """
    state, first, shortest = experiment.start(), 0, float("inf")
    for _ in range(1 + rounds):
        began = time.perf_counter()
        state = experiment.advance(state, first, first + UPDATES)
        first += UPDATES
        if first > UPDATES:
            shortest = min(shortest, time.perf_counter() - began)
    return 1000 * shortest / UPDATES / len(experiment.runs)
