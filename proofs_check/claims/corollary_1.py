"""`corollary-1`: direct feedback in linear networks of any widths tends to the product of weights above."""

from __future__ import annotations

from collections.abc import Iterator

from proofs_check.claim import Claim
from proofs_check.effort import Effort
from proofs_check.evidence import Evidence
from proofs_check.limits import confirm_limits, examine_limits, products
from proofs_check.networks import Family, any_widths
from proofs_check.subjects import Subject
from theory.corollary_1 import STATEMENT

FAMILY = Family(
    any_widths((1, 3), 3),
    hidden=("identity",),
    output=("identity",),
    rule="DFA",
    accept=lambda instance: instance.well_posed("DFA"),
)


def confirm(effort: Effort) -> Iterator[Evidence]:
    """Limit, order and coefficient of every direct matrix."""
    yield from confirm_limits(FAMILY, effort, "corollary-1", products)


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """The subject's direct matrices equal their exact finite-c limits."""
    yield from examine_limits(subject, FAMILY, effort, "corollary-1")


CLAIM = Claim(STATEMENT, confirm, examine)
