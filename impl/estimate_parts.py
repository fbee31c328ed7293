"""The files by which runs of ``impl.estimate`` that know nothing of each other share the data of one problem.

A part is the sums over every n-th chunk of data, for one pass: under "DFA" there is one, under "FA" one for
each hidden layer, from the top, whose error signals need the feedback above. Parts of a pass merge by
addition: into the fit after the last pass, before it into a file that the parts of the next pass begin with.
"""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from feedback_proofs_io.shards import Shard, complete, shard
from impl import checkpoint, checks
from impl.estimate_checkpoint import Checkpoint, SoFar
from impl.kernels import Problem
from impl.least_squares import Sums
from impl.rule import turns

__all__ = ["Merged", "PartFiles", "merged", "own_rows"]

PART, RUN, PASSES = "part", "part-run", "passes"


def own_rows(data: int, chunk: int, part: Shard) -> list[slice]:
    """The chunks of data of a part; raises ``InvalidInput`` where there are fewer chunks than parts."""
    chunks = [slice(first, min(first + chunk, data)) for first in range(0, data, chunk)]
    enough = f"at most {len(chunks)} parts, as there are {data} data in chunks of {chunk}"
    checks.require(part.parts <= len(chunks), "--shard", part, enough)
    return list(part.of(chunks))


@dataclass(frozen=True, eq=False)
class PartFiles:
    """How a part of a problem begins, is kept while it runs, and is handed over; ``settings`` are those of
    the run in one piece.
    """

    problem: Problem
    data: int
    draws: int
    chunk: int
    part: Shard
    settings: Mapping[str, str]

    @classmethod
    def of(
        cls, problem: Problem, x: Tensor, y: Tensor, draws: int, chunk: int, part: Shard, ridge: float
    ) -> PartFiles:
        """The files of a part of these data."""
        settings = Checkpoint(Path(), problem, x, y, draws, ridge).settings
        return cls(problem, len(x), draws, chunk, part, settings)

    def begin(self, file: Path | None) -> SoFar:
        """What the passes before have fitted, from the file in which ``merged`` left it, if there is one.

        Raises ``InvalidInput`` where it is damaged or of another problem.
        """
        if file is None:
            return SoFar(0, [torch.zeros_like(B) for B in self.problem.feedback], {}, None)
        saved, like = checkpoint.read(file, PASSES, self.settings), self.problem.like
        tensors = {name: tensor.to(like.device) for name, tensor in saved.tensors.items()}
        turn = checks.whole(f"pass of {file}", saved.numbers.get("pass"), 1, len(self.problem.hidden))
        done = _done(self.problem.rule, len(self.problem.hidden), turn)
        names = {f"{name}{k}" for name in "SQ" for k in done}
        names |= {f"B{k}" for k in range(len(self.problem.hidden))}
        checks.require(names == set(tensors), f"the file {file}", "not whole", ", ".join(sorted(names)))
        fitted = [
            checks.stack(f"B{k} of {file}", tensors[f"B{k}"], B.shape, like.dtype)
            for k, B in enumerate(self.problem.feedback)
        ]
        samples = self.data * self.draws
        return SoFar(turn, fitted, {k: Sums(tensors[f"S{k}"], tensors[f"Q{k}"], samples) for k in done}, None)

    def of_pass(self, so_far: SoFar) -> dict[str, str]:
        """The settings of this part of a pass."""
        return {
            **self.settings,
            "chunk": str(self.chunk),
            "pass": str(so_far.turn),
            "feedback above": checkpoint.hashed(so_far.fitted),
            "shard": str(self.part),
        }

    def keep(self, file: Path, so_far: SoFar, count: int, data: int, sums: Sequence[Tensor]) -> None:
        """Write down the sums of the first ``data`` data of this part."""
        tensors = {f"sums{k}": total for k, total in enumerate(sums)}
        numbers = {"count": count, "data": data}
        checkpoint.write(file, RUN, checkpoint.Saved(self.of_pass(so_far), numbers, tensors))

    def kept(self, file: Path, so_far: SoFar) -> checkpoint.Saved:
        """What ``keep`` has written; raises ``InvalidInput`` as ``checkpoint.read`` does."""
        return checkpoint.read(file, RUN, self.of_pass(so_far))

    def write(self, file: Path, so_far: SoFar, count: int, sums: Sequence[Sums]) -> None:
        """Hand over a part that is done: its sums of the layers of this pass, and what was before."""
        layers = turns(self.problem.rule, len(self.problem.hidden))[so_far.turn]
        tensors = _tensors(so_far.fitted, so_far.sums)
        tensors |= {f"new {name}{k}": getattr(sums[k], name) for k in layers for name in "SQ"}
        settings, numbers = self.of_pass(so_far), {"count": count}
        checkpoint.write(file, PART, checkpoint.Saved(settings, numbers, tensors))


@dataclass(frozen=True, eq=False)
class Merged:
    """The sums of all parts of a pass: ``turn`` of ``passes`` are done, with the feedback they fit."""

    turn: int
    passes: int
    fitted: Sequence[Tensor]
    sums: Mapping[int, Sums]
    settings: Mapping[str, str]

    @property
    def B(self) -> list[Tensor]:
        """B-hat^2 ... B-hat^{N+1}, once all passes are done."""
        return [B[0] for B in self.fitted]

    def write(self, file: Path) -> None:
        """Leave it to the parts of the next pass."""
        tensors = _tensors(self.fitted, self.sums)
        checkpoint.write(file, PASSES, checkpoint.Saved(self.settings, {"pass": self.turn}, tensors))


def merged(files: Sequence[Path]) -> Merged:
    """All parts of a pass, added in their order.

    Raises ``InvalidInput`` for a file that is damaged, or whose settings are not those of the first, and
    ``Incomplete`` where not all parts are there once; OSError where a file cannot be read.
    """
    parts = [(*_read(file), file) for file in files]
    complete((part, file) for part, _, file in parts)
    parts.sort(key=lambda one: one[0])
    first = _common(parts[0][1])
    for _, saved, file in parts[1:]:
        checkpoint.same(f"the part {file}", _common(saved), first)
    data, chunk, draws, turn = (int(first[name]) for name in ("data", "chunk", "draws", "pass"))
    for part, saved, file in parts:
        own = draws * sum(rows.stop - rows.start for rows in own_rows(data, chunk, part))
        checks.require(
            saved.numbers.get("count") == own, f"count of {file}", saved.numbers.get("count"), str(own)
        )
    before = parts[0][1].tensors
    hidden = sum(name.startswith("B") for name in before)
    fitted = [before[f"B{k}"] for k in range(hidden)]
    passes, done = turns(first["rule"], hidden), _done(first["rule"], hidden, turn)
    sums = {k: Sums(before[f"S{k}"], before[f"Q{k}"], data * draws) for k in done}
    for k in passes[turn]:
        S, Q = (sum(saved.tensors[f"new {name}{k}"] for _, saved, _ in parts) for name in "SQ")
        sums[k] = Sums(torch.as_tensor(S), torch.as_tensor(Q), data * draws)
        fitted[k] = sums[k].solve(float(first["ridge"])).to(fitted[k].dtype)[None]
    settings = {name: first[name] for name in first if name not in ("chunk", "pass", "feedback above")}
    return Merged(turn + 1, len(passes), fitted, sums, settings)


def _read(file: Path) -> tuple[Shard, checkpoint.Saved]:
    """A part as it was handed over; raises ``InvalidInput`` for what is none."""
    saved = checkpoint.read(file, PART, None)
    try:
        part = shard(saved.settings["shard"])
        for name in ("data", "chunk", "draws", "pass"):
            int(saved.settings[name])
        float(saved.settings["ridge"]), saved.settings["rule"]
    except (ArgumentTypeError, KeyError, TypeError, ValueError) as error:
        checks.refuse(f"the part {file}", f"not whole ({error})", "a file that --shard wrote")
    return part, saved


def _common(saved: checkpoint.Saved) -> dict[str, str]:
    """What the parts of one pass agree in."""
    return {name: value for name, value in saved.settings.items() if name != "shard"}


def _done(rule: str, hidden: int, turn: int) -> list[int]:
    """The layers of the passes before: from the top."""
    return [k for chosen in turns(rule, hidden)[:turn] for k in chosen]


def _tensors(fitted: Sequence[Tensor], sums: Mapping[int, Sums]) -> dict[str, Tensor]:
    tensors = {f"B{k}": B for k, B in enumerate(fitted)}
    return tensors | {f"{name}{k}": getattr(one, name) for k, one in sums.items() for name in "SQ"}
