"""What a run of ``impl.estimate`` keeps on the disk, and goes on from.

That is the pass it is in and its sums so far, and of the passes before it the matrices and the sums that they
solve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from impl import checkpoint, checks
from impl.kernels import Problem
from impl.least_squares import Sums
from impl.rule import distinct, turns
from impl.stream import Stream, settings_of

__all__ = ["Checkpoint", "Part", "SoFar"]


@dataclass(frozen=True)
class Part:
    """A pass that is not over: the sums of its first ``data`` data."""

    count: int
    data: int
    sums: list[Tensor]


@dataclass(frozen=True)
class SoFar:
    """The pass a run is in, what the passes before it fitted, from which sums, and its own part."""

    turn: int
    fitted: list[Tensor]
    sums: dict[int, Sums]
    part: Part | None


class Checkpoint:
    """The file of a run, bound to everything that its sums depend on; not to how the work is split."""

    def __init__(self, file: Path, problem: Problem, x: Tensor, y: Tensor, draws: int, ridge: float) -> None:
        self.file, self.problem, self.samples = file, problem, len(x) * draws
        self.draws, self.rows = draws, len(x)
        before = {"ridge": repr(ridge), "data": str(len(x))}
        data = {"x": checkpoint.hashed([x]), "y": checkpoint.hashed([y])}
        self.settings = before | settings_of(problem, draws) | data

    def write(self, turn: int, fitted: Sequence[Tensor], sums: Mapping[int, Sums], stream: Stream) -> None:
        """Keep what a run has done."""
        tensors = {f"B{k}": B for k, B in enumerate(fitted)}
        tensors |= {f"sums{k}": total for k, total in enumerate(stream.totals.tensors)}
        tensors |= {f"{name}{k}": getattr(one, name) for k, one in sums.items() for name in "SQ"}
        numbers = {"pass": turn, "count": stream.count, "data": stream.data}
        checkpoint.write(self.file, "run", checkpoint.Saved(self.settings, numbers, tensors))

    def read(self) -> SoFar:
        """What the run before has done. Raises ``InvalidInput`` as ``impl.checkpoint.read`` does."""
        saved, problem = checkpoint.read(self.file, "run", self.settings), self.problem
        hidden = len(problem.hidden)
        passes, grams = turns(problem.rule, hidden), len(distinct(problem.rule, problem.widths[1:]))
        turn, count, data = (
            checks.whole(f"{name} of the checkpoint {self.file}", saved.numbers.get(name), low, high)
            for name, low, high in (
                ("pass", 0, len(passes)),
                ("count", 1, self.samples + 1),
                ("data", 1, self.rows + 1),
            )
        )
        together = f"{self.draws} for each of its {data} data"
        checks.require(count == data * self.draws, f"count of the checkpoint {self.file}", count, together)
        like, done = problem.like, [k for chosen in passes[:turn] for k in chosen]
        tensors = {name: tensor.to(like.device) for name, tensor in saved.tensors.items()}
        names = {
            *(f"{name}{k}" for name in "SQ" for k in done),
            *(f"B{k}" for k in range(hidden)),
            *(f"sums{k}" for k in range(hidden + grams)),
        }
        whole_file = names == set(tensors)
        checks.require(whole_file, f"the checkpoint {self.file}", "not whole", ", ".join(sorted(names)))
        fitted = [
            checks.stack(f"B{k} of the checkpoint {self.file}", tensors[f"B{k}"], B.shape, like.dtype)
            for k, B in enumerate(problem.feedback)
        ]
        sums = {k: Sums(tensors[f"S{k}"], tensors[f"Q{k}"], self.samples) for k in done}
        running = [tensors[f"sums{k}"] for k in range(len(names) - hidden - 2 * len(done))]
        return SoFar(turn, fitted, sums, Part(count, data, running))
