"""What refutes a printed claim, for a reader: what would be 0 if the claim held, and what it is."""

from __future__ import annotations

from theory.mathematics import in_latex, in_text
from theory.paper.entry import Refutation


def words(refutation: Refutation) -> str:
    """What the value is, a sentence with formulas in dollars: the first line of its description."""
    return (refutation.__doc__ or "").split("\n", maxsplit=1)[0].removesuffix(".")


def value_latex(refutation: Refutation) -> str:
    """The value, as mathematics."""
    return in_latex(refutation())


def value_text(refutation: Refutation) -> str:
    """The same for a terminal."""
    return in_text(refutation())
