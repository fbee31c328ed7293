r"""To first order the loss changes by c g.xi, summed over every unit of every layer.

One loss difference serves all units: the number that unit j multiplies its own noise with contains the noise
of all the others. What the sum leaves is of second order, c^2 times half the second derivative along the
noise; what a single unit's term leaves is of first order, like that term itself.
"""

from __future__ import annotations

import sympy
from flint import arb

from theory.exact.designs import Design
from theory.exact.moments import gradients
from theory.exact.network import Real, Scalar, directional_taylor
from theory.exact.population import Problem, scaled_differences
from theory.results.assumptions import TWICE
from theory.results.expansion import c, multi_indices, partial
from theory.results.statement import Statement


def change(units: int, order: int) -> sympy.Expr:
    """F(c xi) - F(0) to order c^order, in the symbols F_alpha and xi_1 .. xi_units."""
    total = sympy.Integer(0)
    for degree in range(1, order + 1):
        for alpha in multi_indices(units, degree):
            term = partial(alpha) * c**degree
            for k, exponent in enumerate(alpha):
                term *= noise(k) ** exponent / sympy.factorial(exponent)
            total += term
    return sympy.expand(total)


def noise(unit: int) -> sympy.Symbol:
    """The symbol xi_j of a unit counted from 0."""
    return sympy.Symbol(f"xi_{unit + 1}")


def summed(units: int) -> sympy.Expr:
    """The linear part c g.xi over all units."""
    return c * sum(partial(alpha) * noise(alpha.index(1)) for alpha in multi_indices(units, 1))


def rests(problem: Problem, design: Design, step: Real) -> list[list[Scalar]]:
    """(L̃ - L)/c - g·ξ for every datum and atom, g over all hidden units."""
    return _rests(problem, design, step, range(design.units))


def printed_rests(problem: Problem, design: Design, step: Real, unit: int) -> list[list[Scalar]]:
    """(L̃ - L)/c - g_j ξ_j, the form with one unit alone, for every datum and atom."""
    return _rests(problem, design, step, (unit,))


def _rests(
    problem: Problem, design: Design, step: Real, units: range | tuple[int, ...]
) -> list[list[Scalar]]:
    atoms, slopes = design.atoms(problem.network.exact), gradients(problem).tolist()
    return [
        [value - sum(g[k] * atom[k] for k in units) for value, atom in zip(row, atoms, strict=True)]
        for row, g in zip(scaled_differences(problem, design, step), slopes, strict=True)
    ]


def curvatures(problem: Problem, design: Design) -> list[list[arb]]:
    """½ ξᵀ(∂²F)ξ for every datum and atom, from a power series along ξ: no differences."""
    atoms = design.atoms(exact=False)
    return [
        [directional_taylor(problem.network, x, y, atom, 2)[2] for atom in atoms]
        for x, y in zip(problem.x, problem.y, strict=True)
    ]


STATEMENT = Statement(
    id="linearisation",
    title="The loss changes by the sum over all units, in one number for all of them",
    source="eqs. (1) and (7)",
    status="holds",
    latex=(
        r"\tilde L-L=c\,g^{\top}\xi+\frac{c^2}{2}\,\xi^{\top}\nabla^2F(0)\,\xi+o(c^2)"
        r"=c\sum_{i=1}^{N}\sum_{j=1}^{n_i}\frac{\partial L}{\partial h^i_j}\,\xi^i_j+O(c^2),\qquad "
        r"g=\nabla F(0)"
    ),
    assumptions=(TWICE,),
    conclusion=sympy.Eq(sympy.Symbol(r"\tilde L-L"), summed(2) + sympy.O(c**2)),
    as_printed=r"$\tilde L\approx L+\frac{\partial L}{\partial h^i_j}\,c_h\,\xi^i_j$",
    repair=(
        r"Right as meant: the left side has no index, so the repeated $i$ and $j$ are summed over. All units "
        r"are perturbed at once; one unit's term alone would be off by a term of order $c$, and what is "
        r"false is only the single-unit series in the proof of Theorem 1, see expansion. The next formula, "
        r"$\mathbb{E}[(\tilde L-L)c\,\xi_j]\approx c^2\,\partial L/\partial h_j$, follows from the sum if "
        r"$\mathbb{E}[\xi\xi^{\top}]=I$: it is the other units' noise that has to be uncorrelated with "
        r"$\xi_j$. Their terms have mean zero then, and are the variance of the estimator."
    ),
)
