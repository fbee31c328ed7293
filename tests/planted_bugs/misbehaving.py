"""Subjects that do not answer as they should: the claim gets `error`, and the run goes on.

Each misbehaves in `gradient_estimates` alone, so that the claims that do not call it still pass.
"""

import os
import time
from collections.abc import Sequence
from typing import NoReturn

import torch
from torch import Tensor

from tests.planted_bugs.base import Correct, Network


class Raises(Correct):
    """Raises an exception."""

    def gradient_estimates(
        self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> NoReturn:
        raise RuntimeError("this subject always raises")


class RaisesWhenMade(Correct):
    """Raises in its constructor."""

    def __init__(self) -> None:
        raise RuntimeError("this subject cannot be made")


class Hangs(Correct):
    """Never returns."""

    def gradient_estimates(
        self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> NoReturn:
        while True:
            time.sleep(1.0)


class Exits(Correct):
    """Takes its process down."""

    def gradient_estimates(
        self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> NoReturn:
        os._exit(3)


class ReturnsNaN(Correct):
    """One entry of the estimates is NaN."""

    def gradient_estimates(
        self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> list[Tensor]:
        estimates = super().gradient_estimates(network, x, y, noise, c)
        estimates[-1][-1, -1] = torch.nan
        return estimates


class ReturnsSinglePrecision(Correct):
    """The estimates are float32."""

    def gradient_estimates(
        self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> list[Tensor]:
        return [estimate.float() for estimate in super().gradient_estimates(network, x, y, noise, c)]


class ReturnsWrongShape(Correct):
    """One row in place of T: broadcasting would hide it."""

    def gradient_estimates(
        self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> list[Tensor]:
        return [estimate[:1] for estimate in super().gradient_estimates(network, x, y, noise, c)]


class ReturnsTooFewLayers(Correct):
    """The list ends one layer early."""

    def gradient_estimates(
        self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> list[Tensor]:
        return super().gradient_estimates(network, x, y, noise, c)[:-1]


class ReturnsNothing(Correct):
    """Forgets its return statement."""

    def gradient_estimates(  # type: ignore[override]
        self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> None:
        super().gradient_estimates(network, x, y, noise, c)


MISBEHAVING: tuple[type[Correct], ...] = (
    Raises,
    RaisesWhenMade,
    Hangs,
    Exits,
    ReturnsNaN,
    ReturnsSinglePrecision,
    ReturnsWrongShape,
    ReturnsTooFewLayers,
    ReturnsNothing,
)
