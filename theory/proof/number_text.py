"""Numbers as text and as LaTeX: norms, noise of single units, derivatives of the loss, means.

What is written determines the number: powers, quotients and norms enclose what they apply to. Only long sums
are cut, and say so.
"""

from __future__ import annotations

from enum import IntEnum

import sympy
from sympy.core.function import AppliedUndef

from theory.proof.constants import c
from theory.proof.names import in_latex

MOST_TERMS = 9
"""Of a sum, as it is shown."""

_LAYERED = ("δ", "β", "β̂")
"""Numbers of a layer that are no norms: they carry it as a subscript, for they are raised to powers."""


class Binding(IntEnum):
    """What surrounds a number: the tighter it binds, the more needs brackets."""

    ALONE, FACTOR, BASE = range(3)


def number(value: sympy.Expr, as_latex: bool = False, most: int | None = MOST_TERMS) -> str:
    """A number as it stands alone; ``most``: how many terms of a sum are shown, all of them if None."""
    return _write(value, Binding.ALONE, as_latex, most)


def factor(value: sympy.Expr, as_latex: bool = False) -> str:
    """A number in front of a matrix: brackets around sums, and around quotients in a line of text."""
    written = _write(value, Binding.FACTOR, as_latex, None)
    return f"({written})" if not as_latex and "/" in written and written[0] + written[-1] != "()" else written


def index(layer: sympy.Expr) -> str:
    """The number of a layer, without spaces."""
    return str(layer).replace(" ", "")


def _write(value: sympy.Expr, place: Binding, latex: bool, most: int | None) -> str:
    """The number, in brackets where its place asks for them."""
    if value.is_Add:
        return _bracket(_sum(value, latex, most), latex, place >= Binding.FACTOR)
    if value.is_Mul or value.is_Pow or value.is_Rational:
        if value.as_coeff_Mul()[0].is_negative:
            rest = _write(-value, Binding.FACTOR, latex, most)
            return _bracket(f"-{rest}", latex, place >= Binding.BASE)
        above, below = sympy.fraction(value)
        if below != 1:
            return _bracket(_quotient(above, below, latex, most), latex, place >= Binding.BASE)
        if value.is_Mul:
            factors = [_write(part, Binding.FACTOR, latex, most) for part in value.as_ordered_factors()]
            return _bracket((r"\," if latex else " ").join(factors), latex, place >= Binding.BASE)
        if value.is_Pow:
            base, exponent = value.args
            raised = number(exponent, latex, None)
            raised = f"{{{raised}}}" if latex else raised if raised.isalnum() else f"({raised})"
            written = f"{_write(base, Binding.BASE, latex, most)}^{raised}"
            return _bracket(written, latex, place >= Binding.BASE)
        return str(value)
    if isinstance(value, sympy.Abs):
        inner = _write(value.args[0], Binding.ALONE, latex, most)
        return _bars(inner, "|", latex)
    if isinstance(value, AppliedUndef):
        return _call(value, latex, most)
    if value.is_Symbol:
        return symbol_name(value.name, latex)
    if value == sympy.oo:
        return r"\infty" if latex else "∞"
    return str(sympy.latex(value)) if latex else str(value).replace("**", "^").replace("*", " ")


def _bracket(written: str, latex: bool, needed: bool) -> str:
    if not needed:
        return written
    return rf"\left({written}\right)" if latex else f"({written})"


def _bars(inner: str, bar: str, latex: bool) -> str:
    """A size; a size inside a size is in brackets, so that no bar can be taken for another."""
    if latex:
        left, right = (r"\lvert", r"\rvert") if bar == "|" else (r"\lVert", r"\rVert")
        return rf"{left} {inner}{right}"
    return f"{bar}({inner}){bar}" if "|" in inner or "‖" in inner else f"{bar}{inner}{bar}"


def size(inner: str, latex: bool) -> str:
    """The size |..| of what is written."""
    return rf"\bigl\lvert {inner}\bigr\rvert" if latex else _bars(inner, "|", latex)


def _sum(value: sympy.Expr, latex: bool, most: int | None) -> str:
    terms = value.as_ordered_terms()
    shown = terms if most is None or len(terms) <= most else terms[:most]
    found = ""
    for term in shown:
        written = _write(term, Binding.ALONE, latex, most)
        if not found:
            found = written
        else:
            found += f" - {written[1:]}" if written.startswith("-") else f" + {written}"
    dots = r"\cdots" if latex else "…"
    count = rf"\ \text{{({len(terms)} terms)}}" if latex else f" ({len(terms)} terms)"
    return found if len(shown) == len(terms) else f"{found} + {dots}{count}"


def _quotient(above: sympy.Expr, below: sympy.Expr, latex: bool, most: int | None) -> str:
    if latex:
        return rf"\frac{{{number(above, True, most)}}}{{{number(below, True, most)}}}"
    under = _write(below, Binding.BASE if below.is_Mul else Binding.FACTOR, latex, most)
    return f"{_write(above, Binding.FACTOR, latex, most)}/{under}"


def _call(call: AppliedUndef, latex: bool, most: int | None) -> str:
    """A mean, a derivative at a point, or a number of a layer."""
    name = call.func.__name__
    if name == "E":
        inner = number(sympy.expand(call.args[0]), latex, most)
        return rf"\mathbb{{E}}\bigl[{inner}\bigr]" if latex else f"E({inner})"
    if name.startswith(("F_", "R[")):
        point = ", ".join(number(argument, latex, None) for argument in call.args)
        return f"{symbol_name(name, latex)}({point})"
    layers, moves = [argument for argument in call.args if argument != c], c in call.args
    layer = index(layers[0]) if layers else ""
    if name in _LAYERED:
        return _subscripted(in_latex(name) if latex else name, layer, latex)
    bar, inner = (name[0], name.strip("|‖")) if name[0] in "|‖" else ("", name)
    written = symbol_name(inner, latex)
    if layer:
        written += f"^{{{layer}}}" if latex else f"^{layer}" if len(layer) == 1 else f"^({layer})"
    written += "(c)" if moves else ""
    return _bars(written, bar, latex) if bar else written


def _subscripted(name: str, below: str, latex: bool) -> str:
    if latex:
        return f"{name}_{{{below}}}"
    return f"{name}_{below}" if len(below) == 1 else f"{name}_({below})"


def symbol_name(name: str, latex: bool) -> str:
    """How a number is called."""
    if not latex:
        return name.replace("F_{}", "F")
    if name.startswith("R["):
        source, _, exponent = name[2:-1].rpartition(";")
        return rf"R_{{{source[3:-1] or '0'};{exponent}}}"
    if name[:1] in ("|", "‖"):
        return _bars(symbol_name(name.strip("|‖"), latex), name[0], latex)
    head, _, below = name.partition("_")
    below = below.strip("{}")
    return f"{in_latex(head)}_{{{below}}}" if below else in_latex(head)
