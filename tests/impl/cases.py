"""Networks and data that the tests share: every activation and loss, drawn from a stated seed."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from impl import ACTIVATIONS, LOSSES, Network, forward

WIDTHS = (6, 7, 5, 4)
KINDS = [(name, loss) for loss in LOSSES for name in ACTIVATIONS]
"""Every hidden activation with every loss; the output has it too, except under cross-entropy."""


def normal(shape: tuple[int, ...], seed: int, dtype: torch.dtype = torch.float64) -> Tensor:
    draw = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return draw.to(dtype)


def network_of(
    activation: str,
    loss: str,
    *,
    widths: tuple[int, ...] = WIDTHS,
    gain: float = 1.0,
    seed: int = 0,
    dtype: torch.dtype = torch.float64,
) -> Network:
    """Weights of standard deviation gain / sqrt(fan in) below the output layer, 1 / sqrt(fan in) there."""
    shapes = list(zip(widths[1:], widths[:-1], strict=True))
    gains = [gain] * (len(shapes) - 1) + [1.0]
    weights = tuple(
        (g / math.sqrt(shape[1]) * normal(shape, 100 * seed + k)).to(dtype)
        for k, (g, shape) in enumerate(zip(gains, shapes, strict=True))
    )
    output = "identity" if loss == "cross_entropy" else activation
    return Network(weights, (activation,) * len(gains[:-1]) + (output,), loss)


def data_for(network: Network, samples: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Inputs, and targets away from the outputs: |output - y| >= 0.1 |output|, or one-hot classes."""
    x = normal((samples, network.widths[0]), 7000 + seed, network.dtype)
    output = forward(network, x).output
    r = normal((samples, network.widths[-1]), 8000 + seed, network.dtype)
    if network.loss == "cross_entropy":
        return x, torch.nn.functional.one_hot(r.argmax(1), r.shape[1]).to(network.dtype)
    return x, output - torch.sign(r) * torch.maximum(r.abs(), 0.1 * output.abs())
