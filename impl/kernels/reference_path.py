"""The reference path: the package's own perturbation and error signals, sample by sample and run by run.

Slow and plain: every draw becomes a row with its own copy of the datum, estimates are formed and then summed.
In float32 the clean pass is done in float64, as everywhere in ``impl``. The fast paths are held to it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from impl import checks
from impl import feedback as signals
from impl.counter_noise import counted_noise, sample_index
from impl.kernels.problem import Batch, Problem, Totals
from impl.network import Pass, forward
from impl.perturbation import scaled_loss_difference
from impl.rule import sources

__all__ = ["ReferencePath"]


class ReferencePath:
    """The reference as a path, for one problem."""

    name = "reference"
    tiled = True

    @staticmethod
    def pays(problem: Problem, samples: int) -> bool:
        """Never: it is what the others are held to."""
        return False

    def __init__(self, problem: Problem) -> None:
        checks.require(
            problem.products == "full", "products", repr(problem.products), "'full' for 'reference'"
        )
        self.problem = problem

    @torch.no_grad()
    def differences(self, batch: Batch) -> Tensor:
        """(L~ - L) / c, (R, data, draws)."""
        runs = [_run(self.problem, batch, run)[1] for run in range(self.problem.runs)]
        return torch.stack(runs).view(len(runs), len(batch.x), batch.draws)

    @torch.no_grad()
    def accumulate(self, batch: Batch, totals: Totals) -> None:
        """Add the batch's estimates and error signals to S and Q, eqs. (2), (3) and (9)."""
        problem = self.problem
        S, Q = totals.targets
        for run in range(problem.runs):
            network, feedback = problem.network(run), [B[run] for B in problem.feedback]
            noise, surprise = _run(problem, batch, run)
            estimates = [surprise[:, None] * xi for xi in noise]
            if problem.control is not None:  # ((L~ - L) / c - g~ . xi) xi^i + g~^i
                control = [B[run] for B in problem.control]
                gradients = signals.synthetic_gradients(network, control, batch.x, batch.y, problem.rule)
                guesses = [_rows(g, batch.draws) for g in gradients]
                guessed = torch.stack([(g * xi).sum(1) for g, xi in zip(guesses, noise, strict=True)]).sum(0)
                surprise = surprise - guessed
                estimates = [surprise[:, None] * xi + g for g, xi in zip(guesses, noise, strict=True)]
            errors = [
                _rows(e, batch.draws)
                for e in signals.error_signals(network, feedback, batch.x, batch.y, problem.rule)
            ]
            for i, (estimate, own) in enumerate(zip(estimates, sources(problem.rule, errors), strict=True)):
                error = own.to(S[i].dtype)
                S[i][run] += error.T @ estimate.to(S[i].dtype)
                if i < len(Q):
                    Q[i][run] += error.T @ error
        totals.added(len(batch.x) * batch.draws)


def _run(problem: Problem, batch: Batch, run: int) -> tuple[list[Tensor], Tensor]:
    """The noise of one run, (T, n_i) per layer, and (L~ - L) / c, (T,), for T = data x draws rows."""
    network, like = problem.network(run), problem.like
    samples = sample_index(
        torch.arange(batch.first, batch.first + len(batch.x), device=like.device),
        torch.arange(batch.first_draw, batch.first_draw + batch.draws, device=like.device),
    )
    xi = counted_noise(
        problem.hidden, samples.flatten(), problem.family, problem.seeds[run], problem.step, dtype=like.dtype
    )
    noise = [layer.T.contiguous() for layer in xi]
    clean = forward(network, batch.x, torch.float64)
    repeated = Pass(
        tuple(_rows(a, batch.draws) for a in clean.pre_activations),
        tuple(_rows(h, batch.draws) for h in clean.activations[-1:]),
    )
    return noise, scaled_loss_difference(network, repeated, _rows(batch.y, batch.draws), noise, problem.c)


def _rows(values: Tensor, draws: int) -> Tensor:
    """Each row ``draws`` times in a row."""
    return values.repeat_interleave(draws, 0)
