"""The processes of one run: who this one is among them, and sums over all.

``torchrun`` tells each process by WORLD_SIZE, RANK and LOCAL_RANK who it is, and by MASTER_ADDR and
MASTER_PORT where to meet the others.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor

from impl import checks

__all__ = ["LONGEST_WAIT", "Ranks", "place"]

LONGEST_WAIT = 1e9
"""Seconds; what waits longer waits for ever, and torch counts milliseconds in 64 bits."""
MOST = 2**16
"""Processes of one run: far more than have been tried."""


def place() -> tuple[int, int, int]:
    """How many ranks there are, which this one is, and which of its machine's, as the environment says.

    Raises ``InvalidInput`` for words that are no numbers, and for a rank that is not among the others.
    """
    size = _variable("WORLD_SIZE", 1, 1, MOST)
    for name in ("RANK", "LOCAL_RANK"):
        alone = name in os.environ and "WORLD_SIZE" not in os.environ
        checks.require(not alone, "WORLD_SIZE", "missing", f"it beside {name}, as torchrun sets it")
    missing = [name for name in ("RANK", "MASTER_ADDR", "MASTER_PORT") if not os.environ.get(name)]
    needed = size > 1 and bool(missing)
    checks.require(not needed, "WORLD_SIZE", f"{size} without {', '.join(missing)}", "what torchrun sets")
    if size > 1:
        _variable("MASTER_PORT", 0, 1, 2**16)
    return size, _variable("RANK", 0, 0, size), _variable("LOCAL_RANK", 0, 0, size)


def _variable(name: str, default: int, low: int, high: int) -> int:
    text = os.environ.get(name)
    if text is None:
        return default
    plain = text.isascii() and text.isdigit() and len(text) < 20
    return checks.whole(name, int(text) if plain else text, low, high)


class Ranks:
    """This process among those of ``torchrun``; alone where there are none."""

    def __init__(self, device: str = "cpu", timeout: float = 300.0) -> None:
        checks.one_of("device", device, ("cpu", "cuda"))
        seconds = checks.number("timeout", timeout, f"seconds above 0 and up to {LONGEST_WAIT:g}")
        within = 0 < seconds <= LONGEST_WAIT
        checks.require(
            within, "timeout", checks.shown(timeout), f"seconds above 0 and up to {LONGEST_WAIT:g}"
        )
        self.size, self.rank, local = place()
        self.device = torch.device("cpu")
        if device == "cuda":
            devices = torch.cuda.device_count()
            checks.require(
                local < devices, "the device", f"cuda:{local}", f"one of the {devices} that are here"
            )
            self.device = torch.device("cuda", local)
            torch.cuda.set_device(self.device)
        if self.size > 1:
            backend = "nccl" if device == "cuda" else "gloo"
            dist.init_process_group(backend, timeout=timedelta(seconds=seconds))

    def add_up(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """The sum of each float64 tensor over the ranks, the same on all of them."""
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        if self.size > 1:
            dist.all_reduce(flat)
        parts = torch.split(flat, [tensor.numel() for tensor in tensors])
        return [part.view_as(tensor) for part, tensor in zip(parts, tensors, strict=True)]

    def close(self) -> None:
        """Leave the group."""
        if self.size > 1:
            dist.destroy_process_group()
