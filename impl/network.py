"""The network and its clean pass.

A network is a list of weight matrices, one activation per layer, and a loss. There are no biases: an input
that is constantly 1 gives the first layer one. Python's index k holds layer k + 1, so ``weights[0]`` is W^1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import torch
from torch import Tensor

from impl import checks
from impl.activations import ACTIVATIONS, Activation
from impl.losses import LOSSES, Loss

__all__ = ["Network", "NetworkLike", "Pass", "forward"]


class NetworkLike(Protocol):
    """Anything that describes a network: three attributes."""

    @property
    def weights(self) -> Sequence[Tensor]:
        """W^1 ... W^{N+1}, W^i of shape (n_i, n_{i-1})."""

    @property
    def activations(self) -> Sequence[str]:
        """The names of sigma_1 ... sigma_{N+1}."""

    @property
    def loss(self) -> str:
        """The name of L."""


@dataclass(frozen=True, eq=False)
class Network:
    """A multilayer perceptron with N >= 1 hidden layers and a loss.

    ``weights`` are W^1 ... W^{N+1}, W^i of shape (n_i, n_{i-1}), all float32 or all float64, on one device.
    ``activations`` are N + 1 names of ``impl.ACTIVATIONS``; ``loss`` is one of ``impl.LOSSES``, of which
    cross_entropy needs the output activation identity. Raises ``InvalidInput`` otherwise.
    """

    weights: tuple[Tensor, ...]
    activations: tuple[str, ...]
    loss: str

    def __post_init__(self) -> None:
        weights = checks.sequence("weights", self.weights)
        checks.require(len(weights) >= 2, "the length of weights", len(weights), "2 or more: a hidden layer")
        first = checks.matrix("weights[0]", weights[0])
        chain = [first]
        for k, weight in enumerate(weights[1:], 1):
            chain.append(checks.matrix(f"weights[{k}]", weight, columns=chain[-1].shape[0], like=first))
        names = checks.sequence("activations", self.activations, len(weights))
        activations = tuple(
            checks.one_of(f"activations[{k}]", name, ACTIVATIONS) for k, name in enumerate(names)
        )
        checks.one_of("loss", self.loss, LOSSES)
        checks.require(
            self.loss != "cross_entropy" or activations[-1] == "identity",
            "the output activation",
            repr(activations[-1]),
            "'identity', because the loss is cross_entropy",
        )
        object.__setattr__(self, "weights", tuple(chain))
        object.__setattr__(self, "activations", activations)

    @classmethod
    def of(cls, network: NetworkLike) -> Network:
        """The network described by any object with ``weights``, ``activations`` and ``loss``."""
        if isinstance(network, Network):
            return network
        missing = [name for name in ("weights", "activations", "loss") if not hasattr(network, name)]
        checks.require(
            not missing,
            "network",
            f"{type(network).__name__} without {', '.join(missing)}",
            "weights, activations and loss",
        )
        weights = checks.items("weights", network.weights)
        names = checks.items("activations", network.activations)
        # whose entries the class itself checks
        return cls(cast(tuple[Tensor, ...], weights), cast(tuple[str, ...], names), network.loss)

    @property
    def widths(self) -> tuple[int, ...]:
        """n_0 ... n_{N+1}."""
        return (self.weights[0].shape[1], *(weight.shape[0] for weight in self.weights))

    @property
    def hidden(self) -> tuple[int, ...]:
        """n_1 ... n_N."""
        return self.widths[1:-1]

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of every weight, and of everything computed from them."""
        return self.weights[0].dtype

    def to(self, dtype: torch.dtype) -> Network:
        """The same network with weights of another dtype, float32 or float64."""
        checks.dtype("dtype", dtype)
        if dtype == self.dtype:
            return self
        return Network(tuple(weight.to(dtype) for weight in self.weights), self.activations, self.loss)

    @property
    def sigmas(self) -> tuple[Activation, ...]:
        """The activations themselves, sigma_1 ... sigma_{N+1}."""
        return tuple(ACTIVATIONS[name] for name in self.activations)

    @property
    def objective(self) -> Loss:
        """The loss itself."""
        return LOSSES[self.loss]


@dataclass(frozen=True, eq=False)
class Pass:
    """What one clean pass leaves behind, for T samples.

    ``pre_activations`` are a^1 ... a^{N+1} and ``activations`` h^0 ... h^{N+1}, each (T, n_i); h^0 is x.
    """

    pre_activations: tuple[Tensor, ...]
    activations: tuple[Tensor, ...]

    @property
    def output(self) -> Tensor:
        """The network's answer h^{N+1}, (T, p)."""
        return self.activations[-1]


def forward(network: NetworkLike, x: Tensor, dtype: torch.dtype | None = None) -> Pass:
    """The clean pass: h^0 = x, a^i = W^i h^{i-1}, h^i = sigma_i(a^i), for x of shape (T, n_0).

    x has the network's dtype; the pass is computed in ``dtype``, the network's own if none is given. Raises
    ``InvalidInput`` if x does not fit the network or is not finite.
    """
    network = Network.of(network)
    checks.matrix("x", x, columns=network.widths[0], like=network.weights[0])
    network = network.to(network.dtype if dtype is None else dtype)
    pre_activations: list[Tensor] = []
    activations = [x.to(network.dtype)]
    for weight, sigma in zip(network.weights, network.sigmas, strict=True):
        pre_activations.append(activations[-1] @ weight.T)
        activations.append(sigma.value(pre_activations[-1]))
    return Pass(tuple(pre_activations), tuple(activations))
