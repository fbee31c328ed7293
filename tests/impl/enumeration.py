"""Exact expectations: every combination of a finite law's atoms over the hidden units, with its weight."""

from __future__ import annotations

import torch
from torch import Tensor

from impl import Network, atoms


def every_noise(network: Network, family: str) -> tuple[list[Tensor], Tensor]:
    """One (A^n, n_i) tensor per hidden layer, n hidden units in all, and the (A^n,) probabilities."""
    values, weights = atoms(family)
    units = sum(network.hidden)
    choices = torch.cartesian_prod(*[torch.arange(len(values))] * units)
    return list(values[choices].split(network.hidden, dim=1)), weights[choices].prod(1)


def repeated(row: Tensor, times: int) -> Tensor:
    """One sample, many times."""
    return row.expand(times, -1).contiguous()
