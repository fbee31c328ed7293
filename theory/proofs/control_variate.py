"""The control variate: the same mean at every c, and an error of each stage that
multiplies the last one's.
"""

from __future__ import annotations

from theory.proof import (
    DEPTH,
    OUTPUT,
    Bounded,
    Equal,
    Finite,
    Identity,
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
    CONTINUOUS_MAPPING,
    DOMINATION,
    HYPOTHESIS,
    INDEPENDENCE,
    LAW_OF_LARGE_NUMBERS,
    LIMIT,
    LINEARITY,
    NORMS,
    OPEN,
    SUBSTITUTION,
)
from theory.proof.rules import MOMENTS as FINITE_MOMENTS
from theory.proof.sizes import NOISE_SIZE, norm
from theory.proof.vocabulary import (
    CORRECTED,
    ESTIMATES,
    FULL_GRADIENT,
    LAST_FEEDBACK,
    NEXT_FEEDBACK,
    NOISE_VECTOR,
    PREDICTION_OF_DATUM,
    UNITS,
    errors,
    gram,
    units_of,
    weights,
)
from theory.proofs.passages import TOP_ERROR, integrable, law
from theory.results.assumptions import M1, MOMENTS, N1, ONE_HIDDEN, PREDICTED, R_TOP, S1, SAMPLES

_outer = NOISE_VECTOR * NOISE_VECTOR.T
_explained, _p = _outer * PREDICTION_OF_DATUM, PREDICTION_OF_DATUM
_size = NOISE_SIZE**2 * norm(PREDICTION_OF_DATUM)
_left = FULL_GRADIENT - _p

PROOF = Proof(
    "control-variate",
    (SAMPLES, N1, PREDICTED, S1, MOMENTS),
    (
        Step("bound", Bounded(_explained, _size), NORMS),
        Step(
            "mean",
            Finite(_size, given_datum=True),
            FINITE_MOMENTS,
            (suppose(SAMPLES), suppose(MOMENTS)),
        ),
        Step("integrable", Integrable(_explained, given_datum=True), DOMINATION, ("bound", "mean")),
        Step(
            "what is taken away",
            Equal(given(_explained), _p),
            INDEPENDENCE,
            (suppose(SAMPLES), suppose(N1), "integrable"),
        ),
        Step(
            "same mean",
            Equal(given(CORRECTED), given(ESTIMATES)),
            LINEARITY,
            (define("control variate"), suppose(PREDICTED), "what is taken away"),
        ),
        Step(
            "for c → 0",
            Equal(lim(CORRECTED), _outer * _left + _p),
            LIMIT,
            (define("control variate"), define("estimator, all units"), suppose(S1), suppose(PREDICTED)),
        ),
        Step(
            "what is left",
            Equal(lim(CORRECTED) - FULL_GRADIENT, (_outer - Identity(UNITS)) * _left),
            SUBSTITUTION,
            ("for c → 0",),
        ),
    ),
    ("same mean", "what is left"),
    "the same mean at every c, the variance of what is left",
)

_e, _P = errors(OUTPUT), units_of(DEPTH)
_G, _C = average(_e * _e.T), gram(OUTPUT)
_miss = weights(OUTPUT).T - LAST_FEEDBACK.T
_spread = _P * _outer * _P.T - Identity(width(DEPTH))
_noise_part = _P * _outer * _P.T * _miss * _e * _e.T
_stage = _spread * _miss * _e * _e.T
_noise_size = NOISE_SIZE**2 * (norm(weights(OUTPUT)) + norm(LAST_FEEDBACK)) * TOP_ERROR**2
_gram_size = TOP_ERROR**2

STAGES = Proof(
    "control-variate",
    (SAMPLES, N1, PREDICTED, S1, M1, R_TOP, ONE_HIDDEN),
    (
        Step(
            "for c → 0",
            Equal(lim(CORRECTED), _outer * _left + _p),
            LIMIT,
            (define("control variate"), define("estimator, all units"), suppose(S1), suppose(PREDICTED)),
        ),
        Step(
            "corrected",
            Equal(_P * lim(CORRECTED), _P * _outer * _P.T * _miss * _e + LAST_FEEDBACK.T * _e),
            SUBSTITUTION,
            (
                "for c → 0",
                suppose(ONE_HIDDEN),
                define("prediction of a stage"),
                define("backpropagation of λ", DEPTH),
                define("selected once", DEPTH),
            ),
        ),
        *integrable("gram", _e * _e.T, _gram_size, (), suppose(M1)),
        law("gram", _e * _e.T, _e * _e.T),
        Step("full rank", Invertible(_C), HYPOTHESIS, (suppose(R_TOP),)),
        Step("sample rank", Invertible(_G), OPEN, ("gram law", "full rank")),
        Step(
            "stage",
            Equal(NEXT_FEEDBACK.T, average(_noise_part) * _G.inverse + LAST_FEEDBACK.T * _G * _G.inverse),
            LINEARITY,
            (define("stage"), "corrected"),
        ),
        Step(
            "error of a stage",
            Equal((NEXT_FEEDBACK - weights(OUTPUT)).T, (average(_noise_part) - _miss * _G) * _G.inverse),
            CANCELLATION,
            ("stage", "sample rank"),
        ),
        *integrable(
            "stage",
            _noise_part,
            _noise_size,
            (define("selection", DEPTH),),
            suppose(M1),
        ),
        Step(
            "stage law",
            Equal(plim(average(_noise_part)), mean(_noise_part)),
            LAW_OF_LARGE_NUMBERS,
            (suppose(SAMPLES), "stage integrable"),
        ),
        Step(
            "whitened",
            Equal(mean(_noise_part), _miss * _C),
            INDEPENDENCE,
            (suppose(SAMPLES), suppose(N1), define("selected once", DEPTH), "stage integrable"),
        ),
        Step(
            "contraction",
            Equal(plim((average(_noise_part) - _miss * _G) * _G.inverse), Zero(width(DEPTH), width(OUTPUT))),
            CONTINUOUS_MAPPING,
            ("stage law", "whitened", "gram law", "full rank"),
        ),
    ),
    ("error of a stage", "contraction"),
    "one hidden layer: each stage multiplies the error",
)
