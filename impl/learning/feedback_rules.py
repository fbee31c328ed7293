"""How feedback changes: not at all, by what differences teach, or along with the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from impl import checks
from impl.learning.fits import Feedback, Fit, Memory
from impl.learning.noise import MIRROR, noise_of_seeds
from impl.learning.observation import Observation
from impl.learning.targets import PERTURBING, TARGETS, residuals
from impl.rule import RULES

__all__ = [
    "Absent",
    "Corrected",
    "FeedbackRule",
    "Fixed",
    "Learned",
    "Matched",
    "Moved",
    "Transported",
    "WeightMirror",
]

STARTS = ("random", "zero", "weights")


@dataclass(frozen=True, eq=False)
class Moved:
    """What the weights of r runs did in this update.

    Of all layers but the first: ``weights`` are where they are now, after losing the fraction ``decay`` and
    moving by minus ``rate`` times ``directions``; ``decay`` and ``rate`` are (r, 1, 1).
    """

    weights: tuple[Tensor, ...]
    directions: tuple[Tensor, ...]
    rate: Tensor
    decay: Tensor


class FeedbackRule(Protocol):
    """What changes B^2 ... B^{N+1} after each minibatch."""

    @property
    def start(self) -> str:
        """Where B starts: "random", "zero", or at the "weights"."""

    @property
    def perturbs(self) -> bool:
        """Whether the rule looks at loss differences."""

    @property
    def wirings(self) -> tuple[str, ...]:
        """The wirings that the rule is defined for."""

    def begin(self, feedback: Feedback) -> Memory:
        """What is remembered before the first minibatch."""

    def after(self, seen: Observation, memory: Memory, moved: Moved) -> tuple[Feedback, Memory]:
        """Feedback and memory after one more minibatch."""


class Memoryless:
    """A rule that remembers nothing, asks for no differences, and starts at random."""

    start = "random"
    perturbs = False
    wirings: tuple[str, ...] = ("FA",)

    def begin(self, feedback: Feedback) -> Memory:
        """Nothing."""
        return ()


@dataclass(frozen=True)
class Fixed(Memoryless):
    """Feedback alignment: B stays as it is."""

    wirings = RULES

    def after(self, seen: Observation, memory: Memory, moved: Moved) -> tuple[Feedback, Memory]:
        """The same."""
        return seen.feedback, memory


@dataclass(frozen=True)
class Transported(Memoryless):
    """Backpropagation: B is W, always; without its biases, unless those are weights of a unit."""

    start = "weights"

    def after(self, seen: Observation, memory: Memory, moved: Moved) -> tuple[Feedback, Memory]:
        """The weights after this update."""
        return seen.architecture.fed_back(moved.weights), memory


@dataclass(frozen=True)
class Absent(Memoryless):
    """No feedback, B = 0: hidden weights follow lambda-hat itself, (L~ - L) / c times the noise.

    The output layer has its own error. Node perturbation as a rule for weights (Williams 1992), which the
    paper compares itself with.
    """

    start = "zero"
    perturbs = True

    def after(self, seen: Observation, memory: Memory, moved: Moved) -> tuple[Feedback, Memory]:
        """The same."""
        return seen.feedback, memory

    def estimates(self, seen: Observation) -> tuple[Tensor, ...]:
        """lambda-hat^1 ... lambda-hat^N, which hidden weights follow."""
        y = seen.difference[:, None]
        return tuple(y * xi for xi in seen.noise)


@dataclass(frozen=True)
class Learned:
    """Feedback fitted to a target: B^T e follows ``target`` (``impl.learning.targets``) by ``fit``.

    Raises ``InvalidInput`` for an unknown target or one that the fit cannot follow.
    """

    target: str
    fit: Fit

    def __post_init__(self) -> None:
        checks.one_of("target", self.target, TARGETS)
        self.fit.check(self.target)

    @property
    def start(self) -> str:
        """At random, unless the fit says otherwise."""
        return "zero" if self.fit.starts_at_zero else "random"

    @property
    def perturbs(self) -> bool:
        """Whether the target is made from loss differences."""
        return self.target in PERTURBING

    @property
    def wirings(self) -> tuple[str, ...]:
        """Both, but the internal model needs feedback that is a network."""
        return ("FA",) if self.target == "internal model" else RULES

    def begin(self, feedback: Feedback) -> Memory:
        """What the fit remembers."""
        return self.fit.begin(feedback)

    def after(self, seen: Observation, memory: Memory, moved: Moved) -> tuple[Feedback, Memory]:
        """One step of the fit."""
        return self.fit.after(self.target, seen, memory)


@dataclass(frozen=True)
class Corrected:
    """A learned rule whose weights follow g~ plus the fresh residual s xi, with s the surprise.

    Its mean is the true gradient as c falls, however wrong the feedback is; the residual is noise with the
    size of the feedback's error. Without it weights follow g~ alone. Raises ``InvalidInput`` for a rule that
    looks at no differences.
    """

    rule: Learned

    def __post_init__(self) -> None:
        checks.require(
            self.rule.perturbs, "the target of rule", repr(self.rule.target), "one with differences"
        )

    @property
    def start(self) -> str:
        """That of the rule."""
        return self.rule.start

    @property
    def perturbs(self) -> bool:
        """Always."""
        return True

    @property
    def wirings(self) -> tuple[str, ...]:
        """Those of the rule."""
        return self.rule.wirings

    def begin(self, feedback: Feedback) -> Memory:
        """What the rule remembers."""
        return self.rule.begin(feedback)

    def after(self, seen: Observation, memory: Memory, moved: Moved) -> tuple[Feedback, Memory]:
        """The rule's step."""
        return self.rule.after(seen, memory, moved)

    def estimates(self, seen: Observation) -> tuple[Tensor, ...]:
        """g~^i + s xi^i for every hidden layer, which hidden weights follow."""
        residual = residuals("surprise", seen)
        return tuple(guess + own for guess, own in zip(seen.guesses, residual, strict=True))


@dataclass(frozen=True)
class Matched(Memoryless):
    """B is given the update of W, decay and all: B <- (1 - decay) B - rate D.

    Without decay W - B never changes ("matched" in the authors' code); with decay d it falls by the factor 1
    - d at each update (Kolen and Pollack 1994; Akrout et al. 2019, sec. 3.2).
    """

    def after(self, seen: Observation, memory: Memory, moved: Moved) -> tuple[Feedback, Memory]:
        """The feedback, moved as the weights were."""
        pairs = zip(seen.feedback, seen.architecture.fed_back(moved.directions), strict=True)
        widths = seen.architecture.hidden
        return tuple(
            torch.cat([(1 - moved.decay) * B[..., :n], B[..., n:]], -1) - moved.rate * D
            for n, (B, D) in zip(widths, pairs, strict=True)
        ), memory


@dataclass(frozen=True)
class WeightMirror(Memoryless):
    """Mirroring (Akrout et al. 2019): B <- (1 - decay) B + rate sum_t (sigma(W xi_t) - sigma(0)) xi_t^T.

    At each update every hidden layer also drives the next one with Gaussian noise xi of standard deviation
    ``size``, as many times as there are samples, with the biases silent. For an activation that is linear
    there, the mean step is rate T size^2 sigma'(0) W - decay B.
    """

    rate: float
    decay: float = 0.0
    size: float = 0.1

    def __post_init__(self) -> None:
        checks.not_negative("rate", self.rate)
        checks.fraction("decay", self.decay)
        checks.noise_scale(self.size, "size")

    def after(self, seen: Observation, memory: Memory, moved: Moved) -> tuple[Feedback, Memory]:
        """The feedback, one correlation of drive and response nearer to the weights."""
        like, upper = seen.y, seen.architecture.fed_back(seen.weights[1:])
        drives = noise_of_seeds(
            seen.architecture.units,
            seen.samples,
            "gaussian",
            seen.seeds,
            seen.update,
            MIRROR,
            like.dtype,
            like.device,
        )
        feedback = []
        for k, sigma in enumerate(seen.architecture.sigmas[1:]):
            drive = self.size * drives[k]
            response = sigma.difference(like.new_zeros(()), upper[k] @ drive, 1.0)
            feedback.append((1 - self.decay) * seen.feedback[k] + self.rate * (response @ drive.mT))
        return tuple(feedback), memory
