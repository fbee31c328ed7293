"""What one minibatch shows to the runs of one feedback rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from impl.learning.architecture import Architecture
from impl.learning.passes import Clean, Signals, carry, propagate, subtract
from impl.learning.perturbation import Perturbation
from impl.rule import sources

__all__ = ["Observation"]


@dataclass(frozen=True, eq=False)
class Observation:
    """Weights, feedback and passes of r runs, all from before the step; each quantity is made when asked for.

    ``y`` (p, T) are the targets; ``signals`` are carried by ``feedback``, B^2 ... B^{N+1}, wired as "FA" or
    "DFA"; ``noise`` are xi^1 ... xi^N, (r, units, T), of size ``c`` (r, 1, 1), where there is a perturbation;
    ``seeds`` are those of the runs and ``update`` the number of updates before this one.
    """

    architecture: Architecture
    wiring: str
    weights: tuple[Tensor, ...]
    feedback: tuple[Tensor, ...]
    clean: Clean
    signals: Signals
    y: Tensor
    perturbation: Perturbation | None
    noise: tuple[Tensor, ...]
    c: Tensor
    seeds: tuple[int, ...]
    update: int | Tensor

    @property
    def samples(self) -> int:
        """T."""
        return self.y.shape[1]

    @property
    def _upper(self) -> tuple[Tensor, ...]:
        return self.architecture.fed_back(self.weights[1:])

    @property
    def errors(self) -> tuple[Tensor, ...]:
        """The error signal that each of B^2 ... B^{N+1} is applied to, (r, q, T)."""
        return sources(self.wiring, self.signals.errors)

    @property
    def guesses(self) -> tuple[Tensor, ...]:
        """g~^1 ... g~^N, what the feedback says dL/dh^i is, (r, units, T)."""
        return self.signals.gradients

    @cached_property
    def gradients(self) -> tuple[Tensor, ...]:
        """lambda^1 ... lambda^N, what dL/dh^i is, (r, units, T)."""
        return carry(self.architecture, self.clean, self.y, self._upper).gradients

    @cached_property
    def difference(self) -> Tensor:
        """(L~ - L) / c of each sample, or its two-sided form, (r, T)."""
        return self._difference(self._upper)

    def hidden_errors(self, gradients: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """The error signals of gradients of the hidden layers, g^i o sigma_i', (r, n_i, T)."""
        layers = zip(gradients, self.architecture.sigmas, self.clean.pre_activations, strict=False)
        return tuple(g[:, : a.shape[1]] * sigma.derivative(a) for g, sigma, a in layers)

    @cached_property
    def expected_difference(self) -> Tensor:
        """The same for a network that has B^2 ... B^{N+1} in place of the upper weights, (r, T).

        It is expanded at the activities of the clean pass: with B = W it is ``difference`` at every c.
        """
        return self._difference(self.feedback, naive=False)

    @cached_property
    def expected_slope(self) -> Tensor:
        """g~ . xi over all hidden units, (r, T): what the feedback expects of the difference as c falls."""
        terms = [(guess * xi).sum(1) for guess, xi in zip(self.guesses, self.noise, strict=True)]
        return torch.stack(terms).sum(0)

    def _difference(self, matrices: Sequence[Tensor], naive: bool | None = None) -> Tensor:
        law = self.perturbation
        assert law is not None, "a rule that looks at differences has a perturbation: Method sees to it"
        size = law.size(self.c, self.signals.errors[-1])
        kicks = [size * xi for xi in self.noise]
        subtracted = law.naive if naive is None else naive

        def one_side(side: float) -> Tensor:
            signed = kicks if side == 1.0 else [-kick for kick in kicks]
            if subtracted:
                return subtract(self.architecture, self.weights, self.clean, self.y, signed)
            return propagate(self.architecture, matrices, self.clean, self.y, signed)

        return law.scaled(one_side, size)
