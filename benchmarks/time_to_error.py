"""How long until both feedback matrices are known to a relative error of 1e-3, with W fixed.

    OMP_NUM_THREADS=1 python -m benchmarks.time_to_error [--data digits] [--rows 512] [--data-dir DIR]

Three ways to the same two matrices of a sigmoid network, inputs-50-20-10: the plain estimator with signs; the
fold-over Hadamard design, whose 256 draws a datum have exactly E xi xi^T = I and no third moments; and the
control variate, stage by stage, each subtracting what the feedback of the stage before predicts.

The plain estimator is far too slow to be waited for: its error is measured at growing numbers of samples,
and where error = a T^slope meets the goal is *extrapolated*, and said to be. The other two are measured.
Times are processor time of this thread, noise and least squares included. The plain estimator is given the
fastest path there is for it, the native one in float32, whose roundoff is far below its error; the others
need float64 to go below the goal.

c is small, since the control variate takes away the part of the sampling noise that stays as c falls, and not
the part of order c: that is where its stages end. Differences are propagated, so a small c costs no digits.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.datasets import scaled
from feedback_proofs_io import datasets, whole
from feedback_proofs_io.command import Parser, ended, say, show
from impl import Network, checks, feedback_shapes
from impl.counter_noise import hadamard_draws
from impl.kernels import PATHS, Problem, open_path
from impl.kernels.native_path import lacking
from impl.metrics import relative_error
from impl.stream import fit_network

__all__ = ["Mark", "control_variate", "extrapolated", "hadamard", "plain", "problem_of"]

GOAL = 1e-3
HIDDEN, CLASSES = (50, 20), 10


@dataclass(frozen=True)
class Mark:
    """After so many samples and seconds, the relative error |W - B| / |W| of each matrix, B^2 first."""

    samples: int
    seconds: float
    errors: tuple[float, ...]

    @property
    def worst(self) -> float:
        """The larger of them."""
        return max(self.errors)


def network_of(inputs: int, seed: int = 0) -> Network:
    """The fixed network: sigmoid throughout, mean squared error, weights normal with variance 1/fan-in."""
    source = torch.Generator().manual_seed(seed)
    widths = (inputs, *HIDDEN, CLASSES)
    pairs = itertools.pairwise(widths)
    weights = tuple(torch.randn(n, m, generator=source, dtype=torch.float64) / m**0.5 for m, n in pairs)
    return Network(weights, ("sigmoid",) * len(weights), "mse")


def problem_of(
    network: Network, c: float, family: str, step: int, control: Sequence[Tensor] | None
) -> Problem:
    """The problem of one pass; its noise is that of ``step``."""
    zero = [torch.zeros(shape, dtype=network.dtype) for shape in feedback_shapes(network, "FA")]
    return Problem.of(network, zero, c=c, family=family, step=step, control=control)


def relative_errors(network: Network, fitted: Sequence[Tensor]) -> tuple[float, ...]:
    """|W - B| / |W| for B^2 ... B^{N+1}."""
    return tuple(relative_error(W, B).item() for W, B in zip(network.weights[1:], fitted, strict=True))


def plain(
    network: Network, x: Tensor, y: Tensor, draws: Sequence[int], c: float, path: str
) -> Iterator[Mark]:
    """The error after each of these numbers of draws a datum, each from noise of its own.

    On the path "native" in float32.
    """
    if path == "native":
        network, x, y = network.to(torch.float32), x.float(), y.float()
    for step, each in enumerate(draws):
        problem = problem_of(network, c, "rademacher", step, None)
        yield _mark(network, len(x) * each, partial(fit_network, problem, lambda: [(x, y)], each, path=path))


def hadamard(network: Network, x: Tensor, y: Tensor, c: float, path: str) -> Mark:
    """The error after one whole design for every datum."""
    draws = hadamard_draws(sum(network.hidden))
    problem = problem_of(network, c, "hadamard", 0, None)
    return _mark(network, len(x) * draws, lambda: fit_network(problem, lambda: [(x, y)], draws, path=path))


def control_variate(
    network: Network,
    x: Tensor,
    y: Tensor,
    draws: int,
    c: float,
    path: str,
    stages: int = 40,
    goal: float = GOAL,
) -> Iterator[Mark]:
    """The error after each stage of fresh signs, until it is below the goal; samples and time add up."""
    control: list[Tensor] | None = None
    samples, seconds = 0, 0.0
    for stage in range(stages):
        problem = problem_of(network, c, "rademacher", stage, control)
        start = time.thread_time()
        (control,) = fit_network(problem, lambda: [(x, y)], draws, path=path)
        seconds += time.thread_time() - start
        samples += len(x) * draws
        yield (mark := Mark(samples, seconds, relative_errors(network, control)))
        if mark.worst <= goal:
            return


def _mark(network: Network, samples: int, fit: Callable[[], list[list[Tensor]]]) -> Mark:
    start = time.thread_time()
    (fitted,) = fit()
    return Mark(samples, time.thread_time() - start, relative_errors(network, fitted))


def extrapolated(marks: Sequence[Mark], goal: float = GOAL) -> tuple[float, float, float]:
    """(slope, samples, seconds): log error against log samples by least squares, and where it meets the goal.

    Seconds are those of the longest run, in proportion to samples.
    """
    t = torch.tensor([math.log(mark.samples) for mark in marks], dtype=torch.float64)
    e = torch.tensor([math.log(mark.worst) for mark in marks], dtype=torch.float64)
    slope = (((t - t.mean()) * (e - e.mean())).sum() / ((t - t.mean()) ** 2).sum()).item()
    if slope >= 0:
        return slope, math.inf, math.inf
    samples = math.exp((math.log(goal) - (e.mean() - slope * t.mean()).item()) / slope)
    longest = max(marks, key=lambda mark: mark.samples)
    return slope, samples, longest.seconds / longest.samples * samples


def draws_of(text: str) -> list[int]:
    """The numbers of draws in "256,1024": two different ones at least, or there is no slope."""
    words = text.split(",")
    plain = all(word.isascii() and word.isdigit() and len(word) < 10 for word in words)
    found = [int(word) for word in words] if plain else []
    expected = "two or more different numbers from 1 on, such as 256,1024"
    checks.require(min(found, default=0) >= 1 and len(set(found)) >= 2, "--plain", repr(text), expected)
    return found


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    found = Parser(prog="python -m benchmarks.time_to_error")
    add = found.add_argument
    add("--data", choices=tuple(datasets.SETS), default="digits", help="default: %(default)s")
    add("--data-dir", type=Path, help="of the files; default: see python -m feedback_proofs_io.datasets")
    add("--rows", type=int, default=512, help="data, the first so many (default: %(default)s)")
    add("--c", type=float, default=1e-6, help="scale of the noise (default: %(default)s)")
    add("--draws", type=int, default=256, help="a datum, in each stage (default: %(default)s)")
    add("--plain", default="256,1024,4096,16384", help="draws a datum (default: %(default)s)")
    add("--path", choices=("auto", *PATHS), default="eager", help="of the other two (default: %(default)s)")
    add("--json", type=Path, help="file for the figures")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; with ``--json`` write it, too. Exit codes: 0; 2 for a call or data that are wrong."""
    wrong = (datasets.Unreadable, checks.InvalidInput)
    return ended("python -m benchmarks.time_to_error", lambda: _run(parser().parse_args(arguments)), wrong)


def _run(given: argparse.Namespace) -> int:
    rows, draws = (checks.whole(f"--{name}", getattr(given, name), 1, 2**32) for name in ("rows", "draws"))
    c, counts = checks.noise_scale(given.c, "--c"), draws_of(given.plain)
    if given.json is not None:
        whole.prepare(given.json, folders=False)
    torch.set_num_threads(1)
    # The whole of digits, as ever; of the others the images for training.
    part = "all" if given.data == "digits" else "train"
    images = datasets.read(given.data, part, given.data_dir, strict=False)
    if not images.verified:
        say(f"not verified: {images.doubt}")
    x, y = (tensor[:rows] for tensor in scaled(images))
    network = network_of(x.shape[1])
    for family in ("hadamard", "rademacher"):
        _open(problem_of(network, c, family, 0, None), given.path)
    show(f"{given.data}, {len(x)} rows, {'-'.join(map(str, network.widths))}, c = {c}, goal {GOAL}")
    fastest = "eager" if lacking() else "native"
    marks = list(_shown(f"plain, {fastest}", plain(network, x, y, counts, c, fastest)))
    slope, samples, seconds = extrapolated(marks)
    show(f"  extrapolated: error falls as T^{slope:.2f}; {samples:.2g} samples, {seconds:.3g} s")
    (design,) = _shown("hadamard", [hadamard(network, x, y, c, given.path)])
    stages = list(_shown("control variate", control_variate(network, x, y, draws, c, given.path)))
    for name, mark in (("hadamard", design), ("control variate", stages[-1])):
        reached = "reached" if mark.worst <= GOAL else f"NOT reached: {mark.worst:.1e}"
        faster = seconds / max(mark.seconds, 1e-9)
        show(f"{name}: goal {reached}; {faster:.2g} times faster than plain (extrapolated)")
    if given.json is not None:
        figures = {"plain": marks, "hadamard": [design], "control variate": stages}
        content = {name: [asdict(mark) for mark in each] for name, each in figures.items()}
        extra = {"data": given.data, "verified": images.verified, "sha256": images.sha256}
        extra |= {"rows": len(x), "c": c, "goal": GOAL}
        fit = {"slope": slope, "samples": samples, "seconds": seconds}
        found = {**extra, "torch": torch.__version__, **content, "extrapolated": fit}
        whole.write(given.json, json.dumps(found, indent=1) + "\n")
    return 0


def _open(problem: Problem, path: str) -> None:
    """A path that is asked for must be one that can run this."""
    try:
        open_path(problem, path)
    except RuntimeError as error:
        raise checks.InvalidInput(f"--path is {path!r}; {error}.") from error


def _shown(name: str, marks: Iterator[Mark] | Sequence[Mark]) -> Iterator[Mark]:
    for mark in marks:
        errors = ", ".join(f"{error:.2e}" for error in mark.errors)
        show(f"{name:16}{mark.samples:>12} samples{mark.seconds:9.2f} s   B^2, B^3: {errors}")
        yield mark


if __name__ == "__main__":
    sys.exit(main())
