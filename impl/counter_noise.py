"""Noise as a function of (seed, step, layer, sample): regenerated instead of stored, however work is split.

The words of ``impl.philox`` under the key (seed, step) and the counter (block, sample's low word, sample's
high word, layer and family) become, for the units of a row in turn,

    rademacher   128 units a block: unit j has bit j mod 32 of word (j mod 128) // 32; a set bit is -1
    uniform        4 units a block: the top 24 bits k of a word give (2k + 1 - 2^24) sqrt(3) / 2^24
    skewed         4 units a block: 2 where the word is below 2^32 / 5, else -1/2
    gaussian       4 units a block: Box-Muller on words (0, 1) and (2, 3)

and, without words, ``hadamard``: the fold-over design whose rows are the same for every datum (see
``hadamard``).

What is the same on every machine and on every path, eager, compiled, native or in Triton: the words, and the
signs, skewed and uniform values, bit for bit. They are integer arithmetic up to one rounding that IEEE 754
settles. A Gaussian belongs, in its last digits, to whoever computes the logarithm; it is within
``GAUSSIAN_ERROR`` units of roundoff of the exact transform of the same uniform and angle (see ``gaussians``).
Limits of 32 bits: P(skewed = 2) is 1/5 - 5e-11, and no Gaussian exceeds 6.67 (one in 4e10 would).

The sample of datum d and draw k has the index 2^32 d + k, so a datum's draws do not depend on how many there
are. Layouts: units first, then whatever shape the sample indices have.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import torch
from torch import Tensor

from impl import checks
from impl.philox import MASK, philox

__all__ = ["COUNTED_FAMILIES", "counted_noise", "hadamard", "hadamard_draws", "sample_index"]

Law = Callable[[tuple[Tensor, Tensor, Tensor, Tensor], torch.dtype], Tensor]

SQRT3 = math.sqrt(3.0)
FIFTH = 2**32 // 5
BITS = 24
"""Bits of a uniform value and of a Box-Muller angle: as many as float32 holds exactly."""
GAUSSIAN_ERROR = 8
"""Largest error of a Gaussian on any path, in units of roundoff (2^-24, 2^-53) of its exact value."""


def signs(words: tuple[Tensor, Tensor, Tensor, Tensor], dtype: torch.dtype, units: int = 0) -> Tensor:
    """+1 and -1 from the bits of words (B, ...), int32 or int64, as (128 B, ...), or the first ``units`` at
    least.
    """
    used = words[: -(-units // 32)] if 0 < units < 128 else words
    places = torch.arange(32, dtype=torch.int32, device=words[0].device).view(-1, *[1] * (words[0].dim() - 1))
    bits = [(word.to(torch.int32)[:, None] >> places) & 1 for word in used]
    return torch.stack([(1 - 2 * bit).to(dtype) for bit in bits], 1).flatten(0, 2)


def uniforms(words: tuple[Tensor, Tensor, Tensor, Tensor], dtype: torch.dtype) -> Tensor:
    """The midpoints of 2^24 equal cells of (-sqrt 3, sqrt 3), from words (B, ...), as (4 B, ...)."""
    cells = [2 * (word >> (32 - BITS)) + (1 - 2**BITS) for word in words]
    return torch.stack([cell.to(dtype) * (SQRT3 / 2**BITS) for cell in cells], 1).flatten(0, 1)


def skewed(words: tuple[Tensor, Tensor, Tensor, Tensor], dtype: torch.dtype) -> Tensor:
    """2 with probability 1/5, else -1/2, from words (B, ...), as (4 B, ...)."""
    ones = words[0].new_ones((), dtype=dtype)
    return torch.stack([torch.where(word < FIFTH, 2 * ones, -0.5 * ones) for word in words], 1).flatten(0, 1)


def gaussians(words: tuple[Tensor, Tensor, Tensor, Tensor], dtype: torch.dtype) -> Tensor:
    """Box-Muller from words (B, ...), as (4 B, ...): radius from words 0 and 2, angle from words 1 and 3.

    The uniform u of a radius word w is 2 (w >> 1) + 1 over 2^32: exact in float64; in float32 w >> 1 and then
    u are rounded to nearest, the same on every machine. The angle is exact. From the exact sqrt(-2 log u)
    times the cosine or sine of it, a value differs by at most, in units of roundoff of itself,

        3.9     the sine or cosine (``turn``)
        3       half of the logarithm's error and the root's, of one unit in the last place each (2 of these)
                in a library: SLEEF's "u10", MKL's high accuracy, glibc and CUDA state that; 2.75 from the
                native kernel: 3.5 in the logarithm, and a root that is rounded correctly
        1       the product

    so by less than ``GAUSSIAN_ERROR``, and by nothing where the exact value is zero. The sum is done in ball
    arithmetic in tests/impl/test_gaussians.py, where each path is measured too. (NumPy, on which Triton's
    interpreter computes, takes four units in the last place for its logarithm: 3 more.)
    """
    values = []
    for radius_word, angle_word in (words[:2], words[2:]):
        u = (radius_word >> 1).to(torch.int32).to(dtype) * 2.0**-31 + 2.0**-32  # in (0, 1], fine near 0
        radius = torch.sqrt(-2 * torch.log(u))
        sine, cosine = turn(angle_word, dtype)
        values += [radius * cosine, radius * sine]
    return torch.stack(values, 1).flatten(0, 1)


def turn(word: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """sin and cos of 2 pi (word >> 8) / 2^24.

    Split, in integers, into a number of quarter turns and a remainder of at most an eighth; two Taylor
    polynomials do the remainder (next term below roundoff at pi / 4).
    """
    angle = (word >> (32 - BITS)).to(torch.int32)
    quarters = (angle + 2 ** (BITS - 3)) >> (BITS - 2)
    x = (angle - (quarters << (BITS - 2))).to(dtype) * (2 * math.pi / 2**BITS)
    square = x * x
    terms = 5 if dtype == torch.float32 else 9
    s = torch.full_like(x, 1 / math.factorial(2 * terms - 1) * (-1) ** (terms - 1))
    c = torch.full_like(x, 1 / math.factorial(2 * terms) * (-1) ** terms)
    for k in range(terms - 2, 0, -1):
        s = s * square + (-1) ** k / math.factorial(2 * k + 1)
    for k in range(terms - 1, 1, -1):
        c = c * square + (-1) ** k / math.factorial(2 * k)
    s = x + x * square * s
    c = 1 - 0.5 * square + square * square * c
    odd = (quarters & 1) == 1
    sine, cosine = torch.where(odd, c, s), torch.where(odd, s, c)
    sine = torch.where((quarters & 2) == 2, -sine, sine)
    return sine, torch.where(((quarters + 1) & 2) == 2, -cosine, cosine)


LAWS: Mapping[str, tuple[int, int, Law]] = MappingProxyType(
    {
        "gaussian": (0, 4, gaussians),
        "rademacher": (1, 128, signs),
        "uniform": (2, 4, uniforms),
        "skewed": (3, 4, skewed),
    }
)
"""By family: its code in the counter, the units that a block serves, and what makes values of words."""

COUNTED_FAMILIES = (*LAWS, "hadamard")


def sample_index(data: Tensor | Sequence[int], draws: Tensor | Sequence[int]) -> Tensor:
    """The index 2^32 d + k of each datum d and draw k, int64 of shape (data, draws).

    Raises ``InvalidInput`` unless 0 <= d, k < 2^32.
    """
    return (_numbers("data", data)[:, None] << 32) + _numbers("draws", draws)


def _numbers(argument: str, value: object) -> Tensor:
    """A list of whole numbers of 32 bits, as a tensor."""
    if not isinstance(value, Tensor):
        given = enumerate(checks.sequence(argument, value))
        return torch.tensor(
            [checks.whole(f"{argument}[{k}]", n, 0, 2**32) for k, n in given], dtype=torch.int64
        )
    found = checks.dense(argument, value, (torch.int64, torch.int32)).to(torch.int64)
    checks.require(found.dim() == 1, f"the shape of {argument}", tuple(found.shape), "one axis")
    checks.finite(argument, found)
    low, high = (int(end) for end in found.aminmax()) if len(found) else (0, 0)
    checks.require(low >= 0 and high < 2**32, argument, f"from {low} to {high}", f"from 0 to {2**32 - 1}")
    return found


def values_of(
    family: str,
    units: int,
    block: Tensor,
    low: Tensor,
    high: Tensor,
    tag: Tensor,
    k0: Tensor,
    k1: Tensor,
    dtype: torch.dtype,
) -> Tensor:
    """The noise of one layer, (units, ...), from ready counters: what the compiled paths compile.

    ``block`` is (B, 1, ...) with B = the blocks that ``units`` need; ``low`` and ``high`` are the words of
    the sample indices and broadcast against it, as ``tag`` (layer and family) and the key do.
    """
    words = philox(block, low, high, tag, k0, k1)
    if family == "rademacher":
        return signs(words, dtype, units)[:units]
    return LAWS[family][2](words, dtype)[:units]


def blocks_for(family: str, units: int) -> int:
    """How many blocks a row of ``units`` values takes."""
    return -(-units // LAWS[family][1])


def tag_of(family: str, layer: int) -> int:
    """The counter's last word: layer k (0 is the first hidden one) and the family's code."""
    return layer | (LAWS[family][0] << 24)


def counted_noise(
    sizes: Sequence[int],
    samples: Tensor,
    family: str = "gaussian",
    seed: int = 0,
    step: int = 0,
    *,
    dtype: torch.dtype = torch.float64,
) -> list[Tensor]:
    """xi^1 ... xi^N for the given sample indices: for each n in ``sizes`` a tensor (n, *samples.shape).

    ``samples`` is int64, any shape, on the device that the noise is wanted on; 0 <= seed, step < 2^32. An
    entry depends on (family, seed, step, layer, sample, unit) and on nothing else; for ``hadamard`` on the
    draw and on the unit's place among all of ``sizes``. Raises ``InvalidInput`` as ``draw_noise`` does.
    """
    widths, dtype = checks.sizes(sizes), checks.dtype("dtype", dtype)
    checks.one_of("family", family, COUNTED_FAMILIES)
    seed, step = checks.whole("seed", seed, 0, 2**32), checks.whole("step", step, 0, 2**32)
    samples = checks.integers("samples", samples)
    checks.affordable("the noise of these sizes and samples", samples.numel() * sum(widths))
    low, high = samples & MASK, (samples >> 32) & MASK
    if family == "hadamard":
        return design(widths, low, dtype)
    k0, k1 = (torch.tensor(v, device=samples.device) for v in (seed, step))
    noise = []
    for layer, n in enumerate(widths):
        block = torch.arange(blocks_for(family, n), device=samples.device).view(-1, *[1] * samples.dim())
        tag = torch.tensor(tag_of(family, layer), device=samples.device)
        noise.append(values_of(family, n, block, low, high, tag, k0, k1, dtype))
    return noise


def hadamard_draws(units: int) -> int:
    """The length 2m of the fold-over design: m is the power of two not below the number of units."""
    return _length(checks.whole("units", units, 0, 2**63))


def _length(units: int) -> int:
    return 2 << (max(units, 1) - 1).bit_length()


def hadamard(sizes: Sequence[int], draws: Tensor, dtype: torch.dtype = torch.float64) -> list[Tensor]:
    """The fold-over Hadamard design: for each n in ``sizes`` the entries (n, *draws.shape) of its units.

    Over 2m consecutive draws (m = ``hadamard_draws`` / 2) the units, counted through all layers, have exactly
    E xi = 0, E xi xi^T = I, and no third moments: unit j of draw k has the sign (-1)^(bits that j and k
    share), the other sign where k mod 2m >= m (Sylvester's matrix and its negative). ``draws`` is int64, any
    shape.
    """
    widths, draws = checks.sizes(sizes), checks.integers("draws", draws)
    checks.affordable("the design of these sizes and draws", draws.numel() * sum(widths))
    return design(widths, draws, checks.dtype("dtype", dtype))


def design(sizes: Sequence[int], draws: Tensor, dtype: torch.dtype) -> list[Tensor]:
    """``hadamard`` of arguments that have been checked: what the compiled paths compile."""
    half = _length(sum(sizes)) // 2
    units = torch.arange(sum(sizes), device=draws.device).view(-1, *[1] * draws.dim())
    shared = units & (draws % half)
    for shift in (16, 8, 4, 2, 1):
        shared = shared ^ (shared >> shift)
    odd = (shared ^ (draws // half)) & 1
    return list(torch.split((1 - 2 * odd).to(dtype), list(sizes)))
