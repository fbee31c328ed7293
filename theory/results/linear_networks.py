"""Linear networks: everything the method learns is a product of matrices.

Below the output every signal is a linear map of the output error e: the true one is lambda^i = (A^i)^T e
with A^i = W^{N+1} ... W^{i+1}, and the estimate has some E[lambda_hat^i e^T] = (D^i)^T C, C = E[e e^T].
Feedback alignment fits layer by layer, each on the error that the fitted matrices above carry down; its
limit follows from the D^i alone.

Index k of a list holds layer k + 1: weights[0] is W^1, maps[0] is D^1, the first limit is B^2.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import sympy


def downstream_maps(weights: Sequence[sympy.Matrix]) -> tuple[sympy.Matrix, ...]:
    """A^1 .. A^N (p x n_i): the maps from the activity of each hidden layer to the output.

    Raises ``ValueError`` where there is no hidden layer or the shapes do not chain.
    """
    if len(weights) < 2:
        raise ValueError(f"weights has {len(weights)} matrices; expected at least 2, for one hidden layer.")
    for layer, (lower, upper) in enumerate(pairwise(weights), start=1):
        if upper.cols != lower.rows:
            raise ValueError(
                f"weights do not chain: W^{layer} has {lower.rows} rows, W^{layer + 1} {upper.cols} columns."
            )
    maps = [weights[-1]]
    for matrix in reversed(weights[1:-1]):
        maps.append(maps[-1] * matrix)
    return tuple(reversed(maps))


def direct_limits(maps: Sequence[sympy.Matrix]) -> tuple[sympy.Matrix, ...]:
    """B^2 .. B^{N+1} of direct feedback (each p x n_i): D^i itself, since (D^i)^T C C^{-1} = (D^i)^T."""
    return tuple(maps)


def layerwise_limits(maps: Sequence[sympy.Matrix], output_gram: sympy.Matrix) -> tuple[sympy.Matrix, ...]:
    """B^2 .. B^{N+1} of feedback alignment (B^{i+1} is n_{i+1} x n_i), eq. (15) solved exactly.

    ``maps`` are D^1 .. D^N (p x n_i), ``output_gram`` is C (p x p). With M_i the fitted map such that e~^i
    = M_i^T e, B^{i T} = (D^{i-1})^T C M_i (M_i^T C M_i)^{-1}, then M_{i-1} = M_i B^i, starting from M_{N+1}
    = I.
    """
    fitted_map, limits = sympy.eye(output_gram.rows), []
    for target in reversed(maps):
        cross = target.T * output_gram * fitted_map
        gram = fitted_map.T * output_gram * fitted_map
        limits.append(sympy.simplify((cross * gram.inv()).T))
        fitted_map = sympy.simplify(fitted_map * limits[-1])
    return tuple(reversed(limits))
