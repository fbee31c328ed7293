"""A method: how feedback changes, how weights change, with what noise and from which start."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from impl import checks
from impl.learning.feedback_rules import (
    Absent,
    Corrected,
    FeedbackRule,
    Fixed,
    Learned,
    Matched,
    Transported,
    WeightMirror,
)
from impl.learning.fits import Descent, Normalised, Projected, Ridge
from impl.learning.perturbation import Perturbation
from impl.learning.start import Start
from impl.learning.weight_rules import SGD, WeightRule
from impl.rule import named

__all__ = [
    "Method",
    "backpropagation",
    "corrected",
    "feedback_alignment",
    "kolen_pollack",
    "matched",
    "node_perturbation",
    "perturbation_alone",
    "ridge_feedback",
    "surprise_rule",
    "synthetic_gradients",
    "weight_mirror",
]


@dataclass(frozen=True)
class Method:
    """Everything that tells the runs of one method from those of another.

    ``weights`` moves W along the error signals that the feedback carries, ``feedback`` changes the feedback,
    ``perturbation`` is the noise that it learns from. ``wiring`` says which errors feedback is applied to:
    "FA", those of the layer above, or "DFA", those of the output. For the first ``frozen`` updates W stands
    still. ``input_noise`` and ``activation_noise`` are standard deviations of Gaussian noise on the inputs
    (the target stays clean: a denoising autoencoder) and on the hidden units, in the clean pass and so in all
    that follows. Raises ``InvalidInput`` where the parts do not fit together.
    """

    weights: WeightRule
    feedback: FeedbackRule = field(default_factory=Transported)
    perturbation: Perturbation | None = None
    wiring: str = "FA"
    start: Start = field(default_factory=Start)
    frozen: int = 0
    input_noise: float = 0.0
    activation_noise: float = 0.0

    def __post_init__(self) -> None:
        named("wiring", self.wiring)
        checks.require(
            self.wiring in self.feedback.wirings,
            "wiring",
            repr(self.wiring),
            f"{self.feedback.wirings[0]!r}, because of the feedback rule {type(self.feedback).__name__}",
        )
        checks.require(
            self.feedback.perturbs == (self.perturbation is not None),
            "perturbation",
            "None" if self.perturbation is None else "given",
            "one" if self.feedback.perturbs else "None: the feedback rule looks at no differences",
        )
        checks.whole("frozen", self.frozen, 0)
        checks.not_negative("input_noise", self.input_noise)
        checks.not_negative("activation_noise", self.activation_noise)


def backpropagation(weights: WeightRule) -> Method:
    """Errors carried by the weights themselves."""
    return Method(weights, Transported())


def feedback_alignment(weights: WeightRule, wiring: str = "FA") -> Method:
    """Random feedback that stays (Lillicrap et al. 2016); wired as "DFA" (Nøkland 2016)."""
    return Method(weights, Fixed(), wiring=wiring)


def node_perturbation(
    weights: WeightRule, rate: float, perturbation: Perturbation, wiring: str = "FA"
) -> Method:
    """The paper's rule: B by gradient descent on |B^T e - lambda-hat|^2."""
    return Method(weights, Learned("perturbation", Descent(rate)), perturbation, wiring)


def perturbation_alone(weights: WeightRule, perturbation: Perturbation) -> Method:
    """Node perturbation without feedback: hidden weights follow the noise, times what it did to the loss."""
    return Method(weights, Absent(), perturbation)


def corrected(method: Method) -> Method:
    """The same, but hidden weights follow the learned gradient plus the fresh unbiased residual."""
    rule = method.feedback
    checks.require(isinstance(rule, Learned), "the feedback of method", type(rule).__name__, "Learned")
    assert isinstance(rule, Learned)
    return replace(method, feedback=Corrected(rule))


def ridge_feedback(weights: WeightRule, perturbation: Perturbation, ridge: float = 0.1) -> Method:
    """The authors' code for Figures 2 and 4: B solves all sums so far."""
    return Method(weights, Learned("perturbation", Ridge(ridge)), perturbation)


def surprise_rule(
    weights: WeightRule,
    fit: Descent | Normalised | Projected,
    perturbation: Perturbation,
    *,
    internal_model: bool = False,
    wiring: str = "FA",
) -> Method:
    """B += e s xi^T, scaled by ``fit``; s is what of the difference the feedback did not expect.

    ``Descent(rate)`` is the plain form, ``Normalised(rate)`` the one that does not know the size of e,
    ``Normalised(rate, whitening=Whitening())`` the whitened one.
    """
    target = "internal model" if internal_model else "surprise"
    return Method(weights, Learned(target, fit), perturbation, wiring)


def synthetic_gradients(weights: WeightRule, rate: float, wiring: str = "FA") -> Method:
    """SG: the paper's rule without its noise, B by gradient descent towards the true gradient."""
    return Method(weights, Learned("gradient", Descent(rate)), wiring=wiring)


def matched(weights: WeightRule) -> Method:
    """B is given the updates of W."""
    return Method(weights, Matched())


def kolen_pollack(rate: float, decay: float) -> Method:
    """B is given the updates of W, and both decay."""
    return Method(SGD(rate, decay), Matched())


def weight_mirror(weights: WeightRule, rate: float, decay: float = 0.0, size: float = 0.1) -> Method:
    """B by correlating noise with the response that the next layer gives to it."""
    return Method(weights, WeightMirror(rate, decay, size))
