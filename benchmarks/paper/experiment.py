"""What an experiment is, and how it is run: stopped at any moment, it goes on to the same curve, bit for bit.

An experiment is a state of tensors, a step from one update to another that depends on nothing else, and what
is measured of the state at given updates. All of its runs (methods, seeds, noise scales) are one leading
axis. State and curve are kept together in one sealed file, with a table of everything that they depend on;
so a killed run loses what it did since, and never mixes two moments.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from feedback_proofs_io import whole
from feedback_proofs_io.held import held
from impl import checkpoint, checks

__all__ = ["Curve", "Experiment", "Moment", "Pictured", "State", "Stopped", "run"]

State = Mapping[str, Tensor]
"""Float tensors by name: all that the next update depends on."""

KIND = "experiment"
BEAT = 0.5
"""Seconds between two looks at the clock, about."""


class Experiment(Protocol):
    """What is run."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def runs(self) -> Sequence[str]:
        """The names of the runs: "label/seed" for every label and seed, seeds varying fastest."""

    @property
    def metrics(self) -> Sequence[str]:
        """The names of what is measured of each run."""

    @property
    def points(self) -> Sequence[int]:
        """The numbers of updates after which it is measured, increasing; the last one is the end."""

    @property
    def settings(self) -> Mapping[str, str]:
        """Everything that the curve depends on, as readable text: data by their hash, seeds, rates, dtype."""

    def only(self, labels: Sequence[str], seeds: Sequence[int]) -> Experiment:
        """The same with these of its runs alone, which then are as they are beside the others."""

    def start(self) -> State:
        """The state before the first update."""

    def advance(self, state: State, first: int, last: int) -> State:
        """The state after the updates ``first`` … ``last`` - 1, numbered from 0.

        It depends on the state and on these numbers alone, and not on how they are cut into calls.
        """

    def measure(self, state: State, update: int) -> Tensor:
        """The metrics after so many updates, (runs, metrics), float64; NaN where a run has diverged."""


@runtime_checkable
class Pictured(Protocol):
    """An experiment that has more to show at the end than numbers for its runs."""

    def pictures(self, state: State) -> Mapping[str, Any]:
        """What is shown of a state, as it goes into the result: for JSON."""


@dataclass(frozen=True, eq=False)
class Curve:
    """What was measured: ``values`` (points, runs, metrics), float64, and the seconds that it took in all;
    ``final`` is the state at the end.
    """

    points: tuple[int, ...]
    values: Tensor
    seconds: float
    final: State = field(default_factory=dict)


@dataclass(frozen=True)
class Moment:
    """Where a run is: after ``update`` of ``updates``, with the updates a second of this call, the seconds
    that are left at that rate, and the last measurement.
    """

    update: int
    updates: int
    rate: float
    left: float
    latest: Tensor


class Stopped(Exception):
    """The run was asked to stop, and did; what it had done is in its file."""


def run(
    experiment: Experiment,
    file: Path,
    *,
    every: float = 30.0,
    stop: Callable[[], bool] = lambda: False,
    tell: Callable[[Moment], None] = lambda moment: None,
) -> Curve:
    """The curve of an experiment, from the state in ``file`` where there is one.

    The file is written every ``every`` seconds, and at the end, where it stays: run again, the curve is read
    from it. ``tell`` is called every half second or so; ``stop`` is asked as often, and where it is true the
    file is written and ``Stopped`` raised. Raises ``InvalidInput`` for a file that is damaged, or of other
    settings; ``CannotWrite`` where it cannot be written, ``InUse`` where another run works on it.
    """
    points = tuple(experiment.points)
    increasing = all(before < after for before, after in itertools.pairwise(points))
    checks.require(bool(points) and points[0] >= 0 and increasing, "points", points, "increasing numbers")
    whole.prepare(file)
    with held(file):
        so_far = _Run(experiment, file, points)
        clock, kept = _Clock(so_far.update, points[-1]), time.monotonic()
        so_far.measure()
        while so_far.update < points[-1]:
            so_far.advance(clock.stride)
            if clock.beat(so_far.update):
                tell(clock.moment(so_far.update, so_far.values[-1] if so_far.values else torch.empty(0)))
                if stop():
                    so_far.keep()
                    raise Stopped("the run was stopped")
            if time.monotonic() - kept >= every:
                so_far.keep()
                kept = time.monotonic()
        if so_far.seconds is None:
            so_far.seconds = so_far.keep()
        return Curve(points, torch.stack(so_far.values), so_far.seconds, so_far.state)


class _Run:
    """A run on its way: state, update, and what has been measured."""

    def __init__(self, experiment: Experiment, file: Path, points: tuple[int, ...]) -> None:
        self.experiment, self.file, self.points = experiment, file, points
        self.shape = (len(experiment.runs), len(experiment.metrics))
        axes = {"runs": " ".join(experiment.runs), "metrics": " ".join(experiment.metrics)}
        named = {"experiment": experiment.name, "points": " ".join(map(str, points)), **axes}
        self.settings = {**named, **experiment.settings}
        self.update, self.before, self.began = 0, 0.0, time.monotonic()
        self.seconds: float | None = None  # of a run that was over already
        self.values: list[Tensor] = []
        self.state: State = {}
        if file.exists() and file.stat().st_size:
            self._read()
        else:
            self.state = experiment.start()

    def advance(self, stride: int) -> None:
        """Go on by so many updates, or to the next point, and measure there."""
        last = min(self.update + stride, self.points[len(self.values)])
        self.state = self.experiment.advance(self.state, self.update, last)
        self.update = last
        self.measure()

    def measure(self) -> None:
        """Measure, where this is a point that has not been measured."""
        if len(self.values) < len(self.points) and self.update == self.points[len(self.values)]:
            found = self.experiment.measure(self.state, self.update)
            origin = f"what {self.experiment.name} measures"
            right = tuple(found.shape) == self.shape and found.dtype == torch.float64
            checks.require(right, origin, f"{tuple(found.shape)} of {found.dtype}", f"{self.shape}, float64")
            self.values.append(found.clone())

    def keep(self) -> float:
        """Write the file; the seconds so far, those of killed runs up to their last file included."""
        microseconds = round(1e6 * (self.before + time.monotonic() - self.began))
        numbers = {"update": self.update, "measured": len(self.values), "microseconds": microseconds}
        curve = (
            torch.stack(self.values) if self.values else torch.empty((0, *self.shape), dtype=torch.float64)
        )
        tensors = {"curve": curve, **{f"state {name}": one for name, one in self.state.items()}}
        checkpoint.write(self.file, KIND, checkpoint.Saved(self.settings, numbers, tensors))
        return microseconds / 1e6

    def _read(self) -> None:
        saved, origin = checkpoint.read(self.file, KIND, self.settings), f"the checkpoint {self.file}"
        update, measured, microseconds = (
            checks.whole(f"{name} of {origin}", saved.numbers.get(name), 0, high)
            for name, high in (
                ("update", self.points[-1] + 1),
                ("measured", len(self.points) + 1),
                ("microseconds", 2**62),
            )
        )
        due = sum(point <= update for point in self.points)
        checks.require(measured == due, f"measured of {origin}", measured, f"{due}, those up to {update}")
        curve = saved.tensors.get("curve", torch.empty(0))
        right = tuple(curve.shape) == (due, *self.shape) and curve.dtype == torch.float64
        checks.require(right, f"the curve of {origin}", tuple(curve.shape), f"{(due, *self.shape)}, float64")
        self.update, self.before, self.values = update, microseconds / 1e6, list(curve)
        self.seconds = self.before if update == self.points[-1] else None
        self.state = {
            name.removeprefix("state "): one for name, one in saved.tensors.items() if name != "curve"
        }


class _Clock:
    """How many updates are worth one look at the clock, and how fast they go.

    ``stride`` is the number of updates until the next look. It doubles while one takes less than half a beat:
    a call has costs of its own, which are to be small beside its updates.
    """

    def __init__(self, update: int, updates: int) -> None:
        self.first, self.updates = update, updates
        self.began = self.last = self.looked = time.monotonic()
        self.at, self.rate, self.stride = update, math.nan, 1

    def beat(self, update: int) -> bool:
        """Whether a beat has passed."""
        now = time.monotonic()
        if update > self.at:
            self.rate = (update - self.first) / max(now - self.began, 1e-9)
        lap, self.looked = now - self.looked, now
        if lap < BEAT / 2:
            self.stride *= 2
        elif lap > 2 * BEAT:
            self.stride = max(1, self.stride // 2)
        self.at = update
        if now - self.last < BEAT:
            return False
        self.last = now
        return True

    def moment(self, update: int, latest: Tensor) -> Moment:
        """Where the run is."""
        return Moment(update, self.updates, self.rate, (self.updates - update) / self.rate, latest)
