"""Runs, methods times seeds, on one axis: who is where, and how they start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import groupby

import torch
from torch import Tensor

from impl import checks
from impl.learning.architecture import Architecture
from impl.learning.axis import Axis, joined
from impl.learning.method import Method
from impl.learning.noise import noise_of_seeds
from impl.learning.passes import Clean, Signals, carry, forward
from impl.learning.perturbation import Perturbation
from impl.learning.state import State
from impl.rule import RULES

__all__ = ["Group", "Runs", "joined"]


@dataclass(frozen=True)
class Group:
    """Neighbours on the axis of runs that one rule serves: their methods, and the runs from start to stop."""

    methods: tuple[Method, ...]
    start: int
    stop: int

    @property
    def runs(self) -> slice:
        """Their place on the axis."""
        return slice(self.start, self.stop)

    @property
    def perturbation(self) -> Perturbation | None:
        """How they are perturbed, but for the size, which their methods may each have their own of."""
        return self.methods[0].perturbation


@dataclass(frozen=True)
class Runs(Axis):
    """One run for every method and seed, on one axis: seeds vary fastest, methods wired "DFA" come last.

    Raises ``InvalidInput`` for no methods, no seeds, a seed twice, or seeds outside 0 <= seed < 2^32.
    """

    architecture: Architecture
    methods: tuple[Method, ...]
    seeds: tuple[int, ...]

    def __post_init__(self) -> None:
        checks.instance("architecture", self.architecture, Architecture)
        self._check()

    @cached_property
    def weight_groups(self) -> tuple[Group, ...]:
        """Neighbours with one weight rule, frozen for as long."""
        return self._groups(lambda method: (method.weights, method.frozen))

    @cached_property
    def feedback_groups(self) -> tuple[Group, ...]:
        """Neighbours with one feedback rule and one kind of perturbation; the sizes c may differ."""
        return self._groups(
            lambda method: (
                method.wiring,
                method.feedback,
                None if method.perturbation is None else replace(method.perturbation, c=1.0),
            )
        )

    def start(self, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu") -> State:
        """The state before the first update."""
        dtype, device = checks.dtype("dtype", dtype), checks.device("device", device)
        ordered = [self.methods[k] for k in self.order]
        weights = joined([m.start.weights(self.architecture, self.seeds, dtype, device) for m in ordered])
        return self._remembering(State(0, weights, *self._first_feedback(self.architecture, weights), (), ()))

    def continued(self, state: State) -> State:
        """The state of other runs, taken over by these: for instance FA, then backpropagation.

        Weights and feedback go on from where they are, but feedback that these methods start at zero or at
        the weights starts there; what rules remember starts afresh; updates count on.
        """
        first = self._first_feedback(self.architecture, state.weights)
        shapes = [tuple(tensor.shape) for tensor in (*state.weights, *state.feedback, *state.direct)]
        wanted = [
            *((len(self.methods) * len(self.seeds), *s) for s in self.architecture.weight_shapes),
            *(tuple(tensor.shape) for tensor in (*first[0], *first[1])),
        ]
        checks.require(shapes == wanted, "the shapes of state", checks.shown(shapes), checks.shown(wanted))
        groups = zip((state.feedback, state.direct), first, RULES, strict=True)
        feedback, direct = (self._keeping(*group) for group in groups)
        return self._remembering(State(state.update, state.weights, feedback, direct, (), ()))

    def signals(self, state: State, x: Tensor, y: Tensor) -> tuple[Clean, Signals, Signals]:
        """The clean pass on x (T, n_0), y (T, p), without noise; the feedback's signals; the true ones."""
        x, y = self.data(state, x, y)
        clean = forward(self.architecture, state.weights, x.T)
        carried = carry(self.architecture, clean, y.T, state.feedback, state.direct)
        return (
            clean,
            carried,
            carry(self.architecture, clean, y.T, self.architecture.fed_back(state.weights[1:])),
        )

    def data(self, state: State, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """x (T, n_0) and y (T, p), as the state's weights are. Raises ``InvalidInput`` if they do not fit."""
        widths = self.architecture.widths
        return checks.data(x, y, widths[0], widths[-1], state.weights[0])

    def column(self, values: Callable[[Method], float], like: Tensor, methods: Sequence[Method]) -> Tensor:
        """One number for each method as a (runs, 1, 1) tensor."""
        return _column(tuple(map(values, methods)), len(self.seeds), like.dtype, like.device)

    def noise(
        self, sizes: Sequence[int], law: str, draw: int, update: int | Tensor, like: Tensor, samples: int
    ) -> tuple[Tensor, ...]:
        """The noise of an update, (seeds, n, samples) for each n: that of every method."""
        return noise_of_seeds(sizes, samples, law, self.seeds, update, draw, like.dtype, like.device)

    def _groups(self, key: Callable[[Method], object]) -> tuple[Group, ...]:
        found, at = list[Group](), 0
        for _, members in groupby([self.methods[k] for k in self.order], key):
            methods = tuple(members)
            stop = at + len(methods) * len(self.seeds)
            found.append(Group(methods, at, stop))
            at = stop
        return tuple(found)

    def _remembering(self, state: State) -> State:
        """The state with what its rules remember before their first minibatch."""
        return replace(
            state,
            moments=tuple(
                g.methods[0].weights.begin(tuple(weight[g.runs] for weight in state.weights))
                for g in self.weight_groups
            ),
            memories=tuple(
                g.methods[0].feedback.begin(self.feedback_of(state, g.runs)) for g in self.feedback_groups
            ),
        )

    def _keeping(
        self, kept: tuple[Tensor, ...], first: tuple[Tensor, ...], wiring: str
    ) -> tuple[Tensor, ...]:
        """``kept`` feedback where methods would have begun at random, else ``first``."""
        random = [
            self.methods[k].feedback.start == "random" for k in self.order if self.methods[k].wiring == wiring
        ]
        mask = torch.tensor(random, dtype=torch.bool, device=first[0].device).repeat_interleave(
            len(self.seeds)
        )[:, None, None]
        return tuple(torch.where(mask, old, new) for old, new in zip(kept, first, strict=True))


@lru_cache(maxsize=64)
def _column(values: tuple[float, ...], repeats: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Each number ``repeats`` times, as (runs, 1, 1); made once, because devices are slow to be told."""
    return torch.tensor(values, dtype=dtype, device=device).repeat_interleave(repeats)[:, None, None]
