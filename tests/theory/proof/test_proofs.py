"""Every proof is checked, rests on what its statement supposes, and needs all that it cites."""

from __future__ import annotations

import pytest

from tests.theory.proof.mutations import without_one_source
from theory import STATEMENTS
from theory.proof import Proof, check
from theory.proof.checker import Checked
from theory.proof.existence import inverses_exist
from theory.proof.rules import RULES, Premises
from theory.proofs.catalogue import PROOFS
from theory.proofs.verify import verify
from theory.results import assumptions

NAMES = [f"{proof.statement} {proof.title}".strip() for proof in PROOFS]
DERIVED = {
    "estimator",
    "signals",
    "solves",
    "noise",
    "linearisation",
    "stein",
    "rank",
    "fa-equals-dfa",
    "online",
    "frozen-feedback",
    "floating-point",
}
BEYOND = {
    "baseline": {assumptions.S1, assumptions.TWICE},  # the expansion of the variance
    "clt": {  # what is stated for c → 0
        assumptions.INDEPENDENT,
        assumptions.IDENTICAL,
        assumptions.MOMENTS,
        assumptions.GROWTH_SQUARED,
    },
    "control-variate": {assumptions.INDEPENDENT, assumptions.IDENTICAL, assumptions.TWICE},
    # the covariance; the rate
    "ridge": {assumptions.R_CONSTANT},  # on the sum, below the top
    "antithetic": {assumptions.MOMENTS},  # the covariance
    "noise-law": {assumptions.M3, assumptions.R},  # noise scaled by s in deep networks
}
"""What a statement supposes for a part that no proof in steps covers: its `beyond` says what settles that."""

WHOLE = {
    "theorem-1",
    "theorem-2",
    "corollary-1",
    "theorem-3",
    "pseudo-inverse",
    "confinement",
    "orthogonality",
}
"""Read beside their proofs: all that these say is the conclusion of a proof in steps, for any sizes."""


def test_every_result_is_proved_in_steps_or_derived_by_program() -> None:
    proved = {proof.statement for proof in PROOFS}
    assert proved <= set(STATEMENTS)
    assert set(STATEMENTS) - proved == DERIVED


@pytest.mark.parametrize("name", sorted({proof.statement for proof in PROOFS}))
def test_a_statement_supposes_what_its_proofs_use(name: str) -> None:
    used = {a for proof in PROOFS if proof.statement == name for a in proof.hypotheses}
    assert set(STATEMENTS[name].assumptions) == used | BEYOND.get(name, set())


def test_a_statement_says_what_its_proofs_do_not_cover() -> None:
    """Either they cover all of it, or it says what they leave out; without a proof it says nothing."""
    proved = {proof.statement for proof in PROOFS}
    beyond = {name for name, statement in STATEMENTS.items() if statement.beyond}
    assert beyond == proved - WHOLE
    assert set(BEYOND) <= beyond


def test_a_proof_for_so_many_units_is_not_of_the_whole_statement() -> None:
    assert not {proof.statement for proof in PROOFS if proof.note.startswith("Written for ")} & WHOLE


@pytest.mark.parametrize("proof", PROOFS, ids=NAMES)
def test_every_step_is_accepted_and_true_of_numbers(proof: Proof) -> None:
    verdict = verify(proof)
    assert verdict.problem == ""
    assert verdict.accepted > 0
    assert verdict.tried > 0


@pytest.mark.parametrize("proof", PROOFS, ids=NAMES)
def test_no_step_cites_what_it_does_not_need(proof: Proof) -> None:
    """Of a step that is checked for two layers, each source is needed for one of them."""
    accepted = check(proof)
    for number in {one.number for one in accepted}:
        versions = [one for one in accepted if one.number == number]
        needed: set[int] = set()
        for one in versions:
            needed |= {
                k for k, (_, premises) in enumerate(without_one_source(one)) if not _accepts(one, premises)
            }
        sources = versions[0].step.uses
        assert needed == set(range(len(sources))), (number, [str(sources[k]) for k in range(len(sources))])


def _accepts(one: Checked, premises: Premises) -> bool:
    try:
        one.step.rule.check(one.step.claim, premises)
        inverses_exist(one.step.claim, premises)
    except ValueError:
        return False
    return True


def test_the_printed_assumptions_are_used_by_no_proof() -> None:
    printed = {assumptions.A1, assumptions.A2, assumptions.A3, assumptions.A4}
    assert not any(printed & set(proof.hypotheses) for proof in PROOFS)


def test_only_the_proof_of_theorem_3_and_its_like_speak_of_polynomials_in_statistics() -> None:
    """The paper's objection to nonlinear networks falls with this rule; linear networks do not need it."""
    speaking = {
        p.statement for p in PROOFS if any(o.step.rule.name.startswith("polynomial") for o in check(p))
    }
    assert speaking == {"theorem-3", "pseudo-inverse", "clt"}


def test_every_rule_is_used_by_some_proof() -> None:
    used = {one.step.rule.name for proof in PROOFS for one in check(proof)}
    assert {rule.name for rule in RULES} == used
