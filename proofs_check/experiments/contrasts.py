"""What decides between explanations: a method less another, paired by seed, at several times of the runs.

A contrast is a sentence, "NP below SG", that a result bears out, contradicts, or leaves open: by the sign of
the paired difference and its 95 % interval at the end. The intervals at earlier points say what becomes of it
as training goes on. Each is of one contrast alone: of twenty, one misses the truth by chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from feedback_proofs_io.results import Result
from proofs_check.experiments.inference import Estimate, paired
from proofs_check.experiments.published import BP, FA, NP

__all__ = ["Contrast", "Found", "found", "metric_of", "times"]

SG, SURPRISE = "synthetic gradients", "surprise"
HANDED = f"{FA}, then {BP}"
RESIDUAL = " + residual"

Outcome = Literal["so", "the other way round", "not shown", "diverged"]


@dataclass(frozen=True)
class Contrast:
    """``label`` is "below" or "above" ``than``, under the question that it belongs to."""

    question: str
    label: str
    side: Literal["below", "above"]
    than: str


@dataclass(frozen=True)
class Found:
    """The paired differences ``label`` - ``than`` at the points of `times`, and what the last one says."""

    contrast: Contrast
    differences: tuple[Estimate, ...]

    @property
    def outcome(self) -> Outcome:
        """Whether the sentence is so at the end."""
        last = self.differences[-1]
        if last.lost:
            return "diverged"
        low, high = last.interval
        if self.contrast.side == "above":
            low, high = -high, -low
        return "so" if high < 0 else "the other way round" if low > 0 else "not shown"


def _of_starts() -> Iterator[Contrast]:
    order, start = "Is the order so at one rate of W?", "Does it depend on where the weights start?"
    for label in (NP, SURPRISE, SG):
        yield Contrast(order, label, "below", BP)
    yield Contrast(order, FA, "above", BP)
    yield Contrast("Does the noise in B help?", NP, "below", SG)
    for gain in ("0.5", "2"):
        at = f", W and B x {gain}"
        yield Contrast(start, f"{BP}{at}", "below" if gain == "0.5" else "above", BP)
        for label in (NP, SURPRISE, SG):
            yield Contrast(start, f"{label}{at}", "below", f"{BP}{at}")
    yield Contrast("Is it only how the runs begin?", HANDED, "below", BP)
    yield Contrast("Is it only how the runs begin?", NP, "below", HANDED)
    for label in (FA, NP):
        for gain in ("0.3", "3"):
            yield Contrast("Does the size of the first B matter?", f"{label}, B x {gain}", "below", label)


def _of_the_table() -> Iterator[Contrast]:
    rate, noise, learned = "Is it the rate of W?", "Does noise on the units help?", "Does learning B help?"
    for label in (f"{BP} 1e-4", f"{BP} tuned", "adam"):
        yield Contrast(rate, label, "below", BP)
    for label in (NP, SURPRISE, SG, "matched", "matched + decay", "denoising"):
        yield Contrast(rate, label, "below", f"{BP} 1e-4")
    for label in (NP, SURPRISE, SG, "matched + decay", "adam"):
        yield Contrast(rate, label, "below", f"{BP} tuned")
    yield Contrast(noise, f"{BP} + noise", "below", f"{BP} tuned")
    for label in ("adam", SG):
        yield Contrast(noise, f"{label} + noise", "below", label)
    for label in (NP, SURPRISE):
        yield Contrast(learned, label, "below", SG)
    yield Contrast(learned, NP, "below", FA)


def _of_residuals(labels: Sequence[str]) -> Iterator[Contrast]:
    """What adds the residual to a method beside the method alone, at each rate."""
    for label in labels:
        if RESIDUAL in label and (alone := label.replace(RESIDUAL, "")) in labels:
            yield Contrast("Does the fresh residual help?", label, "below", alone)


def _asked(result: Result) -> Iterator[Contrast]:
    if result.id == "why3":
        yield from _of_starts()
    elif result.id == "fig3":
        yield from _of_the_table()
    elif result.id == "residual":
        yield from _of_residuals(result.labels)


def metric_of(result: Result) -> str:
    """What is compared: the error of test images where there is one, else their loss."""
    return "test error" if "test error" in result.metrics else "test loss"


def times(result: Result) -> tuple[int, ...]:
    """The places, among its points, at which a result is looked at: near a twentieth, a quarter, a half of
    its length in updates, and at the end.
    """
    last = result.points[-1]
    near = [
        min(range(len(result.points)), key=lambda k: abs(result.points[k] - part * last))
        for part in (0.05, 0.25, 0.5, 1.0)
    ]
    return tuple(dict.fromkeys(k for k in near if result.points[k] > 0 or last == 0))


def found(result: Result) -> tuple[Found, ...]:
    """Every contrast that is asked of the result, of those whose methods it has."""
    metric, factor = metric_of(result), 100.0 if metric_of(result) == "test error" else 1.0
    return tuple(
        Found(
            one,
            tuple(
                paired(result.values(one.label, metric, k), result.values(one.than, metric, k)).scaled(factor)
                for k in times(result)
            ),
        )
        for one in _asked(result)
        if {one.label, one.than} <= set(result.labels)
    )
