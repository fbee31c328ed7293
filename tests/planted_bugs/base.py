"""A compact correct subject, made to be broken.

Two passes in torch, the error signals by a loop from the top, the normal equations.  Every step that people
get wrong is a method of its own, so that a planted bug overrides one method and is read beside the right one.
"""

import hashlib
import math
from collections.abc import Sequence
from typing import ClassVar, Protocol

import torch
from torch import Tensor


class Network(Protocol):
    """The view of a network that a subject receives: weights[k] is W^{k+1}, activations[k] is σ_{k+1}."""

    @property
    def weights(self) -> Sequence[Tensor]: ...
    @property
    def activations(self) -> Sequence[str]: ...
    @property
    def loss(self) -> str: ...


def activate(activation: str, a: Tensor) -> Tensor:
    """σ(a)."""
    match activation:
        case "identity":
            return a
        case "tanh":
            return torch.tanh(a)
        case "sigmoid":
            return torch.sigmoid(a)
        case "softplus":
            return torch.logaddexp(a, torch.zeros_like(a))
        case "relu":
            return torch.relu(a)
    raise ValueError(f"activation is {activation!r}, which this subject does not know")


class Correct:
    """The subject without a bug; `expected` names the claims that must reject a subclass."""

    name: ClassVar[str] = "correct"
    expected: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls.name = cls.__name__

    # The estimator.

    def perturbed(self, activation: str, a: Tensor, xi: Tensor, c: float) -> Tensor:
        """h̃ = σ(a) + c ξ."""
        return activate(activation, a) + c * xi

    def output(self, network: Network, x: Tensor, noise: Sequence[Tensor] = (), c: float = 0.0) -> Tensor:
        """The network's output, with noise on as many hidden layers as `noise` has entries."""
        h = x
        for i, (weight, activation) in enumerate(zip(network.weights, network.activations, strict=True)):
            a = h @ weight.T
            h = self.perturbed(activation, a, noise[i], c) if i < len(noise) else activate(activation, a)
        return h

    def losses(self, loss: str, output: Tensor, y: Tensor) -> Tensor:
        """The loss of every row, (T,)."""
        r = output - y
        match loss:
            case "mse":
                return 0.5 * (r**2).sum(1)
            case "quartic":
                return 0.25 * (r**4).sum(1)
            case "logcosh":
                magnitude = r.abs()
                return (magnitude + torch.log1p(torch.exp(-2 * magnitude)) - math.log(2)).sum(1)
            case "cross_entropy":
                return -(y * torch.log_softmax(output, 1)).sum(1)
        raise ValueError(f"loss is {loss!r}, which this subject does not know")

    def difference(self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float) -> Tensor:
        """L̃ - L of every row, (T,)."""
        noisy = self.losses(network.loss, self.output(network, x, noise, c), y)
        clean = self.losses(network.loss, self.output(network, x), y)
        return noisy - clean

    def gradient_estimates(
        self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> list[Tensor]:
        """λ̂^i = (L̃ - L) ξ^i / c."""
        slope = self.difference(network, x, y, noise, c) / c
        return [slope[:, None] * xi for xi in noise]

    # The error signals.

    def slope(self, activation: str, a: Tensor) -> Tensor:
        """σ'(a), with relu'(0) = 0."""
        match activation:
            case "identity":
                return torch.ones_like(a)
            case "tanh":
                return 1 - torch.tanh(a) ** 2
            case "sigmoid":
                return torch.sigmoid(a) * torch.sigmoid(-a)
            case "softplus":
                return torch.sigmoid(a)
            case "relu":
                return (a > 0).double()
        raise ValueError(f"activation is {activation!r}, which this subject does not know")

    def clean_inputs(self, network: Network, x: Tensor) -> list[Tensor]:
        """a^1 … a^{N+1} on the clean pass."""
        h, inputs = x, []
        for weight, activation in zip(network.weights, network.activations, strict=True):
            inputs.append(h @ weight.T)
            h = activate(activation, inputs[-1])
        return inputs

    def output_error(self, network: Network, a: Tensor, y: Tensor) -> Tensor:
        """e^{N+1} = dL/d(output) ∘ σ'(a^{N+1})."""
        output = activate(network.activations[-1], a)
        r = output - y
        match network.loss:
            case "mse":
                error = r
            case "quartic":
                error = r**3
            case "logcosh":
                error = torch.tanh(r)
            case "cross_entropy":
                error = torch.softmax(output, 1) * y.sum(1, keepdim=True) - y
            case other:
                raise ValueError(f"loss is {other!r}, which this subject does not know")
        return error * self.slope(network.activations[-1], a)

    def carried_back(self, B: Tensor, above: Tensor, top: Tensor, rule: str) -> Tensor:
        """Bᵀ ẽ of the layer above (FA) or of the output (DFA), for every row."""
        return (top if rule == "DFA" else above) @ B

    def error_signals(
        self, network: Network, feedback: Sequence[Tensor], x: Tensor, y: Tensor, rule: str
    ) -> list[Tensor]:
        """ẽ^1 … ẽ^{N+1} on the clean pass."""
        inputs = self.clean_inputs(network, x)
        signals = [self.output_error(network, inputs[-1], y)]
        for i in reversed(range(len(feedback))):
            back = self.carried_back(feedback[i], signals[0], signals[-1], rule)
            signals.insert(0, back * self.slope(network.activations[i], inputs[i]))
        return signals

    # The least squares.

    def solve(self, Q: Tensor, S: Tensor) -> Tensor:
        """The solution of Q B = S that has the smallest norm."""
        inverse: Tensor = torch.linalg.pinv(Q, rtol=1e-11, hermitian=True)
        return inverse @ S

    def fit_feedback(self, estimates: Tensor, errors: Tensor, ridge: float = 0.0) -> Tensor:
        """The feedback matrix from (EᵀE + ridge I) B = EᵀΛ, with a sample in every row."""
        Q = errors.T @ errors + ridge * torch.eye(errors.shape[1], dtype=errors.dtype)
        return self.solve(Q, errors.T @ estimates)

    # The noise.

    def generator(self, family: str, seed: int, layer: int) -> torch.Generator:
        """A stream of its own for every family, seed and layer."""
        digest = hashlib.sha256(f"{family} {seed} {layer}".encode()).digest()
        return torch.Generator().manual_seed(int.from_bytes(digest[:4], "little"))

    def draw(self, family: str, draws: int, n: int, generator: torch.Generator) -> Tensor:
        """Independent entries of mean 0 and variance 1, (draws, n)."""
        match family:
            case "gaussian":
                return torch.randn(draws, n, generator=generator, dtype=torch.float64)
            case "rademacher":
                return 2.0 * torch.randint(2, (draws, n), generator=generator).double() - 1.0
            case "uniform":
                return 3**0.5 * (2.0 * torch.rand(draws, n, generator=generator, dtype=torch.float64) - 1.0)
            case "skewed":
                rare = torch.randint(5, (draws, n), generator=generator) == 0
                return 2.5 * rare.double() - 0.5
        raise ValueError(f"family is {family!r}, which this subject does not know")

    def draw_noise(
        self, sizes: Sequence[int], draws: int, family: str = "gaussian", seed: int = 0
    ) -> list[Tensor]:
        """One (draws, n) tensor for each n in sizes."""
        return [self.draw(family, draws, n, self.generator(family, seed, i)) for i, n in enumerate(sizes)]
