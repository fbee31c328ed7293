"""Theorem 3: deep nonlinear networks. The paper's objection falls with the label "polynomial".

A synthetic error is a polynomial in the matrices fitted above, with coefficients that depend on one row
each. So the sums over the sample are polynomials in the feedback whose coefficients are averages of
independent terms, and the weak law applies to each.
"""

from __future__ import annotations

from theory.proof import (
    LAYER,
    OUTPUT,
    Bounded,
    Equal,
    Induction,
    Invertible,
    Polynomial,
    Proof,
    Step,
    define,
    lim,
    mean,
    plim,
    suppose,
)
from theory.proof.relations import Relation
from theory.proof.rules import (
    CANCELLATION,
    CONTINUOUS_MAPPING,
    CONVERGENT,
    DOMINATED_CONVERGENCE,
    HYPOTHESIS,
    LIMIT,
    LINEARITY,
    NORMS,
    OPEN,
    POLYNOMIAL,
    SUBSTITUTION,
)
from theory.proof.sizes import fitted_gain, gain, largest, slope_product
from theory.proof.vocabulary import (
    Index,
    errors,
    estimate,
    feedback,
    gradient,
    gram,
    limit_errors,
    limit_feedback,
    synthetic,
    weights,
)
from theory.proofs.passages import ESTIMATE_SIZE, TOP_ERROR, cross_limit, estimate_bound, integrable, law
from theory.results.assumptions import M3, N1, S1, SAMPLES, R


def claims_about_errors(i: Index) -> dict[str, Relation]:
    """What is known of the synthetic error of layer i once the matrices above have been fitted."""
    return {
        "error": Equal(lim(limit_errors(i)), errors(i)),
        "size": Bounded(limit_errors(i), gain(i) * slope_product(i) * TOP_ERROR),
        "sample size": Bounded(synthetic(i), fitted_gain(i) * slope_product(i) * TOP_ERROR),
        "polynomial": Polynomial(synthetic(i)),
        "row": Equal(plim(synthetic(i)), limit_errors(i)),
    }


def _claims(i: Index) -> dict[str, Relation]:
    return {
        **claims_about_errors(i),
        "consistency": Equal(plim(feedback(i)), limit_feedback(i)),
        "convergence": Equal(lim(limit_feedback(i)), weights(i)),
    }


def errors_at_output() -> tuple[Step, ...]:
    """The claims about errors for the output, where the error is the true one."""
    claims, bar, tilde = (
        claims_about_errors(OUTPUT),
        define("limit of the synthetic error", OUTPUT),
        define("synthetic error", OUTPUT),
    )
    slopes = define("product of slopes", OUTPUT)
    return (
        Step("error", claims["error"], LIMIT, (bar,)),
        Step("size", claims["size"], NORMS, (bar, define("gain", OUTPUT), slopes)),
        Step("sample size", claims["sample size"], NORMS, (tilde, define("fitted gain", OUTPUT), slopes)),
        Step("polynomial", claims["polynomial"], POLYNOMIAL, (tilde,)),
        Step("row", claims["row"], CONTINUOUS_MAPPING, (tilde, bar)),
    )


def sizes_below() -> tuple[Step, ...]:
    """The claims about errors for a hidden layer, from those above, but for the limit of the error itself."""
    i, claims = LAYER, claims_about_errors(LAYER)
    bar, tilde = define("limit of the synthetic error", i), define("synthetic error", i)
    above = limit_feedback(i + 1)
    slopes = define("product of slopes", i)
    return (
        Step("feedback size", Bounded(above, largest(above)), CONVERGENT, ("above: convergence",)),
        Step(
            "size",
            claims["size"],
            NORMS,
            (bar, "above: size", "feedback size", define("gain", i), slopes),
        ),
        Step(
            "sample size",
            claims["sample size"],
            NORMS,
            (tilde, "above: sample size", define("fitted gain", i), slopes),
        ),
        Step(
            "polynomial", claims["polynomial"], POLYNOMIAL, (tilde, "above: polynomial", "above: consistency")
        ),
        Step("row", claims["row"], CONTINUOUS_MAPPING, (tilde, bar, "above: row", "above: consistency")),
    )


def sample_averages() -> tuple[Step, ...]:
    """The averages of layer i over the sample, and what they tend to for T to infinity."""
    i, low = LAYER, LAYER - 1
    bar, tilde, moments = limit_errors(i), synthetic(i), suppose(M3, i)
    size = fitted_gain(i) * slope_product(i) * TOP_ERROR
    cross, gram_of = estimate(low) * tilde.T, tilde * tilde.T
    known = ("polynomial", "row")
    return (
        *estimate_bound(low),
        *integrable("sample cross", cross, ESTIMATE_SIZE * size, ("dominator", "sample size"), moments),
        *integrable("sample gram", gram_of, size**2, ("sample size",), moments),
        law("sample cross", cross, estimate(low) * bar.T, known),
        law("sample gram", gram_of, bar * bar.T, known),
    )


def averages() -> tuple[Step, ...]:
    """The same, and what their limits tend to for c to 0."""
    i, low = LAYER, LAYER - 1
    bar, moments = limit_errors(i), suppose(M3, i)
    size = gain(i) * slope_product(i) * TOP_ERROR
    return (
        *sample_averages(),
        *integrable("cross", estimate(low) * bar.T, ESTIMATE_SIZE * size, ("dominator", "size"), moments)[:2],
        *integrable("gram", bar * bar.T, size**2, ("size",), moments)[:2],
        Step(
            "gram limit",
            Equal(lim(mean(bar * bar.T)), gram(i)),
            DOMINATED_CONVERGENCE,
            ("gram bound", "gram mean", "error"),
        ),
        *cross_limit(low, bar, errors(i), ("error",)),
        Step(
            "transported",
            Equal(mean(gradient(low) * errors(i).T), weights(i).T * gram(i)),
            LINEARITY,
            (define("backpropagation of λ", low),),
        ),
    )


def consistency(rank: str) -> tuple[Step, ...]:
    """plim of the fit of layer i, where the step ``rank`` says that E[ē ēᵀ] is invertible."""
    i, bar = LAYER, limit_errors(LAYER)
    return (
        Step(
            "fit",
            Equal(plim(feedback(i).T), mean(estimate(i - 1) * bar.T) * mean(bar * bar.T).inverse),
            CONTINUOUS_MAPPING,
            (define("least squares (10, 14)", i), "sample cross law", "sample gram law", rank),
        ),
        Step(
            "consistency",
            Equal(plim(feedback(i)), limit_feedback(i)),
            SUBSTITUTION,
            ("fit", define("limit of the fit", i)),
        ),
    )


def _fit() -> tuple[Step, ...]:
    i, bar = LAYER, limit_errors(LAYER)
    gram_of = mean(bar * bar.T)
    limit = weights(i).T * gram(i) * gram(i).inverse
    return (
        *averages(),
        Step("full rank", Invertible(gram(i)), HYPOTHESIS, (suppose(R, i),)),
        Step("full rank nearby", Invertible(gram_of), OPEN, ("gram limit", "full rank")),
        *consistency("full rank nearby"),
        Step(
            "for c → 0",
            Equal(lim(limit_feedback(i).T), limit),
            LIMIT,
            (define("limit of the fit", i), "cross limit", "transported", "gram limit", "full rank"),
        ),
        Step("cancelled", Equal(limit, weights(i).T), CANCELLATION, ("full rank",)),
        Step(
            "convergence",
            Equal(lim(limit_feedback(i)), weights(i)),
            SUBSTITUTION,
            ("for c → 0", "cancelled"),
        ),
    )


PROOF = Proof(
    "theorem-3",
    (SAMPLES, N1, S1, M3, R),
    (
        Induction(
            _claims(LAYER),
            base=errors_at_output(),
            step=(
                Step(
                    "error",
                    Equal(lim(limit_errors(LAYER)), errors(LAYER)),
                    LIMIT,
                    (
                        define("limit of the synthetic error", LAYER),
                        "above: error",
                        "above: convergence",
                        define("backpropagation of e", LAYER),
                        define("backpropagation of λ", LAYER),
                    ),
                ),
                *sizes_below(),
            ),
            shared=_fit(),
        ),
    ),
    ("consistency", "convergence", "top: consistency", "top: convergence"),
)
