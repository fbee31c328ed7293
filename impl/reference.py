"""The reference: this package as a subject of the checks.

Four methods, float64 throughout, no state. Each hands its arguments to the function that does the work, which
rejects bad input with an ``InvalidInput`` before it starts; here only the precision is insisted on.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from impl import checks, least_squares, noise, perturbation
from impl.feedback import error_signals
from impl.network import Network, NetworkLike

__all__ = ["Reference"]


class Reference:
    """The reference implementation. Tensors are float64; one row is one sample with its own noise."""

    name = "reference"

    @torch.no_grad()
    def gradient_estimates(
        self, network: NetworkLike, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> list[Tensor]:
        """lambda-hat^1 ... lambda-hat^N, each (T, n_i), eq. (2); see ``impl.gradient_estimates``."""
        return perturbation.gradient_estimates(_double(network), x, y, noise, c)

    @torch.no_grad()
    def error_signals(
        self, network: NetworkLike, feedback: Sequence[Tensor], x: Tensor, y: Tensor, rule: str
    ) -> list[Tensor]:
        """e~^1 ... e~^{N+1}, each (T, n_i), on the clean pass; see ``impl.error_signals``."""
        return error_signals(_double(network), feedback, x, y, rule)

    @torch.no_grad()
    def fit_feedback(self, estimates: Tensor, errors: Tensor, ridge: float = 0.0) -> Tensor:
        """B (q, n_i), of minimum norm where singular; see ``impl.fit_feedback``."""
        checks.matrix("estimates", estimates, dtype=torch.float64)
        return least_squares.fit_feedback(estimates, errors, ridge)

    def draw_noise(
        self, sizes: Sequence[int], draws: int, family: str = "gaussian", seed: int = 0
    ) -> list[Tensor]:
        """One (draws, n) tensor for each n in ``sizes``; see ``impl.draw_noise``."""
        return noise.draw_noise(sizes, draws, family, seed)


def _double(network: NetworkLike) -> Network:
    """The network, if it is float64; everything else must then match it."""
    valid = Network.of(network)
    checks.require(valid.dtype == torch.float64, "the dtype of weights", valid.dtype, "torch.float64")
    return valid
