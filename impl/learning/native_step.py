"""The native step: float32 runs on the CPU, one after another, each through many updates at once.

A run of the paper's size, weights, feedback and a minibatch, stays in a processor's second cache; so runs are
not put into common products, as ``impl.learning.step`` does, but each goes through its updates by itself, in
one function of C++ (``native/learn.cpp``). Inputs that are zero, as most of MNIST's pixels are, are left out.
Threads share out the runs. What a run becomes depends on nothing but itself, its data and its noise: not on
the runs beside it, on threads, or on how updates are cut into calls.
"""

from __future__ import annotations

import ctypes
import functools
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ctypes import POINTER, c_double, c_float, c_int32, c_int64, c_uint32, c_void_p
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from impl.counter_noise import LAWS
from impl.kernels import native_library
from impl.kernels.native_path import NOISE
from impl.learning.feedback_rules import Fixed, Learned, Matched, Transported
from impl.learning.fits import Descent, Memory, Normalised, Projected, Ridge
from impl.learning.method import Method
from impl.learning.runs import Group, Runs
from impl.learning.state import State
from impl.learning.weight_rules import SGD, Adam
from impl.rule import direct

__all__ = ["native_needs", "natively"]

SOURCE = Path(__file__).parent / "native" / "learn.cpp"
UNITS = {"identity": 0, "sigmoid": 1, "tanh": 2, "relu": 3}
RULES: dict[type, int] = {Fixed: 0, Transported: 1, Matched: 2, Learned: 3}
TARGETS = {"perturbation": 0, "surprise": 1, "internal model": 2, "gradient": 3}
FITS: dict[type, int] = {Descent: 0, Normalised: 1, Projected: 2, Ridge: 3}
LINE = 16
"""Rows are whole multiples of so many numbers: the kernel's own constant of this name."""


def native_needs(runs: Runs, state: State, samples: int) -> str | None:
    """Why the native step cannot take these runs further here, with so many samples at once, or None."""
    architecture, like = runs.architecture, state.weights[0]
    if architecture.loss != "mse" or not all(name in UNITS for name in architecture.activations):
        return f"mse and {', '.join(UNITS)} units"
    if like.dtype != torch.float32 or like.device.type != "cpu":
        return "float32 on the CPU"
    for method in runs.methods:
        if type(method.weights) not in (SGD, Adam) or type(method.feedback) not in RULES:
            return "SGD or Adam, and feedback that is fixed, transported, matched or learned"
        noise = method.perturbation
        if noise is not None and (noise.law not in NOISE or noise.naive):
            return f"{', '.join(NOISE)} noise, and differences that are carried, not subtracted"
    failure = _failure()
    if failure is not None:
        return failure
    most = c_int32.in_dll(_native(), "samples_at_most").value
    return None if samples <= most else f"at most {most} samples in a minibatch"


@torch.no_grad()
def natively(runs: Runs, state: State, x: Tensor, y: Tensor, rows: Tensor, threads: int) -> State:
    """The state after one update for each of ``rows`` (updates, T), the minibatches of x (M, n_0), y (M, p).

    The caller has seen to it that ``native_needs`` nothing and that rows are rows of x and y.
    """
    x, y, rows = x.contiguous(), y.contiguous(), rows.contiguous()
    packed = _Packed.of(runs, state)
    architecture = runs.architecture
    widths, units = architecture.widths, [UNITS[name] for name in architecture.activations]
    shape = _Shape(len(units), rows.shape[1], architecture.bias_unit, _integers(widths), _integers(units))
    images = _Images(x.data_ptr(), y.data_ptr(), rows.data_ptr())
    learn, places = _native().learn, range(len(packed.runs))
    shares = [[packed.runs[k] for k in places[part::threads]] for part in range(min(threads, len(places)))]

    def one(share: Sequence[_Run]) -> None:
        learn(shape, (_Run * len(share))(*share), len(share), images, state.update, len(rows))

    if len(shares) == 1:
        one(shares[0])
    else:
        with ThreadPoolExecutor(len(shares)) as pool:
            list(pool.map(one, shares))
    return packed.state(state.update + len(rows))


@dataclass(frozen=True, eq=False)
class _Packed:
    """A state as the kernel has it: its tensors are views of rows that are whole lines long, each its own."""

    work: Runs
    learned: State
    runs: tuple[_Run, ...]
    kept: tuple[Any, ...]

    @classmethod
    def of(cls, runs: Runs, state: State) -> _Packed:
        """A copy of the state, and what the kernel is told of each run."""
        weights, hidden = _as_weights(state.weights), runs.architecture.hidden
        feedback, direct = (
            tuple(_padded(B, n + 1) for B, n in zip(layers, hidden, strict=True))
            for layers in (state.feedback, state.direct)
        )
        moments = tuple(_moments(memory) for memory in state.moments)
        memories = tuple(
            tuple(one.clone(memory_format=torch.contiguous_format) for one in memory)
            for memory in state.memories
        )
        learned = State(state.update, weights, feedback, direct, moments, memories)
        told, kept = list[_Run](), list[Any]()
        for place in range(len(weights[0])):
            run = _Run(_method(runs, place))
            method = runs.methods[runs.order[place // len(runs.seeds)]]
            matrices = (
                weights[1:]
                if isinstance(method.feedback, Transported)
                else runs.feedback_of(learned, slice(place, place + 1))
            )
            at = place if isinstance(method.feedback, Transported) else 0
            count, *adapted = _of_run(runs.weight_groups, moments, place) or [0]
            remembered = _of_run(runs.feedback_groups, memories, place)
            arrays = [
                (c_void_p * len(addresses))(*addresses)
                for addresses in (_at(weights, place), _at(matrices, at), adapted, remembered)
            ]
            run.weights, run.feedback, run.moments, run.memory = map(ctypes.addressof, arrays)
            run.updates = count
            told.append(run)
            kept.append(arrays)
        return cls(runs, learned, tuple(told), tuple(kept))

    def state(self, update: int) -> State:
        """The state after ``update`` updates, when the kernel is done."""
        learned, work = self.learned, self.work
        upper = work.architecture.fed_back(learned.weights[1:])
        transported = (k for k, one in enumerate(work.methods) if isinstance(one.feedback, Transported))
        for place in map(work.place, transported):
            for W, B in zip(upper, learned.feedback, strict=True):
                B[place] = W[place]
        return replace(learned, update=update)


def _padded(matrix: Tensor, length: int) -> Tensor:
    """A copy (R, rows, columns) whose rows are whole lines with room for ``length`` numbers."""
    runs, rows, columns = matrix.shape
    room = torch.zeros(runs, rows, -(-length // LINE) * LINE)
    return room[..., :columns].copy_(matrix)


def _as_weights(layers: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Copies of what has the shapes of the weights: that of W^1 lies on its side."""
    first, *upper = layers
    return _padded(first.mT, first.shape[1]).mT, *(_padded(one, one.shape[2]) for one in upper)


def _moments(memory: Memory) -> Memory:
    """A copy of what a weight rule remembers: of Adam the count, then m and v, layer by layer."""
    if not memory:
        return memory
    first, second = _as_weights(memory[1::2]), _as_weights(memory[2::2])
    return memory[0].clone(), *(one for pair in zip(first, second, strict=True) for one in pair)


def _at(tensors: Sequence[Tensor], place: int) -> list[int]:
    """The addresses of what tensors hold for the run at a place of their first axis."""
    return [one.data_ptr() + place * one.stride(0) * one.element_size() for one in tensors]


def _of_run(groups: Sequence[Group], memories: Sequence[Memory], place: int) -> list[int]:
    """The addresses of what the run at a place of the axis remembers."""
    for group, memory in zip(groups, memories, strict=True):
        if group.start <= place < group.stop:
            return _at(memory, place - group.start)
    raise AssertionError("every run is in a group")


def _method(runs: Runs, place: int) -> _Method:
    """``Method`` of the kernel, for the run at a place of the axis."""
    number, seed = divmod(place, len(runs.seeds))
    method: Method = runs.methods[runs.order[number]]
    rule, noise, weights = method.feedback, method.perturbation, method.weights
    told = _Method(
        rate=weights.rate,
        decay=weights.decay,
        rule=RULES[type(rule)],
        direct=direct(method.wiring),
        family=-1,
        input_noise=method.input_noise,
        activation_noise=method.activation_noise,
        seed=runs.seeds[seed],
        frozen=method.frozen,
    )
    if isinstance(weights, Adam):
        told.adam, told.first, told.second = True, weights.first, weights.second
        told.epsilon = weights.epsilon
    if noise is not None:
        told.family, told.two_sided = LAWS[noise.law][0], noise.two_sided
        told.c, told.power, told.draws = noise.c, noise.power, noise.draws
    if isinstance(rule, Learned):
        fit = rule.fit
        told.target, told.fit = TARGETS[rule.target], FITS[type(fit)]
        if isinstance(fit, Ridge):
            told.ridge, told.inside = fit.ridge, fit.inside
        elif isinstance(fit, (Descent, Normalised, Projected)):
            told.feedback_rate = fit.rate
        if isinstance(fit, Projected):
            told.ridge = fit.ridge
        if isinstance(fit, Normalised):
            told.equal, told.measured = fit.share == "equal", fit.measured
        if isinstance(fit, (Normalised, Projected)) and fit.whitening is not None:
            white = fit.whitening
            told.whitened, told.whitening, told.floor = True, white.ridge, white.floor
            told.halving, told.horizon = white.halving, white.horizon
    return told


def _integers(values: Sequence[int]) -> Any:
    return ctypes.cast((c_int32 * len(values))(*values), POINTER(c_int32))


class _Shape(ctypes.Structure):
    """``Shape`` of the kernel."""

    _fields_ = (
        ("layers", c_int32),
        ("samples", c_int32),
        ("bias_unit", c_int32),
        ("widths", POINTER(c_int32)),
        ("units", POINTER(c_int32)),
    )


class _Images(ctypes.Structure):
    """``Images`` of the kernel."""

    _fields_ = (("x", c_void_p), ("y", c_void_p), ("rows", c_void_p))


class _Method(ctypes.Structure):
    """``Method`` of the kernel."""

    _fields_ = (
        ("adam", c_int32),
        *((name, c_float) for name in ("rate", "decay")),
        *((name, c_double) for name in ("first", "second", "epsilon")),
        *((name, c_int32) for name in ("rule", "direct", "target", "fit")),
        *((name, c_int32) for name in ("equal", "measured", "whitened", "inside")),
        ("feedback_rate", c_float),
        *((name, c_double) for name in ("ridge", "whitening", "floor", "halving", "horizon")),
        *((name, c_int32) for name in ("family", "two_sided", "draws")),
        *((name, c_float) for name in ("c", "power", "input_noise", "activation_noise")),
        ("seed", c_uint32),
        ("frozen", c_int64),
    )


class _Run(ctypes.Structure):
    """``Run`` of the kernel."""

    _fields_ = (
        ("method", _Method),
        *((name, c_void_p) for name in ("weights", "feedback", "moments", "updates", "memory")),
    )


@functools.cache
def _failure() -> str | None:
    """What is lacking to build and load the library, or None. It is built, if that was not done yet."""
    if native_library.compiler() is None:
        return "a C++ compiler (g++ or clang++)"
    try:
        _native()
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        return f"a C++ compiler that can build it (g++ 12, clang++ 14 or later): {error}"
    return None


@functools.cache
def _native() -> Any:
    """The library, which is built where it is not there yet."""
    library = native_library.opened(SOURCE)
    library.learn.restype = None
    shape, images = POINTER(_Shape), POINTER(_Images)
    library.learn.argtypes = [shape, POINTER(_Run), c_int32, images, c_int64, c_int64]
    return library
