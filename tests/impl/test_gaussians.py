"""Gaussians of the counter: within `GAUSSIAN_ERROR` units of roundoff of the exact ones, proved and measured.

What is proved takes nothing from the machine but that its sums, products, quotients and roots are IEEE 754's.
"""

import math
import struct

import pytest
import torch
from flint import arb, ctx, fmpq

from impl.counter_noise import GAUSSIAN_ERROR, gaussians, sample_index, tag_of
from impl.kernels.native_library import compiler
from impl.kernels.native_path import native_noise
from impl.philox import MASK, philox
from tests.impl.exact_noise import BITS, gaussian_error
from tests.impl.running_error import Rounded, spans

TURN, LIBRARY, NATIVE = 3.9, 2.0, 3.5
"""What a sine or cosine may err by, and the logarithms of libraries and of the kernel: units of roundoff."""
DTYPES = [torch.float32, torch.float64]


@pytest.fixture(autouse=True)
def _many_digits():
    with ctx.workprec(160):
        yield


def single(value: float) -> float:
    """The nearest float32."""
    found: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return found


def sine_and_cosine(size: arb, dtype: torch.dtype) -> tuple[arb, arb]:
    """How far `turn` may be from sin and cos of an angle in this ball, in units of roundoff of them.

    Its argument is a whole number times a constant: a rounded constant, and a rounded product. The
    polynomials are Taylor's, so they miss less than their next term.
    """
    unit, terms = arb(2) ** -BITS[dtype], 5 if dtype == torch.float32 else 9
    rounded = single if dtype == torch.float32 else float
    step = 2 * arb.pi() / 2**24
    argument = abs(arb(rounded(2 * math.pi / 2**24)) / step - 1) / unit + 1
    x = Rounded(size, arb(0), unit)
    square = x * x

    def coefficient(sign: int, over: int) -> Rounded:
        exact = arb(fmpq((-1) ** sign, math.factorial(over)))
        return x.constant(exact, abs(exact) * unit)

    s, c = coefficient(terms - 1, 2 * terms - 1), coefficient(terms, 2 * terms)
    for k in range(terms - 2, 0, -1):
        s = s * square + coefficient(k, 2 * k + 1)
    for k in range(terms - 1, 1, -1):
        c = c * square + coefficient(k, 2 * k)
    s = x + x * square * s
    c = x.constant(1) - square.halved() + square * square * c
    missed = [size ** (2 * terms + k) / math.factorial(2 * terms + k) for k in (1, 2)]
    sine = argument + (s.error + missed[0]) / size.sin() / unit  # x / tan x <= 1
    return sine, argument * size * size.tan() + (c.error + missed[1]) / size.cos() / unit


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_sine_and_a_cosine_err_by_no_more_than_is_stated(dtype):
    """On (0, pi / 4], from one step of the angle on; zero is exact, and quarter turns move the values."""
    for size in spans(0.99 * 2 * math.pi / 2**24, math.pi / 4 * (1 + 1e-9)):
        assert all(error < TURN for error in sine_and_cosine(size, dtype)), size


def test_the_native_logarithm_errs_by_no_more_than_is_stated():
    """`logarithm` of noise.hpp on all of [2^-32, 1), with or without fused operations: u = (1 + f) 2^e."""
    coefficients = [single(x) for x in (0.66666662693, 0.40000972152, 0.28498786688, 0.24279078841)]
    high, low = single(0.69313812256), single(9.0580006145e-06)
    assert math.frexp(high)[0] * 2**17 % 1 == 0  # so that e * high is exact
    unit = arb(2) ** -24
    ends = ((1, math.sqrt(2) - 1), (-1, 1 - math.sqrt(0.5)))
    for f in (sign * size for sign, end in ends for size in spans(2.0**-25, end * (1 + 1e-6))):
        F = Rounded(f, arb(0), unit)  # a difference of neighbours, so exact
        s = F / (F + 2)
        z, half = s * s, F.halved() * F
        series = z.constant(0)
        for number in reversed(coefficients):
            series = z * (series + number)
        tail = s * (half + series)
        missed = arb(0)  # log(1 + f) = 2 atanh(s) = s (2 + 2 z / 3 + 2 z^2 / 5 + ...)
        for k in range(1, 20):
            missed += (arb(2) / (2 * k + 1) - (coefficients[k - 1] if k <= 4 else 0)) * z.true**k
        missed = abs(s.true) * (abs(missed) + z.true**20)
        for e in range(-32, 0 if f > 0 else 1):
            found = z.constant(arb(high) * e) - ((half - (tail + z.constant(e) * low)) - F)
            constants = abs(e * (arb(high) + low - arb(2).log()))
            # |log(1 + f)| >= |f| where f < 0
            least = abs(e * arb(2).log() + (1 + f).log()).abs_lower() if e else abs(f).abs_lower()
            assert (found.error + missed + constants) / least < NATIVE * unit, (f, e)


def test_the_parts_make_the_whole():
    """Sine or cosine, half of the logarithm, the root and the product, with what is of second order.

    A library's root may err by a unit in the last place, two of roundoff: MKL's is not rounded correctly.
    """
    for unit in (arb(2) ** -24, arb(2) ** -53):
        for logarithm, root in ((LIBRARY, 2), (NATIVE, 1)):
            radius = (1 + root * unit) / (1 - arb(logarithm) * unit).sqrt()
            whole = (1 + arb(TURN) * unit) * radius * (1 + unit) - 1
            assert whole < GAUSSIAN_ERROR * unit


def extreme_words() -> torch.Tensor:
    """Blocks of words (4, blocks) whose radii and angles are at the ends and at multiples of an eighth."""
    ends = [0, 1, 2, 3, 2**24 + 1, 2**31 - 1, 2**31, MASK - 513, MASK - 256, MASK - 255, MASK - 3, MASK]
    turns = [(eighth * 2**29 + near * 2**8) & MASK for eighth in range(8) for near in (-2, -1, 0, 1)]
    grid = torch.cartesian_prod(torch.tensor(ends), torch.tensor(turns))
    return torch.cat([grid, grid.flip(0)], 1).T.contiguous()


def common_words(count: int) -> torch.Tensor:
    source = torch.Generator().manual_seed(1)
    return torch.randint(2**32, (4, count), generator=source)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_eager_gaussians_are_as_near_as_is_stated(dtype):
    words = torch.cat([extreme_words(), common_words(1500)], 1)
    for given in (words, words[:, ::7].contiguous()):  # another length: vectors end elsewhere
        found = gaussians(tuple(given[:, None]), dtype)
        assert gaussian_error(given.T.tolist(), found) <= GAUSSIAN_ERROR


def extreme_samples(seed: int, step: int, layer: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Of many samples those whose first four words are extreme, and others; with their words (4, samples)."""
    samples = sample_index([3], range(2**19)).flatten()
    fixed = (torch.tensor(v) for v in (tag_of("gaussian", layer), seed, step))
    words = torch.stack(philox(torch.tensor(0), samples & MASK, samples >> 32, *fixed))
    near = [(words[k] + 2**28) % 2**29 - 2**28 for k in (1, 3)]  # of an eighth of a turn
    ranks = [*(words[k] for k in (0, 2)), *(-words[k] for k in (0, 2)), *(place.abs() for place in near)]
    chosen = torch.cat([torch.arange(300), *(rank.topk(40, largest=False).indices for rank in ranks)])
    return samples[chosen], words[:, chosen]


@pytest.mark.skipif(compiler() is None, reason="no C++ compiler here")
def test_native_gaussians_are_as_near_as_is_stated():
    for layer in (0, 1):
        samples, words = extreme_samples(2**32 - 1, 4, layer)
        found = native_noise(4, samples, "gaussian", 2**32 - 1, 4, layer)
        assert gaussian_error(words.T.tolist(), found) <= GAUSSIAN_ERROR
