"""Claims as a line of text, and as LaTeX; and normal forms, for messages."""

from __future__ import annotations

import sympy

from theory.proof.constants import c
from theory.proof.number_text import number, size
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
from theory.proof.script import LATEX, PLAIN, Place, bracket
from theory.proof.terms import Term


def text(term: Term) -> str:
    """One line of text, from which the term can be told: all but the sizes of 0 and I."""
    return str(term)


def latex(term: Term) -> str:
    """LaTeX, for mathematics mode, from which the term can be told."""
    return term.written(LATEX)


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
        return term.written(script)

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
            return relation.term.written(script, Place.LIMIT) + words("is integrable") + given
        case Invertible() | Polynomial() | ConstantRank() | Tight():
            return relation.term.written(script, Place.LIMIT) + words(_SAID[type(relation)])
        case Normal():
            term = relation.term.written(script, Place.MARKED)
            term = term if term.endswith(")") else bracket(term, script)
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
            name = str(atom)
        shown.append(name + ("ᵀ" if letter.transposed else ""))  # type: ignore[attr-defined]
    return " ".join(shown)
