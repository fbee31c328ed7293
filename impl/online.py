"""Learning as it goes: feedback from minibatches, alone or together with the weights.

On a minibatch of T rows, e~ is carried down by the *current* feedback on the clean pass, and lambda-hat
comes from one perturbed pass:

    gradient descent on B:  B^i <- B^i - (rate / T) sum e~^i (e~^{iT} B^i - lambda-hat^{(i-1)T})
    recursive ridge:        V <- V + sum e~ e~^T,  R <- R + sum e~ lambda-hat^T,  B = (V + ridge I)^{-1} R
    the weights:            W^i <- W^i - (rate / T) sum e~^i (h^{i-1})^T

Nothing is changed in place: every function returns what comes after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from impl import checks
from impl.feedback import error_signals
from impl.least_squares import Sums
from impl.network import Network, NetworkLike, forward
from impl.perturbation import gradient_estimates
from impl.rule import named, sources

__all__ = ["RecursiveRidge", "align", "descend", "learn"]


@torch.no_grad()
def descend(
    network: NetworkLike,
    feedback: Sequence[Tensor],
    x: Tensor,
    y: Tensor,
    noise: Sequence[Tensor],
    c: float,
    rate: float,
    rule: str = "FA",
) -> list[Tensor]:
    """B^2 ... B^{N+1} after one step of gradient descent on a minibatch, the weights being fixed.

    Raises ``InvalidInput`` as ``error_signals`` and ``gradient_estimates`` do, and for a rate below 0.
    """
    rate = checks.not_negative("rate", rate)
    signals = error_signals(network, feedback, x, y, rule)
    estimates = gradient_estimates(network, x, y, noise, c)
    return _descended(feedback, signals, estimates, rate, rule)


@dataclass(frozen=True, eq=False)
class RecursiveRidge:
    """Sums over all minibatches so far, one for each of B^2 ... B^{N+1}, and the ridge beside them.

    Raises ``InvalidInput`` for a ridge below 0, an unknown rule, or sums that are not one for each matrix.
    """

    feedback: tuple[Tensor, ...]
    ridge: float
    rule: str = "FA"
    sums: tuple[Sums, ...] = ()

    def __post_init__(self) -> None:
        checks.sequence("feedback", self.feedback)
        checks.ridge_penalty(self.ridge)
        named("rule", self.rule)
        sums, layers = checks.sequence("sums", self.sums), len(self.feedback)
        checks.require(len(sums) in (0, layers), "the length of sums", len(sums), f"0 or {layers}")
        for k, one in enumerate(sums):
            checks.instance(f"sums[{k}]", one, Sums)

    @torch.no_grad()
    def after(
        self, network: NetworkLike, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> RecursiveRidge:
        """The state after one more minibatch; e~ is that of the feedback before it."""
        signals = error_signals(network, self.feedback, x, y, self.rule)
        estimates = gradient_estimates(network, x, y, noise, c)
        pairs = zip(estimates, sources(self.rule, signals), strict=True)
        added = [Sums.of(rows, errors) for rows, errors in pairs]
        sums = tuple(a + b for a, b in zip(self.sums, added, strict=True)) if self.sums else tuple(added)
        return RecursiveRidge(tuple(s.solve(self.ridge) for s in sums), self.ridge, self.rule, sums)


@torch.no_grad()
def align(
    network: NetworkLike, feedback: Sequence[Tensor], x: Tensor, y: Tensor, rate: float, rule: str = "FA"
) -> Network:
    """Feedback alignment: the network after one step of the weights along e~, the feedback being fixed."""
    network, rate = Network.of(network), checks.not_negative("rate", rate)
    signals = error_signals(network, feedback, x, y, rule)
    inputs = forward(network, x).activations
    step = rate / x.shape[0]
    weights = [w - step * (e.T @ h) for w, e, h in zip(network.weights, signals, inputs, strict=False)]
    return Network(tuple(weights), network.activations, network.loss)


@torch.no_grad()
def learn(
    network: NetworkLike,
    feedback: Sequence[Tensor],
    x: Tensor,
    y: Tensor,
    noise: Sequence[Tensor],
    c: float,
    rate: float,
    feedback_rate: float,
    rule: str = "FA",
) -> tuple[Network, list[Tensor]]:
    """One step of weights and feedback together, both from the network and the feedback before it.

    With ``feedback_rate`` 0 this is ``align``, bit for bit.
    """
    rate, feedback_rate = (
        checks.not_negative(name, value) for name, value in (("rate", rate), ("feedback_rate", feedback_rate))
    )
    after = descend(network, feedback, x, y, noise, c, feedback_rate, rule)
    return align(network, feedback, x, y, rate, rule), after


def _descended(
    feedback: Sequence[Tensor], signals: Sequence[Tensor], estimates: Sequence[Tensor], rate: float, rule: str
) -> list[Tensor]:
    step, result = rate / estimates[0].shape[0], []
    for matrix, rows, errors in zip(feedback, estimates, sources(rule, signals), strict=True):
        result.append(matrix - step * (errors.T @ (errors @ matrix - rows)))
    return result
