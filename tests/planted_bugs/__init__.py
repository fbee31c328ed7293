"""Wrong subjects, each with one realistic mistake, that the claims must reject.

All of them run and return tensors of the right shapes. `BUGS` are wrong on ordinary questions, `EDGE` at a
shape, a seed or a size, `SAMPLING` where many rows are drawn; `ALL` is the three together. Subjects that
raise, hang or return something else are in `misbehaving`.
"""

from tests.planted_bugs import edge, estimator, least_squares, noise, sampling, signals
from tests.planted_bugs.base import Correct

BUGS: tuple[type[Correct], ...] = estimator.BUGS + signals.BUGS + least_squares.BUGS + noise.BUGS
EDGE: tuple[type[Correct], ...] = edge.BUGS
SAMPLING: tuple[type[Correct], ...] = sampling.BUGS
ALL: tuple[type[Correct], ...] = BUGS + EDGE + SAMPLING

__all__ = ["ALL", "BUGS", "EDGE", "SAMPLING", "Correct"]
