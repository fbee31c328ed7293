"""Runs of convolutional networks, methods times seeds, and the step that takes them one minibatch further.

Runs go one after the other: their convolutions are larger than what it costs to begin one, and convolutions
of many runs as groups of one are slower. All random numbers are functions of (seed, update), as in
``impl.learning``; methods with one seed share them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from impl import checks
from impl.convolution.architecture import ConvolutionalArchitecture
from impl.convolution.chance import Chance
from impl.convolution.feedback import MapObservation, changed, check, refitted
from impl.convolution.passes import CleanMaps, Parts, carry, forward
from impl.learning.axis import Axis
from impl.learning.feedback_rules import Moved
from impl.learning.fits import Memory
from impl.learning.method import Method
from impl.learning.noise import ACTIVATION, INPUT, PERTURBATION
from impl.learning.passes import Signals
from impl.learning.state import UPDATES, State
from impl.learning.step import decayed

__all__ = ["ConvolutionalRuns", "observe", "signals", "step"]


@dataclass(frozen=True)
class ConvolutionalRuns(Axis):
    """One run for every method and seed: seeds vary fastest, methods wired "DFA" come last.

    A method is one of ``impl.learning``. Raises ``InvalidInput`` as ``impl.learning.Runs`` does, and for a
    feedback rule that is not to be had here: weight mirrors, least squares, projections, whitening.
    """

    architecture: ConvolutionalArchitecture
    methods: tuple[Method, ...]
    seeds: tuple[int, ...]

    def __post_init__(self) -> None:
        checks.instance("architecture", self.architecture, ConvolutionalArchitecture)
        self._check()
        for k, method in enumerate(self.methods):
            check(f"methods[{k}]", method, self.architecture)

    def start(self, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu") -> State:
        """The state before the first update; ``moments`` are those of each run."""
        dtype, device = checks.dtype("dtype", dtype), checks.device("device", device)
        chosen = [self.methods[k].start for k in self.order]
        parts = [start.weights(self.architecture, self.seeds, dtype, device) for start in chosen]
        weights = tuple(torch.cat(layers) for layers in zip(*parts, strict=True))
        moments = tuple(
            method.weights.begin(tuple(weight[run : run + 1] for weight in weights))
            for run, (method, _) in enumerate(self.members)
        )
        return State(0, weights, *self._first_feedback(self.architecture, weights), moments, ())

    @property
    def members(self) -> tuple[tuple[Method, int], ...]:
        """Method and seed of each run, in the order of the axis."""
        return tuple((self.methods[k], seed) for k in self.order for seed in self.seeds)

    def data(self, state: State, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """x (T, pixels) and y (T, classes), as the state's weights are. Raises ``InvalidInput`` if not."""
        pixels = math.prod(self.architecture.shape)
        return checks.data(x, y, pixels, self.architecture.classes, state.weights[0])

    def of(self, state: State, run: int) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """Weights and feedback of a run, by its place on the axis."""
        feedback = self.feedback_of(state, slice(run, run + 1))
        return tuple(weight[run] for weight in state.weights), tuple(matrix[0] for matrix in feedback)


@torch.no_grad()
def step(runs: ConvolutionalRuns, state: State, x: Tensor, y: Tensor) -> State:
    """The state after one more update of every run, on the minibatch x (T, pixels), y (T, classes).

    A function of its arguments; a run does not depend on the runs beside it. Raises ``InvalidInput`` if x or
    y does not fit, is not finite, or is of another dtype or device than the state.
    """
    checks.whole("state.update", state.update, 0, UPDATES)
    found = list[tuple[tuple[Tensor, ...], Memory, tuple[Tensor, ...]]]()
    for run, seen in enumerate(observe(runs, state, x, y)):
        method = runs.members[run][0]
        frozen = state.update < method.frozen
        seen = _after_further_draws(method, seen)
        weights, moments, moved = _learned_weights(method, seen, state.moments[run], frozen)
        found.append((weights, moments, changed(method, seen, moved, weights)))
    feedback = [matrices for _, _, matrices in found]
    return State(
        state.update + 1,
        _stacked([weights for weights, _, _ in found], state.weights),
        _stacked(feedback[: runs.layered], state.feedback),
        _stacked(feedback[runs.layered :], state.direct),
        tuple(moments for _, moments, _ in found),
        (),
    )


@torch.no_grad()
def observe(runs: ConvolutionalRuns, state: State, x: Tensor, y: Tensor) -> Iterator[MapObservation]:
    """What the next step sees on the minibatch x (T, pixels), y (T, classes), run by run, if feedback is not
    fitted to further draws of noise before.
    """
    x, y = runs.data(state, x, y)
    chance = Chance(runs.architecture, state.update, len(x), state.weights[0])
    for run, (method, seed) in enumerate(runs.members):
        weights, feedback = runs.of(state, run)
        noisy = x
        if method.input_noise > 0:
            (noise,) = chance.noise(seed, "gaussian", INPUT)
            noisy = x + method.input_noise * noise.flatten(1)
        jitter: Parts = ()
        if method.activation_noise > 0:
            jitter = tuple(method.activation_noise * z for z in chance.noise(seed, "gaussian", ACTIVATION))
        law = method.perturbation
        clean = forward(runs.architecture, weights, noisy, chance.masks(seed), jitter)
        yield MapObservation(
            runs.architecture,
            method.wiring,
            weights,
            feedback,
            clean,
            carry(runs.architecture, clean, y, feedback, method.wiring),
            y,
            law,
            chance.noise(seed, law.law, PERTURBATION) if law else (),
            seed,
            chance,
        )


@torch.no_grad()
def signals(
    runs: ConvolutionalRuns, state: State, run: int, x: Tensor, y: Tensor
) -> tuple[CleanMaps, Signals, Signals]:
    """Of one run the clean pass on x, y without noise and dropout, the feedback's signals, the true ones."""
    x, y = runs.data(state, x, y)
    weights, feedback = runs.of(state, run)
    clean = forward(runs.architecture, weights, x)
    carried = carry(runs.architecture, clean, y, feedback, runs.members[run][0].wiring)
    true = carry(runs.architecture, clean, y, runs.architecture.fed_back(weights[1:]))
    return clean, carried, true


def _after_further_draws(method: Method, seen: MapObservation) -> MapObservation:
    """What is seen once feedback has been fitted to all draws of noise but one, as in ``impl.learning``."""
    law, chance, first = method.perturbation, seen.chance, seen.noise
    if law is None or chance is None:
        return seen
    for draw in range(law.draws - 1, 0, -1):
        noise = chance.noise(seen.seed, law.law, PERTURBATION | draw << 16)
        feedback = refitted(method, replace(seen, noise=noise))
        signals = carry(seen.architecture, seen.clean, seen.y, feedback, seen.wiring)
        seen = replace(seen, feedback=feedback, signals=signals, noise=first)
    return seen


def _learned_weights(
    method: Method, seen: MapObservation, memory: Memory, frozen: bool
) -> tuple[tuple[Tensor, ...], Memory, Moved]:
    """The weights of a run after the step, what its rule remembers, and what its feedback sees of it."""
    slopes = tuple(
        torch.cat([map_.outer(e, h), e.transpose(0, 1).flatten(1).sum(1, keepdim=True)], 1)[None]
        for map_, e, h in zip(seen.architecture.maps, seen.signals.errors, seen.clean.inputs, strict=True)
    )
    rule, rate, decay = method.weights, method.weights.rate, method.weights.decay
    if frozen:
        directions, weights, rate, decay = slopes, seen.weights, 0.0, 0.0
    else:
        directions, memory = rule.directions(slopes, memory)
        pairs = zip(seen.weights, directions, strict=True)
        weights = tuple(torch.sub(decayed(weight, decay), D[0], alpha=rate) for weight, D in pairs)
    scale, loss = (slopes[0].new_full((1, 1), value) for value in (rate, decay))
    return weights, memory, Moved(weights[1:], tuple(D[0] for D in directions[1:]), scale, loss)


def _stacked(parts: Sequence[tuple[Tensor, ...]], before: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Layer by layer, the runs on one axis; what there was before where there are none."""
    return tuple(torch.stack(layers) for layers in zip(*parts, strict=True)) if parts else before
