"""Node perturbation: the scaled loss difference (L~ - L) / c and the gradient estimates made from it.

The perturbed pass adds c xi^i after the activation of every hidden layer at once. It is not run as a second
pass. What is carried from layer to layer is u^i = (h~^i - h^i) / c:

    u^1 = xi^1,   u^i = (sigma_i(a^i + c W^i u^{i-1}) - sigma_i(a^i)) / c + xi^i,   no noise on the output,

and the loss closes the chain with its own scaled difference. Each step keeps its relative accuracy, so the
error of (L~ - L) / c does not grow as c falls. The first layer's product is not perturbed and is done once.

In float32 the clean pass is nevertheless run in float64. What the differences cannot repair is an error in
their starting point, above all in output - y: a float32 output may be a small difference of large terms.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from impl import checks
from impl.network import Network, NetworkLike, Pass, forward

__all__ = ["control_variate_estimates", "gradient_estimates", "scaled_loss_difference"]


def scaled_loss_difference(
    network: NetworkLike, clean: Pass, y: Tensor, noise: Sequence[Tensor], c: float
) -> Tensor:
    """(L~ - L) / c for each sample, shape (T,), in the network's dtype.

    ``clean`` is the clean pass of the same network, best in float64; y (T, p) are the targets; noise[k] is
    xi^{k+1}, (T, n_{k+1}), for every hidden layer; c > 0. As c falls this tends to g . xi, the loss's
    derivative along the noise.
    Raises ``InvalidInput`` for c not above 0, or arguments that are not finite or do not fit the network.
    """
    network = Network.of(network)
    c = checks.noise_scale(c)
    checks.instance("clean", clean, Pass)
    like, layers = network.weights[0], len(network.weights)
    checks.require(len(clean.activations) > 0, "clean", "a pass without its output", "a clean pass")
    samples = checks.matrix("clean.output", clean.output, columns=network.widths[-1]).shape[0]
    for k, a in enumerate(checks.sequence("clean.pre_activations", clean.pre_activations, layers)):
        checks.matrix(f"clean.pre_activations[{k}]", a, rows=samples, columns=network.widths[k + 1])
    y = checks.matrix("y", y, rows=samples, columns=network.widths[-1], like=like)
    xi = checks.layers("noise", noise, [(samples, n) for n in network.hidden], like)
    return _propagate(network, clean, y, xi, c)


def gradient_estimates(
    network: NetworkLike, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
) -> list[Tensor]:
    """The estimates lambda-hat^i = (L~ - L) xi^i / c of dL/dh^i, eq. (2), one per hidden layer.

    Each has shape (T, n_i), for x (T, n_0), y (T, p), noise[k] = xi^{k+1} (T, n_{k+1}), c > 0.
    Raises ``InvalidInput`` as ``scaled_loss_difference`` does.
    """
    network, x, y, xi, c = _valid(network, x, y, noise, c)
    difference = _propagate(network, forward(network, x, torch.float64), y, xi, c)
    return [difference[:, None] * layer for layer in xi]


def control_variate_estimates(
    network: NetworkLike,
    x: Tensor,
    y: Tensor,
    noise: Sequence[Tensor],
    c: float,
    gradients: Sequence[Tensor],
) -> list[Tensor]:
    """The estimates ((L~ - L) / c - g~ . xi) xi^i + g~^i, one (T, n_i) tensor per hidden layer.

    ``gradients`` are g~^1 ... g~^N, (T, n_i), a guess of dL/dh^i that does not depend on this noise (for
    instance the synthetic gradients of feedback fitted on an earlier batch); g~ . xi sums over hidden units.
    If E xi xi^T = I the mean is that of ``gradient_estimates`` at every c, and the covariance is that of a
    network with gradient g - g~ instead of g. Raises ``InvalidInput`` as ``scaled_loss_difference`` does.
    """
    network, x, y, xi, c = _valid(network, x, y, noise, c)
    guesses = checks.layers(
        "gradients", gradients, [(layer.shape[0], layer.shape[1]) for layer in xi], network.weights[0]
    )
    surprise = _propagate(network, forward(network, x, torch.float64), y, xi, c)
    for guess, layer in zip(guesses, xi, strict=True):
        surprise = surprise - (guess * layer).sum(1)
    return [surprise[:, None] * layer + guess for guess, layer in zip(guesses, xi, strict=True)]


def _valid(
    network: NetworkLike, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
) -> tuple[Network, Tensor, Tensor, list[Tensor], float]:
    network = Network.of(network)
    c = checks.noise_scale(c)
    x, y = checks.data(x, y, network.widths[0], network.widths[-1], network.weights[0])
    xi = checks.layers("noise", noise, [(x.shape[0], n) for n in network.hidden], network.weights[0])
    return network, x, y, xi, c


def _propagate(network: Network, clean: Pass, y: Tensor, xi: Sequence[Tensor], c: float) -> Tensor:
    u = xi[0]
    for k in range(1, len(network.weights)):
        u = network.sigmas[k].difference(clean.pre_activations[k], u @ network.weights[k].T, c)
        u = u.to(network.dtype)  # the clean pass may be more precise than the network
        if k < len(xi):
            u = u + xi[k]
    return network.objective.difference(clean.output, y, u, c).to(network.dtype)
