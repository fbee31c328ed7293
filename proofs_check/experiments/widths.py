"""How something grows with the number of hidden units: from a result whose methods were run at several.

Of the foil, which learns the first layer alone, it is the number of updates to a loss; each method has
several rates there, and counts by its best. Of networks whose weights stand still it is what the feedback has
come to at the end.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from feedback_proofs_io.results import Result
from proofs_check.experiments.conditions import method, units, without_rate
from proofs_check.experiments.inference import Estimate, estimate

__all__ = ["TARGET", "Arrival", "at_the_end", "slope", "updates_to_target", "widths_of"]

TARGET = 8.0
"""The loss of a minibatch of training images that the foil is to reach: half of what the output 0 has, 16."""


@dataclass(frozen=True)
class Arrival:
    """The first point at which the mean loss of all seeds is at the target, and the label that is there."""

    updates: int
    label: str

    @property
    def rate(self) -> str:
        """The rate that is first there, in words."""
        return self.label.removeprefix(without_rate(self.label)).removeprefix(", ")


def widths_of(result: Result) -> tuple[int, ...]:
    """The numbers of units of a result, rising; none where it has no such condition."""
    return tuple(sorted({n for n in map(units, result.labels) if n is not None}))


def updates_to_target(result: Result) -> Mapping[str, Mapping[int, Arrival | None]]:
    """For each method and number of units when it reaches `TARGET`; None where no rate does."""
    found: dict[str, dict[int, Arrival | None]] = {}
    for label in result.labels:
        n = units(label)
        if n is None:
            continue
        own = found.setdefault(method(label), {})
        before = own.setdefault(n, None)
        for k, point in enumerate(result.points):
            losses = result.values(label, "train loss", k)
            if losses and sum(losses.values()) / len(losses) <= TARGET:
                if before is None or point < before.updates:
                    own[n] = Arrival(point, label)
                break
    return found


def at_the_end(result: Result, metric: str) -> Mapping[str, Mapping[int, Estimate]]:
    """For each method and number of units the mean of a metric at the last point."""
    found: dict[str, dict[int, Estimate]] = {}
    for label in result.labels:
        n = units(label)
        if n is not None:
            found.setdefault(method(label), {})[n] = estimate(list(result.values(label, metric).values()))
    return found


def slope(values: Mapping[int, float]) -> float:
    """The power of the number of units with which a value grows: least squares of the logarithms; NaN for
    fewer than two.
    """
    pairs = [(math.log(n), math.log(value)) for n, value in values.items()]
    if len(pairs) < 2:
        return math.nan
    mean_x, mean_y = (sum(column) / len(pairs) for column in zip(*pairs, strict=True))
    across = math.fsum((x - mean_x) ** 2 for x, _ in pairs)
    return math.fsum((x - mean_x) * (y - mean_y) for x, y in pairs) / across
