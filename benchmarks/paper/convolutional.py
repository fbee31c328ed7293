"""Convolutional networks that learn on images, as an experiment: the face of `learning.Learning`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from benchmarks.paper.costs import Costs, forward_passes, seconds_of
from benchmarks.paper.experiment import State
from benchmarks.paper.learning import AT_ONCE, PER_MATRIX, Images, check_labels, described, runs_of
from benchmarks.paper.minibatches import minibatch
from impl import metrics
from impl.convolution import Committed, ConvolutionalRuns, forward, losses, signals, step
from impl.learning import State as Learned

__all__ = ["ConvolutionalLearning"]


@dataclass(frozen=True, eq=False)
class ConvolutionalLearning:
    """An ``Experiment``: methods times seeds that learn from the same minibatches.

    ``labels`` name the methods, in their order; ``watched`` training images are those on which angles are
    measured. Runs are measured without noise and without dropout. Unless ``shuffled``, every epoch takes the
    rows in their order.
    """

    name: str
    work: ConvolutionalRuns
    labels: tuple[str, ...]
    images: Images
    points: tuple[int, ...]
    batch: int
    watched: int = 500
    shuffled: bool = True
    dtype: torch.dtype = torch.float32
    device: str = "cpu"

    def __post_init__(self) -> None:
        check_labels(self.labels, self.work.methods)

    @property
    def runs(self) -> tuple[str, ...]:
        """The axis of the runs, methods in the order of ``labels``."""
        return runs_of(self.labels, self.work.seeds)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Those of `learning.Learning`; a feedback kernel is a matrix with a row for each channel."""
        hidden = range(1, len(self.work.architecture.layers) + 1)
        return (
            "train loss",
            "test loss",
            "test error",
            *(f"angle {i}" for i in hidden),
            *(f"{name} {i + 1}" for name in PER_MATRIX for i in hidden),
        )

    @cached_property
    def settings(self) -> Mapping[str, str]:
        """Everything that the curve depends on."""
        common = described(self.labels, self.work, self.images, self.batch, self.watched, self.dtype)
        order = "of each epoch's own" if self.shuffled else "as in the files"
        return {**common, "order": order, "device": torch.device(self.device).type}

    def only(self, labels: Sequence[str], seeds: Sequence[int]) -> ConvolutionalLearning:
        """The runs of these methods and seeds alone."""
        chosen = tuple(self.work.methods[self.labels.index(label)] for label in labels)
        return replace(
            self, work=replace(self.work, methods=chosen, seeds=tuple(seeds)), labels=tuple(labels)
        )

    def start(self) -> State:
        """The state before the first update."""
        return self._start.tensors()

    def advance(self, state: State, first: int, last: int) -> State:
        """The state after the updates ``first`` … ``last`` - 1."""
        x, y, *_ = self._here
        learned = self._learned(state, first)
        for update in range(first, last):
            rows = self._rows(update, len(x)).to(self.device)
            learned = step(self.work, learned, x[rows], y[rows])
        if x.is_cuda:
            torch.cuda.synchronize()
        return learned.tensors()

    def measure(self, state: State, update: int) -> Tensor:
        """The metrics, (runs, metrics), float64."""
        learned = self._learned(state, update)
        places = [place for k in range(len(self.labels)) for place in _range(self.work.place(k))]
        return torch.stack([self._of_run(learned, run) for run in places])

    def costs(self) -> Costs:
        """What each method costs; the time is that of one run by itself."""
        return {
            label: {
                "samples": self.points[-1] * self.batch,
                "forward passes": forward_passes(method) + isinstance(method.feedback, Committed),
                "seconds": seconds_of(self.only([label], self.work.seeds[:1]), 1),
            }
            for label, method in zip(self.labels, self.work.methods, strict=True)
        }

    @cached_property
    def _here(self) -> tuple[Tensor, ...]:
        """The images on the device."""
        images = self.images
        return tuple(part.to(self.device) for part in (images.x, images.y, images.test_x, images.test_y))

    @cached_property
    def _start(self) -> Learned:
        return self.work.start(self.dtype, self.device)

    def _rows(self, update: int, count: int) -> Tensor:
        """The minibatch of an update."""
        if self.shuffled:
            return minibatch(update, count, self.batch)
        first = update % (count // self.batch) * self.batch
        return torch.arange(first, first + self.batch)

    def _learned(self, state: State, update: int) -> Learned:
        return self._start.restored(update, {name: one.to(self.device) for name, one in state.items()})

    def _of_run(self, learned: Learned, run: int) -> Tensor:
        """The metrics of one run."""
        x, y, *_ = self._here
        clean, carried, true = signals(self.work, learned, run, x[: self.watched], y[: self.watched])
        train = losses(self.work.architecture, clean, y[: self.watched]).double().mean()
        test, wrong = self._tested(learned, run)
        pairs = zip(true.gradients, carried.gradients, strict=True)
        found = [
            train * self.batch,
            test * self.batch,
            wrong,
            *(metrics.global_angle(a.flatten(1), b.flatten(1)) for a, b in pairs),
            *self._of_matrices(learned, run),
        ]
        return torch.stack([one.cpu() for one in found])

    def _tested(self, learned: Learned, run: int) -> tuple[Tensor, Tensor]:
        """The mean loss of a test image, and the part of them that is mistaken for another class."""
        _, _, x, y = self._here
        weights, _ = self.work.of(learned, run)
        loss = wrong = torch.zeros((), dtype=torch.float64, device=x.device)
        for first in range(0, len(x), AT_ONCE):
            some = slice(first, first + AT_ONCE)
            clean = forward(self.work.architecture, weights, x[some])
            loss = loss + losses(self.work.architecture, clean, y[some]).double().sum()
            wrong = wrong + (clean.output.argmax(1) != y[some].argmax(1)).double().sum()
        return loss / len(x), (wrong / len(x)).masked_fill(~loss.isfinite(), math.nan)

    def _of_matrices(self, learned: Learned, run: int) -> list[Tensor]:
        """`PER_MATRIX` for B^2 ... B^{N+1}; of a run wired "DFA" there are none."""
        weights, feedback = self.work.of(learned, run)
        if run >= self.work.layered:
            absent = torch.tensor(math.nan, dtype=torch.float64)
            return [absent] * (len(PER_MATRIX) * len(feedback))
        upper = self.work.architecture.fed_back(weights[1:])
        return [f(W, B) for f in PER_MATRIX.values() for W, B in zip(upper, feedback, strict=True)]


def _range(place: slice) -> range:
    return range(place.start, place.stop)
