"""Noise of size c on all hidden units, and the loss difference that it makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from impl import checks
from impl.learning.noise import LAW_NAMES

__all__ = ["DRAWS", "Perturbation"]

DRAWS = 2**15
"""Draws of noise for a minibatch, at most: their numbers are the upper half of a word of the counter."""


@dataclass(frozen=True)
class Perturbation:
    """How the hidden units are perturbed: h~^i = sigma_i(a~^i) + c_t xi^i.

    c_t = c |e_t|^power, with e_t the error signal of sample t at the output: power 0 is a fixed size, power 1
    keeps to the errors (the angle of a one-sided rule then stays constant, that of a two-sided one vanishes
    with them). ``law`` is one of ``impl.counter_noise``; ``two_sided`` takes (L(c) - L(-c)) / 2c in place of
    (L(c) - L(0)) / c, one loss more; ``naive`` subtracts losses instead of carrying the difference. With
    ``draws`` K, feedback is fitted to the minibatch K times, each with noise of its own and from the feedback
    that the fit before left, and then weights move: K losses, or 2 K. Raises ``InvalidInput`` for c not above
    0, a power below 0, an unknown law, or draws outside 1 ... ``DRAWS``.
    """

    c: float
    law: str = "rademacher"
    power: float = 0.0
    two_sided: bool = False
    naive: bool = False
    draws: int = 1

    def __post_init__(self) -> None:
        checks.noise_scale(self.c)
        checks.one_of("law", self.law, LAW_NAMES)
        checks.not_negative("power", self.power)
        checks.whole("draws", self.draws, 1, DRAWS + 1)

    def size(self, c: Tensor, top: Tensor) -> Tensor:
        """c_t as (R, 1, T) or (R, 1, 1), for c (R, 1, 1) and the output's error signals ``top`` (R, p, T).

        A sample without error gets the size c: its difference is multiplied by that error afterwards.
        """
        if self.power == 0.0:
            return c
        error = torch.linalg.vector_norm(top, dim=1, keepdim=True)
        return c * torch.where(error == 0, 1.0, error**self.power)

    def scaled(self, difference: Callable[[float], Tensor], c: Tensor) -> Tensor:
        """The scaled difference, (R, T), from ``difference(side)``, which is L~ - L at the size side c."""
        size = c.squeeze(1)
        if self.two_sided:
            return (difference(1.0) - difference(-1.0)) / (2 * size)
        return difference(1.0) / size
