"""The kernel of ``impl.kernels.triton_path``, apart because it can be read only where triton is installed."""

# mypy: ignore-errors
# Triton's language is not Python's: the shapes and types of these functions are Triton's to check.

import triton
import triton.language as tl


@triton.jit
def words_of(seed, block, draw, datum, tag):
    """Philox words of (block, draw, datum, tag), broadcast to the shape of block + draw."""
    zero = (block + draw) * 0
    as_counter = (zero + block).to(tl.uint32), (zero + draw).to(tl.uint32)
    rest = (zero + datum).to(tl.uint32), (zero + tag).to(tl.uint32)
    return tl.philox(seed, as_counter[0], as_counter[1], rest[0], rest[1])


@triton.jit
def turn(word):
    """sin and cos of 2 pi (word >> 8) / 2^24, as ``counter_noise.turn``: quarter turns and a remainder."""
    angle = (word >> 8).to(tl.int32)
    quarters = (angle + 2097152) >> 22
    x = (angle - (quarters << 22)).to(tl.float32) * 3.7450704e-07
    y = x * x
    s = ((y * 2.7557319e-06 - 1.984127e-04) * y + 8.333333e-03) * y - 0.16666667
    c = ((y * -2.7557319e-07 + 2.4801588e-05) * y - 1.3888889e-03) * y + 4.1666668e-02
    s, c = x + x * y * s, 1 - 0.5 * y + y * y * c
    odd = (quarters & 1) == 1
    sine, cosine = tl.where(odd, c, s), tl.where(odd, s, c)
    sine = tl.where((quarters & 2) == 2, -sine, sine)
    return sine, tl.where(((quarters + 1) & 2) == 2, -cosine, cosine)


@triton.jit
def noise_of(seed, draw, datum, tag, n: tl.constexpr, block: tl.constexpr, gaussian: tl.constexpr):
    """(block, n) noise, n a power of two, for the draws (block,)."""
    if gaussian:
        quad = tl.arange(0, n // 4)[None, :]
        w0, w1, w2, w3 = words_of(seed, quad, draw[:, None], datum, tag)
        r0 = tl.sqrt_rn(
            -2 * tl.log((w0 >> 1).to(tl.float32) * 4.656612873077393e-10 + 2.3283064365386963e-10)
        )
        r1 = tl.sqrt_rn(
            -2 * tl.log((w2 >> 1).to(tl.float32) * 4.656612873077393e-10 + 2.3283064365386963e-10)
        )
        s0, c0 = turn(w1)
        s1, c1 = turn(w3)
        # join puts its two arguments on a new last axis: units 4b .. 4b + 3 are r0 cos, r0 sin, r1 cos, r1
        # sin
        even, odd = tl.join(r0 * c0, r1 * c1), tl.join(r0 * s0, r1 * s1)
        return tl.reshape(tl.join(even, odd), (block, n))
    unit = tl.arange(0, n)[None, :]
    w0, w1, w2, w3 = words_of(seed, draw * 0, draw, datum, tag)
    low = tl.where(unit < 32, w0[:, None], w1[:, None])
    high = tl.where(unit < 96, w2[:, None], w3[:, None])
    bit = (tl.where(unit < 64, low, high) >> (unit % 32).to(tl.uint32)) & 1
    return 1.0 - 2.0 * bit.to(tl.float32)


@triton.jit
def difference(u, up, down, slope, c, scale: tl.constexpr):
    """(sigma(a + c u) - sigma(a)) / c: ``formulas.activation_difference``; scale 1 sigmoid, 2 tanh, 0
    identity.
    """
    if scale == 0:
        return u
    d = tl.minimum(tl.abs(scale * c * u), 80.0)
    # expm1(d) for d >= 0: a series while it is small, where exp(d) - 1 would lose its digits
    series = d * (
        1 + d * (0.5 + d * (0.16666667 + d * (0.041666668 + d * (0.0083333338 + d * 0.0013888889))))
    )
    m = tl.where(d < 0.25, series, tl.exp(d) - 1)
    size = slope * (m / (scale * c)) / (1 + m * tl.where(u < 0, down, up))
    return tl.where(u < 0, -size, size)


@triton.jit
def perturb(
    w2, w3, up2, down2, slope2, up3, down3, slope3, residual, estimate1, estimate2, found,
    c, seed, first, first_draw, draws, tag1, tag2,
    n1: tl.constexpr, n2: tl.constexpr, n3: tl.constexpr, block: tl.constexpr, blocks: tl.constexpr,
    gaussian: tl.constexpr, scales: tl.constexpr, keep: tl.constexpr, precision: tl.constexpr,
):  # fmt: skip
    """Lambda^1 and Lambda^2 of one datum, over all its draws (and each (L~ - L) / c, if ``keep``).

    The number of blocks is a constant because Triton 3.6 cannot interpret a loop to a runtime bound.
    """
    row = tl.program_id(0)
    i1, i2, i3 = tl.arange(0, n1), tl.arange(0, n2), tl.arange(0, n3)
    W2 = tl.load(w2 + i1[:, None] * n2 + i2[None, :])
    W3 = tl.load(w3 + i2[:, None] * n3 + i3[None, :])
    at2, at3 = row * n2 + i2, row * n3 + i3
    a2, b2, s2 = tl.load(up2 + at2)[None, :], tl.load(down2 + at2)[None, :], tl.load(slope2 + at2)[None, :]
    a3, b3, s3 = tl.load(up3 + at3)[None, :], tl.load(down3 + at3)[None, :], tl.load(slope3 + at3)[None, :]
    r = tl.load(residual + at3)[None, :]
    sum1, sum2 = tl.zeros((n1,), tl.float32), tl.zeros((n2,), tl.float32)
    for part in range(blocks):
        k = part * block + tl.arange(0, block)
        xi1 = noise_of(seed, first_draw + k, first + row, tag1, n1, block, gaussian)
        xi2 = noise_of(seed, first_draw + k, first + row, tag2, n2, block, gaussian)
        u = difference(tl.dot(xi1, W2, input_precision=precision), a2, b2, s2, c, scales[0]) + xi2
        v = difference(tl.dot(u, W3, input_precision=precision), a3, b3, s3, c, scales[1])
        change = tl.sum(v * (r + 0.5 * c * v), 1)
        change = tl.where(k < draws, change, 0.0)
        if keep:
            tl.store(found + row * draws + k, change, mask=k < draws)
        sum1 += tl.sum(change[:, None] * xi1, 0)
        sum2 += tl.sum(change[:, None] * xi2, 0)
    tl.store(estimate1 + row * n1 + i1, sum1)
    tl.store(estimate2 + row * n2 + i2, sum2)
