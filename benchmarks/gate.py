"""Which cases are timed in CI, and the ratios that they are held to.

    python -m benchmarks.gate             measure, beside what is stored
    python -m benchmarks.gate --record    store the middle of five measurements, and of what machine they are

A stored ratio is of one machine. Others come out near it, since the calibration does what a step does, but
not so near that a verdict could rest on it: on another processor, or where torch is told to use other
instructions, everything is timed all the same, and nothing is concluded.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from benchmarks.cases import WAYS, Model, by_name, cannot
from benchmarks.machine import machine
from benchmarks.stored_json import Damaged, read_stored
from benchmarks.timing import Function, Timed, calibration, measure, timer
from feedback_proofs_io import whole
from feedback_proofs_io.command import Parser, ended, show

__all__ = ["GATED", "Timing", "of_another_machine", "stored_ratios"]

RATIOS = Path(__file__).parent / "stored" / "ratios.json"
GATED = ("A1", "A2", "A3", "B2")
"""Milliseconds a step; A1 eager is the latency of one step at batch 32."""


KIND = ("processor", "instructions", "cores", "system")
"""What two machines must have in common for a ratio of one to be held against the other."""


class Timing:
    """A case made one way, and its calibration: to be measured as often as one likes."""

    def __init__(self, name: str, way: str) -> None:
        case, device = by_name(name), WAYS[way][1]
        torch.set_num_threads(1)
        self.step: Function = case.make(*WAYS[way])
        self.calibration = calibration(Model(case.shape, device), fresh=way == "eager")
        self.clock = timer(device)

    def measured(self) -> Timed:
        """A measurement of a second."""
        return measure(self.step, self.calibration, self.clock)


def stored_ratios() -> dict[str, float]:
    """The stored ratios by case and way, such as "A1 eager". Raises ``Damaged``."""
    ratios: dict[str, float] = read_stored(RATIOS, {"ratios": {}}, _are_ratios)["ratios"]
    return ratios


def _are_ratios(content: object) -> bool:
    if not isinstance(content, dict) or not isinstance(content.get("machine", {}), dict):
        return False
    ratios = content.get("ratios")
    return isinstance(ratios, dict) and all(
        isinstance(ratio, (int, float)) and 0 < ratio < math.inf for ratio in ratios.values()
    )


def of_another_machine() -> str | None:
    """Why nothing can be concluded here from the stored ratios, or None on a machine of their kind."""
    known: dict[str, object] = read_stored(RATIOS, {"ratios": {}}, _are_ratios).get("machine", {})
    here = machine()
    other = [
        f"{name} {known.get(name)!r}, here {here[name]!r}" for name in KIND if known.get(name) != here[name]
    ]
    if not other:
        return None
    record = "to record ratios of this machine: python -m benchmarks.gate --record"
    return f"the stored ratios belong to another machine ({'; '.join(other)}); {record}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the ratios; with ``--record``, keep them."""
    parser = Parser(prog="python -m benchmarks.gate")
    parser.add_argument("--record", action="store_true", help="store what is measured now")
    name = "python -m benchmarks.gate"
    return ended(name, lambda: _run(parser.parse_args(arguments).record), (Damaged,))


def _run(recording: bool) -> int:
    if recording:
        whole.prepare(RATIOS)
    known, ratios = stored_ratios(), dict(stored_ratios())
    for name in GATED:
        for way in WAYS:
            if cannot(way):
                continue
            timing, label = Timing(name, way), f"{name} {way}"
            found = [timing.measured().ratio for _ in range(5)]
            ratios[label] = float(f"{statistics.median(found):.3g}")
            between = f"{min(found):.3g} to {max(found):.3g}"
            show(f"{label:12} {ratios[label]:8} ({between}), stored {known.get(label, '-')}")
    if recording:
        whole.write(RATIOS, json.dumps({"machine": machine(), "ratios": ratios}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
