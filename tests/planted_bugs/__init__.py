"""Wrong subjects, each with one realistic mistake, that the claims must reject.

`BUGS` holds the ones that run and return tensors of the right shapes; subjects that raise, hang or return
something else are in `misbehaving`.
"""

from tests.planted_bugs import estimator, least_squares, noise, signals
from tests.planted_bugs.base import Correct

BUGS: tuple[type[Correct], ...] = estimator.BUGS + signals.BUGS + least_squares.BUGS + noise.BUGS

__all__ = ["BUGS", "Correct"]
