"""Terms and claims as a line of text, and as LaTeX."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import sympy

from theory.proof.names import in_latex
from theory.proof.number_text import factor, index, number, size
from theory.proof.polynomials import Nested, Poly
from theory.proof.relations import (
    Bounded,
    ConstantRank,
    Equal,
    Finite,
    FirstOrder,
    Integrable,
    Invertible,
    Normal,
    Polynomial,
    Relation,
    Same,
    Tight,
    Within,
)
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
    c,
)


@dataclass(frozen=True)
class Script:
    """How the operators are written, and what stands between the factors of a product."""

    operators: dict[str, tuple[str, str]]
    joint: str
    latex: bool


PLAIN = Script(
    {
        "E": ("E[", "]"),
        "E|": ("E[", " | x, y]"),
        "E′": ("E′[", "]"),
        "Avg": ("Avg[", "]"),
        "plim": ("plim ", ""),
        "lim": ("lim ", ""),
        "plim0": ("plim₀ ", ""),
    },
    " ",
    False,
)
LATEX = Script(
    {
        "E": (r"\mathbb{E}\bigl[", r"\bigr]"),
        "E|": (r"\mathbb{E}\bigl[", r"\bigm|x,y\bigr]"),
        "E′": (r"\mathbb{E}'\bigl[", r"\bigr]"),
        "Avg": (r"\bigl(\tfrac1T\textstyle\sum_t ", r"\bigr)"),
        "plim": (r"\operatorname*{plim}_{T\to\infty}", ""),
        "lim": (r"\lim_{c\to0}", ""),
        "plim0": (r"\operatorname*{plim}_{T\to\infty,\,c_T\to0}", ""),
    },
    r"\,",
    True,
)


class Place(Enum):
    """Where a term stands in another; what it is decides whether it needs brackets there."""

    ALONE = "alone, or between the brackets of an operator"
    TERM = "in a sum, with more to follow"
    LAST_TERM = "at the end of a sum"
    SCALED = "behind a number"
    LIMIT = "behind a limit or a sum sign"
    FACTOR = "in a product"
    MARKED = "under a transposition, an inverse or a power"


_TIGHT = (Place.FACTOR, Place.MARKED)
_BRACKETS: dict[type[Term], tuple[Place, ...]] = {
    Sum: tuple(place for place in Place if place is not Place.ALONE),
    Scaled: (Place.SCALED, Place.LIMIT, *_TIGHT),
    Product: _TIGHT,
    Transpose: (Place.MARKED,),
    Inverse: (Place.MARKED,),
    PseudoInverse: (Place.MARKED,),
}
"""Where a term is put in brackets. A limit reaches to the end of its product, so it is enclosed in a product
or in front of a further term; symbols and operators are decided by `_enclosed`.
"""


def text(term: Term) -> str:
    """One line of text, from which the term can be told: all but the sizes of 0 and I."""
    return _write(term, PLAIN)


def latex(term: Term) -> str:
    """LaTeX, for mathematics mode, from which the term can be told."""
    return _write(term, LATEX)


def _write(term: Term, script: Script, place: Place = Place.ALONE) -> str:
    """The term, in brackets where its place asks for them."""
    written = _bare(term, script)
    return _bracket(written, script) if _enclosed(term, script, place) else written


def _enclosed(term: Term, script: Script, place: Place) -> bool:
    if isinstance(term, Symbol):
        if "/" in term.name and not script.latex:
            return place in (Place.SCALED, Place.LIMIT, *_TIGHT)
        return place is Place.MARKED and (term.index is not None or any(sign in term.name for sign in "Δδ/("))
    if isinstance(term, Applied):
        before, after = script.operators[term.operator]
        if not after:
            return place in (*_TIGHT, Place.TERM)
        return place is Place.MARKED and not before.startswith(r"\bigl(")
    return place in _BRACKETS.get(type(term), ())


def _bare(term: Term, script: Script) -> str:
    match term:
        case Symbol():
            return _symbol(term, script)
        case Identity():
            return "I"
        case Zero():
            return "0"
        case Transpose():
            return _marked(term.term, r"\top" if script.latex else "ᵀ", script)
        case Inverse():
            return _marked(term.term, "-1" if script.latex else "⁻¹", script)
        case PseudoInverse():
            return _marked(term.term, "+" if script.latex else "⁺", script)
        case Applied():
            before, after = script.operators[term.operator]
            ends = after in ("", r"\bigr)")
            return before + _write(term.term, script, Place.LIMIT if ends else Place.ALONE) + after
        case Scaled():
            value, sign = term.coefficient, ""
            if not value.is_Add and value.could_extract_minus_sign():
                value, sign = -value, "-"
            inner = _write(term.term, script, Place.SCALED)
            front = "" if sign and value == 1 else factor(value, script.latex) + script.joint
            return sign + front + inner
        case Product():
            return script.joint.join(_write(one, script, Place.FACTOR) for one in term.factors)
        case Sum():
            found = _write(term.terms[0], script, Place.TERM)
            for left, part in zip(range(len(term.terms) - 2, -1, -1), term.terms[1:], strict=True):
                written = _write(part, script, Place.TERM if left else Place.LAST_TERM)
                found += f" - {written[1:]}" if written.startswith("-") else f" + {written}"
            return found
    raise TypeError(f"{term!r} is no term")


def _symbol(symbol: Symbol, script: Script) -> str:
    """The name with its layer; that of a perturbed state, e(ξ), carries it before the state."""
    head, state, _ = symbol.name.partition("(ξ)")
    name, state = (in_latex(head), state.replace("ξ", r"\xi")) if script.latex else (head, state)
    if symbol.index is None:
        return name + state
    layer = index(symbol.index)
    if script.latex:
        return f"{name}^{{{layer}}}{state}"
    return f"{name}^{layer}{state}" if len(layer) == 1 else f"{name}^({layer}){state}"


def _marked(term: Term, mark: str, script: Script) -> str:
    return _write(term, script, Place.MARKED) + (f"^{{{mark}}}" if script.latex else mark)


def _bracket(inner: str, script: Script) -> str:
    return rf"\bigl({inner}\bigr)" if script.latex else f"({inner})"


_SAID = {
    Invertible: "is invertible",
    Polynomial: "is a polynomial in the fitted matrices, row by row",
    ConstantRank: "has the rank of its limit",
    Tight: "is bounded in probability",
}


def claim(relation: Relation, as_latex: bool = False) -> str:
    """A claim as a line, with all that it says: for which rows, up to which order in c."""
    script = LATEX if as_latex else PLAIN
    at_most = r"\le" if as_latex else "≤"

    def write(term: Term) -> str:
        return _write(term, script)

    def amount(value: sympy.Expr) -> str:
        return number(value, as_latex)

    def words(said: str) -> str:
        return rf"\ \text{{{said}}}" if as_latex else f" {said}"

    match relation:
        case Equal():
            rows = words("on the rows of the sample") if relation.sample else ""
            return f"{write(relation.left)} = {write(relation.right)}{rows}"
        case FirstOrder():
            sign = r"\doteq" if as_latex else "≐"
            return f"{write(relation.left)} {sign} {write(relation.right)}"
        case Bounded():
            return f"{size(write(relation.term), as_latex)} {at_most} {amount(relation.bound)}"
        case Within():
            return f"{size(amount(relation.value), as_latex)} {at_most} {amount(relation.bound)}"
        case Finite():
            before, after = script.operators["E|" if relation.given_datum else "E"]
            return before + amount(relation.value) + after + (r"<\infty" if as_latex else " < ∞")
        case Integrable():
            given = words("given x, y") if relation.given_datum else ""
            return _write(relation.term, script, Place.LIMIT) + words("is integrable") + given
        case Invertible() | Polynomial() | ConstantRank() | Tight():
            return _write(relation.term, script, Place.LIMIT) + words(_SAID[type(relation)])
        case Normal():
            term = _write(relation.term, script, Place.MARKED)
            term = term if term.endswith(")") else _bracket(term, script)
            if as_latex:
                return rf"\sqrt T\,{term}\to\mathcal N\bigl(0,\ {write(relation.covariance)}\bigr)"
            return f"√T {term} → N(0, {write(relation.covariance)})"
        case Same():
            rest = "" if relation.below is None else f" + O({amount(c**relation.below)})"
            return f"{amount(relation.left)} = {amount(relation.right)}{rest}"
    raise TypeError(f"{relation!r} is no claim")


def normal_form(poly: Poly) -> str:
    """A normal form, for messages."""
    if not poly.terms:
        return "0"
    shown = []
    for monomial, coefficient in poly.terms:
        pieces = [] if coefficient == 1 and monomial.letters else [str(coefficient)]
        pieces += [f"({_word(word)})" for word in monomial.numbers]
        pieces += [_word(monomial.word)] if monomial.word else []
        shown.append(" ".join(pieces))
    return " + ".join(shown)


def _word(word: tuple[object, ...]) -> str:
    shown = []
    for letter in word:
        atom = letter.atom  # type: ignore[attr-defined]  # letters
        if isinstance(atom, Nested):
            before, after = {**PLAIN.operators, "inv": ("(", ")⁻¹"), "pinv": ("(", ")⁺")}[atom.operator]
            name = before + normal_form(atom.inner) + after
        else:
            name = _symbol(atom, PLAIN)
        shown.append(name + ("ᵀ" if letter.transposed else ""))  # type: ignore[attr-defined]
    return " ".join(shown)
