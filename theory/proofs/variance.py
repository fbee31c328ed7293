"""The covariance of the estimates tends to that of (g·ξ) ξ, whose entries are computed unit by unit."""

from __future__ import annotations

from theory.proof import Bounded, Equal, Finite, Proof, Step, c, define, given, lim, suppose
from theory.proof.rules import DOMINATED_CONVERGENCE, LIMIT, NORMS, SMALL_SCALE
from theory.proof.rules import MOMENTS as FINITE_MOMENTS
from theory.proof.sizes import GROWTH, NOISE_SIZE, POWER
from theory.proof.vocabulary import ESTIMATES, FULL_GRADIENT, NOISE_VECTOR
from theory.proofs.passages import ESTIMATE_SIZE
from theory.results.assumptions import MOMENTS, S1, SAMPLES

_growing = GROWTH * NOISE_SIZE**2 * (1 + (c * NOISE_SIZE) ** POWER)
_at_zero = NOISE_VECTOR * NOISE_VECTOR.T * FULL_GRADIENT
_square = ESTIMATES * ESTIMATES.T

PROOF = Proof(
    "variance",
    (SAMPLES, S1, MOMENTS),
    (
        Step("growth", Bounded(ESTIMATES, _growing), NORMS, (define("estimator, all units"), suppose(S1))),
        Step("dominator", Bounded(ESTIMATES, ESTIMATE_SIZE), SMALL_SCALE, ("growth",)),
        Step("square bound", Bounded(_square, ESTIMATE_SIZE**2), NORMS, ("dominator",)),
        Step(
            "square mean",
            Finite(ESTIMATE_SIZE**2, given_datum=True),
            FINITE_MOMENTS,
            (suppose(SAMPLES), suppose(MOMENTS)),
        ),
        Step(
            "bound mean",
            Finite(ESTIMATE_SIZE, given_datum=True),
            FINITE_MOMENTS,
            (suppose(SAMPLES), suppose(MOMENTS)),
        ),
        Step(
            "for c → 0",
            Equal(lim(ESTIMATES), _at_zero),
            LIMIT,
            (define("estimator, all units"), suppose(S1)),
        ),
        Step(
            "mean",
            Equal(lim(given(ESTIMATES)), given(_at_zero)),
            DOMINATED_CONVERGENCE,
            ("dominator", "bound mean", "for c → 0"),
        ),
        Step(
            "second moment",
            Equal(lim(given(_square)), given(_at_zero * _at_zero.T)),
            DOMINATED_CONVERGENCE,
            ("square bound", "square mean", "for c → 0"),
        ),
    ),
    ("mean", "second moment"),
    "the limit of the moments",
)
