"""What a step of a proof can claim."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TypeAlias

import sympy

from theory.proof.terms import LAYER, IllTyped, Term, at_layer, same_shape


@dataclass(frozen=True)
class Equal:
    """Two matrices of one shape are equal: for almost every row and every sample, and every small c > 0.

    ``sample``: for the rows of the sample only.
    """

    left: Term
    right: Term
    sample: bool = False

    def __post_init__(self) -> None:
        same_shape(self.left, self.right)


@dataclass(frozen=True)
class Bounded:
    """|term| <= bound for every row and every 0 < c <= 1 (or every small c): a number from a norm."""

    term: Term
    bound: sympy.Expr


@dataclass(frozen=True)
class Finite:
    """The expectation of the number over a row is finite; or that given the datum, for almost every one."""

    value: sympy.Expr
    given_datum: bool = False


@dataclass(frozen=True)
class Integrable:
    """E |term| is finite; of a polynomial in statistics, E |coefficient| for each of its coefficients.

    ``given_datum``: E[|term| | x, y], for almost every datum.
    """

    term: Term
    given_datum: bool = False


@dataclass(frozen=True)
class Invertible:
    """The matrix is invertible: for every small c and, in a sample, with probability tending to 1."""

    term: Term

    def __post_init__(self) -> None:
        rows, columns = self.term.shape
        if rows != columns:
            raise IllTyped(f"{self.term} is {rows} x {columns}: only a square matrix has an inverse")


@dataclass(frozen=True)
class Polynomial:
    """A polynomial in statistics that converge in probability, with coefficients that depend on one row."""

    term: Term


@dataclass(frozen=True)
class ConstantRank:
    """The rank of the matrix is that of its limit, for every small c or with probability tending to 1."""

    term: Term


@dataclass(frozen=True)
class Tight:
    """Bounded in probability as T grows."""

    term: Term


@dataclass(frozen=True)
class Normal:
    """sqrt(T) times the term, a column, tends in law to a normal one with this covariance and mean 0."""

    term: Term
    covariance: Term


@dataclass(frozen=True)
class FirstOrder:
    """Two statistics agree up to what sqrt(T) times still makes vanish in probability."""

    left: Term
    right: Term

    def __post_init__(self) -> None:
        same_shape(self.left, self.right)


@dataclass(frozen=True)
class Same:
    """Two numbers are equal: expressions in the noise of single units, their means, derivatives of the loss.

    ``below``: up to terms of that order in c.
    """

    left: sympy.Expr
    right: sympy.Expr
    below: int | None = None


@dataclass(frozen=True)
class Within:
    """The size of a number is at most the bound."""

    value: sympy.Expr
    bound: sympy.Expr


Relation: TypeAlias = (
    Equal
    | Bounded
    | Finite
    | Integrable
    | Invertible
    | Polynomial
    | ConstantRank
    | Tight
    | Normal
    | FirstOrder
    | Same
    | Within
)


def relation_at(relation: Relation, layer: sympy.Expr) -> Relation:
    """The same claim for another layer."""
    changes: dict[str, object] = {}
    for field in fields(relation):
        value = getattr(relation, field.name)
        if isinstance(value, Term):
            changes[field.name] = at_layer(value, layer)
        elif isinstance(value, sympy.Expr):
            changes[field.name] = value.subs(LAYER, layer)
    return replace(relation, **changes)
