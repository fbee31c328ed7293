"""Foreign text, made safe to show: names, messages, prints and files that somebody else wrote.

A terminal obeys control sequences, a reader is misled by text that runs backwards or cannot be seen, and a
lone surrogate cannot be written at all. Such characters are shown as their escapes instead.
"""

from __future__ import annotations

import unicodedata

__all__ = ["printable"]

ACTING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of characters that act, mislead, or mean nothing: control, format, surrogates, unassigned."""


def printable(text: str, *, lines: bool = False, longest: int | None = None) -> str:
    """The text with every character that acts instead of being seen replaced by its escape, such as \\x1b.

    With `lines`, newlines and tabs stay. Text of more than `longest` characters is cut and ends in …
    """
    if longest is not None and len(text) > longest:
        text = text[:longest] + "…"
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown_line if lines else _shown, text))


def _shown(letter: str) -> str:
    if unicodedata.category(letter) in ACTING:
        return letter.encode("unicode_escape").decode("ascii")
    return letter


def _shown_line(letter: str) -> str:
    return letter if letter in "\n\t" else _shown(letter)
