"""From a noise design to feedback matrices, by a subject's own methods.

With noise on finitely many atoms and a finite data set, the limit T → ∞ of the least-squares fit is a fit
on finitely many rows: every (datum, atom) pair once. So a subject's own estimates, error signals and
solver, given exactly these rows, return the limit itself, without sampling. The module needs torch and
nothing else: the worker process loads it from its file, beside whatever packages the subject brings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor


class Methods(Protocol):
    """The methods of a subject that the pipeline calls."""

    def gradient_estimates(
        self, network: Any, x: Tensor, y: Tensor, noise: list[Tensor], c: float
    ) -> list[Tensor]:
        """λ̂^1 … λ̂^N, each (T, n_i)."""

    def error_signals(
        self, network: Any, feedback: list[Tensor], x: Tensor, y: Tensor, rule: str
    ) -> list[Tensor]:
        """ẽ^1 … ẽ^{N+1}, each (T, n_i)."""

    def fit_feedback(self, estimates: Tensor, errors: Tensor, ridge: float = 0.0) -> Tensor:
        """B (q, n_i) from λ̂^i (T, n_i) and ẽ (T, q)."""


def fitted_feedback(
    subject: Methods,
    network: Any,
    x: Tensor,
    y: Tensor,
    atoms: Sequence[Tensor],
    probabilities: Tensor | None,
    c: float,
    rule: str,
    carried: Sequence[int],
    rows_per_call: int = 2048,
) -> list[Tensor]:
    """Fit B^2 … B^{N+1} from every (datum, atom) pair as one sample, the top layer first.

    x (M, n_0); y (M, p); atoms: one (A, n_i) tensor per hidden layer; probabilities (A,), or None where all
    atoms weigh the same; `carried` the places among ẽ^1 … ẽ^{N+1} of those that each matrix carries. Row
    t·A + a pairs datum t with atom a. The signals of a layer use the matrices fitted above it, and zeros for
    the others; as they do not depend on the noise, they are asked for once per datum. Rows of λ̂ and ẽ are
    scaled by √(A p_a), so that sums over rows are A times the expectation. `rows_per_call` bounds the memory
    that a call takes; the result does not depend on it.
    """
    count = atoms[0].shape[0]
    scale = None if probabilities is None else (count * probabilities).sqrt().repeat(x.shape[0])[:, None]
    estimates = _joined(
        subject.gradient_estimates(
            network,
            part_x.repeat_interleave(count, 0),
            part_y.repeat_interleave(count, 0),
            [atom.repeat(part_x.shape[0], 1) for atom in atoms],
            c,
        )
        for part_x, part_y in _parts(x, y, rows_per_call // count)
    )
    sizes = [weight.shape for weight in network.weights]
    feedback = [x.new_zeros(sizes[i][0], below) for i, (_, below) in zip(carried, sizes[1:], strict=True)]
    for k in reversed(range(len(feedback))):
        signals = _joined(
            subject.error_signals(network, list(feedback), part_x, part_y, rule)
            for part_x, part_y in _parts(x, y, rows_per_call)
        )
        rows = estimates[k]
        errors = signals[carried[k]].repeat_interleave(count, 0)
        if scale is not None:
            rows, errors = scale * rows, scale * errors
        feedback[k] = subject.fit_feedback(rows, errors, 0.0).detach()
    return feedback


def _parts(x: Tensor, y: Tensor, data: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield copies of so many rows of x and y at a time, of at least one."""
    for start in range(0, x.shape[0], max(data, 1)):
        part = slice(start, start + max(data, 1))
        yield x[part].clone(), y[part].clone()


def _joined(parts: Iterator[list[Tensor]]) -> list[Tensor]:
    """The tensors of each position below one another."""
    return [torch.cat(tensors).detach() for tensors in zip(*parts, strict=True)]
