"""The experiments of the paper by name: a new one is a module of its own and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from benchmarks.paper.deep import deep
from benchmarks.paper.fails import fails
from benchmarks.paper.figure_2 import figure_2
from benchmarks.paper.figure_3 import figure_3, why_3
from benchmarks.paper.figure_4 import figure_4, joint_4, widths_4
from benchmarks.paper.foil import foil
from benchmarks.paper.options import Entry
from benchmarks.paper.residual import residual
from benchmarks.paper.search import search_1, search_3
from benchmarks.paper.table_1 import table_1, table_2

__all__ = ["CATALOGUE"]

IMAGES = ("digits", "cifar10", "cifar100", "fashion-mnist")
OF_FEEDBACK = ("relative error", "sign congruence", "angle")

CATALOGUE: Mapping[str, Entry] = MappingProxyType(
    {
        "fig2": Entry(figure_2, seeds=5, epochs=2001, modes=("text", "code")),
        "fig3": Entry(figure_3, seeds=3, epochs=200, quick=1, modes=("text", "code")),
        "why3": Entry(why_3, seeds=3, epochs=200, quick=1, modes=("text", "code")),
        "fig4": Entry(figure_4, seeds=3, epochs=1001, modes=("text", "code"), shown=OF_FEEDBACK),
        "widths4": Entry(widths_4, seeds=3, epochs=1001, quick=1, modes=("text", "code"), shown=OF_FEEDBACK),
        "deep": Entry(deep, seeds=3, epochs=30, quick=1),
        "fails": Entry(fails, seeds=5, epochs=200, shown=OF_FEEDBACK),
        "foil": Entry(foil, seeds=3, epochs=30, quick=1, shown=("train",)),
        "residual": Entry(residual, seeds=5, epochs=100, quick=1),
        "joint4": Entry(joint_4, seeds=3, epochs=1, quick=1, modes=("text", "code"), shown=OF_FEEDBACK),
        "table1": Entry(
            table_1, seeds=5, epochs=78, quick=1, modes=("text", "code"), data=IMAGES, quick_width=1 / 16
        ),
        "table2": Entry(
            table_2, seeds=5, epochs=78, quick=1, modes=("text", "code"), data=IMAGES, quick_width=1 / 16
        ),
        "search1": Entry(search_1, seeds=1, epochs=78, quick=1, data=IMAGES, quick_width=1 / 16),
        "search3": Entry(search_3, seeds=1, epochs=500, quick=1, modes=("text", "code")),
    }
)
