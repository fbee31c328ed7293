"""What a rule is, and what it is given to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from theory.proof.normal_form import Reading
from theory.proof.polynomials import Letter, Poly, Word
from theory.proof.relations import Equal, Integrable, Invertible, Relation
from theory.proof.terms import Symbol, Term
from theory.proof.text import normal_form
from theory.results.statement import Assumption

Kind = TypeVar("Kind")


class Rejected(ValueError):
    """The claim does not follow by the rule from the premises."""


@dataclass(frozen=True)
class Premises:
    """What a step cites: relations (of earlier steps, definitions, hypotheses) and the
    hypotheses themselves.
    """

    relations: tuple[Relation, ...]
    assumptions: frozenset[Assumption] = frozenset()

    def of(self, kind: type[Kind]) -> list[Kind]:
        """The relations of a kind."""
        return [relation for relation in self.relations if isinstance(relation, kind)]

    def reading(self, **abilities: object) -> Reading:
        """A reading with the equations as rewritings from left to right and the invertible matrices as such.

        Each equation is itself read with the others, so that what one of them puts in is found by the next.
        """
        plain = Reading(
            invertible=frozenset(Reading().of(relation.term) for relation in self.of(Invertible)),
            **{k: v for k, v in abilities.items() if k not in ("passing", "into")},  # type: ignore[arg-type]
        )
        equations = [e for e in self.of(Equal) if plain.of(e.left) != plain.of(e.right)]
        rough = [_rewriting(equation, plain) for equation in equations]
        fine = [
            _rewriting(equation, replace(plain, rewritings=tuple(rough[:k] + rough[k + 1 :])), rough[k])
            for k, equation in enumerate(equations)
        ]
        reading = replace(plain, rewritings=tuple(fine), **abilities)  # type: ignore[arg-type]
        invertible = frozenset(reading.of(relation.term) for relation in self.of(Invertible))
        return replace(reading, invertible=reading.invertible | invertible)

    def need(self, *assumptions: Assumption) -> None:
        """Raise `Rejected` unless one of the assumptions is cited."""
        if not self.assumptions.intersection(assumptions):
            names = " or ".join(assumption.id for assumption in assumptions)
            raise Rejected(f"the rule needs the hypothesis {names} among the premises")

    def integrable(self, term: Term, reading: Reading) -> None:
        """Raise `Rejected` unless the integrability of the term is among the premises."""
        wanted = reading.of(term)
        if not any(
            reading.of(relation.term) == wanted
            for relation in self.of(Integrable)
            if not relation.given_datum
        ):
            raise Rejected(f"nothing says that {term} is integrable")


def _rewriting(
    equation: Equal, reading: Reading, fallback: tuple[Word, Poly] | None = None
) -> tuple[Word, Poly]:
    """The equation as a word and what to put in its place."""
    word = reading.of(equation.left).as_word()
    if word is None and fallback is not None:
        word = fallback[0]
    if word is None:
        raise Rejected(f"{equation.left} is no single product: the equation cannot be applied")
    return word, reading.of(equation.right)


@dataclass(frozen=True)
class Rule:
    """A rule: its name, what it says, whether it is trusted, and the check.

    ``supposes``: what a proof has to suppose to use it at all.
    """

    name: str
    statement: str
    check: Callable[[Relation, Premises], None]
    axiom: bool = False
    supposes: tuple[Assumption, ...] = ()


def equation(claim: Relation) -> Equal:
    """The claim as an equation; raises `Rejected` for any other."""
    if not isinstance(claim, Equal):
        raise Rejected("the rule proves equations between matrices")
    return claim


def expect(claim: Relation, kind: type[Kind], what: str) -> Kind:
    """The claim as one of the kind that the rule proves."""
    if not isinstance(claim, kind):
        raise Rejected(f"the rule proves {what}")
    return claim


def compare(left: Term, right: Term, reading: Reading) -> None:
    """Raise `Rejected` unless both have the same normal form under the reading."""
    sides = [reading.of(side) for side in (left, right)]
    if sides[0] != sides[1]:
        raise Rejected(f"the sides differ: {shown(sides[0])}  is not  {shown(sides[1])}")


def shown(poly: Poly) -> str:
    """A normal form, for messages."""
    return normal_form(poly)


def letter_of(term: Term) -> Letter | None:
    """The term as a single letter, if it is one."""
    word = Reading().of(term).as_word()
    return word[0] if word and len(word) == 1 else None


def is_one_of(letter: Letter, terms: Iterable[Term]) -> bool:
    """Whether the letter is one of the terms, or the transpose of one."""
    return any(letter_of(term) in (letter, letter.T) for term in terms)


def name(letter: Letter) -> str:
    """A letter, for messages."""
    return letter.atom.name if isinstance(letter.atom, Symbol) else shown(letter.atom.inner)
