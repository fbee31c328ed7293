"""Results as an experiment might have written them: curves by a formula, the same every time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from feedback_proofs_io.results import Result, parsed, sealed

POINTS = (0, *(k * 10**e for e in range(3, 6) for k in (1, 2, 5)), 1_000_000, 2_001_000)
FIG2 = (
    "backpropagation",
    "feedback alignment",
    *(f"node perturbation {c}" for c in ("0.0001", "0.001", "0.01", "0.1")),
    "surprise",
    "surprise two-sided",
    "surprise 1e-4",
)
OF_FEEDBACK = ("angle", "relative error", "sign congruence", "local angle")
FIG2_METRICS = (
    "train loss",
    "test loss",
    "test error",
    "angle 1",
    "angle 2",
    *(
        f"{name} {k}"
        for name in ("relative error", "norm ratio", "sign congruence", "local angle")
        for k in (2, 3)
    ),
)
ENDS: Mapping[str, float] = {"backpropagation": 0.0265, "feedback alignment": 0.0428}


def curve_of(label: str, metric: str, seed: int, update: int) -> float:
    """Falling towards an end that depends on the method, with a little for the seed."""
    k = FIG2.index(label) if label in FIG2 else len(label) % 7
    early = math.exp(-update / 3e4)
    wiggle = 1 + 0.02 * math.sin(3 * seed + k)
    if metric.startswith("sign"):
        return min(1.0, (0.5 + 0.06 * k * (1 - early)) * wiggle)
    if metric.startswith(OF_FEEDBACK):
        scale = 80.0 if "angle" in metric else 1.2
        return 0.0 if label == "backpropagation" else scale * wiggle * (early + 0.8 / (1 + 3 * k**2))
    if metric.endswith("loss"):
        return 500.0 * wiggle * (1 + 0.05 * k + 3 * early)
    return (ENDS.get(label, 0.03 + 0.001 * k) + 0.85 * early) * wiggle


def content(
    experiment: str = "fig2 as code",
    data: str = "mnist",
    labels: Sequence[str] = FIG2,
    metrics: Sequence[str] = FIG2_METRICS,
    points: Sequence[int] = POINTS,
    seeds: int = 5,
    value: Callable[[str, str, int, int], float | None] = curve_of,
    **more: Any,
) -> dict[str, Any]:
    """The sealed content of a result."""
    runs = [(label, seed) for label in labels for seed in range(seeds)]
    return sealed(
        {
            "format": 1,
            "experiment": experiment,
            "settings": {"data train": f"{data} sha256 00", "seeds": " ".join(map(str, range(seeds)))},
            "runs": [f"{label}/{seed}" for label, seed in runs],
            "metrics": list(metrics),
            "points": list(points),
            "curve": [
                [[value(label, metric, seed, point) for metric in metrics] for label, seed in runs]
                for point in points
            ],
            "seconds": 3600.0,
            "machine": {"processor": "a processor", "cores": 2},
            "costs": {
                label: {
                    "samples": 32 * points[-1],
                    "forward passes": 1 if k < 2 else 3 if "two-sided" in label else 2,
                    "seconds": 0.2 + 0.1 * k,
                }
                for k, label in enumerate(labels)
            },
            **more,
        }
    )


def result(**given: Any) -> Result:
    """The result of `content`."""
    return parsed(content(**given), Path("result.json"))
