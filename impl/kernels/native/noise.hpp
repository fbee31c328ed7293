// Noise from counters, lane by lane: impl.philox and the laws of impl.counter_noise.

#pragma once

#include "lanes.hpp"

constexpr uint64_t LOW = 0xFFFFFFFFu;  // where a word is least significant first, as on x86 and ARM
constexpr float TURN = 3.74507039e-7f, ROOT3 = 1.7320508075688772f / 16777216.0f;
enum Family { GAUSSIAN, RADEMACHER, UNIFORM, SKEWED };

// The 64 bits of the product of a 32-bit number, the low half of each lane, and m.
static inline Pair times(Pair a, uint32_t m) {
#if defined(__AVX512F__)  // gcc 12 takes three instructions for what is one
    return (Pair)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64(m));
#elif defined(__AVX2__)
    return (Pair)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x(m));
#else
    return (a & LOW) * m;
#endif
}

// Philox4x32-10, impl.philox: the four words of the counters c, in their place.
static void philox(Word *c, uint32_t k0, uint32_t k1) {
    for (int part = 0; part < LANES / WIDE; part++) {
        Words w[4];
        for (int i = 0; i < 4; i++) std::memcpy(&w[i], c[i] + WIDE * part, sizeof w[i]);
        for (uint32_t round = 0, a = k0, b = k1; round < 10; round++, a += 0x9E3779B9u, b += 0xBB67AE85u) {
            const Pair even0 = times((Pair)w[0], 0xD2511F53u), odd0 = times((Pair)w[0] >> 32, 0xD2511F53u);
            const Pair even2 = times((Pair)w[2], 0xCD9E8D57u), odd2 = times((Pair)w[2] >> 32, 0xCD9E8D57u);
            w[0] = (Words)(even2 >> 32 | (odd2 & ~LOW)) ^ w[1] ^ a, w[1] = (Words)((even2 & LOW) | odd2 << 32);
            w[2] = (Words)(even0 >> 32 | (odd0 & ~LOW)) ^ w[3] ^ b, w[3] = (Words)((even0 & LOW) | odd0 << 32);
        }
        for (int i = 0; i < 4; i++) std::memcpy(c[i] + WIDE * part, &w[i], sizeof w[i]);
    }
}

// log of u in (0, 1]: u = m 2^e with m in [sqrt 1/2, sqrt 2), and atanh's series for log m.
static inline float logarithm(float u) {
    int32_t bits = (int32_t)as_bits(u), e = (bits - 0x3F3504F3) >> 23;
    float f = as_float((uint32_t)(bits - e * 8388608)) - 1.0f, s = f / (2.0f + f), z = s * s, half = 0.5f * f * f;
    float R = z * (0.66666662693f + z * (0.40000972152f + z * (0.28498786688f + z * 0.24279078841f)));
    return e * 0.69313812256f - ((half - (s * (half + R) + e * 9.0580006145e-06f)) - f);
}

// r cos and r sin of the Box-Muller pair: counter_noise.gaussians and counter_noise.turn.
static void gaussian_pair(const Word radius, const Word angle, Row first, Row second) {
    for (int l = 0; l < LANES; l++) {
        float r = std::sqrt(-2.0f * logarithm((float)(int32_t)(radius[l] >> 1) * 0x1p-31f + 0x1p-32f));
        int32_t turn = (int32_t)(angle[l] >> 8), quarters = (turn + 2097152) >> 22;
        float x = (float)(turn - quarters * 4194304) * TURN, y = x * x;
        float s = ((2.7557319224e-06f * y - 1.9841270114e-04f) * y + 8.3333337680e-03f) * y - 0.16666667163f;
        float c = ((-2.7557319224e-07f * y + 2.4801587642e-05f) * y - 1.3888889225e-03f) * y + 4.1666667908e-02f;
        s = x + x * y * s, c = 1 - 0.5f * y + y * y * c;
        float sine = quarters & 1 ? c : s, cosine = quarters & 1 ? s : c;
        first[l] = r * (((quarters + 1) & 2) ? -cosine : cosine);
        second[l] = r * ((quarters & 2) ? -sine : sine);
    }
}

// The noise of n units of a layer: impl.counter_noise, its laws.
static void fill(int family, int n, uint32_t tag, const Word low, const Word high, uint32_t k0, uint32_t k1, Row *xi) {
    const int served = family == RADEMACHER ? 128 : 4;
    alignas(64) Word w[4];
    alignas(64) Row values[4];
    for (int from = 0, block = 0; from < n; from += served, block++) {
        for (int l = 0; l < LANES; l++) w[0][l] = block, w[1][l] = low[l], w[2][l] = high[l], w[3][l] = tag;
        philox(w, k0, k1);
        const int units = n - from < served ? n - from : served;
        if (family == RADEMACHER) {
            for (int j = 0; j < units; j++)
                for (int l = 0; l < LANES; l++)
                    xi[from + j][l] = as_float(0x3F800000u | (w[j / 32][l] << (31 - j % 32) & 0x80000000u));
            continue;
        }
        if (family == GAUSSIAN) {
            gaussian_pair(w[0], w[1], values[0], values[1]);
            gaussian_pair(w[2], w[3], values[2], values[3]);
        }
        for (int j = 0; j < units; j++)
            for (int l = 0; l < LANES; l++)
                xi[from + j][l] = family == GAUSSIAN  ? values[j][l]
                                  : family == UNIFORM ? (float)((int32_t)(w[j][l] >> 8) * 2 + 1 - 16777216) * ROOT3
                                                      : (w[j][l] < 858993459u ? 2.0f : -0.5f);
    }
}
