"""Section 2 of the paper: the network, the errors, the perturbed pass, the estimator, the least squares."""

from __future__ import annotations

import sympy

from theory.paper.entry import Entry, ProofStep
from theory.paper.forms import (
    activity,
    column_of_weights,
    loss_gradient,
    noisy_activity,
    noisy_unit,
    output_jacobian,
    population_fit,
    sample_fit,
)
from theory.paper.refutations import softmax_slopes, two_targets
from theory.proof import LAYER, OUTPUT, Equal, Same, c, define
from theory.proof.terms import Term, given
from theory.proof.units import E, derivative, gradient_entry, xi
from theory.proof.vocabulary import (
    NOISE_VECTOR,
    QUOTIENT,
    errors,
    estimate,
    feedback,
    gradient,
    limit_feedback,
    noisy_gradient,
    slopes,
    synthetic,
    units_of,
    weights,
)

_UNITS = (1, 2, 3)


def change_of_the_loss() -> sympy.Expr:
    """F(c xi) - F(0), three units perturbed."""
    return derivative({}, _UNITS) - derivative({}, ())


def all_units() -> Same:
    """Eqs. (1) and (7): to first order the change of the loss is the sum over all units."""
    return Same(change_of_the_loss(), c * sum(gradient_entry(k) * xi(k) for k in _UNITS), 2)


def product_with_the_noise() -> Same:
    """E[(L~ - L) c xi_j | x, y] is c^2 dL/dh_j, up to terms of order c^3."""
    return Same(E(change_of_the_loss() * c * xi(1)), c**2 * gradient_entry(1), 3)


def _noisy_pass(unit: Term) -> Term:
    return column_of_weights(LAYER) * unit


LINEARISATION_PROBLEM = (
    r"The left side has no index, so the repeated $i$ and $j$ are summed over: the change is the sum over "
    r"every unit of every layer, which are all perturbed at once. One unit's term alone would be off by a "
    r"term of order $c$; the single-unit series of the proof does drop the others, and is false."
)

ENTRIES = (
    Entry(
        label=r"$h^i$",
        where="section 2",
        printed=r"$h^i=\sigma(W^ih^{i-1}),\ W^i\in\mathbb{R}^{n_i\times n_{i-1}}$",
        verdict="definition",
        as_printed=lambda: weights(LAYER) * activity(LAYER - 1),
    ),
    Entry(
        label=r"$e^{N+1}$",
        where="section 2, appendix A",
        printed=r"$e^{N+1}=\partial L/\partial\hat y\circ\sigma'(W^{N+1}h^N)$",
        verdict="repaired",
        problem=(
            r"Elementwise slopes are those of an output that acts unit by unit. The Jacobian of a "
            r"softmax, which "
            r"C.4 uses, is not diagonal: $\partial\hat y_1/\partial a_2\ne0$."
        ),
        fixed=r"$e^{N+1}=\partial L/\partial a^{N+1}=J^{\top}\,\partial L/\partial\hat y$",
        shown_by=("signals",),
        refuted_by=(softmax_slopes,),
        as_printed=lambda: Equal(errors(OUTPUT), slopes(OUTPUT) * loss_gradient()),
        as_fixed=lambda: Equal(errors(OUTPUT), output_jacobian().T * loss_gradient()),
    ),
    Entry(
        label=r"$e^i$",
        where="section 2",
        printed=r"$e^i=(W^{i+1})^{\top}e^{i+1}\circ\sigma'(W^ih^{i-1}),\ 1\le i\le N$",
        verdict="definition",
        shown_by=("signals",),
        as_printed=lambda: Equal(errors(LAYER), slopes(LAYER) * weights(LAYER + 1).T * errors(LAYER + 1)),
        as_fixed=lambda: define("backpropagation of e", LAYER).relation,
        using=(define("backpropagation of λ", LAYER).relation,),
    ),
    Entry(
        label=r"$\lambda^i$",
        where="section 2.1",
        printed=r"$\lambda^i=\partial L/\partial h^i=(W^{i+1})^{\top}e^{i+1}$",
        verdict="right",
        as_printed=lambda: Equal(gradient(LAYER), weights(LAYER + 1).T * errors(LAYER + 1)),
        as_fixed=lambda: define("backpropagation of λ", LAYER).relation,
    ),
    Entry(
        label=r"$\tilde e^i$",
        where="section 2.1, appendix A",
        printed=r"$\tilde e^i=(\hat B^{i+1})^{\top}\tilde e^{i+1}\circ\sigma'(W^ih^{i-1}),\ 1\le i\le N$",
        verdict="definition",
        shown_by=("signals",),
        as_printed=lambda: Equal(
            synthetic(LAYER), slopes(LAYER) * feedback(LAYER + 1).T * synthetic(LAYER + 1)
        ),
        as_fixed=lambda: define("synthetic error", LAYER).relation,
    ),
    Entry(
        label=r"$\tilde e^{N+1}$",
        where="section 2.1",
        printed=r"$e^{N+1}=\tilde e^{N+1}$",
        verdict="right",
        as_printed=lambda: Equal(errors(OUTPUT), synthetic(OUTPUT)),
        as_fixed=lambda: define("synthetic error", OUTPUT).relation,
    ),
    Entry(
        label=r"noisy $h^i_t$",
        where="section 2.2",
        printed=r"$h^i_t=\sigma(\sum_kW^i_{\cdot k}h^{i-1}_t)+c\,\xi^i_t$",
        verdict="wrong shape",
        problem=(
            r"The column $W^i_{\cdot k}$ is multiplied by the whole vector $h^{i-1}_t$: the index $k$ is "
            r"missing. "
            r"The output layer is not perturbed."
        ),
        fixed=r"$\sum_kW^i_{\cdot k}h^{i-1}_{t,k}$",
        shown_by=("estimator",),
        as_printed=lambda: _noisy_pass(noisy_activity(LAYER - 1)),
        as_fixed=lambda: _noisy_pass(noisy_unit(LAYER - 1)),
    ),
    Entry(
        label=r"$c_h$",
        where="section 3, appendix B",
        printed=r"consistent as the noise variance $c_h\to0$",
        verdict="right as meant",
        problem=r"Section 2.2 makes $c_h$ the standard deviation; the variance is $c_h^2$.",
        fixed=r"as the standard deviation $c_h\to0$",
        shown_by=("noise",),
    ),
    Entry(
        label="REINFORCE",
        where="section 2.3",
        printed=r"for Gaussian noise REINFORCE coincides with node perturbation",
        verdict="right",
        shown_by=(ProofStep("confinement", "Gaussian noise meets its hypothesis", "by parts"), "stein"),
        as_printed=lambda: Equal(given(estimate(LAYER - 1)), given(noisy_gradient(LAYER - 1))),
        as_fixed=lambda: Equal(given(noisy_gradient(LAYER - 1)), given(estimate(LAYER - 1))),
    ),
    Entry(
        label="(1)",
        where="section 2.3",
        printed=r"$\tilde L\approx L+(\partial L/\partial h^i_j)\,c\,\xi^i_j$",
        verdict="right as meant",
        problem=LINEARISATION_PROBLEM,
        fixed=r"$\tilde L=L+c\sum_{i,j}(\partial L/\partial h^i_j)\,\xi^i_j+O(c^2)$",
        shown_by=("linearisation",),
        as_fixed=all_units,
    ),
    Entry(
        label="after (1)",
        where="section 2.3, appendix A",
        printed=r"$\mathbb{E}[(\tilde L-L)c\,\xi^i_j\mid x,y]\approx c^2\,\partial L/\partial h^i_j$",
        verdict="right as meant",
        problem=(
            r"It follows from (1), summed over all units, if $\mathbb{E}[\xi\xi^{\top}]=I$, "
            r"which makes the other units' terms vanish on average. The error is $O(c^3)$."
        ),
        shown_by=("linearisation", "expansion"),
        as_printed=product_with_the_noise,
    ),
    Entry(
        label="(2)",
        where="section 2.3",
        printed=r"$\hat\lambda^i=(\tilde L-L)\,\xi^i/c$",
        verdict="definition",
        shown_by=("estimator",),
        as_printed=lambda: Equal(estimate(LAYER), units_of(LAYER) * NOISE_VECTOR * QUOTIENT),
        as_fixed=lambda: define("estimator (2)", LAYER).relation,
    ),
    Entry(
        label=r"$g(h^i)$",
        where="section 2.4",
        printed=r"$\lambda^i=g(h^i)$ is sufficient to express the true gradient",
        verdict="repaired",
        problem=(
            r"Only if $h^i$ determines the target: two data with the same $h^i$ and different $y$ have "
            r"different "
            r"gradients."
        ),
        fixed=r"$\lambda^i=g(h^i,y)$; $g(h^i)$ at best $\mathbb{E}[\lambda^i\mid h^i]$",
        refuted_by=(two_targets,),
    ),
    Entry(
        label="(3)",
        where="section 2.4",
        printed=r"$\hat B^{i+1}=\arg\min_B\mathbb{E}\,|g(h^i,\tilde e^{i+1};B)-\hat\lambda^i|^2$",
        verdict="right as meant",
        problem=(
            r"The minimum of a mean is the limit, not the estimator: (4), (5), (6) minimise the sum over "
            r"a sample. "
            r"They are nested, not joint: $\tilde e^{i+1}$ is computed with the matrices fitted above."
        ),
        fixed=r"$\hat B^{i+1}=\arg\min_B\sum_t|B^{\top}\tilde e^{i+1}_t-\hat\lambda^i_t|^2$",
        shown_by=("solves",),
        as_printed=lambda: Equal(limit_feedback(LAYER).T, population_fit(LAYER)),
        as_fixed=lambda: Equal(feedback(LAYER).T, sample_fit(LAYER)),
    ),
)
