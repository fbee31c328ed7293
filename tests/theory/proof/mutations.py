"""Mechanical changes to a step of a proof, each of which should make the checker reject that step.

A change is one place of a claim made different, or one hypothesis no longer cited. A changed claim that has
disagreeing sizes cannot even be written; it counts as rejected, by the types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import sympy

from theory.proof import c
from theory.proof.checker import Checked, Cited, Induction, Proof, Step, together
from theory.proof.constants import DEPTH, LAYER
from theory.proof.existence import inverses_exist, limits_exist
from theory.proof.normal_form import Reading
from theory.proof.relations import (
    Equal,
    Finite,
    FirstOrder,
    Normal,
    Relation,
    Same,
    Within,
    relation_at,
)
from theory.proof.rules.core import Premises
from theory.proof.terms import (
    Applied,
    IllTyped,
    Inverse,
    Product,
    Scaled,
    Sum,
    Symbol,
    Term,
    Transpose,
    at_layer,
    parts,
    rebuild,
)
from theory.proof.units import E
from theory.proof.vocabulary import Definition, is_known

SWAPPED, TRANSPOSE, POWER, WITHOUT = "factors swapped", "transpose dropped", "power of c", "without "
REQUIRED = (SWAPPED, TRANSPOSE, POWER, WITHOUT)
"""How the kinds of change start that every step has to withstand; the other kinds are further ones."""

LAYER_SHIFTED = "every layer shifted"

OTHER_OPERATORS = {
    "E": ("E|", "Avg"),
    "E|": ("E",),
    "E′": ("E", "Avg"),
    "Avg": ("E", "E′"),
    "plim": ("lim", "plim0"),
    "lim": ("plim",),
    "plim0": ("plim", "lim"),
}
"""What an operator may be mistaken for."""


@dataclass(frozen=True)
class Mutant:
    """A changed step: what was done, the claim, what it cites; no claim where it cannot be written."""

    kind: str
    claim: Relation | None
    cited: tuple[Cited, ...]

    @property
    def required(self) -> bool:
        """Whether it is of a kind that every step has to withstand."""
        return self.kind.startswith(REQUIRED)

    @property
    def premises(self) -> Premises:
        """What its rule is given to look at."""
        return together(self.cited)


def mutants(checked: Checked) -> Iterator[Mutant]:
    """All mechanical changes of one accepted step."""
    for kind, claim in changed_claims(checked.step.claim):
        yield Mutant(kind, claim, checked.cited)
    for assumption in checked.hypotheses:
        kept = tuple(cited for cited in checked.cited if assumption not in cited.assumptions)
        yield Mutant(f"{WITHOUT}{assumption.id}", checked.step.claim, kept)


def is_accepted(checked: Checked, mutant: Mutant) -> bool:
    """Whether the rule of the step takes the changed step, and the limits that it speaks of exist."""
    if mutant.claim is None:
        return False
    known = together(one for one in mutant.cited if not isinstance(one.source, Definition))
    try:
        checked.step.rule.check(mutant.claim, mutant.premises)
        limits_exist(mutant.claim, checked.step.rule, mutant.premises, known.relations)
        inverses_exist(mutant.claim, mutant.premises)
    except ValueError:
        return False
    return True


def without_one_source(checked: Checked) -> Iterator[tuple[str, Premises]]:
    """The premises with one cited source left out at a time."""
    for cited in checked.cited:
        yield str(cited.source), together(other for other in checked.cited if other is not cited)


def with_step(proof: Proof, number: int, step: Step) -> Proof:
    """The proof with its step of that number replaced, and nothing else."""
    found, counter = [], 0
    for part in proof.parts:
        blocks = ((part,),) if isinstance(part, Step) else (part.base, part.step, part.shared)
        changed = []
        for block in blocks:
            changed.append(
                tuple(step if counter + k == number else old for k, old in enumerate(block, start=1))
            )
            counter += len(block)
        if isinstance(part, Induction):
            base, inner, shared = changed
            found.append(replace(part, base=base, step=inner, shared=shared))
        else:
            found.append(changed[0][0])
    return replace(proof, parts=tuple(found))


# -- changes of a claim --------------------------------------------------------------------------------------


def changed_claims(claim: Relation) -> Iterator[tuple[str, Relation | None]]:
    """Every change of the claim, and what it does; None for one that cannot be written."""
    for name in claim.__dataclass_fields__:
        for kind, new in _changed_values(claim, name, getattr(claim, name)):
            yield (
                kind,
                None if new is None else _tried(lambda name=name, new=new: replace(claim, **{name: new})),
            )
    shifted = _tried(lambda: relation_at(claim, LAYER + 1))
    if shifted != claim:
        yield LAYER_SHIFTED, shifted


def _changed_values(claim: Relation, name: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Term):
        yield from _terms(value)
        if isinstance(claim, Equal | FirstOrder | Normal):
            yield "sign changed", _tried(lambda: (-1) * value)
            yield "coefficient doubled", _tried(lambda: 2 * value)
    elif isinstance(value, sympy.Expr):
        yield from _powers(value)
        if not isinstance(claim, Finite):  # a multiple or a part of what is finite is finite
            yield from _coefficients(value)
    elif name == "below" and value is not None:
        yield f"{POWER}, one order more", value + 1  # type: ignore[operator]  # an order is a number


def _terms(term: Term) -> Iterator[tuple[str, Term | None]]:
    """The term with one place changed."""
    yield from _at_the_top(term)
    children = list(parts(term))
    for position, child in enumerate(children):
        for kind, new in _terms(child):
            yield kind, None if new is None else _tried(lambda p=position, new=new: _put(term, p, new))


def _put(term: Term, position: int, new: Term) -> Term:
    """The term with the part of that number replaced."""
    counter = iter(range(len(list(parts(term)))))
    return rebuild(term, lambda old: new if next(counter) == position else old)


def _at_the_top(term: Term) -> Iterator[tuple[str, Term | None]]:
    match term:
        case Transpose():
            yield TRANSPOSE, term.term
        case Inverse():
            yield "inverse dropped", term.term
        case Product():
            for k in range(len(term.factors) - 1):
                yield SWAPPED, _tried(lambda k=k: Product(_swapped(term.factors, k)))
        case Sum():
            for k, part in enumerate(term.terms):
                rest = (*term.terms[:k], *term.terms[k + 1 :])
                yield "term dropped", rest[0] if len(rest) == 1 else Sum(rest)
                yield "sign changed", Sum((*term.terms[:k], (-1) * part, *term.terms[k + 1 :]))
        case Scaled():
            if term.coefficient.has(c):
                for _, changed in _powers(term.coefficient):
                    yield POWER, _tried(lambda changed=changed: Scaled(changed, term.term))
            yield "sign changed", Scaled(-term.coefficient, term.term)
            yield "coefficient doubled", Scaled(2 * term.coefficient, term.term)
        case Applied():
            yield f"{term.operator} dropped", term.term
            for other in OTHER_OPERATORS[term.operator]:
                yield f"{other} for {term.operator}", _tried(lambda other=other: Applied(other, term.term))
        case Symbol():
            for shift in (1, -1):
                moved = _shifted(term, shift)
                if moved is not None:
                    yield "index shifted", moved


def _swapped(factors: tuple[Term, ...], k: int) -> tuple[Term, ...]:
    return (*factors[:k], factors[k + 1], factors[k], *factors[k + 2 :])


def _shifted(symbol: Symbol, by: int) -> Term | None:
    """The same symbol of a neighbouring layer, where the vocabulary has it."""
    if symbol.index is None:
        return None
    if symbol.index.has(LAYER):
        moved = at_layer(symbol, LAYER + by)
    else:
        rows, columns, index = (
            size.subs(DEPTH, DEPTH + by) for size in (symbol.rows, symbol.columns, symbol.index)
        )
        moved = replace(symbol, rows=rows, columns=columns, index=index)
    return moved if not isinstance(moved, Symbol) or is_known(moved) else None


def _tried(make: Callable[[], object]) -> object | None:
    """What is made; None where sizes disagree."""
    try:
        return make()
    except IllTyped:
        return None


def _powers(value: sympy.Expr) -> Iterator[tuple[str, sympy.Expr]]:
    """One factor c more in one term, at the top or in a mean."""
    for term in sympy.Add.make_args(value):
        if term.has(c):
            yield POWER, value + term * (c - 1)
    for mean in value.atoms(E):
        yield POWER, value.xreplace({mean: E(c * mean.args[0])})


def _coefficients(value: sympy.Expr) -> Iterator[tuple[str, sympy.Expr]]:
    """Another number in front of one term."""
    terms = [term for term in sympy.Add.make_args(value) if term != 0]
    for term in terms:
        yield "sign changed", value - 2 * term
        yield "coefficient halved", value - term / 2
        if len(terms) > 1:
            yield "term dropped", value - term


# -- changes that change nothing -----------------------------------------------------------------------------


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
