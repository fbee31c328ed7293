"""Mistakes in the noise: law, independence and reproducibility."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from tests.planted_bugs.base import Correct


class NoiseBug(Correct):
    """Rejected by the laws of the noise, which are checked on a million entries."""

    expected = ("noise",)


class SharedBetweenLayers(NoiseBug):
    """Every layer's stream starts from the same seed."""

    def generator(self, family: str, seed: int, layer: int) -> torch.Generator:
        return super().generator(family, seed, 0)


class SeedIgnored(NoiseBug):
    """The same noise for every seed."""

    def generator(self, family: str, seed: int, layer: int) -> torch.Generator:
        return super().generator(family, 0, layer)


class SeedPlusLayer(NoiseBug):
    """The stream is chosen by seed + layer: layer 2 of seed 0 is layer 1 of seed 1."""

    def generator(self, family: str, seed: int, layer: int) -> torch.Generator:
        return super().generator(family, seed + layer, 0)


class SeedTruncated(NoiseBug):
    """Only the lower 16 bits of the seed are used."""

    def generator(self, family: str, seed: int, layer: int) -> torch.Generator:
        return super().generator(family, seed % 2**16, layer)


class GlobalGenerator(NoiseBug):
    """torch's global generator: the same arguments give other bits."""

    def generator(self, family: str, seed: int, layer: int) -> torch.Generator:
        return torch.default_generator


class GeneratorsKept(NoiseBug):
    """Generators live on between calls: the second call goes on where the first one ended."""

    def __init__(self) -> None:
        self.streams: dict[tuple[str, int, int], torch.Generator] = {}

    def generator(self, family: str, seed: int, layer: int) -> torch.Generator:
        return self.streams.setdefault((family, seed, layer), super().generator(family, seed, layer))


class AntitheticRows(NoiseBug):
    """The second half of the rows is minus the first half."""

    def draw(self, family: str, draws: int, n: int, generator: torch.Generator) -> Tensor:
        half = super().draw(family, (draws + 1) // 2, n, generator)
        return torch.cat([half, -half])[:draws]


class RowsRepeat(NoiseBug):
    """After 4096 rows the noise starts again."""

    def draw(self, family: str, draws: int, n: int, generator: torch.Generator) -> Tensor:
        block = super().draw(family, min(draws, 4096), n, generator)
        return block[torch.arange(draws) % 4096]


class OneValuePerRow(NoiseBug):
    """All units of a layer share one value, by broadcasting."""

    def draw(self, family: str, draws: int, n: int, generator: torch.Generator) -> Tensor:
        return super().draw(family, draws, 1, generator).repeat(1, n)


class OneValuePerUnit(NoiseBug):
    """All rows share one value, by broadcasting: the noise is fixed for the batch."""

    def draw(self, family: str, draws: int, n: int, generator: torch.Generator) -> Tensor:
        return super().draw(family, 1, n, generator).repeat(draws, 1)


class VarianceOnePercentLarge(NoiseBug):
    """The variance is 1.01."""

    def draw(self, family: str, draws: int, n: int, generator: torch.Generator) -> Tensor:
        return math.sqrt(1.01) * super().draw(family, draws, n, generator)


class GaussianVarianceOnePercentLarge(NoiseBug):
    """The Gaussian family alone has variance 1.01."""

    def draw(self, family: str, draws: int, n: int, generator: torch.Generator) -> Tensor:
        return (math.sqrt(1.01) if family == "gaussian" else 1.0) * super().draw(family, draws, n, generator)


class UniformOnUnitInterval(NoiseBug):
    """Uniform on (-1, 1): the variance is 1/3."""

    def draw(self, family: str, draws: int, n: int, generator: torch.Generator) -> Tensor:
        return super().draw(family, draws, n, generator) * (3**-0.5 if family == "uniform" else 1.0)


class SkewedTheOtherWay(NoiseBug):
    """-2 with probability 1/5 and +1/2 otherwise: the third moment has the wrong sign."""

    def draw(self, family: str, draws: int, n: int, generator: torch.Generator) -> Tensor:
        noise = super().draw(family, draws, n, generator)
        return -noise if family == "skewed" else noise


class FamilyIgnored(NoiseBug):
    """Gaussian noise whatever is asked."""

    def draw(self, family: str, draws: int, n: int, generator: torch.Generator) -> Tensor:
        return super().draw("gaussian", draws, n, generator)


class SumOfTwelveUniforms(NoiseBug):
    """The old recipe for Gaussian noise: right mean and variance, fourth moment 2.9."""

    def draw(self, family: str, draws: int, n: int, generator: torch.Generator) -> Tensor:
        if family != "gaussian":
            return super().draw(family, draws, n, generator)
        noise = torch.full((draws, n), -6.0, dtype=torch.float64)
        for _ in range(12):
            noise += torch.rand(draws, n, generator=generator, dtype=torch.float64)
        return noise


class LayersOverlap(NoiseBug):
    """One long row of noise is cut into layers with overlapping slices."""

    def draw_noise(
        self, sizes: Sequence[int], draws: int, family: str = "gaussian", seed: int = 0
    ) -> list[Tensor]:
        row = self.draw(family, draws, max(1, sum(sizes)), self.generator(family, seed, 0))
        starts = [max(0, sum(sizes[:i]) - i) for i in range(len(sizes))]
        return [row[:, start : start + n].clone() for start, n in zip(starts, sizes, strict=True)]


BUGS: tuple[type[Correct], ...] = (
    SharedBetweenLayers,
    SeedIgnored,
    SeedPlusLayer,
    SeedTruncated,
    GlobalGenerator,
    GeneratorsKept,
    AntitheticRows,
    RowsRepeat,
    OneValuePerRow,
    OneValuePerUnit,
    VarianceOnePercentLarge,
    GaussianVarianceOnePercentLarge,
    UniformOnUnitInterval,
    SkewedTheOtherWay,
    FamilyIgnored,
    SumOfTwelveUniforms,
    LayersOverlap,
)
