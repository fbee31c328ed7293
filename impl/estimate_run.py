"""One estimate from many data, by one process or many, with checkpoints: what ``impl.estimate`` runs."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path as File

import torch
from torch import Tensor

from feedback_proofs_io.command import say
from feedback_proofs_io.held import held
from impl import checks
from impl.estimate_checkpoint import Checkpoint, SoFar
from impl.estimate_parts import PartFiles, own_rows
from impl.kernels import Problem
from impl.least_squares import Sums
from impl.ranks import Ranks
from impl.rule import turns
from impl.stream import Stream

__all__ = ["Stopped", "estimate", "estimate_part"]


class Stopped(Exception):
    """The run was asked to stop, and did; what it had done is in its checkpoint, if it has one."""


def gather(stream: Stream, ranks: Ranks) -> None:
    """Add up the streams of all ranks: each then holds the whole sums."""
    count = torch.tensor([stream.count], dtype=torch.float64, device=ranks.device)
    *sums, total = ranks.add_up([*stream.totals.tensors, count])
    for mine, of_all in zip(stream.totals.tensors, sums, strict=True):
        mine.copy_(of_all)
    stream.totals.count = int(total.item())


def forget(stream: Stream, ranks: Ranks) -> None:
    """Leave the whole sums to rank 0, so that adding up again counts them once."""
    if ranks.rank > 0:
        for total in stream.totals.tensors:
            total.zero_()
        stream.totals.count = 0


def estimate(
    problem: Problem,
    x: Tensor,
    y: Tensor,
    draws: int,
    ranks: Ranks,
    *,
    chunk: int = 1024,
    ridge: float = 0.0,
    path: str = "auto",
    checkpoint: File | None = None,
    every: int = 16,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[list[Tensor], dict[int, Sums]]:
    """B-hat^2 ... B-hat^{N+1}, and by their index the sums they solve, from the data of all ranks.

    Every rank has the whole x and y, and gets the result. A checkpoint is written every ``every`` rounds;
    where one exists already, the run goes on from it. ``stop()`` is asked after each round, of one process
    only: where it is true, a checkpoint is written and ``Stopped`` raised. Raises ``InvalidInput`` for
    arguments that do not fit, and for a checkpoint that is damaged or of other data or settings;
    ``held.InUse`` where another run works on it.
    """
    checks.instance("problem", problem, Problem)
    checks.require(problem.runs == 1, "problem", f"of {problem.runs} runs", "one")
    x, y = checks.data(x, y, problem.widths[0], problem.widths[-1], problem.like)
    draws, chunk, every = (
        checks.whole(name, value, 1, 2**32)
        for name, value in (("draws", draws), ("chunk", chunk), ("every", every))
    )
    ridge = checks.ridge_penalty(ridge)
    if checkpoint is None:
        return _passes(problem, x, y, draws, ranks, chunk, ridge, path, None, every, stop)
    file = File(checks.path("checkpoint", checkpoint))
    with held(file) if ranks.rank == 0 else contextlib.nullcontext():
        return _passes(problem, x, y, draws, ranks, chunk, ridge, path, file, every, stop)


def _passes(
    problem: Problem,
    x: Tensor,
    y: Tensor,
    draws: int,
    ranks: Ranks,
    chunk: int,
    ridge: float,
    path: str,
    file: File | None,
    every: int,
    stop: Callable[[], bool],
) -> tuple[list[Tensor], dict[int, Sums]]:
    passes = turns(problem.rule, len(problem.hidden))
    kept = None if file is None else Checkpoint(file, problem, x, y, draws, ridge)
    so_far = SoFar(0, [torch.zeros_like(B) for B in problem.feedback], {}, None)
    if kept is not None and kept.file.exists():
        so_far = kept.read()
    fitted, sums, part = so_far.fitted, so_far.sums, so_far.part
    progress = _Progress(ranks, len(passes) * len(x), draws)
    for turn, chosen in list(enumerate(passes))[so_far.turn :]:
        stream = Stream(replace(problem, feedback=tuple(fitted)), draws, path=path, expected=len(x) * draws)
        if part is not None:
            stream.refill(part.count, part.data, part.sums, f"the checkpoint {file}")
            progress.begin(turn * len(x) + stream.data)
            forget(stream, ranks)
            part = None
        at, rounds = stream.data, 0
        while at < len(x):
            mine = slice(at + ranks.rank * chunk, at + (ranks.rank + 1) * chunk)
            if mine.start < len(x):
                stream.add(x[mine], y[mine], mine.start)
            at, rounds = min(at + ranks.size * chunk, len(x)), rounds + 1
            progress.at(turn * len(x) + at)
            stopping = at < len(x) and ranks.size == 1 and stop()
            if kept is not None and at < len(x) and (rounds % every == 0 or stopping):
                gather(stream, ranks)
                stream.data = at
                if ranks.rank == 0:
                    kept.write(turn, fitted, sums, stream)
                progress.saved(kept.file, at)
                forget(stream, ranks)
            if stopping:
                raise Stopped("the run was stopped")
        gather(stream, ranks)
        of_pass = stream.sums()
        for k in chosen:
            sums[k] = of_pass[k]
            fitted[k] = of_pass[k].solve(ridge).to(fitted[k].dtype)[None]
    progress.end()
    return [B[0] for B in fitted], sums


def estimate_part(
    files: PartFiles,
    x: Tensor,
    y: Tensor,
    output: File,
    ranks: Ranks,
    *,
    after: File | None = None,
    path: str = "auto",
    checkpoint: File | None = None,
    every: int = 16,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[int, int]:
    """Write the sums of a part of the data to ``output``; which pass they are of, from 0, and of how many
    samples.

    ``after`` is what was merged of the passes before. For the rest, and for what is raised, see `estimate`.
    """
    so_far = files.begin(after)
    with contextlib.nullcontext() if checkpoint is None else held(checkpoint):
        chunks = own_rows(len(x), files.chunk, files.part)
        whole = len(x) * files.draws
        problem = replace(files.problem, feedback=tuple(so_far.fitted))
        stream = Stream(problem, files.draws, path=path, expected=whole)
        progress, done = _Progress(ranks, sum(rows.stop - rows.start for rows in chunks), files.draws), 0
        if checkpoint is not None and checkpoint.exists():
            saved, origin = files.kept(checkpoint, so_far), f"the checkpoint {checkpoint}"
            stream.refill(saved.numbers.get("count"), 0, list(saved.tensors.values()), origin)
            done = checks.whole(f"data of {origin}", saved.numbers.get("data"), 1, progress.data + 1)
            together = f"{files.draws} for each of its {done} data"
            checks.require(stream.count == done * files.draws, f"count of {origin}", stream.count, together)
            progress.begin(done)
        at = 0
        for number, rows in enumerate(chunks, 1):
            at += rows.stop - rows.start
            if at <= done:
                continue
            stream.add(x[rows], y[rows], rows.start)
            progress.at(at)
            stopping = number < len(chunks) and stop()
            if checkpoint is not None and number < len(chunks) and (number % every == 0 or stopping):
                files.keep(checkpoint, so_far, stream.count, at, stream.totals.tensors)
                progress.saved(checkpoint, at)
            if stopping:
                raise Stopped("the run was stopped")
        files.write(output, so_far, stream.count, stream.sums())
    progress.end()
    return so_far.turn, stream.count


class _Progress:
    """Lines on standard error, by rank 0, at most one every two seconds."""

    def __init__(self, ranks: Ranks, data: int, draws: int) -> None:
        self.ranks, self.data, self.draws = ranks, data, draws
        self.first, self.start, self.last = 0, time.monotonic(), 0.0
        self.note = "no checkpoint was written"
        if ranks.size > 1:
            say(f"rank {ranks.rank} of {ranks.size}, process {os.getpid()}")

    def begin(self, done: int) -> None:
        """The run goes on from a checkpoint."""
        self.first = done
        self._say(f"going on from the checkpoint: {done} of {self.data} data done")

    def at(self, done: int) -> None:
        """So many data are done, all passes counted."""
        now = time.monotonic()
        if now - self.last >= 2.0:
            rate = (done - self.first) * self.draws / max(now - self.start, 1e-9)
            self._say(f"{done} of {self.data} data ({100 * done / self.data:.0f} %), {rate:.3g} samples/s")
            self.last = now

    def saved(self, file: File, at: int) -> None:
        """A checkpoint was written."""
        self.note = f"the last checkpoint, {file}, holds the first {at} data of its pass"
        self._say(f"checkpoint: {at} data of this pass, in {file}")

    def end(self) -> None:
        """All is done."""
        self._say(f"{self.data} of {self.data} data in {time.monotonic() - self.start:.1f} s")

    def _say(self, line: str) -> None:
        if self.ranks.rank == 0:
            say(line)
