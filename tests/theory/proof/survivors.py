"""Changed steps that the checker takes, and why each of them says nothing wrong.

`python -m tests.theory.proof.survivors` lists them all. A reason is a predicate: what falls under it is
computed, by as little of the checker as the reason needs, and never listed by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import sympy

from tests.theory.proof.mutations import LAYER_SHIFTED, WITHOUT, Mutant, equivalent, is_accepted, mutants
from theory.proof import Proof, check
from theory.proof.checker import Checked
from theory.proof.constants import LAYER
from theory.proof.normal_form import Letter, Nested, Poly, Reading
from theory.proof.relations import (
    Bounded,
    Equal,
    FirstOrder,
    Invertible,
    Relation,
    Within,
    relation_at,
)
from theory.proof.rules import RIDGE
from theory.proof.terms import (
    LIMITS,
    Applied,
    Identity,
    Inverse,
    Product,
    Scaled,
    Sum,
    Symbol,
    Term,
    Transpose,
    Zero,
    parts,
    plim,
    rebuild,
)
from theory.proof.text import claim as written
from theory.proof.vocabulary import SMALL


@dataclass(frozen=True)
class Examined:
    """A mutant of an accepted step, whether the checker takes it, and whether it is no change at all."""

    checked: Checked
    mutant: Mutant
    accepted: bool
    unchanged: bool


def examine(proof: Proof) -> Iterator[Examined]:
    """Every mutant of every step of the proof."""
    for checked in check(proof):
        for mutant in mutants(checked):
            accepted = is_accepted(checked, mutant)
            unchanged = (
                accepted
                and not mutant.kind.startswith(WITHOUT)
                and mutant.claim is not None
                and equivalent(checked.step.claim, mutant.claim)
            )
            yield Examined(checked, mutant, accepted, unchanged)


# -- reasons -------------------------------------------------------------------------------------------------

Predicate = Callable[[Examined], bool]


def _claims(one: Examined) -> tuple[Relation, Relation | None]:
    return one.checked.step.claim, one.mutant.claim


def _sides(one: Examined) -> tuple[tuple[Term, Term], tuple[Term, Term]] | None:
    old, new = _claims(one)
    if isinstance(old, Equal | FirstOrder) and type(old) is type(new):
        return (old.left, old.right), (new.left, new.right)
    return None


def _same_by(one: Examined, reading: Reading) -> bool:
    """Whether the reading makes both claims the same, side by side."""
    sides = _sides(one)
    return sides is not None and all(reading.of(a) == reading.of(b) for a, b in zip(*sides, strict=True))


def _same_with(one: Examined, change: Callable[[Term], Term]) -> bool:
    """Whether the change, made in both claims, makes them the same, side by side."""
    sides, plain = _sides(one), Reading()
    return sides is not None and all(
        plain.of(change(a)) == plain.of(change(b)) for a, b in zip(*sides, strict=True)
    )


def _everywhere(term: Term, change: Callable[[Term], Term]) -> Term:
    return change(rebuild(term, lambda part: _everywhere(part, change)))


def _norms(one: Examined) -> bool:
    old, new = _claims(one)
    return (
        isinstance(old, Bounded)
        and isinstance(new, Bounded)
        and old.bound == new.bound
        and _bulk(old.term) == _bulk(new.term)
    )


def _bulk(term: Term) -> object:
    """What the bound of a norm is made of: neither the order of factors, nor transposes, nor signs."""
    match term:
        case Transpose():
            return _bulk(term.term)
        case Product():
            return ("product", tuple(sorted(map(repr, map(_bulk, term.factors)))))
        case Sum():
            return ("sum", tuple(sorted(map(repr, map(_bulk, term.terms)))))
        case Scaled():
            size = sympy.Abs(term.coefficient)
            return _bulk(term.term) if size == 1 else ("scaled", size, _bulk(term.term))
    return term


def _sizes(one: Examined) -> bool:
    old, new = _claims(one)
    return (
        isinstance(old, Within)
        and isinstance(new, Within)
        and sympy.expand(old.value + new.value) == 0
        and old.bound == new.bound
    )


def _inverse(one: Examined) -> bool:
    plain = Reading()
    known = frozenset(plain.of(relation.term) for relation in one.mutant.premises.of(Invertible))
    return bool(known) and _same_by(one, Reading(invertible=known))


def _penrose(one: Examined) -> bool:
    return _same_by(one, Reading(penrose=True))


def _multiple(one: Examined) -> bool:
    sides, plain = _sides(one), Reading()
    return sides is not None and _proportional(*(plain.of(left - right) for left, right in sides))


def _proportional(one: Poly, other: Poly) -> bool:
    """Whether one is a number other than 0 times the other."""
    if not one.terms or [m for m, _ in one.terms] != [m for m, _ in other.terms]:
        return False
    ratios = {sympy.cancel(a / b) for (_, a), (_, b) in zip(one.terms, other.terms, strict=True)}
    return len(ratios) == 1 and ratios.pop().is_Number


def _tautology(one: Examined) -> bool:
    _, new = _claims(one)
    return isinstance(new, Equal) and Reading().of(new.left) == Reading().of(new.right)


def _constant(one: Examined) -> bool:
    names = tuple(
        (word, Reading().of(known.right))
        for known in one.mutant.premises.of(Equal)
        if isinstance(known.right, Symbol) and (word := Reading().of(known.left).as_word()) is not None
    )
    return _same_by(one, Reading(rewritings=names, passing=LIMITS))


def _ridge(one: Examined) -> bool:
    """A Gram matrix stays one with Avg for E, and a positive number stays one when doubled."""
    old, new = _claims(one)
    if one.checked.step.rule is not RIDGE or not isinstance(new, Invertible):
        return False

    def coarse(part: Term) -> Term:
        if isinstance(part, Applied) and part.operator == "E":
            return Applied("Avg", part.term)
        if isinstance(part, Scaled) and isinstance(part.term, Identity) and part.coefficient.is_positive:
            return part.term
        return part

    return bool(_everywhere(old.term, coarse) == _everywhere(new.term, coarse))


def _weak_law(one: Examined) -> bool:
    """Inside a limit in probability, an average that a premise or the weak law takes to its mean."""

    def inside(part: Term) -> Term:
        if isinstance(part, Applied) and part.operator in ("plim", "plim0"):
            return Applied(part.operator, _everywhere(part.term, _as_mean))
        return part

    return _same_with(one, lambda term: _everywhere(term, inside))


def _as_mean(part: Term) -> Term:
    if isinstance(part, Applied) and part.operator in ("Avg", "E"):
        return Applied("E′", part.term)
    return part


def _beside_small(one: Examined) -> bool:
    """An average in a product with what is small."""
    return isinstance(one.mutant.claim, FirstOrder) and _same_with(one, _means_beside_small)


def _means_beside_small(term: Term) -> Term:
    match term:
        case Sum():
            return Sum(tuple(map(_means_beside_small, term.terms)))
        case Scaled():
            return Scaled(term.coefficient, _means_beside_small(term.term))
    return _everywhere(term, _as_mean) if _has_small(term) else term


def _has_small(term: Term) -> bool:
    if isinstance(term, Symbol):
        return term.name in SMALL
    return any(map(_has_small, parts(term)))


def _change_of_nothing(one: Examined) -> bool:
    """One term was changed, and by the premises the change is one by 0."""
    sides = _sides(one)
    if sides is None or sides[0][0].shape != sides[1][0].shape:
        return False
    changes = [old - new for old, new in zip(*sides, strict=True)]
    reading = one.mutant.premises.reading()
    return sum(len(Reading().of(change).terms) for change in changes) == 1 and not any(
        reading.of(change).terms for change in changes
    )


def _beside_nothing(one: Examined) -> bool:
    """plim X Y = 0, by the premises because of X, with another Y that has a limit too."""
    found, passing = _claims(one), frozenset({"plim"})
    match found:
        case (
            Equal(Applied("plim", Product((first, *_))), Zero()),
            Equal(Applied("plim", Product((again, *rest))), Zero()),
        ) if first == again:
            reading = one.mutant.premises.reading(passing=passing)
            limits = [reading.of(plim(factor)) for factor in rest]
            inverted = [reading.of(plim(part)) for factor in rest for part in _inverted(factor)]
            return (
                not reading.of(plim(first)).terms
                and not any(limit.contains(_unresolved) for limit in limits)
                and all(map(reading.inverts, inverted))
            )
    return False


def _unresolved(letter: Letter) -> bool:
    return isinstance(letter.atom, Nested) and letter.atom.operator == "plim"


def _inverted(term: Term) -> Iterator[Term]:
    """What is inverted in it."""
    if isinstance(term, Inverse):
        yield term.term
    for part in parts(term):
        yield from _inverted(part)


def _of_the_layer_above(one: Examined) -> bool:
    """The claim for i + 1, which a premise of the induction says already."""
    return one.mutant.claim in one.mutant.premises.relations


def _of_any_layer(one: Examined) -> bool:
    """The claim for i + 1, from premises that say nothing of i."""
    general = tuple(
        cited
        for cited in one.mutant.cited
        if all(relation_at(relation, LAYER + 1) == relation for relation in cited.relations)
    )
    return one.mutant.kind == LAYER_SHIFTED and is_accepted(one.checked, replace(one.mutant, cited=general))


GROUPS: tuple[tuple[str, str, Predicate], ...] = (
    (
        "norms",
        "|AB| and |BᵀA| have the same bound |A||B|, as have A - B and A + B",
        _norms,
    ),
    ("size", "the size of -x is that of x", _sizes),
    ("inverse", "X X⁻¹ = X⁻¹ X = I, for an X that the premises call invertible", _inverse),
    (
        "pseudo-inverse",
        "a symmetric matrix commutes with its pseudo-inverse, and X X⁺ X - X = 0 times anything is 0",
        _penrose,
    ),
    ("multiple", "an equation times a number other than 0 is the same equation", _multiple),
    ("identity", "the changed claim says X = X", _tautology),
    ("constant", "what does not depend on the sample or on c is its own limit, whichever", _constant),
    ("ridge", "an average of v vᵀ is a Gram matrix like its mean, and 2γ is positive like γ", _ridge),
    ("weak law", "in a limit in probability, an average and its mean are the same", _weak_law),
    ("first order", "beside what is of order T^(-1/2), an average and its mean are the same", _beside_small),
    ("zero", "the changed term is 0 by the premises", _change_of_nothing),
    ("vanishing", "what tends to 0, times another matrix that converges, tends to 0 too", _beside_nothing),
    ("induction", "it is the claim for the layer above, a premise of the induction", _of_the_layer_above),
    ("any layer", "it is the claim for i + 1, from premises that hold for every layer", _of_any_layer),
)
"""Why a survivor says nothing wrong: a name, the reason, and what falls under it."""


def group_of(one: Examined) -> str | None:
    """The first group that the survivor falls under; None for one without a reason."""
    return next((name for name, _, belongs in GROUPS if belongs(one)), None)


def listing() -> Iterator[str]:
    """All survivors with their reasons, as text."""
    from theory.proofs.catalogue import PROOFS

    reasons = {name: reason for name, reason, _ in GROUPS}
    for proof in PROOFS:
        for one in examine(proof):
            if one.accepted and not one.unchanged and one.mutant.claim is not None:
                group = group_of(one)
                yield (
                    f"{proof.statement} {proof.title}, step {one.checked.number} {one.checked.phase}: "
                    f"{one.mutant.kind}\n    {written(one.mutant.claim)}\n    "
                    f"{group or 'OPEN'}: {reasons.get(group or '', 'no reason known')}"
                )


if __name__ == "__main__":
    print("\n".join(listing()))
