"""Estimate the feedback of a network by node perturbation, on one process or on many.

    python -m impl.estimate --widths 784-50-20-10 --data 4096 --draws 256
    torchrun --nproc-per-node 2 -m impl.estimate --input problem.npz --checkpoint run.pt --output B.npz

The data are cut into chunks of ``--chunk`` data; rank r of R takes the chunks r, r + R, ...; a round is one
chunk of each. Noise is a function of the datum's index, so the ranks together draw what one process draws,
and the sums S and Q are added with one all-reduce (gloo on the CPU, NCCL on CUDA devices) at each checkpoint
and at the end. A rank that dies ends the run with an error that names the last checkpoint; the same command,
on any number of ranks, goes on from there. A checkpoint is bound to data and settings: with others it is
refused, and while one run works on it, another is.

``--shard k/n`` needs no process group: it writes the sums of every n-th chunk, from the k-th on, to
``--output``, and ``python -m impl.estimate merge PART ... --output FILE`` adds those of all n parts, from
whatever machines. That is the fit; but under "FA" each pass has parts of its own: merged before the last
pass, FILE is what the parts of the next one begin ``--after``.

``--input`` is an .npz with arrays W1 ... W{N+1}, x (data, n_0), y (data, p), float32 or float64, which are
taken to ``--dtype``; without it a random network of ``--widths`` and random data are made from ``--seed``.
Under "FA" there is one pass over the data per hidden layer. ``--output`` is written under exactly that name,
whole or not at all.

Exit codes: 0 done; 1 a rank was lost, or the run was stopped by SIGTERM; 2 the call is wrong, or a file
cannot be read or written; 3 the command itself broke; 130 interrupted. One process with ``--checkpoint`` that
is interrupted or stopped finishes its round first, and writes it down; asked again, it ends at once.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path as File

import numpy as np
import torch
from torch import Tensor

from feedback_proofs_io import whole
from feedback_proofs_io.command import INTERRUPTED, Mistake, Parser, ended, say, show
from feedback_proofs_io.shards import Incomplete, Shard, shard
from impl import checks
from impl.activations import ACTIVATIONS
from impl.counter_noise import COUNTED_FAMILIES
from impl.estimate_input import DTYPES, problem_from, widths_of
from impl.estimate_parts import PartFiles, merged, own_rows
from impl.estimate_run import Stopped, estimate, estimate_part
from impl.kernels import PATHS, PRODUCTS, Problem, open_path
from impl.least_squares import Sums
from impl.losses import LOSSES
from impl.ranks import LONGEST_WAIT, Ranks, place
from impl.rule import RULES, direct, turns

__all__ = ["Ranks", "Stopped", "estimate", "main"]


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    paragraphs = (__doc__ or "").split("\n\n")
    found = Parser(prog="python -m impl.estimate", description=paragraphs[0], epilog=paragraphs[-1])
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
    add("--shard", type=shard, metavar="k/n", help="sum up the k-th of n parts of the data, into --output")
    add("--after", type=File, help="what was merged of the parts of the passes before")
    return found


def merging() -> argparse.ArgumentParser:
    """The options of merge."""
    found = Parser(prog="python -m impl.estimate merge", description="Add the sums of all parts of a pass.")
    found.add_argument("parts", nargs="+", type=File, metavar="PART", help="what --shard wrote")
    found.add_argument(
        "--output", type=File, required=True, help="the fit, or what the next pass begins with"
    )
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit codes are those above."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    wrong = (checks.InvalidInput, OSError, Incomplete)
    if words[:1] == ["merge"]:
        return ended("impl.estimate", lambda: _merge(merging().parse_args(words[1:])), wrong)
    return ended("impl.estimate", lambda: _run(parser().parse_args(words)), wrong)


def _run(options: argparse.Namespace) -> int:
    _check(options)
    size, rank, _ = place()
    _check_part(options, size)
    _prepare(options, rank)
    with _signals(options.checkpoint is not None and size == 1) as asked:
        try:
            ranks = Ranks(options.device, options.timeout)
            problem, x, y = problem_from(options, ranks.device)
            _can_run(problem, options)
            if options.shard is not None:
                _part(options, problem, x, y, ranks, lambda: bool(asked))
                ranks.close()
                return 0
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
                stop=lambda: bool(asked),
            )
        except (KeyboardInterrupt, Stopped) as error:
            interrupted = isinstance(error, KeyboardInterrupt) or signal.SIGINT in asked
            reason = "interrupted" if interrupted else "the run was stopped"
            return _ends(options, size, reason, INTERRUPTED if interrupted else 1)
        except RuntimeError:
            if size == 1:
                raise  # no other rank can be the reason
            return _ends(options, size, "another rank was lost, or the run was stopped", 1)
        if ranks.rank == 0:
            _report(options, problem, B, sums)
        ranks.close()
    return 0


def _check(options: argparse.Namespace) -> None:
    """Numbers that no run can have are refused before there is any work."""
    for name in ("chunk", "every", "data", "draws"):
        checks.whole(f"--{name}", getattr(options, name), 1, 2**32)
    checks.whole("--seed", options.seed, 0, 2**32)
    checks.noise_scale(options.c, "--c")
    checks.ridge_penalty(options.ridge, "--ridge")
    expected = f"seconds above 0 and up to {LONGEST_WAIT:g}"
    seconds = checks.number("--timeout", options.timeout, expected)
    checks.require(0 < seconds <= LONGEST_WAIT, "--timeout", repr(seconds), expected)
    if options.input is None:
        widths_of(options.widths)
    here = options.device == "cpu" or torch.cuda.is_available()
    checks.require(here, "--device", "'cuda'", "'cpu', as there is no CUDA device here")


def _check_part(options: argparse.Namespace, size: int) -> None:
    """What a part needs, and what only a part can have."""
    if options.shard is None:
        if options.after is not None:
            raise Mistake("--after is for parts: give --shard too")
        return
    if options.output is None:
        raise Mistake("--shard needs --output, the file of the part")
    checks.require(size == 1, "--shard", f"{options.shard} for one of {size} processes", "one process")


def _prepare(options: argparse.Namespace, rank: int) -> None:
    """See that what will be written can be, before the work; raises ``whole.CannotWrite``."""
    files = [(f"--{name}", getattr(options, name)) for name in ("input", "after", "checkpoint", "output")]
    whole.apart((name, file) for name, file in files if file is not None)
    for _, file in files[2:]:
        if file is not None and rank == 0:
            whole.prepare(file, folders=False)


def _can_run(problem: Problem, options: argparse.Namespace) -> None:
    """A path that is asked for by name must be one that can run here."""
    if options.path != "auto":
        try:
            open_path(problem, options.path)
        except RuntimeError as error:
            raise checks.InvalidInput(f"--path is {options.path!r}; {error}.") from error


def _part(
    options: argparse.Namespace,
    problem: Problem,
    x: Tensor,
    y: Tensor,
    ranks: Ranks,
    stop: Callable[[], bool],
) -> None:
    """Sum up a part of the data, and say of what it is."""
    part: Shard = options.shard
    own_rows(len(x), options.chunk, part)
    turn, samples = estimate_part(
        PartFiles.of(problem, x, y, options.draws, options.chunk, part, options.ridge),
        x,
        y,
        options.output,
        ranks,
        after=options.after,
        path=options.path,
        checkpoint=options.checkpoint,
        every=options.every,
        stop=stop,
    )
    passes = len(turns(problem.rule, len(problem.hidden)))
    show(f"part {part} of pass {turn + 1} of {passes}: {samples} samples, in {options.output}")


def _merge(options: argparse.Namespace) -> int:
    """Add parts; the exit code."""
    for part in options.parts:
        whole.apart([("PART", part), ("--output", options.output)])
    whole.prepare(options.output, folders=False)
    found = merged(options.parts)
    if found.turn < found.passes:
        found.write(options.output)
        done = f"pass {found.turn} of {found.passes} is merged"
        show(f"{done}: the parts of the next one begin --after {options.output}")
        return 0
    _write(options.output, found.B, found.sums)
    for k, matrix in enumerate(found.B):
        show(f"B{k + 2} {tuple(matrix.shape)}")
    return 0


def _report(
    options: argparse.Namespace, problem: Problem, B: Sequence[Tensor], sums: Mapping[int, Sums]
) -> None:
    """Write the result, where that is asked for, and print a line for each matrix."""
    if options.output is not None:
        _write(options.output, B, sums)
    for k, matrix in enumerate(B):
        gap = ""
        if not direct(options.rule):  # B stands for W
            weight = problem.weights[k + 1][0]
            gap = f"   |W - B| / |W| = {((weight - matrix).norm() / weight.norm()).item():.3e}"
        show(f"B{k + 2} {tuple(matrix.shape)}{gap}")


def _write(file: File, B: Sequence[Tensor], sums: Mapping[int, Sums]) -> None:
    """The fit as an .npz."""
    arrays = {f"B{k + 2}": matrix for k, matrix in enumerate(B)}
    arrays |= {f"S{k + 2}": one.S for k, one in sums.items()}
    arrays |= {f"Q{k + 2}": one.Q for k, one in sums.items()}
    found = {name: array.cpu().numpy() for name, array in arrays.items()}
    whole.write_with(file, lambda out: np.savez(out, allow_pickle=False, **found))


@contextlib.contextmanager
def _signals(patient: bool) -> Iterator[list[int]]:
    """The signals that have asked the run to end, as they come: by Ctrl-C, or SIGTERM.

    Each raises, in the middle of the work, ``KeyboardInterrupt`` or ``Stopped``; but where the run is
    ``patient`` the first does not, for the run to see it when its round is over.
    """
    asked: list[int] = []

    def handle(number: int, _: object) -> None:
        asked.append(number)
        if not patient or len(asked) > 1:
            raise KeyboardInterrupt if number == signal.SIGINT else Stopped("the run was stopped")

    before = {}
    if threading.current_thread() is threading.main_thread():  # no other may say
        heard = [n for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) is not signal.SIG_IGN]
        before = {number: signal.signal(number, handle) for number in heard}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ends(options: argparse.Namespace, size: int, reason: str, code: int) -> int:
    """Say why a run is over before its end, and what is left of it."""
    kept = options.checkpoint
    left = "no checkpoint was written"
    if kept is not None and kept.exists():
        left = f"the last checkpoint is {kept}: the same command goes on from it"
    say(f"impl.estimate: {reason}; {left}.")
    if size > 1:
        os._exit(code)  # the process group may be past closing
    return code


if __name__ == "__main__":
    sys.exit(main())
