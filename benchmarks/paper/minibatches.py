"""Which rows are in which minibatch: the same for all runs, and a function of the update alone.

An epoch goes through the rows in an order of its own, without replacement; rows that do not fill its last
minibatch are left out.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from impl import checks
from impl.philox import philox

__all__ = ["minibatch", "order"]

PURPOSE = 6
"""The high word of the counter: no other noise of ``impl.learning`` has it."""


def minibatch(update: int, rows: int, size: int, seed: int = 0) -> Tensor:
    """The rows of the minibatch of an update, (size,), int64.

    Raises ``InvalidInput`` where there are fewer rows than a minibatch has.
    """
    checks.require(0 < size <= rows, "size", size, f"1 to {rows}, the number of rows")
    epoch, place = divmod(update, rows // size)
    return order(epoch, rows, seed)[place * size : (place + 1) * size]


@lru_cache(maxsize=4)
def order(epoch: int, rows: int, seed: int = 0) -> Tensor:
    """All rows in the order of an epoch: sorted by random words, those that agree by number."""
    zero = torch.zeros(1, dtype=torch.int64)
    words = philox(torch.arange(rows), zero + PURPOSE, zero, zero, zero + seed, zero + epoch)
    return torch.argsort(words[0], stable=True)
