"""The machine that something was measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import torch

__all__ = ["machine"]


def machine() -> dict[str, object]:
    """Its processor, the instructions that torch uses, cores and system, and the version of torch."""
    names = [line.split(":")[1].strip() for line in cpuinfo() if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "torch": torch.__version__,
    }


def cpuinfo() -> list[str]:
    """The lines in which Linux describes its processors; none elsewhere."""
    file = Path("/proc/cpuinfo")
    return file.read_text().splitlines() if file.exists() else []
