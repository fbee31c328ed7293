"""Hypotheses, lemmas, statements and claims, and what rests on what: built from the proofs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from proofs_check.ledger.ledger import Row
from proofs_check.report.lemmas import Derivation, Shared, derives, nearest
from proofs_check.report.status import Level, own_level, shown_level
from theory.proof.checker import Lemma, steps_of
from theory.proof.text import claim as written
from theory.results.statement import Statement

Kind = Literal["hypothesis", "lemma", "statement", "claim"]


@dataclass(frozen=True)
class Node:
    """One node: ``parents`` are the ids of what it rests on directly.

    ``status`` is that of a statement, or the outcome of a claim; ``own`` its level by itself, None for
    hypotheses, which are supposed, and for claims, whose outcome says it.
    """

    id: str
    kind: Kind
    label: str
    title: str
    parents: tuple[str, ...] = ()
    status: str = ""
    own: Level | None = None


@dataclass(frozen=True)
class Graph:
    """The nodes, each after those that it rests on."""

    nodes: tuple[Node, ...]

    @cached_property
    def by_id(self) -> Mapping[str, Node]:
        """The nodes by their ids."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def ancestors(self) -> Mapping[str, frozenset[str]]:
        """The ids of all that each node rests on."""
        found: dict[str, frozenset[str]] = {}
        for node in self.nodes:
            found[node.id] = frozenset(node.parents).union(*(found[parent] for parent in node.parents))
        return found

    def level(self, id: str) -> Level | None:
        """The level shown for a node: verified only where all that it rests on is proved."""
        own = self.by_id[id].own
        if own is None:
            return None
        above = (self.by_id[one].own for one in self.ancestors[id])
        return shown_level(own, (level for level in above if level is not None))

    def holding_back(self, id: str) -> tuple[Node, ...]:
        """What a node rests on that is not proved."""
        above = (self.by_id[one] for one in sorted(self.ancestors[id]))
        return tuple(node for node in above if node.own is not None and node.own != "proved")


def build(
    statements: Mapping[str, Statement],
    derivations: Sequence[Derivation],
    shared: Sequence[Shared],
    rows: Mapping[str, Row],
) -> Graph:
    """The graph of everything that the statements rest on; ``rows`` is what a run found, by claim."""
    hypotheses = {
        a.id: a
        for source in (
            *(statement.assumptions for statement in statements.values()),
            *(one.proof.hypotheses for one in derivations),
        )
        for a in source
    }
    nodes = [Node(f"hypothesis-{id}", "hypothesis", id, a.words) for id, a in hypotheses.items()]
    for one in sorted(shared, key=lambda one: len(one.above)):
        above = nearest(one.above - {one.key}, shared)
        nodes.append(
            Node(
                lemma_id(one),
                "lemma",
                one.name,
                one.key,
                _parents(above, _uncovered(one, above, derivations)),
                own="proved",
            )
        )
    known = _cited_first(statements, derivations)
    nodes += [_statement(statement, statements, derivations, shared, rows) for statement in known]
    nodes += [
        Node(f"outcome-{id}", "claim", id, row.claim.statement.title, (f"claim-{id}",), row.verdict.outcome)
        for id, row in rows.items()
        if id in statements
    ]
    return Graph(tuple(nodes))


def lemma_id(one: Shared) -> str:
    """The id of a lemma's node."""
    return "lemma-" + re.sub(r"[^\w]+", "-", one.name)


def _statement(
    statement: Statement,
    statements: Mapping[str, Statement],
    derivations: Sequence[Derivation],
    shared: Sequence[Shared],
    rows: Mapping[str, Row],
) -> Node:
    own = [one for one in derivations if one.proof.statement == statement.id]
    parents: list[str] = []
    for one in own:
        every = frozenset(one.by_claim)
        used = [lemma for lemma in shared if statement.id in lemma.statements and derives(one, lemma)]
        among = nearest(every, used)
        covered = frozenset[str]().union(*(lemma.above for lemma in among))
        direct = [a.id for a in one.hypotheses(every - covered)]
        parents += _parents(among, direct)
        parents += [f"claim-{id}" for id in _cited(one, statements) if id != statement.id]
    if not own:
        parents = [f"hypothesis-{a.id}" for a in statement.assumptions]
    level = own_level([one.accepted for one in own], rows.get(statement.id), statement.beyond)
    title = statement.title
    return Node(
        f"claim-{statement.id}",
        "statement",
        statement.id,
        title,
        tuple(dict.fromkeys(parents)),
        statement.status,
        level,
    )


def _parents(above: Iterable[Shared], hypotheses: Iterable[str]) -> tuple[str, ...]:
    return (*map(lemma_id, above), *(f"hypothesis-{id}" for id in hypotheses))


def _uncovered(lemma: Shared, above: Iterable[Shared], derivations: Iterable[Derivation]) -> tuple[str, ...]:
    """The hypotheses that a lemma cites itself, not through the lemmas that it rests on."""
    covered = frozenset[str]().union(*(one.above for one in above))
    proof = next(one for one in derivations if derives(one, lemma))
    return tuple(a.id for a in proof.hypotheses(lemma.above - covered))


def _cited(one: Derivation, statements: Mapping[str, Statement]) -> tuple[str, ...]:
    """The statements that a proof cites lemmas of."""
    sources = (source for step in steps_of(one.proof) for source in step.uses)
    cited = (source.proof.statement for source in sources if isinstance(source, Lemma))
    return tuple(dict.fromkeys(id for id in cited if id in statements))


def _cited_first(
    statements: Mapping[str, Statement], derivations: Sequence[Derivation]
) -> tuple[Statement, ...]:
    """The statements, each after those whose lemmas its proofs cite."""
    cites = {id: set[str]() for id in statements}
    for one in derivations:
        if one.proof.statement in cites:
            cites[one.proof.statement] |= {*_cited(one, statements)} - {one.proof.statement}
    ordered: list[str] = []

    def place(id: str) -> None:
        if id not in ordered:
            for above in sorted(cites[id]):
                place(above)
            ordered.append(id)

    for id in statements:
        place(id)
    return tuple(statements[id] for id in ordered)


def used_where(
    derivations: Iterable[Derivation], hypothesis: str
) -> tuple[tuple[Derivation, tuple[int, ...]], ...]:
    """The proofs that use a hypothesis, with the numbers of the steps that cite it."""
    found = []
    for one in derivations:
        numbers = sorted({c.number for c in one.steps if hypothesis in {a.id for a in c.hypotheses}})
        if numbers:
            found.append((one, tuple(numbers)))
    return tuple(found)


def axioms(derivations: Iterable[Derivation], statement: str) -> tuple[str, ...]:
    """The rules that the proofs of a statement trust."""
    rules = (c.step.rule for one in derivations if one.proof.statement == statement for c in one.steps)
    return tuple(dict.fromkeys(rule.name for rule in rules if rule.axiom))


def reads(one: Shared) -> str:
    """A lemma's claim as LaTeX."""
    return written(one.claim, as_latex=True)
