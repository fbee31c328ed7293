"""LaTeX as MathML Core, which browsers show without a script.

The conversion is that of math-core; it refuses a command that it does not know, so nothing is left over.
"""

from __future__ import annotations

import re
from functools import cache

from math_core import LatexError, LatexToMathML

from proofs_check.report.html import Markup, join, tag


class NotShown(ValueError):
    """A formula cannot be converted; the message has the formula and the reason."""


@cache
def formula(latex: str, block: bool = False) -> Markup:
    """A formula, in the line or on its own; raises `NotShown`."""
    for written in (_stretching(latex), latex):
        try:
            return Markup(_converter().convert_with_local_state(written.strip(), displaystyle=block))
        except LatexError as error:
            problem = error
    raise NotShown(f"{latex!r}: {problem}")


def _stretching(latex: str) -> str:
    """Brackets of a fixed size as such that grow with what they hold: a browser does not enlarge one that
    carries an exponent by itself.
    """
    return _SIZED.sub(lambda found: _GROWING[found[1]], latex)


_SIZED = re.compile(r"\\[bB]ig([lrm])(?![a-zA-Z])")
_GROWING = {"l": r"\left", "r": r"\right", "m": r"\middle"}


def sentence(text: str) -> Markup:
    """Text with formulas in dollars; raises `NotShown` where LaTeX is left outside of them."""
    pieces = text.split("$")
    if len(pieces) % 2 == 0 or any("\\" in words for words in pieces[::2]):
        raise NotShown(f"{text!r}: LaTeX outside of dollars")
    return join(formula(piece) if k % 2 else piece for k, piece in enumerate(pieces))


def displayed(latex: str) -> Markup:
    """A displayed formula, a line for each part: they are separated by \\qquad where they are written."""
    parts = (part for part in latex.split(r"\qquad") if part.strip())
    return tag("div", (tag("div", formula(part, block=True), class_="line") for part in parts), class_="math")


@cache
def _converter() -> LatexToMathML:
    return LatexToMathML()
