"""Runs, methods times seeds, as one axis; their state; and the step that takes them one update further.

    clean pass        all runs, the first layer in one product
    errors down       all runs, by their feedback
    weights           all runs, W <- (1 - decay) W - rate D, D made of sum over samples of e h^T
    feedback          rule by rule, from the weights and the feedback before the step

A step changes no tensor that it was given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import groupby

import torch
from torch import Tensor

from impl import checks
from impl.learning.architecture import Architecture
from impl.learning.feedback_rules import Moved
from impl.learning.fits import Memory
from impl.learning.method import Method
from impl.learning.noise import ACTIVATION, INPUT, PERTURBATION, noise_of_seeds
from impl.learning.observation import Observation
from impl.learning.passes import Clean, Signals, carry, forward, without_bias
from impl.learning.perturbation import Perturbation

__all__ = ["Group", "Runs", "State", "observe", "step"]

UPDATES = 2**32
"""Updates are numbered from 0 to UPDATES - 1: the noise's key has 32 bits for them."""


@dataclass(frozen=True, eq=False)
class State:
    """All that runs are after some updates; R runs, those wired "FA" first, R = R_FA + R_DFA.

    ``weights`` are W^1 ... W^{N+1}, (R, n_i, n_{i-1} + 1), the bias last; ``feedback`` B^2 ... B^{N+1} of the
    runs wired "FA", (R_FA, n_i, n_{i-1}); ``direct`` that of the others, (R_DFA, p, n_{i-1}); ``moments`` and
    ``memories`` what weight rules and feedback rules remember, group by group.
    """

    update: int
    weights: tuple[Tensor, ...]
    feedback: tuple[Tensor, ...]
    direct: tuple[Tensor, ...]
    moments: tuple[Memory, ...]
    memories: tuple[Memory, ...]

    def tensors(self) -> dict[str, Tensor]:
        """Every tensor under a name of its own, for a file."""
        flat = {"weights": (self.weights,), "feedback": (self.feedback,), "direct": (self.direct,)}
        nested = {**flat, "moments": self.moments, "memories": self.memories}
        return {
            f"{name}/{group}/{k}": tensor
            for name, groups in nested.items()
            for group, tensors in enumerate(groups)
            for k, tensor in enumerate(tensors)
        }

    def restored(self, update: int, tensors: Mapping[str, Tensor]) -> State:
        """The state of ``update`` with these tensors, the names and shapes being those of this one.

        Raises ``InvalidInput`` for a name that is missing or unknown, or a tensor of another shape or dtype.
        """
        update, known = checks.whole("update", update, 0, UPDATES), self.tensors()
        for name in sorted(known.keys() ^ tensors.keys()):
            checks.require(name not in known, f"tensors[{name!r}]", "missing", "a tensor")
            checks.refuse(f"tensors[{name!r}]", "unknown", "names of this state only")
        for name, like in known.items():
            found = checks.dense(f"tensors[{name!r}]", tensors[name], (like.dtype,), like)
            checks.require(
                found.shape == like.shape,
                f"the shape of tensors[{name!r}]",
                tuple(found.shape),
                str(tuple(like.shape)),
            )

        def part(name: str, group: int, like: Memory) -> Memory:
            return tuple(tensors[f"{name}/{group}/{k}"] for k in range(len(like)))

        return State(
            update,
            part("weights", 0, self.weights),
            part("feedback", 0, self.feedback),
            part("direct", 0, self.direct),
            tuple(part("moments", g, like) for g, like in enumerate(self.moments)),
            tuple(part("memories", g, like) for g, like in enumerate(self.memories)),
        )


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
class Runs:
    """One run for every method and seed, on one axis: seeds vary fastest, methods wired "DFA" come last.

    Raises ``InvalidInput`` for no methods, no seeds, a seed twice, or seeds outside 0 <= seed < 2^32.
    """

    architecture: Architecture
    methods: tuple[Method, ...]
    seeds: tuple[int, ...]

    def __post_init__(self) -> None:
        checks.instance("architecture", self.architecture, Architecture)
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
        return tuple(sorted(range(len(self.methods)), key=lambda k: self.methods[k].wiring == "DFA"))

    @cached_property
    def layered(self) -> int:
        """How many runs are wired "FA"."""
        return len(self.seeds) * sum(method.wiring == "FA" for method in self.methods)

    def place(self, method: int) -> slice:
        """The runs of one method, given by its number, on the axis of the weights; one for each seed."""
        at = self.order.index(method) * len(self.seeds)
        return slice(at, at + len(self.seeds))

    def feedback(self, state: State, method: int) -> tuple[Tensor, ...]:
        """B^2 ... B^{N+1} of one method, (seeds, q, n_i)."""
        return self._feedback(state, self.place(method))

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
        weights = _joined([m.start.weights(self.architecture, self.seeds, dtype, device) for m in ordered])
        return self._remembering(State(0, weights, *self._first_feedback(weights), (), ()))

    def continued(self, state: State) -> State:
        """The state of other runs, taken over by these: for instance FA, then backpropagation.

        Weights and feedback go on from where they are, but feedback that these methods start at zero or at
        the weights starts there; what rules remember starts afresh; updates count on.
        """
        first = self._first_feedback(state.weights)
        shapes = [tuple(tensor.shape) for tensor in (*state.weights, *state.feedback, *state.direct)]
        wanted = [
            *((len(self.methods) * len(self.seeds), *s) for s in self.architecture.weight_shapes),
            *(tuple(tensor.shape) for tensor in (*first[0], *first[1])),
        ]
        checks.require(shapes == wanted, "the shapes of state", checks.shown(shapes), checks.shown(wanted))
        feedback = self._keeping(state.feedback, first[0], "FA")
        direct = self._keeping(state.direct, first[1], "DFA")
        return self._remembering(State(state.update, state.weights, feedback, direct, (), ()))

    def signals(self, state: State, x: Tensor, y: Tensor) -> tuple[Clean, Signals, Signals]:
        """The clean pass on x (T, n_0), y (T, p), without noise; the feedback's signals; the true ones."""
        x, y = self._data(state, x, y)
        clean = forward(self.architecture, state.weights, x.T)
        carried = carry(self.architecture, clean, y.T, state.feedback, state.direct)
        return clean, carried, carry(self.architecture, clean, y.T, without_bias(state.weights))

    def column(self, values: Callable[[Method], float], like: Tensor, methods: Sequence[Method]) -> Tensor:
        """One number for each method as a (runs, 1, 1) tensor."""
        return _column(tuple(map(values, methods)), len(self.seeds), like.dtype, like.device)

    def noise(
        self, sizes: Sequence[int], law: str, draw: int, state: State, samples: int
    ) -> tuple[Tensor, ...]:
        """The noise of the next update, (seeds, n, samples) for each n: that of every method."""
        like = state.weights[0]
        return noise_of_seeds(sizes, samples, law, self.seeds, state.update, draw, like.dtype, like.device)

    def _groups(self, key: Callable[[Method], object]) -> tuple[Group, ...]:
        found, at = list[Group](), 0
        for _, members in groupby([self.methods[k] for k in self.order], key):
            methods = tuple(members)
            stop = at + len(methods) * len(self.seeds)
            found.append(Group(methods, at, stop))
            at = stop
        return tuple(found)

    def _first_feedback(self, weights: tuple[Tensor, ...]) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """B before the first update, of the runs wired "FA" and of the others."""
        parts: dict[str, list[tuple[Tensor, ...]]] = {"FA": [], "DFA": []}
        like = weights[0]
        for k in self.order:
            method = self.methods[k]
            matrices = method.start.feedback(
                self.architecture, method.wiring, self.seeds, like.dtype, like.device
            )
            if method.feedback.start == "zero":
                matrices = tuple(torch.zeros_like(matrix) for matrix in matrices)
            elif method.feedback.start == "weights":
                matrices = tuple(weight[self.place(k)] for weight in without_bias(weights))
            parts[method.wiring].append(matrices)
        empty = {
            wiring: tuple(like.new_zeros(0, *s) for s in self.architecture.feedback_shapes(wiring))
            for wiring in parts
        }
        first, direct = (_joined([empty[w], *parts[w]]) for w in ("FA", "DFA"))
        return first, direct

    def _remembering(self, state: State) -> State:
        """The state with what its rules remember before their first minibatch."""
        return replace(
            state,
            moments=tuple(
                g.methods[0].weights.begin(tuple(weight[g.runs] for weight in state.weights))
                for g in self.weight_groups
            ),
            memories=tuple(
                g.methods[0].feedback.begin(self._feedback(state, g.runs)) for g in self.feedback_groups
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

    def _feedback(self, state: State, runs: slice) -> tuple[Tensor, ...]:
        """The feedback of some runs, all of one wiring."""
        if runs.start < self.layered:
            return tuple(matrix[runs] for matrix in state.feedback)
        shifted = slice(runs.start - self.layered, runs.stop - self.layered)
        return tuple(matrix[shifted] for matrix in state.direct)

    def _data(self, state: State, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        widths = self.architecture.widths
        return checks.data(x, y, widths[0], widths[-1], state.weights[0])


@torch.no_grad()
def observe(runs: Runs, state: State, x: Tensor, y: Tensor) -> tuple[Observation, ...]:
    """What the next step would see on the minibatch x (T, n_0), y (T, p), for each of ``feedback_groups``."""
    x, y = runs._data(state, x, y)
    clean = _clean(runs, state, x.T)
    return _observations(
        runs, state, clean, carry(runs.architecture, clean, y.T, state.feedback, state.direct), y.T
    )


@torch.no_grad()
def step(runs: Runs, state: State, x: Tensor, y: Tensor) -> State:
    """The state after one more update of every run, on the minibatch x (T, n_0), y (T, p).

    A function of its arguments: noise depends on seed and ``state.update`` alone, and a run does not depend
    on the runs beside it, up to the order in which a product adds its terms. Raises ``InvalidInput`` if x or
    y does not fit, is not finite, or is of another dtype or device than the state.
    """
    x, y = runs._data(state, x, y)
    checks.whole("state.update", state.update, 0, UPDATES)
    architecture, targets = runs.architecture, y.T
    clean = _clean(runs, state, x.T)
    signals = carry(architecture, clean, targets, state.feedback, state.direct)
    weights, moments, moved = _learned_weights(runs, state, clean, signals)
    feedback, memories = list[tuple[Tensor, ...]](), list[Memory]()
    observed = _observations(runs, state, clean, signals, targets)
    for group, seen, memory in zip(runs.feedback_groups, observed, state.memories, strict=True):
        matrices, remembered = group.methods[0].feedback.after(seen, memory, moved(group))
        feedback.append(matrices)
        memories.append(remembered)
    layered = [m for g, m in zip(runs.feedback_groups, feedback, strict=True) if g.start < runs.layered]
    direct = feedback[len(layered) :]
    return State(
        state.update + 1,
        weights,
        _joined(layered) if layered else state.feedback,
        _joined(direct) if direct else state.direct,
        moments,
        tuple(memories),
    )


def _clean(runs: Runs, state: State, x: Tensor) -> Clean:
    """The clean pass with the noise on inputs and activations that methods ask for."""
    methods = [runs.methods[k] for k in runs.order]
    samples, jitter = x.shape[1], None
    if any(method.input_noise > 0 for method in methods):
        sizes = runs.column(lambda method: method.input_noise, x, methods)
        (noise,) = runs.noise(x.shape[:1], "gaussian", INPUT, state, samples)
        x = x + sizes * noise.repeat(len(methods), 1, 1)
    if any(method.activation_noise > 0 for method in methods):
        sizes = runs.column(lambda method: method.activation_noise, x, methods)
        layers = runs.noise(runs.architecture.hidden, "gaussian", ACTIVATION, state, samples)
        jitter = tuple(sizes * layer.repeat(len(methods), 1, 1) for layer in layers)
    return forward(runs.architecture, state.weights, x, jitter)


def _learned_weights(
    runs: Runs, state: State, clean: Clean, signals: Signals
) -> tuple[tuple[Tensor, ...], tuple[Memory, ...], Callable[[Group], Moved]]:
    """The weights after the step, what their rules remember, and what each group of feedback sees of it."""
    gradients = tuple(e @ h.mT for e, h in zip(signals.errors, clean.inputs, strict=True))
    parts, along, moments = list[tuple[Tensor, ...]](), list[tuple[Tensor, ...]](), list[Memory]()
    for group, memory in zip(runs.weight_groups, state.moments, strict=True):
        rule, frozen = group.methods[0].weights, state.update < group.methods[0].frozen
        old, slopes = (tuple(layer[group.runs] for layer in layers) for layers in (state.weights, gradients))
        directions, remembered = (slopes, memory) if frozen else rule.directions(slopes, memory)
        parts.append(
            old
            if frozen
            else tuple(
                torch.sub(_decayed(weight, rule.decay), D, alpha=rule.rate)
                for weight, D in zip(old, directions, strict=True)
            )
        )
        along.append(directions[1:])
        moments.append(remembered)
    weights, upper = _joined(parts), _joined(along)

    def moved(group: Group) -> Moved:
        def each(value: Callable[[Method], float]) -> Tensor:
            return runs.column(
                lambda method: 0.0 if state.update < method.frozen else value(method),
                weights[0],
                group.methods,
            )

        now, D = (tuple(layer[group.runs] for layer in layers) for layers in (weights[1:], upper))
        return Moved(now, D, each(lambda m: m.weights.rate), each(lambda m: m.weights.decay))

    return weights, tuple(moments), moved


def _observations(
    runs: Runs, state: State, clean: Clean, signals: Signals, targets: Tensor
) -> tuple[Observation, ...]:
    """What the minibatch shows to each group of runs with one feedback rule."""
    laws = {group.perturbation.law for group in runs.feedback_groups if group.perturbation}
    noise = {
        law: runs.noise(runs.architecture.hidden, law, PERTURBATION, state, targets.shape[1])
        for law in sorted(laws)
    }
    found = list[Observation]()
    for group in runs.feedback_groups:
        perturbation, methods = group.perturbation, len(group.methods)
        layers = () if perturbation is None else noise[perturbation.law]
        found.append(
            Observation(
                runs.architecture,
                group.methods[0].wiring,
                tuple(weight[group.runs] for weight in state.weights),
                runs._feedback(state, group.runs),
                clean.of(group.runs),
                signals.of(group.runs),
                targets,
                perturbation,
                tuple(layer.repeat(methods, 1, 1) for layer in layers),
                runs.column(lambda m: m.perturbation.c if m.perturbation else 0.0, targets, group.methods),
                runs.seeds * methods,
                state.update,
            )
        )
    return tuple(found)


def _decayed(weight: Tensor, decay: float) -> Tensor:
    """(1 - decay) W, the bias as it is."""
    if decay == 0.0:
        return weight
    return torch.cat([(1 - decay) * weight[..., :-1], weight[..., -1:]], -1)


def _joined(parts: Sequence[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
    """Layer by layer, the runs of all parts after one another."""
    if len(parts) == 1:
        return parts[0]
    return tuple(torch.cat(layers) for layers in zip(*parts, strict=True))


@lru_cache(maxsize=64)
def _column(values: tuple[float, ...], repeats: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Each number ``repeats`` times, as (runs, 1, 1); made once, because devices are slow to be told."""
    return torch.tensor(values, dtype=dtype, device=device).repeat_interleave(repeats)[:, None, None]
