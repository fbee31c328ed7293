"""kill -9 at drawn moments, over all experiments of the catalogue: the curve is that of a run left alone.

    python -m tests.killed [--kills 20] [--seed 0] [--seeds 2] [--epochs 5] [--updates 100]
                           [--points N] [--only fig2,fig3] [--as text]

Every experiment, as text and as code, is run on the digits twice: in one go, and by processes that are
killed while they learn or in the midst of writing their file, each going on where the last one was killed.
Curves and last states have to agree in every bit. With --points each ends at its N-th point. It needs a
system that can fork. Exit codes: 0 they agree, 1 they do not.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.paper.catalogue import CATALOGUE
from benchmarks.paper.experiment import Curve, Experiment, run
from benchmarks.paper.options import Options, images_of
from feedback_proofs_io.command import Once, Parser, ended, integer
from impl import checks

LEARNING, WRITING = "learning", "writing"
ALL = 10**6
"""More points than an experiment has."""


@dataclass(frozen=True, eq=False)
class Short(Options):
    """Options of experiments whose epochs have few ``updates``."""

    updates: int = 100

    @property
    def epoch(self) -> int:
        """So many updates."""
        return self.updates


@dataclass(frozen=True)
class Moment:
    """When a process dies: in the midst of the update ``update``, or of the file that is written after it."""

    update: int
    doing: str

    def __str__(self) -> str:
        return f"{self.doing} at update {self.update}"


def experiments(
    only: Sequence[str] | None, mode: str | None, seeds: int, epochs: int, updates: int
) -> dict[str, Callable[[], Experiment]]:
    """What makes each experiment on the digits, by name and mode."""
    images = images_of("digits")
    found = {}
    for name in CATALOGUE if only is None else only:
        entry = CATALOGUE[checks.one_of("--only", name, CATALOGUE)]
        for each in entry.modes if mode is None else {mode} & {*entry.modes}:
            width = entry.quick_width or 1.0
            asked = Short(images, "digits", each, seeds, epochs, True, width, updates=updates)
            found[f"{name} as {each}"] = partial(entry.build, asked)
    return found


def moments(end: int, kills: int, draw: random.Random) -> list[Moment]:
    """So many moments, in order, of a run of ``end`` updates."""
    updates = sorted(draw.sample(range(end), min(kills, end)))
    return [Moment(update, draw.choice((LEARNING, WRITING))) for update in updates]


class Brief:
    """An experiment that is measured at its first few points, and ends there."""

    def __init__(self, experiment: Experiment, points: int) -> None:
        self.experiment = experiment
        self.points = tuple(experiment.points)[:points]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.experiment, name)

    def only(self, labels: Sequence[str], seeds: Sequence[int]) -> Brief:
        """These of its runs alone."""
        return Brief(self.experiment.only(labels, seeds), len(self.points))


class Mortal(Brief):
    """The same, where the process is killed at a moment."""

    def __init__(self, experiment: Experiment, moment: Moment, points: int) -> None:
        super().__init__(experiment, points)
        self.moment = moment

    def advance(self, state: Any, first: int, last: int) -> Any:
        """As the experiment does it, but not beyond the moment."""
        if first <= self.moment.update < last:
            if first < self.moment.update:
                state = self.experiment.advance(state, first, self.moment.update)
            if self.moment.doing == LEARNING:
                os.kill(os.getpid(), signal.SIGKILL)
            os.fsync = torn
            return self.experiment.advance(state, self.moment.update, last)
        return self.experiment.advance(state, first, last)


def torn(handle: int) -> None:
    """In the place of ``os.fsync``: half of the file is lost, and so is the process."""
    os.ftruncate(handle, os.fstat(handle).st_size // 2)
    os.kill(os.getpid(), signal.SIGKILL)


def dies(make: Callable[[], Experiment], file: Path, moment: Moment, points: int) -> bool:
    """Whether a process that runs the experiment is killed at the moment, as it should be."""
    process = os.fork()
    if process == 0:
        try:
            run(Mortal(make(), moment, points), file, every=0.0)
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    return os.waitpid(process, 0)[1] == signal.SIGKILL


def same(one: Curve, other: Curve) -> bool:
    """Whether curves and last states agree in every bit."""
    curves = torch.equal(one.values.nan_to_num(-1.0), other.values.nan_to_num(-1.0))
    states = one.final.keys() == other.final.keys() and all(
        torch.equal(state.nan_to_num(-1.0), other.final[name].nan_to_num(-1.0))
        for name, state in one.final.items()
    )
    return one.points == other.points and curves and states


def survives(
    name: str, make: Callable[[], Experiment], kills: Sequence[Moment], folder: Path, points: int = ALL
) -> str | None:
    """What is wrong with an experiment that is killed so often, if anything; all processes make it anew."""
    alone, file = run(Brief(make(), points), folder / "alone"), folder / "killed"
    for moment in kills:
        if not dies(make, file, moment, points):
            return f"{name}: no process was killed {moment}"
    if same(alone, run(Brief(make(), points), file)):
        return None
    return f"{name}: another curve after {', '.join(map(str, kills))}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill as asked; the exit code."""
    return ended("python -m tests.killed", lambda: _run(arguments), (checks.InvalidInput,))


def _run(arguments: Sequence[str] | None) -> int:
    parser = Parser("python -m tests.killed", (__doc__ or "").splitlines()[0])
    defaults = {"kills": 20, "seed": 0, "seeds": 2, "epochs": 5, "updates": 100, "points": ALL}
    for option, default in defaults.items():
        parser.add_argument(f"--{option}", type=integer(0 if option == "seed" else 1, 10**6), default=default)
    parser.add_argument("--only", action=Once, help="these experiments, such as fig2,fig3")
    parser.add_argument("--as", dest="mode", choices=("text", "code"), help="as this alone")
    given = parser.parse_args(arguments)
    only = None if given.only is None else given.only.split(",")
    chosen = experiments(only, given.mode, given.seeds, given.epochs, given.updates)
    draw, wrong, killed, began = random.Random(given.seed), 0, 0, time.monotonic()
    shares = [given.kills // len(chosen) + (k < given.kills % len(chosen)) for k in range(len(chosen))]
    draw.shuffle(shares)
    for (name, make), share in zip(chosen.items(), shares, strict=True):
        kills = moments(Brief(make(), given.points).points[-1], share, draw)
        with tempfile.TemporaryDirectory() as folder:
            found = survives(name, make, kills, Path(folder), given.points)
        wrong, killed = wrong + (found is not None), killed + len(kills)
        print(
            found or f"{name}: the same curve after {len(kills)} kills, {time.monotonic() - began:.0f} s",
            flush=True,
        )
    print(f"{len(chosen)} experiments, {killed} kills: {wrong or 'no'} different")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
