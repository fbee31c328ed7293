"""A claim: one statement of the theory, with a check for each of the two questions about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence

if TYPE_CHECKING:
    from proofs_check.subject.methods import Subject
    from theory.results.statement import Statement


@dataclass(frozen=True)
class Claim:
    """One entry of the ledger.

    `confirm(effort)` asks whether the statement holds; it never sees a subject. `examine(subject, effort)`
    asks whether an implementation behaves as the statement says. Both yield evidence, usually as
    generators, so that what was found before an exception is kept.
    """

    statement: Statement
    confirm: Callable[[Effort], Iterable[Evidence]]
    examine: Callable[[Subject, Effort], Iterable[Evidence]]

    @property
    def id(self) -> str:
        """The name by which the command knows the claim, such as "theorem-1"."""
        return self.statement.id
