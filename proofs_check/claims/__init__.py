"""The ledger's claims, one file each: definitions first, for they catch most wrong code in milliseconds, then
the statements; and, in one file, the paper's experiments, which ask no implementation.
"""

from __future__ import annotations

from proofs_check.claims import (
    antithetic,
    baseline,
    clt,
    confinement,
    control_variate,
    corollary_1,
    estimator,
    expansion,
    experiments,
    fa_equals_dfa,
    floating_point,
    frozen_feedback,
    linearisation,
    noise,
    noise_law,
    online,
    orthogonality,
    pseudo_inverse,
    rank,
    remainder,
    ridge,
    self_correction,
    signals,
    solves,
    stein,
    theorem_1,
    theorem_2,
    theorem_3,
    variance,
    zero_bias,
)
from proofs_check.claims.claim import Claim
from proofs_check.claims.proved import with_proof

CLAIMS: tuple[Claim, ...] = tuple(
    with_proof(module.CLAIM)
    for module in (
        estimator,
        signals,
        solves,
        noise,
        linearisation,
        expansion,
        stein,
        baseline,
        zero_bias,
        remainder,
        orthogonality,
        theorem_1,
        theorem_2,
        corollary_1,
        theorem_3,
        rank,
        pseudo_inverse,
        ridge,
        fa_equals_dfa,
        confinement,
        self_correction,
        noise_law,
        variance,
        clt,
        online,
        control_variate,
        antithetic,
        frozen_feedback,
        floating_point,
    )
)
"""What is asked of an implementation."""

LEDGER: tuple[Claim, ...] = (*CLAIMS, *experiments.CLAIMS)
"""Every row of the ledger."""
