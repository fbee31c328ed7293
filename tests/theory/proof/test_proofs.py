"""Every proof is checked, rests on what its statement supposes, and needs all that it cites."""

from __future__ import annotations

import pytest

from theory import STATEMENTS, assumptions
from theory.proof import Proof
from theory.proofs import PROOFS
from theory.proofs.verify import verify

NAMES = [f"{proof.statement} {proof.title}".strip() for proof in PROOFS]
DERIVED = {"estimator", "signals", "solves", "noise", "linearisation", "stein", "rank", "fa-equals-dfa"}
BEYOND = {
    "baseline": {assumptions.S1},  # the expansion of the variance, derived by theory.baseline.excess
    "antithetic": {assumptions.MOMENTS},  # the covariance, which is that of `variance`
    "noise-law": {assumptions.M3, assumptions.R},  # noise scaled by s in deep networks, exact in the ledger
}
"""What a statement supposes for a part that is not proved in steps, but settled elsewhere."""


def test_every_result_is_proved_in_steps_or_derived_by_program() -> None:
    proved = {proof.statement for proof in PROOFS}
    assert proved <= set(STATEMENTS)
    assert set(STATEMENTS) - proved == DERIVED


@pytest.mark.parametrize("name", sorted({proof.statement for proof in PROOFS}))
def test_a_statement_supposes_what_its_proofs_use(name: str) -> None:
    used = {a for proof in PROOFS if proof.statement == name for a in proof.hypotheses}
    assert set(STATEMENTS[name].assumptions) == used | BEYOND.get(name, set())


@pytest.mark.parametrize("proof", PROOFS, ids=NAMES)
def test_every_step_is_accepted_and_true_of_numbers(proof: Proof) -> None:
    verdict = verify(proof)
    assert verdict.problem == ""
    assert verdict.accepted > 0
    assert verdict.tried > 0


def test_the_printed_assumptions_are_used_by_no_proof() -> None:
    printed = {assumptions.A1, assumptions.A2, assumptions.A3, assumptions.A4}
    assert not any(printed & set(proof.hypotheses) for proof in PROOFS)
