"""Mechanical changes to a step of a proof, each of which should make the checker reject that step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import sympy

from theory.proof import c
from theory.proof.checker import Checked, together
from theory.proof.normal_form import Reading
from theory.proof.relations import Equal, FirstOrder, Normal, Relation, Same, Within
from theory.proof.rules.core import Premises
from theory.proof.terms import IllTyped, Product, Scaled, Term, Transpose, parts, rebuild
from theory.proof.units import E


@dataclass(frozen=True)
class Mutant:
    """A changed step: what was done, the claim and the premises; no claim where it cannot be written."""

    kind: str
    claim: Relation | None
    premises: Premises


def mutants(checked: Checked) -> Iterator[Mutant]:
    """All mechanical changes of one accepted step."""
    step, premises = checked.step, checked.premises
    for kind, claim in _claims(step.claim):
        yield Mutant(kind, claim, premises)
    for assumption in checked.hypotheses:
        kept = (cited for cited in checked.cited if assumption not in cited.assumptions)
        yield Mutant(f"without {assumption.id}", step.claim, together(kept))


def without_one_source(checked: Checked) -> Iterator[tuple[str, Premises]]:
    """The premises with one cited source left out at a time."""
    for cited in checked.cited:
        yield str(cited.source), together(other for other in checked.cited if other is not cited)


def _claims(claim: Relation) -> Iterator[tuple[str, Relation | None]]:
    for name in claim.__dataclass_fields__:
        value = getattr(claim, name)
        if isinstance(value, Term):
            changed = _terms(value)
        elif isinstance(value, sympy.Expr):
            changed = _numbers(value)
        elif name == "below" and value is not None:
            changed = iter([("one order more in c", value + 1)])
        else:
            continue
        for kind, new in changed:
            if new is None:
                yield kind, None
                continue
            try:
                yield kind, replace(claim, **{name: new})
            except IllTyped:
                yield kind, None


def _terms(term: Term) -> Iterator[tuple[str, Term | None]]:
    """The term with one place changed."""
    if isinstance(term, Transpose):
        yield "transpose dropped", term.term
    if isinstance(term, Product):
        for k in range(len(term.factors) - 1):
            factors = list(term.factors)
            factors[k], factors[k + 1] = factors[k + 1], factors[k]
            yield "factors swapped", _tried(lambda factors=factors: Product(tuple(factors)))
    if isinstance(term, Scaled) and term.coefficient.has(c):
        for changed in _powers(term.coefficient):
            yield "power of c", Scaled(changed, term.term)
    children = list(parts(term))
    for position, child in enumerate(children):
        for kind, new in _terms(child):
            if new is None:
                yield kind, None
                continue
            counter = iter(range(len(children)))
            yield (
                kind,
                _tried(
                    lambda new=new, counter=counter, position=position: rebuild(
                        term, lambda old: new if next(counter) == position else old
                    )
                ),
            )


def _tried(make: object) -> Term | None:
    try:
        return make()  # type: ignore[operator]
    except IllTyped:
        return None


def _numbers(value: sympy.Expr) -> Iterator[tuple[str, sympy.Expr]]:
    for changed in _powers(value):
        yield "power of c", changed


def _powers(value: sympy.Expr) -> Iterator[sympy.Expr]:
    """One factor c more in one term, at the top or in a mean."""
    terms = sympy.Add.make_args(value)
    for k, term in enumerate(terms):
        if term.has(c):
            yield value + term * (c - 1)
    for mean in value.atoms(E):
        yield value.xreplace({mean: E(c * mean.args[0])})


def equivalent(old: Relation, new: Relation) -> bool:
    """Whether ring algebra alone makes the changed claim the same."""
    if type(old) is not type(new):
        return False
    plain = Reading()
    match old:
        case Equal() | FirstOrder():
            same = plain.of(old.left) == plain.of(new.left) and plain.of(old.right) == plain.of(new.right)
            moved = plain.of(old.left - old.right) == plain.of(new.left - new.right)
            return same or moved
        case Normal():
            return plain.of(old.term) == plain.of(new.term) and plain.of(old.covariance) == plain.of(
                new.covariance
            )
        case Same():
            return (
                old.below == new.below and sympy.expand((old.left - old.right) - (new.left - new.right)) == 0
            )
        case Within():
            return sympy.expand(old.value - new.value) == 0 and sympy.expand(old.bound - new.bound) == 0
    terms = [name for name in old.__dataclass_fields__ if isinstance(getattr(old, name), Term)]
    return all(plain.of(getattr(old, n)) == plain.of(getattr(new, n)) for n in terms) and all(
        getattr(old, n) == getattr(new, n) for n in old.__dataclass_fields__ if n not in terms
    )
