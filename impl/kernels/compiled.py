"""The fast path as one function of tensors, compiled by inductor, the compiler behind ``torch.compile``.

Everything but the sums is one function, specialised to the shapes of a batch at a cost of seconds to a minute
for each new shape; the sums are added to in place by eager products, since a compiled function would make a
copy of each. The function is traced once with ``make_fx`` and handed to the compiler: dynamo, which
``torch.compile`` puts before it, would look at all arguments again in each call (0.06 ms, twice the products
of a small network) and by default stops compiling after 8 shapes, without a word.

All counters go in as tensors: see ``impl.philox`` for the trap.
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
from torch.fx.experimental.proxy_tensor import make_fx

from impl.counter_noise import blocks_for, tag_of
from impl.kernels.fast_path import FastPath, tensor_cores
from impl.kernels.plan import Plan
from impl.kernels.problem import Batch, Problem, Totals
from impl.kernels.signs import values

__all__ = ["CompiledPath", "compiling_needs", "sign_filler"]

Function = Callable[..., Any]

LONG = 2**22
"""Samples from which compiling, which takes seconds to a minute, pays for itself."""

SETTINGS = {"realize_reads_threshold": 16, "fx_graph_cache": False}
"""A difference reads five tensors, one more than inductor would keep in registers on the way to a sum.

The cache of graphs does not ask for which instructions it wrote a graph's code (torch 2.13): steps of 16
floats, of a run with AVX-512, are found again under ``ATEN_CPU_CAPABILITY=avx2``, or on another machine with
the same home, and built for 8 at a time, so that half of all values are left unwritten, without a word.
"""


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
    """``FastPath``, compiled but for the sums. Raises ``RuntimeError`` where nothing can be compiled."""

    name = "compiled"

    @staticmethod
    def pays(problem: Problem, samples: int) -> bool:
        """Whether it is the fastest by the rule of ``impl.kernels.choose``."""
        return samples >= LONG and compiling_needs(problem.like.device.type) is None

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        lacking = compiling_needs(self.c.device.type)
        if lacking is not None:
            raise RuntimeError(
                f"the path 'compiled' needs {lacking} for torch.compile; ask for path 'eager'."
            )
        groups = (problem.weights, *self.transposed, self.blocks, self.tags)
        self._model = (*(tensor for group in groups for tensor in group), self.c)
        self._sizes = [len(group) for group in groups]
        self._compiled: dict[tuple[object, ...], Function] = {}

    @torch.no_grad()
    def accumulate(self, batch: Batch, totals: Totals) -> None:
        """Add the batch to S and Q."""
        S, Q = totals.targets
        with tensor_cores(self.problem.products):
            found = self._run(True, batch)
            signals = len(found) - len(self.plan.hidden)
            self.plan.add(found[:signals], found[signals:], batch.draws, S, Q)
        totals.added(len(batch.x) * batch.draws)

    @torch.no_grad()
    def differences(self, batch: Batch) -> Tensor:
        """(L~ - L) / c, (R, data, draws)."""
        with tensor_cores(self.problem.products):
            found: Tensor = self._run(False, batch)[0]
        return found

    def _run(self, projected: bool, batch: Batch) -> Sequence[Tensor]:
        arguments = (*self._model, batch.x, batch.y, *self.counters(batch))
        key = (projected, batch.draws, batch.x.shape, batch.x.stride(), batch.y.stride())
        if key not in self._compiled:
            self._compiled[key] = compiled(functools.partial(self._step, projected), arguments)
        found: Sequence[Tensor] = self._compiled[key](*arguments)
        return found

    def _step(self, projected: bool, *arguments: Tensor) -> Sequence[Tensor]:
        """A step but for its sums, of one row of tensors: E^1 ... E^N (one under "DFA"), Lambda^1 ...
        Lambda^N; or (L~ - L) / c alone, where it is not ``projected``.
        """
        groups, rest = [], list(arguments)
        for size in self._sizes:
            groups.append(rest[:size])
            rest = rest[size:]
        weights, feedback, control, blocks, tags = groups
        c, x, y, *counters = rest
        known, of_loss, errors, guesses = self.plan.clean(weights, feedback, control, x, y)
        P, noise = self.plan.perturbed(weights, known, (blocks, tags, *counters), c)
        if not projected:
            return [self.plan.difference(P, known[-1], of_loss, c)]
        return [*errors, *self.plan.project(P, known[-1], of_loss, c, noise, guesses)]


@torch.no_grad()
def compiled(function: Function, arguments: Sequence[Tensor]) -> Function:
    """A function of tensors, compiled for arguments of these shapes, with its own expm1 and atanh.

    On the CPU inductor's vectorised expm1(x) is exp(x) - 1, its atanh(x) log((1 + x) / (1 - x)) / 2
    (torch/_inductor/codegen/cpp.py in 2.13): all digits are lost where x is below roundoff, by a subtraction
    of the very kind that is avoided here.
    """
    from torch._inductor.compile_fx import compile_fx
    from torch._inductor.decomposition import select_decomp_table

    graph = make_fx(function, tracing_mode="fake")(*arguments)
    own = {torch.ops.aten.expm1.default: expm1, torch.ops.aten.atanh.default: atanh}
    decompositions = {**select_decomp_table(), **own}
    made: Any = compile_fx(graph, list(arguments), config_patches=SETTINGS, decompositions=decompositions)
    run: Function = made
    return run


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
    block = torch.arange(blocks_for("rademacher", units), device=low.device)[:, None, None, None]
    tag = torch.tensor(tag_of("rademacher", 0), device=low.device)
    out = torch.empty((1, units, *low.shape[1:]), device=low.device)

    def write(block: Tensor, tag: Tensor, *rest: Tensor) -> None:
        *counter, kept = rest
        kept.copy_(values(plan.words([block], [tag], *counter)[0], units, kept.dtype))

    arguments = (block, tag, low, high, k0, k1, out)
    fill = compiled(write, arguments)

    def run() -> Tensor:
        fill(*arguments)
        return out

    return run
