"""Terms and claims as a line of text, and as LaTeX."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from theory.proof.normal_form import Nested, Poly
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
)


@dataclass(frozen=True)
class Script:
    """How a term is written: names of symbols, superscripts, operators, joints."""

    names: dict[str, str]
    raised: str  # format of a superscript
    operators: dict[str, tuple[str, str]]
    joint: str
    latex: bool


_LATEX_NAMES = {
    "B̂": r"\hat B",
    "W̃": r"\tilde W",
    "ẽ": r"\tilde e",
    "ē": r"\bar e",
    "λ": r"\lambda",
    "λ̂": r"\hat\lambda",
    "λ̄": r"\bar\lambda",
    "ξ": r"\xi",
    "ΔL/c": r"\tfrac{\tilde L-L}{c}",
    "M̂": r"\hat M",
    "M̃": r"\tilde M",
    "Γ": r"\Gamma",
    "η": r"\eta",
    "δ": r"\delta",
    "g̃": r"\tilde g",
    "λcv": r"\hat\lambda_{\mathrm{cv}}",
    "dB": r"\mathrm{d}B",
    "Ŝ": r"\hat S",
    "Ĝ": r"\hat C",
    "Ĝ½": r"\hat C^{1/2}",
    "C½": r"C^{1/2}",
}
PLAIN = Script(
    {},
    "^{}",
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
    _LATEX_NAMES,
    "^{{{}}}",
    {
        "E": (r"\mathbb{E}\bigl[", r"\bigr]"),
        "E|": (r"\mathbb{E}\bigl[", r"\bigm|x,y\bigr]"),
        "E′": (r"\mathbb{E}'\bigl[", r"\bigr]"),
        "Avg": (r"\tfrac1T\textstyle\sum_t\bigl[", r"\bigr]"),
        "plim": (r"\operatorname*{plim}_{T\to\infty}", ""),
        "lim": (r"\lim_{c\to0}", ""),
        "plim0": (r"\operatorname*{plim}_{T\to\infty,\,c_T\to0}", ""),
    },
    r"\,",
    True,
)


def text(term: Term) -> str:
    """One line of text."""
    return _write(term, PLAIN)


def latex(term: Term) -> str:
    """LaTeX, for mathematics mode."""
    return _write(term, LATEX)


def _write(term: Term, script: Script, tight: bool = False) -> str:
    """``tight``: brackets around sums, because something binds more tightly."""
    match term:
        case Symbol():
            return _symbol(term, script, tight=False)
        case Identity():
            return "I"
        case Zero():
            return "0"
        case Transpose():
            return _raised(term.term, r"\top" if script.latex else "ᵀ", script)
        case Inverse():
            return _raised(term.term, "-1" if script.latex else "⁻¹", script)
        case PseudoInverse():
            return _raised(term.term, "+" if script.latex else "⁺", script)
        case Applied():
            before, after = script.operators[term.operator]
            inner = _write(term.term, script, tight=not after)
            return before + inner + after
        case Scaled():
            number = sympy.latex(term.coefficient) if script.latex else str(term.coefficient)
            if term.coefficient == -1:
                return "-" + _write(term.term, script, tight=True)
            if isinstance(term.coefficient, sympy.Add):
                number = f"({number})"
            return number + script.joint + _write(term.term, script, tight=True)
        case Product():
            return script.joint.join(_write(factor, script, tight=True) for factor in term.factors)
        case Sum():
            found = _write(term.terms[0], script)
            for part in term.terms[1:]:
                written = _write(part, script)
                found += f" - {written[1:].lstrip()}" if written.startswith("-") else f" + {written}"
            return _bracket(found, script) if tight else found
    raise TypeError(f"{term!r} is no term")


def _symbol(symbol: Symbol, script: Script, tight: bool) -> str:
    name = script.names.get(symbol.name, symbol.name)
    if symbol.index is None:
        return name
    index = sympy.latex(symbol.index) if script.latex else str(symbol.index).replace(" ", "")
    if not script.latex and len(index) > 1:
        index = f"({index})"
    return name + script.raised.format(index)


def _raised(term: Term, mark: str, script: Script) -> str:
    inner = _write(term, script)
    simple = (
        isinstance(term, Symbol) and term.index is None and not script.names.get(term.name, "").count("^")
    )
    if not simple and not (isinstance(term, Applied) and script.operators[term.operator][1]):
        inner = _bracket(inner, script)
    return inner + (f"^{{{mark}}}" if script.latex else mark)


def _bracket(inner: str, script: Script) -> str:
    return rf"\bigl({inner}\bigr)" if script.latex else f"({inner})"


def number(value: sympy.Expr, as_latex: bool = False) -> str:
    """A number: norms, powers of the noise, means."""
    if as_latex:
        return _latex_number(value)
    return str(value).replace("**", "^").replace("*", " ")


def _latex_number(value: sympy.Expr) -> str:
    names = {}
    for symbol in value.free_symbols:
        if symbol.name.startswith("|"):
            inner = symbol.name.strip("|")
            names[symbol] = "|" + _LATEX_NAMES.get(inner, inner) + "|"
    functions = {}
    for call in value.atoms(sympy.core.function.AppliedUndef):
        name = call.func.__name__
        inner = name.strip("|")
        written = _LATEX_NAMES.get(inner, inner) + f"^{{{sympy.latex(call.args[0])}}}" if call.args else inner
        functions[call] = sympy.Symbol(f"|{written}|" if name.startswith("|") else written)
        names[functions[call]] = f"|{written}|" if name.startswith("|") else written
    return sympy.latex(value.subs(functions), symbol_names=names)


def claim(relation: Relation, as_latex: bool = False) -> str:
    """A claim as a line."""
    write, amount = (latex, lambda v: number(v, True)) if as_latex else (text, number)
    at_most = r"\le" if as_latex else "≤"
    words = (lambda t: rf"\ \text{{{t}}}") if as_latex else (lambda t: " " + t)
    match relation:
        case Equal():
            return f"{write(relation.left)} = {write(relation.right)}"
        case Bounded():
            size = rf"\bigl|{write(relation.term)}\bigr|" if as_latex else f"|{write(relation.term)}|"
            return f"{size} {at_most} {amount(relation.bound)}"
        case Finite():
            mean = r"\mathbb{E}\bigl[" if as_latex else "E["
            end = r"\bigr]<\infty" if as_latex else "] < ∞"
            return mean + amount(relation.value) + end
        case Integrable():
            return write(relation.term) + words("is integrable")
        case Invertible():
            return write(relation.term) + words("is invertible")
        case Polynomial():
            return write(relation.term) + words("is a polynomial in the fitted matrices, row by row")
        case ConstantRank():
            return write(relation.term) + words("has the rank of its limit")
        case Normal():
            root = r"\sqrt T\,\bigl(" if as_latex else "√T ("
            end = r"\bigr)\to\mathcal N\bigl(0,\ " if as_latex else ") → N(0, "
            return (
                root
                + write(relation.term)
                + end
                + write(relation.covariance)
                + (r"\bigr)" if as_latex else ")")
            )
        case Same():
            return f"{amount(relation.left)} = {amount(relation.right)}"
        case FirstOrder():
            sign = r"\doteq" if as_latex else "≐"
            return f"{write(relation.left)} {sign} {write(relation.right)}"
        case Tight():
            return write(relation.term) + words("is bounded in probability")
        case Within():
            return f"|{amount(relation.value)}| {at_most} {amount(relation.bound)}"
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
            name = _symbol(atom, PLAIN, tight=False)
        shown.append(name + ("ᵀ" if letter.transposed else ""))  # type: ignore[attr-defined]
    return " ".join(shown)
