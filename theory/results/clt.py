r"""How many samples an error needs: the fitted feedback is asymptotically normal, with a known covariance.

sqrt(T) (B^ - W~(c)) is sqrt(T) times the mean of the influences psi of `theory.exact.influence`, up to what
vanishes, and tends to N(0, V), V = E[vec psi vec psi^T]: for finite data and noise on finitely many atoms a
finite sum, at every c. For large T, trace V / (T |W|^2) is the squared relative error of B^ about W~(c).

At the top, as c -> 0, the residual is u = (g.xi) xi - g, and Gamma = |g|^2 I + g g^T + (kappa_4 - 3) diag g^2
its covariance given the datum: V has the blocks C^{-1} E[Gamma_jk e e^T] C^{-1}. In a linear network g is a
linear map of e, |g|^2 = e^T K e; for Gaussian e its fourth moments give trace V in closed form.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy
from flint import arb

from theory.exact.designs import Design
from theory.exact.influence import generalised_inverse, influence, squares, traces
from theory.exact.moments import gradients
from theory.exact.network import Matrix, Real, Scalar, rational
from theory.exact.noise_laws import GAUSSIAN
from theory.exact.population import Problem, Solver, full_rank
from theory.exact.rule import direct
from theory.results.assumptions import (
    GROWTH_SQUARED,
    IDENTICAL,
    INDEPENDENT,
    M3,
    M5,
    MOMENTS,
    R_AT_C,
    S1,
    SAMPLES,
)
from theory.results.linear_networks import downstream_maps
from theory.results.statement import Statement
from theory.results.variance import closed_form

INFINITY = float("inf")


def mean_square(
    problem: Problem, design: Design, c: Real, rule: str = "FA", solve: Solver = full_rank
) -> list[Scalar]:
    """trace V / ‖W‖_F² for B^2 … B^{N+1}: T times the squared relative error about W̃(c) in the limit law.

    W is W^i; for DFA it is W^{N+1} ⋯ W^i, which asks for linear hidden layers. Raises as `influence` does,
    and ``ValueError`` where W is zero, or where DFA meets a hidden layer that is not linear.
    """
    norms = [squares(target) for target in _targets(problem, rule)]
    for layer, norm in enumerate(norms, start=2):
        if not norm > 0:
            raise ValueError(f"weights of layer {layer} have |W|² = {norm}; expected a number above 0.")
    variances = traces(problem, design, influence(problem, design, c, rule, solve))
    return [v / norm for v, norm in zip(variances, norms, strict=True)]


def sample_size(
    problem: Problem, design: Design, c: Real, error: Real, rule: str = "FA", solve: Solver = full_rank
) -> list[int]:
    """The smallest T with `mean_square` / T ≤ error² for B^2 … B^{N+1}; from the upper end of a ball.

    This is about the noise alone: the bias W̃(c) - W is not in it, and does not shrink with T. Raises as
    `mean_square` does, ``ValueError`` unless 0 < error < ∞, ``ArithmeticError`` where a ball is unbounded.
    """
    _check_number("error", error, 0, strict=True)
    return [_ceiling(v / rational(error) ** 2) for v in mean_square(problem, design, c, rule, solve)]


def small_noise_covariance(problem: Problem, kappa4: Real, solve: Solver = full_rank) -> Matrix:
    """The limit of V for B^{N+1} as c → 0, noise of independent coordinates with E ξ⁴ = kappa4; p n_N a side.

    Blocks C^{-1} E[Γ_jk e eᵀ] C^{-1}, Γ = |g|² I + g gᵀ + (κ4 - 3) diag(g²) with g over all perturbed units
    and j, k in the last hidden layer; in the order of `asymptotic_covariance`. Raises ``ValueError`` for
    kappa4 < 1, which no law of variance 1 has, and for a ridge.
    """
    _check_number("kappa4", kappa4, 1, strict=False)
    errors, data = problem.true_errors[-1], len(problem.x)
    outputs, units = range(errors.nrows()), problem.network.widths[-2]
    scaled = generalised_inverse(solve, errors * errors.transpose() / data) * errors
    blocks = []
    for f, g in zip(scaled.transpose().tolist(), gradients(problem).tolist(), strict=True):
        gamma = [row[-units:] for row in closed_form(g, rational(kappa4))[-units:]]
        block = [[f[a] * f[b] * v for b in outputs for v in row] for a in outputs for row in gamma]
        blocks.append(type(errors)(block))
    return sum(blocks[1:], blocks[0]) / data


def mean_square_linear(outputs: Scalar, units: Scalar, rho: Scalar, kappa4: Scalar) -> Scalar:
    """(p + 2)(n_N ρ + κ4 - 2): `mean_square` of B^{N+1} as c → 0, linear network, e ~ N(0, s² I), any s.

    ρ = tr K / ‖W^{N+1}‖_F², K = Σ_i A^i A^{iT} over the perturbed layers; 1 with one hidden layer.
    """
    return (outputs + 2) * (units * rho + kappa4 - 2)


def sample_size_linear(outputs: int, units: int, rho: Real, kappa4: Real, error: Real) -> int:
    """The smallest T ≥ (p + 2)(n_N ρ + κ4 - 2) / error², for p ``outputs`` and n_N ``units``.

    Raises ``ValueError`` unless outputs and units are at least 1, ρ ≥ 1 (K contains W^{N+1} W^{N+1 T}),
    κ4 ≥ 1 and error > 0, all finite.
    """
    for name, value in (("outputs", outputs), ("units", units), ("rho", rho), ("kappa4", kappa4)):
        _check_number(name, value, 1, strict=False)
    _check_number("error", error, 0, strict=True)
    exact = mean_square_linear(outputs, units, rational(rho), rational(kappa4))
    return _ceiling(exact / rational(error) ** 2)


def away_from_mean_square_linear(weights: Sequence[sympy.Matrix]) -> sympy.Expr:
    """trace V / ‖W^{N+1}‖² derived minus `mean_square_linear`, for W^1 … W^{N+1} in symbols: 0.

    V is C^{-1} E[Γ_jj e eᵀ] C^{-1} summed over j, with the fourth moments of the Gaussian law (s cancels).
    A moment E[e_a e_b e_d²] depends on which of its indices agree, so the sum over d is affine in p: two and
    three outputs prove it for every number. Raises ``ValueError`` as `downstream_maps` does.
    """
    maps, top = downstream_maps(weights), weights[-1]
    kappa4, outputs = sympy.Symbol("kappa_4"), range(top.rows)
    below = sum((a * a.T for a in maps), sympy.zeros(top.rows))  # K
    form = top.cols * below + (kappa4 - 2) * top * top.T  # Σ_j Γ_jj = eᵀ form e
    derived = sum(
        form[a, b] * GAUSSIAN.joint_moment((a, b, d, d).count(unit) for unit in outputs)
        for a in outputs
        for b in outputs
        for d in outputs
    )
    norm = sum(entry**2 for entry in top)
    closed = mean_square_linear(top.rows, top.cols, below.trace() / norm, kappa4)
    return sympy.cancel(derived / norm - closed)


def _targets(problem: Problem, rule: str) -> list[Matrix]:
    weights, hidden = problem.network.weights[1:], problem.network.activations[:-1]
    if not direct(rule):
        return list(weights)
    if set(hidden) != {"identity"}:
        raise ValueError(f"activations of the hidden layers are {hidden}; expected 'identity' for rule DFA.")
    products = [weights[-1]]
    for weight in reversed(weights[:-1]):
        products.insert(0, products[0] * weight)
    return products


def _ceiling(value: Scalar) -> int:
    if isinstance(value, arb):
        if not value.is_finite():
            raise ArithmeticError(f"{value} is unbounded: it needs more bits")
        value = value.upper().fmpq()
    return max(1, int(value.ceil()))


def _check_number(name: str, value: Real, least: int, strict: bool) -> None:
    if not (least < value < INFINITY or (value == least and not strict)):
        relation = "above" if strict else "of at least"
        raise ValueError(f"{name} is {value}; expected a finite number {relation} {least}.")


STATEMENT = Statement(
    id="clt",
    title="The fitted feedback is asymptotically normal, with a known covariance",
    source="new",
    status="new",
    latex=(
        r"\sqrt T\,\operatorname{vec}\bigl(\hat B^{i}-\tilde W^{i}(c)\bigr)\Rightarrow\mathcal N(0,V^{i}),"
        r"\quad V^{i}=\mathbb{E}_s\bigl[\operatorname{vec}\psi^{i}_s\operatorname{vec}\psi_s^{i\top}\bigr],"
        r"\quad \tilde W(c)=\operatorname*{plim}_{T\to\infty}\hat B,\quad c>0,\ 2\le i\le N+1;\qquad "
        r"\psi^{i}_s=\tilde S_i^{-1}\bigl(\tilde e^{i}_su_s^{i-1\top}-"
        r"\mathbb{E}[\tilde e^{i}\delta_s^{i\top}]\tilde W^{i}+\mathbb{E}[\delta_s^{i}u^{i-1\top}]\bigr),"
        r"\quad u^{i-1}=\hat\lambda^{i-1}-\tilde W^{i\top}\tilde e^{i};\qquad "
        r"\delta_s^{i}=D^i\bigl(\psi_s^{i+1\top}\tilde e^{i+1}+\tilde W^{i+1\top}\delta_s^{i+1}\bigr),"
        r"\quad \delta_s^{N+1}=0;\qquad "
        r"c\to0:\quad V^{N+1}_{(\cdot j)(\cdot k)}\to C^{-1}\mathbb{E}\bigl[\Gamma_{jk}ee^{\top}\bigr]C^{-1},"
        r"\quad \Gamma=|g|^2I+gg^{\top}+(\kappa_4-3)\operatorname{diag}(g^2);\qquad "
        r"\sigma_i=\mathrm{id},\ e\sim\mathcal N(0,s^2I):\quad \lim_{c\to0}\operatorname{tr}V^{N+1}"
        r"=(p+2)(n_N\rho+\kappa_4-2)\,\|W^{N+1}\|_F^2,\quad "
        r"\rho=\frac{\sum_{i\le N}\|A^{i}\|_F^2}{\|W^{N+1}\|_F^2}"
    ),
    assumptions=(SAMPLES, S1, M3, R_AT_C, M5, INDEPENDENT, IDENTICAL, MOMENTS, GROWTH_SQUARED),
    conclusion=(
        r"\sqrt T\,\operatorname{vec}\bigl(\hat B^{i}-\tilde W^{i}(c)\bigr)\Rightarrow\mathcal N(0,V^{i}),"
        r"\qquad 2\le i\le N+1"
    ),
    repair=(
        r"DFA: the first term of $\psi$ alone, with $e^{N+1}$ for $\tilde e^i$. Below the top of FA the "
        r"errors are carried by fitted matrices; a covariance with $\delta=0$ leaves that out, and is mostly "
        r"too small, but not always. The term $\mathbb{E}[\delta u^{\top}]$ vanishes as $c\to0$; at every "
        r"$c$ where $\mathbb{E}[u\mid x,y]=0$; and in linear networks of full rank where $\tilde e^{i}$ "
        r"determines $e^{N+1}$. What is stated for $c\to0$, and it alone, needs N2, N3, "
        r"M4 and M6. Centred at $W$ instead of $\tilde W(c)$ the law is the same if $c_T\to0$ with "
        r"$\sqrt T\,c_T^k\to0$, $k$ the order of the bias: for smooth losses (S5) 1 for $\kappa_3\ne0$, 2 "
        r"otherwise."
    ),
    beyond=(
        r"The steps give the first-order change of every layer, and the normal law of the top matrix "
        r"along one direction at a time. The joint law, the law below the top, and what is stated for "
        r"$c\to0$ are not in steps: the first two are computed in small networks, as sums over all atoms "
        r"whose distance from a normal law falls with $T$, and the closed form of the trace is derived in "
        r"symbols."
    ),
)
