"""Theorem 1, repaired: the top matrix, whatever the activations."""

from __future__ import annotations

from theory.proof import (
    DEPTH,
    OUTPUT,
    Equal,
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
from theory.proof.rules import (
    CANCELLATION,
    CONTINUOUS_MAPPING,
    DEFINITION,
    HYPOTHESIS,
    LIMIT,
    LINEARITY,
    SUBSTITUTION,
)
from theory.proof.vocabulary import errors, estimate, feedback, gradient, gram, weights
from theory.proofs.passages import cross_limit, output_averages
from theory.results.assumptions import M1, N1, R_TOP, S1, SAMPLES

_e, _C, _B, _W = errors(OUTPUT), gram(OUTPUT), feedback(OUTPUT), weights(OUTPUT)
_cross = mean(estimate(DEPTH) * _e.T)
_limit = _cross * _C.inverse

PROOF = Proof(
    "theorem-1",
    (SAMPLES, N1, S1, M1, R_TOP),
    (
        Step(
            "fit",
            Equal(_B.T, average(estimate(DEPTH) * _e.T) * average(_e * _e.T).inverse),
            DEFINITION,
            (define("least squares (10, 14)", OUTPUT), define("synthetic error", OUTPUT)),
        ),
        *output_averages(DEPTH),
        Step("full rank", Invertible(_C), HYPOTHESIS, (suppose(R_TOP),)),
        Step(
            "limit of the fit",
            Equal(plim(_B.T), _limit),
            CONTINUOUS_MAPPING,
            ("fit", "cross law", "gram law", "full rank"),
        ),
        *cross_limit(DEPTH, _e, _e),
        Step(
            "transported",
            Equal(mean(gradient(DEPTH) * _e.T), _W.T * _C),
            LINEARITY,
            (define("backpropagation of λ", DEPTH),),
        ),
        Step(
            "for c → 0",
            Equal(lim(_limit), _W.T * _C * _C.inverse),
            LIMIT,
            ("cross limit", "transported", "full rank"),
        ),
        Step("cancelled", Equal(_W.T * _C * _C.inverse, _W.T), CANCELLATION, ("full rank",)),
        Step(
            "theorem", Equal(lim(plim(_B)), _W), SUBSTITUTION, ("limit of the fit", "for c → 0", "cancelled")
        ),
    ),
    ("theorem",),
)
