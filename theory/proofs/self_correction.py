"""Self-correction: an invertible distortion of the feedback above leaves the fitted gradient below unchanged.

A statement about one sample, of any size and rank; no expectation and no limit.
"""

from __future__ import annotations

from theory.proof import LAYER, Equal, Invertible, Proof, Step, Zero, average, define, suppose, width
from theory.proof.rules import (
    CANCELLATION,
    HYPOTHESIS,
    LINEARITY,
    PSEUDO_INVERSE,
    SUBSTITUTION,
    VANISHING_MOMENT,
)
from theory.proof.terms import PseudoInverse
from theory.proof.vocabulary import (
    distorted_error,
    distorted_feedback,
    distortion,
    estimate,
    feedback,
    synthetic,
)
from theory.results.assumptions import DISTORTION, LINEAR

_i, _low = LAYER, LAYER - 1
_e, _Q = synthetic(_i), distortion(_i)
_G, _cross = average(_e * _e.T), average(estimate(_low) * _e.T)
_onto = _G * PseudoInverse(_G)
_rest = _e - _onto * _e
_left = _G - _onto * _G - _G * _onto.T + _onto * _G * _onto.T
_X = _Q.T * _G * _Q
_between = _G * _Q * PseudoInverse(_X) * _Q.T * _G
_nothing = Zero(width(_i), width(_i))
_spread = _cross * PseudoInverse(_G) * _between * PseudoInverse(_G) * _e

PROOF = Proof(
    "self-correction",
    (LINEAR, DISTORTION),
    (
        Step("invertible", Invertible(_Q), HYPOTHESIS, (suppose(DISTORTION, _i),)),
        Step(
            "distorted",
            Equal(distorted_error(_i), _Q.T * _e),
            SUBSTITUTION,
            (define("distorted error", _i), define("synthetic error", _i), suppose(LINEAR, _i)),
        ),
        Step("what the projector leaves", Equal(average(_rest * _rest.T), _left), LINEARITY),
        Step(
            "on average",
            Equal(average(_rest * _rest.T), _nothing),
            PSEUDO_INVERSE,
            ("what the projector leaves",),
        ),
        Step("every row in the range", Equal(_onto * _e, _e, sample=True), VANISHING_MOMENT, ("on average",)),
        Step(
            "averages in the range",
            Equal(_cross * PseudoInverse(_G) * _G, average(estimate(_low) * (_onto * _e).T)),
            LINEARITY,
        ),
        Step(
            "kept",
            Equal(_cross * PseudoInverse(_G) * _G, _cross),
            SUBSTITUTION,
            ("averages in the range", "every row in the range"),
        ),
        Step(
            "pseudo-inverse of the distorted",
            Equal(_Q.inverse.T * _X * PseudoInverse(_X) * _X * _Q.inverse, _Q.inverse.T * _X * _Q.inverse),
            PSEUDO_INVERSE,
            ("invertible",),
        ),
        Step(
            "distortion cancelled",
            Equal(_between, _G),
            CANCELLATION,
            ("pseudo-inverse of the distorted", "invertible"),
        ),
        Step(
            "refitted",
            Equal(distorted_feedback(_i).T, _cross * _Q * PseudoInverse(_X)),
            LINEARITY,
            (define("least squares on distorted errors", _i), "distorted"),
        ),
        Step(
            "spread out",
            Equal(distorted_feedback(_i).T * distorted_error(_i), _spread, sample=True),
            SUBSTITUTION,
            ("refitted", "distorted", "kept", "every row in the range"),
        ),
        Step(
            "collapsed",
            Equal(_spread, _cross * PseudoInverse(_G) * _G * PseudoInverse(_G) * _e),
            SUBSTITUTION,
            ("distortion cancelled",),
        ),
        Step(
            "once",
            Equal(_cross * PseudoInverse(_G) * _G * PseudoInverse(_G) * _e, _cross * PseudoInverse(_G) * _e),
            PSEUDO_INVERSE,
        ),
        Step(
            "unchanged",
            Equal(distorted_feedback(_i).T * distorted_error(_i), feedback(_i).T * _e, sample=True),
            SUBSTITUTION,
            ("spread out", "collapsed", "once", define("least squares of minimum norm", _i)),
        ),
    ),
    ("unchanged",),
)
