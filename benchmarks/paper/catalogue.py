"""The experiments of the paper by name: a new one is a module of its own and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from benchmarks.paper.figure_2 import figure_2
from benchmarks.paper.figure_3 import figure_3, why_3
from benchmarks.paper.options import Entry

__all__ = ["CATALOGUE"]

CATALOGUE: Mapping[str, Entry] = MappingProxyType(
    {
        "fig2": Entry(figure_2, seeds=5, epochs=2001, modes=("text", "code")),
        "fig3": Entry(figure_3, seeds=3, epochs=200, quick=1, modes=("text", "code")),
        "why3": Entry(why_3, seeds=3, epochs=200, quick=1, modes=("text", "code")),
    }
)
