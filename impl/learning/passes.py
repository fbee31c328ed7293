"""The passes through all runs at once: forward, errors down, differences up.

Tensors are (runs, units, samples). What the runs share, the minibatch, is (units, samples): the first layer
of all runs is one product. Every layer's input carries a last row of ones, which the bias column of W meets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from impl.learning.architecture import Architecture

__all__ = [
    "Clean",
    "Signals",
    "carry",
    "forward",
    "losses",
    "propagate",
    "subtract",
    "with_ones",
]


@dataclass(frozen=True, eq=False)
class Clean:
    """What the clean pass leaves behind.

    ``inputs`` are h^0 ... h^N with their row of ones, (R, n_i + 1, T); h^0 is (n_0 + 1, T) where all runs
    share it. ``pre_activations`` are a^1 ... a^{N+1}; ``output`` is h^{N+1}; ``jitter`` the noise of a
    layer's units that clean and perturbed pass share, ``None`` where there is none.
    """

    inputs: tuple[Tensor, ...]
    pre_activations: tuple[Tensor, ...]
    output: Tensor
    jitter: tuple[Tensor, ...] | None = None

    def of(self, runs: slice) -> Clean:
        """The pass of some of the runs."""
        return Clean(
            tuple(h if h.dim() == 2 else h[runs] for h in self.inputs),
            tuple(a[runs] for a in self.pre_activations),
            self.output[runs],
            None if self.jitter is None else tuple(z[runs] for z in self.jitter),
        )


@dataclass(frozen=True, eq=False)
class Signals:
    """Error signals e^1 ... e^{N+1}, dL/da^i, and gradients g^1 ... g^N, dL/dh^i: true or synthetic."""

    errors: tuple[Tensor, ...]
    gradients: tuple[Tensor, ...]

    def of(self, runs: slice) -> Signals:
        """The signals of some of the runs."""
        return Signals(tuple(e[runs] for e in self.errors), tuple(g[runs] for g in self.gradients))


def with_ones(h: Tensor) -> Tensor:
    """h with a last row of ones."""
    return torch.cat([h, torch.ones_like(h[..., :1, :])], -2)


def kicked(h: Tensor, kick: Tensor, constant: float) -> Tensor:
    """h + kick; a row that only the kick has is that of the unit that is ``constant``."""
    n = h.shape[-2]
    if kick.shape[-2] == n:
        return h + kick
    return torch.cat([h + kick[..., :n, :], constant + kick[..., n:, :]], -2)


def forward(
    architecture: Architecture, weights: Sequence[Tensor], x: Tensor, jitter: tuple[Tensor, ...] | None = None
) -> Clean:
    """The clean pass of all runs: a^i = W^i [h^{i-1}; 1], h^i = sigma_i(a^i) plus its jitter.

    ``x`` is (n_0, T), or (R, n_0, T) where the runs do not share it. A jitter may have a last row for the
    bias unit.
    """
    inputs, pre_activations, h = list[Tensor](), list[Tensor](), x
    for k, (weight, sigma) in enumerate(zip(weights, architecture.sigmas, strict=True)):
        inputs.append(h if h.shape[-2] == weight.shape[-1] else with_ones(h))
        pre_activations.append(weight @ inputs[-1])
        h = sigma.value(pre_activations[-1])
        if jitter is not None and k < len(jitter):
            h = kicked(h, jitter[k], 1.0)
    return Clean(tuple(inputs), tuple(pre_activations), h, jitter)


def losses(architecture: Architecture, clean: Clean, y: Tensor) -> Tensor:
    """The loss of each sample of each run, (R, T), for targets y (p, T)."""
    return architecture.objective.value(clean.output, y.expand_as(clean.output))


def carry(
    architecture: Architecture,
    clean: Clean,
    y: Tensor,
    feedback: Sequence[Tensor],
    direct: Sequence[Tensor] = (),
) -> Signals:
    """The error signals carried down: e^{N+1} = dL/da^{N+1}, then g^i = (B^{i+1})^T e, e^i = g^i o sigma_i'.

    The first runs have ``feedback`` B^2 ... B^{N+1} and e is e^{i+1}; the others ``direct`` and e is e^{N+1}.
    With the weights for feedback this is backpropagation. A gradient may have a last row, that of the bias
    unit, which no error goes on from.
    """
    slopes = [
        sigma.derivative(a) for sigma, a in zip(architecture.sigmas, clean.pre_activations, strict=True)
    ]
    top = architecture.objective.gradient(clean.output, y.expand_as(clean.output)) * slopes[-1]
    errors, gradients = [top], list[Tensor]()
    for k in reversed(range(len(feedback))):
        first = feedback[k].shape[0]
        below = feedback[k].mT @ errors[-1][:first]
        if first < top.shape[0]:
            below = torch.cat([below, direct[k].mT @ top[first:]])
        gradients.append(below)
        errors.append(below[:, : slopes[k].shape[1]] * slopes[k])
    return Signals(tuple(errors[::-1]), tuple(gradients[::-1]))


def propagate(
    architecture: Architecture, matrices: Sequence[Tensor], clean: Clean, y: Tensor, kicks: Sequence[Tensor]
) -> Tensor:
    """L~ - L of each sample, (R, T), carried from layer to layer and never subtracted.

    ``kicks`` are c xi^1 ... c xi^N, (R, units, T); with d^i = h~^i - h^i,

        d^1 = c xi^1,    d^i = sigma_i(a^i + M^i d^{i-1}) - sigma_i(a^i) + c xi^i,    no kick at the output,

    where M^i is W^i without its bias column, or whatever stands in its place: then it is the difference which
    a network with those matrices, expanded at these activities, predicts. Where kicks have a last row for the
    bias unit, so has d, and M a column. Relative accuracy as in ``impl.perturbation``.
    """
    d = kicks[0]
    for k, matrix in enumerate(matrices, 1):
        d = architecture.sigmas[k].difference(clean.pre_activations[k], matrix @ d, 1.0)
        if k < len(kicks):
            d = kicked(d, kicks[k], 0.0)
    return architecture.objective.difference(clean.output, y.expand_as(clean.output), d, 1.0)


def subtract(
    architecture: Architecture, weights: Sequence[Tensor], clean: Clean, y: Tensor, kicks: Sequence[Tensor]
) -> Tensor:
    """L~ - L of each sample, (R, T), as most code has it: a second pass, and the losses subtracted."""
    added = (
        kicks
        if clean.jitter is None
        else [kicked(z, k, 0.0) for k, z in zip(kicks, clean.jitter, strict=True)]
    )
    h = kicked(architecture.sigmas[0].value(clean.pre_activations[0]), added[0], 1.0)
    for k, (weight, sigma) in enumerate(zip(weights[1:], architecture.sigmas[1:], strict=True), 1):
        h = sigma.value(weight @ (h if architecture.bias_unit else with_ones(h)))
        if k < len(added):
            h = kicked(h, added[k], 1.0)
    targets = y.expand_as(clean.output)
    loss = architecture.objective.value
    return loss(h, targets) - loss(clean.output, targets)
