"""What an experiment found, as one JSON file: the curve, everything that it depends on, and a summary."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from benchmarks.machine import machine
from benchmarks.paper.costs import costs
from benchmarks.paper.experiment import Curve, Experiment, Pictured
from feedback_proofs_io.results import FORMAT, sealed

__all__ = ["as_json", "by_label", "table", "text"]


class Axes(Protocol):
    """What has runs of which something was measured: an experiment, or its result."""

    @property
    def runs(self) -> Sequence[str]:
        """The names of the runs."""

    @property
    def metrics(self) -> Sequence[str]:
        """The names of what was measured."""


def as_json(experiment: Experiment, curve: Curve) -> dict[str, Any]:
    """The result, sealed, in the format of `feedback_proofs_io.results`.

    "seconds" are those of this machine, with whatever else it did; "costs" are measured now. "pictures" are
    there where the experiment has any.
    """
    pictures = experiment.pictures(curve.final) if isinstance(experiment, Pictured) and curve.final else {}
    return sealed(
        {
            "format": FORMAT,
            "experiment": experiment.name,
            "settings": dict(experiment.settings),
            "runs": list(experiment.runs),
            "metrics": list(experiment.metrics),
            "points": list(curve.points),
            "curve": [[[_number(v) for v in run] for run in point] for point in curve.values.tolist()],
            "seconds": round(curve.seconds, 3),
            "machine": {**machine(), "threads": torch.get_num_threads(), "python": platform.python_version()},
            "costs": costs(experiment),
            **({"pictures": pictures} if pictures else {}),
        }
    )


def text(content: Mapping[str, Any]) -> str:
    """A result as it stands in its file."""
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def by_label(experiment: Axes, values: Tensor) -> Mapping[str, tuple[Tensor, Tensor]]:
    """For each method the mean over its seeds and its standard error, (metrics,) each, of one point's values.

    A method with a single seed has the standard error NaN.
    """
    labels = [run.rpartition("/")[0] for run in experiment.runs]
    found = {}
    for label in dict.fromkeys(labels):
        own = values[[k for k, one in enumerate(labels) if one == label]]
        error = own.std(0, unbiased=True) / math.sqrt(len(own)) if len(own) > 1 else own[0] * math.nan
        found[label] = (own.mean(0), error)
    return found


def table(experiment: Axes, curve: Curve, starts: tuple[str, ...] = ("test", "angle")) -> list[str]:
    """The last point, a line for each method, with the metrics whose names have one of these ``starts``."""
    names = list(experiment.metrics)
    shown = [k for k, name in enumerate(names) if name.startswith(starts)]
    rows = [["", *(names[k] for k in shown)]]
    for label, (mean, error) in by_label(experiment, curve.values[-1]).items():
        telling = [k for k, name in enumerate(names) if name.endswith("loss")] or shown
        lost = not bool(mean[telling].isfinite().any())
        rows.append([label, *(_with_error(names[k], float(mean[k]), float(error[k]), lost) for k in shown)])
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    ]


def _with_error(name: str, value: float, error: float, lost: bool) -> str:
    """What has no value either diverged, with all else, or is not there, as the angle without feedback."""
    if math.isnan(value):
        return "diverged" if lost else "–"
    scale, unit = (100.0, " %") if name == "test error" else (1.0, "°" if name.startswith("angle") else "")
    spread = "" if math.isnan(error) else f" ± {scale * error:.2g}"
    return f"{scale * value:.4g}{spread}{unit}"


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
