"""Wrong subjects are rejected by every claim named for them; a correct stranger is rejected by none."""

import pytest

from proofs_check.claims import CLAIMS
from proofs_check.claims.claim import Claim
from proofs_check.subject.subjects import LocalSubject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Falsified, NotApplicable, SubjectError
from tests.numpy_subject import NumpySubject
from tests.planted_bugs import BUGS, Correct

QUICK = Effort("quick", seed=0)
CLAIM = {claim.id: claim for claim in CLAIMS}


def rejection(claim: Claim, subject_class: type[object]) -> str | None:
    """Why the claim rejects the subject, or None where it does not.

    Only `examine` is run: whether the statement itself holds depends on no subject.
    """
    subject = LocalSubject(subject_class)
    subject.begin_claim(QUICK.subject_seconds)
    try:
        broken = (row for row in claim.examine(subject, QUICK) if not row.holds)
        return next((f"{row.name}: {row.value}, expected {row.bound}" for row in broken), None)
    except (Falsified, SubjectError) as error:
        return error.reason
    except NotApplicable:
        return None


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_planted_bug_is_rejected_by_every_claim_named_for_it(bug: type[Correct]) -> None:
    accepting = [id for id in bug.expected if rejection(CLAIM[id], bug) is None]
    assert bug.expected
    assert not accepting, f"accepted by {accepting}: {bug.__doc__}"


@pytest.mark.parametrize("subject_class", [NumpySubject, Correct])
@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_a_correct_subject_is_rejected_by_no_claim(claim: Claim, subject_class: type[object]) -> None:
    assert rejection(claim, subject_class) is None
