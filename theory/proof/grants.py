"""What each hypothesis says, in the language of the proofs: the relations that a step may take from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy

from theory.proof.constants import DEPTH, LAYER, c, width
from theory.proof.relations import Bounded, ConstantRank, Equal, Finite, Invertible, Relation, Same
from theory.proof.sizes import GROWTH, NOISE_SIZE, POWER, norm, slope_product
from theory.proof.terms import ONE, Identity, Zero, average, given, lim, mean
from theory.proof.units import E, kappa, xi
from theory.proof.vocabulary import (
    COMMON_VECTOR,
    EIGENVALUE,
    EIGENVECTOR_OF_C,
    FITTED,
    FULL_GRADIENT,
    GAMMA,
    HIDDEN,
    NOISE_VECTOR,
    OUTPUT,
    PREDICTION,
    PREDICTION_OF_DATUM,
    QUOTIENT,
    SECOND_MOMENTS,
    UNITS,
    Index,
    distortion,
    downstream,
    errors,
    estimate,
    fixed_errors,
    gradient,
    gram,
    limit_errors,
    limit_residual,
    noisy_slopes,
    signal_of_datum,
    slopes,
    synthetic,
    units_of,
)
from theory.results.assumptions import (
    CLEAN,
    COMMON,
    DISTORTION,
    EIGENVECTOR,
    IDENTICAL,
    INDEPENDENT,
    LINEAR,
    M1,
    M3,
    M5,
    MOMENTS,
    N1,
    ONE_HIDDEN,
    PREDICTED,
    R_AT_C,
    R_COMMON,
    R_CONSTANT,
    R_TOP,
    S1,
    SAMPLES,
    SQUARE_INTEGRABLE,
    R,
)
from theory.results.statement import Assumption


@dataclass(frozen=True)
class Hypothesis:
    """A hypothesis as a step cites it: for a layer where it speaks of one."""

    assumption: Assumption
    index: Index | None = None

    @property
    def relations(self) -> tuple[Relation, ...]:
        """What it says; raises ``ValueError`` for a layer it does not speak of."""
        if self.assumption not in GRANTS:
            return ()
        layers, make = GRANTS[self.assumption]
        if (self.index is None) != (layers is None):
            raise ValueError(f"{self.assumption.id} speaks of {'no' if layers is None else 'a'} layer")
        if layers is not None and self.index not in layers:
            raise ValueError(f"{self.assumption.id} says nothing of layer {self.index}")
        return make(OUTPUT if self.index is None else self.index)

    def __str__(self) -> str:
        name = self.assumption.id
        return name if self.index is None else f"{name}, layer {self.index}".replace(" + ", "+")


def suppose(assumption: Assumption, index: Index | None = None) -> Hypothesis:
    """The hypothesis, for a layer where it speaks of one."""
    return Hypothesis(assumption, index)


_UNITS = range(1, 6)
_TOP = norm(errors(OUTPUT))


def _square_integrable(i: Index) -> tuple[Relation, ...]:
    return Finite(norm(estimate(i)) ** 2), Finite(norm(fixed_errors(i)) ** 2), Finite(_TOP**2)


GRANTS: dict[Assumption, tuple[frozenset[Index] | None, Callable[[Index], tuple[Relation, ...]]]] = {
    N1: (None, lambda _: (Equal(SECOND_MOMENTS, Identity(UNITS)),)),
    S1: (
        None,
        lambda _: (
            Equal(lim(QUOTIENT), NOISE_VECTOR.T * FULL_GRADIENT),
            Bounded(QUOTIENT, GROWTH * NOISE_SIZE * (1 + (c * NOISE_SIZE) ** POWER)),
        ),
    ),
    M1: (None, lambda _: (Finite(NOISE_SIZE ** (POWER + 2)), Finite(GROWTH * _TOP), Finite(_TOP**2))),
    M3: (
        FITTED,
        lambda i: (
            Finite(NOISE_SIZE ** (POWER + 2)),
            Finite(GROWTH * _TOP * slope_product(i)),
            Finite(_TOP**2 * slope_product(i) ** 2),
        ),
    ),
    LINEAR: (
        HIDDEN,
        lambda i: (Equal(slopes(i), Identity(width(i))), Equal(noisy_slopes(i), Identity(width(i)))),
    ),
    R_TOP: (None, lambda _: (Invertible(gram(OUTPUT)),)),
    R: (FITTED, lambda i: (Invertible(gram(i)),)),
    R_AT_C: (FITTED, lambda i: (Invertible(mean(limit_errors(i) * limit_errors(i).T)),)),
    M5: (FITTED, lambda i: (Finite(norm(limit_residual(i - 1)) ** 2 * norm(limit_errors(i)) ** 2),)),
    R_CONSTANT: (
        FITTED,
        lambda i: (
            ConstantRank(mean(limit_errors(i) * limit_errors(i).T)),
            ConstantRank(average(synthetic(i) * synthetic(i).T)),
        ),
    ),
    R_COMMON: (
        frozenset({LAYER}),
        lambda i: (Invertible(downstream(i).T * GAMMA * gram(OUTPUT) * GAMMA.T * downstream(i)),),
    ),
    COMMON: (HIDDEN, lambda i: (Equal(given(estimate(i)), downstream(i).T * COMMON_VECTOR),)),
    DISTORTION: (HIDDEN, lambda i: (Invertible(distortion(i)),)),
    SQUARE_INTEGRABLE: (HIDDEN, lambda i: _square_integrable(i)),
    INDEPENDENT: (
        None,
        lambda _: (
            Equal(SECOND_MOMENTS, Identity(UNITS)),
            Equal(mean(NOISE_VECTOR), Zero(UNITS, ONE)),
            *(Same(E(xi(k)), sympy.Integer(0)) for k in _UNITS),
            *(Same(E(xi(k) ** 2), sympy.Integer(1)) for k in _UNITS),
        ),
    ),
    EIGENVECTOR: (None, lambda _: (Equal(gram(OUTPUT) * EIGENVECTOR_OF_C, EIGENVALUE * EIGENVECTOR_OF_C),)),
    ONE_HIDDEN: (None, lambda _: (Equal(FULL_GRADIENT, units_of(DEPTH).T * gradient(DEPTH)),)),
    CLEAN: (HIDDEN, lambda i: (Equal(fixed_errors(i), signal_of_datum(i)),)),
    PREDICTED: (None, lambda _: (Equal(PREDICTION, PREDICTION_OF_DATUM),)),
    IDENTICAL: (None, lambda _: tuple(Same(E(xi(k) ** r), kappa(r)) for k in _UNITS for r in (3, 4, 5))),
    MOMENTS: (None, lambda _: (Finite(NOISE_SIZE ** (2 * POWER + 4), given_datum=True),)),
}
"""The layers a hypothesis speaks of (None: of none in particular), and what it says of one."""

CITED = frozenset({SAMPLES})
"""Hypotheses without a formula of their own: rules ask for them by name."""
