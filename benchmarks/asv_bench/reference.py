"""The history of the reference: the estimator, the error signals and least squares, which every commit has.

784-50-20-10, sigmoid, float64, 1,024 samples, each with noise of its own.
"""

from __future__ import annotations

from itertools import pairwise

import torch

WIDTHS, SAMPLES, C = (784, 50, 20, 10), 1024, 1e-3


class Reference:
    """What a subject is asked for, one after the other."""

    version = "1"
    timeout = 120
    warmup_time = 0.2
    rounds = 1
    repeat = (5, 20, 2.0)

    def setup(self) -> None:
        """The network, its data and its noise from a fixed seed."""
        import impl

        torch.set_num_threads(1)
        source = torch.Generator().manual_seed(0)

        def normal(rows: int, columns: int) -> torch.Tensor:
            return torch.randn((rows, columns), generator=source, dtype=torch.float64)

        weights = tuple(normal(n, m) / m**0.5 for m, n in pairwise(WIDTHS))
        self.network = impl.Network(weights, ("sigmoid",) * 3, "mse")
        self.feedback = [normal(*weight.shape) for weight in weights[1:]]
        self.x, self.y = normal(SAMPLES, WIDTHS[0]), normal(SAMPLES, WIDTHS[-1])
        self.noise = [normal(SAMPLES, n) for n in WIDTHS[1:-1]]
        self.estimates = impl.gradient_estimates(self.network, self.x, self.y, self.noise, C)
        self.errors = impl.error_signals(self.network, self.feedback, self.x, self.y, "FA")
        self.impl = impl

    def time_gradient_estimates(self) -> None:
        """Every layer's estimates of every sample."""
        self.impl.gradient_estimates(self.network, self.x, self.y, self.noise, C)

    def time_error_signals(self) -> None:
        """Every layer's error signals of every sample."""
        self.impl.error_signals(self.network, self.feedback, self.x, self.y, "FA")

    def time_fit_feedback(self) -> None:
        """Least squares for the feedback to the first hidden layer."""
        self.impl.fit_feedback(self.estimates[0], self.errors[1])

    def track_residual(self) -> float:
        """Of the normal equations, relative: what is left of the fit's exactness in float64."""
        fitted = self.impl.fit_feedback(self.estimates[0], self.errors[1])
        cross = self.errors[1].T @ self.estimates[0]
        square = self.errors[1].T @ self.errors[1]
        return float((square @ fitted - cross).norm() / cross.norm())
