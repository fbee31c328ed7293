"""How terms are written, as a line of text and as LaTeX: operators, and where brackets are needed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


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


TIGHT = (Place.FACTOR, Place.MARKED)


def bracket(inner: str, script: Script) -> str:
    """What is written, in brackets."""
    return rf"\bigl({inner}\bigr)" if script.latex else f"({inner})"
