r"""For Gaussian noise node perturbation is REINFORCE: its mean is a gradient at every c, not only for c -> 0.

REINFORCE follows the gradient of the expected noisy loss by the means of the units: the expectation of the
gradient at the perturbed state, E[F_j(c xi)]. Integration by parts against the Gaussian density, whose
derivative is -xi_j times itself, turns that into E[F(c xi) xi_j]/c; the baseline adds nothing, since E xi =
0. On the monomials of F both sides are moments, and they agree because m_{r+1} = r m_{r-1} for all r, which
no other law satisfies.
"""

from __future__ import annotations

from dataclasses import replace
from math import factorial as factorial_of
from math import prod

import sympy

from theory.exact.designs import Design, factorial
from theory.exact.moments import expectation
from theory.exact.network import Matrix, Real, error_signals
from theory.exact.noise_laws import GAUSS_HERMITE, symbolic_law
from theory.exact.population import Problem, perturbed_pass
from theory.results.assumptions import GAUSSIAN_NOISE, WEAKLY_DIFFERENTIABLE
from theory.results.expansion import JointMoment, Weights, derivative_weights, multi_indices
from theory.results.statement import Statement


def gradient_weights(units: int, unit: int, order: int, joint_moment: JointMoment) -> Weights:
    """The coefficient of each partial derivative in E[F_j(c xi)], for each power k = 0 .. ``order`` of c.

    What `theory.results.expansion.derivative_weights` is for E lambda_hat_j.
    """
    weights: Weights = {}
    for power in range(order + 1):
        weights[power] = {}
        for beta in multi_indices(units, power):
            alpha = (*beta[:unit], beta[unit] + 1, *beta[unit + 1 :])
            weight = sympy.sympify(joint_moment(beta)) / prod(map(factorial_of, beta))
            if weight != 0:
                weights[power][alpha] = weight
    return weights


def disagreements(units: int, order: int, joint_moment: JointMoment) -> list[sympy.Expr]:
    """The coefficients, over all units and powers of c, that E lambda_hat_j and E[F_j(c xi)] do not share."""
    found = []
    for unit in range(units):
        left = derivative_weights(units, unit, order, joint_moment)
        right = gradient_weights(units, unit, order, joint_moment)
        for power in range(order + 1):
            for alpha in multi_indices(units, power + 1):
                away = sympy.expand(left[power].get(alpha, 0) - right[power].get(alpha, 0))
                if away != 0:
                    found.append(away)
    return found


def moments_that_agree(order: int) -> dict[sympy.Symbol, sympy.Expr]:
    """kappa_3 .. kappa_{order+2}, that the coefficients to c^order ask for, one unit: the Gaussian's."""
    unknown = [symbolic_law().moment(r) for r in range(3, order + 3)]
    solutions = sympy.solve(disagreements(1, order, symbolic_law().joint_moment), unknown, dict=True)
    (solution,) = solutions
    return dict(solution)


def three_points(units: int) -> Design:
    """1, 0 and -1 with the probabilities 1/6, 2/3 and 1/6, over independent units.

    The first five moments are those of N(0, 1/3), and every number is exact in any arithmetic. For noise of
    variance 1/3 the identity reads 3 E lambda_hat = E[grad F(c xi)]; for F of degree 4 it holds exactly,
    because F(c xi) xi_j has no power of a unit's noise above the fifth.
    """
    return replace(factorial(GAUSS_HERMITE, units), name="three-point", radicand=1)


def mean_gradients(problem: Problem, design: Design, step: Real) -> Matrix:
    """E[∇F(c ξ)], M x n: the gradient at the perturbed state, by backpropagation there."""
    network = problem.network
    passed, targets = perturbed_pass(problem, design, step)
    errors = error_signals(network, network.weights[1:], passed, targets)
    rows = [
        row
        for weight, error in zip(network.weights[1:], errors[1:], strict=True)
        for row in (weight.transpose() * error).tolist()
    ]
    return expectation(problem, design, rows)


STATEMENT = Statement(
    id="stein",
    title="For Gaussian noise REINFORCE and node perturbation coincide, at every noise scale",
    source="section 2.3",
    status="holds",
    latex=(
        r"\xi\sim\mathcal N(0,I):\qquad "
        r"\mathbb{E}[\hat\lambda^{i}\mid x,y]=\mathbb{E}\bigl[\nabla_{z^i}F(c\,\xi)\mid x,y\bigr]"
        r"=\nabla_{\mu^i}\,\mathbb{E}\bigl[F(\mu+c\,\xi)\mid x,y\bigr]_{\mu=0}\quad\text{for every}\ c>0"
    ),
    assumptions=(GAUSSIAN_NOISE, WEAKLY_DIFFERENTIABLE),
    conclusion=r"\mathbb{E}[\hat\lambda]=\mathbb{E}[\nabla F(c\,\xi)]",
    as_printed="For Gaussian white noise, REINFORCE coincides with the node perturbation method.",
    repair=(
        r"The bias at a fixed $c$ is that of a smoothed loss, not of the method. For other laws both sides "
        r"tend to the gradient for $c\to0$, but they differ at finite $c$: by order $c$ if $\kappa_3\ne0$, "
        r"else by order $c^2$ if $\kappa_4\ne3$."
    ),
)
