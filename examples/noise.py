"""Noise with a generator of its own for every family, seed and layer; shared by the adapters in torch."""

import hashlib

import torch

FAMILIES = ["gaussian", "rademacher", "uniform", "skewed"]


def draw_noise(sizes, draws, family, seed):
    """For every n in sizes a tensor (draws, n) of independent entries of mean 0 and variance 1."""
    return [draw(family, (draws, n), f"{family} {seed} {k}") for k, n in enumerate(sizes)]


def draw(family, shape, key):
    """One layer; the key chooses the stream."""
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "little")
    generator = torch.Generator().manual_seed(number)
    if family == "gaussian":
        return torch.randn(shape, generator=generator, dtype=torch.float64)
    uniform = torch.rand(shape, generator=generator, dtype=torch.float64)
    match family:
        case "uniform":
            return 3**0.5 * (2 * uniform - 1)
        case "rademacher":
            return 1 - 2 * (uniform < 0.5).double()
        case "skewed":
            return 2.5 * (uniform < 0.2).double() - 0.5
    raise ValueError(f"family is {family!r}")
