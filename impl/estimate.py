"""Estimate the feedback of a network by node perturbation, on one process or on many.

    python -m impl.estimate --widths 784-50-20-10 --data 4096 --draws 256
    torchrun --nproc-per-node 2 -m impl.estimate --input problem.npz --checkpoint run.pt --output B.npz

The data are cut into chunks of ``--chunk`` data; rank r of R takes the chunks r, r + R, ...; a round is one
chunk of each. Noise is a function of the datum's index, so the ranks together draw what one process draws,
and the sums S and Q are added with one all-reduce (gloo on the CPU, NCCL on CUDA devices) at each checkpoint
and at the end. A rank that dies ends the run with an error that names the last checkpoint; the same command,
on any number of ranks, goes on from there.

``--input`` is an .npz with arrays W1 ... W{N+1}, x (data, n_0), y (data, p); without it a random network of
``--widths`` and random data are made from ``--seed``. Under "FA" there is one pass over the data per hidden
layer.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path as File

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from impl import checks
from impl.activations import ACTIVATIONS
from impl.counter_noise import COUNTED_FAMILIES
from impl.feedback import RULES, feedback_shapes
from impl.kernels import PATHS, PRODUCTS, Problem
from impl.least_squares import Sums
from impl.losses import LOSSES
from impl.network import Network
from impl.stream import Stream, read_whole, write_whole

__all__ = ["Ranks", "estimate", "main"]

DTYPES = {"float32": torch.float32, "float64": torch.float64}


class Ranks:
    """This process among those of ``torchrun``; alone where there are none."""

    def __init__(self, device: str = "cpu", timeout: float = 300.0) -> None:
        self.size, self.rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
        self.device = torch.device("cpu")
        if device == "cuda":
            self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
            torch.cuda.set_device(self.device)
        if self.size > 1:
            backend = "nccl" if device == "cuda" else "gloo"
            dist.init_process_group(backend, timeout=timedelta(seconds=timeout))

    def add_up(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """The sum of each float64 tensor over the ranks, the same on all of them."""
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        if self.size > 1:
            dist.all_reduce(flat)
        parts = torch.split(flat, [tensor.numel() for tensor in tensors])
        return [part.view_as(tensor) for part, tensor in zip(parts, tensors, strict=True)]

    def close(self) -> None:
        """Leave the group."""
        if self.size > 1:
            dist.destroy_process_group()


def gather(stream: Stream, ranks: Ranks) -> None:
    """Add up the streams of all ranks: each then holds the whole sums."""
    count = torch.tensor([stream.count], dtype=torch.float64, device=ranks.device)
    *sums, total = ranks.add_up([*stream.totals.tensors, count])
    for mine, whole in zip(stream.totals.tensors, sums, strict=True):
        mine.copy_(whole)
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
) -> tuple[list[Tensor], dict[int, Sums]]:
    """B-hat^2 ... B-hat^{N+1}, and by their index the sums they solve, from the data of all ranks.

    Matrices of passes that were over when the run was resumed come without sums. Every rank has the whole x
    and y, and gets the result.

    A checkpoint is written every ``every`` rounds; where one exists already, the run goes on from it. Raises
    ``InvalidInput`` if it belongs to another problem.
    """
    hidden = len(problem.hidden)
    passes = hidden if problem.rule == "FA" else 1
    fitted, done, state = [torch.zeros_like(B) for B in problem.feedback], 0, None
    if checkpoint is not None and checkpoint.exists():
        fitted, done, state = _resume(checkpoint, fitted)
    sums: dict[int, Sums] = {}
    progress = _Progress(ranks, passes * len(x), draws)
    for turn in range(done, passes):
        stream = Stream(replace(problem, feedback=tuple(fitted)), draws, path=path, expected=len(x) * draws)
        if state is not None:
            stream.restore(state, f"the checkpoint {checkpoint}")
            progress.begin(turn * len(x) + stream.data)
            forget(stream, ranks)
            state = None
        at, rounds = stream.data, 0
        while at < len(x):
            mine = slice(at + ranks.rank * chunk, at + (ranks.rank + 1) * chunk)
            if mine.start < len(x):
                stream.add(x[mine], y[mine], mine.start)
            at, rounds = min(at + ranks.size * chunk, len(x)), rounds + 1
            progress.at(turn * len(x) + at)
            if checkpoint is not None and rounds % every == 0 and at < len(x):
                gather(stream, ranks)
                stream.data = at
                if ranks.rank == 0:
                    cpu = [B.cpu() for B in fitted]
                    write_whole(checkpoint, {"pass": turn, "fitted": cpu, "stream": stream.state()})
                progress.saved(checkpoint, at)
                forget(stream, ranks)
        gather(stream, ranks)
        whole = stream.sums()
        for k in [hidden - 1 - turn] if problem.rule == "FA" else range(hidden):
            sums[k] = whole[k]
            fitted[k] = whole[k].solve(ridge).to(fitted[k].dtype)[None]
    progress.end()
    return [B[0] for B in fitted], sums


def _resume(checkpoint: File, fitted: list[Tensor]) -> tuple[list[Tensor], int, object]:
    content = read_whole(checkpoint)
    if not isinstance(content, dict) or not {"pass", "fitted", "stream"} <= set(content):
        raise checks.InvalidInput(f"the checkpoint {checkpoint} is no estimate's; expected one that was.")
    shapes = [tuple(B.shape) for B in content["fitted"]]
    expected = [tuple(B.shape) for B in fitted]
    checks.require(shapes == expected, f"the checkpoint {checkpoint}", "of other widths", str(expected))
    return (
        [B.to(like) for B, like in zip(content["fitted"], fitted, strict=True)],
        int(content["pass"]),
        content["stream"],
    )


class _Progress:
    """Lines on standard error, by rank 0, at most one every two seconds."""

    def __init__(self, ranks: Ranks, data: int, draws: int) -> None:
        self.ranks, self.data, self.draws = ranks, data, draws
        self.first, self.start, self.last = 0, time.monotonic(), 0.0
        self.note = "no checkpoint was written"
        if ranks.size > 1:
            print(f"rank {ranks.rank} of {ranks.size}, process {os.getpid()}", file=sys.stderr, flush=True)

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
            print(line, file=sys.stderr, flush=True)


def problem_from(options: argparse.Namespace, device: torch.device) -> tuple[Problem, Tensor, Tensor]:
    """The problem and the data that the options describe."""
    dtype = DTYPES[options.dtype]
    if options.input is not None:
        with np.load(options.input, allow_pickle=False) as arrays:
            count = sum(name[:1] == "W" and name[1:].isdigit() for name in arrays.files)
            missing = [n for n in (*(f"W{k + 1}" for k in range(count)), "x", "y") if n not in arrays.files]
            checks.require(
                not missing, "--input", f"{options.input} without {', '.join(missing)}", "all of them"
            )
            tensors = [torch.from_numpy(arrays[f"W{k + 1}"]) for k in range(count)]
            x, y = torch.from_numpy(arrays["x"]), torch.from_numpy(arrays["y"])
    else:
        widths = [int(n) for n in options.widths.split("-")]
        source = torch.Generator().manual_seed(options.seed)
        tensors = [_normal(source, b, a) / a**0.5 for a, b in pairwise(widths)]
        x, y = (_normal(source, options.data, n) for n in (widths[0], widths[-1]))
    weights = tuple(W.to(device, dtype) for W in tensors)
    output = options.output_activation or options.activation
    network = Network(weights, (options.activation,) * (len(weights) - 1) + (output,), options.loss)
    zeros = [weights[0].new_zeros(shape) for shape in feedback_shapes(network, options.rule)]
    problem = Problem.of(
        network,
        zeros,
        c=options.c,
        rule=options.rule,
        family=options.family,
        seeds=options.seed,
        products=options.products,
    )
    return problem, *checks.data(
        x.to(device, dtype), y.to(device, dtype), network.widths[0], network.widths[-1], weights[0]
    )


def _normal(source: torch.Generator, rows: int, columns: int) -> Tensor:
    return torch.randn((rows, columns), generator=source, dtype=torch.float64)


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    found = argparse.ArgumentParser(
        prog="python -m impl.estimate", description=(__doc__ or "").split("\n\n")[0]
    )
    add = found.add_argument
    add("--input", type=File, help=".npz with W1, W2, ..., x and y")
    add("--widths", default="784-50-20-10", help="of a random network (default: %(default)s)")
    add("--data", type=int, default=1024, help="random data, without --input (default: %(default)s)")
    add("--draws", type=int, default=256, help="noise draws per datum (default: %(default)s)")
    add("--activation", choices=list(ACTIVATIONS), default="sigmoid")
    add("--output-activation", choices=list(ACTIVATIONS), help="if not that of the other layers")
    add("--loss", choices=list(LOSSES), default="mse")
    add("--rule", choices=RULES, default="FA")
    add("--family", choices=COUNTED_FAMILIES, default="rademacher")
    add("--c", type=float, default=1e-3, help="size of the noise (default: %(default)s)")
    add("--ridge", type=float, default=0.0, help="penalty beside the sums (default: %(default)s)")
    add("--seed", type=int, default=0)
    add("--path", choices=("auto", *PATHS), default="auto")
    add("--products", choices=PRODUCTS, default="full")
    add("--dtype", choices=list(DTYPES), default="float64")
    add("--device", choices=("cpu", "cuda"), default="cpu")
    add("--chunk", type=int, default=1024, help="data a rank takes at a time (default: %(default)s)")
    add("--checkpoint", type=File, help="written while running; gone on from if it exists")
    add("--every", type=int, default=16, help="rounds between checkpoints (default: %(default)s)")
    add(
        "--timeout", type=float, default=300.0, help="seconds to wait for another rank (default: %(default)s)"
    )
    add("--output", type=File, help=".npz for B2, B3, ... and the sums S2, Q2, ... they solve")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command: 0 when done, 1 when a rank was lost, 2 for a call that is wrong."""
    options = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _stopped)
    ranks = Ranks(options.device, options.timeout)
    try:
        for name in ("chunk", "every", "data", "draws"):
            checks.whole(f"--{name}", getattr(options, name), 1)
        problem, x, y = problem_from(options, ranks.device)
        B, sums = estimate(
            problem,
            x,
            y,
            options.draws,
            ranks,
            chunk=options.chunk,
            ridge=options.ridge,
            path=options.path,
            checkpoint=options.checkpoint,
            every=options.every,
        )
    except (checks.InvalidInput, OSError, ValueError) as error:
        print(f"impl.estimate: {error}", file=sys.stderr)
        return 2
    except (RuntimeError, _Stopped) as error:
        lost = ranks.size > 1 and (isinstance(error, _Stopped) or "path" not in str(error))
        reason = "another rank was lost, or the run was stopped" if lost else str(error)
        print(f"impl.estimate: {reason}; {_left(options.checkpoint)}.", file=sys.stderr, flush=True)
        os._exit(1)  # the process group may be past closing
    if ranks.rank == 0:
        for k, matrix in enumerate(B):
            gap = ""
            if options.rule == "FA":
                weight = problem.weights[k + 1][0]
                gap = f"   |W - B| / |W| = {((weight - matrix).norm() / weight.norm()).item():.3e}"
            print(f"B{k + 2} {tuple(matrix.shape)}{gap}")
        if options.output is not None:
            arrays = {f"B{k + 2}": matrix for k, matrix in enumerate(B)}
            arrays |= {f"S{k + 2}": one.S for k, one in sums.items()}
            arrays |= {f"Q{k + 2}": one.Q for k, one in sums.items()}
            np.savez(options.output, allow_pickle=False, **{k: v.cpu().numpy() for k, v in arrays.items()})
    ranks.close()
    return 0


class _Stopped(Exception):
    pass


def _stopped(*_: object) -> None:
    raise _Stopped("stopped")


def _left(checkpoint: File | None) -> str:
    if checkpoint is None or not checkpoint.exists():
        return "no checkpoint was written"
    return f"the last checkpoint is {checkpoint}: the same command goes on from it"


if __name__ == "__main__":
    sys.exit(main())
