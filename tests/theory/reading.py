"""A reader of what the proofs print, written against the rules of notation and not against the printer.

Text and LaTeX are read back into nested tuples: ("product", ..), ("⁻¹", ..), ("scaled", number, ..). Names of
symbols are given; everything else is grammar. A limit reaches to the end of its product, a mark applies to
the one symbol or bracket in front of it, a quotient to the one number behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sympy

from theory.proof.terms import Applied, Identity, Product, Scaled, Sum, Symbol, Term, Transpose, Zero, parts

Read = tuple[object, ...]
_MARKS = ("ᵀ", "⁻¹", "⁺")
_OPEN = {"E[": "]", "E′[": "]", "Avg[": "]", "Avg(": ")"}
_LIMITS = ("plim₀", "plim", "lim")
_TOKEN = re.compile(
    r"E\[|E′\[|Avg\[|Avg\(|E\(|\| x, y\]|plim₀|plim|lim|⁻¹|ᵀ|⁺"
    r"|[\ue000-\uf8ff]\(?|\d+|[-+/^()\]\[,|‖]|[A-Za-z0]"
)
_LATEX_OPERATORS = (
    (r"\mathbb{E}\bigl[", "E["),
    (r"\mathbb{E}'\bigl[", "E′["),
    (r"\bigm|x,y\bigr]", " | x, y]"),
    (r"\bigl(\tfrac1T\textstyle\sum_t ", "Avg("),
    (r"\operatorname*{plim}_{T\to\infty,\,c_T\to0}", "plim₀ "),
    (r"\operatorname*{plim}_{T\to\infty}", "plim "),
    (r"\lim_{c\to0}", "lim "),
)
_LATEX_SIGNS = (
    (r"^{\top}", "ᵀ"),
    (r"^{-1}", "⁻¹"),
    (r"^{+}", "⁺"),
    (r"\bigl(", "("),
    (r"\bigr)", ")"),
    (r"\bigr]", "]"),
    (r"\left(", "("),
    (r"\right)", ")"),
    (r"\bigl\lvert ", "|"),
    (r"\bigr\rvert", "|"),
    (r"\lvert ", "|"),
    (r"\rvert", "|"),
    (r"\,", " "),
)


def form(term: Term) -> Read:
    """What a term is, without the sizes of 0 and I."""
    match term:
        case Symbol():
            return ("symbol", term.name, term.index)
        case Identity():
            return ("I",)
        case Zero():
            return ("0",)
        case Scaled():
            return ("scaled", term.coefficient, form(term.term))
        case Applied():
            return (term.operator, form(term.term))
    kind = {Product: "product", Sum: "sum", Transpose: "ᵀ"}.get(type(term))
    return (kind or {"Inverse": "⁻¹", "PseudoInverse": "⁺"}[type(term).__name__], *map(form, parts(term)))


@dataclass
class Reader:
    """``matrices`` and ``numbers``: what is written and what it stands for; ``calls``: names of functions."""

    matrices: Mapping[str, Read] = field(default_factory=dict)
    numbers: Mapping[str, sympy.Expr] = field(default_factory=dict)
    calls: Mapping[str, str] = field(default_factory=dict)

    def matrix(self, written: str) -> Read:
        """The term; raises ``ValueError`` where the text is none."""
        self._take(written)
        found = self._sum()
        return self._done(found)

    def number(self, written: str) -> sympy.Expr:
        """The number; raises ``ValueError`` where the text is none."""
        self._take(written)
        found = self._number()
        self._done(())
        return found

    def _take(self, written: str) -> None:
        """Names become single characters; LaTeX becomes the notation of the terminal."""
        for latex, plain in _LATEX_OPERATORS:
            written = written.replace(latex, plain)
        self._named: dict[str, object] = {}
        names: Iterable[tuple[str, object]] = [
            *self.matrices.items(),
            *self.numbers.items(),
            *((f"{name}(", called) for name, called in self.calls.items()),
        ]
        for place, (name, meaning) in enumerate(sorted(names, key=lambda pair: -len(pair[0]))):
            mark = chr(0xE000 + place)
            self._named[mark] = meaning
            bare = re.escape(name)
            if name[0].isalpha():
                bare = rf"(?<![A-Za-z\\]){bare}"
            if name[-1].isalnum():
                bare = rf"{bare}(?![A-Za-z\[(′\u0300-\u036f]|_)"
            written = re.sub(bare, mark + ("(" if name.endswith("(") else ""), written)
        for latex, plain in _LATEX_SIGNS:
            written = written.replace(latex, plain)
        while (fraction := re.search(r"\\frac\{", written)) is not None:
            middle = _closing(written, fraction.end())
            end = _closing(written, middle + 2)
            above, below = written[fraction.end() : middle], written[middle + 2 : end]
            written = f"{written[: fraction.start()]}(({above})/({below})){written[end + 1 :]}"
        while (raised := re.sub(r"\^\{([^{}]*)\}", r"^(\1)", written)) != written:
            written = raised
        self._tokens = _TOKEN.findall(written)
        if "".join(self._tokens).replace(" ", "") != written.replace(" ", ""):
            raise ValueError(f"not all of {written!r} can be read: {self._tokens}")

    def _done(self, found: Read) -> Read:
        if self._tokens:
            raise ValueError(f"{self._tokens} is left over")
        return found

    def _next(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _pop(self, wanted: str = "") -> str:
        if not self._tokens or (wanted and self._tokens[0] != wanted):
            raise ValueError(f"{wanted or 'more'} is missing before {self._tokens}")
        return self._tokens.pop(0)

    def _sum(self) -> Read:
        terms = [self._term()]
        while self._next() in ("+", "-"):
            if self._next() == "+":
                self._pop()
            terms.append(self._term())
        return terms[0] if len(terms) == 1 else ("sum", *terms)

    def _term(self) -> Read:
        sign = 1
        if self._next() == "-":
            self._pop()
            sign = -1
        coefficient = self._coefficient()
        inner = self._product()
        if coefficient is None:
            return inner if sign == 1 else ("scaled", sympy.Integer(-1), inner)
        return ("scaled", sign * coefficient, inner)

    def _coefficient(self) -> sympy.Expr | None:
        if not self._is_number():
            return None
        value = self._power()
        while self._is_number():
            value *= self._power()
        return value

    def _is_number(self) -> bool:
        token = self._next()
        if token == "(":
            depth = 0
            for place, inner in enumerate(self._tokens):
                depth += (inner == "(") - (inner == ")")
                if not depth:
                    return all(
                        one in "()+-/^" or (one != "0" and self._numeric(one))
                        for one in self._tokens[: place + 1]
                    ) and self._tokens[place + 1 : place + 2] not in (["ᵀ"], ["⁻¹"], ["⁺"])
        return token != "0" and self._numeric(token)

    def _numeric(self, token: str) -> bool:
        return token.isdigit() or isinstance(self._named.get(token), sympy.Expr)

    def _product(self) -> Read:
        if self._next() in _LIMITS:
            kind = self._pop().replace("₀", "0")
            return (kind, self._product())
        factors = [self._factor()]
        while self._next() not in ("", "+", "-", ")", "]", "| x, y]"):
            factors.append(self._factor())
        return factors[0] if len(factors) == 1 else ("product", *factors)

    def _factor(self) -> Read:
        token = self._pop()
        if token in _OPEN:
            inner, closing = self._sum(), self._pop()
            found: Read = ("E|" if closing == "| x, y]" else token.rstrip("[("), inner)
            if closing not in (_OPEN[token], "| x, y]"):
                raise ValueError(f"{token} is closed by {closing}")
        elif token == "(":
            found = self._sum()
            self._pop(")")
        elif token in ("I", "0"):
            found = (token,)
        else:
            named = self._named.get(token)
            if not isinstance(named, tuple):
                raise ValueError(f"{token!r} is no matrix, before {self._tokens}")
            found = named
        if self._next() in _MARKS:
            found = (self._pop(), found)
        return found

    def _number(self) -> sympy.Expr:
        total = self._quotient()
        while self._next() in ("+", "-"):
            if self._next() == "+":
                self._pop()
            total += self._quotient()
        return total

    def _quotient(self) -> sympy.Expr:
        sign = 1
        if self._next() == "-":
            self._pop()
            sign = -1
        value = self._power()
        while not self._ends():
            if self._next() == "/":
                self._pop()
                return sign * value / self._power()
            value *= self._power()
        return sign * value

    _closes = 0  # bars that are open

    def _ends(self) -> bool:
        return self._next() in ("", "+", "-", ")", "]", ",") or (self._next() == "|" and self._closes > 0)

    def _power(self) -> sympy.Expr:
        token = self._pop()
        if token.isdigit():
            base = sympy.Integer(token)
        elif token == "(":
            outside, self._closes = self._closes, 0
            base = self._number()
            self._closes = outside
            self._pop(")")
        elif token == "|":
            self._closes += 1
            base = sympy.Abs(self._number())
            self._closes -= 1
            self._pop("|")
        elif token in ("E(", "E["):
            outside, self._closes = self._closes, 0
            base = sympy.Function("E")(self._number())
            self._closes = outside
            self._pop(")" if token == "E(" else "]")
        elif token.endswith("("):
            named, points = str(self._named[token[0]]), [self._number()]
            while self._next() == ",":
                self._pop()
                points.append(self._number())
            self._pop(")")
            base = sympy.Function(named, real=True)(*points)
        else:
            named = self._named.get(token)
            if not isinstance(named, sympy.Expr):
                raise ValueError(f"{token!r} is no number, before {self._tokens}")
            base = named
        if self._next() == "^":
            self._pop()
            return base ** self._power_alone()
        return base

    def _power_alone(self) -> sympy.Expr:
        """An exponent: one number, or one in brackets."""
        if self._next() == "(":
            self._pop()
            found = self._number()
            self._pop(")")
            return found
        token = self._pop()
        return sympy.Integer(token) if token.isdigit() else self._named[token]  # type: ignore[return-value]


def _closing(text: str, start: int) -> int:
    """Where the brace that was opened before ``start`` is closed."""
    depth = 1
    for place in range(start, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if not depth:
            return place
    raise ValueError(f"no brace closes {text[start:]!r}")
