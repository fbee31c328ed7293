"""Whether the limits that a claim speaks of exist: a limit is never just a name.

What a step claims of lim X, it claims of a limit that exists. So each limit in a claim is one that the rule
itself shows to exist, or one that the laws of limits resolve, or one that a premise already speaks of. A
definition is no such premise: to write lim X down does not make it exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from theory.proof.normal_form import Reading
from theory.proof.polynomials import Poly
from theory.proof.relations import Equal, Relation
from theory.proof.rules import (
    CONSTANT_RANK,
    CONTINUOUS_MAPPING,
    DOMINATED_CONVERGENCE,
    JOINT_LAW,
    LAW_OF_LARGE_NUMBERS,
    LIMIT,
    VANISHING,
    Premises,
    Rejected,
    Rule,
)
from theory.proof.terms import LIMITS, Applied, Term, parts

SHOWING = (
    LIMIT,
    CONTINUOUS_MAPPING,
    LAW_OF_LARGE_NUMBERS,
    JOINT_LAW,
    DOMINATED_CONVERGENCE,
    CONSTANT_RANK,
    VANISHING,
)
"""The rules that show the limit on the left of their claim to exist."""


def terms_of(relation: Relation) -> Iterator[Term]:
    """All terms in it, at any depth."""
    stack = [value for value in vars(relation).values() if isinstance(value, Term)]
    while stack:
        term = stack.pop()
        yield term
        stack.extend(parts(term))


def limits_of(relation: Relation) -> Iterator[Applied]:
    """All limits in it, at any depth."""
    return (t for t in terms_of(relation) if isinstance(t, Applied) and t.operator in LIMITS)


def limits_exist(claim: Relation, rule: Rule, premises: Premises, known: Iterable[Relation]) -> None:
    """Raise `Rejected` where a limit in the claim need not exist; ``known``: all premises but definitions."""
    shown = claim.left if isinstance(claim, Equal) and rule in SHOWING else None
    wanted = [limit for limit in limits_of(claim) if limit != shown]
    if not wanted:
        return
    readings = (Reading(), _reading(premises))
    mentioned = {form for one in known for limit in limits_of(one) for form in _forms(limit, readings)}
    for limit in wanted:
        resolved = _reading(premises, limit.operator).of(limit)
        if _has_limit(resolved) and mentioned.isdisjoint(_forms(limit, readings)):
            raise Rejected(f"nothing says that {limit} exists")


def _reading(premises: Premises, *passing: str) -> Reading:
    try:
        return premises.reading(passing=frozenset(passing))
    except ValueError:  # a premise that is no rewriting
        return Reading(passing=frozenset(passing))


def _forms(limit: Term, readings: Iterable[Reading]) -> Iterator[Poly]:
    for reading in readings:
        yield from (reading.of(limit), reading.of(limit).T)


def _has_limit(poly: Poly) -> bool:
    return poly.contains(lambda letter: getattr(letter.atom, "operator", "") in LIMITS)
