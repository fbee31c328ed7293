"""Noise laws: independent coordinates with mean 0 and variance 1, drawn from explicit streams.

Every layer of every (family, seed) has a stream of its own: a counter-based Philox generator whose 128-bit
key is a hash of (family, seed, layer index). Two streams coincide only if the hash collides, and no global
state is read or changed. torch's own CPU generator would not do: it keeps 32 bits of its seed, so that among
the 2^32 seeds and their layers some would share all their noise. The finite laws are decided by integers, so
their probabilities are exact and not a rounded threshold.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from impl import checks

__all__ = ["FAMILIES", "FINITE_LAWS", "atoms", "draw_noise"]

SEEDS = 2**32
"""Seeds are integers from 0 to SEEDS - 1."""

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, int]], Array]


def _uniform(stream: np.random.Generator, shape: tuple[int, int]) -> Array:
    # the midpoints of 2^52 equal cells: symmetric about 0, and never an end point
    cells = 2**52
    midpoints: Array = (2 * stream.integers(cells, size=shape) + 1 - cells).astype(np.float64)
    return midpoints * (math.sqrt(3.0) / cells)


def _finite(values: Sequence[float], counts: Sequence[int]) -> Draw:
    """The law that takes values[k] with probability counts[k] / sum(counts)."""
    faces = np.repeat(np.asarray(values, dtype=np.float64), counts)
    return lambda stream, shape: faces[stream.integers(len(faces), size=shape)]


FINITE_LAWS: Mapping[str, tuple[tuple[float, ...], tuple[int, ...]]] = MappingProxyType(
    {
        "rademacher": ((-1.0, 1.0), (1, 1)),
        "skewed": ((-0.5, 2.0), (4, 1)),
        "gauss-hermite": ((-math.sqrt(3.0), 0.0, math.sqrt(3.0)), (1, 4, 1)),
    }
)
"""The laws on finitely many atoms: values, and how many times out of their sum each occurs."""

FAMILIES: Mapping[str, Draw] = MappingProxyType(
    {
        "gaussian": lambda stream, shape: stream.standard_normal(shape),
        "uniform": _uniform,
        **{name: _finite(values, counts) for name, (values, counts) in FINITE_LAWS.items()},
    }
)
"""The laws by name; each draws a float64 array of a given shape from a given stream."""


def atoms(family: str) -> tuple[Tensor, Tensor]:
    """The values and probabilities, float64 of shape (A,), of a law on finitely many atoms.

    ``gauss-hermite`` is the three-point rule, with the Gaussian's moments up to order 5.
    Raises ``InvalidInput`` for any other law.
    """
    values, counts = FINITE_LAWS[checks.one_of("family", family, FINITE_LAWS)]
    weights = torch.tensor(counts, dtype=torch.float64)
    return torch.tensor(values, dtype=torch.float64), weights / weights.sum()


def draw_noise(
    sizes: Sequence[int],
    draws: int,
    family: str = "gaussian",
    seed: int = 0,
    *,
    dtype: torch.dtype = torch.float64,
    device: torch.device | str = "cpu",
) -> list[Tensor]:
    """xi^1 ... xi^N: for each n in ``sizes`` a (draws, n) tensor of independent entries of one law.

    The entries are drawn in float64 on the CPU, then rounded and moved, so the noise is the same at every
    precision and on every device. The same arguments give the same bits; a layer's noise does not depend on
    the other layers' sizes, and more draws only add rows. Raises ``InvalidInput`` for an unknown family, a
    size or number of draws below 1, more noise than the memory holds, a seed outside 0 <= seed < 2^32, or a
    device that is not here.
    """
    widths = checks.sizes(sizes)
    draws = checks.whole("draws", draws, 1)
    checks.affordable("the noise of these sizes and draws", draws * sum(widths))
    draw = FAMILIES[checks.one_of("family", family, FAMILIES)]
    seed = checks.whole("seed", seed, 0, SEEDS)
    dtype, device = checks.dtype("dtype", dtype), checks.device("device", device)
    return [
        torch.from_numpy(draw(_stream(family, seed, layer), (draws, n))).to(device=device, dtype=dtype)
        for layer, n in enumerate(widths)
    ]


def _stream(family: str, seed: int, layer: int) -> np.random.Generator:
    key = hashlib.sha256(f"{family}/{seed}/{layer}".encode()).digest()[:16]
    return np.random.Generator(np.random.Philox(key=np.frombuffer(key, dtype="<u8")))
