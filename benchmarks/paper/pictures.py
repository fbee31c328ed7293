"""Pictures of a result: the panels that its metrics have, as PNG and SVG, from the file of the result alone.

Colours and dashes can be told apart by the colour-blind and in grey: backpropagation is black, alignment
grey, node perturbation at rising noise a row of blues, the rest of Okabe and Ito's palette. The same result
gives the same bytes of SVG with the same version of matplotlib, which is not needed for anything else.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.paper import planes
from feedback_proofs_io.results import Result
from impl import InvalidInput, checks
from proofs_check.experiments.panels import Look, Mark, Panel, after, legend, panels, places
from proofs_check.experiments.tables import short, where

__all__ = ["Pictures", "drawn"]

COLOURS: Mapping[str, Sequence[str]] = {
    "backpropagation": ("#000000", "#4d4d4d"),
    "alignment": ("#8c8c8c", "#b3b3b3"),
    "perturbation": ("#74b3e0", "#3c8dc8", "#0f5ea8", "#08306b"),
    "ours": ("#d55e00", "#cc79a7", "#8a5a00", "#a83279"),
    "other": ("#009e73", "#e69f00", "#7b3fa0", "#a8a800", "#56b4e9", "#6b4226"),
}
DASHES: Sequence[Any] = (
    "-",
    (0, (5, 1.5)),
    (0, (1.2, 1.2)),
    (0, (6, 1.5, 1.2, 1.5)),
    (0, (3, 1)),
    (0, (8, 2)),
)
FIRST_DASH: Mapping[str, int] = {
    "backpropagation": 0,
    "alignment": 1,
    "perturbation": 0,
    "ours": 0,
    "other": 0,
}
PANEL = (3.4, 2.7)
"""Inches of a panel."""
ALONE = 1.8
"""Times as wide is a panel that has no other beside it."""
MOST = 4
"""Panels in a row."""
DOTS = 150
FEW = 8
"""Points of a line that are shown as such."""
STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e3e3e3",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "text.parse_math": False,  # names come from a file
    "svg.fonttype": "none",
    "svg.hashsalt": "feedback-proofs",
    "font.family": ["DejaVu Sans"],
}


class Pictures(dict[str, bytes]):
    """The content of the files, by the end of their names: ".png" and ".svg", and where a result has the
    plane of a bottleneck "-planes.png" and "-planes.svg".
    """


def drawn(result: Result) -> Pictures:
    """The pictures of a result.

    Raises ``InvalidInput`` without matplotlib, or where nothing can be drawn, and `Unreadable` where its
    planes are none.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        expected = 'pip install "feedback-proofs[paper]"'
        raise InvalidInput(f"matplotlib is not installed; expected it for pictures: {expected}.") from None
    shown, plane = panels(result), planes.planes(result)
    checks.require(bool(shown), f"the result {result.path}", "of metrics that have no panel", "one that has")
    found = Pictures()
    with mpl.rc_context():
        mpl.rcdefaults()  # whatever somebody's own file of settings says
        mpl.rcParams.update(STYLE)
        _add(found, "", _figure(result, shown, Figure))
        if plane is not None:
            mpl.rcParams["axes.grid"] = False
            _add(found, "-planes", planes.figure(result, plane, Figure))
    return found


def _add(found: Pictures, name: str, figure: Any) -> None:
    for suffix in ("png", "svg"):
        file = io.BytesIO()
        metadata = {"Date": None} if suffix == "svg" else {"Software": None}
        figure.savefig(file, format=suffix, dpi=DOTS, metadata=metadata)
        found[f"{name}.{suffix}"] = file.getvalue()


def _figure(result: Result, shown: Sequence[Panel], figure_class: Any) -> Any:
    styles = {label: _style(place) for label, place in places(legend(result)).items()}
    across = _across(len(shown))
    down = math.ceil(len(shown) / across)
    width = PANEL[0] * (across if across > 1 else ALONE)
    columns = _columns(result, width)
    rows = math.ceil((len(legend(result)) + 2) / columns)
    below, title = 0.25 + 0.2 * rows, 0.4
    height = PANEL[1] * down + below + title
    figure = figure_class(figsize=(width, height), layout="constrained")
    figure.get_layout_engine().set(
        rect=(0, below / height, 0.99, 1 - (below + title) / height), w_pad=0.13, h_pad=0.08
    )
    longer = after(result, shown)
    said = f"{where(result)}; triangles{longer.replace(', after', ': after')}" if longer else where(result)
    figure.text(0.5, 1 - 0.2 / height, said, ha="center", va="center", fontsize=10.5)
    grid = figure.subplots(down, across, squeeze=False)
    for number, axes in enumerate(grid.flat):
        if number < len(shown):
            _draw(axes, shown[number], styles, number + across >= len(shown))
        else:
            axes.set_axis_off()
    _legend(figure, result, shown, styles, columns)
    return figure


def _columns(result: Result, inches: float) -> int:
    """Columns of the legend: as many as its longest name leaves room for."""
    longest = max(len("its authors' code"), *(len(short(label)) for label in legend(result)))
    return max(1, math.floor(inches / (0.75 + 0.075 * longest)))


def _across(count: int) -> int:
    """Panels in a row: 2 for 4 of them, else 4 or 3, whichever leaves fewer places empty."""
    if count <= MOST:
        return 2 if count == MOST else count
    return min((MOST, MOST - 1), key=lambda across: -count % across)


def _style(place: Look) -> Mapping[str, Any]:
    colours = COLOURS[place.kind]
    # A short row takes the ends of its colours, which differ most.
    spread = place.kind == "perturbation" and 1 < place.count < len(colours)
    at = round(place.number * (len(colours) - 1) / (place.count - 1)) if spread else place.number
    if place.kind == "perturbation" and place.count == 1:
        at = 2
    again, number = divmod(place.number, len(colours))  # the same colour a second time has another dash
    dash = (FIRST_DASH[place.kind] + number + again) % len(DASHES)
    return {"color": colours[at % len(colours)], "linestyle": DASHES[dash]}


def _draw(axes: Any, panel: Panel, styles: Mapping[str, Mapping[str, Any]], lowest: bool) -> None:
    if panel.log_across:
        axes.set_xscale("log")
    if panel.log:
        axes.set_yscale("log")
    for series in panel.series:
        updates, mean, low, high = zip(*series.points, strict=True)
        style = styles[series.label]
        axes.plot(
            updates, mean, linewidth=1.6, marker="o" if len(mean) <= FEW else None, markersize=4, **style
        )
        axes.fill_between(updates, low, high, color=style["color"], alpha=0.18, linewidth=0)
    unit = f" ({panel.unit})" if panel.unit else ""
    axes.set_title(panel.title + unit, loc="left")
    if lowest:
        axes.set_xlabel(panel.across)
    _limits(axes, panel)
    _ticks(axes, panel)
    for mark in panel.marks:
        _mark(axes, mark, styles[mark.label]["color"])


def _limits(axes: Any, panel: Panel) -> None:
    """Room for all means and marks, and for bands unless they are very wide: those are cut, as they are in
    panels that are to be compared.
    """
    means = panel.means
    ends = [] if panel.room else [end for one in panel.series for point in one.points for end in point[2:]]
    low, high = min(means), max(means)
    if panel.log:
        low, high = (end([one for one in [*means, *ends] if low / 2 < one < high * 2]) for end in (min, max))
        room = max((high / low) ** 0.06, 1.05)
        axes.set_ylim(low / room, high * room)
        return
    most = (high - low) / 2
    low, high = (
        end([one for one in [*means, *ends] if low - most <= one <= high + most]) for end in (min, max)
    )
    room = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    axes.set_ylim(low - room if low < 0 or low > 3 * room else 0, high + room)


def _ticks(axes: Any, panel: Panel) -> None:
    """Numbers as they are read: 0.1, 1, 10, and thousands as k; within a decade or so also 2 and 5."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    across = [(axes.xaxis, axes.get_xlim())] if panel.log_across else []
    upward = [(axes.yaxis, axes.get_ylim())] if panel.log else []
    for axis, (low, high) in (*across, *upward):
        few = high / low < 50
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if few else (1.0,), numticks=8))
        axis.set_major_formatter(FuncFormatter(lambda value, place: _read(value)))
        axis.set_minor_formatter(NullFormatter())


def _read(value: float) -> str:
    if not 1e-3 <= value < 1e9:
        return f"{value:.0e}".replace("e-0", "e−").replace("e-", "e−").replace("e+0", "e").replace("e+", "e")
    size, letter = (1e6, "M") if value >= 1e6 else (1e3, "k") if value >= 1e3 else (1.0, "")
    return f"{value / size:g}{letter}"


def _mark(axes: Any, mark: Mark, colour: str) -> None:
    """A triangle at its place; or beyond the right edge, the paper's before its authors', pointing at it."""
    beyond = 1.035 if mark.whose == "paper" else 1.075
    axes.plot(
        [beyond if mark.at is None else mark.at],
        [mark.value],
        transform=axes.get_yaxis_transform() if mark.at is None else axes.transData,
        clip_on=False,
        marker="<",
        markersize=6,
        color=colour,
        markerfacecolor=colour if mark.whose == "paper" else "white",
        markeredgewidth=1.3,
        linestyle="none",
    )


def _legend(
    figure: Any, result: Result, shown: Sequence[Panel], styles: Mapping[str, Mapping[str, Any]], columns: int
) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], linewidth=1.8, label=short(label), **styles[label]) for label in legend(result)]
    whose = {mark.whose for panel in shown for mark in panel.marks}
    for name, text, face in (("paper", "the paper", "#333333"), ("authors", "its authors' code", "white")):
        if name in whose:
            own: dict[str, Any] = {"markerfacecolor": face, "color": "#333333", "markeredgewidth": 1.3}
            handles.append(Line2D([], [], marker="<", linestyle="none", label=text, **own))
    figure.legend(handles=handles, loc="lower center", ncols=columns, handlelength=3.2, columnspacing=1.8)
