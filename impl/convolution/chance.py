"""Everything random in an update of convolutional networks: ``impl.learning.noise``, samples first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from torch import Tensor

from impl.convolution.architecture import ConvolutionalArchitecture, Dense
from impl.convolution.maps import Shape, channels_last
from impl.convolution.passes import Parts
from impl.learning.noise import DROPOUT, INPUT, noise_of_seeds

__all__ = ["Chance"]


@dataclass(frozen=True)
class Chance:
    """What is random in one update, samples first; what the runs of one seed share is drawn once."""

    architecture: ConvolutionalArchitecture
    update: int
    samples: int
    like: Tensor
    drawn: dict[tuple[int, str, int], tuple[Tensor, ...]] = field(default_factory=dict)

    def noise(self, seed: int, law: str, draw: int) -> tuple[Tensor, ...]:
        """Entries of mean 0 and variance 1 in the shapes of h^1 ... h^N, or of the input."""
        shapes = [self.architecture.shape] if draw == INPUT else self.architecture.hidden_shapes
        return self.layers(seed, shapes, law, draw)

    def masks(self, seed: int, draw: int = DROPOUT) -> Parts:
        """1 for a unit that speaks and 0 for one that is silent, of each layer with dropout."""
        layers = self.architecture.layers
        silent = {
            k: layer.dropout for k, layer in enumerate(layers) if isinstance(layer, Dense) and layer.dropout
        }
        shapes = [self.architecture.hidden_shapes[k] for k in silent]
        found: list[Tensor | None] = [None] * len(layers)
        for (k, rate), u in zip(silent.items(), self.layers(seed, shapes, "uniform", draw), strict=True):
            found[k] = (u > (2 * rate - 1) * math.sqrt(3)).to(u.dtype)  # uniform on (-sqrt 3, sqrt 3)
        return tuple(found)

    def layers(self, seed: int, shapes: Sequence[Shape], law: str, draw: int) -> tuple[Tensor, ...]:
        """A tensor (T, *shape) for each shape."""
        key, sizes = (seed, law, draw), [math.prod(shape) for shape in shapes]
        if sizes and key not in self.drawn:
            layers = noise_of_seeds(
                sizes, self.samples, law, [seed], self.update, draw, self.like.dtype, self.like.device
            )
            pairs = zip(layers, shapes, strict=True)
            self.drawn[key] = tuple(channels_last(h[0].T.reshape(-1, *shape)) for h, shape in pairs)
        return self.drawn.get(key, ())
