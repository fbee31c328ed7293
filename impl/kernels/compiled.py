"""The fast path with its stages compiled by ``torch.compile``; tiny networks as one compiled function.

Stages are specialised to the shapes of a batch (``dynamic=False``), at a cost of seconds for each new shape.
By default dynamo stops compiling a function after 8 shapes, without a word, so the limit is lifted while a
shape is new. All counters go in as tensors: see ``impl.philox`` for the trap.
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor

from impl.counter_noise import blocks_for, tag_of
from impl.kernels.fast_path import FastPath, Plan, Stage
from impl.kernels.problem import DOUBLE, Batch, Problem, Totals

__all__ = ["CompiledPath", "compiling_needs", "sign_filler"]


SINGLE = 2**17
"""Up to so many noise values a batch, calls cost more than what one call computes twice."""


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
        self.places: list[tuple[Tensor, Tensor]] = []
        self._single, self._whole = _compiled(plan.single), _compiled(plan.whole)
        self.clean = _compiled(plan.clean)
        if problem.family == "rademacher":
            self._words, self._expand = _compiled(plan.words), _compiled(plan.expand_into)
            self.places = [places(n, self.c.device) for n in plan.hidden]
            self.noise = self._signs
        elif problem.family != "hadamard":
            self.noise = _compiled(plan.noise)
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
        """The step of a small network in one call, or noise and the rest in two; in stages for others."""
        if not self.whole:
            return super().step(batch, S, Q)
        problem, counters = self.problem, (self.blocks, self.tags, *self.counters(batch))
        model = (problem.weights, problem.feedback, problem.control or ())
        if len(batch.x) * batch.draws * sum(self.plan.hidden) <= SINGLE:
            self._single(*model, batch.x, batch.y, counters, self.c, S, Q)
            return None
        drawn = self._stacked_words(counters) if self.places else self.noise(*counters)
        self._whole(*model, batch.x, batch.y, drawn, self.places, self.c, S, Q)
        return None

    def _stacked_words(self, counters: Sequence[Any]) -> list[Tensor]:
        """The words of each layer's signs, (words, R, data, draws).

        Apart from what is made of them, or each of a word's 32 signs would compute the word again.
        """
        return [stacked(words) for words in self._words(*counters)]

    def _signs(self, *counters: Any) -> list[Tensor]:
        """xi^1 ... xi^N from their words, in kept buffers."""
        noise = []
        for k, (words, place) in enumerate(zip(self._stacked_words(counters), self.places, strict=True)):
            out = self.buffer(1000 + k, (len(place[0]), *words.shape[1:])).transpose(0, 1)
            self._expand(words, *place, out)
            noise.append(out)
        return noise

    def _room_to_compile(self, what: str, batch: Batch) -> Any:
        key = (what, len(batch.x), batch.draws)
        if key in self._seen:
            return torch.no_grad()
        self._seen.add(key)
        return torch._dynamo.config.patch(recompile_limit=2**16, accumulated_recompile_limit=2**16)


def _compiled(stage: Stage) -> Stage:
    return torch.compile(stage, dynamic=False, fullgraph=True)


def places(units: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Which word and which bit of it each unit's sign is: (n,) int64 and (n, 1, 1, 1) int32."""
    j = torch.arange(units, device=device)
    return j // 32, (j % 32).to(torch.int32)[:, None, None, None]


def stacked(words: Sequence[Tensor]) -> Tensor:
    """Up to four words (B, ...) of each block as (words, ...), in the order of the units."""
    return words[0] if len(words) == 1 else torch.stack(list(words), 1).flatten(0, 1)


def sign_filler(units: int, low: Tensor, high: Tensor, k0: Tensor, k1: Tensor) -> Callable[[], Tensor]:
    """A function that fills a kept float32 tensor (1, n, *low.shape) with a layer's signs: for benchmarks."""
    plan = Plan(("identity",) * 2, "mse", "FA", "rademacher", (units,), "full", torch.float32, False)
    blocks = [torch.arange(blocks_for("rademacher", units), device=low.device)[:, None, None, None]]
    tags = [torch.tensor(tag_of("rademacher", 0), device=low.device)]
    words, expand = _compiled(plan.words), _compiled(plan.expand_into)
    place = places(units, low.device)
    out = torch.empty((units, *low.shape), device=low.device).transpose(0, 1)

    def fill() -> Tensor:
        expand(stacked(words(blocks, tags, low, high, k0, k1)[0]), *place, out)
        return out

    return fill
