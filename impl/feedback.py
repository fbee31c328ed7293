"""Error signals: what travels down through the feedback matrices, on the clean pass.

    e~^{N+1} = dL/da^{N+1},   e~^i = ((B^{i+1})^T e~^{i+1}) o sigma_i'(a^i)       feedback alignment, "FA"
                              e~^i = ((B^{i+1})^T e~^{N+1}) o sigma_i'(a^i)       direct, "DFA"

They depend on x and y and never on the noise. With B = W and "FA" they are backpropagation.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from impl import checks
from impl.network import Network, NetworkLike, forward
from impl.rule import source, sources

__all__ = [
    "error_signals",
    "feedback_shapes",
    "hidden_gradients",
    "synthetic_gradients",
    "true_error_signals",
]


def feedback_shapes(network: NetworkLike, rule: str) -> list[tuple[int, int]]:
    """The shapes of B^2 ... B^{N+1}: those of W^2 ... W^{N+1} under "FA", (p, n_i) under "DFA"."""
    network = Network.of(network)
    return list(zip(sources(rule, network.widths[1:]), network.hidden, strict=True))


def error_signals(
    network: NetworkLike, feedback: Sequence[Tensor], x: Tensor, y: Tensor, rule: str
) -> list[Tensor]:
    """e~^1 ... e~^{N+1}, each (T, n_i), for x (T, n_0) and y (T, p); rule "FA" or "DFA" as above.

    feedback[k] is B^{k+2}, of ``feedback_shapes``. Raises ``InvalidInput`` for an unknown rule or arguments
    that are not finite or do not fit the network.
    """
    signals, _ = _descend(network, feedback, x, y, rule)
    return signals


def synthetic_gradients(
    network: NetworkLike, feedback: Sequence[Tensor], x: Tensor, y: Tensor, rule: str
) -> list[Tensor]:
    """What the feedback says dL/dh^i is: (B^{i+1})^T e~^{i+1} or, under "DFA", (B^{i+1})^T e~^{N+1}.

    One (T, n_i) tensor per hidden layer; arguments and errors as in ``error_signals``.
    """
    _, gradients = _descend(network, feedback, x, y, rule)
    return gradients


def true_error_signals(network: NetworkLike, x: Tensor, y: Tensor) -> list[Tensor]:
    """e^i = dL/da^i for i = 1 ... N+1, each (T, n_i): the error signals with B = W."""
    network = Network.of(network)
    return error_signals(network, network.weights[1:], x, y, "FA")


def hidden_gradients(network: NetworkLike, x: Tensor, y: Tensor) -> list[Tensor]:
    """lambda^i = dL/dh^i = (W^{i+1})^T e^{i+1} for i = 1 ... N, each (T, n_i)."""
    network = Network.of(network)
    return synthetic_gradients(network, network.weights[1:], x, y, "FA")


def _descend(
    network: NetworkLike, feedback: Sequence[Tensor], x: Tensor, y: Tensor, rule: str
) -> tuple[list[Tensor], list[Tensor]]:
    """The signals e~^1 ... e~^{N+1} and the synthetic gradients of the hidden layers 1 ... N."""
    network = Network.of(network)
    B = checks.layers("feedback", feedback, feedback_shapes(network, rule), network.weights[0])
    x, y = checks.data(x, y, network.widths[0], network.widths[-1], network.weights[0])
    clean = forward(network, x)
    slopes = [sigma.derivative(a) for sigma, a in zip(network.sigmas, clean.pre_activations, strict=True)]
    top = network.objective.gradient(clean.output, y) * slopes[-1]
    signals, gradients = [top], list[Tensor]()
    for matrix, slope in zip(reversed(B), reversed(slopes[:-1]), strict=True):
        gradients.insert(0, source(rule, signals) @ matrix)
        signals.insert(0, gradients[0] * slope)
    return signals, gradients
