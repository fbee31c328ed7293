"""Counted work: what one step asks of torch, which is the same on every machine and at any load.

    python -m benchmarks.counts             compare with what is stored for this version of torch
    python -m benchmarks.counts --record    store what is counted now

Counted is a step on the eager path, since a compiled step hides its operators, after a first one that makes
the buffers it keeps. The tensors are fake: torch works out shapes, kinds and sizes, and computes nothing.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

from benchmarks.cases import SHAPES, Model, Shape
from benchmarks.stored_json import Damaged, read_stored
from feedback_proofs_io import whole
from feedback_proofs_io.command import Parser, ended, show
from impl.kernels import Batch, Totals, open_path
from impl.kernels.problem import DOUBLE

__all__ = ["Work", "count", "counted", "minimal_bytes", "minimal_flops", "stored", "stored_in"]

STORED = Path(__file__).parent / "stored"

IN_PLACE = {"addmm_": "addmm", "baddbmm_": "baddbmm"}
"""torch.utils.flop_counter knows the operators on the right; these do the same and are counted like them."""


@dataclass(frozen=True)
class Work:
    """``flops`` of products, operators by name, and the tensors that operators made for their results."""

    flops: int
    operators: Mapping[str, int]
    allocations: int
    bytes: int

    @property
    def operator_count(self) -> int:
        """All of them, views included: each costs its dispatch."""
        return sum(self.operators.values())


def differences(found: Work, expected: Work) -> list[str]:
    """One line for each figure that is not what was expected; empty if none is."""
    numbers = [(name, getattr(found, name), getattr(expected, name)) for name in FIGURES]
    names = sorted({*found.operators, *expected.operators})
    numbers += [(name, found.operators.get(name, 0), expected.operators.get(name, 0)) for name in names]
    return [f"{name}: {now:,} instead of {then:,}" for name, now, then in numbers if now != then]


FIGURES = ("flops", "operator_count", "allocations", "bytes")


@dataclass
class _Tally:
    flops: int = 0
    operators: Counter[str] = field(default_factory=Counter)
    allocations: int = 0
    bytes: int = 0


class _Counter(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch has no types there
    """Sees every operator that is dispatched, with its arguments and results."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.tally = _Tally()

    def __torch_dispatch__(
        self, operator: Any, _types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = kwargs or {}
        result = operator(*args, **given)
        if operator.namespace == "prim":  # questions of fake tensors, such as where they are
            return result
        tally = self.tally
        tally.operators[str(operator).removeprefix("aten.")] += 1
        known = {tensor.untyped_storage()._cdata for tensor in _tensors((args, given))}
        for tensor in _tensors(result):
            if tensor.untyped_storage()._cdata not in known:
                tally.allocations += 1
                tally.bytes += tensor.untyped_storage().nbytes()
        tally.flops += _flops(operator, args, given, result)
        return result


def _tensors(tree: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]


def _flops(operator: Any, args: tuple[Any, ...], given: dict[str, Any], result: Any) -> int:
    packet = operator._overloadpacket
    if packet.__name__ in IN_PLACE:
        packet = getattr(torch.ops.aten, IN_PLACE[packet.__name__])
    formula = flop_registry.get(packet)
    return 0 if formula is None else int(formula(*args, **given, out_val=result))


@contextmanager
def counted() -> Iterator[Callable[[], Work]]:
    """A context whose value gives the work done in it so far."""
    with _Counter() as counter:
        tally = counter.tally
        yield lambda: Work(tally.flops, dict(tally.operators), tally.allocations, tally.bytes)


def count(shape: Shape, fake: bool = True) -> Work:
    """The work of a second step of a shape on the eager path, from fake tensors or real ones."""
    model, mode = Model(shape), FakeTensorMode()
    problem, x, y = model.problem(), model.x, model.y
    if fake:
        weights, feedback = (tuple(map(mode.from_tensor, w)) for w in (problem.weights, problem.feedback))
        problem = replace(problem, weights=weights, feedback=feedback)
        x, y = mode.from_tensor(x), mode.from_tensor(y)
    with mode if fake else nullcontext():
        path, totals = open_path(problem, "eager"), Totals(problem)
        batch = Batch(x, y, draws=shape.draws)
        path.accumulate(batch, totals)
        with counted() as work:
            path.accumulate(batch, totals)
    return work()


def minimal_flops(shape: Shape) -> int:
    """Two for each multiplication of the estimator's products, in closed form: the floor in ``ratios``.

    Per datum: the clean pass, the feedback from the top down to layer 2, and S and Q of every hidden layer.
    Per sample: the perturbed pass from layer 2 up, since noise enters behind layer 1. (Of a wide Q, which is
    symmetric, the kernels do less: see ``impl.kernels.plan.STRIP``.)
    """
    n, top = shape.widths, len(shape.widths) - 1
    clean = sum(n[i] * n[i - 1] for i in range(1, top + 1))
    perturbed = sum(n[i] * n[i - 1] for i in range(2, top + 1))
    feedback = sum(n[i] * n[i + 1] for i in range(2, top))
    sums = sum(n[i + 1] * (n[i] + n[i + 1]) for i in range(1, top))
    return 2 * (shape.data * (clean + feedback + sums) + shape.samples * perturbed)


def minimal_bytes(shape: Shape) -> int:
    """What has to move between memory and processor in a step, if all that is in between stays in caches.

    The data, W of every layer and the B that error signals are made with are read, S and Q read and written:
    as float32, or float64 where ``Totals`` keeps them so. Noise is made from counters.
    """
    n, top = shape.widths, len(shape.widths) - 1
    read = sum(n[i] * n[i - 1] for i in range(1, top + 1)) + sum(n[i] * n[i + 1] for i in range(2, top))
    sums = [n[i + 1] * width for i in range(1, top) for width in (n[i], n[i + 1])]
    both_ways = sum(2 * size * (8 if size <= DOUBLE else 4) for size in sums)
    return 4 * (read + shape.data * (n[0] + n[-1])) + both_ways


def stored_in() -> Path:
    """The file for this version of torch, by its first two numbers."""
    version = ".".join(torch.__version__.split(".")[:2])
    return STORED / f"counts-torch-{version}.json"


def stored() -> dict[str, Work]:
    """What is stored for this version of torch, by the name of the shape; empty where nothing is.

    Raises ``Damaged`` for a file that is not one of ``record``.
    """
    return {name: _work(work) for name, work in read_stored(stored_in(), {}, _are_works).items()}


def _are_works(content: object) -> bool:
    return isinstance(content, dict) and all(
        isinstance(work, dict) and {f.name for f in fields(Work)} == set(work) for work in content.values()
    )


def _work(work: Any) -> Work:
    return Work(**work)


def record() -> None:
    """Store what is counted now for this version of torch."""
    whole.prepare(stored_in())
    works = {name: asdict(count(shape)) for name, shape in SHAPES.items()}
    whole.write(stored_in(), json.dumps(works, indent=1, sort_keys=True) + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the counts, and what differs from those stored; 1 if anything does."""
    parser = Parser(prog="python -m benchmarks.counts")
    parser.add_argument("--record", action="store_true", help="store what is counted now")
    name = "python -m benchmarks.counts"
    return ended(name, lambda: _run(parser.parse_args(arguments).record), (Damaged,))


def _run(recording: bool) -> int:
    if recording:
        record()
    known, wrong = stored(), False
    head = f"{'case':5}{'flops':>16}{'operators':>11}{'allocations':>13}{'bytes':>16}"
    show(f"{head}{'least: flops':>16}{'bytes':>16}")
    for name, shape in SHAPES.items():
        work = count(shape)
        done = f"{work.flops:16,}{work.operator_count:11,}{work.allocations:13,}{work.bytes:16,}"
        show(f"{name:5}{done}{minimal_flops(shape):16,}{minimal_bytes(shape):16,}")
        changed = differences(work, known[name]) if name in known else ["nothing is stored"]
        wrong = wrong or bool(changed)
        for line in changed:
            show(f"      {line}")
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
