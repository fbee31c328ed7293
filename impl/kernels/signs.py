"""Noise that stays packed: 32 signs in a word, unpacked where they are used.

A layer's noise is a tensor of values (R, n, data, draws), or int32 words (words, R, data, draws): unit j has
the sign -1 where bit j mod 32 of word j div 32 is set. A sample's signs are then read in 4 bytes for every 32
units, and only the first layer's are ever written out, for its product with W^2.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["flipped", "is_packed", "stacked", "values"]


def is_packed(noise: Tensor) -> bool:
    """Whether the noise is words."""
    return noise.dtype == torch.int32


def stacked(words: Sequence[Tensor], units: int) -> Tensor:
    """The words of ``units`` signs from the four words (blocks, R, data, draws) of each Philox block.

    Where this is compiled the words are computed once: ``as_strided`` keeps the compiler from computing a
    word anew for each of its signs.
    """
    used = [word.to(torch.int32) for word in words[: -(-units // 32)]]
    one = used[0].shape[0] == 1  # block: then the words already lie in the order wanted
    rows = torch.cat(used) if one else torch.stack(used, 1).flatten(0, 1)
    return rows.as_strided(rows.shape, rows.stride())


def values(noise: Tensor, units: int, dtype: torch.dtype) -> Tensor:
    """xi as values (R, n, data, draws)."""
    if not is_packed(noise):
        return noise
    rows, places = _where(noise, units)
    return (1 - 2 * ((rows >> places) & 1)).to(dtype).transpose(0, 1)


def flipped(noise: Tensor, units: int, factor: Tensor) -> Tensor:
    """factor * xi, (R, n, data, draws), for a factor (R, n or 1, data, draws or 1)."""
    if not is_packed(noise):
        return factor * noise
    rows, places = _where(noise, units)
    return torch.where((rows << (31 - places)).transpose(0, 1) < 0, -factor, factor)


def _where(words: Tensor, units: int) -> tuple[Tensor, Tensor]:
    """The word of each unit (n, R, data, draws), and its place in it (n, 1, 1, 1)."""
    unit = torch.arange(units, device=words.device)
    return words[unit // 32], (unit % 32).to(torch.int32)[:, None, None, None]
