"""The central limit theorem of the fitted feedback, with the errors that fitted matrices carry down to it."""

from __future__ import annotations

from theory.proof import (
    DEPTH,
    LAYER,
    OUTPUT,
    Bounded,
    Equal,
    Finite,
    FirstOrder,
    Induction,
    Integrable,
    Invertible,
    Normal,
    Proof,
    Step,
    Zero,
    average,
    define,
    fresh_mean,
    mean,
    plim,
    suppose,
    width,
)
from theory.proof.relations import Relation
from theory.proof.rules import (
    CENTRAL_LIMIT,
    DOMINATION,
    FIRST_ORDER,
    HYPOTHESIS,
    LINEARITY,
    MOMENTS,
    NORMS,
    OPEN,
    SLUTSKY,
    SUBSTITUTION,
)
from theory.proof.sizes import norm
from theory.proof.terms import Term
from theory.proof.vocabulary import (
    Index,
    change,
    direction,
    error_change,
    estimate,
    feedback,
    limit_errors,
    limit_feedback,
    limit_residual,
    slopes,
    synthetic,
)
from theory.proofs.theorem_3 import (
    claims_about_errors,
    consistency,
    errors_at_output,
    sample_averages,
    sizes_below,
)
from theory.results.assumptions import M3, M5, R_AT_C, S1, SAMPLES

_KEPT = ("sample size", "polynomial", "row")


def _gram(i: Index) -> Term:
    return mean(limit_errors(i) * limit_errors(i).T)


def _forcing(i: Index) -> Term:
    """What moves the fit of layer i: the sample, and the errors of the matrices above it."""
    residual, bar, delta = limit_residual(i - 1), limit_errors(i), error_change(i)
    own = average(residual * bar.T) + fresh_mean(residual * delta.T)
    return own - limit_feedback(i).T * fresh_mean(delta * bar.T)


def _claims(i: Index) -> dict[str, Relation]:
    known = claims_about_errors(i)
    return {
        **{name: known[name] for name in _KEPT},
        "consistency": Equal(plim(feedback(i)), limit_feedback(i)),
        "centred": Equal(mean(limit_residual(i - 1) * limit_errors(i).T), Zero(width(i - 1), width(i))),
        "full rank": Invertible(_gram(i)),
        "change": FirstOrder(change(i).T, _forcing(i) * _gram(i).inverse),
    }


def _shared() -> tuple[Step, ...]:
    i, low, bar, tilde = LAYER, LAYER - 1, limit_errors(LAYER), synthetic(LAYER)
    residual, claims = limit_residual(low), _claims(LAYER)
    return (
        *sample_averages(),
        Step("full rank", claims["full rank"], HYPOTHESIS, (suppose(R_AT_C, i),)),
        *consistency("full rank"),
        Step("sample rank", Invertible(average(tilde * tilde.T)), OPEN, ("sample gram law", "full rank")),
        Step(
            "normal equations",
            Equal(average((estimate(low) - feedback(i).T * tilde) * tilde.T), Zero(width(low), width(i))),
            LINEARITY,
            (define("least squares (10, 14)", i), "sample rank"),
        ),
        Step(
            "centred",
            claims["centred"],
            LINEARITY,
            (define("residual of the fit", i), define("limit of the fit", i), "full rank"),
        ),
        Step(
            "estimate",
            Equal(estimate(low), limit_feedback(i).T * bar + residual),
            SUBSTITUTION,
            (define("residual of the fit", i),),
        ),
        Step(
            "first order",
            FirstOrder(change(i).T * _gram(i), _forcing(i)),
            FIRST_ORDER,
            (
                "normal equations",
                "estimate",
                "sample cross integrable",
                "sample gram integrable",
                define("change of the feedback", i),
                define("change of the error", i),
            ),
        ),
        Step("change", claims["change"], FIRST_ORDER, ("first order", "full rank")),
    )


def _normal() -> tuple[Step, ...]:
    """The top matrix, along a direction a in the space of the last hidden layer."""
    a, residual, bar = direction(DEPTH), limit_residual(DEPTH), limit_errors(OUTPUT)
    row, gram_of = bar * residual.T * a, _gram(OUTPUT)
    square, size = row * row.T, norm(a) ** 2 * norm(residual) ** 2 * norm(bar) ** 2
    return (
        Step("square bound", Bounded(square, size), NORMS),
        Step("square mean", Finite(size), MOMENTS, (suppose(SAMPLES), suppose(M5, OUTPUT))),
        Step("square integrable", Integrable(square), DOMINATION, ("square bound", "square mean")),
        Step(
            "centred along a", Equal(mean(row), Zero(width(OUTPUT), a.shape[1])), LINEARITY, ("top: centred",)
        ),
        Step(
            "normal sum",
            Normal(average(row), mean(square)),
            CENTRAL_LIMIT,
            (suppose(SAMPLES), "square integrable", "centred along a"),
        ),
        Step(
            "change along a",
            FirstOrder(change(OUTPUT) * a, gram_of.inverse * average(row)),
            FIRST_ORDER,
            ("top: change", define("no change at the output", OUTPUT)),
        ),
        Step(
            "normal feedback",
            Normal(change(OUTPUT) * a, gram_of.inverse * mean(square) * gram_of.inverse),
            SLUTSKY,
            ("normal sum", "change along a"),
        ),
    )


PROOF = Proof(
    "clt",
    (SAMPLES, S1, M3, R_AT_C, M5),
    (
        Induction(
            _claims(LAYER),
            base=tuple(step for step in errors_at_output() if step.label in _KEPT),
            step=(
                *(step for step in sizes_below() if step.label in _KEPT),
                Step(
                    "error change",
                    FirstOrder(
                        error_change(LAYER),
                        slopes(LAYER)
                        * (
                            change(LAYER + 1).T * limit_errors(LAYER + 1)
                            + limit_feedback(LAYER + 1).T * error_change(LAYER + 1)
                        ),
                    ),
                    FIRST_ORDER,
                    (
                        define("synthetic error", LAYER),
                        define("limit of the synthetic error", LAYER),
                        define("change of the error", LAYER),
                        define("change of the error", LAYER + 1),
                        define("change of the feedback", LAYER + 1),
                    ),
                ),
            ),
            shared=_shared(),
        ),
        *_normal(),
    ),
    ("change", "below: error change", "normal feedback"),
)
