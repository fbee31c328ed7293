"""The stages of the fast paths, as functions of tensors.

Everything is samples-last; see ``impl.kernels.fast_path`` for how the stages make a step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from impl.activations import ACTIVATIONS
from impl.counter_noise import design, values_of
from impl.kernels import formulas
from impl.kernels.problem import Problem
from impl.kernels.signs import flipped, stacked, values
from impl.losses import LOSSES
from impl.philox import philox
from impl.rule import direct, each

__all__ = ["Plan", "multiply"]

SHORT = 16
"""Draws from which a loop over a datum's draws fills the vectors of a processor."""
STRIP = 512
"""Columns of Q that are added to by one product."""


@dataclass(frozen=True)
class Plan:
    """What of a problem is fixed when a stage is compiled."""

    activations: tuple[str, ...]
    loss: str
    rule: str
    family: str
    hidden: tuple[int, ...]
    products: str
    dtype: torch.dtype
    controlled: bool

    @classmethod
    def of(cls, problem: Problem) -> Plan:
        """The plan of a problem."""
        return cls(
            problem.activations,
            problem.loss,
            problem.rule,
            problem.family,
            problem.hidden,
            problem.products,
            problem.like.dtype,
            problem.control is not None,
        )

    def noise(self, blocks: Sequence[Tensor], tags: Sequence[Tensor], *counter: Tensor) -> list[Tensor]:
        """xi^1 ... xi^N, each (R, n_i, data, draws), from the counters of ``FastPath.counters``."""
        low, high, k0, k1 = counter
        if self.family == "hadamard":  # the same for every datum and run: (1, n_i, 1, draws)
            return [layer[None] for layer in design(self.hidden, low[0, :1], self.dtype)]
        return [
            values_of(self.family, n, block, low, high, tag, k0, k1, self.dtype).transpose(0, 1)
            for n, block, tag in zip(self.hidden, blocks, tags, strict=True)
        ]

    def words(self, blocks: Sequence[Tensor], tags: Sequence[Tensor], *counter: Tensor) -> list[Tensor]:
        """The same for signs, packed: see ``impl.kernels.signs``."""
        low, high, k0, k1 = counter
        return [
            stacked(philox(block, low, high, tag, k0, k1), n)
            for n, block, tag in zip(self.hidden, blocks, tags, strict=True)
        ]

    def clean(
        self,
        weights: Sequence[Tensor],
        feedback: Sequence[Tensor],
        control: Sequence[Tensor],
        x: Tensor,
        y: Tensor,
    ) -> tuple[list[tuple[Tensor, ...]], tuple[Tensor, ...], list[Tensor], list[Tensor]]:
        """The factors of layers 2 ... N+1 and of the loss, E^1 ... E^N, and g~^1 ... g~^N if controlled.

        Feedback and control are given transposed. x is (data, n_0), y (data, p); E^i and g~^i are
        (R, ., data).
        """
        h, target = x.T[None], y.T[None]
        known: list[tuple[Tensor, ...]] = []
        slopes: list[Tensor] = []
        for layer, (weight, name) in enumerate(zip(weights, self.activations, strict=True)):
            a = multiply(weight, h, "full" if self.products == "bf16" else self.products)
            h = ACTIVATIONS[name].value(a)
            if layer > 0:
                known.append(formulas.factors(name, a))
                slopes.append(formulas.slope(name, a, known[-1]))
        target = target.expand_as(h)
        top = LOSSES[self.loss].gradient(h, target) * slopes[-1]
        errors, _ = self.descend(feedback, slopes, top)
        guesses = self.descend(control, slopes, top)[1] if self.controlled else []
        return known, formulas.loss_factors(self.loss, h, target), errors, guesses

    def descend(
        self, feedback: Sequence[Tensor], slopes: Sequence[Tensor], top: Tensor
    ) -> tuple[list[Tensor], list[Tensor]]:
        """E^i = e~^{i+1} (under "DFA" one e~^{N+1}), and the synthetic gradients, for i = 1 ... N; slopes are
        those of layers 2 ... N+1.
        """
        if direct(self.rule):
            return [top], [multiply(B_T, top, self.products) for B_T in feedback] if self.controlled else []
        errors, guesses = [top], []
        for B_T, slope in zip(reversed(feedback[1:]), reversed(slopes[:-1]), strict=True):
            guesses.append(multiply(B_T, errors[-1], self.products))
            errors.append(guesses[-1] * slope)
        if self.controlled:
            guesses.append(multiply(feedback[0], errors[-1], self.products))
        return errors[::-1], guesses[::-1]

    def next_layer(
        self,
        layer: int,
        P: Tensor,
        known: Sequence[Tensor],
        noise: Tensor,
        c: Tensor,
        out: Tensor | None = None,
        few: bool = False,
    ) -> Tensor:
        """u of hidden layer ``layer`` (from 0), from P = W u of the layer below; in ``out`` where given.

        With ``few`` draws the samples are taken for data with one draw each: compiled, one loop then runs
        over all, where a loop over a datum's draws would not fill a vector.
        """
        shape = P.shape
        if few:
            known = [f.expand(-1, -1, -1, shape[3]).flatten(2)[..., None] for f in known]
            P = P.flatten(2)[..., None]
        v = formulas.activation_difference(self.activations[layer], known, P, c)
        v = v.view(shape) if few else v
        return torch.add(v, values(noise, self.hidden[layer], self.dtype), out=out)

    def difference(self, P: Tensor, known: Sequence[Tensor], of_loss: Sequence[Tensor], c: Tensor) -> Tensor:
        """(L~ - L) / c, (R, data, draws), from P = W^{N+1} u^N."""
        v = formulas.activation_difference(self.activations[-1], known, P, c)
        return formulas.loss_difference(self.loss, of_loss, v, c)

    def project(
        self,
        P: Tensor,
        known: Sequence[Tensor],
        of_loss: Sequence[Tensor],
        c: Tensor,
        noise: Sequence[Tensor],
        guesses: Sequence[Tensor],
    ) -> list[Tensor]:
        """Lambda^1 ... Lambda^N, each (R, n_i, data); ``noise`` holds values or words."""
        surprise = self.difference(P, known, of_loss, c)
        for guess, xi, n in zip(guesses, noise, self.hidden, strict=False):
            surprise = surprise - flipped(xi, n, guess[..., None]).sum(1)
        if self.family == "hadamard":
            estimates = [torch.matmul(xi[:, :, 0], surprise.mT) for xi in noise]
        else:
            estimates = [
                flipped(xi, n, surprise[:, None]).sum(3) for xi, n in zip(noise, self.hidden, strict=True)
            ]
        if self.controlled:
            draws = surprise.shape[2]
            estimates = [Lam + draws * g for Lam, g in zip(estimates, guesses, strict=True)]
        return estimates

    def perturbed(
        self,
        weights: Sequence[Tensor],
        known: Sequence[Sequence[Tensor]],
        counters: Sequence[Any],
        c: Tensor,
    ) -> tuple[Tensor, list[Tensor]]:
        """P^{N+1} (R, p, data, draws) and the noise; with shared noise an axis of data may still be 1."""
        noise = (self.words if self.family == "rademacher" else self.noise)(*counters)
        u = values(noise[0], self.hidden[0], self.dtype)
        draws = u.shape[3]
        for k, weight in enumerate(weights[1:]):
            P = multiply(weight, u.flatten(2), self.products).view(-1, weight.shape[1], u.shape[2], draws)
            if k + 1 < len(self.hidden):
                few = 1 < draws < SHORT and self.family != "hadamard"
                u = self.next_layer(k + 1, P, known[k], noise[k + 1], c, few=few)
        return P, noise

    def add(
        self,
        errors: Sequence[Tensor],
        estimates: Sequence[Tensor],
        draws: int,
        S: Sequence[Tensor],
        Q: Sequence[Tensor],
    ) -> None:
        """S^i += E^i (Lambda^i)^T and Q^i += draws E^i (E^i)^T, in the dtype of S and Q."""
        own = each(self.rule, errors, len(S))
        for i, (total, estimate, error) in enumerate(zip(S, estimates, own, strict=True)):
            add_product(total, error, estimate, 1, self.products)
            if i < len(Q):
                add_square(Q[i], error, draws, self.products)


def multiply(A: Tensor, X: Tensor, products: str = "full", out: Tensor | None = None) -> Tensor:
    """A (R, m, n) times X (R, n, T), either R may be 1: (R, m, T), in ``out`` where given."""
    if products == "bf16":
        rounded = torch.matmul(A.bfloat16(), X.bfloat16())
        return rounded.to(A.dtype) if out is None else out.copy_(rounded)
    if A.shape[0] == 1 and X.shape[0] == 1:
        if out is None:
            return torch.mm(A[0], X[0])[None]
        torch.mm(A[0], X[0], out=out[0])
        return out
    return torch.matmul(A, X, out=out)


def add_product(total: Tensor, left: Tensor, right: Tensor, times: int, products: str) -> None:
    """total (R, m, n) += times left (R, m, T) right^T (R, n, T)."""
    if products == "bf16" and total.dtype == torch.float32:
        total.add_(torch.matmul(left.bfloat16(), right.bfloat16().mT), alpha=times)
        return
    left, right = left.to(total.dtype), right.to(total.dtype)
    if total.shape[0] == 1:
        total[0].addmm_(left[0], right[0].mT, alpha=times)
    else:
        total.baddbmm_(left, right.mT, alpha=times)


def add_square(total: Tensor, left: Tensor, times: int, products: str) -> None:
    """The lower triangle of total (R, m, m) += times left (R, m, T) left^T.

    ``Totals`` mirrors it. A wide one is added to in strips of columns from the diagonal down, which is little
    more than half the work.
    """
    width = left.shape[1]
    if width <= STRIP:
        add_product(total, left, left, times, products)
        return
    for start in range(0, width, STRIP):
        strip = slice(start, start + STRIP)
        add_product(total[:, start:, strip], left[:, start:], left[:, strip], times, products)
