"""What each method of a result reaches and costs, beside backpropagation in the same result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from feedback_proofs_io.results import Result
from proofs_check.experiments.comparison import measured
from proofs_check.experiments.inference import Estimate, estimate, paired
from proofs_check.experiments.published import BP

__all__ = ["QUALITY", "Reached", "reached", "told"]

QUALITY: Mapping[str, str] = {
    "test error": "%",
    "test loss": "",
    "relative error 2": "",
    "relative error 3": "",
    "angle 1": "°",
    "angle 2": "°",
}
"""What is told of a method at the end of a run, where a result has it, with its unit."""


def told(result: Result) -> tuple[str, ...]:
    """What is told of the methods of a result: an error or a loss beside that of backpropagation, and angles;
    where weights stand still, how near feedback comes to them.
    """
    known = [metric for metric in QUALITY if metric in result.metrics]
    if BP not in result.labels:
        return tuple(metric for metric in known if not metric.startswith("test"))
    test = next((metric for metric in known if metric.startswith("test")), None)
    return tuple(metric for metric in known if metric == test or metric.startswith("angle"))


@dataclass(frozen=True)
class Reached:
    """A method at the end of its runs: ``quality`` by metric, ``beside`` the paired differences to
    backpropagation. ``samples`` to the end of a run, ``passes`` of each of them, ``seconds`` of 1,000 updates
    of one run; None where the result does not say.
    """

    label: str
    quality: Mapping[str, Estimate]
    beside: Mapping[str, Estimate]
    samples: float | None
    passes: float | None
    seconds: float | None


def reached(result: Result) -> tuple[Reached, ...]:
    """Every method of a result, in its order."""
    return tuple(_of(result, label) for label in result.labels)


def _of(result: Result, label: str) -> Reached:
    known = told(result)
    quality, beside = {}, {}
    for metric in known:
        factor = 100.0 if QUALITY[metric] == "%" else 1.0
        own, of_bp = measured(result, label, metric), measured(result, BP, metric)
        quality[metric] = estimate(list(own.values())).scaled(factor)
        if of_bp and label != BP and metric.startswith("test"):
            beside[metric] = paired(own, of_bp).scaled(factor)
    cost = result.costs.get(label, {})
    return Reached(
        label, quality, beside, cost.get("samples"), cost.get("forward passes"), cost.get("seconds")
    )
