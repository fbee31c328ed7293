"""The fast path with its stages compiled by ``torch.compile``; tiny networks as one compiled function.

Stages are specialised to the shapes of a batch (``dynamic=False``), at a cost of seconds for each new shape.
By default dynamo stops compiling a function after 8 shapes, without a word, so the limit is lifted while a
shape is new. All counters go in as tensors: see ``impl.philox`` for the trap.
"""

from __future__ import annotations

import functools
import math
import shutil
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor

from impl.counter_noise import blocks_for, tag_of
from impl.kernels.fast_path import FastPath
from impl.kernels.plan import Plan, Stage
from impl.kernels.problem import DOUBLE, Batch, Problem, Totals
from impl.kernels.signs import is_packed

__all__ = ["CompiledPath", "compiling_needs", "sign_filler"]


FIRST = 1000  # the buffer of xi^1
ONE_PASS = {"realize_reads_threshold": 16}
"""A difference reads five tensors, one more than inductor would keep in registers on the way to a sum."""


@functools.cache
def compiling_needs(device: str) -> str | None:
    """What ``torch.compile`` lacks here for a device type ("cpu" or "cuda"), or None."""
    if device == "cpu":
        from torch._inductor.cpp_builder import get_cpp_compiler

        try:
            compiler = get_cpp_compiler()
        except Exception:  # torch's own InvalidCxxCompiler, which has moved between versions
            return "a C++ compiler (g++ or clang++)"
        return None if shutil.which(compiler) else "a C++ compiler (g++ or clang++)"
    return None if find_spec("triton") else "the package triton"


class CompiledPath(FastPath):
    """``FastPath`` with compiled stages. Raises ``RuntimeError`` where nothing can be compiled."""

    name = "compiled"

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        lacking = compiling_needs(self.c.device.type)
        if lacking is not None:
            raise RuntimeError(
                f"the path 'compiled' needs {lacking} for torch.compile; ask for path 'eager'."
            )
        plan = self.plan
        self._seen: set[tuple[str, int, int]] = set()
        largest = max(n * q for n, q in zip(problem.widths[1:], problem.widths[2:], strict=False))
        self.whole = largest <= DOUBLE
        self._whole = _compiled(plan.whole)
        self.clean = _compiled(plan.clean)
        self._first = _compiled(plan.first)
        if problem.family != "hadamard":
            self.noise = _compiled(plan.words if problem.family == "rademacher" else plan.noise)
        self.hidden = [_compiled(stage) for stage in self.hidden]
        self.difference = _compiled(plan.difference)
        self.project = _compiled(plan.project)

    def accumulate(self, batch: Batch, totals: Totals) -> None:
        """Add the batch to S and Q."""
        with self._room_to_compile("add", batch):
            super().accumulate(batch, totals)

    def differences(self, batch: Batch) -> Tensor:
        """(L~ - L) / c, (R, data, draws)."""
        with self._room_to_compile("differ", batch):
            return super().differences(batch)

    def step(self, batch: Batch, S: Sequence[Tensor], Q: Sequence[Tensor]) -> None:
        """The step of a small network in one call; in stages for others."""
        if not self.whole:
            return super().step(batch, S, Q)
        problem, counters = self.problem, (self.blocks, self.tags, *self.counters(batch))
        model = (problem.weights, problem.feedback, problem.control or ())
        self._whole(*model, batch.x, batch.y, counters, self.c, S, Q)
        return None

    def first(self, noise: Tensor) -> Tensor:
        """xi^1 as values, in a kept buffer where it comes as words."""
        if not is_packed(noise):
            return noise
        _, runs, data, draws = noise.shape
        out = self.buffer(FIRST, (runs, self.plan.hidden[0], data, draws))
        self._first(noise, out)
        return out

    def _room_to_compile(self, what: str, batch: Batch) -> Any:
        key = (what, len(batch.x), batch.draws)
        if key in self._seen:
            return torch.no_grad()
        self._seen.add(key)
        return torch._dynamo.config.patch(recompile_limit=2**16, accumulated_recompile_limit=2**16)


def _compiled(stage: Stage) -> Stage:
    return torch.compile(stage, backend=_accurate, dynamic=False, fullgraph=True)


def _accurate(graph: Any, inputs: list[Tensor]) -> Any:
    """The backend "inductor", but for expm1 and atanh.

    On the CPU its vectorised expm1(x) is exp(x) - 1, its atanh(x) log((1 + x) / (1 - x)) / 2
    (torch/_inductor/codegen/cpp.py in 2.13): all digits are lost where x is below roundoff, by a subtraction
    of the very kind that is avoided here.
    """
    from torch._inductor.compile_fx import compile_fx
    from torch._inductor.decomposition import select_decomp_table

    own = {torch.ops.aten.expm1.default: expm1, torch.ops.aten.atanh.default: atanh}
    decompositions = {**select_decomp_table(), **own}
    return compile_fx(graph, inputs, config_patches=ONE_PASS, decompositions=decompositions)


def expm1(x: Tensor) -> Tensor:
    """e^x - 1 to a few units in the last place: Taylor's series where |x| < 1/4, else the subtraction."""
    terms = 7 if x.dtype == torch.float32 else 13
    series = torch.full_like(x, 1 / math.factorial(terms))
    for k in range(terms - 1, 1, -1):
        series = series * x + 1 / math.factorial(k)
    return torch.where(x.abs() < 0.25, x + x * x * series, torch.exp(x) - 1)


def atanh(x: Tensor) -> Tensor:
    """The inverse of tanh, by log1p(2 x / (1 - x)) / 2: small x keep their digits."""
    return 0.5 * torch.log1p(2 * x / (1 - x))


def sign_filler(units: int, low: Tensor, high: Tensor, k0: Tensor, k1: Tensor) -> Callable[[], Tensor]:
    """A function that fills a kept float32 tensor (1, n, *low.shape) with a layer's signs: for benchmarks."""
    plan = Plan(("identity",) * 2, "mse", "FA", "rademacher", (units,), "full", torch.float32, False)
    blocks = [torch.arange(blocks_for("rademacher", units), device=low.device)[:, None, None, None]]
    tags = [torch.tensor(tag_of("rademacher", 0), device=low.device)]
    words, first = _compiled(plan.words), _compiled(plan.first)
    out = torch.empty((1, units, *low.shape[1:]), device=low.device)

    def fill() -> Tensor:
        first(words(blocks, tags, low, high, k0, k1)[0], out)
        return out

    return fill
