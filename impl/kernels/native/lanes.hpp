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
constexpr int LANES = 32;

// A cache line: a std::vector of them begins on one, and so do all rows in it.
struct alignas(64) Line { char bytes[64]; };

template <class Number> static Number *start(std::vector<Line> &memory) { return (Number *)memory.data(); }

typedef float Row[LANES];
typedef uint32_t Word[LANES];
typedef float Vector __attribute__((vector_size(4 * WIDE), aligned(4)));
typedef uint32_t Words __attribute__((vector_size(4 * WIDE)));
typedef uint64_t Pair __attribute__((vector_size(4 * WIDE)));  // the same bits: lanes 2 k and 2 k + 1 in one
typedef double Doubles __attribute__((vector_size(4 * WIDE), aligned(8)));

template <class Number> struct Of;
template <> struct Of<float> { typedef Vector vector; };
template <> struct Of<double> { typedef Doubles vector; };

static inline Vector &vector(float *at) { return *(Vector *)at; }
static inline const Vector &vector(const float *at) { return *(const Vector *)at; }
static inline Doubles &vector(double *at) { return *(Doubles *)at; }
static inline const Doubles &vector(const double *at) { return *(const Doubles *)at; }

static inline Vector all_lanes(float value) { return value - Vector{}; }  // x - 0 is x, also where x is -0

static inline bool all_below(Vector a, float bound) {
#if defined(__AVX512F__)
    return _mm512_cmp_ps_mask((__m512)a, _mm512_set1_ps(bound), _CMP_NLT_UQ) == 0;
#elif defined(__AVX2__)
    return _mm256_movemask_ps(_mm256_cmp_ps((__m256)a, _mm256_set1_ps(bound), _CMP_NLT_UQ)) == 0;
#else
    bool all = true;
    for (int l = 0; l < WIDE; l++) all &= a[l] < bound;
    return all;
#endif
}

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
