"""The feedback rule: whether B^{i+1} carries the errors of the layer above it ("FA") or the output's ("DFA").

The matrix is fitted to the errors that it carries, so all that sets the two rules apart is said here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

RULES = ("FA", "DFA")

T = TypeVar("T")


def check(rule: str) -> None:
    """Raise ``ValueError`` for an unknown rule."""
    if rule not in RULES:
        raise ValueError(f"rule is {rule!r}; expected one of: {', '.join(RULES)}.")


def direct(rule: str) -> bool:
    """Whether every matrix carries e^{N+1}: then none depends on the ones above it."""
    check(rule)
    return rule == "DFA"


def source(rule: str, above: Sequence[T]) -> T:
    """What a matrix carries of what the layers above it have, from the nearest up: errors, or widths."""
    return above[-1] if direct(rule) else above[0]


def sources(rule: str, layers: Sequence[T]) -> list[T]:
    """What B^2 … B^{N+1} carry of what the layers 1 … N+1 have."""
    return [source(rule, layers[k:]) for k in range(1, len(layers))]


def shapes(rule: str, widths: Sequence[int]) -> list[tuple[int, int]]:
    """The shapes of B^2 … B^{N+1} for the widths n_0 … n_{N+1}: n_i x n_{i-1}, or p x n_{i-1}."""
    return list(zip(sources(rule, widths[1:]), widths[1:-1], strict=True))
