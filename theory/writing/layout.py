"""Lines of text fitted to a terminal: its width, and the characters it has.

A line is written as one, however long; a tab in it says where its further lines begin.
"""

from __future__ import annotations

import re
import shutil
import textwrap
import unicodedata

FEWEST, USUAL = 20, 100
"""Columns: the narrowest terminal that is written for, and what is taken where there is none."""

_SPELLED = {
    "ᵀ": "^T",
    "⁺": "^+",
    "→": "->",
    "←": "<-",
    "↦": "|->",
    "⇒": "=>",
    "⇔": "<=>",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "≈": "~=",
    "≐": ".=",
    "≻": ">",
    "∈": " in ",
    "⊥": " indep. of ",
    "∀": "for all ",
    "∃": "exists ",
    "∞": "oo",
    "√": "sqrt ",
    "Σ": "Sum",
    "Π": "Prod",
    "∂": "d",
    "∇": "grad ",
    "×": "x",
    "·": ".",
    "∘": "o",
    "±": "+-",
    "−": "-",
    "‖": "||",
    "⋯": "...",
    "…": "...",
    "′": "'",
    "“": '"',
    "”": '"',
    "’": "'",
    "–": "-",
    "°": "o",
    "½": "1/2",
    "¼": "1/4",
    "⅙": "1/6",
    "✓": "ok",
    "✗": "no",
    "\u0302": "_hat",
    "\u0303": "~",
    "\u0304": "_bar",
}
"""Characters as ASCII, where there is no rule for them."""


def columns() -> int:
    """The width of the terminal, COLUMNS in the environment if that is set."""
    return max(FEWEST, shutil.get_terminal_size((USUAL, 24)).columns)


def fit(text: str, width: int) -> str:
    """The same text with no line longer than the width."""
    return "\n".join(part for line in text.split("\n") for part in _lines(line, width))


def _lines(line: str, width: int) -> list[str]:
    head, tab, rest = line.partition("\t")
    if not line.strip():
        return [""]
    first = head if tab else line[: len(line) - len(line.lstrip())]
    margin = min(len(first), width // 3)
    body = rest if tab else line.lstrip()
    if len(first) > width // 2:  # a long label has a line of its own
        return [*_lines(head.rstrip(), width), *_lines(" " * margin + body, width)]
    return textwrap.wrap(
        body,
        width,
        initial_indent=first,
        subsequent_indent=" " * margin,
        break_long_words=True,
        break_on_hyphens=False,
        drop_whitespace=True,
    ) or [head.rstrip()]


def spelled(text: str, encoding: str) -> str:
    """The text in the characters that the encoding has; the others are spelled: λ̂ is lambda_hat, ᵀ is ^T."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return _joined(
            [_spelled(one, encoding) for one in _LETTER.findall(unicodedata.normalize("NFC", text))]
        )
    except LookupError:
        return spelled(text, "ascii")
    return text


_ACCENTS = ("_hat", "~", "_bar")
_LETTER = re.compile(r"⁻[⁰¹²³⁴-⁹]|.", re.DOTALL)


def _joined(pieces: list[str]) -> str:
    """The letters, with a space where a word that spells one would run into another letter."""
    written, last, spelled_out = [], "", False
    for piece in pieces:
        word = len(piece) > 1 and piece[0].isalpha()
        if piece[:1].isalpha() and ((word and last[-1:].isalnum()) or spelled_out):
            written.append(" ")
        written.append(piece)
        spelled_out = word or piece in _ACCENTS or (len(piece) > 1 and piece[0] == "_")
        last = piece
    return "".join(written)


def _spelled(letter: str, encoding: str) -> str:
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        return _ascii(letter)
    return letter


def _ascii(letter: str) -> str:
    if letter in _SPELLED:
        return _SPELLED[letter]
    if letter[0] == "⁻":
        return f"^(-{unicodedata.normalize('NFKD', letter[1:])})"
    parts = unicodedata.normalize("NFKD", letter)
    if len(parts) > 1:
        raised = "^" if unicodedata.decomposition(letter).startswith("<super>") else ""
        lowered = "_" if unicodedata.decomposition(letter).startswith("<sub>") else ""
        return raised + lowered + "".join(map(_ascii, parts))
    if parts.isascii():
        raised = "^" if unicodedata.decomposition(letter).startswith("<super>") else ""
        lowered = "_" if unicodedata.decomposition(letter).startswith("<sub>") else ""
        return raised + lowered + parts
    name = unicodedata.name(letter, "")
    if name.startswith("GREEK"):
        word = name.split()[3].lower().replace("lamda", "lambda")
        return word.capitalize() if "CAPITAL" in name else word
    return "?"
