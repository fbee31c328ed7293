"""Steps judged by themselves: a wrong one with the reason it is wrong, and the right one beside it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from theory.proof import Failed, Step
from theory.proof.checker import Source, check_step
from theory.proof.relations import Relation
from theory.proof.rules import Rule
from theory.results import assumptions
from theory.results.statement import Assumption

EVERY_HYPOTHESIS = tuple(value for value in vars(assumptions).values() if isinstance(value, Assumption))


@dataclass(frozen=True)
class Attempt:
    """A claim by a rule, from facts that are taken as known, from definitions and from hypotheses."""

    rule: Rule
    claim: Relation
    sources: tuple[Relation | Source, ...]


def by(rule: Rule, claim: Relation, *sources: Relation | Source) -> Attempt:
    """The attempt to show the claim by the rule."""
    return Attempt(rule, claim, sources)


def judge(attempt: Attempt) -> None:
    """Nothing, if the checker accepts the attempt; raises `Failed` if it does not."""
    facts = {f"fact {k}": one for k, one in enumerate(attempt.sources) if isinstance(one, Relation)}
    uses = tuple(f"fact {k}" if isinstance(one, Relation) else one for k, one in enumerate(attempt.sources))
    check_step(Step("attempt", attempt.claim, attempt.rule, uses), facts, EVERY_HYPOTHESIS)


@dataclass(frozen=True)
class Wrong:
    """A fact, the attempt that denies it, a part of the reason given, and the right attempt."""

    fact: str
    wrong: Attempt
    reason: str
    right: Attempt


def named(case: Wrong) -> str:
    """The fact as the name of a test."""
    return case.fact


def rejected(case: Wrong) -> None:
    """The wrong attempt is refused for the reason, the right one is accepted."""
    with pytest.raises(Failed, match=case.reason):
        judge(case.wrong)
    judge(case.right)
