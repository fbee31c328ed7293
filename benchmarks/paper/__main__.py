"""`python -m benchmarks.paper fig2`: an experiment of the paper, with progress; interrupted, it goes on.

The state lies in DIR/NAME.run until the run is over and after it, the result in DIR/NAME.json. The same
command goes on from the state, to the same curve, bit for bit.

Exit codes: 0 done; 2 the call is wrong, or a file cannot be read or written; 3 the suite itself broke;
130 interrupted, and what was done is kept.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from benchmarks.datasets import scaled
from benchmarks.paper.experiment import Moment, Stopped, run
from benchmarks.paper.figure_2 import EPOCHS, MODES, RATES, figure_2
from benchmarks.paper.learning import Images, Learning
from benchmarks.paper.results import as_json, table
from feedback_proofs_io import whole
from feedback_proofs_io.command import Parser, ended, integer, say, show
from feedback_proofs_io.datasets import Unreadable, read
from impl import InvalidInput

__all__ = ["main"]

QUICK = 2
"""Epochs of a quick run."""
EVERY = 5.0
"""Seconds between two lines of progress."""


def parser() -> Parser:
    """The options."""
    found = Parser("python -m benchmarks.paper", "An experiment of the paper: runs that learn.")
    found.add_argument("experiment", choices=["fig2"], help="which")
    found.add_argument("--data", choices=tuple(RATES), default="digits", help="the images (default: digits)")
    found.add_argument("--data-dir", type=Path, metavar="DIR", help="where their files are")
    found.add_argument(
        "--as", dest="mode", choices=MODES, default="text", help="as the paper's text or its code has it"
    )
    found.add_argument("--seeds", type=integer(1, 100), default=5, metavar="N", help="runs each (default: 5)")
    found.add_argument(
        "--epochs", type=integer(1, 100_000), metavar="N", help=f"of 1,000 updates (default: {EPOCHS})"
    )
    found.add_argument("--quick", action="store_true", help=f"{QUICK} epochs of one run each")
    found.add_argument(
        "--output", type=Path, default=Path("build/paper"), metavar="DIR", help="default: build/paper"
    )
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit codes are those above."""
    wrong = (InvalidInput, Unreadable)
    return ended("benchmarks.paper", lambda: _run(parser().parse_args(arguments)), wrong)


def _run(options: argparse.Namespace) -> int:
    seeds = 1 if options.quick else options.seeds
    epochs = options.epochs or (QUICK if options.quick else EPOCHS)
    name = f"{options.experiment}-{options.data}-{options.mode}-{seeds}x{epochs}"
    state, result = options.output / f"{name}.run", options.output / f"{name}.json"
    whole.prepare(state)
    whole.prepare(result)
    experiment = figure_2(_images(options.data, options.data_dir), options.data, options.mode, seeds, epochs)
    with _asked_to_stop() as asked:
        progress = _Progress(experiment)
        try:
            curve = run(experiment, state, stop=lambda: bool(asked), tell=progress.tell)
        except Stopped:
            say(f"benchmarks.paper: stopped; the same command goes on from {state}")
            raise KeyboardInterrupt from None
    whole.write(result, json.dumps(as_json(experiment, curve), indent=1, allow_nan=False) + "\n")
    show("\n".join([*table(experiment, curve), "", f"{curve.seconds:.0f} s; the curves are in {result}"]))
    return 0


def _images(name: str, folder: Path | None) -> Images:
    train, test = read(name, "train", folder), read(name, "test", folder)
    record = {part.part: f"{name} sha256 {part.sha256}" for part in (train, test)}
    return Images(*scaled(train, torch.float32), *scaled(test, torch.float32), record)


@contextlib.contextmanager
def _asked_to_stop() -> Iterator[list[int]]:
    """The signals that have asked the run to end: it then writes down what it has done, and stops."""
    asked: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda got, frame: asked.append(got)) for number in numbers}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Progress:
    """A line now and then on standard error."""

    def __init__(self, experiment: Learning) -> None:
        self.experiment, self.told = experiment, 0.0

    def tell(self, moment: Moment) -> None:
        """Say where the run is, if it is time."""
        if time.monotonic() - self.told < EVERY:
            return
        self.told = time.monotonic()
        left = f"{moment.left / 60:.0f} min" if moment.left > 120 else f"{moment.left:.0f} s"
        line = f"{moment.update:,} of {moment.updates:,} updates, {moment.rate:.0f}/s, {left} left"
        if len(moment.latest):
            line += f"; measured last: {self._spread(moment)}"
        say(line)

    def _spread(self, moment: Moment) -> str:
        """The least and the largest of what was measured over the runs; a run that diverged counts as inf."""
        told = []
        for k, name in enumerate(self.experiment.metrics):
            if name == "test error" or name.startswith("angle"):
                scale, unit = (100, " %") if name == "test error" else (1, "°")
                column = scale * moment.latest[:, k].nan_to_num(torch.inf)
                told.append(f"{name} {float(column.min()):.2g} to {float(column.max()):.2g}{unit}")
        return ", ".join(told)


if __name__ == "__main__":
    sys.exit(main())
