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


class NeedsTooMuchMemory(Correct):
    """Takes memory by the gigabyte until there is none left."""

    def gradient_estimates(
        self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> NoReturn:
        held = []
        while True:
            held.append(torch.ones(2**27, dtype=torch.float64))


class WritesIntoTheNoise(Correct):
    """Scales the noise by c in place: the caller's noise is another one afterwards."""

    def gradient_estimates(
        self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> list[Tensor]:
        estimates = super().gradient_estimates(network, x, y, noise, c)
        for xi in noise:
            xi *= c
        return estimates


class WritesIntoTheWeights(Correct):
    """Takes a step of learning while it should only estimate, through numpy, which torch does not notice."""

    def gradient_estimates(
        self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> list[Tensor]:
        estimates = super().gradient_estimates(network, x, y, noise, c)
        network.weights[-1].numpy()[...] *= 0.99
        return estimates


class CountsItsCalls(Correct):
    """A running mean over its own calls, as of a baseline that is meant to reduce variance."""

    def __init__(self) -> None:
        self.calls = 0

    def gradient_estimates(
        self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> list[Tensor]:
        self.calls += 1
        estimates = super().gradient_estimates(network, x, y, noise, c)
        return [estimate * (1 + 0.01 / self.calls) for estimate in estimates]


class LeavesDropoutOn(Correct):
    """Drops units of the output at random, in training mode by mistake."""

    def output(self, network: Network, x: Tensor, noise: Sequence[Tensor] = (), c: float = 0.0) -> Tensor:
        return torch.nn.functional.dropout(super().output(network, x, noise, c), 0.5)


class NormalisesOverTheBatch(Correct):
    """Subtracts the batch's mean loss difference, so that a row's answer depends on the other rows."""

    def difference(self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float) -> Tensor:
        rows = super().difference(network, x, y, noise, c)
        return rows - rows.mean()


class MixesNeighbouringRows(Correct):
    """Takes the baseline of the row before: a shift by one."""

    def difference(self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float) -> Tensor:
        noisy = self.losses(network.loss, self.output(network, x, noise, c), y)
        return noisy - self.losses(network.loss, self.output(network, x), y).roll(1)


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
    NeedsTooMuchMemory,
    WritesIntoTheNoise,
    WritesIntoTheWeights,
    CountsItsCalls,
    LeavesDropoutOn,
    NormalisesOverTheBatch,
    MixesNeighbouringRows,
)
