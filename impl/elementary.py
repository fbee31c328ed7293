"""Quotients f(x) / x that have the limit 1 at zero.

Everything in this package that is called stable rests on one habit: a difference sigma(a + d) - sigma(a) is
never subtracted, it is written as d times a factor that is known to full relative accuracy however small d
is. The factors are built from the functions below.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["over_argument", "softplus"]


def over_argument(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """f(x) / x elementwise, and 1 where x = 0.

    For functions like expm1, log1p, tanh and atanh, with f(0) = 0 and f'(0) = 1.
    """
    return torch.where(x == 0, 1.0, f(x) / x)


def softplus(a: Tensor) -> Tensor:
    """log(1 + e^a), elementwise, accurate for every a (torch's own turns linear at a threshold)."""
    return a.clamp(min=0) + torch.log1p(torch.exp(-a.abs()))
