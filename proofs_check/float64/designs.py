"""Finite designs as float64 arrays, for subjects: see `theory.exact.designs` for what they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from proofs_check.float64 import floats
from proofs_check.float64.floats import Array
from theory.exact.designs import Design


@dataclass(frozen=True)
class Atoms:
    """One (A, n_i) array per hidden layer; probabilities (A,), None where all atoms are equally likely."""

    layers: tuple[Array, ...]
    probabilities: Array | None

    @property
    def count(self) -> int:
        """The number of atoms A."""
        return len(self.layers[0])

    @property
    def weights(self) -> Array:
        """The probabilities as an array, also where they are equal."""
        return np.full(self.count, 1 / self.count) if self.probabilities is None else self.probabilities


@lru_cache(maxsize=128)
def atoms(design: Design, hidden: tuple[int, ...]) -> Atoms:
    """The design's atoms rounded to float64, cut into hidden layers."""
    layers = tuple(floats.by_layer(np.array(design.floats()), hidden))
    return Atoms(layers, None if design.uniform else np.array([float(p) for p in design.probabilities]))
