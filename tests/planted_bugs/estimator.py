"""Mistakes in the gradient estimate: scale, noise, losses, precision and state."""

from collections.abc import Sequence

import torch
from torch import Tensor

from tests.planted_bugs.base import Correct, Network, activate


class EstimatorBug(Correct):
    """Rejected by the definition of the estimator, which is checked row by row."""

    expected = ("estimator",)


class ScaleWrong(EstimatorBug):
    """The estimates are 0.1 % too large."""

    def difference(self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float) -> Tensor:
        return 1.001 * super().difference(network, x, y, noise, c)


class SignWrong(EstimatorBug):
    """L - L̃ in place of L̃ - L."""

    def difference(self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float) -> Tensor:
        return -super().difference(network, x, y, noise, c)


class NotDividedByC(EstimatorBug):
    """The division by c is missing."""

    def difference(self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float) -> Tensor:
        return c * super().difference(network, x, y, noise, c)


class DividedByCSquared(EstimatorBug):
    """Divided by c², the variance of the noise, as one would with noise of standard deviation c."""

    def difference(self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float) -> Tensor:
        return super().difference(network, x, y, noise, c) / c


class CInSinglePrecision(EstimatorBug):
    """c was stored in a float32 on its way."""

    def gradient_estimates(
        self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> list[Tensor]:
        return super().gradient_estimates(network, x, y, noise, torch.tensor(c, dtype=torch.float32).item())


class NoiseInsideActivation(EstimatorBug):
    """The noise is added before the nonlinearity: σ(a + c ξ)."""

    expected = ("estimator", "remainder")

    def perturbed(self, activation: str, a: Tensor, xi: Tensor, c: float) -> Tensor:
        return activate(activation, a + c * xi)


class MultiplicativeNoise(EstimatorBug):
    """The noise scales the unit: σ(a) (1 + c ξ), as in dropout."""

    def perturbed(self, activation: str, a: Tensor, xi: Tensor, c: float) -> Tensor:
        return activate(activation, a) * (1 + c * xi)


class OutputPerturbedToo(EstimatorBug):
    """The output layer gets noise of its own."""

    def output(self, network: Network, x: Tensor, noise: Sequence[Tensor] = (), c: float = 0.0) -> Tensor:
        output = super().output(network, x, noise, c)
        rows, width = output.shape
        return output + c * self.draw("gaussian", rows, width, self.generator("gaussian", 0, len(noise)))


class OneLayerAtATime(EstimatorBug):
    """Each layer is perturbed alone and compared with the clean loss."""

    expected = ("estimator", "linearisation", "confinement")

    def gradient_estimates(
        self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> list[Tensor]:
        estimates = []
        for i, xi in enumerate(noise):
            alone = [xi if j == i else torch.zeros_like(other) for j, other in enumerate(noise)]
            estimates.append((self.difference(network, x, y, alone, c) / c)[:, None] * xi)
        return estimates


class OnlyTopLayerNoisy(EstimatorBug):
    """Only the top hidden layer is perturbed, though every layer is correlated with its noise."""

    expected = ("estimator", "variance")

    def output(self, network: Network, x: Tensor, noise: Sequence[Tensor] = (), c: float = 0.0) -> Tensor:
        return super().output(network, x, [*(torch.zeros_like(xi) for xi in noise[:-1]), *noise[-1:]], c)


class FirstLayerNotNoisy(EstimatorBug):
    """The first hidden layer is left clean: off by one in the loop over layers."""

    def output(self, network: Network, x: Tensor, noise: Sequence[Tensor] = (), c: float = 0.0) -> Tensor:
        return super().output(network, x, [*(torch.zeros_like(xi) for xi in noise[:1]), *noise[1:]], c)


class NoiseNotPropagated(EstimatorBug):
    """Every layer is perturbed from the clean layer below, so only the top layer's noise reaches the loss."""

    def output(self, network: Network, x: Tensor, noise: Sequence[Tensor] = (), c: float = 0.0) -> Tensor:
        h = x
        for i, (weight, activation) in enumerate(zip(network.weights, network.activations, strict=True)):
            a = h @ weight.T
            h = self.perturbed(activation, a, noise[i], c) if i == len(noise) - 1 else activate(activation, a)
        return h


class BaselineForgotten(EstimatorBug):
    """L̃ ξ / c: the clean loss is not subtracted."""

    expected = ("estimator", "linearisation", "baseline")

    def difference(self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float) -> Tensor:
        return self.losses(network.loss, self.output(network, x, noise, c), y)


class BatchMeanLoss(EstimatorBug):
    """The change of the batch's mean loss multiplies the noise of every row."""

    expected = ("estimator", "control-variate")

    def difference(self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float) -> Tensor:
        rows = super().difference(network, x, y, noise, c)
        return rows.mean().expand_as(rows)


class BatchSumLoss(EstimatorBug):
    """The change of the batch's summed loss multiplies the noise of every row."""

    expected = ("estimator", "variance")

    def difference(self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float) -> Tensor:
        rows = super().difference(network, x, y, noise, c)
        return rows.sum().expand_as(rows)


class LossDividedByBatch(EstimatorBug):
    """Each row's loss carries the 1/T of a mean over the batch."""

    def losses(self, loss: str, output: Tensor, y: Tensor) -> Tensor:
        return super().losses(loss, output, y) / len(y)


class LossDividedByOutputs(EstimatorBug):
    """The loss is a mean over the outputs, as a library's default reduction has it."""

    def losses(self, loss: str, output: Tensor, y: Tensor) -> Tensor:
        return super().losses(loss, output, y) / y.shape[1]


class MseWithoutHalf(EstimatorBug):
    """The squared error without its factor 1/2."""

    def losses(self, loss: str, output: Tensor, y: Tensor) -> Tensor:
        return super().losses(loss, output, y) * (2.0 if loss == "mse" else 1.0)


class CentralDifferenceUnhalved(EstimatorBug):
    """(L(+c) - L(-c)) ξ / c: a central difference with the factor of the one-sided one."""

    def difference(self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float) -> Tensor:
        plus = self.losses(network.loss, self.output(network, x, noise, c), y)
        minus = self.losses(network.loss, self.output(network, x, noise, -c), y)
        return plus - minus


class CentralDifference(EstimatorBug):
    """(L(+c) - L(-c)) ξ / 2c: an estimator of its own, but not the one-sided one."""

    expected = ("estimator", "linearisation", "expansion", "antithetic")

    def difference(self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float) -> Tensor:
        plus = self.losses(network.loss, self.output(network, x, noise, c), y)
        minus = self.losses(network.loss, self.output(network, x, noise, -c), y)
        return (plus - minus) / 2


class ForwardGradient(EstimatorBug):
    """The directional derivative in place of the difference: right for c → 0, and at no finite c."""

    expected = ("estimator", "linearisation", "stein", "variance")

    def difference(self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float) -> Tensor:
        def noisy(scale: Tensor) -> Tensor:
            outputs = self.output(network, x, [scale * xi for xi in noise], 1.0)
            return self.losses(network.loss, outputs, y)

        at_rest = torch.zeros((), dtype=torch.float64)
        _, slope = torch.func.jvp(noisy, (at_rest,), (torch.ones_like(at_rest),))
        return c * slope


class LastUnitsNoiseDropped(EstimatorBug):
    """The last unit of every layer is not perturbed: a slice that ends one column early."""

    expected = ("estimator", "stein")

    def perturbed(self, activation: str, a: Tensor, xi: Tensor, c: float) -> Tensor:
        shortened = xi.clone()
        shortened[:, -1] = 0.0
        return super().perturbed(activation, a, shortened, c)


class FirstUnitTakenForBias(EstimatorBug):
    """The first unit of every layer is taken for a bias: its estimate is zero."""

    def gradient_estimates(
        self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> list[Tensor]:
        estimates = super().gradient_estimates(network, x, y, noise, c)
        for estimate in estimates:
            estimate[:, 0] = 0.0
        return estimates


class LossesInSinglePrecision(EstimatorBug):
    """The losses are rounded to float32 before they are subtracted."""

    def losses(self, loss: str, output: Tensor, y: Tensor) -> Tensor:
        return super().losses(loss, output, y).float().double()


class PassInSinglePrecision(EstimatorBug):
    """The perturbed layers are computed in float32."""

    def perturbed(self, activation: str, a: Tensor, xi: Tensor, c: float) -> Tensor:
        return super().perturbed(activation, a.float(), xi.float(), c).double()


class PerturbedPassKept(EstimatorBug):
    """The perturbed output of an earlier call of the same shape is used again."""

    expected = ("estimator", "antithetic")

    def __init__(self) -> None:
        self.kept: dict[tuple[int, ...], Tensor] = {}

    def difference(self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float) -> Tensor:
        noisy = self.kept.setdefault(tuple(y.shape), self.output(network, x, noise, c))
        return self.losses(network.loss, noisy, y) - self.losses(network.loss, self.output(network, x), y)


class BaselineKept(EstimatorBug):
    """The clean loss of an earlier call of the same shape is subtracted."""

    expected = ("estimator", "baseline")

    def __init__(self) -> None:
        self.kept: dict[tuple[int, ...], Tensor] = {}

    def difference(self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float) -> Tensor:
        baseline = self.kept.setdefault(tuple(x.shape), self.losses(network.loss, self.output(network, x), y))
        return self.losses(network.loss, self.output(network, x, noise, c), y) - baseline


class FirstNetworkKept(EstimatorBug):
    """Networks are cached by their shape, so the first network's weights serve every later one."""

    def __init__(self) -> None:
        self.kept: dict[tuple[object, ...], Network] = {}

    def gradient_estimates(
        self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> list[Tensor]:
        shape = (*(tuple(weight.shape) for weight in network.weights), *network.activations, network.loss)
        return super().gradient_estimates(self.kept.setdefault(shape, network), x, y, noise, c)


BUGS: tuple[type[Correct], ...] = (
    ScaleWrong,
    SignWrong,
    NotDividedByC,
    DividedByCSquared,
    CInSinglePrecision,
    NoiseInsideActivation,
    MultiplicativeNoise,
    OutputPerturbedToo,
    OneLayerAtATime,
    OnlyTopLayerNoisy,
    FirstLayerNotNoisy,
    NoiseNotPropagated,
    BaselineForgotten,
    BatchMeanLoss,
    BatchSumLoss,
    LossDividedByBatch,
    LossDividedByOutputs,
    MseWithoutHalf,
    CentralDifferenceUnhalved,
    CentralDifference,
    ForwardGradient,
    LastUnitsNoiseDropped,
    FirstUnitTakenForBias,
    LossesInSinglePrecision,
    PassInSinglePrecision,
    PerturbedPassKept,
    BaselineKept,
    FirstNetworkKept,
)
