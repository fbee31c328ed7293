"""What a picture of a result shows, as data: panels by metric, in each of them a line for each method.

A line is the mean over runs, with the band of its standard error; runs that diverged are left out. Published
numbers of the same metric are marks at the end. Whoever draws decides on colours; here it is decided which
lines there are, on which axes, and which place in the list of styles a method has, the same in all panels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from feedback_proofs_io.results import Result
from proofs_check.experiments.comparison import sources
from proofs_check.experiments.inference import estimate
from proofs_check.experiments.published import BP, CELLS, FA, NP, Cell, Value
from proofs_check.experiments.tables import counts

__all__ = ["FAMILIES", "Mark", "Panel", "Place", "Series", "panels", "places"]

FAMILIES: Mapping[str, str] = {
    "train loss": "",
    "test loss": "",
    "noisy test loss": "",
    "relative error": "",
    "angle": "°",
    "local angle": "°",
    "sign congruence": "%",
    "test error": "%",
    "noisy test error": "%",
}
"""Metrics that have a panel, one for each layer, with their units."""
OF_FEEDBACK = ("relative error", "angle", "local angle", "sign congruence")
"""Families in which a method whose feedback is the weights has nothing to show."""
DEEP = 2
"""With more layers only relative errors and angles are shown, of the lowest, a middle and the highest."""
SPREAD = 4.0
"""Values whose largest and smallest have this ratio are on a log axis."""

Kind = Literal["backpropagation", "alignment", "perturbation", "ours", "other"]


@dataclass(frozen=True)
class Place:
    """Which style a method has: the family of methods, its number in it, and how many there are."""

    kind: Kind
    number: int
    count: int


@dataclass(frozen=True)
class Series:
    """A method: updates, mean, and the ends of the band; ends that are not known are the mean."""

    label: str
    points: tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True)
class Mark:
    """A published number: ``whose`` it is, and by how much it may be off, errors and reading together."""

    label: str
    whose: Literal["paper", "authors"]
    value: float
    within: float


@dataclass(frozen=True)
class Panel:
    """One pair of axes; ``log`` is of the upward one. What goes ``across``, updates or numbers of losses, is
    always on a log axis, without the beginning.
    """

    title: str
    unit: str
    across: str
    log: bool
    series: tuple[Series, ...]
    marks: tuple[Mark, ...]


def places(labels: Sequence[str]) -> Mapping[str, Place]:
    """The style of each method, the same in every panel and in every picture of the same methods."""
    kinds: dict[Kind, list[str]] = {}
    for label in labels:
        kinds.setdefault(_kind(label), []).append(label)
    return {
        label: Place(kind, number, len(members))
        for kind, members in kinds.items()
        for number, label in enumerate(members)
    }


def _kind(label: str) -> Kind:
    if label.startswith(BP):
        return "backpropagation"
    if label.startswith((FA, "direct feedback alignment")):
        return "alignment"
    if label.startswith(NP):
        return "perturbation"
    return "ours" if label.startswith(("surprise", "joint", "hadamard")) else "other"


def panels(result: Result) -> tuple[Panel, ...]:
    """The panels of a result, in the order of `FAMILIES`."""
    return tuple(_panels(result))


def _panels(result: Result) -> Iterator[Panel]:
    for family, unit in FAMILIES.items():
        if family.endswith("loss") and "test error" in result.metrics:
            continue  # the paper's figures show one of the two
        layers = [name for name in result.metrics if _of(family, name)]
        if len(layers) > DEEP:
            if family in ("local angle", "sign congruence"):
                continue
            layers = [layers[0], layers[len(layers) // 2], layers[-1]]
        for name in layers:
            panel = _panel(result, family, name, unit)
            if panel.series and not (family.endswith("loss") and _still(result, name)):
                yield panel


def _still(result: Result, name: str) -> bool:
    """Whether nothing moves from the beginning to the end, as where weights stand still."""
    column = result.metrics.index(name)
    first, last = ([run[column] for run in result.curve[k]] for k in (0, -1))
    return len(result.points) > 1 and first == last


def _carries_weights(result: Result, label: str) -> bool:
    """Whether the feedback of a method is the weights: backpropagation, by any name."""
    measured = [name for name in result.metrics if _of("angle", name) or _of("relative error", name)]
    values = [
        value
        for name in measured
        for k in range(len(result.points))
        for value in result.values(label, name, k).values()
        if math.isfinite(value)
    ]
    return bool(values) and max(values) < 1e-9


def _of(family: str, name: str) -> bool:
    """Whether a metric is the family's own, or that of a layer."""
    first, _, layer = name.rpartition(" ")
    return name == family or (first == family and layer.isdigit())


def _panel(result: Result, family: str, name: str, unit: str) -> Panel:
    factor = 100.0 if unit == "%" else 1.0
    of_feedback = family in OF_FEEDBACK
    labels = [one for one in result.labels if not (of_feedback and _carries_weights(result, one))]
    drawn = [Series(label, tuple(_points(result, label, name, factor))) for label in labels]
    series = tuple(one for one in drawn if one.points)
    marks = tuple(_marks(result, name, factor))
    values = [point[1] for one in series for point in one.points] + [mark.value for mark in marks]
    log = (
        family != "sign congruence"
        and bool(values)
        and min(values) > 0
        and max(values) / min(values) > SPREAD
    )
    return Panel(_title(family, name), unit, counts(result), log, series, marks)


def _title(family: str, name: str) -> str:
    if name == family:
        return family
    layer = name.rpartition(" ")[2]
    named = (
        f"layer {layer}"
        if family == "angle"
        else f"B{layer.translate(str.maketrans('0123456789', '⁰¹²³⁴⁵⁶⁷⁸⁹'))}"
    )
    return f"{family}, {named}"


def _points(
    result: Result, label: str, name: str, factor: float
) -> Iterator[tuple[float, float, float, float]]:
    for k, update in enumerate(result.points):
        found = estimate(list(result.values(label, name, k).values())).scaled(factor)
        if update == 0 or not found.n:
            continue
        error = 0.0 if math.isnan(found.error) else found.error
        yield float(update), found.mean, found.mean - error, found.mean + error


def _marks(result: Result, name: str, factor: float) -> Iterator[Mark]:
    """What was published of the same metric of these methods, on the same data."""
    for cell in CELLS:
        if (
            sources(cell.experiment, [result])
            and cell.data == result.data
            and cell.metric == name
            and cell.label in result.labels
            and not cell.than
        ):
            yield from _of_cell(cell, 1.0 if cell.unit == "%" else factor)


def _of_cell(cell: Cell, factor: float) -> Iterator[Mark]:
    both: tuple[tuple[Literal["paper", "authors"], Value | None], ...] = (
        ("paper", cell.paper),
        ("authors", cell.authors),
    )
    for whose, value in both:
        if value is not None:
            yield Mark(cell.label, whose, factor * value.mean, factor * ((value.error or 0.0) + value.within))
