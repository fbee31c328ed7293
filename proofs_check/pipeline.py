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
    rows_per_call: int = 4096,
) -> list[Tensor]:
    """Fit B^2 … B^{N+1} from every (datum, atom) pair as one sample, the top layer first.

    x (M, n_0); y (M, p); atoms: one (A, n_i) tensor per hidden layer; probabilities (A,), or None where all
    atoms weigh the same. Row t·A + a pairs datum t with atom a. The signals of a layer use the matrices
    fitted above it, and zeros for the others. Rows of λ̂ and ẽ are scaled by √(A p_a), so that sums over
    rows are A times the expectation. `rows_per_call` bounds the memory of a call of the subject, not the
    result.
    """
    width = atoms[0].shape[0]
    outputs = y.shape[1]
    scale = None if probabilities is None else (width * probabilities).sqrt().repeat(x.shape[0])[:, None]

    estimates = _gather(
        subject.gradient_estimates(network, rows_x, rows_y, [atom.repeat(data, 1) for atom in atoms], c)
        for rows_x, rows_y, data in _batches(x, y, width, rows_per_call)
    )
    shapes = [weight.shape if rule == "FA" else (outputs, weight.shape[1]) for weight in network.weights[1:]]
    feedback = [x.new_zeros(shape) for shape in shapes]
    for k in reversed(range(len(feedback))):
        signals = _gather(
            [
                subject.error_signals(network, list(feedback), rows_x, rows_y, rule)[
                    k + 1 if rule == "FA" else -1
                ]
            ]
            for rows_x, rows_y, _ in _batches(x, y, width, rows_per_call)
        )[0]
        rows = estimates[k]
        if scale is not None:
            rows, signals = scale * rows, scale * signals
        feedback[k] = subject.fit_feedback(rows, signals, 0.0).detach()
    return feedback


def _batches(x: Tensor, y: Tensor, width: int, rows_per_call: int) -> Iterator[tuple[Tensor, Tensor, int]]:
    """Yield x and y, each row repeated for all atoms, in batches, with the number of data in each."""
    data = max(1, rows_per_call // width)
    for start in range(0, x.shape[0], data):
        part = slice(start, start + data)
        yield x[part].repeat_interleave(width, 0), y[part].repeat_interleave(width, 0), x[part].shape[0]


def _gather(batches: Iterator[list[Tensor]]) -> list[Tensor]:
    """Join the batches' tensors, position by position."""
    return [torch.cat(parts).detach() for parts in zip(*batches, strict=True)]
