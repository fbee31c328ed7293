"""The symbols that numbers and sizes are made of: widths, the layer, the depth, c, T, constants."""

from __future__ import annotations

import sympy

width = sympy.Function("n", integer=True, positive=True)
"""n(i), the width of layer i."""

LAYER = sympy.Symbol("i", integer=True)
"""The layer a step speaks of, 2 <= i <= N."""

DEPTH = sympy.Symbol("N", integer=True, positive=True)
"""N, the number of hidden layers; layer N + 1 is the output."""

c = sympy.Symbol("c", positive=True)
"""The noise scale."""

SAMPLES_T = sympy.Symbol("T", positive=True)
"""The number of rows of a sample."""

NUMBERS = frozenset(
    {
        c,
        SAMPLES_T,
        sympy.Symbol("γ", positive=True),
        sympy.Symbol("μ", nonnegative=True),
        *(sympy.Symbol(f"κ_{order}", real=True) for order in (3, 4, 5)),
    }
)
"""The constants that may stand in front of a matrix: c, T, the ridge, an eigenvalue, moments of the noise."""
