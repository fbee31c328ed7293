"""The Triton path: small networks with very many draws, in one kernel.

One program holds one datum and runs through its draws, ``BLOCK`` at a time: words from the counter, signs or
Gaussians from the words, the differences of every layer, (L~ - L) / c, and the projections. Noise and
differences never leave the registers; what is written is Lambda^i, n_i numbers per datum. Clean pass, error
signals and sums are those of the fast path, over the data.

For two hidden layers of at most 128 units, at most 128 outputs, logistic or tanh units (output: also
identity), mse, and Rademacher or Gaussian noise, without a control variate. With TRITON_INTERPRET=1, set
before triton is imported, it runs on the CPU, slowly: that is how it is tested without a GPU.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor

from impl.counter_noise import tag_of
from impl.kernels.fast_path import FastPath, tensor_cores
from impl.kernels.problem import Batch, Problem, Totals

__all__ = ["TritonPath", "triton_needs"]

WIDEST = 128
BLOCK = 32


def triton_needs(problem: Problem) -> str | None:
    """Why the Triton path cannot run this problem here, or None."""
    kinds = ("sigmoid", "tanh")
    fits = (
        len(problem.hidden) == 2
        and max(problem.widths[1:]) <= WIDEST
        and all(name in kinds for name in problem.activations[1:-1])
        and problem.activations[-1] in (*kinds, "identity")
        and problem.loss == "mse"
        and problem.family in ("rademacher", "gaussian")
        and problem.control is None
        and problem.runs == 1
        and problem.like.dtype == torch.float32
        and problem.products in ("full", "tf32")
    )
    if not fits:
        return (
            "float32, one run, two hidden layers and outputs of at most 128 sigmoid or tanh units, mse, "
            "rademacher or gaussian noise and no control variate"
        )
    if not problem.like.is_cuda and os.environ.get("TRITON_INTERPRET") != "1":
        return "a CUDA device (or TRITON_INTERPRET=1)"
    return None if find_spec("triton") else "the package triton"


class TritonPath(FastPath):
    """``FastPath`` with noise, perturbed pass and projection in one kernel."""

    name = "triton"
    tiled = False

    @staticmethod
    def pays(problem: Problem, samples: int) -> bool:
        """Whether it is the fastest by the rule of ``impl.kernels.choose``: not where it is interpreted."""
        return problem.like.is_cuda and triton_needs(problem) is None

    def __init__(self, problem: Problem) -> None:
        lacking = triton_needs(problem)
        if lacking is not None:
            raise RuntimeError(f"the path 'triton' needs {lacking}; ask for path 'eager' or 'compiled'.")
        super().__init__(problem)
        weights = [weight[0] for weight in problem.weights[1:]]
        sizes = [_power(n) for n in problem.widths[1:]]
        self._sizes = sizes
        self._weights = [  # transposed and padded with zeros: (inputs, outputs)
            torch.nn.functional.pad(
                w.T, (0, sizes[k + 1] - w.shape[0], 0, sizes[k] - w.shape[1])
            ).contiguous()
            for k, w in enumerate(weights)
        ]

    @torch.no_grad()
    def accumulate(self, batch: Batch, totals: Totals) -> None:
        """Add the batch to S and Q."""
        S, Q = totals.targets
        with tensor_cores(self.problem.products):
            known, of_loss, errors, _ = self.run_clean(batch)
            estimates, _ = self._launch(batch, known, of_loss, False)
            self.plan.add(errors, estimates, batch.draws, S, Q)
        totals.added(len(batch.x) * batch.draws)

    @torch.no_grad()
    def differences(self, batch: Batch) -> Tensor:
        """(L~ - L) / c, (1, data, draws)."""
        known, of_loss, _, _ = self.run_clean(batch)
        return self._launch(batch, known, of_loss, True)[1]

    def _launch(self, batch: Batch, known: Any, of_loss: Any, keep: bool) -> tuple[list[Tensor], Tensor]:
        from impl.kernels.triton_kernel import perturb

        data, (n1, n2) = len(batch.x), self.plan.hidden
        like = self.problem.like
        estimates = [like.new_empty((data, size)) for size in self._sizes[:2]]
        found = like.new_empty((data, batch.draws) if keep else (1, 1))
        per_datum = [_rows(t, self._sizes[1]) for t in known[0]]
        per_output = [_rows(t, self._sizes[2]) for t in (*known[1], *of_loss)]
        if self.plan.activations[-1] == "identity":
            per_output = [per_output[0]] * 3 + per_output
        perturb[(data,)](
            *self._weights,
            *per_datum,
            *per_output,
            *estimates,
            found,
            self.problem.c,
            self.problem.seeds[0] | (self.problem.step << 32),
            batch.first,
            batch.first_draw,
            batch.draws,
            *(tag_of(self.plan.family, layer) for layer in (0, 1)),
            *self._sizes,
            block=BLOCK,
            blocks=-(-batch.draws // BLOCK),
            gaussian=self.plan.family == "gaussian",
            scales=tuple(
                {"sigmoid": 1, "tanh": 2, "identity": 0}[name] for name in self.plan.activations[1:]
            ),
            keep=keep,
            precision="tf32" if self.problem.products == "tf32" else "ieee",
        )
        cut = [e[:, :n].T[None] for e, n in zip(estimates, (n1, n2), strict=True)]
        return cut, found[None]


def _rows(values: Tensor, size: int) -> Tensor:
    """(1, n, data, 1) as contiguous (data, size), padded with zeros."""
    rows = values[0, :, :, 0].T
    return torch.nn.functional.pad(rows, (0, size - rows.shape[1])).contiguous()


def _power(n: int) -> int:
    return max(16, 1 << (n - 1).bit_length())
