"""Node perturbation as the authors' convolutional code has it, as committed.

After the weights have moved the same minibatch goes through the new ones twice more, and feedback descends
on |B^T e - lambda-hat|^2 for what these two passes say:

    e            softmax less target, the gradient of cross-entropy, in the first of the two
    lambda-hat   (L~ - L) xi / c, L being half the squared error of the softmax: another loss
    dropout      a mask for each of the passes, so that L~ - L is also what the masks make of it
    noise        on what every convolution gives, on what the first dense layer is given (the same units once
                 more), and on what it gives; none on what the last one gives
    pairs        a convolution's feedback learns from its own noise; that of the last dense layer from the
                 noise of the dense layer below it, whose own feedback never learns
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from impl import checks
from impl.convolution.architecture import Convolution, ConvolutionalArchitecture, Dense
from impl.convolution.chance import Chance
from impl.convolution.passes import forward
from impl.learning.feedback_rules import Memoryless, Moved
from impl.learning.fits import Feedback, Memory
from impl.learning.noise import FRESH_DROPOUT, PERTURBATION, TWICE
from impl.learning.observation import Observation

__all__ = ["Committed", "SecondPasses"]


@dataclass(frozen=True, eq=False)
class SecondPasses:
    """Outputs of the two passes, (T, classes), and the noise xi^1 ... xi^N that the second was made with."""

    output: Tensor
    perturbed: Tensor
    noise: tuple[Tensor, ...]

    @classmethod
    def of(cls, chance: Chance, seed: int, weights: tuple[Tensor, ...], x: Tensor, c: float) -> SecondPasses:
        """The passes of one run through ``weights``, with noise of standard deviation c."""
        net = chance.architecture
        noise = chance.noise(seed, "gaussian", PERTURBATION)
        place = sum(isinstance(layer, Convolution) for layer in net.layers) - 1
        (again,) = chance.layers(seed, [net.hidden_shapes[place]], "gaussian", TWICE)
        kicks = [c * xi for xi in noise]
        kicks[place] = kicks[place] + c * again
        first, second = (chance.masks(seed, draw) for draw in FRESH_DROPOUT)
        output = forward(net, weights, x, first).output
        return cls(output, forward(net, weights, x, second, (*kicks[:-1], None)).output, noise)


@dataclass(frozen=True)
class Committed(Memoryless):
    """A feedback rule for networks that end in two dense layers of one width, wired as "DFA"."""

    rate: float
    perturbs = True
    wirings = ("DFA",)

    def __post_init__(self) -> None:
        checks.not_negative("rate", self.rate)

    def check(self, architecture: ConvolutionalArchitecture) -> None:
        """Raise ``InvalidInput`` for a network that the code could not have."""
        *convolutions, below, last = (None, None, *architecture.layers)
        right = (
            isinstance(below, Dense)
            and isinstance(last, Dense)
            and below.units == last.units
            and len(convolutions) > 2
            and all(isinstance(layer, Convolution) for layer in convolutions[2:])
        )
        expected = "convolutions, then two dense layers of one width, because of the feedback rule Committed"
        checks.require(right, "layers", checks.shown(architecture.layers), expected)

    def changed(self, feedback: Feedback, second: SecondPasses, y: Tensor, c: float) -> Feedback:
        """The feedback after one step."""
        p, q = (torch.softmax(output, 1) for output in (second.output, second.perturbed))
        slope = 0.5 * ((q - y).square().sum(1) - (p - y).square().sum(1)) / c
        e, found = p - y, list(feedback)
        last = len(feedback) - 1
        for k in (*range(last - 1), last):
            xi = second.noise[last - 1 if k == last else k].flatten(1)
            found[k] = feedback[k] - self.rate * (e.T @ (e @ feedback[k] - slope[:, None] * xi))
        return tuple(found)

    def after(self, seen: Observation, memory: Memory, moved: Moved) -> tuple[Feedback, Memory]:
        """Not for dense networks."""
        checks.refuse("the feedback rule", "Committed", "another: it is for convolutional networks")
