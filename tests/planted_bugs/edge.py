"""Mistakes that show at the edge only: at a shape, a seed, a size, or in a dependence of an uncommon kind."""

from collections.abc import Sequence

import torch
from torch import Tensor

from tests.planted_bugs.base import Correct, Network


class SingleSampleSkipped(Correct):
    """A batch of one is answered by zeros."""

    expected = ("estimator",)

    def gradient_estimates(
        self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> list[Tensor]:
        found = super().gradient_estimates(network, x, y, noise, c)
        return [0 * a for a in found] if len(x) == 1 else found


class LargeBatchCut(Correct):
    """Rows beyond 16,384 are answered by zeros."""

    expected = ("estimator",)

    def gradient_estimates(
        self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> list[Tensor]:
        found = super().gradient_estimates(network, x, y, noise, c)
        return [torch.where(torch.arange(len(a))[:, None] < 16384, a, 0.0) for a in found]


class NoiseScaleHasAFloor(Correct):
    """c below 1e-6 is taken for 1e-6 in the pass, not in the quotient."""

    expected = ("estimator",)

    def difference(self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float) -> Tensor:
        return super().difference(network, x, y, noise, max(c, 1e-6))


class NoiseClamped(Correct):
    """Noise beyond four is cut off in the pass."""

    expected = ("estimator",)

    def difference(self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float) -> Tensor:
        return super().difference(network, x, y, [xi.clamp(-4, 4) for xi in noise], c)


class FourthHiddenLayerQuiet(Correct):
    """Hidden layers from the fourth on get no noise."""

    expected = ("estimator",)

    def difference(self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float) -> Tensor:
        return super().difference(network, x, y, noise[:3], c)


class TargetsTakenForOneHot(Correct):
    """Cross-entropy looks at the largest target only."""

    expected = ("estimator",)

    def losses(self, loss: str, output: Tensor, y: Tensor) -> Tensor:
        if loss != "cross_entropy":
            return super().losses(loss, output, y)
        return -torch.log_softmax(output, 1).gather(1, y.argmax(1, keepdim=True))[:, 0]


class TargetMassForgotten(Correct):
    """The error of cross-entropy is softmax - y, whatever the targets sum to."""

    expected = ("signals",)

    def output_error(self, network: Network, a: Tensor, y: Tensor) -> Tensor:
        if network.loss != "cross_entropy":
            return super().output_error(network, a, y)
        return torch.softmax(a, 1) - y


class FirstActivationEverywhere(Correct):
    """σ' of every hidden layer is that of the first."""

    expected = ("signals",)

    def error_signals(
        self, network: Network, feedback: Sequence[Tensor], x: Tensor, y: Tensor, rule: str
    ) -> list[Tensor]:
        inputs = self.clean_inputs(network, x)
        signals = [self.output_error(network, inputs[-1], y)]
        for i in reversed(range(len(feedback))):
            back = self.carried_back(feedback[i], signals[0], signals[-1], rule)
            signals.insert(0, back * self.slope(network.activations[0], inputs[i]))
        return signals


class OneUnitLoud(Correct):
    """One unit's noise has the variance 1.44."""

    expected = ("noise",)

    def draw_noise(
        self, sizes: Sequence[int], draws: int, family: str = "gaussian", seed: int = 0
    ) -> list[Tensor]:
        layers = super().draw_noise(sizes, draws, family, seed)
        if family == "gaussian":
            layers[0][:, 0] *= 1.2
        return layers


class MagnitudesShared(Correct):
    """The second layer has the magnitudes of the first, with signs of its own."""

    expected = ("noise",)

    def draw_noise(
        self, sizes: Sequence[int], draws: int, family: str = "gaussian", seed: int = 0
    ) -> list[Tensor]:
        layers = super().draw_noise(sizes, draws, family, seed)
        if family == "gaussian" and len(sizes) > 1 and sizes[0] == sizes[1]:
            layers[1] = layers[1].sign() * layers[0].abs()
        return layers


class ColumnsPermutedInSecondHalf(Correct):
    """The second half of the rows is the first with its columns in another order."""

    expected = ("noise",)

    def draw_noise(
        self, sizes: Sequence[int], draws: int, family: str = "gaussian", seed: int = 0
    ) -> list[Tensor]:
        layers = super().draw_noise(sizes, draws, family, seed)
        return [torch.cat([a[: draws - draws // 2], a[: draws // 2].roll(1, 1)]) for a in layers]


class SeedZeroIsOne(Correct):
    """`seed or 1`."""

    expected = ("noise",)

    def draw_noise(
        self, sizes: Sequence[int], draws: int, family: str = "gaussian", seed: int = 0
    ) -> list[Tensor]:
        return super().draw_noise(sizes, draws, family, seed or 1)


class SingleRowQuiet(Correct):
    """A single row of noise is zeros."""

    expected = ("noise",)

    def draw_noise(
        self, sizes: Sequence[int], draws: int, family: str = "gaussian", seed: int = 0
    ) -> list[Tensor]:
        layers = super().draw_noise(sizes, draws, family, seed)
        return [a * (draws > 1) for a in layers]


BUGS: tuple[type[Correct], ...] = (
    SingleSampleSkipped,
    LargeBatchCut,
    NoiseScaleHasAFloor,
    NoiseClamped,
    FourthHiddenLayerQuiet,
    TargetsTakenForOneHot,
    TargetMassForgotten,
    FirstActivationEverywhere,
    OneUnitLoud,
    MagnitudesShared,
    ColumnsPermutedInSecondHalf,
    SeedZeroIsOne,
    SingleRowQuiet,
)
