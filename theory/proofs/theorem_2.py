"""Theorem 2: linear networks, by induction from the output down, with the exact limit at every c on the way.

All errors are linear images of the output error, e~^i = M^T e, so every average over the sample is one
of two, and they factor: eq. (15) of the paper.
"""

from __future__ import annotations

from theory.proof import (
    LAYER,
    OUTPUT,
    Equal,
    Induction,
    Invertible,
    Proof,
    Step,
    average,
    define,
    lim,
    mean,
    plim,
    suppose,
)
from theory.proof.checker import Source
from theory.proof.relations import Relation
from theory.proof.rules import (
    CANCELLATION,
    CONTINUOUS_MAPPING,
    HYPOTHESIS,
    LIMIT,
    LINEARITY,
    OPEN,
    SUBSTITUTION,
)
from theory.proof.terms import Term
from theory.proof.vocabulary import (
    Index,
    downstream,
    errors,
    estimate,
    feedback,
    fitted_map,
    gradient,
    gram,
    limit_errors,
    limit_feedback,
    limit_map,
    synthetic,
    weights,
)
from theory.proofs.passages import cross_limit, output_averages
from theory.results.assumptions import LINEAR, M1, N1, S1, SAMPLES, R

_e, _C = errors(OUTPUT), gram(OUTPUT)


def carried_errors(i: Index) -> dict[str, Relation]:
    """The errors of layer i as images of the output error."""
    return {
        "sample error": Equal(synthetic(i), fitted_map(i).T * _e),
        "error": Equal(limit_errors(i), limit_map(i).T * _e),
        "true error": Equal(errors(i), downstream(i).T * _e),
        "map": Equal(plim(fitted_map(i)), limit_map(i)),
    }


def carried_at_output() -> tuple[Step, ...]:
    """The same for the output, where the maps are the identity."""
    claims = carried_errors(OUTPUT)
    return (
        Step("sample error", claims["sample error"], SUBSTITUTION, (define("synthetic error", OUTPUT),)),
        Step("error", claims["error"], SUBSTITUTION, (define("limit of the synthetic error", OUTPUT),)),
        Step("true error", claims["true error"], SUBSTITUTION),
        Step("map", claims["map"], CONTINUOUS_MAPPING),
    )


def carried_below() -> tuple[Step, ...]:
    """The same for a hidden layer, from those above."""
    i, claims = LAYER, carried_errors(LAYER)
    linear = suppose(LINEAR, i)
    fitted, limit = define("fitted map", i), define("limit of the fitted map", i)
    return (
        Step(
            "sample error",
            claims["sample error"],
            SUBSTITUTION,
            (define("synthetic error", i), linear, "above: sample error", fitted),
        ),
        Step(
            "error",
            claims["error"],
            SUBSTITUTION,
            (define("limit of the synthetic error", i), linear, "above: error", limit),
        ),
        Step("true error", claims["true error"], SUBSTITUTION, true_error_below()),
        Step("map", claims["map"], CONTINUOUS_MAPPING, (fitted, limit, "above: map", "above: consistency")),
    )


def true_error_below() -> tuple[Source, ...]:
    """What makes e^i an image of the output error, from e^{i+1}."""
    i = LAYER
    return (
        define("backpropagation of e", i),
        define("backpropagation of λ", i),
        suppose(LINEAR, i),
        "above: true error",
        define("downstream weights", i),
    )


def factored_averages() -> tuple[Step, ...]:
    """The averages of layer i, as those of the output between fitted maps."""
    i, low, fitted = LAYER, LAYER - 1, fitted_map(LAYER)
    return (
        Step(
            "cross factored",
            Equal(average(estimate(low) * synthetic(i).T), average(estimate(low) * _e.T) * fitted),
            LINEARITY,
            ("sample error",),
        ),
        Step(
            "gram factored",
            Equal(average(synthetic(i) * synthetic(i).T), fitted.T * average(_e * _e.T) * fitted),
            LINEARITY,
            ("sample error",),
        ),
    )


def transported() -> Step:
    """E[λ eᵀ] = WᵀAᵀC."""
    i, low = LAYER, LAYER - 1
    return Step(
        "transported",
        Equal(mean(gradient(low) * _e.T), weights(i).T * downstream(i).T * _C),
        LINEARITY,
        (define("backpropagation of λ", low), "true error"),
    )


def _claims(i: Index) -> dict[str, Relation]:
    return {
        **carried_errors(i),
        "consistency": Equal(plim(feedback(i)), limit_feedback(i)),
        "exact limit": Equal(limit_feedback(i).T, _fit(i)),
        "convergence": Equal(lim(limit_feedback(i)), weights(i)),
        "limit of the map": Equal(lim(limit_map(i)), downstream(i)),
    }


def _fit(i: Index) -> Term:
    """E[λ̂ eᵀ] M (MᵀCM)⁻¹, M the limit of the fitted map at c."""
    carried = limit_map(i)
    return mean(estimate(i - 1) * _e.T) * carried * (carried.T * _C * carried).inverse


def _shared() -> tuple[Step, ...]:
    i, low = LAYER, LAYER - 1
    carried, true = limit_map(i), downstream(i)
    true_gram = true.T * _C * true
    limit = weights(i).T * true_gram * true_gram.inverse
    return (
        *output_averages(low),
        *factored_averages(),
        Step("gram", Equal(gram(i), true_gram), LINEARITY, ("true error",)),
        Step("full rank", Invertible(gram(i)), HYPOTHESIS, (suppose(R, i),)),
        Step("full rank, carried", Invertible(true_gram), SUBSTITUTION, ("full rank", "gram")),
        Step("gram limit", Equal(lim(carried.T * _C * carried), true_gram), LIMIT, ("limit of the map",)),
        Step(
            "full rank nearby",
            Invertible(carried.T * _C * carried),
            OPEN,
            ("gram limit", "full rank, carried"),
        ),
        Step(
            "fit",
            Equal(plim(feedback(i).T), _fit(i)),
            CONTINUOUS_MAPPING,
            (
                define("least squares (10, 14)", i),
                "cross factored",
                "gram factored",
                "cross law",
                "gram law",
                "map",
                "full rank nearby",
            ),
        ),
        Step(
            "exact limit",
            Equal(limit_feedback(i).T, _fit(i)),
            LINEARITY,
            (define("limit of the fit", i), "error"),
        ),
        Step(
            "consistency", Equal(plim(feedback(i)), limit_feedback(i)), SUBSTITUTION, ("fit", "exact limit")
        ),
        *cross_limit(low, _e, _e),
        transported(),
        Step(
            "for c → 0",
            Equal(lim(limit_feedback(i).T), limit),
            LIMIT,
            ("exact limit", "cross limit", "transported", "limit of the map", "full rank, carried"),
        ),
        Step("cancelled", Equal(limit, weights(i).T), CANCELLATION, ("full rank, carried",)),
        Step(
            "convergence", Equal(lim(limit_feedback(i)), weights(i)), SUBSTITUTION, ("for c → 0", "cancelled")
        ),
    )


PROOF = Proof(
    "theorem-2",
    (SAMPLES, LINEAR, N1, S1, M1, R),
    (
        Induction(
            _claims(LAYER),
            base=(
                *carried_at_output(),
                Step(
                    "limit of the map",
                    Equal(lim(limit_map(OUTPUT)), downstream(OUTPUT)),
                    LIMIT,
                ),
            ),
            step=(
                *carried_below(),
                Step(
                    "limit of the map",
                    Equal(lim(limit_map(LAYER)), downstream(LAYER)),
                    LIMIT,
                    (
                        define("limit of the fitted map", LAYER),
                        "above: limit of the map",
                        "above: convergence",
                        define("downstream weights", LAYER),
                    ),
                ),
            ),
            shared=_shared(),
        ),
    ),
    ("consistency", "exact limit", "convergence", "top: convergence"),
)
