"""The authors' random searches: for each method the same draws of its rates and its noise, each a run.

In the authors' code a rate of W, a rate of B and a standard deviation of the noise are drawn at random,
log-uniformly, each draw is one run, and the best by the loss of one minibatch of test images is taken: 20
draws for the autoencoder of Table 2a, 50 for the convolutional network of Table 1. Their draws are not
stored; these are a function of the number of the draw, the same for every method. Of n draws, number k is the
part `--shard k/n`, and `python -m benchmarks.paper found RESULT.json` is the table of what a search found. A
quick run has the first two draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import torch

from benchmarks.paper.convolutional import ConvolutionalLearning
from benchmarks.paper.figure_3 import figure_3
from benchmarks.paper.learning import Learning
from benchmarks.paper.options import Options
from benchmarks.paper.several import Several
from benchmarks.paper.table_1 import table_1
from feedback_proofs_io.command import Parser, show
from feedback_proofs_io.given import Unreadable
from feedback_proofs_io.results import Result, read
from impl.learning import (
    SGD,
    Adam,
    Method,
    Perturbation,
    backpropagation,
    feedback_alignment,
    node_perturbation,
)
from impl.philox import philox

__all__ = ["AUTOENCODER", "CONVOLUTIONAL", "Draw", "draw", "found", "search_1", "search_3", "table"]

AUTOENCODER, CONVOLUTIONAL, QUICK = 20, 50, 2
"""How many draws a search has."""
PURPOSE = 10
"""The high word of the counter: no noise of ``impl.learning`` or of a test has it."""
DIGITS = 5
"""Decimal digits of a drawn number: so it is the same on every machine, and can be written down."""
RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"noise": (-4.0, -1.0), "rate of W": (-6.0, -3.0), "rate of B": (-6.0, -3.0)}
)
"""The exponents of ten between which each is drawn."""


@dataclass(frozen=True)
class Draw:
    """One draw: the standard deviation of the noise, the rate of W, and that of B."""

    noise: float
    weights: float
    feedback: float


METHODS: Mapping[str, Callable[[Draw], Method]] = MappingProxyType(
    {
        "backpropagation": lambda drawn: backpropagation(SGD(drawn.weights)),
        "adam": lambda drawn: backpropagation(Adam(drawn.weights)),
        "feedback alignment": lambda drawn: feedback_alignment(SGD(drawn.weights)),
        "node perturbation": lambda drawn: node_perturbation(
            SGD(drawn.weights), drawn.feedback, Perturbation(drawn.noise, "gaussian")
        ),
    }
)
"""What is searched for the autoencoder."""
DIRECT: Mapping[str, Callable[[Draw], Method]] = MappingProxyType(
    {
        "backpropagation": lambda drawn: backpropagation(_adam(drawn)),
        "direct feedback alignment": lambda drawn: feedback_alignment(_adam(drawn), "DFA"),
        "node perturbation": lambda drawn: node_perturbation(
            _adam(drawn), drawn.feedback, Perturbation(drawn.noise, "gaussian"), "DFA"
        ),
    }
)
"""What is searched for the convolutional network."""


def _adam(drawn: Draw) -> Adam:
    return Adam(drawn.weights, epsilon=1e-5)


def draw(number: int) -> Draw:
    """Draw ``number``, from 1 on: log-uniform numbers of five digits."""
    zero = torch.zeros(1, dtype=torch.int64)
    words = philox(zero, zero + PURPOSE, zero, zero, zero, zero + number)
    found = []
    for (low, high), word in zip(RANGES.values(), words, strict=False):
        part = (int(word) + 0.5) / 2**32
        found.append(float(f"{10 ** (low + (high - low) * part):.{DIGITS - 1}e}"))
    return Draw(*found)


def label(method: str, number: int) -> str:
    """The name of the run of a method with a draw."""
    return f"{method}, draw {number}"


def search_3(asked: Options) -> Several:
    """The search for the autoencoder of Figure 3, of the size and the start that each method has there."""
    parts = {}
    for name, part in figure_3(asked).parts.items():
        assert isinstance(part, Learning)
        own = {method: METHODS[method] for method in METHODS if method in part.labels}
        starts = {method: part.work.methods[part.labels.index(method)].start for method in own}
        chosen = {
            label(method, k): replace(own[method](draw(k)), start=starts[method])
            for method in own
            for k in _numbers(asked, AUTOENCODER)
        }
        work = replace(part.work, methods=tuple(chosen.values()))
        parts[name] = Learning(
            name, work, tuple(chosen), part.images, asked.points, watched=part.watched, classes=False
        )
    return Several(f"search3 as {asked.mode}", parts)


def search_1(asked: Options) -> ConvolutionalLearning:
    """The search for the convolutional network of Table 1."""
    table = table_1(asked)
    chosen = {
        label(method, k): replace(make(draw(k)), start=table.work.methods[0].start)
        for method, make in DIRECT.items()
        for k in _numbers(asked, CONVOLUTIONAL)
    }
    work = replace(table.work, methods=tuple(chosen.values()))
    return replace(table, name=f"search1 as {asked.mode}", work=work, labels=tuple(chosen))


def _numbers(asked: Options, draws: int) -> range:
    return range(1, (QUICK if asked.quick else draws) + 1)


def found(words: Sequence[str]) -> int:
    """`found RESULT.json`: print the table of a search."""
    parser = Parser("python -m benchmarks.paper found", "What a random search found, the best draw first.")
    parser.add_argument("result", type=Path, metavar="RESULT.json")
    show("\n".join(table(read(parser.parse_args(words).result))))
    return 0


def table(result: Result) -> list[str]:
    """For each method its draws, the best first: by the mean over the seeds of the loss of all test images at
    the end. Beside it the least loss at any point, by which the authors' tables go; runs that diverged are
    last. Raises ``Unreadable`` for the result of another experiment.
    """
    numbers: dict[str, list[int]] = {}
    for one in result.labels:
        method, sign, number = one.rpartition(", draw ")
        if not sign or not number.isdecimal() or "test loss" not in result.metrics:
            raise Unreadable(f"{result.path} is no result of a search: it has the run {one}")
        numbers.setdefault(method, []).append(int(number))
    lines = list[str]()
    for method, own in numbers.items():
        rows = sorted((_losses(result, label(method, number)), number) for number in own)
        lines += [*([""] if lines else []), method, HEAD]
        for (last, least), k in rows:
            drawn = draw(k)
            cells = f"{k:>4}  {drawn.noise:>10.4e}  {drawn.weights:>10.4e}  {drawn.feedback:>10.4e}"
            lines.append(f"{cells}  {_shown(last)}  {_shown(least)}")
    return lines


HEAD = f"{'draw':>4}  {'noise':>10}  {'rate of W':>10}  {'rate of B':>10}  {'test loss':>9}  {'least':>9}"


def _losses(result: Result, name: str) -> tuple[float, float]:
    """The mean loss at the end, and the mean of each seed's least; infinite where a run diverged."""
    last = result.values(name, "test loss")
    curves = [result.values(name, "test loss", point) for point in range(len(result.points))]
    least = [min(curve[seed] for curve in curves if math.isfinite(curve[seed])) for seed in last]
    end = sum(last.values()) / len(last)
    return (end if math.isfinite(end) else math.inf), sum(least) / len(least)


def _shown(loss: float) -> str:
    return f"{loss:>9.4g}" if math.isfinite(loss) else " diverged"
