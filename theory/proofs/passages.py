"""Stretches of steps that several proofs share, written for the estimates of layer ``low`` and any error."""

from __future__ import annotations

import sympy

from theory.proof import (
    OUTPUT,
    Bounded,
    Equal,
    Finite,
    Integrable,
    Step,
    average,
    c,
    define,
    lim,
    mean,
    plim,
    suppose,
)
from theory.proof.checker import Source
from theory.proof.rules import (
    DOMINATED_CONVERGENCE,
    DOMINATION,
    INDEPENDENCE,
    LAW_OF_LARGE_NUMBERS,
    LIMIT,
    LINEARITY,
    MOMENTS,
    NORMS,
    SMALL_SCALE,
    SUBSTITUTION,
)
from theory.proof.sizes import GROWTH, NOISE_SIZE, POWER, norm
from theory.proof.terms import Term
from theory.proof.vocabulary import (
    FULL_GRADIENT,
    NOISE_VECTOR,
    SECOND_MOMENTS,
    Index,
    errors,
    estimate,
    gradient,
    units_of,
)
from theory.results.assumptions import M1, N1, S1, SAMPLES

TOP_ERROR = norm(errors(OUTPUT))
ESTIMATE_SIZE = GROWTH * NOISE_SIZE**2 * (1 + NOISE_SIZE**POWER)
"""K |ξ|² (1 + |ξ|^q), what bounds every estimate for c <= 1."""


def estimate_bound(low: Index) -> tuple[Step, ...]:
    """Every estimate is bounded by `ESTIMATE_SIZE`."""
    growing = GROWTH * NOISE_SIZE**2 * (1 + (c * NOISE_SIZE) ** POWER)
    return (
        Step(
            "growth",
            Bounded(estimate(low), growing),
            NORMS,
            (define("estimator (2)", low), define("selection", low), suppose(S1)),
        ),
        Step("dominator", Bounded(estimate(low), ESTIMATE_SIZE), SMALL_SCALE, ("growth",)),
    )


def integrable(
    name: str, term: Term, bound: sympy.Expr, bounds: tuple[Source, ...], moments: Source
) -> tuple[Step, ...]:
    """``name`` bound, mean and integrability of a term, from the bounds of its factors."""
    return (
        Step(f"{name} bound", Bounded(term, bound), NORMS, bounds),
        Step(f"{name} mean", Finite(bound), MOMENTS, (suppose(SAMPLES), moments)),
        Step(f"{name} integrable", Integrable(term), DOMINATION, (f"{name} bound", f"{name} mean")),
    )


def output_averages(low: Index) -> tuple[Step, ...]:
    """The averages with the output error: what they tend to for T to infinity."""
    cross, gram = estimate(low) * errors(OUTPUT).T, errors(OUTPUT) * errors(OUTPUT).T
    return (
        *estimate_bound(low),
        *integrable("cross", cross, ESTIMATE_SIZE * TOP_ERROR, ("dominator",), suppose(M1)),
        *integrable("gram", gram, TOP_ERROR**2, (), suppose(M1)),
        law("cross", cross, cross),
        law("gram", gram, gram),
    )


def law(name: str, term: Term, limit: Term, extra: tuple[Source, ...] = ()) -> Step:
    """The weak law for an average."""
    return Step(
        f"{name} law",
        Equal(plim(average(term)), mean(limit)),
        LAW_OF_LARGE_NUMBERS,
        (suppose(SAMPLES), *extra, f"{name} integrable"),
    )


def cross_limit(low: Index, source: Term, error: Term, limits: tuple[Source, ...] = ()) -> tuple[Step, ...]:
    """lim E[λ̂ sourceᵀ] = E[λ errorᵀ], lim source = error, by the noise with E ξξᵀ = I.

    The "cross bound" and "cross mean" of λ̂ sourceᵀ have to be known.
    """
    at_zero = units_of(low) * NOISE_VECTOR * NOISE_VECTOR.T * FULL_GRADIENT * error.T
    separated = units_of(low) * SECOND_MOMENTS * mean(FULL_GRADIENT * error.T)
    own = units_of(low) * mean(FULL_GRADIENT * error.T)
    cross = mean(estimate(low) * source.T)
    known: tuple[Source, ...] = ("cross bound", "cross mean", "limit of the estimate", *limits)
    return (
        Step(
            "limit of the estimate",
            Equal(lim(estimate(low)), units_of(low) * NOISE_VECTOR * NOISE_VECTOR.T * FULL_GRADIENT),
            LIMIT,
            (define("estimator (2)", low), suppose(S1)),
        ),
        Step("cross at c = 0", Equal(lim(cross), mean(at_zero)), DOMINATED_CONVERGENCE, known),
        Step("integrable at c = 0", Integrable(at_zero), DOMINATED_CONVERGENCE, known),
        Step(
            "separated",
            Equal(mean(at_zero), separated),
            INDEPENDENCE,
            (suppose(SAMPLES), "integrable at c = 0"),
        ),
        Step("whitened", Equal(separated, own), SUBSTITUTION, (suppose(N1),)),
        Step("gathered", Equal(own, mean(gradient(low) * error.T)), LINEARITY, (define("gradient", low),)),
        Step(
            "cross limit",
            Equal(lim(cross), mean(gradient(low) * error.T)),
            SUBSTITUTION,
            ("cross at c = 0", "separated", "whitened", "gathered"),
        ),
    )
