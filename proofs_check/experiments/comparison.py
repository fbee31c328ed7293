"""The published number, ours, and the verdict on each, by one rule: `RULE` in words, `judged` in code."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from feedback_proofs_io.results import Result
from proofs_check.experiments.inference import Estimate, estimate, paired
from proofs_check.experiments.published import BP, Cell, Value, cells_of

__all__ = ["FEWEST", "RULE", "VERDICTS", "Line", "Verdict", "compared", "counted", "measured", "sources"]

Verdict = Literal["reproduced", "not reproduced", "not comparable", "not run"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

FEWEST = 3
"""Runs without which there is no verdict on a number."""
COARSEST = 0.25
"""An interval of more than this part of the published number on either side says nothing about it."""

RULE = (
    "Reproduced: the published number lies no further from our mean than the 95 % interval of our mean "
    "(Student's t, over runs) and two published standard errors, added as squares, and the error of reading "
    "it; of a difference, our paired interval lies on the published side of zero. Not reproduced: it does "
    f"not, or a run diverged. Not comparable: other data, fewer updates, fewer than {FEWEST} runs, an "
    f"interval beyond {100 * COARSEST:.0f} % of the number, or a number that the published code cannot have "
    "made in this way. Not run: no result here has it."
)

_SOURCES: Mapping[str, tuple[str, ...]] = {
    "fig2": ("fig2",),
    "fig3": ("fig3", "table2"),
    "fig4": ("fig4", "widths4"),
    "table1": ("table1", "table2"),
    "table2": ("table2", "fig3", "table1"),
}


@dataclass(frozen=True)
class Line:
    """A cell and what became of it in one mode: ``here`` over our runs, ``beside`` the paired difference to
    backpropagation in the same result; ``why`` says what the verdict does not.
    """

    cell: Cell
    verdict: Verdict
    why: str = ""
    here: Estimate | None = None
    beside: Estimate | None = None
    result: Result | None = None


def compared(experiment: str, results: Sequence[Result]) -> tuple[Line, ...]:
    """Every cell of an experiment: once for each mode in which it has a result, once where it has none."""
    own = sources(experiment, results)
    return tuple(line for cell in cells_of(experiment) for line in _lines(cell, own))


def counted(lines: Iterable[Line]) -> Mapping[Verdict, int]:
    """How many cells have which verdict; verdicts that none has are left out."""
    counts = Counter(line.verdict for line in lines)
    return {verdict: counts[verdict] for verdict in VERDICTS if counts[verdict]}


def sources(experiment: str, results: Iterable[Result]) -> tuple[Result, ...]:
    """The results in which cells of an experiment may be found, the longest first."""
    own = (one for one in results if one.id.startswith(_SOURCES[experiment]))
    return tuple(sorted(own, key=lambda one: -one.points[-1]))


def measured(result: Result, label: str, metric: str, statistic: str = "last") -> Mapping[str, float]:
    """A metric at the end, or the least over a run, by seed; NaN for a run that diverged, and nothing where
    it has no value at any point (feedback that begins at zero has no angle there). Accuracy is what error is
    not.
    """
    if metric == "test accuracy" and metric not in result.metrics:
        return {seed: 1 - value for seed, value in measured(result, label, "test error").items()}
    last = result.values(label, metric)
    points = [result.values(label, metric, k) for k in range(len(result.points))]
    if not any(math.isfinite(value) for point in points for value in point.values()):
        return {}
    if statistic == "last":
        return last
    return {
        seed: min(point[seed] for point in points if math.isfinite(point[seed]))
        if math.isfinite(value)
        else math.nan
        for seed, value in last.items()
    }


def judged(cell: Cell, found: Estimate, published: Value) -> tuple[Verdict, str]:
    """The verdict on a mean, or on a mean difference, that is the like of what was published; and why."""
    if found.lost:
        return "not reproduced", f"{found.lost} of {found.n + found.lost} runs diverged"
    if found.n < FEWEST:
        return "not comparable", f"fewer than {FEWEST} runs"
    if cell.than:
        low, high = found.interval
        away = low > 0 if published.mean > 0 else high < 0
        back = high < 0 if published.mean > 0 else low > 0
        return (
            ("reproduced", "")
            if away
            else ("not reproduced", "the other way round" if back else "no difference shown")
        )
    allowed = math.hypot(found.half, 2 * (published.error or 0.0)) + published.within
    if abs(found.mean - published.mean) > allowed:
        return "not reproduced", ""
    if found.half > COARSEST * abs(published.mean) + published.within:
        return "not comparable", "our interval is too wide"
    return "reproduced", ""


def _lines(cell: Cell, results: Sequence[Result]) -> Iterable[Line]:
    named = [one for one in results if {cell.label, cell.than or cell.label} <= set(one.labels)]
    best: dict[str, Result] = {}
    for one in named:
        if measured(one, cell.label, cell.metric):
            rival = best.setdefault(one.mode, one)
            best[one.mode] = max(rival, one, key=lambda result: _fitness(cell, result))
    if not best:
        here = any(one.id == cell.experiment for one in named)
        return [Line(cell, "not run", f"{cell.metric} was not measured" if here else "")]
    return [_line(cell, one) for one in best.values()]


def _fitness(cell: Cell, result: Result) -> tuple[bool, int, int]:
    """What is the like of a cell before what is not."""
    return result.data == cell.data, result.points[-1], len(result.runs)


def _line(cell: Cell, result: Result) -> Line:
    own = measured(result, cell.label, cell.metric, cell.statistic)
    factor = 100.0 if cell.unit == "%" else 1.0
    of_bp = measured(result, BP, cell.metric, cell.statistic)
    learns = "test" in cell.metric  # of what is zero for backpropagation the difference is the number itself
    beside = (
        paired(own, of_bp).scaled(factor) if of_bp and learns and cell.label != BP and not cell.than else None
    )
    if cell.than:
        found = paired(own, measured(result, cell.than, cell.metric, cell.statistic)).scaled(factor)
    else:
        found = estimate(list(own.values())).scaled(factor)
    verdict, why = _unlike(cell, result) or judged(cell, found, _published(cell))
    return Line(cell, verdict, why, found, beside, result)


def _published(cell: Cell) -> Value:
    if cell.value is None:
        raise ValueError(f"the cell {cell.experiment} {cell.name} has no published number")
    return cell.value


def _unlike(cell: Cell, result: Result) -> tuple[Verdict, str] | None:
    """Why a result is not of what was published; None where it is."""
    reasons = []
    if result.data != cell.data:
        reasons.append(f"of {result.data or 'unknown data'}, not {cell.data}")
    if result.points[-1] < cell.updates:
        reasons.append(f"after {result.points[-1]:,} of {cell.updates:,} updates")
    if result.mode not in ("", *cell.modes):
        reasons.append(f"as {result.mode}; the number is of the {' and the '.join(cell.modes)}")
    if cell.unlike:
        reasons.append(cell.unlike)
    return ("not comparable", "; ".join(reasons)) if reasons else None
