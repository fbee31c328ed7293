// Small products and positive definite systems: rows of numbers that are whole vectors long.

#pragma once

#include <cstddef>

#include "lanes.hpp"

// A multiple of the floats in a cache line: the length of all rows, whatever the processor.
constexpr int LINE = 16;
static inline int padded(int n) { return (n + LINE - 1) / LINE * LINE; }

// G rows of ``product``, V vectors of each.
template <int G, int V, bool ADD, class Number>
static void tile(
    int inner, const Number *A, ptrdiff_t down, ptrdiff_t across, const Number *B, ptrdiff_t next_B, Number *C,
    ptrdiff_t next_C) {
    constexpr int PART = 4 * WIDE / sizeof(Number);
    typename Of<Number>::vector sums[G][V] = {};
    for (int j = 0; j < inner; j++, A += across, B += next_B)
#pragma GCC unroll 8
        for (int g = 0; g < G; g++)
#pragma GCC unroll 4
            for (int k = 0; k < V; k++) sums[g][k] += A[g * down] * vector(B + PART * k);
#pragma GCC unroll 8
    for (int g = 0; g < G; g++)
#pragma GCC unroll 4
        for (int k = 0; k < V; k++) {
            auto &to = vector(C + g * next_C + PART * k);
            to = ADD ? to + sums[g][k] : sums[g][k];
        }
}

template <int V, bool ADD, class Number>
static void columns(
    int rows, int inner, const Number *A, ptrdiff_t down, ptrdiff_t across, const Number *B, ptrdiff_t next_B,
    Number *C, ptrdiff_t next_C) {
    int i = 0;
    for (; i + 8 <= rows; i += 8) tile<8, V, ADD>(inner, A + i * down, down, across, B, next_B, C + i * next_C, next_C);
    for (; i + 4 <= rows; i += 4) tile<4, V, ADD>(inner, A + i * down, down, across, B, next_B, C + i * next_C, next_C);
    for (; i + 2 <= rows; i += 2) tile<2, V, ADD>(inner, A + i * down, down, across, B, next_B, C + i * next_C, next_C);
    for (; i < rows; i++) tile<1, V, ADD>(inner, A + i * down, down, across, B, next_B, C + i * next_C, next_C);
}

// C = A B, or C += A B: C (rows, width), A(i, j) = A[i down + j across], B (inner, width); ``width`` is whole lines.
template <bool ADD, class Number>
static void product(
    int rows, int inner, int width, const Number *A, ptrdiff_t down, ptrdiff_t across, const Number *B,
    ptrdiff_t next_B, Number *C, ptrdiff_t next_C) {
    constexpr int PART = 4 * WIDE / sizeof(Number);
    int at = 0;
    for (; at + TOGETHER * PART <= width; at += TOGETHER * PART)
        columns<TOGETHER, ADD>(rows, inner, A, down, across, B + at, next_B, C + at, next_C);
    for (; at < width; at += PART) columns<1, ADD>(rows, inner, A, down, across, B + at, next_B, C + at, next_C);
}

// to (columns, next_to) from (rows, next_from), each entry times ``by``.
static void transpose(int rows, int columns, const float *from, int next_from, float *to, int next_to, float by = 1.0f) {
    for (int i0 = 0; i0 < rows; i0 += 16)
        for (int j = 0; j < columns; j++)
            for (int i = i0; i < std::min(i0 + 16, rows); i++) to[j * next_to + i] = by * from[i * next_from + j];
}

template <class To, class From> static void copied(ptrdiff_t count, const From *from, To *to) {
    for (ptrdiff_t k = 0; k < count; k++) to[k] = (To)from[k];
}

// X (n, width) <- A^{-1} X for a symmetric positive definite A (n, next_A), of which the upper triangle is read and
// overwritten: A = U^T U.
static void solve(int n, double *A, int next_A, int width, double *X, int next_X) {
    for (int j = 0; j < n; j++) {
        double *row = A + j * next_A, *x = X + j * next_X;
        const double root = std::sqrt(row[j]), per = 1.0 / root;
        row[j] = per;
        for (int k = j + 1; k < n; k++) row[k] *= per;
        for (int k = 0; k < width; k++) x[k] *= per;
        for (int i = j + 1; i < n; i++) {
            double *below = A + i * next_A, *under = X + i * next_X, by = row[i];
            for (int k = i; k < n; k++) below[k] -= by * row[k];
            for (int k = 0; k < width; k++) under[k] -= by * x[k];
        }
    }
    for (int j = n - 1; j >= 0; j--) {
        double *row = A + j * next_A, *x = X + j * next_X;
        for (int i = j + 1; i < n; i++) {
            const double *under = X + i * next_X, by = row[i];
            for (int k = 0; k < width; k++) x[k] -= by * under[k];
        }
        for (int k = 0; k < width; k++) x[k] *= row[j];
    }
}
