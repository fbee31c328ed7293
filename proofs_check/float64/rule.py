"""The feedback rule: whether B^{i+1} carries the errors of the layer above it ("FA") or the output's ("DFA").

Written down here once more, as the network is in `floats`. A matrix is fitted to the errors that it carries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

RULES = ("FA", "DFA")

T = TypeVar("T")


def direct(rule: str) -> bool:
    """Whether no matrix depends on the ones above it, because all carry e^{N+1}."""
    if rule not in RULES:
        raise ValueError(f"unknown rule {rule!r}")
    return rule == "DFA"


def source(rule: str, above: Sequence[T]) -> T:
    """What a matrix carries of what the layers above it have, from the nearest up: errors, or widths."""
    return above[-1] if direct(rule) else above[0]


def sources(rule: str, layers: Sequence[T]) -> list[T]:
    """What B^2 … B^{N+1} carry of what the layers 1 … N+1 have."""
    return [layers[-1]] * (len(layers) - 1) if direct(rule) else list(layers[1:])


def distinct(rule: str, layers: Sequence[T]) -> list[T]:
    """The same, each once."""
    return sources(rule, layers)[-1:] if direct(rule) else sources(rule, layers)


def shapes(rule: str, widths: Sequence[int]) -> list[tuple[int, int]]:
    """The shapes of B^2 … B^{N+1} for the widths n_0 … n_{N+1}."""
    return list(zip(sources(rule, widths[1:]), widths[1:-1], strict=True))


def offered_rules(supports: Mapping[str, Sequence[str]]) -> list[str]:
    """The rules that a subject supports: both, where it does not say."""
    return [rule for rule in RULES if rule in supports.get("rules", RULES)]


def preferred_rule(supports: Mapping[str, Sequence[str]]) -> str:
    """The rule to ask a subject for where either would do: "FA", unless it does not support that."""
    return next(iter(offered_rules(supports)), RULES[-1])
