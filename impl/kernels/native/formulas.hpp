// The formulas of a layer, lane by lane: impl.kernels.formulas, and the product.

#pragma once

#include "lanes.hpp"

constexpr float LARGEST = 80.0f;  // impl.kernels.formulas.LARGEST
constexpr float SMALL = 1.0f / 64.0f;  // below it d^4 / 120, what small_expm1_of leaves out, is 5e-10
enum Scale { IDENTITY, SIGMOID, TANH };  // of the argument: tanh(a) = 2 s(2 a) - 1

// P = W u for G rows of P: their sums are held in registers over all inputs. The G entries of W for an input are
// next to each other, ``next_W`` entries before those for the next input; so are the LANES of u.
template <int G, class Number>
static void rows(int inputs, const Number *W, int next_W, const Number *u, int next_u, Number (*P)[LANES]) {
    constexpr int PART = 4 * WIDE / sizeof(Number);  // numbers in a vector
    for (int at = 0; at < LANES; at += TOGETHER * PART) {
        typename Of<Number>::vector sums[G][TOGETHER] = {};
        for (int j = 0; j < inputs; j++)
#pragma GCC unroll 8
            for (int g = 0; g < G; g++)
#pragma GCC unroll 2
                for (int k = 0; k < TOGETHER; k++)
                    sums[g][k] += W[j * next_W + g] * vector(u + j * next_u + at + PART * k);
#pragma GCC unroll 8
        for (int g = 0; g < G; g++)
#pragma GCC unroll 2
            for (int k = 0; k < TOGETHER; k++) vector(P[g] + at + PART * k) = sums[g][k];
    }
}

// P = W u. W is packed: the columns of its first 8 rows, those of the next 8, ..., of the next 4, of each row left.
static void product(int outputs, int inputs, const float *W, const Row *u, Row *P) {
    int i = 0;
    for (; i + 8 <= outputs; i += 8) rows<8>(inputs, W + i * inputs, 8, u[0], LANES, P + i);
    for (; i + 4 <= outputs; i += 4) rows<4>(inputs, W + i * inputs, 4, u[0], LANES, P + i);
    for (; i < outputs; i++) rows<1>(inputs, W + i * inputs, 1, u[0], LANES, P + i);
}

// a / b to a unit in the last place or two.
static inline Vector quotient(Vector a, Vector b) {
#ifdef __AVX512F__  // a division of 16 lanes takes as long as ten products
    const Vector r = (Vector)_mm512_rcp14_ps((__m512)b), q = a * r;  // to 14 bits
    return q + r * (a - b * q);                                     // to 28
#else
    return a / b;
#endif
}

static inline Vector size_of(Vector a, float scale) {
    const Vector size = (Vector)((Words)(scale * a) & 0x7FFFFFFFu);
    return size < LARGEST ? size : all_lanes(LARGEST);
}

// e^d - 1 for d in [0, LARGEST]: 2^k (e^r - 1) + (2^k - 1) with |r| <= ln 2 / 2, and e^r - 1 by its series.
static inline Vector expm1_of(Vector d) {
    const Vector shifted = d * 1.44269504f + 12582912.0f, k = shifted - 12582912.0f;  // k is whole
    const Vector r = (d - k * 0.693359375f) + k * 2.12194440e-4f;
    const Vector tail = 0.041666668f + r * (0.0083333338f + r * (0.0013888889f + r * 1.984127e-4f));
    const Vector power = (Vector)(((Words)shifted + 127) << 23);
    return power * (r + r * r * (0.5f + r * (0.16666667f + r * tail))) + (power - 1.0f);
}

// The same for d below SMALL, the usual case as c falls: the terms above d^4 are less than roundoff.
static inline Vector small_expm1_of(Vector d) {
    return d + d * d * (0.5f + d * (0.16666667f + d * 0.041666668f));
}

// sigma(a) in the place of a, and the factors of its difference: formulas.factors, up and down, and its slope.
static void activate(int scale, Row a, Row up, Row down, Row slope) {
    if (scale == IDENTITY) std::fill_n(slope, LANES, 1.0f);
    for (int at = 0; scale != IDENTITY && at < LANES; at += WIDE) {
        const Vector x = vector(a + at), m = expm1_of(size_of(x, scale));
        const Vector small = quotient(all_lanes(1.0f), m + 2.0f), large = (m + 1.0f) * small, size = m * small;
        vector(up + at) = x < 0 ? small : large;
        vector(down + at) = x < 0 ? large : small;
        vector(slope + at) = (float)(scale * scale) * small * large;
        vector(a + at) = scale == SIGMOID ? (x < 0 ? small : large) : (x < 0 ? -size : size);
    }
}

// (sigma(a + c u) - sigma(a)) / c in the place of u: formulas.activation_difference. For ``lane`` see ``lanes``.
template <bool APART>
static void difference(int scale, float c, const Row up, const Row down, const int *lane, Row u) {
    if (scale == IDENTITY) return;
    const float step = scale * c, per = scale / c;
    for (int at = 0; at < LANES; at += WIDE) {
        const Vector x = vector(u + at), d = size_of(x, step);
        const Vector m = all_below(d, SMALL) ? small_expm1_of(d) : expm1_of(d);
        const Vector high = lanes<APART>(up, lane, at), low = lanes<APART>(down, lane, at);
        const Vector size = per * (low * high) * quotient(m, 1.0f + m * (x < 0 ? low : high));
        vector(u + at) = x < 0 ? -size : size;
    }
}
