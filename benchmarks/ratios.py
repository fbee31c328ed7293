"""Ratios of a step to its peers, interleaved in one run.

    OMP_NUM_THREADS=1 python -m benchmarks.ratios [--cases A1,A2] [--path auto] [--repeats 30] [--noise]

Each repeat times every function in turn, so that whatever else the machine does meets all of them; the ratio
of medians is printed, and in brackets the quartiles of the ratios within a repeat. A turn is as many calls as
fill some milliseconds, as steps follow one another in use: a single call of 0.1 ms would mostly measure how
long the caches take to fill again after the function before it.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks.cases import LONG, SHAPES, STREAM, Model, make_step, make_stream
from benchmarks.peers import PEERS
from feedback_proofs_io import whole
from feedback_proofs_io.command import Parser, ended, show
from impl.checks import InvalidInput
from impl.counter_noise import COUNTED_FAMILIES, blocks_for, tag_of, values_of
from impl.kernels import PATHS, open_path
from impl.kernels.compiled import sign_filler

__all__ = ["interleaved", "main"]

Times = dict[str, list[float]]
CLOCKS = {"wall": time.perf_counter, "cpu": time.thread_time}
"""On a busy machine the thread's own time leaves out when it did not run; it is right for one thread on the
CPU.
"""

MOST_THREADS = 1024
TURN = 0.01
"""Seconds of a function's turn in a repeat."""


def interleaved(
    functions: Mapping[str, Callable[[], object]],
    repeats: int,
    seconds: float,
    sync: Callable[[], object],
    clock: Callable[[], float] = time.perf_counter,
    turn: float = TURN,
) -> Times:
    """Seconds a call of each function over interleaved repeats: ``repeats`` of them, fewer beyond
    ``seconds``; in a repeat each is called for ``turn`` seconds, once at least.
    """
    calls: dict[str, int] = {}
    for name, function in functions.items():
        lasting = min(_seconds(function, 1, sync, clock) for _ in range(3))
        calls[name] = max(1, math.ceil(turn / lasting))
    times: Times = {name: [] for name in functions}
    start = time.perf_counter()
    while len(times[next(iter(times))]) < repeats:
        for name, function in functions.items():
            times[name].append(_seconds(function, calls[name], sync, clock))
        if time.perf_counter() - start > seconds and len(times[next(iter(times))]) >= 5:
            break
    return times


def _seconds(
    function: Callable[[], object], calls: int, sync: Callable[[], object], clock: Callable[[], float]
) -> float:
    sync()
    before = clock()
    for _ in range(calls):
        function()
    sync()
    return (clock() - before) / calls


def ratio(times: Times, top: str, bottom: str) -> tuple[float, float, float]:
    """Ratio of medians, and the quartiles of the ratios within a repeat."""
    each = sorted(a / b for a, b in zip(times[top], times[bottom], strict=True))
    quarters = statistics.quantiles(each, n=4) if len(each) > 1 else [each[0]] * 3
    return statistics.median(times[top]) / statistics.median(times[bottom]), quarters[0], quarters[2]


def noise_functions(units: int = 128, samples: int = 8192) -> dict[str, Callable[[], object]]:
    """Counter-based fills of (units, samples) float32, compiled, and ``torch.randn`` into a kept tensor."""
    low, high = torch.arange(samples), torch.zeros(samples, dtype=torch.int64)
    keys = torch.tensor(1), torch.tensor(0)
    block, tag = torch.arange(blocks_for("gaussian", units))[:, None], torch.tensor(tag_of("gaussian", 0))
    # of the cache of graphs see impl.kernels.compiled.SETTINGS
    fill = torch.compile(values_of, dynamic=False, fullgraph=True, options={"fx_graph_cache": False})
    out = torch.empty(units, samples)
    return {
        "randn": lambda: torch.randn(units, samples, out=out),
        "gaussian": lambda: fill("gaussian", units, block, low, high, tag, *keys, torch.float32),
        "signs": sign_filler(units, low.view(1, 1, -1), high.view(1, 1, -1), *keys),
    }


def table(options: argparse.Namespace, sync: Callable[[], object], everything: dict[str, Times]) -> None:
    """Time each case beside its peers, and print a line of ratios as it is done."""
    if options.cases:
        show(
            f"{'case':5}{'floor ms':>10}   step / products      naive / step         backprop / step      jvp"
        )
    for name in options.cases:
        shape = replace(SHAPES[name], family=options.family)
        model = Model(shape, options.device)
        functions: dict[str, Callable[[], object]] = {peer: make(model) for peer, make in PEERS.items()}
        functions["step"] = make_step(shape, options.path, options.device)
        clock = CLOCKS[options.clock]
        times = everything[name] = interleaved(functions, options.repeats, options.seconds, sync, clock)
        floor = statistics.median(times["products"]) * 1e3
        cells = [
            ratio(times, *pair)
            for pair in (("step", "products"), ("naive", "step"), ("backprop", "step"), ("jvp", "step"))
        ]
        shown = [f"{middle:6.2f} ({low:.2f}-{high:.2f})" for middle, low, high in cells]
        show(f"{name:5}{floor:10.3f}   {shown[0]:22} {shown[1]:22} {shown[2]:22} {shown[3]}")


def noise(options: argparse.Namespace, sync: Callable[[], object]) -> Times:
    """Time the fills of noise, and print how many times faster than ``torch.randn`` they are."""
    clock = CLOCKS[options.clock]
    times = interleaved(noise_functions(), options.repeats, options.seconds, sync, clock)
    for kind in ("signs", "gaussian"):
        middle, low, high = ratio(times, "randn", kind)
        show(f"torch.randn / {kind}: {middle:.2f} ({low:.2f}-{high:.2f})")
    return times


def stream(options: argparse.Namespace, sync: Callable[[], object]) -> Times:
    """Time a stream of ``options.stream`` samples, and print its seconds and the memory of the process."""
    shape = replace(STREAM, family=options.family, draws=options.draws, data=max(1, 65536 // options.draws))
    run = make_stream(shape, options.stream, options.path, options.device)
    start, own = time.perf_counter(), time.process_time()
    done = run()
    sync()
    spent, own = time.perf_counter() - start, time.process_time() - own
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    show(
        f"stream: {done.count} samples in {spent:.1f} s, {done.count / spent:.3g} samples/s; "
        f"{own:.1f} s of processor time; peak {peak} MiB"
    )
    return {"seconds": [spent]}


def _cases(text: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    unknown = [name for name in names if name not in SHAPES]
    if unknown:
        raise argparse.ArgumentTypeError(f"no case {unknown[0]!r}; there are {', '.join(SHAPES)}")
    return names


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 20) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is not a whole number from 1 on")
    return int(text)


def _threads(text: str) -> int:
    if _whole(text) > MOST_THREADS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number up to {MOST_THREADS}")
    return int(text)


def _draws(text: str) -> int:
    if _whole(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number below 2^32")
    return int(text)


def _seconds_of(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is not a finite number of seconds, 0 or above")
    return seconds


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = Parser(prog="python -m benchmarks.ratios")
    parser.add_argument("--cases", type=_cases, default=list(SHAPES), help=f"(default: {','.join(SHAPES)})")
    paths = ("auto", *PATHS)
    parser.add_argument("--path", choices=paths, default="auto", help="(default: that of a long stream)")
    parser.add_argument("--family", choices=COUNTED_FAMILIES, default="rademacher")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--threads", type=_threads, default=1)
    parser.add_argument("--clock", choices=list(CLOCKS), default="wall", help="cpu: this thread's own time")
    parser.add_argument("--repeats", type=_whole, default=100)
    parser.add_argument("--seconds", type=_seconds_of, default=20.0, help="per case (default: %(default)s)")
    parser.add_argument("--noise", action="store_true", help="also the noise fills against torch.randn")
    parser.add_argument("--stream", type=_whole, metavar="SAMPLES", help=f"also a stream, e.g. {LONG}")
    parser.add_argument("--draws", type=_draws, default=STREAM.draws, help="per datum in the stream")
    parser.add_argument("--json", type=Path, help="file for the raw times")
    options = parser.parse_args(arguments)
    if options.device == "cuda" and not torch.cuda.is_available():
        parser.error("no CUDA device here")
    if options.clock == "cpu" and (options.threads > 1 or options.device == "cuda"):
        parser.error("--clock cpu is right for one thread on the CPU only")
    if options.path != "auto":
        for name in options.cases:  # before anything is timed
            try:
                open_path(Model(replace(SHAPES[name], family=options.family)).problem(), options.path)
            except (InvalidInput, RuntimeError) as error:
                parser.error(f"{name}: {error}")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, and what else is asked for; with ``--json`` also write the raw times."""
    return ended("python -m benchmarks.ratios", lambda: _run(options_of(arguments)))


def _run(options: argparse.Namespace) -> int:
    if options.json is not None:
        whole.prepare(options.json, folders=False)
    torch.set_num_threads(options.threads)
    sync: Callable[[], object] = torch.cuda.synchronize if options.device == "cuda" else lambda: None
    show(f"torch {torch.__version__}, {platform.machine()}, {options.threads} thread(s), path {options.path}")
    everything: dict[str, Times] = {}
    try:
        table(options, sync, everything)
        if options.noise:
            everything["noise"] = noise(options, sync)
        if options.stream:
            everything["stream"] = stream(options, sync)
    finally:  # what was measured before an interrupt is kept
        if options.json is not None:
            whole.write(options.json, json.dumps(everything) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
