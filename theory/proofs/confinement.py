"""Confinement: in linear networks whose mean estimates come from one vector, hidden
feedback has no bias at any c.
"""

from __future__ import annotations

from theory.proof import (
    DEPTH,
    LAYER,
    OUTPUT,
    Equal,
    Induction,
    Integrable,
    Invertible,
    Proof,
    Step,
    define,
    given,
    mean,
    plim,
    suppose,
)
from theory.proof.relations import Relation
from theory.proof.rules import (
    CANCELLATION,
    CAUCHY_SCHWARZ,
    CONTINUOUS_MAPPING,
    HYPOTHESIS,
    LINEARITY,
    SUBSTITUTION,
    TOWER,
)
from theory.proof.terms import Term
from theory.proof.vocabulary import (
    COMMON_VECTOR,
    GAMMA,
    Index,
    downstream,
    errors,
    estimate,
    feedback,
    gram,
    limit_feedback,
    limit_map,
    weights,
)
from theory.proofs.passages import law
from theory.proofs.theorem_2 import carried_at_output, carried_below, carried_errors, factored_averages
from theory.results.assumptions import COMMON, LINEAR, R_COMMON, R_TOP, SAMPLES, SQUARE_INTEGRABLE

_e, _C = errors(OUTPUT), gram(OUTPUT)


def _claims(i: Index) -> dict[str, Relation]:
    return {
        **carried_errors(i),
        "consistency": Equal(plim(feedback(i)), limit_feedback(i)),
        "next map": Equal(limit_map(i - 1), GAMMA.T * downstream(i - 1)),
    }


def _averages(low: Index) -> tuple[Step, ...]:
    """E[λ̂ eᵀ] = AᵀΓC for layer ``low``, and the laws for the averages."""
    cross, gram_of = estimate(low) * _e.T, _e * _e.T
    square = suppose(SQUARE_INTEGRABLE, low)
    common = mean(COMMON_VECTOR * _e.T)
    return (
        Step("cross integrable", Integrable(cross), CAUCHY_SCHWARZ, (square,)),
        Step("gram integrable", Integrable(gram_of), CAUCHY_SCHWARZ, (square,)),
        law("cross", cross, cross),
        law("gram", gram_of, gram_of),
        Step(
            "conditioned",
            Equal(mean(cross), mean(given(estimate(low)) * _e.T)),
            TOWER,
            ("cross integrable",),
        ),
        Step(
            "carried down",
            Equal(mean(given(estimate(low)) * _e.T), downstream(low).T * common),
            LINEARITY,
            (suppose(COMMON, low),),
        ),
        Step(
            "one vector",
            Equal(mean(cross), downstream(low).T * common),
            SUBSTITUTION,
            ("conditioned", "carried down"),
        ),
    )


def _fit(i: Index) -> Term:
    carried = limit_map(i)
    return mean(estimate(i - 1) * _e.T) * carried * (carried.T * _C * carried).inverse


def _solve(i: Index, full_rank: str) -> tuple[Step, ...]:
    return (
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
                *(("map",) if i == LAYER else ()),  # the identity for the output
                full_rank,
            ),
        ),
        Step(
            "closed", Equal(limit_feedback(i).T, _fit(i)), LINEARITY, (define("limit of the fit", i), "error")
        ),
        Step("consistency", Equal(plim(feedback(i)), limit_feedback(i)), SUBSTITUTION, ("fit", "closed")),
    )


def _base() -> tuple[Step, ...]:
    return (
        *carried_at_output(),
        *_averages(DEPTH),
        *(_at(step) for step in factored_averages()),
        Step("full rank", Invertible(_C), HYPOTHESIS, (suppose(R_TOP),)),
        *_solve(OUTPUT, "full rank"),
        Step(
            "confined to the top",
            Equal(limit_feedback(OUTPUT), GAMMA.T * weights(OUTPUT)),
            SUBSTITUTION,
            ("closed", "one vector", define("Γ"), define("downstream weights", DEPTH)),
        ),
        Step(
            "next map",
            Equal(limit_map(DEPTH), GAMMA.T * downstream(DEPTH)),
            SUBSTITUTION,
            (
                define("limit of the fitted map", DEPTH),
                "confined to the top",
                define("downstream weights", DEPTH),
            ),
        ),
    )


def _at(step: Step) -> Step:
    from theory.proof.checker import step_at

    return step_at(step, OUTPUT)


def _step() -> tuple[Step, ...]:
    i, low = LAYER, LAYER - 1
    carried = downstream(i).T * GAMMA * _C * GAMMA.T * downstream(i)
    gram_of = limit_map(i).T * _C * limit_map(i)
    map_here = Step(
        "map here", Equal(limit_map(i), GAMMA.T * downstream(i)), SUBSTITUTION, ("above: next map",)
    )
    return (
        *carried_below(),
        *_averages(low),
        *factored_averages(),
        map_here,
        Step("full rank", Invertible(carried), HYPOTHESIS, (suppose(R_COMMON, i),)),
        Step("full rank here", Invertible(gram_of), SUBSTITUTION, ("full rank", "map here")),
        *_solve(i, "full rank here"),
        Step("Γ", Equal(mean(COMMON_VECTOR * _e.T), GAMMA * _C), CANCELLATION, (define("Γ"), "output rank")),
        Step(
            "same matrix twice",
            Equal(_fit(i), weights(i).T * carried * carried.inverse),
            SUBSTITUTION,
            ("one vector", "Γ", "map here", define("downstream weights", low), "full rank"),
        ),
        Step(
            "cancelled",
            Equal(weights(i).T * carried * carried.inverse, weights(i).T),
            CANCELLATION,
            ("full rank",),
        ),
        Step(
            "confined",
            Equal(limit_feedback(i), weights(i)),
            SUBSTITUTION,
            ("closed", "same matrix twice", "cancelled"),
        ),
        Step(
            "next map",
            Equal(limit_map(low), GAMMA.T * downstream(low)),
            SUBSTITUTION,
            (
                define("limit of the fitted map", low),
                "map here",
                "confined",
                define("downstream weights", low),
            ),
        ),
    )


PROOF = Proof(
    "confinement",
    (SAMPLES, LINEAR, COMMON, SQUARE_INTEGRABLE, R_TOP, R_COMMON),
    (
        Step("output rank", Invertible(_C), HYPOTHESIS, (suppose(R_TOP),)),
        Induction(_claims(LAYER), base=_base(), step=_step()),
    ),
    ("top: consistency", "consistency", "below: confined"),
)
