"""What an update sends from one layer to another, in bytes: the paper's remark on data movement, counted.

Units of a layer send their activities up, once for every forward pass; errors go down through the feedback,
one number for each unit and sample; a loss difference goes to every hidden layer, one number for each sample.
Both do so again for every further draw of noise.
Weights stay where their synapses are, but backpropagation needs those of the way up on the way down, in every
update. Learned feedback needs them never: what changes B is at B's own synapses.
"""

from __future__ import annotations

from collections.abc import Mapping

from impl.learning import Absent, Architecture, Method, Transported
from impl.rule import sources

__all__ = ["traffic"]

FLOAT = 4
"""Bytes of a number in float32."""


def traffic(architecture: Architecture, method: Method, samples: int, passes: int) -> Mapping[str, int]:
    """Bytes of an update of one run: "activities", "errors", "weights" and "differences"; ``passes`` are how
    often a sample goes through the network.
    """
    hidden, upper = architecture.hidden, architecture.widths[2:]
    fed = 0 if isinstance(method.feedback, Absent) else sum(sources(method.wiring, architecture.widths[1:]))
    draws = 0 if method.perturbation is None else method.perturbation.draws
    transported = isinstance(method.feedback, Transported)
    counts = {
        "activities": passes * sum(architecture.widths[:-1]) * samples,
        "errors": fed * samples * max(1, draws),
        "weights": sum(q * n for q, n in zip(upper, hidden, strict=True)) if transported else 0,
        "differences": len(hidden) * samples * draws,
    }
    return {name: FLOAT * count for name, count in counts.items()}
