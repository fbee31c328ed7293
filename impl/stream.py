"""Streaming sufficient statistics: feedback from a stream of any length, in constant memory.

    stream = Stream(problem, draws=1024)
    stream.add(x, y)                      the next data, each with its 1,024 draws
    stream.solve()                        B-hat^2 ... B-hat^{N+1} for each run

The sums S and Q are all that is kept, so streams over other data merge by addition, on one machine or many,
and a stream can be saved and gone on with. A datum's noise is fixed by its index: the sums do not depend on
how data and draws are split into batches, beyond the order of addition.

The error signals are made with the problem's own feedback. Under "DFA", and for the top matrix, that is exact
least squares in one pass; under "FA" the matrix of a layer needs those above it, and ``fit_network`` makes
one pass over the data per hidden layer, from the top, with the same regenerated noise.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path as File

import torch
from torch import Tensor

from impl import checks
from impl.kernels import Batch, Path, Problem, Totals, open_path
from impl.least_squares import Sums

__all__ = ["Stream", "fit_network", "read_whole", "write_whole"]

TILE = 2**19
"""How many noise values are in hand at a time: a few megabytes, so that they stay in cache."""
CALL = 2**24
"""Samples in one call of a path that does not go by tiles: about a second, after which it can be interrupted.
"""

Data = Iterable[tuple[Tensor, Tensor]]


class Stream:
    """S and Q over the data added so far, for every run of a problem.

    ``draws`` is how many noise draws each datum gets; ``path`` a name from ``impl.kernels.PATHS`` or "auto",
    for which ``expected`` is the number of samples to come; ``tile`` bounds the noise values in hand at a
    time.
    """

    def __init__(
        self, problem: Problem, draws: int = 1, *, path: str = "auto", expected: int = 0, tile: int = TILE
    ) -> None:
        self.problem = problem
        self.draws = checks.whole("draws", draws, 1, 2**32)
        self.tile = checks.whole("tile", tile, 1)
        self.path: Path = open_path(problem, path, expected)
        self.totals = Totals(problem)
        self.data = 0

    @property
    def count(self) -> int:
        """Samples a run: data times draws."""
        return self.totals.count

    def add(self, x: Tensor, y: Tensor, first: int | None = None) -> None:
        """Add data x (data, n_0), y (data, p), each with all its draws.

        ``first`` is the index of the first datum; without it the data follow those added before.
        """
        widths = self.problem.widths
        x, y = checks.data(x, y, widths[0], widths[-1], self.problem.like)
        start = self.data if first is None else checks.whole("first", first, 0, 2**32 - len(x) + 1)
        rows, draws = self._tile(len(x))
        for at in range(0, len(x), rows):
            for draw in range(0, self.draws, draws):
                part = slice(at, at + rows)
                batch = Batch(x[part], y[part], start + at, draw, min(draws, self.draws - draw))
                self.path.accumulate(batch, self.totals)
        self.data = start + len(x)

    def _tile(self, data: int) -> tuple[int, int]:
        """How many data and draws go at once: whole data where they fit, else an even part of one's draws."""
        if self.path.name in ("native", "triton"):  # whose noise is never in hand as a whole
            samples = CALL
        else:
            samples = max(1, self.tile // sum(self.problem.hidden))
        if self.draws <= samples:
            most = min(data, samples // self.draws)
            even = [rows for rows in range(most, most // 2, -1) if data % rows == 0]
            return (even or [most])[0], self.draws  # one shape where possible: shapes are compiled
        parts = -(-self.draws // samples)
        return 1, -(-self.draws // parts)

    def sums(self, run: int = 0) -> list[Sums]:
        """The sums of each hidden layer of a run, to be solved or added."""
        totals = zip(self.totals.S, self.totals.Q, strict=True)
        return [Sums(S[run].clone(), Q[run].clone(), max(self.count, 1)) for S, Q in totals]

    def solve(self, ridge: float = 0.0, run: int = 0) -> list[Tensor]:
        """B-hat^2 ... B-hat^{N+1}, each (q, n_i), float64, of minimum norm where Q is singular."""
        checks.require(self.count > 0, "the number of samples", 0, "at least 1")
        return [sums.solve(ridge) for sums in self.sums(run)]

    def merge(self, other: Stream) -> None:
        """Add the sums of a stream over other data of the same problem."""
        mine, theirs = self.fingerprint(), other.fingerprint()
        checks.require(mine == theirs, "the other stream", "of other settings", "one of the same settings")
        for total, more in zip(self.totals.tensors, other.totals.tensors, strict=True):
            total += more.to(total.device)
        self.totals.count += other.totals.count
        self.data = max(self.data, other.data)

    def fingerprint(self) -> str:
        """A hash of everything but data: settings and matrices. Streams merge and resume only where it
        agrees.
        """
        problem = self.problem
        model = (problem.activations, problem.loss, problem.rule, problem.widths, str(problem.like.dtype))
        noise = (problem.c, problem.family, problem.seeds, problem.step, problem.products, self.draws)
        digest = hashlib.sha256(repr((model, noise)).encode())
        for tensor in (*problem.weights, *problem.feedback, *(problem.control or ())):
            digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()

    def state(self) -> dict[str, object]:
        """What has been summed, for ``restore``: plain numbers, a string and tensors."""
        sums = [total.cpu().clone() for total in self.totals.tensors]
        return {"fingerprint": self.fingerprint(), "count": self.count, "data": self.data, "sums": sums}

    def restore(self, state: object, origin: str = "the state") -> None:
        """Go on from a ``state``; what this stream held is replaced. Raises ``InvalidInput`` for another
        problem's.
        """
        keys = {"fingerprint", "count", "data", "sums"}
        if not isinstance(state, dict) or not keys <= set(state):
            raise checks.InvalidInput(f"{origin} is no stream's state; expected {', '.join(sorted(keys))}.")
        same = state["fingerprint"] == self.fingerprint()
        checks.require(same, origin, "of other settings", "one of this problem")
        for total, saved in zip(self.totals.tensors, state["sums"], strict=True):
            total.copy_(saved)
        self.totals.count, self.data = int(state["count"]), int(state["data"])

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write the sums to a file, whole or not at all."""
        write_whole(file, self.state())

    def load(self, file: str | os.PathLike[str]) -> None:
        """Go on from a saved file. Raises ``InvalidInput`` if it is damaged or of other settings."""
        self.restore(read_whole(file), f"the checkpoint {os.fspath(file)}")


def write_whole(file: str | os.PathLike[str], content: object) -> None:
    """Write what ``torch.save`` can to a file that appears whole or not at all."""
    target = File(file)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            torch.save(content, stream)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def read_whole(file: str | os.PathLike[str]) -> object:
    """What ``write_whole`` wrote, on the CPU; no pickled code is run. Raises ``InvalidInput`` if it is
    damaged.
    """
    try:
        return torch.load(file, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # whatever torch's reader finds wrong with the bytes
        raise checks.InvalidInput(
            f"the checkpoint {os.fspath(file)} is damaged; expected a file that this package wrote."
        ) from error


def fit_network(
    problem: Problem,
    data: Callable[[], Data],
    draws: int = 1,
    *,
    ridge: float = 0.0,
    path: str = "auto",
    expected: int = 0,
) -> list[list[Tensor]]:
    """B-hat^2 ... B-hat^{N+1} for each run, fitted from the top layer down: the e~ of a layer uses the B-hat
    above.

    ``data()`` gives the same pairs (x, y) each time it is called: once under "DFA", N times under "FA". The
    noise of every pass is the same. The problem's own feedback is not used.
    """
    fitted = [torch.zeros_like(B) for B in problem.feedback]
    passes = range(len(fitted) - 1, -1, -1) if problem.rule == "FA" else range(1)
    for layer in passes:
        stream = Stream(replace(problem, feedback=tuple(fitted)), draws, path=path, expected=expected)
        for x, y in data():
            stream.add(x, y)
        solved = [stream.solve(ridge, run) for run in range(problem.runs)]
        chosen = [layer] if problem.rule == "FA" else range(len(fitted))
        for k in chosen:
            fitted[k] = torch.stack([run[k] for run in solved]).to(problem.like.dtype)
    return [[B[run] for B in fitted] for run in range(problem.runs)]
