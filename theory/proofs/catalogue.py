"""All proofs, in the order of the statements."""

from __future__ import annotations

from theory.proof import Proof
from theory.proofs import (
    clt,
    confinement,
    control_variate,
    corollary_1,
    estimator_laws,
    pseudo_inverse,
    ridge,
    self_correction,
    single_units,
    stein,
    theorem_1,
    theorem_2,
    theorem_3,
    variance,
)

PROOFS = (
    theorem_1.PROOF,
    theorem_2.PROOF,
    corollary_1.PROOF,
    theorem_3.PROOF,
    pseudo_inverse.PROOF,
    pseudo_inverse.GRADIENTS,
    ridge.TOP,
    ridge.LAYERWISE,
    ridge.ON_THE_SUM,
    confinement.PROOF,
    stein.PROOF,
    self_correction.PROOF,
    estimator_laws.ORTHOGONALITY,
    estimator_laws.BASELINE,
    estimator_laws.NOISE_LAW,
    control_variate.PROOF,
    control_variate.STAGES,
    single_units.EXPANSION_PROOF,
    single_units.ZERO_BIAS,
    single_units.REMAINDER,
    single_units.COVARIANCE,
    variance.PROOF,
    clt.PROOF,
    single_units.ANTITHETIC,
)


def proofs_of(statement: str) -> tuple[Proof, ...]:
    """The proofs of a statement; none for definitions and for what is settled by computation alone."""
    return tuple(proof for proof in PROOFS if proof.statement == statement)
