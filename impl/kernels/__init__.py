"""The paths: ways to compute the same sums, behind one small interface.

    path = open_path(problem)              or by a name of PATHS
    path.accumulate(batch, totals)         adds S = sum e~ lambda-hat^T and Q = sum e~ e~^T of a batch
    path.differences(batch)                (L~ - L) / c of each sample, (R, data, draws)

The rule when none is named (``choose``): the last of ``PATHS`` that says it pays. For small networks that is
"triton" on a CUDA device that has it, and "native" on the CPU for ``SOON`` samples or more; else "compiled"
for ``LONG`` samples or more, where there is something to compile with; else "eager".
"""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from impl import checks
from impl.kernels.compiled import LONG, CompiledPath
from impl.kernels.fast_path import FastPath
from impl.kernels.native_path import SOON, NativePath
from impl.kernels.problem import PRODUCTS, Batch, Problem, Totals
from impl.kernels.reference_path import ReferencePath
from impl.kernels.triton_path import TritonPath

__all__ = ["LONG", "PATHS", "PRODUCTS", "SOON", "Batch", "Path", "Problem", "Totals", "choose", "open_path"]


class Path(Protocol):
    """One way to compute the sums of a problem.

    A path that is ``tiled`` has all noise of a batch in hand, so that a stream keeps its batches small.
    """

    name: str
    tiled: bool

    def __init__(self, problem: Problem) -> None:
        """Raises ``RuntimeError`` where the path cannot run this problem here."""

    @staticmethod
    def pays(problem: Problem, samples: int) -> bool:
        """Whether it can run this problem here and is the fastest for so many samples a run."""

    def accumulate(self, batch: Batch, totals: Totals) -> None:
        """Add the batch to S and Q."""

    def differences(self, batch: Batch) -> Tensor:
        """(L~ - L) / c, (R, data, draws)."""


ALL: tuple[type[Path], ...] = (ReferencePath, FastPath, CompiledPath, NativePath, TritonPath)
PATHS = {path.name: path for path in ALL}
"""The paths by name, the fastest where it pays last."""


def choose(problem: Problem, samples: int) -> str:
    """The name of the path for so many samples a run, by the rule above."""
    checks.instance("problem", problem, Problem)
    samples = checks.whole("samples", samples, 0)
    return next(name for name, path in reversed(PATHS.items()) if path.pays(problem, samples))


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
