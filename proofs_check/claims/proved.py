"""The proof of a statement as evidence: by Coq, and in steps checked by their rules and on numbers.

At `quick` the verdict of the last `python -m theory --check` is read, where it is of the very same sources;
the other depths check again.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import replace

from proofs_check.claims.claim import Claim
from proofs_check.formal import THEOREMS, machine_checked
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence
from theory import STATEMENTS
from theory.proofs import verdicts
from theory.proofs.verdicts import Verdict

HEADLINES = frozenset({"theorem-1", "theorem-2", "theorem-3", "corollary-1", "noise-law"})
"""The statements that Coq's theorems cover as they stand, for finite laws."""


def proof_evidence(statement: str, effort: Effort) -> Iterator[Evidence]:
    """A row for each proof of the statement; none where it has no proof in steps. Where the proofs cover a
    part of it only, each row says so.
    """
    known = _known(effort)
    if known is not None:
        yield from map(_row, known.get(statement, []))
        return
    from theory.proofs.catalogue import proofs_of  # as in import_proofs

    proofs = proofs_of(statement)
    if effort.choose(True, False, False):
        if proofs:
            name = "proof in steps: not checked since the sources changed; python -m theory --check does"
            yield Evidence("information", name, "not run")
        return
    from theory.proofs.verify import verify

    few = effort.choose(False, True, False)
    yield from (_row(verify(proof, (effort.seed,), few)) for proof in proofs)


def import_proofs(effort: Effort) -> None:
    """Import what the proofs are checked with: half a second, which a known verdict saves."""
    if _known(effort) is None:
        for name in ("catalogue", "verify"):
            importlib.import_module(f"theory.proofs.{name}")


def formal_evidence(statement: str) -> Iterator[Evidence]:
    """A row for the theorems about the statement in `proofs_check.formal`: what Coq said of these sources."""
    if statement not in THEOREMS:
        return
    part = "" if statement in HEADLINES else "part of it, "
    checked = machine_checked().get(statement)
    if checked is None:
        name = f"{part}by Coq, for finite laws: tox -e formal checks it where Coq is installed"
        yield Evidence("information", name, "not run here")
        return
    theorems = ", ".join(checked.theorems)
    name = f"{part}for finite laws, by Coq {checked.coq}: {theorems}; axioms: {', '.join(checked.axioms)}"
    yield Evidence("machine-checked", name, "accepted", "accepted")


def with_proof(claim: Claim) -> Claim:
    """The claim, with the proofs of its statement as further evidence that it holds."""

    def confirm(effort: Effort) -> Iterator[Evidence]:
        yield from claim.confirm(effort)
        yield from formal_evidence(claim.id)
        yield from proof_evidence(claim.id, effort)

    return replace(claim, confirm=confirm)


def _known(effort: Effort) -> Mapping[str, list[Verdict]] | None:
    """What the last check found, where it is not made again."""
    return verdicts.last() if effort.choose(True, False, False) else None


def _row(verdict: Verdict) -> Evidence:
    title = f" ({verdict.title})" if verdict.title else ""
    part = "part of it, " if STATEMENTS[verdict.statement].beyond else ""
    trust = f", trusting {', '.join(verdict.axioms)}" if verdict.axioms else ""
    name = (
        f"{part}proof{title} in {verdict.accepted} checked steps, {verdict.tried} of them also tried on "
        f"{verdict.networks} networks{trust}"
    )
    return Evidence("symbolic", name, verdict.problem or "accepted", "accepted")
