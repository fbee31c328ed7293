"""Whether the limits and the inverses that a claim speaks of exist: neither is ever just a name.

What a step claims of lim X, it claims of a limit that exists. So each limit in a claim is one that the rule
itself shows to exist, or one that the laws of limits resolve, or one that a premise already speaks of. A
definition is no such premise: to write lim X down does not make it exist.

So with X⁻¹: a premise says that X, or its limit, is invertible, or already speaks of X⁻¹. Here a definition
will do, as what it defines is there only where the inverse is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from theory.proof.normal_form import Reading
from theory.proof.polynomials import Poly
from theory.proof.relations import Equal, Invertible, Relation
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
from theory.proof.terms import LIMITS, ROW, SAMPLE, Applied, Inverse, Product, Term, deep, dependence

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
    return (term for value in vars(relation).values() if isinstance(value, Term) for term in deep(value))


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


def inverses_exist(claim: Relation, premises: Premises) -> None:
    """Raise `Rejected` where an inverse in the claim need not exist."""
    wanted = [term.term for term in terms_of(claim) if isinstance(term, Inverse)]
    if not wanted:
        return
    ways = ((), *((operator,) for operator in LIMITS))
    readings = [_reading(premises, *passing, linear=linear) for passing in ways for linear in (False, True)]
    spoken_of = [
        *(one.term for one in premises.of(Invertible)),
        *(t.term for one in premises.relations for t in terms_of(one) if isinstance(t, Inverse)),
    ]
    readings.append(Reading())
    known = {form for term in spoken_of for form in _forms(term, readings)}

    def is_known(term: Term) -> bool:
        if any(not known.isdisjoint(_forms(one, readings)) for one in (term, *_limits_that_tell(term))):
            return True
        return isinstance(term, Product) and all(
            f.shape[0] == f.shape[1] and is_known(f) for f in term.factors
        )

    for term in wanted:
        if not is_known(term):
            raise Rejected(f"nothing says that {term} is invertible")


def _limits_that_tell(term: Term) -> Iterator[Term]:
    """Near an invertible limit a matrix is invertible, unless how near depends on the row."""
    varies, _ = dependence(term)
    if not varies & ROW:
        yield from (Applied(o, term) for o in (("plim", "plim0") if SAMPLE in varies else ("lim",)))


def _reading(premises: Premises, *passing: str, linear: bool = False) -> Reading:
    try:
        return premises.reading(linear=linear, passing=frozenset(passing))
    except ValueError:  # a premise that is no rewriting
        return Reading(linear=linear, passing=frozenset(passing))


def _forms(limit: Term, readings: Iterable[Reading]) -> Iterator[Poly]:
    for reading in readings:
        yield from (reading.of(limit), reading.of(limit).T)


def _has_limit(poly: Poly) -> bool:
    return poly.contains(lambda letter: getattr(letter.atom, "operator", "") in LIMITS)
