"""The passes of one run: forward, errors down, differences up. Tensors are samples first, (T, ...).

    a^i = W^i h^{i-1} + b^i,    m^i = max-pooling of a^i,    h^i = mask^i o sigma(m^i) + jitter^i

where pooling, mask (dropout) and jitter (noise that is there in every pass) are those of the layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from impl.convolution.architecture import Convolution, ConvolutionalArchitecture
from impl.convolution.maps import channels_last
from impl.convolution.pooling import pooled, pooled_difference, unpooled
from impl.learning.passes import Signals
from impl.rule import source

__all__ = ["CleanMaps", "carry", "forward", "losses", "propagate", "subtract"]

Parts = tuple[Tensor | None, ...]


@dataclass(frozen=True, eq=False)
class CleanMaps:
    """What the clean pass leaves behind: h^0 ... h^N, a^1 ... a^{N+1}, m^1 ... m^{N+1} (the a^i where nothing
    is pooled), the places of the maxima, and the masks and jitter that it was made with.
    """

    inputs: tuple[Tensor, ...]
    drives: tuple[Tensor, ...]
    pre_activations: tuple[Tensor, ...]
    places: Parts
    masks: Parts
    jitter: Parts

    @property
    def output(self) -> Tensor:
        """The outputs, (T, classes); they are linear."""
        return self.pre_activations[-1]


def forward(
    architecture: ConvolutionalArchitecture,
    weights: Sequence[Tensor],
    x: Tensor,
    masks: Parts = (),
    jitter: Parts = (),
) -> CleanMaps:
    """The clean pass on x (T, pixels), for weights with their biases."""
    hidden = len(architecture.layers)
    masks, jitter = masks or (None,) * hidden, jitter or (None,) * hidden
    h = channels_last(x.reshape(-1, *architecture.shape))
    inputs, drives, pre_activations, places = (
        list[Tensor](),
        list[Tensor](),
        list[Tensor](),
        list[Tensor | None](),
    )
    for k, (map_, weight) in enumerate(zip(architecture.maps, weights, strict=True)):
        inputs.append(h)
        a = map_.applied(weight, h)
        m, place = pooled(a) if _pools(architecture, k) else (a, None)
        drives.append(a)
        pre_activations.append(m)
        places.append(place)
        if k < hidden:
            h = _moved(architecture.sigma.value(m), masks[k], jitter[k])
    return CleanMaps(tuple(inputs), tuple(drives), tuple(pre_activations), tuple(places), masks, jitter)


def losses(architecture: ConvolutionalArchitecture, clean: CleanMaps, y: Tensor) -> Tensor:
    """The loss of each sample, (T,), for targets y (T, classes)."""
    return architecture.objective.value(clean.output, y)


def carry(
    architecture: ConvolutionalArchitecture,
    clean: CleanMaps,
    y: Tensor,
    feedback: Sequence[Tensor],
    wiring: str = "FA",
) -> Signals:
    """The error signals carried down: e^{N+1} = dL/da^{N+1}, then g^i and with it e^i.

    g^i = (B^{i+1})^T e, by the transposed map that B^{i+1} stands for: e is e^{i+1} wired as "FA", e^{N+1} as
    "DFA". e^i is g^i through mask, activation and pooling. With the weights for feedback it is
    backpropagation.
    """
    errors, gradients = [architecture.objective.gradient(clean.output, y)], list[Tensor]()
    maps = architecture.feedback_maps(wiring)
    for k in reversed(range(len(feedback))):
        g = maps[k].transposed(feedback[k], source(wiring, errors))
        e = _moved(g * architecture.sigma.derivative(clean.pre_activations[k]), clean.masks[k], None)
        place = clean.places[k]
        errors.insert(0, e if place is None else unpooled(e, clean.drives[k], place))
        gradients.insert(0, g)
    return Signals(tuple(errors), tuple(gradients))


def propagate(
    architecture: ConvolutionalArchitecture,
    matrices: Sequence[Tensor],
    clean: CleanMaps,
    y: Tensor,
    kicks: Sequence[Tensor],
) -> Tensor:
    """L~ - L of each sample, (T,), carried from layer to layer and never subtracted.

    ``kicks`` are c xi^1 ... c xi^N in the shapes of h^1 ... h^N, ``matrices`` what stands for W^2 ... W^{N+1}
    without biases. Maps are linear, pooling has ``pooled_difference``, masks are those of the clean pass, and
    activations and loss have differences of their own: relative accuracy is that of the kicks.
    """
    d = kicks[0]
    for k, (map_, matrix) in enumerate(zip(architecture.maps[1:], matrices, strict=True), 1):
        d = map_.linear(matrix, d)
        if _pools(architecture, k):
            d = pooled_difference(clean.drives[k], clean.pre_activations[k], d)
        if k < len(kicks):
            d = architecture.sigma.difference(clean.pre_activations[k], d, 1.0)
            d = _moved(d, clean.masks[k], kicks[k])
    return architecture.objective.difference(clean.output, y, d, 1.0)


def subtract(
    architecture: ConvolutionalArchitecture,
    weights: Sequence[Tensor],
    clean: CleanMaps,
    y: Tensor,
    kicks: Sequence[Tensor],
) -> Tensor:
    """L~ - L of each sample, (T,), as most code has it: a second pass, and the losses subtracted."""
    jitter = tuple(kick if z is None else kick + z for kick, z in zip(kicks, clean.jitter, strict=True))
    perturbed = forward(architecture, weights, clean.inputs[0].flatten(1), clean.masks, jitter)
    return losses(architecture, perturbed, y) - losses(architecture, clean, y)


def _pools(architecture: ConvolutionalArchitecture, k: int) -> bool:
    """Whether layer k + 1 pools."""
    layer = architecture.layers[k] if k < len(architecture.layers) else None
    return isinstance(layer, Convolution) and layer.pooling


def _moved(h: Tensor, mask: Tensor | None, added: Tensor | None) -> Tensor:
    """mask o h + added, where there are such."""
    h = h if mask is None else h * mask
    return h if added is None else h + added
