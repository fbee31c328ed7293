r"""LaTeX as a line of text for a terminal: ``\hat\lambda^{i}\to W^{\top}`` is λ̂^i → Wᵀ."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_TOKEN = re.compile(r"\\text\{[^{}]*\}|\\[a-zA-Z]+\*?|\\.|\S", re.DOTALL)
_ACCENTS = {r"\hat": "\u0302", r"\tilde": "\u0303", r"\bar": "\u0304"}
_IN_BRACES = (r"\mathbb", r"\mathrm", r"\mathbf")
_UNWRITTEN = (r"\bigl", r"\bigr", r"\Bigl", r"\Bigr", r"\left", r"\right", r"\textstyle")
_LETTERS = re.compile(
    "alpha|beta|gamma|delta|eta|theta|kappa|lambda|mu|nu|xi|pi|rho|sigma|psi|Gamma|Delta|Lambda"
)
_WORDS = ("lim", "min", "max", "arg", "sup", "inf", "ln", "log", "sin", "cos", "exp", "det")
_SIGNS = {
    r"\le": " ≤ ",
    r"\ge": " ≥ ",
    r"\ne": " ≠ ",
    r"\to": " → ",
    r"\in": " ∈ ",
    r"\sim": " ~ ",
    r"\approx": " ≈ ",
    r"\succ": " ≻ ",
    r"\perp": " ⊥ ",
    r"\mid": " | ",
    r"\forall": "∀ ",
    r"\mapsto": " ↦ ",
    r"\Rightarrow": " ⇒ ",
    r"\Longrightarrow": " ⇒ ",
    r"\implies": " ⇒ ",
    r"\iff": " ⇔ ",
    r"\Longleftrightarrow": " ⇔ ",
    r"\times": " × ",
    r"\cdot": "·",
    r"\circ": " ∘ ",
    r"\pm": "±",
    r"\sum": "Σ",
    r"\prod": "Π",
    r"\partial": "∂",
    r"\nabla": "∇",
    r"\infty": "∞",
    r"\top": "ᵀ",
    r"\cdots": " ⋯ ",
    r"\dots": "…",
    "<": " < ",
    ">": " > ",
    r"\|": "‖",
    r"\{": "{",
    r"\}": "}",
    r"\ ": " ",
    r"\,": " ",
    r"\;": " ",
    r"\quad": "   ",
    r"\qquad": "   ",
    "~": " ",
    "-": "−",
    "=": " = ",
}
_NAMED = "\0"
"""Stands behind the name of an operator, which a space separates from what it is applied to."""
_OPERATOR = re.compile(
    rf"(?P<name>{_NAMED}|[ΣΠ])"
    r"(?:(?P<script>(?:_\([^()]*\)|_\w|\^\w){1,2})(?=[^\W_]|[∂{[|(√‖])|(?=[^\W_]|[∂{|√‖]))"
)
_RAISED = {"2": "²", "3": "³", "4": "⁴", "ᵀ": "ᵀ", "−1": "⁻¹", "−2": "⁻²", "+": "⁺"}
_FRACTIONS = {"1/2": "½", "1/4": "¼", "1/6": "⅙"}
_LOWERED = dict(zip("0123456789", "₀₁₂₃₄₅₆₇₈₉", strict=True))


def readable(text: str) -> str:
    """Text with formulas in dollars, for a terminal; raises ``ValueError`` for an unknown command."""
    pieces = text.split("$")
    return "".join(formula(piece) if k % 2 else piece for k, piece in enumerate(pieces))


def formula(latex: str) -> str:
    """A formula; raises ``ValueError`` for a command that is not known."""
    written = _written(iter(_TOKEN.findall(latex)), "")
    written = _OPERATOR.sub(lambda found: f"{found['name']}{found['script'] or ''} ", written)
    written = written.replace(_NAMED, "")
    written = re.sub(r" {2,}", lambda gap: "   " if len(gap.group()) > 2 else " ", written)
    return re.sub(r" (?=[)\],;.])|(?<=[(\[{]) ", "", written).strip()


def _written(tokens: Iterator[str], end: str) -> str:
    """What comes before the token ``end``; sums are spaced out where they are not in a script or a group."""
    written = ""
    for token in tokens:
        if token == end:
            break
        if token in "^_":
            script = _next(tokens)
            known = (_RAISED if token == "^" else _LOWERED).get(script)
            written += known or token + (script if _is_short(script) else f"({script})")
        elif token in "+-" and not end and re.search(r"[^\s(\[{=,;≤≥→|] ?$", written):
            written += f" {_SIGNS.get(token, token)} "
        else:
            written += _one(token, tokens)
    return written


def _is_short(script: str) -> bool:
    return len(script) == 1 or (script.isalpha() and script.isupper()) or script[0] + script[-1] == "()"


def _next(tokens: Iterator[str]) -> str:
    """What a command or a script applies to: a group in braces, or one token."""
    return _one(next(tokens), tokens).strip()


def _one(token: str, tokens: Iterator[str]) -> str:
    if token == "{":
        return _written(tokens, "}")
    if not token.startswith("\\") or token in _SIGNS:
        return _SIGNS.get(token, token)
    name = token[1:]
    if token in _ACCENTS:
        return unicodedata.normalize("NFC", _next(tokens) + _ACCENTS[token])
    if token.startswith(r"\text{"):
        return token[6:-1]
    if token.startswith(r"\operatorname"):
        return f" {_next(tokens)}{_NAMED}"
    if token in _IN_BRACES:
        return _next(tokens)
    if token == r"\mathcal":
        return unicodedata.lookup(f"MATHEMATICAL BOLD SCRIPT CAPITAL {_next(tokens)}")
    if token in (r"\frac", r"\tfrac"):
        ratio = f"{_grouped(_next(tokens))}/{_grouped(_next(tokens))}"
        return _FRACTIONS.get(ratio, f"{ratio} ")
    if token == r"\sqrt":
        return f"√{_grouped(_next(tokens))}"
    if token in _UNWRITTEN:
        return ""
    if _LETTERS.fullmatch(name):
        size = "SMALL" if name.islower() else "CAPITAL"
        letter = name.upper().replace("LAMBDA", "LAMDA")
        return unicodedata.lookup(f"GREEK {size} LETTER {letter}")
    if name in _WORDS:
        return f" {name}{_NAMED}"
    raise ValueError(f"{token} is not known; it cannot be shown in a terminal")


def _grouped(part: str) -> str:
    """A numerator or a denominator, in parentheses unless it is a number, or one symbol with scripts."""
    return part if re.fullmatch(r"[\d√]+|∂?\w?[\u0300-\u036f₀-₉²³⁴]*([_^]\w)*!?", part) else f"({part})"
