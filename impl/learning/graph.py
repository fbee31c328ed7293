"""The step as one graph of CUDA: an update is launched as a whole, where its kernels one by one would wait.

The state lies in tensors of its own that each update overwrites; the number of the update, from which noise
is made, is a tensor that it counts up. Whatever is decided on the processor, such as whether weights are
still frozen, is decided when the graph is made; so there is one for each such decision.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import torch
from torch import Tensor

from impl.learning.feedback_rules import Learned
from impl.learning.fits import Descent, Normalised
from impl.learning.runs import Runs
from impl.learning.state import State
from impl.learning.step import updated

__all__ = ["InPlace", "graph_needs", "in_graphs"]

WARM = 3
"""Updates before the graph is made: libraries then have their working memory, and constants are there."""


def graph_needs(runs: Runs, state: State) -> str | None:
    """Why the runs cannot go on in a graph, or None."""
    if state.weights[0].device.type != "cuda":
        return "a CUDA device"
    for method in runs.methods:
        fit = method.feedback.fit if isinstance(method.feedback, Learned) else None
        if fit is not None and not isinstance(fit, Descent | Normalised):
            return "feedback that is learned by descent: least squares are solved outside of graphs"
        if isinstance(fit, Normalised) and fit.whitening is not None:
            return "feedback that is learned without whitening, which is solved outside of graphs"
    return None


class InPlace:
    """One update of all runs between tensors that stay where they are; on a CUDA device, as a graph.

    ``update`` is one at which the weights of the same methods stand still as at those that are to be made.
    """

    def __init__(
        self, runs: Runs, update: int, x: Tensor, y: Tensor, samples: int, dtype: torch.dtype
    ) -> None:
        self.runs, self.x, self.y = runs, x, y
        self.state = replace(runs.start(dtype, x.device), update=update)
        self.number = torch.tensor(update, device=x.device)
        self.rows = torch.zeros(samples, dtype=torch.int64, device=x.device)
        self.graph: torch.cuda.CUDAGraph | None = None
        if x.is_cuda:
            aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
            aside.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(aside):
                for _ in range(WARM):
                    self.once()
            torch.cuda.current_stream().wait_stream(aside)
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph):
                self.once()

    def once(self) -> None:
        """One update, in place."""
        found = updated(self.runs, self.state, self.x[self.rows], self.y[self.rows], self.number)
        for kept, fresh in zip(self.state.tensors().values(), found.tensors().values(), strict=True):
            kept.copy_(fresh)
        self.number.add_(1)

    def run(self, state: State, rows: Tensor) -> State:
        """The state after one update for each of ``rows``."""
        kept = self.state.tensors()
        for name, given in state.tensors().items():
            kept[name].copy_(given)
        self.number.fill_(state.update)
        for own in rows:
            self.rows.copy_(own)
            self.once() if self.graph is None else self.graph.replay()
        copies = {name: one.clone() for name, one in kept.items()}
        return state.restored(state.update + len(rows), copies)


@torch.no_grad()
def in_graphs(runs: Runs, state: State, x: Tensor, y: Tensor, rows: Tensor) -> State:
    """The state after one update for each of ``rows`` (updates, T) of x and y, with a graph for each stretch
    between two moments at which weights begin to move.
    """
    rows, first, last = rows.to(x.device), state.update, state.update + len(rows)
    thaws = sorted({method.frozen for method in runs.methods})
    cuts = [first, *(thaw for thaw in thaws if first < thaw < last), last]
    for start, stop in pairwise(cuts):
        alike = max([0, *(thaw for thaw in thaws if thaw <= start)])
        here = _in_place(runs, alike, x, y, rows.shape[1], state.weights[0].dtype)
        state = here.run(state, rows[start - first : stop - first])
    return state


_in_place = lru_cache(maxsize=4)(InPlace)
"""Made once for each stretch: making a graph costs more than hundreds of updates."""
