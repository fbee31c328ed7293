"""A loss that is quadratic in the perturbation leaves no bias at any c, if the noise has no third moment.

The series of E lambda_hat_j ends after F_jj: all later coefficients multiply derivatives that vanish. This
covers linear networks with squared error, and every network with one hidden layer, a linear output and
squared error, whatever its hidden activation.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy

from theory.exact.noise_laws import NoiseLaw, symbolic_law
from theory.results.assumptions import IDENTICAL, INDEPENDENT, QUADRATIC
from theory.results.expansion import c, mean_estimate_by_series, series
from theory.results.statement import Statement


def quadratic(units: int) -> sympy.Poly:
    """The general F(z) = f + g.z + z^T H z / 2 over ``units`` units, with the symbols g_j and H_{j,k}."""
    z = sympy.symbols(f"z_1:{units + 1}")
    slopes = sympy.symbols(f"g_1:{units + 1}")
    total = sympy.Symbol("f") + sum(g * point for g, point in zip(slopes, z, strict=True))
    for j in range(units):
        for k in range(units):
            total += sympy.Symbol(f"H_{{{min(j, k) + 1},{max(j, k) + 1}}}") * z[j] * z[k] / 2
    return sympy.Poly(total, *z)


def squared_error(weights: Sequence[sympy.Matrix], residual: sympy.Matrix) -> sympy.Poly:
    """F of a linear network with squared error, by the perturbed pass itself.

    ``weights`` are W^1 .. W^{N+1}, ``residual`` is yhat - y (p x 1). The generators are z^1 .. z^N, one per
    hidden unit, layer by layer. The change of the activities is d^1 = z^1, d^{i+1} = W^{i+1} d^i + z^{i+1}.
    """
    offsets = [
        sympy.Matrix([sympy.Symbol(f"z^{layer}_{unit + 1}") for unit in range(matrix.rows)])
        for layer, matrix in enumerate(weights[:-1], start=1)
    ]
    change = offsets[0]
    for matrix, offset in zip(weights[1:-1], offsets[1:], strict=True):
        change = matrix * change + offset
    output = residual + weights[-1] * change
    return sympy.Poly((output.T * output)[0] / 2, *(z for offset in offsets for z in offset))


def bias(F: sympy.Poly, unit: int, law: NoiseLaw) -> sympy.Expr:
    """E lambda_hat_j - F_j as a polynomial in c, exactly, for a polynomial F and coordinates of ``law``."""
    at_rest = dict.fromkeys(F.gens, 0)
    gradient = F.diff(F.gens[unit]).as_expr().subs(at_rest)
    return sympy.expand(mean_estimate_by_series(F, unit, law, c) - gradient)


STATEMENT = Statement(
    id="zero-bias",
    title="A quadratic loss and symmetric noise: no bias at any noise scale",
    source="new",
    status="new",
    latex=(
        r"F(z)=F(0)+g^{\top}z+\tfrac12z^{\top}Hz\quad\Longrightarrow\quad "
        r"\mathbb{E}[\hat\lambda_j\mid x,y]=g_j+\frac{c\,\kappa_3}{2}H_{jj}\quad\text{for every}\ c>0;\qquad "
        r"\kappa_3=0\quad\Longrightarrow\quad \mathbb{E}[\hat\lambda\mid x,y]=g"
    ),
    assumptions=(INDEPENDENT, IDENTICAL, QUADRATIC),
    conclusion=sympy.Eq(sympy.Symbol(r"\mathbb{E}\hat\lambda_1"), series(2, 0, 1, symbolic_law())),
    repair=(
        r"With $\kappa_3\ne0$ the bias does not depend on the data in a linear network with squared error: "
        r"there the fitted feedback still has none if $\mathbb{E}[e^{N+1}]=0$."
    ),
    beyond=(
        "More than three units: that the others enter alike is said in words with the proof, and in no "
        "step of it; it is computed on drawn networks."
    ),
)
