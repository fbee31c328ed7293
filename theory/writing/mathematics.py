"""Values as mathematics: of sympy, for a terminal and as LaTeX, as nobody writes ``9*log(3)/(2*pi**2)``."""

from __future__ import annotations

import sympy

from theory.writing.readable import formula


def in_latex(value: sympy.Basic | sympy.MatrixBase) -> str:
    """The value; a matrix of one row or one column as a list of its entries."""
    if not isinstance(value, sympy.MatrixBase):
        return str(sympy.latex(value))
    rows = [[str(sympy.latex(entry)) for entry in row] for row in value.tolist()]
    if value.rows == 1 or value.cols == 1:
        entries = ", ".join(entry for row in rows for entry in row)
        return rf"\left({entries}\right)"
    lines = r" \\ ".join(" & ".join(row) for row in rows)
    return rf"\begin{{pmatrix}}{lines}\end{{pmatrix}}"


def in_text(value: sympy.Basic | sympy.MatrixBase) -> str:
    """The same in a line; the rows of a matrix with a semicolon between them."""
    if isinstance(value, sympy.MatrixBase) and value.rows > 1 and value.cols > 1:
        rows = (", ".join(formula(str(sympy.latex(entry))) for entry in row) for row in value.tolist())
        return f"({'; '.join(rows)})"
    return formula(in_latex(value))
