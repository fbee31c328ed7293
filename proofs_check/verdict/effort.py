"""How much to check, and with which randomness: the depth and the seed of a run.

All randomness of a run is a pure function of its seed and of a key naming the use: same seed, same verdict,
in whatever order or selection the claims run.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

T = TypeVar("T")

DEPTHS = ("quick", "standard", "thorough")


@dataclass(frozen=True)
class Effort:
    """The depth ("quick", "standard" or "thorough") and the seed (0 to 2³² − 1) of a run."""

    depth: str = "standard"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.depth not in DEPTHS:
            raise ValueError(f"depth is {self.depth!r}, expected quick, standard or thorough")
        if not 0 <= self.seed < 2**32:
            raise ValueError(f"seed is {self.seed}, expected an integer from 0 to {2**32 - 1}")

    def choose(self, quick: T, standard: T, thorough: T) -> T:
        """Return the one of the three that belongs to this depth."""
        return {"quick": quick, "standard": standard, "thorough": thorough}[self.depth]

    @property
    def subject_seconds(self) -> float:
        """Seconds of its own time that a subject has for one claim."""
        return self.choose(10.0, 60.0, 600.0)

    def integer(self, *key: object) -> int:
        """Return 128 random bits that depend on the key and the seed, and on nothing else."""
        text = repr((*map(_plain, key), self.seed))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "little")

    def generator(self, *key: object) -> np.random.Generator:
        """Return a generator of its own for each key: numbers, strings, and tuples or lists of them."""
        return np.random.Generator(np.random.Philox(key=self.integer(*key)))


def _plain(key: object) -> object:
    """Return the key in a form whose repr is the same on every run and with every version of numpy."""
    if isinstance(key, np.generic):
        key = key.item()
    if isinstance(key, tuple | list):
        return tuple(map(_plain, key))
    if key is None or isinstance(key, str | int | float):
        return key
    raise TypeError(f"a key is {key!r}, expected a number, a string, or a tuple of them")
