"""Bugs that show at the edge only are rejected, by the claim that each is named for."""

import pytest

from proofs_check.claims import CLAIMS
from proofs_check.subject.subjects import LocalSubject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence, Falsified, SubjectError
from tests.planted_bugs import EDGE, Correct

CLAIM = {claim.id: claim for claim in CLAIMS}


@pytest.mark.parametrize(
    ("claim", "bug"),
    [(claim, bug) for bug in EDGE for claim in bug.expected],
    ids=lambda v: getattr(v, "__name__", v),
)
def test_a_bug_at_the_edge_is_rejected(claim: str, bug: type[Correct]) -> None:
    subject = LocalSubject(bug)
    subject.begin_claim(float("inf"))
    rows: list[Evidence] = []
    try:
        rows.extend(CLAIM[claim].examine(subject, Effort("quick", 0)))
    except (Falsified, SubjectError):
        return
    assert not all(row.holds for row in rows), f"accepted: {bug.__doc__}"
