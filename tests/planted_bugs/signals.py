"""Mistakes in the error signals: slopes, feedback, rules, precision and state."""

from collections.abc import Sequence

import torch
from torch import Tensor

from tests.planted_bugs.base import Correct, Network, activate


class SignalBug(Correct):
    """Rejected by the definition of the error signals, which is checked row by row."""

    expected = ("signals",)


class SlopeOfH(SignalBug):
    """σ'(h) in place of σ'(a)."""

    def slope(self, activation: str, a: Tensor) -> Tensor:
        return super().slope(activation, activate(activation, a))


class HiddenSlopeForgotten(SignalBug):
    """Bᵀ ẽ without σ'(a) in the hidden layers."""

    def error_signals(
        self, network: Network, feedback: Sequence[Tensor], x: Tensor, y: Tensor, rule: str
    ) -> list[Tensor]:
        signals = [self.output_error(network, self.clean_inputs(network, x)[-1], y)]
        for B in reversed(feedback):
            signals.insert(0, self.carried_back(B, signals[0], signals[-1], rule))
        return signals


class SlopeOfLayerAbove(SignalBug):
    """The derivative of the activation one layer up: off by one in the list of names."""

    def error_signals(
        self, network: Network, feedback: Sequence[Tensor], x: Tensor, y: Tensor, rule: str
    ) -> list[Tensor]:
        inputs = self.clean_inputs(network, x)
        signals = [self.output_error(network, inputs[-1], y)]
        for i in reversed(range(len(feedback))):
            back = self.carried_back(feedback[i], signals[0], signals[-1], rule)
            signals.insert(0, back * self.slope(network.activations[i + 1], inputs[i]))
        return signals


class OutputSlopeForgotten(SignalBug):
    """The residual alone at the output, without σ'(a^{N+1})."""

    def output_error(self, network: Network, a: Tensor, y: Tensor) -> Tensor:
        residual = activate(network.activations[-1], a) - y
        match network.loss:
            case "mse":
                return residual
            case "quartic":
                return residual**3
            case "logcosh":
                return torch.tanh(residual)
        return super().output_error(network, a, y)


class CubeForgotten(SignalBug):
    """The residual of the squared error serves every loss but the cross-entropy."""

    def output_error(self, network: Network, a: Tensor, y: Tensor) -> Tensor:
        if network.loss == "cross_entropy":
            return super().output_error(network, a, y)
        return (activate(network.activations[-1], a) - y) * self.slope(network.activations[-1], a)


class SigmoidTakenForTanh(SignalBug):
    """1 - h^2 for the derivative of the sigmoid."""

    def slope(self, activation: str, a: Tensor) -> Tensor:
        return 1 - torch.sigmoid(a) ** 2 if activation == "sigmoid" else super().slope(activation, a)


class ReluPassedStraightThrough(SignalBug):
    """The derivative of relu is taken to be 1 also where the unit is off."""

    def slope(self, activation: str, a: Tensor) -> Tensor:
        return torch.ones_like(a) if activation == "relu" else super().slope(activation, a)


class WeightTransport(SignalBug):
    """W in place of B: backpropagation under another name."""

    expected = ("signals", "confinement", "self-correction")

    def error_signals(
        self, network: Network, feedback: Sequence[Tensor], x: Tensor, y: Tensor, rule: str
    ) -> list[Tensor]:
        return super().error_signals(network, network.weights[1:] if rule == "FA" else feedback, x, y, rule)


class FeedbackTransposed(SignalBug):
    """B ẽ in place of Bᵀ ẽ, which only square matrices let pass."""

    def carried_back(self, B: Tensor, above: Tensor, top: Tensor, rule: str) -> Tensor:
        return super().carried_back(B.T if B.shape[0] == B.shape[1] else B, above, top, rule)


class DirectRuleFedFromAbove(SignalBug):
    """DFA takes the signal of the layer above wherever the shapes allow it."""

    expected = ("signals", "fa-equals-dfa")

    def carried_back(self, B: Tensor, above: Tensor, top: Tensor, rule: str) -> Tensor:
        return super().carried_back(B, above, above if above.shape == top.shape else top, rule)


class LayerwiseRuleFedFromOutput(SignalBug):
    """FA takes the output's error wherever the shapes allow it."""

    expected = ("signals", "fa-equals-dfa", "self-correction")

    def carried_back(self, B: Tensor, above: Tensor, top: Tensor, rule: str) -> Tensor:
        return super().carried_back(B, top if above.shape == top.shape else above, top, rule)


class SignalsDividedByBatch(SignalBug):
    """The signals carry the 1/T of a mean loss over the batch."""

    def output_error(self, network: Network, a: Tensor, y: Tensor) -> Tensor:
        return super().output_error(network, a, y) / len(y)


class SignalsInSinglePrecision(SignalBug):
    """The output's error passes through float32."""

    def output_error(self, network: Network, a: Tensor, y: Tensor) -> Tensor:
        return super().output_error(network, a, y).float().double()


class SignalsOfNoisyPass(SignalBug):
    """σ' and the output's error are those of the perturbed pass, kept from the last estimates."""

    def __init__(self) -> None:
        self.last: tuple[Sequence[Tensor], float] = ((), 0.0)

    def gradient_estimates(
        self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> list[Tensor]:
        self.last = (noise, c)
        return super().gradient_estimates(network, x, y, noise, c)

    def clean_inputs(self, network: Network, x: Tensor) -> list[Tensor]:
        noise, c = self.last
        hidden = [(len(x), len(weight)) for weight in network.weights[:-1]]
        if [tuple(xi.shape) for xi in noise] != hidden:
            return super().clean_inputs(network, x)
        inputs = [x @ network.weights[0].T]
        for weight, activation, xi in zip(network.weights[1:], network.activations, noise, strict=False):
            inputs.append(self.perturbed(activation, inputs[-1], xi, c) @ weight.T)
        return inputs


class FirstSignalsKept(SignalBug):
    """The clean pass of an earlier call of the same shape is used again."""

    def __init__(self) -> None:
        self.kept: dict[tuple[tuple[int, ...], ...], list[Tensor]] = {}

    def clean_inputs(self, network: Network, x: Tensor) -> list[Tensor]:
        shapes = (tuple(x.shape), *(tuple(weight.shape) for weight in network.weights))
        return self.kept.setdefault(shapes, super().clean_inputs(network, x))


BUGS: tuple[type[Correct], ...] = (
    SlopeOfH,
    HiddenSlopeForgotten,
    SlopeOfLayerAbove,
    OutputSlopeForgotten,
    CubeForgotten,
    SigmoidTakenForTanh,
    ReluPassedStraightThrough,
    WeightTransport,
    FeedbackTransposed,
    DirectRuleFedFromAbove,
    LayerwiseRuleFedFromOutput,
    SignalsDividedByBatch,
    SignalsInSinglePrecision,
    SignalsOfNoisyPass,
    FirstSignalsKept,
)
