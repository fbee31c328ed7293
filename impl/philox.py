"""Philox4x32-10: random words as a function of a counter and a key (Salmon et al., SC11; library Random123).

A block is four words of 32 bits; ten rounds of two 32 x 32 -> 64 bit products turn the counter (c0, c1, c2,
c3) into them, under a key (k0, k1) that is raised by two constants after each round. There is no state:
whoever knows counter and key knows the words, in any order, on any device.

Words live in int64 tensors with values in [0, 2^32). Products wrap modulo 2^64, which leaves their bits
right; the shift to the high word drags the sign along, and the mask removes it.

Counters and keys must be *tensors* wherever this is compiled. ``torch.compile`` treats integers that it can
derive from constants or from ``torch.arange`` as 32-bit indices, silently, and returns wrong words (pytorch
#175966, #183901; seen here on 2.13). The known answers are therefore tested on the compiled function too.
"""

from __future__ import annotations

from torch import Tensor

__all__ = ["MASK", "philox"]

MASK = 2**32 - 1
ROUNDS = 10
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)

Words = tuple[Tensor, Tensor, Tensor, Tensor]


def philox(c0: Tensor, c1: Tensor, c2: Tensor, c3: Tensor, k0: Tensor, k1: Tensor) -> Words:
    """The four words of each block. All arguments are int64 in [0, 2^32); their shapes broadcast."""
    for _ in range(ROUNDS):
        first, second = c0 * MULTIPLIERS[0], c2 * MULTIPLIERS[1]
        c0 = ((second >> 32) & MASK) ^ c1 ^ k0
        c2 = ((first >> 32) & MASK) ^ c3 ^ k1
        c1, c3 = second & MASK, first & MASK
        k0, k1 = (k0 + WEYL[0]) & MASK, (k1 + WEYL[1]) & MASK
    return c0, c1, c2, c3
