"""What the proofs have in common: facts that the proofs of several statements derive in the same way.

The proofs are written out in full, each from its own hypotheses; that they pass through the same facts is
found here by comparing their checked steps. Such a fact is a lemma of the graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from theory.proof.checker import Checked, Failed, Lemma, Proof, check
from theory.proof.relations import Relation
from theory.proof.text import claim as written
from theory.results.statement import Assumption

SHARED_BY = 4
"""Statements that have to share a fact for it to be called a lemma."""


@dataclass(frozen=True)
class Derivation:
    """The checked steps of a proof as a graph of claims; ``problem`` where the checker refused it."""

    proof: Proof
    steps: tuple[Checked, ...]
    problem: str = ""

    @property
    def accepted(self) -> bool:
        """Whether every step was accepted."""
        return not self.problem

    @cached_property
    def by_claim(self) -> Mapping[str, Checked]:
        """The steps by what they claim; of two with the same claim, the first."""
        found: dict[str, Checked] = {}
        for one in self.steps:
            found.setdefault(written(one.step.claim), one)
        return found

    @cached_property
    def parents(self) -> Mapping[str, tuple[str, ...]]:
        """For each claim those of earlier steps that its step cites."""
        return {claim: premises(one) for claim, one in self.by_claim.items()}

    @cached_property
    def above(self) -> Mapping[str, frozenset[str]]:
        """Each claim with all claims that it follows from, itself among them."""
        found: dict[str, frozenset[str]] = {}
        for claim in self.by_claim:  # premises come first
            parents = (parent for parent in self.parents[claim] if parent in found)
            found[claim] = frozenset({claim}).union(*(found[parent] for parent in parents))
        return found

    def hypotheses(self, claims: Iterable[str]) -> tuple[Assumption, ...]:
        """The hypotheses that the steps with these claims cite, in the order of the proof's."""
        cited = {a for claim in claims for a in self.by_claim[claim].hypotheses}
        return tuple(a for a in self.proof.hypotheses if a in cited)

    def complete(self, claim: str) -> bool:
        """Whether all that the claim follows from is derived in the proof, without an induction hypothesis or
        a lemma of another proof.
        """
        return all(
            all(parent in self.by_claim for parent in self.parents[one])
            and not any(isinstance(source, Lemma) for source in self.by_claim[one].step.uses)
            for one in self.above[claim]
        )


@lru_cache(maxsize=64)
def derive(proof: Proof) -> Derivation:
    """Check a proof; what came of it is kept."""
    try:
        return Derivation(proof, check(proof))
    except (Failed, ValueError) as error:
        return Derivation(proof, (), str(error))


def premises(one: Checked) -> tuple[str, ...]:
    """The claims of earlier steps that a step cites."""
    return tuple(
        written(relation)
        for cited in one.cited
        if isinstance(cited.source, str)
        for relation in cited.relations
    )


@dataclass(frozen=True)
class Shared:
    """A lemma: a claim with its derivation, and the statements whose proofs pass through it."""

    name: str
    claim: Relation
    rule: str
    hypotheses: tuple[Assumption, ...]
    above: frozenset[str]  # the claims that it follows from, itself among them
    statements: tuple[str, ...]

    @cached_property
    def key(self) -> str:
        """The claim in writing."""
        return written(self.claim)


def lemmas(derivations: Iterable[Derivation], shared_by: int = SHARED_BY) -> tuple[Shared, ...]:
    """The facts that the proofs of at least so many statements derive from the same hypotheses by the same
    claims, in two steps or more. Of two that the same statements share, the later one.
    """
    users: dict[tuple[str, frozenset[str], tuple[Assumption, ...]], list[Derivation]] = {}
    for one in derivations:
        for claim in one.by_claim:
            cited = _in_order(one.hypotheses(one.above[claim]))
            if len(one.above[claim]) > 1 and one.complete(claim) and cited:
                users.setdefault((claim, one.above[claim], cited), []).append(one)
    found = []
    for (claim, above, cited), using in users.items():
        statements = tuple(dict.fromkeys(one.proof.statement for one in using))
        if len(statements) >= shared_by:
            step = using[0].by_claim[claim].step
            found.append(Shared(step.label, step.claim, step.rule.name, cited, above, statements))
    return _named_apart(
        one
        for one in found
        if not any(
            one.key in later.above and one is not later and set(one.statements) == set(later.statements)
            for later in found
        )
    )


def _in_order(hypotheses: Iterable[Assumption]) -> tuple[Assumption, ...]:
    return tuple(sorted(hypotheses, key=lambda assumption: assumption.id))


def derives(one: Derivation, lemma: Shared) -> bool:
    """Whether a proof passes through a lemma: the same claims, from the same hypotheses."""
    if one.above.get(lemma.key) != lemma.above:
        return False
    return _in_order(one.hypotheses(lemma.above)) == lemma.hypotheses


def _named_apart(found: Iterable[Shared]) -> tuple[Shared, ...]:
    """Number those that share a name, such as a fact about the top layer and one about the others."""
    every = tuple(found)
    result: list[Shared] = []
    for one in every:
        alike = [other.key for other in every if other.name == one.name]
        number = f" {alike.index(one.key) + 1}" if len(alike) > 1 else ""
        result.append(replace(one, name=one.name + number))
    return tuple(result)


def nearest(above: frozenset[str], known: Iterable[Shared]) -> tuple[Shared, ...]:
    """The lemmas among these claims, without those that another of them rests on."""
    among = [one for one in known if one.key in above and one.above <= above]
    return tuple(
        one for one in among if not any(one.key in other.above for other in among if other is not one)
    )
