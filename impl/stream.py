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

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor

from impl import checkpoint, checks
from impl.kernels import Batch, Path, Problem, Totals, open_path
from impl.least_squares import Sums
from impl.rule import turns

__all__ = ["Stream", "fit_network", "settings_of"]

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
        checks.instance("problem", problem, Problem)
        self.problem = problem
        self.draws = checks.whole("draws", draws, 1, 2**32)
        self.tile = checks.whole("tile", tile, 1)
        self.path: Path = open_path(problem, path, checks.whole("expected", expected, 0))
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
        samples = max(1, self.tile // sum(self.problem.hidden)) if self.path.tiled else CALL
        if self.draws <= samples:
            most = min(data, samples // self.draws)
            even = [rows for rows in range(most, most // 2, -1) if data % rows == 0]
            return (even or [most])[0], self.draws  # one shape where possible: shapes are compiled
        parts = -(-self.draws // samples)
        return 1, -(-self.draws // parts)

    def sums(self, run: int = 0) -> list[Sums]:
        """The sums of each hidden layer of a run, to be solved or added."""
        run = checks.whole("run", run, 0, self.problem.runs)
        totals = zip(self.totals.S, self.totals.Q, strict=True)
        return [Sums(S[run].clone(), Q[run].clone(), max(self.count, 1)) for S, Q in totals]

    def solve(self, ridge: float = 0.0, run: int = 0) -> list[Tensor]:
        """B-hat^2 ... B-hat^{N+1}, each (q, n_i), float64, of minimum norm where Q is singular."""
        ridge = checks.ridge_penalty(ridge)
        checks.require(self.count > 0, "the number of samples", 0, "at least 1")
        return [sums.solve(ridge) for sums in self.sums(run)]

    def merge(self, other: Stream) -> None:
        """Add the sums of a stream over other data of the same problem."""
        checks.instance("other", other, Stream)
        checks.require(other is not self, "other", "the stream itself", "a stream over other data")
        checkpoint.same("the other stream", other.settings(), self.settings())
        for total, more in zip(self.totals.tensors, other.totals.tensors, strict=True):
            total += more.to(total.device)
        self.totals.count += other.totals.count
        self.data = max(self.data, other.data)

    def settings(self) -> dict[str, str]:
        """Everything but data that the sums depend on, as text, by the name of the argument."""
        return settings_of(self.problem, self.draws) | {"feedback": checkpoint.hashed(self.problem.feedback)}

    def fingerprint(self) -> str:
        """A hash of ``settings``. Streams merge and resume only where they agree."""
        return checkpoint.fingerprint(self.settings())

    def state(self) -> dict[str, object]:
        """What has been summed, for ``restore``: plain numbers, text and tensors."""
        table = self.settings()
        return {
            "fingerprint": checkpoint.fingerprint(table),
            "settings": table,
            "count": self.count,
            "data": self.data,
            "sums": [total.cpu().clone() for total in self.totals.tensors],
        }

    def restore(self, state: object, origin: str = "the state") -> None:
        """Go on from a ``state``; what this stream held is replaced.

        Raises ``InvalidInput`` for another problem's, and for one that no stream can have; this stream is
        then as it was.
        """
        keys = {"fingerprint", "settings", "count", "data", "sums"}
        if not isinstance(state, dict) or not keys <= set(state):
            raise checks.InvalidInput(f"{origin} is no stream's state; expected {', '.join(sorted(keys))}.")
        checkpoint.same(origin, state["settings"], self.settings())
        same = state["fingerprint"] == self.fingerprint()
        checks.require(
            same, f"the fingerprint of {origin}", "not that of its settings", "no change to a state"
        )
        self.refill(state["count"], state["data"], state["sums"], origin)

    def refill(self, count: object, data: object, sums: object, origin: str) -> None:
        """Replace the sums, after settings have been compared; errors as in ``restore``."""
        mine = self.totals.tensors
        found = [
            checks.stack(f"sums[{k}] of {origin}", total, mine[k].shape, torch.float64)
            for k, total in enumerate(checks.sequence(f"sums of {origin}", sums, len(mine)))
        ]
        samples = checks.whole(f"count of {origin}", count, 0, 2**63)
        each = f"a multiple of the {self.draws} draws of a datum"
        checks.require(samples % self.draws == 0, f"count of {origin}", samples, each)
        place = checks.whole(f"data of {origin}", data, 0, 2**32 + 1)
        for total, saved in zip(mine, found, strict=True):
            total.copy_(saved)
        self.totals.count, self.data = samples, place

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write the sums to a file, whole or not at all; raises an OSError of one line where that fails."""
        checks.path("file", file)
        sums = {f"sums{k}": total for k, total in enumerate(self.totals.tensors)}
        numbers = {"count": self.count, "data": self.data}
        checkpoint.write(file, "stream", checkpoint.Saved(self.settings(), numbers, sums))

    def load(self, file: str | os.PathLike[str]) -> None:
        """Go on from a saved file.

        Raises ``InvalidInput`` if it is damaged or of other settings, the first of which is named; this
        stream is then as it was.
        """
        checks.path("file", file)
        saved = checkpoint.read(file, "stream", self.settings())
        numbers, sums = saved.numbers, list(saved.tensors.values())
        self.refill(numbers.get("count"), numbers.get("data"), sums, f"the checkpoint {os.fspath(file)}")


def settings_of(problem: Problem, draws: int) -> dict[str, str]:
    """The settings of a problem and the number of its draws, as text; the feedback is left out."""
    return {
        "widths": "-".join(map(str, problem.widths)),
        "activations": " ".join(problem.activations),
        "loss": problem.loss,
        "rule": problem.rule,
        "dtype": str(problem.like.dtype).removeprefix("torch."),
        "c": repr(problem.c),
        "family": problem.family,
        "seeds": " ".join(map(str, problem.seeds)),
        "step": str(problem.step),
        "products": problem.products,
        "draws": str(draws),
        "weights": checkpoint.hashed(problem.weights),
        "control": "none" if problem.control is None else checkpoint.hashed(problem.control),
    }


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
    noise of every pass is the same. The problem's own feedback is not used. Raises ``InvalidInput`` for
    arguments that do not fit, and for a pass without data, as from an iterator that can be used once.
    """
    checks.instance("problem", problem, Problem)
    checks.require(callable(data), "data", checks.shown(data), "a function without arguments")
    ridge = checks.ridge_penalty(ridge)
    fitted = [torch.zeros_like(B) for B in problem.feedback]
    for chosen in turns(problem.rule, len(fitted)):
        stream = Stream(replace(problem, feedback=tuple(fitted)), draws, path=path, expected=expected)
        for pair in checks.iterable("what data() gives", data()):
            stream.add(*_pair(pair))
        solved = [stream.solve(ridge, run) for run in range(problem.runs)]
        for k in chosen:
            fitted[k] = torch.stack([run[k] for run in solved]).to(problem.like.dtype)
    return [[B[run] for B in fitted] for run in range(problem.runs)]


def _pair(given: object) -> tuple[Tensor, Tensor]:
    x, y = checks.sequence("a pair of data()", given, 2)
    return cast(Tensor, x), cast(Tensor, y)  # ``add`` sees whether they are
