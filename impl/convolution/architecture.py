"""What does not change while a convolutional network learns: its layers, their shapes, the loss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from impl import checks
from impl.activations import ACTIVATIONS, Activation
from impl.convolution.maps import ConvolutionMap, DenseMap, LinearMap, Shape
from impl.convolution.pooling import pooled_shape
from impl.losses import LOSSES, Loss
from impl.rule import direct

__all__ = ["Convolution", "ConvolutionalArchitecture", "Dense"]


@dataclass(frozen=True)
class Convolution:
    """A layer of ``channels`` images: kernels of size x size (odd), stride 1, "SAME"; then max-pooling 3 x 3
    with stride 2, if ``pooling``.
    """

    channels: int
    size: int = 5
    pooling: bool = True

    def __post_init__(self) -> None:
        checks.whole("channels", self.channels, 1)
        checks.whole("size", self.size, 1)
        checks.require(self.size % 2 == 1, "size", self.size, "an odd number")


@dataclass(frozen=True)
class Dense:
    """A layer of ``units`` that see all of the layer below.

    While it learns each unit is silent for a sample with the probability ``dropout``; those that are not are
    not scaled up for it, as in the authors' code, so that a layer gives more when it is tested.
    """

    units: int
    dropout: float = 0.0

    def __post_init__(self) -> None:
        checks.whole("units", self.units, 1)
        checks.fraction("dropout", self.dropout)


@dataclass(frozen=True)
class ConvolutionalArchitecture:
    """Hidden ``layers`` on images of ``shape``, (channels, rows, columns), then ``classes`` linear outputs.

    The loss of a minibatch is the *sum* over its samples. Raises ``InvalidInput`` for no layers, a
    convolution above a dense layer, or an unknown activation or loss.
    """

    shape: Shape
    layers: tuple[Convolution | Dense, ...]
    classes: int
    activation: str = "tanh"
    loss: str = "cross_entropy"

    def __post_init__(self) -> None:
        given = checks.sequence("shape", self.shape, 3)
        object.__setattr__(
            self, "shape", tuple(checks.whole(f"shape[{k}]", n, 1) for k, n in enumerate(given))
        )
        layers = checks.sequence("layers", self.layers)
        checks.require(len(layers) > 0, "the length of layers", 0, "1 or more")
        dense = [isinstance(layer, Dense) for layer in layers]
        for k, layer in enumerate(layers):
            kind = f"a Convolution{'' if any(dense[:k]) else ' or a Dense'}"
            known = isinstance(layer, (Convolution, Dense)) and dense[k] >= any(dense[:k])
            expected = "a Dense: one is below it" if any(dense[:k]) else kind
            checks.require(known, f"layers[{k}]", checks.shown(layer), expected)
        checks.whole("classes", self.classes, 1)
        checks.one_of("activation", self.activation, ACTIVATIONS)
        checks.one_of("loss", self.loss, LOSSES)

    @cached_property
    def maps(self) -> tuple[LinearMap, ...]:
        """The linear maps of layers 1 ... N + 1."""
        found, shape = list[LinearMap](), self.shape
        for layer, made in zip(self.layers, self.hidden_shapes, strict=True):
            found.append(
                ConvolutionMap(shape, layer.channels, layer.size)
                if isinstance(layer, Convolution)
                else DenseMap(shape, layer.units)
            )
            shape = made
        return *found, DenseMap(shape, self.classes)

    @cached_property
    def hidden_shapes(self) -> tuple[Shape, ...]:
        """The shapes of a sample of h^1 ... h^N."""
        found, shape = list[Shape](), self.shape
        for layer in self.layers:
            if isinstance(layer, Convolution):
                shape = (layer.channels, *shape[1:])
                shape = pooled_shape(shape) if layer.pooling else shape
            else:
                shape = (layer.units,)
            found.append(shape)
        return tuple(found)

    @property
    def hidden(self) -> tuple[int, ...]:
        """The numbers of units n_1 ... n_N: of a convolution, every pixel of every channel after pooling."""
        return tuple(math.prod(shape) for shape in self.hidden_shapes)

    @property
    def sigma(self) -> Activation:
        """The activation of all hidden layers."""
        return ACTIVATIONS[self.activation]

    @property
    def objective(self) -> Loss:
        """The loss itself."""
        return LOSSES[self.loss]

    @property
    def weight_shapes(self) -> tuple[tuple[int, int], ...]:
        """The shapes of W^1 ... W^{N+1} with their biases as last column."""
        return tuple((m.rows, m.columns + 1) for m in self.maps)

    @property
    def fan_ins(self) -> tuple[int, ...]:
        """Of W^1 ... W^{N+1}: all numbers of a sample below, for a convolution too, as in the authors' code
        (which is more than its kernels have).
        """
        return (math.prod(self.shape), *self.hidden)

    def feedback_maps(self, wiring: str) -> tuple[LinearMap, ...]:
        """The maps that B^2 ... B^{N+1} stand for: those of layers 2 ... N + 1, wired as "FA"; as "DFA" dense
        ones from each hidden layer to the classes.
        """
        if direct(wiring):
            return tuple(DenseMap(shape, self.classes) for shape in self.hidden_shapes)
        return self.maps[1:]

    def feedback_shapes(self, wiring: str) -> tuple[tuple[int, int], ...]:
        """The shapes of B^2 ... B^{N+1}."""
        return tuple((m.rows, m.columns) for m in self.feedback_maps(wiring))

    def fed_back(self, upper: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """What feedback stands for: W^2 ... W^{N+1}, or their gradients, without the biases."""
        return tuple(weight[..., :-1] for weight in upper)
