"""`theorem-2`: linear networks, every layer, where no layer above the second is narrower than the one below
it.
"""

from __future__ import annotations

from collections.abc import Iterator

from proofs_check.claims.claim import Claim
from proofs_check.digits.evidence import linear_row
from proofs_check.networks.drawn import Family, Instance, widening
from proofs_check.questions.limits import confirm_limits, examine_limits
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence
from theory.results.theorem_2 import STATEMENT

FAMILY = Family(widening((1, 3), 3), hidden=("identity",), output=("identity",), accept=Instance.well_posed)


def confirm(effort: Effort) -> Iterator[Evidence]:
    """Limit, order and coefficient at every layer; and why the paper's own architecture is outside the
    theorem.
    """
    yield from confirm_limits(FAMILY, effort, "theorem-2")
    yield linear_row()


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """The subject's matrices equal their exact finite-c limits."""
    yield from examine_limits(subject, FAMILY, effort, "theorem-2")


CLAIM = Claim(STATEMENT, confirm, examine)
