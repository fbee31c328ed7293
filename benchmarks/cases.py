"""The cases: what every front end (ratios, pytest-benchmark, asv) measures. A shape is a case by itself.

A case is a step of the estimator on one batch: clean and perturbed pass, noise, error signals, and S and Q of
every layer. ``make`` does all preparation, compiling included, and returns the function to time; ``check``
looks at what that function returned. Raise ``version`` when a case comes to mean something else: its history
then starts anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from benchmarks.shapes import SHAPES, WAYS, Shape
from impl import Network, checks
from impl.kernels import Batch, Problem, Totals, open_path
from impl.kernels.compiled import compiling_needs
from impl.stream import Stream

__all__ = ["CASES", "SHAPES", "WAYS", "Case", "Model", "Shape", "by_name", "cannot", "step_error"]

Step = Callable[[], Totals]

LONG = 10**8
"""Samples of a long stream."""


class Model:
    """The tensors of a shape, float32, from a fixed seed."""

    def __init__(self, shape: Shape, device: str = "cpu", dtype: torch.dtype = torch.float32) -> None:
        source = torch.Generator().manual_seed(0)

        def normal(rows: int, columns: int) -> Tensor:
            return torch.randn((rows, columns), generator=source).to(device, dtype)

        pairs = list(zip(shape.widths, shape.widths[1:], strict=False))
        self.shape = shape
        self.weights = tuple(normal(n, m) / m**0.5 for m, n in pairs)
        self.feedback = tuple(normal(n, m) / m**0.5 for m, n in pairs[1:])
        self.x, self.y = normal(shape.data, shape.widths[0]), normal(shape.data, shape.widths[-1])

    def problem(self, family: str = "") -> Problem:
        """The problem of this model."""
        network = Network(self.weights, (self.shape.activation,) * len(self.weights), self.shape.loss)
        shape = self.shape
        return Problem.of(
            network, self.feedback, c=shape.c, family=family or shape.family, products=shape.products
        )


def make_step(shape: Shape, path: str = "auto", device: str = "cpu") -> Step:
    """One batch added to the sums, over and over; "auto" is the path that a long stream takes."""
    model = Model(shape, device)
    problem = model.problem()
    way, totals = open_path(problem, path, LONG), Totals(problem)
    batch = Batch(model.x, model.y, draws=shape.draws)

    def step() -> Totals:
        way.accumulate(batch, totals)
        return totals

    step()
    return step


def make_stream(shape: Shape, samples: int, path: str = "auto", device: str = "cpu") -> Callable[[], Stream]:
    """A stream over ``samples`` samples of ever new noise, from the data of a shape again and again."""
    model = Model(shape, device)
    stream = Stream(model.problem(), shape.draws, path=path, expected=samples)
    stream.add(model.x, model.y)

    def run() -> Stream:
        stream.totals, stream.data = Totals(stream.problem), 0
        for _ in range(-(-samples // shape.samples)):
            stream.add(model.x, model.y)
        return stream

    return run


def make_latency(shape: Shape, path: str = "auto", device: str = "cpu") -> Callable[[], Stream]:
    """A batch through a stream, checks and all, as a loop that learns adds it."""
    model = Model(shape, device)
    stream = Stream(model.problem(), shape.draws, path=path, expected=LONG)

    def run() -> Stream:
        stream.add(model.x, model.y)
        return stream

    run()
    return run


def step_error(shape: Shape, totals: Totals) -> float:
    """Against the eager path in float64: the largest relative error of the mean of the steps so far, of S and
    Q.
    """
    model = Model(shape, dtype=torch.float64)
    problem = model.problem()
    exact = Totals(problem)
    open_path(problem, "eager").accumulate(Batch(model.x, model.y, draws=shape.draws), exact)
    errors: list[float] = []
    for found, expected in zip((*totals.S, *totals.Q), (*exact.S, *exact.Q), strict=True):
        mean, expected = found.cpu() / totals.count, expected / exact.count
        errors.append(float((mean - expected).norm() / expected.norm()))
    return max(errors)


def check_step(shape: Shape, totals: Totals) -> None:
    """The mean of the steps so far is right to float32: a few of its roundings, however wide the network."""
    error = step_error(shape, totals)
    assert error <= 5e-6, f"relative error {error:.1e} of a sum of {shape}"


def check_latency(shape: Shape, stream: Stream) -> None:
    """The sums over all batches are right to float32."""
    model = Model(shape, dtype=torch.float64)
    exact = Stream(model.problem(), shape.draws, path="eager")
    while exact.count < stream.count:
        exact.add(model.x, model.y)
    for found, expected in zip(stream.totals.tensors, exact.totals.tensors, strict=True):
        error = float((found.cpu() - expected).norm() / expected.norm())
        assert error <= 5e-6, f"relative error {error:.1e} of a sum over {stream.count} samples"


def check_stream(samples: int, stream: Stream) -> None:
    """As many samples as asked for, and finite sums."""
    assert stream.count >= samples, f"{stream.count} samples of {samples}"
    assert all(bool(total.isfinite().all()) for total in stream.totals.tensors)


@dataclass(frozen=True)
class Case:
    """A name, a version, ``make(path, device) -> function to time``, ``check(its result)``.

    ``shape`` is what one step works on, ``samples`` how many samples one call does.
    """

    name: str
    version: str
    samples: int
    make: Callable[..., Callable[[], object]]
    check: Callable[..., None]
    shape: Shape

    @classmethod
    def of(cls, name: str, version: str, shape: Shape) -> Case:
        """A step of the shape."""
        return cls(name, version, shape.samples, partial(make_step, shape), partial(check_step, shape), shape)


STREAM, LATENCY = replace(SHAPES["A5"], data=64, draws=1024), SHAPES["A1"]

CASES = (
    *(Case.of(name, "1", shape) for name, shape in SHAPES.items()),
    Case.of("A1-gaussian", "1", replace(SHAPES["A1"], family="gaussian")),
    Case("latency-32", "2", 32, partial(make_latency, LATENCY), partial(check_latency, LATENCY), LATENCY),
    Case("T1e8", "1", LONG, partial(make_stream, STREAM, LONG), partial(check_stream, LONG), STREAM),
)
"""Every case that is measured. ``latency-32`` is a batch of A1 as a user adds it, through a stream."""


def by_name(name: str) -> Case:
    """The case of that name; raises ``InvalidInput`` where there is none."""
    known = {case.name: case for case in CASES}
    return known[checks.one_of("the case", name, known)]


def cannot(way: str, shape: Shape | None = None) -> str | None:
    """Why nothing, or not this shape, can be measured that way here, in a few words, or None.

    Raises ``InvalidInput`` for a way that is not known.
    """
    checks.one_of("the way", way, WAYS)
    if way == "cuda":
        return None if torch.cuda.is_available() else "no CUDA device here"
    if way == "native":
        try:
            from impl.kernels import native_path
        except ImportError:  # asv also runs these cases on commits from before
            return "no native path in this impl"
        above = zip(shape.widths[1:], shape.widths[2:], strict=False) if shape else []
        wide = sum(n * m for n, m in above) > native_path.MOST
        return "too wide for the native path" if wide else native_path.lacking()
    needs = compiling_needs("cpu") if way == "compiled" else None
    return needs and f"torch.compile needs {needs}"
