"""What a page is made from: the theory as its proofs show it, and a run with what the report asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from proofs_check.ledger.ledger import Ledger, Row
from proofs_check.report import record
from proofs_check.report.checkout import Checkout, checkout
from proofs_check.report.curves import Measured
from proofs_check.report.graph import Graph, build
from proofs_check.report.lemmas import Derivation, Shared, derive, lemmas
from proofs_check.report.replay import Replay
from proofs_check.report.status import Problem, problems
from theory import STATEMENTS
from theory.proofs.catalogue import PROOFS
from theory.results.statement import Assumption, Statement


@dataclass(frozen=True)
class Inquiry:
    """What the subject was asked for the report alone: points for the plots, and failing calls once more."""

    measured: Mapping[str, Measured] = field(default_factory=dict)
    replays: Mapping[str, Replay] = field(default_factory=dict)
    found: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # what the replays tell, by claim


@dataclass(frozen=True)
class Context:
    """Everything that the sections of the page draw from; ``commands`` rerun one claim each, by its id."""

    ledger: Ledger
    commands: Mapping[str, str]
    inquiry: Inquiry

    @cached_property
    def rows(self) -> Mapping[str, Row]:
        """The rows by the id of their claim."""
        return {row.claim.id: row for row in self.ledger.rows}

    @cached_property
    def statements(self) -> Mapping[str, Statement]:
        """All statements of the theory, those of the ledger first and in its order; no experiment is one."""
        rows = (row for row in self.ledger.rows if row not in self.experiments)
        asked = {row.claim.id: row.claim.statement for row in rows}
        return {**asked, **{id: one for id, one in STATEMENTS.items() if id not in asked}}

    @cached_property
    def experiments(self) -> tuple[Row, ...]:
        """The rows of the paper's experiments."""
        return tuple(row for row in self.ledger.rows if row.claim.statement.status == "empirical")

    @cached_property
    def derivations(self) -> tuple[Derivation, ...]:
        """All proofs, checked now."""
        return tuple(derive(proof) for proof in PROOFS)

    @cached_property
    def shared(self) -> tuple[Shared, ...]:
        """The lemmas."""
        return lemmas(self.derivations)

    @cached_property
    def graph(self) -> Graph:
        """What rests on what."""
        return build(self.statements, self.derivations, self.shared, self.rows)

    @cached_property
    def hypotheses(self) -> tuple[Assumption, ...]:
        """All hypotheses, in the order of the graph."""
        every = {a.id: a for one in self.statements.values() for a in one.assumptions}
        every |= {a.id: a for one in self.derivations for a in one.proof.hypotheses}
        known = (node.label for node in self.graph.nodes if node.kind == "hypothesis")
        return tuple(every[id] for id in known)

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What does not fit together, over all claims of the project and those of this run."""
        from proofs_check.claims import CLAIMS

        rows = [row for row in self.ledger.rows if row not in self.experiments]
        known = dict.fromkeys([*(claim.id for claim in CLAIMS), *(row.claim.id for row in rows)])
        return problems(STATEMENTS, PROOFS, list(known), rows)

    @cached_property
    def matrix(self) -> record.Matrix | None:
        """Which claim rejects which planted bug, as recorded; None where it is not."""
        return record.matrix()

    @cached_property
    def alarms(self) -> tuple[record.Run, ...]:
        """The runs on correct code, as recorded."""
        return record.alarms()

    @cached_property
    def suite(self) -> Checkout | None:
        """The commit of the suite; None where it does not run from a checkout."""
        from proofs_check.subject.subjects import HOME

        return checkout(HOME)

    @property
    def is_reference(self) -> bool:
        """Whether the project's own implementation was checked."""
        from proofs_check.subject.methods import REFERENCE

        return self.ledger.subject == REFERENCE

    def failing(self) -> tuple[Row, ...]:
        """The rows that count against the subject."""
        return tuple(row for row in self.ledger.rows if row.verdict.outcome in ("fail", "error"))

    def derived(self, statement: str) -> tuple[Derivation, ...]:
        """The proofs of a statement."""
        return tuple(one for one in self.derivations if one.proof.statement == statement)
