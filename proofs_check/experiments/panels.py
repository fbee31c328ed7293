"""What a picture of a result shows, as data: panels by metric, in each of them a line for each method.

A line is the mean over runs, with the band of its standard error; runs that diverged are left out. Published
numbers of the same metric are marks at the end. Where methods were run under several conditions
(`conditions`) each has a panel of its own, or is the place on the axis if it is a number of units. Whoever
draws decides on colours; here it is decided which lines there are, on which axes, and which place in the list
of styles a method has, the same in all panels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from feedback_proofs_io.results import Result
from proofs_check.experiments import widths
from proofs_check.experiments.comparison import sources
from proofs_check.experiments.conditions import condition, conditions, method, units
from proofs_check.experiments.inference import Estimate, estimate
from proofs_check.experiments.published import BP, CELLS, FA, NP, Cell, Value
from proofs_check.experiments.tables import counts, short

__all__ = ["FAMILIES", "Curve", "Look", "Mark", "Panel", "after", "legend", "panels", "places"]

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
class Look:
    """Which style a method has: the family of methods, its number in it, and how many there are."""

    kind: Kind
    number: int
    count: int


@dataclass(frozen=True)
class Curve:
    """A method: updates, mean, and the ends of the band; ends that are not known are the mean."""

    label: str
    points: tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True)
class Mark:
    """A published number: ``whose`` it is, and by how much it may be off, errors and reading together. It
    stands at the end of the curves, or ``at`` a place of its own.
    """

    label: str
    whose: Literal["paper", "authors"]
    value: float
    within: float
    updates: int
    at: float | None = None


@dataclass(frozen=True)
class Panel:
    """One pair of axes; ``log`` is of the upward one. What goes ``across``, updates, numbers of losses or of
    units, is without the beginning, and on a log axis unless it spans little. ``room`` are values that the
    upward axis reaches too, so that panels can be compared.
    """

    title: str
    unit: str
    across: str
    log: bool
    series: tuple[Curve, ...]
    marks: tuple[Mark, ...]
    room: tuple[float, ...] = ()

    @property
    def log_across(self) -> bool:
        """Whether the axis across is a log axis."""
        found = [point[0] for one in self.series for point in one.points]
        return len(set(found)) < 2 or max(found) / min(found) > SPREAD

    @property
    def means(self) -> list[float]:
        """Everything that the upward axis has to reach."""
        own = [point[1] for one in self.series for point in one.points]
        return [*own, *(mark.value for mark in self.marks), *self.room]


def legend(result: Result) -> tuple[str, ...]:
    """The methods that have lines, each once, whatever they were run under."""
    return tuple(dict.fromkeys(map(method, result.labels)))


def after(result: Result, shown: Sequence[Panel]) -> str:
    """What is to be said of published numbers where they are of longer runs than the result; else nothing."""
    updates = max((mark.updates for panel in shown for mark in panel.marks), default=0)
    return f", after {updates:,} {counts(result)}" if updates > result.points[-1] else ""


def places(labels: Sequence[str]) -> Mapping[str, Look]:
    """The style of each method, the same in every panel and in every picture of the same methods."""
    kinds: dict[Kind, list[str]] = {}
    for label in dict.fromkeys(labels):
        kinds.setdefault(_kind(label), []).append(label)
    return {
        label: Look(kind, number, len(members))
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
    """The panels of a result: by condition, against units, or in the order of `FAMILIES`."""
    if widths.widths_of(result):
        return tuple(_against_units(result))
    if any(conditions(result.labels)):
        return tuple(_by_condition(result))
    return tuple(_by_family(result))


def _by_condition(result: Result) -> Iterator[Panel]:
    """The error of test images, or their loss, under each condition, on axes of one length."""
    name = "test error" if "test error" in result.metrics else "test loss"
    found = {under: _panel(result, name, name, FAMILIES[name], under) for under in conditions(result.labels)}
    drawn = {under: panel for under, panel in found.items() if panel.series}
    means = [value for panel in drawn.values() for value in panel.means]
    for under, panel in drawn.items():
        title = f"{name}, {short(under) or 'nothing changed'}"
        yield replace(panel, title=title, room=(min(means), max(means)), log=_log(means))


def _against_units(result: Result) -> Iterator[Panel]:
    """Updates until a loss is reached, where weights learn without being told the error; else what feedback
    has come to at the end.
    """
    if result.id == "foil":
        lines = {
            one: {n: Estimate(1, float(reached.updates), math.nan) for n, reached in own.items() if reached}
            for one, own in widths.updates_to_target(result).items()
        }
        yield _of_units(f"updates to a training loss of {widths.TARGET:g}", "", lines, ())
        return
    for family in OF_FEEDBACK:
        for name in result.metrics:
            if _of(family, name):
                lines = {one: dict(own) for one, own in widths.at_the_end(result, name).items()}
                yield _of_units(
                    _title(family, name), FAMILIES[family], lines, tuple(_marks(result, name, 1.0))
                )


def _of_units(
    title: str, unit: str, lines: Mapping[str, Mapping[int, Estimate]], marks: tuple[Mark, ...]
) -> Panel:
    factor = 100.0 if unit == "%" else 1.0
    series = tuple(
        Curve(
            one,
            tuple(_with_band(float(n), found.scaled(factor)) for n, found in sorted(own.items()) if found.n),
        )
        for one, own in lines.items()
    )
    placed = tuple(
        replace(
            mark,
            label=method(mark.label),
            value=factor * mark.value,
            within=factor * mark.within,
            at=units(mark.label),
        )
        for mark in marks
    )
    panel = Panel(title, unit, "hidden units", False, tuple(one for one in series if one.points), placed)
    return replace(panel, log=_log(panel.means))


def _by_family(result: Result) -> Iterator[Panel]:
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


def _panel(result: Result, family: str, name: str, unit: str, under: str = "") -> Panel:
    """The panel of a metric, of the methods under a condition."""
    factor = 100.0 if unit == "%" else 1.0
    of_feedback = family in OF_FEEDBACK
    labels = [
        one
        for one in result.labels
        if condition(one) == under and not (of_feedback and _carries_weights(result, one))
    ]
    drawn = [Curve(method(label), tuple(_points(result, label, name, factor))) for label in labels]
    series = tuple(one for one in drawn if one.points)
    marks = tuple(mark for mark in _marks(result, name, factor) if condition(mark.label) == under)
    panel = Panel(_title(family, name), unit, counts(result), False, series, marks)
    return replace(panel, log=family != "sign congruence" and _log(panel.means))


def _log(values: Sequence[float]) -> bool:
    """Whether values are shown on a log axis."""
    return bool(values) and min(values) > 0 and max(values) / min(values) > SPREAD


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
        yield _with_band(float(update), found)


def _with_band(at: float, found: Estimate) -> tuple[float, float, float, float]:
    error = 0.0 if math.isnan(found.error) else found.error
    return at, found.mean, found.mean - error, found.mean + error


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
            within = factor * ((value.error or 0.0) + value.within)
            yield Mark(cell.label, whose, factor * value.mean, within, cell.updates)
