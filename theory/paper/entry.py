"""What the table of the paper is made of: an entry for each equation, theorem, assumption and remark.

An entry says how the paper prints something and how we judge it. Where the printed form can be written in
the language of the proofs, the entry builds it, and the verdict is computed from what comes out: the form
does not build because its shapes do not chain, or because it asks for a layer that has no noise; it builds
and is the same as the mended form; it builds and is another. What the mended form needs besides is listed,
and what refutes the printed claim is a function whose value is not zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import NamedTuple, TypeAlias

import sympy

from theory.proof.relations import Equal, Relation, Same
from theory.proof.rules import Premises
from theory.proof.terms import IllTyped, Symbol, Term, rebuild
from theory.proof.vocabulary import HIDDEN
from theory.results.statement import Assumption

VERDICTS = {
    "definition": "it fixes a name, and what it fixes is well formed",
    "right": "it holds as it is printed",
    "right as meant": "the notation slips, and what is meant holds",
    "wrong index": "an index or a range is wrong",
    "wrong shape": "the shapes do not chain: it cannot be written",
    "repaired": "it holds after a hypothesis, or the place of a term, is mended",
    "false": "it does not hold as printed: there is a counterexample",
    "left open": "the paper leaves it open, and it is settled here",
}
"""Every verdict, and what it says."""

Form: TypeAlias = Callable[[], "Term | Relation"]
Refutation: TypeAlias = Callable[[], sympy.Basic]


class ProofStep(NamedTuple):
    """A step of one of our proofs: the id of the statement, the title of the proof, the label of the step."""

    statement: str
    title: str
    label: str


@dataclass(frozen=True)
class Entry:
    """A formula or a sentence of the paper, and what we say of it.

    ``printed`` and ``fixed`` are LaTeX, ``problem`` is a sentence or two with formulas in dollars; both of
    them are empty where there is nothing to mend. ``as_printed`` and ``as_fixed`` build the two forms, to
    be compared with the equations ``using`` put in. ``needs`` are the hypotheses that the paper does not
    state; ``shown_by`` are the steps and the statements (by their ids) that prove the mended form, the step
    that claims it first. ``refuted_by`` are functions: what the printed claim says is zero, exactly, and is
    not.
    """

    label: str
    where: str
    printed: str
    verdict: str
    problem: str = ""
    fixed: str = ""
    shown_by: tuple[ProofStep | str, ...] = ()
    refuted_by: tuple[Refutation, ...] = ()
    needs: tuple[Assumption, ...] = ()
    as_printed: Form | None = None
    as_fixed: Form | None = None
    using: tuple[Relation, ...] = ()

    @property
    def statements(self) -> tuple[str, ...]:
        """The ids of the statements that show it, each once."""
        return tuple(dict.fromkeys(s if isinstance(s, str) else s.statement for s in self.shown_by))


class NoSuchLayer(ValueError):
    """A layer without noise, or none at all."""


def perturbed(i: sympy.Expr) -> sympy.Expr:
    """The layer i, if its units are perturbed: 1 <= i <= N. Raises `NoSuchLayer` otherwise."""
    if i in HIDDEN or (i.is_Integer and i >= 1):
        return i
    raise NoSuchLayer(f"layer {i} is not perturbed: there is no estimate of its gradient")


def possible_verdicts(entry: Entry) -> frozenset[str]:
    """The verdicts that the forms, the needs and the refutations of an entry leave open.

    It is a single one for most entries that can be written in the language of the proofs. Empty where they
    contradict each other, for instance where something is refuted that comes out the same when mended.
    """
    printed, fixed = _outcome(entry.as_printed), _outcome(entry.as_fixed)
    if isinstance(fixed, ValueError):
        return frozenset()
    if isinstance(printed, IllTyped):
        return frozenset({"wrong shape"}) if fixed is not None else frozenset()
    if isinstance(printed, NoSuchLayer):
        return frozenset({"wrong index"}) if fixed is not None else frozenset()
    if isinstance(printed, ValueError):
        return frozenset()
    same = None if printed is None or fixed is None else agree(printed, fixed, entry.using)
    if entry.refuted_by:
        return frozenset() if same and not entry.needs else frozenset({"false", "repaired"})
    if entry.needs:
        return frozenset({"repaired", "left open"})
    if same:
        return frozenset({"right", "definition"})
    if printed is None or fixed is None or same is None:
        return frozenset({"right", "definition", "right as meant", "left open"})
    if agree(without_indices(printed), without_indices(fixed), ()):
        return frozenset({"wrong index"})
    return frozenset({"right as meant"})


def _outcome(form: Form | None) -> Term | Relation | ValueError | None:
    """The form, or what went wrong; None where there is none."""
    if form is None:
        return None
    try:
        return form()
    except (IllTyped, NoSuchLayer) as error:
        return error


def agree(left: Term | Relation, right: Term | Relation, using: Iterable[Relation]) -> bool:
    """Whether both say the same, read with the linearity of averages and the equations ``using``.

    Equations may be turned round. Relations of different kinds do not agree.
    """
    if isinstance(left, Same) and isinstance(right, Same):
        away = [sympy.expand(form.left - form.right) for form in (left, right)]
        return left.below == right.below and away[0] == away[1]
    reading = Premises(tuple(using)).reading(linear=True)
    if isinstance(left, Term) or isinstance(right, Term):
        return isinstance(left, Term) and isinstance(right, Term) and reading.of(left) == reading.of(right)
    if type(left) is not type(right):
        return False
    if isinstance(left, Equal) and isinstance(right, Equal):
        sides = [{reading.of(form.left), reading.of(form.right)} for form in (left, right)]
        return sides[0] == sides[1]
    for field in fields(left):
        values = [getattr(form, field.name) for form in (left, right)]
        if isinstance(values[0], Term):
            values = [reading.of(value) for value in values]
        if values[0] != values[1]:
            return False
    return True


def without_indices(form: Term | Relation) -> Term | Relation:
    """The same form with the layers taken off its symbols; the shapes stay."""
    if isinstance(form, Term):
        return _bare(form)
    changes = {
        field.name: _bare(value)
        for field in fields(form)
        if isinstance(value := getattr(form, field.name), Term)
    }
    return replace(form, **changes)  # type: ignore[arg-type]  # fields of its own class


def _bare(term: Term) -> Term:
    return replace(term, index=None) if isinstance(term, Symbol) else rebuild(term, _bare)
