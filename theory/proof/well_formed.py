"""What a claim may be made of: terms, symbols and numbers of the vocabulary, each of exactly its own kind.

A claim is written by whoever wants it accepted. So nothing in it is taken on trust: a subclass may say of
itself what it likes, a flag may be anything, and a number in no rule's mind may make any rule wrong.
"""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import sympy

from theory.proof.existence import terms_of
from theory.proof.numbers import is_size, strange_number, undefined_power
from theory.proof.relations import Relation, Same
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
)
from theory.proof.vocabulary import is_known

RELATIONS = get_args(Relation)
TERMS = (Symbol, Identity, Zero, Product, Sum, Scaled, Transpose, Inverse, PseudoInverse, Applied)


def well_formed(claim: Relation) -> None:
    """Raise `Rejected` where a part of the claim is none that the rules know."""
    if type(claim) not in RELATIONS:
        raise Rejected(f"a {type(claim).__name__} is no claim of the language")
    replace(claim)
    for name, value in vars(claim).items():
        _of_its_kind(claim, name, value)
    for term in terms_of(claim):
        _known(term)
    for value in vars(claim).values():
        if isinstance(value, sympy.Expr) and (strange := strange_number(value)):
            raise Rejected(strange)


def powers_are_defined(claim: Relation) -> None:
    """Raise `Rejected` where a number in the claim is divided by what may be 0, or is a root of what may be
    negative.
    """
    for value in vars(claim).values():
        if isinstance(value, sympy.Expr) and (undefined := undefined_power(value)):
            raise Rejected(undefined)


def _of_its_kind(claim: Relation, name: str, value: object) -> None:
    """A flag is True or False, an order a whole number from 1, all else a term or a number."""
    if name in ("sample", "given_datum"):
        if type(value) is not bool:
            raise Rejected(f"{name} is {value!r}, neither True nor False")
    elif name == "below" and isinstance(claim, Same):
        if value is not None and not (type(value) is int and value > 0):
            raise Rejected(f"an equation holds up to a power of c from 1, not to below {value!r}")
    elif not isinstance(value, Term | sympy.Expr):
        raise Rejected(f"{name} of the claim is {value!r}, neither a term nor a number")


def _known(term: Term) -> None:
    if type(term) not in TERMS:
        raise Rejected(f"a {type(term).__name__} is no term of the language")
    replace(term)  # what makes a term one of its kind is asked once more: shapes, operators, numbers
    if isinstance(term, Scaled) and (strange := strange_number(term.coefficient)):
        raise Rejected(strange)
    if isinstance(term, Symbol) and not is_known(term):
        raise Rejected(f"{term} is no symbol of the vocabulary")
    if isinstance(term, Identity | Zero):
        for size in vars(term).values():
            if not is_size(size):
                raise Rejected(f"{size} is no number of rows or columns")
