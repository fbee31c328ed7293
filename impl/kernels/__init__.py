"""The paths: ways to compute the same sums, behind one small interface.

    path = open_path(problem)              or by name: reference, eager, compiled, native, triton
    path.accumulate(batch, totals)         adds S = sum e~ lambda-hat^T and Q = sum e~ e~^T of a batch
    path.differences(batch)                (L~ - L) / c of each sample, (R, data, draws)

The rule when none is named (``choose``): for small networks "triton" on a CUDA device that has it, and
"native" on the CPU for ``SOON`` samples or more; else "compiled" for ``LONG`` samples or more, where there is
something to compile with; else "eager".
"""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from impl import checks
from impl.kernels.compiled import CompiledPath, compiling_needs
from impl.kernels.fast_path import FastPath
from impl.kernels.native_path import NativePath, native_needs
from impl.kernels.problem import PRODUCTS, Batch, Problem, Totals
from impl.kernels.reference_path import ReferencePath
from impl.kernels.triton_path import TritonPath, triton_needs

__all__ = ["LONG", "PATHS", "PRODUCTS", "SOON", "Batch", "Path", "Problem", "Totals", "choose", "open_path"]

SOON = 2**16
"""Samples from which the native function, built once in a second or two, pays for itself."""
LONG = 2**22
"""Samples from which compiling, which takes seconds to a minute, pays for itself."""


class Path(Protocol):
    """One way to compute the sums of a problem."""

    name: str

    def accumulate(self, batch: Batch, totals: Totals) -> None:
        """Add the batch to S and Q."""

    def differences(self, batch: Batch) -> Tensor:
        """(L~ - L) / c, (R, data, draws)."""


PATHS = {path.name: path for path in (ReferencePath, FastPath, CompiledPath, NativePath, TritonPath)}
"""The paths by name."""


def choose(problem: Problem, samples: int) -> str:
    """The name of the path for so many samples a run, by the rule above."""
    checks.instance("problem", problem, Problem)
    samples = checks.whole("samples", samples, 0)
    device = problem.like.device.type
    if device == "cuda" and triton_needs(problem) is None:
        return "triton"
    if samples >= SOON and native_needs(problem) is None:
        return "native"
    return "compiled" if samples >= LONG and compiling_needs(device) is None else "eager"


def open_path(problem: Problem, name: str = "auto", samples: int = 0) -> Path:
    """The path of that name, or the one that ``choose`` picks for ``samples`` under "auto".

    Raises ``InvalidInput`` for an unknown name, and ``RuntimeError``, in one line, for a path that cannot run
    here.
    """
    checks.instance("problem", problem, Problem)
    name = checks.one_of("path", name, ("auto", *PATHS))
    samples = checks.whole("samples", samples, 0)
    path: Path = PATHS[choose(problem, samples) if name == "auto" else name](problem)
    return path
