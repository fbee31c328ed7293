"""The same answers sooner: hashes and readings that are computed once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from theory.proof import polynomials, terms
from theory.proof.normal_form import Reading
from theory.proof.rules import Premises, core, limits, statistics


def _remember_hash(kind: type[Any]) -> None:
    """Let the class keep the hash of each of its frozen objects."""
    compute = kind.__hash__

    def remembered(self: Any) -> int:
        found = self.__dict__.get("_hash")
        if found is None:
            found = compute(self)
            object.__setattr__(self, "_hash", found)
        return found

    kind.__hash__ = remembered  # type: ignore[method-assign,assignment]


def remember_hashes() -> None:
    """For terms with terms inside, normal forms and readings, which are looked up by the million."""
    kinds = [
        terms.Product,
        terms.Sum,
        terms.Scaled,
        terms.Transpose,
        terms.Inverse,
        terms.PseudoInverse,
        terms.Applied,
        terms.Symbol,
        polynomials.Nested,
        polynomials.Letter,
        polynomials.Monomial,
        polynomials.Poly,
        Reading,
    ]
    for kind in kinds:
        if kind.__hash__.__name__ != "remembered":
            _remember_hash(kind)


def _shown(poly: polynomials.Poly) -> str:
    return "a normal form"


def _name_of_term(term: terms.Term) -> str:
    return type(term).__name__


@contextmanager
def remembering(premises: Premises) -> Iterator[None]:
    """Inside, a reading of these premises is made once for each set of abilities."""
    original = Premises.reading
    made: dict[Any, Reading | ValueError] = {}

    def reading(self: Premises, **abilities: Any) -> Reading:
        if self is not premises:
            return original(self, **abilities)
        key = frozenset((name, value) for name, value in abilities.items())
        if key not in made:
            try:
                made[key] = original(self, **abilities)
            except ValueError as error:
                made[key] = error
        found = made[key]
        if isinstance(found, ValueError):
            raise type(found)(*found.args)
        return found

    with (
        patch.object(Premises, "reading", reading),
        patch.object(core, "shown", _shown),  # what a refusal says is not read here
        patch.object(statistics, "shown", _shown),
        patch.object(limits, "shown", _shown),
        patch.object(terms.Term, "__str__", _name_of_term),
    ):
        yield
