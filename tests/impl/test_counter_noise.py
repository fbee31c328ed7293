"""Noise as a function of (seed, step, layer, sample): known answers, one value however it is asked for, its
law.
"""

import math

import mpmath
import pytest
import torch

from impl import InvalidInput
from impl.counter_noise import (
    COUNTED_FAMILIES,
    GAUSSIAN_ERROR,
    blocks_for,
    counted_noise,
    gaussians,
    hadamard,
    hadamard_draws,
    sample_index,
    signs,
    skewed,
    turn,
    uniforms,
)
from impl.kernels.compiled import compiled, compiling_needs
from impl.philox import MASK, philox
from tests.impl.exact_noise import MOMENTS, error_of, gaussian, gaussian_error, stated, words_of

SAMPLES = sample_index(range(250), range(200))
RANDOM = [family for family in COUNTED_FAMILIES if family != "hadamard"]

# Random123, kat_vectors: counter, key, words
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((MASK,) * 4, (MASK,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


def columns():
    """The known counters and keys as six tensors (3,), the words as four."""
    counters, keys, words = zip(*KNOWN, strict=True)
    return [
        torch.tensor(c) for c in zip(*[(*c, *k) for c, k in zip(counters, keys, strict=True)], strict=True)
    ], [torch.tensor(w) for w in zip(*words, strict=True)]


def everything(c0, c1, c2, c3, k0, k1):
    """All that is made of one block's words, in one function to compile."""
    words = philox(c0, c1, c2, c3, k0, k1)
    return (*words, *[law(words, torch.float32) for law in (signs, uniforms, skewed, gaussians)])


def test_known_answers():
    counters, words = columns()
    for found, expected in zip(philox(*counters), words, strict=True):
        assert torch.equal(found, expected)


@pytest.mark.parametrize(
    ("family", "units", "blocks"),
    [
        ("rademacher", 1, 1),
        ("rademacher", 128, 1),
        ("rademacher", 129, 2),
        ("gaussian", 4, 1),
        ("uniform", 9, 3),
    ],
)
def test_a_row_takes_the_blocks_that_it_needs(family, units, blocks):
    assert blocks_for(family, units) == blocks


@pytest.mark.parametrize("family", RANDOM)
@pytest.mark.parametrize(("seed", "step"), [(0, 0), (2**32 - 1, 3), (7, 2**32 - 1)])
def test_every_entry_is_made_as_stated(family, seed, step):
    sizes = [1, 9, 129, 32]
    data, draws = [0, 3, 2**32 - 1], [0, 2, 2**32 - 2]
    found = counted_noise(sizes, sample_index(data, draws), family, seed, step)
    for layer, (n, xi) in enumerate(zip(sizes, found, strict=True)):
        assert (xi.shape, xi.dtype) == ((n, 3, 3), torch.float64)
        for j in range(n):
            for i, d in enumerate(data):
                for m, k in enumerate(draws):
                    words = words_of(family, j, layer, 2**32 * d + k, seed, step)
                    value = xi[j, i, m].item()
                    if family == "gaussian":
                        pair = words[j % 4 // 2 * 2 :][:2]
                        assert error_of(value, gaussian(*pair, j % 2, xi.dtype), xi.dtype) <= GAUSSIAN_ERROR
                    else:
                        assert value == stated(family, j, words)


def test_what_is_left_out_is_gaussian_seed_0_step_0_and_float64():
    samples = sample_index([1], range(9))
    (found,), (expected,) = counted_noise([5], samples), counted_noise([5], samples, "gaussian", 0, 0)
    assert torch.equal(found, expected)
    assert found.dtype == torch.float64


@pytest.mark.parametrize("family", COUNTED_FAMILIES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_noise_has_the_dtype_that_is_asked_for_and_is_where_the_samples_are(family, dtype):
    for device in ("cpu", "meta"):
        for xi in counted_noise([3, 40], SAMPLES[:2, :2].to(device), family, dtype=dtype):
            assert (xi.dtype, xi.device.type, xi.shape[1:]) == (dtype, device, (2, 2))


def test_a_sample_index_has_64_bits_whatever_it_is_made_of():
    small = torch.tensor([1, 2], dtype=torch.int32)
    assert sample_index(small, small).tolist() == [[2**32 + 1, 2**32 + 2], [2**33 + 1, 2**33 + 2]]
    assert sample_index([2**31 - 1], [2**32 - 1]).tolist() == [[2**63 - 1]]
    assert sample_index([3], []).dtype == torch.int64


@pytest.mark.parametrize(
    ("units", "made"), [(0, 128), (1, 32), (32, 32), (33, 64), (97, 128), (127, 128), (128, 128), (200, 128)]
)
def test_signs_come_from_the_words_that_are_needed(units, made):
    words = tuple(torch.arange(6).view(2, 3) + 1000 * k for k in range(4))
    found, whole = signs(words, torch.float64, units), signs(words, torch.float64)
    assert whole.shape == (256, 3)
    assert found.shape == (2 * made, 3)
    assert torch.equal(found.view(2, made, 3), whole.view(2, 128, 3)[:, :made])


@pytest.mark.parametrize(("dtype", "bound"), [(torch.float32, 1.35e-7), (torch.float64, 2.4e-16)], ids=str)
def test_a_turn_is_accurate(dtype, bound):
    """Relative to the value itself; many angles, and all that are close to a multiple of an eighth."""
    near = (torch.arange(-40, 41) + torch.arange(8)[:, None] * 2**21).flatten() % 2**24
    angles = torch.cat([near, torch.arange(0, 2**24, 9973)])
    found = turn((angles << 8) + 255, dtype)
    for values, exact in zip(found, (mpmath.sinpi, mpmath.cospi), strict=True):
        assert values.dtype == dtype
        with mpmath.workdps(40):
            for angle, value in zip(angles.tolist(), values.tolist(), strict=True):
                true = exact(mpmath.mpf(angle) / 2**23)
                assert abs(value - true) <= bound * abs(true), angle
    quarters = turn(torch.arange(4) << 30, dtype)
    assert [values.tolist() for values in quarters] == [[0, 1, 0, -1], [1, 0, -1, 0]]


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")  # torch's own, inside its compiler
def test_compiled_noise_is_the_same_bits_and_gives_the_known_answers():
    """Gaussians are as near to the exact ones as is stated."""
    if (lacking := compiling_needs("cpu")) is not None:
        pytest.skip(f"torch.compile needs {lacking}")
    counters, words = columns()
    # 3 known blocks, then many arbitrary ones, in a length that leaves a tail after whole vectors
    source = torch.Generator().manual_seed(1)
    counters = [torch.cat([c, torch.randint(2**32, (8190,), generator=source)]) for c in counters]
    eager, found = everything(*counters), compiled(everything, counters)(*counters)
    for k in range(4):
        assert torch.equal(found[k][:3], words[k])
    for k in range(7):  # words, signs, uniforms, skewed
        assert torch.equal(found[k], eager[k]), k
    blocks = [*range(700), *range(8193 - 100, 8193)]
    values = found[7].view(-1, 4).T[:, blocks]
    assert gaussian_error(torch.stack(found[:4]).T[blocks].tolist(), values) <= GAUSSIAN_ERROR


@pytest.mark.parametrize("family", COUNTED_FAMILIES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_an_entry_depends_on_its_own_coordinates_only(family, dtype):
    """However data and draws are split, ordered or numbered, also across the boundaries of words."""
    data, draws = [0, 3, 2**32 - 1, 7], [5, 0, 2**32 - 1]
    whole = counted_noise([130, 9], sample_index(data, draws), family, 2**32 - 1, 6, dtype=dtype)
    for i, d in enumerate(data):
        for j, k in enumerate(draws):
            one = counted_noise([130, 9], sample_index([d], [k]), family, 2**32 - 1, 6, dtype=dtype)
            assert all(is_same(a[:, i, j], b[:, 0, 0], family) for a, b in zip(whole, one, strict=True))
    if family != "hadamard":
        wider = counted_noise([200, 9, 4], sample_index(data, draws), family, 2**32 - 1, 6, dtype=dtype)
        assert is_same(wider[0][:130], whole[0], family)
        assert is_same(wider[1], whole[1], family)


def is_same(a: torch.Tensor, b: torch.Tensor, family: str) -> bool:
    """Bit for bit; a Gaussian within the error of both, since a library may finish a vector differently."""
    if family != "gaussian":
        return torch.equal(a, b)
    return bool(((a - b).abs() <= GAUSSIAN_ERROR * torch.finfo(b.dtype).eps * b.abs()).all())


@pytest.mark.parametrize("family", RANDOM)
def test_moments_and_independence(family):
    """Six standard deviations: error rate 2e-9 for each."""
    xi, other = counted_noise([8, 4], SAMPLES, family, 3)
    third, fourth, *_ = MOMENTS[family]
    for power, mean, bound in ((1, 0.0, 1.0), (2, 1.0, 2.0), (3, third, 15.0), (4, fourth, 105.0)):
        assert abs(xi.pow(power).mean().item() - mean) <= 6 * math.sqrt(bound / xi.numel())
    rows = torch.cat([xi.flatten(1), other.flatten(1)])
    again = (
        counted_noise([8], SAMPLES, family, 4)[0].flatten(1),
        counted_noise([8], SAMPLES, family, 3, 1)[0].flatten(1),
    )
    rows = torch.cat([rows, *again])  # units, layers, seeds and steps
    correlation = rows @ rows.T / rows.shape[1] - torch.eye(len(rows)).double()
    assert correlation.abs().max() <= 6 * math.sqrt(3 / rows.shape[1])
    assert abs((xi[:, :, 1:] * xi[:, :, :-1]).mean().item()) <= 6 / math.sqrt(xi[:, :, 1:].numel())
    assert abs((xi[:, 1:] * xi[:, :-1]).mean().item()) <= 6 / math.sqrt(xi[:, 1:].numel())


@pytest.mark.parametrize(
    ("family", "distribution"),
    [("gaussian", torch.special.ndtr), ("uniform", lambda v: 0.5 + v / math.sqrt(12))],
)
def test_continuous_laws_have_their_distribution_function(family, distribution):
    """Kolmogorov-Smirnov, sqrt(n) D <= 3.3: error rate 7e-10. In the working precision of a kernel."""
    (xi,) = counted_noise([5], SAMPLES, family, 5, dtype=torch.float32)
    ordered = distribution(xi.double().flatten().sort().values)
    ranks = torch.arange(len(ordered) + 1, dtype=torch.float64) / len(ordered)
    distance = torch.maximum((ordered - ranks[:-1]).abs().max(), (ordered - ranks[1:]).abs().max())
    assert distance.item() * math.sqrt(len(ordered)) <= 3.3


def test_extreme_words_give_finite_noise():
    ends = torch.tensor([0, 1, 2**31, MASK - 1, MASK])
    words = tuple(w.flatten()[None] for w in torch.meshgrid(ends, ends, ends[:1], ends[:1], indexing="ij"))
    for dtype in (torch.float32, torch.float64):
        assert torch.isfinite(gaussians(words, dtype)).all()
        assert gaussians(words, dtype).abs().max() < 6.7
        u = uniforms((ends[None],) * 4, dtype)[0]
        assert u.abs().max() < math.sqrt(3)
        assert u[0] == -u[-1]
    exact = skewed((torch.tensor([[858993458, 858993459]]),) * 4, torch.float64)[0]
    assert exact.tolist() == [2.0, -0.5]


@pytest.mark.parametrize("sizes", [[1], [3, 2], [50, 20], [64]])
def test_the_hadamard_design_has_its_moments_exactly(sizes):
    length = hadamard_draws(sum(sizes))
    for start in (0, 5 * length):
        xi = torch.cat(hadamard(sizes, torch.arange(start, start + length)))
        assert torch.equal(xi @ xi.T / length, torch.eye(sum(sizes), dtype=torch.float64))
        assert torch.count_nonzero(xi.sum(1)) == 0
        assert torch.count_nonzero(torch.einsum("ia,ja,ka->ijk", xi, xi, xi)) == 0


@pytest.mark.parametrize(
    ("units", "length"), [(0, 2), (1, 2), (2, 4), (3, 8), (4, 8), (5, 16), (64, 128), (65, 256)]
)
def test_the_hadamard_design_is_twice_a_power_of_two_long(units, length):
    assert hadamard_draws(units) == length


@pytest.mark.parametrize("sizes", [[1], [2, 3], [40, 30], [2**16 + 5, 1]])
def test_a_hadamard_sign_is_the_parity_of_the_bits_that_unit_and_draw_share(sizes):
    units, half = sum(sizes), hadamard_draws(sum(sizes)) // 2
    draws = [0, 1, 2, 3, 5, half - 1, half, half + 1, 2 * half - 1, 2 * half, 3 * half + 1, 2**32 - 1]
    found = hadamard(sizes, torch.tensor(draws))
    assert [len(xi) for xi in found] == sizes
    expected = [
        [1.0 - 2.0 * (((unit & draw % half).bit_count() + draw // half) % 2) for draw in draws]
        for unit in range(units)
    ]
    assert torch.cat(found).tolist() == expected


def test_bad_input():
    for name in ("seed", "step"):
        for value in (-1, 2**32):
            message = rf"^{name} is {value}; expected an integer with 0 <= {name} < 4294967296\.$"
            with pytest.raises(InvalidInput, match=message):
                counted_noise([3], SAMPLES, **{name: value})
    with pytest.raises(InvalidInput, match=r"sizes\[1\] is 0; expected an integer with 1 <= sizes\[1\]\.$"):
        counted_noise([3, 0], SAMPLES)
    with pytest.raises(
        InvalidInput, match=r"^dtype is torch\.float16; expected torch\.float32 or torch\.float64\.$"
    ):
        counted_noise([3], SAMPLES, dtype=torch.float16)
    with pytest.raises(InvalidInput, match="family is 'cauchy'; expected one of"):
        counted_noise([3], SAMPLES, "cauchy")
    with pytest.raises(InvalidInput, match="seed is -1"):
        counted_noise([3], SAMPLES, seed=-1)
    with pytest.raises(InvalidInput, match="step is 4294967296"):
        counted_noise([3], SAMPLES, step=2**32)
    with pytest.raises(InvalidInput, match="the dtype of samples is torch"):
        counted_noise([3], SAMPLES.int())
    with pytest.raises(InvalidInput, match="the length of sizes is 0"):
        counted_noise([], SAMPLES)
