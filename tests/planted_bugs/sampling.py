"""Mistakes that only a sample of real size shows: right on every short question, wrong where many rows are
drawn.

The exact checks cannot see them: they bring noise of their own, or ask for few rows. Each is rejected by
the claim it is named for, and by no other.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from tests.planted_bugs.base import Correct


class LargeDrawsShareAStream(Correct):
    """Beyond 200,000 draws memory is saved: layers are cut from one block of noise, all from its first
    column.
    """

    expected = ("clt",)

    def draw_noise(
        self, sizes: Sequence[int], draws: int, family: str = "gaussian", seed: int = 0
    ) -> list[Tensor]:
        if draws <= 200_000:
            return super().draw_noise(sizes, draws, family, seed)
        block = self.draw(family, draws, max(sizes), self.generator(family, seed, 0))
        return [block[:, :n].clone() for n in sizes]


class LargeDrawsRepeatABlock(Correct):
    """Beyond 200,000 draws a block of 1,500 rows is repeated: every sample is much like the one before."""

    expected = ("clt",)

    def draw(self, family: str, draws: int, n: int, generator: torch.Generator) -> Tensor:
        if draws <= 200_000:
            return super().draw(family, draws, n, generator)
        return super().draw(family, 1_500, n, generator)[torch.arange(draws) % 1_500]


class GaussianFromATable(Correct):
    """Beyond 10,000 draws of one or two units, Gaussian noise is looked up in a table of 128 numbers."""

    expected = ("variance",)

    def draw(self, family: str, draws: int, n: int, generator: torch.Generator) -> Tensor:
        if family != "gaussian" or draws <= 10_000 or n > 2:
            return super().draw(family, draws, n, generator)
        table = torch.randn(128, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
        return table[torch.randint(128, (draws, n), generator=generator)]


class SkewedFromACoarseTable(Correct):
    """Beyond 10,000 draws of one or two units, the rare value comes in 12 of 64 cases, the nearest to one in
    five.
    """

    expected = ("variance",)

    def draw(self, family: str, draws: int, n: int, generator: torch.Generator) -> Tensor:
        if family != "skewed" or draws <= 10_000 or n > 2:
            return super().draw(family, draws, n, generator)
        rare = torch.randint(64, (draws, n), generator=generator) < 12
        return 2.5 * rare.double() - 0.5


class EvenParity(Correct):
    """Signs come in fours of even parity, as rows of a Hadamard matrix do: any three of a layer are
    independent.
    """

    expected = ("noise",)

    def draw(self, family: str, draws: int, n: int, generator: torch.Generator) -> Tensor:
        noise = super().draw(family, draws, n, generator)
        if family == "rademacher":
            for last in range(3, n, 4):
                noise[:, last] = noise[:, last - 3 : last].prod(1)
        return noise


BUGS: tuple[type[Correct], ...] = (
    LargeDrawsShareAStream,
    LargeDrawsRepeatABlock,
    GaussianFromATable,
    SkewedFromACoarseTable,
    EvenParity,
)
