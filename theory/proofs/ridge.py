"""The ridge of eq. (18): inside the mean it shrinks the feedback for ever, on the sum it vanishes."""

from __future__ import annotations

import sympy

from theory.proof import (
    DEPTH,
    LAYER,
    OUTPUT,
    Equal,
    Identity,
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
    width,
)
from theory.proof.constants import SAMPLES_T
from theory.proof.relations import Relation
from theory.proof.rules import (
    CANCELLATION,
    CONTINUOUS_MAPPING,
    DEFINITION,
    HYPOTHESIS,
    LIMIT,
    LINEARITY,
    RIDGE,
    SOLUTION,
    SUBSTITUTION,
)
from theory.proof.terms import Term
from theory.proof.vocabulary import (
    EIGENVALUE,
    EIGENVECTOR_OF_C,
    RIDGE_WEIGHT,
    Index,
    errors,
    estimate,
    feedback,
    gradient,
    gram,
    limit_feedback,
    limit_map,
    shrunk_feedback,
    shrunk_map,
    weights,
)
from theory.proofs.passages import cross_limit, output_averages
from theory.proofs.theorem_2 import (
    carried_at_output,
    carried_below,
    carried_errors,
    factored_averages,
    transported,
)
from theory.results.assumptions import EIGENVECTOR, LINEAR, M1, N1, R_TOP, S1, SAMPLES

_e, _C, _W = errors(OUTPUT), gram(OUTPUT), weights(OUTPUT)
_I = Identity(width(OUTPUT))


def _ridged(i: Index) -> Term:
    penalty: Term = RIDGE_WEIGHT * Identity(width(i))
    return limit_map(i).T * _C * limit_map(i) + penalty


def _fit(i: Index) -> Term:
    return mean(estimate(i - 1) * _e.T) * limit_map(i) * _ridged(i).inverse


def _claims(i: Index) -> dict[str, Relation]:
    return {
        **carried_errors(i),
        "consistency": Equal(plim(feedback(i)), limit_feedback(i)),
        "exact limit": Equal(limit_feedback(i).T, _fit(i)),
        "limit of the map": Equal(lim(limit_map(i)), shrunk_map(i)),
        "shrunk": Equal(lim(limit_feedback(i)), shrunk_feedback(i)),
    }


def _shared() -> tuple[Step, ...]:
    i, low = LAYER, LAYER - 1
    shrunk = shrunk_map(i).T * _C * shrunk_map(i) + RIDGE_WEIGHT * Identity(width(i))
    return (
        *output_averages(low),
        *factored_averages(),
        Step("ridge", Invertible(_ridged(i)), RIDGE, ("gram integrable",)),
        Step(
            "fit",
            Equal(plim(feedback(i).T), _fit(i)),
            CONTINUOUS_MAPPING,
            (
                define("ridge inside the mean (18)", i),
                "cross factored",
                "gram factored",
                "cross law",
                "gram law",
                "map",
                "ridge",
            ),
        ),
        Step(
            "exact limit",
            Equal(limit_feedback(i).T, _fit(i)),
            LINEARITY,
            (define("limit of the ridge fit", i), "error"),
        ),
        Step(
            "consistency", Equal(plim(feedback(i)), limit_feedback(i)), SUBSTITUTION, ("fit", "exact limit")
        ),
        *cross_limit(low, _e, _e),
        transported(),
        Step("ridge at c = 0", Invertible(shrunk), RIDGE, ("gram integrable",)),
        Step(
            "shrunk",
            Equal(lim(limit_feedback(i)), shrunk_feedback(i)),
            LIMIT,
            (
                "exact limit",
                "cross limit",
                "transported",
                "limit of the map",
                "ridge at c = 0",
                define("shrunk feedback", i),
            ),
        ),
    )


LAYERWISE = Proof(
    "ridge",
    (SAMPLES, LINEAR, N1, S1, M1),
    (
        Induction(
            _claims(LAYER),
            base=(
                *carried_at_output(),
                Step("limit of the map", Equal(lim(limit_map(OUTPUT)), shrunk_map(OUTPUT)), LIMIT),
            ),
            step=(
                *carried_below(),
                Step(
                    "limit of the map",
                    Equal(lim(limit_map(LAYER)), shrunk_map(LAYER)),
                    LIMIT,
                    (
                        define("limit of the fitted map", LAYER),
                        "above: limit of the map",
                        "above: shrunk",
                        define("shrunk map", LAYER),
                    ),
                ),
            ),
            shared=_shared(),
        ),
    ),
    ("consistency", "exact limit", "shrunk", "top: shrunk"),
    "inside the mean, every layer of a linear network",
)

_cross = mean(estimate(DEPTH) * _e.T)
_ridged_top = _C + RIDGE_WEIGHT * _I
_limit = _W.T * _C * _ridged_top.inverse
_u, _mu = EIGENVECTOR_OF_C, EIGENVALUE


def _top(definition: str, number: sympy.Expr) -> Step:
    return Step(
        "fit",
        Equal(
            feedback(OUTPUT).T,
            average(estimate(DEPTH) * _e.T) * (average(_e * _e.T) + number * _I).inverse,
        ),
        DEFINITION,
        (define(definition, OUTPUT), define("synthetic error", OUTPUT)),
    )


_transported = Step(
    "transported",
    Equal(mean(gradient(DEPTH) * _e.T), _W.T * _C),
    LINEARITY,
    (define("backpropagation of λ", DEPTH),),
)

TOP = Proof(
    "ridge",
    (SAMPLES, N1, S1, M1, EIGENVECTOR),
    (
        _top("ridge inside the mean (18)", RIDGE_WEIGHT),
        *output_averages(DEPTH),
        Step("ridge", Invertible(_ridged_top), RIDGE, ("gram integrable",)),
        Step(
            "limit of the fit",
            Equal(plim(feedback(OUTPUT).T), _cross * _ridged_top.inverse),
            CONTINUOUS_MAPPING,
            ("fit", "cross law", "gram law", "ridge"),
        ),
        *cross_limit(DEPTH, _e, _e),
        _transported,
        Step(
            "for c → 0",
            Equal(lim(_cross * _ridged_top.inverse), _limit),
            LIMIT,
            ("cross limit", "transported", "ridge"),
        ),
        Step(
            "shrunk",
            Equal(lim(plim(feedback(OUTPUT).T)), _limit),
            SUBSTITUTION,
            ("limit of the fit", "for c → 0"),
        ),
        Step(
            "stretched",
            Equal(_ridged_top * ((1 / (_mu + RIDGE_WEIGHT)) * _u), _u),
            SUBSTITUTION,
            (suppose(EIGENVECTOR),),
        ),
        Step(
            "solved",
            Equal(_ridged_top.inverse * _u, (1 / (_mu + RIDGE_WEIGHT)) * _u),
            SOLUTION,
            ("stretched", "ridge"),
        ),
        Step(
            "each direction",
            Equal(lim(plim(feedback(OUTPUT).T)) * _u, (_mu / (_mu + RIDGE_WEIGHT)) * (_W.T * _u)),
            SUBSTITUTION,
            ("shrunk", "solved", suppose(EIGENVECTOR)),
        ),
    ),
    ("shrunk", "each direction"),
    "inside the mean, the top matrix of any network",
)

_plain_limit = _cross * _C.inverse

ON_THE_SUM = Proof(
    "ridge",
    (SAMPLES, N1, S1, M1, R_TOP),
    (
        _top("ridge on the sum", RIDGE_WEIGHT / SAMPLES_T),
        *output_averages(DEPTH),
        Step("full rank", Invertible(_C), HYPOTHESIS, (suppose(R_TOP),)),
        Step(
            "limit of the fit",
            Equal(plim(feedback(OUTPUT).T), _plain_limit),
            CONTINUOUS_MAPPING,
            ("fit", "cross law", "gram law", "full rank"),
        ),
        *cross_limit(DEPTH, _e, _e),
        _transported,
        Step(
            "for c → 0",
            Equal(lim(_plain_limit), _W.T * _C * _C.inverse),
            LIMIT,
            ("cross limit", "transported", "full rank"),
        ),
        Step("cancelled", Equal(_W.T * _C * _C.inverse, _W.T), CANCELLATION, ("full rank",)),
        Step(
            "consistent",
            Equal(lim(plim(feedback(OUTPUT))), _W),
            SUBSTITUTION,
            ("limit of the fit", "for c → 0", "cancelled"),
        ),
    ),
    ("consistent",),
    "on the sum",
)
