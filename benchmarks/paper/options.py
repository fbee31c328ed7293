"""What the command asks an experiment for, and what an experiment says of itself in the table of them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks.datasets import scaled
from benchmarks.paper.experiment import Experiment
from benchmarks.paper.learning import Images
from feedback_proofs_io.datasets import read

__all__ = ["EPOCH", "Entry", "Options", "images_of"]

EPOCH = 1000
"""Updates in what the paper calls an epoch."""

EARLY = (0, 1, 2, 5, 10, 15, 20, 30, 40, 50, 75, 100)
LATE = 50
"""After how many epochs a run is measured: these, then every so many, and at the end."""


@dataclass(frozen=True, eq=False)
class Options:
    """What was asked for: ``data``, its ``images``, as the paper's "text" or the authors' "code" has it.

    ``quick`` asks for what is over in a minute on the digits; the number of ``epochs`` is then small already.
    ``width`` times as many units as the paper's network is what a network has that comes in several sizes,
    and ``device`` where it learns.
    """

    images: Images
    data: str
    mode: str
    seeds: int
    epochs: int
    quick: bool = False
    width: float = 1.0
    device: str = "cpu"

    @property
    def epoch(self) -> int:
        """Updates in an epoch."""
        return EPOCH

    @property
    def points(self) -> tuple[int, ...]:
        """The updates after which a run is measured: densely at first, then every 50 epochs; some 60."""
        marks = {*EARLY, *range(EARLY[-1], self.epochs, LATE), self.epochs}
        return tuple(self.epoch * mark for mark in sorted(marks) if mark <= self.epochs)

    def points_every(self, epochs: int) -> tuple[int, ...]:
        """The same for what is measured evenly: after 0, 1, 2 and every so many epochs, and at the end."""
        marks = {0, 1, 2, *range(0, self.epochs, epochs), self.epochs}
        return tuple(self.epoch * mark for mark in sorted(marks) if mark <= self.epochs)


@dataclass(frozen=True)
class Entry:
    """One experiment that the command offers.

    ``build`` makes it. ``data`` and ``modes`` are what it can be had with, the first of each by default;
    ``seeds`` and ``epochs`` what it takes unless told otherwise, ``quick`` the epochs of a quick run, of one
    seed. Metrics whose names start with one of ``shown`` are in the table that the command prints. Where it
    can be had at other widths and on other devices, ``quick_width`` is the width of a quick run.
    """

    build: Callable[[Options], Experiment]
    seeds: int
    epochs: int
    quick: int = 2
    modes: tuple[str, ...] = ("text",)
    data: tuple[str, ...] = ("digits", "mnist", "fashion-mnist")
    shown: tuple[str, ...] = ("test", "angle")
    quick_width: float | None = None


def images_of(name: str, folder: Path | None = None) -> Images:
    """The images of that name, float32; raises ``Unreadable`` where they are not there."""
    train, test = (read(name, part, folder) for part in ("train", "test"))
    record = {part.part: f"{name} sha256 {part.sha256}" for part in (train, test)}
    return Images(*scaled(train, torch.float32), *scaled(test, torch.float32), record)
