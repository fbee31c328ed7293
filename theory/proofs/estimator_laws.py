"""What holds for the estimator at every c, datum by datum: eqs. (12) and (13), the
baseline, other noise laws.
"""

from __future__ import annotations

from theory.proof import (
    DEPTH,
    LAYER,
    ONE,
    OUTPUT,
    Bounded,
    Equal,
    Finite,
    Integrable,
    Invertible,
    Proof,
    Step,
    Zero,
    average,
    define,
    given,
    lim,
    mean,
    plim,
    suppose,
    width,
)
from theory.proof.rules import (
    CANCELLATION,
    CAUCHY_SCHWARZ,
    CONTINUOUS_MAPPING,
    DEFINITION,
    DOMINATION,
    HYPOTHESIS,
    INDEPENDENCE,
    LIMIT,
    LINEARITY,
    NORMS,
    SUBSTITUTION,
    TOWER,
)
from theory.proof.rules import MOMENTS as FINITE_MOMENTS
from theory.proof.sizes import NOISE_SIZE
from theory.proof.vocabulary import (
    ESTIMATES,
    FULL_GRADIENT,
    NOISE_VECTOR,
    SECOND_MOMENTS,
    UNITS,
    WITHOUT_BASELINE,
    bias,
    errors,
    estimate,
    feedback,
    fixed_errors,
    gram,
    residual,
    units_of,
    weights,
)
from theory.proofs.passages import cross_limit, output_averages
from theory.results.assumptions import (
    CLEAN,
    INDEPENDENT,
    M1,
    MOMENTS,
    ONE_HIDDEN,
    R_TOP,
    S1,
    SAMPLES,
    SQUARE_INTEGRABLE,
)

_low = LAYER - 1
_signal, _estimate, _eta = fixed_errors(_low), estimate(_low), residual(_low)
_product = mean(_signal * given(_estimate).T)

ORTHOGONALITY = Proof(
    "orthogonality",
    (CLEAN, SQUARE_INTEGRABLE),
    (
        Step(
            "decomposition (12)",
            Equal(_estimate, weights(LAYER).T * errors(LAYER) + bias(_low) + _eta),
            DEFINITION,
            (define("residual (12)", _low), define("bias (12)", _low), define("backpropagation of λ", _low)),
        ),
        Step(
            "integrable",
            Integrable(_signal * _estimate.T),
            CAUCHY_SCHWARZ,
            (suppose(SQUARE_INTEGRABLE, _low),),
        ),
        Step(
            "tower",
            Equal(mean(_signal * _estimate.T), _product),
            TOWER,
            (suppose(CLEAN, _low), "integrable"),
        ),
        Step(
            "split",
            Equal(mean(_signal * _eta.T), mean(_signal * _estimate.T) - _product),
            LINEARITY,
            (define("residual (12)", _low),),
        ),
        Step(
            "orthogonal (13)",
            Equal(mean(_signal * _eta.T), Zero(width(LAYER), width(_low))),
            SUBSTITUTION,
            ("split", "tower"),
        ),
    ),
    ("decomposition (12)", "orthogonal (13)"),
)


BASELINE = Proof(
    "baseline",
    (SAMPLES, INDEPENDENT, MOMENTS),
    (
        Step("noise bound", Bounded(NOISE_VECTOR, NOISE_SIZE), NORMS),
        Step(
            "noise mean",
            Finite(NOISE_SIZE, given_datum=True),
            FINITE_MOMENTS,
            (suppose(SAMPLES), suppose(MOMENTS)),
        ),
        Step(
            "noise integrable",
            Integrable(NOISE_VECTOR, given_datum=True),
            DOMINATION,
            ("noise bound", "noise mean"),
        ),
        Step(
            "noise centred",
            Equal(given(NOISE_VECTOR), Zero(UNITS, ONE)),
            INDEPENDENCE,
            (suppose(SAMPLES), suppose(INDEPENDENT), "noise integrable"),
        ),
        Step(
            "same mean",
            Equal(given(WITHOUT_BASELINE), given(ESTIMATES)),
            LINEARITY,
            (define("no baseline"), "noise centred"),
        ),
    ),
    ("same mean",),
)

_e, _C, _W, _P = errors(OUTPUT), gram(OUTPUT), weights(OUTPUT), units_of(DEPTH)
_cross = mean(estimate(DEPTH) * _e.T)
_mixed = _P * SECOND_MOMENTS * _P.T
_limit = _mixed * _W.T * _C * _C.inverse
_at_zero = _P * NOISE_VECTOR * NOISE_VECTOR.T * FULL_GRADIENT * _e.T

NOISE_LAW = Proof(
    "noise-law",
    (SAMPLES, S1, M1, R_TOP, ONE_HIDDEN),
    (
        Step(
            "fit",
            Equal(feedback(OUTPUT).T, average(estimate(DEPTH) * _e.T) * average(_e * _e.T).inverse),
            DEFINITION,
            (define("least squares (10, 14)", OUTPUT), define("synthetic error", OUTPUT)),
        ),
        *output_averages(DEPTH),
        Step("full rank", Invertible(_C), HYPOTHESIS, (suppose(R_TOP),)),
        Step(
            "limit of the fit",
            Equal(plim(feedback(OUTPUT).T), _cross * _C.inverse),
            CONTINUOUS_MAPPING,
            ("fit", "cross law", "gram law", "full rank"),
        ),
        *cross_limit(DEPTH, _e, _e)[:4],
        Step(
            "mixed",
            Equal(_P * SECOND_MOMENTS * mean(FULL_GRADIENT * _e.T), _mixed * _W.T * _C),
            LINEARITY,
            (suppose(ONE_HIDDEN), define("backpropagation of λ", DEPTH)),
        ),
        Step(
            "for c → 0",
            Equal(lim(_cross * _C.inverse), _limit),
            LIMIT,
            ("cross at c = 0", "separated", "mixed", "full rank"),
        ),
        Step("cancelled", Equal(_limit, _mixed * _W.T), CANCELLATION, ("full rank",)),
        Step(
            "limit M Wᵀ",
            Equal(lim(plim(feedback(OUTPUT).T)), _mixed * _W.T),
            SUBSTITUTION,
            ("limit of the fit", "for c → 0", "cancelled"),
        ),
    ),
    ("limit M Wᵀ",),
)
