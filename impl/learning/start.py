"""Where weights and feedback start, as a function of the seed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from impl import checks
from impl.learning.noise import FEEDBACK, WEIGHTS, noise_of_seeds

__all__ = ["Shapes", "Start"]

LAWS = ("gaussian", "truncated", "uniform")


class Shapes(Protocol):
    """What a start has to know of an architecture."""

    @property
    def weight_shapes(self) -> tuple[tuple[int, int], ...]:
        """The shapes of W^1 ... W^{N+1} with their bias as last column."""

    @property
    def fan_ins(self) -> tuple[int, ...]:
        """The fan-ins of W^1 ... W^{N+1}."""

    def feedback_shapes(self, wiring: str) -> tuple[tuple[int, int], ...]:
        """The shapes of B^2 ... B^{N+1}."""

    def fed_back(self, upper: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Of W^2 ... W^{N+1}, or their gradients, what feedback stands for."""


@dataclass(frozen=True)
class Start:
    """The law of the first weights and of random feedback.

    An entry has a ``law`` of scale sqrt(2 / fan-in): "gaussian", or "truncated" to two standard deviations as
    in TensorFlow (where the scale is that before truncation), or "uniform" between plus and minus 1 /
    sqrt(fan-in). The fan-in of both W^{i+1} and B^{i+1} is n_i. Biases have the law of their layer, or the
    number ``bias``. ``gain`` multiplies the weights, not the biases, by one number or one for each of W^1 ...
    W^{N+1}; ``feedback_gain`` multiplies all feedback. Methods with one law and one seed start from the same
    draws.

    The MNIST networks of the authors' code are Start(); their autoencoder with learned feedback has
    Start("truncated", bias=0.1).
    """

    law: str = "gaussian"
    bias: float | None = None
    gain: float | tuple[float, ...] = 1.0
    feedback_gain: float = 1.0

    def __post_init__(self) -> None:
        checks.one_of("law", self.law, LAWS)
        if self.bias is not None:
            checks.number("bias", self.bias, "a finite number, or None")
        gains = self.gain if isinstance(self.gain, tuple) else (self.gain,)
        for k, gain in enumerate(gains):
            checks.not_negative(f"gain[{k}]" if isinstance(self.gain, tuple) else "gain", gain)
        checks.not_negative("feedback_gain", self.feedback_gain)

    def weights(
        self, architecture: Shapes, seeds: Sequence[int], dtype: torch.dtype, device: torch.device | str
    ) -> tuple[Tensor, ...]:
        """W^1 ... W^{N+1} with their bias as last column, (seeds, n_i, n_{i-1} + 1)."""
        layers = len(architecture.weight_shapes)
        gains = self.gain if isinstance(self.gain, tuple) else (self.gain,) * layers
        checks.require(len(gains) == layers, "the length of gain", len(gains), str(layers))
        found = []
        for k, ((rows, columns), fan_in) in enumerate(
            zip(architecture.weight_shapes, architecture.fan_ins, strict=True)
        ):
            drawn = self._entries(rows, columns, fan_in, seeds, k, WEIGHTS, device)
            bias = drawn[..., -1:] if self.bias is None else torch.full_like(drawn[..., -1:], self.bias)
            found.append(torch.cat([gains[k] * drawn[..., :-1], bias], -1).to(dtype))
        return tuple(found)

    def feedback(
        self,
        architecture: Shapes,
        wiring: str,
        seeds: Sequence[int],
        dtype: torch.dtype,
        device: torch.device | str,
    ) -> tuple[Tensor, ...]:
        """Random B^2 ... B^{N+1}, (seeds, q, units)."""
        return tuple(
            (self.feedback_gain * self._entries(q, units, n, seeds, k, FEEDBACK, device)).to(dtype)
            for k, ((q, units), n) in enumerate(
                zip(architecture.feedback_shapes(wiring), architecture.fan_ins[1:], strict=True)
            )
        )

    def _entries(
        self,
        rows: int,
        columns: int,
        fan_in: int,
        seeds: Sequence[int],
        layer: int,
        draw: int,
        device: torch.device | str,
    ) -> Tensor:
        """Entries (seeds, rows, columns), drawn in float64; the layer takes the place of the update."""
        law = "gaussian" if self.law == "gaussian" else "uniform"
        (drawn,) = noise_of_seeds([rows], columns, law, seeds, layer, draw, torch.float64, device)
        if self.law == "gaussian":
            return drawn * math.sqrt(2 / fan_in)
        between = drawn / math.sqrt(3)  # uniform on (-1, 1)
        if self.law == "uniform":
            return between / math.sqrt(fan_in)
        return torch.erfinv(between * math.erf(math.sqrt(2))) * math.sqrt(2) * math.sqrt(2 / fan_in)
