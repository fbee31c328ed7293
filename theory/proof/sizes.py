"""Numbers that bound matrices: norms of symbols, what follows from them, and which of their means are finite.

|X| is the Euclidean norm of a column and the operator norm of a matrix, so that |AB| <= |A||B|.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import sympy
from sympy.core.function import AppliedUndef

from theory.proof.constants import NUMBERS, c
from theory.proof.terms import ONE, ROW, Identity, Product, Scaled, Sum, Symbol, Term, Transpose

NOISE_SIZE = sympy.Symbol("|ξ|", nonnegative=True)
"""The norm of the noise of a row, over all hidden units."""

GROWTH = sympy.Symbol("K", nonnegative=True)
"""K(x, y), the growth of the loss at a datum (S1)."""

POWER = sympy.Symbol("q", nonnegative=True)
"""q, the power with which the loss may grow (S1)."""


def slope_product(i: sympy.Expr) -> sympy.Expr:
    """|D^N| .. |D^i|, a number of the datum; 1 for the output."""
    return sympy.Function("δ", nonnegative=True)(i)


def gain(i: sympy.Expr) -> sympy.Expr:
    """|W~^{N+1}| .. |W~^{i+1}|, the same for all rows; 1 for the output."""
    return sympy.Function("β", nonnegative=True)(i)


def fitted_gain(i: sympy.Expr) -> sympy.Expr:
    """|B^{N+1}| .. |B^{i+1}| of the sample, the same for all rows; 1 for the output."""
    return sympy.Function("β̂", nonnegative=True)(i)


def norm(symbol: Symbol) -> sympy.Expr:
    """The number |symbol|, a function of c where the symbol is; with double bars where it
    is that of all rows.
    """
    name = f"|{symbol.name}|" if symbol.varies & ROW else f"‖{symbol.name}‖"
    arguments = [*([] if symbol.index is None else [symbol.index]), *([c] if symbol.moves else [])]
    if not arguments:
        return sympy.Symbol(name, nonnegative=True)
    return sympy.Function(name, nonnegative=True)(*arguments)


def largest(symbol: Symbol) -> sympy.Expr:
    """The largest |symbol| for small c, if that is finite: a number without c."""
    return norm(replace(symbol, moves=False))


NOISY = frozenset(
    f"|{name}|" for name in ("λ̂", "λ̂⁰", "λcv", "ẽᶠ", "u", "η", "ΔL/c", "g̃", "λ(ξ)", "e(ξ)", "D(ξ)")
)
"""The sizes that depend on the noise of the row: they are not independent of it."""


def same_for_all_rows(factor: sympy.Expr) -> bool:
    """Whether the number does not depend on the row."""
    base, exponent = factor.as_base_exp()
    if exponent.atoms(sympy.Symbol) - {POWER}:
        return False
    name = base.func.__name__ if isinstance(base, sympy.core.function.AppliedUndef) else str(base)
    return bool(factor.is_number) or name in ("β", "β̂") or name.startswith("‖")


def size_of(term: Term, known: Mapping[Term, sympy.Expr]) -> sympy.Expr:
    """A bound of the norm, from those of the symbols, or the ``known`` ones in their place.

    Raises ``LookupError`` for what has none.
    """
    if term in known:
        return known[term]
    match term:
        case Symbol():
            return norm(term)
        case Identity():
            return sympy.Integer(1)
        case Product():
            return sympy.Mul(*(size_of(factor, known) for factor in term.factors))
        case Sum():
            return sympy.Add(*(size_of(part, known) for part in term.terms))
        case Scaled():
            return sympy.Abs(term.coefficient) * size_of(term.term, known)
        case Transpose():
            return size_of(term.term, known)
    raise LookupError(term)


def finite_moment(value: sympy.Expr, known: Sequence[sympy.Expr], given_datum: bool = False) -> str:
    """Why E[value] need not be finite; empty where it is, because every term of it splits into a power of the
    noise and a part of the datum, independent of it, both with ``known`` finite means.

    A power of |ξ| below a known one has a finite mean too. ``given_datum``: the datum's part is a constant.
    """
    for term in sympy.Add.make_args(sympy.expand(sympy.powsimp(sympy.expand(value)))):
        varying = sympy.Mul(
            *(f for f in sympy.Mul.make_args(sympy.powsimp(term)) if not same_for_all_rows(f))
        )
        if any(_multiple(varying, k) for k in known):
            continue
        if strange := _no_size(term):
            return f"nothing says that {strange} is finite: it is no size of the datum or of the noise"
        if any(f.func.__name__ in NOISY for f in term.atoms(AppliedUndef)) or any(
            s.name in NOISY for s in term.free_symbols
        ):
            return f"nothing says that E {term} is finite"
        noise, rest = sympy.Integer(1), sympy.Integer(1)
        for factor in sympy.Mul.make_args(sympy.powsimp(term)):
            base, _ = factor.as_base_exp()
            if base == NOISE_SIZE:
                noise *= factor
            elif not same_for_all_rows(factor):
                rest *= factor
        if rest.has(NOISE_SIZE):
            return f"{rest} is no power of the noise"
        power = sympy.powsimp(noise).as_base_exp()[1] if noise != 1 else sympy.Integer(0)
        highest = [k.as_base_exp()[1] for k in known if k.as_base_exp()[0] == NOISE_SIZE]
        if power != 0 and not power.is_nonnegative:
            return f"{noise} is a negative power of the noise"
        if power != 0 and not any((top - power).is_nonnegative for top in highest):
            return f"nothing says that E {noise} is finite"
        if rest != 1 and not given_datum and not any(_multiple(rest, k) for k in known):
            return f"nothing says that E {rest} is finite"
    return ""


def _multiple(value: sympy.Expr, known: sympy.Expr) -> bool:
    """Whether it is a number times what is known."""
    return known != 0 and bool(sympy.cancel(value / known).is_number)


_OF_THE_DATUM = ("|", "‖", GROWTH.name, POWER.name, "δ", "β")


def _no_size(term: sympy.Expr) -> str:
    """A number in the term that is neither a constant nor a size that a datum or a noise has."""
    calls = term.atoms(AppliedUndef)
    names = [call.func.__name__ for call in calls]
    names += [s.name for s in term.xreplace(dict.fromkeys(calls, ONE)).free_symbols - NUMBERS]
    return next((name for name in sorted(names) if not name.startswith(_OF_THE_DATUM)), "")
