"""Runs that learn on images, as an experiment: what they depend on, how they go on, what is measured."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor

from benchmarks.paper.experiment import State
from benchmarks.paper.minibatches import minibatch
from impl import checkpoint, checks, metrics
from impl.learning import Method, Runs, advance, forward, losses, path_of
from impl.learning import State as Learned
from impl.learning.noise import noise_of_seeds
from impl.learning.passes import kicked
from impl.rule import direct

__all__ = ["Images", "Learning", "check_labels", "described", "runs_of"]

AT_ONCE = 500
"""Test images that go through all runs together."""
TESTING = 10
"""The numbers of the draws that the noise of a test has to itself, from this on (`impl.learning.noise`):
of perturbations, of inputs, of activations.
"""


@dataclass(frozen=True, eq=False)
class Images:
    """What is learned: x (M, n_0), y (M, p) for training and for testing, and the hashes of their files."""

    x: Tensor
    y: Tensor
    test_x: Tensor
    test_y: Tensor
    record: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Learning:
    """An ``Experiment``: methods times seeds that learn together from the same minibatches.

    ``labels`` name the methods, in their order. ``watched`` training images are those on which angles are
    measured; the authors' local angle is that of the first of them. ``noisy`` adds loss and error of test
    images with the noise that a method has in training, inputs, activations and perturbation, drawn anew at
    each measurement: the authors' code reports some of its methods so. Without ``classes`` there is no error
    to be measured, as in an autoencoder. After ``switch`` updates the runs go on under the methods of
    ``later``, one for each of those before (`impl.learning.Runs.continued`).
    """

    name: str
    work: Runs
    labels: tuple[str, ...]
    images: Images
    points: tuple[int, ...]
    batch: int = 32
    watched: int = 2000
    dtype: torch.dtype = torch.float32
    noisy: bool = False
    classes: bool = True
    later: Runs | None = None
    switch: int = 0

    def __post_init__(self) -> None:
        check_labels(self.labels, self.work.methods)
        if self.later is not None:
            same = [self._on_the_axis(work) for work in (self.work, self.later)]
            checks.require(same[0] == same[1], "later", checks.shown(same[1]), checks.shown(same[0]))

    @property
    def runs(self) -> tuple[str, ...]:
        """The axis of the runs: a label and a seed each, methods in the order of ``labels``."""
        return runs_of(self.labels, self.work.seeds)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Loss is summed over a minibatch, as the paper's; error is of the test images, 0 to 1; layers are
        those of ``impl.learning``: B^2 ... B^{N+1}, and lambda^1 ... lambda^N that they carry down.
        """
        hidden = range(1, len(self.work.architecture.hidden) + 1)
        return (
            "train loss",
            "test loss",
            *(("test error",) if self.classes else ()),
            *(f"angle {i}" for i in hidden),
            *(f"{name} {i + 1}" for name in (*PER_MATRIX, "local angle") for i in hidden),
            *(NOISY[: 1 + self.classes] if self.noisy else ()),
        )

    @cached_property
    def settings(self) -> Mapping[str, str]:
        """Everything that the curve depends on."""
        common = described(self.labels, self.work, self.images, self.batch, self.watched, self.dtype)
        later = (
            {}
            if self.later is None
            else {
                **{
                    f"method {label} later": f"from update {self.switch} on {method!r}"
                    for label, method in zip(self.labels, self.later.methods, strict=True)
                },
                "path later": path_of(self.later, self._later_start, self.batch),
            }
        )
        return {**common, "path": path_of(self.work, self._start, self.batch), **later}

    def only(self, labels: Sequence[str], seeds: Sequence[int]) -> Learning:
        """The runs of these methods and seeds alone."""

        def chosen(work: Runs) -> Runs:
            methods = tuple(work.methods[self.labels.index(label)] for label in labels)
            return replace(work, methods=methods, seeds=tuple(seeds))

        later = None if self.later is None else chosen(self.later)
        return replace(self, work=chosen(self.work), labels=tuple(labels), later=later)

    def start(self) -> State:
        """The state before the first update."""
        return self.work.start(self.dtype).tensors()

    def advance(self, state: State, first: int, last: int) -> State:
        """The state after the updates ``first`` … ``last`` - 1."""
        images, learned = self.images, self._learned(state, first)
        cuts = [self.switch] if self.later is not None and first < self.switch < last else []
        for begin, end in itertools.pairwise(sorted({first, *cuts, last})):
            work = self._work(end)
            if work is self.later and begin == self.switch:
                learned = work.continued(learned)
            rows = torch.stack([minibatch(update, len(images.x), self.batch) for update in range(begin, end)])
            learned = advance(work, learned, images.x, images.y, rows)
        return learned.tensors()

    def measure(self, state: State, update: int) -> Tensor:
        """The metrics, (runs, metrics), float64: each run by itself, so no bit depends on the rest."""
        work, learned = self._work(update), self._learned(state, update)
        return torch.cat([one._measured(own(work, learned, *place)) for place, one in self._alone])

    @cached_property
    def _alone(self) -> list[tuple[tuple[int, int], Learning]]:
        """Each run as an experiment, with the numbers of its method and its seed."""
        return [
            ((k, place), self.only([label], [seed]))
            for k, label in enumerate(self.labels)
            for place, seed in enumerate(self.work.seeds)
        ]

    def _measured(self, learned: Learned) -> Tensor:
        """The metrics, all runs together."""
        x, y = self.images.x[: self.watched], self.images.y[: self.watched]
        clean, carried, true = self.work.signals(learned, x, y)
        train = losses(self.work.architecture, clean, y.T).double().mean(1) * self.batch
        test, wrong = self._tested(learned.weights)
        widths = self.work.architecture.hidden
        pairs = zip(true.gradients, carried.gradients, widths, strict=True)
        found = [
            train,
            test * self.batch,
            *((wrong,) if self.classes else ()),
            *(metrics.global_angle(a[:, :n].mT, b[:, :n].mT) for a, b, n in pairs),
            *self._of_matrices(learned, carried.errors),
            *(self._noisily_tested(learned, test, wrong) if self.noisy else ()),
        ]
        return torch.stack(found, 1)

    def _work(self, update: int) -> Runs:
        """The runs whose step led to the state after ``update`` updates."""
        return self.work if self.later is None or update <= self.switch else self.later

    @cached_property
    def _start(self) -> Learned:
        return self.work.start(self.dtype)

    @cached_property
    def _later_start(self) -> Learned:
        return self.work.start(self.dtype) if self.later is None else self.later.start(self.dtype)

    def _learned(self, state: State, update: int) -> Learned:
        start = self._start if self._work(update) is self.work else self._later_start
        return start.restored(update, state)

    @staticmethod
    def _on_the_axis(work: Runs) -> tuple[object, ...]:
        return work.architecture, work.seeds, tuple(method.wiring for method in work.methods)

    def _tested(
        self, weights: tuple[Tensor, ...], added: Tensor | None = None, jitter: Sequence[Tensor] = ()
    ) -> tuple[Tensor, Tensor]:
        """The mean loss of a test image, and the part of them that is mistaken for another class.

        ``added`` is noise on the images, (r, n_0, M), and ``jitter`` on the hidden units, (r, units, M) each.
        """
        images, loss, wrong = self.images, torch.zeros(()), torch.zeros(())
        for first in range(0, len(images.test_x), AT_ONCE):
            some = slice(first, first + AT_ONCE)
            x, y = images.test_x[some].T, images.test_y[some]
            moved = x if added is None else x + added[..., some]
            kicks = tuple(layer[..., some] for layer in jitter) or None
            clean = forward(self.work.architecture, weights, moved, kicks)
            loss = loss + losses(self.work.architecture, clean, y.T).double().sum(1)
            wrong = wrong + (clean.output.argmax(1) != y.argmax(1)).double().sum(1)
        spoilt = ~loss.isfinite()
        return loss / len(images.test_x), (wrong / len(images.test_x)).masked_fill(spoilt, math.nan)

    def _noisily_tested(self, learned: Learned, loss: Tensor, wrong: Tensor) -> list[Tensor]:
        """The same of images with noise; what methods without any have is what they have without it."""
        loss, wrong = loss.clone(), wrong.clone()
        work = self._work(learned.update)
        for k, method in enumerate(work.methods):
            at, law = work.place(k), method.perturbation
            added, jitter = None, list[Tensor]()
            if method.input_noise > 0:
                sizes = (self.images.test_x.shape[1],)
                added = method.input_noise * self._drawn(sizes, "gaussian", learned, 1)[0]
            if law is not None:
                jitter = [law.c * xi for xi in self._drawn(self.work.architecture.units, law.law, learned)]
            if method.activation_noise > 0:
                drawn = self._drawn(self.work.architecture.hidden, "gaussian", learned, 2)
                own = [method.activation_noise * layer for layer in drawn]
                jitter = [kicked(a, b, 0.0) for a, b in zip(own, jitter, strict=True)] if jitter else own
            if added is not None or jitter:
                weights = tuple(weight[at] for weight in learned.weights)
                loss[at], wrong[at] = self._tested(weights, added, jitter)
        return [loss * self.batch, *((wrong,) if self.classes else ())]

    def _drawn(
        self, sizes: Sequence[int], law: str, learned: Learned, purpose: int = 0
    ) -> tuple[Tensor, ...]:
        """Noise for all test images, (seeds, n, M) for each n."""
        count, like = len(self.images.test_x), learned.weights[0]
        draw = TESTING + purpose
        return noise_of_seeds(sizes, count, law, self.work.seeds, learned.update, draw, like.dtype)

    def _of_matrices(self, learned: Learned, errors: Sequence[Tensor]) -> list[Tensor]:
        """`PER_MATRIX`, one after the other, each for B^2 ... B^{N+1}; of runs wired "DFA" there are none."""
        count = self.work.layered
        absent = torch.full((len(learned.weights[0]) - count,), math.nan, dtype=torch.float64)
        if count == 0:
            return [absent] * (len(learned.direct) * (len(PER_MATRIX) + 1))
        upper = self.work.architecture.fed_back(learned.weights[1:])
        pairs = [(weight[:count], B) for weight, B in zip(upper, learned.feedback, strict=True)]
        found = [f(W, B) for f in PER_MATRIX.values() for W, B in pairs]
        found += [
            metrics.local_angle(W, B, e[:count, :, 0]) for (W, B), e in zip(pairs, errors[1:], strict=True)
        ]
        return [torch.cat([one, absent]) for one in found]


def own(work: Runs, learned: Learned, method: int, seed: int) -> Learned:
    """The weights and the feedback of one run, given by its numbers, in memory of their own: where a matrix
    begins, the products of some libraries depend on.
    """
    at = work.place(method).start + seed
    one = slice(at, at + 1)
    weights = tuple(layer[one].clone() for layer in learned.weights)
    matrices = tuple(layer.clone() for layer in work.feedback_of(learned, one))
    if direct(work.methods[method].wiring):
        return Learned(learned.update, weights, tuple(m[:0] for m in learned.feedback), matrices, (), ())
    return Learned(learned.update, weights, matrices, tuple(m[:0] for m in learned.direct), (), ())


class Works(Protocol):
    """What learns: methods and seeds of one architecture."""

    @property
    def methods(self) -> tuple[Method, ...]:
        """The methods."""

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds."""

    @property
    def architecture(self) -> object:
        """The architecture, which its ``repr`` describes in full."""


def check_labels(labels: Sequence[str], methods: Sequence[Method]) -> None:
    """Raise ``InvalidInput`` unless every method has a label of its own."""
    known = len(methods)
    checks.require(len(labels) == known, "the length of labels", len(labels), str(known))
    checks.require(len(set(labels)) == known, "labels", checks.shown(labels), "each once")


def runs_of(labels: Sequence[str], seeds: Sequence[int]) -> tuple[str, ...]:
    """The names of the runs: a label and a seed each, seeds vary fastest."""
    return tuple(f"{label}/{seed}" for label in labels for seed in seeds)


def described(
    labels: Sequence[str], work: Works, images: Images, batch: int, watched: int, dtype: torch.dtype
) -> dict[str, str]:
    """What the curve of anything that learns on images depends on."""
    return {
        "architecture": repr(work.architecture),
        **{f"method {label}": repr(method) for label, method in zip(labels, work.methods, strict=True)},
        "seeds": " ".join(map(str, work.seeds)),
        "minibatch": str(batch),
        "images watched": str(watched),
        "dtype": str(dtype),
        **{f"data {name}": text for name, text in images.record.items()},
        "rows": checkpoint.hashed([images.x, images.y, images.test_x, images.test_y]),
    }


NOISY = ("noisy test loss", "noisy test error")

PER_MATRIX = {
    "relative error": metrics.relative_error,
    "norm ratio": metrics.norm_ratio,
    "sign congruence": metrics.sign_congruence,
}
"""What is measured of each feedback matrix and its weights, beside the local angle."""
