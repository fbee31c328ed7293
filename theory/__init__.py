"""The theory: every statement with its hypotheses, and the exact mathematics that checks it.

Two wings, neither of which knows torch. The symbolic one (sympy) holds the statements, the noise laws with
their moments and the expansion of the estimator's mean; the numeric one (python-flint) computes limits and
biases of given networks in rational and ball arithmetic. One result is one module; ``STATEMENTS`` has them
all by their id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from theory.results.catalogue import STATEMENTS
    from theory.results.statement import Assumption, InvalidStatement, Statement

__all__ = ["STATEMENTS", "Assumption", "InvalidStatement", "Statement"]


def __getattr__(name: str) -> object:
    """The names above, imported when they are asked for: a part of the theory does not need all of it."""
    if name == "STATEMENTS":
        from theory.results import catalogue

        return catalogue.STATEMENTS
    if name in __all__:
        from theory.results import statement

        return getattr(statement, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
