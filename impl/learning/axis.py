"""Methods times seeds on one axis: who is where."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor

from impl import checks
from impl.learning.method import Method
from impl.learning.start import Shapes
from impl.learning.state import State
from impl.rule import RULES, direct

__all__ = ["Axis", "joined"]


class Axis:
    """One run for every method and seed: seeds vary fastest, methods wired "DFA" come last.

    What has ``methods`` and ``seeds`` derives from it, and calls ``_check`` when it is made.
    """

    methods: tuple[Method, ...]
    seeds: tuple[int, ...]

    def _check(self) -> None:
        """Raise ``InvalidInput`` for no methods, no seeds, a seed twice, or one outside 0 <= seed < 2^32."""
        methods, seeds = checks.sequence("methods", self.methods), checks.sequence("seeds", self.seeds)
        checks.require(len(methods) > 0, "the length of methods", 0, "1 or more")
        for k, method in enumerate(methods):
            checks.instance(f"methods[{k}]", method, Method)
        checks.require(len(seeds) > 0, "the length of seeds", 0, "1 or more")
        whole = tuple(checks.whole(f"seeds[{k}]", seed, 0, 2**32) for k, seed in enumerate(seeds))
        checks.require(len(set(whole)) == len(whole), "seeds", checks.shown(whole), "each seed once")
        object.__setattr__(self, "methods", tuple(methods))
        object.__setattr__(self, "seeds", whole)

    @cached_property
    def order(self) -> tuple[int, ...]:
        """The numbers of the methods in the order of the axis."""
        return tuple(sorted(range(len(self.methods)), key=lambda k: direct(self.methods[k].wiring)))

    @cached_property
    def layered(self) -> int:
        """How many runs are wired "FA"."""
        return len(self.seeds) * sum(not direct(method.wiring) for method in self.methods)

    def place(self, method: int) -> slice:
        """The runs of one method, given by its number, on the axis of the weights; one for each seed."""
        at = self.order.index(method) * len(self.seeds)
        return slice(at, at + len(self.seeds))

    def feedback(self, state: State, method: int) -> tuple[Tensor, ...]:
        """B^2 ... B^{N+1} of one method, (seeds, q, n_i)."""
        return self.feedback_of(state, self.place(method))

    def feedback_of(self, state: State, runs: slice) -> tuple[Tensor, ...]:
        """The feedback of some runs, all of one wiring."""
        if runs.start < self.layered:
            return tuple(matrix[runs] for matrix in state.feedback)
        shifted = slice(runs.start - self.layered, runs.stop - self.layered)
        return tuple(matrix[shifted] for matrix in state.direct)

    def _first_feedback(
        self, architecture: Shapes, weights: tuple[Tensor, ...]
    ) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """B before the first update, of the runs wired "FA" and of the others."""
        parts: dict[str, list[tuple[Tensor, ...]]] = {wiring: [] for wiring in RULES}
        like = weights[0]
        for k in self.order:
            method = self.methods[k]
            matrices = method.start.feedback(architecture, method.wiring, self.seeds, like.dtype, like.device)
            if method.feedback.start == "zero":
                matrices = tuple(torch.zeros_like(matrix) for matrix in matrices)
            elif method.feedback.start == "weights":
                matrices = tuple(weight[self.place(k)] for weight in architecture.fed_back(weights[1:]))
            parts[method.wiring].append(matrices)
        empty = {
            wiring: tuple(like.new_zeros(0, *s) for s in architecture.feedback_shapes(wiring))
            for wiring in parts
        }
        layered, others = (joined([empty[w], *parts[w]]) for w in RULES)
        return layered, others


def joined(parts: Sequence[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
    """Layer by layer, the runs of all parts after one another."""
    if len(parts) == 1:
        return parts[0]
    return tuple(torch.cat(layers) for layers in zip(*parts, strict=True))
