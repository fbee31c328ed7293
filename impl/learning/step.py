"""The step: one update of all runs.

    clean pass        all runs, the first layer in one product
    errors down       all runs, by their feedback; without any, lambda-hat takes the place of what it carries
    weights           all runs, W <- (1 - decay) W - rate D, D made of sum over samples of e h^T
    feedback          rule by rule, from the weights and the feedback before the step

A step changes no tensor that it was given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from impl import checks
from impl.learning.feedback_rules import Absent, Corrected, Moved
from impl.learning.fits import Memory
from impl.learning.method import Method
from impl.learning.noise import ACTIVATION, INPUT, PERTURBATION
from impl.learning.observation import Observation
from impl.learning.passes import Clean, Signals, carry, forward
from impl.learning.runs import Group, Runs, joined
from impl.learning.state import UPDATES, State

__all__ = ["observe", "step", "updated"]


@torch.no_grad()
def observe(runs: Runs, state: State, x: Tensor, y: Tensor) -> tuple[Observation, ...]:
    """What the next step would see on the minibatch x (T, n_0), y (T, p), for each of ``feedback_groups``."""
    x, y = runs.data(state, x, y)
    clean = _clean(runs, state, x.T, state.update)
    signals = carry(runs.architecture, clean, y.T, state.feedback, state.direct)
    return _observations(runs, state, clean, signals, y.T, state.update)


@torch.no_grad()
def step(runs: Runs, state: State, x: Tensor, y: Tensor) -> State:
    """The state after one more update of every run, on the minibatch x (T, n_0), y (T, p).

    A function of its arguments: noise depends on seed and ``state.update`` alone, and a run does not depend
    on the runs beside it, up to the order in which a product adds its terms. Raises ``InvalidInput`` if x or
    y does not fit, is not finite, or is of another dtype or device than the state.
    """
    x, y = runs.data(state, x, y)
    checks.whole("state.update", state.update, 0, UPDATES)
    return updated(runs, state, x, y, state.update)


def updated(runs: Runs, state: State, x: Tensor, y: Tensor, number: int | Tensor) -> State:
    """``step`` on what has been checked; ``number`` is ``state.update``, or an int64 tensor that holds it."""
    clean = _clean(runs, state, x.T, number)
    draws = [1 if group.perturbation is None else group.perturbation.draws for group in runs.feedback_groups]
    for draw in range(max(draws) - 1, 0, -1):
        signals = carry(runs.architecture, clean, y.T, state.feedback, state.direct)
        seen = _observations(runs, state, clean, signals, y.T, number, draw)
        further = [known > draw for known in draws]
        state = _refitted(runs, state, seen, lambda group: _STILL, further)
    signals = carry(runs.architecture, clean, y.T, state.feedback, state.direct)
    seen = _observations(runs, state, clean, signals, y.T, number)
    weights, moments, moved = _learned_weights(runs, state, clean, _followed(runs, signals, seen))
    found = _refitted(runs, state, seen, moved, [True] * len(seen))
    return replace(found, update=state.update + 1, weights=weights, moments=moments)


_STILL = Moved((), (), torch.zeros(()), torch.zeros(()))
"""Of weights that do not move between two draws of noise: only feedback that follows differences is fitted
then, and it does not look at this.
"""


def _refitted(
    runs: Runs,
    state: State,
    observed: Sequence[Observation],
    moved: Callable[[Group], Moved],
    chosen: Sequence[bool],
) -> State:
    """The state with the feedback of the chosen groups after one more fit."""
    feedback, memories = list[tuple[Tensor, ...]](), list[Memory]()
    for group, seen, memory, fitted in zip(
        runs.feedback_groups, observed, state.memories, chosen, strict=True
    ):
        matrices, remembered = (
            group.methods[0].feedback.after(seen, memory, moved(group)) if fitted else (seen.feedback, memory)
        )
        feedback.append(matrices)
        memories.append(remembered)
    layered = [m for g, m in zip(runs.feedback_groups, feedback, strict=True) if g.start < runs.layered]
    direct = feedback[len(layered) :]
    return replace(
        state,
        feedback=joined(layered) if layered else state.feedback,
        direct=joined(direct) if direct else state.direct,
        memories=tuple(memories),
    )


def _clean(runs: Runs, state: State, x: Tensor, number: int | Tensor) -> Clean:
    """The clean pass with the noise on inputs and activations that methods ask for."""
    methods = [runs.methods[k] for k in runs.order]
    samples, jitter = x.shape[1], None
    if any(method.input_noise > 0 for method in methods):
        sizes = runs.column(lambda method: method.input_noise, x, methods)
        (noise,) = runs.noise(x.shape[:1], "gaussian", INPUT, number, x, samples)
        x = x + sizes * noise.repeat(len(methods), 1, 1)
    if any(method.activation_noise > 0 for method in methods):
        sizes = runs.column(lambda method: method.activation_noise, x, methods)
        layers = runs.noise(runs.architecture.hidden, "gaussian", ACTIVATION, number, x, samples)
        jitter = tuple(sizes * layer.repeat(len(methods), 1, 1) for layer in layers)
    return forward(runs.architecture, state.weights, x, jitter)


def _followed(runs: Runs, signals: Signals, observed: tuple[Observation, ...]) -> Signals:
    """The signals that weights follow: those of the feedback, or what a rule has in place of them."""
    estimated = []
    for group, seen in zip(runs.feedback_groups, observed, strict=True):
        rule = group.methods[0].feedback
        if isinstance(rule, Absent | Corrected):
            estimated.append((group.runs, seen.hidden_errors(rule.estimates(seen))))
    if not estimated:
        return signals
    errors = [layer.clone() for layer in signals.errors]
    for at, estimates in estimated:
        for layer, own in zip(errors, estimates, strict=False):
            layer[at] = own
    return Signals(tuple(errors), signals.gradients)


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
                torch.sub(decayed(weight, rule.decay), D, alpha=rule.rate)
                for weight, D in zip(old, directions, strict=True)
            )
        )
        along.append(directions[1:])
        moments.append(remembered)
    weights, upper = joined(parts), joined(along)

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
    runs: Runs,
    state: State,
    clean: Clean,
    signals: Signals,
    targets: Tensor,
    number: int | Tensor,
    draw: int = 0,
) -> tuple[Observation, ...]:
    """What the minibatch shows to each group of runs with one feedback rule, by one draw of noise."""
    laws = {group.perturbation.law for group in runs.feedback_groups if group.perturbation}
    noise = {
        law: runs.noise(
            runs.architecture.units, law, PERTURBATION | draw << 16, number, targets, targets.shape[1]
        )
        for law in sorted(laws)
    }
    found = list[Observation]()
    for group in runs.feedback_groups:
        perturbation, methods = group.perturbation, len(group.methods)
        layers = () if perturbation is None else noise[perturbation.law]
        found.append(
            Observation(
                architecture=runs.architecture,
                wiring=group.methods[0].wiring,
                weights=tuple(weight[group.runs] for weight in state.weights),
                feedback=runs.feedback_of(state, group.runs),
                clean=clean.of(group.runs),
                signals=signals.of(group.runs),
                y=targets,
                perturbation=perturbation,
                noise=tuple(layer.repeat(methods, 1, 1) for layer in layers),
                c=runs.column(lambda m: m.perturbation.c if m.perturbation else 0.0, targets, group.methods),
                seeds=runs.seeds * methods,
                update=number,
            )
        )
    return tuple(found)


def decayed(weight: Tensor, decay: float) -> Tensor:
    """(1 - decay) W, the bias as it is."""
    if decay == 0.0:
        return weight
    return torch.cat([(1 - decay) * weight[..., :-1], weight[..., -1:]], -1)
