"""The numbers that a claim may speak of: exact ones, those of the vocabulary, and sums, products, powers and
sizes of them. A proof neither invents a number nor chooses its sign, nor divides by what may be 0.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from sympy.core.function import AppliedUndef

from theory.proof.constants import DEPTH, LAYER, NUMBERS, c, width
from theory.proof.sizes import GROWTH, NOISE_SIZE, POWER, fitted_gain, gain, largest, norm, slope_product
from theory.proof.terms import ONE, Symbol, is_layer
from theory.proof.units import E, canonical
from theory.proof.vocabulary import UNITS, once, symbols_at

_MADE_OF = (sympy.Add, sympy.Mul, sympy.Pow, sympy.Abs)


def strange_number(expression: sympy.Expr) -> str:
    """What is wrong with a part of the expression; empty where nothing is."""
    for part in _parts(expression):
        kind = type(part)
        if not isinstance(part, AppliedUndef) and not kind.__module__.startswith("sympy."):
            return f"a {kind.__name__} is no number of the vocabulary"
        if isinstance(part, sympy.Rational) or kind in _MADE_OF or _is_mean(part):
            continue
        if isinstance(part, sympy.Number) or part in (sympy.zoo, sympy.I):
            return f"{part} is no exact finite real number"
        if not is_known_number(part):
            return f"{part} is no number of the vocabulary"
    return ""


def undefined_power(expression: sympy.Expr) -> str:
    """Why a power in the expression need not be a real number; empty where all are."""
    for part in _parts(expression):
        if type(part) is not sympy.Pow:
            continue
        base, exponent = part.args
        if exponent.is_Integer and exponent.is_negative and not base.is_nonzero:
            return f"{base} is divided by and may be 0"
        if not exponent.is_Integer and not (exponent.is_nonnegative and base.is_nonnegative):
            return f"{part} need not be a real number"
    return ""


def is_known_number(number: sympy.Expr) -> bool:
    """Whether a symbol or a function is one of the vocabulary, with the assumptions it has there."""
    if isinstance(number, AppliedUndef):
        return _is_known_call(number)
    return type(number) is sympy.Symbol and (number in _NAMED or canonical(number))


def is_size(size: sympy.Expr) -> bool:
    """Whether it is the number of rows or columns of something: 1, n, or n_i for a layer i."""
    return size in (ONE, UNITS) or (size.func == width and len(size.args) == 1 and is_layer(size.args[0]))


def _parts(expression: sympy.Expr) -> Iterator[sympy.Expr]:
    """The expression and what it is made of; not what stands inside a known function."""
    stack = [expression]
    while stack:
        part = stack.pop()
        yield part
        if type(part) in _MADE_OF or _is_mean(part):
            stack.extend(part.args)


def _is_mean(part: sympy.Expr) -> bool:
    return isinstance(part, AppliedUndef) and part.func == E and len(part.args) == 1


def _is_known_call(call: AppliedUndef) -> bool:
    if not call.args or canonical(call):
        return bool(call.args)
    index = call.args[0]
    if not is_layer(index):
        return call in _CALLED
    if len(call.args) == 1 and call in (
        width(index),
        slope_product(index),
        gain(index),
        fitted_gain(index),
    ):
        return True
    return any(call in _norms(symbol) for symbol in symbols_at(index))


def _norms(symbol: Symbol) -> tuple[sympy.Expr, sympy.Expr]:
    """|X|, and the largest |X| for small c."""
    return norm(symbol), largest(symbol)


_SIZES = frozenset(size for symbol in once() for size in _norms(symbol))
_NAMED = frozenset(
    {c, GROWTH, NOISE_SIZE, POWER, LAYER, DEPTH, UNITS, *NUMBERS, *(s for s in _SIZES if s.is_Symbol)}
)
_CALLED = frozenset(size for size in _SIZES if not size.is_Symbol)
