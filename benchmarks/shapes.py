"""The shapes that are measured, and the ways: one frozen list, which needs no ``impl``.

asv reads it on commits whose ``impl`` cannot run the cases that ``benchmarks.cases`` makes of it.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SHAPES", "WAYS", "Shape"]


@dataclass(frozen=True)
class Shape:
    """A network and a batch: ``data`` rows, each with ``draws`` noise draws; ``large`` where a step takes
    seconds or gigabytes.
    """

    widths: tuple[int, ...]
    activation: str
    data: int
    draws: int
    family: str = "rademacher"
    loss: str = "mse"
    c: float = 1e-3
    products: str = "full"
    large: bool = False

    @property
    def samples(self) -> int:
        """Perturbed passes in a step."""
        return self.data * self.draws


PAPER, AUTOENCODER = (784, 50, 20, 10), (784, 200, 2, 200, 784)
WIDE = (1024, 4096, 4096, 4096, 4096, 10)

SHAPES = {
    "A1": Shape(PAPER, "sigmoid", 32, 1),
    "A2": Shape(PAPER, "sigmoid", 32, 32),
    "A3": Shape(PAPER, "sigmoid", 256, 64),
    "A4": Shape(PAPER, "sigmoid", 16384, 1, large=True),
    "A5": Shape(PAPER, "sigmoid", 64, 1024, large=True),
    "B1": Shape(AUTOENCODER, "tanh", 32, 1),
    "B2": Shape(AUTOENCODER, "tanh", 32, 16),
    "C1": Shape(WIDE, "tanh", 128, 1, large=True),
    "C2": Shape(WIDE, "tanh", 16, 8, large=True),
}
"""The shapes that ``research/performance.md`` has floors for."""

WAYS = {
    "eager": ("eager", "cpu"),
    "compiled": ("compiled", "cpu"),
    "native": ("native", "cpu"),
    "cuda": ("auto", "cuda"),
}
"""Path and device of each way in which a case is measured."""
