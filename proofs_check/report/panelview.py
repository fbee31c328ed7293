"""A panel of an experiment as inline SVG, in the colours of the page: lines, bands, published numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from proofs_check.experiments.panels import Curve, Look, Mark, Panel
from proofs_check.report.html import Markup, tag

__all__ = ["draw", "style", "swatch", "triangle"]

WIDTH, HEIGHT = 380, 250
LEFT, RIGHT, TOP, BOTTOM = 46, 30, 12, 24
COLOURS: Mapping[str, int] = {"backpropagation": 2, "alignment": 2, "perturbation": 4, "ours": 4, "other": 6}
"""How many colours page.css has for methods of a kind; after them dashes tell methods apart."""
DASHES = 6
FIRST_DASH: Mapping[str, int] = {"alignment": 1}
STEPS = (1.0, 2.0, 5.0)


@dataclass(frozen=True)
class Axis:
    """Values from ``low`` to ``high`` on pixels from ``start`` to ``end``."""

    low: float
    high: float
    log: bool
    start: float
    end: float

    def at(self, value: float) -> float:
        """The place of a value, held within the axis."""
        low, high, value = (
            math.log10(one) if self.log else one for one in (self.low, self.high, self._held(value))
        )
        return self.start + (value - low) / (high - low) * (self.end - self.start)

    def _held(self, value: float) -> float:
        return min(max(value, self.low), self.high)

    def ticks(self) -> list[float]:
        """Round numbers, some three to seven."""
        if not self.log:
            return list(_round(self.low, self.high))
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        fine = STEPS if last - first <= 2 else (1.0,)
        every = max(1, -(-(last - first) // 6))
        found = [m * 10.0**k for k in range(first, last + 1) for m in fine if k % every == 0]
        return [one for one in found if self.low <= one <= self.high]


def _round(low: float, high: float) -> Iterator[float]:
    size = 10.0 ** math.floor(math.log10((high - low) / 4))
    step = next(m * size for m in (*STEPS, 10.0) if (high - low) / (m * size) <= 6)
    for k in range(math.ceil(low / step), math.floor(high / step) + 1):
        yield k * step


def draw(panel: Panel, places: Mapping[str, Look]) -> Markup:
    """The panel; what it shows is in the tables too, for whoever cannot see it."""
    across, up = _axes(panel)
    unit = f" ({panel.unit})" if panel.unit else ""
    return tag(
        "svg",
        tag("title", f"{panel.title}{unit} against {panel.across}"),
        _grid(across, up),
        (_band(one, across, up, places) for one in panel.series),
        (_line(one, across, up, places) for one in panel.series),
        (_published(one, across, up, places) for one in panel.marks),
        tag("text", f"{panel.title}{unit}", x=LEFT, y=TOP - 6, class_="axis"),
        viewbox=f"0 -10 {WIDTH} {HEIGHT + 10}",
        role="img",
        aria_label=f"{panel.title}{unit} against {panel.across}",
        class_="chart",
    )


def _axes(panel: Panel) -> tuple[Axis, Axis]:
    updates = [point[0] for one in panel.series for point in one.points]
    means = panel.means
    left, right = min(updates), max(updates)
    if left == right:
        left, right = left / 2, right * 2
    low, high = min(means), max(means)
    if panel.log:
        room = max((high / low) ** 0.06, 1.1)
        low, high = low / room, high * room
    else:
        room = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
        low, high = (low - room if low < 0 or low > 3 * room else 0.0), high + room
    return (
        Axis(left, right, panel.log_across, LEFT, WIDTH - RIGHT),
        Axis(low, high, panel.log, HEIGHT - BOTTOM, TOP),
    )


def _grid(across: Axis, up: Axis) -> list[Markup]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    marks = [tag("rect", x=LEFT, y=TOP, width=right - LEFT, height=bottom - TOP, class_="frame")]
    for value in across.ticks():
        at = across.at(value)
        marks.append(tag("line", x1=at, x2=at, y1=TOP, y2=bottom, class_="grid"))
        marks.append(tag("text", _number(value), x=at, y=bottom + 16, text_anchor="middle", class_="tick"))
    for value in up.ticks():
        at = up.at(value)
        marks.append(tag("line", x1=LEFT, x2=right, y1=at, y2=at, class_="grid"))
        marks.append(tag("text", _number(value), x=LEFT - 5, y=at + 4, text_anchor="end", class_="tick"))
    return marks


def _number(value: float) -> str:
    if value and not 1e-3 <= abs(value) < 1e9:
        return f"{value:.0e}".replace("e-0", "e−").replace("e-", "e−").replace("e+0", "e").replace("e+", "e")
    size, letter = (1e6, "M") if value >= 1e6 else (1e3, "k") if value >= 1e3 else (1.0, "")
    return f"{value / size:.6g}{letter}"


def style(place: Look) -> str:
    """The classes of a method: the colour of its kind and number, and a dash."""
    again, number = divmod(place.number, COLOURS[place.kind])  # the same colour again has another dash
    dash = (FIRST_DASH.get(place.kind, 0) + number + again) % DASHES
    return f"m-{place.kind} n-{number} dash-{dash}"


def _line(series: Curve, across: Axis, up: Axis, places: Mapping[str, Look]) -> Markup:
    path = _path([(across.at(point[0]), up.at(point[1])) for point in series.points])
    if len(series.points) == 1:
        path += "h1"  # a line of one point is not drawn at all
    return tag("path", d=path, class_=f"curve {style(places[series.label])}")


def _band(series: Curve, across: Axis, up: Axis, places: Mapping[str, Look]) -> Markup:
    there = [(across.at(point[0]), up.at(point[2])) for point in series.points]
    back = [(across.at(point[0]), up.at(point[3])) for point in reversed(series.points)]
    return tag("path", d=f"{_path([*there, *back])}Z", class_=f"spread {style(places[series.label])}")


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _published(mark: Mark, across: Axis, up: Axis, places: Mapping[str, Look]) -> Markup:
    at = WIDTH - RIGHT + (5 if mark.whose == "paper" else 16) if mark.at is None else across.at(mark.at)
    return triangle(at, up.at(mark.value), mark.whose, style(places[mark.label]))


def triangle(x: float, y: float, whose: str, classes: str) -> Markup:
    """A triangle that points to the left: full for the paper, empty for its authors' code."""
    return tag("path", d=f"M{x:.1f},{y:.1f}l8,-4.5v9z", class_=f"mark {whose} {classes}")


def swatch(inner: Markup) -> Markup:
    """A line or a mark, for a legend."""
    return tag("svg", inner, viewbox="0 0 40 12", width=40, height=12, class_="swatch", aria_hidden="true")
