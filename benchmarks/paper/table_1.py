"""Tables 1 and 2b: the convolutional network of appendix C.4, as the authors' code has it.

Three convolutions of 5 x 5 with max-pooling, two dense layers with dropout of one half, tanh, softmax and
cross-entropy; Adam for the weights, plain descent for the feedback of node perturbation, which is wired as
"DFA". (The text has 32 kernels of 3 x 3 in the first layer.) Table 2b sets noise on the activations beside
it, and feedback that learns from the true gradient instead of from noise.

As the text, each feedback matrix learns from the noise of its own layer; loss differences are those of the
loss that the weights descend, with one dropout mask in both passes; and pixels are 0 to 1, in an order of
each epoch's own. As the code, node perturbation is ``impl.convolution.Committed``; pixels are 0 to 255, and
always in the order of the files; runs "with noise" have none, and feedback that ought to learn from the true
gradient stays as it is. Beside the paper's methods: the surprise rule with feedback of the weights' own
structure, a kernel for a kernel; and, in Table 1, the same with four draws of noise for a minibatch, five
forward passes in place of two.

Narrower networks have rates with which they learn in a tenth of the time; an epoch of a quick run is a
tenth of one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from benchmarks.paper.convolutional import ConvolutionalLearning
from benchmarks.paper.learning import Images
from benchmarks.paper.options import Options
from impl.convolution import Committed, Convolution, ConvolutionalArchitecture, ConvolutionalRuns, Dense
from impl.learning import (
    Adam,
    Method,
    Normalised,
    Perturbation,
    Start,
    backpropagation,
    feedback_alignment,
    node_perturbation,
    surprise_rule,
    synthetic_gradients,
)

__all__ = ["PAPER", "REDUCED", "Rates", "network", "table_1", "table_2"]

CHANNELS, UNITS, SIZE, DROPOUT = (96, 128, 256), (2048, 2048), 5, 0.5
NOISE = 0.067318
DRAWS = 4
QUICK = 10
START = Start("uniform", bias=0.1)
COLOURED = ("cifar10", "cifar100")


@dataclass(frozen=True)
class Rates:
    """Adam's rate for the weights, the rate of feedback, both for losses summed over a minibatch of
    ``batch``; and the part of the surprise that a step takes away.
    """

    weights: float
    feedback: float
    surprise: float
    batch: int


PAPER = Rates(4.784753e-6, 8.321545e-6, 0.3, 128)
"""The authors' best of 44 draws, for the network at full width and 78,000 updates."""
REDUCED = Rates(1e-3, 3e-4, 0.3, 64)


def network(shape: tuple[int, int, int], classes: int, width: float = 1.0) -> ConvolutionalArchitecture:
    """The network with ``width`` times as many channels and units, at least one of each."""
    channels, units = ([max(1, round(width * n)) for n in layer] for layer in (CHANNELS, UNITS))
    images, dense = (Convolution(n, SIZE) for n in channels), (Dense(n, DROPOUT) for n in units)
    return ConvolutionalArchitecture(shape, (*images, *dense), classes)


def methods(rates: Rates, table: int, mode: str = "text") -> Mapping[str, Method]:
    """The rows of Table 1 or, with noise and the true gradient, of Table 2b; and the surprise rule."""
    adam = Adam(rates.weights, epsilon=1e-5)
    noise = Perturbation(NOISE, "gaussian")
    found = {
        "backpropagation": backpropagation(adam),
        "node perturbation": node_perturbation(adam, rates.feedback, noise, "DFA"),
        "direct feedback alignment": feedback_alignment(adam, "DFA"),
        "surprise": surprise_rule(adam, Normalised(rates.surprise, "equal"), Perturbation(1e-6)),
    }
    if table == 1:
        several = Perturbation(1e-6, draws=DRAWS)
        found[f"surprise {DRAWS} draws"] = replace(found["surprise"], perturbation=several)
    if table == 2:
        for name in ("backpropagation", "direct feedback alignment"):
            found[f"{name} noise"] = replace(found[name], activation_noise=NOISE)
        found["synthetic gradients"] = synthetic_gradients(adam, rates.feedback, "DFA")
    if mode == "code":
        found["node perturbation"] = Method(adam, Committed(rates.feedback), noise, "DFA")
        found |= {name: replace(m, activation_noise=0.0) for name, m in found.items()}
        found |= {name: feedback_alignment(adam, "DFA") for name in found if name == "synthetic gradients"}
    return {name: replace(method, start=START) for name, method in found.items()}


def table_1(asked: Options) -> ConvolutionalLearning:
    """Table 1: backpropagation, node perturbation, direct feedback alignment; and the surprise rule."""
    return _table(asked, 1)


def table_2(asked: Options) -> ConvolutionalLearning:
    """Table 2b: the same with noise on and off, and with the true gradient in place of noise."""
    return _table(asked, 2)


def _table(asked: Options, table: int) -> ConvolutionalLearning:
    channels = 3 if asked.data in COLOURED else 1
    side = math.isqrt(asked.images.x.shape[1] // channels)
    rates = PAPER if asked.width == 1.0 else REDUCED
    points = tuple(-(-point // QUICK) for point in asked.points) if asked.quick else asked.points
    chosen, code = methods(rates, table, asked.mode), asked.mode == "code"
    architecture = network((channels, side, side), asked.images.y.shape[1], asked.width)
    runs = ConvolutionalRuns(architecture, tuple(chosen.values()), tuple(range(asked.seeds)))
    return ConvolutionalLearning(
        f"table{table} as {asked.mode}",
        runs,
        tuple(chosen),
        raw(asked.images) if code else asked.images,
        points,
        rates.batch,
        shuffled=not code,
        device=asked.device,
    )


def raw(images: Images) -> Images:
    """The images with pixels from 0 to 255."""
    return replace(images, x=255 * images.x, test_x=255 * images.test_x)
