"""Bugs that only samples of real size show: of the statistical claims, the one named rejects each."""

import pytest

from proofs_check.claims import CLAIMS
from proofs_check.subject.subjects import LocalSubject
from proofs_check.verdict.budget import SHARES
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Falsified
from tests.planted_bugs import SAMPLING, Correct

CLAIM = {claim.id: claim for claim in CLAIMS}
STATISTICAL = sorted({share.claim for share in SHARES} - {"online"})  # which asks the reference alone


def rejected(name: str, bug: type[Correct]) -> bool:
    try:
        return not all(row.holds for row in CLAIM[name].examine(LocalSubject(bug), Effort("quick", 0)))
    except Falsified:
        return True


@pytest.mark.parametrize("bug", SAMPLING, ids=lambda bug: bug.__name__)
def test_a_bug_of_sampling_is_rejected_by_the_claim_named_for_it_alone(bug: type[Correct]) -> None:
    assert [name for name in STATISTICAL if rejected(name, bug)] == list(bug.expected)


def test_every_statistical_claim_has_a_bug_that_it_alone_rejects() -> None:
    assert sorted({name for bug in SAMPLING for name in bug.expected}) == STATISTICAL
