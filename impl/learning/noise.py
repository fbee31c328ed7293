"""Everything random in learning, as a function of (seed, update) and of nothing else.

A run that is resumed at any update therefore goes on bit for bit, and all methods with one seed share their
noise. The numbers are those of ``impl.counter_noise``, under the key (seed, update); what they are for is the
number of the draw, so that no two purposes share a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import torch
from torch import Tensor

from impl.counter_noise import COUNTED_FAMILIES, LAWS, blocks_for, design, tag_of
from impl.philox import MASK, philox

__all__ = [
    "ACTIVATION",
    "DROPOUT",
    "FEEDBACK",
    "FRESH_DROPOUT",
    "INPUT",
    "LAW_NAMES",
    "MIRROR",
    "PERTURBATION",
    "TWICE",
    "WEIGHTS",
    "noise_of_seeds",
]

PERTURBATION: Final = 0
ACTIVATION: Final = 1
INPUT: Final = 2
WEIGHTS: Final = 3
FEEDBACK: Final = 4
MIRROR: Final = 5
DROPOUT: Final = 7  # 6 is that of the order of minibatches
FRESH_DROPOUT: Final = (8, 9)
TWICE: Final = 13  # 10 to 12 are those of tests with noise
"""The number of the draw, the high word of the counter, that each purpose has to itself."""

LAW_NAMES = COUNTED_FAMILIES


def noise_of_seeds(
    sizes: Sequence[int],
    samples: int,
    law: str,
    seeds: Sequence[int],
    update: int | Tensor,
    draw: int,
    dtype: torch.dtype,
    device: torch.device | str = "cpu",
) -> tuple[Tensor, ...]:
    """For each n in ``sizes`` a tensor (seeds, n, samples) of independent entries of mean 0 and variance 1.

    Seed s has exactly ``counted_noise(sizes, sample_index(range(samples), [draw]), law, s, update)``; all
    seeds and all layers are made in one go. Under "hadamard" the minibatches take consecutive rows of the
    fold-over design (``impl.counter_noise.hadamard``), the same for all seeds, each unit with a sign of its
    own for each seed: over one length of the design, first, second and third moments are exact. ``update``
    may be an int64 tensor of one number, which a graph of CUDA counts up.
    """
    if law == "hadamard":
        rows = torch.arange(samples, device=device) + update * samples
        signs = noise_of_seeds(sizes, 1, "rademacher", seeds, 0, draw, dtype, device)
        return tuple(sign * layer for sign, layer in zip(signs, design(sizes, rows, dtype), strict=True))
    blocks = [blocks_for(law, n) for n in sizes]

    device = torch.device(device)
    words = philox(
        _counters(tuple(b for count in blocks for b in range(count)), device).view(-1, 1, 1),
        _counters((draw,), device),
        torch.arange(samples, device=device) & MASK,
        _counters(tuple(tag_of(law, k) for k, count in enumerate(blocks) for _ in range(count)), device).view(
            -1, 1, 1
        ),
        _counters(tuple(seeds), device).view(-1, 1),
        update.view(1) if isinstance(update, Tensor) else torch.tensor([update], device=device),
    )
    _, per_block, values_of_words = LAWS[law]
    values = values_of_words(words, dtype).movedim(0, 1)
    parts = torch.split(values, [count * per_block for count in blocks], 1)
    return tuple(part[:, :n] for part, n in zip(parts, sizes, strict=True))


@lru_cache(maxsize=256)
def _counters(values: tuple[int, ...], device: torch.device) -> Tensor:
    """Numbers as an int64 tensor; made once, because devices are slow to be told."""
    return torch.tensor(values, device=device, dtype=torch.int64)
