"""Terms of the paper that our proofs do not use: T columns side by side, activities, one unit of a layer.

The sizes are those of `theory.proof.vocabulary`, whose symbols stand for one row, a column each.
"""

from __future__ import annotations

from theory.paper.entry import perturbed
from theory.proof.constants import DEPTH, LAYER, SAMPLES_T, width
from theory.proof.relations import Equal
from theory.proof.terms import DATUM, NOISE, ONE, SAMPLE, Symbol, Term, average, mean
from theory.proof.vocabulary import (
    OUTPUT,
    Index,
    bias,
    errors,
    estimate,
    limit_errors,
    residual,
    synthetic,
)

_SAMPLE = frozenset({SAMPLE})


def all_estimates(i: Index) -> Symbol:
    """The estimates of a sample side by side, n_i x T; there are some for perturbed layers."""
    return Symbol("λ̂ₜ", width(i), SAMPLES_T, perturbed(i), _SAMPLE, moves=True)


def all_errors(i: Index) -> Symbol:
    """The synthetic errors of a sample side by side, n_i x T."""
    return Symbol("ẽₜ", width(i), SAMPLES_T, i, _SAMPLE, moves=True)


def all_output_errors() -> Symbol:
    """The output errors of a sample side by side, n_{N+1} x T."""
    return Symbol("eₜ", width(OUTPUT), SAMPLES_T, OUTPUT, _SAMPLE)


def layerwise_fit(i: Index) -> Term:
    """Eqs. (5) and (14): the right side, T columns side by side, n_{i-1} x n_i."""
    return all_estimates(i - 1) * all_errors(i).T * (all_errors(i) * all_errors(i).T).inverse


def direct_fit(i: Index) -> Term:
    """Eqs. (6) and (16): the right side, n_{i-1} x n_{N+1}; at the output eqs. (4) and (10)."""
    e = all_output_errors()
    return all_estimates(i - 1) * e.T * (e * e.T).inverse


def population_fit(i: Index) -> Term:
    """The minimum of the mean in eqs. (3) and (9) on the limits of the errors, n_{i-1} x n_i."""
    bar = limit_errors(i)
    return mean(estimate(perturbed(i - 1)) * bar.T) * mean(bar * bar.T).inverse


def sample_fit(i: Index) -> Term:
    """The same on a sample, n_{i-1} x n_i."""
    tilde = synthetic(i)
    return average(estimate(perturbed(i - 1)) * tilde.T) * average(tilde * tilde.T).inverse


def activity(i: Index) -> Symbol:
    """h^i on the clean pass, n_i x 1."""
    return Symbol("h", width(i), ONE, i, frozenset({DATUM}))


def noisy_activity(i: Index) -> Symbol:
    """h^i on the perturbed pass, n_i x 1."""
    return Symbol("h(ξ)", width(i), ONE, i, frozenset({DATUM, NOISE}), moves=True)


def noisy_unit(i: Index) -> Symbol:
    """The activity of the unit k of layer i on the perturbed pass, a number."""
    return Symbol("h(ξ)ₖ", ONE, ONE, i, frozenset({DATUM, NOISE}), moves=True)


def column_of_weights(i: Index) -> Symbol:
    """The column k of W^i, n_i x 1."""
    return Symbol("W.ₖ", width(i), ONE, i)


def weight_step(i: Index) -> Symbol:
    """The step of W^i over the learning rate, n_i x n_{i-1}."""
    return Symbol("ΔW", width(i), width(i - 1), i, frozenset({DATUM, SAMPLE}), moves=True)


def loss_gradient() -> Symbol:
    """dL/dyhat, n_{N+1} x 1."""
    return Symbol("∂L/∂ŷ", width(OUTPUT), ONE, None, frozenset({DATUM}))


def output_jacobian() -> Symbol:
    """The Jacobian of the output activation, n_{N+1} x n_{N+1}; diagonal if it acts unit by unit."""
    return Symbol("J", width(OUTPUT), width(OUTPUT), OUTPUT, frozenset({DATUM}))


def all_remainders() -> Symbol:
    """Remainder and residual of layer N of a sample side by side, their sum, n_N x T."""
    return Symbol("(b+η)ₜ", width(DEPTH), SAMPLES_T, DEPTH, _SAMPLE, moves=True)


def unit_remainder(i: Index) -> Symbol:
    """The remainder E_j of one unit of layer i, a number."""
    return Symbol("𝓔ⱼ", ONE, ONE, i, frozenset({DATUM}), moves=True)


def unit_derivative(i: Index) -> Symbol:
    """L_ij^(m), the derivative of order m of the loss in the unit j of layer i, a number."""
    return Symbol("L⁽ᵐ⁾", ONE, ONE, i, frozenset({DATUM}))


def bias_without_layer() -> Symbol:
    """The remainder of layer N, n_N x 1, with its superscript lost."""
    return Symbol("b", width(DEPTH), ONE, None, frozenset({DATUM}), moves=True)


SIDE_BY_SIDE = (
    Equal(
        all_estimates(LAYER - 1) * all_errors(LAYER).T,
        SAMPLES_T * average(estimate(LAYER - 1) * synthetic(LAYER).T),
    ),
    Equal(
        all_errors(LAYER) * all_errors(LAYER).T, SAMPLES_T * average(synthetic(LAYER) * synthetic(LAYER).T)
    ),
    Equal(
        all_estimates(LAYER - 1) * all_output_errors().T,
        SAMPLES_T * average(estimate(LAYER - 1) * errors(OUTPUT).T),
    ),
    Equal(
        all_estimates(DEPTH) * all_output_errors().T, SAMPLES_T * average(estimate(DEPTH) * errors(OUTPUT).T)
    ),
    Equal(
        all_output_errors() * all_output_errors().T, SAMPLES_T * average(errors(OUTPUT) * errors(OUTPUT).T)
    ),
    Equal(
        all_remainders() * all_output_errors().T,
        SAMPLES_T * average((bias(DEPTH) + residual(DEPTH)) * errors(OUTPUT).T),
    ),
)
"""A product of T columns with T rows is T times the average over the sample."""
