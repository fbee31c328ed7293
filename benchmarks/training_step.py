"""`python -m benchmarks.training_step`: an update of many runs, beside its bare products and plain PyTorch.

The work is figure 2's (784-50-20-10, seven methods of five seeds) and figure 3's (the autoencoder, six runs
of node perturbation), minibatches of 32, float32, one thread. A step is all of an update: the minibatch
gathered, noise drawn, the passes, the updates of W and B. Beside it, timed in turn:

    products    the matrix products of these updates and nothing else, all runs in one product where they
                share a factor; inputs that are zero in the whole minibatch are left out where that is less
    plain       the same updates in plain PyTorch, one run after the other, as one writes them

The images are drawn so that as many pixels are zero as in MNIST; no file is needed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from benchmarks.machine import machine
from benchmarks.plain_step import plain
from feedback_proofs_io.command import Parser, ended, integer, show
from impl import InvalidInput
from impl.learning import (
    SGD,
    Architecture,
    Method,
    Normalised,
    Perturbation,
    Runs,
    Transported,
    advance,
    backpropagation,
    feedback_alignment,
    node_perturbation,
    surprise_rule,
)

__all__ = [
    "WORKS",
    "StepWork",
    "beside_plain",
    "beside_products",
    "images",
    "main",
    "products",
    "ratio",
    "steps",
]

BATCH = 32
IMAGES = 2000


@dataclass(frozen=True)
class StepWork:
    """Methods of so many seeds each that learn together; an autoencoder's targets are its inputs."""

    architecture: Architecture
    methods: dict[str, Method]
    seeds: int

    @property
    def runs(self) -> Runs:
        """All runs on one axis."""
        return Runs(self.architecture, tuple(self.methods.values()), tuple(range(self.seeds)))

    @property
    def count(self) -> int:
        """How many runs there are."""
        return len(self.methods) * self.seeds


RATE, SCALES = SGD(4e-4), (1e-4, 1e-3, 1e-2, 1e-1)
WORKS = {
    "figure 2": StepWork(
        Architecture((784, 50, 20, 10), ("sigmoid", "sigmoid", "identity")),
        {
            "backpropagation": backpropagation(RATE),
            "feedback alignment": feedback_alignment(RATE),
            **{
                f"node perturbation {c:g}": node_perturbation(RATE, 5e-4, Perturbation(c, "gaussian"))
                for c in SCALES
            },
            "surprise": surprise_rule(RATE, Normalised(1.0), Perturbation(1e-6)),
        },
        5,
    ),
    "autoencoder": StepWork(
        Architecture((784, 200, 2, 200, 784), ("tanh", "identity", "tanh", "relu")),
        {"node perturbation": node_perturbation(SGD(1e-4), 8e-6, Perturbation(0.018942, "gaussian"))},
        6,
    ),
}


def images(work: StepWork, seed: int = 0) -> tuple[Tensor, Tensor]:
    """x (IMAGES, 784), y: 19 % of the pixels are not zero, and in 32 images together 58 %, as in MNIST.

    A pixel is not zero with a probability that falls with its distance from the middle.
    """
    source = torch.Generator().manual_seed(seed)
    side = torch.linspace(-1, 1, 28)
    distance = (side[:, None].square() + side.square()).sqrt().flatten()
    chance = (0.65 * (1 - (distance / 0.9).square())).clamp(min=0)
    x = torch.rand(IMAGES, 784, generator=source) * (torch.rand(IMAGES, 784, generator=source) < chance)
    classes = torch.randint(work.architecture.widths[-1], (IMAGES,), generator=source)
    y = torch.eye(work.architecture.widths[-1])[classes]
    return x, x if work.architecture.widths[-1] == 784 else y


def rows(updates: int) -> Tensor:
    """The rows of so many minibatches."""
    return torch.arange(updates * BATCH).remainder(IMAGES).view(updates, BATCH)


def steps(work: StepWork, updates: int, path: str | None = None) -> Callable[[], None]:
    """So many updates of all runs."""
    runs, (x, y) = work.runs, images(work)
    state, chosen = runs.start(), rows(updates)

    def run() -> None:
        advance(runs, state, x, y, chosen, path=path)

    run()
    return run


def products(work: StepWork, left_out: bool) -> Callable[[], None]:
    """The products of one update of all runs, into kept outputs.

    Forward and the gradient of W for all runs, errors down for all; where there is noise the perturbed pass
    and B's update. With ``left_out``, of W^1 the columns that meet zeros alone are left out; copying them is
    not counted.
    """
    widths, count = work.architecture.widths, work.count
    perturbed = work.seeds * sum(method.perturbation is not None for method in work.methods.values())
    x, _ = images(work)
    h = torch.cat([x[:BATCH], torch.ones(BATCH, 1)], 1).T
    inputs = h[(h != 0).any(1)].contiguous() if left_out else h.contiguous()
    first = torch.ones(count * widths[1], len(inputs))
    errors = torch.ones(count * widths[1], BATCH)
    calls: list[tuple[Tensor, Tensor, Tensor]] = []

    def add(runs: int, m: int, k: int, n: int, transposed: str = "") -> None:
        left = torch.ones(runs, k, m).mT if "l" in transposed else torch.ones(runs, m, k)
        right = torch.ones(runs, n, k).mT if "r" in transposed else torch.ones(runs, k, n)
        calls.append((left, right, torch.empty(runs, m, n)))

    for n, m in pairwise(widths[1:]):
        add(count, m, n + 1, BATCH)
        add(count, n, m, BATCH, "l")
        add(count, m, BATCH, n + 1, "r")
        add(perturbed, m, n, BATCH)
        add(perturbed, m, BATCH, n, "r")
    outputs = torch.empty(count * widths[1], BATCH), torch.empty_like(first)

    def run() -> None:
        torch.mm(first, inputs, out=outputs[0])
        torch.mm(errors, inputs.T, out=outputs[1])
        for left, right, out in calls:
            torch.bmm(left, right, out=out)

    return run


def plain_steps(work: StepWork, label: str, updates: int) -> Callable[[], None]:
    """So many updates of one run of a method in plain PyTorch, gathering and noise counted."""
    method, architecture = work.methods[label], work.architecture
    (x, y), chosen = images(work), rows(updates)
    state = Runs(architecture, (method,), (0,)).start()
    weights = [W[0, :, :-1].contiguous() for W in state.weights]
    biases = [W[0, :, -1].contiguous() for W in state.weights]
    transported = isinstance(method.feedback, Transported)
    feedback = weights[1:] if transported else [B[0].contiguous() for B in state.feedback]
    hidden = architecture.hidden if method.perturbation is not None else ()
    gaussian = method.perturbation is not None and method.perturbation.law == "gaussian"

    def draw(n: int) -> Tensor:
        return torch.randn(BATCH, n) if gaussian else torch.randint(2, (BATCH, n)).float() * 2 - 1

    def run() -> None:
        for one in chosen:
            noise = [draw(n) for n in hidden]
            plain(architecture, method, weights, biases, feedback, x[one], y[one], noise)

    run()
    return run


def timed(functions: Mapping[str, tuple[Callable[[], None], int]], rounds: int) -> dict[str, float]:
    """The microseconds of an update of each: the medians of rounds in which all are called in turn.

    Beside each function is the number of updates that a call of it makes; twenty are timed at least.
    """
    seconds: dict[str, list[float]] = {label: [] for label in functions}
    for _ in range(rounds):
        for label, (function, updates) in functions.items():
            times = -(-20 // updates)
            began = time.perf_counter()
            for _ in range(times):
                function()
            seconds[label].append((time.perf_counter() - began) / times / updates)
    return {label: 1e6 * statistics.median(found) for label, found in seconds.items()}


def beside_products(work: StepWork, updates: int, rounds: int) -> dict[str, float]:
    """The microseconds of an update, of its products, and of those with zero columns left out."""
    return timed(
        {
            "step": (steps(work, updates), updates),
            "products": (products(work, False), 1),
            "products, zero columns left out": (products(work, True), 1),
        },
        rounds,
    )


def ratio(found: Mapping[str, float]) -> float:
    """The step over the lesser of its products."""
    return found["step"] / min(value for label, value in found.items() if label.startswith("products"))


def beside_plain(work: StepWork, updates: int, rounds: int) -> dict[str, float]:
    """How often the time of an update of one run in plain PyTorch is that of one run in the step."""
    functions = {label: (plain_steps(work, label, 20), 20) for label in work.methods}
    found = timed({"step": (steps(work, updates), updates), **functions}, rounds)
    step = found.pop("step") / work.count
    return {label: value / step for label, value in found.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; exit codes 0, or 2 for a wrong call."""
    parser = Parser("python -m benchmarks.training_step", "An update of many runs, timed.")
    parser.add_argument("--updates", type=integer(1, 100_000), default=100, metavar="N", help="of a call")
    parser.add_argument("--rounds", type=integer(1, 1000), default=9, metavar="N", help="default: 9")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return ended("benchmarks.training_step", lambda: _run(parser.parse_args(arguments)), (InvalidInput,))


def _run(options: argparse.Namespace) -> int:
    torch.set_num_threads(1)
    found = {}
    for name, work in WORKS.items():
        times = beside_products(work, options.updates, options.rounds)
        plainly = beside_plain(work, options.updates, options.rounds)
        found[name] = {
            "runs": work.count,
            "updates a second": round(1e6 / times["step"]),
            "step / products": round(ratio(times), 3),
            "microseconds of an update": {label: round(value, 1) for label, value in times.items()},
            "plain / step, a run": {label: round(value, 1) for label, value in plainly.items()},
        }
    show(json.dumps({"machine": machine(), "works": found}, indent=1) if options.json else _table(found))
    return 0


def _table(found: Mapping[str, Mapping[str, object]]) -> str:
    lines = []
    for name, one in found.items():
        lines.append(
            f"{name}, {one['runs']} runs: {one['updates a second']} updates a second, each of all runs"
        )
        for part, values in one.items():
            if isinstance(values, dict):
                lines += [f"  {part}", *(f"    {label:34}{value:10.1f}" for label, value in values.items())]
        lines.append(f"  {'step / products':36}{one['step / products']:10.2f}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
