"""Gaussian noise in linear networks: all mean estimates come from one vector, the mean
output error (Stein).
"""

from __future__ import annotations

from theory.proof import LAYER, OUTPUT, Equal, Induction, Proof, Step, define, given, suppose
from theory.proof.rules import LINEARITY, STEIN, SUBSTITUTION
from theory.proof.terms import Term
from theory.proof.vocabulary import (
    COMMON_VECTOR,
    Index,
    downstream,
    estimate,
    noisy_errors,
    noisy_gradient,
)
from theory.results.assumptions import GAUSSIAN_NOISE, LINEAR, WEAKLY_DIFFERENTIABLE

_low = LAYER - 1


def _carried(i: Index) -> Term:
    return downstream(i).T * noisy_errors(OUTPUT)


PROOF = Proof(
    "confinement",
    (GAUSSIAN_NOISE, WEAKLY_DIFFERENTIABLE, LINEAR),
    (
        Induction(
            {
                "noisy error": Equal(noisy_errors(LAYER), _carried(LAYER)),
                "one vector": Equal(given(estimate(_low)), downstream(_low).T * COMMON_VECTOR),
            },
            base=(Step("noisy error", Equal(noisy_errors(OUTPUT), _carried(OUTPUT)), SUBSTITUTION),),
            step=(
                Step(
                    "noisy error",
                    Equal(noisy_errors(LAYER), _carried(LAYER)),
                    SUBSTITUTION,
                    (
                        define("backpropagation at the perturbed state, e", LAYER),
                        define("backpropagation at the perturbed state, λ", LAYER),
                        suppose(LINEAR, LAYER),
                        "above: noisy error",
                        define("downstream weights", LAYER),
                    ),
                ),
            ),
            shared=(
                Step(
                    "by parts",
                    Equal(given(estimate(_low)), given(noisy_gradient(_low))),
                    STEIN,
                    (suppose(GAUSSIAN_NOISE), suppose(WEAKLY_DIFFERENTIABLE)),
                ),
                Step(
                    "carried down",
                    Equal(noisy_gradient(_low), _carried(_low)),
                    SUBSTITUTION,
                    (
                        define("backpropagation at the perturbed state, λ", _low),
                        "noisy error",
                        define("downstream weights", _low),
                    ),
                ),
                Step(
                    "one vector",
                    Equal(given(estimate(_low)), downstream(_low).T * COMMON_VECTOR),
                    LINEARITY,
                    ("by parts", "carried down", define("Gaussian mean")),
                ),
            ),
        ),
    ),
    ("one vector", "top: one vector"),
    "Gaussian noise meets its hypothesis",
)
