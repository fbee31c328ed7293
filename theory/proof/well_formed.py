"""What a claim may be made of: terms, symbols and numbers of the vocabulary, each of exactly its own kind.

A claim is written by whoever wants it accepted. So nothing in it is taken on trust: a subclass may say of
itself what it likes, a flag may be anything, and a number in no rule's mind may make any rule wrong.
"""

from __future__ import annotations

from dataclasses import fields, replace
from math import comb, prod
from typing import get_args

import sympy

from theory.proof.existence import terms_of
from theory.proof.numbers import is_size, strange_number, undefined_power
from theory.proof.relations import Relation
from theory.proof.rules import Rejected
from theory.proof.terms import (
    Applied,
    Identity,
    Inverse,
    Product,
    PseudoInverse,
    Scaled,
    Sum,
    Symbol,
    Term,
    Transpose,
    Zero,
    parts,
)
from theory.proof.vocabulary import is_known

RELATIONS = get_args(Relation)
TERMS = (Symbol, Identity, Zero, Product, Sum, Scaled, Transpose, Inverse, PseudoInverse, Applied)


def well_formed(claim: Relation) -> None:
    """Raise `Rejected` where a part of the claim is none that the rules know."""
    if type(claim) not in RELATIONS:
        raise Rejected(f"a {type(claim).__name__} is no claim of the language")
    for part in fields(claim):
        _of_its_kind(claim, part.name, str(part.type))
    replace(claim)  # what makes a claim one of its kind is asked once more: that both sides have one shape
    for term in terms_of(claim):
        _known(term)
    for value in vars(claim).values():
        if isinstance(value, sympy.Expr) and (strange := strange_number(value)):
            raise Rejected(strange)
        if isinstance(value, sympy.Expr | Term) and _length(value) > _LONGEST:
            raise Rejected(f"written out, the claim has more than {_LONGEST} terms")


def powers_are_defined(claim: Relation) -> None:
    """Raise `Rejected` where a number in the claim is divided by what may be 0, or is a root of what may be
    negative.
    """
    for value in vars(claim).values():
        if isinstance(value, sympy.Expr) and (undefined := undefined_power(value)):
            raise Rejected(undefined)


def _of_its_kind(claim: Relation, name: str, annotated: str) -> None:
    """A flag is True or False, an order a whole number from 1, the others terms or numbers."""
    value = getattr(claim, name)
    match annotated:
        case "bool" if type(value) is not bool:
            raise Rejected(f"{name} is {value!r}, neither True nor False")
        case "int | None" if value is not None and not (type(value) is int and value > 0):
            raise Rejected(f"an equation holds up to a power of c from 1, not to below {value!r}")
        case "Term" if not isinstance(value, Term):
            raise Rejected(f"{name} of the claim is {value!r}, not a term")
        case "sympy.Expr" if not isinstance(value, sympy.Expr):
            raise Rejected(f"{name} of the claim is {value!r}, not a number")


def _length(value: sympy.Expr | Term) -> int:
    """An upper bound of the number of terms that the expression has when it is multiplied out."""
    if isinstance(value, Term):
        lengths = [_length(part) for part in parts(value)]
        return sum(lengths) if isinstance(value, Sum) else prod(lengths)
    if value.is_Add:
        return sum(map(_length, value.args))
    if value.is_Pow and value.exp.is_Integer:
        return comb(_length(value.base) + abs(int(value.exp)) - 1, abs(int(value.exp)))
    return prod(map(_length, value.args))


_LONGEST = 20_000


def _known(term: Term) -> None:
    if type(term) not in TERMS:
        raise Rejected(f"a {type(term).__name__} is no term of the language")
    replace(term)  # what makes a term one of its kind is asked once more: shapes, operators, numbers
    if isinstance(term, Scaled) and (strange := strange_number(term.coefficient)):
        raise Rejected(strange)
    if isinstance(term, Symbol) and not is_known(term):
        raise Rejected(f"{term} is no symbol of the vocabulary")
    if isinstance(term, Identity | Zero):
        for size in term.shape:
            if not is_size(size):
                raise Rejected(f"{size} is no number of rows or columns")
