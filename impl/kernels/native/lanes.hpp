// LANES samples side by side. Simple loops over lanes are left to the compiler to vectorise, the others name
// their vectors.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

// WIDE: the floats of a vector of this processor; TOGETHER: of how many of them a product holds sums at once, in
// 32 registers or in 16.
#if defined(__AVX512F__)
#include <immintrin.h>
constexpr int WIDE = 16, TOGETHER = 2;
#elif defined(__AVX2__)
#include <immintrin.h>
constexpr int WIDE = 8, TOGETHER = 1;
#else
constexpr int WIDE = 4, TOGETHER = 1;
#endif
constexpr int LANES = 32, HALF = WIDE / 2;
constexpr int LINE = 16;  // floats in a cache line, on which rows begin

typedef float Row[LANES];
typedef uint32_t Word[LANES];
typedef float Vector __attribute__((vector_size(4 * WIDE), aligned(4)));
typedef uint32_t Words __attribute__((vector_size(4 * WIDE)));
typedef uint64_t Pair __attribute__((vector_size(4 * WIDE)));  // the same bits: lanes 2 k and 2 k + 1 in one
typedef double Doubles __attribute__((vector_size(8 * HALF), aligned(8)));

static inline Vector &vector(float *at) { return *(Vector *)at; }
static inline const Vector &vector(const float *at) { return *(const Vector *)at; }

static inline Vector all_lanes(float value) { return value - Vector{}; }  // x - 0 is x, also where x is -0

// WIDE lanes from ``at`` on: of the one datum that they have where they are ``APART``, else one by one.
template <bool APART> static inline Vector lanes(const float *values, const int *lane, int at) {
    return APART ? all_lanes(values[lane[at]]) : vector(values + at);
}

static inline float as_float(uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
}

static inline uint32_t as_bits(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, 4);
    return bits;
}
