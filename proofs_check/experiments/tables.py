"""The comparison as tables of text: one form for the terminal, for Markdown and for the page."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from feedback_proofs_io.results import Result
from feedback_proofs_io.text import printable
from proofs_check.experiments.comparison import RULE, Line
from proofs_check.experiments.costs import QUALITY, Reached, reached, told
from proofs_check.experiments.inference import Estimate
from proofs_check.experiments.published import BP, FA, NP, Value

__all__ = ["Table", "as_markdown", "as_text", "cells", "costs", "counts", "short", "where"]

NOTHING = "–"
TINY = 1e-4
"""What is less is written with a power of ten."""
GAP = "  "


@dataclass(frozen=True)
class Table:
    """Rows under their heads, the first column being what a row is about; ``notes`` explain marks."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def cells(lines: Sequence[Line]) -> tuple[Table, ...]:
    """The lines of an experiment, a table for each quantity."""
    groups: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        groups.setdefault((line.cell.quantity, line.cell.unit), []).append(line)
    return tuple(_cells(quantity, unit, own) for (quantity, unit), own in groups.items())


def _cells(quantity: str, unit: str, lines: Sequence[Line]) -> Table:
    whys = list(dict.fromkeys(line.why for line in lines if line.why))
    marks = {why: chr(ord("a") + k) for k, why in enumerate(whys)}
    several = len({line.result.mode for line in lines if line.result is not None}) > 1
    rows = []
    for line in lines:
        mode = f", {line.result.mode}" if several and line.result is not None and line.result.mode else ""
        mark = f" ({marks[line.why]})" if line.why else ""
        rows.append(
            (
                short(line.cell.name) + mode,
                published(line.cell.paper),
                published(line.cell.authors),
                ours(line.here),
                difference(line.here if line.cell.than else line.beside),
                line.verdict + mark,
            )
        )
    beside = "± 95 %" if lines[0].cell.than else "− BP"
    heads = ("", "paper", "authors' code", "here", beside, "verdict")
    title = f"{quantity} ({unit})" if unit else quantity
    return Table(title, heads, tuple(rows), tuple(f"({mark}) {why}." for why, mark in marks.items()))


def costs(result: Result) -> tuple[Table, ...]:
    """What the methods of a result reach, and what they cost, where it says."""
    found = reached(result)
    return (_quality(result, found), *((_costs(result, found),) if result.costs else ()))


def _quality(result: Result, found: Sequence[Reached]) -> Table:
    known = told(result)
    heads = [""]
    for metric in known:
        heads.append(f"{metric} ({QUALITY[metric]})" if QUALITY[metric] else metric)
        heads += [f"{metric} − BP"] * metric.startswith("test")
    rows = []
    for one in found:
        row = [short(one.label)]
        for metric in known:
            row.append(ours(one.quality[metric]))
            if metric.startswith("test"):
                row.append(difference(one.beside.get(metric)))
        rows.append(tuple(row))
    return Table(f"At the end of the runs: {where(result)}", tuple(heads), tuple(rows))


def _costs(result: Result, found: Sequence[Reached]) -> Table:
    base = next((one for one in found if one.label == BP), None)
    rows = []
    for one in found:
        passes = _passes(one)
        rows.append(
            (
                short(one.label),
                _number(one.samples),
                _number(passes),
                _times(passes, _passes(base)),
                _number(one.seconds),
                _times(one.seconds, None if base is None else base.seconds),
            )
        )
    heads = ("", "samples", "forward passes", "× BP", "s / 1,000 updates", "× BP ")
    note = (
        f"Seconds of one run of a method, where its runs go alone, measured on {_machine(result)}; all runs "
        f"together took {result.seconds:,.0f} s."
    )
    return Table("Cost of a run", heads, tuple(rows), (note,))


def _passes(one: Reached | None) -> float | None:
    """Forward passes of a run."""
    return None if one is None or one.samples is None or one.passes is None else one.samples * one.passes


def counts(result: Result) -> str:
    """What its points are numbers of."""
    return "loss differences" if result.id == "joint4" else "updates"


def where(result: Result) -> str:
    """Which runs a result has, in a few words."""
    seeds = len({run.rpartition("/")[2] for run in result.runs})
    data = result.data or "unknown data"
    length = f"{result.points[-1]:,} {counts(result)}"
    return f"{result.experiment}, {data}, {length}, {seeds} run{'s' * (seeds != 1)} each"


def _machine(result: Result) -> str:
    found = result.machine.get("processor")
    return printable(found, longest=80) if isinstance(found, str) and found else "a machine that is not named"


def short(label: str) -> str:
    """The name of a method, or what it was run under, with the abbreviations of the paper."""
    direct = label.replace("direct feedback alignment", "DFA")
    gradients = direct.replace("synthetic gradients", "SG")
    return gradients.replace(BP, "BP").replace(FA, "FA").replace(NP, "NP").replace("B x ", "B × ")


def published(value: Value | None) -> str:
    """A published number with as many decimals as were published, its error and runs where they are known; ~
    where it was read off.
    """
    if value is None:
        return NOTHING
    if value.how == "read off":
        return f"~{value.mean:g}{_runs(value.n)}"
    digits = max(0, -math.floor(math.log10(2 * value.within)))
    error = "" if value.error is None else f" ± {value.error:.{digits}f}"
    return f"{value.mean:.{digits}f}{error}{_runs(value.n)}".replace("-", "−")


def ours(found: Estimate | None) -> str:
    """A mean with its standard error, to two digits of that, and the number of runs."""
    if found is None:
        return NOTHING
    if not found.n:
        return "diverged" if found.lost else NOTHING
    form = _form(found.error, found.mean)
    spread = "" if math.isnan(found.error) else f" ± {found.error:{form}}"
    lost = f", {found.lost} diverged" if found.lost else ""
    return _typeset(f"{found.mean:{form}}{spread}{_runs(found.n)}{lost}")


def difference(found: Estimate | None) -> str:
    """A mean paired difference with half of its interval."""
    if found is None or not found.n:
        return NOTHING
    if found.n < 2:
        return _typeset(f"{found.mean:+.3g}")
    form = _form(found.half, found.mean)
    return _typeset(f"{found.mean:+{form}} ± {found.half:{form}}")


def _form(error: float, value: float) -> str:
    """How a value and its error are written: with the decimals that show two digits of the error, or three of
    the value; what is tiny with a power of ten.
    """
    known = math.isfinite(error) and error > 0
    if 0 < max(abs(value), error if known else 0.0) < TINY:
        return ".1e"
    size, shown = (error, 2) if known else (abs(value), 3)
    if not math.isfinite(size) or size == 0:
        return ".2f"
    return f".{min(8, max(0, shown - 1 - math.floor(math.log10(size))))}f"


def _typeset(text: str) -> str:
    return text.replace("e-0", "e-").replace("e+00", "").replace("-", "−")


def _runs(n: int | None) -> str:
    return "" if n is None else f" ({n})"


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.3g}".replace("e+0", "e").replace("e+", "e")


def _times(value: float | None, base: float | None) -> str:
    return NOTHING if value is None or not base else f"{value / base:.2f}"


HOW_TO_READ = (
    "Means ± standard errors over runs, their number in brackets; ~ read off a plot. − BP: the paired "
    "difference to backpropagation, same seeds and minibatches, ± half of its 95 % interval (Student's t)."
)


def as_text(tables: Sequence[Table], width: int = 80) -> str:
    """The tables for a terminal: no line is longer than the width."""
    blocks = ["\n".join(_text(table, width)) for table in tables]
    return "\n\n".join(blocks)


def explained(width: int = 80) -> str:
    """How to read them, and the rule of the verdicts."""
    return "\n".join(line for text in (HOW_TO_READ, RULE) for line in textwrap.wrap(text, width))


def _text(table: Table, width: int) -> Iterator[str]:
    yield from textwrap.wrap(table.title, width)
    widths = _fitting(table, width)
    yield from _row(table.heads, widths)
    yield "─" * (sum(widths) + len(GAP) * (len(widths) - 1))
    for row in table.rows:
        yield from _row(row, widths)
    for note in table.notes:
        yield from textwrap.wrap(note, width, subsequent_indent="    ")


def _fitting(table: Table, width: int) -> list[int]:
    """Widths of the columns: as wide as their cells, the widest narrowed until all fit."""
    columns = list(zip(table.heads, *table.rows, strict=True))
    widths = [max(1, *map(len, column)) for column in columns]
    least = [
        max(1, *(len(word) for cell in column for word in cell.split())) if any(column) else 1
        for column in columns
    ]
    while sum(widths) + len(GAP) * (len(widths) - 1) > width:
        wide = [k for k in range(len(widths)) if widths[k] > least[k]]
        if not wide:
            break
        widths[max(wide, key=lambda k: widths[k])] -= 1
    return widths


def _row(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    wrapped = [textwrap.wrap(cell, width) or [""] for cell, width in zip(row, widths, strict=True)]
    for k in range(max(map(len, wrapped))):
        parts = [
            (lines[k] if k < len(lines) else "").ljust(w) for lines, w in zip(wrapped, widths, strict=True)
        ]
        yield GAP.join(parts).rstrip()


def as_markdown(tables: Sequence[Table]) -> str:
    """The tables in Markdown."""
    return "\n".join(line for table in tables for line in (*_markdown(table), ""))


def _markdown(table: Table) -> Iterator[str]:
    yield f"**{_plain(table.title)}**"
    yield ""
    yield f"| {' | '.join(map(_plain, table.heads))} |"
    yield f"|{'|'.join([':--', *['--:'] * (len(table.heads) - 1)])}|"
    for row in table.rows:
        yield f"| {' | '.join(map(_plain, row))} |"
    if table.notes:
        yield ""
        yield " ".join(map(_plain, table.notes))


def _plain(text: str) -> str:
    """Text that is taken neither for markup nor for the end of a cell."""
    shown = printable(" ".join(text.split()))
    for mark in "\\`*_|<>$[]&#~":
        shown = shown.replace(mark, f"\\{mark}")
    return shown
