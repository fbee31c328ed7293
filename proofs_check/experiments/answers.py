"""What a result answers by itself, as tables: contrasts, predictions, growth with the number of units."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from feedback_proofs_io.results import Result
from proofs_check.experiments import contrasts, predictions, widths
from proofs_check.experiments.contrasts import Found
from proofs_check.experiments.tables import NOTHING, Table, counts, difference, ours, short, where

__all__ = ["answers"]


def answers(result: Result) -> tuple[Table, ...]:
    """The tables of a result; none where it asks nothing."""
    return (*_contrasts(result), *_predictions(result), *_growth(result))


def _contrasts(result: Result) -> Iterator[Table]:
    groups: dict[str, list[Found]] = {}
    for one in contrasts.found(result):
        groups.setdefault(one.contrast.question, []).append(one)
    metric = contrasts.metric_of(result)
    unit = " (%)" if metric == "test error" else ""
    heads = (
        "",
        *(f"{result.points[k]:,} {counts(result)}" for k in contrasts.times(result)),
        "at the end",
    )
    note = (
        f"Paired differences of the {metric}{unit}, same seeds and minibatches, ± half of the 95 % interval. "
        f"{where(result)}."
    )
    for k, (question, found) in enumerate(groups.items()):
        rows = tuple(map(_row, found))
        yield Table(question, heads, rows, (note,) if k == len(groups) - 1 else ())


def _row(one: Found) -> tuple[str, ...]:
    name = f"{short(one.contrast.label)} {one.contrast.side} {short(one.contrast.than)}"
    return name, *map(difference, one.differences), one.outcome


def _predictions(result: Result) -> Iterator[Table]:
    found = predictions.outcomes(result)
    if found:
        rows = tuple(
            (one.label, one.says, ours(one.left), "as predicted" if one.so else "not as predicted")
            for one in found
        )
        note = (
            f"What is left of the distance of the lower matrix to the weights at the start. {where(result)}."
        )
        yield Table("What theory predicts", ("", "predicted", "here, at the end", ""), rows, (note,))


def _growth(result: Result) -> Iterator[Table]:
    if result.id != "foil":
        return
    found, across = widths.updates_to_target(result), widths.widths_of(result)
    heads = ("", *(f"{n:,} units" for n in across), "grows as")
    rows = [
        (short(name), *(_reached(own.get(n)) for n in across), _power(own, across))
        for name, own in found.items()
    ]
    note = (
        "The first point of measurement at which the mean loss of the runs is there, at the best of the "
        f"method's rates, which is given. {where(result)}."
    )
    yield Table(f"Updates to a training loss of {widths.TARGET:g}", heads, tuple(rows), (note,))


def _reached(found: widths.Arrival | None) -> str:
    return "not reached" if found is None else f"{found.updates:,} ({found.rate})"


def _power(own: Mapping[int, widths.Arrival | None], across: Sequence[int]) -> str:
    """The power of n, where every number of units got there."""
    there = {n: float(one.updates) for n, one in own.items() if one is not None}
    power = widths.slope(there) if len(there) == len(across) else math.nan
    return NOTHING if math.isnan(power) else f"n^{power:.2f}".replace("-", "−")
