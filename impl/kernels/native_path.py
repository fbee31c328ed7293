"""The native path: small networks on the CPU, in one function of C++.

It is to a processor what the Triton kernel is to a graphics card: ``LANES`` samples go through the network
side by side, and noise, differences and projections never leave the first caches, nor do the clean pass, the
error signals and the sums: only W^1 x is a product of torch's. ``torch.compile`` cannot do this, as it goes
through memory between any two of its products.

For float32, at most ``MOST`` weights above the first layer, logistic, tanh or linear units, mse, and
independent noise. The function is built by a C++ compiler when it is first asked for, in a second or two, for
this processor, and kept (``impl.kernels.native_library``). It is called without the interpreter's lock, over
as many parts of the data as torch has threads.
"""

from __future__ import annotations

import ctypes
import functools
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from ctypes import c_float, c_int32, c_int64, c_uint32, c_void_p
from dataclasses import replace
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from impl.counter_noise import LAWS, tag_of
from impl.kernels import native_library
from impl.kernels.problem import FLUSH, Batch, Problem, Totals
from impl.rule import direct

__all__ = ["NativePath", "native_needs", "native_noise"]

MOST = 2**18
"""Weights above the first layer: a megabyte, which a second-level cache holds."""
SCALES = {"identity": 0, "sigmoid": 1, "tanh": 2}
NOISE = ("gaussian", "rademacher", "uniform", "skewed")
"""The laws that the kernel makes, each under its code in the counter."""
LANES = 32
"""Data whose sums the kernel forms at once: its own constant of this name."""
SOON = 2**16
"""Samples from which the native function, built once in a second or two, pays for itself."""
APART = 2**13
"""Samples from which a second thread is worth its start."""


def native_needs(problem: Problem) -> str | None:
    """Why the native path cannot run this problem here, or None."""
    fits = (
        sum(weight[0].numel() for weight in problem.weights[1:]) <= MOST
        and all(name in SCALES for name in problem.activations)
        and problem.loss == "mse"
        and problem.family in NOISE
        and problem.like.dtype == torch.float32
        and problem.products == "full"
    )
    if not fits:
        return (
            f"float32, at most {MOST} weights above the first layer, sigmoid, tanh or identity units, mse, "
            f"{', '.join(NOISE)} noise and full products"
        )
    if problem.like.device.type != "cpu":
        return "the CPU"
    return lacking()


def lacking() -> str | None:
    """What the native path lacks here whatever the problem, or None. Builds it, if that was not done yet."""
    if native_library.compiler() is None:
        return "a C++ compiler (g++ or clang++)"
    failure = _failure()
    return failure and f"a C++ compiler that can build it (g++ 12, clang++ 14 or later): {failure}"


@functools.cache
def _failure() -> str | None:
    """Why it cannot be built or loaded, in a line, or None."""
    try:
        _native()
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        return str(error)
    return None


class NativePath:
    """The native function, for one problem."""

    name = "native"
    tiled = False

    @staticmethod
    def pays(problem: Problem, samples: int) -> bool:
        """Whether it is the fastest by the rule of ``impl.kernels.choose``."""
        return samples >= SOON and native_needs(problem) is None

    def __init__(self, problem: Problem) -> None:
        needs = native_needs(problem)
        if needs is not None:
            raise RuntimeError(f"the path 'native' needs {needs}; ask for path 'eager' or 'compiled'.")
        self.problem = problem
        self._step = _native().step
        self._models = [_Model.of(problem, run) for run in range(problem.runs)]

    @torch.no_grad()
    def accumulate(self, batch: Batch, totals: Totals) -> None:
        """Add the batch to S and Q."""
        S, Q = totals.targets
        threads = _threads(batch)
        single = any(total.dtype == torch.float32 for total in (*S, *Q))
        for part in _parts(batch, threads * LANES * FLUSH) if single else [batch]:
            self._run(part, threads, S, Q)
            totals.added(len(part.x) * batch.draws, products=-(-len(part.x) // (threads * LANES)))

    @torch.no_grad()
    def differences(self, batch: Batch) -> Tensor:
        """(L~ - L) / c, (R, data, draws)."""
        found = torch.empty((self.problem.runs, len(batch.x), batch.draws))
        self._run(batch, _threads(batch), changes=found)
        return found

    def _run(
        self,
        batch: Batch,
        threads: int,
        S: Sequence[Tensor] = (),
        Q: Sequence[Tensor] = (),
        changes: Tensor | None = None,
    ) -> None:
        data = len(batch.x)
        # the function trusts what it is given: as many numbers as it will read, of its own type
        y = batch.y.expand(data, self.problem.widths[-1]).to(torch.float32).contiguous()
        bounds = [data * k // threads for k in range(threads + 1)]
        for run, model in enumerate(self._models):
            first = torch.mm(self.problem.weights[0][run], batch.x.T)
            place = (data, batch.draws, batch.first, batch.first_draw)
            samples = _Samples(first.data_ptr(), y.data_ptr(), *place)
            written = None if changes is None else changes[run].data_ptr()
            sums = [[total[run] for total in totals] for totals in (S, Q)]
            step = functools.partial(self._step, model, samples)
            if threads == 1:
                step(0, data, *map(_sums, sums), written)
                continue
            own = [[[torch.zeros_like(t) for t in totals] for totals in sums] for _ in range(threads)]
            with ThreadPoolExecutor(threads) as pool:
                parts = [
                    pool.submit(step, *ends, *map(_sums, mine), written)
                    for ends, mine in zip(pairwise(bounds), own, strict=True)
                ]
            for done, mine in zip(parts, own, strict=True):
                done.result()
                for totals, more in zip(sums, mine, strict=True):
                    for total, part in zip(totals, more, strict=True):
                        total += part


def _threads(batch: Batch) -> int:
    """Over how many threads a batch goes."""
    data = len(batch.x)
    return min(torch.get_num_threads(), data) if data * batch.draws >= 2 * APART else 1


def _parts(batch: Batch, size: int) -> Iterator[Batch]:
    """A batch in parts of so many data at most."""
    data = len(batch.x)
    if data <= size:
        yield batch
        return
    y = batch.y.expand(data, -1)
    for start in range(0, data, size):
        here = slice(start, start + size)
        yield replace(batch, x=batch.x[here], y=y[here], first=batch.first + start)


class _Model(ctypes.Structure):
    """``Model`` of the kernel."""

    _fields_ = (
        ("hidden", c_int32), ("direct", c_int32), ("family", c_int32), ("seed", c_uint32), ("step", c_uint32),
        ("c", c_float), ("widths", c_void_p), ("scales", c_void_p), ("tags", c_void_p), ("weights", c_void_p),
        ("feedback", c_void_p), ("control", c_void_p),
    )  # fmt: skip

    @classmethod
    def of(cls, problem: Problem, run: int) -> _Model:
        """One run of a problem. It keeps what it points to."""
        layers = range(len(problem.hidden))
        weights = [_packed(weight[run]) for weight in problem.weights[1:]]
        feedback, control = (
            [_packed(B[run].T) for B in matrices] if matrices else None
            for matrices in (problem.feedback, problem.control)
        )
        kept = [
            (c_int32 * len(problem.widths[1:]))(*problem.widths[1:]),
            (c_int32 * len(problem.activations))(*(SCALES[name] for name in problem.activations)),
            (c_int32 * len(layers))(*(tag_of(problem.family, layer) for layer in layers)),
            *(_addresses(matrices) for matrices in (weights, feedback, control)),
        ]
        family = LAWS[problem.family][0]
        pointers = [ctypes.cast(array, c_void_p) if array is not None else None for array in kept]
        wired = int(direct(problem.rule))
        model = cls(len(layers), wired, family, problem.seeds[run], problem.step, problem.c, *pointers)
        model.kept = (kept, weights, feedback, control)
        return model


class _Samples(ctypes.Structure):
    """``Samples`` of the kernel."""

    _fields_ = (
        ("first", c_void_p), ("y", c_void_p), ("data", c_int64), ("draws", c_int64), ("datum", c_int64),
        ("draw", c_int64),
    )  # fmt: skip


class _Sum(ctypes.Structure):
    """``Sum`` of the kernel."""

    _fields_ = (("at", c_void_p), ("in_double", c_int32))


def _sums(totals: Sequence[Tensor]) -> Any:
    """An array of what contiguous tensors are; null for none."""
    sums = [_Sum(total.data_ptr(), total.dtype == torch.float64) for total in totals]
    return (_Sum * len(totals))(*sums) if totals else None


def _packed(W: Tensor) -> Tensor:
    """The entries of a matrix in the order in which the kernel's ``product`` reads them."""
    rows, places = W.shape[0], [0]
    for size in (8, 4, 1):
        places += range(places[-1] + size, rows + 1, size)
    return torch.cat([W[start:stop].T.flatten() for start, stop in pairwise(places)])


def _addresses(tensors: list[Tensor] | None) -> Any:
    """An array of the addresses of contiguous tensors; null for none."""
    return (c_void_p * len(tensors))(*(t.data_ptr() for t in tensors)) if tensors else None


def native_noise(
    units: int, samples: Tensor, family: str, seed: int = 0, step: int = 0, layer: int = 0
) -> Tensor:
    """The noise of one layer for sample indices (samples,), int64: float32 (units, samples), natively made.

    As ``impl.counter_noise.counted_noise`` has it: the same bits; of Gaussians, the
    same words.
    """
    index, out = samples.contiguous(), torch.empty((units, len(samples)))
    law, tag = LAWS[family][0], tag_of(family, layer)
    _native().noise(law, units, tag, seed, step, len(index), index.data_ptr(), out.data_ptr())
    return out


@functools.cache
def _native() -> Any:
    """The library, which is built where it is not there yet."""
    library = native_library.opened(native_library.SOURCE)
    assert c_int32.in_dll(library, "lanes_at_once").value == LANES
    library.step.restype = library.noise.restype = None
    model, samples = ctypes.POINTER(_Model), ctypes.POINTER(_Samples)
    library.step.argtypes = [model, samples, c_int64, c_int64, *[c_void_p] * 3]
    library.noise.argtypes = [c_int32, c_int32, c_int32, c_uint32, c_uint32, c_int64, c_void_p, c_void_p]
    return library
