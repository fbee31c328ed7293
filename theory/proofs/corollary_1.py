"""Corollary 1: direct feedback in linear networks of any widths."""

from __future__ import annotations

from theory.proof import (
    LAYER,
    OUTPUT,
    Equal,
    Induction,
    Invertible,
    Proof,
    Step,
    define,
    lim,
    mean,
    plim,
    suppose,
)
from theory.proof.rules import (
    CANCELLATION,
    CONTINUOUS_MAPPING,
    HYPOTHESIS,
    LIMIT,
    SUBSTITUTION,
)
from theory.proof.vocabulary import direct_feedback, downstream, errors, estimate, gram, weights
from theory.proofs.passages import cross_limit, output_averages
from theory.proofs.theorem_2 import carried_errors, transported, true_error_below
from theory.results.assumptions import LINEAR, M1, N1, R_TOP, S1, SAMPLES

_e, _C = errors(OUTPUT), gram(OUTPUT)
_i, _low = LAYER, LAYER - 1
_fit = mean(estimate(_low) * _e.T) * _C.inverse
_limit = weights(_i).T * downstream(_i).T * _C * _C.inverse

PROOF = Proof(
    "corollary-1",
    (SAMPLES, LINEAR, N1, S1, M1, R_TOP),
    (
        Induction(
            {
                "true error": carried_errors(_i)["true error"],
                "exact limit": Equal(plim(direct_feedback(_i).T), _fit),
                "corollary": Equal(lim(plim(direct_feedback(_i))), downstream(_low)),
            },
            base=(Step("true error", carried_errors(OUTPUT)["true error"], SUBSTITUTION),),
            step=(Step("true error", carried_errors(_i)["true error"], SUBSTITUTION, true_error_below()),),
            shared=(
                *output_averages(_low),
                Step("full rank", Invertible(_C), HYPOTHESIS, (suppose(R_TOP),)),
                Step(
                    "exact limit",
                    Equal(plim(direct_feedback(_i).T), _fit),
                    CONTINUOUS_MAPPING,
                    (define("direct least squares (16)", _i), "cross law", "gram law", "full rank"),
                ),
                *cross_limit(_low, _e, _e),
                transported(),
                Step(
                    "for c → 0", Equal(lim(_fit), _limit), LIMIT, ("cross limit", "transported", "full rank")
                ),
                Step(
                    "cancelled",
                    Equal(_limit, weights(_i).T * downstream(_i).T),
                    CANCELLATION,
                    ("full rank",),
                ),
                Step(
                    "corollary",
                    Equal(lim(plim(direct_feedback(_i))), downstream(_low)),
                    SUBSTITUTION,
                    ("exact limit", "for c → 0", "cancelled", define("downstream weights", _low)),
                ),
            ),
        ),
    ),
    ("exact limit", "corollary", "top: corollary"),
)
