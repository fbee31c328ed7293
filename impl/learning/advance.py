"""Many updates at once, on the fastest path that can make them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import torch
from torch import Tensor

from impl import checks
from impl.learning.graph import graph_needs, in_graphs
from impl.learning.native_step import native_needs, natively
from impl.learning.runs import Runs
from impl.learning.state import UPDATES, State
from impl.learning.step import step

__all__ = ["PATHS", "advance", "path_of"]

PATHS = ("native", "graph", "eager")
"""On a processor, in C++; on a card, as a graph of CUDA; anywhere, operator by operator."""


def path_of(runs: Runs, state: State, samples: int) -> str:
    """The path that ``advance`` takes for minibatches of so many samples unless told otherwise."""
    return next(path for path in PATHS if _needs(path, runs, state, samples) is None)


def _needs(path: str, runs: Runs, state: State, samples: int) -> str | None:
    """Why a path cannot be taken, or None."""
    if path == "native":
        return native_needs(runs, state, samples)
    return graph_needs(runs, state) if path == "graph" else None


def advance(
    runs: Runs, state: State, x: Tensor, y: Tensor, rows: Tensor, *, path: str | None = None
) -> State:
    """The state after one more update for each row of ``rows`` (updates, T), int64.

    Minibatch k is x[rows[k]], y[rows[k]], of x (M, n_0) and y (M, p). It is ``step``, update after update;
    a ``path`` differs from the others in roundoff alone, and None is the fastest that is possible. On the
    native path the runs are shared out to ``torch.get_num_threads()`` threads, and each run's result is, bit
    for bit, what it would be alone, in one call or in many. Raises ``InvalidInput`` where ``step`` would, for
    rows that are none of x, for a state of other runs, or for a path that cannot be taken.
    """
    checks.require(isinstance(rows, Tensor) and rows.dtype == torch.int64, "rows", rows, "an int64 tensor")
    checks.require(rows.dim() == 2, "the shape of rows", tuple(rows.shape), "(updates, samples)")
    checks.require(rows.shape[1] > 0, "the shape of rows", tuple(rows.shape), "at least one sample")
    checks.whole("state.update", state.update, 0, UPDATES + 1 - len(rows))
    checks.require(path is None or path in PATHS, "path", repr(path), f"None or one of {PATHS}")
    if not len(rows):
        return state
    used = rows.flatten()
    low, high, images = int(used.min()), int(used.max()), min(len(x), len(y))
    within = f"rows of x and y, 0 to {images - 1}"
    checks.require(low >= 0 and high < images, "rows", f"{low} to {high}", within)
    path = path_of(runs, state, rows.shape[1]) if path is None else path
    _check_state(runs, state)
    needs = _needs(path, runs, state, rows.shape[1])
    if needs is not None:
        checks.refuse("path", repr(path), f"'eager': this one needs {needs}")
    if path == "eager":
        for own in rows:
            state = step(runs, state, x[own], y[own])
        return state
    runs.data(state, x[used], y[used])
    if path == "graph":
        return in_graphs(runs, state, x, y, rows)
    return natively(runs, state, x, y, rows, torch.get_num_threads())


Form = tuple[tuple[int, ...], torch.dtype]


def _check_state(runs: Runs, state: State) -> None:
    """Every tensor of the state has the shape and dtype that it has for these runs: the native path reads
    memory by them.
    """
    known, tensors = _forms(runs, state.weights[0].dtype), state.tensors()
    checks.require(known.keys() == tensors.keys(), "state", "of other runs", "a state of these runs")
    for name, (shape, dtype) in known.items():
        found = tuple(tensors[name].shape), tensors[name].dtype
        checks.require(
            found == (shape, dtype), f"state's {name}", f"{found[0]} of {found[1]}", f"{shape}, {dtype}"
        )


@lru_cache(maxsize=64)
def _forms(runs: Runs, dtype: torch.dtype) -> Mapping[str, Form]:
    """Shape and dtype of every tensor of a state of these runs, by its name."""
    return {name: (tuple(one.shape), one.dtype) for name, one in runs.start(dtype).tensors().items()}
