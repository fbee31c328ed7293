"""The fast path: minimal matrix products, and between them a few stages.

    clean       one product per layer, over the data; also the signals E^i, and g~^i for a control variate
    noise       xi^1 ... xi^N from counters
    hidden      u^1 = xi^1;  P^i = W^i u^{i-1} over the samples;  u^i = difference at P^i, + xi^i
    project     Lambda^i = sum over draws of ((L~ - L) / c - g~ . xi) xi^i + g~^i, over the data
    sums        S^i += E^i (Lambda^i)^T,   Q^i += draws E^i (E^i)^T, over the data

so the first layer, the error signals and the sums are paid for per datum and not per draw. Here the stages
are the formulas themselves, operator by operator; ``impl.kernels.compiled`` compiles them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from impl.counter_noise import blocks_for, tag_of
from impl.kernels.plan import Plan, multiply
from impl.kernels.problem import Batch, Problem, Totals

__all__ = ["FastPath", "tensor_cores"]


class FastPath:
    """The stages around the products, for one problem. Buffers and counters are kept between batches."""

    name = "eager"
    tiled = True

    @staticmethod
    def pays(problem: Problem, samples: int) -> bool:
        """Whether it is the fastest by the rule of ``impl.kernels.choose``: where no other path is."""
        return True

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.plan = plan = Plan.of(problem)
        self.c = torch.tensor(problem.c, dtype=plan.dtype, device=problem.like.device)
        # a product with a matrix that is read across its rows takes up to twice as long
        self.transposed = tuple(
            tuple(B.mT.contiguous() for B in matrices or ())
            for matrices in (problem.feedback, problem.control)
        )
        self.blocks, self.tags, self.keys = self._fixed_counters()
        self._buffers: dict[tuple[int, ...], Tensor] = {}
        self._grids: dict[tuple[int, ...], tuple[Tensor, Tensor]] = {}

    @torch.no_grad()
    def accumulate(self, batch: Batch, totals: Totals) -> None:
        """Add the batch to S and Q."""
        S, Q = totals.targets
        with tensor_cores(self.problem.products):
            self.step(batch, S, Q)
        totals.added(len(batch.x) * batch.draws)

    @torch.no_grad()
    def differences(self, batch: Batch) -> Tensor:
        """(L~ - L) / c, (R, data, draws)."""
        with tensor_cores(self.problem.products):
            known, of_loss, _, _ = self.run_clean(batch)
            P, _ = self.perturb(batch, known)
            return self.plan.difference(P, known[-1], of_loss, self.c)

    def step(self, batch: Batch, S: Sequence[Tensor], Q: Sequence[Tensor]) -> None:
        """The whole of it; S and Q are added to."""
        known, of_loss, errors, guesses = self.run_clean(batch)
        P, noise = self.perturb(batch, known)
        estimates = self.plan.project(P, known[-1], of_loss, self.c, noise, guesses)
        self.plan.add(errors, estimates, batch.draws, S, Q)

    def run_clean(self, batch: Batch) -> Any:
        """The clean stage on the batch's data."""
        feedback, control = self.transposed
        return self.plan.clean(self.problem.weights, feedback, control, batch.x, batch.y)

    def perturb(self, batch: Batch, known: Sequence[Sequence[Tensor]]) -> tuple[Tensor, list[Tensor]]:
        """P^{N+1} (R, p, data, draws) and the noise; with shared noise an axis of data may still be 1."""
        noise = self.plan.noise(self.blocks, self.tags, *self.counters(batch))
        u = noise[0]
        for k, weight in enumerate(self.problem.weights[1:]):
            runs, data = max(weight.shape[0], u.shape[0]), u.shape[2]
            flat = u.flatten(2)
            out = self.buffer(k, (runs, weight.shape[1], flat.shape[2]))
            P = multiply(weight, flat, self.problem.products, out).view(runs, -1, data, batch.draws)
            if k + 1 == len(noise):
                return P, noise
            shared = data < len(batch.x)  # until a layer whose factors are not
            u = self.plan.next_layer(k + 1, P, known[k], noise[k + 1], self.c, None if shared else P)
        raise AssertionError("a network has an output layer")

    def counters(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(low, high, k0, k1): the words of the sample indices and the key, to broadcast over (R, data,
        draws).
        """
        device = self.c.device
        shape = (1, len(batch.x), batch.draws)
        if shape not in self._grids:
            data, draws = (torch.arange(n, device=device) for n in shape[1:])
            self._grids[shape] = draws.expand(shape).contiguous(), data[:, None].expand(shape).contiguous()
        low, high = self._grids[shape]
        return low + batch.first_draw, high + batch.first, *self.keys

    def _fixed_counters(self) -> tuple[list[Tensor], list[Tensor], tuple[Tensor, Tensor]]:
        problem, device = self.problem, self.c.device
        step = torch.tensor(problem.step, device=device)
        keys = (torch.tensor(problem.seeds, device=device)[:, None, None], step)
        if problem.family == "hadamard":
            return [], [], keys
        family = problem.family
        blocks = [
            torch.arange(blocks_for(family, n), device=device)[:, None, None, None] for n in problem.hidden
        ]
        tags = [torch.tensor(tag_of(family, layer), device=device) for layer in range(len(blocks))]
        return blocks, tags, keys

    def buffer(self, use: int, shape: tuple[int, ...]) -> Tensor:
        """A kept tensor of the shape, a different one for each use."""
        key = (use, *shape)
        if key not in self._buffers:
            self._buffers[key] = torch.empty(shape, dtype=self.plan.dtype, device=self.c.device)
        return self._buffers[key]


class tensor_cores:
    """A context in which float32 products on a CUDA device may be rounded to tf32, if "tf32" is asked for."""

    def __init__(self, products: str) -> None:
        self.wanted = products == "tf32"
        self.before = False

    def __enter__(self) -> None:
        if self.wanted:
            self.before = torch.backends.cuda.matmul.allow_tf32
            torch.backends.cuda.matmul.allow_tf32 = True

    def __exit__(self, *_: object) -> None:
        if self.wanted:
            torch.backends.cuda.matmul.allow_tf32 = self.before
