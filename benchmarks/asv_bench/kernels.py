"""The history of the kernels: time, throughput, accuracy and counted work of the cases, on each commit.

Commits whose ``impl`` has no kernels, or none with which these cases work, are skipped; so is what needs a
compiler or a GPU where there is none.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from benchmarks import shapes
from benchmarks.shapes import SHAPES

if TYPE_CHECKING:
    from benchmarks.cases import Case

with warnings.catch_warnings():  # before asv forks, rather than after it for each case
    warnings.simplefilter("ignore", DeprecationWarning)
    import torch._inductor.compile_fx

NAMES = tuple(name for name, shape in SHAPES.items() if not shape.large)
MORE = ("A1-gaussian", "latency-32")
"""Cases that are timed like those, of the shape of A1."""
LARGE = tuple(name for name, shape in SHAPES.items() if shape.large)
"""Only where the environment variable BENCH_LARGE is 1."""
LONG = "T1e8"
"""The stream: only there too."""
WAYS = tuple(shapes.WAYS)


def find(name: str, way: str, affordable: bool = False) -> Case:
    """The case; ``NotImplementedError``, with which asv skips it, where it cannot be measured."""
    try:
        from benchmarks.cases import by_name, cannot
    except ImportError as error:
        raise NotImplementedError(f"no kernels in this commit: {error}") from error
    missing = cannot(way, by_name(name).shape)
    if missing is not None:
        raise NotImplementedError(missing)
    if name in (*LARGE, LONG) and not affordable and os.environ.get("BENCH_LARGE") != "1":
        raise NotImplementedError("set BENCH_LARGE=1 for the large cases")
    return by_name(name)


def made(name: str, way: str) -> Callable[[], object]:
    """The function to time."""
    case = find(name, way)
    from benchmarks.cases import WAYS

    torch.set_num_threads(1)
    return case.make(*WAYS[way])


def clock() -> float:
    """Seconds, read when a GPU has done what it was told: so that the bodies below need not wait for it."""
    from benchmarks.timing import timer

    return timer("cuda" if torch.cuda.is_available() else "cpu")()


class Step:
    """One step of each case, each way."""

    params = (NAMES + MORE + LARGE, WAYS)
    param_names = ("case", "way")
    version = "1"
    timeout = 300
    timer = staticmethod(clock)
    warmup_time = 0.2
    rounds = 1
    repeat = (5, 20, 2.0)

    def setup(self, name: str, way: str) -> None:
        """Make it, which compiles it."""
        self.step = made(name, way)

    def time_step(self, name: str, way: str) -> None:
        """Seconds of a step."""
        self.step()


class Throughput:
    """Samples a second: perturbed passes, with everything that a step adds to the sums for them."""

    params = (NAMES + MORE + LARGE, WAYS)
    param_names = ("case", "way")
    unit = "samples/s"
    version = "1"
    timeout = 300

    def setup(self, name: str, way: str) -> None:
        """Make it, which compiles it."""
        self.step = made(name, way)

    def track_throughput(self, name: str, way: str) -> float:
        """From the shortest time of a step within a second."""
        from benchmarks.timing import shortest

        return find(name, way).samples / shortest(self.step, clock, seconds=1.0)


class Long:
    """10^8 samples of ever new noise, through a stream."""

    params = (WAYS,)
    param_names = ("way",)
    unit = "samples/s"
    version = "1"
    timeout = 900

    def setup(self, way: str) -> None:
        """Make it, which compiles it."""
        self.run = made(LONG, way)

    def track_throughput(self, way: str) -> float:
        """From one run."""
        start = clock()
        self.run()
        return find(LONG, way, affordable=True).samples / (clock() - start)


class Error:
    """How far a step is from the same one in float64, relative: the worst of S and Q."""

    params = (NAMES, WAYS)
    param_names = ("case", "way")
    unit = "relative error"
    version = "1"
    timeout = 300

    def setup(self, name: str, way: str) -> None:
        """Make it, which compiles it."""
        self.step = made(name, way)

    def track_error(self, name: str, way: str) -> float:
        """Of the mean over two steps, for one is taken to warm up."""
        from benchmarks.cases import step_error
        from impl.kernels import Totals

        totals = self.step()
        assert isinstance(totals, Totals)
        return step_error(find(name, way).shape, totals)


class Counted:
    """The work of a step on the eager path: exact, and the same on every machine."""

    params = ((*NAMES, *LARGE),)
    param_names = ("case",)
    unit = "number"
    version = "1"
    timeout = 300

    def setup(self, name: str) -> None:
        """Count it."""
        case = find(name, "eager", affordable=True)
        from benchmarks.counts import count

        self.work = count(case.shape)

    def track_flops(self, name: str) -> int:
        """Of matrix products."""
        return self.work.flops

    def track_operators(self, name: str) -> int:
        """Operators that torch dispatches."""
        return self.work.operator_count

    def track_allocations(self, name: str) -> int:
        """Tensors that operators made for their results."""
        return self.work.allocations

    def track_bytes(self, name: str) -> int:
        """Bytes of those tensors."""
        return self.work.bytes
