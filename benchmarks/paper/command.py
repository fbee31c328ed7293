"""One experiment, or a part of it, from its options to its files; and the merge of all parts."""

from __future__ import annotations

import argparse
import contextlib
import signal
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import torch

from benchmarks.paper.catalogue import CATALOGUE
from benchmarks.paper.experiment import Curve, Experiment, Moment, Stopped, run
from benchmarks.paper.options import EPOCH, Entry, Options, images_of
from benchmarks.paper.results import Axes, as_json, table, text
from benchmarks.paper.shards import Part, cut, file_name, merged, part_as_json
from feedback_proofs_io import given as files
from feedback_proofs_io import whole
from feedback_proofs_io.command import Parser, ended, integer, say, show
from feedback_proofs_io.datasets import SETS, Unreadable
from feedback_proofs_io.results import Result, parsed
from feedback_proofs_io.shards import Incomplete, shard
from impl import InvalidInput, checks
from proofs_check.experiments.answers import answers
from proofs_check.experiments.tables import as_text

__all__ = ["WRONG", "merge", "merging", "name_of", "once", "options", "parser", "run_once"]

WRONG = (InvalidInput, Unreadable, files.Unreadable, Incomplete)
"""What is raised where the call is wrong."""
EVERY = 5.0
"""Seconds between two lines of progress."""


def once(words: Sequence[str]) -> int:
    """Run the experiment, or the part, of these words; the exit code."""
    return ended("benchmarks.paper", lambda: run_once(parser().parse_args(words)), WRONG)


def parser() -> Parser:
    """The options. What is not given is what the experiment has by itself."""
    found = Parser("python -m benchmarks.paper", "An experiment of the paper: runs that learn.", _described())
    found.add_argument("experiment", choices=tuple(CATALOGUE), help="which")
    found.add_argument("--data", choices=tuple(SETS), help="the images; see below")
    found.add_argument("--data-dir", type=Path, metavar="DIR", help="where their files are")
    found.add_argument("--as", dest="mode", choices=("text", "code"), help="as the paper's text or its code")
    found.add_argument("--seeds", type=integer(1, 100), metavar="N", help="runs each")
    found.add_argument("--epochs", type=integer(1, 100_000), metavar="N", help=f"of {EPOCH:,} updates")
    found.add_argument("--shard", type=shard, metavar="k/n", help="the k-th of n parts alone")
    found.add_argument("--submit", type=integer(1, 10_000), metavar="n", help="n parts at once, then merged")
    found.add_argument(
        "--width", type=_width, metavar="F", help="of table1 and table2: times as many channels and units"
    )
    found.add_argument("--device", metavar="D", help="of table1 and table2: where, cpu (the default) or cuda")
    found.add_argument("--quick", action="store_true", help="a short run with one seed")
    found.add_argument(
        "--output", type=Path, default=Path("build/paper"), metavar="DIR", help="default: build/paper"
    )
    return found


def merging() -> Parser:
    """The options of merge."""
    found = Parser("python -m benchmarks.paper merge", "Results of all parts of an experiment, as one.")
    found.add_argument("parts", nargs="+", type=Path, metavar="PART.json", help="what --shard wrote")
    found.add_argument("--output", type=Path, metavar="FILE", help="default: NAME.json beside the first part")
    return found


def _width(given: str) -> float:
    """A number such as 0.125 or 1/8, above 0 and at most 1."""
    try:
        found = float(Fraction(given))
    except (ValueError, ZeroDivisionError):
        found = 0.0
    if not 0 < found <= 1:
        raise argparse.ArgumentTypeError(f"{given!r} is no number above 0 and at most 1, such as 1/8")
    return found


def _described() -> str:
    """What each experiment can be had with, the first of each by default."""
    return "; ".join(
        f"{name}: {' or '.join(entry.data)}, as {' or '.join(entry.modes)}, {entry.seeds} seeds, "
        f"{entry.epochs} epochs ({entry.quick} if quick)"
        for name, entry in CATALOGUE.items()
    )


def run_once(given: argparse.Namespace) -> int:
    """Run an experiment, or the part of it that is asked for; the exit code."""
    entry, asked = CATALOGUE[given.experiment], options(given)
    name = name_of(given.experiment, asked)
    base = name if given.shard is None else file_name(name, given.shard)
    state, result = given.output / f"{base}.run", given.output / f"{base}.json"
    whole.prepare(state)
    whole.prepare(result)
    experiment = entry.build(asked)
    part = experiment if given.shard is None else cut(experiment, given.shard)
    with _asked_to_stop() as stops:
        progress = _Progress(part)
        try:
            curve = run(part, state, stop=lambda: bool(stops), tell=progress.tell)
        except Stopped:
            say(f"benchmarks.paper: stopped; the same command goes on from {state}")
            raise KeyboardInterrupt from None
    found = (
        as_json(part, curve)
        if given.shard is None
        else part_as_json(experiment, part, curve, given.shard, given.experiment, name)
    )
    whole.write(result, text(found))
    lines = _told(entry, part, curve, None if given.shard else parsed(found, result))
    show("\n".join([*lines, "", f"{curve.seconds:.0f} s; the curves are in {result}"]))
    return 0


def name_of(experiment: str, asked: Options) -> str:
    """The name of its files, without what ends them."""
    size = "" if asked.width == 1.0 else f"-width-{asked.width:g}"
    return f"{experiment}-{asked.data}-{asked.mode}{size}-{asked.seeds}x{asked.epochs}"


def merge(given: argparse.Namespace) -> int:
    """Put the results of all parts together; the exit code."""
    found = merged(given.parts)
    record = Part.read(given.parts[0]).record
    result = given.output or given.parts[0].with_name(f"{record['name']}.json")
    for part in given.parts:
        whole.apart([("PART", part), ("--output", result)])
    whole.prepare(result)
    whole.write(result, text(found))
    one, entry = parsed(found, result), CATALOGUE.get(record["command"])
    curve = Curve(one.points, torch.tensor(one.curve, dtype=torch.float64), one.seconds)
    lines = _told(entry, one, curve, one)
    show(
        "\n".join([*lines, "", f"{len(given.parts)} parts, {one.seconds:.0f} s; the curves are in {result}"])
    )
    return 0


def _told(entry: Entry | None, axes: Axes, curve: Curve, result: Result | None) -> list[str]:
    """The table, and what the whole result answers by itself."""
    lines = table(axes, curve) if entry is None else table(axes, curve, entry.shown)
    found = () if result is None else answers(result)
    return [*lines, "", as_text(found)] if found else lines


def options(given: argparse.Namespace) -> Options:
    """What is asked for, with the experiment's own defaults."""
    entry = CATALOGUE[given.experiment]
    data, mode = given.data or entry.data[0], given.mode or entry.modes[0]
    for option, value, values in (("--data", data, entry.data), ("--as", mode, entry.modes)):
        checks.one_of(f"{option} of {given.experiment}", value, values)
    epochs = given.epochs or (entry.quick if given.quick else entry.epochs)
    seeds = given.seeds or (1 if given.quick else entry.seeds)
    for option, value in (("--width", given.width), ("--device", given.device)):
        known = value is None or entry.quick_width is not None
        checks.require(
            known, f"{option} of {given.experiment}", value, "none: it has one network, on the CPU"
        )
    usual = entry.quick_width if given.quick and entry.quick_width else 1.0
    width, device = given.width or usual, str(checks.device("--device", given.device or "cpu"))
    return Options(images_of(data, given.data_dir), data, mode, seeds, epochs, given.quick, width, device)


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

    def __init__(self, experiment: Experiment) -> None:
        self.experiment, self.told = experiment, 0.0

    def tell(self, moment: Moment) -> None:
        """Say where the run is, if it is time."""
        if time.monotonic() - self.told < EVERY:
            return
        self.told = time.monotonic()
        left = f"{moment.left / 60:.0f} min" if moment.left > 120 else f"{moment.left:.0f} s"
        line = f"{moment.update:,} of {moment.updates:,} updates, {moment.rate:.0f}/s, {left} left"
        if len(moment.latest) and (spread := self._spread(moment)):
            line += f"; measured last: {spread}"
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
