"""Max-pooling over windows of 3 x 3 with stride 2, "SAME": n pixels become ceil(n / 2).

The edge is padded as TensorFlow does it: with even n one pixel after the last, with odd n one on either side.
Activations never decrease, so pooling before them is pooling after them, at a quarter of their cost.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["pooled", "pooled_difference", "pooled_shape", "unpooled"]

WINDOW, STRIDE = 3, 2


def pooled_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """(channels, rows, columns) after pooling."""
    return (shape[0], *(-(-n // STRIDE) for n in shape[1:]))


def _before(a: Tensor) -> tuple[int, int]:
    """How many pixels of padding are before the first row and column."""
    return a.shape[2] % STRIDE, a.shape[3] % STRIDE


def pooled(a: Tensor) -> tuple[Tensor, Tensor]:
    """The maxima of a, (T, channels, rows, columns), and where they are."""
    found: tuple[Tensor, Tensor] = F.max_pool2d_with_indices(
        a, (WINDOW, WINDOW), (STRIDE, STRIDE), _before(a), ceil_mode=True, return_indices=True
    )
    return found


def unpooled(e: Tensor, a: Tensor, places: Tensor) -> Tensor:
    """What is carried down to a: e at the places of the maxima, summed where windows share one."""
    spread: Tensor = torch.ops.aten.max_pool2d_with_indices_backward(
        e, a, [WINDOW, WINDOW], [STRIDE, STRIDE], list(_before(a)), [1, 1], True, places
    )
    return spread


def pooled_difference(a: Tensor, maxima: Tensor, d: Tensor) -> Tensor:
    """The maxima of a + d less those of a, without subtracting the two.

    In each window it is max_j ((a_j - max a) + d_j): a gap that is one rounding of two stored numbers, 0 at
    the maximum, and d. Where j is chosen the gap is not larger than two entries of d, so that the error is
    roundoff of d and not of a.
    """
    rows, columns = maxima.shape[2:]
    (top, left), (below, right) = _before(a), (a.shape[2] % 2 + 2, a.shape[3] % 2 + 2)
    edges = (left, right, top, below)
    values, steps = F.pad(a, edges, value=-math.inf), F.pad(d, edges)
    found = None
    for i in range(WINDOW):
        for j in range(WINDOW):
            window = (..., slice(i, i + 2 * rows, STRIDE), slice(j, j + 2 * columns, STRIDE))
            candidate = (values[window] - maxima) + steps[window]
            found = candidate if found is None else torch.maximum(found, candidate)
    assert found is not None
    return found
