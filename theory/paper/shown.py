"""What refutes a printed claim, for a reader: what would be 0 if the claim held, and what it is."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import sympy

from theory.paper.entry import Entry, Refutation
from theory.writing.mathematics import in_latex, in_text
from theory.writing.symbols import OF_THE_PAPER, named


def words(refutation: Refutation) -> str:
    """What the value is, a sentence with formulas in dollars: the first line of its description."""
    return (refutation.__doc__ or "").split("\n", maxsplit=1)[0].removesuffix(".")


@cache
def value(refutation: Refutation) -> sympy.Basic | sympy.MatrixBase:
    """The value: some are integrals and limits, which take their time once."""
    return refutation()


def value_latex(refutation: Refutation) -> str:
    """The value, as mathematics."""
    return in_latex(value(refutation))


def formulas_of(entry: Entry) -> tuple[str, ...]:
    """Every formula of an entry, and of what refutes it."""
    sentences = [entry.label, entry.printed, entry.problem, entry.fixed, *map(words, entry.refuted_by)]
    sentences += [assumption.words for assumption in entry.needs]
    written = (formula for text in sentences for formula in text.split("$")[1::2])
    return (*written, *map(value_latex, entry.refuted_by))


def glossary(entries: Iterable[Entry]) -> tuple[tuple[str, str], ...]:
    """The symbols of the entries, with what they mean."""
    return named((one for entry in entries for one in formulas_of(entry)), OF_THE_PAPER, "the paper")


def value_text(refutation: Refutation) -> str:
    """The same for a terminal."""
    return in_text(value(refutation))
