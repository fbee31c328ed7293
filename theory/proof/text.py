"""Terms and claims as a line of text, and as LaTeX."""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy.core.function import AppliedUndef

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
    """How a term is written: names of symbols, superscripts, operators, joints."""

    names: dict[str, str]
    raised: str  # format of a superscript
    operators: dict[str, tuple[str, str]]
    joint: str
    latex: bool


_MOST_TERMS = 9
"""Of a sum of numbers, as it is shown."""

_LATEX_NAMES = {
    "β": r"\beta",
    "β̂": r"\hat\beta",
    "κ": r"\kappa",
    "μ": r"\mu",
    "γ": r"\gamma",
    "ΔB": r"\Delta B",
    "δe": r"\delta e",
    "e(ξ)": r"e(\xi)",
    "λ(ξ)": r"\lambda(\xi)",
    "D(ξ)": r"D(\xi)",
    "ẽ′": r"\tilde e'",
    "ẽᶠ": r"\tilde e_{\mathrm{f}}",
    "B̂′": r"\hat B'",
    "B̂ᴰ": r"\hat B_{\mathrm{D}}",
    "W°": r"W_{\circ}",
    "M°": r"M_{\circ}",
    "ρ": r"\rho",
    "λ̂⁰": r"\hat\lambda_0",
    "Bₖ": "B_k",
    "Bₖ₊₁": "B_{k+1}",
    "B̂": r"\hat B",
    "W̃": r"\tilde W",
    "ẽ": r"\tilde e",
    "ē": r"\bar e",
    "λ": r"\lambda",
    "λ̂": r"\hat\lambda",
    "ξ": r"\xi",
    "ΔL/c": r"\tfrac{\tilde L-L}{c}",
    "M̂": r"\hat M",
    "M̃": r"\tilde M",
    "Γ": r"\Gamma",
    "η": r"\eta",
    "δ": r"\delta",
    "g̃": r"\tilde g",
    "λcv": r"\hat\lambda_{\mathrm{cv}}",
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
            number = _latex_number(term.coefficient) if script.latex else str(term.coefficient)
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
    """A number: norms, noise of units, derivatives, means. Long sums are cut, and say so."""
    return _latex_number(value) if as_latex else _plain_number(value)


def _plain_number(value: sympy.Expr) -> str:
    terms = _terms_of(value)
    written = [_plain_term(term) for term in terms[:_MOST_TERMS]]
    return _joined(written, len(terms), "…")


def _plain_term(term: sympy.Expr) -> str:
    """One term; the means inside it are cut as well."""
    shown = {
        mean: sympy.Symbol(f"E({_plain_number(sympy.expand(mean.args[0]))})")
        for mean in term.atoms(AppliedUndef)
        if mean.func.__name__ == "E"
    }
    others = {
        call: sympy.Symbol(call.func.__name__ + _plain_arguments(call))
        for call in term.atoms(AppliedUndef)
        if call.func.__name__ != "E"
    }
    written = str(term.xreplace(shown).xreplace(others))
    return written.replace("**", "^").replace("*", " ").replace("F_{}", "F")


def _plain_arguments(call: AppliedUndef) -> str:
    places = [str(argument).replace(" ", "") for argument in call.args if argument != c]
    return f"({', '.join(places)})" if places else ""


def _terms_of(value: sympy.Expr) -> list[sympy.Expr]:
    return list(value.as_ordered_terms()) if value.is_Add else [value]


def _joined(written: list[str], total: int, dots: str) -> str:
    found = written[0]
    for term in written[1:]:
        found += f" - {term[1:].lstrip()}" if term.startswith("-") else f" + {term}"
    return found if total <= len(written) else f"{found} + {dots} ({total} terms)"


def _latex_number(value: sympy.Expr) -> str:
    terms = _terms_of(value)
    return _joined([_latex_term(term) for term in terms[:_MOST_TERMS]], len(terms), r"\cdots")


def _latex_term(term: sympy.Expr) -> str:
    calls = {
        call: sympy.Dummy(_latex_call(call))
        for call in sorted(term.atoms(AppliedUndef), key=lambda call: -call.count_ops())
    }
    bare = term.xreplace(calls)
    names = {dummy: dummy.name for dummy in calls.values()}
    names |= {symbol: _latex_name(symbol.name) for symbol in bare.free_symbols if symbol not in names}
    return str(sympy.latex(bare, symbol_names=names))


def _latex_call(call: AppliedUndef) -> str:
    name = call.func.__name__
    if name == "E":
        return rf"\mathbb{{E}}\bigl[{_latex_number(sympy.expand(call.args[0]))}\bigr]"
    places = [argument for argument in call.args if argument != c]
    if name.startswith(("F_", "R[")):
        return rf"{_latex_name(name)}({', '.join(_latex_term(argument) for argument in places)})"
    bar = {"|": "|", "‖": r"\|"}.get(name[0], "")
    index = f"^{{{sympy.latex(places[0])}}}" if places else ""
    inner = _latex_name(name.strip("|‖"))
    return f"{bar}{inner}{index}{bar}"


def _latex_name(name: str) -> str:
    """The LaTeX of a symbol's name."""
    if name.startswith("R["):
        source, _, exponent = name[2:-1].rpartition(";")
        return rf"R_{{{source[3:-1] or '0'};{exponent}}}"
    if name[:1] in "|‖":
        bar = {"|": "|", "‖": r"\|"}[name[0]]
        return f"{bar}{_latex_name(name.strip('|‖'))}{bar}"
    head, _, index = name.partition("_")
    head = _LATEX_NAMES.get(head, head)
    inside = index.strip("{}")
    return f"{head}_{{{inside}}}" if inside else head


def claim(relation: Relation, as_latex: bool = False) -> str:
    """A claim as a line."""
    write = latex if as_latex else text
    at_most = r"\le" if as_latex else "≤"

    def amount(value: sympy.Expr) -> str:
        return number(value, as_latex)

    def words(said: str) -> str:
        return rf"\ \text{{{said}}}" if as_latex else f" {said}"

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
