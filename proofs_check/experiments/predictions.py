"""What theory says of the experiment that is made to fail, beside what became of it.

Everything is said of the distance |B^2 - W^2|, over the distance at the start. A step of eta times what would
explain one loss difference by itself changes its square by -eta (2 - eta) s^2 / (n |e|^2); and what has no
error along it is never changed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from feedback_proofs_io.results import Result
from proofs_check.experiments.inference import Estimate, estimate

__all__ = ["PREDICTED", "Prediction", "Tested", "outcomes"]

DISTANCE = "relative error 2"
KEPT = math.sqrt(1 - 10 / 30)
"""Of a distance to 30 rows, what lies outside of the 10 dimensions that errors of 10 outputs have."""
ROUNDING = 1e-5
"""By how much of the distance at the start float32 may be off over a whole run."""

Curves = Sequence[Sequence[float]]
"""For each run its distances, over the first; NaN after it has overflowed."""


@dataclass(frozen=True)
class Prediction:
    """What is predicted, in words, and whether curves are so."""

    says: str
    so: Callable[[Curves], bool]


@dataclass(frozen=True)
class Tested:
    """A label of the result, what was predicted of it, and the part of the distance that is left."""

    label: str
    says: str
    left: Estimate
    so: bool


def _falls(curves: Curves) -> bool:
    return all(b <= a + ROUNDING for one in curves for a, b in itertools.pairwise(one))


def _stands(curves: Curves) -> bool:
    return all(abs(value - 1) <= ROUNDING for one in curves for value in one)


def _grows(curves: Curves) -> bool:
    return all(not b < a for one in curves for a, b in itertools.pairwise(one)) and all(
        not one[-1] < 1 + ROUNDING for one in curves
    )


def _keeps(curves: Curves) -> bool:
    found = estimate([one[-1] for one in curves])
    return abs(found.mean - KEPT) <= found.half <= KEPT / 10


def _goes_below(curves: Curves) -> bool:
    return estimate([one[-1] for one in curves]).interval[1] < KEPT


PREDICTED: Mapping[str, Prediction] = MappingProxyType(
    {
        "step 0.5": Prediction("falls", _falls),
        "step 1": Prediction("falls", _falls),
        "step 1.9": Prediction("falls", _falls),
        "step 2": Prediction("stays 1", _stands),
        "step 2.01": Prediction("grows", _grows),
        "linear 40-30": Prediction(f"keeps √(2/3) = {KEPT:.3f}", _keeps),
        "linear 40-8": Prediction(f"goes below {KEPT:.3f}", _goes_below),
        "sigmoid 40-30": Prediction(f"goes below {KEPT:.3f}", _goes_below),
    }
)


def outcomes(result: Result) -> tuple[Tested, ...]:
    """Every prediction that the result has a label for; none of another experiment."""
    if result.id != "fails" or DISTANCE not in result.metrics:
        return ()
    found = []
    for label, predicted in PREDICTED.items():
        if label in result.labels:
            values = [result.values(label, DISTANCE, k) for k in range(len(result.points))]
            curves = [[point[seed] / values[0][seed] for point in values] for seed in values[0]]
            left = estimate([one[-1] for one in curves])
            found.append(Tested(label, predicted.says, left, predicted.so(curves)))
    return tuple(found)
