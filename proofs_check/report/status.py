"""What is shown of a result: computed from the proofs and from a run, never written by hand.

A statement's own level follows from the checker and from the evidence of its check; it is *proved* only where
its proofs cover all of it, and *verified* only where it is proved and so is every lemma and every statement
that it rests on. Hypotheses are supposed, not shown: they bear no level and hold nothing back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from proofs_check.claims.proved import HEADLINES
from proofs_check.verdict.evidence import Evidence

if TYPE_CHECKING:
    from proofs_check.ledger.ledger import Row
    from theory.proof.checker import Proof
    from theory.results.statement import Statement

Level = Literal["refuted", "none", "computed", "part", "proved", "verified"]

LEVELS: Mapping[Level, str] = {
    "none": "nothing was checked in this run",
    "computed": "confirmed by computation, without a proof in steps",
    "part": "proved in part: no proof covers all of it; what settles the rest is said with it",
    "proved": "proved in checked steps, but something that it rests on is not",
    "verified": "proved in checked steps, and so is everything that it rests on",
    "refuted": "its own check failed, or a step of its proof was not accepted",
}
"""The levels, and what each says."""

PROVING = ("machine-checked",)
"""Kinds of evidence that are a proof by themselves, whatever our own checker says, of the `HEADLINES` for
finite laws, which is a part; of the other statements Coq has less.
"""


def own_level(proofs: Sequence[bool], row: Row | None, beyond: str = "") -> Level:
    """The level of a statement by itself: "verified" is never among them.

    ``proofs`` says of each of its proofs in steps whether every step was accepted; ``row`` is what a run
    found, None where the run did not ask; ``beyond`` is what these proofs do not cover.
    """
    if not all(proofs) or (row is not None and row.statement_confirmed is False):
        return "refuted"
    whole = row is not None and row.claim.id in HEADLINES
    confirmed: Iterable[Evidence] = row.confirmed if row is not None and whole else ()
    if proofs and not beyond:
        return "proved"
    if proofs or any(one.kind in PROVING and one.required and one.holds for one in confirmed):
        return "part"
    return "computed" if row is not None and row.statement_confirmed else "none"


def shown_level(own: Level, above: Iterable[Level]) -> Level:
    """The level with all that it rests on taken into account: dark only where all of it is proved."""
    return "verified" if own == "proved" and all(level == "proved" for level in above) else own


@dataclass(frozen=True)
class Problem:
    """Something that does not fit together. An error is a fault of the suite; the rest is only told."""

    about: str
    says: str
    error: bool = True


def problems(
    statements: Mapping[str, Statement],
    proofs: Iterable[Proof],
    claims: Sequence[str],
    rows: Iterable[Row],
) -> tuple[Problem, ...]:
    """Statements without a check, checks and proofs without a statement, hypotheses that are not stated,
    checks that found nothing that could have failed.
    """
    found = [
        Problem(one, "is a statement without a check in the ledger: nothing here runs it", error=False)
        for one in statements
        if one not in claims
    ]
    found += [Problem(one, "is checked, but is no statement") for one in claims if one not in statements]
    found += [Problem(one, "is checked twice") for k, one in enumerate(claims) if one in claims[:k]]
    for proof in proofs:
        if proof.statement not in statements:
            found.append(Problem(proof.statement, "is proved, but is no statement"))
            continue
        stated = {assumption.id for assumption in statements[proof.statement].assumptions}
        unstated = [assumption.id for assumption in proof.hypotheses if assumption.id not in stated]
        if unstated:
            says = f"is proved from {', '.join(unstated)}, which the statement does not name"
            found.append(Problem(proof.statement, says))
    found += [
        Problem(row.claim.id, "has a check of its statement in which nothing could have failed", error=False)
        for row in rows
        if row.statement_confirmed is None
    ]
    return tuple(found)
