"""The symbols of the paper with their shapes, and what defines them.

One row is a datum and its noise. Superscripts of the paper are indices here: W(i) is W^i, n(i) x
n(i-1). A hat marks what is computed from a sample, a tilde or a bar its limit in probability, at the
noise scale c.

A definition is an equation that a step may cite for a layer. Those that go down by one layer exist for
hidden layers only; the output has its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import sympy

from theory.proof.constants import DEPTH, LAYER, SAMPLES_T, c, width
from theory.proof.relations import Bounded, Equal, Relation, Same
from theory.proof.sizes import fitted_gain, gain, largest, norm, slope_product
from theory.proof.terms import (
    DATUM,
    NOISE,
    ONE,
    SAMPLE,
    Identity,
    PseudoInverse,
    Size,
    Symbol,
    Term,
    Zero,
    average,
    given,
    is_layer,
    lim,
    mean,
    settled,
)

Index: TypeAlias = sympy.Expr

OUTPUT = DEPTH + 1
UNITS: Size = sympy.Symbol("n", integer=True, positive=True)
"""n = n_1 + .. + n_N, the number of perturbed units."""

_DATUM, _NOISE, _SAMPLE = frozenset({DATUM}), frozenset({NOISE}), frozenset({SAMPLE})
_INVERSE_SCALE = 1 / c


def weights(i: Index) -> Symbol:
    """W^i, n_i x n_{i-1}."""
    return Symbol("W", width(i), width(i - 1), i)


def feedback(i: Index) -> Symbol:
    """The fitted B^i, n_i x n_{i-1}: a statistic."""
    return Symbol("B̂", width(i), width(i - 1), i, _SAMPLE, moves=True)


def limit_feedback(i: Index) -> Symbol:
    """plim of the fitted B^i at the noise scale c."""
    return Symbol("W̃", width(i), width(i - 1), i, moves=True)


def errors(i: Index) -> Symbol:
    """The true error e^i, n_i x 1."""
    return Symbol("e", width(i), ONE, i, _DATUM)


def synthetic(i: Index) -> Symbol:
    """The synthetic error with the fitted feedback of a sample, n_i x 1."""
    return Symbol("ẽ", width(i), ONE, i, _DATUM | _SAMPLE, moves=True)


def limit_errors(i: Index) -> Symbol:
    """The synthetic error with the limits of the feedback, n_i x 1."""
    return Symbol("ē", width(i), ONE, i, _DATUM, moves=True)


def fixed_errors(i: Index) -> Symbol:
    """An error signal of layer i + 1 with fixed feedback, which may look at the noise of its row."""
    return Symbol("ẽᶠ", width(i + 1), ONE, i, _DATUM | _NOISE, moves=True)


def signal_of_datum(i: Index) -> Symbol:
    """The same where it is a function of the datum."""
    return Symbol("s", width(i + 1), ONE, i, _DATUM)


def gradient(i: Index) -> Symbol:
    """lambda^i, the derivative of the loss in the activity of layer i, n_i x 1."""
    return Symbol("λ", width(i), ONE, i, _DATUM)


def estimate(i: Index) -> Symbol:
    """The estimate of lambda^i, eq. (2), n_i x 1."""
    return Symbol("λ̂", width(i), ONE, i, _DATUM | _NOISE, moves=True)


def slopes(i: Index) -> Symbol:
    """D^i = diag sigma_i'(a^i) on the clean pass, n_i x n_i."""
    return Symbol("D", width(i), width(i), i, _DATUM, symmetric=True)


def units_of(i: Index) -> Symbol:
    """P^i, the rows of the identity that belong to the units of layer i, n_i x n."""
    return Symbol("P", width(i), UNITS, i)


def downstream(i: Index) -> Term:
    """A^i = W^{N+1} .. W^{i+1}, n_{N+1} x n_i; A^{N+1} is the identity."""
    return settled(Symbol("A", width(OUTPUT), width(i), i, chain=True))


def fitted_map(i: Index) -> Term:
    """B^{N+1} .. B^{i+1} of the sample, n_{N+1} x n_i."""
    return settled(Symbol("M̂", width(OUTPUT), width(i), i, _SAMPLE, moves=True, chain=True))


def limit_map(i: Index) -> Term:
    """The limit of the fitted map."""
    return settled(Symbol("M̃", width(OUTPUT), width(i), i, moves=True, chain=True))


def direct_feedback(i: Index) -> Symbol:
    """The fitted B^i of direct feedback, n_{N+1} x n_{i-1}."""
    return Symbol("B̂ᴰ", width(OUTPUT), width(i - 1), i, _SAMPLE, moves=True)


def shrunk_feedback(i: Index) -> Symbol:
    """lim plim of B^i fitted with a ridge inside the mean, n_i x n_{i-1}."""
    return Symbol("W°", width(i), width(i - 1), i)


def shrunk_map(i: Index) -> Term:
    """The product of the shrunk feedback above layer i, n_{N+1} x n_i."""
    return settled(Symbol("M°", width(OUTPUT), width(i), i, chain=True))


def remainder_of_map(i: Index) -> Symbol:
    """What separates the fitted map of layer i - 1 from its least squares on the output errors."""
    return Symbol("ρ", width(OUTPUT), width(i - 1), i, _SAMPLE, moves=True)


def distortion(i: Index) -> Symbol:
    """Q, n_i x n_i: B^{i+1} becomes B^{i+1} Q."""
    return Symbol("Q", width(i), width(i), i)


def distorted_error(i: Index) -> Symbol:
    """The synthetic error of layer i below the distorted feedback."""
    return Symbol("ẽ′", width(i), ONE, i, _DATUM | _SAMPLE, moves=True)


def distorted_feedback(i: Index) -> Symbol:
    """B^i fitted on the distorted errors."""
    return Symbol("B̂′", width(i), width(i - 1), i, _SAMPLE, moves=True)


COMMON_VECTOR = Symbol("v", width(OUTPUT), ONE, None, _DATUM, moves=True)
"""v(x, y), from which all mean estimates are carried down."""

GAMMA = Symbol("Γ", width(OUTPUT), width(OUTPUT), None, moves=True)
"""E[v e^T] C^{-1}."""

RIDGE_WEIGHT = sympy.Symbol("γ", positive=True)
"""The ridge."""


def change(i: Index) -> Symbol:
    """The fitted B^i less its limit, n_i x n_{i-1}: of order T^{-1/2}."""
    return Symbol("ΔB", width(i), width(i - 1), i, _SAMPLE, moves=True)


def error_change(i: Index) -> Symbol:
    """The synthetic error less its limit, n_i x 1: of order T^{-1/2}."""
    return Symbol("δe", width(i), ONE, i, _DATUM | _SAMPLE, moves=True)


SMALL = frozenset({"ΔB", "δe"})
"""The names of what is of order T^{-1/2}."""


def direction(i: Index) -> Symbol:
    """A direction a in the space of the units of layer i."""
    return Symbol("a", width(i), ONE, i)


def limit_residual(i: Index) -> Symbol:
    """u^i, what the limit of the fit leaves of the estimate of layer i, n_i x 1."""
    return Symbol("u", width(i), ONE, i, _DATUM | _NOISE, moves=True)


def noisy_gradient(i: Index) -> Symbol:
    """The derivative of the loss in the activity of layer i at the perturbed state, n_i x 1."""
    return Symbol("λ(ξ)", width(i), ONE, i, _DATUM | _NOISE, moves=True)


def noisy_errors(i: Index) -> Symbol:
    """The error of layer i at the perturbed state, n_i x 1."""
    return Symbol("e(ξ)", width(i), ONE, i, _DATUM | _NOISE, moves=True)


def noisy_slopes(i: Index) -> Symbol:
    """The slopes of the activations at the perturbed state, n_i x n_i."""
    return Symbol("D(ξ)", width(i), width(i), i, _DATUM | _NOISE, moves=True, symmetric=True)


EIGENVECTOR_OF_C = Symbol("w", width(OUTPUT), ONE)
"""A direction of the output errors."""

EIGENVALUE = sympy.Symbol("μ", nonnegative=True)
"""Its eigenvalue."""

ESTIMATES = Symbol("λ̂", UNITS, ONE, None, _DATUM | _NOISE, moves=True)
"""The estimates of all hidden units, n x 1."""

PREDICTION = Symbol("g̃", UNITS, ONE, None, _DATUM | _NOISE, moves=True)
"""A prediction of the gradient, n x 1, which may look at the noise of its row and at its scale."""

PREDICTION_OF_DATUM = Symbol("p", UNITS, ONE, None, _DATUM)
"""The same where it is a function of the datum."""

LAST_FEEDBACK = Symbol("Bₖ", width(OUTPUT), width(DEPTH))
"""The top feedback fitted in the stage before, on other rows."""

NEXT_FEEDBACK = Symbol("Bₖ₊₁", width(OUTPUT), width(DEPTH), None, _SAMPLE)
"""The top feedback fitted to the corrected estimates for c to 0."""

CORRECTED = Symbol("λcv", UNITS, ONE, None, _DATUM | _NOISE, moves=True)
"""The estimates with the control variate, n x 1."""


def residual(i: Index) -> Symbol:
    """What separates the estimate from its mean given the datum, n_i x 1."""
    return Symbol("η", width(i), ONE, i, _DATUM | _NOISE, moves=True)


def bias(i: Index) -> Symbol:
    """What separates the mean of the estimate given the datum from the gradient, n_i x 1."""
    return Symbol("b", width(i), ONE, i, _DATUM, moves=True)


LOSS = Symbol("L", ONE, ONE, None, _DATUM)
"""The clean loss of a row."""

WITHOUT_BASELINE = Symbol("λ̂⁰", UNITS, ONE, None, _DATUM | _NOISE, moves=True)
"""The estimates without the baseline, n x 1."""

NOISE_VECTOR = Symbol("ξ", UNITS, ONE, None, _NOISE)
FULL_GRADIENT = Symbol("g", UNITS, ONE, None, _DATUM)
QUOTIENT = Symbol("ΔL/c", ONE, ONE, None, _DATUM | _NOISE, moves=True)
"""(L~ - L) / c, one number for all units of a row."""

SECOND_MOMENTS = mean(NOISE_VECTOR * NOISE_VECTOR.T)
"""E[xi xi^T], n x n."""


def gram(i: Index) -> Term:
    """S_i = E[e^i e^{iT}]; for the output layer this is C."""
    return mean(errors(i) * errors(i).T)


@dataclass(frozen=True)
class Definition:
    """An equation that defines its left side, or a fact of the network, for one layer."""

    name: str
    index: Index | None

    @property
    def relation(self) -> Relation:
        """The equation; raises ``ValueError`` where it does not exist for the layer."""
        if self.name not in DEFINITIONS:
            raise ValueError(f"there is no definition {self.name!r}")
        where, make = DEFINITIONS[self.name]
        if (self.index is None) != (where == "none"):
            raise ValueError(f"{self.name} is defined {'once' if where == 'none' else 'for a layer'}")
        if self.index is None:
            return make(OUTPUT)
        allowed = {
            "hidden": HIDDEN,
            "fitted": FITTED,
            "any": HIDDEN | {OUTPUT},
            "output": {OUTPUT},
            "every": HIDDEN | FITTED,
        }[where]
        if self.index not in allowed:
            raise ValueError(f"{self.name} is not defined for layer {self.index}")
        return make(self.index)

    def __str__(self) -> str:
        return self.name if self.index is None else f"{self.name}, layer {self.index}".replace(" + ", "+")


HIDDEN = frozenset({LAYER, LAYER - 1, DEPTH})
"""Layers 1 .. N, for 2 <= i <= N."""

FITTED = frozenset({LAYER, LAYER + 1, OUTPUT})
"""Layers 2 .. N + 1, those with a feedback matrix."""


def projection(i: Index) -> Term:
    """M (MᵀGM)⁺ MᵀG on the sample: onto the range of the fitted map, in the inner product of G."""
    fitted, gram_of = fitted_map(i), average(errors(OUTPUT) * errors(OUTPUT).T)
    return fitted * PseudoInverse(fitted.T * gram_of * fitted) * fitted.T * gram_of


def direct_solution(i: Index) -> Term:
    """G⁻¹ Avg[e λ̂ᵀ], the direct fit of layer i - 1."""
    gram_of = average(errors(OUTPUT) * errors(OUTPUT).T)
    return gram_of.inverse * average(estimate(i - 1) * errors(OUTPUT).T).T


def _rest(i: Index) -> Term:
    outside = Identity(width(OUTPUT)) - projection(i)
    return outside * (direct_solution(i) - fitted_map(i) * weights(i))


def _at_output(
    make: Callable[[Index], Relation], output: Callable[[Index], Relation]
) -> Callable[[Index], Relation]:
    return lambda i: output(i) if i == OUTPUT else make(i)


DEFINITIONS: dict[str, tuple[str, Callable[[Index], Relation]]] = {
    "estimator (2)": ("hidden", lambda i: Equal(estimate(i), units_of(i) * NOISE_VECTOR * QUOTIENT)),
    "gradient": ("hidden", lambda i: Equal(gradient(i), units_of(i) * FULL_GRADIENT)),
    "backpropagation of λ": ("hidden", lambda i: Equal(gradient(i), weights(i + 1).T * errors(i + 1))),
    "backpropagation of e": ("hidden", lambda i: Equal(errors(i), slopes(i) * gradient(i))),
    "synthetic error": (
        "any",
        _at_output(
            lambda i: Equal(synthetic(i), slopes(i) * feedback(i + 1).T * synthetic(i + 1)),
            lambda i: Equal(synthetic(i), errors(i)),
        ),
    ),
    "limit of the synthetic error": (
        "any",
        _at_output(
            lambda i: Equal(limit_errors(i), slopes(i) * limit_feedback(i + 1).T * limit_errors(i + 1)),
            lambda i: Equal(limit_errors(i), errors(i)),
        ),
    ),
    "least squares (10, 14)": (
        "fitted",
        lambda i: Equal(
            feedback(i).T,
            average(estimate(i - 1) * synthetic(i).T) * average(synthetic(i) * synthetic(i).T).inverse,
        ),
    ),
    "limit of the fit": (
        "fitted",
        lambda i: Equal(
            limit_feedback(i).T,
            mean(estimate(i - 1) * limit_errors(i).T) * mean(limit_errors(i) * limit_errors(i).T).inverse,
        ),
    ),
    "direct least squares (16)": (
        "fitted",
        lambda i: Equal(
            direct_feedback(i).T,
            average(estimate(i - 1) * errors(OUTPUT).T) * average(errors(OUTPUT) * errors(OUTPUT).T).inverse,
        ),
    ),
    "least squares of minimum norm": (
        "fitted",
        lambda i: Equal(
            feedback(i).T,
            average(estimate(i - 1) * synthetic(i).T) * PseudoInverse(average(synthetic(i) * synthetic(i).T)),
        ),
    ),
    "limit of the fit of minimum norm": (
        "fitted",
        lambda i: Equal(
            limit_feedback(i).T,
            mean(estimate(i - 1) * limit_errors(i).T)
            * PseudoInverse(mean(limit_errors(i) * limit_errors(i).T)),
        ),
    ),
    "ridge inside the mean (18)": (
        "fitted",
        lambda i: Equal(
            feedback(i).T,
            average(estimate(i - 1) * synthetic(i).T)
            * (average(synthetic(i) * synthetic(i).T) + RIDGE_WEIGHT * Identity(width(i))).inverse,
        ),
    ),
    "limit of the ridge fit": (
        "fitted",
        lambda i: Equal(
            limit_feedback(i).T,
            mean(estimate(i - 1) * limit_errors(i).T)
            * (mean(limit_errors(i) * limit_errors(i).T) + RIDGE_WEIGHT * Identity(width(i))).inverse,
        ),
    ),
    "ridge on the sum": (
        "fitted",
        lambda i: Equal(
            feedback(i).T,
            average(estimate(i - 1) * synthetic(i).T)
            * (
                average(synthetic(i) * synthetic(i).T) + (RIDGE_WEIGHT / SAMPLES_T) * Identity(width(i))
            ).inverse,
        ),
    ),
    "shrunk feedback": (
        "fitted",
        lambda i: Equal(
            shrunk_feedback(i).T,
            weights(i).T
            * downstream(i).T
            * gram(OUTPUT)
            * shrunk_map(i)
            * (shrunk_map(i).T * gram(OUTPUT) * shrunk_map(i) + RIDGE_WEIGHT * Identity(width(i))).inverse,
        ),
    ),
    "shrunk map": ("hidden", lambda i: Equal(shrunk_map(i), shrunk_map(i + 1) * shrunk_feedback(i + 1))),
    "rest of the map": ("fitted", lambda i: Equal(remainder_of_map(i), _rest(i))),
    "distorted error": (
        "hidden",
        lambda i: Equal(
            distorted_error(i), slopes(i) * (feedback(i + 1) * distortion(i)).T * synthetic(i + 1)
        ),
    ),
    "least squares on distorted errors": (
        "fitted",
        lambda i: Equal(
            distorted_feedback(i).T,
            average(estimate(i - 1) * distorted_error(i).T)
            * PseudoInverse(average(distorted_error(i) * distorted_error(i).T)),
        ),
    ),
    "Γ": ("none", lambda _: Equal(GAMMA, mean(COMMON_VECTOR * errors(OUTPUT).T) * gram(OUTPUT).inverse)),
    "estimator, all units": ("none", lambda _: Equal(ESTIMATES, NOISE_VECTOR * QUOTIENT)),
    "control variate": (
        "none",
        lambda _: Equal(CORRECTED, ESTIMATES - NOISE_VECTOR * NOISE_VECTOR.T * PREDICTION + PREDICTION),
    ),
    "stage": (
        "none",
        lambda _: Equal(
            NEXT_FEEDBACK.T,
            average(units_of(DEPTH) * lim(CORRECTED) * errors(OUTPUT).T)
            * average(errors(OUTPUT) * errors(OUTPUT).T).inverse,
        ),
    ),
    "prediction of a stage": (
        "none",
        lambda _: Equal(PREDICTION_OF_DATUM, units_of(DEPTH).T * LAST_FEEDBACK.T * errors(OUTPUT)),
    ),
    "selected once": ("hidden", lambda i: Equal(units_of(i) * units_of(i).T, Identity(width(i)))),
    "change of the feedback": ("fitted", lambda i: Equal(feedback(i), limit_feedback(i) + change(i))),
    "change of the error": ("every", lambda i: Equal(synthetic(i), limit_errors(i) + error_change(i))),
    "no change at the output": ("output", lambda i: Equal(error_change(i), Zero(width(i), ONE))),
    "residual of the fit": (
        "fitted",
        lambda i: Equal(limit_residual(i - 1), estimate(i - 1) - limit_feedback(i).T * limit_errors(i)),
    ),
    "Gaussian mean": ("none", lambda _: Equal(COMMON_VECTOR, given(noisy_errors(OUTPUT)))),
    "backpropagation at the perturbed state, λ": (
        "hidden",
        lambda i: Equal(noisy_gradient(i), weights(i + 1).T * noisy_errors(i + 1)),
    ),
    "backpropagation at the perturbed state, e": (
        "hidden",
        lambda i: Equal(noisy_errors(i), noisy_slopes(i) * noisy_gradient(i)),
    ),
    "residual (12)": ("hidden", lambda i: Equal(residual(i), estimate(i) - given(estimate(i)))),
    "bias (12)": ("hidden", lambda i: Equal(bias(i), given(estimate(i)) - gradient(i))),
    "no baseline": (
        "none",
        lambda _: Equal(WITHOUT_BASELINE, ESTIMATES + _INVERSE_SCALE * (NOISE_VECTOR * LOSS)),
    ),
    "selection": ("hidden", lambda i: Bounded(units_of(i), sympy.Integer(1))),
    "product of slopes": (
        "any",
        _at_output(
            lambda i: Same(slope_product(i), norm(slopes(i)) * slope_product(i + 1)),
            lambda i: Same(slope_product(i), sympy.Integer(1)),
        ),
    ),
    "gain": (
        "any",
        _at_output(
            lambda i: Same(gain(i), largest(limit_feedback(i + 1)) * gain(i + 1)),
            lambda i: Same(gain(i), sympy.Integer(1)),
        ),
    ),
    "fitted gain": (
        "any",
        _at_output(
            lambda i: Same(fitted_gain(i), norm(feedback(i + 1)) * fitted_gain(i + 1)),
            lambda i: Same(fitted_gain(i), sympy.Integer(1)),
        ),
    ),
    "downstream weights": ("hidden", lambda i: Equal(downstream(i), downstream(i + 1) * weights(i + 1))),
    "fitted map": ("hidden", lambda i: Equal(fitted_map(i), fitted_map(i + 1) * feedback(i + 1))),
    "limit of the fitted map": (
        "hidden",
        lambda i: Equal(limit_map(i), limit_map(i + 1) * limit_feedback(i + 1)),
    ),
}
"""The layers that each definition is for, and the equation for one."""


def define(name: str, index: Index | None = None) -> Definition:
    """The definition of that name for a layer; raises ``ValueError`` where there is none."""
    if name not in DEFINITIONS:
        raise ValueError(f"there is no definition {name!r}; expected one of: {', '.join(DEFINITIONS)}")
    return Definition(name, index)


_MAKERS = (
    weights,
    feedback,
    limit_feedback,
    errors,
    synthetic,
    limit_errors,
    fixed_errors,
    signal_of_datum,
    gradient,
    estimate,
    slopes,
    units_of,
    downstream,
    fitted_map,
    limit_map,
    direct_feedback,
    shrunk_feedback,
    shrunk_map,
    remainder_of_map,
    distortion,
    distorted_error,
    distorted_feedback,
    change,
    error_change,
    direction,
    limit_residual,
    noisy_gradient,
    noisy_errors,
    noisy_slopes,
    residual,
    bias,
)
_ONCE = frozenset(value for value in list(globals().values()) if isinstance(value, Symbol))


def once() -> frozenset[Symbol]:
    """The symbols that belong to no layer."""
    return _ONCE


@lru_cache(maxsize=100)
def symbols_at(index: Index) -> tuple[Symbol, ...]:
    """The symbols of a layer; without the products over the layers above, for the output."""
    return tuple(symbol for make in _MAKERS if isinstance(symbol := make(index), Symbol))


def is_known(symbol: Symbol) -> bool:
    """Whether the symbol is one of the vocabulary, with the shape and the dependence it has there."""
    if symbol.index is None:
        return symbol in _ONCE
    return is_layer(symbol.index) and symbol in symbols_at(symbol.index)
