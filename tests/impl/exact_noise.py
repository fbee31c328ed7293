"""Entries of noise from their definition, at the head of `impl.counter_noise`: in Python's integers, and for
Gaussians in ball arithmetic. Nothing here is computed by a library whose digits depend on the processor.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from flint import arb, ctx
from torch import Tensor

FAMILIES = {"gaussian": (0, 4), "rademacher": (1, 128), "uniform": (2, 4), "skewed": (3, 4)}
"""Of the laws that are made from counters: the code in the counter, and the units that a block serves."""

MOMENTS = {
    "gaussian": (0.0, 3.0, 15.0, 105.0),
    "rademacher": (0.0, 1.0, 1.0, 1.0),
    "uniform": (0.0, 9 / 5, 27 / 7, 9.0),
    "skewed": (1.5, 3.25, 12.8125, 51.203125),
    "gauss-hermite": (0.0, 3.0, 9.0, 27.0),
}
"""Of every law: E xi^3, E xi^4, E xi^6, E xi^8."""

BITS = {torch.float32: 24, torch.float64: 53}


def block_of(counter: tuple[int, ...], key: tuple[int, int]) -> list[int]:
    """Philox4x32-10: the four words of a block."""
    c0, c1, c2, c3 = counter
    for number in range(10):
        k0, k1 = ((k + number * w) % 2**32 for k, w in zip(key, (0x9E3779B9, 0xBB67AE85), strict=True))
        first, second = divmod(0xD2511F53 * c0, 2**32), divmod(0xCD9E8D57 * c2, 2**32)
        c0, c1, c2, c3 = second[0] ^ c1 ^ k0, second[1], first[0] ^ c3 ^ k1, first[1]
    return [c0, c1, c2, c3]


def words_of(family: str, unit: int, layer: int, sample: int, seed: int, step: int) -> list[int]:
    """The block that an entry is made of."""
    code, served = FAMILIES[family]
    counter = (unit // served, sample % 2**32, sample // 2**32, layer + code * 2**24)
    return block_of(counter, (seed, step))


def stated(family: str, unit: int, words: list[int]) -> float:
    """An entry that is no Gaussian, from its words: one rounding, so the same float64 everywhere."""
    place = unit % FAMILIES[family][1]
    if family == "rademacher":
        return -1.0 if words[place // 32] >> place % 32 & 1 else 1.0
    if family == "uniform":
        return (2 * (words[place] >> 8) + 1 - 2**24) * (math.sqrt(3) / 2**24)
    return 2.0 if words[place] < 2**32 // 5 else -0.5


def nearest(n: int, bits: int) -> int:
    """The number of so many significant bits that is nearest to n >= 0, the even one of two."""
    step = 2 ** max(n.bit_length() - bits, 0)
    down, rest = divmod(n, step)
    return (down + (2 * rest > step or (2 * rest == step and down % 2 == 1))) * step


def gaussian(radius: int, angle: int, place: int, dtype: torch.dtype) -> arb:
    """The cosine's Gaussian of two words, or at place 1 the sine's, of the uniform as the dtype has it."""
    bits = BITS[dtype]
    with ctx.workprec(160):
        u = arb(nearest(2 * nearest(radius >> 1, bits) + 1, bits)) / 2**32
        turns = arb(angle >> 8) / 2**23
        return (-2 * u.log()).sqrt() * (turns.sin_pi() if place else turns.cos_pi())


def error_of(found: float, exact: arb, dtype: torch.dtype) -> float:
    """The error of a value in units of roundoff of the exact one; infinite where only that is zero."""
    if exact == 0:
        return 0.0 if found == 0 else math.inf
    with ctx.workprec(160):
        return float((abs(found - exact) / abs(exact)).abs_upper()) * 2.0 ** BITS[dtype]


def gaussian_error(words: Iterable[list[int]], found: Tensor) -> float:
    """The largest error of Gaussians (4, blocks) from blocks of four words each, in units of roundoff."""
    return max(
        error_of(
            value,
            gaussian(block[place // 2 * 2], block[place // 2 * 2 + 1], place % 2, found.dtype),
            found.dtype,
        )
        for block, values in zip(words, found.T.tolist(), strict=True)
        for place, value in enumerate(values)
    )
