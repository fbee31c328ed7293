"""Times as ratios: a step against a calibration in the same run, so that neither the machine nor its load
matters much.

The calibration is what a step is made of, in fixed amounts and in plain torch: the bare products of the case,
and elementwise operators on tensors of the sizes of its noise. It is repeated until it takes about as
long as the step, and both are timed in turn: whatever else the machine does then meets both alike.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from benchmarks.cases import Model
from benchmarks.peers import products

__all__ = ["SLACK", "Timed", "calibration", "measure", "shortest", "timer", "too_slow"]

Function = Callable[[], object]
Timer = Callable[[], float]

SLACK = 1.5
"""A step is too slow from so many times its stored ratio."""
TRIES = 3
"""How many measurements in a row must say so: one, and two that confirm it."""


def timer(device: str = "cpu") -> Timer:
    """Seconds, read when the device has done all it was told: benchmark bodies need no synchronisation."""
    if device == "cpu":
        return time.perf_counter

    def synchronised() -> float:
        torch.cuda.synchronize()
        return time.perf_counter()

    return synchronised


def calibration(model: Model, fresh: bool = True) -> Function:
    """The bare products of a step and six elementwise operators a hidden layer, on the model's device.

    Their results are ``fresh`` tensors, as on the eager path, or kept ones, as in a compiled step.
    """
    multiply, samples, like = products(model), model.shape.samples, model.weights[0]
    layers = [like.new_ones(n, samples) for n in model.shape.widths[1:-1]]
    counters = [layer.to(torch.int64) for layer in layers]
    words = [None if fresh else torch.empty_like(counter) for counter in counters]
    values = [None if fresh else torch.empty_like(layer) for layer in layers]

    def run() -> None:
        multiply()
        for layer, counter, word, value in zip(layers, counters, words, values, strict=True):
            product = torch.mul(counter, 0x4F1BBCDC, out=word)
            shifted = torch.bitwise_right_shift(product, 7, out=word)
            torch.bitwise_and(shifted, 1, out=word)
            curved = torch.tanh(layer, out=value)
            torch.mul(curved, layer, out=value).sum()

    return run


@dataclass(frozen=True)
class Timed:
    """The seconds of a step and of its calibration in each round."""

    rounds: tuple[tuple[float, float], ...]

    @property
    def ratio(self) -> float:
        """The step in units of the calibration: of the shortest times or the middle of the rounds, the less.

        Interruptions spoil one or the other, seldom both; a step that is slower makes both larger.
        """
        steps, calibrations = zip(*self.rounds, strict=True)
        middle = statistics.median(step / calibrate for step, calibrate in self.rounds)
        return float(min(middle, min(steps) / min(calibrations)))


def once(function: Function, clock: Timer, times: int = 1) -> float:
    """Seconds of one call, from so many in a row."""
    start = clock()
    for _ in range(times):
        function()
    return (clock() - start) / times


def shortest(function: Function, clock: Timer, seconds: float) -> float:
    """The shortest seconds of a call within so many seconds, of five calls at least."""
    end, times = time.perf_counter() + seconds, [once(function, clock) for _ in range(5)]
    while time.perf_counter() < end:
        times.append(once(function, clock))
    return min(times)


def measure(
    step: Function, calibrate: Function, clock: Timer = time.perf_counter, seconds: float = 1.0
) -> Timed:
    """Both timed in turn for so many seconds, five rounds at least."""
    lengths = [shortest(function, clock, 0) for function in (step, calibrate)]
    times = max(1, round(lengths[0] / lengths[1]))
    rounds: list[tuple[float, float]] = []
    end = time.perf_counter() + seconds
    while len(rounds) < 5 or time.perf_counter() < end:
        rounds.append((once(step, clock), once(calibrate, clock, times)))
    return Timed(tuple(rounds))


def too_slow(measured: Callable[[], Timed], stored: float) -> list[Timed]:
    """The measurements, if ``TRIES`` in a row exceed the stored ratio by ``SLACK``; empty if any does not."""
    found: list[Timed] = []
    for _ in range(TRIES):
        found.append(measured())
        if found[-1].ratio <= SLACK * stored:
            return []
    return found
