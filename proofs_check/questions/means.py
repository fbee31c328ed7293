"""The subject's E[λ̂ | x, y]: its own estimates on every (datum, atom) pair, averaged with the atoms'
probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from proofs_check.float64.designs import atoms
from proofs_check.float64.floats import Array
from proofs_check.float64.tolerance import NEGLIGIBLE, difference_allowance
from proofs_check.networks.drawn import Instance
from proofs_check.subject.methods import Subject
from theory.exact.designs import Design


def every_pair(instance: Instance, design: Design) -> tuple[Array, Array, list[Array]]:
    """x, y and noise of all (datum, atom) pairs, datum-major."""
    support = atoms(design, instance.network.hidden)
    x, y = (np.repeat(values, support.count, axis=0) for values in (instance.x, instance.y))
    return x, y, [np.tile(layer, (len(instance.x), 1)) for layer in support.layers]


def average(rows: Array, instance: Instance, design: Design) -> Array:
    """The mean over the atoms, (M, …), of rows of all pairs."""
    support = atoms(design, instance.network.hidden)
    table = rows.reshape(len(instance.x), support.count, -1).swapaxes(1, 2)
    means: Array = np.ascontiguousarray(table * support.weights).sum(axis=-1)  # along memory: pairwise
    return means


def mean_estimates(subject: Subject, instance: Instance, design: Design, c: float) -> list[Array]:
    """E[λ̂^i | x, y], (M, n_i) per hidden layer, by the subject."""
    x, y, noise = every_pair(instance, design)
    rows = subject.gradient_estimates(instance.network, x, y, noise, c)
    return [average(row, instance, design) for row in rows]


def mean_allowance(instance: Instance, design: Design, c: float) -> list[Array]:
    """What rounding may do to it: the average of 16 u ρ / c · |ξ| by the subject, and 10 u of as much by our
    own pairwise average.
    """
    x, y, noise = every_pair(instance, design)
    spread = (26 / 16) * difference_allowance(instance.network, x, y, noise, c)[:, None]
    return [average(spread * np.abs(xi), instance, design) for xi in noise]


def distance(found: Sequence[Array], expected: Sequence[Array], allowed: Sequence[Array]) -> float:
    """The largest part of the allowance that any entry uses."""
    return max(
        float(np.max(np.abs(a - b) / (bound + NEGLIGIBLE)))
        for a, b, bound in zip(found, expected, allowed, strict=True)
    )
