"""What refutes a printed claim, for a reader: what would be 0 if the claim held, and what it is."""

from __future__ import annotations

import sympy

from theory.paper.entry import Refutation
from theory.readable import formula


def words(refutation: Refutation) -> str:
    """What the value is, a sentence with formulas in dollars: the first line of its description."""
    return (refutation.__doc__ or "").split("\n", maxsplit=1)[0].removesuffix(".")


def value_latex(refutation: Refutation) -> str:
    """The value as mathematics; a matrix of one row or one column as a list of its entries."""
    value = refutation()
    if not isinstance(value, sympy.MatrixBase):
        return str(sympy.latex(value))
    rows = [[sympy.latex(entry) for entry in row] for row in value.tolist()]
    if value.rows == 1 or value.cols == 1:
        entries = ", ".join(entry for row in rows for entry in row)
        return rf"\left({entries}\right)"
    lines = r" \\ ".join(" & ".join(row) for row in rows)
    return rf"\begin{{pmatrix}}{lines}\end{{pmatrix}}"


def value_text(refutation: Refutation) -> str:
    """The same for a terminal; the rows of a matrix with a semicolon between them."""
    value = refutation()
    if isinstance(value, sympy.MatrixBase) and value.rows > 1 and value.cols > 1:
        rows = (", ".join(formula(sympy.latex(entry)) for entry in row) for row in value.tolist())
        return f"({'; '.join(rows)})"
    return formula(value_latex(refutation))
