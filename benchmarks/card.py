"""What a graphics card reaches: each figure beside its aim.

    python -m benchmarks.card [--json FILE]

    stream      samples a second of a small network, many draws a datum: 1e9, and 10 times plain PyTorch
    fills       signs into a kept tensor, and the difference of a hidden layer: 0.8 of the bandwidth of a copy
    wide        a step with tf32 products, in units of its bare products, tf32 as well: at most 1.15
    replay      a step at batch 32, recorded as a CUDA graph, in units of the eager one: at most 1/3

The functions work on the CPU too, where their tests run them; the aims are an H200's.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.cases import SHAPES, STREAM, Model, Shape, make_step, make_stream
from benchmarks.peers import Function, copy_bandwidth, naive, products
from benchmarks.ratios import interleaved, ratio
from benchmarks.timing import shortest, timer
from feedback_proofs_io import whole
from feedback_proofs_io.command import Mistake, Parser, ended, show
from impl.kernels import formulas
from impl.kernels.compiled import compiled, sign_filler
from impl.kernels.fast_path import tensor_cores

__all__ = ["fills", "main", "replay", "replayed", "stream", "wide"]

UNITS = 128


def stream(device: str, samples: int, data: int = 4096, few: int = 256) -> dict[str, float]:
    """Samples a second through a stream, and in units of plain two-pass PyTorch, which has ``few`` data in a
    batch, as it keeps a row for each sample.
    """
    clock = timer(device)
    shape, batch = replace(STREAM, data=data), replace(STREAM, data=few)
    ours, plain = make_stream(shape, samples, device=device), naive(Model(batch, device))
    ours(), plain()  # builds what is built when first asked for
    done = math.ceil(samples / shape.samples) * shape.samples
    ours_a_second = done / shortest(ours, clock, 0)
    plain_a_second = batch.samples / shortest(plain, clock, 1.0)
    return {"samples a second": ours_a_second, "times naive": ours_a_second / plain_a_second}


def epilogue(units: int, samples: int, device: str) -> Function:
    """(sigma(a + c u) - sigma(a)) / c for P = u (1, n, 1, T), logistic, compiled, into a kept tensor."""
    source = torch.Generator().manual_seed(0)
    a = torch.randn(1, units, 1, generator=source).to(device)
    P = torch.randn(1, units, 1, samples, generator=source).to(device)
    known, c, out = formulas.factors("sigmoid", a), torch.tensor(1e-3, device=device), torch.empty_like(P)

    def write(P: Tensor, c: Tensor, out: Tensor, *known: Tensor) -> None:
        out.copy_(formulas.activation_difference("sigmoid", known, P, c))

    arguments = (P, c, out, *known)
    run = compiled(write, arguments)

    def fill() -> Tensor:
        run(*arguments)
        return out

    return fill


def signs(units: int, samples: int, device: str) -> Function:
    """A layer's signs from counters, compiled, into a kept float32 tensor."""
    low = torch.arange(samples, device=device).view(1, 1, -1)
    keys = (torch.tensor(1, device=device), torch.tensor(0, device=device))
    return sign_filler(units, low, torch.zeros_like(low), *keys)


def fills(device: str, samples: int, seconds: float = 5.0) -> dict[str, float]:
    """Bytes a second, read and written, in units of those of a copy of as many numbers."""
    functions = {
        "copy": copy_bandwidth(UNITS * samples, device),
        "signs": signs(UNITS, samples, device),
        "difference": epilogue(UNITS, samples, device),
    }
    times = interleaved(functions, 100, seconds, synchronise(device))
    bytes_moved = {"signs": 4, "difference": 8}
    of_copy = 8  # bytes a number
    return {name: ratio(times, "copy", name)[0] * size / of_copy for name, size in bytes_moved.items()}


def wide(device: str, kind: str, shapes: Mapping[str, Shape], seconds: float = 10.0) -> dict[str, float]:
    """A step in units of its bare products (``peers.products``), both of the given kind: "full", "tf32"."""
    found = {}
    for name, shape in shapes.items():
        shape = replace(shape, products=kind)
        bare = products(Model(shape, device))

        def floor(bare: Function = bare) -> None:
            with tensor_cores(kind):
                bare()

        functions: dict[str, Function] = {"products": floor, "step": make_step(shape, device=device)}
        times = interleaved(functions, 100, seconds, synchronise(device))
        found[name] = ratio(times, "step", "products")[0]
    return found


def replayed(step: Function) -> Function:
    """A step recorded as a CUDA graph: all its launches at once, without Python between them.

    Each replay repeats the recorded noise, for the counters are those of the batch that was recorded, and the
    totals do not learn of it (``Totals.added``): to be timed, not to be used.
    """
    cuda: Any = torch.cuda  # whose classes have no types where torch was built without CUDA
    side = cuda.Stream()
    side.wait_stream(cuda.current_stream())
    with cuda.stream(side):
        for _ in range(3):  # buffers and handles must be there before anything is recorded
            step()
    cuda.current_stream().wait_stream(side)
    graph = cuda.CUDAGraph()
    with cuda.graph(graph):
        step()

    def run(kept: Function = step) -> None:  # the tensors that the graph works on live as long as the step
        graph.replay()

    return run


def replay(seconds: float = 5.0) -> dict[str, float]:
    """Seconds of a replayed step at batch 32 in units of an eager one; on a CUDA device."""
    functions = {
        "eager": make_step(SHAPES["A1"], "eager", "cuda"),
        "replayed": replayed(make_step(SHAPES["A1"], "eager", "cuda")),
    }
    times = interleaved(functions, 100, seconds, synchronise("cuda"))
    return {"A1": statistics.median(times["replayed"]) / statistics.median(times["eager"])}


def synchronise(device: str) -> Callable[[], object]:
    """Wait for the device; nothing on the CPU."""
    return torch.cuda.synchronize if device == "cuda" else lambda: None


def main(arguments: list[str] | None = None) -> int:
    """Print every figure; 2 where there is no CUDA device."""
    parser = Parser(prog="python -m benchmarks.card")
    parser.add_argument("--json", type=Path, help="file for the figures")
    return ended("python -m benchmarks.card", lambda: _run(parser.parse_args(arguments).json))


def _run(file: Path | None) -> int:
    if not torch.cuda.is_available():
        raise Mistake("no CUDA device here")
    if file is not None:
        whole.prepare(file, folders=False)
    found: dict[str, object] = {"card": torch.cuda.get_device_name(), "torch": torch.__version__}
    parts: dict[str, tuple[str, Callable[[], dict[str, float]]]] = {
        "stream": ("1e9, and 10 times naive", lambda: stream("cuda", 10**9)),
        "fills": ("at least 0.8", lambda: fills("cuda", 2**21)),
        "wide": ("at most 1.15", lambda: wide("cuda", "tf32", {name: SHAPES[name] for name in ("C1", "C2")})),
        "replay": ("at most 0.33", replay),
    }
    show(f"{found['card']}, torch {found['torch']}")
    for name, (aim, run) in parts.items():
        figures = found[name] = run()
        shown = ", ".join(f"{what} {figure:.3g}" for what, figure in figures.items())
        show(f"{name:8}{shown}   (aim: {aim})")
    if file is not None:
        whole.write(file, json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
