"""How feedback of given structure changes: the rules of ``impl.learning``, with the maps' own products.

Where a dense rule adds rate sum_t w_t e_t r_t^T to B, feedback of any structure adds rate times the ``outer``
of its map: for shared kernels the correlation of error signals and residuals. That is the descent on
sum_t |B^T e_t - target_t|^2 in the numbers that B has. Wired as "DFA" feedback is always dense.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from impl import checks
from impl.convolution.architecture import ConvolutionalArchitecture
from impl.convolution.chance import Chance
from impl.convolution.committed import Committed, SecondPasses
from impl.convolution.maps import LinearMap
from impl.convolution.passes import CleanMaps, carry, propagate, subtract
from impl.learning.feedback_rules import Fixed, Learned, Matched, Moved, Transported
from impl.learning.fits import Descent, Normalised
from impl.learning.method import Method
from impl.learning.passes import Signals
from impl.learning.perturbation import Perturbation
from impl.rule import sources

__all__ = ["MapObservation", "changed", "check", "refitted"]

Feedback = tuple[Tensor, ...]


@dataclass(frozen=True, eq=False)
class MapObservation:
    """What one minibatch shows to one run; everything is from before the step, and samples first.

    ``weights`` are W^1 ... W^{N+1} with their biases, ``feedback`` B^2 ... B^{N+1}; ``noise`` are xi^1 ...
    xi^N in the shapes of h^1 ... h^N, where there is a perturbation. A rule that draws more has the ``seed``
    of the run and the ``chance`` of the update.
    """

    architecture: ConvolutionalArchitecture
    wiring: str
    weights: tuple[Tensor, ...]
    feedback: Feedback
    clean: CleanMaps
    signals: Signals
    y: Tensor
    perturbation: Perturbation | None = None
    noise: tuple[Tensor, ...] = ()
    seed: int = 0
    chance: Chance | None = None

    @cached_property
    def gradients(self) -> tuple[Tensor, ...]:
        """lambda^1 ... lambda^N, what dL/dh^i is."""
        return carry(self.architecture, self.clean, self.y, self.upper).gradients

    @property
    def errors(self) -> tuple[Tensor, ...]:
        """The error signal that each of B^2 ... B^{N+1} is applied to."""
        return sources(self.wiring, self.signals.errors)

    @property
    def maps(self) -> tuple[LinearMap, ...]:
        """The maps that B^2 ... B^{N+1} stand for."""
        return self.architecture.feedback_maps(self.wiring)

    @property
    def upper(self) -> tuple[Tensor, ...]:
        """W^2 ... W^{N+1} without their biases."""
        return self.architecture.fed_back(self.weights[1:])

    @cached_property
    def difference(self) -> Tensor:
        """(L~ - L) / c of each sample, or its two-sided form, (T,)."""
        return self._difference(self.upper)

    @cached_property
    def expected_difference(self) -> Tensor:
        """The same for a network that has B^2 ... B^{N+1} in place of the upper weights, (T,)."""
        return self._difference(self.feedback, naive=False)

    @cached_property
    def expected_slope(self) -> Tensor:
        """g~ . xi over all hidden units, (T,)."""
        pairs = zip(self.signals.gradients, self.noise, strict=True)
        return torch.stack([(guess * xi).flatten(1).sum(1) for guess, xi in pairs]).sum(0)

    def _difference(self, matrices: Sequence[Tensor], naive: bool | None = None) -> Tensor:
        law = self.perturbation
        assert law is not None, "a rule that looks at differences has a perturbation: Method sees to it"
        size = law.size(self.y.new_full((1, 1, 1), law.c), self.signals.errors[-1].T[None])
        kicks = [_each(size.flatten(), xi) for xi in self.noise]
        subtracted = law.naive if naive is None else naive

        def one_side(side: float) -> Tensor:
            signed = kicks if side == 1.0 else [-kick for kick in kicks]
            if subtracted:
                return subtract(self.architecture, self.weights, self.clean, self.y, signed)[None]
            return propagate(self.architecture, matrices, self.clean, self.y, signed)[None]

        return law.scaled(one_side, size)[0]


def check(argument: str, method: Method, architecture: ConvolutionalArchitecture) -> None:
    """Raise ``InvalidInput`` for a feedback rule or a fit that is not to be had with structure."""
    rule, law = method.feedback, method.perturbation
    known = (Committed, Fixed, Learned, Matched, Transported)
    checks.require(
        isinstance(rule, known),
        f"the feedback rule of {argument}",
        type(rule).__name__,
        f"one of {', '.join(kind.__name__ for kind in known)}",
    )
    if isinstance(rule, Committed) and law is not None:
        rule.check(architecture)
        checks.require(law.draws == 1, f"the draws of {argument}", law.draws, "1")
    if isinstance(rule, Learned):
        plain = isinstance(rule.fit, Descent) or (
            isinstance(rule.fit, Normalised) and rule.fit.whitening is None and not rule.fit.measured
        )
        expected = "Descent, or Normalised without whitening and not measured"
        checks.require(plain, f"the fit of {argument}", checks.shown(repr(rule.fit)), expected)


def changed(method: Method, seen: MapObservation, moved: Moved, weights: tuple[Tensor, ...]) -> Feedback:
    """The feedback after one more minibatch, for the ``weights`` after it and what moved them."""
    rule = method.feedback
    if isinstance(rule, Learned):
        return refitted(method, seen)
    if isinstance(rule, Matched):
        pairs = zip(seen.feedback, moved.directions, strict=True)
        return tuple((1 - moved.decay) * B - moved.rate * D[..., :-1] for B, D in pairs)
    if isinstance(rule, Transported):
        return seen.architecture.fed_back(moved.weights)
    if isinstance(rule, Committed):
        assert seen.chance is not None, "a step has one"
        assert seen.perturbation is not None, "Method sees to it"
        x, c = seen.clean.inputs[0].flatten(1), seen.perturbation.c
        second = SecondPasses.of(seen.chance, seen.seed, weights, x, c)
        return rule.changed(seen.feedback, second, seen.y, c)
    return seen.feedback


def refitted(method: Method, seen: MapObservation) -> Feedback:
    """B + rate sum_t w_t e_t r_t^T, in the structure of B; B where it is not learned."""
    rule = method.feedback
    if not isinstance(rule, Learned):
        return seen.feedback
    rate = rule.fit.rate if isinstance(rule.fit, Descent | Normalised) else 0.0
    weights = _weights(rule, seen)
    feedback = []
    residuals = _residuals(rule.target, seen)
    for B, map_, w, e, r in zip(seen.feedback, seen.maps, weights, seen.errors, residuals, strict=True):
        feedback.append(torch.add(B, map_.outer(_weighted(w, e), r), alpha=rate))
    return tuple(feedback)


def _residuals(target: str, seen: MapObservation) -> list[Tensor]:
    """Target minus g~^i: the targets are those of ``impl.learning.targets``."""
    guesses = seen.signals.gradients
    if target == "gradient":
        return [true - guess for true, guess in zip(seen.gradients, guesses, strict=True)]
    y = seen.difference
    if target == "perturbation":
        return [_each(y, xi) - guess for xi, guess in zip(seen.noise, guesses, strict=True)]
    s = y - (seen.expected_slope if target == "surprise" else seen.expected_difference)
    return [_each(s, xi) for xi in seen.noise]


def _weights(rule: Learned, seen: MapObservation) -> Sequence[Tensor | None]:
    """w of each matrix, (T,), or none where it is 1."""
    if not isinstance(rule.fit, Normalised):
        return [None] * len(seen.feedback)
    return rule.fit.shares([map_.spread(e) for map_, e in zip(seen.maps, seen.errors, strict=True)])


def _each(value: Tensor, of: Tensor) -> Tensor:
    """A number for each sample, or one for all, times what there is of it."""
    return value.reshape(-1, *[1] * (of.dim() - 1)) * of


def _weighted(weight: Tensor | None, e: Tensor) -> Tensor:
    return e if weight is None else _each(weight, e)
