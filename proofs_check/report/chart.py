"""A small chart on log axes as inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, isfinite, log10
from typing import Literal

from proofs_check.report.html import Markup, tag

Point = tuple[float, float]
Style = Literal["line", "band", "dotted", "dots", "crosses"]
WIDTH, HEIGHT = 380, 270
LEFT, RIGHT, TOP, BOTTOM = 50, 10, 12, 40


@dataclass(frozen=True)
class Series:
    """Points with how they are drawn; ``hue`` is a or b."""

    name: str
    points: tuple[Point, ...]
    style: Style
    hue: str = "a"

    @property
    def drawn(self) -> tuple[Point, ...]:
        """What log axes can show."""
        return tuple((x, y) for x, y in self.points if x > 0 and y > 0 and isfinite(y))


@dataclass(frozen=True)
class Chart:
    """Series over the same axes."""

    title: str
    across: str
    up: str
    series: tuple[Series, ...]


def draw(chart: Chart) -> Markup:
    """The chart; what it shows is also said in words, for whoever cannot see it."""
    points = [point for series in chart.series for point in series.drawn]
    if not points:
        return tag("p", "Nothing to draw: every value is zero.", class_="soft")
    x, y = (
        _Axis.of([p[0] for p in points], LEFT, WIDTH - RIGHT),
        _Axis.of([p[1] for p in points], HEIGHT - BOTTOM, TOP),
    )
    return tag(
        "svg",
        tag("title", chart.title),
        _grid(x, y),
        (_series(one, x, y) for one in chart.series),
        tag(
            "text",
            chart.across,
            x=(LEFT + WIDTH - RIGHT) / 2,
            y=HEIGHT - 6,
            class_="axis",
            text_anchor="middle",
        ),
        tag("text", chart.up, x=LEFT, y=TOP - 2, class_="axis"),
        viewbox=f"0 -8 {WIDTH} {HEIGHT + 8}",
        role="img",
        aria_label=f"{chart.title}: {chart.up} against {chart.across}",
        class_="chart",
    )


@dataclass(frozen=True)
class _Axis:
    """Decades from ``low`` to ``high`` on pixels from ``start`` to ``end``."""

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def of(cls, values: Sequence[float], start: float, end: float) -> _Axis:
        logs = [log10(value) for value in values]
        low, high = min(logs), max(logs)
        room = max(0.04 * (high - low), 0.15)
        return cls(low - room, high + room, start, end)

    def at(self, value: float) -> float:
        share = (log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[int]:
        """Powers of ten, at most seven."""
        first, last = floor(self.low) + 1, floor(self.high)
        step = max(1, -(-(last - first + 1) // 7))
        return [k for k in range(first, last + 1) if k % step == 0]


def _grid(x: _Axis, y: _Axis) -> list[Markup]:
    bottom, top, left, right = HEIGHT - BOTTOM, TOP, LEFT, WIDTH - RIGHT
    marks = [tag("rect", x=left, y=top, width=right - left, height=bottom - top, class_="frame")]
    for k in x.ticks():
        at = x.at(10.0**k)
        marks.append(tag("line", x1=at, x2=at, y1=top, y2=bottom, class_="grid"))
        marks.append(_power(k, at, bottom + 15, "middle"))
    for k in y.ticks():
        at = y.at(10.0**k)
        marks.append(tag("line", x1=left, x2=right, y1=at, y2=at, class_="grid"))
        marks.append(_power(k, left - 5, at + 4, "end"))
    return marks


def _power(k: int, x: float, y: float, anchor: str) -> Markup:
    if k == 0:
        return tag("text", "1", x=x, y=y, text_anchor=anchor, class_="tick")
    number = str(k).replace("-", "−")
    raised = tag("tspan", number, dy=-4, class_="power")
    return tag("text", "10", raised, x=x, y=y, text_anchor=anchor, class_="tick")


def _series(series: Series, x: _Axis, y: _Axis) -> Markup:
    placed = [(x.at(a), y.at(b)) for a, b in series.drawn]
    classes = f"series {series.style} hue-{series.hue}"
    if series.style in ("dots", "crosses"):
        return tag("g", (mark(series.style, *point) for point in placed), class_=classes)
    path = "M" + "L".join(f"{a:.1f},{b:.1f}" for a, b in placed)
    return tag("path", d=path, class_=classes)


def mark(style: str, x: float, y: float) -> Markup:
    """A point: a ring, or a cross."""
    if style == "dots":
        return tag("circle", cx=x, cy=y, r=4)
    return tag("path", d=f"M{x - 4:.1f},{y - 4:.1f}l8,8M{x - 4:.1f},{y + 4:.1f}l8,-8")


def swatch(series: Series) -> Markup:
    """How a series is drawn, for a legend."""
    classes = f"series {series.style} hue-{series.hue}"
    inner = mark(series.style, 15, 6) if series.style in ("dots", "crosses") else tag("path", d="M1,6L29,6")
    return tag(
        "svg",
        tag("g", inner, class_=classes),
        viewbox="0 0 30 12",
        width=30,
        height=12,
        class_="swatch",
        aria_hidden="true",
    )
