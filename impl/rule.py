"""The feedback rule: which error signals each of B^2 ... B^{N+1} carries down, and so is fitted to.

Under "FA" B^{i+1} carries e~^{i+1}, those of the layer above; under "DFA" e~^{N+1}, those of the output. All
else follows from it, and is asked here: shapes, Gram matrices, and how often a fit has to see the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from impl import checks

__all__ = ["RULES", "direct", "distinct", "each", "named", "source", "sources", "turns"]

RULES = ("FA", "DFA")

T = TypeVar("T")


def named(argument: str, value: object) -> str:
    """The name of a rule. Raises ``InvalidInput`` for what is none."""
    return checks.one_of(argument, value, RULES)


def direct(rule: str) -> bool:
    """Whether the errors of the output go to every layer, and no matrix depends on those above it."""
    return named("rule", rule) == "DFA"


def source(rule: str, above: Sequence[T]) -> T:
    """What the layer has whose errors a matrix carries; ``above`` is what those above the matrix have, from
    the nearest up.
    """
    return above[-1 if direct(rule) else 0]


def sources(rule: str, layers: Sequence[T]) -> tuple[T, ...]:
    """The same for each of B^2 ... B^{N+1}, of what the layers 1 ... N+1 have: error signals, or widths."""
    return tuple(source(rule, layers[k:]) for k in range(1, len(layers)))


def distinct(rule: str, layers: Sequence[T]) -> tuple[T, ...]:
    """Those of ``sources`` that differ, each once: there is a Gram matrix for each."""
    found = sources(rule, layers)
    return found[:1] if direct(rule) else found


def each(rule: str, once: Sequence[T], matrices: int) -> list[T]:
    """For each of so many matrices its own of what there is for each of ``distinct``."""
    return list(once) * matrices if direct(rule) else list(once)


def turns(rule: str, matrices: int) -> tuple[tuple[int, ...], ...]:
    """The matrices, by their index, that each pass over the data fits: "FA" the top one first, because its
    errors make those below; "DFA" all at once.
    """
    if direct(rule):
        return (tuple(range(matrices)),)
    return tuple((k,) for k in reversed(range(matrices)))
