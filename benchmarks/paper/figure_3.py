"""Figure 3 and Table 2a: an autoencoder through a bottleneck of two units; and why its rows are as they are.

A network inputs-200-2-200-inputs (tanh, identity, tanh, relu) learns to give back its images, half the
summed squared error over minibatches of 32. The paper's text has one network for all methods; its authors'
code has 50 units in place of 200, and another start, for the methods that learn their feedback, and five
times the noise for the others. Rates and noise are those of the code's configurations; 1e-4 is the rate of W
with learned feedback, so backpropagation has it beside its own.

``why_3`` takes the table's order apart: where the weights of the upper layers start, how large random
feedback is, and what is left of the order when feedback alignment only begins, and backpropagation goes on.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from benchmarks.paper.experiment import State
from benchmarks.paper.learning import Images, Learning
from benchmarks.paper.options import Options
from benchmarks.paper.several import Several
from impl.learning import (
    SGD,
    Adam,
    Architecture,
    Method,
    Normalised,
    Perturbation,
    Runs,
    Start,
    backpropagation,
    feedback_alignment,
    forward,
    kolen_pollack,
    matched,
    node_perturbation,
    surprise_rule,
    synthetic_gradients,
)

__all__ = ["Autoencoder", "figure_3", "interventions", "methods", "why_3"]

WIDE, NARROW = 200, 50
LEARNED = ("node perturbation", "synthetic gradients", "matched")
"""How the names begin of the methods that have the narrow network in the code."""
CODES_START = Start("truncated", bias=0.1)
RATE, FEEDBACK_RATE, NOISE = 1e-4, 8e-6, 0.018942
DECAY = 2e-5
SURPRISE = surprise_rule(SGD(RATE), Normalised(0.5), Perturbation(1e-6))
"""The surprise rule at the paper's cost, with the rate of W that learned feedback has."""
HANDOVER = 5
"""Epochs of feedback alignment before backpropagation goes on; or half of the run, where that is less."""


def methods(mode: str) -> dict[str, Method]:
    """The rows of the table, as the "text" or as the "code" has them, and the surprise rule."""
    noise = NOISE if mode == "text" else 0.1
    adam = Adam(1.4113e-4)
    perturbation = Perturbation(NOISE, "gaussian")
    gradients = synthetic_gradients(SGD(RATE), FEEDBACK_RATE)
    found = {
        "backpropagation": backpropagation(SGD(5e-5)),
        "backpropagation 1e-4": backpropagation(SGD(RATE)),
        "backpropagation tuned": backpropagation(SGD(3.7278e-4)),
        "backpropagation + noise": _noisy(backpropagation(SGD(3.7278e-4)), noise),
        "feedback alignment": feedback_alignment(SGD(5e-5)),
        "feedback alignment + noise": _noisy(feedback_alignment(SGD(3.4722e-6)), noise),
        "adam": backpropagation(adam),
        "adam + noise": _noisy(backpropagation(adam), noise),
        "denoising": replace(backpropagation(SGD(RATE)), input_noise=0.3),
        "node perturbation": node_perturbation(SGD(RATE), FEEDBACK_RATE, perturbation),
        "synthetic gradients": gradients,
        "synthetic gradients + noise": _noisy(gradients, noise),
        "matched": matched(SGD(RATE)),
        "matched + decay": kolen_pollack(RATE, DECAY),
        "matched + noise": _noisy(matched(SGD(1.994e-4)), noise),
        "surprise": SURPRISE,
    }
    if mode == "code":
        for name in found:
            if name.startswith(LEARNED):
                found[name] = replace(found[name], start=CODES_START)
    return found


def interventions() -> dict[str, Method]:
    """Methods at one rate of W, and each with one change: all matrices above the first layer, or random
    feedback alone, times so much.
    """
    weights = SGD(RATE)
    plain = {
        "backpropagation": backpropagation(weights),
        "feedback alignment": feedback_alignment(weights),
        "node perturbation": node_perturbation(weights, FEEDBACK_RATE, Perturbation(NOISE, "gaussian")),
        "synthetic gradients": synthetic_gradients(weights, FEEDBACK_RATE),
        "surprise": SURPRISE,
    }
    found = dict(plain)
    for gain in (0.5, 2.0):
        start = Start(gain=(1.0, gain, gain, gain), feedback_gain=gain)
        found |= {f"{name}, W and B x {gain:g}": replace(plain[name], start=start) for name in plain}
    for gain in (0.3, 3.0):
        for name in ("feedback alignment", "node perturbation"):
            found[f"{name}, B x {gain:g}"] = replace(plain[name], start=Start(feedback_gain=gain))
    return found


def figure_3(asked: Options) -> Several:
    """Figure 3 and Table 2a: an autoencoder through two units."""
    chosen = methods(asked.mode)
    narrow = [name for name in chosen if asked.mode == "code" and name.startswith(LEARNED)]
    sizes = {name: NARROW if name in narrow else WIDE for name in chosen}
    parts = {
        f"{width} units": _part(
            asked, width, {name: m for name, m in chosen.items() if sizes[name] == width}, noisy=True
        )
        for width in sorted(set(sizes.values()), reverse=True)
    }
    return Several(f"fig3 as {asked.mode}", parts)


def why_3(asked: Options) -> Several:
    """Figure 3 taken apart: starts, feedback scales, feedback alignment before backpropagation."""
    width = WIDE if asked.mode == "text" else NARROW
    chosen = interventions()
    weights = chosen["feedback alignment"].weights
    name = "feedback alignment, then backpropagation"
    begun = _part(asked, width, {name: chosen["feedback alignment"]})
    later = replace(begun.work, methods=(backpropagation(weights),))
    handed = replace(begun, later=later, switch=min(HANDOVER * asked.epoch, asked.points[-1] // 2))
    return Several(f"why3 as {asked.mode}", {"changed": _part(asked, width, chosen), "handed over": handed})


def _noisy(method: Method, size: float) -> Method:
    return replace(method, activation_noise=size)


def _part(asked: Options, width: int, chosen: Mapping[str, Method], noisy: bool = False) -> Autoencoder:
    pixels = asked.images.x.shape[1]
    architecture = Architecture((pixels, width, 2, width, pixels), ("tanh", "identity", "tanh", "relu"))
    runs = Runs(architecture, tuple(chosen.values()), tuple(range(asked.seeds)))
    return Autoencoder(
        f"{width} units",
        runs,
        tuple(chosen),
        autoencoding(asked.images),
        asked.points_every(10),
        watched=200,
        noisy=noisy,
        classes=False,
        kinds=asked.images.test_y,
    )


def autoencoding(images: Images) -> Images:
    """The images as their own targets."""
    return Images(images.x, images.x, images.test_x, images.test_x, images.record)


@dataclass(frozen=True, eq=False)
class Autoencoder(Learning):
    """``Learning`` that shows the plane of its bottleneck and some images that it gives back.

    ``kinds`` are the classes of the test images, (M, classes), which no run learns from.
    """

    kinds: torch.Tensor | None = None

    def pictures(self, state: State) -> Mapping[str, Any]:
        """For the first seed of every method: the two numbers of each of 500 test images, float32 in little
        endian order, and 8 images given back, a byte for each pixel, 255 for 1; both in base64. "classes" are
        those of the 500 images, one digit each, and "images" the 8 images themselves.
        """
        weights = [state[f"weights/0/{k}"] for k in range(len(self.work.architecture.weight_shapes))]
        x = self.images.test_x[:SHOWN].T
        found = {}
        for k, label in enumerate(self.labels):
            run = slice(self.work.place(k).start, self.work.place(k).start + 1)
            clean = forward(self.work.architecture, [weight[run] for weight in weights], x)
            plane = clean.pre_activations[1][0].T.contiguous().float()
            found[label] = {
                "plane": _base64(plane.numpy().astype("<f4").tobytes()),
                "images": _base64(_bytes(clean.output[0].T[:GIVEN_BACK])),
            }
        kinds = [] if self.kinds is None else self.kinds[:SHOWN].argmax(1).tolist()
        return {
            "classes": "".join(map(str, kinds)),
            "images": _base64(_bytes(x.T[:GIVEN_BACK])),
            "methods": found,
        }


SHOWN, GIVEN_BACK = 500, 8


def _bytes(images: torch.Tensor) -> bytes:
    levels = (255 * images.nan_to_num(0.0).clamp(0.0, 1.0)).round().to(torch.uint8)
    return bytes(levels.flatten().tolist())


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
