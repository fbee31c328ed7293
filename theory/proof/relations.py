"""What a step of a proof can claim."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TypeAlias

import sympy

from theory.proof.constants import LAYER
from theory.proof.terms import IllTyped, Term, at_layer, same_shape


@dataclass(frozen=True)
class Equal:
    """Two matrices of one shape are equal, and the limits in them exist, for almost every row, every small c.

    Of what depends on the sample it says so for every sample, or, where it rests on an `Invertible` or
    `ConstantRank` matrix of the sample, with probability tending to 1. ``sample``: for the rows of the
    sample only.
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

    def __post_init__(self) -> None:
        _sympify(self, "bound")


@dataclass(frozen=True)
class Finite:
    """The expectation of the number over a row is finite; or that given the datum, for almost every one."""

    value: sympy.Expr
    given_datum: bool = False

    def __post_init__(self) -> None:
        _sympify(self, "value")


@dataclass(frozen=True)
class Integrable:
    """E |term| is finite; of a polynomial in statistics, E |coefficient| for each of its coefficients.

    ``given_datum``: E[|term| | x, y], for almost every datum.
    """

    term: Term
    given_datum: bool = False


@dataclass(frozen=True)
class Invertible:
    """The matrix is invertible: along what it depends on.

    One that depends on c alone for every small c, or for the c at hand where a proof takes no limit in c.
    One that depends on the sample with probability tending to 1 as T grows, in the way that the proof lets
    it grow: at every such c, or with c_T to 0. So a fact about c is none about T.
    """

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
    """The rank of the matrix is that of its limit, along what it depends on: as for `Invertible`."""

    term: Term


@dataclass(frozen=True)
class Tight:
    """Bounded in probability as T grows, in the way that the proof lets it grow."""

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

    def __post_init__(self) -> None:
        _sympify(self, "left", "right")


@dataclass(frozen=True)
class Within:
    """The size of a number is at most the bound."""

    value: sympy.Expr
    bound: sympy.Expr

    def __post_init__(self) -> None:
        _sympify(self, "value", "bound")


def _sympify(relation: object, *names: str) -> None:
    """Python numbers as those of sympy."""
    for name in names:
        object.__setattr__(relation, name, sympy.sympify(getattr(relation, name)))


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
    return replace(relation, **changes)  # type: ignore[arg-type]  # fields of its own class
