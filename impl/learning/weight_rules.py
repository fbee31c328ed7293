"""How weights follow their gradient: W <- (1 - decay) W - rate D, the biases without decay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from impl import checks
from impl.learning.fits import Memory

__all__ = ["SGD", "Adam", "Only", "WeightRule"]


class WeightRule(Protocol):
    """What makes directions D of gradients, and the rate to follow them."""

    @property
    def rate(self) -> float:
        """The rate."""

    @property
    def decay(self) -> float:
        """The fraction of every weight that is lost at each update."""

    def begin(self, weights: tuple[Tensor, ...]) -> Memory:
        """What is remembered before the first minibatch."""

    def directions(self, gradients: tuple[Tensor, ...], memory: Memory) -> tuple[tuple[Tensor, ...], Memory]:
        """D for each layer, of the shape of its gradient, and what is then remembered."""


@dataclass(frozen=True)
class SGD:
    """D is the gradient of the loss summed over the minibatch."""

    rate: float
    decay: float = 0.0

    def __post_init__(self) -> None:
        checks.not_negative("rate", self.rate)
        checks.fraction("decay", self.decay)

    def begin(self, weights: tuple[Tensor, ...]) -> Memory:
        """Nothing."""
        return ()

    def directions(self, gradients: tuple[Tensor, ...], memory: Memory) -> tuple[tuple[Tensor, ...], Memory]:
        """The gradients; nothing is remembered."""
        return gradients, memory


@dataclass(frozen=True)
class Adam:
    """Adam as TensorFlow 1 has it: D = sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + epsilon)."""

    rate: float
    first: float = 0.9
    second: float = 0.999
    epsilon: float = 1e-8
    decay: float = 0.0

    def __post_init__(self) -> None:
        checks.not_negative("rate", self.rate)
        for name, value in (("first", self.first), ("second", self.second), ("decay", self.decay)):
            checks.fraction(name, value)
        checks.noise_scale(self.epsilon, "epsilon")

    def begin(self, weights: tuple[Tensor, ...]) -> Memory:
        """A count of updates, (r, 1, 1) in float64, then m and v of each layer."""
        count = torch.zeros_like(weights[0][:, :1, :1], dtype=torch.float64)
        return count, *(torch.zeros_like(weight) for weight in weights for _ in range(2))

    def directions(self, gradients: tuple[Tensor, ...], memory: Memory) -> tuple[tuple[Tensor, ...], Memory]:
        """The directions, and the moments with this gradient in them."""
        count = memory[0] + 1
        correction = ((1 - self.second**count).sqrt() / (1 - self.first**count)).to(gradients[0].dtype)
        directions, moments = list[Tensor](), list[Tensor]()
        for gradient, m, v in zip(gradients, memory[1::2], memory[2::2], strict=True):
            m = self.first * m + (1 - self.first) * gradient
            v = self.second * v + (1 - self.second) * gradient.square()
            moments += [m, v]
            directions.append(correction * m / (v.sqrt() + self.epsilon))
        return tuple(directions), (count, *moments)


@dataclass(frozen=True)
class Only:
    """Another rule for some layers, numbered from 1; all others stand still. Without decay."""

    rule: SGD | Adam
    layers: tuple[int, ...]

    def __post_init__(self) -> None:
        checks.require(self.rule.decay == 0, "the decay of rule", self.rule.decay, "0")
        for k, layer in enumerate(checks.sequence("layers", self.layers)):
            checks.whole(f"layers[{k}]", layer, 1)

    @property
    def rate(self) -> float:
        """That of the rule."""
        return self.rule.rate

    @property
    def decay(self) -> float:
        """None."""
        return 0.0

    def begin(self, weights: tuple[Tensor, ...]) -> Memory:
        """What the rule remembers."""
        return self.rule.begin(weights)

    def directions(self, gradients: tuple[Tensor, ...], memory: Memory) -> tuple[tuple[Tensor, ...], Memory]:
        """The rule's directions, and 0 for the layers that stand still."""
        found, remembered = self.rule.directions(gradients, memory)
        return tuple(
            D if layer in self.layers else torch.zeros_like(D) for layer, D in enumerate(found, 1)
        ), remembered
